//! Made-up ballots in the columns that `score` reads, for whoever develops against the schema.
//! Invariant: the table is a function of rubric and plan alone; the same seed gives the same bytes.
//! Absent on purpose: anything that was learnt from real ballots. Severity, merit and outcomes come from rounded constants.

use std::path::PathBuf;

use hengping_domain::docket::court::COURTS;
use hengping_domain::ids::Direction;
use hengping_domain::rubric::Rubric;
use hengping_domain::stratum::{CaseType, Outcome};

use crate::error::Stop;
use crate::ratings::{normal, pick, uniform};
use crate::table;

/// Standard deviations of merit, severity and rest, and what a won case adds, in scale points.
const RATEE_SD: f64 = 0.35;
const RATER_SD: f64 = 0.40;
const REST_SD: f64 = 0.70;
const WON: f64 = 0.25;
const MEAN: f64 = 3.8;

/// Of a hundred answers so many are 未观察到.
const NOT_OBSERVED: f64 = 0.08;

/// What to make.
#[derive(Debug, Clone, clap::Args)]
pub struct Synthetic {
    /// Rubric (.toml, .json); its direction and items are asked.
    #[arg(long)]
    pub rubric: PathBuf,
    /// Number of ballots.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub ballots: u64,
    /// Number of raters.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub raters: u32,
    /// Number of ratees.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    pub ratees: u32,
    /// Another seed, another table.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where the table goes (.csv).
    #[arg(long)]
    pub out: PathBuf,
}

/// Independent sequences, numbered behind those of `ratings`.
#[derive(Clone, Copy)]
enum Stream {
    Merit = 16,
    Severity,
    Rest,
    Rater,
    Ratee,
    Outcome,
    Type,
    Observed,
}

struct Dice(u64);

impl Dice {
    fn uniform(&self, stream: Stream, index: u64) -> f64 {
        uniform(self.0, stream as u64, index)
    }

    fn normal(&self, stream: Stream, index: u64) -> f64 {
        normal(self.0, stream as u64, index)
    }

    fn pick<T: Copy>(&self, stream: Stream, index: u64, from: &[T]) -> T {
        from[pick(self.uniform(stream, index), from.len() as u32) as usize]
    }
}

/// The table as CSV.
///
/// # Errors
/// [`Stop::Internal`] when a record cannot be written, or the rubric has no canonical form.
pub fn ballots(rubric: &Rubric, plan: &Synthetic) -> Result<Vec<u8>, Stop> {
    let internal = |error: &dyn std::fmt::Display| Stop::Internal(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(table::COLUMNS.iter().chain(["ballot"].iter())).map_err(|e| internal(&e))?;
    let dice = Dice(plan.seed);
    let hash = hengping_domain::document::digest(rubric).map_err(|e| internal(&e))?.to_string();
    let role = if rubric.direction == Direction::BarRatesBench { "lawyer" } else { "judge" };
    // Enforcement has no form, so no ballot is about it.
    let types = [CaseType::Civil, CaseType::Civil, CaseType::Civil, CaseType::Criminal, CaseType::Administrative];
    let court = |n: u32| COURTS[n as usize % COURTS.len()].code;
    for ballot in 0..plan.ballots {
        let rater = pick(dice.uniform(Stream::Rater, ballot), plan.raters);
        let ratee = pick(dice.uniform(Stream::Ratee, ballot), plan.ratees);
        let outcome = dice.pick(Stream::Outcome, ballot, Outcome::ALL);
        let case_type = dice.pick(Stream::Type, ballot, &types);
        let won = match outcome {
            Outcome::For => WON,
            Outcome::Against => -WON,
            Outcome::Mixed | Outcome::None => 0.0,
        };
        let about = MEAN
            + RATEE_SD * dice.normal(Stream::Merit, u64::from(ratee))
            + RATER_SD * dice.normal(Stream::Severity, u64::from(rater))
            + won;
        for (at, item) in (0_u64..).zip(&rubric.items) {
            if item.not_for.contains(&case_type) {
                continue;
            }
            let place = ballot * 64 + at;
            let level = about + REST_SD * dice.normal(Stream::Rest, place);
            let level = level.round().clamp(1.0, 5.0);
            let seen = dice.uniform(Stream::Observed, place) >= NOT_OBSERVED;
            writer
                .write_record([
                    format!("rater-{rater:05}").as_str(),
                    court(rater),
                    role,
                    format!("ratee-{ratee:04}").as_str(),
                    court(ratee),
                    case_type.as_str(),
                    outcome.as_str(),
                    &hash,
                    &item.id,
                    if seen { format!("{level:.0}") } else { String::new() }.as_str(),
                    ballot.to_string().as_str(),
                ])
                .map_err(|e| internal(&e))?;
        }
    }
    writer.into_inner().map_err(|e| internal(&e))
}
