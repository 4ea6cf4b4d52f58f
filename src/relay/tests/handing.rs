//! What the platform gets: sorted, signed batches, each cast in one of them, whatever goes wrong in between.

use std::process::Command;

use hengping_domain::cast::Cast;
use hengping_domain::digest::Digest;
use hengping_relay::{Delivered, MOST_IN_BATCH};

use crate::world::{World, bar, bench, cast, send};

fn many(count: u32) -> Vec<Cast> {
    (0..count).map(|rater| cast(&bar(), rater, 1)).collect()
}

fn leaves<'a>(casts: impl IntoIterator<Item = &'a Cast>) -> Vec<Digest> {
    let mut leaves: Vec<_> = casts.into_iter().map(Cast::leaf).collect();
    leaves.sort_unstable();
    leaves
}

#[test]
fn a_batch_is_sorted_and_too_few_wait_until_the_box_closes() {
    let world = World::new();
    let casts = many(19);
    world.post_all(&casts);
    let hand_over = |closing| world.relay().hand_over(&bar(), 20, closing).unwrap().batches;
    assert_eq!(hand_over(false), []);
    assert!(world.ledger().batches.is_empty());
    assert_eq!(hand_over(true), [Delivered { batch: 1, casts: 19, taken: 19 }]);
    assert_eq!(hand_over(true), [], "nothing waits");
    assert_eq!(world.relay().hand_over(&bench(), 1, false).unwrap().batches, [], "a box nobody cast into");
    let ledger = world.ledger();
    assert!(ledger.casts().map(Cast::leaf).eq(leaves(&casts)), "in the order of leaves");
}

#[test]
fn after_a_hand_over_the_same_bytes_get_the_same_receipt_and_a_higher_number_goes_on() {
    let mut world = World::new();
    let casts = many(3);
    let receipts: Vec<_> = casts.iter().map(|cast| world.post(cast).unwrap()).collect();
    world.relay().hand_over(&bar(), 1, false).unwrap();
    for round in 0..2 {
        for (cast, receipt) in casts.iter().zip(&receipts) {
            assert_eq!(world.post(cast).as_ref(), Ok(receipt), "round {round}");
        }
        world.restart();
    }
    assert_eq!(world.relay().hand_over(&bar(), 1, false).unwrap().batches, [], "asking again stores nothing");
    let higher = cast(&bar(), 1, 2);
    world.post(&higher).unwrap();
    assert!(world.post(&casts[1]).is_err());
    world.relay().hand_over(&bar(), 1, false).unwrap();
    assert_eq!(world.ledger().batches[1].2, [higher]);
}

#[test]
fn the_spool_survives_a_stop_and_its_last_word_counts() {
    let mut world = World::new();
    let mut casts = many(30);
    world.post_all(&casts);
    casts[4] = cast(&bar(), 4, 5);
    world.post(&casts[4]).unwrap();
    world.restart();
    world.post_all(&casts);
    world.relay().hand_over(&bar(), 20, false).unwrap();
    assert_eq!(leaves(world.ledger().casts()), leaves(&casts));
}

#[test]
fn an_answer_that_was_lost_does_not_bring_a_cast_twice() {
    let mut world = World::new();
    world.post_all(&many(5));
    world.ledger().loses_an_answer = true;
    let error = world.relay().hand_over(&bar(), 1, false).unwrap_err();
    assert_eq!(error.code(), "platform-unreachable");
    // Meanwhile one is replaced, others come, and the process ends.
    let more = [cast(&bar(), 0, 2), cast(&bar(), 7, 1)];
    world.post_all(&more);
    world.restart();
    let batches = world.relay().hand_over(&bar(), 1, false).unwrap().batches;
    let expected = [Delivered { batch: 1, casts: 5, taken: 5 }, Delivered { batch: 2, casts: 2, taken: 2 }];
    assert_eq!(batches, expected);
    assert_eq!(leaves(&world.ledger().batches[1].2), leaves(&more));
    assert_eq!(world.ledger().batches.len(), 2);
}

#[test]
fn a_batch_that_is_refused_waits_and_one_that_is_not_answered_stays_as_it_is() {
    let world = World::new();
    world.post_all(&many(4));
    world.ledger().refuses = Some("box-state");
    let error = world.relay().hand_over(&bar(), 1, false).unwrap_err();
    assert_eq!(error.code(), "batch-not-taken");
    assert!(error.to_string().contains("box-state"));
    world.ledger().refuses = None;
    world.ledger().down = true;
    assert_eq!(world.relay().hand_over(&bar(), 1, true).unwrap_err().code(), "platform-unreachable");
    world.ledger().down = false;
    world.post(&cast(&bar(), 9, 1)).unwrap();
    let batches = world.relay().hand_over(&bar(), 1, false).unwrap().batches;
    assert_eq!(batches.iter().map(|batch| batch.casts).collect::<Vec<_>>(), [4, 1]);
}

