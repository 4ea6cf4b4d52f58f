//! Many devices at once against one period of the made-up city: what the programs take, and how long each device waits.
//!
//! Everything a real device does is done by the Rust client over HTTP, with tokens of both agents; stages are timed apart.
//! Deliberately absent: networks, and machines of their own; client, platform, agents and relay share this one.

use std::sync::Mutex;

use anyhow::{Context as _, anyhow, ensure};
use hengping_domain::ids::BoxId;
use hengping_domain::manifest::PeriodKind;
use serde::Serialize;

use super::circle::{Circle, failed};
use super::raters::{self, SimulatedRater};
use super::spans::{REGULAR, Span};
use super::stages::Stages;
use crate::client::{Client, Sealed};
use crate::flow::batch;
use crate::ports::Stopwatch;

/// How long devices waited, milliseconds, by share of them.
#[derive(Debug, Clone, Serialize)]
pub struct Waits {
    /// Half of them waited no longer.
    pub median: f64,
    /// Nor did 95 of 100.
    pub p95: f64,
    /// Nor 99 of 100.
    pub p99: f64,
    /// The longest.
    pub most: f64,
}

/// One stage under load.
#[derive(Debug, Clone, Serialize)]
pub struct Taken {
    /// Pieces done.
    pub count: usize,
    /// Seconds for all of them together.
    pub seconds: f64,
    /// Pieces a second.
    pub per_second: f64,
    /// What each device waited for its own.
    pub waits: Waits,
}

/// What was measured: the content of `hengping demo --load N --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Load {
    /// Devices that work at once.
    pub devices: usize,
    /// Visits: sign in, enrol, fetch all tokens from both agents, seal.
    pub visits: Taken,
    /// Tokens that came of them, each with both sides' tags.
    pub tokens: usize,
    /// Ballots through `/box`: posted, stored, receipt checked.
    pub ballots: Taken,
    /// Seconds until the boxes hold them: handed over, stamps checked by both agents, log cosigned.
    pub hand_over_seconds: f64,
}

impl Taken {
    fn of(mut waits: Vec<f64>, seconds: f64) -> anyhow::Result<Self> {
        waits.sort_by(f64::total_cmp);
        let last = waits.len().checked_sub(1).context("nothing was done")?;
        let at = |share: f64| waits[(share * last as f64).round() as usize] * 1000.0;
        let waited = Waits { median: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1.0) };
        Ok(Self { count: waits.len(), seconds, per_second: waits.len() as f64 / seconds, waits: waited })
    }
}

/// Does each piece on so many devices at once; what came of them, and what it took.
fn timed<T: Sync, R: Send>(
    name: &str,
    (devices, stages): (usize, &Stages),
    pieces: &[T],
    work: impl Fn(&T) -> anyhow::Result<R> + Sync,
) -> anyhow::Result<(Vec<R>, Taken)> {
    let done: Mutex<Vec<(R, f64)>> = Mutex::default();
    let watch = Stopwatch::start();
    stages.run(name, pieces.len(), |bar| {
        raters::each(pieces, devices, bar, |piece| {
            let own = Stopwatch::start();
            let made = work(piece)?;
            let waited = own.elapsed().as_secs_f64();
            done.lock().map_err(|_| anyhow!("a device failed"))?.push((made, waited));
            Ok(())
        })
    })?;
    let seconds = watch.elapsed().as_secs_f64();
    let (made, waits) = done.into_inner().map_err(|_| anyhow!("a device failed"))?.into_iter().unzip();
    Ok((made, Taken::of(waits, seconds)?))
}

impl Circle {
    /// Opens a period, lets everybody who will answer come at once, and hands over what they cast.
    ///
    /// # Errors
    /// The first failure, and when the boxes do not hold exactly what was acknowledged.
    pub fn load(&mut self, devices: usize, stages: &Stages) -> anyhow::Result<Load> {
        self.clock.set(REGULAR.starts);
        // The charter asks for a pilot first, and a measurement has none before it.
        let boxes = self.open_period(&Span { kind: PeriodKind::Pilot, ..REGULAR })?;
        self.clock.set(REGULAR.visits_from);
        let mut willing: Vec<SimulatedRater> = Vec::new();
        stages.run("invite", boxes.len(), |bar| {
            for id in &boxes {
                self.invite(id)?;
                willing.extend(raters::willing(&self.site, &self.truth, id)?);
                bar.inc(1);
            }
            Ok::<_, anyhow::Error>(())
        })?;
        stages.run("accounts", willing.len(), |bar| raters::enrol(&self.site, &willing, bar))?;

        let pinned = raters::pin(&self.base, &willing)?;
        let pin = |id: &BoxId| pinned.get(id).context("a box");
        let city = raters::Ballots { base: &self.base, truth: &self.truth, ratees: &self.numbers };
        let at_once = (devices, stages);
        let (visited, visits) = timed("visits: tokens and seals", at_once, &willing, |rater| {
            let mut client = Client::new(&self.base);
            let (tokens, made) = raters::prepare(&mut client, &city, &self.machines, rater, pin(&rater.ballot_box)?)?;
            // A stamp and a slip for each case, and one nym.
            Ok((2 * tokens.of.len() + 1, made))
        })?;
        let tokens = visited.iter().map(|(tokens, _)| tokens).sum();
        let sealed: Vec<Sealed> = visited.into_iter().flat_map(|(_, made)| made).collect();
        // One client, so that connections are kept: what is measured is the relay, not the making of connections.
        let relay = Client::new(&self.base);
        let (_, ballots) = timed("ballots through /box", at_once, &sealed, |sealed| {
            relay.cast(pin(&sealed.0.id)?, sealed).map(drop).context("cast")
        })?;

        let watch = Stopwatch::start();
        stages.run("hand over, check, cosign", boxes.len(), |bar| {
            boxes.iter().try_for_each(|id| {
                bar.inc(1);
                self.hand_over(id, true)
            })
        })?;
        let hand_over_seconds = watch.elapsed().as_secs_f64();
        for id in &boxes {
            let held = batch::published(&self.site, id).map_err(failed)?.leaves.len();
            let acknowledged = sealed.iter().filter(|sealed| sealed.0.id == *id).count();
            ensure!(held == acknowledged, "{id} holds {held} of {acknowledged} acknowledged ballots");
        }
        Ok(Load { devices, visits, tokens, ballots, hand_over_seconds })
    }
}
