//! 待评规则: who may be asked about whom once a case has taken effect, and which items apply.
//!
//! Every counsel who appeared rates the judge in charge, and the judge in charge rates every counsel; nothing is asked before
//! the case has come to rest, and an item that does not apply is left out, never counted as low.
//! Deliberately absent: who these people are as accounts, exclusions, and the cap.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::case_number::CaseNumber;
use super::disposal::Disposal;
use super::people::{CounselRef, CounselRole, StaffRef};
use super::record::{CaseRecord, Party};
use super::type_word::{Stage, TypeWord};
use crate::charter::TriggerEvent;
use crate::ids::Direction;
use crate::rubric::{Addressee, Item, Rubric};
use crate::stratum::Stratum;
use crate::words;

words! {
    /// Why a case gives rise to nothing yet, or never.
    Waiting, "waiting" {
        /// The date that triggers is not there.
        ForDate = "for-date",
        /// An appeal was lodged and the second instance is not over.
        ForSecondInstance = "for-second-instance",
        /// Sent back: the case goes on under another number.
        Remanded = "remanded",
        /// No judge took the case; mediators have no rubric in this version.
        PreAction = "pre-action",
    }
}

/// A pair that may be asked: one counsel and the judge in charge of one case, in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who rates whom.
    pub direction: Direction,
    /// Code of the court.
    pub court: String,
    /// 承办法官.
    pub judge: StaffRef,
    /// The counsel.
    pub counsel: CounselRef,
    /// The counsel's side.
    pub party: Party,
    /// Case type and outcome for the counsel's side, in both directions.
    pub stratum: Stratum,
    /// Items of the rubric that are left out, in its order.
    pub not_applicable: Vec<String>,
}

/// The day on which the case may be asked about. `above` is the second-instance record that names this case as its origin.
///
/// An appeal from the intermediate court leaves the city, so there the court's own date of effect decides.
///
/// # Errors
/// [`Waiting`] says for what.
pub fn due_on(record: &CaseRecord, event: TriggerEvent, above: Option<&CaseRecord>) -> Result<Date, Waiting> {
    let date_of = |record: &CaseRecord| match event {
        TriggerEvent::Effective => record.dates.effective,
        TriggerEvent::Served => record.dates.served,
    };
    if record.number.stage() == Stage::PreAction {
        return Err(Waiting::PreAction);
    }
    let appeal_stays = !record.court().is_some_and(super::court::Court::is_intermediate);
    if !(record.appealed && record.number.stage() == Stage::First && appeal_stays) {
        return date_of(record).ok_or(Waiting::ForDate);
    }
    let above = above.ok_or(Waiting::ForSecondInstance)?;
    if above.disposal == Disposal::Remanded {
        return Err(Waiting::Remanded);
    }
    let settled = date_of(above).ok_or(Waiting::ForSecondInstance)?;
    Ok(date_of(record).map_or(settled, |own| own.max(settled)))
}

/// Second-instance records by the number of the case below; appeals on jurisdiction settle nothing and are left out.
#[must_use]
pub fn second_instances<'a>(
    records: impl IntoIterator<Item = &'a CaseRecord>,
) -> BTreeMap<&'a CaseNumber, &'a CaseRecord> {
    records
        .into_iter()
        .filter(|r| r.number.stage() == Stage::Second && r.number.word() != TypeWord::CivilJurisdiction)
        .filter_map(|record| record.origin.as_ref().map(|origin| (origin, record)))
        .collect()
}

/// All pairs of a case under a rubric, in the order of the record. Empty where no item of the rubric applies.
///
/// Trainees, government and in-house lawyers and others are recorded as attending but neither rate nor are rated.
#[must_use]
pub fn candidates(record: &CaseRecord, rubric: &Rubric) -> Vec<Candidate> {
    let not_applicable: Vec<String> = rubric
        .items
        .iter()
        .filter(|item| !applies(item, record, rubric.direction))
        .map(|item| item.id.clone())
        .collect();
    if not_applicable.len() == rubric.items.len() {
        return Vec::new();
    }
    record
        .counsel()
        .filter(|(_, counsel)| counsel.role == CounselRole::Lawyer)
        .map(|(party, counsel)| Candidate {
            direction: rubric.direction,
            court: record.court.clone(),
            judge: record.handling.clone(),
            counsel: counsel.clone(),
            party,
            stratum: record.stratum(party),
            not_applicable: not_applicable.clone(),
        })
        .collect()
}

/// Whether an item is asked about a case.
///
/// A judge's hearing items need a hearing that the judge in charge led. A lawyer's need only a hearing: the judge in charge
/// sits in every panel, so who presided does not matter there.
#[must_use]
pub fn applies(item: &Item, record: &CaseRecord, direction: Direction) -> bool {
    let led = direction == Direction::BenchRatesBar || record.handling_presided();
    let for_hearing = !item.hearing || record.heard && led;
    let for_presiding = item.addressee != Addressee::Presiding || led;
    for_hearing && for_presiding && !item.not_for.contains(&record.case_type())
}

/// Series cases count once: of the cases that share a label and a court, each pair keeps the one with the smallest number.
///
/// `pairs` are (case, label of the series, pair); returns the indexes kept, ascending. The key of a pair is the caller's,
/// so that it can be the matched people rather than their spelling.
#[must_use]
pub fn once_per_series<K: Ord>(pairs: &[(&CaseNumber, Option<&str>, K)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by_key(|&index| pairs[index].0);
    let mut seen = BTreeSet::new();
    order.retain(|&index| {
        let (number, series, key) = &pairs[index];
        series.is_none_or(|label| seen.insert((number.court_code(), label, key)))
    });
    order.sort_unstable();
    order
}

#[cfg(test)]
#[path = "eligibility_tests.rs"]
mod tests;
