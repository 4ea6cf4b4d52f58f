//! A trial: two agents in directories of their own, a platform's key, and raters' devices.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use hengping_agent::config::Settings;
use hengping_agent::keyfile::{Cost, KeyFile, Unlocked};
use hengping_agent::pins::{Pins, SidePins};
use hengping_agent::{Agent, Answer, Setup};
use hengping_domain::digest::{Bytes, Bytes32, Digest};
use hengping_domain::document::{Document, DocumentKind, Signature};
use hengping_domain::enrolment::Code;
use hengping_domain::ids::{BoxId, Direction, PeriodId, Side};
use hengping_domain::keys::BoxPublics;
use hengping_domain::layer::Posted;
use hengping_domain::manifest::{Manifest, PerSide, PeriodKind, RelayKeys, SideKeys};
use hengping_domain::request::{Asked, Presented, Request, SignedRequest};
use hengping_domain::rubric::Rubric;
use hengping_domain::statement::{AgentRefusal, Said, Signed};
use hengping_domain::{log, mix};
use hengping_ports::{SeededEntropy, SettableClock};
use jiff::civil::date;
use tempfile::TempDir;

use crate::raters::{Cast, Rater, Tokens, entries, number};

/// What a passphrase costs here: nothing.
pub(crate) const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
/// The seed of both sides' key files.
pub(crate) const KEY_SEED: u64 = 4_294_967_295;
pub(crate) const PASSPHRASE: &str = "correct horse battery";
/// The box whose raters are the bar's members.
pub(crate) const BOX: &str = "2026.bar_rates_bench";
pub(crate) const BOTH: [Side; 2] = [Side::Bench, Side::Bar];

pub(crate) fn id() -> BoxId {
    BOX.parse().expect("a box")
}

pub(crate) fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32])
}

pub(crate) fn public(key: &SigningKey) -> Bytes32 {
    Bytes(key.verifying_key().to_bytes())
}

pub(crate) fn rubric() -> (Digest, Rubric) {
    let text = include_str!("../../../config/rubrics/bar-rates-bench-v1.toml");
    (Digest::of(&[b"rubric"]), Rubric::from_toml(text).expect("the shipped rubric"))
}

pub(crate) struct Trial {
    pub(crate) dir: TempDir,
    pub(crate) platform: SigningKey,
    signing: PerSide<SigningKey>,
    pub(crate) settings: Settings,
    pub(crate) pins: Pins,
    pub(crate) clock: Arc<SettableClock>,
    pub(crate) agents: PerSide<Arc<Agent>>,
    /// What each agent draws its random bytes from.
    pub(crate) seeds: PerSide<u64>,
    pub(crate) codes: BTreeMap<String, Code>,
    /// Requests and statements so far, so that they can be asked again.
    pub(crate) record: std::cell::RefCell<Vec<(Side, SignedRequest, Signed)>>,
    /// Whether the store is closed and opened again after each answer.
    pub(crate) restless: std::cell::Cell<bool>,
}

fn setup(trial_dir: &std::path::Path, side: Side) -> PathBuf {
    trial_dir.join(side.as_str())
}

/// Another seed each time, so that nothing random is drawn twice.
fn next_seed() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

fn open(
    dir: PathBuf,
    (pins, settings): (Pins, Settings),
    clock: Arc<SettableClock>,
    unlocked: Unlocked,
    seed: u64,
) -> Arc<Agent> {
    let entropy = Arc::new(SeededEntropy::new(seed));
    Arc::new(Agent::open(Setup { dir, unlocked, pins, settings, clock, entropy }).expect("an agent"))
}

impl Trial {
    /// Two agents that know each other; nothing waits for officers.
    pub(crate) fn new() -> Self {
        Self::with(Settings::unattended())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let dir = TempDir::new().expect("a directory");
        let platform = key(1);
        let signing = PerSide { bench: key(2), bar: key(3) };
        let entropy = SeededEntropy::new(KEY_SEED);
        let make = |side| {
            let (file, unlocked) = KeyFile::generate(side, PASSPHRASE, CHEAP, &entropy).expect("keys");
            file.create(&setup(dir.path(), side)).expect("written");
            unlocked
        };
        let unlocked = PerSide::of(make);
        let of = |side| SidePins { signing: public(signing.get(side)), agent: unlocked.get(side).public() };
        let pins = Pins::new(public(&platform), public(&key(4)), PerSide::of(of));
        let clock = Arc::new(SettableClock::on(date(2026, 6, 1)));
        let PerSide { bench, bar } = unlocked;
        let seeds = PerSide { bench: next_seed(), bar: next_seed() };
        let agent = |side, unlocked| {
            let given = (pins, settings.clone());
            open(setup(dir.path(), side), given, clock.clone(), unlocked, *seeds.get(side))
        };
        let agents = PerSide { bench: agent(Side::Bench, bench), bar: agent(Side::Bar, bar) };
        Self {
            dir,
            platform,
            signing,
            settings,
            pins,
            clock,
            agents,
            seeds,
            codes: BTreeMap::new(),
            record: Default::default(),
            restless: Default::default(),
        }
    }

