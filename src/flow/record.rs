//! The published record of a box: everything that anybody may have, in the files that `hengping verify` rechecks.
//!
//! Deliberately absent: anything that is not public already.

use hengping_domain::ids::BoxId;
use hengping_domain::record::{ManifestFile, Record, ReleaseFile};
use hengping_domain::release::{Cell, ReleaseState};

use super::draft::ReleaseBody;
use super::{Failure, Outcome, Site, batch, correct, documents, extend, periods, withdraw};
use crate::store::{ballot_box, period, statement};

/// The record of a box as far as the box has come.
///
/// # Errors
/// [`super::Refusal::NotFound`], [`super::Refusal::NotInForce`] before the manifest is.
pub fn record(site: &Site, id: &BoxId) -> Outcome<Record> {
    site.store.look("record", |conn| {
        let held = period::find_box(conn, id)?;
        let manifest = periods::manifest(conn, &held)?;
        let signatures = documents::find(conn, held.manifest)?.by();
        let counted = ballot_box::counted_list(conn, id)?;
        let stamps = ballot_box::published_stamps(conn, id)?;
        // Of several, the one computed under most corrections stands.
        let out = correct::of_box(conn, id)?.into_iter().rev().find(|r| r.state == ReleaseState::Released);
        let release = match out {
            Some(out) => {
                let held = documents::find(conn, out.hash)?;
                let body: ReleaseBody = held.document.read()?;
                // A document that holds cells of persons is nobody's to have.
                let public = body.reserved.is_some() && body.draft.cells.iter().all(Cell::is_public);
                public.then(|| ReleaseFile { body: held.document.body().clone(), signatures: held.by() })
            }
            None => None,
        };
        Ok::<_, Failure>(Record {
            manifest: ManifestFile { manifest, signatures },
            extensions: extend::in_force(conn, &held)?,
            statements: statement::of_box(conn, id)?,
            checkpoint: batch::note(conn, id)?,
            log: ballot_box::leaves(conn, id)?,
            refused: ballot_box::refused(conn, id)?,
            counted: held.counts.is_some().then_some(counted),
            release,
            corrections: correct::in_force(conn, id)?,
            withdrawal: withdraw::in_force(conn, id)?,
            stamps: (!stamps.is_empty()).then_some(stamps),
        })
    })
}
