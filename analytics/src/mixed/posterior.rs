//! Quadratic forms of the inverse from draws, each by the few unknowns that it names.
//! With `l` brought to the unknowns that are not eliminated, a draw `d` from `N(0, S^-1)` and the
//! preconditioner `M`, `l' S^-1 l = E (l'd - l'M^-1 S d)^2 + l' (2 M^-1 - M^-1 S M^-1) l`: chance is left
//! with what the preconditioner misses, and the second part is known (`methods/mixed-model.md`).
//! Invariant: a form costs what its entries and the levels they meet cost, never the whole table.
//! Absent on purpose: how draws are made; see `krylov`.

use rayon::prelude::*;

use super::cross::{Cross, Entries};
use super::pairs::Pairs;
use super::precondition::Precondition;
use super::schur::{Lanes, Schur};

/// Vectors that go through the pairs together.
const WIDTH: usize = 8;
/// Forms that a thread takes at once.
const TOGETHER: usize = 128;

/// What all forms at one set of variance ratios share.
pub(super) struct Posterior {
    /// `d - M^-1 S d` of each draw, round by round.
    left: Vec<Lanes<WIDTH>>,
    /// Diagonal of the eliminated block, ridge included.
    eliminated: Vec<f64>,
    /// Diagonal of `S`, and of `B` with its ridges, for unknowns of long blocks.
    diagonal: Vec<f64>,
    inner: Vec<f64>,
    /// Place of an unknown among those that the preconditioner treats densely; `None` in a long block.
    short: Vec<Option<usize>>,
    /// `(2 M^-1 - M^-1 S M^-1) e_s` of each of these, eight at a time.
    known: Vec<Lanes<WIDTH>>,
    /// Eliminated levels that an unknown of a long block meets.
    meets: Vec<Option<Pairs>>,
}

impl Posterior {
    /// Prepares for `draws`, each with its image under `S`.
    pub fn new(schur: &Schur, precondition: &Precondition, draws: Vec<(Lanes<WIDTH>, Lanes<WIDTH>)>) -> Self {
        let (cross, dim) = (schur.cross, schur.dim());
        let less = |mut one: Lanes<WIDTH>, other: Lanes<WIDTH>| {
            for (a, b) in one.iter_mut().zip(other) {
                (0..WIDTH).for_each(|lane| a[lane] -= b[lane]);
            }
            one
        };
        let left = draws.into_iter().map(|(draw, image)| less(draw, precondition.solve(&image))).collect();
        let mut short = vec![None; dim];
        precondition.short.iter().enumerate().for_each(|(place, &unknown)| short[unknown] = Some(place));
        let of = |some: &[usize]| {
            let mut unit = vec![[0.0; WIDTH]; dim];
            some.iter().enumerate().for_each(|(lane, &unknown)| unit[unknown][lane] = 1.0);
            let near = precondition.solve(&unit);
            let again = precondition.solve(&schur.apply(&near));
            less(near.iter().map(|value| value.map(|entry| 2.0 * entry)).collect(), again)
        };
        let known = precondition.short.chunks(WIDTH).map(of).collect();
        let long = |position: &usize| short.get(cross.starts[*position]).is_some_and(Option::is_none);
        let turned = |position: usize| {
            long(&position).then(|| cross.pairs[position - 1].turned(cross.blocks[position].levels()))
        };
        Self {
            left,
            eliminated: schur.diagonal.clone(),
            diagonal: precondition.diagonal.clone(),
            inner: schur.inner_diagonal(),
            known,
            meets: (0..cross.blocks.len())
                .map(|position| if position == 0 { None } else { turned(position) })
                .collect(),
            short,
        }
    }

    /// `l' C l` of each of `sides`.
    pub fn forms(&self, cross: &Cross, sides: &[Entries]) -> Vec<f64> {
        let some = |sides: &[Entries]| {
            let mut table = Table { eliminated: vec![0.0; cross.eliminated()], long: vec![0.0; cross.dim()] };
            sides.iter().map(|side| self.form(cross, side, &mut table)).collect::<Vec<f64>>()
        };
        sides.par_chunks(TOGETHER).flat_map_iter(some).collect()
    }

    fn form(&self, cross: &Cross, side: &Entries, table: &mut Table) -> f64 {
        let (form, rest) = side.reduced(cross, &self.eliminated);
        form + self.known(cross, &rest, table) + self.drawn(&rest)
    }

    /// What chance is left with.
    fn drawn(&self, entries: &[(usize, f64)]) -> f64 {
        let mut sum = 0.0;
        for round in &self.left {
            let mut left = [0.0; WIDTH];
            for &(unknown, l) in entries {
                (0..WIDTH).for_each(|lane| left[lane] += l * round[unknown][lane]);
            }
            sum += left.iter().map(|x| x * x).sum::<f64>();
        }
        sum / (self.left.len() * WIDTH) as f64
    }

    /// `l' (2 M^-1 - M^-1 S M^-1) l`.
    fn known(&self, cross: &Cross, entries: &[(usize, f64)], table: &mut Table) -> f64 {
        let mut form = 0.0;
        let mut long: Vec<(usize, f64)> = Vec::new();
        for &(unknown, l) in entries {
            match self.short[unknown] {
                // A dense unknown against all others; between it and a long one both ways.
                Some(place) => {
                    let column = &self.known[place / WIDTH];
                    for &(other, m) in entries {
                        let both = if self.short[other].is_some() { 1.0 } else { 2.0 };
                        form += both * l * m * column[other][place % WIDTH];
                    }
                }
                None => long.push((unknown, l / self.diagonal[unknown])),
            }
        }
        form + long.iter().map(|&(unknown, g)| 2.0 * self.diagonal[unknown] * g * g).sum::<f64>()
            - self.among(cross, &long, table)
    }

    /// `g' S g` of entries in long blocks.
    fn among(&self, cross: &Cross, long: &[(usize, f64)], table: &mut Table) -> f64 {
        if let [(unknown, g)] = long {
            return self.diagonal[*unknown] * g * g;
        }
        let mut form = 0.0;
        let mut met = Vec::new();
        for &(unknown, g) in long {
            form += self.inner[unknown] * g * g;
            table.long[unknown] = g;
            let position = (1..cross.blocks.len()).find(|&position| cross.block(position).contains(&unknown));
            let Some((position, pairs)) = position.and_then(|p| Some((p, self.meets[p].as_ref()?))) else { continue };
            for (level, n) in pairs.entries(unknown - cross.starts[position]) {
                if table.eliminated[level] == 0.0 {
                    met.push(level);
                }
                table.eliminated[level] += n * g;
            }
        }
        for (one, other, pairs) in &cross.others {
            if self.meets[*one].is_some() && self.meets[*other].is_some() {
                for &(unknown, g) in long.iter().filter(|(unknown, _)| cross.block(*one).contains(unknown)) {
                    let start = cross.starts[*other];
                    let products = pairs.entries(unknown - cross.starts[*one]).map(|(k, n)| n * table.long[start + k]);
                    form += 2.0 * g * products.sum::<f64>();
                }
            }
        }
        for &level in &met {
            let value = std::mem::take(&mut table.eliminated[level]);
            form -= value * value / self.eliminated[level];
        }
        long.iter().for_each(|&(unknown, _)| table.long[unknown] = 0.0);
        form
    }
}

/// Room for sparse sums; zero between forms.
struct Table {
    eliminated: Vec<f64>,
    long: Vec<f64>,
}
