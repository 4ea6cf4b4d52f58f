//! The opening: shares for one agreed list, ballots checked by the tags of their slips and nyms, and counts that add up.
//!
//! A side hands over shares for exactly one list and never its key. Ballots exist here in memory only. A list that the
//! shares do not open is refused, so that right ones can still be handed over.
//! Deliberately absent: files, and any output that holds a ballot.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ballot::Ballot;
use crate::digest::{Bytes, Bytes32, Digest};
use crate::envelope::{ENVELOPE_LEN, Envelope};
use crate::ids::{BoxId, Side};
use crate::manifest::{Manifest, PerSide};
use crate::mix::{self, tolerated};
use crate::rubric::Rubric;
use crate::token::poprf::IssuerKey;
use crate::token::{self, NymInfo, RaterRole};

/// Why an opening cannot go on. Stable codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// The list is not a sequence of envelopes sorted by hash.
    #[error("the list is not a sorted list of envelopes")]
    ListMalformed,
    /// A share file of another length or for another list.
    #[error("the shares of {0} are not for this list")]
    ShareMismatch(Side),
    /// Not one share of this side fits: the wrong key.
    #[error("none of the shares of {0} fits: wrong key?")]
    WrongKey(Side),
    /// A share that is not the one its envelope promised. No rater can cause this: a side that follows the format says
    /// that an envelope did not open.
    #[error(
        "a share of {0} is not the one its envelope promised; that side must make its shares again \
         / {0} 方有解出的一半与封存件不符，须由该方重新解出"
    )]
    WrongShare(Side),
    /// A side says of more envelopes than [`mix::tolerated`] that its lock did not open.
    #[error(
        "{side} opened its lock of {opened} of {total} envelopes only; an auditor has to look at its key before the rest \
         is given up / {side} 方只解开了 {total} 件中的 {opened} 件；放弃其余封存件之前，须由审计员核查该方密钥"
    )]
    TooManyLocked {
        /// Whose lock.
        side: Side,
        /// Envelopes it opened.
        opened: usize,
        /// Envelopes in the list.
        total: usize,
    },
    /// An issuer key that is not the one the manifest names.
    #[error("the issuer key of {0} is not the one the manifest names / {0} 方的签发密钥与封存库清单所列不符")]
    ForeignIssuer(Side),
    /// The list opened into not one ballot that counts.
    #[error(
        "not one ballot of the list is valid; nothing was written, the box can be opened again \
         / 没有一份评价有效；未写入任何结果，可以重新启封"
    )]
    NothingValid,
}

impl OpeningError {
    /// Stable code for files and the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ListMalformed => "list-malformed",
            Self::ShareMismatch(_) => "share-mismatch",
            Self::WrongKey(_) => "wrong-opening-key",
            Self::WrongShare(_) => "share-wrong",
            Self::TooManyLocked { .. } => "too-many-locked",
            Self::ForeignIssuer(_) => "foreign-issuer",
            Self::NothingValid => "nothing-valid",
        }
    }
}

/// Concatenates envelopes sorted by hash: `list.bin`.
#[must_use]
pub fn write_list(envelopes: &[Envelope]) -> Vec<u8> {
    mix::write_list(envelopes)
}

/// Reads `list.bin`; the order must be the sorted one and no envelope may stand twice.
///
/// # Errors
/// [`OpeningError::ListMalformed`].
pub fn read_list(bytes: &[u8]) -> Result<Vec<Envelope>, OpeningError> {
    let items = mix::read_list(bytes, ENVELOPE_LEN).map_err(|_| OpeningError::ListMalformed)?;
    if items.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(OpeningError::ListMalformed);
    }
    let parse = |(_, item): (Digest, &[u8])| Envelope::from_bytes(item.to_vec());
    items.into_iter().map(parse).collect::<Result<_, _>>().map_err(|_| OpeningError::ListMalformed)
}

/// One side's shares in list order: `H(envelope) | share`, 64 bytes each; zeros where the lock did not open.
pub fn write_shares(
    list: &[Envelope],
    id: &BoxId,
    side: Side,
    secret: &Bytes32,
    mut progress: impl FnMut(usize),
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(list.len() * 64);
    for (done, envelope) in list.iter().enumerate() {
        let share = envelope.share(id, side, secret).unwrap_or(LOCKED);
        bytes.extend_from_slice(envelope.hash().as_bytes());
        bytes.extend_from_slice(&share.0);
        progress(done + 1);
    }
    bytes
}

/// What a side hands over where its lock did not open.
const LOCKED: Bytes32 = Bytes([0; 32]);

/// One side's shares of a list, each the one its envelope promised or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shares {
    /// In list order.
    pub shares: Vec<Bytes32>,
    /// Envelopes whose lock this side did not open: a rater sealed nonsense, or the side does not want to.
    pub locked: usize,
}

impl Shares {
    /// Refuses shares that leave more of the list locked than raters can be expected to have spoilt.
    ///
    /// # Errors
    /// [`OpeningError::TooManyLocked`].
    pub fn check_locked(&self, side: Side) -> Result<(), OpeningError> {
        let total = self.shares.len();
        if self.locked <= tolerated(total) {
            return Ok(());
        }
        Err(OpeningError::TooManyLocked { side, opened: total - self.locked, total })
    }
}

