//! What both agents said of their shuffles and of the list that is opened, held against each other.
//!
//! The bench takes the posted items, the bar takes what the bench passed on, and both name the bar's output as the list.
//! Deliberately absent: the lists themselves, and how much a side may turn away ([`crate::mix::tolerated`]).

use crate::digest::Digest;
use crate::ids::Side;
use crate::manifest::{Manifest, PerSide};
use crate::statement::{Said, Signed};

/// Why statements do not make one list. Stable codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgreedError {
    /// Not said by this side's agent about this box, or something else was said.
    #[error("{side} did not sign the statement {kind} of this box / {side} 方没有签署本封存库的 {kind} 声明")]
    Unsigned {
        /// Who should have.
        side: Side,
        /// `mixed` or `listed`.
        kind: &'static str,
    },
    /// Items are missing from the sum, or refused ones stand out of order or twice.
    #[error("the counts of the shuffle of {0} do not add up / {0} 方混洗的计数不符")]
    Miscounted(Side),
    /// The bar did not take what the bench passed on.
    #[error("the two shuffles do not follow each other / 两方的混洗不相衔接")]
    Unchained,
    /// A side agreed to another list than the one that came out.
    #[error("{0} agreed to another list / {0} 方认定的清单与混洗结果不符")]
    OtherList(Side),
}

impl AgreedError {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unsigned { .. } => "statement-unsigned",
            Self::Miscounted(_) => "mix-miscounted",
            Self::Unchained => "mix-unchained",
            Self::OtherList(_) => "list-other",
        }
    }
}

/// One side's shuffle, as it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shuffle {
    /// Digest of the list that came in.
    pub input: Digest,
    /// Its items.
    pub taken: u32,
    /// Digest of the list that went out.
    pub output: Digest,
    /// Its items.
    pub passed: u32,
    /// Hashes of what was turned away.
    pub refused: Vec<Digest>,
}

impl Shuffle {
    /// Whether this shuffle, of the bar, took what the bench's left.
    #[must_use]
    pub fn follows(&self, bench: &Self) -> bool {
        (self.input, self.taken) == (bench.output, bench.passed)
    }
}

/// A side's statement `mixed`, if it holds and adds up.
///
/// # Errors
/// [`AgreedError::Unsigned`], [`AgreedError::Miscounted`].
pub fn shuffle(manifest: &Manifest, side: Side, signed: &Signed) -> Result<Shuffle, AgreedError> {
    let said = signed.said(&manifest.id, side, &manifest.keys(side).agent);
    let Ok(Said::Mixed { input, taken, output, passed, refused }) = said else {
        return Err(AgreedError::Unsigned { side, kind: "mixed" });
    };
    let counted = u32::try_from(refused.len()).ok().and_then(|refused| refused.checked_add(*passed));
    if counted != Some(*taken) || !refused.is_sorted() {
        return Err(AgreedError::Miscounted(side));
    }
    Ok(Shuffle { input: *input, taken: *taken, output: *output, passed: *passed, refused: refused.clone() })
}

/// A side's statement `listed`, if it holds: digest and items of the list.
///
/// # Errors
/// [`AgreedError::Unsigned`].
pub fn listed(manifest: &Manifest, side: Side, signed: &Signed) -> Result<(Digest, u32), AgreedError> {
    match signed.said(&manifest.id, side, &manifest.keys(side).agent) {
        Ok(Said::Listed { list, count }) => Ok((*list, *count)),
        _ => Err(AgreedError::Unsigned { side, kind: "listed" }),
    }
}

/// What both sides agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// Both shuffles.
    pub mixed: PerSide<Shuffle>,
    /// Digest of the list that is opened.
    pub list: Digest,
    /// Its items.
    pub count: u32,
}

impl Agreed {
    /// Items turned away by both sides.
    #[must_use]
    pub fn refused(&self) -> u32 {
        let refused = |side| self.mixed.get(side).refused.len();
        u32::try_from(refused(Side::Bench) + refused(Side::Bar)).unwrap_or(u32::MAX)
    }
}

/// Holds four statements against each other.
///
/// # Errors
/// [`AgreedError`], the first reason.
pub fn agreed(manifest: &Manifest, mixed: &PerSide<Signed>, lists: &PerSide<Signed>) -> Result<Agreed, AgreedError> {
    let bench = shuffle(manifest, Side::Bench, &mixed.bench)?;
    let bar = shuffle(manifest, Side::Bar, &mixed.bar)?;
    if !bar.follows(&bench) {
        return Err(AgreedError::Unchained);
    }
    let (list, count) = (bar.output, bar.passed);
    for &side in Side::ALL {
        if listed(manifest, side, lists.get(side))? != (list, count) {
            return Err(AgreedError::OtherList(side));
        }
    }
    Ok(Agreed { mixed: PerSide { bench, bar }, list, count })
}
