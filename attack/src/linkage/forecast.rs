//! When an invitation's ballot may have been cast, as far as fetches tell: the likelihood that every observer starts from.
//!
//! It knows how raters behave (the numbers of `visits`), learns from the log how often each one comes, and uses that nobody
//! came on a day on which something listed was left unfetched. Deliberately absent: anything seen of an envelope.

use super::docket::Invitation;
use super::log::Log;
use super::setting::Setting;
use super::visits::{COMEBACK, SPREAD, day};

/// What is known of the days on which raters came.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known<'a> {
    /// Those on which they fetched something.
    Fetches,
    /// All of each rater.
    Visits(&'a [Vec<u32>]),
}

/// Chances by day.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Forecast {
    /// Of each issued invitation: that it was cast on the day of the fetch, the next day, and so on.
    pub cast: Vec<Vec<f64>>,
    /// Of each rater: that a visit was made on day 0, 1, ..
    pub present: Vec<Vec<f64>>,
}

impl Forecast {
    /// `answered` is the share of issued invitations that were cast, which everybody can count.
    pub(super) fn make(
        setting: &Setting,
        invitations: &[Invitation],
        log: &Log,
        known: Known<'_>,
        answered: f64,
    ) -> Self {
        let present = presence(setting, invitations, log, known);
        let cast = log
            .issued
            .iter()
            .map(|issued| {
                if log.build.on_demand {
                    return vec![1.0];
                }
                let later = &present[issued.rater][day(issued.at) as usize + 1..];
                let mut chances = vec![answered * setting.same_visit];
                let mut left = answered - chances[0];
                for here in later {
                    let now = left * here * COMEBACK;
                    chances.push(now);
                    left -= now;
                }
                // Who did not come by chance came once more on purpose; on a day that is not ruled out.
                let open = later.iter().filter(|here| **here > 0.0).count();
                for (chance, _) in chances[1..].iter_mut().zip(later).filter(|(_, here)| **here > 0.0) {
                    *chance += left / open as f64;
                }
                if open == 0 {
                    chances[0] += left;
                }
                chances
            })
            .collect();
        Self { cast, present }
    }
}

fn presence(setting: &Setting, invitations: &[Invitation], log: &Log, known: Known<'_>) -> Vec<Vec<f64>> {
    let days = setting.days as usize;
    let raters = invitations.iter().map(|i| i.rater + 1).max().unwrap_or(0);
    if let Known::Visits(visits) = known {
        let on = |of: &Vec<u32>| (0..setting.days).map(|d| f64::from(u8::from(of.binary_search(&d).is_ok()))).collect();
        return visits.iter().map(on).collect();
    }
    // From and before: the days on which something of a rater waited unfetched; and the days of fetches.
    let mut fetched: Vec<Option<u32>> = vec![None; invitations.len()];
    for issued in &log.issued {
        fetched[issued.invitation] = Some(day(issued.at));
    }
    let mut waiting = vec![vec![false; days]; raters];
    let mut fetches = vec![vec![false; days]; raters];
    for (invitation, fetched) in invitations.iter().zip(&fetched) {
        if let Some(on) = fetched {
            fetches[invitation.rater][*on as usize] = true;
        }
        // On demand a visit need not fetch, so that nothing is ruled out.
        if !log.build.on_demand {
            let until = fetched.map_or(days, |on| on as usize);
            waiting[invitation.rater][invitation.listed as usize..until].fill(true);
        }
    }
    // How often a rater comes: a gamma prior with the moments of the true spread, and the days that show it.
    let mean = setting.visits / 30.4 * (SPREAD * SPREAD / 2.0).exp();
    let shape = 1.0 / ((SPREAD * SPREAD).exp() - 1.0);
    waiting
        .iter()
        .zip(&fetches)
        .map(|(waiting, fetches)| {
            let came = fetches.iter().filter(|f| **f).count() as f64;
            let exposed = waiting.iter().zip(fetches).filter(|(w, f)| **w || **f).count() as f64;
            let often = ((shape + came) / (shape / mean + exposed)).min(1.0);
            let chance = |(waits, fetch): (&bool, &bool)| match (waits, fetch) {
                (_, true) => 1.0,
                (true, false) => 0.0,
                (false, false) => often,
            };
            waiting.iter().zip(fetches).map(chance).collect()
        })
        .collect()
}
