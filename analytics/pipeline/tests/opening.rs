//! `open`: with both keys a draft, with anything less a code and nothing on disk.

use std::path::Path;

use hengping_domain::manifest::PeriodKind;
use hengping_domain::release::{Audience, Cell, Draft, Scope, Verdict};
use tempfile::TempDir;

use crate::world::{World, files, refusal, run, world};

struct Trial {
    dir: TempDir,
    out: TempDir,
    temporary: TempDir,
}

impl Trial {
    fn new() -> Self {
        let fresh = || tempfile::tempdir().unwrap();
        Self { dir: fresh(), out: fresh(), temporary: fresh() }
    }

    fn open(&self) -> std::process::Output {
        let text = |path: &Path| path.display().to_string();
        run(&["open", "--dir", &text(self.dir.path()), "--out", &text(self.out.path())], self.temporary.path())
    }

    fn draft(&self) -> Draft {
        let output = self.open();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&std::fs::read(self.out.path().join("draft.json")).unwrap()).unwrap()
    }

    /// The refusal's code, after making sure that nothing was left behind.
    fn refused(&self) -> String {
        let code = refusal(&self.open());
        assert_eq!(files(self.out.path()).keys().collect::<Vec<_>>(), Vec::<&String>::new());
        assert!(files(self.temporary.path()).is_empty());
        code
    }
}

fn exported(world: &World) -> Trial {
    let trial = Trial::new();
    world.export_with_both(trial.dir.path());
    trial
}

fn released(draft: &Draft, scope: Scope, audience: Audience) -> Vec<&Cell> {
    draft.cells.iter().filter(|c| c.scope == scope && c.audience == audience && c.is_released()).collect()
}

#[test]
fn a_box_opens_with_both_keys_and_leaves_gated_cells_only() {
    let world = world(PeriodKind::Regular, 900);
    let trial = exported(&world);
    let draft = trial.draft();
    assert_eq!((draft.counts.taken, draft.counts.valid), (902, 900));
    assert_eq!((draft.counts.duplicate, draft.counts.invalid, draft.counts.refused), (1, 1, 0));
    assert_eq!(draft.manifest, world.manifest.hash);
    assert!(released(&draft, Scope::System, Audience::Public).len() >= 9);
    assert_eq!(released(&draft, Scope::Court, Audience::Public).len(), 8);
    assert!(released(&draft, Scope::Person, Audience::Own).len() > 24);
    assert!(!released(&draft, Scope::Person, Audience::Sides).is_empty());
    assert!(draft.cells.iter().all(|c| !c.rules.is_empty()), "every verdict names its rules");
    for cell in draft.cells.iter().filter(|c| c.verdict == Verdict::Withhold) {
        assert_eq!((cell.value, cell.raw, cell.interval, &cell.n_band), (None, None, None, &None), "{}", cell.id);
    }
    let names: Vec<String> = files(trial.out.path()).into_keys().collect();
    for name in ["cells.csv", "counted.json", "draft.json", "run.json"] {
        assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
    }
    let table = std::fs::read_to_string(trial.out.path().join("cells.csv")).unwrap();
    let share = table.lines().find(|line| line.starts_with("system") && line.contains(",response,")).unwrap();
    assert!(share.ends_with(",0.50-0.55"), "{share}");
    let counted: serde_json::Value =
        serde_json::from_slice(&std::fs::read(trial.out.path().join("counted.json")).unwrap()).unwrap();
    assert_eq!(counted["counted"].as_array().unwrap().len(), 900);
}

#[test]
fn two_runs_on_the_same_files_agree_to_the_bit() {
    let world = world(PeriodKind::Regular, 400);
    let trial = exported(&world);
    trial.draft();
    let first = files(trial.out.path());
    trial.draft();
    let mut second = files(trial.out.path());
    assert!(first.len() > 3);
    for (name, bytes) in first.iter().filter(|(name, _)| *name != "run.json") {
        assert_eq!(Some(bytes), second.remove(name).as_ref(), "{name}");
    }
}

