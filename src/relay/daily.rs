//! The daily hand-over inside a running relay, by the courts' clock.
//!
//! Started after the hour, it waits for the next day, so that starting again never makes a second one. A box whose last day
//! is over gets everything. Deliberately absent: a hand-over more often than daily; it would say when somebody cast.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use hengping_ports::{COURT_OFFSET, Second};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use crate::clerk::Desk;
use crate::hand_over::{HandOver, too_late};
use crate::least;
use crate::platform::Standing;
use crate::serve::Relay;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(20);

fn court_time(now: Second) -> Option<DateTime> {
    Timestamp::from_second(now.0).ok().map(|moment| COURT_OFFSET.to_datetime(moment))
}

/// The day whose hand-over is due, if one is.
fn due(now: DateTime, at: Time, last: Option<Date>) -> Option<Date> {
    (now.time() >= at && last.is_none_or(|last| last < now.date())).then(|| now.date())
}

/// Hands over once a day at `at` until `stop` hears something or hangs up.
pub(crate) fn run(relay: &Arc<Relay>, at: Time, stop: &Receiver<()>) {
    // Today's is as good as done if its hour has passed.
    let mut last = court_time(relay.clock.now()).and_then(|now| due(now, at, None));
    while stop.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        let Some(day) = court_time(relay.clock.now()).and_then(|now| due(now, at, last)) else { continue };
        last = Some(day);
        day_of(relay, day);
    }
}

/// Whether everything of a box goes, however few. A platform that does not know it gets no small batch to look at.
fn over(standing: Standing, day: Date) -> bool {
    match standing {
        Standing::Open(until) => until < day,
        Standing::Closed => true,
        Standing::NotOurs => false,
    }
}

fn day_of(relay: &Relay, day: Date) {
    let ids = match relay.clerk.ask(Desk::boxes).flatten() {
        Ok(ids) => ids,
        Err(error) => return eprintln!("[{}] {error}", error.code()),
    };
    for id in ids {
        let over = relay.boxes.ask(&id).is_ok_and(|standing| over(standing, day));
        match relay.hand_over(&id, least(id.direction), over) {
            Ok(HandOver { discarded: 0, .. }) => {}
            Ok(HandOver { discarded, .. }) => eprintln!("{}", too_late(&id, discarded)),
            // Tried again tomorrow, or by hand.
            Err(error) => eprintln!("[{}] {id}: {error}", error.code()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn everything_goes_after_the_last_day_and_after_a_close_and_not_to_whoever_does_not_know_the_box() {
        let day = date(2026, 6, 2);
        assert!(!over(Standing::Open(day), day) && over(Standing::Open(date(2026, 6, 1)), day));
        assert!(over(Standing::Closed, day) && !over(Standing::NotOurs, day));
    }

    #[test]
    fn the_hour_comes_once_a_day_in_court_time() {
        let at = Time::constant(3, 30, 0, 0);
        let (before, after) = (date(2026, 6, 1).at(3, 29, 59, 0), date(2026, 6, 1).at(3, 30, 0, 0));
        assert_eq!(due(before, at, None), None);
        assert_eq!(due(after, at, None), Some(date(2026, 6, 1)));
        assert_eq!(due(after, at, Some(date(2026, 6, 1))), None);
        assert_eq!(due(after, at, Some(date(2026, 5, 31))), Some(date(2026, 6, 1)));
        let midnight = court_time(Second(1_780_243_200)).expect("a moment");
        assert_eq!(midnight, date(2026, 6, 1).at(0, 0, 0, 0), "16:00 in Greenwich on 31 May");
    }
}
