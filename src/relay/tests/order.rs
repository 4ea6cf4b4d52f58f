//! The order of arrival: in the open batch's file until it is handed over, and then nowhere.

use std::collections::BTreeMap;

use hengping_attack::Proof;
use hengping_domain::cast::Cast;
use hengping_relay::spool::Spool;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

use crate::world::{World, bar, bench, cast};

/// Kendall's tau-a between two orders of the same things.
fn tau(arrived: &[Cast], found: &[Cast]) -> f64 {
    let place: BTreeMap<_, _> = found.iter().enumerate().map(|(at, cast)| (cast.leaf(), at)).collect();
    let places: Vec<_> = arrived.iter().map(|cast| place[&cast.leaf()]).collect();
    let (mut agree, mut pairs) = (0_i64, 0_i64);
    for (i, one) in places.iter().enumerate() {
        for other in &places[i + 1..] {
            agree += if one < other { 1 } else { -1 };
            pairs += 1;
        }
    }
    agree as f64 / pairs as f64
}

/// Raters of both boxes in the order in which they come: shuffled, so that no name gives it away.
fn arrivals(count: u32, rng: &mut ChaCha20Rng) -> Vec<Cast> {
    let mut raters: Vec<u32> = (0..count).collect();
    for i in (1..raters.len()).rev() {
        raters.swap(i, rng.random_range(0..=i));
    }
    raters.into_iter().map(|rater| cast(&if rater % 2 == 0 { bar() } else { bench() }, rater, 1)).collect()
}

#[test]
fn the_order_of_arrival_is_gone_after_a_hand_over() {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let world = World::new();
    let arrived = arrivals(3_000, &mut rng);
    world.post_all(&arrived);
    let of = |casts: &[Cast], id| casts.iter().filter(|cast| cast.id == id).cloned().collect::<Vec<_>>();
    let (bar_arrived, bench_arrived) = (of(&arrived, bar()), of(&arrived, bench()));

    // The control: until then the file is what a naive one would be for ever.
    let naive = Spool::in_file_order(world.dir.path()).unwrap();
    let control = tau(&arrived, &naive);

    world.relay().hand_over(&bar(), 20, false).unwrap();
    let kept = Spool::in_file_order(world.dir.path()).unwrap();
    assert_eq!(kept.len(), bench_arrived.len(), "what was handed over is not in the file");
    let (file, batch) = (tau(&bench_arrived, &kept), tau(&bar_arrived, &world.ledger().batches[0].2));
    println!("Kendall tau: file {file:.3}, batch {batch:.3}, control {control:.3}");
    Proof {
        name: "2 relay: order of arrival in spool and batch, |tau|".into(),
        tries: arrived.len() as u64,
        found: file.abs().max(batch.abs()),
        limit: 0.05,
        control,
        control_at_least: 1.0,
    }
    .hold();
    let generations = std::fs::read_dir(world.dir.path()).unwrap();
    let names = generations.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    assert_eq!(names.filter(|name| name.starts_with("spool-")).count(), 1, "the old files are gone");
}
