//! The item report: known answers, the headline's own variances, and what the gate lets out of it.

mod figures;
mod released;

use hengping_analytics::bundle::{Answer, Bundle};
use hengping_analytics::gate::{ItemReport, Released, item_report};
use hengping_analytics::report::{Fact, Report, findings, report};
use hengping_analytics::score::score;

use crate::city::{City, plant};
use crate::gate::context;

/// A city with a tenth of the answers missing.
fn city() -> Bundle {
    plant(&City { ballots: 3000, ..City::default() }).bundle
}

/// The same city where every item was answered.
pub fn complete() -> Bundle {
    let mut bundle = city();
    for ballot in &mut bundle.ballots {
        let known = ballot.answers.iter().flatten().find(|a| matches!(a, Answer::Level(_))).copied();
        for answer in &mut ballot.answers {
            if *answer == Some(Answer::NotObserved) {
                *answer = Some(known.unwrap_or(Answer::Level(3)));
            }
        }
    }
    bundle
}

fn released(bundle: &Bundle) -> Released<ItemReport> {
    item_report(&report(bundle).unwrap(), &context()).unwrap()
}

fn levels(bundle: &Bundle) -> Vec<Vec<f64>> {
    let level = |answer: &Option<Answer>| match answer {
        Some(Answer::Level(level)) => f64::from(*level),
        _ => panic!("complete"),
    };
    bundle.ballots.iter().map(|b| b.answers.iter().map(level).collect()).collect()
}

fn covariance(rows: &[Vec<f64>], k: usize, l: usize) -> f64 {
    let n = rows.len() as f64;
    let mean = |k: usize| rows.iter().map(|row| row[k]).sum::<f64>() / n;
    let (a, b) = (mean(k), mean(l));
    rows.iter().map(|row| (row[k] - a) * (row[l] - b)).sum::<f64>() / (n - 1.0)
}

#[test]
fn alpha_item_rest_and_eigenvalues_are_the_textbooks() {
    let bundle = complete();
    let rows = levels(&bundle);
    let moments = report(&bundle).unwrap().moments;
    let all = [0, 1, 2, 3];
    let total: f64 =
        all.iter().flat_map(|&k| all.iter().map(move |&l| (k, l))).map(|(k, l)| covariance(&rows, k, l)).sum();
    let own: f64 = all.iter().map(|&k| covariance(&rows, k, k)).sum();
    let alpha = 4.0 / 3.0 * (1.0 - own / total);
    assert!((moments.alpha(&all).unwrap() - alpha).abs() < 1e-10);

    let sums: Vec<Vec<f64>> = rows.iter().map(|row| vec![row[1], row[0] + row[2] + row[3]]).collect();
    let rest = covariance(&sums, 0, 1) / (covariance(&sums, 0, 0) * covariance(&sums, 1, 1)).sqrt();
    assert!((moments.rest(1, &all).unwrap() - rest).abs() < 1e-10);

    let values = moments.eigenvalues(&all).unwrap();
    assert!((values.iter().sum::<f64>() - 4.0).abs() < 1e-10);
    assert!(values.windows(2).all(|pair| pair[0] >= pair[1]));
    // Two items: the eigenvalues are 1 + r and 1 - r.
    let r = moments.correlation[0][1].unwrap();
    let two = moments.eigenvalues(&[0, 1]).unwrap();
    assert!((two[0] - 1.0 - r).abs() < 1e-10 && (two[1] - 1.0 + r).abs() < 1e-10);
}

/// With three items one factor fits exactly and its loadings have a closed form.
#[test]
fn omega_of_three_items_is_the_closed_form() {
    let moments = report(&complete()).unwrap().moments;
    let r = |k: usize, l: usize| moments.correlation[k][l].unwrap();
    let squared = [r(0, 1) * r(0, 2) / r(1, 2), r(0, 1) * r(1, 2) / r(0, 2), r(0, 2) * r(1, 2) / r(0, 1)];
    let spread: Vec<f64> = (0..3).map(|k| moments.covariance[k][k].unwrap().sqrt()).collect();
    let common = (0..3).map(|k| squared[k].sqrt() * spread[k]).sum::<f64>().powi(2);
    let unique: f64 = (0..3).map(|k| (1.0 - squared[k]) * spread[k] * spread[k]).sum();
    assert!((moments.omega(&[0, 1, 2]).unwrap() - common / (common + unique)).abs() < 1e-8);
    assert_eq!(moments.omega(&[0, 1]), None);
    // Nearly equal items: omega and alpha agree.
    let all = [0, 1, 2, 3];
    assert!((moments.omega(&all).unwrap() - moments.alpha(&all).unwrap()).abs() < 0.01);
}

fn form(matrix: &[Vec<f64>], w: &[f64]) -> f64 {
    (0..w.len()).map(|k| (0..w.len()).map(|l| w[k] * w[l] * matrix[k][l]).sum::<f64>()).sum()
}

/// The link between item covariances and the headline, with a tenth of the answers missing.
#[test]
fn at_the_rubrics_weights_the_layers_are_the_headlines_variances() {
    let mut bundle = city();
    bundle.items.iter_mut().zip([1.0, 2.0, 1.5, 1.0]).for_each(|(item, w)| item.weight = w);
    let parameters = score(&bundle).unwrap().parameters;
    let layers = report(&bundle).unwrap().layers.unwrap();
    let w = [1.0, 2.0, 1.5, 1.0].map(|w: f64| w / 5.5);
    let pairs = [
        (&layers.ratee, parameters.variances["ratee"]),
        (&layers.rater, parameters.variances["rater"]),
        (&layers.home, parameters.variances["home"]),
        (&layers.court, parameters.variances["court"]),
        (&layers.residual, parameters.residual),
    ];
    for (layer, expected) in pairs {
        assert!((form(layer, &w) - expected).abs() < 1e-4 * parameters.residual, "{} {expected}", form(layer, &w));
    }
    // A single item holds item noise that the composite averages out.
    assert!(layers.residual[0][0] > parameters.residual + 0.1);
}

