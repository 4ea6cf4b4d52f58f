//! A cast on its way: what a device posts, the receipt it gets for it, and the batch in which the relay hands casts over.
//!
//! Whoever takes one of the three checks size, suite and signature with the same functions. Deliberately absent: times,
//! addresses, and any look inside the posted item.

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use crate::ballot::MAX_SEQ;
use crate::digest::{Bytes, Bytes32, Digest, decode_base64url, encode_base64url};
use crate::document::{self, DocumentError};
use crate::ids::BoxId;
use crate::layer::{POSTED_LEN, Posted};
use crate::log;
use crate::request::Presented;
use crate::token::{self, StampKey, TOKEN_LEN, Token};
use crate::words;

/// Bytes of a cast in a batch: stamp, sequence number, signature, posted item.
pub const CAST_LEN: usize = TOKEN_LEN + 4 + 64 + POSTED_LEN;

/// Why a posted body is no cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CastError {
    /// Stamp, posted item or signature of another size, suite or spelling.
    #[error("the sealed ballot has another form")]
    Malformed,
    /// No such box, a number outside 1 to 8, or a signature that does not hold: one answer for all.
    #[error("the box does not take this")]
    Refused,
}

/// The JSON body of `POST /box`, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CastBody {
    /// `{period}.{direction}`.
    #[serde(rename = "box")]
    pub id: String,
    /// 160 bytes, base64url.
    pub stamp: String,
    /// 1 to 8; a higher one replaces.
    pub seq: u32,
    /// 6,748 bytes, base64url.
    pub envelope: String,
    /// 64 bytes, base64url.
    pub signature: String,
}

/// A posted item under its stamp; [`Cast::read`] and [`read_batch`] give none whose signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    /// The box.
    pub id: BoxId,
    /// The right to post.
    pub stamp: Token,
    /// 1 to 8.
    pub seq: u32,
    /// What is posted.
    pub envelope: Posted,
    /// By the stamp's key over box, number and item.
    pub signature: Bytes<64>,
}

impl Cast {
    /// Signs a posted item with the key of its stamp.
    #[must_use]
    pub fn sign(id: BoxId, key: &StampKey, stamp: Token, seq: u32, envelope: Posted) -> Self {
        let signature = key.sign_cast(&id, seq, envelope.hash());
        Self { id, stamp, seq, envelope, signature }
    }

    /// The cast as it is posted.
    #[must_use]
    pub fn body(&self) -> CastBody {
        CastBody {
            id: self.id.to_string(),
            stamp: self.stamp.to_string(),
            seq: self.seq,
            envelope: encode_base64url(self.envelope.as_bytes()),
            signature: self.signature.to_string(),
        }
    }

    /// Reads what was posted and checks number and signature; whether the stamp's tags hold is for the agents to say.
    ///
    /// # Errors
    /// [`CastError`].
    pub fn read(body: &CastBody) -> Result<Self, CastError> {
        let malformed = |_| CastError::Malformed;
        let envelope = decode_base64url(&body.envelope).map_err(malformed)?;
        let cast = Self {
            id: body.id.parse().map_err(|_| CastError::Refused)?,
            stamp: body.stamp.parse().map_err(malformed)?,
            seq: body.seq,
            envelope: Posted::from_bytes(envelope).map_err(|_| CastError::Malformed)?,
            signature: body.signature.parse().map_err(malformed)?,
        };
        if cast.holds() { Ok(cast) } else { Err(CastError::Refused) }
    }

    fn holds(&self) -> bool {
        let Self { id, stamp, seq, envelope, signature } = self;
        (1..=MAX_SEQ).contains(seq) && token::verify_cast(stamp, id, *seq, envelope.hash(), signature).is_ok()
    }

    /// Its leaf in the log.
    #[must_use]
    pub fn leaf(&self) -> Digest {
        log::leaf(&self.stamp.nonce, self.envelope.hash())
    }

    /// The cast as agents see it.
    #[must_use]
    pub fn presented(&self) -> Presented {
        let Self { stamp, seq, envelope, signature, .. } = self;
        Presented { stamp: *stamp, seq: *seq, envelope: envelope.hash(), signature: *signature }
    }

    /// The cast without its box: `stamp | seq | signature | posted item`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { stamp, seq, envelope, signature, .. } = self;
        [stamp.to_bytes().0.as_slice(), &seq.to_be_bytes(), &signature.0, envelope.as_bytes()].concat()
    }

    /// Reads [`CAST_LEN`] bytes and checks number and signature.
    ///
    /// # Errors
    /// [`CastError`].
    pub fn from_bytes(id: &BoxId, bytes: &[u8]) -> Result<Self, CastError> {
        if bytes.len() != CAST_LEN {
            return Err(CastError::Malformed);
        }
        let (stamp, rest) = bytes.split_at(TOKEN_LEN);
        let (seq, rest) = rest.split_at(4);
        let (signature, envelope) = rest.split_at(64);
        let cast = Self {
            id: id.clone(),
            stamp: Token::from_bytes(&Bytes(std::array::from_fn(|i| stamp[i]))),
            seq: u32::from_be_bytes(std::array::from_fn(|i| seq[i])),
            envelope: Posted::from_bytes(envelope.to_vec()).map_err(|_| CastError::Malformed)?,
            signature: Bytes(std::array::from_fn(|i| signature[i])),
        };
        if cast.holds() { Ok(cast) } else { Err(CastError::Refused) }
    }
}

