//! R19: the lines of the fairness audit as cells of the two sides, and what the lists say of response by kind of case.
//! Invariant: system level only, so that no line is about a person, a court or a rater; which lines exist depends on counts.
//! Absent on purpose: limits and what is over them, which the platform finds from printed values; and reciprocity, since
//! nobody can put the ballots of both directions together.

use std::collections::BTreeMap;

use super::print::WIDTH;
use super::{Audience, Audited, Candidate, Content, Measure, Range, Structure};
use crate::audit::Audits;
use crate::audit::bias::Grouping;
use crate::audit::misfit::Flag;
use crate::bundle::{Ballot, Bundle};

/// The lines of the audit, `system` being the structure of the whole box. Without `audits` those that always exist carry
/// nothing.
pub(super) fn lines(system: &Structure, ratees: usize, audits: Option<&Audits>) -> Vec<Candidate> {
    let difference = |audited, raters, found: Option<(f64, f64)>| {
        let content = found.map(|(value, error)| content(Range::Difference, value, error));
        let precision = found.map(|(_, error)| (None, WIDTH * error));
        line(system, Measure::Audit(audited), Audience::Sides, raters, content, precision)
    };
    let share = |audited, raters, part: Option<f64>| {
        let content = part.map(|part| content(Range::Share, part, 0.0));
        line(system, Measure::Audit(audited), Audience::Sides, raters, content, None)
    };
    let slope = audits.and_then(|a| a.outcome.slopes).map(|slopes| (slopes.published.value, slopes.published.error));
    let part = |count: usize, of: usize| (of > 0).then(|| count as f64 / of as f64);
    let tested = audits.map_or(0, |a| a.raters.iter().filter(|rater| rater.retaliation.is_some()).count());
    let judged = audits.map_or(0, |a| a.raters.len());
    let flagged =
        |flag: fn(&[Flag]) -> bool| audits.map_or(0, |a| a.raters.iter().filter(|rater| flag(&rater.flags)).count());
    let mut cells = vec![
        difference(Audited::OutcomeSlope, system.raters, slope),
        share(Audited::Retaliation, tested, part(flagged(|flags| flags.contains(&Flag::Retaliation)), tested)),
        share(Audited::Misfit, judged, part(flagged(|flags| !flags.is_empty()), judged)),
        share(Audited::Review, system.raters, audits.and_then(|a| part(a.review.len(), ratees))),
        share(Audited::Connected, system.raters, audits.map(|a| a.connected)),
    ];
    for gap in audits.iter().flat_map(|a| &a.gaps) {
        let found = Some((gap.difference, gap.error));
        cells.push(difference(Audited::Gap(gap.division, gap.level.clone()), gap.raters, found));
    }
    // Courts are few and small; what an item is there shows in the court's own score.
    let told = [Grouping::Outcome, Grouping::CaseType, Grouping::Role];
    for bias in audits.iter().flat_map(|a| &a.bias).filter(|bias| told.contains(&bias.grouping)) {
        let audited = Audited::ItemBias(bias.item.clone(), bias.grouping.word(), bias.level.clone());
        cells.push(difference(audited, bias.raters, Some((bias.difference, bias.error))));
    }
    cells
}

/// Response by kind of case and by outcome, and the docket-unique share, as far as the lists say.
pub(super) fn lists(system: &Structure, bundle: &Bundle) -> Vec<Candidate> {
    let margins = &bundle.margins;
    type Of = (&'static str, fn(&(String, String)) -> &str, fn(&Ballot) -> &str);
    let divisions: [Of; 2] = [("case_type", |of| &of.0, |b| &b.case_type), ("outcome", |of| &of.1, |b| &b.outcome)];
    let told = |measure, invited: u32, value: f64| {
        let mut cell =
            line(system, measure, Audience::Public, system.raters, Some(content(Range::Share, value, 0.0)), None);
        cell.structure.invited = invited;
        cell
    };
    let mut cells = Vec::new();
    for (division, stratum, of) in divisions {
        let mut asked: BTreeMap<&str, u32> = BTreeMap::new();
        for (key, count) in &margins.asked {
            *asked.entry(stratum(key)).or_default() += count;
        }
        // The one level of a division is the whole, which has a cell already.
        for (level, invited) in asked.iter().filter(|(_, invited)| **invited > 0).filter(|_| asked.len() > 1) {
            let answered = bundle.ballots.iter().filter(|ballot| of(ballot) == *level).count();
            let value = (answered as f64 / f64::from(*invited)).min(1.0);
            cells.push(told(Measure::ResponseOf(division, (*level).to_owned()), *invited, value));
        }
    }
    if let (Some(share), Some(invited)) = (margins.docket_unique, margins.invited) {
        cells.push(told(Measure::DocketUnique, invited, share));
    }
    cells
}

fn line(
    system: &Structure,
    measure: Measure,
    audience: Audience,
    raters: usize,
    content: Option<Content>,
    precision: Option<(Option<f64>, f64)>,
) -> Candidate {
    let mut structure = system.clone();
    (structure.key.measure, structure.key.audience) = (measure, audience);
    (structure.raters, structure.precision) = (raters, precision);
    Candidate { structure, content }
}

fn content(range: Range, value: f64, error: f64) -> Content {
    Content { range, value, error, raw: None, reliability: None, tier: None, moved: None }
}
