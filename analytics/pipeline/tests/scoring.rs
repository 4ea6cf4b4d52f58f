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
        let text = |path: &Path| path.display().to_string();
        let rubric = text(&config("rubrics/bar-rates-bench-v1.toml"));
        let mut arguments = vec!["score", "--rubric", &rubric];
        let (ballots, out) = (text(ballots), text(&self.path("out")));
        arguments.extend(["--ballots", &ballots, "--out", &out]);
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
