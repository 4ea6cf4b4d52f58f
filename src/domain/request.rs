//! What the platform asks an agent, signed with the platform's key; a request's digest is its name.
//!
//! Requests travel by HTTP or in packages and mean the same; asked again, an agent answers the same. Deliberately absent:
//! lists of the mix and shares, which are files beside a request and named in it by their digest.

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use crate::digest::{Bytes, Bytes32, Digest};
use crate::document::{self, DocumentError, Signature};
use crate::eligible::Entry;
use crate::extension::Extension;
use crate::ids::{BoxId, InvitationId};
use crate::manifest::{Manifest, PerSide};
use crate::statement::{Said, Signed};
use crate::token::poprf::Blinded;
use crate::token::{self, Token};
use crate::words;

/// Blinded nonces of one invitation, for each side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlindedToken {
    /// The invitation.
    pub invitation: InvitationId,
    /// Of the stamp.
    pub stamp: PerSide<Blinded>,
    /// Of the slip.
    pub slip: PerSide<Blinded>,
}

/// A rater's request for tags, the same for both agents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// Format version, 1.
    pub v: u32,
    /// The box.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// Member number.
    pub rater: String,
    /// Of the nym.
    pub nym: PerSide<Blinded>,
    /// Of the invitations; at most [`MOST_TOKENS`].
    pub tokens: Vec<BlindedToken>,
}

/// Invitations of one token request.
pub const MOST_TOKENS: usize = 500;

impl TokenRequest {
    /// Digest of the canonical JSON.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn digest(&self) -> Result<Digest, DocumentError> {
        document::digest(self)
    }

    /// Signs with the rater's request key.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn sign(&self, key: &SigningKey) -> Result<Bytes<64>, DocumentError> {
        Ok(document::sign(key, token_text(self.digest()?).as_bytes()))
    }

    /// Checks the rater's signature.
    ///
    /// # Errors
    /// [`DocumentError::BadSignature`].
    pub fn verify(&self, key: &Bytes32, signature: &Bytes<64>) -> Result<(), DocumentError> {
        document::verify(key, signature, token_text(self.digest()?).as_bytes())
    }
}

fn token_text(digest: Digest) -> String {
    format!("hengping/v2/token-request\n{digest}")
}

/// A stamp as it is shown to an agent: what was cast under it, by digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presented {
    /// The stamp.
    pub stamp: Token,
    /// Sequence number, 1 to 8.
    pub seq: u32,
    /// SHA-256 of the posted item.
    pub envelope: Digest,
    /// By the stamp's key over box, number and item: without it whoever has seen a stamp could show it again over junk.
    pub signature: Bytes<64>,
}

impl Presented {
    /// Whether the stamp's holder signed this under this number.
    #[must_use]
    pub fn is_signed(&self, id: &BoxId) -> bool {
        token::verify_cast(&self.stamp, id, self.seq, self.envelope, &self.signature).is_ok()
    }

    /// Its leaf in the log.
    #[must_use]
    pub fn leaf(&self) -> Digest {
        crate::log::leaf(&self.stamp.nonce, self.envelope)
    }
}

