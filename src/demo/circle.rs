//! The circle once around on a made-up city: docket, documents, invitations, ballots, opening, release.
//!
//! A pilot period and a regular one are brought to release in both directions, and a third is left open for visitors.
//! Both opening keys lie on this machine, which no real site may do and every page says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, ensure};
use hengping_domain::charter::Charter;
use hengping_domain::digest::Digest;
use hengping_domain::document::{DocumentKind, Signature};
use hengping_domain::ids::{BoxId, Direction, PeriodId, Role, Side};
use hengping_domain::keys::{OpeningKeyFile, SigningKeyFile};
use hengping_domain::manifest::PeriodKind;
use hengping_domain::opening::Counts;
use hengping_domain::release::{Audience, Cell, ReleaseState, Scope};
use hengping_domain::rubric::{Rubric, Text};
use hengping_domain::stratum::Stratum;
use jiff::civil::{Date, date};
use serde::Serialize;

use super::compare::{self, CellCount, Comparison};
use super::docket::{Docket, DocketPlan};
use super::raters;
use super::stages::Stages;
use super::truth::{Truth, TruthPlan};
use crate::cli::keys as key_files;
use crate::flow::draft::ReleaseBody;
use crate::flow::periods::PeriodPlan;
use crate::flow::{Failure, Site, cast, close, documents, draw, import_docket, invite, periods, publish, sign_in};
use crate::opening::{self, Locked};
use crate::ports::SettableClock;
use crate::sheet;
use crate::store::account::Grant;
use crate::store::document::SideKeys;
use crate::store::period::BoxState;
use crate::store::{document, invitation, person, release};

const CHARTER: &str = include_str!("../../config/charters/qingdao-v1.toml");
const FORMS: [&str; 2] = [
    include_str!("../../config/rubrics/bar-rates-bench-v1.toml"),
    include_str!("../../config/rubrics/bench-rates-bar-v1.toml"),
];

/// The day on which the demonstration ends and visitors find it.
pub const TODAY: Date = date(2026, 11, 23);

/// One period of the demonstration.
struct Span {
    id: &'static str,
    title: [&'static str; 2],
    kind: PeriodKind,
    starts: Date,
    ends: Date,
    cast_until: Date,
    /// The first of the raters' visits, two days apart.
    visits_from: Date,
}

const PILOT: Span = Span {
    id: "2025-pilot",
    title: ["2025年下半年（试运行）", "Second half of 2025 (pilot)"],
    kind: PeriodKind::Pilot,
    starts: date(2025, 7, 1),
    ends: date(2025, 12, 31),
    cast_until: date(2026, 1, 31),
    visits_from: date(2026, 1, 12),
};
const REGULAR: Span = Span {
    id: "2026",
    title: ["2026年度", "2026"],
    kind: PeriodKind::Regular,
    starts: date(2026, 1, 1),
    ends: date(2026, 10, 31),
    cast_until: date(2026, 11, 15),
    visits_from: date(2026, 11, 3),
};
const RUNNING: Span = Span {
    id: "2027",
    title: ["2027年度", "2027"],
    kind: PeriodKind::Regular,
    starts: date(2026, 11, 1),
    ends: date(2027, 10, 31),
    cast_until: date(2027, 11, 15),
    visits_from: date(2027, 11, 1),
};

/// What came out of one box.
#[derive(Debug, Serialize)]
pub struct BoxOutcome {
    /// The box.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// Invitations below the cap.
    pub invited: u32,
    /// Above the cap.
    pub capped: u32,
    /// Counts of the opening.
    pub counts: Counts,
    /// Hash of the release.
    pub release: Digest,
    /// Cells by verdict and rule.
    pub cells: CellCount,
}

/// What the whole run leaves: the content of `--json`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Everything follows from it, but for keys and random names.
    pub seed: u64,
    /// Seconds per stage, in order.
    pub seconds: Vec<(String, f64)>,
    /// Cases, people and what no roster settles.
    pub docket: BTreeMap<&'static str, u32>,
    /// Hash of each document in force.
    pub documents: BTreeMap<String, Digest>,
    /// The opened boxes.
    pub boxes: Vec<BoxOutcome>,
    /// Planted against recovered, by box.
    pub comparison: Vec<Comparison>,
}

