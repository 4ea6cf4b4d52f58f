//! Every figure on ordinary and awkward data, in both languages: readable as a drawing, true as a table.
//! The pictures lie in the build's `tmp/figures`, to be looked at.

use std::collections::BTreeMap;

use hengping_analytics::figure::{
    Effects, Figure, Frame, Language, Link, Names, Period, Ratees, Responses, Severities, drift, outcome, public,
    response, severity, spread,
};
use hengping_analytics::gate::{Audience, Candidate, Measure, Released, Row, Scope, spread as summary};

use super::made::{COURTS, LANGUAGES, bell, cell, city, courts, frame, person, printed, released};
use super::sheet::{faults, parse, texts};
use crate::gate::{charter, context};

const LONG: &str = "青岛海事法院与黄河三角洲知识产权巡回审判第一合议庭联合派出法庭暨环境资源审判协作中心（筹）";
const LONG_EN: &str =
    "Joint circuit tribunal of the Maritime Court for intellectual property and environmental resources (in formation)";

/// Keeps the picture, and fails on whatever a reader could not read.
fn look(figure: &Figure, case: &str, ending: &str) {
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join(format!("{}-{case}-{ending}.svg", figure.name)), &figure.svg).unwrap();
    assert_eq!(faults(figure), Vec::<String>::new(), "{} {case} {ending}", figure.name);
    assert!(figure.svg.contains("prefers-color-scheme:dark"));
    let words = figure.svg.chars().chain(figure.table.iter().flatten().flat_map(|cell| cell.chars()));
    let chinese =
        words.filter(|c| ('\u{3000}'..'\u{a000}').contains(c) || ('\u{ff00}'..'\u{fff0}').contains(c)).count();
    assert_eq!(chinese == 0, ending == "en", "{} {case} {ending}: {chinese} Chinese characters", figure.name);
    let foot = frame(if ending == "zh" { Language::Chinese } else { Language::English }).foot;
    assert!(texts(figure).contains(&foot), "the foot names hash and rules");
}

/// `number` of every record, in the columns named, stands in a text of the drawing.
fn agrees(figure: &Figure, columns: &[usize]) {
    records_agree(figure, &figure.table[1..], columns);
}

fn records_agree(figure: &Figure, records: &[Vec<String>], columns: &[usize]) {
    let texts = texts(figure).join("\n").replace('−', "-").replace('+', "");
    for record in records {
        for &column in columns {
            assert!(texts.contains(record[column].as_str()), "{}: {record:?} column {column}", figure.name);
        }
    }
}

/// The thick strokes of a fan lie at the heights that the table's values ask for.
fn groups_stand_at_their_values(figure: &Figure) {
    let strokes: Vec<f64> = parse(&figure.svg)
        .unwrap()
        .iter()
        .filter(|e| e.name == "polyline" && e.attributes["stroke-width"] == "3")
        .map(|e| e.attributes["points"].split([' ', ',']).nth(1).unwrap().parse().unwrap())
        .collect();
    let values: Vec<f64> = figure.table[1..].iter().map(|record| record[3].parse().unwrap()).collect();
    assert_eq!(strokes.len(), values.len() - 1, "a stroke for each group, and the city's record");
    let last = strokes.len() - 1;
    let pixels = (strokes[last] - strokes[0]) / (values[last] - values[0]);
    assert!(pixels < -20.0, "up is more");
    for (stroke, value) in strokes.iter().zip(&values) {
        assert!((stroke - strokes[0] - pixels * (value - values[0])).abs() <= 1.5, "{value} at {stroke}");
    }
}

/// Codes of the courts, and made-up ones beyond them.
fn codes() -> impl Iterator<Item = String> {
    COURTS.iter().map(|(code, ..)| (*code).to_owned()).chain((0..).map(|i| format!("x{i:04}")))
}

fn court_cells(values: &[f64]) -> Vec<Candidate> {
    values.iter().zip(codes()).map(|(value, code)| cell(Scope::Court, &code, Measure::Score, *value)).collect()
}

