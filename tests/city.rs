//! A small city for the tests: cases written by hand, both sides' keys, documents in force, devices that cast.
//!
//! Everything in it goes through the steps of `flow`, as the command line and the server do.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, LazyLock};

use hengping::config::Config;
use hengping::flow::cast::Cast;
use hengping::flow::close::{self, TooFew};
use hengping::flow::import_docket::{self, Imported};
use hengping::flow::issue::{self, TokenHashes, WaitingCase};
use hengping::flow::periods::{self, PeriodPlan};
use hengping::flow::sign_in::{Grant, add_account};
use hengping::flow::{Failure, Outcome, Refusal, Site, documents, draft, draw, export, invite};
use hengping::ports::{Entropy, SettableClock};
use hengping::store::document::SideKeys;
use hengping::store::period::BoxState;
use hengping::store::person::{self, Person};
use hengping::{opening, sheet};
use hengping_domain::ballot::{Answers, Ballot};
use hengping_domain::charter::Charter;
use hengping_domain::digest::{Bytes, Digest, encode_base64url};
use hengping_domain::docket::draw::DrawFile;
use hengping_domain::document::{DocumentKind, Signature};
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::{BoxId, Direction, PeriodId, Role, Side};
use hengping_domain::keys::{OpeningKeyFile, SigningKeyFile};
use hengping_domain::manifest::{ClosedManifest, PerSide, PeriodKind};
use hengping_domain::opening::{IssuedTokens, Opened, admit, read_list, read_shares};
use hengping_domain::rubric::{Rubric, Text};
use hengping_domain::token::{self, Seed};
use jiff::civil::date;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

pub use crate::by_hand::{Case, docket, header, judge, lawyer, roster};
use crate::harness::{Backend, Client, ORIGIN, PASSWORD, Trial, fresh_database};

const CHARTER: &str = include_str!("../config/charters/qingdao-v1.toml");
const FORMS: [&str; 2] = [
    include_str!("../config/rubrics/bar-rates-bench-v1.toml"),
    include_str!("../config/rubrics/bench-rates-bar-v1.toml"),
];
/// Both forms, read once.
static RUBRICS: LazyLock<[Rubric; 2]> =
    LazyLock::new(|| FORMS.map(|form| Rubric::from_toml(form).expect("a shipped rubric")));
/// Both boxes of the period that the tests open.
pub const BOXES: [&str; 2] = ["2026.bar_rates_bench", "2026.bench_rates_bar"];

pub fn bar_box() -> BoxId {
    BOXES[0].parse().expect("a box")
}

pub fn bench_box() -> BoxId {
    BOXES[1].parse().expect("a box")
}

/// A charter under which a handful of ballots is enough, so that a test need not make hundreds.
pub fn lenient(charter: &mut Charter) {
    charter.batch.open = 1;
    charter.batch.publish = 1;
    charter.caps.bench = 500;
    charter.caps.bar = 500;
}

pub fn import(site: &Site, bytes: &[u8], dry_run: bool) -> Imported {
    let table = sheet::read(bytes).expect("a table");
    import_docket::import(site, &table, Digest::of(&[bytes]), dry_run, None).expect("imported")
}

/// Closes a box; one with too few ballots is destroyed.
pub fn close(site: &Site, id: &BoxId) -> Outcome<BoxState> {
    close::close(site, id, TooFew::Destroy, None)
}

/// The person of a staff or licence number.
pub fn person(site: &Site, number: &str) -> Person {
    site.store.read("test", |conn| person::by_number(conn, number)).expect(number)
}

/// A trial whose server has an address of its own and pages from there, for clients that name their origin themselves, with
/// any source of randomness; `None` where there is no PostgreSQL server.
pub fn reachable(backend: Backend, entropy: Arc<dyn Entropy>) -> Option<(Trial, String)> {
    static COUNT: AtomicU16 = AtomicU16::new(0);
    let dir = tempfile::tempdir().expect("a directory");
    let url = match backend {
        Backend::Sqlite => format!("sqlite://{}/hengping.db", dir.path().display()),
        Backend::Postgres => fresh_database()?,
    };
    // Linux answers on all of 127.0.0.0/8, so an address made of the process's number collides with nobody's port.
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let port = 18_080 + COUNT.fetch_add(1, Ordering::Relaxed);
    let address = format!("127.{}.{middle}.{low}:{port}", 64 + high % 64);
    let base = format!("http://{address}");
    let config = Config::from_toml(&format!(
        "site.origins = [\"{ORIGIN}\", \"{base}\"]\nhttp.listen = \"{address}\"\nhttp.workers = 2\nstore.url = \"{url}\"\n\
         password.memory_kib = 64\npassword.passes = 1\n"
    ))
    .expect("settings");
    let clock = Arc::new(SettableClock::on(date(2026, 11, 23)));
    let site = Site::open(config, clock.clone(), entropy).expect("the site opens");
    Some((Trial { site, clock, url, dir }, base))
}

