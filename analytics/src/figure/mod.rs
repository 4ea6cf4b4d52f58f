//! Figures as SVG with real text, from released cells only.
//! Invariant: every function here takes [`Released`] rows, so nothing can be drawn that has not
//! passed the gate; rows stand in the order of their keys, never by value.
//! Absent on purpose: raster images, and any figure of one person.

mod canvas;
mod caterpillar;
mod palette;
mod slope;
mod words;

use std::collections::BTreeMap;

use crate::gate::{Audience, Measure, Released, Row, Scope};

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
    /// File name without ending and language: `caterpillar`, `raw-adjusted` or `items`.
    pub name: &'static str,
    /// The drawing.
    pub svg: String,
    /// The same numbers as CSV records, heading first.
    pub table: Vec<Vec<String>>,
}

/// One labelled line of a figure.
struct Line<'a> {
    label: String,
    row: &'a Row,
}

/// All public figures that the released cells allow.
pub fn public(rows: &[Released<Row>], frame: &Frame, names: &Names) -> Vec<Figure> {
    let open: Vec<&Row> = rows.iter().map(Released::get).filter(|row| row.key.audience == Audience::Public).collect();
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
    if courts.len() > 1 {
        figures.push(caterpillar::draw(caterpillar::Subject::Courts, &courts, city, frame));
        figures.extend(slope::draw(&courts, city, frame));
    }
    if items.len() > 1 {
        figures.push(caterpillar::draw(caterpillar::Subject::Items, &items, city, frame));
    }
    figures
}
