//! A sealed box made with the domain's own nouns: what the platform exports, and both sides' shares.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ed25519_dalek::SigningKey;
use hengping_domain::ballot::Ballot;
use hengping_domain::charter::Charter;
use hengping_domain::correction::{Correction, CorrectionsFile, ObjectionReason, SignedCorrection, Voided};
use hengping_domain::digest::{Bytes, Bytes32, Digest};
use hengping_domain::document::{Document, DocumentKind, Signature};
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::{BoxId, InvitationId, RateeId, Side};
use hengping_domain::keys::BoxSecrets;
use hengping_domain::manifest::{ClosedManifest, Manifest, PerSide, PeriodKind, RelayKeys, SideKeys};
use hengping_domain::margins::{CourtMargin, Margins, RateeMargin};
use hengping_domain::opening::{IssuerKeysFile, read_list, write_list, write_shares};
use hengping_domain::rubric::Rubric;
use hengping_domain::statement::{Said, Signed, Statement};
use hengping_domain::stratum::Stratum;
use hengping_domain::token::poprf::IssuerKey;
use hengping_domain::token::{self, NymInfo, RaterRole, Seed, SlipInfo, Token};
use rand::RngExt;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

const COURTS: usize = 4;

/// How many rate and are rated.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub judges: usize,
    pub lawyers: usize,
}

/// Enough for every rule of the gate.
const TOWN: Size = Size { judges: 24, lawyers: 90 };

pub fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config").join(name)
}

/// A closed box of one period, sealed and ready to be opened.
#[derive(Clone)]
pub struct World {
    pub id: BoxId,
    pub manifest: ClosedManifest,
    pub rubric: Rubric,
    pub charter: Charter,
    pub envelopes: Vec<Envelope>,
    pub issuers: PerSide<Bytes32>,
    pub margins: Margins,
    /// The agents' secrets of the box.
    pub secrets: PerSide<BoxSecrets>,
    /// What was sealed, for the tests' eyes only.
    pub ballots: Vec<(Ballot, NymInfo)>,
    /// Text that must appear nowhere after an opening.
    pub canaries: Vec<String>,
    /// Hashes that each side said its shuffle turned away.
    pub refused: PerSide<usize>,
}

/// What an agent signs statements with.
pub fn agent(side: Side) -> SigningKey {
    SigningKey::from_bytes(&[40 + side as u8; 32])
}

pub fn court(index: usize) -> String {
    format!("鲁020{}", index % COURTS)
}

pub fn world(kind: PeriodKind, ballots: usize) -> World {
    period("2026", kind, ballots)
}

/// The box of a period.
pub fn period(period: &str, kind: PeriodKind, ballots: usize) -> World {
    sized(period, kind, ballots, TOWN)
}

