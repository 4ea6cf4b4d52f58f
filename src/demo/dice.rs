//! Chance from a seed: the same seed and purpose give the same throws on every machine.
//!
//! Each purpose has its own stream, so that adding a throw in one place changes nothing elsewhere.
//! Deliberately absent: system randomness; nothing secret may come from here.

use std::f64::consts::TAU;

use hengping_domain::digest::Digest;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

/// A stream of throws.
#[derive(Debug, Clone)]
pub struct Dice(ChaCha12Rng);

impl Dice {
    /// The stream of a seed for a purpose.
    #[must_use]
    pub fn new(seed: u64, purpose: &str) -> Self {
        Self(ChaCha12Rng::from_seed(Digest::of(&[b"hengping/demo\n", &seed.to_be_bytes(), purpose.as_bytes()]).0))
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Uniform from 0 to `n - 1`; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        self.0.random_range(0..n.max(1))
    }

    /// Uniform from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..=high.max(low))
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// An index, each as likely as its weight says; 0 where no weight is positive.
    pub fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.unit() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (index, weight) in weights.enumerate().filter(|(_, w)| *w > 0.0) {
            last = index;
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
        last
    }

    /// Number of events where `mean` are expected (Knuth's product of uniforms; for means below some hundreds).
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let floor = (-mean).exp();
        let (mut count, mut product) = (0, self.unit());
        while product > floor {
            count += 1;
            product *= self.unit();
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ_by_purpose() {
        let throws = |purpose: &str| Dice::new(7, purpose).unit();
        assert_eq!(throws("a").to_bits(), throws("a").to_bits());
        assert_ne!(throws("a").to_bits(), throws("b").to_bits());
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut dice = Dice::new(1, "moments");
        let n = 40_000;
        let normal: Vec<f64> = (0..n).map(|_| dice.normal()).collect();
        let mean = normal.iter().sum::<f64>() / f64::from(n);
        let variance = normal.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
        // Standard errors 0.005 and 0.007: five of them.
        assert!(mean.abs() < 0.025 && (variance - 1.0).abs() < 0.036, "{mean} {variance}");
        let poisson = (0..n).map(|_| f64::from(dice.poisson(6.5))).sum::<f64>() / f64::from(n);
        assert!((poisson - 6.5).abs() < 0.065, "{poisson}");
        let heavy = (0..n).filter(|_| dice.weighted([1.0, 0.0, 3.0].into_iter()) == 2).count();
        assert!((heavy as f64 / f64::from(n) - 0.75).abs() < 0.011, "{heavy}");
        assert_eq!(dice.weighted([0.0, 0.0].into_iter()), 0);
    }
}
