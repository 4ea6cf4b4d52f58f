//! Carrying requests to both sides' agents and hearing what they say; what an answer changes, another step decides.
//!
//! A request is kept until it is answered, so an agent may be away for a day; asked again, it says the same. An answer counts
//! only with the agent key its side enrolled. Deliberately absent: how a request travels, which a [`Carrier`] knows.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ed25519_dalek::SigningKey;
use hengping_domain::digest::Digest;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::log;
use hengping_domain::manifest::{PerSide, RelayKeys};
use hengping_domain::request::{Asked, Presented, Request, SignedRequest};
use hengping_domain::statement::{AgentRefusal, Said, Signed};

use super::{Failure, Outcome, Site, batch, death, documents, enrol};
use crate::store::agent_request::{self, Waiting};
use crate::store::{Connection, statement};

/// The agent cannot be reached now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the agent of {0} cannot be reached: {1}")]
pub struct Unreachable(pub Side, pub String);

/// A way to both agents.
pub trait Carrier: Send + Sync {
    /// Asks; `None` when the agent's officers have to approve first.
    ///
    /// # Errors
    /// [`Unreachable`]; the request stays and is carried again.
    fn ask(&self, side: Side, request: &SignedRequest) -> Result<Option<Signed>, Unreachable>;

    /// Hands over a file that requests name by its digest.
    ///
    /// # Errors
    /// [`Unreachable`].
    fn put_file(&self, side: Side, digest: Digest, from: &Path) -> Result<(), Unreachable>;

    /// Fetches a file that a statement names.
    ///
    /// # Errors
    /// [`Unreachable`], also when the agent does not give it over the network.
    fn get_file(&self, side: Side, digest: Digest, to: &Path) -> Result<(), Unreachable>;
}

/// What the platform needs to speak with both agents.
#[derive(Clone)]
pub struct Agents {
    /// Signs requests; its public half is in every manifest.
    pub key: SigningKey,
    /// The relay that manifests name.
    pub relay: RelayKeys,
    /// Hash of the pages that seal.
    pub front_end: Digest,
    /// The way.
    pub carrier: Arc<dyn Carrier>,
    /// Which side's agent could not be reached when something was last carried to it.
    pub away: Arc<PerSide<AtomicBool>>,
}

/// A request about a box, signed.
///
/// # Errors
/// A fault when it has no canonical form.
pub fn signed(site: &Site, id: &BoxId, asked: Asked) -> Outcome<(Digest, SignedRequest)> {
    let request = Request::new(id.clone(), asked);
    let digest = request.digest()?;
    Ok((digest, request.sign(&site.agents.key)?))
}

/// Puts a request to one side's agent on its way; returns its name.
///
/// # Errors
/// Busy or a fault.
pub fn ask(conn: &mut Connection, site: &Site, id: &BoxId, side: Side, asked: Asked) -> Outcome<Digest> {
    let (digest, request) = signed(site, id, asked)?;
    if statement::find(conn, digest, side)?.is_none() {
        let kind = request.request.asked.kind();
        agent_request::put(conn, &Waiting { digest, side, ballot_box: id.clone(), kind, request })?;
    }
    Ok(digest)
}

/// The same to both agents.
///
/// # Errors
/// Busy or a fault.
pub fn ask_both(conn: &mut Connection, site: &Site, id: &BoxId, asked: &Asked) -> Outcome<Digest> {
    ask(conn, site, id, Side::Bench, asked.clone())?;
    ask(conn, site, id, Side::Bar, asked.clone())
}

/// What both sides said to a request, once both have.
///
/// # Errors
/// Busy or a fault.
pub fn both(conn: &mut Connection, request: Digest) -> Outcome<Option<PerSide<Signed>>> {
    let PerSide { bench, bar } = PerSide::try_of(|side| statement::find(conn, request, side))?;
    Ok(bench.zip(bar).map(|(bench, bar)| PerSide { bench, bar }))
}

