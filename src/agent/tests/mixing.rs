//! A side that drops, doubles, puts in or spoils is seen in counts and in what was refused.

use std::collections::BTreeMap;

use hengping_agent::Answer;
use hengping_attack::Proof;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::Side;
use hengping_domain::manifest::PerSide;
use hengping_domain::mix::{self, Mixing, tolerated};
use hengping_domain::request::Asked;
use hengping_domain::statement::{AgentRefusal, Said, Signed};
use hengping_domain::token::poprf::IssuerKey;
use hengping_domain::token::{Token, counted_hash};
use hengping_domain::{layer, opening};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::against::Against;
use crate::harness::{Closed, id, other_box, rubric, small};
use crate::raters::{Rater, ballot};

const MISMATCH: Option<AgentRefusal> = Some(AgentRefusal::ListMismatch);

fn list_of(items: &[Vec<u8>]) -> Vec<u8> {
    mix::write_list(items)
}

/// A closed box of `raters * 2` ballots whose bench is not honest, its own shuffle done.
struct EvilBench {
    against: Against,
    input: Digest,
    /// What an honest bench would hand on.
    inner: Vec<Vec<u8>>,
    outer: Vec<Digest>,
}

impl EvilBench {
    fn new(raters: u8) -> Self {
        let against = Against::new(Side::Bar, raters, 2);
        let casts: Vec<_> = (0..raters).flat_map(|rater| against.casts(rater)).collect();
        against.close(&casts);
        let posted: Vec<_> = casts.iter().map(|cast| &cast.posted).collect();
        let list = mix::write_list(&posted);
        let mut outer: Vec<_> = posted.iter().map(|posted| posted.hash()).collect();
        outer.sort();
        let id = id();
        let mut mixing = Mixing::new(&id, Side::Bench, &against.secrets.mix, 1);
        mixing.part(&mix::read_list(&list, layer::POSTED_LEN).expect("a list"), &|_| ()).expect("mixed");
        let inner = mixing.end().output;
        Self { against, input: Digest::of(&[&list]), inner, outer }
    }

    /// What the bench hands on and says, and the bar's answer.
    fn hands_on(&self, inner: &[Vec<u8>], taken: usize, refused: &[Digest]) -> (Signed, Signed) {
        let list = list_of(inner);
        let output = self.against.put(&list);
        let (taken, passed, mut refused) = (small(taken), small(inner.len()), refused.to_vec());
        refused.sort();
        let said = Said::Mixed { input: self.input, taken, output, passed, refused };
        let bench = self.against.evil_says(said);
        let after = Some(Box::new(bench.clone()));
        let bar = self.against.ask(Asked::Mix { input: output, after });
        (bench, bar)
    }
}

fn code(signed: &Signed) -> Option<AgentRefusal> {
    match signed.statement.said {
        Said::Refused { code, .. } => Some(code),
        _ => None,
    }
}

