//! The truth that is planted: how good judges and lawyers are, how severe raters and their home courts, what winning does to a rating.
//!
//! Answers and willingness to answer follow from it by chance with a seed, and what an ideal analysis would find is computed
//! exactly from it, so that planted and recovered can stand side by side.
//! Deliberately absent: anything of the kind outside the demonstration; a real city has no such file.

mod expect;

use std::collections::BTreeMap;

use hengping_domain::ballot::Answers;
use hengping_domain::docket::court::COURTS;
use hengping_domain::ids::Direction;
use hengping_domain::rubric::Rubric;
use hengping_domain::stratum::{CaseType, Outcome, Stratum};
use serde::{Deserialize, Serialize};

use super::dice::Dice;
use super::docket::People;

pub use expect::{Expected, normal_cdf};

/// Sizes of everything that is planted, in points of the 1 to 5 scale before rounding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthPlan {
    /// Mean of an ordinary ratee in an ordinary case.
    pub level: f64,
    /// Standard deviation of judges' own quality.
    pub judge_quality: f64,
    /// Standard deviation of lawyers' own quality.
    pub lawyer_quality: f64,
    /// Standard deviation of the quality all judges of a court share.
    pub court_quality: f64,
    /// Share of a lawyer's quality that is the skill that also wins cases, as a correlation.
    pub skill_share: f64,
    /// What winning adds to the rating the winner's lawyer gives; losing takes as much away.
    pub outcome: f64,
    /// The same for the rating a judge gives the lawyer who won.
    pub outcome_bench: f64,
    /// How much lower lawyers who lost rate the reasons of a judgment against the other items: a bias of that item.
    pub reasons_bias: f64,
    /// Standard deviation of raters' severity.
    pub rater_severity: f64,
    /// Standard deviation of the severity that the raters of one home court share.
    pub home_severity: f64,
    /// Standard deviation of an occasion: one rater, one ratee, one case.
    pub occasion: f64,
    /// Standard deviation of an answer to one item on one occasion.
    pub answer: f64,
    /// Probability of 未观察到 for an item that applies.
    pub not_observed: f64,
    /// Probability of answering an ordinary invitation.
    pub response: f64,
    /// The court whose people hardly answer, and with what probability.
    pub silent: (String, f64),
}

/// The item that lawyers who lost rate lower than the rest of their ballot.
const BIASED: &str = "reasons";

impl Default for TruthPlan {
    fn default() -> Self {
        Self {
            level: 3.75,
            judge_quality: 0.35,
            lawyer_quality: 0.35,
            court_quality: 0.10,
            skill_share: 0.6,
            outcome: 0.15,
            outcome_bench: 0.10,
            reasons_bias: 0.60,
            rater_severity: 0.35,
            home_severity: 0.25,
            occasion: 0.40,
            answer: 0.60,
            not_observed: 0.06,
            response: 0.45,
            silent: ("鲁0283".to_owned(), 0.15),
        }
    }
}

/// Somebody as planted, under the staff or licence number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonTruth {
    /// Own quality, 0 on average.
    pub quality: f64,
    /// What the person adds to every rating given; negative is severe.
    pub severity: f64,
    /// Code of the home court.
    pub home: String,
}

/// A court as planted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CourtTruth {
    /// Quality its judges share.
    pub quality: f64,
    /// What lawyers at home there add to every rating; negative is severe.
    pub bar_severity: f64,
    /// What its judges add to every rating.
    pub bench_severity: f64,
}

/// Everything planted. The JSON of it is `truth.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    seed: u64,
    plan: TruthPlan,
    judges: BTreeMap<String, PersonTruth>,
    lawyers: BTreeMap<String, PersonTruth>,
    courts: BTreeMap<String, CourtTruth>,
    items: BTreeMap<Direction, BTreeMap<String, f64>>,
}

/// One invitation, as far as chance needs to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask<'a> {
    /// Who rates whom.
    pub direction: Direction,
    /// Number of the rater: 执业证号 or 工号.
    pub rater: &'a str,
    /// Number of the ratee.
    pub ratee: &'a str,
    /// Code of the court of the case.
    pub court: &'a str,
    /// Type and outcome for the lawyer's side.
    pub stratum: Stratum,
    /// 案号: two cases of one pair are two occasions.
    pub case: &'a str,
}

