//! Plays periods, lets every observer guess against every build, and puts the report together.

use super::docket;
use super::forecast::Known;
use super::guesses::{Guesses, Ratees};
use super::report::{Live, Report, Share};
use super::setting::{Build, Setting};
use super::visits;
use super::world::World;

/// Simulates `replicates` periods of a setting and lets every observer name authors.
///
/// Takes under a second for each period of the plan's size. The same setting gives the same report.
#[must_use]
pub fn measure(setting: &Setting, replicates: u32) -> Report {
    let runs: Vec<Run> = (0..replicates).map(|replicate| Run::of(setting, replicate)).collect();
    let authors = |of: fn(&Run) -> Guesses| Guesses::over(&runs.iter().map(of).collect::<Vec<_>>());
    let live = |of: fn(&Run) -> (Guesses, Ratees)| {
        let (authors, ratees): (Vec<_>, Vec<_>) = runs.iter().map(of).unzip();
        Live { authors: Guesses::over(&authors), content: Ratees::over(&ratees) }
    };
    Report {
        replicates,
        raters: runs.iter().map(|run| run.raters as u64).sum(),
        invitations: runs.iter().map(|run| run.invitations as u64).sum(),
        envelopes: runs.iter().map(|run| run.thief.tries as u64).sum(),
        floor: Share::over(&runs.iter().map(|run| run.floor).collect::<Vec<_>>()),
        thief: authors(|run| run.thief),
        thief_with_visits: authors(|run| run.thief_with_visits),
        relay: live(|run| run.relay),
        relay_with_addresses: live(|run| run.relay_with_addresses),
        control: authors(|run| run.control),
        control_live: live(|run| run.control_live),
        bound_ahead: authors(|run| run.bound_ahead),
        bound_ahead_live: live(|run| run.bound_ahead_live),
        on_demand: authors(|run| run.on_demand),
    }
}

/// One period and everybody's guesses.
struct Run {
    raters: usize,
    invitations: usize,
    floor: f64,
    thief: Guesses,
    thief_with_visits: Guesses,
    relay: (Guesses, Ratees),
    relay_with_addresses: (Guesses, Ratees),
    control: Guesses,
    control_live: (Guesses, Ratees),
    bound_ahead: Guesses,
    bound_ahead_live: (Guesses, Ratees),
    on_demand: Guesses,
}

impl Run {
    fn of(setting: &Setting, replicate: u32) -> Self {
        let docket = docket::make(setting, replicate);
        let period = visits::play(setting, replicate, &docket);
        let world = |build| World::of(setting, replicate, &docket, &period, build);
        let (design, naive) = (world(Build::DESIGN), world(Build::NAIVE));
        let (bound_ahead, on_demand) = (world(Build::BOUND_AHEAD), world(Build::ON_DEMAND));
        // What can be told without a look at what stamps say; the same for both builds that fetch ahead.
        let unread = design.attribute(false, false);
        Self {
            raters: docket.invited(),
            invitations: docket.invitations.len(),
            floor: design.floor(),
            thief: design.thief(Known::Fetches),
            thief_with_visits: design.thief(Known::Visits(&period.visits)),
            relay: design.live(&design.attribute(false, true), &unread),
            relay_with_addresses: design.live(&design.attribute(true, true), &design.attribute(true, false)),
            control: naive.thief(Known::Fetches),
            control_live: naive.live(&naive.attribute(false, true), &naive.attribute(false, false)),
            bound_ahead: bound_ahead.thief(Known::Fetches),
            bound_ahead_live: bound_ahead.live(&bound_ahead.attribute(false, true), &unread),
            on_demand: on_demand.thief(Known::Fetches),
        }
    }
}
