use ed25519_dalek::SigningKey;
use hengping_attack::Proof;
use hpke::rand_core::SeedableRng as _;
use jiff::civil::{Date, date};
use rand_chacha::ChaCha20Rng;
use serde_json::json;

use super::*;
use crate::checkpoint::Checkpoint;
use crate::correction::{Correction, ObjectionReason, SignedCorrection};
use crate::digest::Bytes;
use crate::document::{Document, DocumentKind};
use crate::extension::{Extension, SignedExtension};
use crate::ids::{BoxId, InvitationId};
use crate::keys::BoxSecrets;
use crate::log;
use crate::manifest::{PerSide, PeriodKind, RelayKeys, SideKeys};
use crate::opening::Counts;
use crate::request::Presented;
use crate::rubric::Text;
use crate::statement::{Said, Statement};
use crate::token::{Seed, StampInfo};
use crate::withdrawal::{SignedWithdrawal, Withdrawal, WithdrawalReason};

fn digest(words: &str) -> Digest {
    Digest::of(&[words.as_bytes()])
}

fn key(side: Side, byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte + side as u8; 32])
}

const SIGNING: u8 = 10;
const AGENT: u8 = 20;

/// A box from its manifest to its death: two batches, a stamp that was replaced, one that the bar refused in both.
struct Town {
    id: BoxId,
    secrets: PerSide<BoxSecrets>,
    statements: Vec<Signed>,
}

impl Town {
    fn both(&mut self, said: impl Fn(Side) -> Said) {
        for &side in Side::ALL {
            self.statements.push(say(&self.id, side, said(side)));
        }
    }
}

pub(super) fn say(id: &BoxId, side: Side, said: Said) -> Signed {
    Statement { v: 1, id: id.clone(), side, said }.sign(&key(side, AGENT)).expect("signed")
}

/// An extension that both sides signed.
pub(super) fn extended(manifest: &Manifest, was_until: Date, cast_until: Date) -> SignedExtension {
    let reason = Text { zh: "未满五十份".into(), en: "Fewer than fifty".into() };
    let (id, manifest) = (manifest.id.clone(), manifest.hash().expect("a hash"));
    let extension = Extension { v: 1, id, manifest, was_until, cast_until, reason };
    let hash = extension.hash().expect("a hash");
    let sign = |&side| Signature::sign(side, DocumentKind::Extension, hash, &key(side, SIGNING));
    SignedExtension { signatures: Side::ALL.iter().map(sign).collect(), extension }
}

/// A correction of a release that both sides signed.
pub(super) fn corrected(manifest: &Manifest, release: Digest) -> SignedCorrection {
    let (id, of) = (manifest.id.clone(), manifest.hash().expect("a hash"));
    let void = digest(&format!("ratee {release}"));
    let correction =
        Correction { v: 2, id, manifest: of, release, blocks: 1, void, reason: ObjectionReason::NotHandled };
    let hash = correction.hash().expect("a hash");
    let sign = |&side| Signature::sign(side, DocumentKind::Correction, hash, &key(side, SIGNING));
    SignedCorrection { signatures: Side::ALL.iter().map(sign).collect(), correction }
}

/// A withdrawal of a release that both sides signed.
pub(super) fn withdrawn(manifest: &Manifest, release: Digest) -> SignedWithdrawal {
    let (id, of) = (manifest.id.clone(), manifest.hash().expect("a hash"));
    let words = Some(Text { zh: "案件表有误".into(), en: "The docket was wrong".into() });
    let withdrawal = Withdrawal { v: 1, id, manifest: of, release, reason: WithdrawalReason::WrongData, words };
    let hash = withdrawal.hash().expect("a hash");
    let sign = |&side| Signature::sign(side, DocumentKind::Withdrawal, hash, &key(side, SIGNING));
    SignedWithdrawal { signatures: Side::ALL.iter().map(sign).collect(), withdrawal }
}

