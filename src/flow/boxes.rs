//! What anybody may know of a box: its manifest, what both agents said, how many were eligible and sealed, and what the
//! opening counted.
//!
//! Deliberately absent: rows of any kind; the published lists hold hashes only.

use hengping_domain::digest::Digest;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::invitation::InvitationState;
use hengping_domain::opening::Counts;
use hengping_domain::statement::{Said, Signed};

use jiff::civil::Date;

use super::documents::{self, OnRecord};
use super::rehearse::Rehearsed;
use super::{Failure, Outcome, Site, extend, rehearse};
use crate::store::period::{self, BallotBox};
use crate::store::{ballot_box, eligibility, invitation, statement};

/// What both agents say they answered for; only where they agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issued {
    /// Stamps.
    pub stamps: u32,
    /// Slips.
    pub slips: u32,
    /// Nyms.
    pub nyms: u32,
}

/// A box with its counts.
#[derive(Debug, Clone)]
pub struct BoxView {
    /// The box.
    pub held: BallotBox,
    /// Its manifest with signatures.
    pub manifest: OnRecord,
    /// Last day a ballot is taken, extensions included.
    pub cast_until: Date,
    /// Every extension on record, in force or not.
    pub extensions: Vec<OnRecord>,
    /// Hashes of those in force.
    pub extended_by: Vec<Digest>,
    /// Everything both agents said in public.
    pub statements: Vec<Signed>,
    /// Invitations below the cap.
    pub invited: u32,
    /// Entries of all eligibility lists, and how many lists.
    pub eligible: (u32, u32),
    /// What both agents answered for; none before both have said so, or where they differ.
    pub issued: Option<Issued>,
    /// Distinct stamps in the box.
    pub sealed: u32,
    /// Leaves that an agent refused.
    pub refused: u32,
    /// Whether the keys of the box are dead on both sides.
    pub dead: bool,
    /// What was put in and came out, for the box of a rehearsal into which test ballots were put.
    pub rehearsed: Option<Rehearsed>,
}

/// One box.
///
/// # Errors
/// [`super::Refusal::NotFound`].
pub fn find(site: &Site, id: &BoxId) -> Outcome<BoxView> {
    site.store.look("box", |conn| {
        let held = period::find_box(conn, id)?;
        let manifest = documents::find(conn, held.manifest)?;
        let capped = invitation::count(conn, id, InvitationState::Capped)?;
        let all = invitation::count_all(conn, id)?;
        let lists = eligibility::of_box(conn, id)?;
        let statements = statement::of_box(conn, id)?;
        let dead = |side: Side| {
            let theirs = |s: &Signed| s.statement.side == side && matches!(s.statement.said, Said::Dead { .. });
            statements.iter().any(theirs)
        };
        let dead = dead(Side::Bench) && dead(Side::Bar);
        let extensions = extend::all(conn, id)?;
        let chain = extend::among(conn, &held, &extensions)?;
        let extended_by = chain.iter().map(|signed| signed.extension.hash()).collect::<Result<_, _>>()?;
        Ok::<_, Failure>(BoxView {
            cast_until: extend::until(conn, &held, &chain)?,
            extensions,
            extended_by,
            sealed: ballot_box::stamps(conn, id)?,
            refused: u32::try_from(ballot_box::refused(conn, id)?.len()).unwrap_or(u32::MAX),
            eligible: lists.last().map_or((0, 0), |list| (list.total, list.number)),
            issued: issued(&statements),
            invited: all - capped,
            held,
            manifest,
            statements,
            dead,
            rehearsed: rehearse::find(conn, id)?,
        })
    })
}

fn issued(statements: &[Signed]) -> Option<Issued> {
    let of = |side: Side| {
        statements.iter().filter(|s| s.statement.side == side).find_map(|s| match s.statement.said {
            Said::Ledger { stamps, slips, nyms, .. } => Some(Issued { stamps, slips, nyms }),
            _ => None,
        })
    };
    of(Side::Bench).filter(|bench| of(Side::Bar) == Some(*bench))
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
