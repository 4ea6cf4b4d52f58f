//! The ratee's window: some working days before a release on which those whom it is about see it and can answer (R20).
//!
//! Its last day is counted once, when it is opened; nobody signs before that day is over and both sides have decided every
//! objection. Deliberately absent: shortening a window, and what is answered in it.

use std::sync::LazyLock;

use hengping_domain::calendar::{Calendar, CalendarError};
use hengping_domain::digest::Digest;
use hengping_domain::ids::AccountId;
use hengping_domain::release::{Draft, ReleaseState};
use hengping_domain::reply::{Window, outcome};
use jiff::civil::Date;
use serde::Serialize;

use super::{Failure, Fault, Outcome, Refusal, Site, correct, read_release, read_setting};
use crate::store::audit::{self, Event};
use crate::store::release::{self, Release};
use crate::store::{Connection, reply};

static CALENDAR: LazyLock<Result<Calendar, CalendarError>> = LazyLock::new(|| {
    Calendar::from_toml(&[
        include_str!("../../config/calendar/2025.toml"),
        include_str!("../../config/calendar/2026.toml"),
    ])
});

#[derive(Serialize)]
struct About {
    release: Digest,
    last_day: Date,
}

/// A window that begins today.
fn beginning(today: Date, working_days: u32) -> Outcome<Window> {
    let calendar = CALENDAR.as_ref().map_err(|error| Fault::new(error))?;
    let due = calendar.after(today, working_days);
    Ok(Window { opened_on: today, last_day: due.day, provisional: due.provisional })
}

/// Opens the window of a draft, for every ratee whose own cells left the gate; the same again changes nothing.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::NoWindow`] for a release that is out and where the charter names no days;
/// [`Refusal::ReleaseCorrected`].
pub fn open(site: &Site, hash: Digest, by: Option<&AccountId>) -> Outcome<Window> {
    let today = site.clock.today();
    site.store.decide("open window", |conn| {
        let held = release::find(conn, hash)?;
        let days = days(conn, hash)?;
        if let Some(window) = of(conn, hash)? {
            return Ok(window);
        }
        if held.state == ReleaseState::Released || days == 0 {
            return Err(Refusal::NoWindow.into());
        }
        if correct::corrected_by(conn, &held)?.is_some() {
            return Err(Refusal::ReleaseCorrected.into());
        }
        let window = beginning(today, days)?;
        reply::put_window(conn, hash, &window)?;
        let about = About { release: hash, last_day: window.last_day };
        let account = by.map(AccountId::as_str);
        audit::append(conn, today, &Event { event: "window-opened", account, about })?;
        Ok::<_, Failure>(window)
    })
}

/// How many working days the charter of a release gives its ratees.
fn days(conn: &mut Connection, release: Digest) -> Outcome<u32> {
    let draft = read_release::body(conn, release)?.draft;
    Ok(read_setting::charter(conn, &draft)?.reply.working_days)
}

/// The window of a release as it stands today. One that was counted before the holidays of a year were published may end
/// later once they are, and never earlier.
///
/// # Errors
/// Busy or a fault.
pub(super) fn of(conn: &mut Connection, release: Digest) -> Outcome<Option<Window>> {
    let Some(held) = reply::window(conn, release)? else { return Ok(None) };
    if !held.provisional {
        return Ok(Some(held));
    }
    let now = beginning(held.opened_on, days(conn, release)?)?;
    Ok(Some(Window { last_day: now.last_day.max(held.last_day), ..now }))
}

/// Whether an answer to a release is taken today, `window` being its window.
pub(super) fn is_open(held: &Release, window: Option<Window>, today: Date) -> bool {
    held.state == ReleaseState::Draft && window.is_some_and(|window| window.is_open(today))
}

/// Before a side's signature is taken, the first as well as the second: the ratees have been heard.
///
/// # Errors
/// [`Refusal::ReplyOpen`].
pub(super) fn heard(conn: &mut Connection, held: &Release, today: Date) -> Outcome<()> {
    if held.state == ReleaseState::Released || days(conn, held.hash)? == 0 {
        return Ok(());
    }
    let over = of(conn, held.hash)?.is_some_and(|window| !window.is_open(today));
    let decided = reply::objections(conn, held.hash)?.iter().all(|filed| outcome(&filed.decisions).is_some());
    if over && decided { Ok(()) } else { Err(Refusal::ReplyOpen.into()) }
}

/// How a release stands towards its ratees, for officers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hearing {
    /// Working days that the charter gives ratees; none where it has no window.
    pub working_days: u32,
    /// The window, once it was opened.
    pub window: Option<Window>,
    /// Whether an answer is taken today.
    pub open: bool,
    /// How many objections were filed.
    pub objections: usize,
    /// How many of them one side or both have not decided.
    pub undecided: usize,
}

/// How a release stands towards its ratees today, `draft` being what it was made of.
///
/// # Errors
/// Busy or a fault.
pub(super) fn hearing(conn: &mut Connection, held: &Release, draft: &Draft, today: Date) -> Outcome<Hearing> {
    let window = of(conn, held.hash)?;
    let filed = reply::objections(conn, held.hash)?;
    Ok(Hearing {
        working_days: read_setting::charter(conn, draft)?.reply.working_days,
        window,
        open: is_open(held, window, today),
        objections: filed.len(),
        undecided: filed.iter().filter(|each| outcome(&each.decisions).is_none()).count(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_calendar_is_sound() {
        assert!(CALENDAR.is_ok(), "{:?}", *CALENDAR);
    }
}
