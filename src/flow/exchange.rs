//! Packages for an agent that no network reaches: what waits for it goes out in order, what it said comes back in order.
//!
//! A package holds everything that is unanswered, and what was refused, whose reason may be gone. The last one can be written
//! again, for a later day too; whoever took it already knows it. Deliberately absent: files, which lie beside a package under
//! their digests, and a copy of what was sent.

use std::collections::{BTreeMap, BTreeSet};

use hengping_domain::digest::Digest;
use hengping_domain::document;
use hengping_domain::exchange::{Item, Package, PackageError, Party, Place, SignedPackage, Taken};
use hengping_domain::ids::Side;
use hengping_domain::request::Asked;
use hengping_domain::statement::Signed;
use jiff::civil::Date;

use super::courier::{self, rank};
use super::{Failure, Outcome, Refusal, Site, documents};
use crate::store::agent_request::{self, Waiting};
use crate::store::package::{self, Content};
use crate::store::{Connection, StoreError};

/// Why a package was not written or taken.
#[derive(Debug)]
pub enum NotCarried {
    /// The package itself.
    Package(PackageError),
    /// None was written for this side that could be written again.
    NoneYet,
    /// A file that it names does not lie beside it.
    FileMissing(Digest),
    /// A step.
    Step(Failure),
}

impl<T: Into<Failure>> From<T> for NotCarried {
    fn from(failure: T) -> Self {
        Self::Step(failure.into())
    }
}

impl NotCarried {
    /// Code and words where they are its own; a step has words elsewhere.
    ///
    /// # Errors
    /// The failure of the step.
    pub fn words(self) -> Result<(&'static str, String), Failure> {
        match self {
            Self::Package(error) => Ok((error.code(), error.to_string())),
            Self::NoneYet => {
                Ok((self.code(), "no package was written for this side yet / 尚未向该方写出数据包".to_owned()))
            }
            Self::FileMissing(file) => Ok((
                self.code(),
                format!("{file} does not lie beside the package; bring all of its files / 缺少数据包所列文件 {file}"),
            )),
            Self::Step(failure) => Err(failure),
        }
    }

    const fn code(&self) -> &'static str {
        match self {
            Self::Package(error) => error.code(),
            Self::NoneYet => "package-empty",
            Self::FileMissing(_) => "package-file",
            Self::Step(_) => "",
        }
    }
}

/// A package that goes out.
#[derive(Debug, Clone)]
pub struct Exported {
    /// To be written.
    pub package: SignedPackage,
    /// Lists that go beside it.
    pub files: BTreeSet<Digest>,
    /// Requests that wait for a later one: the list that they are about was not at hand.
    pub held: usize,
}

/// A package with everything one side's agent has not answered; `lists` are the files at hand with their bytes.
///
/// # Errors
/// [`PackageError::Expired`] for a day that is over, busy or a fault.
pub fn export(site: &Site, side: Side, expires: Date, lists: &BTreeMap<Digest, u64>) -> Result<Exported, NotCarried> {
    lasting(site, expires)?;
    let exported = site.store.decide("export package", |conn| {
        let mut waiting = agent_request::unanswered(conn, side)?;
        waiting.extend(agent_request::refused(conn, side)?);
        waiting.sort_by_key(|waiting| rank(&waiting.request.request.asked));
        let last = package::place(conn, side, true)?;
        write(conn, site, side, (last.sequence + 1, last.digest, expires), waiting, lists)
    })?;
    Ok(exported)
}

