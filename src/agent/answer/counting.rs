//! From the agreed list to the end of the keys: shares, releases, counts, death.

use std::fs;
use std::path::Path;

use hengping_domain::digest::Digest;
use hengping_domain::envelope::{ENVELOPE_LEN, Envelope};
use hengping_domain::ids::BoxId;
use hengping_domain::keys::BoxSecrets;
use hengping_domain::manifest::PerSide;
use hengping_domain::statement::{AgentRefusal, Said, Signed};
use hengping_domain::token::TokenKind;
use hengping_domain::{opening, parallel};

use super::shuffle::unusable;
use super::work::{Piece, cores};
use super::{Asking, Keep, Stop, adopted, approved, closed, settle};
use crate::agent::Agent;
use crate::config::HandOver;
use crate::error::AgentError;
use crate::private;
use crate::rules;
use crate::store::boxes::Part;
use crate::store::{asked, boxes, log, marks, said};

/// Makes shares of the agreed list, again for the same list until death, and counts how often.
pub(super) fn shares(agent: &Agent, asking: &Asking<'_>, listed: &PerSide<Signed>) -> Result<Signed, Stop> {
    let (id, side) = (asking.id(), agent.side());
    let piece = agent.working.begin(id, asking.kind)?;
    let (secrets, list, count) = agent.store.decide(|conn| {
        let found = closed(conn, id)?;
        let own = found.row.listed.as_ref();
        let (list, count) = rules::list::agreed(&found.manifest, side, listed, own)?;
        let secrets = found.secrets(agent)?;
        approved(agent, conn, asking)?;
        boxes::own_file(conn, id, list, Part::Input)?;
        Ok::<_, Stop>((secrets, list, count))
    })?;
    let bytes = make_shares(agent, id, &secrets, (list, count as usize), &piece)?;
    let name = Digest::of(&[&bytes]);
    let file = match agent.settings.hand_over {
        HandOver::Network => Some(agent.files.write([bytes.as_slice()].into_iter())?.1),
        HandOver::Directory => {
            let dir = agent.hand_over_dir(id);
            private::directory(&dir)?;
            private::replace(&dir.join(format!("shares-{side}.bin")), &bytes)?;
            None
        }
    };
    agent.store.decide(|conn| {
        closed(conn, id)?;
        // Here, so that no sweep finds the file before it belongs to the box.
        if let Some(file) = file {
            file.finish()?;
        }
        let times = boxes::handed(conn, id)?;
        boxes::own_file(conn, id, name, Part::Shares)?;
        let signed = agent.sign(id, Said::HandedOver { list, shares: name, times })?;
        // Under no request: asked again it is another time. The journal holds each.
        said::enter(conn, agent.clock.today(), asking.digest, &signed)?;
        asked::settle(conn, asking.digest)?;
        Ok(signed)
    })
}

/// The issuer's secret and, of each envelope of the list, its hash and this side's share.
fn make_shares(
    agent: &Agent,
    id: &BoxId,
    secrets: &BoxSecrets,
    (list, count): (Digest, usize),
    piece: &Piece<'_>,
) -> Result<Vec<u8>, Stop> {
    piece.of(count);
    let mismatch = |_| Stop::from(AgentRefusal::ListMismatch);
    let mut bytes = secrets.issuer.0.to_vec();
    let (mut last, mut taken) = (None, 0);
    let read = agent.files.in_parts(list, ENVELOPE_LEN, |part| {
        let envelopes = opening::read_list(part).map_err(mismatch)?;
        // Ascending across parts too, without one twice.
        let first = envelopes.first().map(Envelope::hash);
        taken += envelopes.len();
        if last >= first || taken > count {
            return Err(AgentRefusal::ListMismatch.into());
        }
        last = envelopes.last().map(Envelope::hash);
        bytes.extend(parallel::in_parts(&envelopes, cores(), |_, part| {
            opening::write_shares(part, id, agent.side(), &secrets.opening, |_| piece.one_more())
        }));
        Ok(())
    });
    read.map_err(unusable)?;
    if taken == count { Ok(bytes) } else { Err(AgentRefusal::ListMismatch.into()) }
}

/// Agrees that a release is about the list that was opened.
pub(super) fn release(agent: &Agent, asking: &Asking<'_>, release: Digest, list: Digest) -> Result<Signed, Stop> {
    settle(agent, asking, Keep::Journal, |conn| {
        let found = closed(conn, asking.id())?;
        let agreed = found.row.listed.map(|signed| signed.statement.said);
        match agreed {
            Some(Said::Listed { list: agreed, .. }) if agreed == list => Ok(Said::Released { release, list }),
            _ => Err(AgentRefusal::ListMismatch.into()),
        }
    })
}

/// Counts what was answered and checked so far.
pub(super) fn ledger(agent: &Agent, asking: &Asking<'_>) -> Result<Signed, Stop> {
    let id = asking.id();
    settle(agent, asking, Keep::Nothing, |conn| {
        adopted(conn, id)?;
        let counts = marks::counts(conn, id)?;
        let of = |kind| counts.get(&kind).copied().unwrap_or(0);
        let (spent, refused) = log::totals(conn, id)?;
        let (stamps, slips, nyms) = (of(TokenKind::Stamp), of(TokenKind::Slip), of(TokenKind::Nym));
        Ok(Said::Ledger { stamps, slips, nyms, spent, refused })
    })
}

/// Publishes the issuer's key and deletes everything else that is secret or about a person.
pub(super) fn death(agent: &Agent, asking: &Asking<'_>) -> Result<Signed, Stop> {
    let id = asking.id();
    let signed = settle(agent, asking, Keep::Journal, |conn| {
        let found = closed(conn, id)?;
        let issuer = found.secrets(agent)?.issuer;
        boxes::bury(conn, id)?;
        Ok(Said::Dead { issuer })
    })?;
    agent.clear_the_dead()?;
    Ok(signed)
}

impl Agent {
    /// Removes the files of dead boxes and takes deleted rows off the disk; again after an interruption, until it is done.
    pub(crate) fn clear_the_dead(&self) -> Result<(), AgentError> {
        let dying = self.store.decide(|conn| boxes::dying(conn).map_err(AgentError::from))?;
        for id in &dying {
            for file in self.store.decide(|conn| boxes::files(conn, id).map_err(AgentError::from))? {
                self.files.remove(file)?;
            }
            remove_dir(&self.hand_over_dir(id))?;
            self.store.vacuum()?;
            self.store.decide(|conn| boxes::cleared(conn, id).map_err(AgentError::from))?;
        }
        // Lists that were handed in for a box and never used name none.
        if dying.is_empty() { Ok(()) } else { self.sweep() }
    }
}

fn remove_dir(dir: &Path) -> Result<(), AgentError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(private::failed(dir, &error)),
        _ => Ok(()),
    }
}
