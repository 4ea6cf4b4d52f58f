//! What a device spends on a token and on a seal.

use hengping_attack::Cost;
use hengping_domain::ballot::BODY_LEN;
use hengping_domain::digest::Bytes;
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::keys::BoxSecrets;
use hengping_domain::layer::Posted;
use hengping_domain::manifest::PerSide;
use hengping_domain::token::{Seed, StampInfo, Token, TokenKind};
use hengping_ports::Stopwatch;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

const TIMES: u32 = 200;

fn measure(name: &str, mut once: impl FnMut(u32)) {
    let watch = Stopwatch::start();
    (0..TIMES).for_each(&mut once);
    let value = watch.elapsed().as_secs_f64() * 1000.0 / f64::from(TIMES);
    Cost { name: name.into(), value, unit: "ms".into(), goal: None }.note();
}

#[test]
#[ignore = "a measurement, which `make attack` makes"]
fn rust_costs() {
    let id: BoxId = "2026.bar_rates_bench".parse().expect("a box");
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut secrets = || BoxSecrets::generate(&mut rng).expect("secrets");
    let secrets = PerSide { bench: secrets(), bar: secrets() };
    let publics = PerSide { bench: secrets.bench.publics().expect("keys"), bar: secrets.bar.publics().expect("keys") };
    let issuers =
        PerSide { bench: secrets.bench.issuer_key().expect("a key"), bar: secrets.bar.issuer_key().expect("a key") };
    let public = PerSide { bench: publics.bench.issuer, bar: publics.bar.issuer };
    let (seed, info) = (Seed(Bytes([7; 32])), StampInfo(&id).to_string());
    // What the device does; what the agents do in between is counted too, since both are in Rust.
    measure("a token in Rust, both sides", |number| {
        let name = number.to_string();
        let nonce = Bytes([number as u8; 32]);
        let blinding = seed.blind_both(TokenKind::Stamp, &name, &nonce).expect("blinded");
        let answer =
            |side: Side| issuers.get(side).evaluate(blinding.get(side).blinded(), &info, [1; 64]).expect("answered");
        let answers = PerSide { bench: answer(Side::Bench), bar: answer(Side::Bar) };
        Token::finalize(&blinding, &answers, &public, nonce, &info).expect("a token");
    });
    let mix = PerSide { bench: publics.bench.mix, bar: publics.bar.mix };
    let body = [5; BODY_LEN];
    measure("a seal in Rust", |_| {
        let (bench, bar) = (&publics.bench.opening, &publics.bar.opening);
        let envelope = Envelope::seal(&id, &body, bench, bar, &mut rng).expect("sealed");
        Posted::wrap(&id, &envelope, &mix, &mut rng).expect("wrapped");
    });
}