    pub(crate) fn agent_dir(&self, side: Side) -> PathBuf {
        setup(self.dir.path(), side)
    }

    /// A side's agent opened from its directory, as after a kill.
    pub(crate) fn again(&self, side: Side) -> Arc<Agent> {
        let dir = self.agent_dir(side);
        let unlocked = KeyFile::read(&dir).expect("a key file").unlock(PASSPHRASE).expect("unlocked");
        open(dir, (self.pins, self.settings.clone()), self.clock.clone(), unlocked, next_seed())
    }

    pub(crate) fn signed(&self, id: BoxId, asked: Asked) -> SignedRequest {
        Request::new(id, asked).sign(&self.platform).expect("signed")
    }

    pub(crate) fn ask_of(&self, id: BoxId, side: Side, asked: Asked) -> Answer {
        let request = self.signed(id, asked);
        let answer = match self.restless.get() {
            true => self.again(side).answer(&request),
            false => self.agents.get(side).answer(&request),
        };
        let answer = answer.expect("an answer");
        if let Answer::Now(signed) = &answer {
            self.record.borrow_mut().push((side, request, signed.clone()));
        }
        answer
    }

    pub(crate) fn ask(&self, side: Side, asked: Asked) -> Answer {
        self.ask_of(id(), side, asked)
    }

    /// What was said, signed; it holds.
    pub(crate) fn signed_by(&self, side: Side, asked: Asked) -> Signed {
        match self.ask(side, asked) {
            Answer::Now(signed) => {
                let agent = &self.pins.sides.get(side).agent;
                assert!(signed.said(&id(), side, agent).is_ok());
                signed
            }
            Answer::Later => panic!("later"),
        }
    }

    pub(crate) fn said(&self, side: Side, asked: Asked) -> Said {
        self.signed_by(side, asked).statement.said
    }

    /// Asks both sides.
    pub(crate) fn both(&self, asked: impl Fn() -> Asked) -> PerSide<Signed> {
        PerSide::of(|side| self.signed_by(side, asked()))
    }

    pub(crate) fn refused(&self, side: Side, asked: Asked) -> Option<AgentRefusal> {
        self.ask(side, asked).refusal()
    }

    fn publics(&self, id: &BoxId, side: Side) -> BoxPublics {
        match self.ask_of(id.clone(), side, Asked::Keys) {
            Answer::Now(Signed { statement, .. }) => match statement.said {
                Said::Keys(publics) => publics,
                other => panic!("{other:?}"),
            },
            Answer::Later => panic!("later"),
        }
    }

    /// A manifest of a box with keys that the agents make, signed by both sides.
    pub(crate) fn manifest_of(&self, id: &BoxId) -> Manifest {
        let side = |side| {
            let (pins, BoxPublics { issuer, mix, opening }) = (self.pins.sides.get(side), self.publics(id, side));
            SideKeys { signing: pins.signing, agent: pins.agent, issuer, mix, opening }
        };
        Manifest {
            v: 2,
            suite: "HPB2".into(),
            id: id.clone(),
            period: id.period.clone(),
            direction: id.direction,
            kind: PeriodKind::Regular,
            rubric: rubric().0,
            charter: Digest::of(&[b"charter"]),
            cast_until: date(2026, 12, 31),
            bench: side(Side::Bench),
            bar: side(Side::Bar),
            platform: self.pins.platform,
            relay: RelayKeys { origin: "https://relay.example".into(), receipt: self.pins.relay },
            front_end: Digest::of(&[b"pages"]),
            rehearsal: id.period.is_rehearsal(),
        }
    }

    pub(crate) fn signatures(&self, manifest: &Manifest) -> Vec<Signature> {
        let hash = Document::new(DocumentKind::Manifest, manifest).expect("a document").hash();
        let sign = |&side: &Side| Signature::sign(side, DocumentKind::Manifest, hash, self.signing.get(side));
        BOTH.iter().map(sign).collect()
    }

    pub(crate) fn adopt(&self, manifest: &Manifest) -> Asked {
        Asked::Manifest { manifest: Box::new(manifest.clone()), signatures: self.signatures(manifest) }
    }

    pub(crate) fn manifest(&self) -> Manifest {
        self.manifest_of(&id())
    }

    /// A trial with a box under a manifest, and `raters` members of the bar with `each` invitations.
    pub(crate) fn with_raters(raters: u8, each: u8) -> (Self, Vec<Rater>) {
        let mut trial = Self::new();
        let raters = trial.begin(raters, each);
        (trial, raters)
    }

    pub(crate) fn begin(&mut self, raters: u8, each: u8) -> Vec<Rater> {
        let manifest = self.manifest();
        self.both(|| self.adopt(&manifest));
        let mut list = "number,name\n".to_owned();
        for rater in 0..raters {
            list.push_str(&format!("{},律师{rater}\n", number(rater)));
        }
        let members = self.agents.bar.add_members(list.as_bytes()).expect("members");
        self.codes = members.into_iter().map(|member| (member.number, member.code)).collect();
        let entries = entries(raters, each);
        self.both(|| Asked::Eligibility { number: 1, entries: entries.clone() });
        (0..raters).map(|rater| Rater::new(rater, each)).collect()
    }

