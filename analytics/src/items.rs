//! Item answers to one composite per ballot, corrected for which items were answered.
//! Invariant: a ballot's composite does not depend on which items it could answer, apart from its
//! precision; an item left out is missing, never low. Method: `methods/composite.md`.
//! Absent on purpose: any knowledge of raters and ratees.

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};

use crate::bundle::{Answer, Ballot, Item};
use crate::design::Forest;

/// Least share of the rubric's weight that must be answered for a ballot to count.
/// Below half a form the composite says more about the choice of items than about the ratee.
const LEAST_SHARE: f64 = 0.5;

/// A ballot's composite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Composite {
    /// Weighted mean of levels minus item difficulties, on the scale 1 to 5.
    pub value: f64,
    /// Weighted mean of the plain levels.
    pub raw: f64,
    /// Effective number of items, `(sum w)^2 / sum w^2`.
    pub items: f64,
}

/// How one item was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Use {
    /// Answers per level 1 to 5.
    pub levels: [u32; 5],
    /// 未观察到.
    pub not_observed: u32,
}

/// Result of the item step.
#[derive(Debug, Clone, PartialEq)]
pub struct Items {
    /// Difficulty of each item, scale points; weighted mean zero.
    pub difficulty: Vec<f64>,
    /// Variance of one answer around ballot and item.
    pub noise: f64,
    /// One entry per ballot; `None` when too little was answered.
    pub composites: Vec<Option<Composite>>,
    /// Use of each item.
    pub usage: Vec<Use>,
}

/// Level of item `k` on `ballot`, if it was answered.
pub(crate) fn level(ballot: &Ballot, k: usize) -> Option<f64> {
    match ballot.answers.get(k) {
        Some(Some(Answer::Level(level))) => Some(f64::from(*level)),
        _ => None,
    }
}

/// Estimates item difficulties with ballots swept out and forms the composites.
pub fn composites(items: &[Item], ballots: &[&Ballot]) -> Items {
    let total: f64 = items.iter().map(|item| item.weight).sum();
    let weights: Vec<f64> = items.iter().map(|item| item.weight / total).collect();
    let answered: Vec<Vec<(usize, f64)>> = ballots
        .iter()
        .map(|ballot| (0..items.len()).filter_map(|k| level(ballot, k).map(|x| (k, x))).collect())
        .collect();
    let (difficulty, parts) = difficulties(&weights, &answered);
    let noise = noise(&difficulty, &answered, parts);
    let composites = answered.iter().map(|answers| {
        let sum: f64 = answers.iter().map(|&(k, _)| weights[k]).sum();
        // Rounding of the normalised weights must not drop a ballot that answered exactly half.
        if sum < LEAST_SHARE - 1e-9 {
            return None;
        }
        let squares: f64 = answers.iter().map(|&(k, _)| weights[k] * weights[k]).sum();
        let mean = |value: &dyn Fn(usize, f64) -> f64| {
            answers.iter().map(|&(k, x)| weights[k] * value(k, x)).sum::<f64>() / sum
        };
        Some(Composite { value: mean(&|k, x| x - difficulty[k]), raw: mean(&|_, x| x), items: sum * sum / squares })
    });
    Items { composites: composites.collect(), usage: usage(items.len(), ballots), difficulty, noise }
}

/// Solves `M delta = r` and returns the difficulties with the number of connected item groups.
fn difficulties(weights: &[f64], answered: &[Vec<(usize, f64)>]) -> (Vec<f64>, usize) {
    let size = weights.len();
    let mut forest = Forest::new(size);
    let mut matrix = Mat::<f64>::zeros(size, size);
    let mut side = Mat::<f64>::zeros(size, 1);
    let mut seen = vec![false; size];
    for answers in answered {
        let count = answers.len() as f64;
        let mean = answers.iter().map(|&(_, x)| x).sum::<f64>() / count;
        for &(k, x) in answers {
            seen[k] = true;
            forest.join(answers[0].0, k);
            matrix[(k, k)] += 1.0;
            side[(k, 0)] += x - mean;
            for &(l, _) in answers {
                matrix[(k, l)] -= 1.0 / count;
            }
        }
    }
    // The first item of each connected group is the reference; without it the group floats.
    let roots: Vec<usize> = (0..size).map(|k| forest.root(k)).collect();
    for (k, _) in roots.iter().enumerate().filter(|(k, root)| k == *root) {
        for l in 0..size {
            matrix[(k, l)] = 0.0;
            matrix[(l, k)] = 0.0;
        }
        matrix[(k, k)] = 1.0;
        side[(k, 0)] = 0.0;
    }
    if let Ok(factor) = matrix.llt(Side::Lower) {
        factor.solve_in_place(&mut side);
    }
    let mut delta: Vec<f64> = (0..size).map(|k| side[(k, 0)]).collect();
    // Identified per group only: each group's weighted mean becomes zero.
    for root in 0..size {
        let members: Vec<usize> = (0..size).filter(|&k| roots[k] == root).collect();
        let weight: f64 = members.iter().map(|&k| weights[k]).sum();
        let centre = members.iter().map(|&k| weights[k] * delta[k]).sum::<f64>() / weight;
        for k in members {
            delta[k] -= centre;
        }
    }
    let groups = (0..size).filter(|&k| roots[k] == k && seen[k]).count();
    (delta, groups)
}

