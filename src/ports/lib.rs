//! Where time and randomness enter the platform: two traits, the real ones and the settable ones; and the client behind proxies.
//!
//! Everything below `flow` receives its day, its second and its bytes as arguments, so that a test or the demo can set them.
//! Deliberately absent: any other reader of the system clock or the random generator; `clippy.toml` refuses them elsewhere.

mod proxy;

pub use proxy::client;

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

/// The courts' clock, UTC+8 without summer time: a working day begins and ends by it wherever the server stands.
pub const COURT_OFFSET: Offset = Offset::constant(8);

/// Seconds since 1970-01-01 UTC; for the life of sessions and locks only, never beside a ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Second(pub i64);

impl Second {
    /// The second `seconds` later.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

/// The day and, for sessions, the second.
pub trait Clock: Send + Sync {
    /// Today in the courts' time zone.
    fn today(&self) -> Date;

    /// The present second; for sessions, locks and machine tokens only.
    fn now(&self) -> Second;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port through which time enters")]
    fn today(&self) -> Date {
        day_of(Timestamp::now())
    }

    #[expect(clippy::disallowed_methods, reason = "this is the port through which time enters")]
    fn now(&self) -> Second {
        Second(Timestamp::now().as_second())
    }
}

/// A clock that moves only when told to, for the demo and the tests.
#[derive(Debug)]
pub struct SettableClock(AtomicI64);

impl SettableClock {
    /// A clock standing at nine in the morning of `day`, courts' time.
    #[must_use]
    pub fn on(day: Date) -> Self {
        Self(AtomicI64::new(morning_of(day)))
    }

    /// Moves to nine in the morning of `day`; backwards too.
    pub fn set(&self, day: Date) {
        self.0.store(morning_of(day), Ordering::SeqCst);
    }

    /// Moves forward by `duration`.
    pub fn advance(&self, duration: Duration) {
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for SettableClock {
    fn today(&self) -> Date {
        let second = self.0.load(Ordering::SeqCst);
        day_of(Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::from_secs(second)).unwrap_or(Timestamp::MAX))
    }

    fn now(&self) -> Second {
        Second(self.0.load(Ordering::SeqCst))
    }
}

fn day_of(moment: Timestamp) -> Date {
    COURT_OFFSET.to_datetime(moment).date()
}

fn morning_of(day: Date) -> i64 {
    COURT_OFFSET.to_timestamp(day.at(9, 0, 0, 0)).map_or(0, |morning| morning.as_second())
}

/// The machine has no random bytes to give; nothing secret may be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes from the operating system: {0}")]
pub struct NoEntropy(pub String);

/// Random bytes for keys, identifiers, salts and session tokens.
pub trait Entropy: Send + Sync {
    /// Fills `out`.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source fails; then `out` must not be used.
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy>;
}

/// `N` random bytes from `source`.
///
/// # Errors
/// [`NoEntropy`].
pub fn random<const N: usize>(source: &dyn Entropy) -> Result<[u8; N], NoEntropy> {
    let mut bytes = [0_u8; N];
    source.fill(&mut bytes)?;
    Ok(bytes)
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the port through which randomness enters")]
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(out).map_err(|error| NoEntropy(error.to_string()))
    }
}

/// A generator that repeats itself from its seed (ChaCha20), for the demo and the tests; never for a real secret.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<ChaCha20Rng>);

impl SeededEntropy {
    /// Starts from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
        let mut generator = self.0.lock().map_err(|_| NoEntropy("a holder of the generator panicked".to_owned()))?;
        generator.fill_bytes(out);
        Ok(())
    }
}

/// Measures how long something took, for metrics and the demo's table; it cannot tell the time of day.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the port through which durations enter")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_courts_day_begins_eight_hours_before_the_greenwich_day() {
        let clock = SettableClock::on(date(2026, 3, 1));
        assert_eq!(clock.today(), date(2026, 3, 1));
        clock.advance(Duration::from_secs(15 * 3600 - 1));
        assert_eq!(clock.today(), date(2026, 3, 1), "23:59:59 courts' time");
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.today(), date(2026, 3, 2), "midnight courts' time is 16:00 in Greenwich");
    }

    #[test]
    fn a_seed_repeats_itself_and_another_seed_does_not() {
        let of = |seed| random::<32>(&SeededEntropy::new(seed)).expect("bytes");
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn the_system_source_does_not_repeat() {
        let first = random::<32>(&SystemEntropy).expect("bytes");
        assert_ne!(first, random::<32>(&SystemEntropy).expect("bytes"));
    }
}
