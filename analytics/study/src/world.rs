//! One simulated period of a city: cases, invitations, answers, and the truth behind them.
//! Invariant: the same draws under every scenario; what a scenario does not change stays to the bit.
//! Absent on purpose: the model. Answers come from a latent level through cuts, not from a linear mean.

use std::collections::{BTreeMap, BTreeSet};

use hengping_analytics::bundle::{Answer, Ballot, Bundle, Direction, Invited, Item, Margins, Ratee};

use crate::draw::{Draw, Part};
use crate::people::{People, Side};
use crate::settings::Settings;
use crate::truth::Law;

/// Outcomes in the order of [`Settings::response`].
pub const OUTCOMES: [&str; 3] = ["for", "against", "mixed"];
/// Case types in the order of [`Settings::kinds`].
pub const KINDS: [&str; 3] = ["civil", "criminal", "administrative"];
/// Log odds of an outcome that is neither, against the two others at no tilt.
const NEITHER: f64 = -0.5;

/// A box with what was planted in it.
#[derive(Debug, Clone)]
pub struct World {
    /// What the city was made of.
    pub settings: Settings,
    /// What the scores get to see.
    pub bundle: Bundle,
    /// True result of each ratee, scale points; see [`Law`].
    pub truth: BTreeMap<String, f64>,
    /// The same of each item, in the order of the form.
    pub item_truth: BTreeMap<String, Vec<f64>>,
    /// Share lost minus share won among the ballots of each ratee.
    pub imbalance: BTreeMap<String, f64>,
    /// Response rate by outcome, in the order of [`OUTCOMES`].
    pub response: [f64; 3],
    /// Raters who retaliate.
    pub retaliators: BTreeSet<String>,
    /// Members of the ring, and its lifted and its sunk ratee.
    pub ring: Option<(BTreeSet<String>, String, String)>,
}

/// Name of rater `i`; the order of names is not the order of persons.
pub fn nym(i: usize) -> String {
    format!("n{:04}", (i * 7919 + 13) % 10_007)
}

/// Name of ratee `j`.
pub fn ratee(j: usize) -> String {
    format!("r{j:04}")
}

fn code(court: usize) -> String {
    format!("c{court:02}")
}

/// A case that led to an invitation.
struct Case {
    rater: usize,
    ratee: usize,
    kind: usize,
    outcome: usize,
}

/// Lawyers meet judges by how busy both are, mostly at the lawyer's own court.
struct Docket<'a> {
    people: &'a People,
    settings: &'a Settings,
    /// Judges of each court and how busy they are.
    benches: Vec<(Vec<usize>, Vec<f64>)>,
    draw: Draw,
}

impl Docket<'_> {
    fn next(&mut self) -> Case {
        let (people, draw) = (self.people, &mut self.draw);
        let Side { busy, court, standard, .. } = &people.lawyers;
        let lawyer = draw.weighted(busy);
        let away = draw.uniform() < self.settings.away;
        let step = 1 + draw.one_of(self.settings.courts - 1);
        let place = if away { (court[lawyer] + step) % self.settings.courts } else { court[lawyer] };
        let (bench, weights) = &self.benches[place];
        let judge = bench[draw.weighted(weights)];
        let kind = draw.weighted(&people.kinds[judge]);
        let odds = people.tilt[judge] + self.settings.skill * standard[lawyer];
        let outcome = draw.weighted(&[(0.5 * odds).exp(), (-0.5 * odds).exp(), NEITHER.exp()]);
        let (rater, ratee) = match self.settings.direction {
            Direction::BarRatesBench => (lawyer, judge),
            Direction::BenchRatesBar => (judge, lawyer),
        };
        Case { rater, ratee, kind, outcome }
    }
}

impl World {
    /// The world of replicate `index` under `seed`.
    pub fn new(settings: &Settings, seed: u64, index: u64) -> Self {
        let people = People::new(settings, seed, index);
        let benches = (0..settings.courts).map(|court| {
            let bench: Vec<usize> = (0..settings.judges).filter(|&j| people.judges.court[j] == court).collect();
            let weights = bench.iter().map(|&j| people.judges.busy[j]).collect();
            (bench, weights)
        });
        let draw = Draw::new(seed, index, Part::Cases);
        let mut docket = Docket { benches: benches.collect(), people: &people, settings, draw };
        let cases: Vec<Case> = (0..settings.invited).map(|_| docket.next()).collect();
        let mut answers = Draw::new(seed, index, Part::Answers);
        let mut response = Draw::new(seed, index, Part::Response);
        let mut ballots = Vec::new();
        let (mut invited, mut answered) = ([0.0; 3], [0.0; 3]);
        for case in &cases {
            let feeling = people.feeling(settings, case, &mut answers);
            let chance = settings.response[case.outcome];
            let odds = (chance / (1.0 - chance)).ln() + settings.telling * feeling;
            let ballot = people.ballot(settings, case, settings.level + feeling, &mut answers, &mut response);
            invited[case.outcome] += 1.0;
            if response.happens(1.0 / (1.0 + (-odds).exp())) {
                answered[case.outcome] += 1.0;
                ballots.push(ballot);
            }
        }
        let margins = margins(&people, settings.direction, &cases);
        Self {
            settings: settings.clone(),
            truth: people.truth(settings, &margins, &people.cuts),
            item_truth: people.item_truth(settings, &margins),
            imbalance: imbalance(&ballots),
            response: [0, 1, 2].map(|o| answered[o] / invited[o]),
            retaliators: (0..people.retaliators.len()).filter(|&i| people.retaliators[i]).map(nym).collect(),
            ring: people
                .ring
                .as_ref()
                .map(|ring| (ring.members.iter().map(|&i| nym(i)).collect(), ratee(ring.lifted), ratee(ring.sunk))),
            bundle: Bundle {
                comparability: Default::default(),
                direction: settings.direction,
                items: (0..settings.items).map(|k| Item { id: format!("i{k}"), weight: 1.0 }).collect(),
                ratees: people.ratees(settings.direction),
                ballots,
                margins,
            },
        }
    }
}

