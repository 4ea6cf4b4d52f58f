//! A small city for the tests: cases written by hand, both sides' keys, documents in force, agents that agree.
//!
//! Everything in it goes through the steps of `flow`, as the command line and the server do; a rater's device is in `device`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use hengping::client::PinnedBox;
use hengping::config::Config;
use hengping::flow::batch::{self, TakenBatch};
use hengping::flow::close::{self, TooFew};
use hengping::flow::import_docket::{self, Imported};
use hengping::flow::invite::{self, Invited};
use hengping::flow::periods::{self, PeriodPlan};
use hengping::flow::sign_in::{Grant, add_account};
use hengping::flow::{
    Failure, Outcome, Refusal, Site, courier, documents, draft, draw, eligibility, export, publish, unseal, window,
};
use hengping::ports::Entropy;
use hengping::sheet;
use hengping::store::document::SideKeys;
use hengping::store::period::BoxState;
use hengping::store::person::{self, Person};
use hengping_domain::ballot::Ballot;
use hengping_domain::cast::{Cast, sign_batch, write_batch};
use hengping_domain::charter::Charter;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::docket::draw::DrawFile;
use hengping_domain::document::{DocumentKind, Signature};
use hengping_domain::enrolment::Code;
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::{BoxId, Direction, PeriodId, Role, Side};
use hengping_domain::layer::Posted;
use hengping_domain::log;
use hengping_domain::manifest::{ClosedManifest, PerSide, PeriodKind};
use hengping_domain::mix::write_list;
use hengping_domain::opening::{self, IssuerKeysFile, Opened, read_list, read_shares};
use hengping_domain::rubric::{Rubric, Text};
use hengping_domain::statement::{Said, Signed};
use hengping_domain::token::poprf::IssuerKey;
use jiff::civil::date;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::agents::{SIGNING, agent_key, relay_key};
pub use crate::by_hand::{Case, docket, header, judge, lawyer, roster};
pub use crate::device::Device;
use crate::harness::{Backend, Client, ORIGIN, PASSWORD, Trial, fresh_database};

const CHARTER: &str = include_str!("../config/charters/qingdao-v1.toml");
const FORMS: [&str; 2] = [
    include_str!("../config/rubrics/bar-rates-bench-v1.toml"),
    include_str!("../config/rubrics/bench-rates-bar-v1.toml"),
];
/// Both forms, read once.
pub static RUBRICS: LazyLock<[Rubric; 2]> =
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
    charter.reply.working_days = 0;
    charter.pilot.exit = None;
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

/// What both agents have answered, where both must answer at once.
pub fn deliver(site: &Site) -> u32 {
    let done = courier::deliver(site).expect("delivered");
    assert!(done.later == 0 && done.unreachable.is_empty(), "{done:?}");
    done.answered
}

/// Hands casts over as the relay does; both agents are asked later.
pub fn hand_in(site: &Site, id: &BoxId, casts: &[Cast]) -> Outcome<TakenBatch> {
    let body = write_batch(casts);
    batch::take(site, id, &body, &sign_batch(id, &body, &relay_key()))
}

/// Hands casts over, and both agents check and cosign them.
pub fn hand_over(site: &Site, id: &BoxId, casts: &[Cast]) -> TakenBatch {
    let taken = hand_in(site, id, casts).expect("taken");
    deliver(site);
    taken
}

/// A trial whose server has an address of its own and pages from there, for clients that name their origin themselves, with
/// any source of randomness; `None` where there is no PostgreSQL server. A relay may listen on the next port.
pub fn reachable(backend: Backend, entropy: Arc<dyn Entropy>) -> Option<(Trial, String)> {
    static COUNT: AtomicU16 = AtomicU16::new(0);
    let dir = tempfile::tempdir().expect("a directory");
    let url = match backend {
        Backend::Sqlite => format!("sqlite://{}/hengping.db", dir.path().display()),
        Backend::Postgres => fresh_database()?,
    };
    // Linux answers on all of 127.0.0.0/8, so an address made of the process's number collides with nobody's port.
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let port = 18_080 + 2 * COUNT.fetch_add(1, Ordering::Relaxed);
    let host = format!("127.{}.{middle}.{low}", 64 + high % 64);
    let base = format!("http://{host}:{port}");
    let config = Config::from_toml(&format!(
        "site.origins = [\"{ORIGIN}\", \"{base}\"]\nhttp.listen = \"{host}:{port}\"\nhttp.workers = 2\n\
         store.url = \"{url}\"\npassword.memory_kib = 64\npassword.passes = 1\nagents.every_seconds = 0\n"
    ))
    .expect("settings");
    Some((Trial::open(config, dir, url, &format!("http://{host}:{}", port + 1), entropy), base))
}

