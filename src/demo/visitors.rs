//! Whom visitors of the demonstration sign in as.
//!
//! Deliberately absent: officers, who are made with the city.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use hengping_domain::ids::{BoxId, Role, Side};
use hengping_domain::release::{Audience, Cell, ReleaseState, Scope};
use serde::Serialize;

use super::circle::failed;
use super::raters;
use crate::flow::{Failure, Site, read_release, sign_in};
use crate::store::account::Grant;
use crate::store::{invitation, person, release};

/// A judge and a lawyer with waiting cases and, if possible, a result of their own.
#[derive(Debug, Clone, Serialize)]
pub struct Visitors {
    /// 工号 of the judge.
    pub judge: String,
    /// 执业证号 of the lawyer.
    pub lawyer: String,
}

impl Visitors {
    /// Picks both, and makes accounts for those who have none.
    ///
    /// # Errors
    /// When nobody of a side has a waiting case.
    pub(super) fn choose(site: &Site, boxes: &[BoxId]) -> anyhow::Result<Self> {
        let shown = Self::shown(site)?;
        let mut chosen = BTreeMap::new();
        for id in boxes {
            let side = id.direction.rater_side();
            let number =
                Self::best(site, id, &shown).with_context(|| format!("nobody of the {side} has a waiting case"))?;
            chosen.insert(side, number);
        }
        let take = |side: Side| chosen.get(&side).cloned().unwrap_or_default();
        Ok(Self { judge: take(Side::Bench), lawyer: take(Side::Bar) })
    }

    /// In how many releases each ratee has cells of the own.
    fn shown(site: &Site) -> anyhow::Result<BTreeMap<String, usize>> {
        let own = |cell: &&Cell| cell.scope == Scope::Person && cell.audience == Audience::Own && cell.is_released();
        let mut shown = BTreeMap::new();
        let all = site.store.read("releases", release::all)?;
        for held in all.into_iter().filter(|held| held.state == ReleaseState::Released) {
            let body = site.store.look("release", |conn| read_release::body(conn, held.hash)).map_err(failed)?;
            let ratees: BTreeSet<_> = body.draft.cells.iter().filter(own).map(|cell| cell.subject.clone()).collect();
            for ratee in ratees {
                *shown.entry(ratee).or_default() += 1;
            }
        }
        Ok(shown)
    }

    /// Somebody with two to five waiting cases, first who has an account, a result of their own if anybody has.
    fn best(site: &Site, id: &BoxId, shown: &BTreeMap<String, usize>) -> Option<String> {
        let (invitations, people) =
            site.store.read("visitors", |conn| Ok((invitation::of_box(conn, id)?, person::all(conn)?))).ok()?;
        let mut waiting: BTreeMap<_, usize> = BTreeMap::new();
        for i in &invitations {
            *waiting.entry(&i.rater).or_default() += 1;
        }
        let mut fitting: Vec<_> = people
            .into_iter()
            .filter(|p| waiting.get(&p.id).is_some_and(|n| (2..=5).contains(n)))
            .map(|p| {
                let results = shown.get(p.ratee.as_str()).copied().unwrap_or(0);
                (std::cmp::Reverse(results), p)
            })
            .collect();
        fitting.sort_by(|a, b| (a.0, &a.1.number).cmp(&(b.0, &b.1.number)));
        let (_, p) = fitting.into_iter().next()?;
        let grants = [Grant { role: Role::Rater, side: Some(p.side) }];
        match sign_in::add_account(site, &p.number, &p.name, Some(p.id), &grants, raters::PASSWORD) {
            Ok(_) | Err(Failure::Refused(crate::flow::Refusal::LoginTaken)) => Some(p.number),
            Err(_) => None,
        }
    }
}