#[test]
fn no_token_and_no_answer_is_found_after_an_opening() {
    let world = world(PeriodKind::Regular, 300);
    let trial = exported(&world);
    let output = trial.open();
    assert!(output.status.success());
    let mut places = files(trial.out.path());
    places.extend(files(trial.temporary.path()).into_iter().map(|(name, bytes)| (format!("tmp/{name}"), bytes)));
    places.insert("stdout".into(), output.stdout);
    places.insert("stderr".into(), output.stderr);
    assert!(world.canaries.len() > 400);
    let forbidden = ["\"answers\"", "\"nym\"", "\"slip\"", "civil.for", "criminal.none"];
    for (name, bytes) in &places {
        let text = String::from_utf8_lossy(bytes);
        for canary in world.canaries.iter().map(String::as_str).chain(forbidden) {
            assert!(!text.contains(canary), "{canary} in {name}");
        }
    }
    assert!(files(trial.temporary.path()).is_empty());
    // The control: the same search does find what the exported files hold on purpose.
    let exported = files(trial.dir.path());
    let issued = String::from_utf8_lossy(&exported["issuer-keys.json"]);
    assert!(issued.contains("civil.for") && world.canaries.iter().any(|c| issued.contains(c.as_str())));
}

#[test]
fn one_key_alone_opens_nothing() {
    let world = world(PeriodKind::Regular, 60);
    for (bench, bar) in [(true, false), (false, true), (false, false)] {
        let trial = Trial::new();
        let (a, b) = (&world.keys.0.secret, &world.keys.1.secret);
        world.export(trial.dir.path(), bench.then_some(a), bar.then_some(b));
        assert_eq!(trial.refused(), "share-missing");
    }
}

#[test]
fn a_wrong_key_is_named() {
    let world = world(PeriodKind::Regular, 60);
    let trial = Trial::new();
    world.export(trial.dir.path(), Some(&world.keys.0.secret), Some(&world.keys.0.secret));
    assert_eq!(trial.refused(), "wrong-opening-key");
}

/// Changes one side's shares, of the first `count` envelopes.
fn spoil(trial: &Trial, side: &str, count: usize, change: impl Fn(&mut [u8])) {
    let path = trial.dir.path().join(format!("shares-{side}.bin"));
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.chunks_exact_mut(64).take(count).for_each(|entry| change(&mut entry[32..]));
    std::fs::write(&path, bytes).unwrap();
}

#[test]
fn wrong_shares_under_right_hashes_burn_no_box() {
    let world = world(PeriodKind::Regular, 300);
    let trial = exported(&world);
    for side in ["bench", "bar"] {
        // All of them, and one alone: either way the side made them up, and the list stays as it was.
        for count in [302, 1] {
            spoil(&trial, side, count, |share| share[7] ^= 0x5a);
            assert_eq!(trial.refused(), "share-wrong", "{count} of {side}");
            world.export_with_both(trial.dir.path());
        }
    }
    assert_eq!(trial.draft().counts.valid, 300);
}

#[test]
fn a_side_that_says_that_much_did_not_open_is_looked_at_first() {
    let world = world(PeriodKind::Regular, 300);
    let trial = exported(&world);
    // Three of 302 may be raters who sealed nonsense; they are counted and hold up nobody.
    spoil(&trial, "bar", 3, |share| share.fill(0));
    let counts = trial.draft().counts;
    assert_eq!(counts.valid + counts.duplicate + counts.invalid, 302);
    assert!(counts.invalid >= 3, "{counts:?}");
    let record: serde_json::Value =
        serde_json::from_slice(&std::fs::read(trial.out.path().join("run.json")).unwrap()).unwrap();
    assert_eq!(record["locked"], serde_json::json!({"bench": 0, "bar": 3}));

    let trial = exported(&world);
    spoil(&trial, "bar", 151, |share| share.fill(0));
    assert_eq!(trial.refused(), "too-many-locked");
    // After an auditor's look the rest can be opened; without one the right shares still open everything.
    let text = |path: &Path| path.display().to_string();
    let agreed = ["open", "--accept-locked", "--dir", &text(trial.dir.path()), "--out", &text(trial.out.path())];
    assert!(run(&agreed, trial.temporary.path()).status.success());
    world.export_with_both(trial.dir.path());
    assert_eq!(trial.draft().counts.valid, 300);
}

