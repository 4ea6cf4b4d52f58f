//! The scenarios of the study: what each changes in the base city, and how one replicate of it is run.
//! Invariant: a replicate depends on seed, scenario and index alone. Absent on purpose: bars; see `bars`.

use hengping_analytics::bundle::Direction;
use hengping_analytics::mixed::Refused;

use crate::audits;
use crate::measure::{Measures, measure, normal_score_tau};
use crate::settings::Settings;
use crate::world::World;

/// Spread of severity between home courts in the court scenarios, latent points.
const HOME: f64 = 0.3;
/// Spread of true quality between courts where they differ, latent points.
const COURT: f64 = 0.15;
/// Share of ballots outside the home court where bridges are scarce.
const SCARCE: f64 = 0.005;

/// A scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    /// Nothing wrong: about 114 ballots per judge.
    Base,
    /// As many invitations for six times the judges: about 19 ballots per judge.
    Thin,
    /// A sixth of the invitations: about 19 ballots per judge, and one per lawyer.
    ThinRaters,
    /// Home courts differ in severity; 10 % of ballots cross courts.
    Courts,
    /// The same with 0.5 % crossing.
    CourtsScarce,
    /// The courts' judges also truly differ; 10 % crossing.
    CourtsDiffer,
    /// The courts' judges also truly differ; 0.5 % crossing.
    CourtsDifferScarce,
    /// The same with eleven courts, as in the city this is made for.
    CourtsEleven,
    /// Control: as [`Scenario::Courts`] with the home courts hidden from the model.
    CourtsHidden,
    /// As [`Scenario::CourtsDiffer`] with 5 % of the raters' home courts written down wrongly.
    Mislabelled5,
    /// The same with 20 %.
    Mislabelled20,
    /// A tenth of the lawyers answer a lost case with anger.
    Retaliation,
    /// A quarter of one court's lawyers lift one judge and sink another.
    Ring,
    /// The dissatisfied answer more often.
    NotAtRandom,
    /// Mean level about 4.5.
    Ceiling,
    /// Judges rate lawyers, and better lawyers win more.
    Bench,
}

impl Scenario {
    /// All scenarios in the order of the report.
    pub const ALL: [Self; 16] = [
        Self::Base,
        Self::Thin,
        Self::ThinRaters,
        Self::Courts,
        Self::CourtsScarce,
        Self::CourtsDiffer,
        Self::CourtsDifferScarce,
        Self::CourtsEleven,
        Self::CourtsHidden,
        Self::Mislabelled5,
        Self::Mislabelled20,
        Self::Retaliation,
        Self::Ring,
        Self::NotAtRandom,
        Self::Ceiling,
        Self::Bench,
    ];

    /// Name on the command line and in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Thin => "thin",
            Self::ThinRaters => "thin-raters",
            Self::Courts => "courts",
            Self::CourtsScarce => "courts-scarce",
            Self::CourtsDiffer => "courts-differ",
            Self::CourtsDifferScarce => "courts-differ-scarce",
            Self::CourtsEleven => "courts-eleven",
            Self::CourtsHidden => "courts-hidden",
            Self::Mislabelled5 => "mislabelled-5",
            Self::Mislabelled20 => "mislabelled-20",
            Self::Retaliation => "retaliation",
            Self::Ring => "ring",
            Self::NotAtRandom => "not-at-random",
            Self::Ceiling => "ceiling",
            Self::Bench => "bench-rates-bar",
        }
    }

    /// The scenario called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    /// How many replicates it gets for one of another scenario: more where one says little. Six courts that some 34
    /// ballots join differ so much from city to city that 200 of them leave an error of .010 on a ratio of .40.
    pub fn times(self) -> u64 {
        if self == Self::CourtsScarce { 6 } else { 1 }
    }

    /// What its city is made of.
    pub fn settings(self) -> Settings {
        let base = Settings::default();
        let courts = Settings { home: HOME, ..base.clone() };
        let differ = Settings { court: COURT, ..courts.clone() };
        match self {
            Self::Base => base,
            Self::Thin => Settings { judges: 360, ..base },
            Self::ThinRaters => Settings { invited: 3_000, ..base },
            Self::Courts => courts,
            Self::CourtsScarce => Settings { away: SCARCE, ..courts },
            Self::CourtsDiffer => differ,
            Self::CourtsDifferScarce => Settings { away: SCARCE, ..differ },
            Self::CourtsEleven => Settings { away: SCARCE, courts: 11, ..differ },
            Self::CourtsHidden => Settings { hidden: true, ..courts },
            Self::Mislabelled5 => Settings { mislabelled: 0.05, ..differ },
            Self::Mislabelled20 => Settings { mislabelled: 0.2, ..differ },
            Self::Retaliation => Settings { retaliators: 0.1, ..base },
            Self::Ring => Settings { ring: true, ..base },
            Self::NotAtRandom => Settings { telling: -0.55, ..base },
            Self::Ceiling => Settings { level: 5.0, ..base },
            Self::Bench => Settings {
                direction: Direction::BenchRatesBar,
                quality: 0.45,
                severity: 0.42,
                home: 0.2,
                skill: 1.5,
                ..base
            },
        }
    }

    /// The world of replicate `index`.
    pub fn world(self, seed: u64, index: u64) -> World {
        World::new(&self.settings(), seed, index)
    }

    /// Runs replicate `index`.
    ///
    /// # Errors
    /// [`Refused`] when a world cannot be scored.
    pub fn replicate(self, seed: u64, index: u64) -> Result<Measures, Refused> {
        let world = self.world(seed, index);
        let mut measures = measure(&world)?;
        if matches!(self, Self::Base | Self::Retaliation | Self::Ring) {
            audits::measure(&world, &mut measures)?;
        }
        // Some bars are about what would be without the trouble: the same draws, the trouble taken out.
        match self {
            Self::NotAtRandom => {
                let calm = World::new(&Settings { telling: 0.0, ..self.settings() }, seed, index);
                measures.insert("tau_calm".into(), measure(&calm)?["tau_adjusted"]);
            }
            Self::Bench => {
                let calm = measure(&World::new(&Settings { skill: 0.0, ..self.settings() }, seed, index))?;
                measures.insert("beta_calm".into(), calm.get("beta").copied().unwrap_or(f64::NAN));
            }
            Self::Ceiling => {
                measures.insert("tau_normal_scores".into(), normal_score_tau(&world)?);
            }
            _ => {}
        }
        Ok(measures)
    }
}
