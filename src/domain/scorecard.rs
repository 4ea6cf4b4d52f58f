//! 试运行评估表: what a pilot reached against the exit criteria of its charter (R13).
//!
//! Every figure is read off the releases of both boxes, or counted from what ratees filed. A criterion that cannot be shown is
//! not met. Deliberately absent: a score for the whole; each criterion stands for itself.

use serde::{Deserialize, Serialize};

use crate::charter::Exit;
use crate::ids::Direction;
use crate::release::{Cell, Draft, Scope};
use crate::words;

const DUST: f64 = 1e-9;

words! {
    /// An exit criterion; the word of its limit in the charter, and one that has none.
    Criterion, "criterion" {
        /// The results are out, signed by both sides.
        Released = "released",
        /// Response of the box.
        Response = "response",
        /// Response of every kind of case and outcome.
        Stratum = "stratum",
        /// Mean reliability.
        Reliability = "reliability",
        /// Raters whose ballots do not follow the model.
        Misfit = "misfit",
        /// Ratees who objected.
        Objections = "objections",
        /// Lines of the fairness audit over their limit.
        Fairness = "fairness",
    }
}

words! {
    /// Whether a criterion is met.
    Reached, "reach" {
        /// 达到.
        Met = "met",
        /// 未达到.
        Failed = "failed",
        /// 无法确认: the gate let no number out.
        Unknown = "unknown",
    }
}

/// One criterion of one box.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The box.
    pub direction: Direction,
    /// The criterion.
    pub criterion: Criterion,
    /// What was found: a share, a reliability or a count; of a band its lower edge.
    pub value: Option<f64>,
    /// The band it was told as.
    pub band: Option<String>,
    /// What the charter asks for.
    pub limit: f64,
    /// Whether it is met.
    pub reached: Reached,
}

/// What is known of one box of a pilot.
#[derive(Debug, Clone, Copy)]
pub struct PilotBox<'a> {
    /// Its direction.
    pub direction: Direction,
    /// What came out of it.
    pub draft: Option<&'a Draft>,
    /// Whether both sides have signed that.
    pub released: bool,
    /// How many ratees objected.
    pub objections: usize,
    /// Lines of the fairness audit over their limit; `None` where the charter sets none.
    pub over: Option<usize>,
}

/// The lines of both boxes, in the order of directions and criteria.
#[must_use]
pub fn scorecard(boxes: &[PilotBox<'_>], exit: &Exit) -> Vec<Line> {
    boxes.iter().flat_map(|of| lines(of, exit)).collect()
}

/// By reliability, `0.70` and `0.80`, how many ballots a ratee would have needed, as the release says.
#[must_use]
pub fn needed(draft: &Draft) -> Vec<(String, u32)> {
    let found = draft.rest.get("parameters").and_then(|parameters| parameters.get("needed")?.as_object());
    let read = |(target, n): (&String, &serde_json::Value)| Some((target.clone(), u32::try_from(n.as_u64()?).ok()?));
    found.into_iter().flatten().filter_map(read).collect()
}

/// Ratees whose own result left the gate.
#[must_use]
pub fn results(draft: &Draft) -> usize {
    let own = |cell: &&Cell| {
        cell.scope == Scope::Person
            && cell.audience == crate::release::Audience::Own
            && cell.measure == "score"
            && cell.is_released()
    };
    draft.cells.iter().filter(own).count()
}

fn lines(of: &PilotBox<'_>, exit: &Exit) -> Vec<Line> {
    let line = |criterion, value: Option<f64>, band: Option<String>, limit: f64, met: Option<bool>| Line {
        direction: of.direction,
        criterion,
        value,
        band,
        limit,
        reached: met.map_or(Reached::Unknown, |met| if met { Reached::Met } else { Reached::Failed }),
    };
    let cells = of.draft.map_or(&[][..], |draft| &draft.cells[..]);
    let band = |criterion, found: Option<&Cell>, limit: f64, most: bool| {
        let told = found.and_then(|cell| Some((cell.value?, cell.band()?)));
        // From a limit that is the most on it fails; one that is the least is reached where the band begins there.
        let met = told.as_ref().map(|(low, _)| if most { *low < limit - DUST } else { *low >= limit - DUST });
        let (value, band) = told.unzip();
        line(criterion, value, band, limit, met)
    };
    let system =
        |measure: &str| cells.iter().find(|c| c.scope == Scope::System && c.measure == measure && c.is_released());
    let strata = cells.iter().filter(|cell| cell.measure.starts_with("response:") && cell.is_released());
    let lowest = strata.min_by(|one, other| one.value.unwrap_or(0.0).total_cmp(&other.value.unwrap_or(0.0)));
    let mut found = vec![
        line(Criterion::Released, None, None, 0.0, Some(of.released)),
        band(Criterion::Response, system("response"), exit.response, false),
        band(Criterion::Stratum, lowest, exit.stratum, false),
    ];
    // Results of lawyers from one period resolve next to nothing, and the product says so beforehand.
    if of.direction == Direction::BarRatesBench {
        let parameters = of.draft.and_then(|draft| draft.rest.get("parameters"));
        let mean = parameters.and_then(|parameters| parameters.get("reliability")?.as_f64());
        found.push(line(
            Criterion::Reliability,
            mean,
            None,
            exit.reliability,
            mean.map(|r| r >= exit.reliability - DUST),
        ));
    }
    found.push(band(Criterion::Misfit, system("audit:misfit"), exit.misfit, true));
    let results = of.draft.map_or(0, results);
    // Where nobody had a result nobody could object to it.
    if results > 0 {
        let share = of.objections as f64 / results as f64;
        found.push(line(
            Criterion::Objections,
            Some(share),
            None,
            exit.objections,
            Some(share <= exit.objections + DUST),
        ));
    }
    if let Some(over) = of.over {
        let (count, limit) = (over as f64, f64::from(exit.fairness));
        found.push(line(Criterion::Fairness, Some(count), None, limit, Some(count <= limit)));
    }
    found
}

/// What of a line a conclusion holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The box.
    pub direction: Direction,
    /// The criterion.
    pub criterion: Criterion,
    /// Whether it is met.
    pub reached: Reached,
}