/// Keys, charter and forms of a city, in force; no period yet.
pub struct City<'t> {
    pub trial: &'t Trial,
    pub signing: PerSide<SigningKeyFile>,
    pub opening: PerSide<OpeningKeyFile>,
    pub charter: Digest,
    pub rubrics: BTreeMap<Direction, Digest>,
}

impl<'t> City<'t> {
    pub fn found(trial: &'t Trial, change: impl FnOnce(&mut Charter)) -> Self {
        let site = &trial.site;
        // Keys from a seed: nothing in the tests hangs on chance that can be avoided.
        let mut rng = StdRng::seed_from_u64(2026);
        let mut keys = |side| (SigningKeyFile::generate(side, &mut rng), OpeningKeyFile::generate(side, &mut rng));
        let (bench, bar) = (keys(Side::Bench), keys(Side::Bar));
        for (signing, opening) in [&bench, &bar] {
            let public = SideKeys { signing: signing.public, opening: opening.public };
            documents::enrol(site, signing.side, &public).expect("enrolled");
        }
        let mut city = Self {
            trial,
            signing: PerSide { bench: bench.0, bar: bar.0 },
            opening: PerSide { bench: bench.1, bar: bar.1 },
            charter: Digest([0; 32]),
            rubrics: BTreeMap::new(),
        };
        let mut charter = Charter::from_toml(CHARTER).expect("the shipped charter");
        change(&mut charter);
        city.charter = documents::add(site, DocumentKind::Charter, &charter).expect("a charter");
        city.sign(DocumentKind::Charter, city.charter);
        for form in RUBRICS.iter() {
            let hash = documents::add(site, DocumentKind::Rubric, form).expect("a rubric");
            city.sign(DocumentKind::Rubric, hash);
            city.rubrics.insert(form.direction, hash);
        }
        city
    }

    pub fn signature(&self, side: Side, kind: DocumentKind, hash: Digest) -> Signature {
        Signature::sign(side, kind, hash, &self.signing.get(side).key())
    }

    fn sign(&self, kind: DocumentKind, hash: Digest) {
        for side in [Side::Bench, Side::Bar] {
            documents::sign(&self.trial.site, hash, &self.signature(side, kind, hash), None).expect("signed");
        }
    }

    /// What both sides agreed on for the period of [`BOXES`].
    pub fn plan(&self, id: &str, kind: PeriodKind) -> PeriodPlan {
        PeriodPlan {
            id: PeriodId(id.to_owned()),
            title: Text { zh: "二〇二六年度".to_owned(), en: "The year 2026".to_owned() },
            kind,
            starts_on: date(2026, 1, 1),
            ends_on: date(2026, 11, 20),
            cast_until: date(2026, 11, 30),
            charter: self.charter,
            rubrics: self.rubrics.clone(),
        }
    }

    /// Both sides' parts of a period's draw.
    pub fn draws(period: &PeriodId) -> [DrawFile; 2] {
        [(Side::Bench, 1), (Side::Bar, 2)].map(|(side, byte)| DrawFile {
            v: 1,
            side,
            period: period.clone(),
            contribution: Bytes([byte; 32]),
        })
    }

    /// Lodges both commitments, opens the period, reveals, and brings both manifests into force.
    pub fn open_period(&self, plan: &PeriodPlan) {
        let site = &self.trial.site;
        let draws = Self::draws(&plan.id);
        for file in &draws {
            draw::commit(site, &plan.id, file.side, file.commitment()).expect("lodged");
        }
        for (_, manifest) in periods::open(site, plan).expect("a period") {
            self.sign(DocumentKind::Manifest, manifest);
        }
        for file in &draws {
            draw::reveal(site, file).expect("revealed");
        }
    }

    /// A city whose cases are imported and whose raters are invited, under a lenient charter.
    pub fn inviting(trial: &'t Trial, judges: usize, lawyers: usize, cases: &[Case]) -> Self {
        let city = Self::found(trial, lenient);
        import(&trial.site, &roster(judges, lawyers), false);
        let imported = import(&trial.site, &docket(cases), false);
        assert_eq!((imported.summary.problem_count, imported.summary.unmatched), (0, 0), "{:?}", imported.problems);
        city.open_period(&city.plan("2026", PeriodKind::Regular));
        for id in [bar_box(), bench_box()] {
            invite::invite(&trial.site, &id).expect("invited");
        }
        city
    }