    /// The certificate of a rater's device.
    pub(crate) fn enrol(&self, rater: &Rater) -> Signed {
        self.signed_by(Side::Bar, self.enrol_request(rater))
    }

    pub(crate) fn enrol_request(&self, rater: &Rater) -> Asked {
        let request_key = public(&rater.seed.request_key(&id()));
        let mac = self.codes[&rater.number].key().vouch(&id(), &rater.number, &request_key);
        Asked::Enrol { rater: rater.number.clone(), request_key, mac }
    }

    pub(crate) fn tokens_request(&self, rater: &Rater, certificate: &Signed) -> Asked {
        let request = rater.token_request();
        let signature = request.sign(&rater.seed.request_key(&id())).expect("signed");
        Asked::Tokens { request, signature, certificate: Box::new(certificate.clone()) }
    }

    /// Everything a device fetches: enrolled, answered by both, unblinded.
    pub(crate) fn fetch(&self, rater: &Rater) -> Tokens {
        let certificate = self.enrol(rater);
        let answers = self.both(|| self.tokens_request(rater, &certificate));
        rater.unblind(&self.manifest(), &answers)
    }

    /// Batch `number` checked by both, and the good leaves cosigned.
    pub(crate) fn batch(&self, number: u32, casts: &[&Cast], log: &mut Vec<Digest>) -> PerSide<Vec<Digest>> {
        let mut casts: Vec<Presented> = casts.iter().map(|cast| cast.presented.clone()).collect();
        casts.sort_by_key(Presented::leaf);
        let refused = |side| match self.said(side, Asked::Check { number, casts: casts.clone() }) {
            Said::Checked { refused, .. } => refused,
            other => panic!("{other:?}"),
        };
        let refused = PerSide::of(refused);
        let good = |leaf: &Digest| !refused.bench.contains(leaf) && !refused.bar.contains(leaf);
        let leaves: Vec<_> = casts.iter().map(Presented::leaf).filter(good).collect();
        log.extend(&leaves);
        let (size, root) = (small(log.len()), log::root(log));
        self.both(|| Asked::Cosign { size, root, leaves: leaves.clone() });
        refused
    }

    pub(crate) fn close(&self, log: &[Digest], stamps: u32) {
        let (size, root) = (small(log.len()), log::root(log));
        self.both(|| Asked::Close { size, root, stamps });
    }

    /// Gives an agent a file.
    pub(crate) fn put(&self, side: Side, bytes: &[u8]) -> Digest {
        self.agents.get(side).files().put(bytes).expect("kept")
    }

    /// Both shuffles of what was posted.
    pub(crate) fn shuffle(&self, posted: &[&Posted]) -> PerSide<Signed> {
        let input = self.put(Side::Bench, &mix::write_list(posted));
        let bench = self.signed_by(Side::Bench, Asked::Mix { input, after: None });
        let Said::Mixed { output, .. } = bench.statement.said else { panic!("{bench:?}") };
        let between = self.agents.bench.files().read(output).expect("a list");
        self.put(Side::Bar, &between);
        let after = Some(Box::new(bench.clone()));
        let bar = self.signed_by(Side::Bar, Asked::Mix { input: output, after });
        PerSide { bench, bar }
    }

    /// Both sides' word about the list, which the bench gets too.
    pub(crate) fn list(&self, mixed: &PerSide<Signed>) -> PerSide<Signed> {
        let listed = self.both(|| Asked::List { mixed: Box::new(mixed.clone()), audited: false });
        let Said::Listed { list, .. } = listed.bench.statement.said else { panic!("{listed:?}") };
        let bytes = self.agents.bar.files().read(list).expect("the list");
        self.put(Side::Bench, &bytes);
        listed
    }
}

/// What several tests start from: a closed box in which each rater has cast two ballots.
pub(crate) struct Closed {
    pub(crate) trial: Trial,
    pub(crate) casts: Vec<Cast>,
}

impl Closed {
    pub(crate) fn new(raters: u8) -> Self {
        let (trial, raters) = Trial::with_raters(raters, 2);
        let manifest = trial.manifest();
        let cast = |rater: &Rater| {
            let tokens = trial.fetch(rater);
            [0, 1].map(|at| rater.cast(&manifest, &tokens, at, 1, 3 + at as u8))
        };
        let casts: Vec<_> = raters.iter().flat_map(cast).collect();
        let mut log = Vec::new();
        trial.batch(1, &casts.iter().collect::<Vec<_>>(), &mut log);
        trial.close(&log, small(casts.len()));
        Self { trial, casts }
    }

    pub(crate) fn posted(&self) -> Vec<&Posted> {
        self.casts.iter().map(|cast| &cast.posted).collect()
    }
}

pub(crate) fn small(length: usize) -> u32 {
    u32::try_from(length).expect("few")
}

/// The other direction's box.
pub(crate) fn other_box() -> BoxId {
    BoxId { period: PeriodId("2026".into()), direction: Direction::BenchRatesBar }
}
