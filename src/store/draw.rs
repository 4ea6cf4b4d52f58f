//! Each side's part of the draw: the commitment it lodged and, once revealed, the contribution.
//!
//! A commitment is never changed and a contribution is set once; triggers hold both. Deliberately absent: whether the two
//! fit, which is `flow::draw`'s to ask.

use diesel::prelude::*;
use hengping_domain::digest::{Bytes32, Digest};
use hengping_domain::ids::{PeriodId, Side};
use hengping_domain::manifest::PerSide;

use super::schema::draw_share;
use super::{Connection, StoreError, one_row, stored};

/// What one side has lodged for a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawShare {
    /// Hash of the contribution.
    pub commitment: Digest,
    /// The contribution, once revealed.
    pub contribution: Option<Bytes32>,
}

/// Keeps a side's commitment.
///
/// # Errors
/// [`StoreError::Duplicate`] when it has lodged one.
pub fn commit(conn: &mut Connection, id: &PeriodId, side: Side, commitment: Digest) -> Result<(), StoreError> {
    diesel::insert_into(draw_share::table)
        .values((
            draw_share::period.eq(id.as_str()),
            draw_share::side.eq(side.as_str()),
            draw_share::commitment.eq(commitment.to_string()),
            draw_share::contribution.eq(None::<String>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Adds the contribution to a side's commitment.
///
/// # Errors
/// [`StoreError::Stale`] without a commitment, or when there is a contribution already.
pub fn reveal(conn: &mut Connection, id: &PeriodId, side: Side, contribution: &Bytes32) -> Result<(), StoreError> {
    let waiting = draw_share::table.find((id.as_str(), side.as_str())).filter(draw_share::contribution.is_null());
    let set = draw_share::contribution.eq(Some(contribution.to_string()));
    one_row(diesel::update(waiting).set(set).execute(conn)?)
}

/// What both sides have lodged for a period.
///
/// # Errors
/// [`StoreError`].
pub fn of_period(conn: &mut Connection, id: &PeriodId) -> Result<PerSide<Option<DrawShare>>, StoreError> {
    Ok(PerSide { bench: of_side(conn, id, Side::Bench)?, bar: of_side(conn, id, Side::Bar)? })
}

fn of_side(conn: &mut Connection, id: &PeriodId, side: Side) -> Result<Option<DrawShare>, StoreError> {
    let row: Option<(String, Option<String>)> = draw_share::table
        .find((id.as_str(), side.as_str()))
        .select((draw_share::commitment, draw_share::contribution))
        .first(conn)
        .optional()?;
    row.map(|(commitment, contribution)| {
        let contribution = contribution.map(|text| stored(&text)).transpose()?;
        Ok(DrawShare { commitment: stored(&commitment)?, contribution })
    })
    .transpose()
}
