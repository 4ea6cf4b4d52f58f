//! A concluded case as imported, with its people, its dates and how it ended.
//!
//! Two imports of the same facts give the same hash, whatever the order of columns or the way numbers and dates were written.
//! Deliberately absent: the parties, the substance, and who among the people is which account.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::case_number::CaseNumber;
use super::court::Court;
use super::disposal::{self, Disposal, Outcomes, Support};
use super::people::{CounselRef, StaffRef};
use super::procedure::{Panel, Procedure};
use crate::digest::Digest;
use crate::document;
use crate::stratum::{CaseType, Outcome, Stratum};
use crate::words;

words! {
    /// Whose side of a dispute a counsel stood on.
    Party, "party" {
        /// 原告, 上诉人, 申请人, 申请执行人, and the victim's or private prosecutor's side.
        Moving = "moving",
        /// 被告, 被上诉人, 被申请人, 被执行人, and the defence.
        Responding = "responding",
        /// 第三人.
        Third = "third",
    }
}

/// The four dates a court's system keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    /// 立案.
    pub filed: Date,
    /// 结案.
    pub closed: Date,
    /// 送达.
    pub served: Option<Date>,
    /// 生效.
    pub effective: Option<Date>,
}

/// 案件.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// 案号.
    pub number: CaseNumber,
    /// Code of the court, of today.
    pub court: String,
    /// 审判庭.
    pub chamber: Option<String>,
    /// 案由.
    pub cause: String,
    /// 审理程序.
    pub procedure: Procedure,
    /// 审判组织.
    pub panel: Panel,
    /// 承办法官.
    pub handling: StaffRef,
    /// Who presided: the judge in charge of a sole panel, 审判长 of a collegial one.
    pub presiding: StaffRef,
    /// 合议庭成员, without the two above.
    pub members: Vec<String>,
    /// 法官助理.
    pub assistant: Option<String>,
    /// 书记员.
    pub clerk: Option<String>,
    /// Dates.
    pub dates: Dates,
    /// 是否开庭.
    pub heard: bool,
    /// 是否上诉.
    pub appealed: bool,
    /// 结案方式.
    pub disposal: Disposal,
    /// 支持程度, where it decides the outcome.
    pub support: Option<Support>,
    /// The case below, of an appeal or a retrial.
    pub origin: Option<CaseNumber>,
    /// Label shared by the cases of a series.
    pub series: Option<String>,
    /// Counsel of whoever moved.
    pub moving: Vec<CounselRef>,
    /// Counsel of whoever answered.
    pub responding: Vec<CounselRef>,
    /// Counsel of third parties.
    pub third: Vec<CounselRef>,
}

impl CaseRecord {
    /// 案件类型.
    #[must_use]
    pub const fn case_type(&self) -> CaseType {
        self.number.case_type()
    }

    /// The court.
    #[must_use]
    pub fn court(&self) -> Option<&'static Court> {
        Court::by_code(&self.court)
    }

    /// Whether the judge in charge led the hearing.
    #[must_use]
    pub fn handling_presided(&self) -> bool {
        match (&self.handling.number, &self.presiding.number) {
            (Some(handling), Some(presiding)) => handling == presiding,
            _ => self.handling.name == self.presiding.name,
        }
    }

    /// How the case ended for a side; `none` for third parties, and for a record that the reader would have refused.
    #[must_use]
    pub fn outcome(&self, party: Party) -> Outcome {
        let outcomes = disposal::outcomes(self.case_type(), self.number.stage(), self.disposal, self.support)
            .unwrap_or(Outcomes { moving: Outcome::None, responding: Outcome::None });
        match party {
            Party::Moving => outcomes.moving,
            Party::Responding => outcomes.responding,
            Party::Third => Outcome::None,
        }
    }

    /// Case type and outcome for a side.
    #[must_use]
    pub fn stratum(&self, party: Party) -> Stratum {
        Stratum { case_type: self.case_type(), outcome: self.outcome(party) }
    }

    /// Everybody who represented a party, with the side.
    pub fn counsel(&self) -> impl Iterator<Item = (Party, &CounselRef)> {
        Party::ALL.iter().flat_map(|&party| self.counsel_of(party).iter().map(move |counsel| (party, counsel)))
    }

    /// Counsel of one side.
    #[must_use]
    pub fn counsel_of(&self, party: Party) -> &[CounselRef] {
        match party {
            Party::Moving => &self.moving,
            Party::Responding => &self.responding,
            Party::Third => &self.third,
        }
    }

    /// SHA-256 of the canonical JSON (RFC 8785): equal records, equal hash; the import uses it to find what changed.
    #[must_use]
    pub fn content_hash(&self) -> Digest {
        // Records hold text, dates and flags only, which always have a canonical form.
        let canonical = document::canonical(self).unwrap_or_default();
        Digest::of(&[b"hengping/v1/case\n", canonical.as_bytes()])
    }
}
