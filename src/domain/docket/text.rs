//! Cleaning of cells before they are read: widths, spaces and invisible characters.
//!
//! Two cells that look the same to a clerk become the same text.
//! Deliberately absent: any change to what a reader would see, such as traditional against simplified characters.

use std::borrow::Cow;

/// Full-width forms to ASCII, every kind of space and invisible mark removed.
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars().filter(|c| !is_blank(*c)).map(narrow).collect()
}

/// Trims, and turns each inner run of spaces into one; keeps widths.
#[must_use]
pub fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() {
            gap = !out.is_empty();
        } else if !is_invisible(c) {
            if gap {
                out.push(' ');
                gap = false;
            }
            out.push(c);
        }
    }
    out
}

/// A spreadsheet program may run a cell that begins like this (OWASP, CSV injection); a blank cell is harmless.
#[must_use]
pub fn looks_like_formula(text: &str) -> bool {
    let first = text.trim_start_matches([' ', '\u{3000}', '\u{feff}']).chars().next();
    let dangerous = matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'));
    dangerous && !text.chars().all(is_blank)
}

/// Digits with at most one point between them and a minus before them at most: what no spreadsheet program runs.
fn is_plain_number(text: &str) -> bool {
    let size = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = size.split_once('.').unwrap_or((size, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(part) && text.parse().is_ok_and(f64::is_finite)
}

/// A field as it stands in a CSV file: with an apostrophe before what a spreadsheet program might run. A number stays bare, so
/// that it is read as one; nothing else that begins with a minus does.
#[must_use]
pub fn disarmed(text: &str) -> Cow<'_, str> {
    if looks_like_formula(text) && !is_plain_number(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// At most `limit` characters of a cell, made safe to stand in a file that a spreadsheet program opens.
#[must_use]
pub fn quoted(text: &str, limit: usize) -> String {
    let mut out: String = text.chars().filter(|c| !c.is_control()).take(limit).collect();
    if text.chars().count() > limit {
        out.push('…');
    }
    if looks_like_formula(text) {
        out.insert(0, '\'');
    }
    out
}

/// Zero-width characters and the byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{00ad}')
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// The ASCII character of a full-width form (U+FF01 to U+FF5E).
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn width_and_space_do_not_matter() {
        assert_eq!(fold("\u{feff}（２０２６） 鲁\u{3000}０２０２\u{200b}"), "(2026)鲁0202");
        assert_eq!(tidy("  张\u{3000} 三 \n李四 "), "张 三 李四");
    }

    #[test]
    fn formulas_are_seen_and_disarmed() {
        for bad in ["=1+1", "+86", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\u{feff}=HYPERLINK(1)"] {
            assert!(looks_like_formula(bad), "{bad:?}");
            assert!(quoted(bad, 20).starts_with('\''), "{bad:?}");
        }
        for good in ["", " \n\t", "1-2", "张三", "（2026）鲁0202民初1号"] {
            assert!(!looks_like_formula(good), "{good:?}");
        }
        assert_eq!(quoted("abcdef", 3), "abc…");
    }

    #[test]
    fn numbers_stay_bare_and_nothing_that_looks_like_one() {
        for number in ["-0.2", "-12", "0.5", "-0", "3"] {
            assert_eq!(disarmed(number), number);
        }
        for armed in [
            "-1+cmd|' /C calc'!A0",
            "--1",
            "-",
            "-.5",
            "-1.",
            "-1.2.3",
            "- 1",
            " -1",
            "-1 ",
            "-1e5",
            "-0x1",
            "-１",
            "－1",
            "-inf",
            "-nan",
            "-1,5",
            "-1\n=1",
            "+0.2",
            "=1",
            "@A1",
            "\t1",
            "\r1",
        ] {
            assert_eq!(disarmed(armed), format!("'{armed}"));
        }
        assert_eq!(disarmed(&format!("-{}", "9".repeat(400))).chars().next(), Some('\''), "no finite number");
        assert_eq!(disarmed("2026-11"), "2026-11");
    }

    proptest! {
        #[test]
        fn whatever_begins_dangerously_and_is_no_number_is_disarmed(begin in "[-=+@\t\r\n＝＋－＠]", rest in any::<String>()) {
            let text = format!("{begin}{rest}");
            prop_assume!(looks_like_formula(&text));
            let safe = disarmed(&text).into_owned();
            let number = text.strip_prefix('-').is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit() || c == '.'));
            let bare = number && safe == text && text.parse().is_ok_and(f64::is_finite);
            let armed = format!("'{text}");
            prop_assert!(safe == armed || bare);
        }

        #[test]
        fn every_finite_number_stays_as_it_is(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
            prop_assert_eq!(disarmed(&number.to_string()).parse::<f64>(), Ok(number));
        }
    }
}
