//! The ratee's window: some working days before a release on which those whom it is about see it and can answer (R20).
//!
//! Its last day and that for decisions are counted once, when it is opened; nobody signs before the first is over and no objection
//! waits for a side any more. Deliberately absent: shortening a window, and what is answered in it.

use std::sync::LazyLock;

use hengping_domain::calendar::{Calendar, CalendarError, Due};
use hengping_domain::charter::Reply;
use hengping_domain::digest::Digest;
use hengping_domain::ids::AccountId;
use hengping_domain::manifest::PerSide;
use hengping_domain::release::{Draft, ReleaseState};
use hengping_domain::reply::{Standing, Window, standing};
use jiff::civil::Date;
use serde::Serialize;

use super::{Failure, Fault, Outcome, Refusal, Site, correct, read_release, read_setting};
use crate::store::Connection;
use crate::store::audit::{self, Event};
use crate::store::release::{self, Release};
use crate::store::reply::{self, Filed};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    decide_by: Option<Date>,
}

fn calendar() -> Outcome<&'static Calendar> {
    Ok(CALENDAR.as_ref().map_err(|error| Fault::new(error))?)
}

/// How many working days are left after today until the end of a day.
///
/// # Errors
/// A fault of the build.
pub(super) fn left(today: Date, until: Date) -> Outcome<u32> {
    Ok(calendar()?.between(today, until))
}

/// The last day for decisions about what was said until `last_day`.
fn decide_by(last_day: Date, days: &Reply) -> Outcome<Option<Due>> {
    let calendar = calendar()?;
    Ok(days.decision_days.map(|days| calendar.after(last_day, days)))
}

/// A window that begins today.
fn beginning(today: Date, days: &Reply) -> Outcome<Window> {
    let due = calendar()?.after(today, days.working_days);
    let decide_by =
        decide_by(due.day, days)?.map(|last| Due { provisional: last.provisional || due.provisional, ..last });
    Ok(Window { opened_on: today, last_day: due.day, provisional: due.provisional, decide_by })
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
        if held.state == ReleaseState::Released || days.working_days == 0 {
            return Err(Refusal::NoWindow.into());
        }
        if correct::corrected_by(conn, &held)?.is_some() {
            return Err(Refusal::ReleaseCorrected.into());
        }
        let window = beginning(today, &days)?;
        reply::put_window(conn, hash, &window)?;
        let decide_by = window.decide_by.map(|due| due.day);
        let about = About { release: hash, last_day: window.last_day, decide_by };
        let account = by.map(AccountId::as_str);
        audit::append(conn, today, &Event { event: "window-opened", account, about })?;
        Ok::<_, Failure>(window)
    })
}

/// The days that the charter of a release gives its ratees, and both sides after them.
fn days(conn: &mut Connection, release: Digest) -> Outcome<Reply> {
    let draft = read_release::body(conn, release)?.draft;
    Ok(read_setting::charter(conn, &draft)?.reply)
}

/// The window of a release as it stands today. Days that were counted before the holidays of a year were published may come
/// later once they are, and never earlier.
///
/// # Errors
/// Busy or a fault.
pub(super) fn of(conn: &mut Connection, release: Digest) -> Outcome<Option<Window>> {
    let Some(held) = reply::window(conn, release)? else { return Ok(None) };
    if !held.provisional && held.decide_by.is_none_or(|due| !due.provisional) {
        return Ok(Some(held));
    }
    Ok(Some(recounted(held, &days(conn, release)?)?))
}

fn recounted(held: Window, days: &Reply) -> Outcome<Window> {
    let mut now = held;
    if held.provisional {
        let begun = beginning(held.opened_on, days)?;
        now = Window { last_day: begun.last_day.max(held.last_day), provisional: begun.provisional, ..held };
    }
    if let Some((was, due)) = held.decide_by.zip(decide_by(now.last_day, days)?) {
        now.decide_by = Some(Due { day: due.day.max(was.day), provisional: due.provisional || now.provisional });
    }
    Ok(now)
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
    if is_heard(conn, held, today)? { Ok(()) } else { Err(Refusal::ReplyOpen.into()) }
}

