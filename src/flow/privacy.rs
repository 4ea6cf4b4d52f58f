//! R15: what an opening may draw, what a draft spends of the year's privacy, and who reads counts with noise.
//!
//! A box spends once, with its first draft, in the calendar year of the day on which that is taken; a correction copies and
//! spends nothing. Deliberately absent: the draw, and any count without noise.

use std::collections::BTreeMap;

use hengping_domain::charter::Charter;
use hengping_domain::digest::Digest;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{BoxId, Direction};
use hengping_domain::manifest::Manifest;
use hengping_domain::noised::{Noised, PrivacyFile};
use hengping_domain::privacy::{Privacy, thousandths};
use hengping_domain::release::ReleaseState;
use hengping_domain::rubric::{Rubric, Text};
use jiff::civil::Date;

use super::read_release::Reader;
use super::sign_in::Account;
use super::{Failure, Outcome, Refusal, Site, correct, documents, read_release, rehearse, research};
pub use crate::store::privacy::Spending;
use crate::store::release::{self, Release};
use crate::store::{Connection, period, privacy};

/// Thousandths that a direction may spend in a year.
fn yearly(rules: &Privacy) -> u32 {
    thousandths(rules.yearly).unwrap_or(0)
}

/// Thousandths that a direction has left in a year under these rules.
fn left(conn: &mut Connection, rules: &Privacy, direction: Direction, year: i16) -> Outcome<u32> {
    let spent = privacy::of(conn, direction, year)?.iter().map(|line| line.epsilon).sum::<u32>();
    Ok(yearly(rules).saturating_sub(spent))
}

/// What the release holds that a correction in force has computed again.
fn earlier(conn: &mut Connection, id: &BoxId) -> Outcome<Option<Noised>> {
    match correct::of_box(conn, id)?.pop() {
        Some(last) => Ok(read_release::body(conn, last.hash)?.draft.noised),
        None => Ok(None),
    }
}

/// What the opening of a box is told; nothing where the charter declares no counts.
pub(super) fn package(
    conn: &mut Connection,
    id: &BoxId,
    charter: &Charter,
    today: Date,
) -> Outcome<Option<PrivacyFile>> {
    let Some(rules) = &charter.privacy else { return Ok(None) };
    let again = correct::is_pending(conn, id)?;
    let earlier = if again { earlier(conn, id)? } else { None };
    Ok(Some(PrivacyFile { v: 1, left: left(conn, rules, id.direction, today.year())?, again, earlier }))
}

/// What a draft of a box would spend, before it is put on record; nothing where it has no counts, or copies them.
///
/// # Errors
/// [`Refusal::CountsRefused`] for counts that the charter does not declare, and for others than the ones that a correction has
/// to copy; [`Refusal::BudgetSpent`].
pub(super) fn cost(
    conn: &mut Connection,
    manifest: &Manifest,
    noised: Option<&Noised>,
    today: Date,
) -> Outcome<Option<(u32, u32)>> {
    if correct::is_pending(conn, &manifest.id)? {
        let same = earlier(conn, &manifest.id)?.as_ref() == noised;
        return if same { Ok(None) } else { Err(Refusal::CountsRefused.into()) };
    }
    let Some(noised) = noised else { return Ok(None) };
    let charter: Charter = documents::in_force(conn, DocumentKind::Charter, manifest.charter)?.read()?;
    let rubric: Rubric = documents::in_force(conn, DocumentKind::Rubric, manifest.rubric)?.read()?;
    let rules = charter.privacy.filter(|rules| noised.fits(rules, &rubric)).ok_or(Refusal::CountsRefused)?;
    let cost = noised.cost().ok_or(Refusal::CountsRefused)?;
    if cost > left(conn, &rules, manifest.direction, today.year())? {
        return Err(Refusal::BudgetSpent.into());
    }
    Ok((cost > 0).then(|| (cost, yearly(&rules))))
}

/// Writes down what a draft spends that is on record now.
pub(super) fn spend(
    conn: &mut Connection,
    id: &BoxId,
    release: Digest,
    (epsilon, yearly): (u32, u32),
    today: Date,
) -> Outcome<()> {
    let line = Spending { ballot_box: id.clone(), year: today.year(), epsilon, yearly, release };
    Ok(privacy::spend(conn, &line)?)
}

/// A direction's privacy in a year, in thousandths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The calendar year.
    pub year: i16,
    /// The direction.
    pub direction: Direction,
    /// What the charter gives it.
    pub limit: u32,
    /// What the boxes have spent, by box, with the titles of their periods; a researcher does not see those whose release is
    /// not out.
    pub lines: Vec<(Spending, Text)>,
}

/// The ledger by year and direction, with this year even where nothing is spent; empty where no charter declares counts.
///
/// # Errors
/// [`Refusal::DataUseFirst`].
pub fn budget(site: &Site, account: &Account) -> Outcome<Vec<Budget>> {
    let this_year = site.clock.today().year();
    site.store.look("privacy budget", |conn| {
        let reader = may_read(conn, account)?;
        let rules = rehearse::newest(conn, DocumentKind::Charter)?.pop().map(|charter| charter.read::<Charter>());
        let limit = rules.transpose()?.and_then(|charter| charter.privacy).as_ref().map(yearly);
        let mut found: BTreeMap<_, Budget> = BTreeMap::new();
        for (limit, &direction) in limit.iter().flat_map(|&limit| Direction::ALL.iter().map(move |each| (limit, each)))
        {
            found.insert((this_year, direction), Budget { year: this_year, direction, limit, lines: Vec::new() });
        }
        for line in privacy::all(conn)? {
            let key = (line.year, line.ballot_box.direction);
            let year = found.entry(key).or_insert(Budget {
                year: line.year,
                direction: line.ballot_box.direction,
                limit: line.yearly,
                lines: Vec::new(),
            });
            // Under two charters in one year the stricter one is what is left to be spent.
            year.limit = year.limit.min(line.yearly);
            let out = correct::of_box(conn, &line.ballot_box)?.iter().any(|each| each.state == ReleaseState::Released);
            if out || reader == Reader::Officer {
                let title = period::find(conn, &line.ballot_box.period)?.title;
                year.lines.push((line, title));
            }
        }
        let mut found: Vec<_> = found.into_values().collect();
        // Directions stay in their order.
        found.sort_by_key(|budget| std::cmp::Reverse(budget.year));
        Ok::<_, Failure>(found)
    })
}

/// The counts of a release: an officer's of every draft, a researcher's of what is out and stands.
///
/// # Errors
/// [`Refusal::DataUseFirst`]; [`Refusal::NotFound`], also for what the reader may not see and for a box without counts.
pub fn counts(site: &Site, account: &Account, hash: Digest) -> Outcome<(Release, Noised)> {
    site.store.look("counts", |conn| {
        let reader = may_read(conn, account)?;
        let held = release::find(conn, hash)?;
        if reader == Reader::Public && !research::stands(conn, &held)? {
            return Err(Refusal::NotFound.into());
        }
        let noised = read_release::body(conn, hash)?.draft.noised.filter(|noised| noised.silence.is_none());
        Ok::<_, Failure>((held, noised.ok_or(Refusal::NotFound)?))
    })
}

/// Officers as such; everybody else once the terms of data use are agreed to, before anything is looked up.
fn may_read(conn: &mut Connection, account: &Account) -> Outcome<Reader> {
    let reader = Reader::of(Some(account));
    if reader == Reader::Public && !research::has_agreed(conn, &account.id)? {
        return Err(Refusal::DataUseFirst.into());
    }
    Ok(reader)
}
