//! 案号: the name of a case, read in every form clerks write it and written in one.
//!
//! `（2026）鲁0202民初1234号之一` is year, court code, type word, serial number and an optional suffix.
//! Deliberately absent: numbers of before 2016, which carried no court code and concern no case that is still asked about.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::court::Court;
use super::text::fold;
use super::type_word::{Stage, TypeWord};
use crate::stratum::CaseType;

/// Longest text that is looked at; real numbers have about twenty characters.
const MAX_CHARS: usize = 64;
/// Characters that stand for a province, and the Xinjiang corps, at the start of a court code.
const PROVINCES: &str = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新兵";
const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// Why a text is not a case number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseNumberError {
    /// Brackets, 号 or the order of the parts.
    #[error("not of the form （2026）鲁0202民初1234号")]
    Shape,
    /// Outside 2016 to 2099.
    #[error("the year is outside 2016 to 2099")]
    Year,
    /// Not a province character with none, two or four digits.
    #[error("not a court code")]
    Court,
    /// A type word that is not in the table.
    #[error("unknown type word {0}")]
    TypeWord(String),
    /// Not a whole number from 1 to 99,999,999.
    #[error("the serial number is not a number from 1 to 99999999")]
    Serial,
    /// Not 之一 to 之九十九.
    #[error("the suffix is not 之一 to 之九十九")]
    Suffix,
}

/// A case number. The court code stays as it was written: an old code is part of the name of an old case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber {
    year: u16,
    court: String,
    word: TypeWord,
    serial: u32,
    suffix: u8,
}

impl CaseNumber {
    /// Puts a number together from its parts; `suffix` 0 means none.
    ///
    /// # Errors
    /// [`CaseNumberError`] for the first part that is out of range.
    pub fn new(year: u16, court: &str, word: TypeWord, serial: u32, suffix: u8) -> Result<Self, CaseNumberError> {
        if !(2016..=2099).contains(&year) {
            return Err(CaseNumberError::Year);
        }
        let mut characters = court.chars();
        let province = characters.next().ok_or(CaseNumberError::Court)?;
        let digits = characters.as_str();
        let plain = digits.bytes().all(|b| b.is_ascii_digit());
        if !PROVINCES.contains(province) || !plain || !matches!(digits.len(), 0 | 2 | 4) {
            return Err(CaseNumberError::Court);
        }
        if !(1..=99_999_999).contains(&serial) {
            return Err(CaseNumberError::Serial);
        }
        if suffix > 99 {
            return Err(CaseNumberError::Suffix);
        }
        Ok(Self { year, court: court.to_owned(), word, serial, suffix })
    }

    /// The year in brackets.
    #[must_use]
    pub const fn year(&self) -> u16 {
        self.year
    }

    /// The court code as written.
    #[must_use]
    pub fn court_code(&self) -> &str {
        &self.court
    }

    /// The court of the city that the code stands for today.
    #[must_use]
    pub fn court(&self) -> Option<&'static Court> {
        Court::by_code(&self.court)
    }

    /// The type word.
    #[must_use]
    pub const fn word(&self) -> TypeWord {
        self.word
    }

    /// 案件类型.
    #[must_use]
    pub const fn case_type(&self) -> CaseType {
        self.word.case_type()
    }

    /// 审级.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.word.stage()
    }
}

impl FromStr for CaseNumber {
    type Err = CaseNumberError;

    fn from_str(text: &str) -> Result<Self, CaseNumberError> {
        if text.chars().take(MAX_CHARS + 1).count() > MAX_CHARS {
            return Err(CaseNumberError::Shape);
        }
        let text: String = fold(text).chars().map(round_bracket).collect();
        let (year, rest) = text.strip_prefix('(').and_then(|t| t.split_once(')')).ok_or(CaseNumberError::Shape)?;
        if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CaseNumberError::Year);
        }
        let year = year.parse().map_err(|_| CaseNumberError::Year)?;
        let (body, tail) = rest.rsplit_once('号').ok_or(CaseNumberError::Shape)?;
        let (body, dashed) = match body.split_once('-') {
            Some((body, suffix)) => (body, Some(suffix)),
            None => (body, None),
        };
        let province = body.chars().next().ok_or(CaseNumberError::Court)?.len_utf8();
        let code_end = province + body[province..].bytes().take_while(u8::is_ascii_digit).count();
        let (court, rest) = body.split_at(code_end);
        let word_end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, serial) = rest.split_at(word_end);
        let word = word.strip_suffix('第').unwrap_or(word);
        let word = word.parse().map_err(|_| CaseNumberError::TypeWord(word.to_owned()))?;
        if serial.len() > 8 || !serial.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CaseNumberError::Serial);
        }
        let serial = serial.parse().map_err(|_| CaseNumberError::Serial)?;
        let suffix = match (dashed, tail) {
            (None, "") => 0,
            (None, tail) => tail.strip_prefix('之').and_then(ordinal).ok_or(CaseNumberError::Suffix)?,
            (Some(digits), "") => ordinal(digits).ok_or(CaseNumberError::Suffix)?,
            (Some(_), _) => return Err(CaseNumberError::Suffix),
        };
        Self::new(year, court, word, serial, suffix)
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "（{}）{}{}{}号", self.year, self.court, self.word, self.serial)?;
        if self.suffix > 0 {
            write!(f, "之{}", chinese(self.suffix))?;
        }
        Ok(())
    }
}

impl Serialize for CaseNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CaseNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

