//! What stands around the data of every figure: title, subtitle, the pilot's word, and the foot.
//! Invariant: nothing leaves the sheet; what is too long for one line takes another and moves the
//! data down. Absent on purpose: the words themselves.

use super::Frame;
use super::canvas::{Align, Canvas, Token};
use super::setting::{width, wrap};

/// Free space left and right.
pub(super) const MARGIN: i32 = 24;
const TITLE: (f64, i32) = (18.0, 26);
const SUBTITLE: (f64, i32) = (14.0, 20);
const FOOT: (f64, i32) = (12.0, 17);

/// Title, subtitle and foot in lines.
pub(super) struct Heading {
    title: Vec<String>,
    subtitle: Vec<String>,
    foot: Vec<String>,
    pilot: Option<String>,
    width: i32,
}

impl Heading {
    /// Sets the words for a sheet of `sheet` pixels width.
    pub fn new(frame: &Frame, title: &str, subtitle: &str, sheet: i32) -> Self {
        let pilot = frame.pilot.then(|| frame.language.pick("试运行", "pilot"));
        let inner = f64::from(sheet - 2 * MARGIN);
        let beside = pilot.as_ref().map_or(0.0, |word| width(word, 14.0, true) + 20.0);
        Self {
            title: wrap(title, TITLE.0, true, inner - beside),
            subtitle: wrap(subtitle, SUBTITLE.0, false, inner),
            foot: wrap(&frame.foot, FOOT.0, false, inner),
            pilot,
            width: sheet,
        }
    }

    /// Pixels by which the data move down against a heading of two single lines, which ends at 72.
    pub fn below(&self) -> i32 {
        (self.title.len() as i32 - 1) * TITLE.1 + (self.subtitle.len() as i32 - 1) * SUBTITLE.1
    }

    /// Pixels that a foot of several lines adds to the sheet's height.
    pub fn above(&self) -> i32 {
        (self.foot.len() as i32 - 1) * FOOT.1
    }

    /// Draws on a sheet of `height` pixels.
    pub fn draw(&self, canvas: &Canvas, height: i32) {
        let lines = |lines: &[String], from: i32, (size, step): (f64, i32), token, bold| {
            for (index, line) in lines.iter().enumerate() {
                canvas.text(line, (MARGIN, from + index as i32 * step), size, token, Align::Left, bold);
            }
        };
        lines(&self.title, 32, TITLE, Token::Ink, true);
        lines(&self.subtitle, 60 + (self.title.len() as i32 - 1) * TITLE.1, SUBTITLE, Token::Second, false);
        let right = self.width - MARGIN;
        if let Some(word) = &self.pilot {
            canvas.text(word, (right, 32), 14.0, Token::Amber, Align::Right, true);
        }
        let top = height - 40 - self.above();
        canvas.line((MARGIN, top), (right, top), 1, Token::Line);
        lines(&self.foot, top + 20, FOOT, Token::Second, false);
    }
}
