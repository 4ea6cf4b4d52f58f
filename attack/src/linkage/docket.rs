//! The docket of a simulated city: courts, firms, cases with counsel on both sides, and the invitations that follow.
//!
//! Sizes and shares are those of the demonstration's city. Deliberately absent: anything about visits and casts.

use std::collections::{BTreeMap, BTreeSet};

use super::dice::{Dice, Part};
use super::setting::{Direction, Setting};

/// Judges of each of eleven courts where there are 80.
const COURTS: [f64; 11] = [12.0, 10.0, 10.0, 12.0, 5.0, 7.0, 7.0, 6.0, 5.0, 4.0, 2.0];
/// Share of counsel who come from the lawyers at home in the court.
const AT_HOME: f64 = 0.88;
/// Civil, criminal, administrative and enforcement cases.
const TYPES: [f64; 4] = [0.78, 0.1, 0.05, 0.07];
/// Share of moving and responding parties with counsel, by type.
const COUNSEL: [[f64; 2]; 4] = [[0.72, 0.52], [0.06, 0.92], [0.6, 0.85], [0.4, 0.12]];
/// Share of sides with two lawyers.
const SECOND: f64 = 0.22;
/// For the moving party, against it, mixed, none.
const OUTCOMES: [f64; 4] = [0.35, 0.25, 0.3, 0.1];
/// Share of civil cases that are the first of a series of three to six.
const SERIES: f64 = 0.004;

/// One rater's right to rate one person about one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Invitation {
    pub rater: usize,
    pub ratee: usize,
    /// 0 to 15: case type and outcome for the lawyer's side.
    pub stratum: usize,
    /// Day of the list it is on.
    pub listed: u32,
}

/// Everybody who may rate, and about whom.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Docket {
    /// Firm or court of each rater.
    pub offices: Vec<usize>,
    pub ratees: usize,
    pub invitations: Vec<Invitation>,
}

struct People {
    /// Court of each judge.
    courts: Vec<usize>,
    firms: Vec<usize>,
    activity: Vec<f64>,
    at_home: Vec<Vec<usize>>,
}

impl People {
    fn make(setting: &Setting, dice: &mut Dice) -> Self {
        let courts = (0..setting.judges).map(|_| dice.weighted(&COURTS)).collect();
        let firms: Vec<f64> = (1..=(setting.lawyers * 2 / 15).max(3)).map(|rank| f64::from(rank).powf(-0.9)).collect();
        let mut people = Self { courts, firms: Vec::new(), activity: Vec::new(), at_home: vec![vec![]; COURTS.len()] };
        for lawyer in 0..setting.lawyers as usize {
            people.firms.push(dice.weighted(&firms));
            people.activity.push((0.55 * dice.normal()).exp());
            people.at_home[dice.weighted(&COURTS)].push(lawyer);
        }
        people
    }

    /// Lawyers of one side of a case; `taken` are in it already.
    fn counsel(&self, court: usize, share: f64, dice: &mut Dice, taken: &mut Vec<usize>) {
        if !dice.chance(share) {
            return;
        }
        for _ in 0..if dice.chance(SECOND) { 2 } else { 1 } {
            let home = &self.at_home[court];
            let lawyer = if !home.is_empty() && dice.chance(AT_HOME) {
                let activity: Vec<f64> = home.iter().map(|&lawyer| self.activity[lawyer]).collect();
                home[dice.weighted(&activity)]
            } else {
                dice.weighted(&self.activity)
            };
            if !taken.contains(&lawyer) {
                taken.push(lawyer);
            }
        }
    }
}

/// Makes the docket of a replicate.
pub(super) fn make(setting: &Setting, replicate: u32) -> Docket {
    let people = People::make(setting, &mut Dice::new(setting.seed, replicate, Part::People));
    let mut docket = match setting.direction {
        Direction::BarRatesBench => {
            Docket { offices: people.firms.clone(), ratees: people.courts.len(), invitations: Vec::new() }
        }
        Direction::BenchRatesBar => {
            Docket { offices: people.courts.clone(), ratees: people.firms.len(), invitations: Vec::new() }
        }
    };
    if people.courts.is_empty() || people.firms.is_empty() {
        return docket;
    }
    let mut dice = Dice::new(setting.seed, replicate, Part::Cases);
    let mut left = setting.cases;
    let mut asked: BTreeMap<(usize, u32), usize> = BTreeMap::new();
    while left > 0 {
        let judge = dice.below(people.courts.len());
        let kind = dice.weighted(&TYPES);
        let due = dice.below(setting.days as usize) as u32;
        let outcome = dice.weighted(&OUTCOMES);
        let (mut moving, mut all) = (Vec::new(), Vec::new());
        people.counsel(people.courts[judge], COUNSEL[kind][0], &mut dice, &mut moving);
        all.extend(&moving);
        people.counsel(people.courts[judge], COUNSEL[kind][1], &mut dice, &mut all);
        // A series has the same people in all its cases, and each pair is asked once.
        let series = kind == 0 && dice.chance(SERIES);
        left = left.saturating_sub(if series { 3 + dice.below(4) as u32 } else { 1 });
        for (place, &lawyer) in all.iter().enumerate() {
            let (rater, ratee) = match setting.direction {
                Direction::BarRatesBench => (lawyer, judge),
                Direction::BenchRatesBar => (judge, lawyer),
            };
            let month = asked.entry((rater, due / 30)).or_default();
            *month += 1;
            let listed = if setting.list_days == 0 { 0 } else { due.next_multiple_of(setting.list_days) };
            // What falls due after the last list comes in the next period.
            if *month > setting.cap() || listed >= setting.days {
                continue;
            }
            let outcome = if place < moving.len() || outcome > 1 { outcome } else { 1 - outcome };
            docket.invitations.push(Invitation { rater, ratee, stratum: kind * 4 + outcome, listed });
        }
    }
    docket
}

impl Docket {
    /// Invitations of each rater.
    pub(super) fn by_rater(&self) -> Vec<Vec<usize>> {
        let mut of = vec![Vec::new(); self.offices.len()];
        for (index, invitation) in self.invitations.iter().enumerate() {
            of[invitation.rater].push(index);
        }
        of
    }

    /// Raters with an invitation.
    pub(super) fn invited(&self) -> usize {
        self.invitations.iter().map(|invitation| invitation.rater).collect::<BTreeSet<_>>().len()
    }
}
