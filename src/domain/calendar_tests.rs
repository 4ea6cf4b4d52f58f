//! Working days against the notices, by hand and by property.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const FILES: [&str; 2] =
    [include_str!("../../config/calendar/2025.toml"), include_str!("../../config/calendar/2026.toml")];

fn shipped() -> Calendar {
    Calendar::from_toml(&FILES).expect("the shipped calendar")
}

fn day(n: i32) -> Date {
    date(2025, 1, 1).saturating_add(jiff::Span::new().days(n))
}

#[test]
fn the_published_days_are_counted_as_they_were_published() {
    let calendar = shipped();
    for (free, working) in [
        (date(2026, 2, 16), date(2026, 2, 14)),
        (date(2026, 10, 7), date(2026, 10, 10)),
        (date(2025, 10, 8), date(2025, 9, 28)),
        (date(2026, 9, 26), date(2026, 9, 20)),
        (date(2026, 11, 28), date(2026, 11, 27)),
    ] {
        assert!(!calendar.is_working_day(free) && calendar.is_working_day(working), "{free} {working}");
    }
    // Counted by hand: 2026-02-13 is a Friday; the Saturday after it is worked, then come nine days of the festival.
    assert_eq!(calendar.after(date(2026, 2, 13), 2), Due { day: date(2026, 2, 24), provisional: false });
    assert_eq!(calendar.after(date(2026, 11, 23), 15), Due { day: date(2026, 12, 14), provisional: false });
    // As many working days as the notices leave: 365 - 104 weekend days - weekdays that are free + make-up days.
    for (year, expected) in [(2025, 248), (2026, 248)] {
        let days = (0..365).map(|n| date(year, 1, 1).saturating_add(jiff::Span::new().days(n)));
        assert_eq!(days.filter(|&d| calendar.is_working_day(d)).count(), expected, "{year}");
    }
}

#[test]
fn a_year_nobody_has_published_counts_weekends_and_says_so() {
    let calendar = shipped();
    let due = calendar.after(date(2026, 12, 31), 1);
    assert_eq!(due, Due { day: date(2027, 1, 1), provisional: true });
    assert!(!calendar.after(date(2026, 12, 30), 1).provisional);
    assert!(Calendar::default().after(date(2026, 5, 1), 1).provisional);
}

#[test]
fn days_that_contradict_each_other_are_refused() {
    let text = FILES[1];
    for (what, bad) in [
        ("a make-up day on a weekday", text.replace("2026-01-04", "2026-01-05")),
        ("a make-up day in a holiday", text.replace("2026-01-04", "2026-01-03")),
        ("a day of another year", text.replace("2026-01-04", "2025-01-04")),
        ("a holiday that ends first", text.replace("last = \"2026-10-07\"", "last = \"2026-09-30\"")),
        (
            "no source",
            text.lines()
                .map(|l| if l.starts_with("source") { "source = \"\"" } else { l })
                .collect::<Vec<_>>()
                .join("\n"),
        ),
    ] {
        assert_eq!(Calendar::from_toml(&[&bad]), Err(CalendarError::Contradicts(2026)), "{what}");
    }
    assert_eq!(Calendar::from_toml(&[text, text]), Err(CalendarError::Twice(2026)));
    assert!(matches!(Calendar::from_toml(&["year = 2026"]), Err(CalendarError::Malformed(_))));
}

proptest! {
    #[test]
    fn adding_twice_is_adding_the_sum(from in 0..800i32, n in 0..40u32, m in 0..40u32) {
        let calendar = shipped();
        let (one, both) = (calendar.after(day(from), n), calendar.after(day(from), n + m));
        let two = calendar.after(one.day, m);
        prop_assert_eq!(two.day, both.day);
        prop_assert_eq!(one.provisional || two.provisional, both.provisional);
    }

    #[test]
    fn what_comes_out_is_worked_on_and_later(from in 0..800i32, n in 1..60u32) {
        let calendar = shipped();
        let due = calendar.after(day(from), n);
        prop_assert!(calendar.is_working_day(due.day) && due.day > day(from));
        let between = (1..).map(|k| day(from + k)).take_while(|d| *d <= due.day);
        prop_assert_eq!(between.filter(|d| calendar.is_working_day(*d)).count(), n as usize);
        prop_assert!(calendar.after(day(from), n - 1).day < due.day);
    }

    #[test]
    fn the_days_left_are_those_that_were_given(from in 0..800i32, n in 0..40u32, on in 0..60i32) {
        let calendar = shipped();
        let (due, later) = (calendar.after(day(from), n).day, day(from + on));
        prop_assert_eq!(calendar.between(day(from), due), n);
        prop_assert_eq!(calendar.between(later, due) == 0, later >= due);
        prop_assert_eq!(calendar.between(day(from), later) + calendar.between(later, due), calendar.between(day(from), due.max(later)));
    }
}
