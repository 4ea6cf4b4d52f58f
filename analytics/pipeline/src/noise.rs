//! R15: counts for researchers, with discrete Laplace noise that OpenDP draws. Method: `methods/noise.md`.
//!
//! What is kept true. The unit is one rater in one box: of each nym at most `ballots` ballots count, the same ones in every
//! table, so with or without that rater the counts of one table differ by at most `ballots` in all (L1). Tables and rows are
//! declared before a ballot is cast, and every row is drawn, those of nobody too. With noise of scale `ballots * T / epsilon`
//! each of T tables costs `epsilon / T`, all together `epsilon` (sequential composition). That a count below the minimum is
//! not told is decided on the noised count, and costs nothing.
//!
//! Drawn once: a draw is kept beside the draft and taken again by the next run on the same ballots; after a correction the
//! counts of the release that is corrected are copied. Bytes come from a generator that the operating system seeds; nobody can
//! name a seed. Absent on purpose: a sampler of our own, a seed, and the exact counts outside of this module.

use std::collections::BTreeMap;
use std::path::Path;

use hengping_domain::ballot::Ballot;
use hengping_domain::digest::Digest;
use hengping_domain::noised::{Drawn, Noised, NoisedRow, NoisedTable, PrivacyFile, Silence};
use hengping_domain::privacy::{By, CountTable, Privacy, thousandths};
use hengping_domain::rubric::Rubric;
use opendp::domains::{AtomDomain, VectorDomain};
use opendp::measurements::make_laplace;
use opendp::measures::MaxDivergence;
use opendp::metrics::L1Distance;
use opendp::traits::samplers::Shuffle as _;

use crate::error::Stop;

/// The file in which a draw is kept. It is renamed into place before `draft.json`, which holds the same.
pub const KEPT: &str = "counts.json";

/// What decides whether a box has counts; none of it is an answer.
pub struct Occasion<'a> {
    /// R15 of the charter, if it has it.
    pub privacy: Option<&'a Privacy>,
    /// What the platform says of the year's privacy; none where several boxes are opened together.
    pub file: Option<&'a PrivacyFile>,
    /// Form of the box.
    pub rubric: &'a Rubric,
    /// R14.
    pub both_closed: bool,
    /// R3: distinct raters below which nothing is told.
    pub least_raters: u32,
    /// R23: share of the invited below which nothing is told.
    pub least_response: f64,
    /// Invitations of the box.
    pub invited: u32,
    /// What a kept draw is bound to.
    pub manifest: Digest,
    /// Likewise: root over the counted list.
    pub counted_root: Digest,
}

/// What goes into the draft, and whether it was drawn and is to be kept.
pub struct Counts {
    /// For the draft.
    pub noised: Noised,
    /// `counts.json`, if this box has drawn.
    pub kept: Option<Drawn>,
}

impl Occasion<'_> {
    /// The counts of a box; none where the charter declares none, or where the release that is corrected had none.
    ///
    /// # Errors
    /// [`Stop::DocumentMalformed`] when a kept draw cannot be read; [`Stop::Internal`] when the noise cannot be drawn.
    pub fn counts(&self, ballots: &[&Ballot], out: &Path) -> Result<Option<Counts>, Stop> {
        let Some(privacy) = self.privacy else { return Ok(None) };
        let told = |noised| Some(Counts { noised, kept: None });
        if let Some(file) = self.file.filter(|file| file.again) {
            return Ok(file.earlier.clone().and_then(told));
        }
        if let Some(silence) = self.silence(privacy, ballots) {
            return Ok(told(Noised::silent(privacy, silence)));
        }
        let noised = match self.kept(privacy, out)? {
            Some(noised) => noised,
            None => draw(privacy, self.rubric, ballots)?,
        };
        let kept = Drawn { v: 1, manifest: self.manifest, counted_root: self.counted_root, noised: noised.clone() };
        Ok(Some(Counts { noised, kept: Some(kept) }))
    }

    fn silence(&self, privacy: &Privacy, ballots: &[&Ballot]) -> Option<Silence> {
        let Some(file) = self.file else { return Some(Silence::Together) };
        if !self.both_closed {
            return Some(Silence::CounterpartOpen);
        }
        let raters = by_nym(ballots).len();
        let response = if self.invited == 0 { 0.0 } else { ballots.len() as f64 / f64::from(self.invited) };
        if raters < self.least_raters as usize || response < self.least_response {
            return Some(Silence::TooFew);
        }
        if privacy.tables(self.rubric).is_empty() {
            return Some(Silence::NoTable);
        }
        thousandths(privacy.epsilon).is_none_or(|cost| cost > file.left).then_some(Silence::BudgetSpent)
    }

    /// What an earlier run on the same ballots drew.
    fn kept(&self, privacy: &Privacy, out: &Path) -> Result<Option<Noised>, Stop> {
        let bytes = match std::fs::read(out.join(KEPT)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|_| Stop::FileUnreadable(KEPT.to_owned()))?,
        };
        let kept: Drawn = serde_json::from_slice(&bytes).map_err(|error| Stop::DocumentMalformed {
            file: KEPT.to_owned(),
            reason: format!("line {}", error.line()),
        })?;
        let ours = (kept.v, kept.manifest, kept.counted_root) == (1, self.manifest, self.counted_root);
        Ok(Some(kept.noised).filter(|noised| ours && noised.silence.is_none() && noised.fits(privacy, self.rubric)))
    }
}

