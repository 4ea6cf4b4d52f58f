//! The house rules as tests: who may use what, how long a file may be, and which words must exist for every code.
//!
//! The rules stand in ARCHITECTURE.md; a rule that only stands there is not kept.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hengping::flow::Refusal;
use hengping::http::problem::{Language, Transport, words_of};
use hengping_domain::docket::court::COURTS;

const LONGEST_FILE: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` with one of the endings, without what was built or fetched.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    fn walk(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in entries.map(|entry| entry.expect("an entry").path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && !["target", "node_modules", "dist", "domain"].contains(&name) && !name.starts_with('.')
            {
                walk(&path, endings, found);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), endings, &mut found);
    found.sort();
    found
}

/// The lines of a Rust file that are code before its unit tests, with their numbers.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).expect("a readable file");
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .enumerate()
        .map(|(number, line)| (number + 1, line.trim().to_owned()))
        .filter(|(_, line)| !line.starts_with("//"))
        .collect()
}

/// Names `path:line` wherever the code of a folder holds one of the words.
fn uses(folder: &str, words: &[&str], except: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(folder, &[".rs"]) {
        let shown = path.strip_prefix(root()).expect("below the root").display().to_string();
        if except.contains(&shown.as_str()) {
            continue;
        }
        for (number, line) in code(&path) {
            if let Some(word) = words.iter().find(|word| holds(&line, word)) {
                found.push(format!("{shown}:{number} uses {word}"));
            }
        }
    }
    found
}

/// Whether `line` holds `word` with no letter, digit or underscore around it.
fn holds(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(part);
        let after = line[at + word.len()..].chars().next().is_some_and(part);
        !(before && word.starts_with(part) || after && word.ends_with(part))
    })
}

#[test]
fn each_room_uses_only_what_it_may() {
    let rules: [(&str, &[&str]); 9] = [
        (
            "src/domain",
            &[
                "diesel",
                "actix_web",
                "tokio",
                "polars",
                "std::fs",
                "std::env",
                "std::net",
                "SystemTime",
                "Instant",
                "rand::rng",
                "getrandom",
            ],
        ),
        (
            "src/store",
            &[
                "crate::flow",
                "crate::http",
                "crate::config",
                "actix_web",
                "rand",
                "getrandom",
                "SystemClock",
                "SystemEntropy",
            ],
        ),
        ("src/flow", &["crate::http", "actix_web", "diesel", "polars"]),
        ("src/http", &["crate::store", "diesel", "polars"]),
        // The ports hand out time and bytes and know nobody.
        (
            "src/ports",
            &[
                "hengping_domain",
                "hengping_agent",
                "hengping_relay",
                "hengping::",
                "diesel",
                "actix_web",
                "std::fs",
                "std::net",
            ],
        ),
        // Packages of their own: what runs beside the platform must not need it, nor what the other one has.
        ("src/agent", &["hengping::", "hengping_relay", "hengping_analytics", "polars", "crate::flow"]),
        (
            "src/relay",
            &["hengping::", "hengping_agent", "hengping_analytics", "polars", "diesel", "crate::flow", "IssuerKey"],
        ),
        (
            "analytics/src",
            &[
                "hengping_domain",
                "hengping",
                "polars",
                "std::fs",
                "std::env",
                "std::net",
                "SystemTime",
                "actix_web",
                "diesel",
            ],
        ),
        // It asks the scores from outside, as somebody who does not trust them would.
        (
            "analytics/study",
            &[
                "hengping_domain",
                "hengping_analyse",
                "hengping::",
                "polars",
                "std::env",
                "std::net",
                "SystemTime",
                "Instant",
                "rand::rng",
                "actix_web",
                "diesel",
            ],
        ),
    ];
    let mut broken = Vec::new();
    for (folder, never) in rules {
        assert!(!files(folder, &[".rs"]).is_empty() || folder == "src/domain", "{folder} is where it was");
        broken.extend(uses(folder, never, &[]));
    }
    broken.extend(uses("analytics/pipeline", &["diesel", "actix_web", "hengping::"], &[]));
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn only_the_dialect_names_a_backend() {
    let words = ["SqliteConnection", "PgConnection", "diesel::sqlite", "diesel::pg", "libsqlite3_sys", "Either"];
    let broken = uses("src", &words, &["src/store/dialect.rs", "src/store/mod.rs"]);
    // An agent has SQLite and nothing else; its store alone knows.
    let broken: Vec<_> = broken.into_iter().filter(|at| !at.starts_with("src/agent/store/")).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let named = uses("src/store", &words[..5], &["src/store/dialect.rs"]);
    assert!(named.is_empty(), "{named:#?}");
    let another = uses("src/agent", &["PgConnection", "diesel::pg", "Either"], &[]);
    assert!(another.is_empty(), "{another:#?}");
    let sql = uses("src", &["diesel"], &[]);
    let rooms = ["src/store/", "src/agent/store/"];
    let outside: Vec<_> = sql.into_iter().filter(|at| !rooms.iter().any(|room| at.starts_with(room))).collect();
    assert!(outside.is_empty(), "{outside:#?}");
}

#[test]
fn time_and_randomness_enter_through_the_ports() {
    let words =
        ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "getrandom::fill", "rand::rng", "env::var"];
    let broken = uses("src", &words, &["src/ports/lib.rs"]);
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn files_stay_short_and_say_what_they_are() {
    let mut broken = Vec::new();
    let mut seen = 0;
    for folder in ["src", "src/domain", "analytics", "tests", "web/src"] {
        for path in files(folder, &[".rs", ".ts", ".vue"]) {
            let text = fs::read_to_string(&path).expect("a readable file");
            seen += 1;
            let generated = path.to_string_lossy().ends_with(".d.ts");
            if text.lines().count() >= LONGEST_FILE && !generated {
                broken.push(format!("{} has {} lines", path.display(), text.lines().count()));
            }
            let rust = path.extension().is_some_and(|ending| ending == "rs");
            // The unit tests of a file, put beside it for their length, are described by that file.
            if rust && !path.ends_with("tests.rs") && !text.starts_with("//!") {
                broken.push(format!("{} does not begin with what it is", path.display()));
            }
            if ["TO", "FIX"].iter().zip(["DO", "ME"]).any(|(a, b)| holds(&text, &format!("{a}{b}"))) {
                broken.push(format!("{} leaves something for later", path.display()));
            }
        }
    }
    assert!(seen > 50, "{seen} files are not the whole project");
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_platform_agents_and_relay_do_not_link_what_they_must_not() {
    let tree = |package: &str, crate_name: &str| {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--package", package, "--edges", "normal,build", "--offline", "--invert", crate_name])
            .current_dir(root())
            .output()
            .expect("cargo runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (package, control, never) in [
        ("hengping", "diesel", &["polars", "polars-core"][..]),
        ("hengping-agent", "diesel", &["polars", "hengping", "hengping-relay", "pq-sys"]),
        ("hengping-relay", "actix-web", &["polars", "hengping", "hengping-agent", "diesel"]),
        ("hengping-domain", "ct-merkle", &["polars", "diesel", "actix-web", "tokio"]),
    ] {
        assert!(tree(package, control).0, "cargo tree answers for what {package} links");
        for name in never {
            let (linked, said) = tree(package, name);
            assert!(!linked && said.contains("did not match any packages"), "{package} links {name}: {said}");
        }
    }
}

#[test]
fn both_backends_have_the_same_migrations() {
    let names = |backend: &str| -> BTreeSet<String> {
        let folder = root().join("migrations").join(backend);
        let entries =
            fs::read_dir(folder).expect("a folder of migrations").map(|entry| entry.expect("an entry").path());
        entries
            .inspect(|path| {
                for file in ["up.sql", "down.sql"] {
                    let text = fs::read_to_string(path.join(file)).unwrap_or_default();
                    assert!(text.contains(';'), "{} has no {file}", path.display());
                }
            })
            .map(|path| path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned())
            .collect()
    };
    let names_of = names("sqlite");
    assert_eq!(names_of, names("postgres"));
    for (number, name) in names_of.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", number + 1)), "{name} is out of order");
    }
}

#[test]
fn the_pages_know_the_courts_by_the_names_of_the_program() {
    let text = fs::read_to_string(root().join("web/src/shared/courts.json")).expect("the pages' courts");
    let pages: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let ours: Vec<_> = COURTS
        .iter()
        .map(|c| serde_json::json!({"code": c.code, "name": c.name, "short": c.short, "english": c.english}))
        .collect();
    assert_eq!(pages, serde_json::Value::from(ours));
}

#[test]
fn every_code_is_used_and_has_words_in_both_languages() {
    let mut broken = Vec::new();
    // problem.rs gives every refusal its status; that line alone is no use.
    let refusals = Refusal::ALL.iter().map(|one| (one.code(), format!("Refusal::{one:?}"), 2));
    let transport = Transport::ALL.iter().map(|one| (one.code(), format!("Transport::{one:?}"), 1));
    for (code, variant, at_least) in refusals.chain(transport) {
        if uses("src", &[&variant], &[]).len() < at_least {
            broken.push(format!("{code} is never given"));
        }
        for language in [Language::Chinese, Language::English] {
            match words_of(code, language) {
                Some(words) if !words.what.is_empty() && !words.next.is_empty() => {}
                _ => broken.push(format!("{code} has no words in {language:?}")),
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