#[test]
fn a_bench_that_drops_or_puts_in_is_refused_or_has_said_so() {
    let evil = EvilBench::new(3);
    let all = evil.inner.len();
    let (dropped, mut more) = (&evil.inner[1..], evil.inner.clone());
    more.push(evil.inner[0].clone());
    let stranger = [Digest::of(&[b"never posted"])];
    let none = [].as_slice();
    let lies = [
        ("dropped without a word", dropped, all, none),
        ("as if fewer had come in", dropped, all - 1, none),
        ("one more without a word", &more, all, none),
        ("as if more had come in", &more, all + 1, none),
        ("refused what never came in", dropped, all, &stranger),
    ];
    let said = lies.map(|(what, inner, taken, refused)| (what, code(&evil.hands_on(inner, taken, refused).1)));
    let unseen: Vec<_> = said.iter().filter(|(_, said)| *said != MISMATCH).collect();
    // Whoever believes a signed word that adds up, and looks neither into the list nor at the count before, takes these.
    let adds_up =
        |(_, inner, taken, refused): &&(&str, &[Vec<u8>], usize, &[Digest])| *taken == inner.len() + refused.len();
    assert_eq!(unseen, Vec::<&(&str, Option<AgentRefusal>)>::new());
    Proof {
        name: "6 drops and additions of a shuffle that the other side takes".into(),
        tries: lies.len() as u64,
        found: unseen.len() as f64,
        limit: 0.0,
        control: lies.iter().filter(adds_up).count() as f64,
        control_at_least: 3.0,
    }
    .hold();
    let missing = Asked::Mix { input: Digest::of(&[b"x"]), after: None };
    assert_eq!(evil.against.refused(missing), Some(AgentRefusal::OtherSideMissing));

    let (bench, bar) = evil.hands_on(dropped, all, &evil.outer[..1]);
    let Said::Mixed { taken, passed, ref refused, .. } = bar.statement.said else { panic!("{bar:?}") };
    assert_eq!((taken, passed, refused.len()), (5, 5, 0), "dropped and said so: the count is one lower");
    let mixed = Box::new(evil.against.pair(bar.clone(), bench));
    let list = Asked::List { mixed, audited: false };
    assert!(matches!(evil.against.said(list), Said::Listed { count: 5, .. }));
    // The bar shuffles once: what comes out of a second list, one item shorter, would name that item.
    assert_eq!(code(&evil.hands_on(&evil.inner[2..], all, &evil.outer[..2]).1), MISMATCH);
}

#[test]
fn a_bench_that_doubles_or_spoils_is_seen_in_what_the_bar_refused() {
    let evil = EvilBench::new(3);
    let mut inner = evil.inner.clone();
    inner[1] = inner[0].clone();
    inner[2] = vec![7; layer::len(Side::Bar)];
    let spoilt = Digest::of(&[&inner[2]]);
    let doubled = Digest::of(&[&inner[0]]);
    let (_, bar) = evil.hands_on(&inner, 6, &[]);
    let Said::Mixed { taken, passed, refused, .. } = bar.statement.said else { panic!("{bar:?}") };
    assert_eq!((taken, passed, refused.len()), (6, 4, 2));
    let seen = [spoilt, doubled].iter().filter(|hash| refused.contains(hash)).count();
    Proof {
        name: "6 doubled or spoilt items that no hash is published of".into(),
        tries: 2,
        found: 2.0 - seen as f64,
        limit: 0.0,
        // What a shuffle that passes everything on would hand on unseen.
        control: f64::from(taken - passed),
        control_at_least: 2.0,
    }
    .hold();
}