/// The box of a period in a city of some size.
pub fn sized(period: &str, kind: PeriodKind, ballots: usize, size: Size) -> World {
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let id: BoxId = format!("{period}.bar_rates_bench").parse().unwrap();
    let rubric =
        Rubric::from_toml(&std::fs::read_to_string(config("rubrics/bar-rates-bench-v1.toml")).unwrap()).unwrap();
    let charter = charter();
    let hash = |kind, body: &dyn erased::Body| Document::new(kind, &body.json()).unwrap().hash();
    let rubric_hash = hash(DocumentKind::Rubric, &rubric);
    let mut secrets = || BoxSecrets::generate(&mut rng).unwrap();
    let secrets = PerSide { bench: secrets(), bar: secrets() };
    let keys = |side: Side| {
        let publics = secrets.get(side).publics().unwrap();
        SideKeys {
            signing: Bytes(signing(side).verifying_key().to_bytes()),
            agent: Bytes(agent(side).verifying_key().to_bytes()),
            issuer: publics.issuer,
            mix: publics.mix,
            opening: publics.opening,
        }
    };
    let manifest = Manifest {
        v: 2,
        suite: "HPB2".into(),
        id: id.clone(),
        period: id.period.clone(),
        direction: id.direction,
        kind,
        rubric: rubric_hash,
        charter: hash(DocumentKind::Charter, &charter),
        cast_until: "2026-12-31".parse().unwrap(),
        bench: keys(Side::Bench),
        bar: keys(Side::Bar),
        platform: Bytes([3; 32]),
        relay: RelayKeys { origin: "https://relay.example".into(), receipt: Bytes([4; 32]) },
        front_end: Digest::of(&[b"pages"]),
        rehearsal: id.period.is_rehearsal(),
    };
    let nothing = |side| say(&id, side, Said::Listed { list: Digest::of(&[]), count: 0 });
    let nothing = PerSide { bench: nothing(Side::Bench), bar: nothing(Side::Bar) };
    let mut world = World {
        margins: Margins {
            v: 1,
            direction: id.direction,
            ratees: BTreeMap::new(),
            courts: BTreeMap::new(),
            invited: 0,
            mix: BTreeMap::new(),
            asked: BTreeMap::new(),
            docket_unique_share: 0.2,
        },
        issuers: PerSide { bench: secrets.bench.issuer, bar: secrets.bar.issuer },
        manifest: ClosedManifest {
            v: 2,
            hash: hash(DocumentKind::Manifest, &manifest),
            manifest,
            closed_boxes: vec![id.clone(), id.counterpart()],
            stamps: 0,
            mixed: nothing.clone(),
            listed: nothing,
        },
        id,
        rubric,
        charter,
        envelopes: vec![],
        secrets,
        ballots: vec![],
        canaries: vec![],
        refused: PerSide { bench: 0, bar: 0 },
    };
    world.fill(ballots, size, rubric_hash, &mut rng);
    world.shuffle();
    world
}

/// The key of a side's officers.
pub fn signing(side: Side) -> SigningKey {
    SigningKey::from_bytes(&[40 + side as u8; 32])
}

/// `corrections.json` that voids the blocks of some ratees, signed with these keys, as file version `v`.
pub fn corrections(world: &World, v: u32, void: &[&str], keys: &[(Side, SigningKey)]) -> String {
    let manifest = &world.manifest.manifest;
    let ratees = void.iter().map(|ratee| RateeId((*ratee).to_owned())).collect();
    let voided = Voided { v: 1, salt: Bytes([7; 32]), ratees };
    let correction = Correction {
        v: 2,
        id: manifest.id.clone(),
        manifest: world.manifest.hash,
        release: Digest::of(&[b"the first draft"]),
        blocks: void.len() as u32,
        void: voided.hash().unwrap(),
        reason: ObjectionReason::NotHandled,
    };
    let hash = correction.hash().unwrap();
    let sign = |(side, key): &(Side, SigningKey)| Signature::sign(*side, DocumentKind::Correction, hash, key);
    let signatures = keys.iter().map(sign).collect();
    let file =
        CorrectionsFile { v, corrections: vec![SignedCorrection { correction, signatures }], voided: vec![voided] };
    serde_json::to_string(&file).unwrap()
}

/// Both sides' officers.
pub fn officers() -> [(Side, SigningKey); 2] {
    [Side::Bench, Side::Bar].map(|side| (side, signing(side)))
}

/// A statement of a side's agent.
pub fn say(id: &BoxId, side: Side, said: Said) -> Signed {
    Statement { v: 1, id: id.clone(), side, said }.sign(&agent(side)).unwrap()
}

pub fn charter() -> Charter {
    let directory = std::fs::read_dir(config("charters")).unwrap();
    let mut files: Vec<PathBuf> = directory.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    Charter::from_toml(&std::fs::read_to_string(&files[0]).unwrap()).unwrap()
}

/// Lets documents of several types pass through one closure.
mod erased {
    pub trait Body {
        fn json(&self) -> serde_json::Value;
    }
    impl<T: serde::Serialize> Body for T {
        fn json(&self) -> serde_json::Value {
            serde_json::to_value(self).unwrap()
        }
    }
}

