//! The circle once around on a made-up city: docket, documents, invitations, ballots, opening, release.
//!
//! A pilot period and a regular one are brought to release in both directions, and a third is left open for visitors.
//! Both sides' agents run on this machine, which no real site may do and every page says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{anyhow, bail, ensure};
use hengping_domain::charter::Charter;
use hengping_domain::digest::Digest;
use hengping_domain::document::{DocumentKind, Signature};
use hengping_domain::ids::{BoxId, Direction, PeriodId, Side};
use hengping_domain::keys::SigningKeyFile;
use hengping_domain::manifest::{PerSide, PeriodKind};
use hengping_domain::release::ReleaseState;
use hengping_domain::rubric::{Rubric, Text};
use hengping_domain::scorecard::Reached;
use hengping_domain::stratum::Stratum;
use serde::Serialize;

use super::docket::DocketPlan;
use super::machines::{Machines, Places};
use super::report::{BoxOutcome, Report};
use super::spans::{PILOT, REGULAR, RUNNING, Span, TODAY};
use super::stages::Stages;
use super::truth::{Truth, TruthPlan};
use super::visitors::Visitors;
use super::{compare, raters, setup};
use crate::cli::keys as key_files;
use crate::flow::periods::PeriodPlan;
use crate::flow::{
    Failure, Site, close, conclude, courier, death, documents, draw, eligibility, import_docket, invite, periods,
    publish, read_release,
};
use crate::opening::{self, Locked, Progressed};
use crate::ports::SettableClock;
use crate::sheet;
use crate::store::period::BoxState;
use crate::store::{invitation, person};

const CHARTER: &str = include_str!("../../config/charters/qingdao-v1.toml");
const FORMS: [&str; 2] = [
    include_str!("../../config/rubrics/bar-rates-bench-v1.toml"),
    include_str!("../../config/rubrics/bench-rates-bar-v1.toml"),
];

/// Why the regular period may follow although the pilot falls short of a criterion.
const EXCEPTION: [&str; 2] = [
    "未达到的标准见试运行评估表。双方已逐项查阅，将据此修订有关评价项并改进组织工作，同意按期开启正式周期。",
    "The scorecard says which criteria are not met. Both sides have gone through them, will revise the items concerned and how \
     members are asked, and agree to open the regular period in time.",
];

/// What becomes of the releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// Both sides sign all of them.
    All,
    /// One of the pilot's waits for the bar, for visitors to sign.
    OneWaits,
}

/// The demonstration while it runs.
pub struct Circle {
    /// The site.
    pub site: Site,
    pub(super) clock: Arc<SettableClock>,
    dir: PathBuf,
    pub(super) base: String,
    signing: PerSide<SigningKeyFile>,
    /// Both agents and the relay.
    pub machines: Machines,
    pub(super) truth: Truth,
    /// Number of each ratee, by the name in ballots.
    pub(super) numbers: BTreeMap<String, String>,
    charter: Digest,
    forms: BTreeMap<Direction, Digest>,
    report: Report,
}

