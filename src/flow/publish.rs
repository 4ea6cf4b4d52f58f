//! Publishing: a side signs a draft's hash, and with the second signature the release is out and immutable.
//!
//! A signature counts only with the key that the box's manifest names for the side (R21), and neither is taken before the ratees
//! have been heard (R20) and both sides have noted what the fairness audit shows (R19).
//! Deliberately absent: changing a draft; a correction is another release.

use hengping_domain::digest::Digest;
use hengping_domain::document::{DocumentError, Signature};
use hengping_domain::ids::{AccountId, BoxId, Side};
use hengping_domain::release::ReleaseState;
use hengping_domain::request::{Asked, AskedKind};
use hengping_domain::statement::{Said, Signed};
use serde::Serialize;

use super::{Failure, Outcome, Refusal, Site, correct, courier, documents, fairness, periods, window};
use crate::store::audit::{self, Event};
use crate::store::{Connection, document, period, release, statement};

#[derive(Serialize)]
struct About {
    release: Digest,
}

/// Takes a side's signature over a draft; says where the release stands then.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::SignatureRefused`], [`Refusal::AlreadySigned`], [`Refusal::ReleaseCorrected`],
/// [`Refusal::ReplyOpen`] until the ratees' window is over and no objection waits for a side,
/// [`Refusal::FairnessOpen`] until both sides have noted what the fairness audit shows over a limit.
pub fn sign(site: &Site, hash: Digest, signature: &Signature, by: Option<&AccountId>) -> Outcome<ReleaseState> {
    let today = site.clock.today();
    site.store.decide("sign release", |conn| {
        let held = release::find(conn, hash)?;
        if correct::corrected_by(conn, &held)?.is_some() {
            return Err(Refusal::ReleaseCorrected.into());
        }
        window::heard(conn, &held, today)?;
        fairness::noted(conn, &held)?;
        let held_box = period::find_box(conn, &held.ballot_box)?;
        let manifest = periods::manifest(conn, &held_box)?;
        if manifest.keys(signature.side).signing != signature.key {
            return Err(DocumentError::BadSignature.into());
        }
        documents::take_signature(conn, hash, signature, today, by.map(AccountId::as_str))?;
        if document::signatures(conn, hash)?.len() < 2 {
            return Ok(ReleaseState::Draft);
        }
        release::set_released(conn, hash, today)?;
        tie(conn, site, &held.ballot_box, hash)?;
        let event = Event { event: "released", account: None, about: About { release: hash } };
        audit::append(conn, today, &event)?;
        Ok::<_, Failure>(ReleaseState::Released)
    })
}

/// Asks both agents to say that the release is about the list that they opened.
fn tie(conn: &mut Connection, site: &Site, id: &BoxId, release: Digest) -> Outcome<()> {
    if let Some(Signed { statement, .. }) = statement::said(conn, id, AskedKind::List, Side::Bar)?
        && let Said::Listed { list, .. } = statement.said
    {
        courier::ask_both(conn, site, id, &Asked::Release { release, list })?;
    }
    Ok(())
}
