//! Small generated designs shared by the tests.

use hengping_analytics::design::Factor;
use hengping_analytics::mixed::{Column, Problem};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seeded generator: every test prints nothing random it cannot repeat.
pub fn generator(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Standard normal by the polar method; enough for simulations.
pub fn normal(rng: &mut impl Rng) -> f64 {
    loop {
        let (u, v): (f64, f64) = (rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0));
        let s = u * u + v * v;
        if s > 0.0 && s < 1.0 {
            return u * (-2.0 * s.ln() / s).sqrt();
        }
    }
}

/// Sixty weighted rows, three crossed factors, two fixed columns; fully determined by `seed`.
pub fn crossed(seed: u64) -> Problem {
    let mut rng = generator(seed);
    let (raters, ratees, homes) = (14, 6, 3);
    let draw = |rng: &mut ChaCha8Rng, n: usize, sd: f64| (0..n).map(|_| sd * normal(rng)).collect::<Vec<_>>();
    let (s, u, h) = (draw(&mut rng, raters, 0.5), draw(&mut rng, ratees, 0.6), draw(&mut rng, homes, 0.4));
    let mut labels = (Vec::new(), Vec::new(), Vec::new());
    let mut problem = Problem { y: vec![], weights: vec![], factors: vec![], fixed: vec![] };
    let (mut won, mut kind) = (Vec::new(), Vec::new());
    for row in 0..60 {
        let (i, j) = (rng.random_range(0..raters), rng.random_range(0..ratees));
        won.push(if rng.random_bool(0.5) { 1.0 } else { -1.0 });
        kind.push(f64::from(rng.random_range(0..2_u8)));
        problem.weights.push(rng.random_range(0.5..2.0));
        let noise = 0.7 * normal(&mut rng) / problem.weights[row].sqrt();
        problem.y.push(4.0 + s[i] + u[j] + h[i % homes] + 0.3 * won[row] - 0.2 * kind[row] + noise);
        labels.0.push(format!("r{i:02}"));
        labels.1.push(format!("j{j}"));
        labels.2.push(format!("h{}", i % homes));
    }
    problem.factors =
        vec![Factor::new("ratee", &labels.1), Factor::new("rater", &labels.0), Factor::new("home", &labels.2)];
    problem.fixed = vec![Column { name: "won".into(), values: won }, Column { name: "kind".into(), values: kind }];
    problem
}
