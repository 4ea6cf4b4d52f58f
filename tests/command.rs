//! The command line as a process: what it says when it refuses, and that nobody has to listen to the end.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use hengping_domain::digest::Digest;
use hengping_domain::ids::Side;
use tempfile::TempDir;

use crate::agents::SIGNING;
use crate::city::{Case, bar_box, bench_box, docket, judge, lawyer, roster};
use crate::dump::table;
use crate::on_both_backends;
use crate::withdrawing::{cells, closed};

/// A site of its own on SQLite, with a roster, for the program to be run on.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let config = format!("store.url = \"sqlite://{}/hengping.db\"\nlog.filter = \"off\"\n", dir.path().display());
        std::fs::write(dir.path().join("site.toml"), config).expect("a configuration");
        std::fs::write(dir.path().join("roster.csv"), roster(3, 5)).expect("a roster");
        let desk = Self(dir);
        desk.done(&["docket", "import"], &["roster.csv"]);
        desk
    }

    /// A directory beside a site that is there already.
    fn beside(url: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let config = format!("store.url = \"{url}\"\nlog.filter = \"off\"\n");
        std::fs::write(dir.path().join("site.toml"), config).expect("a configuration");
        Self(dir)
    }

    fn command(&self, words: &[&str], rest: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hengping"));
        command.args(words).args(["--config", "site.toml"]).args(rest).env_clear().current_dir(self.0.path());
        command
    }

    fn run(&self, words: &[&str], rest: &[&str], typed: &str) -> Output {
        let mut command = self.command(words, rest);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        // A command that refuses before it reads has closed this already.
        let _ = child.stdin.take().map(|mut input| input.write_all(typed.as_bytes()));
        child.wait_with_output().expect("it ends")
    }

    fn done(&self, words: &[&str], rest: &[&str]) -> String {
        let output = self.run(words, rest, "");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// What it said when it refused, after making sure that it did.
    fn refused(&self, words: &[&str], rest: &[&str]) -> String {
        let output = self.run(words, rest, "a long password\n");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.lines().count() == 1 && said.split_once(']').is_some_and(|(_, words)| words.len() > 20), "{said}");
        said
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        Path::new(self.0.path()).join(name)
    }
}

