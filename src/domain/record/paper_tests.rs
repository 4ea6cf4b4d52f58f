//! Extensions, corrections and a withdrawal in a record: those that hold, and every change of one.

use jiff::civil::date;

use super::tests::{corrected, extended, honest, say, withdrawn};
use super::*;
use crate::extension::last_day;
use crate::statement::Said;

fn failed(record: &Record) -> Vec<CheckName> {
    verify(record).into_iter().filter(|check| !check.holds).map(|check| check.name).collect()
}

/// The honest record, whose box was extended once, with the box extended again.
fn twice() -> Record {
    let mut record = honest();
    let manifest = record.manifest.manifest.clone();
    let second = extended(&manifest, date(2027, 1, 31), date(2027, 2, 28));
    let extension = second.extension.hash().expect("a hash");
    for &side in Side::ALL {
        let said = Said::Extended { extension, cast_until: second.extension.cast_until };
        record.statements.push(say(&manifest.id, side, said));
    }
    record.extensions.push(second);
    record
}

fn until(record: &Record) -> jiff::civil::Date {
    last_day(&record.manifest.manifest, &record.extensions, &record.statements)
}

#[test]
fn a_record_of_a_box_extended_twice_or_never_holds() {
    let mut never = honest();
    assert_eq!((failed(&never), until(&never)), (vec![], date(2027, 1, 31)));
    assert_eq!((failed(&twice()), until(&twice())), (vec![], date(2027, 2, 28)));
    never.extensions.clear();
    never.statements.retain(|signed| !matches!(signed.statement.said, Said::Extended { .. }));
    assert_eq!((failed(&never), until(&never)), (vec![], date(2026, 12, 31)));
    assert!(verify(&never).iter().all(|check| check.name != CheckName::Extensions));
    assert!(!never.write().expect("files").contains_key("extensions.jsonl"));
}

#[test]
fn every_change_of_an_extension_is_found() {
    let with = |change: &dyn Fn(&mut Record)| {
        let mut record = twice();
        change(&mut record);
        (failed(&record), until(&record))
    };
    let no = vec![CheckName::Extensions];
    let (first, second) = (date(2026, 12, 31), date(2027, 1, 31));
    assert_eq!(with(&|r| r.extensions[1].signatures.truncate(1)), (no.clone(), second));
    assert_eq!(with(&|r| r.extensions[0].signatures[0].side = Side::Bar), (no.clone(), first));
    assert_eq!(with(&|r| r.extensions[1].extension.cast_until = date(2027, 3, 1)), (no.clone(), second));
    assert_eq!(with(&|r| drop(r.extensions.remove(0))), (no.clone(), first), "a gap");
    assert_eq!(with(&|r| r.extensions.clear()), (no.clone(), first), "agents speak of what is not there");
    assert_eq!(with(&|r| r.extensions.swap(0, 1)).0, no, "out of order");
    assert_eq!(with(&|r| drop(r.statements.pop())), (no, second), "one agent did not adopt it");
}

#[test]
fn every_change_of_a_correction_is_found() {
    let with = |change: &dyn Fn(&mut Record)| {
        let mut record = honest();
        change(&mut record);
        failed(&record)
    };
    let no = [CheckName::Corrections];
    assert_eq!(with(&|r| r.corrections[0].signatures.truncate(1)), no);
    assert_eq!(with(&|r| r.corrections[0].signatures[0].side = Side::Bar), no);
    assert_eq!(with(&|r| r.corrections[0].correction.blocks = 0), no);
    assert_eq!(with(&|r| r.corrections.clear()), no, "the release names one that is not there");
    let manifest = honest().manifest.manifest;
    let release = document::digest(&honest().release.expect("a release").body).expect("a hash");
    let next = |of: &str| corrected(&manifest, Digest::of(&[of.as_bytes()]));
    assert_eq!(with(&|r| r.corrections.push(next("another draft"))), no, "not of this release");
    assert_eq!(with(&|r| r.corrections.push(corrected(&manifest, release))), [], "signed, and still to be computed");
    assert_eq!(with(&|r| r.corrections.insert(0, next("a draft before"))), no, "the release was computed without it");
}

#[test]
fn every_change_of_a_withdrawal_is_found() {
    let with = |change: &dyn Fn(&mut SignedWithdrawal)| {
        let mut record = honest();
        change(record.withdrawal.as_mut().expect("a withdrawal"));
        failed(&record)
    };
    let no = [CheckName::Withdrawal];
    assert_eq!(with(&|_| ()), []);
    assert_eq!(with(&|w| w.signatures.truncate(1)), no);
    assert_eq!(with(&|w| w.signatures[0].side = Side::Bar), no);
    assert_eq!(with(&|w| w.withdrawal.words = None), no);
    let manifest = honest().manifest.manifest;
    assert_eq!(
        with(&|w| *w = withdrawn(&manifest, Digest::of(&[b"another release"]))),
        no,
        "both signed, but of another"
    );
    let mut standing = honest();
    standing.withdrawal = None;
    assert!(verify(&standing).iter().all(|check| check.name != CheckName::Withdrawal));
}

#[test]
fn a_corrected_release_was_tied_too_and_no_other() {
    let mut record = honest();
    let list = Digest::of(&[b"L2"]);
    let first = record.corrections[0].correction.release;
    let id = record.manifest.manifest.id.clone();
    for &side in Side::ALL {
        record.statements.insert(0, say(&id, side, Said::Released { release: first, list }));
    }
    assert_eq!(failed(&record), []);
    let other = Said::Released { release: Digest::of(&[b"another"]), list };
    record.statements.push(say(&id, Side::Bar, other));
    assert_eq!(failed(&record), [CheckName::ReleaseSigned]);
}