    /// The device of a rater with a seed of its own.
    pub fn device(&self, number: &str, seed: u8) -> Device<'_> {
        let person = person(&self.trial.site, number);
        let desk = issue::desk(&self.trial.site, &person.id).expect("a desk").expect("a running period");
        let id = desk.ballot_box.id;
        let seed = Digest::of(&[&[seed], number.as_bytes()]);
        Device { city: self, person, seed: Seed(Bytes(seed.0)), id, cases: desk.cases }
    }

    /// An account for a rater under the person's number.
    pub fn enrol(&self, number: &str) {
        let p = person(&self.trial.site, number);
        let grants = [Grant { role: Role::Rater, side: Some(p.side) }];
        add_account(&self.trial.site, number, &p.name, Some(p.id), &grants, PASSWORD).expect("an account");
    }

    /// Seals a ballot under this city's opening keys.
    pub fn seal(&self, id: &BoxId, ballot: &Ballot, rng: u64) -> Envelope {
        let (bench, bar) = (&self.opening.bench.public, &self.opening.bar.public);
        let body = ballot.to_body().expect("fits");
        Envelope::seal(id, &body, bench, bar, &mut StdRng::seed_from_u64(rng)).expect("sealed")
    }

    /// Opens a closed box with both keys, as the analysis does before it scores; the counterpart is closed first.
    pub fn open(&self, id: &BoxId) -> Opened {
        let counterpart = close(&self.trial.site, &id.counterpart());
        assert!(counterpart.is_ok() || refusal(counterpart) == Refusal::BoxState);
        let dir = tempfile::tempdir().expect("a directory");
        self.export(id, dir.path());
        let read = |name: &str| std::fs::read(dir.path().join(name)).expect(name);
        let list = read_list(&read("list.bin")).expect("a list");
        let shares = [Side::Bench, Side::Bar]
            .map(|side| read_shares(&read(&format!("shares-{side}.bin")), &list, side).expect("shares").shares);
        let manifest: ClosedManifest = serde_json::from_slice(&read("manifest.json")).expect("a manifest");
        let issued: IssuedTokens = serde_json::from_slice(&read("issuer-keys.json")).expect("tokens");
        let rubric = manifest.manifest.rubric;
        let form = serde_json::from_slice(&read(&format!("rubrics/{rubric}.json"))).expect("a rubric");
        let bodies = list.iter().zip(shares[0].iter().zip(&shares[1]));
        let bodies = bodies.map(|(envelope, (bench, bar))| envelope.open(id, bench, bar).ok()).collect();
        admit(id, bodies, &issued, &BTreeMap::from([(rubric, form)]), manifest.refused)
    }

    /// Exports a closed box and makes both sides' shares.
    pub fn export(&self, id: &BoxId, dir: &Path) {
        export::export(&self.trial.site, id, dir).expect("exported");
        for key in [&self.opening.bench, &self.opening.bar] {
            opening::share(dir, key, &mut |_, _| ()).expect("shares");
        }
    }

    /// Takes a draft that holds `cells` and figures of these names; the counted list is as long as the box.
    pub fn take_draft(&self, id: &BoxId, cells: &Value, figures: &[&str]) -> Outcome<Digest> {
        self.take_draft_without(0, id, cells, figures)
    }

    /// The same, with so many of the ballots invalid.
    pub fn take_draft_without(&self, invalid: u64, id: &BoxId, cells: &Value, figures: &[&str]) -> Outcome<Digest> {
        let dir = tempfile::tempdir().expect("a directory");
        let held = hengping::flow::boxes::find(&self.trial.site, id).expect("a box");
        let (taken, n) = (u64::from(held.sealed), u64::from(held.sealed) - invalid);
        let counts = json!({"in": taken, "refused": 0, "invalid": invalid, "duplicate": 0, "valid": n});
        let mut counted: Vec<_> = (0..n).map(|i| Digest::of(&[id.to_string().as_bytes(), &i.to_be_bytes()])).collect();
        counted.sort();
        let draft = json!({
            "v": 1, "box": id, "period": id.period, "direction": id.direction, "kind": "regular", "counts": counts,
            "rubric": held.held.rubric, "charter": self.charter, "manifest": held.held.manifest, "cells": cells,
        });
        let write = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).expect("written");
        write("draft.json", draft.to_string().as_bytes());
        write("counted.json", json!({"counts": counts, "counted": counted}).to_string().as_bytes());
        std::fs::create_dir(dir.path().join("figures")).expect("a directory");
        for name in figures {
            write(&format!("figures/{name}"), format!("content of {name}").as_bytes());
        }
        draft::take(&self.trial.site, id, dir.path())
    }
}

