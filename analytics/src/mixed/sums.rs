//! The two passes over a table that form its cross products.
//! Invariant: terms are added in fixed point, so chunks and rows may come in any order.
//! Absent on purpose: what the sums are for; see `cross`.

use std::sync::Arc;

use super::Refused;
use super::cross::{Block, Cross};
use super::fixed::Basis;
use super::pairs::{Filling, Pairs};
use super::rows::{Chunk, Rows};
use super::sum::Scale;

/// Meeting levels: the eliminated factor against the others, and the others among themselves.
pub(super) type Meetings = (Vec<Pairs>, Vec<(usize, usize, Pairs)>);

/// Finds which levels meet, in one pass over the table.
pub(super) fn count_pairs(rows: &dyn Rows, levels: &[Level]) -> Result<Meetings, Refused> {
    let mut plan: Vec<(usize, usize)> = Vec::new();
    for one in 0..levels.len() {
        plan.extend((one + 1..levels.len()).map(|other| (one, other)));
    }
    if plan.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let weighted = rows.weighted();
    let mut filling: Vec<Filling> = plan.iter().map(|&(one, _)| Filling::new(&levels[one].counts, weighted)).collect();
    rows.each(&mut |chunk| {
        for (cells, &(one, other)) in filling.iter_mut().zip(&plan) {
            cells.add(chunk.codes[levels[one].factor], chunk.codes[levels[other].factor], chunk.weights);
        }
    })?;
    let (mut first, mut others) = (Vec::new(), Vec::new());
    for (cells, (one, other)) in filling.into_iter().zip(plan) {
        let pairs = cells.finish();
        if one == 0 { first.push(pairs) } else { others.push((one, other, pairs)) }
    }
    Ok((first, others))
}

/// Running sums of one factor.
pub(super) struct Level {
    factor: usize,
    counts: Vec<u32>,
    weights: Vec<i128>,
    y: Vec<i128>,
    x: Vec<i128>,
}

/// Running sums of a table. `y` and `x` are taken from the middle of their ranges.
pub(super) struct Sums {
    pub levels: Vec<Level>,
    middle: f64,
    middles: Vec<f64>,
    weighted: bool,
    w: Scale,
    wy: Scale,
    wx: Vec<Scale>,
    wxx: Vec<Scale>,
    wxy: Vec<Scale>,
    wyy: Scale,
    log: Scale,
    weight: i128,
    logs: i128,
    y: i128,
    yy: i128,
    x: Vec<i128>,
    xy: Vec<i128>,
    xx: Vec<i128>,
}

impl Sums {
    /// Nothing summed yet for the factors in `active`.
    pub fn new(rows: &dyn Rows, active: &[usize]) -> Self {
        let ranges = rows.ranges();
        let columns = ranges.fixed.len();
        let weighted = rows.weighted();
        let (w, y) = (ranges.weights.high, ranges.y.reach());
        let x: Vec<f64> = ranges.fixed.iter().map(|range| range.reach()).collect();
        let level = |&factor: &usize| {
            let count = rows.factors()[factor].count;
            Level {
                factor,
                counts: vec![0; count],
                weights: if weighted { vec![0; count] } else { Vec::new() },
                y: vec![0; count],
                x: vec![0; count * columns],
            }
        };
        let logs = ranges.weights.high.ln().abs().max(ranges.weights.low.ln().abs());
        Self {
            levels: active.iter().map(level).collect(),
            middle: ranges.y.middle(),
            middles: ranges.fixed.iter().map(|range| range.middle()).collect(),
            weighted,
            w: Scale::new(w),
            wy: Scale::new(w * y),
            wx: x.iter().map(|x| Scale::new(w * x)).collect(),
            wxx: x.iter().flat_map(|a| x.iter().map(move |b| Scale::new(w * a * b))).collect(),
            wxy: x.iter().map(|x| Scale::new(w * x * y)).collect(),
            wyy: Scale::new(w * y * y),
            log: Scale::new(logs),
            weight: 0,
            logs: 0,
            y: 0,
            yy: 0,
            x: vec![0; columns],
            xy: vec![0; columns],
            xx: vec![0; columns * columns],
        }
    }