#[test]
fn a_large_hand_over_goes_in_equal_parts() {
    let world = World::new();
    let most = u32::try_from(MOST_IN_BATCH).unwrap();
    let casts = many(most + 1);
    world.post_all(&casts);
    let batches = world.relay().hand_over(&bar(), 20, false).unwrap().batches;
    assert_eq!(batches.iter().map(|batch| batch.casts).collect::<Vec<_>>(), [most / 2 + 1, most / 2]);
    assert_eq!(leaves(world.ledger().casts()), leaves(&casts));
}

#[test]
fn what_comes_while_a_resumed_hand_over_goes_on_waits_for_the_next() {
    let mut world = World::new();
    let most = u32::try_from(MOST_IN_BATCH).unwrap();
    world.post_all(&many(25));
    world.ledger().loses_an_answer = true;
    world.relay().hand_over(&bar(), 20, false).unwrap_err();
    world.restart();
    // With the batch on its way these are more than one batch holds, without it they are not.
    world.post_all(&(100..100 + most - 10).map(|rater| cast(&bar(), rater, 1)).collect::<Vec<_>>());
    let url = world.url();
    world.ledger().meanwhile = Some(Box::new(move || {
        for rater in 10_000..10_003 {
            let body = serde_json::to_value(cast(&bar(), rater, 1).body()).unwrap();
            assert_eq!(send(&url, &body, &[]).0, 200);
        }
    }));
    let batches = world.relay().hand_over(&bar(), 20, false).unwrap().batches;
    assert_eq!(batches.iter().map(|batch| batch.casts).collect::<Vec<_>>(), [25, most - 10]);
    assert_eq!(world.relay().hand_over(&bar(), 20, false).unwrap().batches, [], "three wait on");
    assert_eq!(world.relay().hand_over(&bar(), 20, true).unwrap().batches[0].casts, 3);
}

#[test]
fn boxes_do_not_mix_and_a_closed_one_is_forgotten() {
    let world = World::new();
    let (first, other) = (cast(&bar(), 1, 1), cast(&bench(), 1, 1));
    world.post_all(&[first.clone(), other.clone()]);
    world.ledger().boxes.insert(bar().to_string(), ("closed".to_owned(), "2026-12-31".to_owned()));
    world.relay().hand_over(&bar(), 20, true).unwrap();
    assert_eq!(world.ledger().batches[0].2, std::slice::from_ref(&first));
    assert!(world.post(&first).is_err(), "late, and it does not say that it was there");
    world.relay().hand_over(&bench(), 1, false).unwrap();
    assert_eq!(world.ledger().batches[1].2, [other]);
}

/// Bytes of each file below the spool's generations, by name without the generation.
fn spooled(world: &World) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(world.dir.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_dir())
    {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            found.push((entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()));
        }
    }
    found.sort();
    found
}

#[test]
fn of_a_closed_box_nothing_is_left_on_the_disk() {
    let mut world = World::new();
    let empty = spooled(&world);
    assert_eq!(empty.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["casts", "handed"]);
    world.post_all(&many(5));
    world.relay().hand_over(&bar(), 1, false).unwrap();
    // Two come late, and their batch is on its way when the box closes.
    world.post_all(&[cast(&bar(), 3, 2), cast(&bar(), 8, 1)]);
    world.ledger().down = true;
    world.relay().hand_over(&bar(), 1, false).unwrap_err();
    world.ledger().down = false;
    let kept = spooled(&world);
    assert_eq!(kept.len(), 3, "the control: a batch, casts and what was handed over: {kept:?}");
    assert!(kept.iter().zip(&empty).all(|(kept, empty)| kept.1 > empty.1));
    let key = || std::fs::read(world.dir.path().join("spool.key")).unwrap();
    let before = key();

    // Another platform, or one that lost its memory, is no close: what waits stays.
    let open = world.ledger().boxes.remove(&bar().to_string()).unwrap();
    world.ledger().refuses = Some("not-found");
    world.relay().hand_over(&bar(), 1, true).unwrap_err();
    assert!(spooled(&world).iter().any(|(name, length)| name == "casts" && *length > 0));

    world.ledger().boxes.insert(bar().to_string(), ("closed".to_owned(), open.1));
    world.ledger().refuses = Some("box-state");
    let done = world.relay().hand_over(&bar(), 20, true).unwrap();
    assert_eq!((done.batches.len(), done.discarded), (0, 2), "they came too late, and that is said");
    assert_eq!(spooled(&world), empty);
    assert_ne!(key(), before, "and the key under which they lay is gone");
    world.restart();
    assert_eq!(spooled(&world), empty);
    assert_eq!(world.relay().hand_over(&bar(), 20, true).unwrap().discarded, 0);
}

