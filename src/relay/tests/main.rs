//! The relay as devices, the platform and a thief of its disk see it.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod casting;
mod costs;
mod extending;
mod full;
mod handing;
mod order;
mod storm;
mod world;