fn draw(privacy: &Privacy, rubric: &Rubric, ballots: &[&Ballot]) -> Result<Noised, Stop> {
    let declared = privacy.tables(rubric);
    let scale = privacy.scale(declared.len());
    let ballots = bounded(ballots, privacy.ballots)?;
    let table = |table: &&CountTable| {
        let levels = table.by.levels();
        let noised =
            noise(exact(&table.by, &ballots), scale, privacy.ballots, privacy.epsilon / declared.len() as f64)?;
        let told = |(level, count): (String, i64)| {
            let count = u64::try_from(count).ok().filter(|count| *count >= u64::from(privacy.minimum))?;
            Some(NoisedRow { level, count })
        };
        let rows = levels.into_iter().zip(noised).filter_map(told).collect();
        Ok(NoisedTable { id: table.id.clone(), by: table.by.clone(), direction: rubric.direction, rows })
    };
    let tables = declared.iter().map(table).collect::<Result<_, Stop>>()?;
    let Privacy { epsilon, ballots, minimum, .. } = *privacy;
    Ok(Noised { v: 1, silence: None, epsilon, scale, ballots, minimum, tables })
}

fn by_nym<'a>(ballots: &[&'a Ballot]) -> BTreeMap<[u8; 32], Vec<&'a Ballot>> {
    let mut raters: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for ballot in ballots {
        raters.entry(ballot.nym.nonce.0).or_default().push(*ballot);
    }
    raters
}

/// Of each nym as many ballots as may count, chosen at random and without a look at them.
fn bounded<'a>(ballots: &[&'a Ballot], most: u32) -> Result<Vec<&'a Ballot>, Stop> {
    let mut kept = Vec::with_capacity(ballots.len());
    for (_, mut of_one) in by_nym(ballots) {
        if of_one.len() > most as usize {
            of_one.shuffle().map_err(internal)?;
        }
        kept.extend(of_one.into_iter().take(most as usize));
    }
    Ok(kept)
}

/// The count of every row, those of nobody too. It leaves this module with noise only.
fn exact(by: &By, ballots: &[&Ballot]) -> Vec<i64> {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for level in ballots.iter().filter_map(|ballot| by.level_of(ballot)) {
        *counts.entry(level).or_default() += 1;
    }
    by.levels().iter().map(|level| counts.get(level).copied().unwrap_or(0)).collect()
}

/// Adds discrete Laplace noise, once OpenDP has agreed that this costs no more than it may.
fn noise(exact: Vec<i64>, scale: f64, sensitivity: u32, epsilon: f64) -> Result<Vec<i64>, Stop> {
    let space = (VectorDomain::new(AtomDomain::<i64>::default()), L1Distance::<i64>::default());
    let mechanism = make_laplace::<_, _, MaxDivergence>(space.0, space.1, scale, None).map_err(internal)?;
    let cost = mechanism.map(&i64::from(sensitivity)).map_err(internal)?;
    // Its arithmetic rounds up; a third is no number of the machine's.
    if cost > epsilon * (1.0 + 1e-12) {
        return Err(Stop::Internal(format!("a table would cost {cost}, and may cost {epsilon}")));
    }
    mechanism.invoke(&exact).map_err(internal)
}

fn internal(error: impl std::fmt::Display) -> Stop {
    Stop::Internal(error.to_string())
}

#[cfg(test)]
mod tests;
