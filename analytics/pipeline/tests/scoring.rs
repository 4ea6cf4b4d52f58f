//! `score`: the same function on a table, from CSV or Parquet, in any row order.

use std::path::{Path, PathBuf};

use hengping_domain::manifest::PeriodKind;
use tempfile::TempDir;

use crate::world::{World, config, files, refusal, run, world};

/// The opened table as CSV, rows in the order of `turn`.
fn table(world: &World, reversed: bool) -> String {
    let mut rows = Vec::new();
    for (index, (ballot, nym)) in world.ballots.iter().enumerate() {
        for (item, level) in &ballot.answers {
            let level = level.map_or_else(String::new, |l| l.to_string());
            let stratum = ballot.stratum;
            rows.push(format!(
                "{},{},{},{},{},{},{},{},{item},{level},{index}",
                hengping_domain::token::nym_hash(&ballot.nym.nonce),
                nym.home,
                nym.role,
                ballot.ratee,
                ballot.court,
                stratum.case_type,
                stratum.outcome,
                ballot.rubric
            ));
        }
    }
    if reversed {
        rows.reverse();
    }
    format!("nym,home,role,ratee,court,case_type,outcome,rubric,item,level,ballot\n{}\n", rows.join("\n"))
}

struct Bench {
    dir: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn score(&self, ballots: &Path, extra: &[&str]) -> std::process::Output {
        self.score_with(&config("rubrics/bar-rates-bench-v1.toml"), ballots, "out", extra)
    }

    fn score_with(&self, rubric: &Path, ballots: &Path, out: &str, extra: &[&str]) -> std::process::Output {
        let text = |path: &Path| path.display().to_string();
        let (rubric, ballots, out) = (text(rubric), text(ballots), text(&self.path(out)));
        let mut arguments = vec!["score", "--rubric", &rubric, "--ballots", &ballots, "--out", &out];
        arguments.extend(extra);
        run(&arguments, self.dir.path())
    }

    fn cells(&self) -> Vec<u8> {
        std::fs::read(self.path("out/cells.csv")).unwrap()
    }
}