    /// Adds a chunk of rows.
    pub fn add(&mut self, chunk: &Chunk) {
        let columns = self.middles.len();
        let mut x = vec![0.0; columns];
        let mut terms = vec![0_i128; columns];
        for row in 0..chunk.y.len() {
            let w = chunk.weight(row);
            let y = chunk.y[row] - self.middle;
            for ((value, column), middle) in x.iter_mut().zip(chunk.fixed).zip(&self.middles) {
                *value = column[row] - middle;
            }
            let (weight, response) = (self.w.fixed(w), self.wy.fixed(w * y));
            self.weight += weight;
            self.y += response;
            self.yy += self.wyy.fixed(w * y * y);
            if self.weighted {
                self.logs += self.log.fixed(w.ln());
            }
            for a in 0..columns {
                terms[a] = self.wx[a].fixed(w * x[a]);
                self.x[a] += terms[a];
                self.xy[a] += self.wxy[a].fixed(w * x[a] * y);
                for b in 0..=a {
                    self.xx[a * columns + b] += self.wxx[a * columns + b].fixed(w * x[a] * x[b]);
                }
            }
            for level in &mut self.levels {
                let code = chunk.codes[level.factor][row] as usize;
                level.counts[code] += 1;
                level.y[code] += response;
                if self.weighted {
                    level.weights[code] += weight;
                }
                for (sum, term) in level.x[code * columns..(code + 1) * columns].iter_mut().zip(&terms) {
                    *sum += term;
                }
            }
        }
    }

    /// Centres everything at weighted means and drops columns that others explain.
    ///
    /// # Errors
    /// [`Refused::TooFewRows`] when the columns leave no degree of freedom.
    pub fn finish(self, rows: &Arc<dyn Rows>, (pairs, others): Meetings) -> Result<Cross, Refused> {
        let columns = self.middles.len();
        let weight = self.w.float(self.weight);
        let y_mean = self.wy.float(self.y) / weight;
        let sums: Vec<f64> = self.x.iter().zip(&self.wx).map(|(&sum, scale)| scale.float(sum)).collect();
        let shifts: Vec<f64> = sums.iter().map(|sum| sum / weight).collect();
        let mut square = vec![0.0; columns * columns];
        for a in 0..columns {
            for b in 0..=a {
                let plain = self.wxx[a * columns + b].float(self.xx[a * columns + b]);
                square[a * columns + b] = plain - shifts[a] * shifts[b] * weight;
                square[b * columns + a] = square[a * columns + b];
            }
        }
        let basis = Basis::new(rows.as_ref(), &square, &self.middles, &shifts);
        let kept = basis.columns();
        let n = rows.ranges().rows;
        if n <= kept.len() + 1 {
            return Err(Refused::TooFewRows { rows: n, columns: kept.len() + 1 });
        }
        let p = kept.len() + 1;
        let mut xx = vec![0.0; p * p];
        xx[0] = weight;
        let mut xy = vec![0.0];
        for (i, &a) in kept.iter().enumerate() {
            for (j, &b) in kept.iter().enumerate() {
                xx[(i + 1) * p + j + 1] = square[a * columns + b];
            }
            xy.push(self.wxy[a].float(self.xy[a]) - y_mean * sums[a]);
        }
        let wx = &self.wx;
        let blocks = self.levels.iter().map(|level| {
            let weights: Vec<f64> = if self.weighted {
                self.w.floats(&level.weights)
            } else {
                level.counts.iter().map(|&count| f64::from(count)).collect()
            };
            let y = level.y.iter().zip(&weights).map(|(&sum, w)| self.wy.float(sum) - y_mean * w).collect();
            let mut x = Vec::with_capacity(weights.len() * p);
            for (code, w) in weights.iter().enumerate() {
                x.push(*w);
                x.extend(kept.iter().map(|&a| wx[a].float(level.x[code * columns + a]) - shifts[a] * w));
            }
            Block { factor: level.factor, weights, y, x }
        });
        let blocks: Vec<Block> = blocks.collect();
        let mut starts = vec![0; blocks.len()];
        let mut x_start = 0;
        for (start, block) in starts.iter_mut().zip(&blocks).skip(1) {
            *start = x_start;
            x_start += block.levels();
        }
        Ok(Cross {
            rows: Arc::clone(rows),
            blocks,
            pairs,
            others,
            starts,
            x_start,
            basis,
            xx,
            xy,
            yy: (self.wyy.float(self.yy) - y_mean * y_mean * weight).max(0.0),
            log_weights: self.log.float(self.logs),
            centre: self.middle + y_mean,
            spread: rows.ranges().y.reach(),
        })
    }
}
