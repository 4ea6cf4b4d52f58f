//! What it takes to shuffle and open a box: both shuffles, both sides' shares, and the program that scores and gates.

use std::time::Instant;

use hengping_attack::Cost;
use hengping_domain::ids::Side;
use hengping_domain::layer::{self, Posted};
use hengping_domain::manifest::PeriodKind;
use hengping_domain::mix::{self, Mixed, Mixing};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::world::{Size, World, run, sized};

const CORES: usize = 2;

/// Both layers around every envelope, as the raters' devices put them.
fn posted(world: &World) -> Vec<u8> {
    let public = world.manifest.manifest.each(|keys| keys.mix);
    let part = world.envelopes.len().div_ceil(CORES);
    let wrapped: Vec<Posted> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0_u64..)
            .zip(world.envelopes.chunks(part))
            .map(|(seed, part)| {
                let mut rng = ChaCha20Rng::seed_from_u64(seed);
                let mut wrap = move |envelope| Posted::wrap(&world.id, envelope, &public, &mut rng).unwrap();
                scope.spawn(move || part.iter().map(&mut wrap).collect::<Vec<_>>())
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    mix::write_list(&wrapped)
}

#[expect(clippy::disallowed_methods, reason = "a measurement has no other clock here")]
fn seconds(ballots: usize, size: Size) -> f64 {
    let mut world = sized("2026", PeriodKind::Regular, ballots, size);
    world.shuffle();
    let list = posted(&world);
    let (dir, out, temporary) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let start = Instant::now();
    let shuffle = |side: Side, list: &[u8]| -> Mixed {
        let mut mixing = Mixing::new(&world.id, side, &world.secrets.get(side).mix, CORES);
        mixing.part(&mix::read_list(list, layer::len(side)).unwrap(), &|_| ()).unwrap();
        mixing.end()
    };
    let halfway = shuffle(Side::Bench, &list).output.concat();
    let mixed = shuffle(Side::Bar, &halfway);
    let shuffled = start.elapsed().as_secs_f64();
    assert_eq!(mixed.passed as usize, world.envelopes.len());
    world.export_with_both(dir.path());
    let shared = start.elapsed().as_secs_f64();
    assert_eq!(mixed.output.concat(), std::fs::read(dir.path().join("list.bin")).unwrap());
    let text = |path: &std::path::Path| path.display().to_string();
    let output = run(&["open", "--dir", &text(dir.path()), "--out", &text(out.path())], temporary.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let all = start.elapsed().as_secs_f64();
    println!(
        "{ballots} ballots: shuffles {shuffled:.1} s, shares {:.1} s, opening {:.1} s",
        shared - shuffled,
        all - shared
    );
    all
}

fn measure(words: &str, ballots: usize, size: Size, goal: Option<f64>) {
    let value = seconds(ballots, size);
    Cost { name: format!("shuffling and opening {words} ballots"), value, unit: "s on two cores".into(), goal }.note();
}

#[test]
#[ignore = "a measurement, which `make attack` makes"]
fn ten_thousand_ballots() {
    measure("10,000", 10_000, Size { judges: 120, lawyers: 1_500 }, None);
}

#[test]
#[ignore = "a measurement of minutes, which `make attack` makes"]
fn a_hundred_thousand_ballots() {
    measure("100,000", 100_000, Size { judges: 1_000, lawyers: 10_000 }, Some(300.0));
}
