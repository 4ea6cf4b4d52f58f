//! The three periods of the demonstration: a pilot, a regular one, and one left open for visitors.
//!
//! Deliberately absent: their documents and boxes, which come into being when a period is opened.

use hengping_domain::manifest::PeriodKind;
use jiff::civil::{Date, date};

/// The day on which the demonstration ends and visitors find it: the ratees of the regular period have been heard by then.
pub const TODAY: Date = date(2026, 12, 10);

/// One period of the demonstration.
pub(super) struct Span {
    pub id: &'static str,
    pub title: [&'static str; 2],
    pub kind: PeriodKind,
    pub starts: Date,
    pub ends: Date,
    pub cast_until: Date,
    /// The first of the raters' visits, two days apart.
    pub visits_from: Date,
}

pub(super) const PILOT: Span = Span {
    id: "2025-pilot",
    title: ["2025年下半年（试运行）", "Second half of 2025 (pilot)"],
    kind: PeriodKind::Pilot,
    starts: date(2025, 7, 1),
    ends: date(2025, 12, 31),
    cast_until: date(2026, 1, 31),
    visits_from: date(2026, 1, 12),
};
pub(super) const REGULAR: Span = Span {
    id: "2026",
    title: ["2026年度", "2026"],
    kind: PeriodKind::Regular,
    starts: date(2026, 1, 1),
    ends: date(2026, 10, 31),
    cast_until: date(2026, 11, 15),
    visits_from: date(2026, 11, 3),
};
pub(super) const RUNNING: Span = Span {
    id: "2027",
    title: ["2027年度", "2027"],
    kind: PeriodKind::Regular,
    starts: date(2026, 11, 1),
    ends: date(2027, 10, 31),
    cast_until: date(2027, 11, 15),
    visits_from: date(2027, 11, 1),
};