#[test]
fn a_table_gives_the_cells_of_the_box_it_came_from() {
    let world = world(PeriodKind::Regular, 500);
    let opened = tempfile::tempdir().unwrap();
    world.export_with_both(opened.path());
    let dir = opened.path().display().to_string();
    assert!(run(&["open", "--dir", &dir], opened.path()).status.success());
    let bench = Bench::new();
    let margins = opened.path().join("margins.json").display().to_string();
    for reversed in [false, true] {
        std::fs::write(bench.path("ballots.csv"), table(&world, reversed)).unwrap();
        let output = bench.score(&bench.path("ballots.csv"), &["--margins", &margins]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(bench.cells(), std::fs::read(opened.path().join("cells.csv")).unwrap());
    }
}

/// Whoever develops against the schema has ballots in it: the same for one seed, another table for another, and scored like any.
#[test]
fn made_up_ballots_are_scored_like_any() {
    for rubric in ["rubrics/bar-rates-bench-v1.toml", "rubrics/bench-rates-bar-v1.toml"] {
        let (bench, rubric) = (Bench::new(), config(rubric));
        let make = |name: &str, seed: &str| {
            let (rubric, out) = (rubric.display().to_string(), bench.path(name).display().to_string());
            let arguments =
                ["synthetic", "--rubric", &rubric, "--ballots", "900", "--ratees", "20", "--seed", seed, "--out", &out];
            run(&arguments, bench.dir.path())
        };
        assert!(
            make("a.csv", "7").status.success()
                && make("b.csv", "7").status.success()
                && make("c.csv", "8").status.success()
        );
        let read = |name: &str| std::fs::read(bench.path(name)).unwrap();
        assert_eq!(read("a.csv"), read("b.csv"));
        assert_ne!(read("a.csv"), read("c.csv"));
        let output = bench.score_with(&rubric, &bench.path("a.csv"), "out", &[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let cells = String::from_utf8(bench.cells()).unwrap();
        assert!(cells.lines().any(|line| line.contains(",score,public,publish,")), "{cells}");
        assert_eq!(crate::world::refusal(&make("a.parquet", "7")), "table-malformed");
    }
}

/// A charter of one's own decides instead of the shipped one, and a broken one is refused.
#[test]
fn the_charter_decides() {
    let world = world(PeriodKind::Regular, 300);
    let bench = Bench::new();
    std::fs::write(bench.path("ballots.csv"), table(&world, false)).unwrap();
    let released = |charter: Option<&str>| {
        let extra = charter.map_or(vec![], |path| vec!["--charter", path]);
        assert!(bench.score(&bench.path("ballots.csv"), &extra).status.success());
        String::from_utf8(bench.cells()).unwrap().lines().filter(|line| !line.contains(",withhold,")).count()
    };
    let mut strict = crate::world::charter();
    strict.minimum.judge_self = Some(1000);
    let path = bench.path("strict.json");
    std::fs::write(&path, serde_json::to_vec(&strict).unwrap()).unwrap();
    let strict_path = path.display().to_string();
    assert!(released(Some(&strict_path)) < released(None));
    strict.precision.steps = vec![0.5, 0.1];
    std::fs::write(&path, serde_json::to_vec(&strict).unwrap()).unwrap();
    assert_eq!(refusal(&bench.score(&bench.path("ballots.csv"), &["--charter", &strict_path])), "document-malformed");
}

#[test]
fn malformed_tables_are_refused_by_line_and_never_quoted() {
    let world = world(PeriodKind::Regular, 80);
    let bench = Bench::new();
    let good = table(&world, false);
    let lines: Vec<&str> = good.lines().collect();
    let with = |line: usize, from: &str, to: &str| {
        let mut changed: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        changed[line] = changed[line].replace(from, to);
        changed.join("\n")
    };
    let item = lines[3].split(',').nth(8).unwrap();
    let cases = [
        (with(0, "level", "mark"), "no column level"),
        (with(3, &format!(",{item},"), ",looks,"), "does not have"),
        (
            with(5, lines[5], &lines[5].replace(&format!(",{}", lines[5].split(',').next_back().unwrap()), "7,0")),
            "line 6",
        ),
        (String::new(), "CSV"),
    ];
    for (text, expected) in cases {
        std::fs::write(bench.path("ballots.csv"), &text).unwrap();
        let output = bench.score(&bench.path("ballots.csv"), &[]);
        assert_eq!(refusal(&output), "table-malformed", "{expected}");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains("looks") && !message.contains("ratee-"), "{message}");
    }
    assert_eq!(refusal(&bench.score(&bench.path("absent.csv"), &[])), "file-missing");
    std::fs::write(bench.path("ballots.txt"), good).unwrap();
    assert_eq!(refusal(&bench.score(&bench.path("ballots.txt"), &[])), "table-malformed");
    assert!(files(&bench.path("out")).is_empty());
}

/// What cannot carry the model is refused as `fit` refuses it, and files from other programs are read alike.
#[test]
fn a_table_without_an_estimate_is_refused_and_odd_files_are_not() {
    let world = world(PeriodKind::Regular, 300);
    let bench = Bench::new();
    let good = table(&world, false);
    let score = |text: &str| {
        std::fs::write(bench.path("ballots.csv"), text).unwrap();
        bench.score(&bench.path("ballots.csv"), &[])
    };
    let heading = good.lines().next().unwrap();
    let level = |line: &str, level: &str| {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells[9] = level;
        format!("{}\n", cells.join(","))
    };
    let equal: String = good.lines().skip(1).map(|line| level(line, "4")).collect();
    let first: Vec<&str> = good.lines().take(3).collect();
    for (text, expected) in [
        (format!("{heading}\n"), "no-rows"),
        (format!("{heading}\n{equal}"), "no-variance"),
        (first.join("\n"), "no-rows"),
    ] {
        assert_eq!(refusal(&score(&text)), expected);
        assert!(files(&bench.path("out")).is_empty(), "{expected}");
    }
    for bad in ["NaN", "inf", "0", "6", "3.5", "99999999999999999999"] {
        let spoilt = format!("{good}{}", level(good.lines().nth(1).unwrap(), bad));
        assert_eq!(refusal(&score(&spoilt)), "table-malformed", "{bad}");
    }
    assert!(score(&good).status.success());
    let cells = bench.cells();
    for same in [format!("\u{feff}{good}"), good.replace('\n', "\r\n")] {
        assert!(score(&same).status.success());
        assert_eq!(bench.cells(), cells);
    }
}

/// Courts side by side: a number where R18 allows it, else reasons and no number.
#[test]
fn courts_are_told_apart_pair_by_pair_or_not_at_all() {
    let world = world(PeriodKind::Regular, 500);
    let bench = Bench::new();
    std::fs::write(bench.path("ballots.csv"), table(&world, false)).unwrap();
    assert!(bench.score(&bench.path("ballots.csv"), &[]).status.success());
    let read = |name: &str| std::fs::read(bench.path("out").join(name)).unwrap();
    let told: serde_json::Value = serde_json::from_slice(&read("comparisons.json")).unwrap();
    assert_eq!((&told["rule"], &told["comparisons"]["least_bridges"]), (&"R18".into(), &20.into()));
    let pairs = told["comparisons"]["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 6, "four courts");
    for pair in pairs {
        let silent = pair["verdict"] == "not_comparable";
        assert_eq!(silent, pair["difference"].is_null() && pair["bridges"].is_null(), "{pair}");
        assert_eq!(silent, !pair["reasons"].as_array().unwrap().is_empty(), "{pair}");
        if !silent {
            let end = |k: usize| pair["difference"]["interval"][k].as_f64().unwrap();
            let expected = match (end(0) > 0.0, end(1) < 0.0) {
                (true, _) => "higher",
                (_, true) => "lower",
                _ => "not_distinguishable",
            };
            assert_eq!(pair["verdict"], expected, "{pair}");
        }
    }
    assert!(String::from_utf8(read("run.json")).unwrap().contains("comparisons.json"));
}

/// A year later: the same form, one with a question put otherwise, and one of new questions only.
#[test]
fn earlier_results_are_drawn_beside_and_joined_by_questions_alone() {
    let (world, bench) = (world(PeriodKind::Regular, 600), Bench::new());
    let ballots = bench.path("ballots.csv");
    std::fs::write(&ballots, table(&world, false)).unwrap();
    let form = std::fs::read_to_string(config("rubrics/bar-rates-bench-v1.toml")).unwrap();
    let with = |name: &str, change: &dyn Fn(usize, &str) -> String| {
        let mut asked = 0;
        let lines = form.lines().map(|line| {
            asked += usize::from(line.starts_with("text = "));
            if line.starts_with("text = ") { change(asked, line) } else { line.to_owned() }
        });
        std::fs::write(bench.path(name), lines.collect::<Vec<String>>().join("\n")).unwrap();
    };
    let put = |word: &str, line: &str| line.replacen("zh = \"", &format!("zh = \"{word}"), 1);
    with("one.toml", &|k, line| if k == 1 { put("另行", line) } else { line.to_owned() });
    with("all.toml", &|_, line| put("一律", line));
    let earlier = |years: &[&str]| -> Vec<String> {
        years.iter().flat_map(|y| ["--earlier".to_owned(), bench.path(y).display().to_string()]).collect()
    };
    let score = |rubric: &Path, out: &str, years: &[&str]| {
        let arguments = earlier(years);
        let extra: Vec<&str> = arguments.iter().map(String::as_str).collect();
        bench.score_with(rubric, &ballots, out, &extra)
    };
    let same = config("rubrics/bar-rates-bench-v1.toml");
    for (rubric, out, years) in [
        (same.as_path(), "2024", &[] as &[&str]),
        (same.as_path(), "2025", &["2024"]),
        (bench.path("one.toml").as_path(), "2026", &["2024", "2025"]),
        (bench.path("all.toml").as_path(), "2027", &["2024", "2025", "2026"]),
    ] {
        let output = score(rubric, out, years);
        assert!(output.status.success(), "{out}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(!bench.path("2024/figures/drift-en.svg").exists(), "one period is no drift");
    let mut reader = csv::Reader::from_path(bench.path("2027/figures/drift-en.csv")).unwrap();
    let city: Vec<(String, String, String)> = reader
        .records()
        .map(|record| record.unwrap())
        .filter(|record| &record[0] == "city")
        .map(|record| (record[1].to_owned(), record[2].to_owned(), record[5].to_owned()))
        .collect();
    let links: Vec<(&str, &str)> = city.iter().map(|(year, link, _)| (year.as_str(), link.as_str())).collect();
    assert_eq!(
        links,
        [("2024", ""), ("2025", "comparable"), ("2026", "comparable"), ("2027", "no question kept its wording")]
    );
    // The same answers every year: without the link the figure would show no less, with it no more.
    assert!(city.iter().all(|(_, _, value)| *value == city[0].2), "{city:?}");
    let svg = std::fs::read_to_string(bench.path("2027/figures/drift-zh.svg")).unwrap();
    assert!(svg.contains("没有一个评价项保持原来的措辞") && svg.contains("2025"));

    // What an earlier run did not write is not read.
    let cells = bench.path("2025/cells.csv");
    let text = std::fs::read_to_string(&cells).unwrap();
    std::fs::write(&cells, text.replacen("4.", "3.", 1)).unwrap();
    assert_eq!(refusal(&score(&same, "2028", &["2025"])), "document-malformed");
    assert_eq!(refusal(&score(&same, "2028", &["1999"])), "file-missing");
    assert!(files(&bench.path("2028")).is_empty());
}
