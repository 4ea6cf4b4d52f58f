//! One side's own process: tags for its raters, cosignatures, its shuffle and its shares.
//!
//! An agent hears one platform, whose key is pinned, and answers each request with a signed statement, the same one when it
//! is asked again. What it holds opens nothing without the other side's agent. It is reached over HTTP ([`http`]) or by
//! packages that are carried ([`exchange`]).
//!
//! | file in the agent's directory | content |
//! |---|---|
//! | `agent.json` | [`keyfile`]: its keys under a passphrase |
//! | `pins.json` | [`pins`]: whom it believes |
//! | `agent.toml` | [`config`] |
//! | `agent.db` | the store; secrets in it are sealed |
//! | `files/` | [`files`]: lists of the mix |
//! | `hand-over/` | shares for the officers to carry |
//!
//! Deliberately absent: the officers' signing key, sessions, and any address in a log.

mod agent;
mod answer;
pub mod cli;
pub mod config;
pub mod error;
pub mod exchange;
pub mod files;
pub mod http;
pub mod keyfile;
pub mod members;
pub mod officers;
pub mod pending;
pub mod pins;
mod private;
mod rules;
pub mod seal;
mod store;

pub use agent::{Agent, Answer, Setup};
pub use answer::work::Work;
pub use error::AgentError;
pub use store::StoreError;
pub use store::said::{Deed, Entry as JournalEntry, What};
