//! Earlier results beside the present ones: read again, linked question by question, drawn as drift.
//! Invariant: a file is read only with the hash its own run wrote down, and of its cells only those
//! that went to the public; periods whose forms do not link are drawn apart, with the reason.
//! Absent on purpose: trends through a break, and earlier ballots.

use std::collections::BTreeMap;
use std::path::Path;

use hengping_analytics::bundle::Item;
use hengping_analytics::figure::{self, Figure, Frame, Language, Link, Period};
use hengping_analytics::gate::{Flag, Released, Row, Scope, Told, earlier};
use hengping_analytics::linking::{Obstacle, Version, link};
use hengping_domain::digest::Digest;
use hengping_domain::document::canonical;
use hengping_domain::ids::Direction;
use hengping_domain::rubric::Rubric;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::analysis;
use crate::error::Stop;

/// What a form asks, told by hashes: it goes with the item report, so that a later form can be linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Who answers about whom.
    pub direction: Direction,
    /// SHA-256 of the form as canonical JSON.
    pub rubric: Digest,
    /// By item id, SHA-256 of all that decides what an answer means: item, levels and 未观察到 in
    /// both languages. The weight is not part of it.
    pub wording: BTreeMap<String, String>,
}

impl Form {
    /// The hashes of `rubric`.
    ///
    /// # Errors
    /// [`Stop::Internal`] never in practice.
    pub fn of(rubric: &Rubric) -> Result<Self, Stop> {
        let hash = |value: &Value| {
            let text = canonical(value).map_err(|error| Stop::Internal(error.to_string()))?;
            Ok::<Digest, Stop>(Digest::of(&[text.as_bytes()]))
        };
        let mut wording = BTreeMap::new();
        for item in &rubric.items {
            let asked = json!({
                "title": item.title, "text": item.text, "addressee": item.addressee, "hearing": item.hearing,
                "not_for": item.not_for, "scale": rubric.scale, "not_observed": rubric.not_observed,
            });
            wording.insert(item.id.clone(), hash(&asked)?.to_string());
        }
        Ok(Self { direction: rubric.direction, rubric: hash(&json!(rubric))?, wording })
    }
}

/// What an earlier run left.
pub struct Earlier {
    name: String,
    form: Form,
    cells: Vec<Told>,
    version: Option<Version>,
}

/// The parts of `run.json` that are asked for.
#[derive(Deserialize)]
struct Run {
    outputs: BTreeMap<String, Digest>,
}

/// The parts of `items.json` that are asked for.
#[derive(Deserialize)]
struct Items {
    form: Form,
    report: Report,
}

#[derive(Deserialize)]
struct Report {
    ballots: u32,
    items: Vec<Line>,
    links: Option<Links>,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    weight: f64,
}

#[derive(Deserialize)]
struct Links {
    difficulty: Vec<f64>,
    together: Vec<Vec<f64>>,
}

