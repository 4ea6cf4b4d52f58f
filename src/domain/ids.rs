//! Names of things: sides, directions, boxes and the opaque identifiers of people, cases and periods.
//!
//! Every identifier is random text without order or time in it, so that a table's keys say nothing about when a row came.
//! Deliberately absent: a way to turn a ratee's name in a ballot into a person; only the store knows that pair.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Text that names nothing here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind}: {text}")]
pub struct UnknownName {
    /// What was expected.
    pub kind: &'static str,
    /// What was found.
    pub text: String,
}

/// Declares a closed set of words with one spelling for tables, files, routes and pages.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $kind:literal { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every word of the set, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The one spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ids::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::ids::UnknownName { kind: $kind, text: text.to_owned() }),
                }
            }
        }
    };
}

words! {
    /// One of the two organisations that run the evaluation together.
    Side, "side" {
        /// 法院方: the court and its judges' association.
        Bench = "bench",
        /// 律协方: the bar association.
        Bar = "bar",
    }
}

impl Side {
    /// The side across the table.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Bench => Self::Bar,
            Self::Bar => Self::Bench,
        }
    }
}

words! {
    /// 评价方向: who rates whom.
    Direction, "direction" {
        /// 律师评法官.
        BarRatesBench = "bar_rates_bench",
        /// 法官评律师.
        BenchRatesBar = "bench_rates_bar",
    }
}

impl Direction {
    /// The side whose members rate.
    #[must_use]
    pub const fn rater_side(self) -> Side {
        match self {
            Self::BarRatesBench => Side::Bar,
            Self::BenchRatesBar => Side::Bench,
        }
    }

    /// The side whose members are rated.
    #[must_use]
    pub const fn ratee_side(self) -> Side {
        self.rater_side().other()
    }
}

words! {
    /// What an account may do; deny by default, and most roles belong to one side.
    Role, "role" {
        /// Rates, and reads the own result: a judge or a lawyer.
        Rater = "rater",
        /// Proposes and signs documents and releases for one side.
        Negotiator = "negotiator",
        /// Holds one side's opening key.
        KeyHolder = "key_holder",
        /// Runs one side's joint work.
        Coordinator = "coordinator",
        /// Reads released statistics.
        Researcher = "researcher",
        /// Installs, imports, closes boxes.
        Operator = "operator",
        /// Reads the audit log.
        Auditor = "auditor",
        /// A program with a short token instead of a session.
        Machine = "machine",
    }
}

impl Role {
    /// Whether whoever has this role stands for one of the two sides; `None` where both ways make sense.
    #[must_use]
    pub const fn has_side(self) -> Option<bool> {
        match self {
            Self::Rater | Self::Negotiator | Self::KeyHolder | Self::Coordinator => Some(true),
            Self::Researcher | Self::Operator | Self::Machine => Some(false),
            Self::Auditor => None,
        }
    }
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// A fresh identifier from 16 random bytes, in the text form of a version 4 UUID (RFC 9562).
            #[must_use]
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(uuid4(bytes))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

ids! {
    /// An account that can sign in.
    AccountId,
    /// A judge, lawyer or other person of the docket.
    PersonId,
    /// The name under which a person or organisation is rated; the only name that enters a ballot.
    RateeId,
    /// An imported case.
    CaseId,
    /// One rater's right to rate one ratee for one case.
    InvitationId,
    /// 评价周期, for example `2026`; chosen by people, not random.
    PeriodId,
}

fn uuid4(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// 封存库: one direction of one period; text form `{period}.{direction}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoxId {
    /// The period.
    pub period: PeriodId,
    /// The direction.
    pub direction: Direction,
}

impl BoxId {
    /// The box of this period that holds the other direction's ballots on the same cases.
    #[must_use]
    pub fn counterpart(&self) -> Self {
        let direction = match self.direction {
            Direction::BarRatesBench => Direction::BenchRatesBar,
            Direction::BenchRatesBar => Direction::BarRatesBench,
        };
        Self { period: self.period.clone(), direction }
    }
}

impl fmt::Display for BoxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.period, self.direction)
    }
}

impl PeriodId {
    /// Whether it is a rehearsal, in which everything is invented.
    #[must_use]
    pub fn is_rehearsal(&self) -> bool {
        crate::rehearsal::is_marked(&self.0)
    }
}

impl FromStr for PeriodId {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if text.is_empty() || text.len() > 40 || !text.chars().all(plain) {
            return Err(UnknownName { kind: "period", text: text.to_owned() });
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for BoxId {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let unknown = || UnknownName { kind: "box", text: text.to_owned() };
        let (period, direction) = text.rsplit_once('.').ok_or_else(unknown)?;
        let period = period.parse().map_err(|_: UnknownName| unknown())?;
        Ok(Self { period, direction: direction.parse().map_err(|_| unknown())? })
    }
}

impl Serialize for BoxId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BoxId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn box_names_round_trip_and_nothing_else_does() {
        let name = "2026-h1.bar_rates_bench";
        let parsed: BoxId = name.parse().expect("a box");
        assert_eq!(parsed.to_string(), name);
        assert_eq!(parsed.counterpart().counterpart(), parsed);
        for bad in ["", "2026", ".bar_rates_bench", "a|b.bar_rates_bench", "2026.both", "2026/..bar_rates_bench"] {
            assert!(bad.parse::<BoxId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn fresh_ids_are_version_four() {
        let id = PersonId::from_random([0xff; 16]);
        assert_eq!(id.as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