fn with_city(mut cells: Vec<Candidate>) -> Vec<Released<Row>> {
    cells.push(city(4.0));
    released(&cells)
}

fn names(language: Language) -> Names {
    Names { courts: courts(language), items: Vec::new() }
}

#[test]
fn courts_of_two_eleven_and_two_thousand() {
    for (language, ending) in LANGUAGES {
        for count in [2, 11, 2000] {
            let rows = with_city(court_cells(&bell(count, 4.0, 0.3)));
            let figures = public(&rows, None, &frame(language), &names(language));
            let known: Vec<&str> = figures.iter().map(|f| f.name).collect();
            assert_eq!(known, if count < 2000 { vec!["caterpillar", "raw-adjusted"] } else { vec!["caterpillar"] });
            for figure in &figures {
                look(figure, &format!("{count}"), ending);
                if count < 2000 {
                    agrees(figure, if figure.name == "caterpillar" { &[0, 3, 4, 5] } else { &[0, 1, 2] });
                }
            }
            if count == 2000 {
                assert!(!figures[0].svg.contains("x0100"), "no court is named in a summary");
                assert_eq!(figures[0].table.len(), 22, "twenty groups and the city");
                groups_stand_at_their_values(&figures[0]);
            }
        }
        let one = with_city(court_cells(&[4.0]));
        assert!(public(&one, None, &frame(language), &names(language)).is_empty(), "one court is no comparison");
    }
}

#[test]
fn awkward_courts() {
    for (language, ending) in LANGUAGES {
        let equal = with_city(court_cells(&[4.0; 11]));
        let mut bounds = court_cells(&[4.97, 1.02, 4.95, 3.0]);
        bounds[3].content.as_mut().unwrap().raw = None;
        let bounds = with_city(bounds);
        let mut long = names(language);
        let name = if language == Language::Chinese { LONG } else { LONG_EN };
        for (code, ..) in &COURTS[..4] {
            long.courts.insert((*code).to_owned(), name.to_owned());
        }
        long.courts.insert("鲁0214".into(), "x".repeat(80));
        for (case, rows, names) in [
            ("equal", &equal, names(language)),
            ("bounds", &bounds, names(language)),
            ("long", &with_city(court_cells(&bell(11, 4.0, 0.3))), long),
        ] {
            let figures = public(rows, None, &frame(language), &names);
            assert_eq!(figures.len(), 2);
            figures.iter().for_each(|figure| look(figure, case, ending));
            if case == "bounds" {
                assert!(texts(&figures[0]).iter().any(|t| t.starts_with("≥ 4.9")));
                assert!(figures[0].svg.contains("<polygon"), "a bound has a shape of its own");
                assert_eq!(figures[1].table.len(), 4, "a court without raw mean has no slope");
            }
        }
        let mut foot = frame(language);
        foot.foot = LONG.repeat(3);
        foot.rubric = LONG.to_owned();
        for figure in public(&equal, None, &foot, &names(language)) {
            assert_eq!(faults(&figure), Vec::<String>::new(), "long words around the data");
        }
    }
}

