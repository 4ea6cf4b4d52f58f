//! The colours of the look, light and dark.
//! Invariant: a colour is a token; whatever carries text passes 4.5:1 on its paper in both sets.
//! Absent on purpose: red and green for results.

use plotters::style::RGBColor;

/// A colour of the look with its dark counterpart. All pass 4.5:1 on their paper where they carry text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Paper,
    Ink,
    Second,
    Line,
    Wash,
    Accent,
    Weak,
    Amber,
}

impl Token {
    pub const ALL: [Self; 8] =
        [Self::Paper, Self::Ink, Self::Second, Self::Line, Self::Wash, Self::Accent, Self::Weak, Self::Amber];

    /// Name, light and dark.
    pub fn pair(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Paper => ("paper", "#FFFFFF", "#1A2433"),
            Self::Ink => ("ink", "#1B2A41", "#E7ECF3"),
            Self::Second => ("ink-2", "#4A5A70", "#AAB6C6"),
            Self::Line => ("line", "#D9DEE6", "#33425A"),
            Self::Wash => ("wash", "#F5F7FA", "#111925"),
            Self::Accent => ("accent", "#23527C", "#93BEE8"),
            Self::Weak => ("accent-weak", "#E6EEF6", "#23364C"),
            Self::Amber => ("amber", "#8A5A00", "#F0C675"),
        }
    }

    /// The light colour, as plotters wants it.
    pub fn rgb(self) -> RGBColor {
        let hex = &self.pair().1[1..];
        let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap_or(0);
        RGBColor(part(0), part(2), part(4))
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    /// Relative luminance and contrast of WCAG 2.1.
    fn contrast(one: &str, other: &str) -> f64 {
        let light = |hex: &str| {
            let part = |at: usize| {
                let share = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
                if share <= 0.03928 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
        };
        let (a, b) = (light(one), light(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn what_carries_text_is_legible_by_day_and_by_night() {
        let (_, day, night) = Token::Paper.pair();
        for token in [Token::Ink, Token::Second, Token::Accent, Token::Amber] {
            let (name, light, dark) = token.pair();
            assert!(contrast(day, light) >= 4.5, "{name} by day");
            assert!(contrast(night, dark) >= 4.5, "{name} by night");
        }
        // Control: the colour of lines would not do for text.
        assert!(contrast(day, Token::Line.pair().1) < 4.5);
    }
}
