//! What follows from sums: unknown numbers within bounds, and equations between them, solved for the narrowest bounds.
//! Invariant: bounds are never narrower than what follows, and as narrow where the equations have no cycle, or a linear
//! programme was solved. Absent on purpose: what the unknowns stand for.

use good_lp::{Expression, ProblemVariables, Solution, SolverModel, Variable, microlp, variable, variables};

use crate::gate::print::DUST;

/// Rounds without an end mean that bounds creep towards a limit; the linear programme has the last word then.
const ROUNDS: usize = 64;

/// Unknowns with bounds, and equations `sum of coefficient times unknown = 0`.
#[derive(Debug, Clone, Default)]
pub struct Puzzle {
    bounds: Vec<[f64; 2]>,
    equations: Vec<Vec<(usize, f64)>>,
}

impl Puzzle {
    /// Adds an unknown that lies in `bounds`.
    pub fn unknown(&mut self, bounds: [f64; 2]) -> usize {
        self.bounds.push(bounds);
        self.bounds.len() - 1
    }

    /// Says that `total` is the mean of `parts` by positive weights.
    pub fn mean(&mut self, total: usize, parts: &[(usize, f64)]) {
        let whole: f64 = parts.iter().map(|part| part.1).sum();
        if whole > 0.0 {
            self.equations.push(parts.iter().copied().chain([(total, -whole)]).collect());
        }
    }

    /// The bounds of each target that follow from everything known.
    pub fn solve(&self, targets: &[usize]) -> Vec<[f64; 2]> {
        let narrowed = self.narrowed();
        if self.is_forest() {
            return targets.iter().map(|&target| narrowed[target]).collect();
        }
        targets.iter().map(|&target| self.programme(target, &narrowed)).collect()
    }

    /// Equations as edges between unknowns: without a cycle passing bounds along them loses nothing.
    fn is_forest(&self) -> bool {
        let count = self.bounds.len();
        let mut parent: Vec<usize> = (0..count + self.equations.len()).collect();
        fn root(parent: &mut [usize], mut at: usize) -> usize {
            while parent[at] != at {
                parent[at] = parent[parent[at]];
                at = parent[at];
            }
            at
        }
        for (index, equation) in self.equations.iter().enumerate() {
            for &(unknown, _) in equation {
                let (one, other) = (root(&mut parent, count + index), root(&mut parent, unknown));
                if one == other {
                    return false;
                }
                parent[one] = other;
            }
        }
        true
    }

    /// Passes bounds along the equations until nothing gets narrower.
    fn narrowed(&self) -> Vec<[f64; 2]> {
        let mut bounds = self.bounds.clone();
        for _ in 0..ROUNDS {
            let mut changed = false;
            // There and back, so that a chain of equations needs two rounds and not its length.
            for equation in self.equations.iter().chain(self.equations.iter().rev()) {
                changed |= pass(equation, &mut bounds);
            }
            if !changed {
                break;
            }
        }
        bounds
    }

    /// Least and greatest value of one unknown, by linear programming; without a solution the bounds that are known.
    fn programme(&self, target: usize, bounds: &[[f64; 2]]) -> [f64; 2] {
        let solve = |greatest: bool| -> Option<f64> {
            let mut all: ProblemVariables = variables!();
            let unknowns: Vec<Variable> =
                bounds.iter().map(|[low, high]| all.add(variable().bounds(*low..=high.max(*low)))).collect();
            let goal: Expression = unknowns[target].into();
            let problem = if greatest { all.maximise(goal) } else { all.minimise(goal) };
            let mut model = problem.using(microlp);
            for equation in &self.equations {
                let sum: Expression = equation.iter().map(|&(unknown, weight)| weight * unknowns[unknown]).sum();
                model = model.with(sum.eq(0.0));
            }
            Some(model.solve().ok()?.value(unknowns[target]))
        };
        match (solve(false), solve(true)) {
            (Some(low), Some(high)) => [low, high],
            _ => bounds[target],
        }
    }
}

/// Narrows every unknown of one equation by all the others; whether anything changed.
fn pass(equation: &[(usize, f64)], bounds: &mut [[f64; 2]]) -> bool {
    let ends = |(unknown, weight): (usize, f64), bounds: &[[f64; 2]]| {
        let [low, high] = bounds[unknown];
        if weight < 0.0 { [weight * high, weight * low] } else { [weight * low, weight * high] }
    };
    let mut sum = [0.0, 0.0];
    for &term in equation {
        let [low, high] = ends(term, bounds);
        sum = [sum[0] + low, sum[1] + high];
    }
    let mut changed = false;
    for &term in equation {
        let (unknown, weight) = term;
        let own = ends(term, bounds);
        // weight * unknown = -(the rest), which lies between these.
        let rest = [-(sum[1] - own[1]), -(sum[0] - own[0])];
        let [low, high] = if weight < 0.0 { [rest[1] / weight, rest[0] / weight] } else { rest.map(|r| r / weight) };
        let before = bounds[unknown];
        let after = [before[0].max(low), before[1].min(high)];
        if after[0] > before[0] + DUST || after[1] < before[1] - DUST {
            // Rounded numbers may contradict each other by a hair; an interval never turns round.
            bounds[unknown] = if after[0] <= after[1] { after } else { [after[1], after[0]] };
            let new = ends(term, bounds);
            sum = [sum[0] - own[0] + new[0], sum[1] - own[1] + new[1]];
            changed = true;
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::Puzzle;

    #[test]
    fn a_total_gives_away_what_its_parts_leave() {
        let mut puzzle = Puzzle::default();
        let total = puzzle.unknown([3.9, 4.1]);
        let parts = [[3.0, 3.2], [1.0, 5.0], [1.0, 5.0]].map(|bounds| puzzle.unknown(bounds));
        puzzle.mean(total, &[(parts[0], 20.0), (parts[1], 15.0), (parts[2], 5.0)]);
        // 40 * 3.9 - 20 * 3.2 - 5 * 5 = 67 over 15, and at most 5.
        let [low, high] = puzzle.solve(&[parts[1]])[0];
        assert!((low - 67.0 / 15.0).abs() < 1e-9 && high == 5.0, "{low} {high}");
    }

    #[test]
    fn two_totals_over_the_same_parts_need_a_programme() {
        let mut puzzle = Puzzle::default();
        let unknowns: Vec<usize> = (0..3).map(|_| puzzle.unknown([1.0, 5.0])).collect();
        let (one, other) = (puzzle.unknown([3.0, 3.0]), puzzle.unknown([3.0, 3.0]));
        puzzle.mean(one, &[(unknowns[0], 1.0), (unknowns[1], 1.0)]);
        puzzle.mean(other, &[(unknowns[0], 1.0), (unknowns[1], 1.0), (unknowns[2], 1.0)]);
        // Passing bounds along never sees it: both equations together leave nothing of the third.
        assert!(!puzzle.is_forest());
        let [low, high] = puzzle.narrowed()[unknowns[2]];
        assert!(low < 2.0 && high > 4.0, "{low} {high}");
        let [low, high] = puzzle.solve(&[unknowns[2]])[0];
        assert!((low - 3.0).abs() < 1e-6 && (high - 3.0).abs() < 1e-6, "{low} {high}");
    }
}