impl World {
    fn fill(&mut self, ballots: usize, Size { judges, lawyers }: Size, rubric: Digest, rng: &mut ChaCha20Rng) {
        let quality: Vec<f64> = (0..judges).map(|_| rng.random_range(-0.7..0.7)).collect();
        let severity: Vec<f64> = (0..lawyers).map(|_| rng.random_range(-0.5..0.5)).collect();
        let seeds: Vec<Seed> = (0..lawyers).map(|i| Seed(Bytes(Digest::of(&[b"seed", &i.to_be_bytes()]).0))).collect();
        let key = |side: Side| IssuerKey::from_secret(self.issuers.get(side)).unwrap();
        let issuers = PerSide { bench: key(Side::Bench), bar: key(Side::Bar) };
        let mut nyms = Vec::new();
        for (i, seed) in seeds.iter().enumerate() {
            let info = NymInfo { id: self.id.clone(), home: court(i), role: RaterRole::Lawyer };
            let nonce = seed.nym(&self.id);
            let nym = Token::mint(nonce, &issuers, &info.to_string()).unwrap();
            self.canaries.extend([nonce.to_string(), nym.to_string(), token::nym_hash(&nonce).to_string()]);
            nyms.push(nym);
        }
        let strata: Vec<Stratum> =
            ["civil.for", "civil.against", "civil.mixed", "criminal.none"].iter().map(|s| s.parse().unwrap()).collect();
        // Twice as many invitations as ballots: response is one half.
        for number in 0..2 * ballots {
            let (i, j) = (rng.random_range(0..lawyers), rng.random_range(0..judges));
            let (ratee, stratum) = (RateeId(format!("ratee-{j:02}")), strata[rng.random_range(0..4)]);
            let slip = seeds[i].slip(&InvitationId(format!("{} {number}", self.id)));
            let info = SlipInfo { id: self.id.clone(), ratee: ratee.clone(), court: court(j), stratum, rubric };
            let margin =
                self.margins.ratees.entry(ratee.clone()).or_insert(RateeMargin { invited: 0, largest_group: 1 });
            margin.invited += 1;
            self.margins.courts.entry(court(j)).or_insert(CourtMargin { invited: 0 }).invited += 1;
            *self.margins.mix.entry(stratum).or_default() += 1;
            self.margins.invited += 1;
            if number % 2 == 1 {
                continue;
            }
            let mut answers = BTreeMap::new();
            for item in &self.rubric.items {
                let level = 3.6 + quality[j] + severity[i] + rng.random_range(-1.0..1.0_f64);
                let level = (!rng.random_bool(0.08)).then_some(level.round().clamp(1.0, 5.0) as u8);
                answers.insert(item.id.clone(), level);
            }
            let nym = NymInfo { id: self.id.clone(), home: court(i), role: RaterRole::Lawyer };
            self.canaries.extend([slip.to_string(), info.to_string(), nym.to_string()]);
            let slip = Token::mint(slip, &issuers, &info.to_string()).unwrap();
            self.canaries.push(slip.to_string());
            let ballot = Ballot {
                v: 2,
                ratee,
                court: court(j),
                stratum,
                rubric,
                home: nym.home.clone(),
                role: nym.role,
                answers,
                slip,
                nym: nyms[i],
                seq: 1,
            };
            self.seal(&ballot, rng);
            self.ballots.push((ballot, nym));
        }
        // One that replaces the first, and one whose slip no agent made.
        let mut again = self.ballots[0].0.clone();
        again.seq = 2;
        self.seal(&again, rng);
        self.ballots[0].0 = again.clone();
        again.slip.nonce = Bytes([251; 32]);
        self.seal(&again, rng);
    }

    /// Adds a ballot to the list.
    pub fn put(&mut self, ballot: &Ballot) {
        self.seal(ballot, &mut ChaCha20Rng::seed_from_u64(12));
        self.shuffle();
    }

    /// Leaves envelopes that open, around ballots whose slips no agent made.
    pub fn keep_nothing_valid(&mut self) {
        self.envelopes.clear();
        let mut rng = ChaCha20Rng::seed_from_u64(13);
        for (mut ballot, _) in self.ballots.clone() {
            ballot.slip.nonce.0[0] ^= 1;
            self.seal(&ballot, &mut rng);
        }
        self.shuffle();
    }

