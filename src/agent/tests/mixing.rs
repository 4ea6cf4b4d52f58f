//! A side that drops, doubles, puts in or spoils is seen in counts and in what was refused.

use hengping_domain::digest::Digest;
use hengping_domain::envelope::ENVELOPE_LEN;
use hengping_domain::ids::Side;
use hengping_domain::layer;
use hengping_domain::mix::{self, Mixed, tolerated};
use hengping_domain::request::Asked;
use hengping_domain::statement::{AgentRefusal, Said, Signed};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::against::Against;
use crate::harness::{Trial, id, small};

const MISMATCH: Option<AgentRefusal> = Some(AgentRefusal::ListMismatch);

fn list_of(items: &[Vec<u8>]) -> Vec<u8> {
    mix::write_list(items)
}

fn items(list: &[u8], len: usize) -> Vec<Vec<u8>> {
    list.chunks_exact(len).map(<[u8]>::to_vec).collect()
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
        let Mixed { output, .. } =
            mix::mix(&id(), Side::Bench, &against.secrets.mix, &list, 1, &|_| ()).expect("mixed");
        let inner = items(&output, layer::len(Side::Bar));
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
    assert_eq!(code(&evil.hands_on(dropped, all, &[]).1), MISMATCH, "dropped without a word");
    assert_eq!(code(&evil.hands_on(dropped, all - 1, &[]).1), MISMATCH, "as if fewer had come in");
    assert_eq!(code(&evil.hands_on(&more, all, &[]).1), MISMATCH, "one more without a word");
    assert_eq!(code(&evil.hands_on(&more, all + 1, &[]).1), MISMATCH, "as if more had come in");
    let stranger = Digest::of(&[b"never posted"]);
    assert_eq!(code(&evil.hands_on(dropped, all, &[stranger]).1), MISMATCH, "refused what never came in");
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
    assert!(refused.contains(&spoilt) && refused.contains(&doubled));
}

#[test]
fn a_ballot_put_in_place_of_another_gets_no_further_than_the_opening() {
    let evil = EvilBench::new(2);
    let against = &evil.against;
    // Sealed as anybody can; without the bar's tag it has neither slip nor nym.
    let mut rng = ChaCha20Rng::from_seed([5; 32]);
    let locks = against.manifest.each(|keys| keys.opening);
    let body = [0; 2048];
    let own =
        hengping_domain::envelope::Envelope::seal(&id(), &body, &locks.bench, &locks.bar, &mut rng).expect("sealed");
    let wrapped = layer::wrap(&id(), Side::Bar, &against.manifest.bar.mix, own.as_bytes(), &mut rng).expect("wrapped");
    let mut inner = evil.inner.clone();
    inner[0] = wrapped;
    let (_, bar) = evil.hands_on(&inner, 4, &[]);
    let Said::Mixed { passed: 4, output, .. } = bar.statement.said else { panic!("{bar:?}") };
    let list = against.agent.files().read(output).expect("a list");
    assert!(list.chunks_exact(ENVELOPE_LEN).any(|item| item == own.as_bytes()), "counts do not show a swap");
    assert!(hengping_domain::ballot::Ballot::from_body(&body).is_err(), "the opening does");
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
fn tokens_are_answered_while_a_list_is_shuffled() {
    let (trial, raters) = Trial::with_raters(6, 60);
    let manifest = trial.manifest();
    let mut casts = Vec::new();
    for rater in &raters {
        let tokens = trial.fetch(rater);
        casts.extend((0..60).map(|at| rater.cast(&manifest, &tokens, at, 1, 4)));
    }
    let mut log = Vec::new();
    trial.batch(1, &casts.iter().collect::<Vec<_>>(), &mut log);
    trial.close(&log, small(casts.len()));
    let posted: Vec<_> = casts.iter().map(|cast| &cast.posted).collect();
    let input = trial.put(Side::Bench, &mix::write_list(&posted));
    let request = trial.signed(id(), Asked::Mix { input, after: None });
    let ledger = trial.signed(id(), Asked::Ledger);
    let agent = &trial.agents.bench;
    std::thread::scope(|scope| {
        let mixing = scope.spawn(|| agent.answer(&request).expect("an answer"));
        while agent.work().iter().all(|work| work.done == 0) && !mixing.is_finished() {
            std::thread::yield_now();
        }
        let work = agent.work();
        assert!(work.len() == 1 && work[0].of == 360, "the shuffle is under way: {work:?}");
        assert_eq!(agent.answer(&ledger).expect("an answer").refusal(), None);
        let meanwhile = agent.answer(&request).expect("an answer");
        assert!(agent.work().is_empty() || meanwhile == hengping_agent::Answer::Later);
        assert!(!agent.work().is_empty(), "both were answered before it was done");
        let hengping_agent::Answer::Now(mixed) = mixing.join().expect("mixed") else { panic!("later") };
        assert!(matches!(mixed.statement.said, Said::Mixed { taken: 360, passed: 360, .. }));
    });
    assert!(agent.work().is_empty());
}
