//! Guesses of one period, counted, and what many periods come to.

use super::report::{Authors, Content, Share};

/// Authors named in one period.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Guesses {
    pub tries: usize,
    pub hits: usize,
    /// Sum of what the observer thought of its guesses.
    pub claimed: f64,
}

/// Ratees named in one period, given the authors.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ratees {
    pub tries: usize,
    pub hits: usize,
    /// Sum of what is expected without the envelopes.
    pub from_log: f64,
    /// Right with the envelope, wrong without.
    pub told: usize,
    pub both: usize,
}

/// The mean over periods of one quantity over another.
fn share<T>(periods: &[T], of: impl Fn(&T) -> f64, tries: impl Fn(&T) -> usize) -> Share {
    let tried: Vec<f64> = periods.iter().filter(|p| tries(p) > 0).map(|p| of(p) / tries(p) as f64).collect();
    Share::over(&tried)
}

impl Guesses {
    pub(super) fn over(periods: &[Self]) -> Authors {
        Authors {
            tries: periods.iter().map(|p| p.tries as u64).sum(),
            hits: periods.iter().map(|p| p.hits as u64).sum(),
            named: share(periods, |p| p.hits as f64, |p| p.tries),
            claimed: share(periods, |p| p.claimed, |p| p.tries),
        }
    }
}

impl Ratees {
    pub(super) fn over(periods: &[Self]) -> Content {
        Content {
            tries: periods.iter().map(|p| p.tries as u64).sum(),
            named: share(periods, |p| p.hits as f64, |p| p.tries),
            from_log: share(periods, |p| p.from_log, |p| p.tries),
            read: share(periods, |p| p.hits as f64 - p.from_log, |p| p.tries),
            told: periods.iter().map(|p| p.told as u64).sum(),
            both: share(periods, |p| p.both as f64, |p| p.tries),
        }
    }
}
