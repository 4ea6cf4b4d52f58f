//! Listing tokens: a rater's device hands in hashes for its waiting invitations, and the platform lists them without the name.
//!
//! Asking again with the same hashes changes nothing; other hashes for an issued invitation, or another nym, are refused, so
//! nobody votes twice and nobody counts as two raters.
//! A live platform sees which hashes it lists for whom; blind issue by both sides' agents will end that, and the
//! documentation says so until then. Deliberately absent: the tokens themselves, which stay on the device.

use hengping_domain::digest::Digest;
use hengping_domain::ids::{BoxId, InvitationId, PersonId, RateeId, Side};
use hengping_domain::invitation::{InvitationState, RecusalReason};
use hengping_domain::token::{NymInfo, RaterRole, SlipInfo};
use jiff::civil::Date;

use super::{Failure, Outcome, Refusal, Site, periods};
use crate::store::ballot_box::{self, TokenKind};
use crate::store::invitation::{self, Invitation};
use crate::store::period::{self, BallotBox, BoxState, Period};
use crate::store::{Connection, StoreError, docket, person};

/// Hashes for one invitation.
#[derive(Debug, Clone)]
pub struct TokenHashes {
    /// The invitation.
    pub invitation: InvitationId,
    /// Hash of the stamp.
    pub stamp: Digest,
    /// Hash of the slip.
    pub slip: Digest,
}

/// A waiting case as its rater sees it.
#[derive(Debug, Clone)]
pub struct WaitingCase {
    /// The invitation.
    pub invitation: Invitation,
    /// The case.
    pub case: hengping_domain::docket::CaseRecord,
    /// Who is rated.
    pub ratee: person::Person,
    /// What the slip will stand for.
    pub slip: SlipInfo,
}

/// Everything a rater's device needs: the box, its own nym info and the cases.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The period that takes ballots.
    pub period: Period,
    /// The box of the rater's direction.
    pub ballot_box: BallotBox,
    /// What the nym stands for; none before the first invitation.
    pub nym: Option<NymInfo>,
    /// The cases, oldest first.
    pub cases: Vec<WaitingCase>,
}

fn role_of(side: Side) -> RaterRole {
    match side {
        Side::Bench => RaterRole::Judge,
        Side::Bar => RaterRole::Lawyer,
    }
}

/// The slip info of an invitation.
#[must_use]
pub fn slip_info(invitation: &Invitation, ratee: &RateeId, rubric: Digest) -> SlipInfo {
    SlipInfo {
        id: invitation.ballot_box.clone(),
        ratee: ratee.clone(),
        court: invitation.court.clone(),
        stratum: invitation.stratum,
        rubric,
    }
}

fn nym_info(conn: &mut Connection, id: &BoxId, rater: &PersonId) -> Result<NymInfo, StoreError> {
    let home = invitation::home(conn, id, rater)?;
    let role = role_of(id.direction.rater_side());
    Ok(NymInfo { id: id.clone(), home, role })
}

