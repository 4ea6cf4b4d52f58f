//! A later last day: signed by both, in one chain, on this agent's own clock.

use hengping_agent::What;
use hengping_domain::document::{DocumentKind, Signature};
use hengping_domain::extension::Extension;
use hengping_domain::ids::Side;
use hengping_domain::manifest::Manifest;
use hengping_domain::request::Asked;
use hengping_domain::rubric::Text;
use hengping_domain::statement::{AgentRefusal, Said};
use jiff::civil::{Date, date};

use crate::harness::{BOTH, Trial, key, other_box};

const LAST: Date = date(2026, 12, 31);
const NEXT: Date = date(2027, 1, 31);
/// The officers' keys of the harness.
const OFFICERS: [(Side, u8); 2] = [(Side::Bench, 2), (Side::Bar, 3)];

fn body(manifest: &Manifest, was_until: Date, cast_until: Date) -> Extension {
    let reason = Text { zh: "未满五十份".into(), en: "Fewer than fifty".into() };
    Extension {
        v: 1,
        id: manifest.id.clone(),
        manifest: manifest.hash().expect("a hash"),
        was_until,
        cast_until,
        reason,
    }
}

fn asked(extension: Extension, officers: &[(Side, u8)]) -> Asked {
    let hash = extension.hash().expect("a hash");
    let sign = |(side, byte): &(Side, u8)| Signature::sign(*side, DocumentKind::Extension, hash, &key(*byte));
    Asked::Extend { signatures: officers.iter().map(sign).collect(), extension: Box::new(extension) }
}

#[test]
fn an_agent_takes_ballots_until_the_day_that_both_sides_signed() {
    let (trial, raters) = Trial::with_raters(1, 1);
    let manifest = trial.manifest();
    let certificate = trial.enrol(&raters[0]);
    let hash = body(&manifest, LAST, NEXT).hash().expect("a hash");
    let said = Said::Extended { extension: hash, cast_until: NEXT };
    for side in BOTH {
        trial.clock.set(LAST);
        assert_eq!(trial.said(side, asked(body(&manifest, LAST, NEXT), &OFFICERS)), said);
        trial.clock.set(NEXT);
        assert!(matches!(trial.said(side, trial.tokens_request(&raters[0], &certificate)), Said::Evaluated { .. }));
        // Asked again when its day is long over, with the signatures in another order, it says the same.
        let [bench, bar] = OFFICERS;
        assert_eq!(trial.said(side, asked(body(&manifest, LAST, NEXT), &[bar, bench])), said);
        let journal = trial.again(side).journal().expect("whole");
        let What::Said(signed) = &journal.last().expect("said").what else { panic!("{journal:?}") };
        assert_eq!(signed.statement.said, said);
        trial.clock.set(NEXT.tomorrow().expect("a day"));
        let late = trial.refused(side, trial.tokens_request(&raters[0], &certificate));
        assert_eq!(late, Some(AgentRefusal::BoxClosed), "control: the new day ends too");
    }
}

#[test]
fn without_an_extension_nobody_gets_tokens_after_the_last_day() {
    let (trial, raters) = Trial::with_raters(1, 1);
    let certificate = trial.enrol(&raters[0]);
    trial.clock.set(LAST.tomorrow().expect("a day"));
    let late = trial.refused(Side::Bench, trial.tokens_request(&raters[0], &certificate));
    assert_eq!(late, Some(AgentRefusal::BoxClosed));
}

#[test]
fn an_extension_that_does_not_hold_is_refused() {
    let (trial, _) = Trial::with_raters(1, 1);
    let manifest = trial.manifest();
    let good = || body(&manifest, LAST, NEXT);
    let refused = |asked| trial.refused(Side::Bench, asked);
    let no = Some(AgentRefusal::ExtensionRefused);
    assert_eq!(refused(asked(good(), &OFFICERS[..1])), no, "one signature");
    assert_eq!(refused(asked(good(), &[(Side::Bench, 2), (Side::Bar, 2)])), no, "one side under both names");
    assert_eq!(refused(asked(good(), &[(Side::Bench, 2), (Side::Bench, 2)])), no, "one side twice");
    assert_eq!(refused(asked(body(&manifest, LAST, date(2026, 12, 30)), &OFFICERS)), no, "earlier");
    assert_eq!(refused(asked(body(&manifest, LAST, LAST), &OFFICERS)), no, "the same day");
    assert_eq!(refused(asked(body(&manifest, NEXT, date(2027, 2, 28)), &OFFICERS)), no, "a gap");
    let other = Extension { id: other_box(), ..good() };
    assert_eq!(refused(asked(other, &OFFICERS)), no, "another box");
    let other = Extension { manifest: hengping_domain::digest::Digest::of(&[b"another"]), ..good() };
    assert_eq!(refused(asked(other, &OFFICERS)), no, "another manifest");
    let silent = Extension { reason: Text { zh: "  ".into(), en: "x".into() }, ..good() };
    assert_eq!(refused(asked(silent, &OFFICERS)), no, "no reason");
    trial.clock.set(LAST.tomorrow().expect("a day"));
    assert_eq!(refused(asked(good(), &OFFICERS)), Some(AgentRefusal::ExtensionLate));
    trial.clock.set(LAST);
    let (size, root) = (0, hengping_domain::log::root(&[]));
    trial.said(Side::Bench, Asked::Close { size, root, stamps: 0 });
    assert_eq!(refused(asked(good(), &OFFICERS)), Some(AgentRefusal::BoxClosed));
    assert!(matches!(trial.said(Side::Bar, asked(good(), &OFFICERS)), Said::Extended { .. }), "control");
}

#[test]
fn extensions_follow_each_other() {
    let (trial, _) = Trial::with_raters(1, 1);
    let manifest = trial.manifest();
    let third = date(2027, 2, 28);
    trial.said(Side::Bar, asked(body(&manifest, LAST, NEXT), &OFFICERS));
    let rival = asked(body(&manifest, LAST, third), &OFFICERS);
    assert_eq!(trial.refused(Side::Bar, rival), Some(AgentRefusal::ExtensionRefused), "from a day that was moved");
    trial.clock.set(NEXT);
    assert!(matches!(trial.said(Side::Bar, asked(body(&manifest, NEXT, third), &OFFICERS)), Said::Extended { .. }));
}
