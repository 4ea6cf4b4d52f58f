//! The last package of each direction, and the requests that came in packages and are not answered yet.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::exchange::{Item, Place, SignedPackage};
use hengping_domain::ids::BoxId;
use hengping_domain::request::SignedRequest;
use hengping_domain::statement::{Said, Signed};
use hengping_domain::words;

use super::schema::{inbox, package};
use super::{Connection, StoreError, count, digest, json, text};

words! {
    /// Which way a package goes.
    Way, "way" {
        /// From the platform.
        In = "in",
        /// To the platform.
        Out = "out",
    }
}

/// The last package of a direction.
pub(crate) fn last(conn: &mut Connection, way: Way) -> Result<Option<(Place, SignedPackage)>, StoreError> {
    let found: Option<(i64, Vec<u8>, String)> = package::table
        .find(way.as_str())
        .select((package::sequence, package::digest, package::body))
        .first(conn)
        .optional()?;
    let Some((sequence, hash, body)) = found else { return Ok(None) };
    let place = Place { sequence: count(sequence)?, digest: Some(digest(&hash)?) };
    Ok(Some((place, json(&body)?)))
}

/// Remembers the last package of a direction.
pub(crate) fn put(conn: &mut Connection, way: Way, place: Place, body: &SignedPackage) -> Result<(), StoreError> {
    let hash = place.digest.ok_or_else(|| StoreError::broken("a package without a digest"))?;
    let row = (
        package::direction.eq(way.as_str()),
        package::sequence.eq(i64::from(place.sequence)),
        package::digest.eq(hash.0.to_vec()),
        package::body.eq(text(body)?),
    );
    diesel::replace_into(package::table).values(row).execute(conn)?;
    Ok(())
}

/// Forgets what packages hold of the raters of a box: the whole content, since it is signed as one. Their places stay. A box
/// dies long after its raters were answered, so the platform has taken such a package.
pub(crate) fn forget(conn: &mut Connection, id: &BoxId) -> Result<(), StoreError> {
    let named = |item: &Item| match item {
        Item::Request { request } => request.request.id == *id,
        Item::Statement { signed: Signed { statement, .. }, .. } => {
            statement.id == *id && matches!(statement.said, Said::Enrolled { .. } | Said::Evaluated { .. })
        }
        Item::File { .. } => false,
    };
    for &way in Way::ALL {
        if let Some((place, mut last)) = last(conn, way)?
            && last.package.entries.iter().any(named)
        {
            last.package.entries.clear();
            put(conn, way, place, &last)?;
        }
    }
    Ok(())
}

/// Remembers a request of a package; one that waits already stays where it is.
pub(crate) fn receive(
    conn: &mut Connection,
    request: Digest,
    (number, place): (u32, usize),
    body: &SignedRequest,
) -> Result<(), StoreError> {
    let row = (
        inbox::request.eq(request.0.to_vec()),
        inbox::box_id.eq(body.request.id.to_string()),
        inbox::number.eq(i64::from(number)),
        inbox::place.eq(i64::try_from(place).map_err(StoreError::broken)?),
        inbox::body.eq(text(body)?),
    );
    diesel::insert_or_ignore_into(inbox::table).values(row).execute(conn)?;
    Ok(())
}

/// Requests that wait, in the order in which they came.
pub(crate) fn waiting(conn: &mut Connection) -> Result<Vec<(Digest, SignedRequest)>, StoreError> {
    let rows: Vec<(Vec<u8>, String)> =
        inbox::table.order((inbox::number, inbox::place)).select((inbox::request, inbox::body)).load(conn)?;
    rows.iter().map(|(request, body)| Ok((digest(request)?, json(body)?))).collect()
}

/// Forgets a request: its answer is in a package.
pub(crate) fn answered(conn: &mut Connection, request: Digest) -> Result<(), StoreError> {
    diesel::delete(inbox::table.find(request.0.to_vec())).execute(conn)?;
    Ok(())
}
