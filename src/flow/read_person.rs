//! Reading a person's result as an officer: one person at a time, for a purpose that is named, and on record for that person.
//!
//! Nobody of that name, a result that was withheld and one that is not out yet get one answer after the same work.
//! Deliberately absent: cells meant for the person alone, and a list of persons with their values.

use hengping_domain::digest::{Digest, encode_base64url};
use hengping_domain::ids::{Role, Side};
use hengping_domain::release::{Audience, Cell, ReleaseState};
use hengping_domain::reply::{Purpose, Reading};
use hengping_domain::rubric::Text;
use serde::Serialize;

use super::sign_in::Account;
use super::{Failure, Outcome, Refusal, Site, correct, read_release, read_setting};
use crate::ports::random;
use crate::store::audit::{self, Event};
use crate::store::{period, reading, release, reply};

/// Who may read as an officer of a side, the first of an account's roles being the one on record.
pub const READERS: [Role; 3] = [Role::Coordinator, Role::Negotiator, Role::KeyHolder];

/// What a reading shows.
#[derive(Debug, Clone)]
pub struct PersonRead {
    /// The person's cells for the sides.
    pub cells: Vec<Cell>,
    /// What the person says beside them.
    pub statement: Option<String>,
    /// Who may see this.
    pub audience_words: Text,
    /// What the log now holds.
    pub reading: Reading,
}

#[derive(Serialize)]
struct About<'a> {
    release: Digest,
    subject: &'a str,
    purpose: Purpose,
}

/// The officer's role and side.
fn officer(account: &Account) -> Option<(Role, Side)> {
    READERS.iter().find_map(|&role| {
        let grant = account.grants.iter().find(|grant| grant.role == role)?;
        Some((role, grant.side?))
    })
}

/// Shows a person's cells to an officer and writes down that it did.
///
/// # Errors
/// [`Refusal::PurposeRefused`]; [`Refusal::NotFound`] where there is nothing to read, for whatever reason.
pub fn read(site: &Site, hash: Digest, subject: &str, purpose: Purpose, account: &Account) -> Outcome<PersonRead> {
    let (role, side) = officer(account).ok_or(Refusal::OtherSide)?;
    let today = site.clock.today();
    let id = encode_base64url(&random::<16>(&*site.entropy)?);
    site.store.decide("read person", |conn| {
        let held = release::find(conn, hash)?;
        let draft = read_release::body(conn, hash)?.draft;
        let charter = read_setting::charter(conn, &draft)?;
        let kind = period::find(conn, &held.ballot_box.period)?.kind;
        if !charter.allows(purpose, kind) {
            return Err(Refusal::PurposeRefused.into());
        }
        let out = held.state == ReleaseState::Released && !correct::is_superseded(conn, &held)?;
        let told = draft.about(subject, Audience::Sides).filter(|_| out);
        let cells: Vec<_> = told.map(Cell::for_reader).collect();
        let statement = reply::statement(conn, hash, subject)?;
        if cells.is_empty() {
            return Err(Refusal::NotFound.into());
        }
        let reading = Reading { day: today, side, role, purpose };
        reading::put(conn, &id, hash, subject, &reading)?;
        let about = About { release: hash, subject, purpose };
        audit::append(conn, today, &Event { event: "person-read", account: Some(account.id.as_str()), about })?;
        Ok::<_, Failure>(PersonRead { cells, statement, audience_words: charter.audience.sides, reading })
    })
}
