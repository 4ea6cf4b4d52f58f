//! How a box begins: keys, manifest, lists of who may rate whom.

use hengping_domain::document::Signature;
use hengping_domain::eligible::{self, Entry};
use hengping_domain::keys::BoxSecrets;
use hengping_domain::manifest::Manifest;
use hengping_domain::statement::{AgentRefusal, Said, Signed};
use hengping_ports::random;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::{Asking, Keep, Stop, open, settle, small};
use crate::agent::Agent;
use crate::error::AgentError;
use crate::rules;
use crate::store::boxes::BoxState;
use crate::store::{boxes, eligible as lists, members};

/// The box's public keys; they are made at the first asking.
pub(super) fn keys(agent: &Agent, asking: &Asking<'_>) -> Result<Signed, Stop> {
    let id = asking.id();
    settle(agent, asking, Keep::Journal, |conn| {
        let there = boxes::find(conn, id)?;
        let secrets = match there {
            Some(row) => agent.open_secrets(id, &row.secrets.ok_or(AgentRefusal::BoxDead)?)?,
            None => {
                let seed = random(&*agent.entropy).map_err(AgentError::from)?;
                let secrets = BoxSecrets::generate(&mut ChaCha20Rng::from_seed(seed)).map_err(AgentError::from)?;
                boxes::add(conn, id, &agent.seal_secrets(id, &secrets)?)?;
                secrets
            }
        };
        Ok(Said::Keys(secrets.publics().map_err(AgentError::from)?))
    })
}

/// Adopts a manifest; there is one for a box.
pub(super) fn manifest(
    agent: &Agent,
    asking: &Asking<'_>,
    manifest: &Manifest,
    signatures: &[Signature],
) -> Result<Signed, Stop> {
    let id = asking.id();
    settle(agent, asking, Keep::Journal, |conn| {
        let row = boxes::find(conn, id)?.ok_or(AgentRefusal::UnknownBox)?;
        let secrets = agent.open_secrets(id, &row.secrets.ok_or(AgentRefusal::BoxDead)?)?;
        let own = secrets.publics().map_err(AgentError::from)?;
        let hash = rules::manifest::adopt(id, agent.side(), manifest, signatures, &agent.pins, &own)?;
        match row.manifest {
            None if row.state == BoxState::Keyed => boxes::adopt(conn, id, hash, manifest)?,
            // The same one with its signatures in another order.
            Some((adopted, _)) if adopted == hash => {}
            _ => return Err(AgentRefusal::ForeignManifest.into()),
        }
        Ok(Said::Adopted { manifest: hash })
    })
}

/// Agrees to a list of who may rate whom.
pub(super) fn eligibility(agent: &Agent, asking: &Asking<'_>, number: u32, entries: &[Entry]) -> Result<Signed, Stop> {
    let (id, side) = (asking.id(), agent.side());
    settle(agent, asking, Keep::Journal, |conn| {
        let found = open(conn, id)?;
        let before = lists::all(conn, id)?;
        let members = members::known(conn, &entries.iter().map(|entry| entry.rater.as_str()).collect())?;
        let known = rules::eligibility::Known { lists: found.row.lists, entries: &before, members: &members };
        rules::eligibility::agree(id, side, number, entries, &known)?;
        lists::add(conn, id, number, entries)?;
        boxes::count_list(conn, id, number)?;
        let root = eligible::root(before.iter().chain(entries))?;
        let total = small(before.len() + entries.len());
        Ok(Said::Eligibility { number, root, count: small(entries.len()), total })
    })
}
