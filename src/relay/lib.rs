//! The relay: takes sealed ballots from anybody, keeps no address and no time, and hands them over in sorted batches.
//!
//! It is meant for the side that does not host the box. A receipt is given only for what lies in the spool on the disk, so
//! that a process killed at any point has lost nothing it acknowledged. It holds no key that checks a stamp's tags: whether
//! a ballot is accepted, the agents say. Deliberately absent: sessions, a log line per request, TLS (which ends at a proxy in
//! front), and any look inside an envelope.

mod book;
mod boxes;
mod clerk;
pub mod cli;
mod control;
mod daily;
mod door;
mod error;
mod hand_over;
pub mod keys;
mod platform;
mod private;
mod problem;
mod serve;
pub mod spool;
mod web;

pub use book::Held;
pub use error::RelayError;
pub use hand_over::{Delivered, HandOver};
pub use serve::{Limit, Running, Settings, start};

use hengping_domain::ids::Direction;

/// Fewer stamps than this are not handed over while the box of a direction is open. A batch hides each rater among those who
/// came since the one before; judges are few, so theirs wait for more (`docs/attacks.md` has the measurement).
#[must_use]
pub const fn least(direction: Direction) -> u32 {
    match direction {
        Direction::BarRatesBench => 20,
        Direction::BenchRatesBar => 60,
    }
}
/// Casts that may wait before the relay says that it is busy: 350 MB of spool.
pub const MOST_WAITING: usize = 50_000;
/// Casts of one batch, 14 MB; more go as several batches of equal size, split where the leaves divide.
pub const MOST_IN_BATCH: usize = 2_000;