#[test]
fn a_list_without_one_valid_ballot_is_no_result() {
    let mut world = world(PeriodKind::Regular, 60);
    let slips = std::mem::take(&mut world.issued.slips);
    let trial = exported(&world);
    assert_eq!(trial.refused(), "nothing-valid");
    world.issued.slips = slips;
    world.export_with_both(trial.dir.path());
    assert_eq!(trial.draft().counts.valid, 60);
}

#[test]
fn a_tampered_list_is_refused() {
    let mut world = world(PeriodKind::Regular, 60);
    let trial = exported(&world);
    let path = trial.dir.path().join("list.bin");
    let whole = std::fs::read(&path).unwrap();
    // One bit of one body: its hash, and so its place and its share, change.
    let mut flipped = whole.clone();
    flipped[4000] ^= 1;
    std::fs::write(&path, &flipped).unwrap();
    let code = trial.refused();
    assert!(["list-malformed", "share-mismatch"].contains(&code.as_str()), "{code}");
    // One envelope less, even where both sides made their shares for the shorter list.
    std::fs::write(&path, &whole[..whole.len() - 4468]).unwrap();
    assert_eq!(trial.refused(), "list-incomplete");
    world.envelopes.pop();
    let shorter = exported(&world);
    assert_eq!(shorter.refused(), "list-incomplete");
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(trial.refused(), "list-malformed");
}

#[test]
fn every_document_must_be_the_pinned_one() {
    let world = world(PeriodKind::Regular, 60);
    let change = |name: &str, from: &str, to: &str| {
        let trial = exported(&world);
        let path = trial.dir.path().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} in {name}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        trial.refused()
    };
    assert_eq!(change("charter.json", "\"judge_self\":10", "\"judge_self\":3"), "document-mismatch");
    assert_eq!(change("charter.json", "{", "["), "document-malformed");
    assert_eq!(change("manifest.json", "\"regular\"", "\"pilot\""), "manifest-mismatch");
    assert_eq!(change("manifest.json", "{", "["), "manifest-malformed");
    let rubric = format!("rubrics/{}.json", world.manifest.manifest.rubric);
    assert_eq!(change(&rubric, "\"weight\":1.0", "\"weight\":9.0"), "document-mismatch");
    assert_eq!(change("margins.json", "bar_rates_bench", "bench_rates_bar"), "document-mismatch");
    for name in ["manifest.json", "list.bin", "issuer-keys.json", "charter.json", "ratees.csv", "margins.json"] {
        let trial = exported(&world);
        std::fs::remove_file(trial.dir.path().join(name)).unwrap();
        assert_eq!(trial.refused(), "file-missing", "{name}");
    }
}

#[test]
fn a_box_of_few_stays_closed() {
    let world = world(PeriodKind::Regular, 40);
    assert_eq!(exported(&world).refused(), "box-too-small");
}

#[test]
fn a_pilot_tells_persons_to_themselves_and_flags_the_rest() {
    let world = world(PeriodKind::Pilot, 900);
    let draft = exported(&world).draft();
    assert!(released(&draft, Scope::Person, Audience::Sides).is_empty());
    assert!(!released(&draft, Scope::Person, Audience::Own).is_empty());
    for cell in draft.cells.iter().filter(|c| c.is_released()) {
        assert!(cell.flags.contains(&"pilot".to_owned()), "{}", cell.id);
    }
}

#[test]
fn nothing_leaves_while_the_counterpart_is_open() {
    let mut world = world(PeriodKind::Regular, 300);
    world.manifest.closed_boxes.pop();
    let draft = exported(&world).draft();
    assert!(draft.cells.iter().all(|c| c.verdict == Verdict::Withhold && c.rules.contains(&"R14".to_owned())));
    assert!(draft.rest["parameters"].is_null() && draft.rest["response"].is_null());
}
