//! The demonstration: a made-up city with a known truth, so that what comes out can be compared with what was put in.
//!
//! Everything follows from one seed, and nobody in it exists. Deliberately absent: any use by a server with real people.

pub mod dice;
pub mod docket;
pub mod names;
pub mod truth;
