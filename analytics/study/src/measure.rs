//! What one replicate says: the results against the planted truth.
//! Invariant: errors are measured after the mean error of all ratees is taken out, except in
//! `bias` and `coverage`, which are about the numbers as they are published.
//! Absent on purpose: any verdict; see `bars`.

use std::collections::BTreeMap;

use hengping_analytics::bundle::{Ballot, Direction};
use hengping_analytics::mixed::Refused;
use hengping_analytics::score::{Difference, Group, Scored, Scores, Tier};

use crate::agreement::{kendall, mean, pair_count, root_mean_square, slope};
use crate::naive::{counted, means};
use crate::world::World;
use crate::yardstick::{Sides, Yardstick, against_mean, court_pairs, normal_scores};

/// What the library says about differences that were asked for.
type Answers = Result<Vec<Option<Difference>>, Refused>;

/// Named figures of one replicate.
pub type Measures = BTreeMap<String, f64>;

/// Half width of a 95 % interval in standard errors.
const WIDE: f64 = 1.959_964;
/// Ratees among whom all pairs are formed; names say nothing about quality.
const PAIRED: usize = 60;
/// True difference, in standard errors, from which a pair ought to be told apart.
const FAR: f64 = 4.0;

/// Ratees of one world, in the order of their names.
struct Table<'a> {
    names: Vec<&'a str>,
    courts: Vec<&'a str>,
    truth: Vec<f64>,
    value: Vec<f64>,
    error: Vec<f64>,
    raw: Vec<f64>,
    raw_error: Vec<f64>,
    imbalance: Vec<f64>,
}

/// Measures `world`.
///
/// # Errors
/// [`Refused`] when its ballots cannot be scored.
pub fn measure(world: &World) -> Result<Measures, Refused> {
    let scored = Scored::new(&world.bundle)?;
    let scores = scored.scores();
    let rows = counted(&world.bundle);
    let plain = means(rows.iter().map(|(ballot, composite)| (*ballot, composite.raw)));
    let mut table = Table {
        names: vec![],
        courts: vec![],
        truth: vec![],
        value: vec![],
        error: vec![],
        raw: vec![],
        raw_error: vec![],
        imbalance: vec![],
    };
    for (name, person) in &scores.persons {
        let Some(plain) = plain.get(name) else { continue };
        table.names.push(name);
        table.courts.push(&person.court);
        table.truth.push(world.truth[name]);
        table.value.push(person.score.value);
        table.error.push(person.score.error);
        table.raw.push(plain.mean);
        table.raw_error.push(plain.error);
        table.imbalance.push(world.imbalance[name]);
    }
    let mut measures = Measures::new();
    table.accuracy(&mut measures);
    add(&mut measures, "ballots", rows.len() as f64);
    for (outcome, rate) in crate::world::OUTCOMES.iter().zip(world.response) {
        add(&mut measures, &format!("response_{outcome}"), rate);
    }
    parameters(scores, &mut measures);
    // A pair of lawyers is a pair among 700,000; the bars on pairs are about judges.
    if world.bundle.direction == Direction::BarRatesBench {
        table.pairs(&scored, &mut measures)?;
        table.courts(&scored, &mut measures)?;
        let planted = &world.settings;
        if planted.home > 0.0 && !planted.hidden {
            table.items(world, &scored, &mut measures)?;
            // The planted spreads on the scale of the form, which compresses the latent one; ratees show by how much.
            let scale = (scores.parameters.variances["ratee"]).sqrt() / planted.quality;
            let mut known = scores.clone();
            for (factor, spread) in [("home", planted.home), ("court", planted.court)] {
                known.parameters.variances.insert(factor.into(), (scale * spread).powi(2));
            }
            let ballots: Vec<&Ballot> = rows.iter().map(|row| row.0).collect();
            let values: Vec<f64> = rows.iter().map(|row| row.1.value).collect();
            table.known(&Yardstick::new(&world.bundle, &ballots, &values, Some(&known))?, &mut measures)?;
        }
    }
    if let Some((_, lifted, sunk)) = &world.ring {
        table.ring(lifted, sunk, &mut measures);
    }
    Ok(measures)
}

/// Rank agreement of the model on normal scores of the items in place of their levels.
///
/// # Errors
/// [`Refused`] when the ballots cannot be scored.
pub fn normal_score_tau(world: &World) -> Result<f64, Refused> {
    let rows = counted(&world.bundle);
    let ballots: Vec<&Ballot> = rows.iter().map(|row| row.0).collect();
    let yardstick = Yardstick::new(&world.bundle, &ballots, &normal_scores(&ballots), None)?;
    let truth: Vec<f64> = yardstick.ratees.iter().map(|name| world.truth[name]).collect();
    Ok(kendall(&truth, &yardstick.values()))
}