/// R18: courts that may not be compared stand side by side with a word about it.
#[test]
fn courts_that_may_not_be_compared_say_so() {
    use hengping_analytics::gate::{Judged, comparisons, gate};
    use hengping_analytics::score::{Comparison, Difference, Obstacle};
    for (language, ending) in LANGUAGES {
        let mut cells = court_cells(&bell(11, 4.0, 0.3));
        cells.push(city(4.0));
        let judged: Vec<Judged> = gate(&cells, &context());
        let codes: Vec<String> = codes().take(11).collect();
        let pair = |one: usize, other: usize, bad: bool| Comparison {
            one: codes[one].clone(),
            other: codes[other].clone(),
            difference: Difference { value: 0.1, error: 0.05 },
            bridges: 30,
            obstacles: if bad { vec![Obstacle::FewBridges] } else { vec![] },
        };
        let all = |bad: usize| -> Vec<Comparison> {
            (0..11).flat_map(|b| (0..b).map(move |a| (a, b))).map(|(a, b)| pair(a, b, a < bad)).collect()
        };
        let note = if language == Language::Chinese { "55 对法院" } else { "of 55 pairs of courts" };
        let rows: Vec<Released<Row>> = judged.iter().filter_map(Judged::released).collect();
        for (bad, says) in [(11, true), (1, true), (0, false)] {
            let told = comparisons(&all(bad), &judged, &charter());
            let figures = public(&rows, told.as_ref(), &frame(language), &names(language));
            look(&figures[0], &format!("compared-{bad}"), ending);
            assert_eq!(texts(&figures[0]).iter().any(|text| text.contains(note)), says, "{bad}");
        }
        let mut long = names(language);
        let name = if language == Language::Chinese { LONG } else { LONG_EN };
        long.courts.insert(codes[0].clone(), name.to_owned());
        let told = comparisons(&all(3), &judged, &charter());
        look(&public(&rows, told.as_ref(), &frame(language), &long)[0], "compared-long", ending);
    }
}

fn spread_of(cells: &[Candidate], language: Language) -> Option<Figure> {
    let rows = released(cells);
    let mut context = context();
    context.raters = 900;
    spread(&summary(&rows, &context)?, Ratees::Judges, &rows, &frame(language))
}

#[test]
fn persons_as_a_fan_without_a_person() {
    for (language, ending) in LANGUAGES {
        for (case, values) in [
            ("2000", bell(2000, 4.0, 0.35)),
            ("35", bell(35, 4.0, 0.35)),
            ("bounds", bell(300, 4.6, 0.35)),
            ("low", bell(300, 1.5, 0.4)),
        ] {
            let mut cells: Vec<Candidate> =
                values.iter().enumerate().map(|(i, v)| person(i, Audience::Own, v.clamp(1.0, 5.0))).collect();
            cells.push(city(4.0));
            let figure = spread_of(&cells, language).unwrap();
            look(&figure, case, ending);
            assert!(!figure.svg.contains("j0"), "no person is named");
            groups_stand_at_their_values(&figure);
            let bound = |words: [&str; 2]| figure.table.iter().any(|record| words.contains(&record[2].as_str()));
            assert!(case != "bounds" || bound(["不低于", "at least"]));
            assert!(case != "low" || bound(["不高于", "at most"]));
            assert!(case != "35" || !bound(["不低于", "at least"]));
        }
        assert!(spread_of(&[], language).is_none());
        let few: Vec<Candidate> =
            bell(29, 4.0, 0.3).iter().map(|v| person((v * 1e6) as usize, Audience::Own, *v)).collect();
        assert!(spread_of(&few, language).is_none(), "29 persons make fewer than three groups of ten");
    }
}

#[test]
fn outcome_effects_with_the_leaky_one_and_case_types() {
    let types = |language: Language| -> BTreeMap<String, String> {
        let zh = language == Language::Chinese;
        [("civil", "民事", "civil"), ("criminal", "刑事", "criminal"), ("enforcement", LONG, LONG_EN)]
            .map(|(code, a, b)| (code.to_owned(), if zh { a.to_owned() } else { b.to_owned() }))
            .into()
    };
    let effect = |subject: &str, value: f64| cell(Scope::System, subject, Measure::OutcomeEffect, value);
    for (language, ending) in LANGUAGES {
        let types = types(language);
        for (case, cells, leaky) in [
            ("usual", vec![effect("city", 0.58)], Some((0.71, true))),
            ("alone", vec![effect("city", -0.02)], None),
            ("rough", vec![effect("city", 0.4)], Some((0.4, false))),
            (
                "types",
                vec![effect("city", 0.58), effect("civil", 0.7), effect("criminal", -0.3), effect("enforcement", 0.0)],
                Some((0.71, true)),
            ),
            ("far", vec![effect("city", -3.4)], Some((2.9, true))),
        ] {
            let rows = released(&cells);
            let parameters = leaky.map(|leaky| printed(&[], Some(leaky)));
            let effects = Effects { rows: &rows, parameters: parameters.as_ref(), types: &types };
            let figure = outcome(&effects, &frame(language)).unwrap();
            look(&figure, case, ending);
            agrees(&figure, &[2, 3, 4]);
            assert_eq!(figure.table.len(), 1 + cells.len() + usize::from(leaky.is_some_and(|(_, within)| within)));
        }
        let nothing = Effects { rows: &[], parameters: None, types: &types };
        assert!(outcome(&nothing, &frame(language)).is_none());
    }
}

