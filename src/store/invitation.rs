//! Invitations and the home courts of raters.
//!
//! The list says who may rate whom; whether a ballot was cast is in no table.
//! Deliberately absent: tokens; only the raters' devices have them.

use diesel::prelude::*;
use hengping_domain::ids::{BoxId, CaseId, InvitationId, PersonId};
use hengping_domain::invitation::{InvitationState, RecusalReason};
use hengping_domain::stratum::Stratum;
use jiff::civil::Date;

use super::schema::{invitation, rater};
use super::{Connection, StoreError, number, one_row, stored};

/// 待评案件.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its name.
    pub id: InvitationId,
    /// The box its ballot goes to.
    pub ballot_box: BoxId,
    /// The case.
    pub case: CaseId,
    /// Who is asked.
    pub rater: PersonId,
    /// About whom.
    pub ratee: PersonId,
    /// Court of the ratee.
    pub court: String,
    /// Case type and outcome.
    pub stratum: Stratum,
    /// Items that do not apply.
    pub not_applicable: Vec<String>,
    /// The day the case fell due.
    pub due_on: Date,
    /// Where it stands.
    pub state: InvitationState,
    /// The eligibility list it is on.
    pub list: Option<u32>,
}

type Row =
    (String, String, String, String, String, String, String, String, String, String, Option<String>, Option<i64>);

fn read(row: Row) -> Result<Invitation, StoreError> {
    let (id, ballot_box, case, rater, ratee, court, stratum, not_applicable, due_on, state, _, list) = row;
    Ok(Invitation {
        id: InvitationId(id),
        ballot_box: stored(&ballot_box)?,
        case: CaseId(case),
        rater: PersonId(rater),
        ratee: PersonId(ratee),
        court,
        stratum: stored(&stratum)?,
        not_applicable: not_applicable.split_whitespace().map(str::to_owned).collect(),
        due_on: stored(&due_on)?,
        state: stored(&state)?,
        list: list.map(number).transpose()?,
    })
}

/// Adds an invitation.
///
/// # Errors
/// [`StoreError::Duplicate`] for the same case, rater and ratee.
pub fn insert(conn: &mut Connection, new: &Invitation) -> Result<(), StoreError> {
    diesel::insert_into(invitation::table)
        .values((
            invitation::id.eq(new.id.as_str()),
            invitation::box_.eq(new.ballot_box.to_string()),
            invitation::case_file.eq(new.case.as_str()),
            invitation::rater.eq(new.rater.as_str()),
            invitation::ratee.eq(new.ratee.as_str()),
            invitation::court.eq(&new.court),
            invitation::stratum.eq(new.stratum.to_string()),
            invitation::not_applicable.eq(new.not_applicable.join(" ")),
            invitation::due_on.eq(new.due_on.to_string()),
            invitation::state.eq(new.state.as_str()),
            invitation::recusal.eq(None::<String>),
            invitation::list.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}

/// All invitations of a box.
///
/// # Errors
/// [`StoreError`].
pub fn of_box(conn: &mut Connection, id: &BoxId) -> Result<Vec<Invitation>, StoreError> {
    let rows: Vec<Row> =
        invitation::table.filter(invitation::box_.eq(id.to_string())).order(invitation::id).load(conn)?;
    rows.into_iter().map(read).collect()
}

/// A rater's invitations of a box, oldest case first.
///
/// # Errors
/// [`StoreError`].
pub fn of_rater(conn: &mut Connection, id: &BoxId, person: &PersonId) -> Result<Vec<Invitation>, StoreError> {
    let rows: Vec<Row> = invitation::table
        .filter(invitation::box_.eq(id.to_string()).and(invitation::rater.eq(person.as_str())))
        .order((invitation::due_on, invitation::id))
        .load(conn)?;
    rows.into_iter().map(read).collect()
}

/// One invitation of a rater; another rater's is not found.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn find(conn: &mut Connection, id: &InvitationId, person: &PersonId) -> Result<Invitation, StoreError> {
    read(invitation::table.find(id.as_str()).filter(invitation::rater.eq(person.as_str())).first(conn)?)
}

/// Moves an invitation.
///
/// # Errors
/// [`StoreError::Stale`] when it is not in `from`.
pub fn set_state(
    conn: &mut Connection,
    id: &InvitationId,
    from: InvitationState,
    to: InvitationState,
    recusal: Option<RecusalReason>,
) -> Result<(), StoreError> {
    let held = invitation::table.filter(invitation::id.eq(id.as_str()).and(invitation::state.eq(from.as_str())));
    let values = (invitation::state.eq(to.as_str()), invitation::recusal.eq(recusal.map(RecusalReason::as_str)));
    one_row(diesel::update(held).set(values).execute(conn)?)
}

/// The home court of a rater in a box.
///
/// # Errors
/// [`StoreError::NotFound`] before the first invitation.
pub fn home(conn: &mut Connection, id: &BoxId, person: &PersonId) -> Result<String, StoreError> {
    Ok(rater::table.find((id.to_string(), person.as_str())).select(rater::home).first(conn)?)
}

/// The home courts of all raters of a box.
///
/// # Errors
/// [`StoreError`].
pub fn homes(conn: &mut Connection, id: &BoxId) -> Result<Vec<(PersonId, String)>, StoreError> {
    let rows: Vec<(String, String)> = rater::table
        .filter(rater::box_.eq(id.to_string()))
        .order(rater::person)
        .select((rater::person, rater::home))
        .load(conn)?;
    Ok(rows.into_iter().map(|(person, home)| (PersonId(person), home)).collect())
}

/// Fixes a rater's home court.
///
/// # Errors
/// [`StoreError::Duplicate`] when it is fixed already.
pub fn fix_home(conn: &mut Connection, id: &BoxId, person: &PersonId, home: &str) -> Result<(), StoreError> {
    diesel::insert_into(rater::table)
        .values((rater::box_.eq(id.to_string()), rater::person.eq(person.as_str()), rater::home.eq(home)))
        .execute(conn)?;
    Ok(())
}

/// Invitations of a box in one state.
///
/// # Errors
/// [`StoreError`].
pub fn count(conn: &mut Connection, id: &BoxId, state: InvitationState) -> Result<u32, StoreError> {
    let of_box =
        invitation::table.filter(invitation::box_.eq(id.to_string()).and(invitation::state.eq(state.as_str()))).count();
    number(of_box.get_result(conn)?)
}

/// Invitations of a box.
///
/// # Errors
/// [`StoreError`].
pub fn count_all(conn: &mut Connection, id: &BoxId) -> Result<u32, StoreError> {
    number(invitation::table.filter(invitation::box_.eq(id.to_string())).count().get_result(conn)?)
}