impl Truth {
    /// Plants a truth in a city, with the items of both rubrics.
    #[must_use]
    pub fn plant(seed: u64, plan: TruthPlan, people: &People, rubrics: [&Rubric; 2]) -> Self {
        let mut dice = Dice::new(seed, "truth");
        let quality: Vec<f64> = COURTS.iter().map(|_| plan.court_quality * dice.normal()).collect();
        let [bar, bench] = [(); 2].map(|()| levelled(&mut dice, COURTS.len(), plan.home_severity));
        let court = |index: usize| CourtTruth {
            quality: quality[index],
            bar_severity: bar[index],
            bench_severity: bench[index],
        };
        let courts = COURTS.iter().enumerate().map(|(index, one)| (one.code.to_owned(), court(index))).collect();
        let judge = |judge: &super::docket::Judge, dice: &mut Dice| PersonTruth {
            quality: plan.judge_quality * dice.normal(),
            severity: plan.rater_severity * dice.normal(),
            home: COURTS[judge.court].code.to_owned(),
        };
        let judges = people.judges.iter().map(|one| (one.number.clone(), judge(one, &mut dice))).collect();
        let rest = (1.0 - plan.skill_share.powi(2)).max(0.0).sqrt();
        let lawyers = people.lawyers.iter().map(|lawyer| {
            let quality = plan.lawyer_quality * (plan.skill_share * lawyer.skill + rest * dice.normal());
            let severity = plan.rater_severity * dice.normal();
            (lawyer.licence.clone(), PersonTruth { quality, severity, home: COURTS[lawyer.home].code.to_owned() })
        });
        let lawyers = lawyers.collect();
        let items = rubrics.into_iter().map(|rubric| (rubric.direction, offsets(rubric, &mut dice))).collect();
        Self { seed, plan, judges, lawyers, courts, items }
    }

    /// The sizes.
    #[must_use]
    pub const fn plan(&self) -> &TruthPlan {
        &self.plan
    }

    /// People who rate in a direction, by number.
    #[must_use]
    pub const fn raters(&self, direction: Direction) -> &BTreeMap<String, PersonTruth> {
        match direction {
            Direction::BarRatesBench => &self.lawyers,
            Direction::BenchRatesBar => &self.judges,
        }
    }

    /// People who are rated in a direction, by number.
    #[must_use]
    pub const fn ratees(&self, direction: Direction) -> &BTreeMap<String, PersonTruth> {
        match direction {
            Direction::BarRatesBench => &self.judges,
            Direction::BenchRatesBar => &self.lawyers,
        }
    }

    /// Courts, by code.
    #[must_use]
    pub const fn courts(&self) -> &BTreeMap<String, CourtTruth> {
        &self.courts
    }

    /// Probability that an invitation is answered: people of the silent court hardly do, those who lost do a little more often.
    #[must_use]
    pub fn response(&self, ask: &Ask<'_>) -> f64 {
        let (silent, seldom) = &self.plan.silent;
        if ask.court == silent {
            return *seldom;
        }
        let factor = match ask.stratum.outcome {
            Outcome::For => 0.98,
            Outcome::Against => 1.10,
            Outcome::Mixed => 0.97,
            Outcome::None => 0.95,
        };
        (self.plan.response * factor).min(1.0)
    }

    /// Whether an invitation is answered; the same question always has the same answer.
    #[must_use]
    pub fn will_respond(&self, ask: &Ask<'_>) -> bool {
        self.dice(ask, "response").chance(self.response(ask))
    }

