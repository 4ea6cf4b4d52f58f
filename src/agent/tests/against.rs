//! One honest agent against a side that does what it likes: the other side's keys are in the test's hands.

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use hengping_agent::config::Settings;
use hengping_agent::keyfile::KeyFile;
use hengping_agent::pins::{Pins, SidePins};
use hengping_agent::{Agent, Answer, Setup};
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::document::{Document, DocumentKind, Signature};
use hengping_domain::enrolment::Code;
use hengping_domain::ids::Side;
use hengping_domain::keys::{BoxPublics, BoxSecrets};
use hengping_domain::log;
use hengping_domain::manifest::{Manifest, PerSide, PeriodKind, RelayKeys, SideKeys};
use hengping_domain::request::{Asked, Presented, Request};
use hengping_domain::statement::{AgentRefusal, EvaluatedToken, Said, Signed, Statement};
use hengping_domain::token::StampInfo;
use hengping_domain::token::poprf::IssuerKey;
use hengping_ports::{SeededEntropy, SettableClock};
use jiff::civil::date;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use tempfile::TempDir;

use crate::harness::{CHEAP, PASSPHRASE, id, key, public, rubric, small};
use crate::raters::{Cast, Rater, entries};

pub(crate) struct Against {
    _dir: TempDir,
    platform: SigningKey,
    /// The honest side.
    pub(crate) side: Side,
    pub(crate) agent: Arc<Agent>,
    /// The other side's agent key and secrets.
    evil: SigningKey,
    pub(crate) secrets: BoxSecrets,
    pub(crate) manifest: Manifest,
    codes: Vec<Code>,
    each: u8,
}

impl Against {
    /// A box under a manifest in which `raters` raters of the bar have `each` invitations.
    pub(crate) fn new(side: Side, raters: u8, each: u8) -> Self {
        let dir = TempDir::new().expect("a directory");
        let (platform, evil, signing) = (key(1), key(66), PerSide { bench: key(2), bar: key(3) });
        let entropy = Arc::new(SeededEntropy::new(99));
        let (_, unlocked) = KeyFile::generate(side, PASSPHRASE, CHEAP, &*entropy).expect("keys");
        let of = |which| {
            let agent = if which == side { unlocked.public() } else { public(&evil) };
            SidePins { signing: public(signing.get(which)), agent }
        };
        let sides = PerSide::of(of);
        let pins = Pins::new(public(&platform), public(&key(4)), sides);
        let clock = Arc::new(SettableClock::on(date(2026, 6, 1)));
        let dir_of_agent = dir.path().join("agent");
        let setup = Setup { dir: dir_of_agent, unlocked, pins, settings: Settings::unattended(), clock, entropy };
        let agent = Arc::new(Agent::open(setup).expect("an agent"));
        let secrets = BoxSecrets::generate(&mut ChaCha20Rng::from_seed([66; 32])).expect("secrets");
        let theirs = secrets.publics().expect("publics");
        let request = Request::new(id(), Asked::Keys).sign(&platform).expect("signed");
        let Ok(Answer::Now(Signed { statement: Statement { said: Said::Keys(ours), .. }, .. })) =
            agent.answer(&request)
        else {
            panic!("keys")
        };
        let keys = |which| {
            let BoxPublics { issuer, mix, opening } = if which == side { ours.clone() } else { theirs.clone() };
            let SidePins { signing, agent } = *sides.get(which);
            SideKeys { signing, agent, issuer, mix, opening }
        };
        let manifest = Manifest {
            v: 2,
            suite: "HPB2".into(),
            id: id(),
            period: id().period,
            direction: id().direction,
            kind: PeriodKind::Regular,
            rubric: rubric().0,
            charter: Digest::of(&[b"charter"]),
            cast_until: date(2026, 12, 31),
            bench: keys(Side::Bench),
            bar: keys(Side::Bar),
            platform: pins.platform,
            relay: RelayKeys { origin: "https://relay.example".into(), receipt: pins.relay },
            front_end: Digest::of(&[b"pages"]),
            rehearsal: false,
        };
        let hash = Document::new(DocumentKind::Manifest, &manifest).expect("a document").hash();
        let sign = |&side: &Side| Signature::sign(side, DocumentKind::Manifest, hash, signing.get(side));
        let signatures = Side::ALL.iter().map(sign).collect();
        let mut against = Self { _dir: dir, platform, side, agent, evil, secrets, manifest, codes: Vec::new(), each };
        against.said(Asked::Manifest { manifest: Box::new(against.manifest.clone()), signatures });
        let list: String = (0..raters).map(|rater| format!("{},name\n", crate::raters::number(rater))).collect();
        let members = against.agent.add_members(format!("number,name\n{list}").as_bytes()).expect("members");
        against.codes = members.into_iter().map(|member| member.code).collect();
        against.said(Asked::Eligibility { number: 1, entries: entries(raters, each) });
        against
    }