#[test]
fn a_box_takes_casts_again_when_something_failed_at_the_end_of_its_last_hand_over() {
    let world = World::new();
    let state = |word: &str| {
        world.ledger().boxes.insert(bar().to_string(), (word.to_owned(), "2026-12-31".to_owned()));
    };
    world.post(&cast(&bar(), 1, 1)).unwrap();
    world.relay().hand_over(&bar(), 1, false).unwrap();
    // The platform says for a moment that the box is closed, and the spool cannot be written anew without it.
    state("closed");
    let in_the_way = world.dir.path().join("spool.next");
    std::fs::create_dir(&in_the_way).unwrap();
    assert_eq!(world.relay().hand_over(&bar(), 20, true).unwrap_err().code(), "relay-file");
    std::fs::remove_dir(&in_the_way).unwrap();
    state("open");
    world.clock.advance(std::time::Duration::from_secs(61));
    world.post(&cast(&bar(), 2, 1)).unwrap();
}

#[test]
fn nothing_of_a_cast_lies_in_the_clear() {
    let world = World::new();
    let casts = many(40);
    world.post_all(&casts);
    world.relay().hand_over(&bar(), 20, false).unwrap();
    let casts: Vec<_> = (100..140).map(|rater| cast(&bar(), rater, 1)).collect();
    world.post_all(&casts);
    let mut waiting = vec![world.dir.path().to_owned()];
    let mut bytes = Vec::new();
    while let Some(path) = waiting.pop() {
        match std::fs::read_dir(&path) {
            Ok(entries) => waiting.extend(entries.map(|entry| entry.unwrap().path())),
            Err(_) => bytes.extend(std::fs::read(&path).unwrap_or_default()),
        }
    }
    assert!(bytes.len() > 40 * 7_000);
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    for cast in casts.iter().chain(&many(3)) {
        assert!(!holds(&cast.stamp.nonce.0) && !holds(&cast.envelope.as_bytes()[100..116]));
        assert!(!holds(cast.leaf().to_string().as_bytes()));
    }
    // The control: whoever has the key finds them all.
    let found = hengping_relay::spool::Spool::in_file_order(world.dir.path()).unwrap();
    assert_eq!(leaves(&found), leaves(&casts));
}

fn program(world: &World, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_hengping-relay"))
        .args(["hand-over", "--dir", &world.dir.path().display().to_string()])
        .args(arguments)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn the_command_asks_the_relay_that_runs_and_works_on_the_spool_when_none_does() {
    let mut world = World::new();
    world.post_all(&many(3));
    for asked in [&[][..], &["--least", "1"]] {
        let (done, said) = program(&world, asked);
        assert!(done && said.contains("too few"), "a batch of a few says who cast when: {said}");
    }
    world.ledger().down = true;
    let (done, said) = program(&world, &["--closing"]);
    assert!(!done && said.contains("[platform-unreachable]"), "{said}");
    world.ledger().down = false;
    let (done, said) = program(&world, &["--closing", "--box", "2026.bar_rates_bench"]);
    assert!(done && said.contains("batch 1 casts 3 taken 3"), "{said}");
    world.post(&cast(&bench(), 1, 1)).unwrap();
    drop(world.relay.take());
    let (done, said) = program(&world, &["--closing"]);
    assert!(!done && said.contains("[platform-unnamed]"), "{said}");
    let (done, said) = program(&world, &["--closing", "--platform", &world.platform.url()]);
    assert!(done && said.contains("batch 2 casts 1 taken 1"), "{said}");
    world.start();
    assert_eq!(world.relay().hand_over(&bench(), 1, true).unwrap().batches, []);
}

#[test]
fn one_process_works_on_a_directory_and_keys_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut world = World::new();
    let start = |world: &World| {
        let entropy = std::sync::Arc::new(hengping_ports::SeededEntropy::new(3));
        hengping_relay::start(&world.settings, world.clock.clone(), entropy).map(drop).unwrap_err().code().to_owned()
    };
    assert_eq!(start(&world), "relay-in-use");
    drop(world.relay.take());
    for name in ["receipt.key", "spool.key"] {
        let path = world.dir.path().join(name);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(start(&world), "key-file-exposed", "{name}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let error = hengping_relay::keys::init(world.dir.path(), &hengping_ports::SystemEntropy).unwrap_err();
    assert_eq!(error.code(), "relay-exists");
}
