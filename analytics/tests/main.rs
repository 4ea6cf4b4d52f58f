//! One integration binary: equality with references, axioms, and recovery in simulation.
#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod axioms;
mod dense;
mod reference;
mod support;
