//! What raters and ratees of a box tie together, counted from valid ballots (R18).
//! Invariant: depends on who rated whom alone. Absent on purpose: courts in pairs, which `score::compare` holds against each
//! other with their errors.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{Ballot, Bundle};
use crate::design::{Components, Factor};

/// Ties of one box.
pub(super) struct Ground<'a> {
    /// Ratees of the component that holds most ballots.
    main: BTreeSet<&'a str>,
    homes: BTreeMap<&'a str, Home<'a>>,
}

/// What the raters of one home court tie.
#[derive(Default)]
struct Home<'a> {
    ballots: usize,
    /// Ballots in the main component.
    inside: usize,
    /// Raters whose ratees were rated from other home courts too.
    bridges: BTreeSet<&'a str>,
}

impl<'a> Ground<'a> {
    pub fn new(bundle: &'a Bundle) -> Self {
        let ballots = &bundle.ballots;
        let factor =
            |name: &str, of: fn(&Ballot) -> &str| Factor::new(name, &ballots.iter().map(of).collect::<Vec<&str>>());
        let (rater, ratee) = (factor("rater", |b| &b.nym), factor("ratee", |b| &b.ratee));
        let parts = Components::of(&rater, &ratee);
        let mut main = BTreeSet::new();
        let mut rated_from: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (ballot, &code) in ballots.iter().zip(ratee.codes()) {
            if Some(parts.right()[code as usize]) == parts.main() {
                main.insert(ballot.ratee.as_str());
            }
            rated_from.entry(&ballot.ratee).or_default().insert(&ballot.home);
        }
        let mut homes: BTreeMap<&str, Home<'_>> = BTreeMap::new();
        for ballot in ballots {
            let home = homes.entry(&ballot.home).or_default();
            home.ballots += 1;
            home.inside += usize::from(main.contains(ballot.ratee.as_str()));
            if rated_from[ballot.ratee.as_str()].len() > 1 {
                home.bridges.insert(&ballot.nym);
            }
        }
        Self { main, homes }
    }

    /// Whether most of these ballots lie outside the main component.
    pub fn is_apart<'b>(&self, ballots: impl Iterator<Item = &'b Ballot>) -> bool {
        let (mut inside, mut all) = (0_usize, 0_usize);
        for ballot in ballots {
            all += 1;
            inside += usize::from(self.main.contains(ballot.ratee.as_str()));
        }
        2 * inside < all
    }

    /// The same of all ballots of a home court's raters.
    pub fn is_home_apart(&self, code: &str) -> bool {
        self.homes.get(code).is_some_and(|home| 2 * home.inside < home.ballots)
    }

    /// Raters of a home court whose ratees were rated from other home courts too.
    pub fn bridges(&self, code: &str) -> usize {
        self.homes.get(code).map_or(0, |home| home.bridges.len())
    }
}
