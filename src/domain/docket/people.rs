//! People as a court's export names them: a name, sometimes a number, sometimes where they belonged on the day of the case.
//!
//! A reference is not yet a person: who it is, is settled against the rosters of both sides, and same names wait.
//! Deliberately absent: any guess at who is meant.

use serde::{Deserialize, Serialize};

use super::problem::ProblemCode;
use super::text::{fold, tidy};
use crate::words;

/// Most counsel on one side of one case.
pub const MAX_COUNSEL: usize = 20;
/// Longest name or organisation, in characters.
const MAX_NAME: usize = 40;

words! {
    /// In what capacity somebody represented a party.
    CounselRole, "counsel role" {
        /// Rates and is rated.
        Lawyer = "律师",
        /// Government lawyer: takes part when a rubric for them is in force.
        Government = "公职律师",
        /// In-house lawyer: takes part when a rubric for them is in force.
        InHouse = "公司律师",
        /// Trainee: recorded as attending, never rates alone.
        Trainee = "实习律师",
        /// Citizens, relatives, legal workers: outside the bar.
        Other = "其他代理人",
    }
}

/// A judge, assistant or clerk as the export names them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StaffRef {
    /// Name.
    pub name: String,
    /// 工号, where the export has it.
    pub number: Option<String>,
}

/// Counsel as the export names them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CounselRef {
    /// Name.
    pub name: String,
    /// 执业证号, 17 digits, where the export has it.
    pub licence: Option<String>,
    /// 律师事务所 on the day of the case, where the export has it.
    pub firm: Option<String>,
    /// Capacity.
    pub role: CounselRole,
}

impl CounselRef {
    /// Whether two entries of one case are certainly, or as far as the export says, the same person.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        match (&self.licence, &other.licence) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => self.name == other.name && self.firm == other.firm,
        }
    }
}

/// A name as it is stored: no spaces between Chinese characters, one kind of middle dot.
///
/// # Errors
/// [`ProblemCode::NameInvalid`] for digits, symbols, nothing, or more than 40 characters.
pub fn name(text: &str) -> Result<String, ProblemCode> {
    let dotted: String =
        tidy(text).chars().map(|c| if matches!(c, '•' | '‧' | '・' | '．') { '·' } else { c }).collect();
    let cleaned = if dotted.is_ascii() { dotted } else { fold(&dotted) };
    let plain = |c: char| c.is_alphabetic() || matches!(c, '·' | ' ' | '.' | '-' | '\'');
    let sound = !cleaned.is_empty() && cleaned.chars().count() <= MAX_NAME && cleaned.chars().all(plain);
    if sound && cleaned.chars().any(char::is_alphabetic) { Ok(cleaned) } else { Err(ProblemCode::NameInvalid) }
}

/// 工号: 1 to 20 ASCII letters, digits and dashes.
///
/// # Errors
/// [`ProblemCode::NumberInvalid`].
pub fn staff_number(text: &str) -> Result<String, ProblemCode> {
    let number = fold(text);
    let sound = (1..=20).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if sound { Ok(number) } else { Err(ProblemCode::NumberInvalid) }
}

/// 执业证号: 17 digits that begin with 1; a spreadsheet that turned it into a rounded number is told apart by the error.
///
/// # Errors
/// [`ProblemCode::LicenceInvalid`].
pub fn licence(text: &str) -> Result<String, ProblemCode> {
    let number = fold(text);
    let sound = number.len() == 17 && number.starts_with('1') && number.bytes().all(|b| b.is_ascii_digit());
    if sound { Ok(number) } else { Err(ProblemCode::LicenceInvalid) }
}

/// 律所, 单位: 2 to 40 characters, brackets in full width.
///
/// # Errors
/// [`ProblemCode::FirmInvalid`].
pub fn firm(text: &str) -> Result<String, ProblemCode> {
    let name: String = fold(text)
        .chars()
        .map(|c| match c {
            '(' => '（',
            ')' => '）',
            c => c,
        })
        .collect();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '（' | '）' | '·' | '-' | '&');
    let sound = (2..=MAX_NAME).contains(&name.chars().count()) && name.chars().all(plain);
    if sound { Ok(name) } else { Err(ProblemCode::FirmInvalid) }
}