/// Keys, charter and forms of a city, in force; no period yet.
pub struct City<'t> {
    pub trial: &'t Trial,
    pub charter: Digest,
    pub rubrics: BTreeMap<Direction, Digest>,
    codes: Mutex<BTreeMap<String, Code>>,
    pinned: OnceLock<[PinnedBox; 2]>,
    issuers: OnceLock<[PerSide<IssuerKey>; 2]>,
}

impl<'t> City<'t> {
    pub fn found(trial: &'t Trial, change: impl FnOnce(&mut Charter)) -> Self {
        let site = &trial.site;
        for &side in Side::ALL {
            let public = SideKeys { signing: SIGNING.get(side).public, agent: agent_key(side) };
            documents::enrol(site, side, &public).expect("enrolled");
        }
        let mut city = Self {
            trial,
            charter: Digest([0; 32]),
            rubrics: BTreeMap::new(),
            codes: Mutex::default(),
            pinned: OnceLock::new(),
            issuers: OnceLock::new(),
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
        Signature::sign(side, kind, hash, &SIGNING.get(side).key())
    }

    pub fn sign(&self, kind: DocumentKind, hash: Digest) {
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
            rehearsal: id.starts_with("rehearsal-"),
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

    /// Lodges both commitments, has both agents make their keys, opens the period, reveals, and brings both manifests into
    /// force.
    pub fn open_period(&self, plan: &PeriodPlan) {
        let site = &self.trial.site;
        let draws = Self::draws(&plan.id);
        for file in &draws {
            draw::commit(site, &plan.id, file.side, file.commitment()).expect("lodged");
        }
        self.prepare(&plan.id);
        for (_, manifest) in periods::open(site, plan).expect("a period") {
            self.sign(DocumentKind::Manifest, manifest);
        }
        for file in &draws {
            draw::reveal(site, file).expect("revealed");
        }
    }

    /// Both agents make the keys of a period's boxes.
    pub fn prepare(&self, period: &PeriodId) {
        periods::prepare(&self.trial.site, period).expect("asked");
        deliver(&self.trial.site);
    }

    /// A city whose cases are imported and whose raters are invited, under a lenient charter; both agents have agreed.
    pub fn inviting(trial: &'t Trial, judges: usize, lawyers: usize, cases: &[Case]) -> Self {
        Self::inviting_as(trial, (judges, lawyers), cases, PeriodKind::Regular, lenient)
    }

    /// The same with a period of any kind under any charter.
    pub fn inviting_as(
        trial: &'t Trial,
        (judges, lawyers): (usize, usize),
        cases: &[Case],
        kind: PeriodKind,
        change: impl FnOnce(&mut Charter),
    ) -> Self {
        let city = Self::found(trial, change);
        import(&trial.site, &roster(judges, lawyers), false);
        let imported = import(&trial.site, &docket(cases), false);
        assert_eq!((imported.summary.problem_count, imported.summary.unmatched), (0, 0), "{:?}", imported.problems);
        city.open_period(&city.plan("2026", kind));
        city.invite();
        city
    }

    /// Casts one ballot in each direction and closes both boxes.
    pub fn cast_and_close(&self) {
        for (number, id) in [(lawyer(0), bar_box()), (judge(0), bench_box())] {
            let device = self.device(&number, 1);
            device.fetch();
            hand_over(&self.trial.site, &id, &[device.seal(0, 1, 4, 1)]);
            close(&self.trial.site, &id).expect("closed");
        }
    }

    /// Invites for both boxes and has both agents agree; returns what each was asked to.
    pub fn invite(&self) -> [Invited; 2] {
        let invited = [bar_box(), bench_box()].map(|id| invite::invite(&self.trial.site, &id).expect("invited"));
        self.register();
        for id in [bar_box(), bench_box()] {
            eligibility::propose(&self.trial.site, &id).expect("proposed");
        }
        deliver(&self.trial.site);
        invited
    }

    /// Tells each association who its members are; whoever is new gets a code.
    pub fn register(&self) {
        let people = self.trial.site.store.read("test", person::all).expect("people");
        for &side in Side::ALL {
            let mine = people.iter().filter(|p| p.side == side).map(|p| [p.number.clone(), p.name.clone()]);
            let list = sheet::csv(&["number", "name"], mine).expect("a list");
            let list = list.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&list);
            let new = self.trial.agents.agent(side).add_members(list).expect("members");
            self.codes.lock().expect("no panic").extend(new.into_iter().map(|member| (member.number, member.code)));
        }
    }

    /// The code that a member got from the own association.
    pub fn code(&self, number: &str) -> Code {
        self.codes.lock().expect("no panic").get(number).expect("a member").clone()
    }

    /// A box as its raters' devices pin it.
    pub fn pinned(&self, id: &BoxId) -> &PinnedBox {
        let pinned = self.pinned.get_or_init(|| {
            [bar_box(), bench_box()].map(|id| {
                let held = hengping::flow::boxes::find(&self.trial.site, &id).expect("a box");
                let manifest = held.manifest.document.read().expect("a manifest");
                PinnedBox { manifest, rubric: RUBRICS[usize::from(id == bench_box())].clone() }
            })
        });
        &pinned[usize::from(*id == bench_box())]
    }

    /// What both agents answer with, for tokens that nobody has to ask for.
    pub fn issuers(&self, id: &BoxId) -> &PerSide<IssuerKey> {
        let issuers = self.issuers.get_or_init(|| {
            [bar_box(), bench_box()].map(|id| {
                let manifest = &self.pinned(&id).manifest;
                let key = |side| self.trial.agents.secrets(side, manifest.keys(side)).issuer_key().expect("a key");
                PerSide { bench: key(Side::Bench), bar: key(Side::Bar) }
            })
        });
        &issuers[usize::from(*id == bench_box())]
    }

    /// The device of a rater with a seed of its own.
    pub fn device(&self, number: &str, seed: u8) -> Device<'_> {
        Device::new(self, number, seed)
    }