    pub(crate) fn ask(&self, asked: Asked) -> Signed {
        let request = Request::new(id(), asked).sign(&self.platform).expect("signed");
        match self.agent.answer(&request).expect("an answer") {
            Answer::Now(signed) => signed,
            Answer::Later => panic!("later"),
        }
    }

    pub(crate) fn said(&self, asked: Asked) -> Said {
        let said = self.ask(asked).statement.said;
        assert!(!matches!(said, Said::Refused { .. }), "{said:?}");
        said
    }

    pub(crate) fn refused(&self, asked: Asked) -> Option<AgentRefusal> {
        match self.ask(asked).statement.said {
            Said::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whatever the other side cares to say.
    pub(crate) fn evil_says(&self, said: Said) -> Signed {
        Statement { v: 1, id: id(), side: self.side.other(), said }.sign(&self.evil).expect("signed")
    }

    /// Both sides' statements, of which one is the honest agent's.
    pub(crate) fn pair(&self, ours: Signed, theirs: Signed) -> PerSide<Signed> {
        match self.side {
            Side::Bench => PerSide { bench: ours, bar: theirs },
            Side::Bar => PerSide { bench: theirs, bar: ours },
        }
    }

    pub(crate) fn evil_issuer(&self) -> IssuerKey {
        self.secrets.issuer_key().expect("a key")
    }

    /// Ballots of a rater about all invitations.
    pub(crate) fn casts(&self, rater: u8) -> Vec<Cast> {
        let device = Rater::new(rater, self.each);
        let request_key = public(&device.seed.request_key(&id()));
        let certificate = match self.side {
            Side::Bar => {
                let mac = self.codes[usize::from(rater)].key().vouch(&id(), &device.number, &request_key);
                self.ask(Asked::Enrol { rater: device.number.clone(), request_key, mac })
            }
            Side::Bench => self.evil_says(Said::Enrolled { rater: device.number.clone(), request_key }),
        };
        let request = device.token_request();
        let signature = request.sign(&device.seed.request_key(&id())).expect("signed");
        let ours = self.ask(Asked::Tokens { request: request.clone(), signature, certificate: Box::new(certificate) });
        let (issuer, theirs) = (self.evil_issuer(), self.side.other());
        let answer =
            |element: &PerSide<_>, info: &str| issuer.evaluate(element.get(theirs), info, [7; 64]).expect("one");
        let token = |(token, entry): (&hengping_domain::request::BlindedToken, &hengping_domain::eligible::Entry)| {
            let slip = entry.slip_info(&id(), self.manifest.rubric).to_string();
            EvaluatedToken {
                invitation: token.invitation.clone(),
                stamp: answer(&token.stamp, &StampInfo(&id()).to_string()),
                slip: answer(&token.slip, &slip),
            }
        };
        let nym = answer(&request.nym, &device.entries[0].nym_info(&id()).to_string());
        let tokens = request.tokens.iter().zip(&device.entries).map(token).collect();
        let request = request.digest().expect("a digest");
        let answers = self.pair(ours, self.evil_says(Said::Evaluated { request, nym, tokens }));
        let tokens = device.unblind(&self.manifest, &answers);
        (0..device.entries.len()).map(|at| device.cast(&self.manifest, &tokens, at, 1, 4)).collect()
    }

    /// Takes casts into the box and closes it.
    pub(crate) fn close(&self, casts: &[Cast]) {
        let mut casts: Vec<_> = casts.iter().map(|cast| cast.presented.clone()).collect();
        casts.sort_by_key(Presented::leaf);
        let leaves: Vec<_> = casts.iter().map(Presented::leaf).collect();
        self.said(Asked::Check { number: 1, casts });
        let (size, root) = (small(leaves.len()), log::root(&leaves));
        self.said(Asked::Cosign { size, root, leaves });
        self.said(Asked::Close { size, root, stamps: size });
    }

    /// Gives the honest agent a file.
    pub(crate) fn put(&self, bytes: &[u8]) -> Digest {
        self.agent.files().put(bytes).expect("kept")
    }
}

/// A token's tag that nobody made.
pub(crate) fn made_up(number: u32) -> Bytes<64> {
    let half = |half: u8| Digest::of(&[&number.to_be_bytes(), &[half]]).0;
    let (first, second) = (half(1), half(2));
    Bytes(std::array::from_fn(|at| if at < 32 { first[at] } else { second[at - 32] }))
}
