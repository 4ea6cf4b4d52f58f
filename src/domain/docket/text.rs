//! Cleaning of cells before they are read: widths, spaces and invisible characters.
//!
//! Two cells that look the same to a clerk become the same text.
//! Deliberately absent: any change to what a reader would see, such as traditional against simplified characters.

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
}