/// In which order requests are carried: an agent cannot agree to a list of a box whose manifest it does not know.
pub(super) const fn rank(asked: &Asked) -> (u32, u32) {
    match asked {
        Asked::Keys => (0, 0),
        Asked::Manifest { .. } => (1, 0),
        Asked::Eligibility { number, .. } => (2, *number),
        Asked::Enrol { .. } => (3, 0),
        Asked::Tokens { .. } => (4, 0),
        Asked::Check { number, .. } => (5, *number),
        Asked::Cosign { size, .. } => (6, *size),
        // After what the box holds already, so that officers who think about it hold up the close alone.
        Asked::Extend { .. } => (6, u32::MAX),
        Asked::Close { .. } => (7, 0),
        Asked::Ledger => (8, 0),
        Asked::Mix { .. } => (9, 0),
        Asked::List { .. } => (10, 0),
        Asked::Shares { .. } => (11, 0),
        Asked::Release { .. } => (12, 0),
        Asked::Death => (13, 0),
    }
}

/// Whether something said answers something asked.
fn answers(asked: &Asked, said: &Said, digest: Digest) -> bool {
    match (asked, said) {
        (_, Said::Refused { request, .. }) => *request == digest,
        (Asked::Keys, Said::Keys(_))
        | (Asked::List { .. }, Said::Listed { .. })
        | (Asked::Shares { .. }, Said::HandedOver { .. })
        | (Asked::Ledger, Said::Ledger { .. })
        | (Asked::Death, Said::Dead { .. }) => true,
        (Asked::Manifest { manifest, .. }, Said::Adopted { manifest: hash }) => manifest.hash().as_ref() == Ok(hash),
        (Asked::Extend { extension, .. }, Said::Extended { extension: hash, cast_until }) => {
            extension.hash().as_ref() == Ok(hash) && extension.cast_until == *cast_until
        }
        (Asked::Eligibility { number, entries }, Said::Eligibility { number: n, count, .. }) => {
            number == n && entries.len() == *count as usize
        }
        (Asked::Enrol { rater, request_key, .. }, Said::Enrolled { rater: r, request_key: k }) => {
            rater == r && request_key == k
        }
        (Asked::Tokens { request, .. }, Said::Evaluated { request: d, .. }) => request.digest() == Ok(*d),
        (Asked::Check { number, casts }, Said::Checked { number: n, batch, accepted, refused }) => {
            // What a side refuses is taken out of the box's way, so it has to be of this batch.
            let leaves: BTreeSet<_> = casts.iter().map(Presented::leaf).collect();
            let of_batch = refused.is_sorted_by(|one, next| one < next) && refused.iter().all(|r| leaves.contains(r));
            (number, *batch) == (n, log::batch(&leaves))
                && of_batch
                && casts.len() == *accepted as usize + refused.len()
        }
        (Asked::Cosign { size, root, .. }, Said::Cosigned { size: s, root: r, .. })
        | (Asked::Close { size, root, .. }, Said::Closed { size: s, root: r, .. }) => size == s && root == r,
        (Asked::Mix { input, .. }, Said::Mixed { input: i, taken, passed, refused, .. }) => {
            input == i && *taken as usize == *passed as usize + refused.len()
        }
        (Asked::Release { release, list }, Said::Released { release: r, list: l }) => release == r && list == l,
        _ => false,
    }
}

