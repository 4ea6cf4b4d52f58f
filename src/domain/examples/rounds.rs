//! The other half of the cross-language rounds: both agents and the opening in Rust, spoken to by the browser's own code.
//!
//! `web/scripts/rounds.ts` starts it and sends one JSON object a line: `keys`, `issue`, `finish`, `tokens`, `open`, `seal`,
//! `cast`; each is answered by one line. All randomness follows from the seeds that come with `keys`. A line that cannot be
//! read ends it with an error. Deliberately absent: what a real agent asks before it answers.

use std::error::Error;
use std::io::{BufRead as _, Write as _};

use hengping_domain::ballot::Ballot;
use hengping_domain::digest::{Bytes, Bytes32, Digest, decode_base64url, encode_base64url};
use hengping_domain::document::canonical;
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::layer::{self, Posted};
use hengping_domain::lock::{LockPublic, SealedError, lock_public};
use hengping_domain::manifest::PerSide;
use hengping_domain::token::poprf::{Blinded, Evaluation, IssuerKey, IssuerPublic};
use hengping_domain::token::{NymInfo, Seed, SlipInfo, StampInfo, Token, TokenKind, verify_cast};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

/// What is asked for, one a line.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
#[expect(clippy::large_enum_variant, reason = "one is read, answered and dropped")]
enum Line {
    /// New keys of both sides, out of this seed.
    Keys { seed: Bytes32 },
    /// Both sides' answers to blinded elements.
    Issue { info: String, blinded: PerSide<Blinded> },
    /// The device in Rust: blinds out of the seed, and finishes with answers that were given elsewhere.
    Finish {
        seed: Bytes32,
        kind: TokenKind,
        id: String,
        nonce: Bytes32,
        info: String,
        answers: PerSide<Evaluation>,
        issuers: PerSide<IssuerPublic>,
    },
    /// Whether tokens hold for what they are said to stand for.
    Tokens { ask: Vec<(Token, String)> },
    /// Opens what was posted, with both sides' keys.
    Open {
        #[serde(rename = "box")]
        id: BoxId,
        posted: String,
    },
    /// Seals a ballot.
    Seal {
        #[serde(rename = "box")]
        id: BoxId,
        ballot: Box<Ballot>,
    },
    /// Whether casts are signed by the holders of their stamps.
    Cast { ask: Vec<CastLine> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CastLine {
    #[serde(rename = "box")]
    id: BoxId,
    stamp: Token,
    seq: u32,
    envelope: String,
    signature: Bytes<64>,
}

/// What is answered, one a line.
#[derive(Serialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "one is made, written and dropped")]
enum Word {
    Keys { issuer: PerSide<Pair<Bytes32>>, mix: PerSide<Pair<LockPublic>>, opening: PerSide<Pair<LockPublic>> },
    Issued(PerSide<Evaluation>),
    Finished { blinded: PerSide<Blinded>, token: Option<Token> },
    Held(Vec<bool>),
    Opened { refused: Option<String>, ballot: Option<String>, slip: bool, nym: bool },
    Sealed { posted: String },
}

#[derive(Serialize)]
struct Pair<P> {
    secret: Bytes32,
    public: P,
}

/// Both sides' keys in one hand, as only a trial may have them.
struct Keys {
    rng: ChaCha20Rng,
    issuer: PerSide<IssuerKey>,
    mix: PerSide<Bytes32>,
    opening: PerSide<Bytes32>,
}

type Answer<T> = Result<T, Box<dyn Error>>;

impl Keys {
    fn of(seed: Bytes32) -> Answer<Self> {
        let mut rng = ChaCha20Rng::from_seed(seed.0);
        let mut draw = || {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            bytes
        };
        let issuer = PerSide { bench: IssuerKey::derive(&draw())?, bar: IssuerKey::derive(&draw())? };
        let mix = PerSide { bench: Bytes(draw()), bar: Bytes(draw()) };
        let opening = PerSide { bench: Bytes(draw()), bar: Bytes(draw()) };
        Ok(Self { rng, issuer, mix, opening })
    }

    fn word(&self) -> Word {
        let issuer = |side| {
            let key = self.issuer.get(side);
            Pair { secret: key.secret(), public: key.public() }
        };
        let locks = |of: &PerSide<Bytes32>| {
            let pair = |side| Pair { secret: *of.get(side), public: lock_public(of.get(side)) };
            PerSide { bench: pair(Side::Bench), bar: pair(Side::Bar) }
        };
        Word::Keys {
            issuer: PerSide { bench: issuer(Side::Bench), bar: issuer(Side::Bar) },
            mix: locks(&self.mix),
            opening: locks(&self.opening),
        }
    }

    fn answer(&mut self, line: Line) -> Answer<Word> {
        Ok(match line {
            Line::Keys { seed } => {
                *self = Self::of(seed)?;
                self.word()
            }
            Line::Issue { info, blinded } => {
                let mut one = |side| {
                    let mut fresh = [0; 64];
                    self.rng.fill_bytes(&mut fresh);
                    self.issuer.get(side).evaluate(blinded.get(side), &info, fresh)
                };
                Word::Issued(PerSide { bench: one(Side::Bench)?, bar: one(Side::Bar)? })
            }
            Line::Finish { seed, kind, id, nonce, info, answers, issuers } => {
                let blinding = Seed(seed).blind_both(kind, &id, &nonce)?;
                let blinded = PerSide { bench: *blinding.bench.blinded(), bar: *blinding.bar.blinded() };
                Word::Finished { blinded, token: Token::finalize(&blinding, &answers, &issuers, nonce, &info).ok() }
            }
            Line::Tokens { ask } => {
                let holds = |(token, info): &(Token, String)| {
                    if known(info) {
                        Ok(token.holds(&self.issuer, info))
                    } else {
                        Err(format!("no info: {info}").into())
                    }
                };
                Word::Held(ask.iter().map(holds).collect::<Answer<_>>()?)
            }
            Line::Open { id, posted } => self.open(&id, &decode_base64url(&posted)?),
            Line::Seal { id, ballot } => {
                let publics =
                    |of: &PerSide<Bytes32>| PerSide { bench: lock_public(&of.bench), bar: lock_public(&of.bar) };
                let (opening, mix) = (publics(&self.opening), publics(&self.mix));
                let body = ballot.to_body()?;
                let envelope = Envelope::seal(&id, &body, &opening.bench, &opening.bar, &mut self.rng)?;
                let posted = Posted::wrap(&id, &envelope, &mix, &mut self.rng)?;
                Word::Sealed { posted: encode_base64url(posted.as_bytes()) }
            }
            Line::Cast { ask } => Word::Held(ask.into_iter().map(signed).collect::<Answer<_>>()?),
        })
    }

    /// Both shuffles' layers, both shares, the body, and its tokens by what the body itself says.
    fn open(&self, id: &BoxId, posted: &[u8]) -> Word {
        let opened = || {
            let halfway = layer::peel(id, Side::Bench, &self.mix.bench, posted)?;
            let envelope = Envelope::from_bytes(layer::peel(id, Side::Bar, &self.mix.bar, &halfway)?)?;
            let share = |side| envelope.share(id, side, self.opening.get(side));
            envelope.open(id, &share(Side::Bench)?, &share(Side::Bar)?)
        };
        let refused = |why: String| Word::Opened { refused: Some(why), ballot: None, slip: false, nym: false };
        let body: Result<_, SealedError> = opened();
        let read = body.map_err(|e| e.to_string()).and_then(|body| Ballot::from_body(&body).map_err(|e| e.to_string()));
        match read {
            Err(why) => refused(why),
            Ok(ballot) => Word::Opened {
                refused: None,
                slip: ballot.slip.holds(&self.issuer, &ballot.slip_info(id).to_string()),
                nym: ballot.nym.holds(&self.issuer, &ballot.nym_info(id).to_string()),
                ballot: canonical(&ballot).ok(),
            },
        }
    }
}

/// Whether a text is an info in the one spelling it has.
fn known(info: &str) -> bool {
    let slip = info.parse::<SlipInfo>().is_ok_and(|read| read.to_string() == info);
    let nym = info.parse::<NymInfo>().is_ok_and(|read| read.to_string() == info);
    let stamp = || {
        let (period, direction) = info.strip_prefix("v2|stamp|")?.split_once('|')?;
        let id: BoxId = format!("{period}.{direction}").parse().ok()?;
        Some(StampInfo(&id).to_string() == info)
    };
    slip || nym || stamp().unwrap_or(false)
}

fn signed(CastLine { id, stamp, seq, envelope, signature }: CastLine) -> Answer<bool> {
    let envelope = Digest::of(&[&decode_base64url(&envelope)?]);
    Ok(verify_cast(&stamp, &id, seq, envelope, &signature).is_ok())
}

fn main() -> Answer<()> {
    let mut keys = Keys::of(Bytes([0; 32]))?;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let word = keys.answer(serde_json::from_str(&line?)?)?;
        serde_json::to_writer(&mut out, &word)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}