#[test]
fn a_ballot_put_in_place_of_another_is_invalid_at_the_opening() {
    let evil = EvilBench::new(2);
    let against = &evil.against;
    let manifest = &against.manifest;
    // Sealed as anybody can, with slip and nym as the bench alone can make them.
    let mut rng = ChaCha20Rng::from_seed([5; 32]);
    let alone = PerSide { bench: against.evil_issuer(), bar: against.evil_issuer() };
    let entry = &Rater::new(0, 2).entries[0];
    let slip = Token::mint(Bytes([1; 32]), &alone, &entry.slip_info(&id(), manifest.rubric).to_string());
    let nym = Token::mint(Bytes([2; 32]), &alone, &entry.nym_info(&id()).to_string());
    let ballot = ballot(manifest, entry, (slip.expect("a slip"), nym.expect("a nym")), 1, 1);
    let locks = manifest.each(|keys| keys.opening);
    let body = ballot.to_body().expect("fits");
    let own = Envelope::seal(&id(), &body, &locks.bench, &locks.bar, &mut rng).expect("sealed");
    let wrapped = layer::wrap(&id(), Side::Bar, &manifest.bar.mix, own.as_bytes(), &mut rng).expect("wrapped");
    let mut inner = evil.inner.clone();
    inner[0] = wrapped;
    let (bench, bar) = evil.hands_on(&inner, 4, &[]);
    let Said::Mixed { passed, output, ref refused, .. } = bar.statement.said else { panic!("{bar:?}") };
    assert!(passed == 4 && refused.is_empty(), "counts do not show a swap");
    let ours = against.ask(Asked::List { mixed: Box::new(against.pair(bar, bench)), audited: false });
    let theirs = against.evil_says(ours.statement.said.clone());
    let said = against.said(Asked::Shares { listed: Box::new(against.pair(ours, theirs)) });
    let Said::HandedOver { shares, .. } = said else { panic!("{said:?}") };
    let shares = against.agent.files().read(shares).expect("shares");
    let list = opening::read_list(&against.agent.files().read(output).expect("a list")).expect("a list");
    let of_bench = opening::write_shares(&list, &id(), Side::Bench, &against.secrets.opening, |_| ());
    let of_bench = opening::read_shares(&of_bench, &list, Side::Bench).expect("shares").shares;
    let of_bar = opening::read_shares(&shares[32..], &list, Side::Bar).expect("shares").shares;
    let of_the_bar = IssuerKey::from_secret(&Bytes(shares[..32].try_into().expect("32 bytes"))).expect("a key");
    let issuers = PerSide { bench: against.evil_issuer(), bar: of_the_bar };
    let rubrics = BTreeMap::from([rubric()]);
    let open = |at: usize| {
        let body = list[at].open(&id(), &of_bench[at], &of_bar[at]).ok()?;
        opening::check(&id(), &body, &issuers, &rubrics)
    };
    let opened = opening::admit((0..4).map(open).collect(), 0);
    assert_eq!((opened.counts.valid, opened.counts.invalid), (3, 1));
    // And the rater whose ballot is gone does not find it in the counted list.
    let device = |rater| Rater::new(rater, 2);
    let slips = (0..2).flat_map(|rater| {
        device(rater).entries.into_iter().map(move |entry| device(rater).seed.slip(&entry.invitation))
    });
    let missing = slips.filter(|slip| !opened.counted.contains(&counted_hash(slip))).count();
    Proof {
        name: "6 swaps that their rater does not see in the counted list".into(),
        tries: 1,
        found: 1.0 - missing as f64,
        limit: 0.0,
        // Counts alone show none: as many went on as came in.
        control: f64::from(passed) - 3.0,
        control_at_least: 1.0,
    }
    .hold();
}

/// An honest bench and a bar that says of its shuffle what it likes.
fn evil_bar(raters: u8, said: impl Fn(Digest, u32, &[Digest]) -> Said) -> (Against, Signed, Signed) {
    let against = Against::new(Side::Bench, raters, 2);
    let casts: Vec<_> = (0..raters).flat_map(|rater| against.casts(rater)).collect();
    against.close(&casts);
    let posted: Vec<_> = casts.iter().map(|cast| &cast.posted).collect();
    let input = against.put(&mix::write_list(&posted));
    let bench = against.ask(Asked::Mix { input, after: None });
    let Said::Mixed { output, passed, .. } = bench.statement.said else { panic!("{bench:?}") };
    let list = against.agent.files().read(output).expect("a list");
    let hashes: Vec<_> = list.chunks_exact(layer::len(Side::Bar)).map(|item| Digest::of(&[item])).collect();
    let bar = against.evil_says(said(output, passed, &hashes));
    (against, bench, bar)
}

fn agree(case: &(Against, Signed, Signed), audited: bool) -> Option<AgentRefusal> {
    let (against, bench, bar) = case;
    against.refused(Asked::List { mixed: Box::new(against.pair(bench.clone(), bar.clone())), audited })
}