    /// An account for a rater under the person's number.
    pub fn enrol(&self, number: &str) {
        let p = person(&self.trial.site, number);
        let grants = [Grant { role: Role::Rater, side: Some(p.side) }];
        add_account(&self.trial.site, number, &p.name, Some(p.id), &grants, PASSWORD).expect("an account");
    }

    /// Seals a ballot under both locks and in both layers.
    pub fn seal(&self, id: &BoxId, ballot: &Ballot, rng: u64) -> Posted {
        let manifest = &self.pinned(id).manifest;
        let mut rng = StdRng::seed_from_u64(rng);
        let body = ballot.to_body().expect("fits");
        let sealed = Envelope::seal(id, &body, &manifest.bench.opening, &manifest.bar.opening, &mut rng);
        self.wrap(id, &sealed.expect("sealed"), &mut rng)
    }

    /// Puts both layers around any envelope.
    pub fn wrap(&self, id: &BoxId, envelope: &Envelope, rng: &mut StdRng) -> Posted {
        Posted::wrap(id, envelope, &self.pinned(id).manifest.each(|keys| keys.mix), rng).expect("wrapped")
    }

    /// Opens a closed box with both agents, as the analysis does before it scores; the counterpart is closed first.
    pub fn open(&self, id: &BoxId) -> Opened {
        let counterpart = close(&self.trial.site, &id.counterpart());
        assert!(counterpart.is_ok() || refusal(counterpart) == Refusal::BoxState);
        let dir = tempfile::tempdir().expect("a directory");
        self.gather(id, dir.path());
        let read = |name: &str| std::fs::read(dir.path().join(name)).expect(name);
        let list = read_list(&read("list.bin")).expect("a list");
        let shares = [Side::Bench, Side::Bar]
            .map(|side| read_shares(&read(&format!("shares-{side}.bin")), &list, side).expect("shares").shares);
        let ClosedManifest { manifest, mixed, .. } =
            serde_json::from_slice(&read("manifest.json")).expect("a manifest");
        let issuers: IssuerKeysFile = serde_json::from_slice(&read("issuer-keys.json")).expect("keys");
        let issuers = issuers.keys(&manifest).expect("the manifest's");
        let form = serde_json::from_slice(&read(&format!("rubrics/{}.json", manifest.rubric))).expect("a rubric");
        let forms = BTreeMap::from([(manifest.rubric, form)]);
        let bodies = list.iter().zip(shares[0].iter().zip(&shares[1]));
        let bodies = bodies
            .map(|(envelope, (bench, bar))| opening::check(id, &envelope.open(id, bench, bar).ok()?, &issuers, &forms));
        let turned_away = |signed: &Signed| match &signed.statement.said {
            Said::Mixed { refused, .. } => u32::try_from(refused.len()).expect("few"),
            other => panic!("not about a shuffle: {other:?}"),
        };
        opening::admit(bodies.collect(), turned_away(&mixed.bench) + turned_away(&mixed.bar))
    }

    /// Takes a closed box through both shuffles.
    pub fn shuffle(&self, id: &BoxId, dir: &Path) {
        let (site, carrier) = (&self.trial.site, &self.trial.site.agents.carrier);
        deliver(site);
        let path = dir.join("list.bin");
        std::fs::write(&path, write_list(&unseal::posted(site, id).expect("a list"))).expect("written");
        let digest = || Digest::of(&[&std::fs::read(&path).expect("a list")]);
        for &side in Side::ALL {
            carrier.put_file(side, digest(), &path).expect("handed in");
            let request = unseal::mix(site, id, side, digest()).expect("asked");
            deliver(site);
            let output = unseal::output(site, request, side).expect("a look").expect("shuffled");
            carrier.get_file(side, output, &path).expect("fetched");
        }
    }