/// Whether the ratees of a release have been heard.
///
/// # Errors
/// Busy or a fault.
pub(super) fn is_heard(conn: &mut Connection, held: &Release, today: Date) -> Outcome<bool> {
    if held.state == ReleaseState::Released || days(conn, held.hash)?.working_days == 0 {
        return Ok(true);
    }
    let window = of(conn, held.hash)?;
    let over = window.is_some_and(|window| !window.is_open(today));
    let filed = reply::objections(conn, held.hash)?;
    let settled = filed.iter().all(|each| stands(held, window, each, today).outcome.is_some());
    Ok(over && settled)
}

/// How an objection to a release stands today, `window` being its window. What is out waits for nobody.
pub(super) fn stands(held: &Release, window: Option<Window>, filed: &Filed, today: Date) -> Standing {
    let late = held.state == ReleaseState::Released || window.is_some_and(|window| window.is_overdue(today));
    standing(&filed.decisions, late)
}

/// Working days that are left today: to answer, and to decide where there is a last day for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// For ratees.
    pub reply: u32,
    /// For both sides.
    pub decide: Option<u32>,
}

impl Left {
    /// Of a window, today.
    ///
    /// # Errors
    /// A fault of the build.
    pub(super) fn of(window: &Window, today: Date) -> Outcome<Self> {
        let decide = window.decide_by.map(|due| left(today, due.day)).transpose()?;
        Ok(Self { reply: left(today, window.last_day)?, decide })
    }
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
    /// Working days that are left of the window, once there is one.
    pub left: Option<Left>,
    /// How many objections were filed.
    pub objections: usize,
    /// How many of them wait for one side or both.
    pub undecided: usize,
    /// How many of them each side let the last day for decisions pass over.
    pub overdue: PerSide<usize>,
}

/// How a release stands towards its ratees today, `draft` being what it was made of.
///
/// # Errors
/// Busy or a fault.
pub(super) fn hearing(conn: &mut Connection, held: &Release, draft: &Draft, today: Date) -> Outcome<Hearing> {
    let window = of(conn, held.hash)?;
    let filed = reply::objections(conn, held.hash)?;
    let stand: Vec<_> = filed.iter().map(|each| stands(held, window, each, today)).collect();
    Ok(Hearing {
        working_days: read_setting::charter(conn, draft)?.reply.working_days,
        window,
        open: is_open(held, window, today),
        left: window.map(|window| Left::of(&window, today)).transpose()?,
        objections: filed.len(),
        undecided: stand.iter().filter(|each| each.outcome.is_none()).count(),
        overdue: PerSide::of(|side| stand.iter().filter(|each| *each.overdue.get(side)).count()),
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_shipped_calendar_is_sound() {
        assert!(CALENDAR.is_ok(), "{:?}", *CALENDAR);
    }

    #[test]
    fn days_that_were_counted_too_early_come_later_and_never_earlier() {
        let days = Reply { working_days: 15, characters: 200, decision_days: Some(10) };
        let begun = beginning(date(2026, 11, 23), &days).expect("counted");
        let due = |day, provisional| Some(Due { day, provisional });
        assert_eq!(
            (begun.last_day, begun.provisional, begun.decide_by),
            (date(2026, 12, 14), false, due(date(2026, 12, 28), false))
        );
        // Decisions reach into a year nobody has published although answers do not.
        let late = beginning(date(2026, 12, 1), &days).expect("counted");
        assert_eq!((late.provisional, late.decide_by), (false, due(date(2027, 1, 5), true)));
        // As if the year had been counted when nothing of it was known.
        let early = Window {
            last_day: date(2026, 12, 10),
            provisional: true,
            decide_by: due(date(2026, 12, 20), true),
            ..begun
        };
        assert_eq!(recounted(early, &days), Ok(begun));
        let later = Window { last_day: date(2026, 12, 30), decide_by: due(date(2027, 2, 1), true), ..early };
        let kept = recounted(later, &days).expect("counted");
        assert_eq!((kept.last_day, kept.decide_by), (date(2026, 12, 30), due(date(2027, 2, 1), true)));
        let none = Reply { decision_days: None, ..days };
        assert_eq!(beginning(date(2026, 11, 23), &none).expect("counted").decide_by, None);
    }
}
