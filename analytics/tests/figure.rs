//! Figures: what they say, in which order, and that they are SVG with real text.

mod gallery;
pub mod made;
mod sheet;
mod walls;

use std::collections::BTreeMap;

use hengping_analytics::bundle::Bundle;
use hengping_analytics::figure::{
    Effects, Figure, Frame, Language, Names, Ratees, Responses, Severities, outcome, public, response, severity, spread,
};
use hengping_analytics::gate::{self, Audience, Judged, candidates, gate, parameters};
use hengping_analytics::score::score;

use crate::city::{City, plant};
use crate::gate::{charter, context};

fn figures(bundle: &Bundle, language: Language) -> Vec<Figure> {
    let scores = score(bundle).unwrap();
    let cells = gate(&candidates(bundle, Some(&scores), None, &charter()), &context());
    let rows: Vec<_> = cells.iter().filter_map(Judged::released).collect();
    assert!(rows.iter().any(|row| row.get().key.audience == Audience::Own));
    let zh = language == Language::Chinese;
    let frame = Frame {
        language,
        rubric: if zh { "律师评法官".into() } else { "Lawyers on judges".into() },
        pilot: true,
        foot: "2026 & <hash>".into(),
    };
    let names = Names {
        courts: BTreeMap::from([("c00".to_owned(), "市南法院".to_owned())]),
        items: ["i3", "i0", "i1", "i2"].map(|id| (id.to_owned(), format!("item {id}"))).to_vec(),
    };
    public(&rows, None, &frame, &names)
}

/// Texts of an SVG in document order.
fn texts(svg: &str) -> Vec<&str> {
    svg.split("<text").skip(1).filter_map(|part| part.split_once('>')?.1.split("</text>").next()).collect()
}

#[test]
fn three_figures_with_tables_leave_a_city() {
    let planted = plant(&City { ballots: 3000, ..City::default() });
    let drawn = figures(&planted.bundle, Language::Chinese);
    let names: Vec<&str> = drawn.iter().map(|f| f.name).collect();
    assert_eq!(names, ["caterpillar", "raw-adjusted", "items"]);
    for figure in &drawn {
        assert!(figure.svg.starts_with("<svg lang=\"zh-CN\" role=\"img\""));
        assert_eq!(figure.svg.matches("<svg").count(), 1);
        assert_eq!(figure.svg.matches("<title id=").count() + figure.svg.matches("<desc id=").count(), 2);
        assert!(figure.svg.contains("prefers-color-scheme:dark"));
        assert!(figure.svg.contains("font-family=\"Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif\""));
        assert!(figure.svg.contains("2026 &amp; &lt;hash&gt;"));
        assert!(texts(&figure.svg).contains(&"试运行"));
        // Every number of the table stands in the drawing.
        for record in &figure.table[1..] {
            assert_eq!(record.len(), figure.table[0].len());
            assert!(
                texts(&figure.svg).iter().any(|text| text.contains(&record[0]) || record[0] == "全市"),
                "{record:?}"
            );
        }
        assert!(!figure.svg.contains("j0"), "no person is drawn");
    }
}

#[test]
fn courts_stand_by_code_and_items_by_form_whatever_their_values() {
    let planted = plant(&City { ballots: 3000, ..City::default() });
    let drawn = figures(&planted.bundle, Language::English);
    let order = |figure: &Figure, known: &[&str]| -> Vec<String> {
        texts(&figure.svg).into_iter().filter(|text| known.contains(text)).map(str::to_owned).collect()
    };
    let courts = ["市南法院", "c01", "c02", "c03", "c04", "c05"];
    assert_eq!(order(&drawn[0], &courts), courts);
    assert_eq!(order(&drawn[1], &courts), courts);
    let items = ["item i3", "item i0", "item i1", "item i2"];
    assert_eq!(order(&drawn[2], &items), items);
}

/// From ballots to every figure of one release, with nothing made up on the way.
#[test]
fn a_simulated_city_has_all_figures_of_a_release() {
    let mut bundle = plant(&City { judges: 60, ballots: 5000, ..City::default() }).bundle;
    bundle.margins.invited = Some(11_000);
    bundle.margins.courts = (0..6).map(|c| (format!("c{c:02}"), 1800 + 10 * c)).collect();
    let scores = score(&bundle).unwrap();
    let context = context();
    let cells = gate(&candidates(&bundle, Some(&scores), None, &context.charter), &context);
    let rows: Vec<_> = cells.iter().filter_map(Judged::released).collect();
    let parameters = parameters(&scores, &context).unwrap();
    let none = BTreeMap::new();
    let audience = Audience::Sides;
    for (language, _) in made::LANGUAGES {
        let frame = made::frame(language);
        let whole = gate::spread(&rows, &context).unwrap();
        let drawn = [
            spread(&whole, Ratees::Judges, &rows, &frame),
            outcome(&Effects { rows: &rows, parameters: Some(&parameters), types: &none }, &frame),
            severity(&Severities { parameters: &parameters, homes: &rows, courts: &none, audience }, &frame),
            response(&Responses { rows: &rows, names: &none, least: context.charter.response }, &frame),
        ];
        let drawn: Vec<Figure> = drawn.into_iter().flatten().chain(figures(&bundle, language)).collect();
        let names: Vec<&str> = drawn.iter().map(|f| f.name).collect();
        let all = ["spread", "outcome-effect", "sides-severity", "response", "caterpillar", "raw-adjusted", "items"];
        assert_eq!(names, all);
        for figure in &drawn {
            assert_eq!(sheet::faults(figure), Vec::<String>::new(), "{}", figure.name);
            assert!(!figure.svg.contains("j0") && !figure.svg.contains("n0"), "nobody is drawn in {}", figure.name);
        }
        // Planted: 0.6 levels between won and lost, and home courts a standard deviation of 0.3 apart.
        let effect: f64 = drawn[1].table[1][2].parse().unwrap();
        assert!((effect - 0.6).abs() < 0.15, "{effect}");
        let deviation: f64 = drawn[2].table[1][2].parse().unwrap();
        assert!((0.25..=0.65).contains(&deviation), "{deviation}");
    }
}

#[test]
fn without_released_cells_there_is_no_figure() {
    let frame = Frame { language: Language::English, rubric: String::new(), pilot: false, foot: String::new() };
    assert!(public(&[], None, &frame, &Names::default()).is_empty());
}