words! {
    /// What a receipt says.
    ReceiptStatus, "receipt status" {
        /// The relay's word; the box's word is a leaf below a checkpoint.
        Stored = "stored",
    }
}

/// The relay's word that it holds a cast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The box.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// What to look for in the log.
    pub leaf: Digest,
    /// Sequence number.
    pub seq: u32,
    /// `stored`.
    pub status: ReceiptStatus,
    /// By the relay's receipt key.
    pub signature: Bytes<64>,
}

impl Receipt {
    /// Signs a receipt.
    #[must_use]
    pub fn sign(id: BoxId, leaf: Digest, seq: u32, key: &SigningKey) -> Self {
        let signature = document::sign(key, receipt_text(&id, leaf, seq).as_bytes());
        Self { id, leaf, seq, status: ReceiptStatus::Stored, signature }
    }

    /// Whether it is for this cast, by the relay that the manifest names.
    ///
    /// # Errors
    /// [`DocumentError::BadSignature`].
    pub fn verify(&self, cast: &Cast, key: &Bytes32) -> Result<(), DocumentError> {
        if self.id != cast.id || self.seq != cast.seq || self.leaf != cast.leaf() {
            return Err(DocumentError::BadSignature);
        }
        document::verify(key, &self.signature, receipt_text(&self.id, self.leaf, self.seq).as_bytes())
    }
}

fn receipt_text(id: &BoxId, leaf: Digest, seq: u32) -> String {
    format!("hengping/v2/receipt\n{id}\n{leaf}\n{seq}")
}

/// Why bytes are no batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sorted batch of casts")]
pub struct BatchMalformed;

/// `count (u32, big endian) | casts`, sorted by leaf.
#[must_use]
pub fn write_batch<'a>(casts: impl IntoIterator<Item = &'a Cast>) -> Vec<u8> {
    let mut sorted: Vec<_> = casts.into_iter().map(|cast| (cast.leaf(), cast)).collect();
    sorted.sort_unstable_by_key(|(leaf, _)| *leaf);
    let mut bytes = Vec::with_capacity(4 + sorted.len() * CAST_LEN);
    bytes.extend_from_slice(&u32::try_from(sorted.len()).unwrap_or(u32::MAX).to_be_bytes());
    for (_, cast) in sorted {
        bytes.extend_from_slice(&cast.to_bytes());
    }
    bytes
}

/// Reads a batch strictly: the count is right, leaves ascend without one twice, no stamp stands twice, every signature holds.
///
/// # Errors
/// [`BatchMalformed`].
pub fn read_batch(id: &BoxId, bytes: &[u8]) -> Result<Vec<Cast>, BatchMalformed> {
    let (count, items) = bytes.split_first_chunk::<4>().ok_or(BatchMalformed)?;
    if !items.len().is_multiple_of(CAST_LEN) || items.len() / CAST_LEN != u32::from_be_bytes(*count) as usize {
        return Err(BatchMalformed);
    }
    let casts: Vec<_> = items
        .chunks_exact(CAST_LEN)
        .map(|item| Cast::from_bytes(id, item))
        .collect::<Result<_, _>>()
        .map_err(|_| BatchMalformed)?;
    let ascending = casts.is_sorted_by(|one, next| one.leaf() < next.leaf());
    let mut stamps: Vec<_> = casts.iter().map(|cast| cast.stamp.nonce).collect();
    stamps.sort_unstable();
    let once = stamps.windows(2).all(|pair| pair[0] != pair[1]);
    if ascending && once { Ok(casts) } else { Err(BatchMalformed) }
}

fn batch_text(id: &BoxId, body: &[u8]) -> String {
    format!("hengping/v2/batch\n{id}\n{}", Digest::of(&[body]))
}

/// The relay's signature over a batch, which travels in [`document::SIGNATURE_HEADER`].
#[must_use]
pub fn sign_batch(id: &BoxId, body: &[u8], key: &SigningKey) -> Bytes<64> {
    document::sign(key, batch_text(id, body).as_bytes())
}

/// Whether the relay that the manifest names handed this batch over.
///
/// # Errors
/// [`DocumentError::BadSignature`].
pub fn verify_batch(id: &BoxId, body: &[u8], key: &Bytes32, signature: &Bytes<64>) -> Result<(), DocumentError> {
    document::verify(key, signature, batch_text(id, body).as_bytes())
}

#[cfg(test)]
#[path = "cast_tests.rs"]
mod tests;
