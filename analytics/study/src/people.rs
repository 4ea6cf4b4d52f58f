//! The people of a simulated city: judges, lawyers, courts, items, and who means harm.
//! Invariant: drawn from two streams of their own, so that a scenario that adds trouble keeps the people.
//! Absent on purpose: cases and ballots.

use hengping_analytics::bundle::Direction;

use crate::draw::{Draw, Part};
use crate::settings::Settings;

/// Persons of one side.
#[derive(Debug, Clone)]
pub struct Side {
    /// Own quality (of ratees) or severity (of raters; positive is generous), latent points.
    pub value: Vec<f64>,
    /// The same in standard deviations of the side.
    pub standard: Vec<f64>,
    /// Court of each, true.
    pub court: Vec<usize>,
    /// How often each meets a case, any positive unit.
    pub busy: Vec<f64>,
}

impl Side {
    fn new(draw: &mut Draw, size: usize, courts: usize, spread: f64, busy: f64) -> Self {
        let standard = draw.normals(size, 1.0);
        Self {
            value: standard.iter().map(|z| spread * z).collect(),
            court: (0..size).map(|person| person % courts).collect(),
            busy: draw.normals(size, busy).into_iter().map(f64::exp).collect(),
            standard,
        }
    }
}

/// A ring and whom it works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// Its members, indices of raters.
    pub members: Vec<usize>,
    /// Ratee it lifts.
    pub lifted: usize,
    /// Ratee it sinks.
    pub sunk: usize,
}

/// Everybody and everything that stays the same over the period.
#[derive(Debug, Clone)]
pub struct People {
    /// Judges.
    pub judges: Side,
    /// Lawyers.
    pub lawyers: Side,
    /// Severity of each home court; positive is generous.
    pub home: Vec<f64>,
    /// True quality of each court of ratees.
    pub court: Vec<f64>,
    /// Per judge, the weight of each case type.
    pub kinds: Vec<[f64; 3]>,
    /// Per judge, log odds that a case ends for rather than against the lawyer.
    pub tilt: Vec<f64>,
    /// Cuts of each item, ascending, its difficulty included.
    pub cuts: Vec<Vec<f64>>,
    /// Share of each item that is not observed.
    pub missing: Vec<f64>,
    /// Raters who answer a lost case with anger.
    pub retaliators: Vec<bool>,
    /// The ring, if the scenario has one.
    pub ring: Option<Ring>,
    /// Home court of each rater as written down.
    pub label: Vec<usize>,
}

impl People {
    /// The people of replicate `index` under `seed`.
    pub fn new(settings: &Settings, seed: u64, index: u64) -> Self {
        let draw = &mut Draw::new(seed, index, Part::People);
        let bar = settings.direction == Direction::BarRatesBench;
        let (judge, lawyer) =
            if bar { (settings.quality, settings.severity) } else { (settings.severity, settings.quality) };
        let judges = Side::new(draw, settings.judges, settings.courts, judge, 0.3);
        let lawyers = Side::new(draw, settings.lawyers, settings.courts, lawyer, 0.5);
        let home = draw.normals(settings.courts, settings.home);
        let court = draw.normals(settings.courts, settings.court);
        let kinds = (0..settings.judges).map(|_| [0; 3].map(|_| (0.8 * draw.normal()).exp())).collect();
        let tilt = draw.normals(settings.judges, settings.tilt);
        let cuts = (0..settings.items).map(|_| {
            let difficulty = settings.difficulty * draw.normal();
            let mut cuts: Vec<f64> = (1..5).map(|t| f64::from(t) + 0.5 + settings.cut * draw.normal()).collect();
            cuts.sort_by(f64::total_cmp);
            cuts.into_iter().map(|cut| cut - difficulty).collect()
        });
        let cuts = cuts.collect();
        let missing = (0..settings.items).map(|_| 2.0 * settings.missing * draw.uniform()).collect();
        let mut people = Self {
            retaliators: vec![],
            ring: None,
            label: vec![],
            judges,
            lawyers,
            home,
            court,
            kinds,
            tilt,
            cuts,
            missing,
        };
        people.trouble(settings, &mut Draw::new(seed, index, Part::Trouble));
        people
    }

    /// Raters and ratees of the direction.
    pub fn sides(&self, direction: Direction) -> (&Side, &Side) {
        match direction {
            Direction::BarRatesBench => (&self.lawyers, &self.judges),
            Direction::BenchRatesBar => (&self.judges, &self.lawyers),
        }
    }

    /// Severity of rater `i` with the home court's, positive is generous.
    pub fn severity(&self, direction: Direction, i: usize) -> f64 {
        let raters = self.sides(direction).0;
        raters.value[i] + self.home[raters.court[i]]
    }

    fn trouble(&mut self, settings: &Settings, draw: &mut Draw) {
        let (raters, ratees) = self.sides(settings.direction);
        let (size, court) = (raters.value.len(), raters.court.clone());
        let local: Vec<usize> = (0..size).filter(|&i| court[i] == 0).collect();
        let targets: Vec<usize> = (0..ratees.value.len()).filter(|&j| ratees.court[j] == 0).collect();
        let angry: Vec<f64> = (0..size).map(|_| draw.uniform()).collect();
        self.retaliators = angry.iter().map(|u| *u < settings.retaliators).collect();
        let wrong: Vec<(f64, usize)> =
            (0..size).map(|_| (draw.uniform(), 1 + draw.one_of(settings.courts - 1))).collect();
        self.label = (0..size)
            .map(|i| match wrong[i] {
                _ if settings.hidden => 0,
                (u, step) if u < settings.mislabelled => (court[i] + step) % settings.courts,
                _ => court[i],
            })
            .collect();
        if settings.ring {
            let members = draw.sample(local.len(), local.len() / 4).into_iter().map(|k| local[k]).collect();
            let pair = draw.sample(targets.len(), 2);
            self.ring = Some(Ring { members, lifted: targets[pair[0]], sunk: targets[pair[1]] });
        }
    }
}
