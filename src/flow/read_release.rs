//! Reading releases: which cells of which release a reader gets.
//!
//! Officers of both sides see every verdict and reason, but no value of a person: what is meant for that person alone nobody else
//! sees, and what is meant for the sides is read one by one with a purpose (`read_person`). To everybody else a withheld cell does not exist. Deliberately absent: any order by value.

use std::collections::BTreeMap;

use hengping_domain::correction::Correction;
use hengping_domain::digest::Digest;
use hengping_domain::manifest::PeriodKind;
use hengping_domain::release::{Audience, Cell, ReleaseState};
use hengping_domain::withdrawal::Withdrawal;
use jiff::civil::Date;

use super::documents::OnRecord;
use super::draft::ReleaseBody;
use super::fairness::{self, Noted};
use super::read_person::READERS;
use super::sign_in::Account;
use super::window::{self, Hearing};
use super::withdraw::{self, Withdrawn};
use super::{Failure, Outcome, Refusal, Site, correct};
use crate::store::document;
pub use crate::store::document::Signed;
use crate::store::release;
pub use crate::store::release::Release;
use crate::store::{Connection, StoreError, period, reply};

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// An officer of one of the two sides.
    Officer,
    /// Anybody else.
    Public,
}

impl Reader {
    /// What an account, or nobody, reads as.
    #[must_use]
    pub fn of(account: Option<&Account>) -> Self {
        let officer = |a: &Account| a.side().is_some() && READERS.iter().any(|&role| a.has(role));
        if account.is_some_and(officer) { Self::Officer } else { Self::Public }
    }

    fn sees(self, state: ReleaseState) -> bool {
        self == Self::Officer || state == ReleaseState::Released
    }

    fn cut(self, cell: &Cell) -> Option<Cell> {
        match self {
            Self::Officer => Some(cell.for_officer()),
            Self::Public => (cell.audience == Audience::Public && cell.is_released()).then(|| cell.for_reader()),
        }
    }
}

/// A release as a reader sees it.
#[derive(Debug, Clone)]
pub struct ReadRelease {
    /// Box, state and day.
    pub release: Release,
    /// Its body, with only the cells the reader may see.
    pub body: ReleaseBody,
    /// Who has signed.
    pub signatures: Vec<Signed>,
    /// The corrections of its box that the reader may see: those both sides signed, officers all of them.
    pub corrections: Vec<(Correction, OnRecord)>,
    /// Withdrawals of it that wait for signatures; officers see them, others none.
    pub withdrawals: Vec<(Withdrawal, OnRecord)>,
    /// Whether another release has taken its place.
    pub superseded: bool,
    /// What the persons whose values the reader sees say beside them, by ratee.
    pub statements: BTreeMap<String, String>,
    /// How it stands towards its ratees; for officers.
    pub hearing: Option<Hearing>,
    /// What took it back, if both sides have.
    pub withdrawn: Option<Withdrawn>,
    /// What of the fairness audit goes with it; `None` where the charter sets no limits.
    pub noted: Option<Noted>,
    /// Whether there are counts with noise for this reader here: for officers; researchers have them in the catalogue.
    pub noised: bool,
}

/// A release in a list: what can be said of it without its body, which holds every cell.
#[derive(Debug, Clone)]
pub struct ListedRelease {
    /// Box, state and day.
    pub release: Release,
    /// Of its period.
    pub kind: PeriodKind,
    /// Who has signed.
    pub signatures: Vec<Signed>,
    /// Whether another release has taken its place after a correction.
    pub superseded: bool,
    /// What took it back, if both sides have.
    pub withdrawn: Option<Withdrawn>,
}

