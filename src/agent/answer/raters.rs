//! What raters ask through the platform: that their device be recognised, and answers to their blinded nonces.

use hengping_domain::digest::{Bytes, Bytes32};
use hengping_domain::enrolment::CodeKey;
use hengping_domain::ids::BoxId;
use hengping_domain::manifest::Manifest;
use hengping_domain::rehearsal;
use hengping_domain::request::TokenRequest;
use hengping_domain::statement::{AgentRefusal, EvaluatedToken, Said, Signed};
use hengping_domain::token::poprf::Evaluation;
use hengping_ports::random;

use super::{Asking, Keep, Stop, approved, open, settle};
use crate::agent::Agent;
use crate::error::AgentError;
use crate::keyfile::thirty_two;
use crate::members::code_key_of;
use crate::rules::tokens::{self as rules, Wanted};
use crate::store::members::Enrolled;
use crate::store::{Connection, asked, eligible, extension, marks, members};

/// Recognises a member's device.
pub(super) fn enrol(
    agent: &Agent,
    asking: &Asking<'_>,
    rater: &str,
    request_key: &Bytes32,
    mac: &Bytes32,
) -> Result<Signed, Stop> {
    let id = asking.id();
    settle(agent, asking, Keep::Nothing, |conn| {
        open(conn, id)?;
        let refused = AgentRefusal::EnrolmentRefused;
        if id.direction.rater_side() != agent.side() {
            return Err(refused.into());
        }
        let key = match id.period.is_rehearsal() {
            true => rehearsal::code_key(id, rater),
            false => {
                let sealed = members::code_key(conn, rater)?.ok_or(refused)?;
                let key = agent.unlocked.master.open(&code_key_of(rater), &sealed)?;
                CodeKey(Bytes(*thirty_two(&key)?))
            }
        };
        if !key.accepts(id, rater, request_key, mac) {
            return Err(refused.into());
        }
        match members::enrolled(conn, id, rater, request_key)? {
            Enrolled::Free => members::enrol(conn, id, rater, request_key)?,
            Enrolled::Same => {}
            Enrolled::Elsewhere => return Err(AgentRefusal::EnrolledElsewhere.into()),
        }
        Ok(Said::Enrolled { rater: rater.to_owned(), request_key: *request_key })
    })
}

/// Answers blinded nonces. What is answered is marked before the answer leaves, in one transaction; the same elements are
/// answered again, so a device that did not hear the answer asks once more.
pub(super) fn tokens(
    agent: &Agent,
    asking: &Asking<'_>,
    request: &TokenRequest,
    signature: &Bytes<64>,
    certificate: &Signed,
) -> Result<Signed, Stop> {
    let id = asking.id();
    let look = |conn: &mut Connection| {
        let found = open(conn, id)?;
        // Tokens that nobody can cast with any more are given to nobody.
        if agent.clock.today() > extension::last_day(conn, &found.manifest)? {
            return Err(AgentRefusal::BoxClosed.into());
        }
        let wanted = grant(agent, conn, &found.manifest, request, signature, certificate)?;
        new_marks(conn, id, &wanted)?;
        Ok::<_, Stop>((found.secrets(agent)?, wanted))
    };
    let (secrets, wanted) = agent.store.decide(look)?;
    // Half a millisecond for each element, outside any transaction.
    let issuer = secrets.issuer_key().map_err(AgentError::from)?;
    let mut evaluated = Vec::with_capacity(wanted.len());
    for one in &wanted {
        let randomness = random(&*agent.entropy).map_err(AgentError::from)?;
        let answer = issuer.evaluate(&one.element, &one.info, randomness);
        evaluated.push(answer.map_err(|_| AgentRefusal::RequestRefused)?);
    }
    agent.store.decide(|conn| {
        let found = open(conn, id)?;
        // Again: a reset, a death or another device may have come between.
        let wanted = grant(agent, conn, &found.manifest, request, signature, certificate)?;
        for one in new_marks(conn, id, &wanted)? {
            marks::add(conn, id, one.kind, &one.subject, one.mark())?;
        }
        approved(agent, conn, asking)?;
        asked::settle(conn, asking.digest).map_err(Stop::from)
    })?;
    Ok(agent.sign(id, said(request, &evaluated)?)?)
}

fn grant(
    agent: &Agent,
    conn: &mut Connection,
    manifest: &Manifest,
    request: &TokenRequest,
    signature: &Bytes<64>,
    certificate: &Signed,
) -> Result<Vec<Wanted>, Stop> {
    let (id, side) = (&manifest.id, agent.side());
    let key = rules::request_key(manifest, request, signature, certificate)?;
    // An older certificate ends with a reset; only the rater's own side knows of one.
    if id.direction.rater_side() == side && members::live(conn, id, &request.rater)? != Some(key) {
        return Err(AgentRefusal::NotEnrolled.into());
    }
    let entries = eligible::of_rater(conn, id, &request.rater)?;
    Ok(rules::wanted(manifest, side, request, &entries)?)
}

/// What has not been answered yet; refused when another element was.
fn new_marks<'a>(conn: &mut Connection, id: &BoxId, wanted: &'a [Wanted]) -> Result<Vec<&'a Wanted>, Stop> {
    let mut new = Vec::new();
    for one in wanted {
        match marks::find(conn, id, one.kind, &one.subject)? {
            None => new.push(one),
            Some(mark) if mark == one.mark() => {}
            Some(_) => return Err(AgentRefusal::IssuedElsewhere.into()),
        }
    }
    Ok(new)
}

/// The answers in the order of the request: nym, then of each invitation stamp and slip.
fn said(request: &TokenRequest, evaluated: &[Evaluation]) -> Result<Said, AgentError> {
    let lost = || AgentError::Internal("answers and elements differ in number".to_owned());
    let (nym, rest) = evaluated.split_first().ok_or_else(lost)?;
    let pairs = rest.chunks_exact(2).zip(&request.tokens);
    let tokens = pairs.map(|(pair, token)| EvaluatedToken {
        invitation: token.invitation.clone(),
        stamp: pair[0],
        slip: pair[1],
    });
    Ok(Said::Evaluated { request: request.digest()?, nym: *nym, tokens: tokens.collect() })
}