/// Takes an answer to a request that is on its way.
///
/// # Errors
/// [`super::Refusal::SignatureRefused`] when it is not the agent's, or answers something else.
pub fn hear(site: &Site, waiting: &Waiting, signed: &Signed) -> Outcome<()> {
    let today = site.clock.today();
    let Waiting { digest, side, ballot_box: id, kind, request } = waiting;
    let asked = &request.request.asked;
    site.store.decide("hear an agent", |conn| {
        let key = documents::keys(conn, *side)?.agent;
        let said = signed.said(id, *side, &key)?;
        if !answers(asked, said, *digest) {
            return Err(super::Refusal::SignatureRefused.into());
        }
        match (asked, said) {
            (Asked::Enrol { rater, request_key, .. }, said) => {
                enrol::settle(conn, id, rater, request_key, said, signed)?;
                agent_request::forget(conn, *digest, *side)?;
            }
            // For the rater to fetch; or for an operator to see.
            (Asked::Tokens { .. }, _) | (_, Said::Refused { .. }) => {
                agent_request::answer(conn, *digest, *side, signed)?;
            }
            _ => {
                statement::put(conn, id, *kind, *digest, signed, today)?;
                agent_request::forget(conn, *digest, *side)?;
                if matches!(asked, Asked::Close { .. }) && both(conn, *digest)?.is_some() {
                    ask_both(conn, site, id, &Asked::Ledger)?;
                }
                if matches!(asked, Asked::Death) && both(conn, *digest)?.is_some() {
                    death::end(conn, id, today)?;
                }
                batch::advance(conn, site, id)?;
            }
        }
        Ok::<_, Failure>(())
    })
}

/// What carrying did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Requests answered.
    pub answered: u32,
    /// Requests that wait for an agent's officers.
    pub later: u32,
    /// Agents that cannot be reached.
    pub unreachable: Vec<Side>,
}

/// Carries everything that is on its way to both agents, and what their answers lead to, until nothing moves. What an agent has
/// refused is asked once more, in its place before what came after it: the reason may be gone.
///
/// # Errors
/// Busy or a fault; what was heard before stays heard.
pub fn deliver(site: &Site) -> Outcome<Delivered> {
    let mut done = Delivered::default();
    let mut first = true;
    loop {
        let before = done.answered;
        done.later = 0;
        for &side in Side::ALL {
            if done.unreachable.contains(&side) {
                continue;
            }
            let mut waiting = site.store.read("requests on their way", |conn| {
                let again = if first { agent_request::refused(conn, side)? } else { Vec::new() };
                Ok([agent_request::unanswered(conn, side)?, again].concat())
            })?;
            waiting.sort_by_key(|waiting| rank(&waiting.request.request.asked));
            // What an agent's officers have to look at first holds up what comes after it in the same box.
            let mut held_up: Vec<BoxId> = Vec::new();
            for waiting in waiting {
                if held_up.contains(&waiting.ballot_box) {
                    done.later += 1;
                    continue;
                }
                match site.agents.carrier.ask(side, &waiting.request) {
                    Ok(Some(signed)) => {
                        site.agents.away.get(side).store(false, Ordering::Relaxed);
                        hear(site, &waiting, &signed)?;
                        done.answered += 1;
                    }
                    Ok(None) => {
                        done.later += 1;
                        held_up.push(waiting.ballot_box);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "requests wait");
                        site.agents.away.get(side).store(true, Ordering::Relaxed);
                        done.unreachable.push(side);
                        break;
                    }
                }
            }
        }
        if done.answered == before {
            if done.answered > 0 {
                site.store.sweep();
            }
            return Ok(done);
        }
        first = false;
    }
}

/// Carries what waits every so often until it is dropped.
pub struct Carrying {
    stop: Option<std::sync::mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Carrying {
    /// Starts carrying; with no seconds in the configuration nothing is carried by itself.
    #[must_use]
    pub fn start(site: &Site) -> Self {
        let every = std::time::Duration::from_secs(site.config.agents.every_seconds);
        let (stop, stopped) = std::sync::mpsc::channel();
        let site = site.clone();
        let work = move || {
            while stopped.recv_timeout(every) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                // A fault is in the log already; the next round tries again.
                let _ = deliver(&site);
            }
        };
        let thread = (!every.is_zero()).then(|| std::thread::spawn(work));
        Self { stop: Some(stop), thread }
    }
}

impl Drop for Carrying {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What an agent last refused about a box, if it did: kind, side, code.
///
/// # Errors
/// Busy or a fault.
pub fn refusal_of(conn: &mut Connection, digest: Digest, side: Side) -> Outcome<Option<AgentRefusal>> {
    Ok(match agent_request::answered(conn, digest, side)?.map(|signed| signed.statement.said) {
        Some(Said::Refused { code, .. }) => Some(code),
        _ => None,
    })
}