fn round_bracket(c: char) -> char {
    match c {
        '〔' | '[' | '【' | '〈' | '﹝' => '(',
        '〕' | ']' | '】' | '〉' | '﹞' => ')',
        '–' | '—' | '－' | '‐' => '-',
        _ => c,
    }
}

/// 1 to 99 in Chinese.
fn chinese(n: u8) -> String {
    let (tens, ones) = (usize::from(n / 10), usize::from(n % 10));
    let mut text = String::new();
    if tens > 1 {
        text.push(DIGITS[tens]);
    }
    if tens > 0 {
        text.push('十');
    }
    if ones > 0 {
        text.push(DIGITS[ones]);
    }
    text
}

/// 1 to 99 from Chinese or ASCII digits.
fn ordinal(text: &str) -> Option<u8> {
    if !text.is_empty() && text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().filter(|n| (1..=99).contains(n));
    }
    (1..=99).find(|n| chinese(*n) == text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: &str = "（2026）鲁0202民初1234号";

    #[test]
    fn every_way_of_writing_is_one_number() {
        for text in [
            PLAIN,
            "(2026)鲁0202民初1234号",
            "〔2026〕鲁0202民初1234号",
            "[2026]鲁0202民初1234号",
            "【2026】鲁0202民初1234号",
            "（２０２６）鲁０２０２民初１２３４号",
            " （2026） 鲁0202 民初 第 1234 号 ",
            "\u{feff}（2026）鲁0202民初\u{3000}01234号",
        ] {
            assert_eq!(text.parse::<CaseNumber>().map(|n| n.to_string()).as_deref(), Ok(PLAIN), "{text}");
        }
        for text in ["（2026）鲁0202执恢7号之二", "(2026)鲁0202执恢7-2号", "（2026）鲁0202执恢7号之2"]
        {
            let number: CaseNumber = text.parse().expect(text);
            assert_eq!(number.to_string(), "（2026）鲁0202执恢7号之二");
            assert_eq!((number.case_type(), number.stage()), (CaseType::Enforcement, Stage::Enforcement));
        }
    }

    #[test]
    fn an_old_code_keeps_its_spelling_and_finds_its_court() {
        let number: CaseNumber = "（2017）鲁0282民初1号".parse().expect("a number");
        assert_eq!(number.to_string(), "（2017）鲁0282民初1号");
        assert_eq!(number.court().map(|c| c.code), Some("鲁0215"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            ("", CaseNumberError::Shape),
            ("2026鲁0202民初1234号", CaseNumberError::Shape),
            ("（2026）鲁0202民初1234", CaseNumberError::Shape),
            ("（1999）鲁0202民初1234号", CaseNumberError::Year),
            ("（26）鲁0202民初1234号", CaseNumberError::Year),
            ("（2026）X0202民初1234号", CaseNumberError::Court),
            ("（2026）鲁020民初1234号", CaseNumberError::Court),
            ("（2026）鲁0202海初1234号", CaseNumberError::TypeWord("海初".to_owned())),
            ("（2015）南民初字第12号", CaseNumberError::TypeWord("民初字".to_owned())),
            ("（2026）鲁0202民初0号", CaseNumberError::Serial),
            ("（2026）鲁0202民初号", CaseNumberError::Serial),
            ("（2026）鲁0202民初123456789号", CaseNumberError::Serial),
            ("（2026）鲁0202民初1234号之零", CaseNumberError::Suffix),
            ("（2026）鲁0202民初1-2号之三", CaseNumberError::Suffix),
        ] {
            assert_eq!(text.parse::<CaseNumber>(), Err(error), "{text}");
        }
    }

    fn numbers() -> impl Strategy<Value = CaseNumber> {
        let codes = prop::sample::select(vec!["鲁", "鲁02", "鲁0202", "鲁0282", "京0105", "兵01"]);
        let words = prop::sample::select(TypeWord::ALL.to_vec());
        (2016_u16..=2099, codes, words, 1_u32..=99_999_999, 0_u8..=99).prop_map(|(year, code, word, serial, suffix)| {
            CaseNumber::new(year, code, word, serial, suffix).expect("in range")
        })
    }

    /// Characters that case numbers are made of, so that random text comes near to being one.
    const NEARLY: &str = "[（）()〔〕\\[\\]0-9０-９鲁京民刑行初终执恢异知诉前调号之一二十第 \\-]{0,40}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn display_and_parse_are_inverse(number in numbers()) {
            prop_assert_eq!(number.to_string().parse::<CaseNumber>(), Ok(number));
        }

        #[test]
        fn decoration_changes_nothing(number in numbers(), opening in "[（(〔\\[【]", gap in "[ \u{3000}\u{200b}]{0,3}") {
            let closing = match opening.as_str() { "（" => "）", "(" => ")", "〔" => "〕", "[" => "]", _ => "】" };
            let text = number.to_string().replace('（', &opening).replace('）', &format!("{closing}{gap}"));
            let wide: String = text.chars().map(|c| match c {
                '0'..='9' => char::from_u32(c as u32 + 0xfee0).unwrap_or(c),
                c => c,
            }).collect();
            prop_assert_eq!(wide.parse::<CaseNumber>(), Ok(number));
        }

        #[test]
        fn any_text_is_refused_or_has_one_canonical_form(text in prop_oneof![any::<String>(), NEARLY.prop_map(String::from)]) {
            if let Ok(number) = text.parse::<CaseNumber>() {
                let canonical = number.to_string();
                prop_assert_eq!(canonical.parse::<CaseNumber>(), Ok(number));
            }
        }
    }
}
