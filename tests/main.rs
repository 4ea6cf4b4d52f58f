//! The one integration binary: the platform as others see it, on both backends.
//!
//! Every test of the store and of HTTP runs on SQLite and on PostgreSQL; see `harness`.

mod accounts;
mod agents;
mod anonymity;
mod architecture;
mod arrival;
mod batches;
mod by_hand;
mod casting;
mod circle;
mod city;
mod command;
mod correcting;
mod courier;
mod crawl;
mod death;
mod device;
mod draw;
mod dump;
mod enrolment;
mod exchange;
mod extending;
mod forging;
mod harness;
mod http;
mod imports;
mod load;
mod locks;
mod manual;
mod nouns;
mod opening;
mod opening_room;
mod outstanding;
mod overdue;
mod permissions;
mod rehearsing;
mod releases;
mod replying;
mod researching;
mod serve;
mod store;
mod story;
mod tokens;
mod traces;
mod withdrawing;
