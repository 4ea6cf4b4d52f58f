//! Proposing eligibility lists: the invitations that are on none yet become the next list, for both agents to agree to.
//!
//! A rater can fetch tokens only for what both sides have agreed to. Deliberately absent: choosing who is invited.

use std::collections::BTreeMap;

use hengping_domain::eligible::{self, Entry};
use hengping_domain::ids::{BoxId, InvitationId, PersonId};
use hengping_domain::manifest::Manifest;
use hengping_domain::request::Asked;
use hengping_domain::token::RaterRole;

use super::courier::{ask_both, both};
use super::{Failure, Outcome, Site, documents, periods};
use crate::store::eligibility::{self, List};
use crate::store::invitation::{self, Invitation};
use crate::store::period::{self, BallotBox};
use crate::store::{Connection, StoreError, docket, person};

/// Entries of a list: more than these become several, so that a request stays far below what an agent takes at once.
const MOST_ENTRIES: usize = 20_000;

/// Proposes what is on no list yet; returns how many entries, 0 when there is nothing to propose.
///
/// # Errors
/// [`super::Refusal::NotFound`], [`super::Refusal::NotInForce`] before the manifest is.
pub fn propose(site: &Site, id: &BoxId) -> Outcome<u32> {
    propose_lists_of(MOST_ENTRIES, site, id)
}

/// As [`propose`], with lists of at most so many entries.
///
/// # Errors
/// As [`propose`].
pub fn propose_lists_of(most: usize, site: &Site, id: &BoxId) -> Outcome<u32> {
    let today = site.clock.today();
    site.store.decide("propose eligibility", |conn| {
        let held = period::find_box(conn, id)?;
        let manifest = periods::manifest(conn, &held)?;
        adopted(conn, site, &held, manifest)?;
        let new = eligibility::unlisted(conn, id)?;
        if new.is_empty() {
            return Ok(0);
        }
        let first = eligibility::of_box(conn, id)?.last().map_or(0, |list| list.number) + 1;
        for (number, part) in (first..).zip(new.chunks(most.max(1))) {
            for invitation in part {
                eligibility::enter(conn, invitation, number)?;
            }
        }
        let mut all: Vec<Entry> = Vec::new();
        for (number, entries) in entries(conn, id)? {
            all.extend_from_slice(&entries);
            if number < first {
                continue;
            }
            let root = eligible::root(&all)?;
            let (size, total) = (length(entries.len()), length(all.len()));
            let request = ask_both(conn, site, id, &Asked::Eligibility { number, entries })?;
            eligibility::insert(conn, id, &List { number, request, size, total, root, day: today })?;
        }
        Ok::<_, Failure>(length(new.len()))
    })
}

fn length(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Asks both agents to adopt the manifest, if they have not been asked.
pub(super) fn adopted(conn: &mut Connection, site: &Site, held: &BallotBox, manifest: Manifest) -> Outcome<()> {
    let signatures = documents::find(conn, held.manifest)?.by();
    ask_both(conn, site, &held.id, &Asked::Manifest { manifest: Box::new(manifest), signatures })?;
    Ok(())
}

/// The entries of each list of a box, sorted by invitation.
///
/// # Errors
/// [`StoreError`].
pub fn entries(conn: &mut Connection, id: &BoxId) -> Result<BTreeMap<u32, Vec<Entry>>, StoreError> {
    let people: BTreeMap<PersonId, person::Person> =
        person::all(conn)?.into_iter().map(|p| (p.id.clone(), p)).collect();
    let homes: BTreeMap<PersonId, String> = invitation::homes(conn, id)?.into_iter().collect();
    let numbers: BTreeMap<_, _> =
        docket::all(conn)?.into_iter().map(|(case, record)| (case, record.number.to_string())).collect();
    let mut lists: BTreeMap<u32, Vec<Entry>> = BTreeMap::new();
    for Invitation { id: name, case, rater, ratee, court, stratum, list, .. } in invitation::of_box(conn, id)? {
        let (Some(list), Some(rater), Some(ratee)) = (list, people.get(&rater), people.get(&ratee)) else { continue };
        let entry = Entry {
            invitation: name,
            rater: rater.number.clone(),
            case: numbers.get(&case).cloned().unwrap_or_default(),
            ratee: ratee.ratee.clone(),
            court,
            stratum,
            home: homes.get(&rater.id).cloned().unwrap_or_default(),
            role: RaterRole::of(id.direction.rater_side()),
        };
        lists.entry(list).or_default().push(entry);
    }
    for entries in lists.values_mut() {
        entries.sort_by(|a: &Entry, b| a.invitation.cmp(&b.invitation));
    }
    Ok(lists)
}

/// The numbers of the lists that both sides have agreed to.
///
/// # Errors
/// Busy or a fault.
pub fn agreed(conn: &mut Connection, id: &BoxId) -> Outcome<Vec<List>> {
    let mut agreed = Vec::new();
    for list in eligibility::of_box(conn, id)? {
        if both(conn, list.request)?.is_some() {
            agreed.push(list);
        }
    }
    Ok(agreed)
}

/// Whether an invitation is on a list that both sides have agreed to.
#[must_use]
pub fn is_agreed(agreed: &[List], invitation: &Invitation) -> bool {
    agreed.iter().any(|list| Some(list.number) == invitation.list)
}

/// The invitations among `names` that are a rater's and agreed to; the others are nobody's business.
///
/// # Errors
/// Busy or a fault.
pub fn of_rater(
    conn: &mut Connection,
    id: &BoxId,
    rater: &PersonId,
    names: &[InvitationId],
) -> Outcome<Option<Vec<Invitation>>> {
    let agreed = agreed(conn, id)?;
    let mine = invitation::of_rater(conn, id, rater)?;
    let find = |name: &InvitationId| mine.iter().find(|i| i.id == *name && is_agreed(&agreed, i)).cloned();
    Ok(names.iter().map(find).collect())
}
