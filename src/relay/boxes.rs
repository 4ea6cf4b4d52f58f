//! Which boxes take ballots, as the platform says it, remembered for a minute.
//!
//! A box that is known stays known while the platform cannot be reached, and its last day is checked here too; a box that was
//! never seen waits, and holds up no other. Deliberately absent: who asked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hengping_domain::digest::Bytes32;
use hengping_domain::ids::BoxId;
use hengping_ports::{Clock, Second};
use jiff::civil::Date;

use crate::error::RelayError;
use crate::platform::{Platform, Standing};

/// Seconds an answer is used for.
const FRESH: i64 = 60;
/// Names of boxes that there are not which are remembered: anybody may make them up.
const UNKNOWN: usize = 64;
/// Casts that may wait for a word about boxes that were never seen: each holds a thread.
const STRANGERS: usize = 16;

#[derive(Debug, Clone, Copy)]
struct Known {
    until: Option<Date>,
    asked: Second,
}

/// The boxes.
pub(crate) struct Boxes {
    platform: Platform,
    receipt: Bytes32,
    clock: Arc<dyn Clock>,
    known: Mutex<BTreeMap<BoxId, Known>>,
    /// One question at a time about boxes that were never seen.
    asking: Mutex<()>,
    strangers: AtomicUsize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Boxes {
    pub(crate) fn new(platform: Platform, receipt: Bytes32, clock: Arc<dyn Clock>) -> Self {
        Self {
            platform,
            receipt,
            clock,
            known: Mutex::default(),
            asking: Mutex::default(),
            strangers: AtomicUsize::new(0),
        }
    }

    pub(crate) const fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Whether a box takes ballots today, if that is known freshly enough.
    pub(crate) fn remembered(&self, id: &BoxId) -> Option<bool> {
        let now = self.clock.now();
        let known = lock(&self.known).get(id).copied()?;
        (now < known.asked.plus(FRESH)).then(|| self.today(known.until))
    }

    fn today(&self, until: Option<Date>) -> bool {
        until.is_some_and(|until| self.clock.today() <= until)
    }

    /// Whether a box takes ballots today; may ask the platform and wait for it.
    ///
    /// # Errors
    /// [`RelayError::Unreachable`] for a box that was never seen, also when too many ask about such boxes.
    pub(crate) fn takes(&self, id: &BoxId) -> Result<bool, RelayError> {
        let before = {
            let (mut known, now) = (lock(&self.known), self.clock.now());
            match known.get_mut(id) {
                Some(Known { until, asked }) if now < asked.plus(FRESH) => return Ok(self.today(*until)),
                // Others go on with what was known while this one asks.
                Some(Known { until: Some(until), asked }) => {
                    *asked = now;
                    Some(*until)
                }
                _ => None,
            }
        };
        match before {
            Some(until) => Ok(self.today(self.ask(id).map_or(Some(until), Standing::until))),
            None => self.stranger(id),
        }
    }

    fn stranger(&self, id: &BoxId) -> Result<bool, RelayError> {
        let asked = if self.strangers.fetch_add(1, Ordering::SeqCst) < STRANGERS {
            let _one = lock(&self.asking);
            // Whoever was before may have asked the same.
            match self.remembered(id) {
                Some(takes) => Ok(takes),
                None => self.ask(id).map(|standing| self.today(standing.until())),
            }
        } else {
            Err(RelayError::Unreachable("too many boxes that were never seen".to_owned()))
        };
        self.strangers.fetch_sub(1, Ordering::SeqCst);
        asked
    }

    /// Asks the platform now.
    ///
    /// # Errors
    /// [`RelayError::Unreachable`].
    pub(crate) fn ask(&self, id: &BoxId) -> Result<Standing, RelayError> {
        let standing = self.platform.standing(id, &self.receipt)?;
        let until = standing.until();
        let mut known = lock(&self.known);
        if until.is_none() && known.values().filter(|known| known.until.is_none()).count() >= UNKNOWN {
            known.retain(|_, known| known.until.is_some());
        }
        known.insert(id.clone(), Known { until, asked: self.clock.now() });
        Ok(standing)
    }
}
