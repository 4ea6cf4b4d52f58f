//! Sums that do not depend on the order of their terms: fixed-point numbers in 128 bits.
//! Invariant: a term is rounded once, to 2^-61 of the largest term possible, and never again.
//! Absent on purpose: sums whose bound is not known before.

/// The fixed-point scale for terms of bounded size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    up: f64,
    down: f64,
}

/// Bits of a term; 2^66 terms fit into the sum.
const BITS: i32 = 61;

impl Scale {
    /// The scale for terms no larger than `bound` in size.
    pub fn new(bound: f64) -> Self {
        // A bound of zero means that every term is zero.
        let exponent = if bound > 0.0 { bound.log2().ceil() as i32 } else { 0 };
        // Two halves, because 2^-shift itself may overflow for tiny bounds.
        let shift = (BITS - exponent).clamp(-1000, 1000);
        Self { up: 2.0_f64.powi(shift), down: 2.0_f64.powi(-shift) }
    }

    /// One term in fixed point.
    #[inline]
    pub fn fixed(self, value: f64) -> i128 {
        i128::from((value * self.up) as i64)
    }

    /// A sum back in floating point.
    pub fn float(self, sum: i128) -> f64 {
        sum as f64 * self.down
    }

    /// Many sums back in floating point.
    pub fn floats(self, sums: &[i128]) -> Vec<f64> {
        sums.iter().map(|&sum| self.float(sum)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn the_order_of_terms_does_not_matter_where_plain_sums_differ() {
        let terms: Vec<f64> = (1..2000).map(|k| f64::from(k).sqrt().sin() / f64::from(k)).collect();
        let plain = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |sum, value| sum + value);
        let scale = Scale::new(1.0);
        let exact =
            |values: &mut dyn Iterator<Item = f64>| scale.float(values.map(|value| scale.fixed(value)).sum::<i128>());
        let (forward, back) = (exact(&mut terms.iter().copied()), exact(&mut terms.iter().rev().copied()));
        assert_eq!(forward.to_bits(), back.to_bits());
        // The control: rounding after each addition depends on the order.
        let (one, other) = (plain(&mut terms.iter().copied()), plain(&mut terms.iter().rev().copied()));
        assert_ne!(one.to_bits(), other.to_bits());
        assert!((forward - one).abs() < 1e-13);
    }

    #[test]
    fn any_size_of_terms_works() {
        for bound in [1e-250, 3e-5, 1.0, 4.0, 7e12, 1e200] {
            let scale = Scale::new(bound);
            let sum: i128 = (0..1000).map(|_| scale.fixed(bound)).sum();
            assert!((scale.float(sum) / (1000.0 * bound) - 1.0).abs() < 1e-14, "{bound}");
        }
        assert_eq!(Scale::new(0.0).float(Scale::new(0.0).fixed(0.0)), 0.0);
    }
}
