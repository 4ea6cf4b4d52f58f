//! This side's shuffle, and which list is to be opened.
//!
//! A box is shuffled once. A second list shuffled under the same key, with one item less, would show by the difference which
//! item became which.

use hengping_domain::digest::Digest;
use hengping_domain::ids::Side;
use hengping_domain::layer;
use hengping_domain::manifest::PerSide;
use hengping_domain::mix;
use hengping_domain::statement::{AgentRefusal, Said, Signed};

use super::work::cores;
use super::{Asking, Keep, Stop, approved, closed, settle};
use crate::agent::Agent;
use crate::error::AgentError;
use crate::rules;
use crate::store::boxes::Part;
use crate::store::{boxes, log, said};

/// Takes this side's layer off every item of the list that is expected, and sorts what is inside.
pub(super) fn mix(agent: &Agent, asking: &Asking<'_>, input: Digest, after: Option<&Signed>) -> Result<Signed, Stop> {
    let (id, side) = (asking.id(), agent.side());
    let piece = agent.working.begin(id, asking.kind)?;
    let look = agent.store.decide(|conn| {
        if let Some(before) = said::find(conn, asking.digest)? {
            return Ok(Err(before));
        }
        let found = closed(conn, id)?;
        if found.row.mixed.is_some() {
            return Err(Stop::Refused(AgentRefusal::ListMismatch));
        }
        let expected = log::closed_list(conn, id)?;
        let from_bench = match side {
            Side::Bench => None,
            Side::Bar => Some(rules::list::after_bench(&found.manifest, &expected, after, input)?),
        };
        let secrets = found.secrets(agent)?;
        approved(agent, conn, asking)?;
        boxes::own_file(conn, id, input, Part::Input)?;
        Ok(Ok((secrets, expected, from_bench)))
    })?;
    let (secrets, expected, from_bench) = match look {
        Ok(found) => found,
        Err(before) => return Ok(before),
    };
    let list = file(agent, input)?;
    let items = mix::read_list(&list, layer::len(side)).map_err(|_| AgentRefusal::ListMismatch)?;
    let fits = match from_bench {
        None => items.iter().map(|(hash, _)| hash).eq(&expected),
        Some(passed) => usize::try_from(passed) == Ok(items.len()),
    };
    if !fits {
        return Err(AgentRefusal::ListMismatch.into());
    }
    piece.of(items.len());
    drop(items);
    tracing::info!(box_id = %id, items = expected.len(), "shuffling");
    let mixed = mix::mix(id, side, &secrets.mix, &list, cores(), &|done| piece.done(done));
    let mixed = mixed.map_err(|_| AgentRefusal::ListMismatch)?;
    let (output, file) = agent.files.write([mixed.output.as_slice()].into_iter())?;
    let outcome = settle(agent, asking, Keep::Journal, |conn| {
        // Again: another process may have shuffled another list meanwhile.
        if closed(conn, id)?.row.mixed.is_some() {
            return Err(AgentRefusal::ListMismatch.into());
        }
        let mix::Mixed { taken, passed, refused, .. } = mixed;
        let said = Said::Mixed { input, taken, output, passed, refused };
        boxes::mixed(conn, id, &agent.sign(id, said.clone())?)?;
        // Here, so that no sweep finds the file before it belongs to the box.
        file.finish()?;
        boxes::own_file(conn, id, output, Part::Output)?;
        Ok(said)
    });
    tracing::info!(box_id = %id, "shuffled");
    outcome
}

/// A list by its digest.
pub(super) fn file(agent: &Agent, name: Digest) -> Result<Vec<u8>, Stop> {
    match agent.files.read(name) {
        Ok(list) => Ok(list),
        Err(AgentError::NoFile | AgentError::FileDigest) => Err(AgentRefusal::ListMismatch.into()),
        Err(error) => Err(error.into()),
    }
}

/// Agrees to the list that is opened; there is one for a box.
pub(super) fn list(agent: &Agent, asking: &Asking<'_>, mixed: &PerSide<Signed>, audited: bool) -> Result<Signed, Stop> {
    let id = asking.id();
    settle(agent, asking, Keep::Journal, |conn| {
        let found = closed(conn, id)?;
        let stamps = log::closed_list(conn, id)?.len();
        let own = found.row.mixed.as_ref();
        let (list, count) = rules::list::agree(&found.manifest, agent.side(), mixed, own, stamps, audited)?;
        let said = Said::Listed { list, count };
        let signed = agent.sign(id, said.clone())?;
        match &found.row.listed {
            None => boxes::listed(conn, id, &signed)?,
            Some(before) if *before == signed => {}
            Some(_) => return Err(AgentRefusal::ListMismatch.into()),
        }
        Ok(said)
    })
}