/// A rater's waiting cases in the period that runs today; none between periods.
///
/// # Errors
/// Busy or a fault.
pub fn desk(site: &Site, rater: &PersonId) -> Outcome<Option<Desk>> {
    let today = site.clock.today();
    Ok(site.store.read("waiting cases", |conn| {
        let Some(period) = periods::current(conn, today)? else { return Ok(None) };
        let me = person::find(conn, rater)?;
        let boxes = period::boxes(conn, &period.id)?;
        let mine = boxes.into_iter().find(|b| b.id.direction.rater_side() == me.side);
        let Some(ballot_box) = mine.filter(|b| b.state == BoxState::Open) else { return Ok(None) };
        let nym = match nym_info(conn, &ballot_box.id, rater) {
            Err(StoreError::NotFound) => None,
            other => Some(other?),
        };
        let invitations = invitation::of_rater(conn, &ballot_box.id, rater)?;
        let asked = invitations.into_iter().filter(|i| i.state != InvitationState::Capped);
        let cases = asked
            .map(|invitation| {
                let ratee = person::find(conn, &invitation.ratee)?;
                let case = docket::find(conn, &invitation.case)?;
                let slip = slip_info(&invitation, &ratee.ratee, ballot_box.rubric);
                Ok(WaitingCase { invitation, case, ratee, slip })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Some(Desk { period, ballot_box, nym, cases }))
    })?)
}

/// Lists the tokens of a rater's invitations; returns how many are new.
///
/// # Errors
/// [`Refusal::NotFound`] for a box or invitation that is not the rater's, [`Refusal::IssuedElsewhere`], [`Refusal::BoxState`].
pub fn issue(site: &Site, rater: &PersonId, id: &BoxId, nym: Digest, tokens: &[TokenHashes]) -> Outcome<u32> {
    let today = site.clock.today();
    // Sorted, so that the order in which a list came says nothing.
    let mut tokens = tokens.to_vec();
    tokens.sort_by_key(|token| token.stamp);
    site.store.decide("list tokens", |conn| {
        let held = open_box(conn, id, today)?;
        periods::manifest(conn, &held)?;
        let info = nym_info(conn, id, rater)?.to_string();
        let first = invitation::of_rater(conn, id, rater)?.iter().all(|i| i.state != InvitationState::Issued);
        let mut new = 0;
        for token in &tokens {
            new += u32::from(issue_one(conn, rater, &held, token)?);
        }
        if first && new == 0 {
            return Ok(0);
        }
        // The nym is new with a rater's first token and known ever after; which one is whose, no table says.
        let listed = elsewhere(ballot_box::list_token(conn, id, TokenKind::Nym, nym, Some(&info)))?;
        if listed == first { Ok::<_, Failure>(new) } else { Err(Refusal::IssuedElsewhere.into()) }
    })
}

fn open_box(conn: &mut Connection, id: &BoxId, today: Date) -> Outcome<BallotBox> {
    let held = period::find_box(conn, id)?;
    if periods::takes_ballots(conn, &held, today)? { Ok(held) } else { Err(Refusal::BoxState.into()) }
}

fn issue_one(conn: &mut Connection, rater: &PersonId, held: &BallotBox, token: &TokenHashes) -> Outcome<bool> {
    let invitation = invitation::find(conn, &token.invitation, rater)?;
    if invitation.ballot_box != held.id {
        return Err(Refusal::NotFound.into());
    }
    let ratee = person::find(conn, &invitation.ratee)?.ratee;
    let info = slip_info(&invitation, &ratee, held.rubric).to_string();
    match invitation.state {
        InvitationState::Waiting => {
            invitation::set_state(conn, &invitation.id, InvitationState::Waiting, InvitationState::Issued, None)?;
            let stamp = elsewhere(ballot_box::list_token(conn, &held.id, TokenKind::Stamp, token.stamp, None))?;
            let slip = elsewhere(ballot_box::list_token(conn, &held.id, TokenKind::Slip, token.slip, Some(&info)))?;
            // A hash that stands for another invitation already would make one ballot of two.
            if stamp && slip { Ok(true) } else { Err(Refusal::IssuedElsewhere.into()) }
        }
        InvitationState::Issued => {
            let known = ballot_box::is_listed(conn, &held.id, TokenKind::Stamp, token.stamp)?
                && ballot_box::is_listed(conn, &held.id, TokenKind::Slip, token.slip)?;
            if known { Ok(false) } else { Err(Refusal::IssuedElsewhere.into()) }
        }
        InvitationState::Recused | InvitationState::Capped => Err(Refusal::NotFound.into()),
    }
}

fn elsewhere(listed: Result<bool, StoreError>) -> Outcome<bool> {
    match listed {
        Err(StoreError::Stale) => Err(Refusal::IssuedElsewhere.into()),
        other => Ok(other?),
    }
}

/// A rater declines one waiting invitation.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Stale`] when it is no longer waiting.
pub fn recuse(site: &Site, rater: &PersonId, id: &InvitationId, reason: RecusalReason) -> Outcome<()> {
    site.store.decide("recuse", |conn| {
        let held = invitation::find(conn, id, rater)?;
        let to = held.state.step(InvitationState::Recused).map_err(|_| Refusal::Stale)?;
        Ok::<_, Failure>(invitation::set_state(conn, id, held.state, to, Some(reason))?)
    })
}
