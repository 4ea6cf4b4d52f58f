//! What research has to do with the platform: the terms of data use, and a notice before something is published.
//!
//! A notice gives both sides days to read and no veto. Deliberately absent: data; a researcher gets what everybody gets.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::document::{self, DocumentError};
use crate::prose;
use crate::rubric::Text;

/// Days that both sides have to read before something is published.
pub const READING_DAYS: i64 = 15;

/// Characters of a title or link.
pub const LONGEST: usize = 300;

/// 数据使用说明.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataUse {
    /// Format version, 1.
    pub v: u32,
    /// Kebab-case name.
    pub id: String,
    /// 1, 2, …
    pub version: u32,
    /// Title.
    pub title: Text,
    /// What is agreed to, paragraph by paragraph.
    pub paragraphs: Vec<Text>,
}

/// The shipped terms cannot be read; a broken build, never a caller's doing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the terms of data use cannot be read: {0}")]
pub struct DataUseError(String);

impl DataUse {
    /// The terms that ship with this version.
    ///
    /// # Errors
    /// [`DataUseError`].
    pub fn shipped() -> Result<Self, DataUseError> {
        toml::from_str(include_str!("../../config/research/data-use-v1.toml"))
            .map_err(|error| DataUseError(error.to_string()))
    }

    /// What an agreement names.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn hash(&self) -> Result<Digest, DocumentError> {
        document::digest(self)
    }
}

/// 征求意见: a manuscript that is about to be published, about a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Title of the manuscript.
    pub title: String,
    /// Hash of the release that it uses.
    pub release: Digest,
    /// Where it can be read.
    pub link: Option<String>,
    /// SHA-256 of the file, where it was handed over by other ways.
    pub file: Option<Digest>,
    /// The day from which both sides can read it.
    pub day: Date,
}

impl Notice {
    /// Whether it has a title as `prose` keeps it and both sides can read it from a day on that is not over, and not a year away.
    #[must_use]
    pub fn is_sound(&self, today: Date) -> bool {
        let said = |text: &str| prose::line(text, LONGEST).as_deref() == Ok(text);
        let web = |link: &String| {
            said(link)
                && !link.contains(char::is_whitespace)
                && (link.starts_with("https://") || link.starts_with("http://"))
        };
        let somewhere = self.link.is_some() || self.file.is_some();
        let year = Span::new().years(1);
        let soon = today.checked_add(year).is_ok_and(|end| self.day <= end);
        said(&self.title) && somewhere && self.link.iter().all(web) && self.day >= today && soon
    }

    /// The first day on which it may be published.
    #[must_use]
    pub fn over_on(&self) -> Date {
        self.day.checked_add(READING_DAYS.days()).unwrap_or(Date::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_shipped_terms_speak_both_languages() {
        let terms = DataUse::shipped().expect("terms");
        assert!(terms.paragraphs.len() >= 4);
        assert!(terms.paragraphs.iter().all(|text| !text.zh.is_empty() && text.en.is_ascii()));
        let zh: String = terms.paragraphs.iter().map(|text| text.zh.as_str()).collect();
        assert!(zh.contains(crate::codebook::NOT_FOR.0), "the words that go with every result");
        let other = DataUse { version: 2, ..terms.clone() };
        assert_ne!(terms.hash(), other.hash(), "another wording is agreed to anew");
    }

    #[test]
    fn both_sides_have_fifteen_days_from_a_day_to_come() {
        let today = date(2026, 11, 25);
        let notice = Notice {
            title: "校正结果的年度变化".to_owned(),
            release: Digest::of(&[b"r"]),
            link: Some("https://example.org/paper.pdf".to_owned()),
            file: None,
            day: today,
        };
        assert!(notice.is_sound(today));
        assert_eq!(notice.over_on(), date(2026, 12, 10));
        assert!(!notice.is_sound(date(2026, 11, 26)), "a day that is over gives nobody time");
        assert!(!Notice { link: None, ..notice.clone() }.is_sound(today), "nothing to read");
        assert!(Notice { link: None, file: Some(Digest::of(&[b"f"])), ..notice.clone() }.is_sound(today));
        assert!(!Notice { link: Some("javascript:alert(1)".to_owned()), ..notice.clone() }.is_sound(today));
        for title in [" ", " 标题", "两\n行", "a\u{202e}b", "a\u{200b}b"] {
            assert!(!Notice { title: title.to_owned(), ..notice.clone() }.is_sound(today), "{title:?}");
        }
        for link in ["https://example.org/a b", "https://example.org/\u{202e}fdp", "https://example.org/\n"] {
            assert!(!Notice { link: Some(link.to_owned()), ..notice.clone() }.is_sound(today), "{link:?}");
        }
        assert!(!Notice { day: date(2028, 1, 1), ..notice }.is_sound(today));
    }
}
