//! The manuals against the program: every stable code is in docs/errors.md, and none that the program does not have; every
//! direct dependency is in the README.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use actix_web::ResponseError as _;
use hengping::flow::Refusal;
use hengping::http::Problem;
use hengping::http::problem::{Language, Transport, words_of};

const MANUAL: &str = include_str!("../docs/errors.md");

fn source(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// The rows of the tables under a heading, by code; the other columns as they are written.
fn rows(heading: &str) -> BTreeMap<&'static str, Vec<&'static str>> {
    let section = MANUAL.split("\n## ").find(|part| part.starts_with(heading)).expect(heading);
    let table = section.lines().filter(|line| line.starts_with("| `"));
    let cells = table.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    cells.map(|cells| (cells[0].trim_matches('`'), cells[1..].to_vec())).collect()
}

/// The codes that `before` introduces in a source file, such as the arms of a `match`.
fn written(path: &str, before: &str) -> BTreeSet<String> {
    let text = source(path);
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let after = code.split(before).skip(1).filter_map(|part| part.split_once('"').map(|(code, _)| code.to_owned()));
    after.filter(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '-')).collect()
}

fn named(heading: &str) -> BTreeSet<String> {
    rows(heading).into_keys().map(str::to_owned).collect()
}

/// What a table must say of a code: its status where it has one, and the words of page and server in both languages.
fn expected(code: &str, status: Option<u16>) -> Vec<String> {
    let words = |language, space: &str| {
        let words = words_of(code, language).expect(code);
        format!("{}{space}{}", words.what, words.next)
    };
    let mut row: Vec<_> = status.map(|status| status.to_string()).into_iter().collect();
    row.extend([words(Language::Chinese, ""), words(Language::English, " ")]);
    row
}

#[test]
fn every_code_of_the_server_stands_in_the_manual_with_its_status_and_words() {
    let of = |problem: Problem| (problem.code(), Some(problem.status_code().as_u16()));
    let steps: Vec<_> = Refusal::ALL.iter().map(|&one| of(one.into())).collect();
    let requests: Vec<_> = Transport::ALL.iter().map(|&one| of(one.into())).collect();
    let said: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&source("web/src/shared/codes/zh-CN.json")).expect("JSON");
    let server: BTreeSet<_> = steps.iter().chain(&requests).map(|(code, _)| *code).collect();
    let pages: Vec<_> =
        said.keys().map(|code| (code.as_str(), None)).filter(|(code, _)| !server.contains(code)).collect();
    for (heading, codes) in [("Steps", steps), ("Requests", requests), ("Pages", pages)] {
        let manual = rows(heading);
        for (code, status) in &codes {
            let found = manual.get(code).unwrap_or_else(|| panic!("{code} is not in docs/errors.md under {heading}"));
            assert_eq!(*found, expected(code, *status), "{code}");
        }
        assert_eq!(manual.len(), codes.len(), "{heading} holds a code that the program does not have");
    }
}

#[test]
fn the_codebook_of_the_manual_is_the_one_of_the_files() {
    let manual = source("docs/research.md");
    for column in hengping_domain::codebook::COLUMNS {
        let kind = if column.number { "number" } else { "text" };
        let (rule, missing) = (column.rule.unwrap_or_default(), column.missing.1);
        let row =
            format!("| `{}` | {kind} | {} | {} | {rule} | {missing} |", column.name, column.says.1, column.unit.1);
        assert!(manual.contains(&row.replace("|  |", "| |")), "{row} is not in docs/research.md");
    }
}

#[test]
fn page_and_files_say_alike_what_a_result_is_not_for() {
    for (language, words) in
        [("zh-CN", hengping_domain::codebook::NOT_FOR.0), ("en", hengping_domain::codebook::NOT_FOR.1)]
    {
        let text = source(&format!("web/src/desk/messages/{language}.json"));
        let messages: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(messages["report"]["notFor"], words, "{language}");
    }
}

#[test]
fn every_code_of_the_start_the_opening_and_the_gate_stands_in_the_manual() {
    assert_eq!(named("Start"), written("src/config.rs", "=> \""));
    let mut opening = written("analytics/pipeline/src/error.rs", "=> \"");
    opening.extend(written("src/domain/opening.rs", "=> \""));
    opening.extend(written("src/domain/agreed.rs", "=> \""));
    opening.extend(written("src/domain/correction.rs", "=> \""));
    opening.extend(written("analytics/src/mixed/mod.rs", "=> \""));
    assert_eq!(named("Opening and analysis"), opening);
    assert_eq!(named("Relay"), written("src/relay/error.rs", "=> \""));
    let mut packages = written("src/domain/exchange.rs", "=> \"");
    packages.extend(written("src/flow/exchange.rs", "=> \"").into_iter().filter(|code| !code.is_empty()));
    assert_eq!(named("Packages"), packages);
    let mut agent = written("src/agent/error.rs", "=> \"");
    agent.extend(written("src/agent/store/mod.rs", "=> \""));
    agent.extend(written("src/domain/exchange.rs", "=> \""));
    assert_eq!(named("Agent"), agent);

    // The pages' words are made for every reason; a test of the pages' own holds both languages together.
    let messages: serde_json::Value = serde_json::from_str(&source("web/src/desk/messages/en.json")).expect("JSON");
    let worded: BTreeSet<String> = messages["reason"].as_object().expect("reasons").keys().cloned().collect();
    assert_eq!(named("Reasons of the gate"), worded);
    for path in [
        "mod",
        "rules/batch",
        "rules/coalition",
        "rules/cover",
        "rules/differencing",
        "rules/minimum",
        "rules/parts",
        "rules/pilot",
        "rules/precision",
        "rules/reliability",
        "rules/strata",
        "rules/two_way",
    ] {
        let given = written(&format!("analytics/src/gate/{path}.rs"), "Reason::new(\"");
        assert!(!given.is_empty() && given.is_subset(&worded), "{path}: {given:?}");
    }
}

#[test]
fn the_readme_names_every_direct_dependency() {
    let readme = source("README.md");
    let named: BTreeSet<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| ").and_then(|line| line.split(" | ").next()))
        .flat_map(|cell| cell.split([',', ' ', '*', ':']))
        .collect();
    let mut wanted = BTreeSet::new();
    for path in [
        "Cargo.toml",
        "src/domain/Cargo.toml",
        "src/ports/Cargo.toml",
        "src/agent/Cargo.toml",
        "src/relay/Cargo.toml",
        "analytics/Cargo.toml",
        "analytics/pipeline/Cargo.toml",
    ] {
        let manifest: toml::Table = source(path).parse().expect(path);
        for table in ["dependencies", "dev-dependencies"].into_iter().filter(|table| manifest.contains_key(*table)) {
            wanted.extend(manifest[table].as_table().into_iter().flat_map(|table| table.keys().cloned()));
        }
    }
    let package: serde_json::Value = serde_json::from_str(&source("web/package.json")).expect("JSON");
    for table in ["dependencies", "devDependencies"] {
        wanted.extend(package[table].as_object().into_iter().flat_map(|table| table.keys().cloned()));
    }
    let missing: Vec<_> = wanted.iter().filter(|name| !named.contains(name.as_str())).collect();
    assert!(wanted.len() > 60 && missing.is_empty(), "{missing:?}");
}