/// The demonstration while it runs.
pub struct Circle {
    /// The site.
    pub site: Site,
    clock: Arc<SettableClock>,
    dir: PathBuf,
    base: String,
    signing: [SigningKeyFile; 2],
    opening: [OpeningKeyFile; 2],
    truth: Truth,
    /// Number of each ratee, by the name in ballots.
    numbers: BTreeMap<String, String>,
    charter: Digest,
    forms: BTreeMap<Direction, Digest>,
    report: Report,
}

fn failed(failure: Failure) -> anyhow::Error {
    anyhow!("a step of the demonstration failed: {failure:?}")
}

impl Circle {
    /// Makes the city, imports it, enrols keys and brings the documents into force.
    ///
    /// # Errors
    /// The first failure.
    pub fn begin(
        site: Site,
        clock: Arc<SettableClock>,
        base: String,
        dir: &Path,
        plan: &DocketPlan,
        stages: &Stages,
    ) -> anyhow::Result<Self> {
        let docket = stages.run("make a docket", 1, |_| make_docket(plan, dir))?;
        let forms = FORMS.map(Rubric::from_toml);
        let [Ok(bar), Ok(bench)] = &forms else { return Err(anyhow!("a shipped rubric is broken: {forms:?}")) };
        let truth = Truth::plant(plan.seed, TruthPlan::default(), &docket.people, [bar, bench]);
        std::fs::write(dir.join("truth.json"), serde_json::to_vec_pretty(&truth)?)?;
        clock.set(PILOT.starts);
        let counts = stages.run("import roster and cases", 2, |bar| {
            let mut counts = BTreeMap::new();
            for name in ["roster.csv", "docket.csv"] {
                let bytes = std::fs::read(dir.join(name))?;
                let table = sheet::read(&bytes)?;
                let done = import_docket::import(&site, &table, Digest::of(&[&bytes]), false, None).map_err(failed)?;
                let s = done.summary;
                *counts.entry("people").or_default() += s.people_new;
                *counts.entry("cases").or_default() += s.cases_new;
                *counts.entry("unmatched").or_default() += s.unmatched;
                *counts.entry("problems").or_default() += s.problem_count;
                bar.inc(1);
            }
            Ok::<_, anyhow::Error>(counts)
        })?;
        let people = site.store.read("people", person::all)?;
        let numbers = people.into_iter().map(|p| (p.ratee.0, p.number)).collect();
        let (signing, opening) = make_keys(&site, dir)?;
        let report = Report {
            seed: plan.seed,
            seconds: Vec::new(),
            docket: counts,
            documents: BTreeMap::new(),
            boxes: Vec::new(),
            comparison: Vec::new(),
        };
        let mut circle = Self {
            site,
            clock,
            dir: dir.to_owned(),
            base,
            signing,
            opening,
            truth,
            numbers,
            charter: Digest([0; 32]),
            forms: BTreeMap::new(),
            report,
        };
        circle.charter = circle.in_force("charter", DocumentKind::Charter, &Charter::from_toml(CHARTER)?)?;
        for form in forms.into_iter().flatten() {
            let hash = circle.in_force(form.direction.as_str(), DocumentKind::Rubric, &form)?;
            circle.forms.insert(form.direction, hash);
        }
        circle.officers()?;
        Ok(circle)
    }

    /// Puts a document on record and signs it for both sides.
    fn in_force(&mut self, name: &str, kind: DocumentKind, body: &impl Serialize) -> anyhow::Result<Digest> {
        let hash = documents::add(&self.site, kind, body).map_err(failed)?;
        self.sign(kind, hash)?;
        self.report.documents.insert(name.to_owned(), hash);
        Ok(hash)
    }

