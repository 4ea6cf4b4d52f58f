//! One analysis: bundle to scores to gated cells, the same for an opened box and for a table.
//! Invariant: everything that goes on from here has passed the gate.
//! Absent on purpose: files; see `input` and `output`.

use std::collections::BTreeMap;

use hengping_analytics::analysis;
use hengping_analytics::audit::Audits;
use hengping_analytics::bundle::{Ballot, Bundle, Comparability, Direction, Invited, Item, Margins, Ratee};
use hengping_analytics::gate::{
    Coalition, Comparisons, Context, Cover, ItemReport, Judged, Minimum, Precision, Printed, Released, Reliability,
    Spread, Thresholds, Void, candidates, comparisons, gate, item_report, parameters, spread,
};
use hengping_analytics::mixed::Refused;
use hengping_domain::charter::Charter;
use hengping_domain::ids;
use hengping_domain::margins;
use hengping_domain::rubric::Rubric;

use crate::progress::Progress;

/// What an analysis needs besides the ballots.
pub struct Setting<'a> {
    /// Direction of the box.
    pub direction: ids::Direction,
    /// Rubric in force.
    pub rubric: &'a Rubric,
    /// Rules in force.
    pub charter: &'a Charter,
    /// Margins, if the lists are known.
    pub margins: Option<&'a margins::Margins>,
    /// Court of each listed ratee.
    pub ratees: &'a BTreeMap<String, String>,
    /// R13.
    pub pilot: bool,
    /// R14.
    pub both_closed: bool,
    /// R10: what a correction took out.
    pub void: Void,
    /// Whether to audit raters and pairs: for tables that were never sealed.
    pub audits: bool,
}

/// What may go on.
pub struct Result {
    /// Every cell with its verdict.
    pub cells: Vec<Judged>,
    /// System-level parameters that may leave.
    pub parameters: Option<Released<Printed>>,
    /// Courts side by side, where that may leave.
    pub comparisons: Option<Released<Comparisons>>,
    /// Item report that may leave.
    pub report: Option<Released<ItemReport>>,
    /// How persons' results lie, where that may leave.
    pub spread: Option<Released<Spread>>,
    /// Response below which nothing but response leaves (R23).
    pub least_response: f64,
    /// Audits, if they were asked for. They have not passed the gate.
    pub audits: Option<Audits>,
    /// Why there is no estimate, if there is none.
    pub refused: Option<Refused>,
}

/// Items of a rubric as the library takes them.
pub fn items(rubric: &Rubric) -> Vec<Item> {
    rubric.items.iter().map(|item| Item { id: item.id.clone(), weight: item.weight }).collect()
}

/// Scores and gates.
pub fn analyse(ballots: Vec<Ballot>, setting: &Setting, progress: &Progress) -> Result {
    let bundle = Bundle {
        direction: direction(setting.direction),
        items: items(setting.rubric),
        ballots,
        ratees: setting.ratees.iter().map(|(id, court)| (id.clone(), Ratee { court: court.clone() })).collect(),
        margins: setting.margins.map(known).unwrap_or_default(),
        comparability: comparability(setting.charter),
    };
    progress.stage("score", bundle.ballots.len());
    let fairness = setting.charter.fairness.is_some();
    let analysis = analysis::analyse(&bundle, setting.audits || fairness);
    progress.report(bundle.ballots.len());
    let context = context(&bundle, setting);
    let (analysis, refused) = match analysis {
        Ok(analysis) => (Some(analysis), None),
        Err(refused) => (None, Some(refused)),
    };
    let scores = analysis.as_ref().map(|analysis| &analysis.scores);
    // Where a robust fit is refused the lines of the fairness audit carry nothing, and the scores stand.
    let audits = analysis.as_ref().and_then(|analysis| analysis.audits.as_ref()?.as_ref().ok());
    let candidates = candidates(&bundle, scores, audits, &context.charter);
    progress.stage("gate", candidates.len());
    let cells = gate(&candidates, &context);
    progress.report(candidates.len());
    let released: Vec<_> = cells.iter().filter_map(Judged::released).collect();
    let report = analysis.as_ref().and_then(|analysis| analysis.report.as_ref());
    Result {
        parameters: scores.and_then(|scores| parameters(scores, &context)),
        comparisons: analysis
            .as_ref()
            .and_then(|analysis| comparisons(&analysis.comparisons, &cells, &context.charter)),
        report: report.and_then(|report| item_report(report, &context)),
        spread: spread(&released, &context),
        least_response: context.charter.response,
        audits: analysis.and_then(|analysis| analysis.audits?.ok()).filter(|_| setting.audits),
        refused,
        cells,
    }
}

