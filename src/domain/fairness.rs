//! 公平审查: the lines of a release's fairness audit against the limits of the charter (R19).
//!
//! Every line is a printed cell of the release, so that both sides, and whoever checks later, find the same from the same
//! document. A line is over its limit only where rounding leaves no doubt that it may be, and its interval holds no zero.
//! Deliberately absent: what the numbers are made of; reciprocity, since nobody can put the ballots of both directions together.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::charter::Fairness;
use crate::ids::Side;
use crate::release::{Cell, Draft, Scope};
use crate::words;

/// What decimal fractions lose in binary must not decide.
const DUST: f64 = 1e-9;

words! {
    /// How a line stands against its limit.
    Standing, "standing" {
        /// 未超限.
        Within = "within",
        /// 超限.
        Over = "over",
        /// The gate let no number out.
        Withheld = "withheld",
        /// There is nothing to compare with.
        NoEarlier = "no-earlier",
        /// The forms are not the same.
        OtherForm = "other-form",
    }
}

words! {
    /// What a line is about; the word of its limit in the charter.
    Subject, "line" {
        /// Won cases against lost ones.
        Outcome = "outcome",
        /// Published scores over the balance of outcomes.
        OutcomeSlope = "outcome_slope",
        /// Kinds of cases and roles.
        Gap = "gap",
        /// Severity of the raters of a court.
        Severity = "severity",
        /// Items in groups.
        ItemBias = "item_bias",
        /// Marking down after losing.
        Retaliation = "retaliation",
        /// Raters whose ballots do not follow the model.
        Misfit = "misfit",
        /// Ratees whose result a person should look at.
        Review = "review",
        /// How far raters and ratees hang together.
        Connected = "connected",
        /// Since the release before.
        Drift = "drift",
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What it is about.
    pub subject: Subject,
    /// Which part: a court code for a severity, `{division}:{level}` for a gap, `{item}:{division}:{level}` for an item's
    /// bias; empty for what there is one of.
    pub part: String,
    /// The printed cell; absent for the drift.
    pub cell: Option<Cell>,
    /// Printed value, scale points, or the lower edge of the band of a share.
    pub value: Option<f64>,
    /// Step of the value, or width of the band.
    pub step: Option<f64>,
    /// 95 % interval of a value in scale points.
    pub interval: Option<[f64; 2]>,
    /// What the charter allows.
    pub limit: f64,
    /// How it stands.
    pub standing: Standing,
}

impl Line {
    /// Whether the limit is the least that is asked for, and not the most.
    #[must_use]
    pub fn is_least(&self) -> bool {
        self.subject == Subject::Connected
    }
}

/// The audit of a release.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Audit {
    /// By subject, then by the order of cells.
    pub lines: Vec<Line>,
}

impl Audit {
    /// The lines over their limit.
    pub fn over(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.standing == Standing::Over)
    }
}

/// What a side notes about an audit that shows something over a limit; it is printed with the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Which side.
    pub side: Side,
    /// Its words.
    pub words: String,
    /// The day.
    pub day: Date,
}

/// Characters of a note.
pub const LONGEST_NOTE: usize = 500;

/// The sides that have yet to note an audit; none where nothing is over a limit.
#[must_use]
pub fn unnoted(audit: &Audit, notes: &[Note]) -> Vec<Side> {
    let waits = |side: &&Side| audit.over().next().is_some() && notes.iter().all(|note| note.side != **side);
    Side::ALL.iter().filter(waits).copied().collect()
}

/// An earlier release to compare the whole with.
#[derive(Debug, Clone, Copy)]
pub enum Earlier<'a> {
    /// There is none.
    None,
    /// Under another form: without links between items nothing can be said.
    OtherForm,
    /// Its draft.
    SameForm(&'a Draft),
}

/// The lines of `draft` against `limits`.
#[must_use]
pub fn audit(draft: &Draft, limits: &Fairness, earlier: Earlier<'_>) -> Audit {
    let mut lines: Vec<Line> = draft
        .cells
        .iter()
        .filter_map(|cell| of_cell(cell).map(|(subject, part)| line(cell, subject, part, limits)))
        .collect();
    lines.push(drift(draft, limits.drift, earlier));
    lines.sort_by_key(|line| Subject::ALL.iter().position(|subject| *subject == line.subject));
    Audit { lines }
}

/// Which line a cell is.
fn of_cell(cell: &Cell) -> Option<(Subject, &str)> {
    match (cell.scope, cell.measure.as_str()) {
        (Scope::System, "outcome_effect") => Some((Subject::Outcome, "")),
        (Scope::HomeCourt, "severity") => Some((Subject::Severity, cell.subject.as_str())),
        (Scope::System, measure) => {
            let (word, part) =
                measure.strip_prefix("audit:")?.split_once(':').unwrap_or((&measure["audit:".len()..], ""));
            Some((word.parse().ok()?, part))
        }
        _ => None,
    }
}

