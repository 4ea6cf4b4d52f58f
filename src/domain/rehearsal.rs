//! A rehearsal: a period whose raters, ratees and answers are invented, so that both sides can practise before a real one.
//!
//! Everything in it begins with [`MARK`], its period first of all, and manifest, agents, browser and analysis hold a box to
//! that; so nothing of a rehearsal can be taken for a real thing, or a real thing for one. What goes in is known, and what
//! comes out is compared with it. Deliberately absent: chance; the same box always has the same docket and answers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ballot::{Answers, Ballot};
use crate::digest::{Bytes, Digest};
use crate::docket::court::COURTS;
use crate::document::{self, DocumentError};
use crate::eligible::Entry;
use crate::enrolment::CodeKey;
use crate::ids::{BoxId, Direction, InvitationId, RateeId};
use crate::margins::{CourtMargin, Margins, RateeMargin};
use crate::rubric::Rubric;
use crate::stratum::{CaseType, Outcome, Stratum};
use crate::token::RaterRole;

/// What every name of a rehearsal begins with.
pub const MARK: &str = "rehearsal-";
/// Invented raters of a box; each rates once in every round.
pub const RATERS: u32 = 24;
/// Test ballots of each rater.
pub const ROUNDS: u32 = 4;
/// Invented ratees.
const RATEES: u32 = 6;

/// Whether a name is one of a rehearsal.
#[must_use]
pub fn is_marked(name: &str) -> bool {
    name.starts_with(MARK)
}

/// Whether every name in a list is invented, for the box of a rehearsal, or none, for any other.
#[must_use]
pub fn fits(id: &BoxId, entries: &[Entry]) -> bool {
    let rehearsal = id.period.is_rehearsal();
    entries.iter().all(|entry| {
        [entry.rater.as_str(), entry.case.as_str(), entry.ratee.as_str(), entry.invitation.as_str()]
            .iter()
            .all(|name| is_marked(name) == rehearsal)
    })
}

/// The code of an invented rater. Anybody can compute it: in a rehearsal it lets nobody cast who is somebody.
#[must_use]
pub fn code_key(id: &BoxId, rater: &str) -> CodeKey {
    CodeKey(Bytes(Digest::of(&[format!("hengping/v1/rehearsal-code\n{id}\n{rater}").as_bytes()]).0))
}

/// A number below `below` that follows from words.
fn pick(words: &str, below: u32) -> u32 {
    let Digest([a, b, c, d, ..]) = Digest::of(&[words.as_bytes()]);
    u32::from_be_bytes([a, b, c, d]) % below.max(1)
}

/// The invented docket of a box: the one eligibility list it has, sorted by invitation.
#[must_use]
pub fn entries(id: &BoxId) -> Vec<Entry> {
    let court = |number: u32| COURTS[1 + number as usize % (COURTS.len() - 1)].code.to_owned();
    let stratum = |number: u32| Stratum {
        case_type: CaseType::ALL[number as usize % CaseType::ALL.len()],
        outcome: Outcome::ALL[(number / 4) as usize % Outcome::ALL.len()],
    };
    let one = |number: u32| {
        let (rater, round) = (number % RATERS, number / RATERS);
        let ratee = (rater + round) % RATEES;
        Entry {
            invitation: InvitationId(format!("{MARK}{number:04}")),
            rater: format!("{MARK}rater-{rater:02}"),
            case: format!("{MARK}case-{number:04}"),
            ratee: RateeId(format!("{MARK}ratee-{ratee:02}")),
            court: court(ratee),
            stratum: stratum(number),
            home: court(rater),
            role: RaterRole::of(id.direction.rater_side()),
        }
    };
    (0..RATERS * ROUNDS).map(one).collect()
}

/// The test answers of an invitation, to every item of the form; at least one is not "not observed".
#[must_use]
pub fn answers(id: &BoxId, invitation: &InvitationId, rubric: &Rubric) -> Answers {
    let level = |(at, item): (usize, &crate::rubric::Item)| {
        let drawn = pick(&format!("hengping/v1/rehearsal-answer\n{id}\n{invitation}\n{}", item.id), 11);
        let level = (at == 0 || drawn < 10).then_some((1 + drawn % 5) as u8);
        (item.id.clone(), level)
    };
    rubric.items.iter().enumerate().map(level).collect()
}

/// Margins of the invented docket, and court of each ratee.
#[must_use]
pub fn margins(id: &BoxId) -> (Margins, BTreeMap<RateeId, String>) {
    let entries = entries(id);
    let mut raters: BTreeMap<RateeId, BTreeSet<&str>> = BTreeMap::new();
    let (mut courts, mut mix) = (BTreeMap::<String, CourtMargin>::new(), BTreeMap::new());
    for entry in &entries {
        raters.entry(entry.ratee.clone()).or_default().insert(&entry.rater);
        courts.entry(entry.court.clone()).or_insert(CourtMargin { invited: 0 }).invited += 1;
        *mix.entry(entry.stratum).or_default() += 1;
    }
    let margin = |invited: usize| RateeMargin { invited: u32::try_from(invited).unwrap_or(u32::MAX), largest_group: 1 };
    let margins = Margins {
        v: 1,
        direction: id.direction,
        ratees: raters.iter().map(|(ratee, raters)| (ratee.clone(), margin(raters.len()))).collect(),
        courts,
        invited: u32::try_from(entries.len()).unwrap_or(u32::MAX),
        asked: mix.clone(),
        mix,
        docket_unique_share: 0.0,
    };
    (margins, entries.into_iter().map(|entry| (entry.ratee, entry.court)).collect())
}