fn homes(values: &[f64]) -> Vec<Released<Row>> {
    let cells: Vec<Candidate> = values
        .iter()
        .zip(codes())
        .map(|(value, code)| cell(Scope::HomeCourt, &code, Measure::Severity, *value))
        .collect();
    released(&cells)
}

#[test]
fn severity_for_the_public_and_for_the_officers() {
    for (language, ending) in LANGUAGES {
        let courts = courts(language);
        for (case, variances, homes, audience) in [
            ("usual", vec![("rater", 0.16), ("home", 0.04)], homes(&[]), Audience::Public),
            ("none", vec![("rater", 0.0)], homes(&[]), Audience::Public),
            ("wide", vec![("rater", 4.0), ("home", 0.5)], homes(&[]), Audience::Public),
            ("courts", vec![("rater", 0.16), ("home", 0.04)], homes(&bell(11, 0.0, 0.2)), Audience::Sides),
            ("2000", vec![("rater", 0.16), ("home", 0.04)], homes(&bell(2000, 0.0, 0.2)), Audience::Sides),
            ("one", vec![("rater", 0.02), ("home", 0.0)], homes(&[1.4]), Audience::Sides),
        ] {
            let parameters = printed(&variances, None);
            let input = Severities { parameters: &parameters, homes: &homes, courts: &courts, audience };
            let figure = severity(&input, &frame(language)).unwrap();
            assert_eq!(figure.name.starts_with("sides-"), audience == Audience::Sides);
            look(&figure, case, ending);
            assert_eq!(figure.table.len(), 6 + homes.len());
            // The first three records are the parts of the variance, which the curve shows as a whole.
            match case {
                "none" => {}
                "2000" => records_agree(&figure, &figure.table[4..6], &[2]),
                _ => records_agree(&figure, &figure.table[4..], &[2]),
            }
        }
        let parameters = printed(&[("ratee", 0.1)], None);
        let input = Severities { parameters: &parameters, homes: &[], courts: &courts, audience: Audience::Public };
        assert!(severity(&input, &frame(language)).is_none(), "no variance of raters, no density");
    }
}

#[test]
fn response_against_the_least() {
    let response_cell = |scope, subject: &str, value| cell(scope, subject, Measure::Response, value);
    let parts = |values: &[f64]| -> Vec<Candidate> {
        let courts = values.iter().zip(codes()).map(|(v, code)| response_cell(Scope::Court, &code, *v));
        courts.chain([response_cell(Scope::System, "city", 0.46)]).collect()
    };
    for (language, ending) in LANGUAGES {
        let mut names = courts(language);
        names.insert("鲁0285".into(), if language == Language::Chinese { LONG.into() } else { LONG_EN.into() });
        for (case, cells, least) in [
            ("1", vec![response_cell(Scope::System, "city", 0.13)], 0.2),
            ("2", parts(&[0.44, 0.21]), 0.2),
            ("11", parts(&[0.44, 0.19, 0.2, 0.0, 1.0, 0.62, 0.31, 0.97, 0.55, 0.4, 0.12]), 0.2),
            ("equal", parts(&[0.5; 11]), 0.2),
            ("line", parts(&[0.44, 0.23, 0.1, 0.6]), 0.22),
            ("2000", parts(&bell(2000, 0.42, 0.14).iter().map(|v| v.clamp(0.0, 1.0)).collect::<Vec<_>>()), 0.2),
        ] {
            let rows = released(&cells);
            let figure = response(&Responses { rows: &rows, names: &names, least }, &frame(language)).unwrap();
            look(&figure, case, ending);
            if case == "2000" {
                let counted: usize = figure.table[1..22].iter().map(|r| r[2].parse::<usize>().unwrap()).sum();
                assert_eq!(counted, 2000);
            } else {
                assert_eq!(figure.table.len(), 1 + cells.len());
                let shown: Vec<&str> = figure.table[1..].iter().map(|r| r[4].as_str()).collect();
                agrees(&figure, &[3]);
                assert!(shown.iter().all(|word| texts(&figure).iter().any(|t| t == word)), "a word beside each shape");
            }
        }
        assert!(response(&Responses { rows: &[], names: &names, least: 0.2 }, &frame(language)).is_none());
    }
}

