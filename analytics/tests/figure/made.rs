//! Cells and parameters made up for figures; they pass the same gate as real ones.

use std::collections::BTreeMap;

use hengping_analytics::figure::{Frame, Language};
use hengping_analytics::gate::{
    Audience, Candidate, Content, Judged, Key, Measure, Printed, Range, Released, Row, Scope, Structure, gate,
    parameters,
};
use hengping_analytics::score::{Estimate, OutcomeAudit, Parameters, Scores};

use crate::gate::context;

/// A candidate of 60 raters (120 for an effect) and 400 invitations unless the test says otherwise.
pub fn cell(scope: Scope, subject: &str, measure: Measure, value: f64) -> Candidate {
    let range = match measure {
        Measure::Score | Measure::Item(_) => Range::Level,
        ref share if share.is_share() => Range::Share,
        _ => Range::Difference,
    };
    let audience = if scope == Scope::HomeCourt { Audience::Sides } else { Audience::Public };
    let level = range == Range::Level;
    Candidate {
        structure: Structure {
            key: Key { scope, subject: subject.into(), measure, audience },
            raters: if range == Range::Difference { 120 } else { 60 },
            court: if scope == Scope::Court { subject.into() } else { String::new() },
            ratees: 9,
            apart: false,
            bridges: 60,
            cover: None,
            invited: 400,
            precision: Some((Some(0.8), 0.3)),
        },
        content: Some(Content {
            range,
            value,
            error: 0.08,
            raw: level.then_some((value - 0.2).max(1.0)),
            reliability: None,
            tier: None,
            moved: None,
        }),
    }
}

pub fn city(value: f64) -> Candidate {
    let mut cell = cell(Scope::System, "city", Measure::Score, value);
    cell.structure.raters = 900;
    cell.content.as_mut().unwrap().error = 0.02;
    cell
}

/// A ratee seen by `audience`.
pub fn person(index: usize, audience: Audience, value: f64) -> Candidate {
    let mut cell = cell(Scope::Person, &format!("j{index:04}"), Measure::Score, value);
    cell.structure.key.audience = audience;
    cell.structure.raters = 24;
    cell.content.as_mut().unwrap().reliability = Some(0.8);
    cell
}

/// What the gate lets out.
pub fn released(cells: &[Candidate]) -> Vec<Released<Row>> {
    gate(cells, &context()).iter().filter_map(Judged::released).collect()
}

/// Parameters of a box with these variances and effects, as the gate lets them out.
pub fn printed(variances: &[(&str, f64)], leaky: Option<(f64, bool)>) -> Released<Printed> {
    let system = Estimate { value: 4.0, error: 0.02, raw: Some(3.9), reliability: None, raters: 900 };
    let scores = Scores {
        persons: BTreeMap::new(),
        courts: BTreeMap::new(),
        homes: BTreeMap::new(),
        system,
        system_items: BTreeMap::new(),
        outcome: leaky.map(|(leaky, within)| OutcomeAudit { effect: system, leaky, hausman: None, within }),
        parameters: Parameters {
            variances: variances.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
            ..Parameters::default()
        },
    };
    parameters(&scores, &context()).unwrap()
}

pub const LANGUAGES: [(Language, &str); 2] = [(Language::Chinese, "zh"), (Language::English, "en")];

pub fn frame(language: Language) -> Frame {
    let zh = language == Language::Chinese;
    Frame {
        language,
        rubric: if zh { "律师评法官".into() } else { "Lawyers on judges".into() },
        pilot: true,
        foot: if zh {
            "2026 年度 · 清单摘要 8f3a91c0d2b7 · 互评规则 v2（双方已签）".into()
        } else {
            "2026 · manifest 8f3a91c0d2b7 · charter v2 (signed by both sides)".into()
        },
    }
}

/// Values that look like a city's: deterministic, bell-shaped around `mean`.
pub fn bell(count: usize, mean: f64, sd: f64) -> Vec<f64> {
    let part = |index: usize, by: f64| (index as f64 * by).fract() - 0.5;
    let value = |index: usize| {
        let sum: f64 = [0.618_034, 0.754_878, 0.569_840, 0.819_173].iter().map(|by| part(index + 1, *by)).sum();
        mean + sd * sum * 1.73
    };
    (0..count).map(value).collect()
}

pub const COURTS: [(&str, &str, &str); 11] = [
    ("鲁02", "市中级法院", "Intermediate"),
    ("鲁0202", "市南法院", "Shinan"),
    ("鲁0203", "市北法院", "Shibei"),
    ("鲁0211", "黄岛法院", "Huangdao"),
    ("鲁0212", "崂山法院", "Laoshan"),
    ("鲁0213", "李沧法院", "Licang"),
    ("鲁0214", "城阳法院", "Chengyang"),
    ("鲁0215", "即墨法院", "Jimo"),
    ("鲁0281", "胶州法院", "Jiaozhou"),
    ("鲁0283", "平度法院", "Pingdu"),
    ("鲁0285", "莱西法院", "Laixi"),
];

pub fn courts(language: Language) -> BTreeMap<String, String> {
    let name = |zh: &str, en: &str| if language == Language::Chinese { zh.to_owned() } else { en.to_owned() };
    COURTS.iter().map(|(code, zh, en)| ((*code).to_owned(), name(zh, en))).collect()
}