pub(super) fn failed(failure: Failure) -> anyhow::Error {
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
        (places, mut machines): (Places, Machines),
        base: String,
        dir: &Path,
        plan: &DocketPlan,
        stages: &Stages,
    ) -> anyhow::Result<Self> {
        let docket = stages.run("make a docket", 1, |_| setup::make_docket(plan, dir))?;
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
        setup::enrol_keys(&site, &places)?;
        setup::members(&site, &mut machines)?;
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
            signing: places.signing,
            machines,
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
        setup::officers(&circle.site)?;
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
        for key in [&self.signing.bench, &self.signing.bar] {
            let signature = Signature::sign(key.side, kind, hash, &key.key());
            documents::sign(&self.site, hash, &signature, None).map_err(failed)?;
        }
        Ok(())
    }

    pub(super) fn open_period(&mut self, span: &Span) -> anyhow::Result<Vec<BoxId>> {
        let id = PeriodId(span.id.to_owned());
        let draws = [key_files::draw(Side::Bench, &id)?, key_files::draw(Side::Bar, &id)?];
        for file in &draws {
            draw::commit(&self.site, &id, file.side, file.commitment()).map_err(failed)?;
        }
        periods::prepare(&self.site, &id).map_err(failed)?;
        self.deliver()?;
        let plan = PeriodPlan {
            id,
            title: Text { zh: span.title[0].to_owned(), en: span.title[1].to_owned() },
            kind: span.kind,
            rehearsal: false,
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

    /// Carries what waits to both agents, who answer at once here.
    fn deliver(&self) -> anyhow::Result<()> {
        let done = courier::deliver(&self.site).map_err(failed)?;
        ensure!(done.later == 0 && done.unreachable.is_empty(), "an agent did not answer: {done:?}");
        Ok(())
    }

    /// Invites for a box and has both sides agree to the list.
    pub(super) fn invite(&self, id: &BoxId) -> anyhow::Result<invite::Invited> {
        let invited = invite::invite(&self.site, id).map_err(failed)?;
        eligibility::propose(&self.site, id).map_err(failed)?;
        self.deliver()?;
        Ok(invited)
    }

    /// Has the relay hand over what waits for a box, and both agents check and cosign it.
    pub(super) fn hand_over(&self, id: &BoxId, closing: bool) -> anyhow::Result<()> {
        self.machines.hand_over(id, 20, closing)?;
        self.deliver()
    }

    /// Brings the pilot and the regular period to release.
    ///
    /// # Errors
    /// The first failure.
    pub fn go_round(&mut self, signing: Signing, stages: &Stages) -> anyhow::Result<()> {
        let waits = (signing == Signing::OneWaits).then_some(Direction::BenchRatesBar);
        self.round(&PILOT, waits, stages)?;
        self.conclude(&PILOT)?;
        self.round(&REGULAR, None, stages)
    }

    fn round(&mut self, span: &Span, waits: Option<Direction>, stages: &Stages) -> anyhow::Result<()> {
        let label = if span.kind == PeriodKind::Pilot { "pilot" } else { "regular" };
        self.clock.set(span.starts);
        let boxes = self.open_period(span)?;
        self.clock.set(span.visits_from);
        let invited = stages.run(&format!("{label}: invite"), boxes.len(), |bar| {
            let each = boxes.iter().map(|id| {
                bar.inc(1);
                self.invite(id)
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
                let city = raters::Ballots { base: &self.base, truth: &self.truth, ratees: &self.numbers };
                acknowledged += raters::visit(&city, &self.machines, &today, bar)?;
                for id in &boxes {
                    self.hand_over(id, false)?;
                }
            }
            Ok::<_, anyhow::Error>(acknowledged)
        })?;
        self.clock.set(span.cast_until.tomorrow()?);
        for id in &boxes {
            self.hand_over(id, true)?;
            let state = close::close(&self.site, id, close::TooFew::Refuse, None).map_err(failed)?;
            ensure!(state == BoxState::Closed, "{id} had too few ballots");
        }
        self.deliver()?;
        let mut drafts = Vec::new();
        for id in &boxes {
            let name = format!("{label}: open {}", id.direction);
            drafts.push(stages.run(&name, 1, |bar| self.open(id, bar))?);
        }
        self.hear(&drafts)?;
        self.note_fairness(&drafts)?;
        for ((id, invited), release) in boxes.iter().zip(invited).zip(drafts) {
            let sides = if waits == Some(id.direction) { &[Side::Bench][..] } else { Side::ALL };
            let state = self.sign_release(release, sides)?;
            self.note(id, release, state, invited)?;
        }
        self.deliver()?;
        if span.kind == PeriodKind::Pilot {
            for id in boxes.iter().filter(|id| waits != Some(id.direction)) {
                self.end(id)?;
            }
        }
        let opened = self.report.boxes.iter().filter(|b| b.id.period.as_str() == span.id);
        let taken: usize = opened.map(|b| b.counts.taken as usize).sum();
        ensure!(taken == acknowledged, "{acknowledged} casts were acknowledged, but {taken} were in the boxes");
        Ok(())
    }

    /// Has both sides sign what the pilot reached, with an exception where it falls short of a criterion.
    fn conclude(&self, span: &Span) -> anyhow::Result<()> {
        let period = PeriodId(span.id.to_owned());
        let found = conclude::read(&self.site, &period).map_err(failed)?;
        let short = found.lines.iter().any(|line| line.reached != Reached::Met);
        let [zh, en] = EXCEPTION.map(str::to_owned);
        let hash = conclude::propose(&self.site, &period, short.then_some(Text { zh, en }), None).map_err(failed)?;
        self.sign(DocumentKind::Conclusion, hash)
    }

    fn open(&self, id: &BoxId, bar: &indicatif::ProgressBar) -> anyhow::Result<Digest> {
        let dir = self.dir.join("openings").join(id.to_string());
        match opening::go_on(&self.site, id, &dir, Locked::Refuse, &mut |step| super::show(bar, step))? {
            Progressed::Draft(release) => Ok(release),
            Progressed::Waits(missing) => bail!("the opening of {id} waits: {missing:?}"),
            Progressed::Rehearsed(_) => bail!("{id} is no rehearsal"),
        }
    }

    fn sign_release(&self, hash: Digest, sides: &[Side]) -> anyhow::Result<ReleaseState> {
        let mut state = ReleaseState::Draft;
        for side in sides {
            let key = self.signing.get(*side);
            let signature = Signature::sign(key.side, DocumentKind::Release, hash, &key.key());
            state = publish::sign(&self.site, hash, &signature, None).map_err(failed)?;
        }
        ensure!(
            (state == ReleaseState::Released) == (sides.len() == 2),
            "two signatures release {hash}, and nothing less"
        );
        Ok(state)
    }

    /// Has both agents delete the keys of a box whose release is out.
    fn end(&self, id: &BoxId) -> anyhow::Result<()> {
        death::bury(&self.site, id).map_err(failed)?;
        self.deliver()?;
        ensure!(death::bury(&self.site, id).map_err(failed)?, "{id} did not come to its end");
        Ok(())
    }

    /// Compares what came out of a box with what was planted, for the report.
    fn note(&mut self, id: &BoxId, hash: Digest, state: ReleaseState, invited: invite::Invited) -> anyhow::Result<()> {
        let body = self.site.store.look("released", |conn| read_release::body(conn, hash)).map_err(failed)?;
        let invitations = self.site.store.read("invited", |conn| invitation::of_box(conn, id))?;
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
            state,
            cells: compare::count(&body.draft.cells),
        });
        self.report.documents.insert(format!("release {id}"), hash);
        Ok(())
    }

    /// Opens the period that visitors find running, and picks a judge and a lawyer to sign in as. It is a pilot where none was
    /// concluded before it, as the charter asks.
    ///
    /// # Errors
    /// The first failure.
    pub fn leave_open(&mut self, stages: &Stages) -> anyhow::Result<Visitors> {
        self.clock.set(RUNNING.starts);
        let kind = if self.report.boxes.is_empty() { PeriodKind::Pilot } else { RUNNING.kind };
        let boxes = self.open_period(&Span { kind, ..RUNNING })?;
        self.clock.set(TODAY);
        stages.run("open period for visitors", boxes.len(), |bar| {
            for id in &boxes {
                self.invite(id)?;
                bar.inc(1);
            }
            Ok::<_, anyhow::Error>(())
        })?;
        Visitors::choose(&self.site, &boxes)
    }

    /// The report with the seconds of all stages, and the machines, which go on running.
    #[must_use]
    pub fn report(mut self, stages: &Stages) -> (Report, Machines) {
        self.report.seconds = stages.seconds();
        (self.report, self.machines)
    }
}