/// Residual variance of answers around ballot means and difficulties.
fn noise(difficulty: &[f64], answered: &[Vec<(usize, f64)>], groups: usize) -> f64 {
    let (mut squares, mut answers, mut ballots) = (0.0, 0_usize, 0_usize);
    let mut seen = vec![false; difficulty.len()];
    for entries in answered.iter().filter(|entries| !entries.is_empty()) {
        let left: Vec<f64> = entries.iter().map(|&(k, x)| x - difficulty[k]).collect();
        let mean = left.iter().sum::<f64>() / left.len() as f64;
        squares += left.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
        answers += entries.len();
        ballots += 1;
        entries.iter().for_each(|&(k, _)| seen[k] = true);
    }
    // N_x - N_b - (K - groups); K counts items that were answered at all.
    let used = ballots + seen.iter().filter(|s| **s).count();
    let freedom = (answers + groups).saturating_sub(used);
    if freedom == 0 { 0.0 } else { squares / freedom as f64 }
}

fn usage(items: usize, ballots: &[&Ballot]) -> Vec<Use> {
    let mut usage = vec![Use::default(); items];
    for ballot in ballots {
        for (entry, answer) in usage.iter_mut().zip(&ballot.answers) {
            match answer {
                Some(Answer::Level(level)) => {
                    if let Some(count) = entry.levels.get_mut(usize::from(*level).wrapping_sub(1)) {
                        *count += 1;
                    }
                }
                Some(Answer::NotObserved) => entry.not_observed += 1,
                None => {}
            }
        }
    }
    usage
}

#[cfg(test)]
mod tests {
    use super::composites;
    use crate::bundle::{Answer, Ballot, Item};

    fn ballot(levels: &[u8]) -> Ballot {
        // Zero stands for an item that did not apply, nine for 未观察到.
        let answers = levels.iter().map(|&level| match level {
            0 => None,
            9 => Some(Answer::NotObserved),
            level => Some(Answer::Level(level)),
        });
        let text = String::new;
        Ballot {
            ratee: text(),
            nym: text(),
            home: text(),
            role: text(),
            court: text(),
            case_type: text(),
            outcome: text(),
            rubric: text(),
            answers: answers.collect(),
        }
    }

    fn items(count: usize) -> Vec<Item> {
        (0..count).map(|k| Item { id: format!("i{k}"), weight: 1.0 }).collect()
    }

    #[test]
    fn a_ballot_that_skips_the_hard_item_is_not_flattered() {
        let ballots = [ballot(&[5, 5, 3]), ballot(&[4, 4, 2]), ballot(&[4, 4, 0])];
        let all: Vec<&Ballot> = ballots.iter().collect();
        let result = composites(&items(3), &all);
        // Exact additive data: the third item is two points harder.
        let expected = [2.0 / 3.0, 2.0 / 3.0, -4.0 / 3.0];
        for (got, want) in result.difficulty.iter().zip(expected) {
            assert!((got - want).abs() < 1e-12, "{got} {want}");
        }
        let values: Vec<f64> = result.composites.iter().map(|c| c.expect("kept").value).collect();
        assert!((values[1] - values[2]).abs() < 1e-12);
        assert!((values[0] - values[1] - 1.0).abs() < 1e-12);
        assert!(result.noise < 1e-20);
        assert!((result.composites[2].expect("kept").raw - 4.0).abs() < 1e-12);
    }

    #[test]
    fn half_a_form_counts_and_less_does_not() {
        let ballots = [ballot(&[5, 4, 9, 9]), ballot(&[5, 9, 9, 9]), ballot(&[9, 9, 9, 9]), ballot(&[0, 0, 0, 0])];
        let all: Vec<&Ballot> = ballots.iter().collect();
        let result = composites(&items(4), &all);
        let kept: Vec<bool> = result.composites.iter().map(Option::is_some).collect();
        assert_eq!(kept, [true, false, false, false]);
        assert_eq!(result.usage[1].not_observed, 2);
        assert_eq!(result.usage[0].levels, [0, 0, 0, 0, 2]);
    }

    #[test]
    fn disconnected_items_are_centred_each_on_its_own() {
        let ballots = [ballot(&[5, 3, 0, 0]), ballot(&[0, 0, 2, 4]), ballot(&[4, 2, 0, 0])];
        let all: Vec<&Ballot> = ballots.iter().collect();
        let result = composites(&items(4), &all);
        for (got, want) in result.difficulty.iter().zip([1.0, -1.0, -1.0, 1.0]) {
            assert!((got - want).abs() < 1e-12);
        }
    }

    #[test]
    fn no_ballot_and_no_answer_are_not_an_error() {
        let result = composites(&items(3), &[]);
        assert_eq!(result.difficulty, [0.0; 3]);
        assert!(result.composites.is_empty());
    }
}
