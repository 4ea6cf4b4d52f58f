//! Who is in the made-up city: judges with their rooms and teams, firms, and lawyers with a court they mostly go to.
//!
//! Sizes follow the real city's courts: the intermediate court and four districts are large, one county court is very small.
//! Deliberately absent: what they are worth as judges or lawyers, except the lawyers' skill, which decides cases too.

use hengping_domain::docket::court::COURTS;
use jiff::civil::Date;

use super::DocketPlan;
use crate::demo::dice::Dice;
use crate::demo::names;

/// Judges of each court where there are 80, and how many cases each gets compared with the average.
const COURT_SIZES: [(f64, f64); COURTS.len()] = [
    (12.0, 1.0),
    (10.0, 1.0),
    (10.0, 1.0),
    (12.0, 1.0),
    (5.0, 1.0),
    (7.0, 1.0),
    (7.0, 1.0),
    (6.0, 1.0),
    (5.0, 1.0),
    (4.0, 1.0),
    (2.0, 0.35),
];

hengping_domain::words! {
    /// 审判庭 of the made-up courts.
    Chamber, "chamber" {
        /// General civil cases.
        CivilOne = "民一庭",
        /// Commercial cases.
        CivilTwo = "民二庭",
        /// Small claims and summary procedure.
        FastTrack = "速裁庭",
        /// Criminal cases.
        Criminal = "刑庭",
        /// Administrative cases, and civil ones besides.
        Administrative = "行政庭",
        /// Enforcement, and the civil actions that grow out of it.
        Enforcement = "执行局",
    }
}

/// A judge of the made-up city.
#[derive(Debug, Clone, PartialEq)]
pub struct Judge {
    /// 工号.
    pub number: String,
    /// Name.
    pub name: String,
    /// Index of the court in [`COURTS`].
    pub court: usize,
    /// Room.
    pub chamber: Chamber,
    /// 法官助理.
    pub assistant: String,
    /// 书记员.
    pub clerk: String,
}

/// A lawyer of the made-up city.
#[derive(Debug, Clone, PartialEq)]
pub struct Lawyer {
    /// 执业证号.
    pub licence: String,
    /// Name.
    pub name: String,
    /// Index of the firm.
    pub firm: usize,
    /// Index of the court most of the lawyer's cases are in.
    pub home: usize,
    /// How often the lawyer is retained, compared with the average.
    pub activity: f64,
    /// Standard normal; wins some cases, and is part of how the lawyer is rated.
    pub skill: f64,
    /// First day at the firm.
    pub since: Date,
}

/// Everybody.
#[derive(Debug, Clone, PartialEq)]
pub struct People {
    /// Judges, court by court.
    pub judges: Vec<Judge>,
    /// Names of firms.
    pub firms: Vec<String>,
    /// Lawyers.
    pub lawyers: Vec<Lawyer>,
    /// Lawyers by home court.
    pub at_home: Vec<Vec<usize>>,
}

impl People {
    /// Makes everybody.
    #[must_use]
    pub fn make(plan: &DocketPlan) -> Self {
        let judges = judges(plan);
        let firms = names::firms(&mut Dice::new(plan.seed, "firms"), (plan.lawyers as usize * 2 / 15).max(3));
        let lawyers = lawyers(plan, firms.len());
        let mut at_home = vec![Vec::new(); COURTS.len()];
        for (index, lawyer) in lawyers.iter().enumerate() {
            at_home[lawyer.home].push(index);
        }
        Self { judges, firms, lawyers, at_home }
    }

    /// How many cases a judge of a court gets, compared with the average.
    #[must_use]
    pub fn load(court: usize) -> f64 {
        COURT_SIZES[court].1
    }
}

fn judges(plan: &DocketPlan) -> Vec<Judge> {
    let mut dice = Dice::new(plan.seed, "judges");
    let mut judges = Vec::with_capacity(plan.judges as usize);
    let sizes = apportion(plan.judges as usize, &COURT_SIZES.map(|(size, _)| size));
    for (court, size) in sizes.into_iter().enumerate() {
        let code = COURTS[court].code.trim_start_matches('鲁');
        for place in 0..size {
            judges.push(Judge {
                number: format!("{code}-{:03}", place + 1),
                name: names::person(&mut dice),
                court,
                chamber: chamber(place, size),
                assistant: names::person(&mut dice),
                clerk: names::person(&mut dice),
            });
        }
    }
    judges
}

/// The room of the n-th judge: civil first; criminal, administrative and enforcement only where a court is large enough.
fn chamber(place: usize, size: usize) -> Chamber {
    const ROOMS: [Chamber; 12] = [
        Chamber::CivilOne,
        Chamber::CivilTwo,
        Chamber::FastTrack,
        Chamber::CivilOne,
        Chamber::Criminal,
        Chamber::CivilTwo,
        Chamber::Enforcement,
        Chamber::CivilOne,
        Chamber::Administrative,
        Chamber::CivilTwo,
        Chamber::FastTrack,
        Chamber::CivilOne,
    ];
    if size < 5 { Chamber::CivilOne } else { ROOMS[place % ROOMS.len()] }
}

fn lawyers(plan: &DocketPlan, firms: usize) -> Vec<Lawyer> {
    let mut dice = Dice::new(plan.seed, "lawyers");
    // Firm sizes by Zipf's law; a lawyer's home follows the sizes of the courts, as offices stand near courthouses.
    let firm_sizes = || (1..=firms).map(|rank| 1.0 / (rank as f64).powf(0.9));
    (0..plan.lawyers)
        .map(|serial| {
            let year = i16::try_from(dice.between(2005, 2024)).unwrap_or(2020);
            Lawyer {
                licence: names::licence(&mut dice, 3702, serial + 100_001),
                name: names::person(&mut dice),
                firm: dice.weighted(firm_sizes()),
                home: dice.weighted(COURT_SIZES.iter().map(|(size, load)| size * load.max(0.6))),
                activity: (0.55 * dice.normal()).exp(),
                skill: dice.normal(),
                since: jiff::civil::date(year, 1, 1),
            }
        })
        .collect()
}

/// Divides `total` in proportion to `shares` by largest remainder.
fn apportion(total: usize, shares: &[f64]) -> Vec<usize> {
    let sum: f64 = shares.iter().sum();
    let exact: Vec<f64> = shares.iter().map(|share| share / sum * total as f64).collect();
    let mut sizes: Vec<usize> = exact.iter().map(|x| x.floor() as usize).collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|&a, &b| (exact[b] - exact[b].floor()).total_cmp(&(exact[a] - exact[a].floor())).then(a.cmp(&b)));
    let missing = total - sizes.iter().sum::<usize>();
    for &index in order.iter().cycle().take(missing) {
        sizes[index] += 1;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apportionment_keeps_the_total() {
        for total in 0..200 {
            assert_eq!(apportion(total, &COURT_SIZES.map(|c| c.0)).iter().sum::<usize>(), total);
        }
        assert_eq!(apportion(80, &COURT_SIZES.map(|c| c.0)), [12, 10, 10, 12, 5, 7, 7, 6, 5, 4, 2]);
    }
}
