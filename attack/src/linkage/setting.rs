//! What a simulated period is made of.
//!
//! Deliberately absent: anything an observer estimates.

/// Who rates whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Lawyers rate judges.
    BarRatesBench,
    /// Judges rate lawyers.
    BenchRatesBar,
}

/// Numbers of a period. Shares are 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Who rates whom.
    pub direction: Direction,
    /// Judges of the city.
    pub judges: u32,
    /// Lawyers of the city.
    pub lawyers: u32,
    /// Cases that are concluded in the period, cases of a series among them.
    pub cases: u32,
    /// Days on which the box is open; cases fall due evenly over them.
    pub days: u32,
    /// A list of new invitations comes every so many days; 0: all come on day 0.
    pub list_days: u32,
    /// Share of invitations that are answered.
    pub response: f64,
    /// Share of casts in the visit that fetched the token; the others come in a later visit.
    pub same_visit: f64,
    /// Share of raters who never sign in.
    pub absent: f64,
    /// Visits a month of a median rater who does.
    pub visits: f64,
    /// Share of casts that are replaced in a later visit.
    pub replaced: f64,
    /// Share of visits from the address of the rater's firm or court; the others come from addresses that say nothing.
    pub office: f64,
    /// The relay looks every so many days whether there is enough to hand over.
    pub batch_days: u32,
    /// Fewest stamps of a batch; at the close all that wait go.
    pub least: u32,
    /// Seed; everything follows from it.
    pub seed: u64,
}

impl Setting {
    /// The docket against which the ballot was designed: 60 judges, 900 lawyers, 1,500 cases, 45 % response, 70 % of casts in
    /// the visit that fetched, daily batches of at least so many stamps as the relay waits for. How often raters come, how many never do, who replaces and from
    /// which addresses are assumptions; nobody has measured them.
    #[must_use]
    pub const fn plan(direction: Direction) -> Self {
        Self {
            direction,
            judges: 60,
            lawyers: 900,
            cases: 1_500,
            days: 365,
            list_days: 7,
            response: 0.45,
            same_visit: 0.7,
            absent: 0.25,
            visits: 3.0,
            replaced: 0.02,
            office: match direction {
                Direction::BarRatesBench => 0.5,
                // The courts' desks are behind one address a court.
                Direction::BenchRatesBar => 1.0,
            },
            batch_days: 1,
            least: match direction {
                Direction::BarRatesBench => 20,
                // Sixty judges hide each other less than nine hundred lawyers.
                Direction::BenchRatesBar => 60,
            },
            seed: 1,
        }
    }

    /// Most invitations of a rater in 30 days, as the charter caps them.
    pub(super) const fn cap(&self) -> usize {
        match self.direction {
            Direction::BarRatesBench => 4,
            Direction::BenchRatesBar => 5,
        }
    }
}

/// How tokens are made, which decides what an observer has to go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Build {
    /// The stamp names ratee and stratum outside the envelope; in the design it names period and direction only.
    pub bound: bool,
    /// A token is fetched at the moment of casting; in the design all are fetched at sign-in.
    pub on_demand: bool,
}

impl Build {
    /// As designed.
    pub const DESIGN: Self = Self { bound: false, on_demand: false };
    /// The naive build, the control.
    pub const NAIVE: Self = Self { bound: true, on_demand: true };
    /// Half of it.
    pub const BOUND_AHEAD: Self = Self { bound: true, on_demand: false };
    /// The other half.
    pub const ON_DEMAND: Self = Self { bound: false, on_demand: true };
}
