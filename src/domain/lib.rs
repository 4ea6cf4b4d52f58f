//! The nouns of Hengping: what a document, a case, an invitation, a ballot and a release are.
//!
//! Everything here is a pure value with its rules; what is random or timed comes in as an argument.
//! Deliberately absent: files, databases, clocks, the network, and any type that holds a person beside a ballot.

pub mod agreed;
pub mod ballot;
pub mod calendar;
pub mod cast;
pub mod charter;
pub mod checkpoint;
pub mod codebook;
pub mod conclusion;
pub mod correction;
pub mod digest;
pub mod docket;
pub mod document;
pub mod eligible;
pub mod enrolment;
pub mod envelope;
pub mod exchange;
pub mod extension;
pub mod fairness;
pub mod ids;
pub mod invitation;
pub mod keys;
pub mod layer;
pub mod lock;
pub mod log;
pub mod manifest;
pub mod margins;
pub mod mix;
pub mod noised;
pub mod opening;
pub mod parallel;
pub mod privacy;
pub mod prose;
pub mod record;
pub mod rehearsal;
pub mod release;
pub mod reply;
pub mod request;
pub mod research;
pub mod rubric;
pub mod scorecard;
pub mod statement;
pub mod stratum;
pub mod token;
pub mod withdrawal;
