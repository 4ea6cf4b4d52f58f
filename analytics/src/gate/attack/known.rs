//! The board an attacker would draw: every person and court with what is printed of them, and which totals tell too much.
//! Invariant: weights are numbers of raters, taken for known; a hidden person or court is an unknown between 1 and 5.
//! Absent on purpose: hidden totals of parts that were told; who may read the parts may add them up.

use std::collections::{BTreeMap, BTreeSet};

use super::puzzle::Puzzle;
use crate::gate::print::DUST;
use crate::gate::{Candidate, Flag, Measure, Range, Scope, Values};

/// What a scale allows.
const SCALE: [f64; 2] = [1.0, 5.0];

/// One kind of number: adjusted scores, and plain means beside them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Score,
    Raw,
}

/// A person on the board.
struct Person {
    /// The cells about it, of any audience.
    cells: Vec<usize>,
    /// Raters behind it.
    weight: f64,
    court: String,
}

/// Persons and courts of one box.
pub struct Board {
    persons: BTreeMap<String, Person>,
    /// Cells by court.
    courts: BTreeMap<String, Vec<usize>>,
    city: Vec<usize>,
    printed: BTreeMap<usize, (Values, Vec<Flag>)>,
}

impl Board {
    /// Sets up the board; `print` says what would be printed of a cell that is not `hidden`.
    pub fn new(cells: &[&Candidate], hidden: &[bool], print: impl Fn(usize) -> Option<(Values, Vec<Flag>)>) -> Self {
        let mut board =
            Self { persons: BTreeMap::new(), courts: BTreeMap::new(), city: Vec::new(), printed: BTreeMap::new() };
        for (index, cell) in cells.iter().enumerate() {
            let structure = &cell.structure;
            let level = cell.content.as_ref().is_none_or(|content| content.range == Range::Level);
            if structure.key.measure != Measure::Score || structure.raters == 0 || !level {
                continue;
            }
            let person =
                || Person { cells: Vec::new(), weight: structure.raters as f64, court: structure.court.clone() };
            let subject = || structure.key.subject.clone();
            match structure.key.scope {
                Scope::System => board.city.push(index),
                Scope::Court => board.courts.entry(subject()).or_default().push(index),
                Scope::Person => board.persons.entry(subject()).or_insert_with(person).cells.push(index),
                Scope::HomeCourt => continue,
            }
            if !hidden[index]
                && let Some(printed) = print(index)
            {
                board.printed.insert(index, printed);
            }
        }
        board
    }

    /// Step of a printed cell.
    pub fn step(&self, index: usize) -> Option<f64> {
        self.printed.get(&index).map(|(values, _)| values.step)
    }

    /// The totals that narrow a hidden part below `least`, and printed results that narrow an answer, in the order of cells.
    pub fn told(&self, least: f64) -> BTreeSet<usize> {
        let narrow = |[low, high]: [f64; 2]| high - low < least - DUST;
        let mut told = BTreeSet::new();
        for kind in [Kind::Score, Kind::Raw] {
            let hidden: Vec<(&String, &Person)> =
                self.persons.iter().filter(|(_, person)| self.shown(&person.cells).is_none()).collect();
            let drawn = self.drawn(kind, None);
            let targets: Vec<usize> = hidden.iter().map(|(name, _)| drawn.persons[name.as_str()]).collect();
            for ((_, person), bounds) in hidden.iter().zip(drawn.puzzle.solve(&targets)) {
                if narrow(bounds) {
                    let court = self.courts.get(&person.court).and_then(|cells| self.shown(cells));
                    told.extend(court.or_else(|| self.shown(&self.city)));
                }
            }
            for (code, _) in self.courts.iter().filter(|(_, cells)| self.shown(cells).is_none()) {
                // Its persons' own results are theirs to add up; the question is what the city tells.
                let drawn = self.drawn(kind, Some(code));
                let court = drawn.courts.get(code.as_str()).copied();
                if court.is_some_and(|court| narrow(drawn.puzzle.solve(&[court])[0])) {
                    told.extend(self.shown(&self.city));
                }
            }
            for person in self.persons.values() {
                let own = self.bounds(&person.cells, kind);
                if narrow(answer(own, person.weight)) {
                    told.extend(person.cells.iter().copied().filter(|index| self.printed.contains_key(index)));
                }
            }
        }
        told
    }

    fn shown(&self, cells: &[usize]) -> Option<usize> {
        cells.iter().copied().find(|index| self.printed.contains_key(index))
    }

    /// What is printed of a subject, as bounds.
    fn bounds(&self, cells: &[usize], kind: Kind) -> [f64; 2] {
        let mut bounds = SCALE;
        for (values, flags) in cells.iter().filter_map(|index| self.printed.get(index)) {
            let (value, least, most) = match kind {
                Kind::Score => (Some(values.value), Flag::AtLeast, Flag::AtMost),
                Kind::Raw => (values.raw, Flag::RawAtLeast, Flag::RawAtMost),
            };
            let (Some(value), half) = (value, 0.5 * values.step) else { continue };
            let within = match (flags.contains(&least), flags.contains(&most)) {
                (true, _) => [value, SCALE[1]],
                (_, true) => [SCALE[0], value],
                _ => [value - half, value + half],
            };
            bounds = [bounds[0].max(within[0]), bounds[1].min(within[1])];
        }
        bounds
    }

    /// The puzzle of one kind of number; of the court `apart` only its weight is known.
    fn drawn(&self, kind: Kind, apart: Option<&str>) -> Drawn<'_> {
        let mut drawn = Drawn { puzzle: Puzzle::default(), persons: BTreeMap::new(), courts: BTreeMap::new() };
        let mut parts: BTreeMap<&str, Vec<(usize, f64)>> = BTreeMap::new();
        for (name, person) in &self.persons {
            let unknown = drawn.puzzle.unknown(self.bounds(&person.cells, kind));
            drawn.persons.insert(name, unknown);
            parts.entry(&person.court).or_default().push((unknown, person.weight));
        }
        let mut all = Vec::new();
        for (code, members) in parts {
            let cells = self.courts.get(code).map_or(&[][..], Vec::as_slice);
            let total = drawn.puzzle.unknown(self.bounds(cells, kind));
            drawn.courts.insert(code, total);
            if apart != Some(code) {
                drawn.puzzle.mean(total, &members);
            }
            all.push((total, members.iter().map(|part| part.1).sum()));
        }
        let city = drawn.puzzle.unknown(self.bounds(&self.city, kind));
        drawn.puzzle.mean(city, &all);
        drawn
    }
}

/// A puzzle with where everybody is in it.
struct Drawn<'a> {
    puzzle: Puzzle,
    persons: BTreeMap<&'a str, usize>,
    courts: BTreeMap<&'a str, usize>,
}

/// Where the answer of one of `raters` lies, for somebody who knows the mean within bounds and one other answer: the
/// narrower of both extremes that this one may be.
fn answer([low, high]: [f64; 2], raters: f64) -> [f64; 2] {
    if raters < 2.0 {
        return SCALE;
    }
    let others = raters - 2.0;
    let range = |known: f64| {
        let least = raters * low - known - SCALE[1] * others;
        let most = raters * high - known - SCALE[0] * others;
        [least.max(SCALE[0]), most.min(SCALE[1])]
    };
    let (one, other) = (range(SCALE[0]), range(SCALE[1]));
    if one[1] - one[0] < other[1] - other[0] { one } else { other }
}
