//! Raters' request keys and the certificates of their own side's agent.
//!
//! Deliberately absent: codes and what is made of them; the platform never sees either.

use diesel::prelude::*;
use hengping_domain::digest::Bytes32;
use hengping_domain::ids::{BoxId, PersonId};
use hengping_domain::statement::Signed;

use super::schema::enrolment;
use super::{Connection, StoreError, from_json, json, one_row, stored};

/// How a rater's enrolment in a box stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Public key of the device's requests.
    pub request_key: Bytes32,
    /// Made with the code's key.
    pub mac: Bytes32,
    /// [`hengping_domain::statement::Said::Enrolled`] of the own side's agent.
    pub certificate: Option<Signed>,
    /// Why the agent refused.
    pub refused: Option<String>,
}

/// A rater's enrolment.
///
/// # Errors
/// [`StoreError`].
pub fn find(conn: &mut Connection, id: &BoxId, person: &PersonId) -> Result<Option<Enrolment>, StoreError> {
    type Row = (String, String, Option<String>, Option<String>);
    let row: Option<Row> = enrolment::table
        .find((id.to_string(), person.as_str()))
        .select((enrolment::request_key, enrolment::mac, enrolment::certificate, enrolment::refused))
        .first(conn)
        .optional()?;
    row.map(|(request_key, mac, certificate, refused)| {
        let certificate = certificate.as_deref().map(from_json).transpose()?;
        Ok(Enrolment { request_key: stored(&request_key)?, mac: stored(&mac)?, certificate, refused })
    })
    .transpose()
}

/// Keeps what a device sent, in place of an earlier attempt that came to nothing.
///
/// # Errors
/// [`StoreError`].
pub fn put(conn: &mut Connection, id: &BoxId, person: &PersonId, new: &Enrolment) -> Result<(), StoreError> {
    let certificate = new.certificate.as_ref().map(json).transpose()?;
    diesel::delete(enrolment::table.find((id.to_string(), person.as_str()))).execute(conn)?;
    diesel::insert_into(enrolment::table)
        .values((
            enrolment::box_.eq(id.to_string()),
            enrolment::person.eq(person.as_str()),
            enrolment::request_key.eq(new.request_key.to_string()),
            enrolment::mac.eq(new.mac.to_string()),
            enrolment::certificate.eq(certificate),
            enrolment::refused.eq(new.refused.as_deref()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Writes the enrolments of a box anew in the order of their people's names, which are random: until then they lie in the order
/// in which devices came.
///
/// # Errors
/// [`StoreError`].
pub fn shuffle(conn: &mut Connection, id: &BoxId) -> Result<(), StoreError> {
    type Row = (String, String, String, String, Option<String>, Option<String>);
    let of_box = || enrolment::table.filter(enrolment::box_.eq(id.to_string()));
    let rows: Vec<Row> = of_box().order(enrolment::person).load(conn)?;
    diesel::delete(of_box()).execute(conn)?;
    for (box_, person, request_key, mac, certificate, refused) in rows {
        diesel::insert_into(enrolment::table)
            .values((
                enrolment::box_.eq(box_),
                enrolment::person.eq(person),
                enrolment::request_key.eq(request_key),
                enrolment::mac.eq(mac),
                enrolment::certificate.eq(certificate),
                enrolment::refused.eq(refused),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Keeps the agent's certificate, or why it refused; a certificate that is there stands through a refusal.
///
/// # Errors
/// [`StoreError::Stale`] when the device has sent another key meanwhile.
pub fn settle(
    conn: &mut Connection,
    id: &BoxId,
    person: &PersonId,
    request_key: &Bytes32,
    outcome: Result<&Signed, &str>,
) -> Result<(), StoreError> {
    let certificate = outcome.ok().map(json).transpose()?;
    let mine = enrolment::table.filter(
        enrolment::box_
            .eq(id.to_string())
            .and(enrolment::person.eq(person.as_str()))
            .and(enrolment::request_key.eq(request_key.to_string())),
    );
    let settled = match outcome {
        Ok(_) => diesel::update(mine)
            .set((enrolment::certificate.eq(certificate), enrolment::refused.eq(None::<String>)))
            .execute(conn)?,
        Err(code) => diesel::update(mine).set(enrolment::refused.eq(Some(code))).execute(conn)?,
    };
    one_row(settled)
}
