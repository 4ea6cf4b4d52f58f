//! The platform: accounts, dockets, invitations, the box and releases behind one HTTP server and one database.
//!
//! It sees envelopes and released numbers and can open neither ballots nor scores. Deliberately absent: polars, opening
//! keys and opened answers, which live in `hengping-analyse`.

pub mod carrier;
pub mod cli;
pub mod client;
pub mod config;
pub mod demo;
pub mod flow;
pub mod http;
pub mod logging;
pub mod opening;
pub mod rehearsal;
pub use hengping_ports as ports;
pub mod sheet;
pub mod store;
