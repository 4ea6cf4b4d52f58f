//! An axis: values to pixels, and round numbers to stand beside it.
//! Invariant: the axis holds every value it was made for, at least a given span wide.
//! Absent on purpose: drawing.

/// A linear axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    step: f64,
    from: i32,
    to: i32,
}

/// Distances between marks, levels or shares.
const STEPS: [f64; 9] = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0];

impl Scale {
    /// From `low` at pixel `from` to `high` at pixel `to`; `to` may be less than `from`.
    pub fn new((low, high): (f64, f64), (from, to): (i32, i32)) -> Self {
        let span = high - low;
        let step = STEPS.into_iter().find(|step| span / step <= 7.0 + 1e-9).unwrap_or(span);
        Self { low, high, step, from, to }
    }

    /// An axis around `values`, at least `span` wide, whose ends are marks.
    pub fn around(values: impl Iterator<Item = f64>, span: f64, pixels: (i32, i32)) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 0.0) };
        let wider = ((span - (high - low)) / 2.0).max(0.0);
        let wide = Self::new((low - wider, high + wider), pixels);
        let step = wide.step;
        // A value on a mark must not gain another one from its last bit.
        Self { low: (wide.low / step + 1e-9).floor() * step, high: (wide.high / step - 1e-9).ceil() * step, ..wide }
    }

    /// The same axis on other pixels.
    pub fn on(self, (from, to): (i32, i32)) -> Self {
        Self { from, to, ..self }
    }

    /// Decimals that the marks need.
    pub fn digits(&self) -> usize {
        match self.step {
            step if step >= 1.0 => 0,
            step if step >= 0.1 => 1,
            _ => 2,
        }
    }

    /// Pixel of a value.
    pub fn at(&self, value: f64) -> i32 {
        let share = if self.high > self.low { (value - self.low) / (self.high - self.low) } else { 0.5 };
        self.from + (share * f64::from(self.to - self.from)).round() as i32
    }

    /// Round values from end to end.
    pub fn marks(&self) -> Vec<f64> {
        let step = self.step;
        let first = (self.low / step - 1e-9).ceil();
        let count = ((self.high / step + 1e-9).floor() - first).max(0.0) as usize;
        // `+ 0.0` turns a negative zero into zero.
        (0..=count).map(|index| (first + index as f64) * step + 0.0).collect()
    }
}

/// Moves ascending `places` of labels apart, at least `gap` pixels and inside `room`, as little as
/// is needed: downwards first, then back up from the lower edge.
pub(super) fn apart(places: &[i32], gap: i32, room: (i32, i32)) -> Vec<i32> {
    let mut moved: Vec<i32> = places.to_vec();
    let mut least = room.0;
    for place in &mut moved {
        *place = (*place).max(least);
        least = *place + gap;
    }
    let mut most = room.1;
    for place in moved.iter_mut().rev() {
        *place = (*place).min(most);
        most = *place - gap;
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::{Scale, apart};

    #[test]
    fn labels_move_apart_and_stay_inside() {
        assert_eq!(apart(&[10, 50], 20, (0, 100)), [10, 50]);
        assert_eq!(apart(&[50, 50, 51], 20, (0, 100)), [50, 70, 90]);
        assert_eq!(apart(&[95, 99, 100], 20, (0, 100)), [60, 80, 100]);
    }

    #[test]
    fn an_axis_holds_its_values_and_ends_on_marks() {
        for (low, high) in [(0.0, 0.0), (-0.31, 0.72), (3.9, 4.1), (0.2, 3.7), (-3.0, 3.0)] {
            let scale = Scale::around([low, high].into_iter(), 1.0, (100, 500));
            let marks = scale.marks();
            assert!(marks.len() >= 3 && marks.len() <= 10, "{marks:?}");
            assert!(marks[0] <= low && marks[marks.len() - 1] >= high, "{marks:?}");
            assert_eq!((scale.at(marks[0]), scale.at(marks[marks.len() - 1])), (100, 500));
        }
    }

    #[test]
    fn no_values_make_an_axis_all_the_same() {
        assert!(!Scale::around(std::iter::empty(), 1.0, (0, 10)).marks().is_empty());
    }
}
