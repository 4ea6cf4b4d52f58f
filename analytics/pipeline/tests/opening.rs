//! `open`: with both keys a draft, with anything less a code and nothing on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hengping_attack::Proof;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::ids::{RateeId, Side};
use hengping_domain::log;
use hengping_domain::manifest::{PerSide, PeriodKind};
use hengping_domain::release::{Audience, Cell, Draft, Scope, Verdict};
use hengping_domain::statement::{Said, Signed, Statement};
use hengping_domain::token::Token;
use polars::prelude::{ParquetReader, SerReader as _};
use tempfile::TempDir;

use crate::world::{World, agent, corrections, files, officers, period, refusal, run, say, world};

pub struct Trial {
    pub dir: TempDir,
    pub out: TempDir,
    temporary: TempDir,
}

impl Trial {
    fn new() -> Self {
        let fresh = || tempfile::tempdir().unwrap();
        Self { dir: fresh(), out: fresh(), temporary: fresh() }
    }

    pub fn open(&self) -> std::process::Output {
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

pub fn exported(world: &World) -> Trial {
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
    for name in ["cells.csv", "cells.parquet", "counted.json", "draft.json", "run.json"] {
        assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
    }
    let table = std::fs::read_to_string(trial.out.path().join("cells.csv")).unwrap();
    let share = table.lines().find(|line| line.starts_with("system") && line.contains(",response,")).unwrap();
    assert!(share.ends_with(",0.50-0.55"), "{share}");
    let counted: serde_json::Value =
        serde_json::from_slice(&std::fs::read(trial.out.path().join("counted.json")).unwrap()).unwrap();
    let list: Vec<Digest> = serde_json::from_value(counted["counted"].clone()).unwrap();
    assert!(list.len() == 900 && list.is_sorted());
    assert_eq!(draft.rest["counted_root"], log::root(&list).to_string(), "both sides sign the list with the release");
}

/// The Parquet file is everybody's: its rows are the public cells that left, and no other cell is in its bytes.
#[test]
fn the_parquet_file_holds_public_cells_and_none_that_was_withheld() {
    let world = world(PeriodKind::Regular, 900);
    let trial = exported(&world);
    let draft = trial.draft();
    let open: Vec<&Cell> = draft.cells.iter().filter(|c| c.audience == Audience::Public && c.is_released()).collect();
    let hidden = draft.cells.iter().filter(|c| c.audience != Audience::Public || !c.is_released());
    let file = std::fs::File::open(trial.out.path().join("cells.parquet")).unwrap();
    let frame = ParquetReader::new(file).finish().unwrap();
    let ids: Vec<String> =
        frame.column("id").unwrap().str().unwrap().iter().map(|id| id.unwrap_or_default().to_owned()).collect();
    assert_eq!(ids, open.iter().map(|cell| cell.id.clone()).collect::<Vec<_>>());
    let names: Vec<&str> = frame.get_column_names().iter().map(|name| name.as_str()).collect();
    assert_eq!(names, hengping_domain::codebook::header());
    let values: Vec<Option<f64>> = frame.column("value").unwrap().f64().unwrap().iter().collect();
    assert_eq!(values, open.iter().map(|c| c.value.filter(|_| c.band().is_none())).collect::<Vec<_>>());
    let mut tried = 0;
    for cell in hidden {
        assert!(!ids.contains(&cell.id), "{}", cell.id);
        tried += 1;
    }
    assert!(tried > 24, "control: there is much that is not in it");
    // What was withheld leaves no mark in a file that holds nothing else.
    let few = exported(&crate::world::world(PeriodKind::Regular, 60));
    let draft = few.draft();
    assert!(draft.cells.iter().any(|c| c.audience == Audience::Public && !c.is_released()));
    let file = std::fs::File::open(few.out.path().join("cells.parquet")).unwrap();
    let left = draft.cells.iter().filter(|c| c.audience == Audience::Public && c.is_released()).count();
    assert_eq!(ParquetReader::new(file).finish().unwrap().height(), left);
}

#[test]
fn two_runs_on_the_same_files_agree_to_the_bit() {
    let world = world(PeriodKind::Regular, 400);
    let trial = exported(&world);
    trial.draft();
    let first = files(trial.out.path());
    trial.draft();
    let second = files(trial.out.path());
    let differing = |other: &BTreeMap<String, Vec<u8>>| {
        first.iter().filter(|(name, bytes)| *name != "run.json" && Some(*bytes) != other.get(*name)).count()
    };
    assert!(first.len() > 3);
    // The control: the same ballots without one of them.
    let mut less = world.clone();
    less.envelopes.remove(7);
    less.shuffle();
    let other = exported(&less);
    other.draft();
    Proof {
        name: "8 files that differ between two openings of one list".into(),
        tries: first.len() as u64,
        found: differing(&second) as f64,
        limit: 0.0,
        control: differing(&files(other.out.path())) as f64,
        control_at_least: 3.0,
    }
    .hold();
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
    let forbidden = ["\"answers\"", "\"nym\"", "\"slip\"", "civil.for", "criminal.none", "v2|", "canary"];
    let mut betrayed = Vec::new();
    for (name, bytes) in &places {
        let text = String::from_utf8_lossy(bytes);
        let words = world.canaries.iter().map(String::as_str).chain(forbidden);
        betrayed.extend(words.filter(|word| text.contains(*word)).map(|word| format!("{word} in {name}")));
    }
    assert_eq!(betrayed, Vec::<String>::new());
    assert!(files(trial.temporary.path()).is_empty());
    // The control: the same search finds every one of them in what is forgotten, the bodies both shares open.
    let (list, id) = (&world.envelopes, &world.id);
    let bodies = list.iter().map(|envelope| {
        let share = |side: Side| envelope.share(id, side, &world.secrets.get(side).opening).unwrap();
        envelope.open(id, &share(Side::Bench), &share(Side::Bar)).unwrap()
    });
    let bodies = bodies.fold(String::new(), |all, body| all + &String::from_utf8_lossy(&body));
    let found = world.canaries.iter().filter(|canary| bodies.contains(canary.as_str())).count();
    assert!(bodies.contains("\"answers\"") && bodies.contains("civil.for"));
    Proof {
        name: "8 words of ballots found after an opening".into(),
        tries: (world.canaries.len() * places.len()) as u64,
        found: betrayed.len() as f64,
        limit: 0.0,
        control: found as f64,
        control_at_least: 300.0,
    }
    .hold();
}

/// Names that stand in ballots alone: a ratee and a court that no list knows, a nonce that is text.
#[test]
fn planted_words_are_found_nowhere_after_an_opening() {
    let mut world = world(PeriodKind::Regular, 120);
    let text = |word: &str| Bytes(std::array::from_fn(|i| *word.as_bytes().get(i).unwrap_or(&b'.')));
    let nonces = [text("canary-slip-nonce"), text("canary-nym-nonce")];
    let mut ballot = world.ballots[1].0.clone();
    ballot.ratee = RateeId("canary-ratee".into());
    ballot.court = "canary-court".into();
    let (slip, nym) = (ballot.slip_info(&world.id).to_string(), ballot.nym_info(&world.id).to_string());
    let key = |side: Side| world.secrets.get(side).issuer_key().unwrap();
    let issuers = PerSide { bench: key(Side::Bench), bar: key(Side::Bar) };
    ballot.slip = Token::mint(nonces[0], &issuers, &slip).unwrap();
    ballot.nym = Token::mint(nonces[1], &issuers, &nym).unwrap();
    world.put(&ballot);
    let trial = exported(&world);
    // On a list, so that its cells are there to be looked through; withheld for one rater.
    let ratees = trial.dir.path().join("ratees.csv");
    let listed = std::fs::read_to_string(&ratees).unwrap();
    std::fs::write(&ratees, format!("{listed}canary-ratee,canary-court,judge\n")).unwrap();
    assert_eq!(trial.draft().counts.valid, 121, "it was opened and counted");
    let mut places = files(trial.out.path());
    places.extend(files(trial.temporary.path()));
    let words = nonces.map(|nonce| nonce.to_string());
    let raw = nonces.map(|nonce| nonce.0.to_vec());
    for (name, bytes) in &places {
        let text = String::from_utf8_lossy(bytes);
        assert!(words.iter().all(|word| !text.contains(word)), "{name}");
        assert!(raw.iter().all(|word| !bytes.windows(word.len()).any(|window| window == word)), "{name}");
        assert!(!text.contains(&nym) && !text.contains(&slip), "{name}");
    }
    let draft: Draft = serde_json::from_slice(&places["draft.json"]).unwrap();
    let about = draft.cells.iter().filter(|cell| cell.subject.starts_with("canary"));
    assert!(about.clone().count() > 0 && about.clone().all(|cell| !cell.is_released() && cell.value.is_none()));
}

#[test]
fn one_key_alone_opens_nothing() {
    let world = world(PeriodKind::Regular, 60);
    for (bench, bar) in [(true, false), (false, true), (false, false)] {
        let trial = Trial::new();
        let (a, b) = (&world.secrets.bench.opening, &world.secrets.bar.opening);
        world.export(trial.dir.path(), bench.then_some(a), bar.then_some(b));
        assert_eq!(trial.refused(), "share-missing");
    }
}

#[test]
fn a_wrong_key_is_named() {
    let world = world(PeriodKind::Regular, 60);
    let trial = Trial::new();
    world.export(trial.dir.path(), Some(&world.secrets.bench.opening), Some(&world.secrets.bench.opening));
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
    let agreed = ["open", "--audited", "--dir", &text(trial.dir.path()), "--out", &text(trial.out.path())];
    assert!(run(&agreed, trial.temporary.path()).status.success());
    world.export_with_both(trial.dir.path());
    assert_eq!(trial.draft().counts.valid, 300);
}

#[test]
fn a_list_without_one_valid_ballot_is_no_result() {
    let world = world(PeriodKind::Regular, 60);
    let mut none = world.clone();
    none.keep_nothing_valid();
    assert_eq!(exported(&none).refused(), "nothing-valid");
    assert_eq!(exported(&world).draft().counts.valid, 60);
}

#[test]
fn another_sides_issuer_key_is_named() {
    let world = world(PeriodKind::Regular, 60);
    let trial = exported(&world);
    let path = trial.dir.path().join("issuer-keys.json");
    let right = std::fs::read_to_string(&path).unwrap();
    let (bench, bar) = (world.issuers.bench.to_string(), world.issuers.bar.to_string());
    for wrong in [right.replace(&bench, &bar), right.replace(&bar, &Bytes([0; 32]).to_string())] {
        std::fs::write(&path, wrong).unwrap();
        assert_eq!(trial.refused(), "foreign-issuer");
    }
    std::fs::write(&path, right.replace("\"v\":2", "\"v\":1")).unwrap();
    assert_eq!(trial.refused(), "foreign-issuer");
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
    assert!(["list-malformed", "list-foreign"].contains(&code.as_str()), "{code}");
    // One envelope less, or another in its place, even where both sides made their shares for that list.
    std::fs::write(&path, &whole[..whole.len() - 4468]).unwrap();
    assert_eq!(trial.refused(), "list-incomplete");
    let last = world.envelopes.pop().unwrap();
    assert_eq!(exported(&world).refused(), "list-incomplete");
    world.put(&world.ballots[3].0.clone());
    let signed = world.manifest.clone();
    world.envelopes.swap_remove(0);
    world.envelopes.push(last);
    world.manifest = signed;
    assert_eq!(exported(&world).refused(), "list-foreign");
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(trial.refused(), "list-malformed");
}

#[test]
fn what_the_agents_said_must_hold_and_follow_each_other() {
    let honest = world(PeriodKind::Regular, 60);
    let change = |change: &dyn Fn(&mut World)| {
        let mut world = honest.clone();
        change(&mut world);
        exported(&world).refused()
    };
    let said = |signed: &Signed| signed.statement.said.clone();
    let again = |world: &World, side, said| say(&world.id, side, said);
    assert_eq!(change(&|w| w.manifest.mixed.bench.signature.0[0] ^= 1), "statement-unsigned");
    assert_eq!(change(&|w| w.manifest.mixed.bar = w.manifest.listed.bar.clone()), "statement-unsigned");
    assert_eq!(change(&|w| w.manifest.listed.bench = w.manifest.listed.bar.clone()), "statement-unsigned");
    let by_the_other = |w: &mut World| {
        let said = said(&w.manifest.listed.bar);
        let statement = Statement { v: 1, id: w.id.clone(), side: Side::Bar, said };
        w.manifest.listed.bar = statement.sign(&agent(Side::Bench)).unwrap();
    };
    assert_eq!(change(&by_the_other), "statement-unsigned");
    assert_eq!(change(&|w| w.manifest.stamps += 1), "stamps-differ");
    let other = Digest::of(&[b"another"]);
    let mixed = |w: &mut World, side, change: &dyn Fn(&mut Digest, &mut u32, &mut Digest, &mut u32)| {
        let held = if side == Side::Bench { &mut w.manifest.mixed.bench } else { &mut w.manifest.mixed.bar };
        let Said::Mixed { mut input, mut taken, mut output, mut passed, refused } = said(held) else { panic!() };
        change(&mut input, &mut taken, &mut output, &mut passed);
        *held = say(&w.id, side, Said::Mixed { input, taken, output, passed, refused });
    };
    assert_eq!(change(&|w| mixed(w, Side::Bar, &|input, _, _, _| *input = other)), "mix-unchained");
    assert_eq!(change(&|w| mixed(w, Side::Bench, &|_, _, output, _| *output = other)), "mix-unchained");
    assert_eq!(change(&|w| mixed(w, Side::Bench, &|_, taken, _, _| *taken += 1)), "mix-miscounted");
    assert_eq!(change(&|w| mixed(w, Side::Bar, &|_, _, output, _| *output = other)), "list-other");
    let shorter = |w: &mut World| {
        let Said::Listed { list, count } = said(&w.manifest.listed.bench) else { panic!() };
        w.manifest.listed.bench = again(w, Side::Bench, Said::Listed { list, count: count - 1 });
    };
    assert_eq!(change(&shorter), "list-other");
    assert_eq!(exported(&honest).draft().counts.valid, 60);
}

#[test]
fn what_the_shuffles_turned_away_is_counted_and_too_much_of_it_is_looked_at_first() {
    let mut world = world(PeriodKind::Regular, 300);
    world.refused = PerSide { bench: 3, bar: 2 };
    world.shuffle();
    let counts = exported(&world).draft().counts;
    assert_eq!((counts.taken, counts.refused, counts.valid), (307, 5, 300));
    for (bench, bar) in [(4, 0), (0, 4)] {
        world.refused = PerSide { bench, bar };
        world.shuffle();
        let trial = exported(&world);
        assert_eq!(trial.refused(), "too-many-refused");
        let text = |path: &Path| path.display().to_string();
        let agreed = ["open", "--audited", "--dir", &text(trial.dir.path()), "--out", &text(trial.out.path())];
        assert!(run(&agreed, trial.temporary.path()).status.success());
    }
}

fn json(trial: &Trial, name: &str) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(trial.out.path().join(name)).unwrap()).unwrap()
}