/// A line of `cells.csv`.
#[derive(Deserialize)]
struct Cell {
    scope: String,
    subject: String,
    measure: String,
    audience: String,
    verdict: String,
    flags: String,
    n_band: String,
    value: Option<f64>,
    step: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

fn malformed(file: &Path, reason: impl Into<String>) -> Stop {
    Stop::DocumentMalformed { file: file.display().to_string(), reason: reason.into() }
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, Stop> {
    serde_json::from_slice(bytes).map_err(|error| malformed(path, format!("line {}", error.line())))
}

impl Earlier {
    /// Reads what `score` or `open` left in `dir`; the period is called as the directory is.
    ///
    /// # Errors
    /// [`Stop::FileMissing`], or [`Stop::DocumentMalformed`] where a file is not the one its run wrote.
    pub fn read(dir: &Path, hashes: &mut BTreeMap<String, Digest>) -> Result<Self, Stop> {
        let run_path = dir.join("run.json");
        let run: Run = parse(&run_path, &crate::bytes(&run_path)?)?;
        let mut file = |name: &str| {
            let path = dir.join(name);
            let bytes = crate::bytes(&path)?;
            let digest = Digest::of(&[&bytes]);
            if run.outputs.get(name) != Some(&digest) {
                return Err(malformed(&path, "it is not the file that run.json beside it names"));
            }
            hashes.insert(path.display().to_string(), digest);
            Ok((path, bytes))
        };
        let (path, bytes) = file("items.json")?;
        let items: Items = parse(&path, &bytes)?;
        let (path, bytes) = file("cells.csv")?;
        let cells = told(&bytes).ok_or_else(|| malformed(&path, "it does not hold the cells of a release"))?;
        let Items { form, report } = items;
        let asked = report.items.into_iter().map(|line| Item { id: line.id, weight: line.weight }).collect();
        let version = report.links.and_then(|links| {
            let sums = (links.difficulty.as_slice(), links.together.as_slice());
            Version::printed(&form.rubric.to_string(), asked, report.ballots, sums, &form.wording)
        });
        Ok(Self { name: name_of(dir), form, cells, version })
    }

    /// Who answered about whom.
    pub fn direction(&self) -> Direction {
        self.form.direction
    }
}

/// Last part of a path: what a period is called.
pub fn name_of(dir: &Path) -> String {
    let whole = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    whole.file_name().map_or_else(|| dir.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Public scores of the city and the courts.
fn told(bytes: &[u8]) -> Option<Vec<Told>> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut cells = Vec::new();
    for cell in csv::Reader::from_reader(bytes).deserialize::<Cell>() {
        let cell = cell.ok()?;
        let scope = match cell.scope.as_str() {
            "system" => Scope::System,
            "court" => Scope::Court,
            _ => continue,
        };
        if (cell.measure.as_str(), cell.audience.as_str()) != ("score", "public") || cell.verdict == "withhold" {
            continue;
        }
        let flags = cell.flags.split_whitespace().map(|word| serde_json::from_value::<Flag>(json!(word)).ok());
        cells.push(Told {
            scope,
            subject: cell.subject,
            flags: flags.collect::<Option<_>>()?,
            n_band: cell.n_band,
            value: cell.value?,
            step: cell.step?,
            interval: [cell.low?, cell.high?],
        });
    }
    // Asked here, so that a figure never fails later.
    earlier(&cells, 0.0, 0.0).map(|_| cells)
}

/// How a period goes with the one before it.
enum Step {
    /// Added to the earlier one's scores it gives them on this one's scale, with the error of that.
    Linked(f64, f64),
    Broken(Option<Obstacle>),
}

fn step(before: (&Form, Option<&Version>), after: (&Form, Option<&Version>)) -> Step {
    if before.0.rubric == after.0.rubric {
        return Step::Linked(0.0, 0.0);
    }
    let (Some(old), Some(new)) = (before.1, after.1) else { return Step::Broken(None) };
    let linked = link(&[old.clone(), new.clone()]);
    match linked.between(0, 1) {
        Ok(error) => Step::Linked(-linked.versions[1].shift, error),
        Err(obstacle) => Step::Broken(Some(obstacle)),
    }
}

fn reason(obstacle: Option<Obstacle>, language: Language) -> String {
    let (zh, en) = match obstacle {
        None => (
            "评价表不同，且其中一期没有公布评价项之间的联结",
            "the forms differ, and one period released no links between items",
        ),
        Some(Obstacle::NoBallots) => {
            ("评价表不同，且其中一期没有作答", "the forms differ, and one period holds no answers")
        }
        Some(Obstacle::NoAnchor) => ("没有一个评价项保持原来的措辞", "no question kept its wording"),
        Some(Obstacle::TooFewAnchors) => (
            "措辞未变且稳定的评价项不足四个，也不到权重的四成",
            "fewer than four stable questions kept their wording, and less than 40 % of the weight",
        ),
        Some(Obstacle::NotConnected) => {
            ("有的评价项从未与其他项一同作答", "some questions were never answered together with the others")
        }
    };
    if language == Language::Chinese { zh } else { en }.to_owned()
}

/// The present period.
pub struct Present<'a> {
    /// What it is called.
    pub name: String,
    /// What was asked.
    pub form: &'a Form,
    /// Result with cells and item report.
    pub result: &'a analysis::Result,
}

/// Drift over `past`, oldest first, and the present period. Scores of a linked form stand on the
/// scale of the last form of their run. `None` when no period released the city's score.
///
/// # Errors
/// [`Stop::Internal`] never in practice: cells were checked when they were read.
pub fn drift(
    past: &[Earlier],
    present: &Present,
    courts: &BTreeMap<String, String>,
    frame: &Frame,
) -> Result<Option<Figure>, Stop> {
    let report = present.result.report.as_ref();
    let own =
        report.and_then(|report| Version::released(&present.form.rubric.to_string(), report, &present.form.wording));
    let forms: Vec<(&Form, Option<&Version>)> = past
        .iter()
        .map(|earlier| (&earlier.form, earlier.version.as_ref()))
        .chain([(present.form, own.as_ref())])
        .collect();
    let steps: Vec<Step> = forms.windows(2).map(|pair| step(pair[0], pair[1])).collect();
    let mut rows: Vec<Vec<Released<Row>>> = Vec::new();
    for (index, period) in past.iter().enumerate() {
        let (mut shift, mut squares) = (0.0, 0.0);
        for step in &steps[index..] {
            let Step::Linked(by, error) = step else { break };
            shift += by;
            squares += error * error;
        }
        let read = earlier(&period.cells, shift, f64::sqrt(squares));
        rows.push(read.ok_or_else(|| Stop::Internal("a cell that was read is none".to_owned()))?);
    }
    rows.push(present.result.cells.iter().filter_map(hengping_analytics::gate::Judged::released).collect());
    let names = past.iter().map(|earlier| earlier.name.clone()).chain([present.name.clone()]);
    let links = std::iter::once(Link::Linked).chain(steps.iter().map(|step| match step {
        Step::Linked(..) => Link::Linked,
        Step::Broken(obstacle) => Link::Broken(reason(*obstacle, frame.language)),
    }));
    let periods: Vec<Period> =
        names.zip(&rows).zip(links).map(|((name, rows), link)| Period { name, rows, link }).collect();
    Ok(figure::drift(&periods, courts, frame))
}
