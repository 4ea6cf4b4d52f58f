//! The whole life of a small box, and the same with every answer given by a process that was started anew.

use std::collections::BTreeMap;

use hengping_agent::{Answer, What};
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::ids::Side;
use hengping_domain::manifest::PerSide;
use hengping_domain::opening::{self, Counts, IssuerKeysFile};
use hengping_domain::request::Asked;
use hengping_domain::statement::{AgentRefusal, Said};

use crate::harness::{BOTH, Trial, other_box, rubric};

/// Five raters with two invitations, of whom one replaces a ballot before close; opened to the last ballot.
fn life(trial: &mut Trial) {
    let raters = trial.begin(5, 2);
    let manifest = trial.manifest();
    let (mut casts, mut log) = (Vec::new(), Vec::new());
    let tokens: Vec<_> = raters.iter().map(|rater| trial.fetch(rater)).collect();
    for (rater, tokens) in raters.iter().zip(&tokens) {
        casts.push(rater.cast(&manifest, tokens, 0, 1, 4));
    }
    trial.batch(1, &casts.iter().collect::<Vec<_>>(), &mut log);
    // A second batch: other invitations, and the first rater thinks again.
    let second: Vec<_> =
        raters.iter().zip(&tokens).map(|(rater, tokens)| rater.cast(&manifest, tokens, 1, 1, 5)).collect();
    let again = raters[0].cast(&manifest, &tokens[0], 0, 2, 1);
    trial.batch(2, &second.iter().chain([&again]).collect::<Vec<_>>(), &mut log);
    assert_eq!(log.len(), 11);
    let late = raters[1].cast(&manifest, &tokens[1], 0, 2, 2);
    trial.close(&log, 10);
    let check = Asked::Check { number: 3, casts: vec![late.presented] };
    assert_eq!(trial.refused(Side::Bar, check), Some(AgentRefusal::BoxClosed));

    let replaced = casts[0].posted.hash();
    let going_on: Vec<_> =
        casts.iter().chain(&second).chain([&again]).map(|cast| &cast.posted).filter(|p| p.hash() != replaced).collect();
    let mixed = trial.shuffle(&going_on);
    let listed = trial.list(&mixed);
    let Said::Listed { list, count } = listed.bar.statement.said else { panic!() };
    assert_eq!(count, 10);
    let shares = |side: Side, expected| match trial.said(side, Asked::Shares { listed: Box::new(listed.clone()) }) {
        Said::HandedOver { list: of, shares, times } => {
            assert_eq!((of, times), (list, expected));
            trial.agents.get(side).files().read(shares).expect("shares")
        }
        other => panic!("{other:?}"),
    };
    let files = PerSide::of(|side| shares(side, 1));
    assert_eq!(shares(Side::Bar, 2), files.bar, "again the same, and counted");

    // What the opening does with them.
    let envelopes = trial.agents.bar.files().read(list).expect("the list");
    let envelopes = opening::read_list(&envelopes).expect("a list");
    let secret = |side| Bytes(files.get(side)[..32].try_into().expect("32 bytes"));
    let issuers = IssuerKeysFile::new(&PerSide::of(secret));
    let issuers = issuers.keys(&manifest).expect("the manifest's keys");
    let read = |side| opening::read_shares(&files.get(side)[32..], &envelopes, side).expect("shares").shares;
    let (bench, bar) = (read(Side::Bench), read(Side::Bar));
    let rubrics = BTreeMap::from([rubric()]);
    let open = |at: usize| {
        let body = envelopes[at].open(&manifest.id, &bench[at], &bar[at]).ok()?;
        opening::check(&manifest.id, &body, &issuers, &rubrics)
    };
    let opened = opening::admit((0..envelopes.len()).map(open).collect(), 0);
    assert_eq!(opened.counts, Counts { taken: 10, refused: 0, invalid: 0, duplicate: 0, valid: 10 });
    let levels: Vec<_> = opened.ballots.iter().map(|one| one.ballot.answers["civility"]).collect();
    let of = |level| levels.iter().filter(|&&found| found == Some(level)).count();
    assert_eq!((of(1), of(4), of(5)), (1, 4, 5), "the second thought counts, the first does not");

    let release = Digest::of(&[b"release"]);
    trial.both(|| Asked::Release { release, list });
    let foreign = Asked::Release { release, list: Digest::of(&[b"another list"]) };
    assert_eq!(trial.refused(Side::Bench, foreign), Some(AgentRefusal::ListMismatch));
    let ledger = trial.said(Side::Bar, Asked::Ledger);
    assert_eq!(ledger, Said::Ledger { stamps: 10, slips: 10, nyms: 5, spent: 10, refused: 0 });

    for side in BOTH {
        let Said::Dead { issuer } = trial.said(side, Asked::Death) else { panic!() };
        assert_eq!(issuer, secret(side), "what was handed over is what is published");
        let agent = trial.agents.get(side);
        for file in [list, Digest::of(&[files.get(side)])] {
            assert!(!agent.files().has(file), "files of a dead box are gone");
        }
        assert_eq!(trial.said(side, Asked::Death), Said::Dead { issuer });
        let dead = Some(AgentRefusal::BoxDead);
        assert_eq!(trial.refused(side, Asked::Shares { listed: Box::new(listed.clone()) }), dead);
        assert_eq!(trial.refused(side, Asked::Ledger), dead);
    }
    let certificate = trial.enrol_request(&raters[0]);
    assert_eq!(trial.refused(Side::Bar, certificate), Some(AgentRefusal::BoxDead));
}