    /// The same, and then through the agreed list and both sides' shares to the files of the opening.
    pub fn gather(&self, id: &BoxId, dir: &Path) {
        self.shuffle(id, dir);
        let (site, carrier) = (&self.trial.site, &self.trial.site.agents.carrier);
        let path = dir.join("list.bin");
        let digest = || Digest::of(&[&std::fs::read(&path).expect("a list")]);
        carrier.put_file(Side::Bench, digest(), &path).expect("handed in");
        unseal::list(site, id, false).expect("asked");
        deliver(site);
        let request = unseal::shares(site, id).expect("asked");
        deliver(site);
        let issuer = |side| {
            let shares = unseal::handed_over(site, request, side).expect("a look").expect("handed over");
            let path = dir.join(format!("shares-{side}.bin"));
            carrier.get_file(side, shares, &path).expect("fetched");
            let bytes = std::fs::read(&path).expect("shares");
            let (issuer, rest) = bytes.split_first_chunk::<32>().expect("a key first");
            std::fs::write(path, rest).expect("written");
            Bytes(*issuer)
        };
        let keys = IssuerKeysFile::new(&PerSide { bench: issuer(Side::Bench), bar: issuer(Side::Bar) });
        std::fs::write(dir.join("issuer-keys.json"), json!(keys).to_string()).expect("written");
        export::export(site, id, dir).expect("exported");
    }

    /// Takes a draft that holds `cells` and figures of these names; the counted list is as long as the box.
    pub fn take_draft(&self, id: &BoxId, cells: &Value, figures: &[&str]) -> Outcome<Digest> {
        self.take_draft_without(0, id, cells, figures)
    }

    /// The same, with so many of the ballots invalid.
    pub fn take_draft_without(&self, invalid: u64, id: &BoxId, cells: &Value, figures: &[&str]) -> Outcome<Digest> {
        let held = hengping::flow::boxes::find(&self.trial.site, id).expect("a box");
        let n = u64::from(held.sealed) - invalid;
        let counted: Vec<_> = (0..n).map(|i| Digest::of(&[id.to_string().as_bytes(), &i.to_be_bytes()])).collect();
        self.take(id, invalid, counted, cells, figures)
    }

    /// Takes a draft without cells whose counted list an opening gave.
    pub fn take_draft_of(&self, id: &BoxId, counted: &[Digest]) -> Outcome<Digest> {
        self.take(id, 0, counted.to_vec(), &json!([]), &[])
    }

    fn take(&self, id: &BoxId, invalid: u64, counted: Vec<Digest>, cells: &Value, figures: &[&str]) -> Outcome<Digest> {
        draft::take(&self.trial.site, id, self.draft(id, invalid, counted, cells, figures).path())
    }

    /// What an opening leaves, without taking it.
    pub fn draft(
        &self,
        id: &BoxId,
        invalid: u64,
        mut counted: Vec<Digest>,
        cells: &Value,
        figures: &[&str],
    ) -> tempfile::TempDir {
        counted.sort();
        let dir = tempfile::tempdir().expect("a directory");
        let held = hengping::flow::boxes::find(&self.trial.site, id).expect("a box");
        let counts = json!({
            "in": held.sealed, "refused": 0, "invalid": invalid, "duplicate": 0, "valid": counted.len(),
        });
        let draft = json!({
            "v": 1, "box": id, "period": id.period, "direction": id.direction, "kind": "regular", "counts": counts,
            "rubric": held.held.rubric, "charter": self.charter, "manifest": held.held.manifest, "cells": cells,
            "counted_root": log::root(&counted),
        });
        let write = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).expect("written");
        write("draft.json", draft.to_string().as_bytes());
        write("counted.json", json!({"counts": counts, "counted": counted}).to_string().as_bytes());
        write("cells.parquet", b"PAR1 as the analysis left it");
        std::fs::create_dir(dir.path().join("figures")).expect("a directory");
        for name in figures {
            write(&format!("figures/{name}"), format!("content of {name}").as_bytes());
        }
        dir
    }

    /// Opens the ratees' window and waits until it is over, where the charter gives them days.
    pub fn hear(&self, hash: Digest) {
        match window::open(&self.trial.site, hash, None) {
            Ok(window) => self.trial.clock.set(window.last_day.tomorrow().expect("a day")),
            other => assert_eq!(refusal(other), Refusal::NoWindow),
        }
    }

    /// Lets a draft out with both sides' signatures, once its ratees have been heard.
    pub fn release(&self, hash: Digest) {
        self.hear(hash);
        for &side in Side::ALL {
            let signature = self.signature(side, DocumentKind::Release, hash);
            publish::sign(&self.trial.site, hash, &signature, None).expect("signed");
        }
    }
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