fn direction(direction: ids::Direction) -> Direction {
    match direction {
        ids::Direction::BarRatesBench => Direction::BarRatesBench,
        ids::Direction::BenchRatesBar => Direction::BenchRatesBar,
    }
}

fn known(margins: &margins::Margins) -> Margins {
    let words =
        |stratum: &hengping_domain::stratum::Stratum| (stratum.case_type.to_string(), stratum.outcome.to_string());
    Margins {
        ratees: margins.ratees.iter().map(|(id, m)| (id.to_string(), invited(m))).collect(),
        courts: margins.courts.iter().map(|(code, m)| (code.clone(), m.invited)).collect(),
        invited: Some(margins.invited),
        mix: margins.mix.iter().map(|(stratum, &count)| (words(stratum), count)).collect(),
        asked: margins.asked.iter().map(|(stratum, &count)| (words(stratum), count)).collect(),
        docket_unique: Some(margins.docket_unique_share),
    }
}

fn invited(margin: &margins::RateeMargin) -> Invited {
    Invited { raters: margin.invited, largest_group: margin.largest_group }
}

fn context(bundle: &Bundle, setting: &Setting) -> Context {
    let share = |answered: usize, invited: u32| {
        if invited == 0 { 0.0 } else { (answered as f64 / f64::from(invited)).min(1.0) }
    };
    let court_of = bundle.courts();
    let mut answered: BTreeMap<&str, usize> = BTreeMap::new();
    for ballot in &bundle.ballots {
        *answered.entry(court_of.get(&ballot.ratee).map_or("", String::as_str)).or_default() += 1;
    }
    let courts = bundle
        .margins
        .courts
        .iter()
        .map(|(code, &invited)| (code.clone(), share(answered.get(code.as_str()).copied().unwrap_or(0), invited)));
    Context {
        charter: thresholds(setting.charter),
        direction: bundle.direction,
        pilot: setting.pilot,
        both_closed: setting.both_closed,
        raters: bundle.raters(),
        response: bundle.margins.invited.map(|invited| share(bundle.ballots.len(), invited)),
        courts: courts.collect(),
        void: setting.void.clone(),
    }
}

/// A charter from before the section had the numbers in its words alone.
fn comparability(charter: &Charter) -> Comparability {
    let said = charter.comparability.as_ref();
    said.map_or_else(Comparability::default, |c| Comparability { bridges: c.bridges as usize, error: c.error })
}

fn thresholds(charter: &Charter) -> Thresholds {
    let minimum = &charter.minimum;
    Thresholds {
        minimum: Minimum {
            judge_self: minimum.judge_self,
            judge_sides: minimum.judge_sides,
            judge_public: minimum.judge_public,
            lawyer_self: minimum.lawyer_self,
            lawyer_sides: minimum.lawyer_sides,
            lawyer_public: minimum.lawyer_public,
            group: minimum.group,
        },
        batch_publish: charter.batch.publish,
        cover: charter.cover.as_ref().map(|c| Cover { invited: c.invited, response: c.response }),
        coalition: charter.coalition.as_ref().map(|c| Coalition { share: c.share, rest: c.rest }),
        precision: Precision {
            steps: charter.precision.steps.clone(),
            numerator: charter.precision.numerator,
            bound: charter.precision.bound,
        },
        attack: charter.attack.as_ref().map(|attack| attack.width),
        strata: charter.strata.as_ref().map(|strata| strata.system),
        tier: charter.tier.minimum,
        reliability: Reliability {
            publish: charter.reliability.publish,
            provisional: charter.reliability.provisional,
            half_width: charter.reliability.half_width,
        },
        comparability: comparability(charter),
        fairness: charter.fairness.is_some(),
        response: charter.response.minimum,
    }
}