#[test]
fn a_box_lives_from_keys_to_death() {
    let mut trial = Trial::new();
    life(&mut trial);
    let journal = trial.agents.bench.journal().expect("the chain holds");
    let kinds: Vec<_> = journal
        .iter()
        .map(|entry| {
            let What::Said(signed) = &entry.what else { panic!("{entry:?}") };
            serde_json::to_value(&signed.statement).expect("json")["kind"].as_str().expect("a kind").to_owned()
        })
        .collect();
    let expected =
        "keys adopted eligibility cosigned cosigned closed mixed listed handed-over released dead".split(' ');
    assert_eq!(kinds, expected.collect::<Vec<_>>());
    assert!(journal.iter().all(|entry| entry.day == "2026-06-01"));
}

#[test]
fn a_box_lives_through_a_restart_after_every_answer() {
    let mut trial = Trial::new();
    trial.restless.set(true);
    life(&mut trial);
}

#[test]
fn asked_again_an_agent_says_the_same() {
    let mut trial = Trial::new();
    life(&mut trial);
    let record = trial.record.take();
    let mut seen = 0;
    for (side, request, said) in record {
        let changes = matches!(
            said.statement.said,
            Said::Refused { .. }
                | Said::HandedOver { .. }
                | Said::Ledger { .. }
                | Said::Evaluated { .. }
                | Said::Enrolled { .. }
        );
        if !changes {
            assert_eq!(trial.agents.get(side).answer(&request).expect("an answer"), Answer::Now(said));
            seen += 1;
        }
    }
    assert!(seen >= 2 * 10, "{seen}");
}

#[test]
fn a_manifest_names_the_pinned_keys_and_this_agents() {
    let trial = Trial::new();
    assert_eq!(
        trial.refused(Side::Bench, Asked::Cosign { size: 0, root: Digest([0; 32]), leaves: vec![] }),
        Some(AgentRefusal::UnknownBox)
    );
    let good = trial.manifest();
    let foreign = Some(AgentRefusal::ForeignManifest);
    let change = |change: &dyn Fn(&mut hengping_domain::manifest::Manifest)| {
        let mut manifest = good.clone();
        change(&mut manifest);
        trial.refused(Side::Bench, trial.adopt(&manifest))
    };
    let other = Bytes([9; 32]);
    assert_eq!(change(&|m| m.platform = other), foreign);
    assert_eq!(change(&|m| m.relay.receipt = other), foreign);
    assert_eq!(change(&|m| m.bar.signing = other), foreign);
    assert_eq!(change(&|m| m.bar.agent = other), foreign);
    assert_eq!(change(&|m| m.bench.issuer = m.bar.issuer), foreign, "not the key this agent made");
    assert_eq!(change(&|m| m.bar.mix = m.bench.mix), foreign, "one side's key under both names");
    assert_eq!(change(&|m| m.v = 1), foreign);
    assert_eq!(change(&|m| m.id = other_box()), foreign);
    let mut signatures = trial.signatures(&good);
    signatures.pop();
    let one_signature = Asked::Manifest { manifest: Box::new(good.clone()), signatures };
    assert_eq!(trial.refused(Side::Bench, one_signature), foreign);
    assert_eq!(change(&|_| ()), None);
    assert_eq!(change(&|m| m.front_end = Digest([9; 32])), foreign, "one manifest for a box");
    let mut signatures = trial.signatures(&good);
    signatures.reverse();
    let again = Asked::Manifest { manifest: Box::new(good.clone()), signatures };
    assert_eq!(trial.refused(Side::Bench, again), None, "the same one, signatures in another order");
}