#[test]
fn an_upheld_objection_voids_a_whole_block_and_no_other() {
    let world = world(PeriodKind::Regular, 600);
    let trial = exported(&world);
    let before = trial.draft();
    let correct = |text: &str| std::fs::write(trial.dir.path().join("corrections.json"), text).unwrap();
    correct(&corrections(&world, 3, &["ratee-05"], &officers()));
    let after = trial.draft();
    let voided = world.ballots.iter().filter(|(ballot, _)| ballot.ratee.as_str() == "ratee-05").count();
    assert!(voided > 5);
    assert_eq!(after.counts, before.counts, "they stay on the counted list");
    assert_eq!((&after.rest["voided"], &json(&trial, "counted.json")["voided"]), (&voided.into(), &voided.into()));
    assert!(!before.rest.contains_key("voided") && !before.rest.contains_key("corrections"));
    assert_eq!(after.rest["corrections"].as_array().map(Vec::len), Some(1));
    assert!(json(&trial, "run.json")["inputs"]["corrections.json"].is_string());
    let of = |draft: &Draft, ratee: &str| draft.cells.iter().any(|c| c.subject == ratee && c.is_released());
    assert!(of(&before, "ratee-05") && !of(&after, "ratee-05") && of(&after, "ratee-06"));
    let signed = |v, void: &[&str]| corrections(&world, v, void, &officers());
    let unsigned = r#"{"v":1,"void":["ratee-05"]}"#.to_owned();
    for bad in [signed(3, &["ratee-99"]), signed(2, &["ratee-05"]), unsigned, "{".to_owned()] {
        correct(&bad);
        // Earlier files stay as they were; the run says why it stopped.
        assert_eq!(refusal(&trial.open()), "document-malformed", "{bad}");
    }
}