impl People {
    /// Latent points that a rater would give beyond the overall level.
    fn feeling(&self, settings: &Settings, case: &Case, draw: &mut Draw) -> f64 {
        let ratees = self.sides(settings.direction).1;
        let noise = settings.ballot * draw.normal();
        let outcome = [settings.outcome, -settings.outcome, 0.0][case.outcome];
        let anger = if self.retaliators[case.rater] && case.outcome == 1 { settings.anger } else { 0.0 };
        ratees.value[case.ratee]
            + self.court[ratees.court[case.ratee]]
            + self.severity(settings.direction, case.rater)
            + outcome
            + settings.kinds[case.kind]
            + noise
            - anger
    }

    fn ballot(&self, settings: &Settings, case: &Case, level: f64, draw: &mut Draw, response: &mut Draw) -> Ballot {
        let ratees = self.sides(settings.direction).1;
        let bought =
            self.ring.as_ref().filter(|ring| ring.members.contains(&case.rater)).and_then(|ring| {
                if case.ratee == ring.lifted { Some(5) } else { (case.ratee == ring.sunk).then_some(1) }
            });
        let mut answer = |k: usize| {
            let shown = level + settings.answer * draw.normal();
            let missing = response.happens(self.missing[k]);
            let own = 1 + self.cuts[k].iter().map(|cut| u8::from(shown > *cut)).sum::<u8>();
            Some(if missing { Answer::NotObserved } else { Answer::Level(bought.unwrap_or(own)) })
        };
        Ballot {
            answers: (0..settings.items).map(&mut answer).collect(),
            ratee: ratee(case.ratee),
            nym: nym(case.rater),
            home: code(self.label[case.rater]),
            role: if settings.direction == Direction::BarRatesBench { "lawyer" } else { "judge" }.into(),
            court: code(ratees.court[case.ratee]),
            case_type: KINDS[case.kind].into(),
            outcome: OUTCOMES[case.outcome].into(),
            rubric: "v1".into(),
        }
    }

    fn ratees(&self, direction: Direction) -> BTreeMap<String, Ratee> {
        let courts = &self.sides(direction).1.court;
        courts.iter().enumerate().map(|(j, &court)| (ratee(j), Ratee { court: code(court) })).collect()
    }

    fn item_truth(&self, settings: &Settings, margins: &Margins) -> BTreeMap<String, Vec<f64>> {
        let mut truth: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for cuts in &self.cuts {
            for (name, value) in self.truth(settings, margins, std::slice::from_ref(cuts)) {
                truth.entry(name).or_default().push(value);
            }
        }
        truth
    }

    /// Expected mean over the items with these `cuts`.
    fn truth(&self, settings: &Settings, margins: &Margins, cuts: &[Vec<f64>]) -> BTreeMap<String, f64> {
        let (raters, ratees) = self.sides(settings.direction);
        let count = raters.value.len() as f64;
        let severities: Vec<f64> = (0..raters.value.len()).map(|i| self.severity(settings.direction, i)).collect();
        let severity = severities.iter().sum::<f64>() / count;
        let varies = severities.iter().map(|s| (s - severity).powi(2)).sum::<f64>() / count;
        let place = |names: &[&str; 3], name: &str| names.iter().position(|n| *n == name).unwrap_or(0);
        let effect = |kind: &str, outcome: &str| {
            [settings.outcome, -settings.outcome, 0.0][place(&OUTCOMES, outcome)] + settings.kinds[place(&KINDS, kind)]
        };
        let cases: Vec<(f64, f64)> =
            margins.mix.iter().map(|((kind, outcome), &n)| (effect(kind, outcome), f64::from(n))).collect();
        let variance = varies + settings.ballot.powi(2) + settings.answer.powi(2);
        let law = Law { cuts, severity, variance, cases: &cases };
        let level = |j: usize| settings.level + ratees.value[j] + self.court[ratees.court[j]];
        (0..ratees.value.len()).map(|j| (ratee(j), law.expected(level(j)))).collect()
    }
}

/// What the lists say about the invited.
fn margins(people: &People, direction: Direction, cases: &[Case]) -> Margins {
    let courts = &people.sides(direction).1.court;
    let mut margins = Margins { invited: u32::try_from(cases.len()).ok(), ..Margins::default() };
    let pairs: BTreeSet<(usize, usize)> = cases.iter().map(|case| (case.ratee, case.rater)).collect();
    for (j, _) in pairs {
        margins.ratees.entry(ratee(j)).or_insert(Invited { raters: 0, largest_group: 1 }).raters += 1;
    }
    for case in cases {
        *margins.courts.entry(code(courts[case.ratee])).or_default() += 1;
        *margins.mix.entry((KINDS[case.kind].into(), OUTCOMES[case.outcome].into())).or_default() += 1;
    }
    margins
}

fn imbalance(ballots: &[Ballot]) -> BTreeMap<String, f64> {
    let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for ballot in ballots {
        let entry = sums.entry(&ballot.ratee).or_default();
        entry.0 +=
            f64::from(u8::from(ballot.outcome == OUTCOMES[1])) - f64::from(u8::from(ballot.outcome == OUTCOMES[0]));
        entry.1 += 1.0;
    }
    sums.into_iter().map(|(name, (sum, count))| (name.to_owned(), sum / count)).collect()
}