    /// The answers to the items that apply, by item: 1 to 5, or `None` for 未观察到; at least one item has a level.
    ///
    /// Somebody who was not planted is an ordinary person: quality and severity 0.
    #[must_use]
    pub fn answers<'i>(&self, ask: &Ask<'_>, items: impl IntoIterator<Item = &'i str>) -> Answers {
        let mut dice = self.dice(ask, "answers");
        let centre = self.centre(ask.direction, ask.ratee, ask.stratum)
            + self
                .raters(ask.direction)
                .get(ask.rater)
                .map_or(0.0, |rater| rater.severity + self.home_severity(ask.direction, &rater.home))
            + self.plan.occasion * dice.normal();
        let mut answers = Answers::new();
        for item in items {
            let level = centre + self.item(ask.direction, item, ask.stratum) + self.plan.answer * dice.normal();
            let level = level.round().clamp(1.0, 5.0) as u8;
            let seen = !dice.chance(self.plan.not_observed);
            answers.insert(item.to_owned(), seen.then_some(level));
        }
        if answers.values().all(Option::is_none)
            && let Some(first) = answers.values_mut().next()
        {
            *first = Some(centre.round().clamp(1.0, 5.0) as u8);
        }
        answers
    }

    /// Place of a ratee in a stratum before rounding, for a rater who is neither severe nor lenient.
    fn centre(&self, direction: Direction, ratee: &str, stratum: Stratum) -> f64 {
        let person = self.ratees(direction).get(ratee);
        let own = person.map_or(0.0, |person| person.quality);
        let shared = match direction {
            Direction::BarRatesBench => {
                person.and_then(|p| self.courts.get(&p.home)).map_or(0.0, |court| court.quality)
            }
            Direction::BenchRatesBar => 0.0,
        };
        self.plan.level + own + shared + self.circumstances(direction, stratum)
    }

    fn circumstances(&self, direction: Direction, stratum: Stratum) -> f64 {
        let size = match direction {
            Direction::BarRatesBench => self.plan.outcome,
            Direction::BenchRatesBar => self.plan.outcome_bench,
        };
        let outcome = match stratum.outcome {
            Outcome::For => size,
            Outcome::Against => -size,
            Outcome::Mixed | Outcome::None => 0.0,
        };
        let case_type = match stratum.case_type {
            CaseType::Civil | CaseType::Enforcement => 0.0,
            CaseType::Criminal => 0.05,
            CaseType::Administrative => -0.05,
        };
        outcome + case_type
    }

    fn home_severity(&self, direction: Direction, home: &str) -> f64 {
        self.courts.get(home).map_or(0.0, |court| match direction {
            Direction::BarRatesBench => court.bar_severity,
            Direction::BenchRatesBar => court.bench_severity,
        })
    }

    /// How much easier an item is than the average; what one item loses in a stratum the others gain, so that ballots stay.
    fn item(&self, direction: Direction, item: &str, stratum: Stratum) -> f64 {
        let Some(items) = self.items.get(&direction) else { return 0.0 };
        let biased = direction == Direction::BarRatesBench && stratum.outcome == Outcome::Against;
        let bias = match item {
            _ if !biased || items.len() < 2 => 0.0,
            BIASED => -self.plan.reasons_bias,
            _ => self.plan.reasons_bias / (items.len() - 1) as f64,
        };
        items.get(item).copied().unwrap_or(0.0) + bias
    }

    fn dice(&self, ask: &Ask<'_>, what: &str) -> Dice {
        Dice::new(self.seed, &format!("{what}|{}|{}|{}|{}", ask.direction, ask.rater, ask.ratee, ask.case))
    }
}

/// How much easier than the average each item is; they add up to 0.
fn offsets(rubric: &Rubric, dice: &mut Dice) -> BTreeMap<String, f64> {
    rubric.items.iter().map(|item| item.id.clone()).zip(levelled(dice, rubric.items.len(), 0.2)).collect()
}

/// `n` throws of standard deviation `sd` that add up to 0. A handful of throws would otherwise have a mean of their own, which
/// no analysis can tell from the general level.
fn levelled(dice: &mut Dice, n: usize, sd: f64) -> Vec<f64> {
    let throws: Vec<f64> = (0..n).map(|_| dice.normal()).collect();
    let mean = throws.iter().sum::<f64>() / n.max(1) as f64;
    // Taking the mean away costs one part in n of the variance.
    let scale = if n > 1 { sd * (n as f64 / (n as f64 - 1.0)).sqrt() } else { 0.0 };
    throws.into_iter().map(|throw| scale * (throw - mean)).collect()
}

#[cfg(test)]
mod tests;