#[test]
fn boxes_of_several_periods_open_into_one_draft_and_are_counted_apart() {
    let (first, second) = (period("2025", PeriodKind::Regular, 500), world(PeriodKind::Regular, 600));
    let (trial, other) = (exported(&second), exported(&first));
    let text = |path: &Path| path.display().to_string();
    let dirs = [text(trial.dir.path()), text(other.dir.path())];
    let out = text(trial.out.path());
    let output = run(&["open", "--dir", &dirs[0], "--dir", &dirs[1], "--out", &out], trial.temporary.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let draft: Draft = serde_json::from_value(json(&trial, "draft.json")).unwrap();
    assert_eq!((&draft.id, draft.counts.taken, draft.counts.valid), (&second.id, 1104, 1100));
    let boxes = draft.rest["boxes"].as_array().unwrap();
    let valid: Vec<_> =
        boxes.iter().map(|b| (b["box"].as_str().unwrap(), b["counts"]["valid"].as_u64().unwrap())).collect();
    assert_eq!(valid, [("2025.bar_rates_bench", 500), ("2026.bar_rates_bench", 600)]);
    assert_eq!(json(&trial, "counted.json")["counted"].as_array().unwrap().len(), 1100);
    assert!(json(&trial, "run.json")["inputs"]["2025.bar_rates_bench/list.bin"].is_string());
    assert!(released(&draft, Scope::Court, Audience::Public).len() >= 8);
    // The order in which they are named changes nothing.
    let once = std::fs::read(trial.out.path().join("draft.json")).unwrap();
    let output = run(&["open", "--dir", &dirs[1], "--dir", &dirs[0], "--out", &out], trial.temporary.path());
    assert!(output.status.success());
    assert_eq!(std::fs::read(trial.out.path().join("draft.json")).unwrap(), once);

    // A person may be behind a nym in each box: twenty in both are not twenty people.
    let nyms = |world: &World, ratee: &str| {
        let about = world.ballots.iter().filter(|(ballot, _)| ballot.ratee.as_str() == ratee);
        about.map(|(ballot, _)| ballot.nym.nonce).collect::<BTreeSet<_>>().len()
    };
    let both = |ratee: &str| nyms(&first, ratee) + nyms(&second, ratee);
    let minimum = second.charter.minimum.judge_sides.unwrap() as usize;
    let shown: BTreeSet<_> =
        released(&draft, Scope::Person, Audience::Sides).iter().map(|c| c.subject.as_str()).collect();
    assert!(!shown.is_empty() && shown.iter().all(|ratee| both(ratee) >= 2 * minimum));
    let hidden = second.margins.ratees.keys().filter(|ratee| !shown.contains(ratee.as_str()));
    assert!(
        hidden.filter(|ratee| both(ratee.as_str()) >= minimum).count() > 0,
        "the control: by nyms alone they would pass"
    );

    let pilot = exported(&period("2024", PeriodKind::Pilot, 60));
    let apart = |dirs: [&str; 2]| {
        let output = run(
            &["open", "--dir", dirs[0], "--dir", dirs[1], "--out", &text(pilot.out.path())],
            pilot.temporary.path(),
        );
        assert!(files(pilot.out.path()).is_empty());
        refusal(&output)
    };
    assert_eq!(apart([&dirs[0], &text(pilot.dir.path())]), "boxes-differ");
    assert_eq!(apart([&dirs[0], &dirs[0]]), "boxes-differ");
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
