//! Figures of the item report: what they say, in which order, and how they bear awkward data.

use hengping_analytics::bundle::{Answer, Bundle, Item};
use hengping_analytics::figure::{Figure, Frame, Language, Names, level_use, matrix, planner};
use hengping_analytics::gate::{ItemReport, Released};

use super::{complete, released};

const ZH: [&str; 8] = ["程序告知", "争点归纳", "庭审引导", "平等听取", "言语文明", "联系回应", "权利保障", "裁判说理"];
const EN: [&str; 8] = [
    "Notice of procedure",
    "Framing the issues",
    "Guiding the hearing",
    "Hearing both sides",
    "Civil language",
    "Answering contact",
    "Ruling on procedural requests",
    "Giving reasons",
];

/// Eight questions: the city's four and four made of them, one nearly at the ceiling, one hardly
/// seen, one nearly another's copy.
pub fn eight() -> Bundle {
    let mut bundle = complete();
    for (b, ballot) in bundle.ballots.iter_mut().enumerate() {
        for k in 0..4 {
            let answer = match (k, ballot.answers[k]) {
                (0, Some(Answer::Level(level))) => Answer::Level((level + 1 + u8::from(b % 4 > 0)).min(5)),
                (1, Some(Answer::Level(level))) if b % 12 > 0 => Answer::Level(level),
                (2, Some(answer)) if b % 3 == 0 => answer,
                (2, _) => Answer::NotObserved,
                (3, Some(Answer::Level(level))) => Answer::Level(if b % 2 == 0 { level } else { 2 + (b % 4) as u8 }),
                (_, _) => Answer::Level(1 + (b % 5) as u8),
            };
            ballot.answers.push(Some(answer));
        }
    }
    bundle.items = (0..8).map(|k| Item { id: format!("i{k}"), weight: 1.0 }).collect();
    bundle
}

/// Keeps the items of `bundle` named by position.
fn only(bundle: &Bundle, kept: &[usize]) -> Bundle {
    let mut other = bundle.clone();
    other.items = kept.iter().map(|&k| bundle.items[k].clone()).collect();
    other.ballots.iter_mut().for_each(|b| b.answers = kept.iter().map(|&k| b.answers[k]).collect());
    other
}

fn frame(language: Language) -> Frame {
    let zh = language == Language::Chinese;
    Frame {
        language,
        rubric: if zh { "律师评法官".into() } else { "Lawyers on judges".into() },
        pilot: true,
        foot: "2026-1 · 3f9a…".into(),
    }
}

fn names(language: Language) -> Names {
    let titles = if language == Language::Chinese { ZH } else { EN };
    let items = titles.iter().enumerate().map(|(k, title)| (format!("i{k}"), (*title).to_owned()));
    Names { items: items.collect(), ..Names::default() }
}

fn all(report: &Released<ItemReport>, language: Language, names: &Names) -> Vec<Figure> {
    let frame = frame(language);
    let figures = [level_use(report, &frame, names), matrix(report, &frame, names), planner(report, &frame)];
    figures.into_iter().flatten().collect()
}

/// Texts of an SVG in document order.
fn texts(svg: &str) -> Vec<&str> {
    svg.split("<text").skip(1).filter_map(|part| part.split_once('>')?.1.split("</text>").next()).collect()
}

#[test]
fn three_figures_say_in_both_languages_what_their_tables_say() {
    let report = released(&eight());
    for language in [Language::Chinese, Language::English] {
        let drawn = all(&report, language, &names(language));
        assert_eq!(drawn.iter().map(|f| f.name).collect::<Vec<_>>(), ["level-use", "item-matrix", "planner"]);
        for figure in &drawn {
            assert!(figure.svg.starts_with("<svg lang="));
            assert!(figure.svg.contains("prefers-color-scheme:dark") && figure.svg.contains("<desc id="));
            assert!(figure.table.iter().all(|record| record.len() == figure.table[0].len()));
        }
        // Items in the order of the form; every number of the matrix stands in its cell.
        let titles: Vec<String> = names(language).items.iter().map(|(_, title)| title.clone()).collect();
        let rows: Vec<&String> = drawn[1].table[1..].iter().map(|record| &record[0]).collect();
        assert_eq!(rows, titles.iter().collect::<Vec<_>>());
        for (k, record) in drawn[1].table[1..].iter().enumerate() {
            for cell in &record[1..=k] {
                let cell = cell.replace('-', "−");
                assert!(texts(&drawn[1].svg).contains(&cell.as_str()), "{cell}");
            }
        }
        let [seven, _] = report.get().ballots_needed;
        let seven = seven.unwrap().to_string();
        assert!(texts(&drawn[2].svg)[0].contains(&seven));
        assert!(drawn[2].table.iter().any(|record| record[0] == seven));
    }
}

#[test]
fn shares_of_a_bar_reach_its_end_and_small_ones_are_told_as_less_than_a_step() {
    let report = released(&eight());
    let drawn = level_use(&report, &frame(Language::English), &names(Language::English)).unwrap();
    let zero = report.get().items.iter().flat_map(|l| l.numbers.iter()).flat_map(|n| n.bins.iter().flatten());
    let zero = zero.filter(|bin| bin.share == 0.0).count();
    let small = drawn.table.iter().filter(|record| record[4].starts_with('<')).count();
    assert_eq!(zero, small);
}

#[test]
fn awkward_forms_are_drawn_or_left_out() {
    let whole = eight();
    let two = released(&only(&whole, &[1, 5]));
    let names = names(Language::Chinese);
    let drawn = all(&two, Language::Chinese, &names);
    assert_eq!(drawn.len(), 3);
    assert!(texts(&drawn[1].svg)[0].contains("第 1 项与第 2 项"));
    assert_eq!(drawn[1].table.len(), 3);

    // One question has nothing to be like.
    let one = all(&released(&only(&whole, &[1])), Language::English, &names);
    assert_eq!(one.iter().map(|f| f.name).collect::<Vec<_>>(), ["level-use", "planner"]);

    // Everybody gives the best level, and an item that nearly nobody saw.
    let mut top = only(&whole, &[0, 1, 2]);
    let one = top.ballots[0].nym.clone();
    for ballot in &mut top.ballots {
        ballot.answers[0] = Some(Answer::Level(5));
        ballot.answers[2] = if ballot.nym == one { Some(Answer::Level(3)) } else { Some(Answer::NotObserved) };
    }
    let report = released(&top);
    let drawn = all(&report, Language::English, &names);
    assert!(texts(&drawn[0].svg).contains(&"more than 90% at level 5"));
    assert!(texts(&drawn[0].svg).contains(&"too few answers to tell"));
    assert!(texts(&drawn[1].svg).contains(&"—"));
    assert!(!texts(&drawn[1].svg).iter().any(|text| text.starts_with("alpha")));
}

#[test]
fn a_long_title_stays_in_its_column() {
    let report = released(&eight());
    let long = "提前告知开庭时间、举证期限、合议庭组成人员以及其他与诉讼权利有关的程序事项";
    let mut names = names(Language::Chinese);
    names.items[3].1 = long.into();
    for figure in [
        level_use(&report, &frame(Language::Chinese), &names).unwrap(),
        matrix(&report, &frame(Language::Chinese), &names).unwrap(),
    ] {
        assert!(texts(&figure.svg).iter().any(|text| text.ends_with('…')));
        assert!(!texts(&figure.svg).iter().any(|text| text.chars().count() > 20 && text.contains("提前告知")));
        assert!(figure.table.iter().flatten().any(|cell| cell == long));
    }
}
