//! What a test that attacks has found: a line with a limit, and with a control that the naive build would fail.
//!
//! Tests of all packages make lines, [`Proof::hold`] judges each where it is made, and `make attack` collects them in one
//! table. Deliberately absent: the attacks themselves; each stands beside what it attacks. Only the linkage of tokens with
//! ballots, which needs a simulated city and no program, is here.

pub mod linkage;
pub mod table;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where lines are written, if anywhere: `make attack` names a directory in this variable.
pub const DIRECTORY: &str = "HENGPING_ATTACK";

/// Every line of the table, in its order. A line that no test made is missing, and a missing line fails.
pub const PROOFS: &[&str] = &[
    "1 sqlite: ballots opened from the dump with all keys of one side",
    "1 postgres: ballots opened from the dump with all keys of one side",
    "1 sqlite: envelopes of the shuffled list opened with all keys of one side",
    "1 postgres: envelopes of the shuffled list opened with all keys of one side",
    "1 sqlite: rows in which a person stands beside a ballot",
    "1 postgres: rows in which a person stands beside a ballot",
    "2 sqlite: order of arrival in tables, log and files, |tau|",
    "2 postgres: order of arrival in tables, log and files, |tau|",
    "2 postgres: transactions beyond the one of a batch",
    "2 relay: order of arrival in spool and batch, |tau|",
    "3 lawyers: authors named first from dump and days of fetching",
    "3 judges: authors named first from dump and days of fetching",
    "3 lawyers: ratees read off envelopes by relay and one agent",
    "3 judges: ratees read off envelopes by relay and one agent",
    "3 lawyers: authors named first by relay and one agent, reported",
    "3 judges: authors named first by relay and one agent, reported",
    "4 rounds between browser and Rust that disagree",
    "4 changed tokens accepted by browser or Rust",
    "4 bench alone: stamps minted",
    "4 bar alone: stamps minted",
    "4 sqlite: stamps made by the platform or one side that got in",
    "4 postgres: stamps made by the platform or one side that got in",
    "4 bench: seen stamps accepted over another item or number",
    "4 bar: seen stamps accepted over another item or number",
    "5 second sets of tokens from 100 requests at once",
    "5 unsigned, foreign or misdirected requests answered",
    "6 drops and additions of a shuffle that the other side takes",
    "6 doubled or spoilt items that no hash is published of",
    "6 swaps that their rater does not see in the counted list",
    "7 changed bytes that the check of a record overlooks",
    "7 missing or doubled lines that the check of a record overlooks",
    "8 words of ballots found after an opening",
    "8 files that differ between two openings of one list",
    "9 casts of a browser with cookie, authorization or referrer",
    "9 sizes of casts beyond one per box",
    "10 acknowledged ballots missing, changed or counted twice after 20 kills",
    "releases: hidden means and answers known to within 2 points",
    "releases sqlite: answers that tell a hidden result from an absent one",
    "releases postgres: answers that tell a hidden result from an absent one",
    "releases sqlite: time about a hidden result against an absent one, in standard errors",
    "releases postgres: time about a hidden result against an absent one, in standard errors",
    "research: advantage in telling from counts whether one rater is in a box",
];

/// Every cost below the table, in its order.
pub const COSTS: &[&str] = &[
    "a token in Rust, both sides",
    "a token in node, both sides",
    "a token in the browser, both sides",
    "a seal in Rust",
    "a seal in node",
    "a seal in the browser",
    "visits of raters",
    "ballots through /box",
    "shuffling and opening 10,000 ballots",
    "shuffling and opening 100,000 ballots",
];

/// One attack: how often it was tried, what it found, how much may be found, and what the same search finds where the
/// protection is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// One of [`PROOFS`].
    pub name: String,
    /// Ballots, tokens, requests or bytes that were attacked.
    pub tries: u64,
    /// What the attack found, in the unit of the name: a count, a share or a correlation.
    pub found: f64,
    /// The most that may be found.
    pub limit: f64,
    /// What the control found.
    pub control: f64,
    /// The least that the control must find, lest the search be blind.
    pub control_at_least: f64,
}

impl Proof {
    /// Whether something was tried, no more was found than may be, and the control was seen.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.tries > 0 && self.found <= self.limit && self.control >= self.control_at_least
    }

    /// Writes the line where `make attack` collects, and fails the test unless it holds.
    ///
    /// # Panics
    /// When it does not hold, when its name is no line of the table, or when the line cannot be written.
    pub fn hold(&self) {
        note(PROOFS, &self.name, self);
        assert!(self.holds(), "{self:?}");
    }
}

/// What something costs on the machine that ran it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// One of [`COSTS`].
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what: `ms`, `s`, `per second`.
    pub unit: String,
    /// The most it should be, in the same unit, where there is such a bar.
    pub goal: Option<f64>,
}

impl Cost {
    /// Writes the line where `make attack` collects. A cost never fails a test: it is another on every machine.
    ///
    /// # Panics
    /// When its name is no line of the table or it cannot be written.
    pub fn note(&self) {
        note(COSTS, &self.name, self);
    }
}

/// The file of a line: its name with a dash for every run of other characters than letters and digits. The browser's tests
/// name theirs alike.
fn file(name: &str) -> PathBuf {
    let words: Vec<_> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    PathBuf::from(words.join("-") + ".json")
}

fn note<T: Serialize>(names: &[&str], name: &str, line: &T) {
    assert!(names.contains(&name), "no line of the table is called {name:?}");
    #[expect(clippy::disallowed_methods, reason = "tests have no configuration")]
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let path = Path::new(&directory).join(file(name));
    let text = serde_json::to_vec(line).expect("a line is JSON");
    std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