pub(super) fn honest() -> Record {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let mut secrets = || BoxSecrets::generate(&mut rng).expect("secrets");
    let (id, secrets): (BoxId, _) =
        ("2026.bar_rates_bench".parse().expect("a box"), PerSide { bench: secrets(), bar: secrets() });
    let mut town = Town { id: id.clone(), secrets, statements: Vec::new() };
    let publics = |side: Side, town: &Town| town.secrets.get(side).publics().expect("keys");
    let public = |side, byte| Bytes(key(side, byte).verifying_key().to_bytes());
    let keys = |side: Side| {
        let publics = publics(side, &town);
        let (signing, agent) = (public(side, SIGNING), public(side, AGENT));
        SideKeys { signing, agent, issuer: publics.issuer, mix: publics.mix, opening: publics.opening }
    };
    let manifest = Manifest {
        v: 2,
        suite: "HPB2".into(),
        period: id.period.clone(),
        direction: id.direction,
        kind: PeriodKind::Regular,
        rubric: digest("rubric"),
        charter: digest("charter"),
        cast_until: "2026-12-31".parse().expect("a day"),
        bench: keys(Side::Bench),
        bar: keys(Side::Bar),
        platform: Bytes([3; 32]),
        relay: RelayKeys { origin: "https://relay.example".into(), receipt: Bytes([4; 32]) },
        front_end: digest("pages"),
        rehearsal: false,
        id: id.clone(),
    };
    let document = Document::new(DocumentKind::Manifest, &manifest).expect("a document");
    let sign =
        |kind, hash| Side::ALL.iter().map(|&side| Signature::sign(side, kind, hash, &key(side, SIGNING))).collect();
    let signatures: Vec<Signature> = sign(DocumentKind::Manifest, document.hash());
    let made = PerSide::of(|side| publics(side, &town));
    town.both(|side| Said::Keys(made.get(side).clone()));
    town.both(|_| Said::Adopted { manifest: document.hash() });
    let extension = extended(&manifest, date(2026, 12, 31), date(2027, 1, 31));
    let longer = extension.extension.hash().expect("a hash");
    town.both(|_| Said::Extended { extension: longer, cast_until: extension.extension.cast_until });
    town.both(|_| Said::Eligibility { number: 1, root: digest("list 1"), count: 30, total: 30 });
    town.both(|_| Said::Eligibility { number: 2, root: digest("list 2"), count: 5, total: 35 });

    let issuer = |side: Side| town.secrets.get(side).issuer_key().expect("a key");
    let issuers = PerSide::of(issuer);
    let cast = |rater: usize, seq| {
        let nonce = Seed(Bytes([5; 32])).stamp_key(&InvitationId(format!("i{rater}"))).nonce();
        let stamp = Token::mint(nonce, &issuers, &StampInfo(&id).to_string()).expect("a stamp");
        Presented { stamp, seq, envelope: digest(&format!("item {rater} {seq}")), signature: Bytes([0; 64]) }
    };
    let mut forged = cast(50, 1);
    forged.stamp.bar.0[0] ^= 1;
    let mut batches = [(0..5).map(|i| cast(i, 1)).collect::<Vec<_>>(), (5..9).map(|i| cast(i, 1)).collect()];
    batches[0].push(forged.clone());
    batches[1].extend([cast(0, 2), forged.clone()]);
    let (mut log, mut rows, mut checkpoint) = (Vec::new(), Vec::new(), None);
    for (batch, number) in batches.iter_mut().zip(1..) {
        batch.sort_by_key(Presented::leaf);
        let leaves: Vec<_> = batch.iter().map(Presented::leaf).collect();
        let refused =
            |side| batch.iter().filter(|c| side == Side::Bar && **c == forged).map(Presented::leaf).collect::<Vec<_>>();
        town.both(|side| {
            let refused = refused(side);
            let accepted = u32::try_from(batch.len() - refused.len()).expect("few");
            Said::Checked { number, batch: log::batch(&leaves), accepted, refused }
        });
        for cast in batch.iter().filter(|cast| **cast != forged) {
            log.push(cast.leaf());
            rows.push(StampRow { leaf: cast.leaf(), stamp: cast.stamp, seq: cast.seq, envelope: cast.envelope });
        }
        let state = Checkpoint { id: id.clone(), size: u32::try_from(log.len()).expect("few"), root: log::root(&log) };
        town.both(|side| Said::Cosigned { size: state.size, root: state.root, note: state.sign(&key(side, AGENT)) });
        let notes = PerSide { bench: state.sign(&key(Side::Bench, AGENT)), bar: state.sign(&key(Side::Bar, AGENT)) };
        checkpoint = Some(state.note(&manifest.each(|keys| keys.agent), &notes));
    }
    let (size, root) = (u32::try_from(log.len()).expect("few"), log::root(&log));
    town.both(|_| Said::Closed { size, root, stamps: 9 });
    let refused = |side| u32::from(side == Side::Bar);
    town.both(|side| Said::Ledger {
        stamps: 12,
        slips: 12,
        nyms: 11,
        spent: 10 - refused(side),
        refused: refused(side),
    });
    let (half, list) = (digest("L1"), digest("L2"));
    let turned = vec![digest("nonsense")];
    let first = Said::Mixed { input: digest("L0"), taken: 9, output: half, passed: 8, refused: turned };
    let second = Said::Mixed { input: half, taken: 8, output: list, passed: 8, refused: Vec::new() };
    town.both(|side| if side == Side::Bench { first.clone() } else { second.clone() });
    town.both(|_| Said::Listed { list, count: 8 });
    town.both(|side| Said::HandedOver { list, shares: digest(side.as_str()), times: 1 });
    let mut counted: Vec<_> = (0..6).map(|i| digest(&format!("slip {i}"))).collect();
    counted.sort_unstable();
    let counts = Counts { taken: 9, refused: 1, invalid: 1, duplicate: 1, valid: 6 };
    let correction = corrected(&manifest, digest("the first draft"));
    let under = correction.correction.hash().expect("a hash");
    let body = json!({"v": 2, "reserved": digest("reserved"), "files": {"response-zh.svg": digest("svg")}, "draft": {
        "v": 1, "box": id, "period": "2026", "direction": "bar_rates_bench", "kind": "regular", "rubric": digest("rubric"),
        "charter": digest("charter"), "manifest": document.hash(), "counts": counts, "cells": [],
        "counted_root": log::root(&counted), "response": null, "voided": 2, "corrections": [under],
    }});
    let release = Document::new(DocumentKind::Release, &body).expect("a document").hash();
    town.both(|_| Said::Released { release, list });
    let dead = PerSide { bench: town.secrets.bench.issuer, bar: town.secrets.bar.issuer };
    town.both(|side| Said::Dead { issuer: *dead.get(side) });
    let withdrawal = withdrawn(&manifest, release);
    Record {
        manifest: ManifestFile { manifest, signatures },
        extensions: vec![extension],
        statements: town.statements,
        checkpoint,
        log,
        refused: vec![(forged.leaf(), Side::Bar)],
        counted: Some(counted),
        release: Some(ReleaseFile { body, signatures: sign(DocumentKind::Release, release) }),
        corrections: vec![correction],
        withdrawal: Some(withdrawal),
        stamps: Some(rows),
    }
}