words! {
    /// What can be asked, as it stands in a request.
    AskedKind, "request kind" {
        /// Keys of a box.
        Keys = "keys",
        /// Adopt a manifest.
        Manifest = "manifest",
        /// A later last day.
        Extend = "extend",
        /// A list of who may rate whom.
        Eligibility = "eligibility",
        /// A member's device.
        Enrol = "enrol",
        /// Blinded nonces.
        Tokens = "tokens",
        /// Stamps of a batch.
        Check = "check",
        /// The log.
        Cosign = "cosign",
        /// The end of casting.
        Close = "close",
        /// A shuffle.
        Mix = "mix",
        /// The list to be opened.
        List = "list",
        /// Shares of it.
        Shares = "shares",
        /// A release.
        Release = "release",
        /// Counts.
        Ledger = "ledger",
        /// The end of the keys.
        Death = "death",
    }
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Asked {
    /// Make keys for the box, or name those made.
    Keys,
    /// Adopt the manifest.
    Manifest {
        /// Its body.
        manifest: Box<Manifest>,
        /// Of both sides.
        signatures: Vec<Signature>,
    },
    /// Take ballots until another last day.
    Extend {
        /// The document.
        extension: Box<Extension>,
        /// Of both sides.
        signatures: Vec<Signature>,
    },
    /// Agree to a list of who may rate whom.
    Eligibility {
        /// 1, 2, ..
        number: u32,
        /// Sorted by invitation.
        entries: Vec<Entry>,
    },
    /// Recognise a member's device.
    Enrol {
        /// Member number.
        rater: String,
        /// Ed25519.
        request_key: Bytes32,
        /// Made with the code's key.
        mac: Bytes32,
    },
    /// Answer a rater's blinded nonces.
    Tokens {
        /// The rater's request.
        request: TokenRequest,
        /// By the request key.
        signature: Bytes<64>,
        /// [`crate::statement::Said::Enrolled`] of the rater's side.
        certificate: Box<Signed>,
    },
    /// Check the stamps of a batch.
    Check {
        /// 1, 2, ..
        number: u32,
        /// Sorted by leaf.
        casts: Vec<Presented>,
    },
    /// Cosign the log with a batch appended.
    Cosign {
        /// Leaves afterwards.
        size: u32,
        /// Root afterwards.
        root: Digest,
        /// The new leaves in log order.
        leaves: Vec<Digest>,
    },
    /// Take nothing more.
    Close {
        /// Leaves.
        size: u32,
        /// Final root.
        root: Digest,
        /// Distinct stamps.
        stamps: u32,
    },
    /// Shuffle a list.
    Mix {
        /// Digest of the list that comes in, a file.
        input: Digest,
        /// For the bar: what the bench said of its shuffle.
        after: Option<Box<Signed>>,
    },
    /// Agree to the list that is opened.
    List {
        /// What both sides said of their shuffles.
        mixed: Box<PerSide<Signed>>,
        /// An auditor has looked at the key of a side that turned away too many.
        audited: bool,
    },
    /// Make shares of the agreed list, a file.
    Shares {
        /// What both sides said of the list.
        listed: Box<PerSide<Signed>>,
    },
    /// Agree that a release is about the opened list.
    Release {
        /// Hash of the release document.
        release: Digest,
        /// Digest of the list.
        list: Digest,
    },
    /// Say how many were answered and checked.
    Ledger,
    /// Publish the issuer's key and delete everything else of the box.
    Death,
}

impl Asked {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> AskedKind {
        match self {
            Self::Keys => AskedKind::Keys,
            Self::Manifest { .. } => AskedKind::Manifest,
            Self::Extend { .. } => AskedKind::Extend,
            Self::Eligibility { .. } => AskedKind::Eligibility,
            Self::Enrol { .. } => AskedKind::Enrol,
            Self::Tokens { .. } => AskedKind::Tokens,
            Self::Check { .. } => AskedKind::Check,
            Self::Cosign { .. } => AskedKind::Cosign,
            Self::Close { .. } => AskedKind::Close,
            Self::Mix { .. } => AskedKind::Mix,
            Self::List { .. } => AskedKind::List,
            Self::Shares { .. } => AskedKind::Shares,
            Self::Release { .. } => AskedKind::Release,
            Self::Ledger => AskedKind::Ledger,
            Self::Death => AskedKind::Death,
        }
    }

    /// The file that an agent has to have for it: the list to be shuffled, or the one to be opened.
    #[must_use]
    pub fn file(&self) -> Option<Digest> {
        match self {
            Self::Mix { input, .. } => Some(*input),
            Self::Shares { listed } => match listed.bench.statement.said {
                Said::Listed { list, .. } => Some(list),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A request before it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Format version, 1.
    pub v: u32,
    /// The box.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// What is asked.
    #[serde(flatten)]
    pub asked: Asked,
}

/// A signed request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedRequest {
    /// The request.
    pub request: Request,
    /// Ed25519 by the platform's key.
    pub signature: Bytes<64>,
}

impl Request {
    /// A request about a box.
    #[must_use]
    pub const fn new(id: BoxId, asked: Asked) -> Self {
        Self { v: 1, id, asked }
    }

    /// Digest of the canonical JSON: the request's name.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn digest(&self) -> Result<Digest, DocumentError> {
        document::digest(self)
    }

    /// Signs it.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn sign(self, key: &SigningKey) -> Result<SignedRequest, DocumentError> {
        let signature = document::sign(key, request_text(self.digest()?).as_bytes());
        Ok(SignedRequest { request: self, signature })
    }
}

impl SignedRequest {
    /// The digest, if the platform's key signed it.
    ///
    /// # Errors
    /// [`DocumentError::BadSignature`].
    pub fn verify(&self, platform: &Bytes32) -> Result<Digest, DocumentError> {
        let digest = self.request.digest()?;
        self.verify_as(digest, platform).map(|()| digest)
    }

    /// The same where the request's digest is known already.
    ///
    /// # Errors
    /// [`DocumentError::BadSignature`].
    pub fn verify_as(&self, digest: Digest, platform: &Bytes32) -> Result<(), DocumentError> {
        document::verify(platform, &self.signature, request_text(digest).as_bytes())?;
        if self.request.v == 1 { Ok(()) } else { Err(DocumentError::BadSignature) }
    }
}

/// The text that the platform signs to put a file to an agent or to get one: `method` is `PUT` or `GET`.
#[must_use]
pub fn file_text(method: &str, file: Digest) -> String {
    format!("hengping/v2/file\n{method}\n{file}")
}

fn request_text(digest: Digest) -> String {
    format!("hengping/v2/request\n{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_back_and_holds_for_its_key() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = Bytes(key.verifying_key().to_bytes());
        let id: BoxId = "2026.bar_rates_bench".parse().expect("a box");
        for asked in
            [Asked::Keys, Asked::Cosign { size: 2, root: Digest::of(&[b"r"]), leaves: vec![Digest::of(&[b"l"])] }]
        {
            let signed = Request::new(id.clone(), asked).sign(&key).expect("signed");
            let text = serde_json::to_string(&signed).expect("json");
            let read: SignedRequest = serde_json::from_str(&text).expect("read");
            assert_eq!(read, signed);
            assert_eq!(read.verify(&public), signed.request.digest());
            assert!(read.verify(&Bytes([9; 32])).is_err());
        }
    }
}
