//! The ledger of privacy: what the counts of which box have cost, in which year.
//!
//! A box stands in it once, and a row never changes. Deliberately absent: the counts, which stand in the release.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::ids::{BoxId, Direction};

use super::schema::privacy_spending;
use super::{Connection, StoreError, stored};

/// What a box has cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spending {
    /// The box, with its direction.
    pub ballot_box: BoxId,
    /// Calendar year of the day on which its draft was taken.
    pub year: i16,
    /// Thousandths of epsilon.
    pub epsilon: u32,
    /// Thousandths that the charter gave its direction for that year.
    pub yearly: u32,
    /// The draft that was taken.
    pub release: Digest,
}

type Row = (String, String, i64, i64, i64, String);

fn read((ballot_box, _, year, epsilon, yearly, release): Row) -> Result<Spending, StoreError> {
    let small = |_| StoreError::Broken("a number of the ledger of privacy is out of range".to_owned());
    Ok(Spending {
        ballot_box: stored(&ballot_box)?,
        year: year.try_into().map_err(small)?,
        epsilon: epsilon.try_into().map_err(small)?,
        yearly: yearly.try_into().map_err(small)?,
        release: stored(&release)?,
    })
}

/// Writes a line.
///
/// # Errors
/// [`StoreError::Duplicate`] when the box stands in it already.
pub fn spend(conn: &mut Connection, new: &Spending) -> Result<(), StoreError> {
    diesel::insert_into(privacy_spending::table)
        .values((
            privacy_spending::box_.eq(new.ballot_box.to_string()),
            privacy_spending::direction.eq(new.ballot_box.direction.as_str()),
            privacy_spending::year.eq(i64::from(new.year)),
            privacy_spending::epsilon.eq(i64::from(new.epsilon)),
            privacy_spending::yearly.eq(i64::from(new.yearly)),
            privacy_spending::release.eq(new.release.to_string()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Every line of a direction and year, by box.
///
/// # Errors
/// [`StoreError`].
pub fn of(conn: &mut Connection, direction: Direction, year: i16) -> Result<Vec<Spending>, StoreError> {
    let ours = privacy_spending::direction.eq(direction.as_str()).and(privacy_spending::year.eq(i64::from(year)));
    let rows: Vec<Row> = privacy_spending::table.filter(ours).order(privacy_spending::box_).load(conn)?;
    rows.into_iter().map(read).collect()
}

/// The whole ledger, by year, direction and box.
///
/// # Errors
/// [`StoreError`].
pub fn all(conn: &mut Connection) -> Result<Vec<Spending>, StoreError> {
    let order = (privacy_spending::year, privacy_spending::direction, privacy_spending::box_);
    let rows: Vec<Row> = privacy_spending::table.order(order).load(conn)?;
    rows.into_iter().map(read).collect()
}