#[test]
fn a_bar_that_drops_puts_in_or_starts_elsewhere_is_refused() {
    let output = Digest::of(&[b"the bar's list"]);
    let elsewhere =
        evil_bar(2, |_, taken, _| Said::Mixed { input: output, taken, output, passed: taken, refused: vec![] });
    assert_eq!(agree(&elsewhere, false), MISMATCH, "another input");
    let dropped =
        evil_bar(2, |input, taken, _| Said::Mixed { input, taken, output, passed: taken - 1, refused: vec![] });
    assert_eq!(agree(&dropped, false), MISMATCH, "dropped without a word");
    let put_in =
        evil_bar(2, |input, taken, _| Said::Mixed { input, taken, output, passed: taken + 1, refused: vec![] });
    assert_eq!(agree(&put_in, false), MISMATCH, "one more without a word");
    let fewer = evil_bar(2, |input, taken, _| Said::Mixed {
        input,
        taken: taken - 1,
        output,
        passed: taken - 1,
        refused: vec![],
    });
    assert_eq!(agree(&fewer, false), MISMATCH, "as if fewer had come in");
    let other = evil_bar(2, |_, _, _| Said::Listed { list: output, count: 4 });
    assert_eq!(agree(&other, false), Some(AgentRefusal::OtherSideMissing));
}

#[test]
fn too_much_refused_waits_for_an_auditor() {
    let output = Digest::of(&[b"the bar's list"]);
    assert_eq!(tolerated(8), 3);
    let refusing = |count: usize| {
        evil_bar(4, move |input, taken, hashes| {
            let refused = hashes[..count].to_vec();
            Said::Mixed { input, taken, output, passed: taken - small(count), refused }
        })
    };
    assert_eq!(agree(&refusing(3), false), None);
    let four = refusing(4);
    assert_eq!(agree(&four, false), Some(AgentRefusal::TooManyRefused));
    assert_eq!(agree(&four, true), None, "an auditor has looked");
    // The shares are for this list alone.
    let (against, ..) = &four;
    let own = |list, count| against.evil_says(Said::Listed { list, count });
    let listed = |list| {
        let Said::Listed { list: agreed, count } =
            against.said(Asked::List { mixed: Box::new(against.pair(four.1.clone(), four.2.clone())), audited: true })
        else {
            panic!()
        };
        assert_eq!((agreed, count), (output, 4));
        let ours =
            against.ask(Asked::List { mixed: Box::new(against.pair(four.1.clone(), four.2.clone())), audited: true });
        against.refused(Asked::Shares { listed: Box::new(against.pair(ours, own(list, 4))) })
    };
    assert_eq!(listed(Digest::of(&[b"another list"])), MISMATCH);
    assert_eq!(listed(output), MISMATCH, "the list itself was never handed in");
}

#[test]
fn others_are_answered_while_a_list_is_shuffled() {
    let closed = Closed::new(2);
    let (trial, agent) = (&closed.trial, &closed.trial.agents.bench);
    let list = mix::write_list(&closed.posted());
    let input = Digest::of(&[&list]);
    // The shuffle waits in its work until somebody writes into the pipe.
    let pipe = agent.files().path(input);
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let request = trial.signed(id(), Asked::Mix { input, after: None });
    let mixed = std::thread::scope(|scope| {
        let mixing = scope.spawn(|| agent.answer(&request).expect("an answer"));
        while agent.work().is_empty() {
            std::thread::yield_now();
        }
        assert!(matches!(trial.said(Side::Bench, Asked::Ledger), Said::Ledger { stamps: 4, .. }));
        let other = trial.ask_of(other_box(), Side::Bench, Asked::Keys);
        assert_eq!(other.refusal(), None, "another box");
        assert_eq!(agent.answer(&request).expect("an answer"), Answer::Later, "the same again");
        assert_eq!(agent.work().len(), 1);
        std::fs::write(&pipe, &list).expect("written");
        mixing.join().expect("mixed")
    });
    let Answer::Now(mixed) = mixed else { panic!("later") };
    assert!(matches!(mixed.statement.said, Said::Mixed { taken: 4, passed: 4, .. }));
    assert!(agent.work().is_empty());
}
