//! The seed of a period's draw, in two steps: each side lodges the hash of its contribution, and only when both stand are
//! the contributions revealed and checked against them.
//!
//! So neither side can choose its own after it has seen the other's. Both are public once revealed, and anybody can repeat
//! the draw. Deliberately absent: making a contribution, which each side does where it is.

use hengping_domain::digest::Digest;
use hengping_domain::docket::draw::{DrawFile, DrawSeed};
use hengping_domain::ids::{PeriodId, Side};
use hengping_domain::manifest::PerSide;
use serde::Serialize;

use super::{Failure, Outcome, Refusal, Site};
use crate::store::audit::{self, Event};
pub use crate::store::draw::DrawShare;
use crate::store::{Connection, StoreError, draw, savepoint};

#[derive(Serialize)]
struct About<'a> {
    period: &'a PeriodId,
    side: Side,
    commitment: Digest,
}

/// Lodges a side's commitment for a period, which may be still to be opened.
///
/// # Errors
/// [`Refusal::DrawCommitted`] when the side has lodged another one; the same one again changes nothing.
pub fn commit(site: &Site, period: &PeriodId, side: Side, commitment: Digest) -> Outcome<()> {
    let today = site.clock.today();
    site.store.decide("commit to the draw", |conn| {
        match savepoint(conn, |conn| draw::commit(conn, period, side, commitment)) {
            Err(StoreError::Duplicate) => {
                let held = draw::of_period(conn, period)?;
                let same = held.get(side).as_ref().is_some_and(|share| share.commitment == commitment);
                return if same { Ok(()) } else { Err(Refusal::DrawCommitted.into()) };
            }
            other => other?,
        }
        let about = About { period, side, commitment };
        audit::append(conn, today, &Event { event: "draw-committed", account: None, about })?;
        Ok::<_, Failure>(())
    })
}

/// Reveals a side's contribution.
///
/// # Errors
/// [`Refusal::DrawNotReady`] while a commitment is missing, [`Refusal::DrawRefused`] when it is not what the side committed
/// to. Revealing it again changes nothing.
pub fn reveal(site: &Site, file: &DrawFile) -> Outcome<()> {
    let today = site.clock.today();
    let (period, side, commitment) = (&file.period, file.side, file.commitment());
    site.store.decide("reveal for the draw", |conn| {
        let (bench, bar) = committed(conn, period)?;
        let held = PerSide { bench, bar };
        let mine = held.get(side);
        if mine.commitment != commitment {
            return Err(Refusal::DrawRefused.into());
        }
        if mine.contribution.is_some() {
            return Ok(());
        }
        draw::reveal(conn, period, side, &file.contribution)?;
        let about = About { period, side, commitment };
        audit::append(conn, today, &Event { event: "draw-revealed", account: None, about })?;
        Ok::<_, Failure>(())
    })
}

/// What both sides have lodged, of the bench and of the bar.
///
/// # Errors
/// [`Refusal::DrawNotReady`] while a commitment is missing.
pub fn committed(conn: &mut Connection, period: &PeriodId) -> Outcome<(DrawShare, DrawShare)> {
    let PerSide { bench, bar } = draw::of_period(conn, period)?;
    Ok(bench.zip(bar).ok_or(Refusal::DrawNotReady)?)
}

/// The seed that both contributions make, each checked against its commitment once more.
///
/// # Errors
/// [`Refusal::DrawNotReady`] while a contribution is missing, [`Refusal::DrawRefused`] when one does not fit.
pub fn seed(conn: &mut Connection, period: &PeriodId) -> Outcome<DrawSeed> {
    let (bench, bar) = committed(conn, period)?;
    let checked = |side, share: DrawShare| {
        let contribution = share.contribution.ok_or(Refusal::DrawNotReady)?;
        let file = DrawFile { v: 1, side, period: period.clone(), contribution };
        if file.commitment() == share.commitment { Ok(contribution) } else { Err(Refusal::DrawRefused) }
    };
    let (bench, bar) = (checked(Side::Bench, bench)?, checked(Side::Bar, bar)?);
    Ok(DrawSeed::join(&bench.0, &bar.0))
}