/// A rater's device: its secret of the period and its waiting cases.
pub struct Device<'c> {
    pub city: &'c City<'c>,
    pub person: Person,
    pub seed: Seed,
    pub id: BoxId,
    pub cases: Vec<WaitingCase>,
}

impl Device<'_> {
    pub fn nym(&self) -> Digest {
        token::nym_hash(&self.seed.nym(&self.id))
    }

    pub fn hashes(&self) -> Vec<TokenHashes> {
        let of = |case: &WaitingCase| {
            let id = &case.invitation.id;
            TokenHashes {
                invitation: id.clone(),
                stamp: token::stamp_hash(&self.seed.stamp_key(id).stamp()),
                slip: token::slip_hash(&self.seed.slip(id)),
            }
        };
        self.cases.iter().map(of).collect()
    }

    /// Lists the tokens of all waiting cases.
    pub fn list(&self) -> Outcome<u32> {
        self.list_at(&self.city.trial.site)
    }

    /// The same, at another instance.
    pub fn list_at(&self, site: &Site) -> Outcome<u32> {
        issue::issue(site, &self.person.id, &self.id, self.nym(), &self.hashes())
    }

    /// The body of `POST /api/tokens`.
    pub fn tokens(&self) -> Value {
        let tokens: Vec<_> = self
            .hashes()
            .iter()
            .map(|h| json!({"invitation": h.invitation, "stamp_hash": h.stamp, "slip_hash": h.slip}))
            .collect();
        json!({"box": self.id, "nym_hash": self.nym(), "tokens": tokens})
    }

    /// A ballot that gives every item of a case the same level.
    pub fn ballot(&self, case: usize, seq: u32, level: u8) -> Ballot {
        let case = &self.cases[case];
        let items = RUBRICS[usize::from(self.id == bench_box())].items.iter().map(|item| &item.id);
        let asked = items.filter(|item| !case.invitation.not_applicable.contains(item));
        let answers: Answers = asked.map(|item| (item.clone(), Some(level))).collect();
        Ballot {
            v: 1,
            ratee: case.slip.ratee.clone(),
            court: case.slip.court.clone(),
            stratum: case.slip.stratum,
            rubric: case.slip.rubric,
            answers,
            slip: self.seed.slip(&case.invitation.id),
            nym: self.seed.nym(&self.id),
            seq,
        }
    }

    /// A sealed ballot for a case; `rng` makes another envelope of the same answers.
    pub fn seal(&self, case: usize, seq: u32, level: u8, rng: u64) -> Cast {
        self.stamped(case, seq, self.city.seal(&self.id, &self.ballot(case, seq, level), rng))
    }

    /// Any envelope under the stamp of a case.
    pub fn stamped(&self, case: usize, seq: u32, envelope: Envelope) -> Cast {
        stamped(&self.seed, &self.cases[case], &self.id, seq, envelope)
    }
}

/// Any envelope under the stamp that a seed makes for a case, for any box.
pub fn stamped(seed: &Seed, case: &WaitingCase, id: &BoxId, seq: u32, envelope: Envelope) -> Cast {
    let key = seed.stamp_key(&case.invitation.id);
    let signature = key.sign_cast(id, seq, envelope.hash());
    Cast { ballot_box: id.clone(), stamp: key.stamp(), seq, envelope, signature }
}

/// The body of `POST /box`.
pub fn posted(cast: &Cast) -> Value {
    json!({
        "box": cast.ballot_box,
        "stamp": cast.stamp,
        "seq": cast.seq,
        "envelope": encode_base64url(cast.envelope.as_bytes()),
        "signature": cast.signature,
    })
}

/// Uploads a file as a browser does.
pub fn upload(client: &Client, dry_run: bool, content: &[u8]) -> crate::harness::Answer {
    let boundary = "a-boundary-that-no-file-has";
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"export\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let kind = format!("multipart/form-data; boundary={boundary}");
    client.with("Content-Type", &kind).send_bytes("POST", &format!("/api/docket/imports?dry_run={dry_run}"), body)
}

/// The refusal a step ended with.
pub fn refusal<T: std::fmt::Debug>(outcome: Outcome<T>) -> Refusal {
    match outcome {
        Err(Failure::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}
