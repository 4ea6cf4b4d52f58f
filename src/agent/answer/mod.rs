//! Each request answered: one transaction around its rule, and long work between two of them.
//!
//! A refusal is said and not remembered, because what was missing may come; every other answer is remembered under the
//! request, except those that can be made again from what is remembered (`enrolled`, `evaluated`), that are true for a moment
//! (`ledger`) or that count (`handed-over`). A request that the officers want to see first goes through its rule, so that
//! they are shown only what would be answered, and is then undone and laid aside.

mod begin;
mod counting;
mod extend;
mod log;
mod raters;
mod shuffle;
pub(crate) mod work;

use hengping_domain::digest::Digest;
use hengping_domain::document::DocumentError;
use hengping_domain::ids::BoxId;
use hengping_domain::manifest::Manifest;
use hengping_domain::request::{Asked, SignedRequest};
use hengping_domain::statement::{AgentRefusal, Said, Signed};

use crate::agent::{Agent, Answer};
use crate::config::AskedKind;
use crate::error::AgentError;
use crate::store::boxes::{BoxRow, BoxState};
use crate::store::{Connection, StoreError, asked, boxes, said};

/// Why a request gets no statement of its own kind.
pub(crate) enum Stop {
    Refused(AgentRefusal),
    /// The officers have to see it first.
    Ask,
    /// Work on it is under way.
    Later,
    Failed(AgentError),
}

impl From<AgentRefusal> for Stop {
    fn from(code: AgentRefusal) -> Self {
        Self::Refused(code)
    }
}

impl From<AgentError> for Stop {
    fn from(error: AgentError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<DocumentError> for Stop {
    fn from(error: DocumentError) -> Self {
        Self::Failed(error.into())
    }
}

/// How long an answer is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// It can be made again.
    Nothing,
    /// Under its request.
    Answer,
    /// In the journal too: it commits the side.
    Journal,
}

/// A request whose signature holds.
pub(crate) struct Asking<'a> {
    request: &'a SignedRequest,
    digest: Digest,
    kind: AskedKind,
}

impl Asking<'_> {
    const fn id(&self) -> &BoxId {
        &self.request.request.id
    }
}

/// Answers a request.
pub(crate) fn answer(agent: &Agent, request: &SignedRequest) -> Result<Answer, AgentError> {
    let id = &request.request.id;
    let digest = request.request.digest()?;
    let outcome = match request.verify_as(digest, &agent.pins.platform) {
        Ok(()) => decide(agent, &Asking { request, digest, kind: request.request.asked.kind() }),
        Err(_) => Err(AgentRefusal::RequestRefused.into()),
    };
    match outcome {
        Ok(signed) => Ok(Answer::Now(signed)),
        Err(Stop::Refused(code)) => agent.sign(id, Said::Refused { request: digest, code }).map(Answer::Now),
        Err(Stop::Ask) => {
            let today = agent.clock.today();
            agent.store.decide(|conn| asked::ask(conn, digest, today, request).map_err(AgentError::from))?;
            Ok(Answer::Later)
        }
        Err(Stop::Later) => Ok(Answer::Later),
        Err(Stop::Failed(error)) => Err(error),
    }
}

fn decide(agent: &Agent, asking: &Asking<'_>) -> Result<Signed, Stop> {
    match &asking.request.request.asked {
        Asked::Keys => begin::keys(agent, asking),
        Asked::Manifest { manifest, signatures } => begin::manifest(agent, asking, manifest, signatures),
        Asked::Extend { extension, signatures } => extend::extend(agent, asking, extension, signatures),
        Asked::Eligibility { number, entries } => begin::eligibility(agent, asking, *number, entries),
        Asked::Enrol { rater, request_key, mac } => raters::enrol(agent, asking, rater, request_key, mac),
        Asked::Tokens { request, signature, certificate } => {
            raters::tokens(agent, asking, request, signature, certificate)
        }
        Asked::Check { number, casts } => log::check(agent, asking, *number, casts),
        Asked::Cosign { size, root, leaves } => log::cosign(agent, asking, *size, *root, leaves),
        Asked::Close { size, root, stamps } => log::close(agent, asking, (*size, *root, *stamps)),
        Asked::Mix { input, after } => shuffle::mix(agent, asking, *input, after.as_deref()),
        Asked::List { mixed, audited } => shuffle::list(agent, asking, mixed, *audited),
        Asked::Shares { listed } => counting::shares(agent, asking, listed),
        Asked::Release { release, list } => counting::release(agent, asking, *release, *list),
        Asked::Ledger => counting::ledger(agent, asking),
        Asked::Death => counting::death(agent, asking),
    }
}

/// One transaction: what was said before, or what the rule says now.
fn settle(
    agent: &Agent,
    asking: &Asking<'_>,
    keep: Keep,
    rule: impl FnOnce(&mut Connection) -> Result<Said, Stop>,
) -> Result<Signed, Stop> {
    agent.store.decide(|conn| {
        if let Some(before) = said::find(conn, asking.digest)? {
            return Ok(before);
        }
        let said = rule(conn)?;
        approved(agent, conn, asking)?;
        let signed = agent.sign(asking.id(), said)?;
        if keep != Keep::Nothing {
            said::remember(conn, asking.digest, asking.id(), asking.kind, &signed)?;
        }
        if keep == Keep::Journal {
            said::enter(conn, agent.clock.today(), asking.digest, &signed)?;
        }
        asked::settle(conn, asking.digest)?;
        Ok(signed)
    })
}

/// Lays a request aside that the officers want to see and have not approved.
fn approved(agent: &Agent, conn: &mut Connection, asking: &Asking<'_>) -> Result<(), Stop> {
    let wanted = &agent.settings.approve;
    let audited = matches!(asking.request.request.asked, Asked::List { audited: true, .. }) && !wanted.is_empty();
    if (audited || wanted.contains(&asking.kind)) && !agent.is_approved(conn, asking.digest)? {
        return Err(Stop::Ask);
    }
    Ok(())
}

/// A box under an adopted manifest.
struct Adopted {
    row: BoxRow,
    manifest: Manifest,
}

/// The box, if it lives and its manifest is adopted.
fn adopted(conn: &mut Connection, id: &BoxId) -> Result<Adopted, Stop> {
    let row = boxes::find(conn, id)?.ok_or(AgentRefusal::UnknownBox)?;
    if matches!(row.state, BoxState::Dying | BoxState::Dead) {
        return Err(AgentRefusal::BoxDead.into());
    }
    let (_, manifest) = row.manifest.clone().ok_or(AgentRefusal::UnknownBox)?;
    Ok(Adopted { row, manifest })
}

/// The box, if it takes ballots.
fn open(conn: &mut Connection, id: &BoxId) -> Result<Adopted, Stop> {
    let found = adopted(conn, id)?;
    if found.row.state == BoxState::Adopted { Ok(found) } else { Err(AgentRefusal::BoxClosed.into()) }
}

/// The box, if it is closed.
fn closed(conn: &mut Connection, id: &BoxId) -> Result<Adopted, Stop> {
    let found = adopted(conn, id)?;
    if found.row.state == BoxState::Closed { Ok(found) } else { Err(AgentRefusal::BoxOpen.into()) }
}

impl Adopted {
    /// The box's secrets; the living have some.
    fn secrets(&self, agent: &Agent) -> Result<hengping_domain::keys::BoxSecrets, Stop> {
        let sealed = self.row.secrets.as_ref().ok_or(AgentRefusal::BoxDead)?;
        Ok(agent.open_secrets(&self.manifest.id, sealed)?)
    }
}

/// A length as the formats count; nothing here is longer.
fn small(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
