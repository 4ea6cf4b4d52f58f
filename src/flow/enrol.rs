//! Enrolling a rater's device with the rater's own association, through the platform and past it.
//!
//! The platform passes on a public key and a MAC that only the code's owner can make, and keeps the certificate that comes
//! back. Deliberately absent: codes.

use hengping_domain::digest::Bytes32;
use hengping_domain::ids::{BoxId, PersonId};
use hengping_domain::request::Asked;
use hengping_domain::statement::{Said, Signed};

use super::{Failure, Outcome, Refusal, Site, courier, periods};
use crate::store::enrolment::{self, Enrolment};
use crate::store::{Connection, StoreError, agent_request, period, person};

/// How a rater's enrolment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No device of this rater has been enrolled.
    Needed,
    /// The own side's agent has not answered yet.
    Waiting,
    /// Recognised.
    Enrolled(Box<Signed>),
    /// Not recognised, with the agent's code.
    Refused(String),
}

/// How the enrolment of a rater stands.
///
/// # Errors
/// [`StoreError`].
pub fn standing(conn: &mut Connection, id: &BoxId, rater: &PersonId) -> Result<Standing, StoreError> {
    Ok(match enrolment::find(conn, id, rater)? {
        None => Standing::Needed,
        Some(Enrolment { certificate: Some(signed), .. }) => Standing::Enrolled(Box::new(signed)),
        Some(Enrolment { refused: Some(code), .. }) => Standing::Refused(code),
        Some(_) => Standing::Waiting,
    })
}

/// Passes a device's request key on to the rater's own side; the same again only asks how it stands. A device whose key was
/// refused hears that, also where another one's certificate stands.
///
/// # Errors
/// [`Refusal::NotFound`] for a box that is not the rater's, [`Refusal::BoxState`] for one that takes nothing more.
pub fn enrol(site: &Site, rater: &PersonId, id: &BoxId, request_key: Bytes32, mac: Bytes32) -> Outcome<Standing> {
    let today = site.clock.today();
    let side = id.direction.rater_side();
    let asked = site.store.decide("enrol device", |conn| {
        let me = person::find(conn, rater)?;
        let held = period::find_box(conn, id)?;
        if me.side != side {
            return Err(Refusal::NotFound.into());
        }
        if !periods::takes_ballots(conn, &held, today)? {
            return Err(Refusal::BoxState.into());
        }
        let before = enrolment::find(conn, id, rater)?;
        if before.as_ref().and_then(|e| e.certificate.as_ref()).is_some_and(|held| names(held, &request_key)) {
            return Ok(None);
        }
        let same = before.as_ref().is_some_and(|e| e.request_key == request_key && e.mac == mac && e.refused.is_none());
        if !same {
            // A certificate stands until the agent has recognised another key, which it does only after a reset.
            let keep = before.and_then(|e| e.certificate);
            enrolment::put(conn, id, rater, &Enrolment { request_key, mac, certificate: keep, refused: None })?;
        }
        let asked = Asked::Enrol { rater: me.number, request_key, mac };
        Ok::<_, Failure>(Some(courier::ask(conn, site, id, side, asked)?))
    })?;
    if let Some(digest) = asked {
        let waiting = site.store.read("enrolment on its way", |conn| agent_request::find(conn, digest, side));
        if let Ok(waiting) = waiting
            && let Ok(Some(signed)) = site.agents.carrier.ask(side, &waiting.request)
        {
            courier::hear(site, &waiting, &signed)?;
        }
    }
    Ok(site.store.read("enrolment", |conn| match enrolment::find(conn, id, rater)? {
        Some(Enrolment { request_key: held, refused: Some(code), .. }) if held == request_key => {
            Ok(Standing::Refused(code))
        }
        _ => standing(conn, id, rater),
    })?)
}

/// Whether a certificate is for this key.
fn names(certificate: &Signed, key: &Bytes32) -> bool {
    matches!(&certificate.statement.said, Said::Enrolled { request_key, .. } if request_key == key)
}

/// Keeps what the agent said.
///
/// # Errors
/// [`StoreError`]; an answer to a key that the device has replaced meanwhile is dropped.
pub fn settle(
    conn: &mut Connection,
    id: &BoxId,
    rater: &str,
    request_key: &Bytes32,
    said: &Said,
    signed: &Signed,
) -> Result<(), StoreError> {
    let rater = person::by_number(conn, rater)?.id;
    let outcome = match said {
        Said::Refused { code, .. } => Err(code.as_str()),
        _ => Ok(signed),
    };
    match enrolment::settle(conn, id, &rater, request_key, outcome) {
        Err(StoreError::Stale) => Ok(()),
        other => other,
    }
}
