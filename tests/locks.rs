//! What a thief with every key of one side opens: nothing, neither of the dump nor of the list that was shuffled.

use std::collections::BTreeSet;

use hengping_attack::Proof;
use hengping_domain::digest::Bytes;
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::Side;
use hengping_domain::keys::BoxSecrets;
use hengping_domain::layer::{self, Posted};
use hengping_domain::manifest::PerSide;

use crate::city::{self, bar_box, bench_box};
use crate::dump::table;
use crate::harness::{Backend, Trial};
use crate::story::{FEW, LAWYERS, backend, city, on, raters, sealed, storm};

/// What somebody with some sides' secrets makes of a posted item: the bodies that come out, by everything they can try.
fn tried(item: &Posted, secrets: &[(Side, &BoxSecrets)]) -> Vec<[u8; hengping_domain::ballot::BODY_LEN]> {
    let id = bar_box();
    let keys: Vec<_> = secrets.iter().flat_map(|(_, s)| [s.mix, s.opening, s.issuer]).collect();
    // Each layer with every key there is.
    let mut reached = vec![item.as_bytes().to_vec()];
    for side in [Side::Bench, Side::Bar] {
        let peel =
            |inner: &Vec<u8>| keys.iter().filter_map(|key| layer::peel(&id, side, key, inner).ok()).collect::<Vec<_>>();
        let further: Vec<_> = reached.iter().flat_map(peel).collect();
        reached.extend(further);
    }
    let envelopes = reached.into_iter().filter_map(|bytes| Envelope::from_bytes(bytes).ok());
    envelopes.flat_map(|envelope| opened(&envelope, secrets)).collect()
}

/// The bodies of an envelope that has no layer left: each lock with every key, and guesses in the other's place.
fn opened(envelope: &Envelope, secrets: &[(Side, &BoxSecrets)]) -> Vec<[u8; hengping_domain::ballot::BODY_LEN]> {
    let id = bar_box();
    let keys: Vec<_> = secrets.iter().flat_map(|(_, s)| [s.mix, s.opening, s.issuer]).collect();
    let shares = |side| keys.iter().filter_map(|key| envelope.share(&id, side, key).ok()).collect::<Vec<_>>();
    let known = PerSide { bench: shares(Side::Bench), bar: shares(Side::Bar) };
    let guesses = |side: Side| {
        let other = known.get(side.other()).iter().copied();
        known.get(side).iter().copied().chain(other).chain([Bytes([0; 32])]).chain(keys.clone()).collect::<Vec<_>>()
    };
    let (bench, bar) = (guesses(Side::Bench), guesses(Side::Bar));
    let pairs = bench.iter().flat_map(|a| bar.iter().map(move |b| (a, b)));
    pairs.filter_map(|(a, b)| envelope.open(&id, a, b).ok()).collect()
}

/// How many right bodies come out of the item at a place with some sides' secrets.
type Look<'l> = dyn Fn(usize, &[(Side, &BoxSecrets)]) -> usize + Sync + 'l;

fn one_sides_key_opens_nothing(trial: &Trial, lawyers: usize) {
    let city = city(trial, lawyers);
    let story = storm(&city, raters(&city, lawyers, |device| device.mint()), sealed);
    let id = bar_box();
    city::hand_over(&trial.site, &id, &story.casts);
    // The thief reads the items out of the dump.
    let stolen = table(trial, "sealed");
    let bytes = |hex: &&str| {
        let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
        (0..hex.len()).step_by(2).map(digit).collect::<Vec<u8>>()
    };
    let stolen: Vec<Posted> =
        stolen.column("envelope").iter().map(|cell| Posted::from_bytes(bytes(cell)).expect("one of ours")).collect();
    assert!(stolen.len() == story.ballots.len() && stolen.len() >= 19 * lawyers / 2, "{}", stolen.len());
    let bodies: BTreeSet<Vec<u8>> = story.ballots.iter().map(|b| b.to_body().expect("fits").to_vec()).collect();
    assert_eq!(bodies.len(), story.ballots.len());

    let manifest = &city.pinned(&id).manifest;
    let (bench, bar) =
        (trial.agents.secrets(Side::Bench, &manifest.bench), trial.agents.secrets(Side::Bar, &manifest.bar));
    let (of_bench, of_bar) = ((Side::Bench, &bench), (Side::Bar, &bar));
    let sets = [vec![], vec![of_bench], vec![of_bar], vec![of_bench, of_bar]];
    let found = |items: usize, look: &Look<'_>| {
        let count = |set: &Vec<(Side, &BoxSecrets)>| (0..items).map(|n| look(n, set)).sum::<usize>();
        std::thread::scope(|scope| {
            let count = &count;
            sets.each_ref().map(|set| scope.spawn(move || count(set))).map(|thread| thread.join().expect("no panic"))
        })
    };
    let right = |bodies_found: Vec<[u8; hengping_domain::ballot::BODY_LEN]>| {
        bodies_found.iter().filter(|body| bodies.contains(body.as_slice())).count()
    };
    let of_dump = found(stolen.len(), &|n, set| right(tried(&stolen[n], set)));
    // With no key, the bench's, the bar's; the control has both.
    let proof = |what: &str, found: [usize; 4]| {
        let proof = Proof {
            name: format!("1 {}: {what} with all keys of one side", backend(trial)),
            tries: 3 * stolen.len() as u64,
            found: (found[0] + found[1] + found[2]) as f64,
            limit: 0.0,
            control: found[3] as f64,
            control_at_least: stolen.len() as f64,
        };
        // The table has the line of the thousand.
        if lawyers == LAWYERS { proof.hold() } else { assert!(proof.holds(), "{proof:?}") }
    };
    proof("ballots opened from the dump", of_dump);

    // With the shuffles behind them the envelopes themselves lie there, and still each side opens its own lock alone.
    for id in [bar_box(), bench_box()] {
        city::close(&trial.site, &id).expect("closed");
    }
    let dir = tempfile::tempdir().expect("a directory");
    city.gather(&id, dir.path());
    let list = std::fs::read(dir.path().join("list.bin")).expect("a list");
    let list = hengping_domain::opening::read_list(&list).expect("a list");
    let of_list = found(list.len(), &|n, set| right(opened(&list[n], set)));
    proof("envelopes of the shuffled list opened", of_list);
}

#[test]
fn one_sides_key_opens_nothing_sqlite() {
    on(Backend::Sqlite, |trial| one_sides_key_opens_nothing(trial, FEW));
}

#[test]
fn one_sides_key_opens_nothing_postgres() {
    on(Backend::Postgres, |trial| one_sides_key_opens_nothing(trial, FEW));
}

#[test]
#[ignore = "a minute of CPU, which `make attack` spends"]
fn one_sides_key_opens_none_of_a_thousand_sqlite() {
    on(Backend::Sqlite, |trial| one_sides_key_opens_nothing(trial, LAWYERS));
}

#[test]
#[ignore = "a minute of CPU, which `make attack` spends"]
fn one_sides_key_opens_none_of_a_thousand_postgres() {
    on(Backend::Postgres, |trial| one_sides_key_opens_nothing(trial, LAWYERS));
}