    fn sign(&self, kind: DocumentKind, hash: Digest) -> anyhow::Result<()> {
        for key in &self.signing {
            let signature = Signature::sign(key.side, kind, hash, &key.key());
            documents::sign(&self.site, hash, &signature, None).map_err(failed)?;
        }
        Ok(())
    }

    fn officers(&self) -> anyhow::Result<()> {
        let mut wanted: Vec<(String, String, Role, Option<Side>)> = Vec::new();
        for (side, word) in [(Side::Bench, "法院方"), (Side::Bar, "律协方")] {
            for (role, title) in
                [(Role::Negotiator, "签发人"), (Role::KeyHolder, "启封密钥保管人"), (Role::Coordinator, "联络员")]
            {
                let login = format!("{side}-{}", role.as_str().replace('_', "-"));
                wanted.push((login, format!("{word}{title}"), role, Some(side)));
            }
        }
        wanted.push(("operator".into(), "系统管理员".into(), Role::Operator, None));
        wanted.push(("researcher".into(), "研究人员".into(), Role::Researcher, None));
        wanted.push(("machine".into(), "数据交换程序".into(), Role::Machine, None));
        for (login, name, role, side) in wanted {
            sign_in::add_account(&self.site, &login, &name, None, &[Grant { role, side }], raters::PASSWORD)
                .map_err(failed)?;
        }
        Ok(())
    }

    fn open_period(&mut self, span: &Span) -> anyhow::Result<Vec<BoxId>> {
        let id = PeriodId(span.id.to_owned());
        let draws = [key_files::draw(Side::Bench, &id)?, key_files::draw(Side::Bar, &id)?];
        for file in &draws {
            draw::commit(&self.site, &id, file.side, file.commitment()).map_err(failed)?;
        }
        let plan = PeriodPlan {
            id,
            title: Text { zh: span.title[0].to_owned(), en: span.title[1].to_owned() },
            kind: span.kind,
            starts_on: span.starts,
            ends_on: span.ends,
            cast_until: span.cast_until,
            charter: self.charter,
            rubrics: self.forms.clone(),
        };
        let manifests = periods::open(&self.site, &plan).map_err(failed)?;
        for file in &draws {
            draw::reveal(&self.site, file).map_err(failed)?;
        }
        for (id, manifest) in &manifests {
            self.sign(DocumentKind::Manifest, *manifest)?;
            self.report.documents.insert(format!("manifest {id}"), *manifest);
        }
        Ok(manifests.into_iter().map(|(id, _)| id).collect())
    }

    /// Brings the pilot and the regular period to release.
    ///
    /// # Errors
    /// The first failure.
    pub fn go_round(&mut self, stages: &Stages) -> anyhow::Result<()> {
        self.round(&PILOT, stages)?;
        self.round(&REGULAR, stages)
    }

