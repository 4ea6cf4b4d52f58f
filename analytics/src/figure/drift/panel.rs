//! One panel of the drift figure: points with intervals, joined where two periods can be compared.
//! Invariant: all panels share one scale of levels. Absent on purpose: which periods are linked; the caller knows.

use super::super::Frame;
use super::super::canvas::{Align, Canvas, Token};
use super::super::scale::Scale;
use super::super::setting::{fit, width};
use super::super::words::{bound, number};
use super::Series;
use crate::gate::Row;

/// What all panels have in common.
pub(super) struct Panel<'a> {
    /// Names of the periods.
    pub periods: &'a [&'a str],
    /// Breaks: the period each stands before, with its letter.
    pub cut: &'a [(usize, char)],
    /// Levels, without pixels.
    pub levels: Scale,
}

/// Left, top, width, height.
type Room = (i32, i32, i32, i32);

fn short(row: &Row) -> String {
    let sign = match bound(row) {
        1 => "≥ ",
        -1 => "≤ ",
        _ => "",
    };
    format!("{sign}{}", number(row.values.value, row.values.step))
}

impl Panel<'_> {
    /// The city over the whole width, with the axis of levels and the names of the periods.
    pub fn city(&self, canvas: &Canvas, city: &Series, frame: &Frame, (x, y, wide, high): Room) {
        let (left, right, top, bottom) = (x + 44, x + wide - 120, y + 30, y + high - 46);
        let levels = self.levels.on((bottom, top));
        for mark in levels.marks() {
            canvas.line((left, levels.at(mark)), (right, levels.at(mark)), 1, Token::Line);
            let text = format!("{mark:.*}", levels.digits());
            canvas.text(&text, (left - 12, levels.at(mark)), 13.0, Token::Second, Align::Right, false);
        }
        let at = self.places((left + 40, right - 40));
        for &(before, letter) in self.cut {
            let middle = i32::midpoint(at(before - 1), at(before));
            canvas.dashes((middle, top - 6), (middle, bottom + 6), Token::Amber);
            canvas.text(&letter.to_string(), (middle, top - 15), 13.0, Token::Amber, Align::Centre, true);
        }
        self.line(canvas, city, &levels, &at, (3, 5), Token::Ink);
        let mut free = i32::MIN;
        for (index, row) in city.rows.iter().enumerate() {
            let Some(row) = row else { continue };
            let text = short(row);
            let half = (width(&text, 14.0, true) / 2.0).ceil() as i32;
            let [_, high] = row.values.interval.unwrap_or([row.values.value; 2]);
            // With very many periods some values stand in the table only.
            if at(index) - half > free {
                canvas.text(&text, (at(index), levels.at(high) - 11), 14.0, Token::Ink, Align::Centre, true);
                free = at(index) + half + 4;
            }
        }
        self.names(canvas, &at, bottom + 22, wide);
        if let Some((index, row)) = city.rows.iter().enumerate().filter_map(|(i, row)| Some((i, (*row)?))).next_back() {
            let word = frame.language.pick("全市均值", "city mean");
            canvas.text(&word, (at(index) + 16, levels.at(row.values.value)), 13.0, Token::Ink, Align::Left, false);
        }
    }

    /// A court beside the city, which stands thin behind it.
    pub fn court(&self, canvas: &Canvas, court: &Series, city: &Series, (x, y, wide, high): Room) {
        let (left, right, top, bottom) = (x + 44, x + wide - 52, y + 40, y + high - 18);
        let levels = self.levels.on((bottom, top));
        let name = fit(&court.name, 14.0, true, f64::from(wide - 12), 1).concat();
        canvas.text(&name, (x + wide / 2, y + 18), 14.0, Token::Ink, Align::Centre, true);
        for end in [top, bottom] {
            canvas.line((left - 12, end), (right + 12, end), 1, Token::Line);
        }
        let at = self.places((left, right));
        self.line(canvas, city, &levels, &at, (1, 0), Token::Accent);
        // Points of many periods would run together.
        let radius = if self.periods.len() > 10 { 2 } else { 4 };
        self.line(canvas, court, &levels, &at, (2, radius), Token::Ink);
        for &(before, _) in self.cut {
            let middle = i32::midpoint(at(before - 1), at(before));
            canvas.dashes((middle, top), (middle, bottom), Token::Amber);
        }
        let shown: Vec<(usize, &Row)> =
            court.rows.iter().enumerate().filter_map(|(index, row)| Some((index, (*row)?))).collect();
        if let [(first, row), .., _] = shown.as_slice() {
            let place = (at(*first) - 10, levels.at(row.values.value));
            canvas.text(&short(row), place, 13.0, Token::Second, Align::Right, false);
        }
        if let Some((last, row)) = shown.last() {
            let place = (at(*last) + 10, levels.at(row.values.value));
            canvas.text(&short(row), place, 13.0, Token::Ink, Align::Left, true);
        }
    }

    /// Pixel of each period.
    fn places(&self, (left, right): (i32, i32)) -> impl Fn(usize) -> i32 + use<> {
        let count = self.periods.len();
        move |index| {
            if count < 2 {
                return i32::midpoint(left, right);
            }
            left + (f64::from(right - left) * index as f64 / (count - 1) as f64).round() as i32
        }
    }

    /// Points with their intervals, and lines between neighbours that are linked. A radius of zero
    /// leaves the points out, but never one that stands alone.
    fn line(
        &self,
        canvas: &Canvas,
        series: &Series,
        levels: &Scale,
        at: &impl Fn(usize) -> i32,
        (thick, radius): (u32, u32),
        token: Token,
    ) {
        let linked = |index: usize| !self.cut.iter().any(|(before, _)| *before == index);
        for (index, row) in series.rows.iter().enumerate() {
            let Some(row) = row else { continue };
            let place = (at(index), levels.at(row.values.value));
            let before = index.checked_sub(1).and_then(|i| series.rows[i]).filter(|_| linked(index));
            if let Some(before) = before {
                canvas.line((at(index - 1), levels.at(before.values.value)), place, thick, token);
            }
            if radius == 0 {
                let after = series.rows.get(index + 1).copied().flatten().filter(|_| linked(index + 1));
                if before.is_none() && after.is_none() {
                    canvas.line((place.0 - 5, place.1), (place.0 + 5, place.1), thick, token);
                }
                continue;
            }
            if let Some([low, high]) = row.values.interval {
                canvas.line((place.0, levels.at(low)), (place.0, levels.at(high)), 1, token);
            }
            match bound(row) {
                1 => canvas.triangle(place, token),
                -1 => canvas.wedge(place, token),
                _ => canvas.dot(place, radius, token),
            }
        }
    }

    /// Names of the periods below the city's panel; those that would touch their neighbour are left
    /// to the table, the first and the last are not.
    fn names(&self, canvas: &Canvas, at: &impl Fn(usize) -> i32, y: i32, wide: i32) {
        let count = self.periods.len();
        let most = (f64::from(wide) / (count.min(3) as f64)).min(220.0) - 12.0;
        let set = |index: usize| fit(self.periods[index], 13.0, false, most, 1).concat();
        let half = |text: &str| (width(text, 13.0, false) / 2.0).ceil() as i32 + 5;
        let Some(last) = count.checked_sub(1) else { return };
        let end = at(last) - half(&set(last));
        let mut free = i32::MIN;
        for index in 0..count {
            let text = set(index);
            let (from, to) = (at(index) - half(&text), at(index) + half(&text));
            if from >= free && (index == last || to <= end) {
                canvas.text(&text, (at(index), y), 13.0, Token::Second, Align::Centre, false);
                free = to;
            }
        }
    }
}
