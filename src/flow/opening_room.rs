//! What the opening room shows: the state of both locks, the stages with their progress, and what is missing from whom.
//!
//! Everything is read from what the agents said and from the opening that runs, if one does. Deliberately absent: doing
//! anything; `crate::opening` goes on, and this only watches it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use hengping_domain::digest::Digest;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::release::ReleaseState;
use hengping_domain::request::AskedKind;

use super::{Failure, Outcome, Site, correct};
use crate::store::period::{self, BoxState};
use crate::store::{Connection, agent_request, statement};

/// Where a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageState {
    /// Over.
    Done,
    /// Under way on this machine, or at an agent.
    Running,
    /// Asked for, not answered.
    Waiting,
    /// Not asked for yet.
    NotYet,
    /// Refused, or ended with an error.
    Failed,
}

impl StageState {
    /// The word in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::NotYet => "not-yet",
            Self::Failed => "failed",
        }
    }
}

/// One line of the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// `close`, `mix-bench`, `mix-bar`, `list`, `shares`, `analysis`, `draft` or `death`.
    pub stage: &'static str,
    /// Whose it is, where it is one side's.
    pub side: Option<Side>,
    /// Where it stands.
    pub state: StageState,
    /// How much of it is done.
    pub done: u64,
    /// Of how much.
    pub total: u64,
    /// Why it failed.
    pub code: Option<String>,
}

/// Openings that run on this machine, by box.
#[derive(Debug, Default)]
pub struct Openings(Mutex<BTreeMap<BoxId, Running>>);

/// An opening on this machine.
#[derive(Debug, Clone, Default)]
pub struct Running {
    /// The stage it is in, with what is done of it.
    pub now: Option<(String, u64, u64)>,
    /// Whether it has stopped, and how: the code of a failure, or empty.
    pub ended: Option<String>,
}

impl Openings {
    /// Begins one; false when one runs already.
    #[must_use]
    pub fn begin(&self, id: &BoxId) -> bool {
        let Ok(mut all) = self.0.lock() else { return false };
        let runs = all.get(id).is_some_and(|one| one.ended.is_none());
        if !runs {
            all.insert(id.clone(), Running::default());
        }
        !runs
    }

    /// Notes where one stands.
    pub fn note(&self, id: &BoxId, now: Option<(String, u64, u64)>, ended: Option<String>) {
        if let Ok(mut all) = self.0.lock() {
            all.insert(id.clone(), Running { now, ended });
        }
    }

    /// The one of a box.
    #[must_use]
    pub fn of(&self, id: &BoxId) -> Option<Running> {
        self.0.lock().ok()?.get(id).cloned()
    }
}

/// The room of a box.
#[derive(Debug, Clone)]
pub struct Room {
    /// Where the box stands.
    pub state: BoxState,
    /// The stages in order.
    pub stages: Vec<Stage>,
    /// Both sides' requests that are unanswered or refused: side, kind, request, code.
    pub waiting: Vec<(Side, String, Digest, Option<&'static str>)>,
    /// Whether a correction in force waits for the box to be computed again.
    pub correcting: bool,
    /// Whether each side, bench first, has handed over its shares.
    pub handed_over: [bool; 2],
    /// Whether each side's agent could not be reached lately.
    pub away: [bool; 2],
}

/// Looks into the room of a box.
///
/// # Errors
/// [`super::Refusal::NotFound`].
pub fn look(site: &Site, id: &BoxId) -> Outcome<Room> {
    let running = site.openings.of(id);
    site.store.look("opening room", |conn| {
        let held = period::find_box(conn, id)?;
        let mut waiting = Vec::new();
        for (side, kind, request) in agent_request::of_box(conn, id)? {
            // Who waits for tokens or enrolment is nobody's business here.
            if !matches!(kind, AskedKind::Tokens | AskedKind::Enrol) {
                let code = super::courier::refusal_of(conn, request, side)?.map(|code| code.as_str());
                waiting.push((side, kind.to_string(), request, code));
            }
        }
        let said = |conn: &mut Connection, kind: &str, side| {
            Ok::<_, Failure>(statement::said(conn, id, kind, side)?.is_some())
        };
        let mut stages = Vec::new();
        for (stage, kind, side) in [
            ("close", "close", None),
            ("mix-bench", "mix", Some(Side::Bench)),
            ("mix-bar", "mix", Some(Side::Bar)),
            ("list", "list", None),
            ("shares", "shares", None),
        ] {
            let sides = side.map_or(vec![Side::Bench, Side::Bar], |side| vec![side]);
            let mut done = 0;
            for &side in &sides {
                done += u64::from(said(conn, kind, side)?);
            }
            let total = sides.len() as u64;
            let asked: Vec<_> = waiting.iter().filter(|(s, k, ..)| k == kind && sides.contains(s)).collect();
            let code = asked.iter().find_map(|(.., code)| *code).map(str::to_owned);
            let state = match (done == total, &code, asked.is_empty()) {
                (true, ..) => StageState::Done,
                (_, Some(_), _) => StageState::Failed,
                (_, None, false) => StageState::Waiting,
                (_, None, true) => StageState::NotYet,
            };
            stages.push(Stage { stage, side, state, done, total, code });
        }
        let correcting = correct::is_pending(conn, id)?;
        let opened = held.state == BoxState::Opened && !correcting;
        stages.push(analysis(opened, running.as_ref()));
        let last = correct::of_box(conn, id)?.pop();
        let released = opened && last.is_some_and(|r| r.state == ReleaseState::Released);
        let state = match (opened, released) {
            (true, true) => StageState::Done,
            (true, false) => StageState::Waiting,
            _ => StageState::NotYet,
        };
        // A rehearsal has nothing to sign.
        if !id.period.is_rehearsal() {
            stages.push(Stage { stage: "draft", side: None, state, done: u64::from(released), total: 1, code: None });
        }
        let mut dead = 0;
        for side in [Side::Bench, Side::Bar] {
            dead += u64::from(said(conn, "death", side)?);
        }
        let asked = waiting.iter().any(|(_, kind, ..)| kind == "death");
        let state = match (dead, asked) {
            (2, _) => StageState::Done,
            (_, true) => StageState::Waiting,
            _ => StageState::NotYet,
        };
        stages.push(Stage { stage: "death", side: None, state, done: dead, total: 2, code: None });
        let away = [Side::Bench, Side::Bar].map(|side| site.agents.away.get(side).load(Ordering::Relaxed));
        let handed_over = [said(conn, "shares", Side::Bench)?, said(conn, "shares", Side::Bar)?];
        Ok::<_, Failure>(Room { state: held.state, stages, waiting, correcting, handed_over, away })
    })
}

fn analysis(opened: bool, running: Option<&Running>) -> Stage {
    let stage = |state, done, total, code| Stage { stage: "analysis", side: None, state, done, total, code };
    match running {
        _ if opened => stage(StageState::Done, 1, 1, None),
        Some(Running { ended: None, now: Some((_, done, total)) }) => stage(StageState::Running, *done, *total, None),
        Some(Running { ended: None, now: None }) => stage(StageState::Running, 0, 1, None),
        Some(Running { ended: Some(code), .. }) if !code.is_empty() => {
            stage(StageState::Failed, 0, 1, Some(code.clone()))
        }
        _ => stage(StageState::NotYet, 0, 1, None),
    }
}
