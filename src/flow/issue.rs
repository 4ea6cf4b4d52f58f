//! A rater's desk: the waiting cases of the running period, and the tags for their tokens from both sides' agents.
//!
//! The platform passes blinded nonces on and answers back; it learns who asked, and nothing about any token. The same request
//! again gets the same answers. Deliberately absent: tokens, and whether one was used.

use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::ids::{BoxId, InvitationId, PersonId, RateeId, Side};
use hengping_domain::invitation::{InvitationState, RecusalReason};
use hengping_domain::manifest::PerSide;
use hengping_domain::request::{Asked, MOST_TOKENS, TokenRequest};
use hengping_domain::statement::{Said, Signed};
use hengping_domain::token::{NymInfo, RaterRole, SlipInfo};

use jiff::civil::Date;

use super::enrol::{self, Standing};
use super::{Failure, Outcome, Refusal, Site, courier, eligibility, extend, periods};
use crate::store::agent_request::{self, Waiting};
use crate::store::invitation::{self, Invitation};
use crate::store::period::{self, BallotBox, BoxState, Period};
use crate::store::{Connection, StoreError, docket, person};

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
    /// Whether both sides have agreed to it, so that tokens can be had.
    pub listed: bool,
}

/// Everything a rater's device needs: the box, its own nym info and the cases.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The period that takes ballots.
    pub period: Period,
    /// The box of the rater's direction.
    pub ballot_box: BallotBox,
    /// Its last day, extensions included.
    pub cast_until: Date,
    /// What the nym stands for; none before the first invitation.
    pub nym: Option<NymInfo>,
    /// How the enrolment of the rater's device stands.
    pub enrolment: Standing,
    /// The cases, oldest first.
    pub cases: Vec<WaitingCase>,
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
    let role = RaterRole::of(id.direction.rater_side());
    Ok(NymInfo { id: id.clone(), home, role })
}

/// A rater's waiting cases in the period that runs today; none between periods.
///
/// # Errors
/// Busy or a fault.
pub fn desk(site: &Site, rater: &PersonId) -> Outcome<Option<Desk>> {
    let today = site.clock.today();
    site.store.look("waiting cases", |conn| {
        let Some(period) = periods::current(conn, today)? else { return Ok(None) };
        let me = person::find(conn, rater)?;
        let boxes = period::boxes(conn, &period.id)?;
        let mine = boxes.into_iter().find(|b| b.id.direction.rater_side() == me.side);
        let Some(ballot_box) = mine.filter(|b| b.state == BoxState::Open) else { return Ok(None) };
        let cast_until = extend::last_day(conn, &ballot_box)?;
        let nym = match nym_info(conn, &ballot_box.id, rater) {
            Err(StoreError::NotFound) => None,
            other => Some(other?),
        };
        let invitations = invitation::of_rater(conn, &ballot_box.id, rater)?;
        let agreed = eligibility::agreed(conn, &ballot_box.id)?;
        let asked = invitations.into_iter().filter(|i| i.state != InvitationState::Capped);
        let cases = asked
            .map(|invitation| {
                let ratee = person::find(conn, &invitation.ratee)?;
                let case = docket::find(conn, &invitation.case)?;
                let slip = slip_info(&invitation, &ratee.ratee, ballot_box.rubric);
                let listed = eligibility::is_agreed(&agreed, &invitation);
                Ok(WaitingCase { invitation, case, ratee, slip, listed })
            })
            .collect::<Result<_, StoreError>>()?;
        let enrolment = enrol::standing(conn, &ballot_box.id, rater)?;
        Ok::<_, Failure>(Some(Desk { period, ballot_box, cast_until, nym, enrolment, cases }))
    })
}

/// Both agents' answers to a token request, as far as they have come: `evaluated`, or `refused` with a code.
pub type Answers = PerSide<Option<Signed>>;