type Files = BTreeMap<String, String>;

fn files(record: &Record) -> Files {
    record.write().expect("written").into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}

fn red(record: &Record) -> Vec<CheckName> {
    verify(record).into_iter().filter(|check| !check.holds).map(|check| check.name).collect()
}

/// Whether somebody who rechecks the files finds something: one that cannot be read, or a check that does not hold.
fn found(files: &Files) -> bool {
    Record::read(files).map_or(true, |record| !red(&record).is_empty())
}

#[test]
fn an_honest_record_is_green_at_every_stage_and_reads_back() {
    let record = honest();
    let checks = verify(&record);
    assert_eq!(red(&record), [], "{checks:#?}");
    assert_eq!(checks.len(), CheckName::ALL.len(), "a dead box has every check");
    assert_eq!(Record::read(&files(&record)), Ok(record.clone()));
    type Change = fn(&mut Record);
    // Alive; opened but not released; not opened; not mixed; open.
    let stages: [(usize, Change); 5] = [
        (2, |record| record.stamps = None),
        (2, |record| {
            (record.release, record.withdrawal) = (None, None);
            record.corrections.clear();
        }),
        (2, |record| record.counted = None),
        (4, |_| ()),
        (4, |_| ()),
    ];
    let (mut earlier, mut most) = (record.clone(), checks.len());
    for (statements, change) in stages {
        change(&mut earlier);
        earlier.statements.truncate(earlier.statements.len() - statements);
        let checks = verify(&earlier);
        assert_eq!(red(&earlier), [], "{checks:#?}");
        assert!(checks.len() <= most);
        most = checks.len();
    }
    // Too few to be opened: closed, and dead at once.
    let mut unopened = record;
    let after = |signed: &Signed| {
        use Said::{HandedOver, Listed, Mixed, Released};
        matches!(signed.statement.said, Mixed { .. } | Listed { .. } | HandedOver { .. } | Released { .. })
    };
    unopened.statements.retain(|signed| !after(signed));
    (unopened.release, unopened.counted, unopened.withdrawal) = (None, None, None);
    assert_eq!(red(&unopened), []);
}