#[test]
fn the_officers_see_first_what_they_asked_to_see() {
    let trial = Trial::with(hengping_agent::config::Settings::default());
    let manifest = trial.manifest();
    let agent = trial.agents.bench.clone();
    let refused = trial.refused(Side::Bench, {
        let mut foreign = manifest.clone();
        foreign.platform = Bytes([9; 32]);
        trial.adopt(&foreign)
    });
    assert_eq!(refused, Some(AgentRefusal::ForeignManifest), "what would be refused is not shown to them");
    assert_eq!(trial.ask(Side::Bench, trial.adopt(&manifest)), Answer::Later);
    assert_eq!(trial.ask(Side::Bench, trial.adopt(&manifest)), Answer::Later);
    let pending = agent.pending().expect("pending");
    assert_eq!(pending.len(), 1);
    assert!(pending[0].zh.contains("2026-12-31") && pending[0].en.contains("2026-12-31"));
    let unknown = agent.approve(Digest([1; 32])).expect_err("nothing waits under this name");
    assert_eq!(unknown.code(), "not-pending");
    agent.approve(pending[0].digest).expect("approved");
    assert!(agent.pending().expect("pending").is_empty());
    assert!(matches!(trial.said(Side::Bench, trial.adopt(&manifest)), Said::Adopted { .. }));
    // An approval is the side's own: copied into the other agent's store it is none.
    assert_eq!(trial.ask(Side::Bar, trial.adopt(&manifest)), Answer::Later);
    trial.restless.set(true);
    let bar = trial.again(Side::Bar);
    bar.approve(bar.pending().expect("pending")[0].digest).expect("approved");
    assert!(matches!(trial.said(Side::Bar, trial.adopt(&manifest)), Said::Adopted { .. }), "by another process");
}

#[test]
fn a_death_that_was_interrupted_is_finished_at_the_next_start() {
    let mut trial = Trial::new();
    trial.begin(1, 1);
    trial.close(&[], 0);
    // Something in the way of clearing what was laid out for the officers.
    let dir = trial.agent_dir(Side::Bar).join("hand-over");
    std::fs::create_dir_all(&dir).expect("a directory");
    let in_the_way = dir.join(trial.manifest().id.to_string());
    std::fs::write(&in_the_way, b"").expect("written");
    let request = trial.signed(trial.manifest().id, Asked::Death);
    let state = |agent: &hengping_agent::Agent| agent.boxes().expect("boxes")[0].1.clone();
    let agent = &trial.agents.bar;
    assert_eq!(agent.answer(&request).map_err(|error| error.code()), Err("file-failed"));
    assert_eq!(state(agent), "dying", "the secrets are gone already");
    assert_eq!(trial.refused(Side::Bar, Asked::Ledger), Some(AgentRefusal::BoxDead));
    assert_eq!(agent.answer(&request).map_err(|error| error.code()), Err("file-failed"));
    std::fs::remove_file(&in_the_way).expect("removed");
    let agent = trial.again(Side::Bar);
    assert_eq!(state(&agent), "dead");
    assert!(matches!(trial.said(Side::Bar, Asked::Death), Said::Dead { .. }));
}
