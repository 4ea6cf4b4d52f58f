//! How much the programs take: the load generator of the demonstration, run as its user runs it.

use std::process::Command;

use hengping_attack::Cost;
use serde_json::Value;

/// What `hengping demo --load` leaves with these further words.
fn load(words: &[&str]) -> Value {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("load.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_hengping"));
    command.args(["demo", "--dir"]).arg(dir.path().join("city")).arg("--json").arg(&out).args(words).env_clear();
    let output = command.output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("/box"), "{said}");
    serde_json::from_slice(&std::fs::read(out).expect("what was measured")).expect("JSON")
}

/// It ends well only when the boxes hold exactly what was acknowledged.
#[test]
fn every_ballot_of_many_devices_at_once_is_in_the_boxes() {
    let load = load(&["--load", "4", "--judges", "12", "--lawyers", "60"]);
    let number = |path: &str| load.pointer(path).and_then(Value::as_f64).expect(path);
    let (ballots, tokens, visits) = (number("/ballots/count"), number("/tokens"), number("/visits/count"));
    assert!(ballots > 100.0 && tokens >= 2.0 * ballots + visits, "{load}");
    assert!(number("/ballots/waits/median") <= number("/ballots/waits/most"), "{load}");
}

#[test]
#[ignore = "a measurement, which `make attack` makes"]
fn what_the_programs_take() {
    let load = load(&["--load", "8"]);
    let lines = [
        ("visits of raters", "/visits", "a second: signed in, all tokens of both sides, sealed"),
        ("ballots through /box", "/ballots", "a second: receipts, checked, each on disk before"),
    ];
    for (name, stage, unit) in lines {
        let value = load.pointer(&format!("{stage}/per_second")).and_then(Value::as_f64).expect("measured");
        Cost { name: name.into(), value, unit: unit.into(), goal: None }.note();
    }
}