    fn round(&mut self, span: &Span, stages: &Stages) -> anyhow::Result<()> {
        let label = if span.kind == PeriodKind::Pilot { "pilot" } else { "regular" };
        self.clock.set(span.starts);
        let boxes = self.open_period(span)?;
        self.clock.set(span.visits_from);
        let invited = stages.run(&format!("{label}: invite"), boxes.len(), |bar| {
            let each = boxes.iter().map(|id| {
                bar.inc(1);
                invite::invite(&self.site, id).map_err(failed)
            });
            each.collect::<anyhow::Result<Vec<_>>>()
        })?;
        let mut willing = Vec::new();
        for id in &boxes {
            willing.extend(raters::willing(&self.site, &self.truth, id)?);
        }
        stages.run(&format!("{label}: accounts"), willing.len(), |bar| raters::enrol(&self.site, &willing, bar))?;
        let acknowledged = stages.run(&format!("{label}: raters seal and cast"), willing.len(), |bar| {
            let mut acknowledged = 0;
            for visit in 0..raters::VISITS {
                self.clock.set(span.visits_from.saturating_add(jiff::Span::new().days(2 * visit as i64)));
                let today: Vec<_> = willing.iter().filter(|r| r.visit == visit).cloned().collect();
                acknowledged += raters::visit(&self.base, &self.truth, &self.numbers, &today, bar)?;
                for id in &boxes {
                    cast::batch(&self.site, id, 20).map_err(failed)?;
                }
            }
            Ok::<_, anyhow::Error>(acknowledged)
        })?;
        self.clock.set(span.cast_until.tomorrow()?);
        for id in &boxes {
            let state = close::close(&self.site, id, close::TooFew::Refuse, None).map_err(failed)?;
            ensure!(state == BoxState::Closed, "{id} had too few ballots");
        }
        for (id, invited) in boxes.iter().zip(invited) {
            let name = format!("{label}: open {}", id.direction);
            let release = stages.run(&name, 1, |bar| self.open(id, bar))?;
            self.release(id, release, invited)?;
        }
        let opened = self.report.boxes.iter().filter(|b| b.id.period.as_str() == span.id);
        let taken: usize = opened.map(|b| b.counts.taken as usize).sum();
        ensure!(taken == acknowledged, "{acknowledged} casts were acknowledged, but {taken} were in the boxes");
        Ok(())
    }

    fn open(&self, id: &BoxId, bar: &indicatif::ProgressBar) -> anyhow::Result<Digest> {
        let dir = self.dir.join("openings").join(id.to_string());
        let keys = [&self.opening[0], &self.opening[1]];
        Ok(opening::open(&self.site, id, keys, &dir, Locked::Refuse, |step| super::show(bar, step))?)
    }

    fn release(&mut self, id: &BoxId, hash: Digest, invited: invite::Invited) -> anyhow::Result<()> {
        let mut state = ReleaseState::Draft;
        for key in &self.signing {
            let signature = Signature::sign(key.side, DocumentKind::Release, hash, &key.key());
            state = publish::sign(&self.site, hash, &signature, None).map_err(failed)?;
        }
        ensure!(state == ReleaseState::Released, "{id} was not released by two signatures");
        let (held, invitations) = self
            .site
            .store
            .read("released", |conn| Ok((document::find(conn, hash)?, invitation::of_box(conn, id)?)))?;
        let body: ReleaseBody = held.read()?;
        let mut mix: BTreeMap<Stratum, f64> = BTreeMap::new();
        for i in &invitations {
            *mix.entry(i.stratum).or_default() += 1.0;
        }
        let mix: Vec<_> = mix.into_iter().collect();
        let expected = self.truth.expected(id.direction, &mix);
        self.report.comparison.push(compare::compare(&body.draft, &expected, &self.numbers));
        self.report.boxes.push(BoxOutcome {
            id: id.clone(),
            invited: invited.new - invited.capped,
            capped: invited.capped,
            counts: body.draft.counts,
            release: hash,
            cells: compare::count(&body.draft.cells),
        });
        self.report.documents.insert(format!("release {id}"), hash);
        Ok(())
    }

    /// Opens the period that visitors find running, and picks a judge and a lawyer to sign in as.
    ///
    /// # Errors
    /// The first failure.
    pub fn leave_open(&mut self, stages: &Stages) -> anyhow::Result<Visitors> {
        self.clock.set(RUNNING.starts);
        let boxes = self.open_period(&RUNNING)?;
        self.clock.set(TODAY);
        stages.run("open period for visitors", boxes.len(), |bar| {
            for id in &boxes {
                invite::invite(&self.site, id).map_err(failed)?;
                bar.inc(1);
            }
            Ok::<_, anyhow::Error>(())
        })?;
        Visitors::choose(&self.site, &boxes)
    }

    /// The report with the seconds of all stages.
    #[must_use]
    pub fn report(mut self, stages: &Stages) -> Report {
        self.report.seconds = stages.seconds();
        self.report
    }
}

fn make_docket(plan: &DocketPlan, dir: &Path) -> anyhow::Result<Docket> {
    let docket = super::docket::make(plan)?;
    docket.write(dir)?;
    Ok(docket)
}

