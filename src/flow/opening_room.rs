//! What the opening room shows: the state of both locks, the stages with their progress, and what is missing from whom.
//!
//! Everything is read from what the agents said and from the opening that runs, if one does. Deliberately absent: doing
//! anything; `crate::opening` goes on, and this only watches it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use hengping_domain::ids::{BoxId, Side};
use hengping_domain::release::ReleaseState;
use hengping_domain::request::AskedKind;

use super::unseal::{self, Missing};
use super::{Failure, Outcome, Site, correct};
use crate::store::period::{self, BoxState};
use crate::store::{Connection, StoreError, statement};

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
    /// The stage it is in, or was in when it stopped, with what is done of it.
    pub now: Option<(String, u64, u64)>,
    /// Whether it has stopped, and the code where that was a failure.
    pub ended: Option<Option<String>>,
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

    /// Notes where the one of a box stands.
    pub fn note(&self, id: &BoxId, now: (String, u64, u64)) {
        if let Ok(mut all) = self.0.lock() {
            all.insert(id.clone(), Running { now: Some(now), ended: None });
        }
    }

    /// Notes that it has stopped: for somebody else to act, at its end, or with the code of a failure.
    pub fn end(&self, id: &BoxId, code: Option<String>) {
        if let Ok(mut all) = self.0.lock() {
            all.entry(id.clone()).or_default().ended = Some(code);
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
    /// Both sides' requests that are unanswered or refused.
    pub waiting: Vec<Missing>,
    /// Whether a correction in force waits for the box to be computed again.
    pub correcting: bool,
    /// Whether each side, bench first, has handed over its shares.
    pub handed_over: [bool; 2],
    /// Whether each side's agent could not be reached lately.
    pub away: [bool; 2],
}

impl Room {
    fn is_done(&self, name: &str) -> bool {
        self.stages.iter().any(|stage| stage.stage == name && stage.state == StageState::Done)
    }

    /// Whether both sides agreed to the list that is opened.
    #[must_use]
    pub fn listed(&self) -> bool {
        self.is_done("list")
    }

    /// Whether the keys are dead on both sides.
    #[must_use]
    pub fn dead(&self) -> bool {
        self.is_done("death")
    }
}

/// The stages that are the agents', with the kind of request and, where it is one side's, whose.
const ASKED: [(&str, AskedKind, Option<Side>); 5] = [
    ("close", AskedKind::Close, None),
    ("mix-bench", AskedKind::Mix, Some(Side::Bench)),
    ("mix-bar", AskedKind::Mix, Some(Side::Bar)),
    ("list", AskedKind::List, None),
    ("shares", AskedKind::Shares, None),
];

/// Looks into the room of a box.
///
/// # Errors
/// [`super::Refusal::NotFound`].
pub fn look(site: &Site, id: &BoxId) -> Outcome<Room> {
    let running = site.openings.of(id);
    site.store.look("opening room", |conn| {
        let state = period::find_box(conn, id)?.state;
        let waiting = unseal::all_missing(conn, id)?;
        let mut stages = Vec::new();
        for (stage, kind, side) in ASKED {
            stages.push(asked(conn, id, &waiting, (stage, kind, side))?);
        }
        let correcting = correct::is_pending(conn, id)?;
        let opened = state == BoxState::Opened && !correcting;
        let (analysed, total) = (u64::from(opened), 1);
        let analysis = if opened { StageState::Done } else { StageState::NotYet };
        stages.push(Stage { stage: "analysis", side: None, state: analysis, done: analysed, total, code: None });
        let last = correct::of_box(conn, id)?.pop();
        let released = opened && last.is_some_and(|r| r.state == ReleaseState::Released);
        let draft = match (opened, released) {
            (true, true) => StageState::Done,
            (true, false) => StageState::Waiting,
            _ => StageState::NotYet,
        };
        // A rehearsal has nothing to sign.
        if !id.period.is_rehearsal() {
            stages.push(Stage {
                stage: "draft",
                side: None,
                state: draft,
                done: u64::from(released),
                total,
                code: None,
            });
        }
        stages.push(asked(conn, id, &waiting, ("death", AskedKind::Death, None))?);
        if let Some(running) = &running {
            show(&mut stages, running);
        }
        let away = [Side::Bench, Side::Bar].map(|side| site.agents.away.get(side).load(Ordering::Relaxed));
        let handed_over =
            [said(conn, id, AskedKind::Shares, Side::Bench)?, said(conn, id, AskedKind::Shares, Side::Bar)?];
        Ok::<_, Failure>(Room { state, stages, waiting, correcting, handed_over, away })
    })
}

fn said(conn: &mut Connection, id: &BoxId, kind: AskedKind, side: Side) -> Result<bool, StoreError> {
    Ok(statement::said(conn, id, kind, side)?.is_some())
}

/// A stage that is over once the agents it is asked of have answered.
fn asked(
    conn: &mut Connection,
    id: &BoxId,
    waiting: &[Missing],
    (stage, kind, side): (&'static str, AskedKind, Option<Side>),
) -> Result<Stage, StoreError> {
    let sides = side.map_or(vec![Side::Bench, Side::Bar], |side| vec![side]);
    let (mut done, total) = (0, sides.len() as u64);
    for &side in &sides {
        done += u64::from(said(conn, id, kind, side)?);
    }
    let open: Vec<_> = waiting.iter().filter(|one| one.kind == kind.as_str() && sides.contains(&one.side)).collect();
    let code = open.iter().find_map(|one| one.code).filter(|_| done < total).map(str::to_owned);
    let state = match (done == total, &code, open.is_empty()) {
        (true, ..) => StageState::Done,
        (_, Some(_), _) => StageState::Failed,
        (_, None, false) => StageState::Waiting,
        (_, None, true) => StageState::NotYet,
    };
    Ok(Stage { stage, side, state, done, total, code })
}

/// What the opening on this machine is at, or how it stopped. What is over or refused stays so.
fn show(stages: &mut [Stage], Running { now, ended }: &Running) {
    let (name, done, total) = match now {
        Some((name, done, total)) => (name.as_str(), *done, *total),
        None => ("mix-bench", 0, 1),
    };
    // The analysis has stages of its own.
    let name = if ASKED.iter().any(|(stage, ..)| *stage == name) { name } else { "analysis" };
    let Some(stage) = stages.iter_mut().find(|stage| stage.stage == name) else { return };
    if matches!(stage.state, StageState::Done | StageState::Failed) {
        return;
    }
    match ended {
        None => {
            stage.state = StageState::Running;
            if name == "analysis" {
                (stage.done, stage.total) = (done, total);
            }
        }
        Some(Some(code)) => (stage.state, stage.code) = (StageState::Failed, Some(code.clone())),
        Some(None) => {}
    }
}
