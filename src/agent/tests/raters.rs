//! Raters' devices: what they ask, unblind and cast.

use std::collections::BTreeMap;

use hengping_domain::ballot::Ballot;
use hengping_domain::digest::{Bytes, Bytes32, Digest};
use hengping_domain::eligible::Entry;
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::{InvitationId, RateeId, Side};
use hengping_domain::layer::Posted;
use hengping_domain::manifest::{Manifest, PerSide};
use hengping_domain::request::{BlindedToken, Presented, TokenRequest};
use hengping_domain::statement::{Said, Signed};
use hengping_domain::token::{RaterRole, Seed, StampInfo, Token, TokenKind};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::harness::{BOX, id};

pub(crate) fn number(rater: u8) -> String {
    format!("1370220101{rater:03}")
}

fn invitation(rater: u8, at: u8) -> InvitationId {
    InvitationId(format!("{rater:03}-{at:03}"))
}

pub(crate) fn entries(raters: u8, each: u8) -> Vec<Entry> {
    let entry = |rater: u8, at: u8| Entry {
        invitation: invitation(rater, at),
        rater: number(rater),
        case: format!("（2026）鲁0202民初{rater}{at:03}号"),
        ratee: RateeId(format!("judge-{}", at % 3)),
        court: "鲁0202".into(),
        stratum: "civil.for".parse().expect("a stratum"),
        home: "鲁0203".into(),
        role: RaterRole::Lawyer,
    };
    (0..raters).flat_map(|rater| (0..each).map(move |at| entry(rater, at))).collect()
}

/// A device.
pub(crate) struct Rater {
    pub(crate) number: String,
    pub(crate) seed: Seed,
    pub(crate) entries: Vec<Entry>,
}

/// A device's tokens: of each invitation stamp and slip.
pub(crate) struct Tokens {
    pub(crate) nym: Token,
    pub(crate) of: Vec<(Token, Token)>,
}

/// A ballot on its way.
#[derive(Clone)]
pub(crate) struct Cast {
    pub(crate) posted: Posted,
    pub(crate) presented: Presented,
}

impl Rater {
    pub(crate) fn new(rater: u8, each: u8) -> Self {
        let entries = entries(rater + 1, each).into_iter().filter(|entry| entry.rater == number(rater)).collect();
        Self { number: number(rater), seed: Seed(Bytes([rater + 100; 32])), entries }
    }

    pub(crate) fn token_request(&self) -> TokenRequest {
        let blinded = |kind, id: &str, nonce: &Bytes32| {
            let blinding = self.seed.blind_both(kind, id, nonce).expect("blinded");
            PerSide { bench: *blinding.bench.blinded(), bar: *blinding.bar.blinded() }
        };
        let token = |entry: &Entry| {
            let (invitation, name) = (entry.invitation.clone(), entry.invitation.as_str());
            let stamp = blinded(TokenKind::Stamp, name, &self.seed.stamp_key(&invitation).nonce());
            let slip = blinded(TokenKind::Slip, name, &self.seed.slip(&invitation));
            BlindedToken { invitation, stamp, slip }
        };
        TokenRequest {
            v: 1,
            id: id(),
            rater: self.number.clone(),
            nym: blinded(TokenKind::Nym, BOX, &self.seed.nym(&id())),
            tokens: self.entries.iter().map(token).collect(),
        }
    }

    pub(crate) fn unblind(&self, manifest: &Manifest, answers: &PerSide<Signed>) -> Tokens {
        let of = |side| match &answers.get(side).statement.said {
            Said::Evaluated { nym, tokens, .. } => (*nym, tokens.clone()),
            other => panic!("{other:?}"),
        };
        let (bench, bar) = (of(Side::Bench), of(Side::Bar));
        let issuers = manifest.each(|keys| keys.issuer);
        let finish = |kind, id: &str, nonce, answers, info: &str| {
            let blinding = self.seed.blind_both(kind, id, &nonce).expect("blinded");
            Token::finalize(&blinding, &answers, &issuers, nonce, info).expect("both proofs hold")
        };
        let nym = self.entries[0].nym_info(&id()).to_string();
        let nym = finish(TokenKind::Nym, BOX, self.seed.nym(&id()), PerSide { bench: bench.0, bar: bar.0 }, &nym);
        let tokens = self.entries.iter().zip(bench.1).zip(bar.1).map(|((entry, bench), bar)| {
            let (invitation, name) = (&entry.invitation, entry.invitation.as_str());
            assert_eq!((&bench.invitation, &bar.invitation), (invitation, invitation));
            let answers = PerSide { bench: bench.stamp, bar: bar.stamp };
            let nonce = self.seed.stamp_key(invitation).nonce();
            let stamp = finish(TokenKind::Stamp, name, nonce, answers, &StampInfo(&id()).to_string());
            let answers = PerSide { bench: bench.slip, bar: bar.slip };
            let info = entry.slip_info(&id(), manifest.rubric).to_string();
            (stamp, finish(TokenKind::Slip, name, self.seed.slip(invitation), answers, &info))
        });
        Tokens { nym, of: tokens.collect() }
    }

    /// A ballot about the `at`-th invitation.
    pub(crate) fn cast(&self, manifest: &Manifest, tokens: &Tokens, at: usize, seq: u32, level: u8) -> Cast {
        let entry = &self.entries[at];
        let (stamp, slip) = tokens.of[at];
        let ballot = ballot(manifest, entry, (slip, tokens.nym), seq, level);
        let seed = Digest::of(&[self.number.as_bytes(), &[seq as u8, level, at as u8]]);
        let mut rng = ChaCha20Rng::from_seed(seed.0);
        let locks = manifest.each(|keys| keys.opening);
        let body = ballot.to_body().expect("fits");
        let envelope = Envelope::seal(&id(), &body, &locks.bench, &locks.bar, &mut rng).expect("sealed");
        let posted = Posted::wrap(&id(), &envelope, &manifest.each(|keys| keys.mix), &mut rng).expect("wrapped");
        let signature = self.seed.stamp_key(&entry.invitation).sign_cast(&id(), seq, posted.hash());
        let presented = Presented { stamp, seq, envelope: posted.hash(), signature };
        Cast { posted, presented }
    }
}

/// A ballot about an entry with slip and nym.
pub(crate) fn ballot(manifest: &Manifest, entry: &Entry, (slip, nym): (Token, Token), seq: u32, level: u8) -> Ballot {
    Ballot {
        v: 2,
        ratee: entry.ratee.clone(),
        court: entry.court.clone(),
        stratum: entry.stratum,
        rubric: manifest.rubric,
        home: entry.home.clone(),
        role: entry.role,
        answers: BTreeMap::from([("civility".into(), Some(level))]),
        slip,
        nym,
        seq,
    }
}
