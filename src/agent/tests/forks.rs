//! One log: what an agent checked it remembers, what it cosigned it never takes back.

use hengping_domain::checkpoint::Checkpoint;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::ids::Side;
use hengping_domain::manifest::PerSide;
use hengping_domain::request::{Asked, Presented};
use hengping_domain::statement::{AgentRefusal, Said};
use hengping_domain::{log, mix};

use crate::harness::{BOTH, Closed, Trial, id, small};
use crate::raters::Cast;

fn cosign(leaves: &[Digest], new: &[Digest]) -> Asked {
    Asked::Cosign { size: small(leaves.len()), root: log::root(leaves), leaves: new.to_vec() }
}

fn presented(casts: &[&Cast]) -> Vec<Presented> {
    let mut casts: Vec<_> = casts.iter().map(|cast| cast.presented.clone()).collect();
    casts.sort_by_key(Presented::leaf);
    casts
}

fn refused_by(trial: &Trial, side: Side, number: u32, casts: &[&Cast]) -> Vec<Digest> {
    match trial.said(side, Asked::Check { number, casts: presented(casts) }) {
        Said::Checked { refused, .. } => refused,
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_smaller_and_no_other_history_is_cosigned() {
    let (trial, raters) = Trial::with_raters(3, 2);
    let manifest = trial.manifest();
    let casts: Vec<_> = raters.iter().map(|rater| rater.cast(&manifest, &trial.fetch(rater), 0, 1, 4)).collect();
    let all: Vec<_> = casts.iter().collect();
    let mut leaves: Vec<_> = presented(&all[..2]).iter().map(Presented::leaf).collect();
    let forked = Some(AgentRefusal::LogForked);
    assert_eq!(trial.refused(Side::Bar, cosign(&leaves, &leaves)), forked, "never checked");
    let mut log = Vec::new();
    trial.batch(1, &all[..2], &mut log);
    assert_eq!(log, leaves);
    let third = casts[2].presented.leaf();
    for side in BOTH {
        assert_eq!(trial.refused(side, cosign(&leaves[..1], &[])), forked, "shrunk");
        leaves.reverse();
        assert_eq!(trial.refused(side, cosign(&leaves, &[])), forked, "in another order");
        leaves.reverse();
        let other = [leaves[0], third];
        assert_eq!(trial.refused(side, cosign(&other, &[third])), forked, "another second leaf");
        assert_eq!(trial.refused(side, cosign(&[leaves[0], leaves[1], third], &[third])), forked, "not checked yet");
        let other = Asked::Check { number: 1, casts: presented(&all[2..]) };
        assert_eq!(trial.refused(side, other), Some(AgentRefusal::ListNumber), "another batch of this number");
        let gap = Asked::Check { number: 3, casts: presented(&all[2..]) };
        assert_eq!(trial.refused(side, gap), Some(AgentRefusal::ListNumber), "a batch is missing");
        let mut unsorted = presented(&all);
        unsorted.reverse();
        let unsorted = Asked::Check { number: 2, casts: unsorted };
        assert_eq!(trial.refused(side, unsorted), Some(AgentRefusal::ListMalformed));
    }
    trial.batch(2, &all[2..], &mut log);
    let both = trial.both(|| cosign(&log, &[]));
    let note = |side| match &both.get(side).statement.said {
        Said::Cosigned { note, .. } => *note,
        other => panic!("{other:?}"),
    };
    let checkpoint = Checkpoint { id: id(), size: 3, root: log::root(&log) };
    let keys = manifest.each(|keys| keys.agent);
    let text = checkpoint.note(&keys, &PerSide::of(note));
    assert_eq!(Checkpoint::read(&id(), &keys, &text), Ok(checkpoint), "one checkpoint of both");

    let close = |size: usize, stamps| Asked::Close { size: small(size), root: log::root(&log[..size]), stamps };
    assert_eq!(trial.refused(Side::Bench, close(2, 2)), forked);
    assert_eq!(trial.refused(Side::Bench, close(3, 2)), forked);
    let mix = Asked::Mix { input: Digest([0; 32]), after: None };
    assert_eq!(trial.refused(Side::Bench, mix), Some(AgentRefusal::BoxOpen));
    assert_eq!(trial.refused(Side::Bench, Asked::Death), Some(AgentRefusal::BoxOpen));
    trial.close(&log, 3);
    assert_eq!(trial.refused(Side::Bench, cosign(&log, &log[..0])), None, "what was said before is said again");
    let more = Asked::Cosign { size: 4, root: log::root(&log), leaves: vec![third] };
    assert_eq!(trial.refused(Side::Bench, more), Some(AgentRefusal::BoxClosed));
    let list = Asked::Eligibility { number: 2, entries: raters[0].entries.clone() };
    assert_eq!(trial.refused(Side::Bench, list), Some(AgentRefusal::BoxClosed));
    assert_eq!(trial.refused(Side::Bar, trial.enrol_request(&raters[0])), Some(AgentRefusal::BoxClosed));
}

#[test]
fn a_ballot_is_replaced_upwards_until_close() {
    let (trial, raters) = Trial::with_raters(2, 1);
    let manifest = trial.manifest();
    let tokens: Vec<_> = raters.iter().map(|rater| trial.fetch(rater)).collect();
    let cast = |rater: usize, seq, level| raters[rater].cast(&manifest, &tokens[rater], 0, seq, level);
    let (first, third, second, third_again) = (cast(0, 1, 1), cast(0, 3, 3), cast(0, 2, 2), cast(0, 3, 4));
    let other = cast(1, 8, 5);
    let nine = cast(1, 9, 5);
    let mut log = Vec::new();
    let refused = trial.batch(1, &[&first, &other], &mut log);
    assert!(refused.bench.is_empty() && refused.bar.is_empty());
    trial.batch(2, &[&third], &mut log);
    let low: Vec<_> = [&second, &third_again, &first, &nine].to_vec();
    for side in BOTH {
        assert_eq!(refused_by(&trial, side, 3, &low).len(), 4, "lower, equal, known, above eight");
        let leaf = second.presented.leaf();
        let with_refused: Vec<_> = log.iter().copied().chain([leaf]).collect();
        assert_eq!(trial.refused(side, cosign(&with_refused, &[leaf])), Some(AgentRefusal::LogForked), "refused");
    }
    trial.close(&log, 2);
    let wrong = trial.put(Side::Bench, &mix::write_list(&[&first.posted, &other.posted]));
    let mix = |input| Asked::Mix { input, after: None };
    assert_eq!(trial.refused(Side::Bench, mix(wrong)), Some(AgentRefusal::ListMismatch), "the replaced one");
    let mixed = trial.shuffle(&[&third.posted, &other.posted]);
    assert!(matches!(mixed.bar.statement.said, Said::Mixed { taken: 2, passed: 2, .. }));
}

#[test]
fn a_leaf_that_one_side_refused_does_not_go_on() {
    let (trial, raters) = Trial::with_raters(2, 1);
    let manifest = trial.manifest();
    let good = raters[0].cast(&manifest, &trial.fetch(&raters[0]), 0, 1, 4);
    let mut half = raters[1].cast(&manifest, &trial.fetch(&raters[1]), 0, 1, 4);
    // Its tag of the bar is none: the bench takes it, the bar does not.
    half.presented.stamp.bar = Bytes([0; 64]);
    let mut log = Vec::new();
    let refused = trial.batch(1, &[&good, &half], &mut log);
    assert_eq!((refused.bench.len(), refused.bar), (0, vec![half.presented.leaf()]));
    assert_eq!(log.len(), 1);
    trial.close(&log, 1);
    let both = trial.put(Side::Bench, &mix::write_list(&[&good.posted, &half.posted]));
    let asked = Asked::Mix { input: both, after: None };
    assert_eq!(trial.refused(Side::Bench, asked), Some(AgentRefusal::ListMismatch));
    trial.shuffle(&[&good.posted]);
    let Said::Ledger { spent, refused, .. } = trial.said(Side::Bar, Asked::Ledger) else { panic!() };
    assert_eq!((spent, refused), (1, 1));
}

#[test]
fn a_leaf_that_was_accepted_before_is_refused_and_holds_nothing_up() {
    let (trial, raters) = Trial::with_raters(2, 1);
    let manifest = trial.manifest();
    let tokens: Vec<_> = raters.iter().map(|rater| trial.fetch(rater)).collect();
    let whole = raters[0].cast(&manifest, &tokens[0], 0, 1, 4);
    // The bench takes it and the bar does not; a number is no part of a leaf, so under the next one it is the same leaf.
    let mut half = whole.clone();
    half.presented.stamp.bar = Bytes([0; 64]);
    let mut again = whole.clone();
    again.presented.seq = 2;
    let key = raters[0].seed.stamp_key(&raters[0].entries[0].invitation);
    again.presented.signature = key.sign_cast(&id(), 2, whole.posted.hash());
    let leaf = whole.presented.leaf();
    assert_eq!([half.presented.leaf(), again.presented.leaf()], [leaf, leaf]);
    let mut log = Vec::new();
    let refused = trial.batch(1, &[&half], &mut log);
    assert_eq!((refused.bench, refused.bar), (vec![], vec![leaf]));
    let good = raters[1].cast(&manifest, &tokens[1], 0, 1, 4);
    let refused = trial.batch(2, &[&again, &good], &mut log);
    assert_eq!((refused.bench, refused.bar), (vec![leaf], vec![]));
    assert_eq!(log, [good.presented.leaf()]);
    // What is in the log already is no more taken than what only one side knows.
    let mut twice = good.clone();
    twice.presented.seq = 2;
    let key = raters[1].seed.stamp_key(&raters[1].entries[0].invitation);
    twice.presented.signature = key.sign_cast(&id(), 2, good.posted.hash());
    let refused = trial.batch(3, &[&twice], &mut log);
    assert_eq!((refused.bench.len(), refused.bar.len()), (1, 1));
    trial.close(&log, 1);
}

#[test]
fn an_empty_box_closes_and_dies() {
    let mut trial = Trial::new();
    trial.begin(1, 1);
    trial.close(&[], 0);
    for side in BOTH {
        assert!(matches!(trial.said(side, Asked::Death), Said::Dead { .. }));
    }
}

#[test]
fn a_closed_list_is_shuffled_once() {
    let closed = Closed::new(2);
    let trial = &closed.trial;
    let mixed = trial.shuffle(&closed.posted());
    let Said::Mixed { input, output, .. } = mixed.bench.statement.said else { panic!() };
    let again = Asked::Mix { input: output, after: None };
    assert_eq!(trial.refused(Side::Bench, again), Some(AgentRefusal::ListMismatch));
    let same = trial.signed_by(Side::Bench, Asked::Mix { input, after: None });
    assert_eq!(same, mixed.bench, "the same request gets the same answer");
}