impl From<&Line> for Finding {
    fn from(line: &Line) -> Self {
        Self { direction: line.direction, criterion: line.criterion, reached: line.reached }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exit() -> Exit {
        let charter = include_str!("../../config/charters/qingdao-v1.toml");
        crate::charter::Charter::from_toml(charter).expect("the shipped charter").pilot.exit.expect("criteria")
    }

    fn share(measure: &str, low: f64) -> serde_json::Value {
        json!({
            "id": measure, "scope": "system", "subject": "city", "measure": measure, "audience": "public",
            "verdict": "publish_flagged", "value": low, "step": 0.05,
        })
    }

    fn draft(direction: &str, cells: &[serde_json::Value], reliability: f64) -> Draft {
        let hash = crate::digest::Digest::of(&[b"x"]);
        serde_json::from_value(json!({
            "v": 1, "box": format!("2025.{direction}"), "period": "2025", "direction": direction, "kind": "pilot",
            "rubric": hash, "charter": hash, "manifest": hash, "cells": cells,
            "counts": {"in": 0, "refused": 0, "invalid": 0, "duplicate": 0, "valid": 0},
            "parameters": {"reliability": reliability, "needed": {"0.70": 12, "0.80": 21}},
        }))
        .expect("a draft")
    }

    fn found(of: &PilotBox<'_>) -> Vec<(Criterion, Reached)> {
        scorecard(&[*of], &exit()).iter().map(|line| (line.criterion, line.reached)).collect()
    }

    #[test]
    fn a_pilot_that_reached_everything_is_met_throughout() {
        let cells = [share("response", 0.4), share("response:outcome:for", 0.35), share("audit:misfit", 0.0)];
        let draft = draft("bar_rates_bench", &cells, 0.7);
        let of = PilotBox {
            direction: Direction::BarRatesBench,
            draft: Some(&draft),
            released: true,
            objections: 0,
            over: Some(0),
        };
        assert!(found(&of).iter().all(|(_, reached)| *reached == Reached::Met), "{:?}", found(&of));
        assert_eq!(needed(&draft), [("0.70".to_owned(), 12), ("0.80".to_owned(), 21)]);
        let worse = PilotBox { released: false, over: Some(1), ..of };
        let failed: Vec<_> = found(&worse).into_iter().filter(|(_, r)| *r == Reached::Failed).map(|(c, _)| c).collect();
        assert_eq!(failed, [Criterion::Released, Criterion::Fairness]);
    }

    #[test]
    fn what_was_not_told_is_not_met_and_the_lowest_stratum_counts() {
        let cells =
            [share("response", 0.4), share("response:outcome:for", 0.4), share("response:outcome:against", 0.1)];
        let draft = draft("bench_rates_bar", &cells, 0.1);
        let of = PilotBox {
            direction: Direction::BenchRatesBar,
            draft: Some(&draft),
            released: true,
            objections: 0,
            over: None,
        };
        assert_eq!(
            found(&of),
            [
                (Criterion::Released, Reached::Met),
                (Criterion::Response, Reached::Met),
                (Criterion::Stratum, Reached::Failed),
                (Criterion::Misfit, Reached::Unknown),
            ],
            "no reliability is asked of lawyers, and nobody without a result objects"
        );
        let nothing = PilotBox { draft: None, released: false, ..of };
        assert!(found(&nothing).iter().all(|(_, reached)| *reached != Reached::Met));
    }
}
