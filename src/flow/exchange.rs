//! Packages for an agent that no network reaches: what waits for it goes out in order, what it said comes back in order.
//!
//! A package holds everything that is unanswered, so one that was lost on the way costs a day and nothing else; the same one
//! again changes nothing. Deliberately absent: files, which lie beside a package under their digests.

use std::collections::BTreeSet;

use hengping_domain::digest::Digest;
use hengping_domain::exchange::{Item, Package, PackageError, Party, Place, SignedPackage, Taken};
use hengping_domain::ids::Side;
use hengping_domain::request::Asked;
use hengping_domain::statement::Said;
use jiff::civil::Date;

use super::courier::{self, rank};
use super::{Failure, Outcome, Site, documents};
use crate::store::{StoreError, agent_request, package};

/// A package with everything one side's agent has not answered, and the digests of the files that go beside it.
///
/// # Errors
/// Busy or a fault.
pub fn export(site: &Site, side: Side, expires: Date) -> Outcome<(SignedPackage, BTreeSet<Digest>)> {
    site.store.decide("export package", |conn| {
        let mut waiting = agent_request::unanswered(conn, side)?;
        waiting.sort_by_key(|waiting| rank(&waiting.request.request.asked));
        let files = waiting.iter().filter_map(|waiting| match waiting.request.request.asked {
            Asked::Mix { input, .. } => Some(input),
            _ => None,
        });
        let files: BTreeSet<Digest> = files.collect();
        let last = package::place(conn, side, true)?;
        let package = Package {
            v: 1,
            from: Party::Platform,
            to: Party::of(side),
            sequence: last.sequence + 1,
            previous: last.digest,
            expires,
            entries: waiting.into_iter().map(|waiting| Item::Request { request: waiting.request }).collect(),
        };
        let place = Place { sequence: package.sequence, digest: Some(package.digest()?) };
        package::set_place(conn, side, true, place)?;
        Ok::<_, Failure>((package.sign(&site.agents.key)?, files))
    })
}

/// What taking a package did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Statements that answered something.
    pub heard: u32,
    /// Statements about requests that are answered already.
    pub known: u32,
    /// Files that the statements name and that should lie beside the package.
    pub files: BTreeSet<Digest>,
}

/// Why a package was not taken.
#[derive(Debug)]
pub enum NotTaken {
    /// The package itself.
    Package(PackageError),
    /// A step.
    Step(Failure),
}

impl<T: Into<Failure>> From<T> for NotTaken {
    fn from(failure: T) -> Self {
        Self::Step(failure.into())
    }
}

/// Takes a package from one side's agent. A failure on the way leaves it to be taken again.
///
/// # Errors
/// [`NotTaken::Package`] with the reason, [`NotTaken::Step`] when a statement does not hold or the store is busy.
pub fn import(site: &Site, side: Side, package: &SignedPackage) -> Result<Imported, NotTaken> {
    let today = site.clock.today();
    let (key, last) = site.store.look("package", |conn| {
        Ok::<_, Failure>((documents::keys(conn, side)?.agent, package::place(conn, side, false)?))
    })?;
    let taken = package.take((Party::of(side), &key), Party::Platform, last, today).map_err(NotTaken::Package)?;
    let mut done = Imported::default();
    let Taken::New(place) = taken else { return Ok(done) };
    for item in &package.package.entries {
        let Item::Statement { request, signed } = item else { continue };
        if let Said::Mixed { output, .. } = &signed.statement.said {
            done.files.insert(*output);
        }
        let waiting = site.store.read("what was asked", |conn| match agent_request::find(conn, *request, side) {
            Err(StoreError::NotFound) => Ok(None),
            other => other.map(Some),
        })?;
        match waiting {
            Some(waiting) => {
                courier::hear(site, &waiting, signed)?;
                done.heard += 1;
            }
            None => done.known += 1,
        }
    }
    site.store.write("package taken", |conn| package::set_place(conn, side, false, place))?;
    Ok(done)
}