fn make_keys(site: &Site, dir: &Path) -> anyhow::Result<([SigningKeyFile; 2], [OpeningKeyFile; 2])> {
    let place = dir.join("keys");
    std::fs::create_dir_all(&place)?;
    let mut made = Vec::new();
    for side in [Side::Bench, Side::Bar] {
        let (signing, opening) = key_files::make(side)?;
        key_files::write_secret(&place.join(format!("{side}-signing.json")), &signing)?;
        key_files::write_secret(&place.join(format!("{side}-opening.json")), &opening)?;
        let keys = SideKeys { signing: signing.public, opening: opening.public };
        documents::enrol(site, side, &keys).map_err(failed)?;
        made.push((signing, opening));
    }
    let [bench, bar] = <[_; 2]>::try_from(made).map_err(|_| anyhow!("two sides"))?;
    Ok(([bench.0, bar.0], [bench.1, bar.1]))
}

/// A judge and a lawyer with waiting cases and, if possible, a result of their own.
#[derive(Debug, Clone, Serialize)]
pub struct Visitors {
    /// 工号 of the judge.
    pub judge: String,
    /// 执业证号 of the lawyer.
    pub lawyer: String,
}

impl Visitors {
    fn choose(site: &Site, boxes: &[BoxId]) -> anyhow::Result<Self> {
        let shown = Self::shown(site)?;
        let mut chosen = BTreeMap::new();
        for id in boxes {
            let side = id.direction.rater_side();
            let number =
                Self::best(site, id, &shown).with_context(|| format!("nobody of the {side} has a waiting case"))?;
            chosen.insert(side, number);
        }
        let take = |side: Side| chosen.get(&side).cloned().unwrap_or_default();
        Ok(Self { judge: take(Side::Bench), lawyer: take(Side::Bar) })
    }

    /// In how many releases each ratee has cells of the own.
    fn shown(site: &Site) -> anyhow::Result<BTreeMap<String, usize>> {
        let own = |cell: &&Cell| cell.scope == Scope::Person && cell.audience == Audience::Own && cell.is_released();
        let mut shown = BTreeMap::new();
        for held in site.store.read("releases", release::all)? {
            let body: ReleaseBody = site.store.read("release", |conn| document::find(conn, held.hash))?.read()?;
            let ratees: BTreeSet<_> = body.draft.cells.iter().filter(own).map(|cell| cell.subject.clone()).collect();
            for ratee in ratees {
                *shown.entry(ratee).or_default() += 1;
            }
        }
        Ok(shown)
    }

    /// Somebody with two to five waiting cases, first who has an account, a result of their own if anybody has.
    fn best(site: &Site, id: &BoxId, shown: &BTreeMap<String, usize>) -> Option<String> {
        let (invitations, people) =
            site.store.read("visitors", |conn| Ok((invitation::of_box(conn, id)?, person::all(conn)?))).ok()?;
        let mut waiting: BTreeMap<_, usize> = BTreeMap::new();
        for i in &invitations {
            *waiting.entry(&i.rater).or_default() += 1;
        }
        let mut fitting: Vec<_> = people
            .into_iter()
            .filter(|p| waiting.get(&p.id).is_some_and(|n| (2..=5).contains(n)))
            .map(|p| {
                let results = shown.get(p.ratee.as_str()).copied().unwrap_or(0);
                (std::cmp::Reverse(results), p)
            })
            .collect();
        fitting.sort_by(|a, b| (a.0, &a.1.number).cmp(&(b.0, &b.1.number)));
        let (_, p) = fitting.into_iter().next()?;
        let grants = [Grant { role: Role::Rater, side: Some(p.side) }];
        match sign_in::add_account(site, &p.number, &p.name, Some(p.id), &grants, raters::PASSWORD) {
            Ok(_) | Err(Failure::Refused(crate::flow::Refusal::LoginTaken)) => Some(p.number),
            Err(_) => None,
        }
    }
}
