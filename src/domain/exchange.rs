//! Signed packages between a network and another that cannot reach it: what was asked and what was said, in order, without
//! gaps.
//!
//! Each package names the one before it, its receiver and its last day; the receiver takes the next one only, and the last
//! one again changes nothing. Deliberately absent: large lists, which are files beside a package and named in it.

use ed25519_dalek::SigningKey;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::digest::{Bytes, Bytes32, Digest};
use crate::document::{self, DocumentError};
use crate::ids::Side;
use crate::request::SignedRequest;
use crate::statement::Signed;
use crate::words;

words! {
    /// Who sends or receives packages.
    Party, "party" {
        /// The platform.
        Platform = "platform",
        /// The bench's agent.
        Bench = "bench",
        /// The bar's agent.
        Bar = "bar",
    }
}

impl Party {
    /// The agent of a side.
    #[must_use]
    pub const fn of(side: Side) -> Self {
        match side {
            Side::Bench => Self::Bench,
            Side::Bar => Self::Bar,
        }
    }

    /// Whose agent it is; none for the platform.
    #[must_use]
    pub const fn side(self) -> Option<Side> {
        match self {
            Self::Platform => None,
            Self::Bench => Some(Side::Bench),
            Self::Bar => Some(Side::Bar),
        }
    }
}

/// One thing in a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "a package holds hundreds of items, not millions")]
pub enum Item {
    /// To an agent.
    Request {
        /// The request.
        request: SignedRequest,
    },
    /// From an agent.
    Statement {
        /// Digest of the request it answers.
        request: Digest,
        /// The answer.
        signed: Signed,
    },
    /// A file beside the package.
    File {
        /// SHA-256; its name is the digest in hexadecimal.
        digest: Digest,
        /// Bytes.
        size: u64,
    },
}

/// A package before it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Format version, 1.
    pub v: u32,
    /// Who made it.
    pub from: Party,
    /// Who may take it.
    pub to: Party,
    /// 1, 2, ..
    pub sequence: u32,
    /// Digest of the package before it; none for the first.
    pub previous: Option<Digest>,
    /// The last day on which it may be taken.
    pub expires: Date,
    /// The content.
    pub entries: Vec<Item>,
}

/// A signed package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedPackage {
    /// The package.
    pub package: Package,
    /// Ed25519 by the sender's key.
    pub signature: Bytes<64>,
}

/// The last package that was sent to or taken from a party.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Its number; 0 before the first.
    pub sequence: u32,
    /// Its digest.
    pub digest: Option<Digest>,
}

/// Why a package is not taken. Stable codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// Not signed by the sender.
    #[error("the package is not signed by its sender / 数据包未经发送方签名")]
    BadSignature,
    /// For somebody else.
    #[error("the package is for {0} / 数据包的接收方是 {0}")]
    OtherRecipient(Party),
    /// Too late.
    #[error("the package was to be taken by {0}; ask for a new one / 数据包已过期（{0}），请发送方重新导出")]
    Expired(Date),
    /// An earlier one is missing.
    #[error("package {expected} is missing; this is {found} / 缺第 {expected} 号数据包，这是第 {found} 号")]
    Gap {
        /// The next one.
        expected: u32,
        /// This one.
        found: u32,
    },
    /// An older one, or another one under the number of the last.
    #[error("package {0} was taken already, or another one in its place / 第 {0} 号数据包已导入，或与已导入的不同")]
    Replayed(u32),
    /// It does not follow the one that was taken before.
    #[error("the package does not follow the one taken before / 数据包与上一号不相衔接")]
    OtherHistory,
}

impl PackageError {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadSignature => "package-signature",
            Self::OtherRecipient(_) => "package-recipient",
            Self::Expired(_) => "package-expired",
            Self::Gap { .. } => "package-gap",
            Self::Replayed(_) => "package-replayed",
            Self::OtherHistory => "package-history",
        }
    }
}

/// What to do with a package that may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is new; remember this place afterwards.
    New(Place),
    /// It is the last one again; nothing is to be done.
    Again,
}

impl Package {
    /// Digest of the canonical JSON.
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
    pub fn sign(self, key: &SigningKey) -> Result<SignedPackage, DocumentError> {
        let signature = document::sign(key, text(self.digest()?).as_bytes());
        Ok(SignedPackage { package: self, signature })
    }
}

fn text(digest: Digest) -> String {
    format!("hengping/v2/package\n{digest}")
}

impl SignedPackage {
    /// Whether `to` may take this package from `from` on `today`, after `last`.
    ///
    /// # Errors
    /// [`PackageError`], the first reason; then nothing of it may be used.
    pub fn take(&self, from: (Party, &Bytes32), to: Party, last: Place, today: Date) -> Result<Taken, PackageError> {
        let Package { v, from: sender, to: recipient, sequence, previous, expires, .. } = &self.package;
        let digest = self.package.digest().map_err(|_| PackageError::BadSignature)?;
        let signed = document::verify(from.1, &self.signature, text(digest).as_bytes());
        if *v != 1 || *sender != from.0 || signed.is_err() {
            return Err(PackageError::BadSignature);
        }
        if *recipient != to {
            return Err(PackageError::OtherRecipient(*recipient));
        }
        if *sequence == last.sequence && Some(digest) == last.digest {
            return Ok(Taken::Again);
        }
        if *sequence <= last.sequence {
            return Err(PackageError::Replayed(*sequence));
        }
        if *sequence > last.sequence + 1 {
            return Err(PackageError::Gap { expected: last.sequence + 1, found: *sequence });
        }
        if *previous != last.digest {
            return Err(PackageError::OtherHistory);
        }
        if *expires < today {
            return Err(PackageError::Expired(*expires));
        }
        Ok(Taken::New(Place { sequence: *sequence, digest: Some(digest) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn packages_are_taken_in_order_once_and_by_whom_they_are_for() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = Bytes(key.verifying_key().to_bytes());
        let make = |sequence, previous, to| {
            let expires = date(2026, 6, 30);
            let package = Package { v: 1, from: Party::Platform, to, sequence, previous, expires, entries: Vec::new() };
            package.sign(&key).expect("signed")
        };
        let today = date(2026, 6, 1);
        let take = |package: &SignedPackage, last| package.take((Party::Platform, &public), Party::Bench, last, today);
        let first = make(1, None, Party::Bench);
        let Ok(Taken::New(place)) = take(&first, Place::default()) else { panic!("the first is taken") };
        assert_eq!(take(&first, place), Ok(Taken::Again));
        let second = make(2, place.digest, Party::Bench);
        let Ok(Taken::New(after)) = take(&second, place) else { panic!("the second is taken") };
        assert_eq!(take(&first, after), Err(PackageError::Replayed(1)));
        assert_eq!(take(&second, Place::default()), Err(PackageError::Gap { expected: 1, found: 2 }));
        assert_eq!(take(&make(2, None, Party::Bench), place), Err(PackageError::OtherHistory));
        assert_eq!(take(&make(1, None, Party::Bar), Place::default()), Err(PackageError::OtherRecipient(Party::Bar)));
        let late = first.take((Party::Platform, &public), Party::Bench, Place::default(), date(2026, 7, 1));
        assert_eq!(late, Err(PackageError::Expired(date(2026, 6, 30))));
        let mut changed = first.clone();
        changed.package.expires = date(2027, 1, 1);
        assert_eq!(take(&changed, Place::default()), Err(PackageError::BadSignature));
        let other = first.take((Party::Bar, &public), Party::Bench, Place::default(), today);
        assert_eq!(other, Err(PackageError::BadSignature));
    }
}