/// One release of the city and its courts.
fn release(values: &[f64], mean: f64) -> Vec<Released<Row>> {
    let mut cells = court_cells(values);
    cells.push(city(mean));
    released(&cells)
}

fn periods<'a>(rows: &'a [Vec<Released<Row>>], breaks: &[usize], frame: &Frame) -> Vec<Period<'a>> {
    let zh = frame.language == Language::Chinese;
    let reason = if zh {
        "评价表第 2 版改写了四个评价项，相同的题目不足四个，两版不能连接"
    } else {
        "version 2 of the form rewrote four items; fewer than four are the same, so the versions cannot be linked"
    };
    let link = |index: usize| if breaks.contains(&index) { Link::Broken(reason.into()) } else { Link::Linked };
    let name = |index: usize| if zh { format!("{} 年度", 2026 + index) } else { (2026 + index).to_string() };
    rows.iter().enumerate().map(|(index, rows)| Period { name: name(index), rows, link: link(index) }).collect()
}

#[test]
fn drift_over_releases() {
    let shifted = |by: f64| bell(11, 4.0 + by, 0.3);
    for (language, ending) in LANGUAGES {
        let frame = frame(language);
        let few = [release(&shifted(0.0), 4.0)];
        let five: Vec<_> = [0.0, 0.1, -0.2, 0.0, 0.3].iter().map(|by| release(&shifted(*by), 4.0 + by)).collect();
        let mut gaps = five[..4].to_vec();
        gaps[1].retain(|row| row.get().key.subject != "鲁0202" && row.get().key.subject != "city");
        let many: Vec<_> = bell(20, 0.0, 0.1).iter().map(|by| release(&shifted(*by), 4.0 + by)).collect();
        let equal = [release(&[4.0; 2], 4.0), release(&[4.0; 2], 4.0)];
        let bounds = [release(&[4.97, 1.02], 4.0), release(&[4.96, 1.5], 4.0)];
        let crowd = [release(&bell(2000, 4.0, 0.3), 4.0), release(&bell(2000, 4.2, 0.3), 4.2)];
        let mut long = courts(language);
        long.insert("鲁0203".into(), if language == Language::Chinese { LONG.into() } else { LONG_EN.into() });
        for (case, rows, breaks, names) in [
            ("1", &few[..], vec![], courts(language)),
            ("5", &five[..], vec![2], courts(language)),
            ("gaps", &gaps[..], vec![], courts(language)),
            ("20", &many[..], vec![4, 11], long),
            ("equal", &equal[..], vec![], courts(language)),
            ("bounds", &bounds[..], vec![1], courts(language)),
            ("2000", &crowd[..], vec![], courts(language)),
        ] {
            let figure = drift(&periods(rows, &breaks, &frame), &names, &frame).unwrap();
            look(&figure, case, ending);
            let released: usize = rows.iter().map(Vec::len).sum();
            assert_eq!(figure.table.len(), 1 + released, "one record per released cell");
            let city = rows.iter().flatten().filter(|row| row.get().key.scope == Scope::System).count();
            records_agree(&figure, &figure.table[1..=city], &[5]);
        }
        assert!(drift(&[], &courts(language), &frame).is_none());
    }
}