fn line(cell: &Cell, subject: Subject, part: &str, limits: &Fairness) -> Line {
    let limit = match subject {
        Subject::Outcome => limits.outcome,
        Subject::OutcomeSlope => limits.outcome_slope,
        Subject::Gap => limits.gap,
        Subject::Severity => limits.severity,
        Subject::ItemBias => limits.item_bias,
        Subject::Retaliation => limits.retaliation,
        Subject::Misfit => limits.misfit,
        Subject::Review => limits.review,
        Subject::Connected => limits.connected,
        Subject::Drift => limits.drift,
    };
    let told = cell.value.zip(cell.step).filter(|_| cell.is_released());
    let over = told.map(|(value, step)| {
        if cell.is_share() {
            over_band(value, step, limit, subject == Subject::Connected)
        } else {
            over_value(value, step, cell.interval, limit)
        }
    });
    let standing = match over {
        None => Standing::Withheld,
        Some(true) => Standing::Over,
        Some(false) => Standing::Within,
    };
    Line {
        subject,
        part: part.to_owned(),
        cell: Some(cell.clone()),
        value: told.map(|(value, _)| value),
        step: told.map(|(_, step)| step),
        interval: cell.interval.filter(|_| told.is_some()),
        limit,
        standing,
    }
}

/// A band lies beyond a limit where all of it does.
fn over_band(low: f64, width: f64, limit: f64, least: bool) -> bool {
    if least { low + width <= limit + DUST } else { low >= limit - DUST }
}

/// A rounded value may be half a step larger than it reads; where the interval holds zero, chance alone explains it.
fn over_value(value: f64, step: f64, interval: Option<[f64; 2]>, limit: f64) -> bool {
    let told = interval.is_none_or(|[low, high]| low > 0.0 || high < 0.0);
    told && value.abs() + step / 2.0 > limit + DUST
}