/// The releases a reader may see, by day, without their bodies.
///
/// # Errors
/// Busy or a fault.
pub fn list(site: &Site, reader: Reader) -> Outcome<Vec<ListedRelease>> {
    site.store.look("list releases", |conn| {
        let kinds: BTreeMap<_, _> = period::all(conn)?.into_iter().map(|p| (p.id, p.kind)).collect();
        let all = release::all(conn)?.into_iter().filter(|r| reader.sees(r.state));
        let listed = |release: Release| {
            let kind = kinds.get(&release.ballot_box.period).copied().ok_or(StoreError::NotFound)?;
            let signatures = document::signatures(conn, release.hash)?;
            let superseded = correct::is_superseded(conn, &release)?;
            let withdrawn = withdraw::of(conn, &release)?;
            Ok::<_, Failure>(ListedRelease { release, kind, signatures, superseded, withdrawn })
        };
        all.map(listed).collect()
    })
}

/// One release.
///
/// # Errors
/// [`Refusal::NotFound`], also for a draft that the reader may not see.
pub fn find(site: &Site, hash: Digest, reader: Reader) -> Outcome<ReadRelease> {
    site.store.look("read release", |conn| {
        let release = release::find(conn, hash)?;
        if !reader.sees(release.state) {
            return Err(Refusal::NotFound.into());
        }
        load(conn, release, reader, site.clock.today())
    })
}

fn load(conn: &mut Connection, release: Release, reader: Reader, today: Date) -> Outcome<ReadRelease> {
    let mut body = body(conn, release.hash)?;
    let noted = fairness::beside(conn, &release, &body.draft)?;
    body.draft.cells = body.draft.cells.iter().filter_map(|cell| reader.cut(cell)).collect();
    let noised = body.draft.noised.take().is_some_and(|noised| noised.silence.is_none());
    let noised = noised && reader == Reader::Officer;
    if reader == Reader::Public {
        body.files.retain(|name, _| is_public(name));
    }
    let signatures = document::signatures(conn, release.hash)?;
    let mut corrections = correct::all(conn, &release.ballot_box)?;
    corrections.retain(|(_, held)| reader == Reader::Officer || held.in_force_from().is_some());
    let superseded = correct::is_superseded(conn, &release)?;
    let mut statements = reply::statements(conn, release.hash)?;
    statements
        .retain(|subject, _| body.draft.cells.iter().any(|cell| cell.takes_statement() && cell.subject == *subject));
    let hearing =
        (reader == Reader::Officer).then(|| window::hearing(conn, &release, &body.draft, today)).transpose()?;
    let mut withdrawals = withdraw::about(conn, &release)?;
    let withdrawn = withdraw::taken(&withdrawals);
    withdrawals.retain(|(_, held)| reader == Reader::Officer && held.in_force_from().is_none());
    Ok(ReadRelease {
        release,
        body,
        signatures,
        corrections,
        withdrawals,
        superseded,
        withdrawn,
        statements,
        hearing,
        noted,
        noised,
    })
}

/// The body of a release with every cell, whoever may read them; for steps that cut it themselves.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) fn body(conn: &mut Connection, hash: Digest) -> Outcome<ReleaseBody> {
    let mut body: ReleaseBody = document::find(conn, hash)?.read()?;
    if let Some(bound) = body.reserved {
        body.draft.cells = release::reserved(conn, hash, bound)?.cells;
    }
    Ok(body)
}

/// Figures say in their name for whom they were drawn.
fn is_public(name: &str) -> bool {
    !name.starts_with("sides-")
}

/// A file of a release: a figure, its table, or the public cells as Parquet.
///
/// # Errors
/// [`Refusal::NotFound`], also for a file the reader may not see.
pub fn file(site: &Site, hash: Digest, name: &str, reader: Reader) -> Outcome<Vec<u8>> {
    site.store.look("release file", |conn| {
        let held = release::find(conn, hash)?;
        if !reader.sees(held.state) || (reader == Reader::Public && !is_public(name)) {
            return Err(Refusal::NotFound.into());
        }
        Ok::<_, Failure>(release::file(conn, hash, name)?)
    })
}
