//! What a simulated city is made of.
//! Invariant: the defaults are the base scenario; every other scenario names what it changes.
//! Absent on purpose: anything the model estimates; these are the planted numbers.

use hengping_analytics::bundle::Direction;

/// Numbers of a city. Standard deviations and shifts are points of the latent scale, on which the
/// cuts between the levels 1 to 5 lie one apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Who rates whom.
    pub direction: Direction,
    /// Judges of the city.
    pub judges: usize,
    /// Lawyers of the city.
    pub lawyers: usize,
    /// Courts; judges and lawyers are spread evenly over them.
    pub courts: usize,
    /// Invitations of the period, one per pair and case.
    pub invited: usize,
    /// Items of the rubric.
    pub items: usize,
    /// Latent level of an average ballot.
    pub level: f64,
    /// Spread of the ratees' own quality.
    pub quality: f64,
    /// Spread of true quality between the ratees' courts.
    pub court: f64,
    /// Spread of severity between raters of one home court.
    pub severity: f64,
    /// Spread of severity between home courts.
    pub home: f64,
    /// Spread of what one ballot says beyond everything planted.
    pub ballot: f64,
    /// Spread of one answer around its ballot.
    pub answer: f64,
    /// Spread of item difficulties.
    pub difficulty: f64,
    /// Spread of each cut around its even place.
    pub cut: f64,
    /// Effect of a case that ended for the lawyer's side; against it, the negative.
    pub outcome: f64,
    /// Effect of the three case types.
    pub kinds: [f64; 3],
    /// Share of cases before another court than the lawyer's own.
    pub away: f64,
    /// Spread between judges of the log odds that a case ends for rather than against the lawyer.
    pub tilt: f64,
    /// Log odds that a case ends for rather than against per standard deviation of the lawyer's value.
    pub skill: f64,
    /// Share of items answered 未观察到.
    pub missing: f64,
    /// Response rate after cases that ended for, against and neither.
    pub response: [f64; 3],
    /// Change of the log odds of a response per latent point of what would have been said.
    pub telling: f64,
    /// Share of raters who answer a lost case with anger.
    pub retaliators: f64,
    /// Latent points by which they do.
    pub anger: f64,
    /// Whether a quarter of the raters at home in the first court lift one of its ratees and sink another.
    pub ring: bool,
    /// Share of raters whose home court is written down wrongly.
    pub mislabelled: f64,
    /// Whether every rater's home court is hidden: the control of the court scenarios.
    pub hidden: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            direction: Direction::BarRatesBench,
            judges: 60,
            lawyers: 1200,
            courts: 6,
            invited: 18_000,
            items: 8,
            level: 3.4,
            quality: 0.35,
            court: 0.0,
            severity: 0.35,
            home: 0.0,
            ballot: 0.5,
            answer: 0.7,
            difficulty: 0.25,
            cut: 0.1,
            outcome: 0.325,
            kinds: [0.05, -0.1, 0.05],
            away: 0.1,
            tilt: 0.6,
            skill: 0.0,
            missing: 0.08,
            response: [0.34, 0.44, 0.36],
            telling: 0.0,
            retaliators: 0.0,
            anger: 2.5,
            ring: false,
            mislabelled: 0.0,
            hidden: false,
        }
    }
}
