//! The program as the platform runs it: a sealed box in, a gated draft out, or nothing.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod correcting;
mod cost;
mod counting;
mod fitting;
mod opening;
mod scoring;
mod world;
