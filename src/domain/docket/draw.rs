//! 抽取: which of a rater's invitations of a month are kept when there are more than the charter's cap.
//!
//! Order is set by a seed that each side committed to before the period, so neither can steer it and anyone can repeat it.
//! Deliberately absent: randomness of its own, and any knowledge of who rates whom.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::digest::{Bytes32, Digest};
use crate::ids::{PeriodId, Side, UnknownName};

/// A calendar month; text form `2026-03`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl From<Date> for Month {
    fn from(date: Date) -> Self {
        Self { year: date.year(), month: date.month() }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let unknown = || UnknownName { kind: "month", text: text.to_owned() };
        format!("{text}-01").parse::<Date>().map(Self::from).ok().filter(|m| m.to_string() == text).ok_or_else(unknown)
    }
}

/// One side's contribution to the seed of a period's draw: a secret until both sides have committed to theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrawFile {
    /// Format version, 1.
    pub v: u32,
    /// Whose it is.
    pub side: Side,
    /// For which period.
    pub period: PeriodId,
    /// 32 random bytes.
    pub contribution: Bytes32,
}

impl DrawFile {
    /// What the side lodges before the other one's contribution can be known to it. Period and side are part of it, so
    /// that neither the other side's commitment nor one of an earlier period is of any use.
    #[must_use]
    pub fn commitment(&self) -> Digest {
        let about = format!("hengping/v1/draw-commitment\n{}\n{}\n", self.period, self.side);
        Digest::of(&[about.as_bytes(), &self.contribution.0])
    }
}

/// The seed of a period's draw: 32 bytes that neither side chose alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawSeed([u8; 32]);

impl DrawSeed {
    /// Joins both contributions; as long as one side's is random, the seed is.
    #[must_use]
    pub fn join(bench: &[u8; 32], bar: &[u8; 32]) -> Self {
        Self(Digest::of(&[b"hengping/v1/draw-seed\n", bench, bar]).0)
    }

    /// Place of an invitation in a rater's month; smaller comes first.
    #[must_use]
    pub fn place(&self, rater: &str, month: Month, invitation: &str) -> Digest {
        let line = |text: &str| format!("{}:{text}\n", text.len());
        let key = format!("{}{month}\n{}", line(rater), line(invitation));
        Digest::of(&[b"hengping/v1/draw\n", &self.0, key.as_bytes()])
    }

    /// The invitations kept for a rater in a month: those `already` asked, then the first in order until `cap` is reached.
    ///
    /// The order of `waiting` does not matter, and repeated names count once. What was asked is never taken back, so a later
    /// import of the same month may fill what is left of the cap but changes nothing else.
    #[must_use]
    pub fn keep<'a>(
        &self,
        rater: &str,
        month: Month,
        cap: u32,
        already: &[&str],
        waiting: impl IntoIterator<Item = &'a str>,
    ) -> Vec<&'a str> {
        let mut order: Vec<(Digest, &str)> = waiting
            .into_iter()
            .filter(|invitation| !already.contains(invitation))
            .map(|invitation| (self.place(rater, month, invitation), invitation))
            .collect();
        order.sort_unstable();
        order.dedup();
        let room = usize::try_from(cap).unwrap_or(usize::MAX).saturating_sub(already.len());
        order.into_iter().take(room).map(|(_, invitation)| invitation).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::digest::Bytes;

    fn march() -> Month {
        "2026-03".parse().expect("a month")
    }

    #[test]
    fn months_round_trip() {
        assert_eq!(march().to_string(), "2026-03");
        assert_eq!(Month::from(jiff::civil::date(2026, 3, 31)), march());
        for bad in ["", "2026", "2026-3", "2026-13", "2026-03-01"] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }

    #[test]
    fn each_side_moves_the_seed_and_places_are_pinned() {
        let seed = DrawSeed::join(&[1; 32], &[2; 32]);
        assert_ne!(seed, DrawSeed::join(&[2; 32], &[1; 32]));
        let file = |side, period: &str, byte| DrawFile {
            v: 1,
            side,
            period: PeriodId(period.into()),
            contribution: Bytes([byte; 32]),
        };
        let mine = file(Side::Bench, "2026", 1).commitment();
        let others = [file(Side::Bench, "2026", 2), file(Side::Bar, "2026", 1), file(Side::Bench, "2027", 1)];
        assert!(others.iter().all(|other| other.commitment() != mine));
        // A committed period must stay repeatable in every later version.
        assert_eq!(seed.place("rater", march(), "case").short(), "068171252320");
        assert_ne!(seed.place("a", march(), "bc"), seed.place("ab", march(), "c"));
    }

    proptest! {
        #[test]
        fn the_draw_is_a_function_of_the_set(
            seed in any::<[u8; 32]>(),
            names in prop::collection::btree_set("[a-z0-9]{1,8}", 0..30),
            cap in 0_u32..8,
            shift in any::<usize>(),
        ) {
            let seed = DrawSeed::join(&seed, &[0; 32]);
            let list: Vec<&str> = names.iter().map(String::as_str).collect();
            let kept = seed.keep("r", march(), cap, &[], list.iter().copied());
            prop_assert_eq!(kept.len(), list.len().min(cap as usize));
            let mut turned = list.clone();
            turned.rotate_left(shift % list.len().max(1));
            turned.extend(list.iter().take(3));
            prop_assert_eq!(&seed.keep("r", march(), cap, &[], turned), &kept);
            // A smaller cap keeps a part of what a larger one keeps, and asking again after a first draw adds nothing.
            let fewer = seed.keep("r", march(), cap.saturating_sub(1), &[], list.iter().copied());
            prop_assert!(kept.starts_with(&fewer));
            prop_assert!(seed.keep("r", march(), cap, &kept, list.iter().copied()).is_empty() || kept.len() < cap as usize);
            // One more invitation pushes out at most one.
            let before: BTreeSet<&str> = kept.iter().copied().collect();
            let after = seed.keep("r", march(), cap, &[], list.iter().copied().chain(["newcomer!"]));
            prop_assert!(before.iter().filter(|n| !after.contains(n)).count() <= 1);
        }
    }

    #[test]
    fn everybody_has_the_same_chance() {
        let seed = DrawSeed::join(&[7; 32], &[8; 32]);
        let names: Vec<String> = (0..20).map(|n| format!("case-{n}")).collect();
        let mut kept = [0_u32; 20];
        for rater in 0..4_000 {
            for name in seed.keep(&rater.to_string(), march(), 5, &[], names.iter().map(String::as_str)) {
                let index = names.iter().position(|n| n == name).expect("one of them");
                kept[index] += 1;
            }
        }
        // 1,000 expected each, standard deviation 27: five of them is a wide margin for a pinned seed.
        assert!(kept.iter().all(|n| (863..=1137).contains(n)), "{kept:?}");
    }
}
