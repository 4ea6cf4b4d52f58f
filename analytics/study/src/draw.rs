//! Seeded draws: one stream per part of a world, so that two scenarios differ only in what they change.
//! Invariant: the same seed, index and part give the same draws, whatever else was drawn before.
//! Absent on purpose: any source of randomness but the seed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Part of a world with draws of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Judges, lawyers, courts and items.
    People,
    /// Who meets whom, case type and outcome.
    Cases,
    /// What a rater would say.
    Answers,
    /// Who answers at all, and which items.
    Response,
    /// Retaliation, rings and wrong labels.
    Trouble,
}

/// Draws of one part of one replicate.
#[derive(Debug, Clone)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of `part` in replicate `index` under `seed`.
    pub fn new(seed: u64, index: u64, part: Part) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&index.to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(part as u64);
        Self(generator)
    }

    /// Uniform between 0 and 1.
    pub fn uniform(&mut self) -> f64 {
        self.0.random_range(0.0..1.0)
    }

    /// Whether an event of probability `chance` happens.
    pub fn happens(&mut self, chance: f64) -> bool {
        self.uniform() < chance
    }

    /// One of `count` equally likely.
    pub fn one_of(&mut self, count: usize) -> usize {
        self.0.random_range(0..count)
    }

    /// Standard normal (Box and Muller 1958); always takes two uniforms, so that streams stay in step.
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// `count` normals of standard deviation `spread`.
    pub fn normals(&mut self, count: usize, spread: f64) -> Vec<f64> {
        (0..count).map(|_| spread * self.normal()).collect()
    }

    /// One of the indices of `weights`, in proportion to them.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.uniform() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len() - 1
    }

    /// `count` different indices below `size`, ascending.
    pub fn sample(&mut self, size: usize, count: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..size).collect();
        for place in 0..count.min(size) {
            let other = place + self.one_of(size - place);
            all.swap(place, other);
        }
        all.truncate(count);
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::{Draw, Part};

    #[test]
    fn streams_repeat_and_differ() {
        let first = |seed, index, part| Draw::new(seed, index, part).uniform();
        assert_eq!(first(1, 2, Part::Cases).to_bits(), first(1, 2, Part::Cases).to_bits());
        let others = [first(2, 2, Part::Cases), first(1, 3, Part::Cases), first(1, 2, Part::Answers)];
        assert!(others.iter().all(|other| *other != first(1, 2, Part::Cases)));
    }

    #[test]
    fn normals_and_weights_are_what_they_say() {
        let mut draw = Draw::new(5, 0, Part::People);
        let values = draw.normals(20_000, 2.0);
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let variance = values.iter().map(|v| v * v).sum::<f64>() / 20_000.0 - mean * mean;
        assert!(mean.abs() < 0.05 && (variance - 4.0).abs() < 0.15, "{mean} {variance}");
        let hits = (0..10_000).filter(|_| draw.weighted(&[1.0, 0.0, 3.0]) == 2).count();
        assert!((7300..7700).contains(&hits), "{hits}");
        let sample = draw.sample(10, 4);
        assert!(sample.len() == 4 && sample.windows(2).all(|w| w[0] < w[1]));
    }
}