/// Places all over a file, the same in every run.
const PLACES: usize = 40;

#[test]
fn one_changed_byte_turns_a_check_red() {
    let honest = files(&honest());
    let (mut tried, mut overlooked, mut readable) = (0, Vec::new(), 0_u32);
    for name in FILES {
        let letters: Vec<char> = honest[name].chars().collect();
        for place in 0..PLACES {
            let at = (place * letters.len() / PLACES + place * 13) % letters.len();
            // Another printable letter, or a line that ends elsewhere.
            let changed = char::from(32 + (u32::from(letters[at]) as u8).wrapping_add(1 + place as u8) % 95);
            if letters[at] == changed {
                continue;
            }
            let mut letters = letters.clone();
            letters[at] = changed;
            let mut files = honest.clone();
            files.insert(name.to_owned(), letters.into_iter().collect());
            tried += 1;
            readable += u32::from(Record::read(&files).is_ok());
            if !found(&files) {
                overlooked.push((name, at));
            }
        }
    }
    assert_eq!(overlooked, []);
    Proof {
        name: "7 changed bytes that the check of a record overlooks".into(),
        tries: tried,
        found: overlooked.len() as f64,
        limit: 0.0,
        // What a reader overlooks who checks no signature, no root and no tag.
        control: f64::from(readable),
        control_at_least: 50.0,
    }
    .hold();
}

#[test]
fn a_missing_file_or_line_and_one_too_many_turn_a_check_red() {
    let honest = files(&honest());
    let (mut tried, mut overlooked, mut readable) = (0, 0, 0_u32);
    for name in FILES {
        let mut less = honest.clone();
        less.remove(name);
        // No other file speaks of a withdrawal: who holds a record without one asks the log of changes.
        assert_eq!(found(&less), name != "withdrawal.json", "{name} is missing");
        let lines: Vec<&str> = honest[name].lines().collect();
        for at in 0..lines.len() {
            let mut less = lines.clone();
            less.remove(at);
            let mut twice = lines.clone();
            twice.insert(at, lines[at]);
            for lines in [less, twice] {
                let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
                let changed = Files::from_iter(honest.clone().into_iter().chain([(name.to_owned(), text)]));
                // A line twice in a signed note says nothing else.
                if name == "checkpoint.txt" && lines.len() > 6 {
                    continue;
                }
                tried += 1;
                readable += u32::from(Record::read(&changed).is_ok());
                overlooked += u32::from(!found(&changed));
            }
        }
    }
    Proof {
        name: "7 missing or doubled lines that the check of a record overlooks".into(),
        tries: tried,
        found: f64::from(overlooked),
        limit: 0.0,
        control: f64::from(readable),
        control_at_least: 50.0,
    }
    .hold();
}

/// Every value inside a statement with its path.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| leaves(value, &format!("{path}/{name}"), found))
        }
        _ => found.push(path.to_owned()),
    }
}

fn other(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_u64().unwrap_or(0) + 1),
        Value::Array(items) if items.is_empty() => json!([digest("made up")]),
        Value::Array(_) => json!([]),
        // Another first letter of the same alphabet.
        Value::String(text) => json!(format!("{}{}", if text.starts_with('a') { 'b' } else { 'a' }, &text[1..])),
        other => other.clone(),
    }
}

#[test]
fn an_agent_that_says_something_else_and_signs_it_turns_a_check_red() {
    let honest = honest();
    // What only lists and shares can show, which are not published; and counts that may be larger.
    let unseen = ["mixed/input", "handed-over/shares", "ledger/stamps", "ledger/slips", "ledger/nyms"];
    let mut tried = 0;
    for at in 0..honest.statements.len() {
        let statement = &honest.statements[at].statement;
        let value = serde_json::to_value(&statement.said).expect("json");
        let kind = value["kind"].as_str().expect("a kind").to_owned();
        let mut paths = Vec::new();
        leaves(&value, "", &mut paths);
        for path in paths.iter().filter(|path| *path != "/kind") {
            let mut changed = value.clone();
            let place = changed.pointer_mut(path).expect("there");
            *place = other(place);
            let Ok(said) = serde_json::from_value::<Said>(changed) else { continue };
            let mut record = honest.clone();
            record.statements[at] = say(&statement.id, statement.side, said);
            tried += 1;
            let bench_only = !(statement.side == Side::Bar && kind == "mixed");
            let expected = !(unseen.contains(&format!("{kind}{path}").as_str()) && bench_only);
            let spent = kind == "ledger" && path == "/spent";
            assert!(red(&record).is_empty() != expected || spent, "{kind}{path} of {}", statement.side);
        }
    }
    assert!(tried > 70, "{tried}");
}

