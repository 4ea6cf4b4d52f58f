//! Links between versions of a rubric, through questions whose wording did not change.
//! Invariant: two versions are comparable only through enough stable common questions; raters and
//! ratees never link, however many the versions share. Method: `methods/linking.md`.
//! Absent on purpose: estimating a version's effect inside one box, which the headline does when a
//! box serves two versions.

mod anchors;
mod sums;

pub use anchors::{Anchor, Kind};
pub use sums::ItemSums;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::bundle::Item;
use crate::design::Forest;
use crate::gate::{ItemReport, Released};
use sums::solve;

/// Anchors that carry a link, or the share of both versions' weight that does.
const LEAST_ANCHORS: usize = 4;
const LEAST_WEIGHT: f64 = 0.4;
/// One anchor has no spread to take an error from.
const LEAST_FOR_ERROR: usize = 2;

/// One version of a rubric with what its box left behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Name or hash of the rubric.
    pub rubric: String,
    /// Hash of the exact wording of each item, in the order of `sums`; same id and same hash is the
    /// same question.
    pub wording: Vec<String>,
    /// Item sums of its ballots.
    pub sums: ItemSums,
}

impl Version {
    /// A version from a released item report, when its ballots are gone. `wording` holds the hash
    /// per item id. `None` when the report withholds the sums or an item has no hash.
    pub fn released(rubric: &str, report: &Released<ItemReport>, wording: &BTreeMap<String, String>) -> Option<Self> {
        Self::worded(rubric, ItemSums::released(report.get())?, wording)
    }

    /// The same from a report that is out already and was read again: its items, ballots, difficulties
    /// and links. `None` when they are not one per item, or an item has no hash.
    pub fn printed(
        rubric: &str,
        items: Vec<Item>,
        ballots: u32,
        (difficulty, together): (&[f64], &[Vec<f64>]),
        wording: &BTreeMap<String, String>,
    ) -> Option<Self> {
        Self::worded(rubric, ItemSums::printed(items, ballots, difficulty, together)?, wording)
    }

    fn worded(rubric: &str, sums: ItemSums, wording: &BTreeMap<String, String>) -> Option<Self> {
        let wording = sums.items.iter().map(|item| wording.get(&item.id).cloned()).collect::<Option<_>>()?;
        Some(Self { rubric: rubric.to_owned(), wording, sums })
    }
}

/// Why two versions cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// One of the two has no answers.
    NoBallots,
    /// No question kept its wording.
    NoAnchor,
    /// Fewer than four stable common questions, and less than 40 % of the weight.
    TooFewAnchors,
    /// Some questions of a version were never answered together with the others.
    NotConnected,
}

/// The link between a version and the next.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Link {
    /// Rubric of the earlier version.
    pub from: String,
    /// Rubric of the later version.
    pub to: String,
    /// What became of each question, by id.
    pub kinds: BTreeMap<String, Kind>,
    /// Every common question with its drift.
    pub anchors: Vec<Anchor>,
    /// Share of the weight that kept anchors carry, in the version where it is less.
    pub weight: f64,
    /// Error of the link, scale points: sd of the kept anchors' drifts over the root of their number.
    pub error: Option<f64>,
    /// What forbids comparison.
    pub obstacle: Option<Obstacle>,
}

/// A version on the common scale of its island.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Placed {
    /// Rubric.
    pub rubric: String,
    /// Versions of one island are comparable, versions of two are not.
    pub island: usize,
    /// Added to a composite of this version, gives it on the scale of the island's first version.
    pub shift: f64,
    /// Difficulty by item id on the island's scale, scale points.
    pub difficulty: BTreeMap<String, f64>,
}

/// Versions in their order in time, linked where they can be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Linked {
    /// One per version, in the order given.
    pub versions: Vec<Placed>,
    /// One per pair of neighbours.
    pub links: Vec<Link>,
}

impl Linked {
    /// Error of a comparison between version `one` and `other` (positions in time), scale points, to
    /// be added to that of the scores: root of the sum of the squared errors of the links between.
    ///
    /// # Errors
    /// The first [`Obstacle`] between the two.
    pub fn between(&self, one: usize, other: usize) -> Result<f64, Obstacle> {
        let mut squares = 0.0;
        for link in self.links.iter().take(one.max(other)).skip(one.min(other)) {
            match (link.obstacle, link.error) {
                (None, Some(error)) => squares += error * error,
                (obstacle, _) => return Err(obstacle.unwrap_or(Obstacle::TooFewAnchors)),
            }
        }
        Ok(squares.sqrt())
    }
}

