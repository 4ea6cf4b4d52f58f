//! The normal curve, its density and its quantiles.
//! Invariant: absolute error of the distribution below 2e-7 (Abramowitz and Stegun 1964, 26.2.17 with
//! the error function of 7.1.26), far below what a simulation can see.
//! Absent on purpose: any other distribution.

/// Density of the standard normal.
pub fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt()
}

/// Distribution of the standard normal.
pub fn below(x: f64) -> f64 {
    let z = x.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series =
        t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let tail = 0.5 * series * (-z * z).exp();
    if x < 0.0 { tail } else { 1.0 - tail }
}

/// Quantile of the standard normal by bisection; infinite at 0 and 1.
pub fn quantile(share: f64) -> f64 {
    if share <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if share >= 1.0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (-9.0, 9.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if below(middle) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::{below, density, quantile};

    #[test]
    fn known_values() {
        for (x, share) in [(0.0, 0.5), (1.0, 0.841_344_746), (-1.959_963_985, 0.025), (3.0, 0.998_650_102)] {
            assert!((below(x) - share).abs() < 2e-7, "{x}");
        }
        assert!((quantile(0.975) - 1.959_964).abs() < 1e-5);
        assert!((density(1.0) - 0.241_970_724).abs() < 1e-9);
        assert_eq!(quantile(0.0), f64::NEG_INFINITY);
    }
}