#[test]
fn a_reader_who_leaves_ends_an_import_without_a_panic_and_loses_nothing() {
    let desk = Desk::new();
    // Hundreds of rows nobody can match make more lines than a pipe's reader waits for.
    let cases: Vec<_> = (1..=300).map(|n| Case::new(n, n % 3, &[n % 5], &[(n + 1) % 5])).collect();
    let broken = String::from_utf8(docket(&cases)).expect("text").replace("普通程序", "没有这种程序");
    std::fs::write(desk.file("docket.csv"), broken).expect("a docket");
    let mut command = desk.command(&["docket", "import"], &["--problems", "problems.csv", "docket.csv"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
    let problems = std::fs::read_to_string(desk.file("problems.csv")).expect("the problems are written all the same");
    assert!(problems.lines().count() > 300, "{}", problems.lines().count());
}

#[test]
fn an_account_is_refused_when_its_role_and_side_do_not_go_together() {
    let desk = Desk::new();
    let refused = |rest: &[&str]| {
        let arguments = [&["--login", "somebody", "--name", "某人"], rest].concat();
        desk.refused(&["account", "add"], &arguments)
    };
    let lonely = refused(&["--role", "negotiator"]);
    assert!(lonely.starts_with("[role-side]") && lonely.contains("add --side bench or --side bar"), "{lonely}");
    for role in ["key_holder", "coordinator"] {
        assert!(refused(&["--role", role]).starts_with("[role-side]"), "{role}");
    }
    let taken = refused(&["--role", "operator", "--side", "bar"]);
    assert!(taken.starts_with("[role-side]") && taken.contains("stands for neither side"), "{taken}");
    assert!(refused(&["--role", "coordinator", "--role", "operator", "--side", "bar"]).starts_with("[role-side]"));
    let (judge, lawyer) = (judge(0), lawyer(0));
    let foreign = refused(&["--role", "rater", "--number", &judge, "--side", "bar"]);
    assert!(foreign.contains("belongs to the bench, not to the bar"), "{foreign}");
    for (login, rest) in [
        ("sign", ["--role", "negotiator", "--side", "bench"]),
        ("rate", ["--role", "rater", "--number", &lawyer]),
        ("look", ["--role", "auditor", "--side", "bar"]),
    ] {
        let arguments = [&["--login", login, "--name", "某人"], &rest[..]].concat();
        let output = desk.run(&["account", "add"], &arguments, "a long password\n");
        assert!(output.status.success(), "{login}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_draw_is_committed_to_and_revealed_by_command() {
    let desk = Desk::new();
    let make = |side: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hengping"));
        let made =
            command.args(["keys", "draw", "--side", side, "--period", "2026"]).current_dir(desk.0.path()).output();
        String::from_utf8(made.expect("it runs").stdout).expect("text").trim().to_owned()
    };
    let (bench, bar) = (make("bench"), make("bar"));
    assert!(bench.parse::<Digest>().is_ok() && bench != bar, "{bench}");
    let commit =
        |side: &str, hash: &str| desk.run(&["period", "commit"], &["--period", "2026", "--side", side, hash], "");
    assert!(commit("bench", &bench).status.success());
    let early = desk.refused(&["period", "reveal"], &["bench-draw-2026.json"]);
    assert!(early.starts_with("[draw-not-ready]"), "{early}");
    assert!(commit("bar", &bar).status.success());
    desk.done(&["period", "reveal"], &["bench-draw-2026.json"]);
    let changed =
        std::fs::read_to_string(desk.file("bar-draw-2026.json")).expect("a file").replace("\"bar\"", "\"bench\"");
    std::fs::write(desk.file("other.json"), changed).expect("written");
    assert!(desk.refused(&["period", "reveal"], &["other.json"]).starts_with("[draw-refused]"));
    desk.done(&["period", "reveal"], &["bar-draw-2026.json"]);
}

#[test]
fn a_window_of_no_release_is_refused_in_words() {
    let (desk, nowhere) = (Desk::new(), "0".repeat(64));
    for verb in ["show", "window"] {
        let said = desk.refused(&["release", verb], &[&nowhere]);
        assert!(said.starts_with("[not-found] "), "{said}");
        let malformed = desk.run(&["release", verb], &["a-hash"], "");
        assert_eq!(malformed.status.code(), Some(2));
    }
}

#[test]
fn a_relay_that_refuses_says_its_code() {
    let dir = tempfile::tempdir().expect("a directory");
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hengping"));
        let output =
            command.arg("relay").args(words).arg("--dir").arg(dir.path()).env_clear().output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let (ended, said) = run(&["hand-over"]);
    assert!(ended == Some(2) && said.starts_with("[platform-unnamed] "), "{said}");
    assert_eq!(run(&["init"]).0, Some(0));
    let (ended, said) = run(&["init"]);
    assert!(ended == Some(2) && said.starts_with("[relay-exists] "), "{said}");
}

#[test]
fn a_package_is_written_again_by_command() {
    let desk = Desk::new();
    let export = ["exchange", "export"];
    let none = desk.refused(&export, &["--to", "bench", "--dir", "out", "--again"]);
    assert!(none.starts_with("[package-empty]"), "{none}");
    let past = desk.refused(&export, &["--to", "bench", "--dir", "out", "--expires", "2020-01-01"]);
    assert!(past.starts_with("[package-expired]"), "{past}");
    let written = desk.done(&export, &["--to", "bench", "--dir", "out", "--expires", "2999-06-30"]);
    assert_eq!(written, "out/platform-to-bench-0001.json (0 requests, 0 files)");
    let package = || {
        let text = std::fs::read(desk.file("out/platform-to-bench-0001.json")).expect("a package");
        serde_json::from_slice::<serde_json::Value>(&text).expect("JSON")["package"].clone()
    };
    let first = package();
    std::fs::remove_dir_all(desk.file("out")).expect("lost");
    desk.done(&export, &["--to", "bench", "--dir", "out", "--again"]);
    assert_eq!(package(), first);
    desk.done(&export, &["--to", "bench", "--dir", "out", "--again", "--expires", "2999-12-31"]);
    assert_eq!((&package()["sequence"], &package()["expires"]), (&first["sequence"], &"2999-12-31".into()));
    let own = desk.refused(&["exchange", "import"], &["out/platform-to-bench-0001.json"]);
    assert!(own.starts_with("[package-signature]"), "{own}");
}

on_both_backends! {
    fn a_record_is_written_over_an_older_one_and_nothing_else(trial) {
        let city = closed(trial);
        let out = city.take_draft(&bar_box(), &cells(trial), &[]).expect("a draft");
        city.release(out);
        let desk = Desk::beside(&trial.url);
        std::fs::create_dir(desk.file("record")).expect("a directory");
        for name in ["withdrawal.json", "release.json", "notes.txt"] {
            std::fs::write(desk.file(&format!("record/{name}")), "of another day").expect("written");
        }
        desk.done(&["box", "record"], &["--dir", "record", &bar_box().to_string()]);
        let text = |name: &str| std::fs::read_to_string(desk.file(&format!("record/{name}"))).ok();
        assert_eq!(text("withdrawal.json"), None, "it would speak of a withdrawal that is none");
        assert_eq!(text("notes.txt").as_deref(), Some("of another day"));
        assert!(text("release.json").is_some_and(|text| text.contains("\"reserved\":")));
    }

    fn the_audit_is_read_and_noted_by_command(trial) {
        let city = closed(trial);
        let bias = serde_json::json!([{
            "id": "system/city/audit:gap:case_type:civil/sides", "scope": "system", "subject": "city", "audience": "sides",
            "measure": "audit:gap:case_type:civil", "verdict": "publish", "value": 0.7, "step": 0.1, "interval": [0.5, 0.9],
        }]);
        let draft = city.take_draft(&bar_box(), &bias, &[]).expect("a draft").to_string();
        let desk = Desk::beside(&trial.url);
        let nowhere = "0".repeat(64);
        let said = desk.done(&["release", "fairness"], &[&draft]);
        assert!(said.contains("gap case_type:civil 0.7 [0.5, 0.9] <= 0.3 over"), "{said}");
        assert!(said.contains("drift - <= 0.3 no-earlier"), "{said}");
        for (code, release, words) in [("[text-refused] ", &draft, " "), ("[not-found] ", &nowhere, "noted")] {
            let said = desk.refused(&["release", "note"], &[release, "--side", "bench", "--words", words]);
            assert!(said.starts_with(code), "{said}");
        }
        desk.done(&["release", "note"], &[&draft, "--side", "bench", "--words", "已查阅"]);
        let twice = desk.refused(&["release", "note"], &[&draft, "--side", "bench", "--words", "again"]);
        assert!(twice.starts_with("[fairness-noted] "), "{twice}");
        assert!(desk.done(&["release", "fairness"], &[&draft]).contains("bench noted on"));
        assert_eq!(table(trial, "fairness_note").rows.len(), 1);
        let regular = desk.refused(&["period", "scorecard"], &["2026"]);
        assert!(regular.starts_with("[not-found] "), "a regular period has no scorecard: {regular}");
    }

    fn a_release_is_withdrawn_by_command(trial) {
        let city = closed(trial);
        let out = city.take_draft(&bar_box(), &cells(trial), &[]).expect("a draft");
        let draft = city.take_draft(&bench_box(), &serde_json::json!([]), &[]).expect("a draft");
        city.release(out);
        let (desk, (out, draft, nowhere)) = (Desk::beside(&trial.url), (out.to_string(), draft.to_string(), "0".repeat(64)));
        let withdraw = ["document", "withdraw"];
        let stored = || ["document", "box_document", "signature", "audit"].map(|name| table(trial, name).rows.len());
        let before = stored();

        let long = "误".repeat(201);
        for (code, rest) in [
            ("[not-found] ", vec![nowhere.as_str(), "--reason", "wrong-data"]),
            ("[withdrawal-refused] ", vec![&draft, "--reason", "wrong-data"]),
            ("[text-refused] ", vec![&out, "--reason", "wrong-data", "--words-zh", &long, "--words-en", "wrong"]),
            ("[text-refused] ", vec![&out, "--reason", "wrong-data", "--words-zh", "有误", "--words-en", " "]),
            ("[text-refused] ", vec![&out, "--reason", "wrong-data", "--words-zh", "有\u{202e}误", "--words-en", "wrong"]),
        ] {
            let said = desk.refused(&withdraw, &rest);
            assert!(said.starts_with(code), "{rest:?}: {said}");
        }
        // What a newcomer mistypes is named, with what would have been right.
        for (names, rest) in [
            ("because", vec![out.as_str(), "--reason", "because"]),
            ("--reason", vec![&out]),
            ("a-hash", vec!["a-hash", "--reason", "wrong-data"]),
            ("--words-en", vec![&out, "--reason", "wrong-data", "--words-zh", "案件表有误。"]),
            ("<RELEASE>", vec!["--reason", "wrong-data"]),
        ] {
            let output = desk.run(&withdraw, &rest, "");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.code() == Some(2) && output.stdout.is_empty() && said.contains(names), "{rest:?}: {said}");
        }
        assert_eq!(stored(), before, "nothing is half stored");

        let rest = [&out, "--reason", "wrong-data", "--words-zh", "案件表有误。", "--words-en", "The docket was wrong."];
        let hash = desk.done(&withdraw, &rest);
        assert!(hash.parse::<Digest>().is_ok(), "the hash that both sides sign, and nothing else: {hash}");
        assert_eq!(desk.done(&withdraw, &rest), hash, "the same again");
        assert!(!desk.done(&["release", "show"], &[&out]).contains("withdrawn"), "nobody has signed");
        for (side, other) in [(Side::Bench, Side::Bar), (Side::Bar, Side::Bench)] {
            let key = format!("{side}-signing.json");
            std::fs::write(desk.file(&key), serde_json::to_vec(SIGNING.get(side)).expect("JSON")).expect("a key");
            assert_eq!(desk.done(&["document", "sign"], &["--key", &key, &hash]), format!("signed for the {side}"));
            assert!(desk.refused(&["document", "sign"], &["--key", &key, &hash]).starts_with(if other == Side::Bar { "[already-signed] " } else { "[release-withdrawn] " }));
        }
        let shown = desk.done(&["release", "show"], &[&out]);
        assert!(shown.lines().nth(1).is_some_and(|line| line.starts_with("withdrawn on ") && line.contains("wrong-data")), "{shown}");
        assert!(desk.refused(&withdraw, &rest).starts_with("[release-withdrawn] "));
    }
}
