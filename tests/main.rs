//! The one integration binary: the platform as others see it, on both backends.
//!
//! Every test of the store and of HTTP runs on SQLite and on PostgreSQL; see `harness`.

mod accounts;
mod architecture;
mod harness;
mod http;
mod permissions;
mod serve;
mod store;