/// Reads `姓名/执业证号/律所/身份；…`; the last three may be left empty, and an absent capacity means 律师.
///
/// Separators between people are ；;、 and line breaks; between fields / and ／.
///
/// # Errors
/// The code of the first entry that cannot be read, with that entry's text.
pub fn counsel_list(text: &str) -> Result<Vec<CounselRef>, (ProblemCode, String)> {
    let mut found = Vec::new();
    for entry in split(text) {
        let counsel = counsel(entry).map_err(|code| (code, entry.to_owned()))?;
        found.push(counsel);
        if found.len() > MAX_COUNSEL {
            return Err((ProblemCode::CounselTooMany, entry.to_owned()));
        }
    }
    Ok(found)
}

/// Reads a list of names.
///
/// # Errors
/// As [`counsel_list`].
pub fn names(text: &str) -> Result<Vec<String>, (ProblemCode, String)> {
    split(text).map(|entry| name(entry).map_err(|code| (code, entry.to_owned()))).collect()
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(['；', ';', '、', '\n', '，', ',']).map(str::trim).filter(|entry| !fold(entry).is_empty())
}

fn counsel(entry: &str) -> Result<CounselRef, ProblemCode> {
    let fields: Vec<&str> = entry.split(['/', '／']).map(str::trim).collect();
    if fields.len() > 4 {
        return Err(ProblemCode::CounselMalformed);
    }
    let field = |index: usize| fields.get(index).copied().filter(|f| !fold(f).is_empty());
    let role = match field(3) {
        Some(text) => fold(text).parse().map_err(|_| ProblemCode::CounselRoleUnknown)?,
        None => CounselRole::Lawyer,
    };
    Ok(CounselRef {
        name: name(field(0).ok_or(ProblemCode::CounselMalformed)?)?,
        licence: field(1).map(licence).transpose()?,
        firm: field(2).map(firm).transpose()?,
        role,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_counsel_is_read_with_what_it_has() {
        let list = counsel_list("张 三/13702201510123456/山东衡正律师事务所； 李四//山东（青岛）海律师事务所;阿依努尔•买买提、王五///实习律师")
            .expect("a list");
        assert_eq!(list.len(), 4);
        assert_eq!(list[0].name, "张三");
        assert_eq!(list[0].licence.as_deref(), Some("13702201510123456"));
        assert_eq!((list[1].licence.as_deref(), list[1].firm.as_deref()), (None, Some("山东（青岛）海律师事务所")));
        assert_eq!(list[2].name, "阿依努尔·买买提");
        assert_eq!(list[3].role, CounselRole::Trainee);
        assert_eq!(counsel_list(" ； ").map(|l| l.len()), Ok(0));
    }

    #[test]
    fn what_cannot_be_a_person_is_refused() {
        let code = |text: &str| counsel_list(text).map_err(|(code, _)| code).err();
        assert_eq!(code("张三/1370220151012345"), Some(ProblemCode::LicenceInvalid));
        assert_eq!(code("张三/1.3702E+16"), Some(ProblemCode::LicenceInvalid));
        assert_eq!(code("张3"), Some(ProblemCode::NameInvalid));
        assert_eq!(code("/13702201510123456"), Some(ProblemCode::CounselMalformed));
        assert_eq!(code("张三/////"), Some(ProblemCode::CounselMalformed));
        assert_eq!(code("张三//所<b>名"), Some(ProblemCode::FirmInvalid));
        assert_eq!(code("张三///顾问"), Some(ProblemCode::CounselRoleUnknown));
        assert_eq!(code(&"张三；".repeat(21)), Some(ProblemCode::CounselTooMany));
        assert!(name("···").is_err() && staff_number("工号 1").is_err() && staff_number("QD-0012").is_ok());
    }

    #[test]
    fn the_licence_decides_who_is_the_same() {
        let with = |text: &str| counsel_list(text).expect("a list").remove(0);
        assert!(with("张三/13702201510123456/甲律师事务所").same_as(&with("张三/13702201510123456/乙律师事务所")));
        assert!(!with("张三/13702201510123456").same_as(&with("张三/13702201510123457")));
        assert!(with("张三//甲律师事务所").same_as(&with("张三//甲律师事务所")));
        assert!(!with("张三//甲律师事务所").same_as(&with("张三//乙律师事务所")));
    }
}