/// Passes a rater's token request on to both agents and returns what they have answered so far.
///
/// Nothing is kept when both answer at once; otherwise the request waits for the agent that cannot be reached, until its rater
/// has fetched both answers, refusals included.
///
/// # Errors
/// [`Refusal::NotFound`] for a box or invitation that is not the rater's or not agreed to, [`Refusal::NotEnrolled`] unless
/// the enrolled device signed it, [`Refusal::BoxState`].
pub fn tokens(site: &Site, rater: &PersonId, request: &TokenRequest, signature: &Bytes<64>) -> Outcome<Answers> {
    let (id, today) = (&request.id, site.clock.today());
    let asked = site.store.look("token request", |conn| {
        let me = person::find(conn, rater)?;
        let held = period::find_box(conn, id)?;
        if me.number != request.rater || me.side != id.direction.rater_side() || request.tokens.len() > MOST_TOKENS {
            return Err(Refusal::NotFound.into());
        }
        if !periods::takes_ballots(conn, &held, today)? {
            return Err(Refusal::BoxState.into());
        }
        let Standing::Enrolled(certificate) = enrol::standing(conn, id, rater)? else {
            return Err(Refusal::NotEnrolled.into());
        };
        match &certificate.statement.said {
            Said::Enrolled { request_key, .. } if request.verify(request_key, signature).is_ok() => {}
            _ => return Err(Refusal::NotEnrolled.into()),
        }
        let names: Vec<_> = request.tokens.iter().map(|token| token.invitation.clone()).collect();
        let mine = eligibility::of_rater(conn, id, rater, &names)?.ok_or(Refusal::NotFound)?;
        if mine.iter().any(|i| !matches!(i.state, InvitationState::Waiting | InvitationState::Issued)) {
            return Err(Refusal::NotFound.into());
        }
        Ok::<_, Failure>(Asked::Tokens { request: request.clone(), signature: *signature, certificate })
    })?;
    let (digest, signed) = courier::signed(site, id, asked)?;
    let answer = |side| {
        let kept = site.store.read("answer to a token request", |conn| agent_request::answered(conn, digest, side))?;
        if let Some(signed) = kept {
            return Ok((Some(signed), true));
        }
        let heard = site.agents.carrier.ask(side, &signed).ok().flatten();
        if let Some(heard) = heard
            && site.store.look("agent key", |conn| genuine(conn, id, side, request, digest, &heard))?
        {
            return Ok((Some(heard), false));
        }
        let kind = signed.request.asked.kind();
        let waiting = Waiting { digest, side, ballot_box: id.clone(), kind, request: signed.clone() };
        site.store.write("token request waits", |conn| agent_request::put(conn, &waiting))?;
        Ok::<_, Failure>((None, false))
    };
    let ((bench, bench_waited), (bar, bar_waited)) = (answer(Side::Bench)?, answer(Side::Bar)?);
    let evaluated = |signed: &Signed| matches!(signed.statement.said, Said::Evaluated { .. });
    if let (Some(one), Some(other)) = (&bench, &bar) {
        settled(site, rater, request, digest, evaluated(one) && evaluated(other))?;
        if bench_waited || bar_waited {
            site.store.sweep();
        }
    }
    Ok(PerSide { bench, bar })
}

/// Whether an answer is the agent's, to this request.
fn genuine(
    conn: &mut Connection,
    id: &BoxId,
    side: Side,
    request: &TokenRequest,
    digest: Digest,
    heard: &Signed,
) -> Outcome<bool> {
    let key = super::documents::keys(conn, side)?.agent;
    Ok(match heard.said(id, side, &key) {
        Ok(Said::Evaluated { request: about, .. }) => request.digest() == Ok(*about),
        Ok(Said::Refused { request: about, .. }) => digest == *about,
        _ => false,
    })
}

/// Forgets the request, whose rater has both answers now, and marks the invitations as issued if both are tags.
fn settled(site: &Site, rater: &PersonId, request: &TokenRequest, digest: Digest, issued: bool) -> Outcome<()> {
    site.store.decide("token request settled", |conn| {
        for &side in Side::ALL {
            agent_request::forget(conn, digest, side)?;
        }
        for token in request.tokens.iter().filter(|_| issued) {
            let held = invitation::find(conn, &token.invitation, rater)?;
            if held.state == InvitationState::Waiting {
                invitation::set_state(conn, &held.id, held.state, InvitationState::Issued, None)?;
            }
        }
        Ok::<_, Failure>(())
    })
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
