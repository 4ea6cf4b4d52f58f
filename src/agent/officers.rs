//! The master key among a side's officers: shares of which any few unlock the agent and fewer say nothing (Shamir, 1979).
//!
//! A share file carries a checksum, so that a damaged share is told apart from a wrong combination, and names its split, so
//! that shares of two splits are not mixed. Deliberately absent: who holds which share.

use std::collections::BTreeSet;
use std::fmt;

use blahaj::{Share, Sharks};
use hengping_domain::digest::{Bytes, Bytes32, Digest, decode_base64url, encode_base64url};
use hengping_domain::ids::Side;
use hengping_ports::{Entropy, random};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::AgentError;
use crate::keyfile::{KeyFile, Unlocked, thirty_two};

/// Shares of one split; more officers than any side has.
const MOST_SHARES: u8 = 16;

/// One officer's share.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareFile {
    /// Format version, 1.
    pub v: u32,
    /// Whose agent.
    pub side: Side,
    /// The agent's public key.
    pub agent: Bytes32,
    /// The split, random; shares of one split belong together.
    pub split: Bytes<16>,
    /// 1, 2, ..
    pub number: u8,
    /// How many there are.
    pub shares: u8,
    /// How many unlock.
    pub threshold: u8,
    /// The share: number and 32 bytes, base64url. Secret.
    pub share: String,
    /// SHA-256 over everything above.
    pub checksum: Digest,
}

impl fmt::Debug for ShareFile {
    /// Names it; the share stays unsaid.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShareFile({})", self.name())
    }
}

impl ShareFile {
    fn sum(&self) -> Digest {
        let Self { v, side, agent, split, number, shares, threshold, share, .. } = self;
        let text =
            format!("hengping/agent/v1/share\n{v}\n{side}\n{agent}\n{split}\n{number}\n{shares}\n{threshold}\n{share}");
        Digest::of(&[text.as_bytes()])
    }

    /// How an error names it.
    fn name(&self) -> String {
        format!("{}-{}", self.side, self.number)
    }
}

/// Splits the master key; `shares` files, of which any `threshold` unlock.
///
/// # Errors
/// [`AgentError::BadSplit`], [`AgentError::Entropy`].
pub fn split(
    unlocked: &Unlocked,
    shares: u8,
    threshold: u8,
    entropy: &dyn Entropy,
) -> Result<Vec<ShareFile>, AgentError> {
    if !(2..=MOST_SHARES).contains(&shares) || !(2..=shares).contains(&threshold) {
        return Err(AgentError::BadSplit);
    }
    let mut rng = ChaCha20Rng::from_seed(random(entropy)?);
    let split = Bytes(random(entropy)?);
    let sharks = Sharks(threshold);
    let dealer = sharks.dealer_rng(unlocked.master.bytes(), &mut rng);
    let file = |(number, share): (u8, Share)| {
        let bytes = Zeroizing::new(Vec::from(&share));
        let mut file = ShareFile {
            v: 1,
            side: unlocked.side,
            agent: unlocked.public(),
            split,
            number,
            shares,
            threshold,
            share: encode_base64url(&bytes),
            checksum: Digest([0; 32]),
        };
        file.checksum = file.sum();
        file
    };
    Ok((1..=shares).zip(dealer).map(file).collect())
}

/// The master key from shares.
///
/// # Errors
/// [`AgentError::DamagedShare`], [`AgentError::ForeignShare`], [`AgentError::SameShare`], [`AgentError::TooFewShares`],
/// [`AgentError::OtherKey`], the first that applies.
pub fn combine(file: &KeyFile, shares: &[ShareFile]) -> Result<Zeroizing<[u8; 32]>, AgentError> {
    let mut seen = BTreeSet::new();
    let mut parts = Vec::new();
    for share in shares {
        let part = decode_base64url(&share.share).ok().map(Zeroizing::new);
        let part = part.and_then(|bytes| Share::try_from(bytes.as_slice()).ok());
        let (Some(part), true) = (part, share.v == 1 && share.checksum == share.sum()) else {
            return Err(AgentError::DamagedShare(share.name()));
        };
        if (share.side, share.agent) != (file.side, file.agent) || share.split != shares[0].split {
            return Err(AgentError::ForeignShare(share.name()));
        }
        if !seen.insert(share.number) {
            return Err(AgentError::SameShare(share.number));
        }
        parts.push(part);
    }
    let needed = shares.first().map_or(2, |share| share.threshold);
    if parts.len() < usize::from(needed) {
        return Err(AgentError::TooFewShares { needed, given: parts.len() });
    }
    let master = Zeroizing::new(Sharks(needed).recover(&parts).map_err(|_| AgentError::OtherKey)?);
    let master = thirty_two(&master).map_err(|_| AgentError::OtherKey)?;
    let fits = crate::seal::MasterKey::from_bytes(master.clone()).fingerprint() == file.master;
    if fits { Ok(master) } else { Err(AgentError::OtherKey) }
}
