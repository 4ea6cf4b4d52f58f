//! The cheap leverage against the exact hat matrix of the predictor.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Residuals, leverage};
use crate::bundle::{Answer, Ballot, Bundle, Direction, Item, Margins};
use crate::mixed::Contrast;
use crate::score::Workings;
use crate::score::frame::{COURT, HOME, RATEE, RATER};

fn city(seed: u64) -> Bundle {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Sums of uniforms are near enough to normal for effects.
    let mut near = |sd: f64| sd * ((0..12).map(|_| rng.random_range(0.0..1.0)).sum::<f64>() - 6.0);
    let judge: Vec<f64> = (0..20).map(|_| near(0.5)).collect();
    let lawyer: Vec<f64> = (0..90).map(|_| near(0.4)).collect();
    let noise: Vec<f64> = (0..600 * 5).map(|_| near(0.6)).collect();
    let ballots = (0..600).map(|b| {
        // Some raters have one ballot, some dozens.
        let i = ((rng.random_range(0.0..1.0_f64)).powi(2) * 90.0) as usize;
        let j = if rng.random_bool(0.85) { i % 4 + 4 * rng.random_range(0..5) } else { rng.random_range(0..20) };
        let answers = (0..4).map(|k| {
            let level = 3.0 + judge[j] + lawyer[i] + noise[5 * b] + noise[5 * b + k + 1];
            Some(Answer::Level(level.round().clamp(1.0, 5.0) as u8))
        });
        Ballot {
            answers: answers.collect(),
            ratee: format!("j{j:02}"),
            nym: format!("n{i:02}"),
            home: format!("c{}", i % 4),
            role: "lawyer".into(),
            court: format!("c{}", j % 4),
            case_type: ["civil", "criminal"][b % 2].into(),
            outcome: ["for", "against", "mixed"][b % 3].into(),
            rubric: "r".into(),
        }
    });
    Bundle {
        comparability: Default::default(),
        direction: Direction::BarRatesBench,
        ballots: ballots.collect(),
        items: (0..4).map(|k| Item { id: format!("i{k}"), weight: 1.0 }).collect(),
        ratees: BTreeMap::new(),
        margins: Margins::default(),
    }
}

#[test]
fn leverage_is_near_that_of_the_hat_matrix() {
    let (mut far, mut count, mut squares, mut naive) = (0.0_f64, 0.0, 0.0, 0.0);
    for seed in 0..6 {
        let bundle = city(seed);
        let workings = Workings::new(&bundle).expect("fits");
        let (frame, fit) = (&workings.frame, &workings.headline.fit);
        let cheap = leverage(frame, &workings.weights, fit);
        for (row, cheap) in cheap.iter().enumerate() {
            let fixed = fit.coefficients.iter().map(|c| {
                let column = frame.other.iter().find(|s| s.column.name == c.name);
                column.map_or(1.0, |s| s.column.values[row])
            });
            let factors = [&frame.ratee, &frame.rater, &frame.home, &frame.court];
            let effects = [RATEE, RATER, HOME, COURT].map(|f| (f, factors[f].codes()[row] as usize, 1.0));
            let contrast = Contrast { fixed: fixed.collect(), effects: effects.to_vec() };
            let exact = fit.variances(&[contrast]).expect("solved")[0] * workings.weights[row] / fit.residual;
            far += (cheap - exact).abs();
            count += 1.0;
        }
        let residuals = Residuals::new(&workings);
        squares += residuals.standard.iter().map(|z| z * z).sum::<f64>();
        naive += residuals.plain.iter().map(|z| z * z).sum::<f64>();
    }
    println!(
        "leverage off by {:.4} on average; mean square {:.3}, naive {:.3}",
        far / count,
        squares / count,
        naive / count
    );
    assert!(far / count < 0.01, "{}", far / count);
    assert!((squares / count - 1.0).abs() < 0.03, "{}", squares / count);
    // The control: without leverage raters look better behaved than they are.
    assert!(naive / count < 0.92, "{}", naive / count);
}
