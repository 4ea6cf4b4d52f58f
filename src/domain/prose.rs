//! 文字: what one person types and another reads, as one line.
//!
//! There is one rule for statements, objections, decisions, reasons, words on a withdrawal and titles of manuscripts, so that none
//! of them can hide something or turn around what stands beside it. It is asked where a text comes in; what was signed before is
//! read as it is. Deliberately absent: markup, and texts of several paragraphs, which are documents.

use crate::rubric::Text;

/// Why a text is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but blanks.
    #[error("the text is empty")]
    Empty,
    /// More characters than it may have.
    #[error("the text is longer than {0} characters")]
    TooLong(usize),
    /// A character that prints nothing, or that changes in which order the others are printed.
    #[error("the text holds a control character")]
    Control,
}

/// A text as it is kept: without blanks around it, of at most `most` Unicode scalar values, on one line.
///
/// # Errors
/// [`TextError`].
pub fn line(raw: &str, most: usize) -> Result<String, TextError> {
    let text = raw.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().any(|c| c.is_control() || is_unseen(c)) {
        return Err(TextError::Control);
    }
    if text.chars().count() > most { Err(TextError::TooLong(most)) } else { Ok(text.to_owned()) }
}

/// The same in both languages; neither may be missing.
///
/// # Errors
/// [`TextError`].
pub fn both(raw: &Text, most: usize) -> Result<Text, TextError> {
    Ok(Text { zh: line(&raw.zh, most)?, en: line(&raw.en, most)? })
}

/// Marks that change in which order the characters beside them are printed.
pub(crate) const fn turns_around(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Marks of direction, joiners, fillers, tags and line separators: text with them may read otherwise than it was written.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_counted_in_characters_after_trimming() {
        assert_eq!(line("  说明。\n", 3).as_deref(), Ok("说明。"));
        assert_eq!(line(&"字".repeat(200), 200).map(|t| t.len()), Ok(600));
        assert_eq!(line(&"字".repeat(201), 200), Err(TextError::TooLong(200)));
        // One scalar value of four bytes and two UTF-16 units.
        assert!(line(&"𠮷".repeat(200), 200).is_ok());
        assert_eq!(line(" \t\u{3000}", 200), Err(TextError::Empty));
        let bad = [
            "一\n二",
            "a\u{7}b",
            "a\u{0}b",
            "a\u{85}b",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{2028}b",
            "a\u{ad}b",
            "a\u{e0041}b",
        ];
        for bad in bad {
            assert_eq!(line(bad, 200), Err(TextError::Control), "{bad:?}");
        }
    }

    #[test]
    fn words_in_two_languages_are_there_in_both() {
        let of = |zh: &str, en: &str| both(&Text { zh: zh.to_owned(), en: en.to_owned() }, 5);
        assert_eq!(of(" 有误 ", "wrong"), Ok(Text { zh: "有误".to_owned(), en: "wrong".to_owned() }));
        assert_eq!(of("有误", " "), Err(TextError::Empty));
        assert_eq!(of("有误", "wr\u{202e}ng"), Err(TextError::Control));
        assert_eq!(of("有误", "wrongs"), Err(TextError::TooLong(5)));
    }

    proptest! {
        #[test]
        fn what_is_kept_is_kept_again_and_prints_on_one_line(raw in any::<String>()) {
            if let Ok(kept) = line(&raw, 64) {
                prop_assert_eq!(line(&kept, 64), Ok(kept.clone()));
                prop_assert!(!kept.chars().any(char::is_control) && kept.chars().count() <= 64);
            }
        }
    }
}