/// The word of a ratee's role in the files of the opening.
#[must_use]
pub const fn ratee_role(direction: Direction) -> &'static str {
    match direction {
        Direction::BarRatesBench => "judge",
        Direction::BenchRatesBar => "lawyer",
    }
}

/// How many ballots there are and what they say, in one digest: put in, or come out. `rehearsal.json` of the analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Ballots.
    pub ballots: u32,
    /// SHA-256 over the sorted digests of what each says of whom.
    pub answers: Digest,
}

impl Tally {
    /// The tally of ballots by ratee, court, stratum and answers.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn of<'a>(
        ballots: impl IntoIterator<Item = (&'a RateeId, &'a str, Stratum, &'a Answers)>,
    ) -> Result<Self, DocumentError> {
        let each = ballots.into_iter().map(|(ratee, court, stratum, answers)| {
            document::digest(&serde_json::json!({
                "ratee": ratee, "court": court, "stratum": stratum, "answers": answers,
            }))
        });
        let mut each = each.collect::<Result<Vec<_>, _>>()?;
        each.sort_unstable();
        let bytes: Vec<u8> = each.iter().flat_map(|digest| digest.0).collect();
        Ok(Self { ballots: u32::try_from(each.len()).unwrap_or(u32::MAX), answers: Digest::of(&[&bytes]) })
    }

    /// What goes into a box if every test ballot does.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn expected(id: &BoxId, rubric: &Rubric) -> Result<Self, DocumentError> {
        let entries = entries(id);
        let said: Vec<_> = entries.iter().map(|entry| answers(id, &entry.invitation, rubric)).collect();
        Self::of(entries.iter().zip(&said).map(|(e, said)| (&e.ratee, e.court.as_str(), e.stratum, said)))
    }

    /// What opened ballots say.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn opened<'a>(ballots: impl IntoIterator<Item = &'a Ballot>) -> Result<Self, DocumentError> {
        Self::of(ballots.into_iter().map(|b| (&b.ratee, b.court.as_str(), b.stratum, &b.answers)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eligible;

    fn rubric() -> Rubric {
        Rubric::from_toml(include_str!("../../config/rubrics/bar-rates-bench-v1.toml")).expect("a rubric")
    }

    #[test]
    fn the_invented_docket_is_sound_marked_and_large_enough() {
        let id: BoxId = "rehearsal-2026.bar_rates_bench".parse().expect("a box");
        let entries = entries(&id);
        assert!(eligible::is_sound(&id, &entries) && fits(&id, &entries));
        assert!(entries.len() >= 50 && RATERS >= 20, "rules R1 to R3 can be met");
        let pairs: BTreeSet<_> = entries.iter().map(|e| (&e.rater, &e.ratee)).collect();
        assert_eq!(pairs.len(), entries.len(), "nobody rates one ratee twice");
        let real: BoxId = "2026.bar_rates_bench".parse().expect("a box");
        assert!(!fits(&real, &entries));
        let mut mixed = entries;
        mixed[3].rater = "13702201010000001".into();
        assert!(!fits(&id, &mixed) && !fits(&real, &mixed));
    }

    #[test]
    fn another_answer_or_one_ballot_less_changes_the_tally() {
        let (id, rubric) = ("rehearsal-2026.bar_rates_bench".parse::<BoxId>().expect("a box"), rubric());
        let expected = Tally::expected(&id, &rubric).expect("a tally");
        let entries = entries(&id);
        let said: Vec<_> = entries.iter().map(|e| answers(&id, &e.invitation, &rubric)).collect();
        assert!(said.iter().all(|answers| answers.values().any(Option::is_some)));
        let of = |said: &[Answers], backwards: bool| {
            let each = entries.iter().zip(said).map(|(e, said)| (&e.ratee, e.court.as_str(), e.stratum, said));
            let mut each: Vec<_> = each.collect();
            if backwards {
                each.reverse();
            }
            Tally::of(each).expect("a tally")
        };
        assert_eq!((of(&said, false), of(&said, true)), (expected, expected), "in any order");
        assert_ne!(of(&said[1..], false), expected);
        let mut other = said.clone();
        other[5].values_mut().next().expect("an item").replace(9);
        assert_ne!(of(&other, false), expected);
        assert_ne!(Tally::expected(&id.counterpart(), &rubric).expect("a tally"), expected);
    }
}
