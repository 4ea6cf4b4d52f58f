//! Which blinded nonces an agent answers, and for what.

use std::collections::{BTreeMap, BTreeSet};

use hengping_domain::digest::{Bytes, Bytes32, Digest};
use hengping_domain::eligible::Entry;
use hengping_domain::ids::Side;
use hengping_domain::manifest::Manifest;
use hengping_domain::request::{MOST_TOKENS, TokenRequest};
use hengping_domain::statement::{AgentRefusal, Said, Signed};
use hengping_domain::token::poprf::Blinded;
use hengping_domain::token::{StampInfo, TokenKind};

/// One element to be answered.
pub(crate) struct Wanted {
    pub(crate) kind: TokenKind,
    /// The invitation, for a nym the rater.
    pub(crate) subject: String,
    pub(crate) element: Blinded,
    pub(crate) info: String,
}

impl Wanted {
    /// What is remembered of the element.
    pub(crate) fn mark(&self) -> Digest {
        Digest::of(&[&self.element.0])
    }
}

/// The request key, if certificate and signature hold for this request in this box.
pub(crate) fn request_key(
    manifest: &Manifest,
    request: &TokenRequest,
    signature: &Bytes<64>,
    certificate: &Signed,
) -> Result<Bytes32, AgentRefusal> {
    let refused = AgentRefusal::NotEnrolled;
    let home = manifest.direction.rater_side();
    match certificate.said(&manifest.id, home, &manifest.keys(home).agent) {
        Ok(Said::Enrolled { rater, request_key }) if *rater == request.rater && request.id == manifest.id => {
            request.verify(request_key, signature).map_err(|_| refused)?;
            Ok(*request_key)
        }
        _ => Err(refused),
    }
}

/// The elements of a request for one side: the nym's, then of each invitation stamp and slip. `entries` are the rater's.
pub(crate) fn wanted(
    manifest: &Manifest,
    side: Side,
    request: &TokenRequest,
    entries: &[Entry],
) -> Result<Vec<Wanted>, AgentRefusal> {
    let once: BTreeSet<_> = request.tokens.iter().map(|token| &token.invitation).collect();
    if request.v != 1 || request.tokens.len() > MOST_TOKENS || once.len() != request.tokens.len() {
        return Err(AgentRefusal::RequestRefused);
    }
    let granted: BTreeMap<_, _> = entries.iter().map(|entry| (&entry.invitation, entry)).collect();
    // Home and role are the same in all entries of a rater.
    let any = entries.first().ok_or(AgentRefusal::NotEligible)?;
    let mut wanted = vec![Wanted {
        kind: TokenKind::Nym,
        subject: request.rater.clone(),
        element: *request.nym.get(side),
        info: any.nym_info(&manifest.id).to_string(),
    }];
    let stamp = StampInfo(&manifest.id).to_string();
    for token in &request.tokens {
        let entry = granted.get(&token.invitation).ok_or(AgentRefusal::NotEligible)?;
        let subject = token.invitation.to_string();
        let slip = entry.slip_info(&manifest.id, manifest.rubric).to_string();
        let pair = [(TokenKind::Stamp, token.stamp, stamp.clone()), (TokenKind::Slip, token.slip, slip)];
        wanted.extend(pair.map(|(kind, element, info)| Wanted {
            kind,
            subject: subject.clone(),
            element: *element.get(side),
            info,
        }));
    }
    Ok(wanted)
}
