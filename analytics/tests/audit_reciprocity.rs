//! Two directions of the same cases: paying back, lasting moods, and neither.

use hengping_analytics::audit::reciprocity::reciprocity;

use crate::support::{generator, normal};

/// Two people who answer each other's last rating, and two who do not.
#[test]
fn reciprocity_is_found_where_it_is_and_only_there() {
    let mut rng = generator(4);
    let (mut keys, mut one, mut other, mut quiet) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for pair in 0..120 {
        let mut last = 0.0;
        for _ in 0..4 {
            let forward = normal(&mut rng);
            keys.push(pair);
            one.push(forward);
            other.push(0.4 * forward + 0.4 * last + normal(&mut rng));
            quiet.push(normal(&mut rng));
            last = forward;
        }
    }
    let found = reciprocity(&keys, &one, &other, 999, 1).unwrap();
    println!("{found:?}");
    assert!(found.correlation > 0.2 && found.p <= 0.002 && (found.cases, found.pairs) == (480, 120));
    let lagged = found.backward.clone().unwrap();
    assert!(lagged.slope > 0.15 && lagged.p <= 0.01 && lagged.steps == 360);
    assert!(found.forward.clone().unwrap().p > 0.05);
    assert_eq!(found, reciprocity(&keys, &one, &other, 999, 1).unwrap());
    let silent = reciprocity(&keys, &one, &quiet, 999, 1).unwrap();
    assert!(silent.p > 0.05 && silent.correlation.abs() < 0.1, "{silent:?}");
    // Whole pairs may come in any order.
    let turned: Vec<usize> = (0..480).map(|row| (119 - row / 4) * 4 + row % 4).collect();
    let take = |v: &[f64]| turned.iter().map(|&row| v[row]).collect::<Vec<f64>>();
    let names: Vec<i32> = turned.iter().map(|&row| keys[row]).collect();
    assert_eq!(found, reciprocity(&names, &take(&one), &take(&other), 999, 1).unwrap());
    assert_eq!(reciprocity(&[1, 1, 1], &[0.0; 3], &[1.0, 2.0, 3.0], 9, 1), None);
    assert_eq!(reciprocity(&[1, 1], &[0.0, 1.0], &[1.0, 2.0], 9, 1), None);
}

/// A mood that lasts over the cases of a pair is no reciprocity; counting cases as if they were
/// independent would call it so, keeping pairs together does not.
#[test]
fn lasting_moods_are_not_taken_for_reciprocity() {
    let (mut kept, mut naive) = (0, 0);
    for seed in 0..100 {
        let mut rng = generator(seed + 2000);
        let (mut keys, mut one, mut other) = (Vec::new(), Vec::new(), Vec::new());
        for pair in 0..30 {
            let (a, b) = (normal(&mut rng), normal(&mut rng));
            for _ in 0..8 {
                keys.push(pair);
                one.push(a + 0.3 * normal(&mut rng));
                other.push(b + 0.3 * normal(&mut rng));
            }
        }
        kept += usize::from(reciprocity(&keys, &one, &other, 199, seed).unwrap().p <= 0.05);
        let alone: Vec<usize> = (0..keys.len()).collect();
        naive += usize::from(reciprocity(&alone, &one, &other, 199, seed).unwrap().p <= 0.05);
    }
    println!("called reciprocal: {kept} of 100 by pair, {naive} of 100 by case");
    assert!(kept <= 12, "{kept}");
    assert!(naive >= 30, "the control is as careful: {naive}");
}
