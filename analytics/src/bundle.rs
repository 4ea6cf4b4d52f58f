//! Plain input of the analysis: ballots, ratees, items and what the cosigned lists say about the invited.
//! Invariant: ballots carry nameless raters and no case, no time and no order; everything downstream
//! sorts them by content first. Absent on purpose: how they were read or opened.

use std::collections::{BTreeMap, BTreeSet};

/// Who rates whom; decides thresholds and which cells exist, never a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Lawyers rate judges.
    BarRatesBench,
    /// Judges rate lawyers.
    BenchRatesBar,
}

/// An item of the rubric.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Stable id.
    pub id: String,
    /// Positive weight in the composite; only ratios matter.
    pub weight: f64,
}

/// An answer to an item that applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// 未观察到: missing, never a low mark.
    NotObserved,
    /// Level 1 to 5.
    Level(u8),
}

/// One opened ballot. The field order is the canonical sorting order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ballot {
    /// Who was rated.
    pub ratee: String,
    /// Nameless rater.
    pub nym: String,
    /// Rater's home court.
    pub home: String,
    /// Rater's role.
    pub role: String,
    /// Court of the ratee as the slip says.
    pub court: String,
    /// Case type.
    pub case_type: String,
    /// Outcome for the lawyer's side.
    pub outcome: String,
    /// Rubric version.
    pub rubric: String,
    /// One entry per item of the rubric; `None` where the item did not apply.
    pub answers: Vec<Option<Answer>>,
}

/// A ratee of the cosigned list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ratee {
    /// Court code; empty when the list names none.
    pub court: String,
}

/// What the lists say of those invited to rate one ratee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invited {
    /// Distinct raters.
    pub raters: u32,
    /// Those of the largest firm or chamber among them.
    pub largest_group: u32,
}

/// What the cosigned lists say about the invited of one box; no rater is named.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Margins {
    /// Who was invited, by ratee.
    pub ratees: BTreeMap<String, Invited>,
    /// Invitations per court of the ratees.
    pub courts: BTreeMap<String, u32>,
    /// Invitations of the whole box; `None` when unknown.
    pub invited: Option<u32>,
    /// Eligible cases by (case type, outcome), before any cap.
    pub mix: BTreeMap<(String, String), u32>,
    /// Invitations by (case type, outcome); empty when unknown.
    pub asked: BTreeMap<(String, String), u32>,
    /// Share of what opened ballots say of rater and case that would match one rater of the docket alone; `None` when unknown.
    pub docket_unique: Option<f64>,
}

/// R18: what two courts need before anything is said of one against the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparability {
    /// Fewest raters who rated in both.
    pub bridges: usize,
    /// The error of the difference must stay below this share of the standard deviation of ratees.
    pub error: f64,
}

impl Default for Comparability {
    /// Twenty raters and one half: what the shipped charter asks for.
    fn default() -> Self {
        Self { bridges: 20, error: 0.5 }
    }
}

/// Everything one analysis needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// Direction of the box.
    pub direction: Direction,
    /// Items in the order of [`Ballot::answers`].
    pub items: Vec<Item>,
    /// Opened ballots in any order.
    pub ballots: Vec<Ballot>,
    /// Listed ratees; a ratee that occurs only in ballots is taken from there.
    pub ratees: BTreeMap<String, Ratee>,
    /// Margins of the lists.
    pub margins: Margins,
    /// What a comparison of courts needs.
    pub comparability: Comparability,
}

impl Bundle {
    /// Ballots in canonical order.
    pub fn sorted(&self) -> Vec<&Ballot> {
        let mut ballots: Vec<&Ballot> = self.ballots.iter().collect();
        ballots.sort();
        ballots
    }

    /// Court of every ratee: the listed one, else the one most of their ballots name (first code on a tie).
    pub fn courts(&self) -> BTreeMap<String, String> {
        let mut seen: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for ballot in &self.ballots {
            *seen.entry(&ballot.ratee).or_default().entry(&ballot.court).or_default() += 1;
        }
        let mut courts: BTreeMap<String, String> = seen
            .iter()
            .map(|(&ratee, votes)| {
                let most = votes.iter().max_by_key(|(code, count)| (**count, std::cmp::Reverse(**code)));
                (ratee.to_owned(), most.map_or_else(String::new, |(code, _)| (*code).to_owned()))
            })
            .collect();
        for (ratee, facts) in &self.ratees {
            if !facts.court.is_empty() {
                courts.insert(ratee.clone(), facts.court.clone());
            } else {
                courts.entry(ratee.clone()).or_default();
            }
        }
        courts
    }

    /// Number of distinct raters (R1: a rater counts once).
    pub fn raters(&self) -> usize {
        self.ballots.iter().map(|b| b.nym.as_str()).collect::<BTreeSet<_>>().len()
    }
}