/// At other weights the layers foretell what a refit with those weights finds.
#[test]
fn at_other_weights_the_layers_foretell_the_refit() {
    let bundle = complete();
    let layers = report(&bundle).unwrap().layers.unwrap();
    let mut other = bundle.clone();
    other.items.iter_mut().zip([3.0, 1.0, 1.0, 1.0]).for_each(|(item, w)| item.weight = w);
    let refit = score(&other).unwrap().parameters;
    let w = [0.5, 1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0];
    for (layer, found) in [
        (&layers.ratee, refit.variances["ratee"]),
        (&layers.rater, refit.variances["rater"]),
        (&layers.residual, refit.residual),
    ] {
        assert!((form(layer, &w) / found - 1.0).abs() < 0.05, "{} {found}", form(layer, &w));
    }
}

/// An item that knows nothing of the ratee must not look like one that does.
#[test]
fn an_item_about_the_rater_alone_tells_nobody_apart() {
    let mut bundle = complete();
    for ballot in &mut bundle.ballots {
        let taste = ballot.nym.bytes().map(u32::from).sum::<u32>() % 4 + 2;
        ballot.answers[3] = Some(Answer::Level(taste as u8));
    }
    let report = report(&bundle).unwrap();
    let (good, bad) = (report.items[0].variances.unwrap(), report.items[3].variances.unwrap());
    println!("good {good:?}, bad {bad:?}");
    assert!(good.ratee > 0.05 && bad.ratee < 0.02, "{good:?} {bad:?}");
    assert!(bad.rater > 5.0 * bad.residual);
    let facts = findings(&item_report(&report, &context()).unwrap());
    let about = |code: &str| facts.iter().filter(|f| f.code == code).map(|f| f.items.concat()).collect::<Vec<_>>();
    assert_eq!(about("weak-item"), ["i3"]);
    assert_eq!([about("item-tells-nobody-apart"), about("item-needs-many-ballots")].concat(), ["i3"]);
}

#[test]
fn two_nearly_equal_questions_are_found_by_name() {
    let mut bundle = complete();
    for (b, ballot) in bundle.ballots.iter_mut().enumerate() {
        if b % 30 != 0 {
            ballot.answers[2] = ballot.answers[1];
        }
    }
    let facts: Vec<Fact> =
        findings(&released(&bundle)).into_iter().filter(|f| f.code == "nearly-same-question").collect();
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].items, ["i1", "i2"]);
    assert!(facts[0].numbers["correlation"] >= 0.9);
}

#[test]
fn the_report_does_not_depend_on_row_order() {
    let bundle = city();
    let mut turned = bundle.clone();
    turned.ballots.reverse();
    turned.ballots.rotate_left(77);
    assert_eq!(report(&bundle).unwrap(), report(&turned).unwrap());
}

#[test]
fn usage_counts_ballots_and_raters() {
    let mut bundle = complete();
    let one = bundle.ballots[0].nym.clone();
    // One rater alone uses level 1, on many ballots; half of the ballots did not observe.
    for (b, ballot) in bundle.ballots.iter_mut().enumerate() {
        ballot.answers[0] = Some(if ballot.nym == one { Answer::Level(1) } else { Answer::Level(2 + (b % 4) as u8) });
        ballot.answers[1] = if b % 2 == 0 { ballot.answers[1] } else { Some(Answer::NotObserved) };
    }
    let exact = report(&bundle).unwrap();
    let usage = &exact.items[0].usage;
    assert!(usage.levels[0] >= 2);
    assert_eq!(usage.within[0][0], 1);
    assert_eq!(usage.within[0][4] as usize, usage.raters);
    assert_eq!(exact.items[1].usage.not_observed, 1500);
    // R6 counts raters, so the level joins its neighbour however many ballots it has.
    let printed = item_report(&exact, &context()).unwrap();
    let bins = printed.get().items[0].numbers.as_ref().unwrap().bins.clone().unwrap();
    assert_eq!((bins[0].from, bins[0].to), (1, 2));
    assert_eq!(bins.len(), 4);
    let seen = |exact: &Report| {
        let printed = item_report(exact, &context()).unwrap();
        printed.get().items[1].numbers.as_ref().unwrap().not_observed
    };
    assert!(seen(&exact).is_some_and(|[low, high]| low <= 0.5 && 0.5 <= high));

    // The same share by one rater alone is not told, and a small one is.
    let busy = |bundle: &mut Bundle, share: usize| {
        for (b, ballot) in bundle.ballots.iter_mut().enumerate() {
            ballot.answers[1] = ballot.answers[2];
            if b < share {
                ballot.nym.clone_from(&one);
                ballot.answers[1] = Some(Answer::NotObserved);
            }
        }
        report(bundle).unwrap()
    };
    assert_eq!(seen(&busy(&mut bundle, 1000)), None);
    bundle = complete();
    assert_eq!(seen(&busy(&mut bundle, 100)), Some([0.0, 0.05]));
}
