//! Working days: weekdays, without China's holidays and with its make-up working days (调休).
//!
//! A year is known once the State Council has published its days, which stand as data in `config/calendar`. In any other year
//! weekends alone are counted, and what comes out says that it is provisional. Deliberately absent: today.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use serde::Deserialize;

/// A run of days on which nobody works.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    name: String,
    first: Date,
    last: Date,
}

/// The days of one year that differ from the rule of the week; a file of `config/calendar`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Year {
    year: i16,
    source: String,
    holidays: Vec<Holiday>,
    make_up: BTreeSet<Date>,
}

/// Why a file of days is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Not TOML of this shape.
    #[error("not a year of holidays: {0}")]
    Malformed(String),
    /// A holiday that ends before it begins, a day of another year, a make-up day on a weekday or in a holiday, or no source.
    #[error("the days of {0} contradict each other")]
    Contradicts(i16),
    /// The same year twice.
    #[error("the days of {0} stand in two files")]
    Twice(i16),
}

impl Year {
    fn from_toml(text: &str) -> Result<Self, CalendarError> {
        let year: Self = toml::from_str(text).map_err(|error| CalendarError::Malformed(error.to_string()))?;
        let named = |h: &Holiday| !h.name.trim().is_empty() && h.first <= h.last;
        let ours = year.holidays.iter().flat_map(|h| [h.first, h.last]).chain(year.make_up.iter().copied());
        let in_year = ours.into_iter().all(|day| day.year() == year.year);
        let made_up = year.make_up.iter().all(|&day| is_weekend(day) && !year.is_holiday(day));
        if in_year && made_up && !year.source.trim().is_empty() && year.holidays.iter().all(named) {
            Ok(year)
        } else {
            Err(CalendarError::Contradicts(year.year))
        }
    }

    fn is_holiday(&self, day: Date) -> bool {
        self.holidays.iter().any(|holiday| (holiday.first..=holiday.last).contains(&day))
    }
}

/// The years whose days are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    years: BTreeMap<i16, Year>,
}

/// The day that so many working days end on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The day.
    pub day: Date,
    /// Whether a year on the way to it has no published holidays, so that the day may turn out to be too early.
    pub provisional: bool,
}

impl Calendar {
    /// Reads the days of several years.
    ///
    /// # Errors
    /// [`CalendarError`].
    pub fn from_toml(texts: &[&str]) -> Result<Self, CalendarError> {
        let mut years = BTreeMap::new();
        for text in texts {
            let year = Year::from_toml(text)?;
            let name = year.year;
            if years.insert(name, year).is_some() {
                return Err(CalendarError::Twice(name));
            }
        }
        Ok(Self { years })
    }

    /// Whether the holidays of a day's year are published.
    #[must_use]
    pub fn knows(&self, day: Date) -> bool {
        self.years.contains_key(&day.year())
    }

    /// Whether people work on a day.
    #[must_use]
    pub fn is_working_day(&self, day: Date) -> bool {
        let weekday = !is_weekend(day);
        match self.years.get(&day.year()) {
            Some(year) => year.make_up.contains(&day) || weekday && !year.is_holiday(day),
            None => weekday,
        }
    }

    /// The `days`th working day after `from`; `from` itself where that is none.
    #[must_use]
    pub fn after(&self, from: Date, days: u32) -> Due {
        let (mut day, mut left, mut provisional) = (from, days, false);
        while left > 0 {
            // A calendar without an end: nobody waits until the last day that a date can name.
            let Ok(next) = day.tomorrow() else { break };
            day = next;
            provisional |= !self.knows(day);
            left -= u32::from(self.is_working_day(day));
        }
        Due { day, provisional }
    }

    /// How many working days come after `from`, up to `to` and with it; none where that is over.
    #[must_use]
    pub fn between(&self, from: Date, to: Date) -> u32 {
        let days = std::iter::successors(from.tomorrow().ok(), |day| day.tomorrow().ok());
        days.take_while(|&day| day <= to).map(|day| u32::from(self.is_working_day(day))).sum()
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
