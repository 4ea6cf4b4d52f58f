//! The nouns of Hengping: what a document, a case, an invitation, a ballot and a release are.
//!
//! Everything here is a pure value with its rules; what is random or timed comes in as an argument.
//! Deliberately absent: files, databases, clocks, the network, and any type that holds a person beside a ballot.

pub mod ballot;
pub mod charter;
pub mod digest;
pub mod docket;
pub mod document;
pub mod envelope;
pub mod ids;
pub mod invitation;
pub mod keys;
pub mod log;
pub mod manifest;
pub mod margins;
pub mod opening;
pub mod release;
pub mod rubric;
pub mod stratum;
pub mod token;