/// What both agents or the platform could agree on to hide something.
#[test]
fn each_wrong_has_its_check() {
    let honest = honest();
    let with = |change: &dyn Fn(&mut Record)| {
        let mut record = honest.clone();
        change(&mut record);
        red(&record)
    };
    let of = |record: &mut Record, side: Side, kind: &str, change: &dyn Fn(&mut Said)| {
        for signed in &mut record.statements {
            let Statement { side: by, said, id, .. } = &signed.statement;
            if *by == side && serde_json::to_value(said).expect("json")["kind"] == kind {
                let mut said = said.clone();
                change(&mut said);
                *signed = say(&id.clone(), side, said);
            }
        }
    };
    let both = |record: &mut Record, kind: &str, change: &dyn Fn(&mut Said)| {
        of(record, Side::Bench, kind, change);
        of(record, Side::Bar, kind, change);
    };
    use CheckName as C;
    let few = |said: &mut Said| {
        if let Said::Ledger { stamps, .. } = said {
            *stamps = 5
        }
    };
    assert_eq!(with(&|r| both(r, "ledger", &few)), [C::Ledger]);
    let fewer = |said: &mut Said| {
        if let Said::Closed { stamps, .. } = said {
            *stamps = 8
        }
    };
    let short = with(&|r| both(r, "closed", &fewer));
    assert!(short.contains(&C::Shuffles) && short.contains(&C::Counts) && short.contains(&C::Stamps), "{short:?}");
    assert_eq!(with(&|r| r.log.swap(0, 1))[0], C::Batches);
    assert!(with(&|r| r.log.truncate(9)).contains(&C::Closed));
    assert_eq!(with(&|r| r.refused[0].1 = Side::Bench), [C::Refused]);
    let counted = |r: &mut Record| r.counted.as_mut().expect("counted")[3] = digest("another slip");
    assert_eq!(with(&counted), [C::Counted]);
    assert!(
        with(&|r| r.manifest.manifest.cast_until = "2027-01-01".parse().expect("a day")).contains(&C::ManifestSigned)
    );
    let forged = |r: &mut Record| r.stamps.as_mut().expect("stamps")[2].stamp.bench.0[0] ^= 1;
    assert_eq!(with(&forged), [C::Stamps]);
    let stranger = |r: &mut Record| {
        let (id, rater) = (r.manifest.manifest.id.clone(), "1".to_owned());
        r.statements.push(say(&id, Side::Bar, Said::Enrolled { rater, request_key: Bytes([1; 32]) }));
    };
    assert_eq!(with(&stranger), [C::NobodyNamed]);
    let split = |r: &mut Record| {
        let (id, root) = (r.manifest.manifest.id.clone(), digest("another history"));
        let note = Checkpoint { id: id.clone(), size: 5, root }.sign(&key(Side::Bar, AGENT));
        r.statements.push(say(&id, Side::Bar, Said::Cosigned { size: 5, root, note }));
    };
    assert_eq!(with(&split), [C::SaidOnce, C::History]);
    let issuer = |said: &mut Said| {
        if let Said::Dead { issuer } = said {
            *issuer = Bytes([7; 32])
        }
    };
    assert_eq!(with(&|r| of(r, Side::Bench, "dead", &issuer)), [C::IssuerKeys, C::Stamps]);
    let unsigned = |r: &mut Record| r.release.as_mut().expect("a release").signatures.truncate(1);
    assert_eq!(with(&unsigned), [C::ReleaseSigned]);
    let again = |r: &mut Record| {
        let (id, list) = (r.manifest.manifest.id.clone(), digest("another list"));
        r.statements.push(say(&id, Side::Bar, Said::HandedOver { list, shares: digest("shares"), times: 2 }));
    };
    assert_eq!(with(&again), [C::Shares]);
}

#[test]
fn every_check_has_words_in_both_languages() {
    for name in CheckName::ALL {
        let (zh, en) = name.words();
        assert!(zh.chars().any(|c| c > '\u{4e00}') && en.is_ascii(), "{name}");
    }
}
