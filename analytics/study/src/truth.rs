//! What a ratee's result would be if every rater of the city answered, over all eligible cases.
//! Invariant: an expectation on the scale 1 to 5, worked out from the planted numbers in closed form;
//! neither ballots nor the model take part in it.
//! Absent on purpose: a truth on the latent scale. No form shows it, and a bounded scale compresses it.

use crate::curve::below;

/// Probability law of what one item shows, given the latent level of a case.
pub struct Law<'a> {
    /// Cuts of each item, ascending, item difficulty included.
    pub cuts: &'a [Vec<f64>],
    /// Mean severity of the city's raters; positive is generous.
    pub severity: f64,
    /// Variance of everything that varies over raters, ballots and answers.
    pub variance: f64,
    /// Latent effect and share of each kind of eligible case.
    pub cases: &'a [(f64, f64)],
}

impl Law<'_> {
    /// Expected composite, scale points 1 to 5, of a ratee whose latent level is `level`.
    /// All items weigh the same.
    pub fn expected(&self, level: f64) -> f64 {
        let spread = self.variance.sqrt();
        let total: f64 = self.cases.iter().map(|(_, share)| share).sum();
        let mut sum = 0.0;
        for (effect, share) in self.cases {
            for cuts in self.cuts {
                let mean = level + effect + self.severity;
                let above: f64 = cuts.iter().map(|cut| below((mean - cut) / spread)).sum();
                sum += share / total * (1.0 + above) / self.cuts.len() as f64;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::Law;

    #[test]
    fn the_middle_of_the_scale_is_almost_linear_and_its_end_is_not() {
        let cuts = vec![vec![1.5, 2.5, 3.5, 4.5]; 2];
        let law = Law { cuts: &cuts, severity: 0.0, variance: 0.5, cases: &[(0.3, 1.0), (-0.3, 1.0)] };
        assert!((law.expected(3.0) - 3.0).abs() < 1e-6);
        let slope = |level: f64| (law.expected(level + 0.1) - law.expected(level - 0.1)) / 0.2;
        assert!(slope(3.0) > 0.95 && slope(4.8) < 0.7, "{} {}", slope(3.0), slope(4.8));
        let kind = Law { severity: 0.2, ..law };
        assert!((kind.expected(3.0) - 3.2).abs() < 0.02);
    }
}
