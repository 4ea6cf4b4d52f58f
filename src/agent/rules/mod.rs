//! What may be answered: one file per subject, pure functions from what was asked and what is known to a word or a refusal.
//!
//! Deliberately absent: the store, files, time, randomness and secrets.

pub(crate) mod check;
pub(crate) mod eligibility;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod manifest;
pub(crate) mod tokens;
