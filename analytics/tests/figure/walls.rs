//! Nothing is drawn that was not released to the reader, nothing is joined that cannot be compared,
//! and the order of the rows changes nothing. Each with a control that shows what a naive figure would do.

use std::collections::BTreeMap;

use hengping_analytics::figure::{
    Effects, Language, Link, Names, Period, Ratees, Responses, Severities, drift, outcome, public, response, severity,
    spread,
};
use hengping_analytics::gate::{
    Audience, Candidate, Judged, Measure, Released, Row, Scope, Spread, Verdict, gate, spread as summary,
};

use super::made::{COURTS, bell, cell, city, courts, frame, person, printed, released};
use super::sheet::parse;
use crate::gate::context;

const ZH: Language = Language::Chinese;

/// Eleven courts, of which two have too few raters; whose scores leave.
fn two_withheld() -> (Vec<Candidate>, Vec<Judged>) {
    let mut cells: Vec<Candidate> = bell(11, 4.0, 0.3)
        .iter()
        .zip(COURTS)
        .map(|(value, (code, ..))| cell(Scope::Court, code, Measure::Score, *value))
        .collect();
    cells[1].structure.raters = 20;
    cells[2].structure.raters = 29;
    cells.push(city(4.0));
    let judged = gate(&cells, &context());
    (cells, judged)
}

#[test]
fn a_withheld_court_is_neither_drawn_nor_left_as_a_gap() {
    let (cells, judged) = two_withheld();
    let rows: Vec<_> = judged.iter().filter_map(Judged::released).collect();
    let figures = public(&rows, None, &frame(ZH), &Names { courts: courts(ZH), items: Vec::new() });
    assert_eq!(figures.len(), 2);
    for figure in &figures {
        for hidden in ["市南法院", "市北法院"] {
            assert!(!figure.svg.contains(hidden), "{hidden} in {}", figure.name);
            assert!(!figure.table.iter().flatten().any(|cell| cell.contains(hidden)));
        }
        assert!(figure.svg.contains("崂山法院"));
    }
    // Control: the candidates and the list of names do hold both, as a figure made of them would.
    let withheld: Vec<&Judged> = judged.iter().filter(|cell| cell.verdict == Verdict::Withhold).collect();
    assert_eq!(withheld.len(), 2);
    for cell in withheld {
        assert!(courts(ZH).contains_key(&cell.key.subject));
        assert!(cells.iter().any(|c| c.structure.key == cell.key && c.content.is_some()));
    }
}

#[test]
fn home_courts_are_the_officers_only() {
    let homes = released(&[
        cell(Scope::HomeCourt, "鲁0202", Measure::Severity, -0.3),
        cell(Scope::HomeCourt, "鲁0203", Measure::Severity, 0.2),
    ]);
    let (parameters, courts) = (printed(&[("rater", 0.16), ("home", 0.04)], None), courts(ZH));
    let drawn = |audience| {
        let input = Severities { parameters: &parameters, homes: &homes, courts: &courts, audience };
        severity(&input, &frame(ZH)).unwrap()
    };
    let (open, sides) = (drawn(Audience::Public), drawn(Audience::Sides));
    assert!(!open.svg.contains("市南法院") && !open.table.iter().flatten().any(|cell| cell == "市南法院"));
    // Control: the very same rows do show the courts where they may be seen.
    assert!(sides.svg.contains("市南法院") && sides.table.iter().flatten().any(|cell| cell == "市南法院"));
}

#[test]
fn a_withheld_case_type_or_part_does_not_appear() {
    let mut few = cell(Scope::System, "criminal", Measure::OutcomeEffect, 2.2);
    few.structure.raters = 99;
    let whole = cell(Scope::System, "city", Measure::OutcomeEffect, 0.5);
    let draw = |cells: &[Candidate]| {
        let rows = released(cells);
        let effects = Effects { rows: &rows, parameters: None, types: &BTreeMap::new() };
        outcome(&effects, &frame(ZH)).unwrap()
    };
    let figure = draw(&[whole.clone(), few.clone()]);
    assert!(!figure.svg.contains("criminal") && figure.table.len() == 2);
    few.structure.raters = 100;
    assert!(draw(&[whole, few]).svg.contains("criminal"), "control: with one rater more it does");

    let mut few = cell(Scope::Court, "鲁0202", Measure::Response, 0.4);
    let other = cell(Scope::Court, "鲁0203", Measure::Response, 0.4);
    let draw = |cells: &[Candidate]| {
        let rows = released(cells);
        response(&Responses { rows: &rows, names: &courts(ZH), least: 0.2 }, &frame(ZH)).unwrap()
    };
    few.structure.invited = 29;
    let figure = draw(&[few.clone(), other.clone()]);
    assert!(!figure.svg.contains("市南法院") && figure.table.len() == 2);
    few.structure.invited = 30;
    assert!(draw(&[few, other]).svg.contains("市南法院"), "control: with one invitation more it does");
}

