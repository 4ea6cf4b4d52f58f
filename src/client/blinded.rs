//! What a device blinds for both agents, and the tokens that their answers make of it.
//!
//! Everything follows from the seed, so asking again asks the same. Deliberately absent: the network.

use std::collections::BTreeMap;

use hengping_domain::digest::Bytes32;
use hengping_domain::ids::{BoxId, InvitationId, Side};
use hengping_domain::manifest::PerSide;
use hengping_domain::request::{BlindedToken, TokenRequest};
use hengping_domain::statement::{Said, Signed};
use hengping_domain::token::info::{NymInfo, RaterRole, SlipInfo, StampInfo};
use hengping_domain::token::poprf::{Blinding, Evaluation, TagError};
use hengping_domain::token::{Seed, Token, TokenKind};

use super::{ClientError, PinnedBox, Tokens, Waiting};

/// A nonce with its blinding for each side.
struct Held {
    nonce: Bytes32,
    blinding: PerSide<Blinding>,
}

impl Held {
    fn new(seed: &Seed, kind: TokenKind, id: &str, nonce: Bytes32) -> Result<Self, ClientError> {
        let blinding = seed.blind_both(kind, id, &nonce).map_err(|error| ClientError::Seal(error.to_string()))?;
        Ok(Self { nonce, blinding })
    }

    fn blinded(&self) -> PerSide<Bytes32> {
        PerSide { bench: *self.blinding.bench.blinded(), bar: *self.blinding.bar.blinded() }
    }

    fn token(&self, answers: &PerSide<Evaluation>, pinned: &PinnedBox, info: &str) -> Result<Token, TagError> {
        Token::finalize(&self.blinding, answers, &pinned.manifest.each(|keys| keys.issuer), self.nonce, info)
    }
}

/// Everything one token request asks for.
pub struct Blinded<'a> {
    id: BoxId,
    nym: Held,
    cases: Vec<(&'a Waiting, Held, Held)>,
}

impl<'a> Blinded<'a> {
    /// Blinds the nym and, of each case, stamp and slip.
    ///
    /// # Errors
    /// [`ClientError::Seal`], which no nonce of ours can cause.
    pub fn new(id: &BoxId, seed: &Seed, cases: &'a [Waiting]) -> Result<Self, ClientError> {
        let nym = Held::new(seed, TokenKind::Nym, &id.to_string(), seed.nym(id))?;
        let hold = |case: &'a Waiting| {
            let name = case.id.as_str();
            let stamp = Held::new(seed, TokenKind::Stamp, name, seed.stamp_key(&case.id).nonce())?;
            Ok((case, stamp, Held::new(seed, TokenKind::Slip, name, seed.slip(&case.id))?))
        };
        Ok(Self { id: id.clone(), nym, cases: cases.iter().map(hold).collect::<Result<_, ClientError>>()? })
    }

    /// The request for both agents.
    #[must_use]
    pub fn request(&self, rater: &str) -> TokenRequest {
        let token = |(case, stamp, slip): &(&Waiting, Held, Held)| BlindedToken {
            invitation: case.id.clone(),
            stamp: stamp.blinded(),
            slip: slip.blinded(),
        };
        TokenRequest {
            v: 1,
            id: self.id.clone(),
            rater: rater.to_owned(),
            nym: self.nym.blinded(),
            tokens: self.cases.iter().map(token).collect(),
        }
    }

    /// Checks both answers and unblinds them.
    ///
    /// # Errors
    /// [`ClientError::Untrusted`], [`ClientError::Refused`] with the code of an agent.
    pub fn unblind(
        &self,
        pinned: &PinnedBox,
        home: &str,
        request: &TokenRequest,
        answers: &PerSide<Signed>,
    ) -> Result<Tokens, ClientError> {
        let (bench, bar) =
            (self.heard(pinned, request, answers, Side::Bench)?, self.heard(pinned, request, answers, Side::Bar)?);
        let untrusted = |_| ClientError::Untrusted("tags of an agent");
        let role = RaterRole::of(self.id.direction.rater_side());
        let nym_info = NymInfo { id: self.id.clone(), home: home.to_owned(), role };
        let nym = PerSide { bench: bench.0, bar: bar.0 };
        let nym = self.nym.token(&nym, pinned, &nym_info.to_string()).map_err(untrusted)?;
        let mut of = BTreeMap::new();
        for (case, stamp, slip) in &self.cases {
            let (a, b) =
                bench.1.get(&case.id).zip(bar.1.get(&case.id)).ok_or(ClientError::Untrusted("tags missing"))?;
            let info = SlipInfo {
                id: self.id.clone(),
                ratee: case.slip.ratee.clone(),
                court: case.slip.court.clone(),
                stratum: case.slip.stratum,
                rubric: case.slip.rubric,
            };
            let stamp_info = StampInfo(&self.id).to_string();
            let stamp = stamp.token(&PerSide { bench: a.0, bar: b.0 }, pinned, &stamp_info).map_err(untrusted)?;
            let slip = slip.token(&PerSide { bench: a.1, bar: b.1 }, pinned, &info.to_string()).map_err(untrusted)?;
            of.insert(case.id.clone(), (stamp, slip));
        }
        Ok(Tokens { nym, nym_info, of })
    }

    /// One side's answers by invitation, after its signature holds for this request.
    fn heard(
        &self,
        pinned: &PinnedBox,
        request: &TokenRequest,
        answers: &PerSide<Signed>,
        side: Side,
    ) -> Result<Heard, ClientError> {
        let said = answers.get(side).said(&self.id, side, &pinned.manifest.keys(side).agent);
        match said.map_err(|_| ClientError::Untrusted("signature of an agent"))? {
            Said::Evaluated { request: about, nym, tokens } if request.digest() == Ok(*about) => {
                let of = tokens.iter().map(|token| (token.invitation.clone(), (token.stamp, token.slip))).collect();
                Ok((*nym, of))
            }
            Said::Refused { code, .. } => Err(ClientError::Refused { status: 200, code: code.to_string() }),
            _ => Err(ClientError::Untrusted("answer of an agent")),
        }
    }
}

/// The nym's evaluation, and of each invitation the stamp's and the slip's.
type Heard = (Evaluation, BTreeMap<InvitationId, (Evaluation, Evaluation)>);
