//! From a batch to the closed log: stamps checked, the log cosigned, the end of casting.

use hengping_domain::checkpoint::Checkpoint;
use hengping_domain::digest::Digest;
use hengping_domain::parallel;
use hengping_domain::request::Presented;
use hengping_domain::statement::{AgentRefusal, Said, Signed};
use hengping_domain::token::StampInfo;

use super::work::cores;
use super::{Asking, Keep, Stop, open, settle, small};
use crate::agent::Agent;
use crate::error::AgentError;
use crate::rules;
use crate::store::{boxes, log, said};

/// Checks the stamps of a batch with this side's key and marks the good ones as spent.
pub(super) fn check(agent: &Agent, asking: &Asking<'_>, number: u32, casts: &[Presented]) -> Result<Signed, Stop> {
    let (id, side) = (asking.id(), agent.side());
    let look = agent.store.decide(|conn| {
        if let Some(before) = said::find(conn, asking.digest)? {
            return Ok(Err(before));
        }
        let found = open(conn, id)?;
        if number != found.row.batches.saturating_add(1) {
            return Err(Stop::Refused(AgentRefusal::ListNumber));
        }
        found.secrets(agent).map(Ok)
    })?;
    let secrets = match look {
        Ok(secrets) => secrets,
        Err(before) => return Ok(before),
    };
    if !rules::check::is_sound(casts) {
        return Err(AgentRefusal::ListMalformed.into());
    }
    let issuer = secrets.issuer_key().map_err(AgentError::from)?;
    let info = StampInfo(id).to_string();
    let holds = |cast: &Presented| cast.is_signed(id) && cast.stamp.holds_for(side, &issuer, &info);
    let good = parallel::each(casts, cores(), |_, cast| holds(cast));
    let leaves: Vec<_> = casts.iter().map(Presented::leaf).collect();
    settle(agent, asking, Keep::Answer, |conn| {
        let found = open(conn, id)?;
        if number != found.row.batches.saturating_add(1) {
            return Err(AgentRefusal::ListNumber.into());
        }
        let highest = log::highest(conn, id, &casts.iter().map(|cast| cast.stamp.nonce).collect())?;
        let spent = log::batches(conn, id, &leaves)?;
        let sorted = rules::check::sort_out(casts, &good, highest, &spent);
        // In the order of the leaves, so that nothing of another order is left in the file.
        let mut accepted = sorted.accepted;
        accepted.sort_by_key(|cast| cast.leaf());
        log::spend(conn, id, number, &accepted)?;
        log::refuse(conn, id, &sorted.refused)?;
        boxes::count_batch(conn, id, number)?;
        let batch = hengping_domain::log::batch(&leaves);
        Ok(Said::Checked { number, batch, accepted: small(accepted.len()), refused: sorted.refused })
    })
}

/// Cosigns the log with new leaves, if it continues the one that this agent knows.
pub(super) fn cosign(
    agent: &Agent,
    asking: &Asking<'_>,
    size: u32,
    root: Digest,
    leaves: &[Digest],
) -> Result<Signed, Stop> {
    let id = asking.id();
    settle(agent, asking, Keep::Journal, |conn| {
        open(conn, id)?;
        let known = log::leaves(conn, id)?;
        let batches = log::batches(conn, id, leaves)?;
        rules::log::append(&known, leaves, &batches, size, root)?;
        log::append(conn, id, known.len(), leaves)?;
        let note = Checkpoint { id: id.clone(), size, root }.sign(&agent.unlocked.key);
        Ok(Said::Cosigned { size, root, note })
    })
}

/// Takes nothing more, if the log ends as it was cosigned.
pub(super) fn close(agent: &Agent, asking: &Asking<'_>, end: (u32, Digest, u32)) -> Result<Signed, Stop> {
    let id = asking.id();
    settle(agent, asking, Keep::Journal, |conn| {
        open(conn, id)?;
        let known = log::leaves(conn, id)?;
        let distinct = log::closed_list(conn, id)?.len();
        rules::log::close(&known, distinct, end)?;
        boxes::close(conn, id)?;
        let (size, root, stamps) = end;
        Ok(Said::Closed { size, root, stamps })
    })
}