    /// What both agents say about the envelopes there are, and about the items they turned away.
    pub fn shuffle(&mut self) {
        let digest = |words: &str| Digest::of(&[words.as_bytes()]);
        let refused = |side: Side| {
            let count = *self.refused.get(side);
            let mut hashes: Vec<_> = (0..count).map(|i| digest(&format!("refused {side} {i}"))).collect();
            hashes.sort_unstable();
            hashes
        };
        let (bench, bar) = (refused(Side::Bench), refused(Side::Bar));
        let count = |n: usize| u32::try_from(n).unwrap();
        let (passed, list) = (count(self.envelopes.len()), Digest::of(&[&write_list(&self.envelopes)]));
        let half = passed + count(bar.len());
        let taken = half + count(bench.len());
        let first = Said::Mixed { input: digest("L0"), taken, output: digest("L1"), passed: half, refused: bench };
        let second = Said::Mixed { input: digest("L1"), taken: half, output: list, passed, refused: bar };
        let listed = |side| say(&self.id, side, Said::Listed { list, count: passed });
        let listed = PerSide { bench: listed(Side::Bench), bar: listed(Side::Bar) };
        let mixed = PerSide { bench: say(&self.id, Side::Bench, first), bar: say(&self.id, Side::Bar, second) };
        self.manifest = ClosedManifest { stamps: taken, mixed, listed, ..self.manifest.clone() };
    }

    fn seal(&mut self, ballot: &Ballot, rng: &mut ChaCha20Rng) {
        let opening = self.manifest.manifest.each(|keys| keys.opening);
        let body = ballot.to_body().unwrap();
        self.envelopes.push(Envelope::seal(&self.id, &body, &opening.bench, &opening.bar, rng).unwrap());
    }

    /// Writes the pinned files with the shares of `bench` and `bar`.
    pub fn export(&self, dir: &Path, bench: Option<&Bytes32>, bar: Option<&Bytes32>) {
        std::fs::create_dir_all(dir.join("rubrics")).unwrap();
        let put = |name: &str, bytes: Vec<u8>| std::fs::write(dir.join(name), bytes).unwrap();
        put("manifest.json", serde_json::to_vec(&self.manifest).unwrap());
        put("charter.json", serde_json::to_vec(&self.charter).unwrap());
        put(&format!("rubrics/{}.json", self.manifest.manifest.rubric), serde_json::to_vec(&self.rubric).unwrap());
        put("issuer-keys.json", serde_json::to_vec(&IssuerKeysFile::new(&self.issuers)).unwrap());
        put("margins.json", serde_json::to_vec(&self.margins).unwrap());
        put("ledger.jsonl", Vec::new());
        put("privacy.json", br#"{"v":1,"left":4000,"again":false,"earlier":null}"#.to_vec());
        let ratees = self.margins.ratees.keys().enumerate().map(|(j, id)| format!("{id},{},judge\n", court(j)));
        put("ratees.csv", format!("ratee,court,role\n{}", ratees.collect::<String>()).into_bytes());
        let bytes = write_list(&self.envelopes);
        let list = read_list(&bytes).unwrap();
        put("list.bin", bytes);
        for (side, name, secret) in [(Side::Bench, "bench", bench), (Side::Bar, "bar", bar)] {
            if let Some(secret) = secret {
                put(&format!("shares-{name}.bin"), write_shares(&list, &self.id, side, secret, |_| ()));
            }
        }
    }

    pub fn export_with_both(&self, dir: &Path) {
        self.export(dir, Some(&self.secrets.bench.opening), Some(&self.secrets.bar.opening));
    }
}

/// Runs the program with its temporary files in `temporary`.
pub fn run(arguments: &[&str], temporary: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hengping-analyse")).args(arguments).env("TMPDIR", temporary).output().unwrap()
}

/// The stable code of a refused run, from its last line.
pub fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    last["error"]["code"].as_str().unwrap().to_owned()
}

/// Every file below `dir`, by relative name.
pub fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(at) = waiting.pop() {
        for entry in std::fs::read_dir(&at).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().display().to_string();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}