/// Officers know every row they see; a spread of more persons than those would tell them the rest by subtraction.
#[test]
fn a_spread_holds_no_person_whom_the_officers_cannot_see() {
    let values = bell(60, 4.0, 0.3);
    let mut cells: Vec<Candidate> = Vec::new();
    for (index, value) in values.iter().enumerate() {
        for audience in [Audience::Own, Audience::Sides] {
            let mut cell = person(index, audience, *value);
            if index < 10 {
                // Ten raters: enough for oneself, too few for the officers; and far below all others.
                cell.structure.raters = 12;
                cell.content.as_mut().unwrap().value = 2.0;
            }
            cells.push(cell);
        }
    }
    let rows = released(&cells);
    let lowest = |spread: &Spread| spread.groups[0].value;
    assert!(lowest(summary(&rows, &context()).unwrap().get()) > 3.0);
    // Control: a spread of all that anybody sees begins with the ten.
    let own: Vec<&Row> = rows.iter().map(Released::get).filter(|r| r.key.audience == Audience::Own).collect();
    assert!(lowest(&Spread::among(&own, 10, 0.1).unwrap()) < 2.5);
    // Where officers see nobody, what each sees alone is all there is.
    let alone: Vec<_> = rows.iter().filter(|r| r.get().key.audience == Audience::Own).cloned().collect();
    assert!(lowest(summary(&alone, &context()).unwrap().get()) < 2.5);
}

#[test]
fn a_spread_needs_groups_of_ten_different_values_and_thirty_raters() {
    let of = |values: &[f64]| {
        let cells: Vec<Candidate> = values.iter().enumerate().map(|(i, v)| person(i, Audience::Own, *v)).collect();
        released(&cells)
    };
    let thirty = of(&bell(30, 4.0, 0.4));
    assert_eq!(summary(&thirty, &context()).unwrap().get().groups.len(), 3);
    assert!(summary(&thirty[1..], &context()).is_none(), "29 persons");
    let mut few = context();
    few.raters = 29;
    assert!(summary(&thirty, &few).is_none(), "29 raters");
    // All alike: a shape would be everybody's result.
    assert!(summary(&of(&[4.0; 40]), &context()).is_none());
    let mostly = |alike: usize| of(&(0..40).map(|i| if i < alike { 4.0 } else { 3.0 }).collect::<Vec<_>>());
    assert!(summary(&mostly(37), &context()).is_none() && summary(&mostly(36), &context()).is_some());
    let large = of(&bell(2000, 4.0, 0.3));
    let large = summary(&large, &context()).unwrap();
    assert_eq!(large.get().groups.len(), 20);
    assert!(large.get().groups.windows(2).all(|pair| pair[0].value <= pair[1].value));
    assert_eq!(large.get().n_band, "2000-2049");
}

/// Thick lines of a drawing in ink that are neither upright nor the frame's.
fn joints(svg: &str) -> usize {
    let joins = |points: &str| {
        let ends: Vec<&str> = points.split_whitespace().collect();
        ends.len() == 2 && ends[0].split_once(',').unwrap().0 != ends[1].split_once(',').unwrap().0
    };
    let elements = parse(svg).unwrap();
    let lines =
        elements.iter().filter(|e| e.name == "polyline" && e.attributes.get("stroke").is_some_and(|s| s == "#1B2A41"));
    lines.filter(|e| e.attributes["stroke-width"] == "3" && joins(&e.attributes["points"])).count()
}

#[test]
fn no_line_crosses_a_break_or_a_missing_release() {
    let rows: Vec<Vec<Released<Row>>> = (0..4).map(|_| released(&[city(4.0)])).collect();
    let draw = |rows: &[Vec<Released<Row>>], cut: Option<usize>| {
        let periods: Vec<Period> = rows
            .iter()
            .enumerate()
            .map(|(index, rows)| Period {
                name: format!("p{index}"),
                rows,
                link: if cut == Some(index) { Link::Broken("换版".into()) } else { Link::Linked },
            })
            .collect();
        drift(&periods, &BTreeMap::new(), &frame(ZH)).unwrap()
    };
    assert_eq!(joints(&draw(&rows, None).svg), 3, "control: four linked releases are joined");
    let broken = draw(&rows, Some(2));
    assert_eq!(joints(&broken.svg), 2);
    assert!(broken.svg.contains("换版") && broken.table.iter().flatten().any(|cell| cell == "换版"));
    let mut missing = rows.clone();
    missing[1].clear();
    assert_eq!(joints(&draw(&missing, None).svg), 1);
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let cells: Vec<Candidate> = bell(60, 4.0, 0.3)
        .iter()
        .enumerate()
        .flat_map(|(i, v)| [cell(Scope::Court, &format!("c{i:02}"), Measure::Score, *v), person(i, Audience::Own, *v)])
        .chain(COURTS.map(|(code, ..)| cell(Scope::Court, code, Measure::Response, 0.4)))
        .chain([city(4.0), cell(Scope::System, "city", Measure::OutcomeEffect, 0.4)])
        .collect();
    let rows = released(&cells);
    let mut turned = rows.clone();
    turned.reverse();
    turned.rotate_left(17);
    let draw = |rows: &[Released<Row>]| {
        let frame = frame(ZH);
        let mut figures = public(rows, None, &frame, &Names::default());
        figures.extend(spread(&summary(rows, &context()).unwrap(), Ratees::Judges, rows, &frame));
        figures.extend(outcome(&Effects { rows, parameters: None, types: &BTreeMap::new() }, &frame));
        figures.extend(response(&Responses { rows, names: &BTreeMap::new(), least: 0.2 }, &frame));
        let period = |name: &str| Period { name: name.into(), rows, link: Link::Linked };
        figures.extend(drift(&[period("a"), period("b")], &BTreeMap::new(), &frame));
        figures
    };
    assert_eq!(draw(&rows).len(), 5);
    assert_eq!(draw(&rows), draw(&turned));
}