/// Reads one side's shares for exactly this list, and checks each against the hash that its envelope carries: what a side
/// hands over is right, or it is nothing.
///
/// # Errors
/// [`OpeningError::ShareMismatch`] when they were made for another list, [`OpeningError::WrongKey`] when none opens
/// anything, [`OpeningError::WrongShare`] when one is not the promised one.
pub fn read_shares(bytes: &[u8], list: &[Envelope], side: Side) -> Result<Shares, OpeningError> {
    let mismatch = OpeningError::ShareMismatch(side);
    if bytes.len() != list.len() * 64 {
        return Err(mismatch);
    }
    let (mut shares, mut locked) = (Vec::with_capacity(list.len()), 0);
    for (entry, envelope) in bytes.chunks_exact(64).zip(list) {
        let (hash, share) = entry.split_at(32);
        if hash != envelope.hash().as_bytes() {
            return Err(mismatch);
        }
        let share = Bytes(share.try_into().map_err(|_| mismatch.clone())?);
        if !envelope.promises(side, &share) {
            if share != LOCKED {
                return Err(OpeningError::WrongShare(side));
            }
            locked += 1;
        }
        shares.push(share);
    }
    if locked == list.len() && locked > 0 { Err(OpeningError::WrongKey(side)) } else { Ok(Shares { shares, locked }) }
}

/// `issuer-keys.json`: both sides' issuer keys, handed over together with the shares and public once the box is dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerKeysFile {
    /// Format version, 2.
    pub v: u32,
    /// `poprf-ristretto255-sha512` (RFC 9497).
    pub suite: String,
    /// The bench's scalar.
    pub bench: Bytes32,
    /// The bar's scalar.
    pub bar: Bytes32,
}

/// The suite of [`IssuerKeysFile`].
pub const ISSUER_SUITE: &str = "poprf-ristretto255-sha512";

impl IssuerKeysFile {
    /// The file of two scalars.
    #[must_use]
    pub fn new(secrets: &PerSide<Bytes32>) -> Self {
        Self { v: 2, suite: ISSUER_SUITE.to_owned(), bench: secrets.bench, bar: secrets.bar }
    }

    /// The keys, if they are the ones whose public halves the manifest names.
    ///
    /// # Errors
    /// [`OpeningError::ForeignIssuer`] with the side whose key it is not.
    pub fn keys(&self, manifest: &Manifest) -> Result<PerSide<IssuerKey>, OpeningError> {
        let key = |side, secret: &Bytes32| {
            let key = IssuerKey::from_secret(secret).ok().filter(|key| key.public() == manifest.keys(side).issuer);
            key.filter(|_| self.v == 2 && self.suite == ISSUER_SUITE).ok_or(OpeningError::ForeignIssuer(side))
        };
        Ok(PerSide { bench: key(Side::Bench, &self.bench)?, bar: key(Side::Bar, &self.bar)? })
    }
}

/// Counts of an opening: `taken = refused + invalid + duplicate + valid`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Stamps accepted into the box.
    #[serde(rename = "in")]
    pub taken: u32,
    /// Turned away by the shuffles.
    pub refused: u32,
    /// Did not open, or slip, nym or answers do not fit.
    pub invalid: u32,
    /// A slip that stood in a ballot of a higher sequence number.
    pub duplicate: u32,
    /// Counted.
    pub valid: u32,
}

/// A counted ballot with what its nym stands for.
#[derive(Debug)]
pub struct Counted {
    /// The ballot.
    pub ballot: Ballot,
    /// Home court and role of the nameless rater.
    pub nym: NymInfo,
}

/// What the opening leaves in memory.
#[derive(Debug)]
pub struct Opened {
    /// Counted ballots, sorted by slip hash so that nothing of the list's order is left.
    pub ballots: Vec<Counted>,
    /// The counts.
    pub counts: Counts,
    /// The published counted list, sorted.
    pub counted: Vec<Digest>,
}

/// A body as a ballot, if answers, slip and nym hold for what it says.
#[must_use]
pub fn check(
    id: &BoxId,
    body: &[u8; crate::ballot::BODY_LEN],
    issuers: &PerSide<IssuerKey>,
    rubrics: &BTreeMap<Digest, Rubric>,
) -> Option<Counted> {
    let ballot = Ballot::from_body(body).ok()?;
    ballot.check(rubrics.get(&ballot.rubric)?).ok()?;
    let nym = ballot.nym_info(id);
    let holds = ballot.slip.holds(issuers, &ballot.slip_info(id).to_string())
        && ballot.nym.holds(issuers, &nym.to_string())
        && nym.role == RaterRole::of(id.direction.rater_side());
    holds.then_some(Counted { ballot, nym })
}

/// Keeps one ballot per slip, the one cast last; `checked` holds `None` for what did not open or did not hold, and `refused`
/// comes from the shuffles.
#[must_use]
pub fn admit(checked: Vec<Option<Counted>>, refused: u32) -> Opened {
    let listed = checked.len();
    let mut best: BTreeMap<Digest, Counted> = BTreeMap::new();
    let (mut invalid, mut duplicate) = (0_u32, 0_u32);
    for counted in checked {
        let Some(counted) = counted else {
            invalid += 1;
            continue;
        };
        let slip = token::counted_hash(&counted.ballot.slip.nonce);
        match best.get_mut(&slip) {
            None => drop(best.insert(slip, counted)),
            Some(held) => {
                duplicate += 1;
                // Equal numbers cannot come from an honest device; the larger body wins so that list order decides nothing.
                let rank = |c: &Counted| (c.ballot.seq, c.ballot.to_body().ok());
                if rank(&counted) > rank(held) {
                    *held = counted;
                }
            }
        }
    }
    let counts = Counts {
        taken: u32::try_from(listed).unwrap_or(u32::MAX).saturating_add(refused),
        refused,
        invalid,
        duplicate,
        valid: u32::try_from(best.len()).unwrap_or(u32::MAX),
    };
    let (counted, ballots) = best.into_iter().unzip();
    Opened { ballots, counts, counted }
}

#[cfg(test)]
mod tests;
