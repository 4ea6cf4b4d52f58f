//! What raters do in a period: on which days they sign in, what they fetch and what they cast, to the second.
//!
//! This is the truth. Observers see the parts of it that `log` and `batches` hand them.

use std::collections::BTreeMap;

use super::dice::{Dice, Part};
use super::docket::Docket;
use super::setting::Setting;

/// Seconds since the start of the period.
pub(super) type Moment = u64;

pub(super) const DAY: Moment = 86_400;
/// Visits begin between 8:00 and 20:00.
const OPENS: Moment = 8 * 3_600;
/// Length of that span, seconds.
pub(super) const SPAN: f64 = 12.0 * 3_600.0;
/// Mean seconds it takes to fill in a form.
pub(super) const FORM: f64 = 180.0;
/// Chance that a ballot put off is cast in a given later visit.
pub(super) const COMEBACK: f64 = 0.5;
/// Spread of the logarithm of how often raters visit.
pub(super) const SPREAD: f64 = 0.5;

/// The day of a moment.
pub(super) fn day(at: Moment) -> u32 {
    u32::try_from(at / DAY).unwrap_or(u32::MAX)
}

/// One envelope on its way to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cast {
    pub invitation: usize,
    pub at: Moment,
    /// Whose address it came from; none: one that says nothing.
    pub office: Option<usize>,
    /// 1; 2 where it replaces.
    pub number: u32,
    /// The envelope's hash: as good as random.
    pub leaf: u64,
}

/// A period as it was.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Period {
    /// When the tokens of each invitation were fetched at sign-in.
    pub fetched: Vec<Option<Moment>>,
    /// Days on which each rater signed in, ascending.
    pub visits: Vec<Vec<u32>>,
    /// By time.
    pub casts: Vec<Cast>,
}

/// Plays the period.
pub(super) fn play(setting: &Setting, replicate: u32, docket: &Docket) -> Period {
    let mut dice = Dice::new(setting.seed, replicate, Part::Visits);
    let mut visits: Vec<BTreeMap<u32, Visit>> = docket
        .offices
        .iter()
        .map(|&office| {
            let often = (setting.visits / 30.4 * (SPREAD * dice.normal()).exp()).min(1.0);
            let absent = dice.chance(setting.absent);
            let days = (0..setting.days).filter(|_| !absent && dice.chance(often)).collect::<Vec<_>>();
            days.into_iter().map(|day| (day, Visit::on(day, setting, office, &mut dice))).collect()
        })
        .collect();
    let held = docket.by_rater();
    // Only who signs in can answer; so many of what is fetched are answered that the share of all comes out right.
    let reachable = |rater: usize, listed: u32| visits[rater].range(listed..).next().is_some();
    let reached = docket.invitations.iter().filter(|i| reachable(i.rater, i.listed)).count();
    let answered = setting.response * docket.invitations.len() as f64 / reached.max(1) as f64;

    let mut dice = Dice::new(setting.seed, replicate, Part::Casts);
    let mut period = Period { fetched: vec![None; docket.invitations.len()], visits: Vec::new(), casts: Vec::new() };
    for (rater, of) in visits.iter_mut().enumerate() {
        let mut today = of.keys().next().copied();
        while let Some(on) = today {
            let mut visit = of.get(&on).cloned().unwrap_or_default();
            let waiting = |&&i: &&usize| period.fetched[i].is_none() && docket.invitations[i].listed <= on;
            let new: Vec<usize> = held[rater].iter().filter(waiting).copied().collect();
            for i in new {
                period.fetched[i] = Some(visit.at);
                if !dice.chance(answered) {
                    continue;
                }
                let last = on + 1 >= setting.days;
                if last || dice.chance(setting.same_visit) {
                    visit.forms.push((i, 1));
                } else {
                    put_off(setting, docket.offices[rater], of, on, (i, 1), &mut dice);
                }
            }
            // In any order.
            for place in (1..visit.forms.len()).rev() {
                visit.forms.swap(place, dice.below(place + 1));
            }
            let mut at = visit.at as f64;
            for &(invitation, number) in &visit.forms {
                at += dice.wait(FORM);
                let at = (at as Moment + 1).min((Moment::from(on) + 1) * DAY - 1);
                period.casts.push(Cast { invitation, at, office: visit.office, number, leaf: dice.bits() });
                if number == 1 && on + 1 < setting.days && dice.chance(setting.replaced) {
                    put_off(setting, docket.offices[rater], of, on, (invitation, 2), &mut dice);
                }
            }
            today = of.range(on + 1..).next().map(|(day, _)| *day);
        }
        period.visits.push(of.keys().copied().collect());
    }
    period.casts.sort_by_key(|cast| (cast.at, cast.leaf));
    period
}

#[derive(Debug, Clone, Default)]
struct Visit {
    at: Moment,
    office: Option<usize>,
    /// What is cast in it: invitation and number.
    forms: Vec<(usize, u32)>,
}

impl Visit {
    fn on(day: u32, setting: &Setting, office: usize, dice: &mut Dice) -> Self {
        let at = Moment::from(day) * DAY + OPENS + (dice.unit() * SPAN) as Moment;
        Self { at, office: dice.chance(setting.office).then_some(office), forms: Vec::new() }
    }
}

/// Leaves a form for a later visit; whoever would not come again comes once more for it.
fn put_off(
    setting: &Setting,
    office: usize,
    visits: &mut BTreeMap<u32, Visit>,
    on: u32,
    form: (usize, u32),
    dice: &mut Dice,
) {
    let known: Vec<u32> = visits.range(on + 1..).map(|(day, _)| *day).collect();
    let chosen = known.into_iter().find(|_| dice.chance(COMEBACK));
    let day = chosen.unwrap_or_else(|| on + 1 + dice.below((setting.days - on - 1) as usize) as u32);
    let visit = visits.entry(day).or_insert_with(|| Visit::on(day, setting, office, dice));
    visit.forms.push(form);
}