/// The last package once more, under the same number and with what is still unanswered of it; until a later day if one is
/// named. The agent that took it knows it again.
///
/// # Errors
/// [`NotCarried::NoneYet`], [`PackageError::Expired`] when no later day is named, busy or a fault.
pub fn export_again(
    site: &Site,
    side: Side,
    expires: Option<Date>,
    lists: &BTreeMap<Digest, u64>,
) -> Result<Exported, NotCarried> {
    let sent = site.store.look("last package", |conn| Ok::<_, Failure>(package::content(conn, side, true)?))?;
    let until = sent.ok_or(NotCarried::NoneYet)?.expires;
    let expires = expires.map_or(until, |day| day.max(until));
    lasting(site, expires)?;
    let exported = site.store.decide("export package again", |conn| {
        let Some(sent) = package::content(conn, side, true)? else { return Err(Refusal::NotFound.into()) };
        let mut waiting = Vec::new();
        for request in &sent.entries {
            match agent_request::find(conn, *request, side) {
                Ok(one) => waiting.push(one),
                // Answered on another way.
                Err(StoreError::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let last = package::place(conn, side, true)?;
        write(conn, site, side, (last.sequence, sent.previous, expires), waiting, lists)
    })?;
    Ok(exported)
}

fn lasting(site: &Site, expires: Date) -> Result<(), NotCarried> {
    if expires < site.clock.today() { Err(NotCarried::Package(PackageError::Expired(expires))) } else { Ok(()) }
}

/// The list that an agent needs to answer; the bar has the list that is opened, it made it.
fn list_of(side: Side, asked: &Asked) -> Option<Digest> {
    match (asked, side) {
        (Asked::Shares { .. }, Side::Bar) => None,
        _ => asked.file(),
    }
}

fn write(
    conn: &mut Connection,
    site: &Site,
    side: Side,
    (sequence, previous, expires): (u32, Option<Digest>, Date),
    waiting: Vec<Waiting>,
    lists: &BTreeMap<Digest, u64>,
) -> Outcome<Exported> {
    let at_hand =
        |waiting: &Waiting| list_of(side, &waiting.request.request.asked).is_none_or(|list| lists.contains_key(&list));
    let (ready, held): (Vec<_>, Vec<_>) = waiting.into_iter().partition(at_hand);
    let files: BTreeSet<_> = ready.iter().filter_map(|one| list_of(side, &one.request.request.asked)).collect();
    let requests = ready.iter().map(|waiting| waiting.digest).collect();
    let mut entries: Vec<_> = ready.into_iter().map(|waiting| Item::Request { request: waiting.request }).collect();
    entries.extend(files.iter().map(|file| Item::File { digest: *file, size: lists[file] }));
    let package = Package { v: 1, from: Party::Platform, to: Party::of(side), sequence, previous, expires, entries };
    package::set_place(conn, side, true, Place { sequence, digest: Some(package.digest()?) })?;
    package::set_content(conn, side, true, &Content { previous, expires, entries: requests })?;
    Ok(Exported { package: package.sign(&site.agents.key)?, files, held: held.len() })
}

/// What taking a package did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Statements that answered something.
    pub heard: u32,
    /// Statements about requests that are answered already.
    pub known: u32,
    /// Files beside the package: lists and shares of an opening. Named when it is taken again too.
    pub files: BTreeSet<Digest>,
}

/// Takes a package from one side's agent; `beside` are the files that lie there. A failure on the way leaves it to be taken
/// again.
///
/// # Errors
/// [`NotCarried::Package`] with the reason or [`NotCarried::FileMissing`], and nothing of it is taken; [`NotCarried::Step`]
/// when a statement does not hold or the store is busy.
pub fn import(
    site: &Site,
    side: Side,
    package: &SignedPackage,
    beside: &BTreeSet<Digest>,
) -> Result<Imported, NotCarried> {
    let today = site.clock.today();
    let (key, last, known) = site.store.look("package", |conn| {
        let known = package::content(conn, side, false)?;
        Ok::<_, Failure>((documents::keys(conn, side)?.agent, package::place(conn, side, false)?, known))
    })?;
    let Package { sequence, previous, expires, entries, .. } = &package.package;
    let content = Content { previous: *previous, expires: *expires, entries: names(entries)? };
    // Written again for a later day: the same number and content, and to be taken as if it had not been.
    let rewritten = last.sequence == *sequence
        && last.digest != Some(package.package.digest()?)
        && known.is_some_and(|known| known.expires < *expires && Content { expires: *expires, ..known } == content);
    let after = if rewritten { Place { sequence: sequence - 1, digest: *previous } } else { last };
    let taken = package.take((Party::of(side), &key), Party::Platform, after, today).map_err(NotCarried::Package)?;
    let mut done = Imported::default();
    for item in entries {
        if let Item::File { digest, .. } = item {
            if !beside.contains(digest) {
                return Err(NotCarried::FileMissing(*digest));
            }
            done.files.insert(*digest);
        }
    }
    let Taken::New(place) = taken else { return Ok(done) };
    let mut answers = Vec::new();
    for item in entries {
        let Item::Statement { request, signed } = item else { continue };
        let waiting = site.store.read("what was asked", |conn| match agent_request::find(conn, *request, side) {
            Err(StoreError::NotFound) => Ok(None),
            other => other.map(Some),
        })?;
        match waiting {
            Some(waiting) => answers.push((waiting, signed)),
            None => done.known += 1,
        }
    }
    all_hold(&answers, side, &key)?;
    for (waiting, signed) in answers {
        courier::hear(site, &waiting, signed)?;
        done.heard += 1;
    }
    site.store.write("package taken", |conn| {
        package::set_place(conn, side, false, place)?;
        package::set_content(conn, side, false, &content)
    })?;
    Ok(done)
}

/// Before the first is heard: one that is not the agent's would leave the others taken and the package not.
fn all_hold(answers: &[(Waiting, &Signed)], side: Side, key: &hengping_domain::digest::Bytes32) -> Outcome<()> {
    answers.iter().try_for_each(|(waiting, signed)| Ok(signed.said(&waiting.ballot_box, side, key).map(drop)?))
}

fn names(entries: &[Item]) -> Outcome<Vec<Digest>> {
    entries.iter().map(|item| Ok(document::digest(item)?)).collect()
}
