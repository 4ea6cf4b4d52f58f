//! Figures as SVG with real text, from released cells only.
//! Invariant: every function here takes [`Released`] values, so nothing can be drawn that has not
//! passed the gate; rows stand in the order of their keys, never by value. Method: `methods/figures.md`.
//! Absent on purpose: raster images, and any figure of one person.

mod canvas;
mod caterpillar;
mod drift;
mod fan;
mod heading;
mod inputs;
mod level_use;
mod matrix;
mod outcome;
mod palette;
mod planner;
mod response;
mod scale;
mod setting;
mod severity;
mod slope;
mod words;

use std::collections::BTreeMap;

use crate::gate::{Audience, Comparisons, Measure, Released, Row, Scope, Spread};

pub use inputs::{Effects, Link, Period, Ratees, Responses, Severities};
pub use level_use::level_use;
pub use matrix::matrix;
pub use planner::planner;
pub use words::Language;

/// What stands around the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Language of every word in the figure.
    pub language: Language,
    /// Title of the rubric, the first words of the subtitle.
    pub rubric: String,
    /// Whether the period is a pilot; printed beside the subtitle.
    pub pilot: bool,
    /// What the foot says: period, manifest hash, version of the rules.
    pub foot: String,
}

/// Names in one language: courts by code, and items in the order of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Court code to everyday name; a code without one stands for itself.
    pub courts: BTreeMap<String, String>,
    /// Item ids with their titles.
    pub items: Vec<(String, String)>,
}

/// A drawn figure with the table that says the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// File name without ending and language. One that begins with `sides-` is for the officers only.
    pub name: &'static str,
    /// The drawing.
    pub svg: String,
    /// The same numbers as CSV records, heading first.
    pub table: Vec<Vec<String>>,
}

/// More lines than this are told as a summary.
const MANY: usize = 40;

/// The rows meant for `audience`.
fn open(rows: &[Released<Row>], audience: Audience) -> impl Iterator<Item = &Row> {
    rows.iter().map(Released::get).filter(move |row| row.key.audience == audience)
}

/// One labelled line of a figure.
struct Line<'a> {
    label: String,
    row: &'a Row,
}

/// All public figures that the released cells allow; where courts stand side by side that R18 does
/// not let be compared, the figure says so.
pub fn public(
    rows: &[Released<Row>],
    comparisons: Option<&Released<Comparisons>>,
    frame: &Frame,
    names: &Names,
) -> Vec<Figure> {
    let pairs = comparisons.map(|told| &told.get().pairs);
    let pairs = pairs.map(|all| (all.len(), all.iter().filter(|pair| pair.difference.is_some()).count()));
    let open: Vec<&Row> = open(rows, Audience::Public).collect();
    let mut courts: Vec<Line> = open
        .iter()
        .filter(|row| row.key.scope == Scope::Court && row.key.measure == Measure::Score)
        .map(|row| Line { label: names.courts.get(&row.key.subject).unwrap_or(&row.key.subject).clone(), row })
        .collect();
    courts.sort_by(|one, other| one.row.key.cmp(&other.row.key));
    let items: Vec<Line> = names
        .items
        .iter()
        .filter_map(|(id, title)| {
            let measure = Measure::Item(id.clone());
            let row = open.iter().find(|row| row.key.scope == Scope::System && row.key.measure == measure)?;
            Some(Line { label: title.clone(), row })
        })
        .collect();
    let city = open.iter().find(|row| row.key.scope == Scope::System && row.key.measure == Measure::Score);
    let city = city.copied();
    let mut figures = Vec::new();
    // Two lines at least: a figure of one court would be that court's result under another title.
    if courts.len() > MANY {
        let rows: Vec<&Row> = courts.iter().map(|line| line.row).collect();
        // Public rows need no rule any more; ten courts to a group keep the steps calm.
        let step = rows.iter().map(|row| row.values.step).fold(0.1, f64::min);
        let spread = Spread::among(&rows, 10, step);
        figures.extend(spread.and_then(|spread| fan::draw("caterpillar", &spread, Ratees::Courts, city, frame)));
    } else if courts.len() > 1 {
        figures.push(caterpillar::draw(caterpillar::Subject::Courts, &courts, city, pairs, frame));
        figures.extend(slope::draw(&courts, city, frame));
    }
    if items.len() > 1 {
        figures.push(caterpillar::draw(caterpillar::Subject::Items, &items, city, None, frame));
    }
    figures
}

/// How the results of very many persons lie, without any of them.
pub fn spread(spread: &Released<Spread>, ratees: Ratees, rows: &[Released<Row>], frame: &Frame) -> Option<Figure> {
    let city = open(rows, Audience::Public)
        .find(|row| row.key.scope == Scope::System && row.key.subject == "city" && row.key.measure == Measure::Score);
    fan::draw("spread", spread.get(), ratees, city, frame)
}

/// Effect of the outcome with its interval, the leaky estimate beside it, and case types where there are any.
/// `None` when no effect was released.
pub fn outcome(effects: &Effects, frame: &Frame) -> Option<Figure> {
    outcome::draw(effects, frame)
}

/// Density of raters' severity, for the officers with the home courts below it. `None` when no
/// variance of raters was released.
pub fn severity(severities: &Severities, frame: &Frame) -> Option<Figure> {
    severity::draw(severities, frame)
}

/// Response of the whole and its parts against the least of R23. `None` when no response was released.
pub fn response(responses: &Responses, frame: &Frame) -> Option<Figure> {
    response::draw(responses, frame)
}

/// The whole and the courts over releases. `None` when none of them released the city's score.
pub fn drift(periods: &[Period], courts: &BTreeMap<String, String>, frame: &Frame) -> Option<Figure> {
    drift::draw(periods, courts, frame)
}
