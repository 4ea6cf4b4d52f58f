//! What anybody may know of a box: its manifest, how many were invited, issued and sealed, and what the opening counted.
//!
//! Deliberately absent: rows of any kind; the published lists hold hashes only.

use hengping_domain::digest::Digest;
use hengping_domain::ids::BoxId;
use hengping_domain::invitation::InvitationState;
use hengping_domain::opening::Counts;

use super::documents::{self, OnRecord};
use super::{Outcome, Site};
use crate::store::period::{self, BallotBox};
use crate::store::{ballot_box, invitation};

/// A box with its counts.
#[derive(Debug, Clone)]
pub struct BoxView {
    /// The box.
    pub held: BallotBox,
    /// Its manifest with signatures.
    pub manifest: OnRecord,
    /// Invitations below the cap.
    pub invited: u32,
    /// Invitations whose tokens are listed.
    pub issued: u32,
    /// Distinct stamps sealed.
    pub sealed: u32,
}

/// One box.
///
/// # Errors
/// [`super::Refusal::NotFound`].
pub fn find(site: &Site, id: &BoxId) -> Outcome<BoxView> {
    Ok(site.store.read("box", |conn| {
        let held = period::find_box(conn, id)?;
        let manifest = documents::find(conn, held.manifest)?;
        let capped = invitation::count(conn, id, InvitationState::Capped)?;
        let all = invitation::count_all(conn, id)?;
        let (sealed, issued) = ballot_box::stamps(conn, id)?;
        Ok(BoxView { held, manifest, invited: all - capped, issued, sealed })
    })?)
}

/// Counts of the opening and the counted list; none and empty before.
///
/// # Errors
/// [`super::Refusal::NotFound`].
pub fn counted(site: &Site, id: &BoxId) -> Outcome<(Option<Counts>, Vec<Digest>)> {
    Ok(site.store.read("counted list", |conn| {
        let held = period::find_box(conn, id)?;
        Ok((held.counts, ballot_box::counted_list(conn, id)?))
    })?)
}
