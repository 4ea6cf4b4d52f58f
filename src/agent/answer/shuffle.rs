//! This side's shuffle, and which list is to be opened.
//!
//! A box is shuffled once. A second list shuffled under the same key, with one item less, would show by the difference which
//! item became which.

use hengping_domain::digest::Digest;
use hengping_domain::ids::Side;
use hengping_domain::layer;
use hengping_domain::manifest::PerSide;
use hengping_domain::mix::{self, Mixing};
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
    let total = from_bench.map_or(expected.len(), |passed| passed as usize);
    piece.of(total);
    tracing::info!(box_id = %id, items = total, "shuffling");
    let mismatch = || Stop::from(AgentRefusal::ListMismatch);
    let mut mixing = Mixing::new(id, side, &secrets.mix, cores());
    let mut at = 0;
    let read = agent.files.in_parts(input, layer::len(side), |part| {
        let items = mix::read_list(part, layer::len(side)).map_err(|_| mismatch())?;
        let end = at + items.len();
        let fits = match from_bench {
            None => expected.get(at..end).is_some_and(|known| items.iter().map(|(hash, _)| hash).eq(known)),
            Some(_) => end <= total,
        };
        at = end;
        if !fits {
            return Err(mismatch());
        }
        mixing.part(&items, &|done| piece.done(done)).map_err(|_| mismatch())
    });
    read.map_err(unusable)?;
    if at != total {
        return Err(mismatch());
    }
    let mixed = mixing.end();
    let (output, file) = agent.files.write(mixed.output.iter().map(Vec::as_slice))?;
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

/// What came of reading a list: one that is not there or not the one of its name is not the list that was meant.
pub(super) fn unusable(stop: Stop) -> Stop {
    match stop {
        Stop::Failed(AgentError::NoFile | AgentError::FileDigest) => AgentRefusal::ListMismatch.into(),
        other => other,
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
