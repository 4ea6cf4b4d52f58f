//! What a release is read with: the period, the form and the charter it came about under.
//!
//! Whoever reads a file of a release elsewhere has nothing else to understand it by. Deliberately absent: cells.

use hengping_domain::charter::Charter;
use hengping_domain::release::Draft;
use hengping_domain::rubric::Rubric;

use super::{Failure, Outcome, Site};
use crate::store::period::{self, Period};
use crate::store::{Connection, document};

/// Period, form and charter of a release.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The period.
    pub period: Period,
    /// The form.
    pub rubric: Rubric,
    /// The charter.
    pub charter: Charter,
}

/// Those of a draft.
///
/// # Errors
/// Busy or a fault.
pub fn of(site: &Site, draft: &Draft) -> Outcome<Setting> {
    site.store.look("setting of a release", |conn| find(conn, draft))
}

pub(super) fn find(conn: &mut Connection, draft: &Draft) -> Outcome<Setting> {
    Ok::<_, Failure>(Setting {
        period: period::find(conn, &draft.period)?,
        rubric: document::find(conn, draft.rubric)?.read()?,
        charter: charter(conn, draft)?,
    })
}

/// The charter alone.
pub(super) fn charter(conn: &mut Connection, draft: &Draft) -> Outcome<Charter> {
    Ok(document::find(conn, draft.charter)?.read()?)
}
