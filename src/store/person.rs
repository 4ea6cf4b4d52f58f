//! People of both rosters, and where they belonged on which day.
//!
//! A person's ratee name is drawn when the person first appears and is the only name that enters a ballot.
//! Deliberately absent: accounts; an account names a person, never the other way round.

use diesel::prelude::*;
use hengping_domain::docket::roster::{PersonKind, RosterEntry};
use hengping_domain::ids::{PersonId, RateeId, Side};

use super::schema::{person, roster_entry};
use super::{Connection, StoreError, stored};

/// Someone of a roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Name in the store.
    pub id: PersonId,
    /// Name in ballots and results.
    pub ratee: RateeId,
    /// Which side.
    pub side: Side,
    /// Judge, lawyer, ...
    pub kind: PersonKind,
    /// 工号 or 执业证号.
    pub number: String,
    /// Name shown.
    pub name: String,
}

type Row = (String, String, String, String, String, String);

fn read((id, ratee, side, kind, number, name): Row) -> Result<Person, StoreError> {
    Ok(Person { id: PersonId(id), ratee: RateeId(ratee), side: stored(&side)?, kind: stored(&kind)?, number, name })
}

/// Everybody, by number.
///
/// # Errors
/// [`StoreError`].
pub fn all(conn: &mut Connection) -> Result<Vec<Person>, StoreError> {
    let rows: Vec<Row> = person::table.order(person::number).load(conn)?;
    rows.into_iter().map(read).collect()
}

/// One person.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn find(conn: &mut Connection, id: &PersonId) -> Result<Person, StoreError> {
    read(person::table.find(id.as_str()).first(conn)?)
}

/// The person with a staff or licence number.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn by_number(conn: &mut Connection, number: &str) -> Result<Person, StoreError> {
    read(person::table.filter(person::number.eq(number)).first(conn)?)
}

/// The person of a name in ballots.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn by_ratee(conn: &mut Connection, ratee: &RateeId) -> Result<Person, StoreError> {
    read(person::table.filter(person::ratee.eq(ratee.as_str())).first(conn)?)
}

/// Adds a person.
///
/// # Errors
/// [`StoreError::Duplicate`] when the number is taken.
pub fn insert(conn: &mut Connection, new: &Person) -> Result<(), StoreError> {
    diesel::insert_into(person::table)
        .values((
            person::id.eq(new.id.as_str()),
            person::ratee.eq(new.ratee.as_str()),
            person::side.eq(new.side.as_str()),
            person::kind.eq(new.kind.as_str()),
            person::number.eq(&new.number),
            person::name.eq(&new.name),
        ))
        .execute(conn)?;
    Ok(())
}

/// The whole roster, as the matching of names needs it.
///
/// # Errors
/// [`StoreError`].
pub fn roster(conn: &mut Connection) -> Result<Vec<RosterEntry>, StoreError> {
    type Joined = (String, String, String, String, String, String, Option<String>);
    let rows: Vec<Joined> = roster_entry::table
        .inner_join(person::table.on(person::number.eq(roster_entry::number)))
        .order((roster_entry::number, roster_entry::organisation, roster_entry::held_from))
        .select((
            person::kind,
            person::name,
            roster_entry::number,
            roster_entry::organisation,
            roster_entry::held_from,
            roster_entry::held_until,
            roster_entry::chamber,
        ))
        .load(conn)?;
    let entry = |(kind, name, number, organisation, from, until, chamber): Joined| {
        let (from, until) = (day(&from)?, day(&until)?);
        Ok(RosterEntry { kind: stored(&kind)?, name, number, organisation, chamber, from, until })
    };
    rows.into_iter().map(entry).collect()
}

fn day(text: &str) -> Result<Option<jiff::civil::Date>, StoreError> {
    if text.is_empty() { Ok(None) } else { stored(text).map(Some) }
}

/// Adds where a person belonged, or changes until when; returns whether anything is new.
///
/// # Errors
/// [`StoreError`].
pub fn put_entry(conn: &mut Connection, entry: &RosterEntry) -> Result<bool, StoreError> {
    let text = |day: Option<jiff::civil::Date>| day.map_or_else(String::new, |day| day.to_string());
    let (from, until) = (text(entry.from), text(entry.until));
    let held: Option<(String, Option<String>)> = roster_entry::table
        .find((&entry.number, &entry.organisation, &from))
        .select((roster_entry::held_until, roster_entry::chamber))
        .first(conn)
        .optional()?;
    let changed = (roster_entry::held_until.eq(&until), roster_entry::chamber.eq(entry.chamber.as_deref()));
    match held {
        Some(held) if held == (until.clone(), entry.chamber.clone()) => return Ok(false),
        Some(_) => {
            diesel::update(roster_entry::table.find((&entry.number, &entry.organisation, &from)))
                .set(changed)
                .execute(conn)?;
        }
        None => {
            diesel::insert_into(roster_entry::table)
                .values((
                    roster_entry::number.eq(&entry.number),
                    roster_entry::organisation.eq(&entry.organisation),
                    roster_entry::held_from.eq(&from),
                    changed,
                ))
                .execute(conn)?;
        }
    }
    Ok(true)
}
