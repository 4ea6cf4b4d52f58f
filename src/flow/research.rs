//! Research: agreeing to the terms of data use, the catalogue of released tables, and notices before something is published.
//!
//! The catalogue holds what is out and stands, for everybody the same; before the terms are agreed to it shows titles only.
//! Deliberately absent: data of its own, and any look at a cell.

use hengping_domain::digest::{Digest, encode_base64url};
use hengping_domain::ids::{AccountId, Role};
use hengping_domain::noised::Noised;
use hengping_domain::prose;
use hengping_domain::release::ReleaseState;
use hengping_domain::research::{DataUse, LONGEST, Notice};
use jiff::civil::Date;
use serde::Serialize;

use super::read_setting::{self, Setting};
use super::sign_in::Account;
use super::{Failure, Fault, Outcome, Refusal, Site, correct, read_release, withdraw};
use crate::ports::random;
use crate::store::audit::{self, Event};
use crate::store::release::{self, Release};
pub use crate::store::research::Lodged;
use crate::store::{Connection, research};

#[derive(Serialize)]
struct About {
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<Digest>,
}

/// The terms, and whether an account has agreed to them.
#[derive(Debug, Clone)]
pub struct Terms {
    /// What is agreed to.
    pub terms: DataUse,
    /// Its hash.
    pub hash: Digest,
    /// The day of the agreement.
    pub agreed_on: Option<Date>,
}

fn shipped() -> Outcome<(DataUse, Digest)> {
    let terms = DataUse::shipped().map_err(|error| Failure::Fault(Fault::new(&error)))?;
    let hash = terms.hash()?;
    Ok((terms, hash))
}

/// The terms of data use as an account has them before it.
///
/// # Errors
/// Busy or a fault.
pub fn terms(site: &Site, account: &AccountId) -> Outcome<Terms> {
    let (terms, hash) = shipped()?;
    let agreed_on = site.store.read("terms of data use", |conn| research::agreed(conn, account, hash))?;
    Ok(Terms { terms, hash, agreed_on })
}

/// Notes that an account agrees to the terms that it has read; again changes nothing.
///
/// # Errors
/// [`Refusal::Stale`] when `read` is not the hash of the present terms.
pub fn agree(site: &Site, account: &AccountId, read: Digest) -> Outcome<()> {
    let (_, hash) = shipped()?;
    if read != hash {
        return Err(Refusal::Stale.into());
    }
    let today = site.clock.today();
    site.store.decide("agree to data use", |conn| {
        if research::agreed(conn, account, hash)?.is_none() {
            research::agree(conn, account, hash, today)?;
            let about = About { terms: Some(hash), release: None };
            audit::append(conn, today, &Event { event: "data-use-agreed", account: Some(account.as_str()), about })?;
        }
        Ok::<_, Failure>(())
    })
}

/// A released table.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Hash, box and day.
    pub release: Release,
    /// What it is read with.
    pub setting: Setting,
    /// Endings under which it can be downloaded.
    pub formats: Vec<&'static str>,
    /// R15: counts with noise, where the box has some.
    pub noised: Option<Noised>,
}

/// The catalogue, by day, and whether the account may read more of it than titles.
///
/// # Errors
/// Busy or a fault.
pub fn catalogue(site: &Site, account: &AccountId) -> Outcome<(Vec<Entry>, bool)> {
    let (_, hash) = shipped()?;
    site.store.look("catalogue", |conn| {
        let agreed = research::agreed(conn, account, hash)?.is_some();
        let mut found = Vec::new();
        for held in release::all(conn)? {
            if stands(conn, &held)? {
                let body = read_release::body(conn, held.hash)?;
                let setting = read_setting::find(conn, &body.draft)?;
                let formats = body.formats();
                let noised = body.draft.noised.filter(|noised| noised.silence.is_none());
                found.push(Entry { setting, release: held, formats, noised });
            }
        }
        Ok::<_, Failure>((found, agreed))
    })
}

/// Whether an account has agreed to the present terms.
pub(super) fn has_agreed(conn: &mut Connection, account: &AccountId) -> Outcome<bool> {
    let (_, hash) = shipped()?;
    Ok(research::agreed(conn, account, hash)?.is_some())
}

/// Whether a release is out, and neither withdrawn nor replaced.
pub(super) fn stands(conn: &mut Connection, held: &Release) -> Outcome<bool> {
    Ok(held.state == ReleaseState::Released
        && withdraw::of(conn, held)?.is_none()
        && !correct::is_superseded(conn, held)?)
}

/// Puts a notice on record, so that both sides can read before something is published; returns it with its name.
///
/// # Errors
/// [`Refusal::DataUseFirst`], [`Refusal::TextRefused`] for the title, [`Refusal::NoticeRefused`], [`Refusal::NotFound`] for a release that is not out or does not stand.
pub fn lodge(site: &Site, account: &Account, notice: Notice) -> Outcome<Lodged> {
    let (_, hash) = shipped()?;
    let today = site.clock.today();
    let notice = Notice { title: prose::line(&notice.title, LONGEST)?, ..notice };
    if !notice.is_sound(today) {
        return Err(Refusal::NoticeRefused.into());
    }
    let id = encode_base64url(&random::<16>(&*site.entropy)?);
    site.store.decide("lodge notice", |conn| {
        if research::agreed(conn, &account.id, hash)?.is_none() {
            return Err(Refusal::DataUseFirst.into());
        }
        let held = release::find(conn, notice.release)?;
        if !stands(conn, &held)? {
            return Err(Refusal::NotFound.into());
        }
        research::lodge(conn, &id, &account.id, &notice)?;
        let about = About { terms: None, release: Some(notice.release) };
        audit::append(conn, today, &Event { event: "notice-lodged", account: Some(account.id.as_str()), about })
            .map_err(Failure::from)
    })?;
    Ok(Lodged { id, by: account.name.clone(), notice })
}

/// Notices by day: a coordinator's are all, a researcher's the own.
///
/// # Errors
/// Busy or a fault.
pub fn notices(site: &Site, account: &Account) -> Outcome<Vec<Lodged>> {
    let own = (!account.has(Role::Coordinator)).then_some(&account.id);
    Ok(site.store.read("notices", |conn| research::notices(conn, own))?)
}