/// The score of the whole against the one before, from both printed values.
fn drift(draft: &Draft, limit: f64, earlier: Earlier<'_>) -> Line {
    let empty = |standing| Line {
        subject: Subject::Drift,
        part: String::new(),
        cell: None,
        value: None,
        step: None,
        interval: None,
        limit,
        standing,
    };
    let before = match earlier {
        Earlier::None => return empty(Standing::NoEarlier),
        Earlier::OtherForm => return empty(Standing::OtherForm),
        Earlier::SameForm(before) => before,
    };
    let whole = |draft: &Draft| {
        let cell = draft.cells.iter().find(|c| c.scope == Scope::System && c.measure == "score" && c.is_released())?;
        Some((cell.value?, cell.step?, cell.interval?))
    };
    let (Some((now, one, ends)), Some((then, other, before))) = (whole(draft), whole(before)) else {
        return empty(Standing::Withheld);
    };
    let tidy = |value: f64| (value * 1e4).round() / 1e4 + 0.0;
    let half = |[low, high]: [f64; 2]| (high - low) / 2.0;
    let (value, step) = (tidy(now - then), one.max(other));
    let half = (half(ends).hypot(half(before)) / step - DUST).ceil() * step;
    let interval = [tidy(value - half), tidy(value + half)];
    let over = over_value(value, step, Some(interval), limit);
    let standing = if over { Standing::Over } else { Standing::Within };
    Line { value: Some(value), step: Some(step), interval: Some(interval), ..empty(standing) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn limits() -> Fairness {
        let charter = include_str!("../../config/charters/qingdao-v1.toml");
        crate::charter::Charter::from_toml(charter).expect("the shipped charter").fairness.expect("limits")
    }

    fn cell(scope: &str, subject: &str, measure: &str, value: Option<f64>, interval: Option<[f64; 2]>) -> Cell {
        let verdict = if value.is_some() { "publish" } else { "withhold" };
        let step = value.map(|_| if interval.is_some() { 0.1 } else { 0.05 });
        serde_json::from_value(json!({
            "id": format!("{scope}/{subject}/{measure}"), "scope": scope, "subject": subject, "measure": measure,
            "audience": "sides", "verdict": verdict, "value": value, "step": step, "interval": interval,
        }))
        .expect("a cell")
    }

    fn draft(cells: Vec<Cell>) -> Draft {
        let hash = crate::digest::Digest::of(&[b"x"]);
        serde_json::from_value(json!({
            "v": 1, "box": "2026H1.bar_rates_bench", "period": "2026H1", "direction": "bar_rates_bench", "kind": "regular",
            "rubric": hash, "charter": hash, "manifest": hash,
            "counts": {"in": 0, "refused": 0, "invalid": 0, "duplicate": 0, "valid": 0}, "cells": cells,
        }))
        .expect("a draft")
    }

    fn standing(cell: Cell) -> Standing {
        audit(&draft(vec![cell]), &limits(), Earlier::None).lines[0].standing
    }

    #[test]
    fn a_line_is_over_where_its_value_and_its_interval_say_so() {
        let bias =
            |value, interval| standing(cell("system", "city", "audit:item_bias:i1:outcome:for", value, interval));
        assert_eq!(bias(Some(0.3), Some([0.1, 0.5])), Standing::Over);
        assert_eq!(bias(Some(-0.3), Some([-0.5, -0.1])), Standing::Over);
        assert_eq!(bias(Some(0.3), Some([-0.1, 0.7])), Standing::Within, "chance explains it");
        assert_eq!(bias(Some(0.2), Some([0.1, 0.3])), Standing::Within);
        assert_eq!(bias(None, None), Standing::Withheld);
        let share = |word: &str, value| standing(cell("system", "city", word, Some(value), None));
        assert_eq!(share("audit:retaliation", 0.0), Standing::Within);
        assert_eq!(share("audit:retaliation", 0.05), Standing::Over, "from five percent on");
        assert_eq!(share("audit:connected", 0.95), Standing::Within);
        assert_eq!(share("audit:connected", 0.9), Standing::Over);
    }

    #[test]
    fn both_sides_have_to_note_what_is_over_and_nothing_else() {
        let of = |value| {
            audit(
                &draft(vec![cell("home_court", "0213", "severity", Some(value), Some([value, value]))]),
                &limits(),
                Earlier::None,
            )
        };
        let note = |side| Note { side, words: "noted".to_owned(), day: jiff::civil::date(2026, 11, 25) };
        assert_eq!(unnoted(&of(0.1), &[]), []);
        assert_eq!(unnoted(&of(0.9), &[]).len(), 2);
        assert_eq!(unnoted(&of(0.9), &[note(Side::Bench)]), [Side::Bar]);
        assert_eq!(unnoted(&of(0.9), &[note(Side::Bench), note(Side::Bar)]), []);
    }

    #[test]
    fn lines_know_their_parts_and_other_cells_are_none() {
        let cells = vec![
            cell("court", "0213", "score", Some(4.0), Some([3.9, 4.1])),
            cell("system", "city", "audit:gap:case_type:civil", Some(0.1), Some([0.0, 0.2])),
            cell("home_court", "0213", "severity", Some(-0.7), Some([-0.9, -0.5])),
            cell("system", "city", "outcome_effect", Some(0.2), Some([0.1, 0.3])),
            cell("system", "city", "audit:unheard-of", Some(0.2), Some([0.1, 0.3])),
        ];
        let found = audit(&draft(cells), &limits(), Earlier::OtherForm);
        let lines: Vec<_> = found.lines.iter().map(|l| (l.subject, l.part.as_str(), l.standing)).collect();
        assert_eq!(
            lines,
            [
                (Subject::Outcome, "", Standing::Within),
                (Subject::Gap, "case_type:civil", Standing::Within),
                (Subject::Severity, "0213", Standing::Over),
                (Subject::Drift, "", Standing::OtherForm),
            ]
        );
        assert_eq!(found.over().count(), 1);
    }

    #[test]
    fn drift_is_read_off_both_printed_scores() {
        let of = |value, interval| draft(vec![cell("system", "city", "score", Some(value), Some(interval))]);
        let before = of(4.0, [3.8, 4.2]);
        let drift = |now: &Draft| audit(now, &limits(), Earlier::SameForm(&before)).lines[0].clone();
        let same = drift(&of(4.1, [3.9, 4.3]));
        assert_eq!((same.value, same.interval, same.standing), (Some(0.1), Some([-0.2, 0.4]), Standing::Within));
        assert_eq!(drift(&of(4.5, [4.4, 4.6])).standing, Standing::Over);
        assert_eq!(drift(&draft(Vec::new())).standing, Standing::Withheld);
    }

    proptest! {
        /// A value further from zero with its interval is over wherever a nearer one is, and sides are alike.
        #[test]
        fn over_grows_with_size_and_knows_no_sign(tenths in 0_i32..40, half in 0_i32..20, more in 0_i32..20) {
            let at = |tenths: i32| {
                let (value, half) = (f64::from(tenths) / 10.0, f64::from(half) / 10.0);
                over_value(value, 0.1, Some([value - half, value + half]), 0.3)
            };
            prop_assert!(!at(tenths) || at(tenths + more));
            prop_assert_eq!(at(tenths), at(-tenths));
        }
    }
}