fn add(measures: &mut Measures, name: &str, value: f64) {
    measures.insert(name.to_owned(), value);
}

fn parameters(scores: &Scores, measures: &mut Measures) {
    for (factor, variance) in &scores.parameters.variances {
        add(measures, &format!("sd_{factor}"), variance.sqrt());
    }
    add(measures, "components", scores.parameters.components as f64);
    if let Some(outcome) = &scores.outcome {
        // Half of for minus against: the effect as planted.
        add(measures, "beta", outcome.effect.value / 2.0);
        add(measures, "beta_leaky", outcome.leaky / 2.0);
    }
}

/// How far the estimate of each difference is from its truth.
fn apart(groups: &[Sides], value: &[f64], truth: &[f64]) -> Vec<f64> {
    let side = |members: &[usize]| mean(&members.iter().map(|&j| value[j] - truth[j]).collect::<Vec<f64>>());
    groups.iter().map(|(one, other)| side(one) - side(other)).collect()
}

/// Share of 95 % intervals that hold the truth.
fn held(off: &[f64], errors: &[f64]) -> f64 {
    let inside = off.iter().zip(errors).filter(|(off, error)| off.abs() <= WIDE * **error).count();
    inside as f64 / off.len() as f64
}

impl Table<'_> {
    fn accuracy(&self, measures: &mut Measures) {
        let errors = |values: &[f64]| values.iter().zip(&self.truth).map(|(v, t)| v - t).collect::<Vec<f64>>();
        let both = [("adjusted", &self.value, &self.error), ("raw", &self.raw, &self.raw_error)];
        for (kind, values, errors_claimed) in both {
            let off = errors(values);
            let bias = mean(&off);
            let centred: Vec<f64> = off.iter().map(|e| e - bias).collect();
            add(measures, &format!("bias_{kind}"), bias);
            add(measures, &format!("rmse_{kind}"), root_mean_square(&centred));
            add(measures, &format!("coverage_{kind}"), held(&off, errors_claimed));
            add(measures, &format!("tau_{kind}"), kendall(&self.truth, values));
            add(measures, &format!("slope_{kind}"), slope(&self.imbalance, &off));
        }
        let centre = mean(&self.truth);
        add(measures, "sd_truth", root_mean_square(&self.truth.iter().map(|t| t - centre).collect::<Vec<f64>>()));
        add(measures, "claimed", mean(&self.error));
    }

    /// The library's own differences. Every ratee of the table was rated, so each of them has an answer.
    fn errors(&self, groups: &[Sides], ask: impl FnOnce(&[Group]) -> Answers) -> Result<Vec<f64>, Refused> {
        let side = |members: &[usize]| members.iter().map(|&j| (self.names[j], 1.0)).collect::<Vec<_>>();
        let asked: Vec<Group> =
            groups.iter().filter_map(|(one, other)| Group::means(&side(one), &side(other))).collect();
        Ok(ask(&asked)?.into_iter().map(|found| found.map_or(f64::NAN, |difference| difference.error)).collect())
    }

    /// Differences between two ratees, and between each and the mean of all.
    fn pairs(&self, scored: &Scored, measures: &mut Measures) -> Result<(), Refused> {
        let size = self.names.len();
        let pairs: Vec<(usize, usize)> = (0..size.min(PAIRED)).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
        let groups: Vec<Sides> = pairs.iter().map(|&(a, b)| (vec![a], vec![b])).collect();
        let errors = self.errors(&groups, |asked| scored.differences(asked))?;
        let adjusted = pair_count(&pairs, &self.truth, &self.value, |index| errors[index], WIDE, FAR);
        let own = |index: usize| {
            let (a, b) = pairs[index];
            self.raw_error[a].hypot(self.raw_error[b])
        };
        let raw = pair_count(&pairs, &self.truth, &self.raw, own, WIDE, FAR);
        for (kind, count) in [("adjusted", adjusted), ("raw", raw)] {
            add(measures, &format!("pairs_separated_{kind}"), count.separated);
            add(measures, &format!("pairs_wrong_{kind}"), count.wrong);
            add(measures, &format!("pairs_far_{kind}"), count.far);
            add(measures, &format!("pairs_found_{kind}"), count.found);
            add(measures, &format!("pairs_inside_{kind}"), count.inside);
        }
        add(measures, "pairs", pairs.len() as f64);
        let groups = against_mean(size);
        let errors = self.errors(&groups, |asked| scored.differences(asked))?;
        add(measures, "coverage_relative", held(&apart(&groups, &self.value, &self.truth), &errors));
        Ok(())
    }

    /// Differences between the means of two courts' ratees: of all pairs, and of those that R18 lets
    /// be compared, with the library's own weights.
    fn courts(&self, scored: &Scored, measures: &mut Measures) -> Result<(), Refused> {
        let groups = court_pairs(&self.courts);
        let errors = self.errors(&groups, |asked| scored.differences(asked))?;
        let off = apart(&groups, &self.value, &self.truth);
        add(measures, "coverage_courts", held(&off, &errors));
        add(measures, "rmse_courts_adjusted", root_mean_square(&off));
        add(measures, "rmse_courts_raw", root_mean_square(&apart(&groups, &self.raw, &self.truth)));
        add(measures, "claimed_courts", mean(&errors));
        let (mut compared, mut apart, mut wrong) = (0.0, 0.0, 0.0);
        let comparisons = scored.courts()?;
        for comparison in comparisons.iter().filter(|comparison| comparison.comparable()) {
            let level = |code: &str| {
                let members = (0..self.courts.len()).filter(|&j| self.courts[j] == code);
                mean(&members.map(|j| self.truth[j]).collect::<Vec<f64>>())
            };
            let truth = level(&comparison.one) - level(&comparison.other);
            let told = comparison.difference.told_apart();
            compared += 1.0;
            apart += f64::from(u8::from(told));
            wrong += f64::from(u8::from(told && truth * comparison.difference.value < 0.0));
        }
        let tiered = scored.scores().persons.values().filter(|person| person.tier != Tier::NotDistinguishable);
        add(measures, "tiered", tiered.count() as f64 / self.names.len() as f64);
        add(measures, "court_pairs", comparisons.len() as f64);
        add(measures, "court_pairs_compared", compared);
        add(measures, "court_pairs_separated", apart);
        add(measures, "court_pairs_wrong", wrong);
        Ok(())
    }

    /// The distance of each ratee to the mean, item by item.
    fn items(&self, world: &World, scored: &Scored, measures: &mut Measures) -> Result<(), Refused> {
        let groups = against_mean(self.names.len());
        let pairs = court_pairs(&self.courts);
        let (mut relative, mut courts) = (Vec::new(), Vec::new());
        for (k, item) in world.bundle.items.iter().enumerate() {
            let value: Vec<f64> = self
                .names
                .iter()
                .filter_map(|name| Some(scored.scores().persons.get(*name)?.items.get(&item.id)?.value))
                .collect();
            // Where somebody was never rated on an item there is nothing to compare.
            if value.len() < self.names.len() {
                continue;
            }
            let truth: Vec<f64> = self.names.iter().map(|name| world.item_truth[*name][k]).collect();
            for (groups, into) in [(&groups, &mut relative), (&pairs, &mut courts)] {
                let errors = self.errors(groups, |asked| scored.item_differences(&item.id, asked))?;
                into.push(held(&apart(groups, &value, &truth), &errors));
            }
        }
        add(measures, "coverage_items_relative", mean(&relative));
        add(measures, "coverage_items_courts", mean(&courts));
        Ok(())
    }

    /// The same city scored with the planted variances of home courts and courts: what is lost by
    /// having to estimate these two.
    fn known(&self, yardstick: &Yardstick, measures: &mut Measures) -> Result<(), Refused> {
        let value = yardstick.values();
        for (name, groups) in [("relative", against_mean(self.names.len())), ("courts", court_pairs(&self.courts))] {
            let off = apart(&groups, &value, &self.truth);
            add(measures, &format!("coverage_{name}_known"), held(&off, &yardstick.errors(&groups)?));
            add(measures, &format!("rmse_{name}_known"), root_mean_square(&off));
        }
        Ok(())
    }

    /// What a ring gains: how far the lifted and the sunk ratee are driven apart beyond the truth.
    fn ring(&self, lifted: &str, sunk: &str, measures: &mut Measures) {
        let at = |name: &str| self.names.iter().position(|n| *n == name);
        let (Some(up), Some(down)) = (at(lifted), at(sunk)) else { return };
        for (kind, values) in [("adjusted", &self.value), ("raw", &self.raw)] {
            let gap = values[up] - values[down] - self.truth[up] + self.truth[down];
            add(measures, &format!("gap_{kind}"), gap);
        }
    }
}