/// Links `versions`, given in their order in time.
pub fn link(versions: &[Version]) -> Linked {
    let alone: Vec<sums::Solved> = versions.iter().map(|v| solve(&v.sums.matrix, &v.sums.side)).collect();
    let links: Vec<Link> = (1..versions.len())
        .map(|at| neighbours((&versions[at - 1], &alone[at - 1]), (&versions[at], &alone[at])))
        .collect();

    // One calibration of the union: kept anchors are one question, all else is a question of its own.
    let starts: Vec<usize> = versions
        .iter()
        .scan(0, |next, v| {
            let start = *next;
            *next += v.sums.items.len();
            Some(start)
        })
        .collect();
    let size = versions.iter().map(|v| v.sums.items.len()).sum();
    let mut same = Forest::new(size);
    for (at, link) in links.iter().enumerate().filter(|(_, link)| link.obstacle.is_none()) {
        for anchor in link.anchors.iter().filter(|anchor| anchor.kept) {
            let place = |v: usize| versions[v].sums.position(&anchor.id).map(|k| starts[v] + k);
            if let (Some(one), Some(other)) = (place(at), place(at + 1)) {
                same.join(one, other);
            }
        }
    }
    let node: Vec<usize> = (0..size).map(|k| same.root(k)).collect();
    let mut matrix = vec![vec![0.0; size]; size];
    let mut side = vec![0.0; size];
    for (version, start) in versions.iter().zip(&starts) {
        for (k, row) in version.sums.matrix.iter().enumerate() {
            side[node[start + k]] += version.sums.side[k];
            for (l, entry) in row.iter().enumerate() {
                matrix[node[start + k]][node[start + l]] += entry;
            }
        }
    }
    let joint = solve(&matrix, &side);

    let mut placed: Vec<Placed> = Vec::new();
    let mut zero = 0.0;
    for (at, version) in versions.iter().enumerate() {
        let own = |k: usize| joint.difficulty[node[starts[at] + k]];
        let mean = version.sums.weighted(own);
        let linked = at > 0 && links[at - 1].obstacle.is_none();
        let island = placed.last().map_or(0, |p| if linked { p.island } else { p.island + 1 });
        if !linked {
            zero = mean;
        }
        let difficulty = version.sums.items.iter().enumerate().map(|(k, item)| (item.id.clone(), own(k) - zero));
        placed.push(Placed {
            rubric: version.rubric.clone(),
            island,
            shift: zero - mean,
            difficulty: difficulty.collect(),
        });
    }
    Linked { versions: placed, links }
}

fn neighbours((old, before): (&Version, &sums::Solved), (new, after): (&Version, &sums::Solved)) -> Link {
    let anchors = anchors::anchors((old, before), (new, after));
    let kept: Vec<&Anchor> = anchors.iter().filter(|anchor| anchor.kept).collect();
    let share = |version: &Version| {
        kept.iter().filter_map(|a| version.sums.position(&a.id)).map(|k| version.sums.share(k)).sum::<f64>()
    };
    let weight = share(old).min(share(new));
    let mean = kept.iter().map(|a| a.drift).sum::<f64>() / kept.len() as f64;
    let squares: f64 = kept.iter().map(|a| (a.drift - mean).powi(2)).sum();
    let count = kept.len() as f64;
    let error = (kept.len() >= LEAST_FOR_ERROR).then(|| (squares / (count - 1.0) / count).sqrt());
    let obstacle = if [old, new].iter().any(|v| v.sums.is_empty()) {
        Some(Obstacle::NoBallots)
    } else if anchors.is_empty() {
        Some(Obstacle::NoAnchor)
    } else if error.is_none() || kept.len() < LEAST_ANCHORS && weight < LEAST_WEIGHT - 1e-9 {
        Some(Obstacle::TooFewAnchors)
    } else if !before.whole() || !after.whole() {
        Some(Obstacle::NotConnected)
    } else {
        None
    };
    Link {
        from: old.rubric.clone(),
        to: new.rubric.clone(),
        kinds: anchors::kinds(old, new),
        anchors,
        weight,
        error,
        obstacle,
    }
}
