//! A correction: a document both sides sign that voids whole blocks of a box after an upheld objection.
//!
//! It names the release it corrects; the draft is then computed again without the blocks of those ratees, and names the
//! corrections it was computed under. Their ballots stay on the counted list. Who they are stands beside the document, under a
//! salt, because the document is everybody's. Deliberately absent: the objection itself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::digest::{Bytes32, Digest};
use crate::document::{self, DocumentError, DocumentKind, Signature};
use crate::ids::{BoxId, RateeId};
use crate::manifest::Manifest;
use crate::words;

words! {
    /// Why an objection was upheld. Stable codes.
    ObjectionReason, "reason of an objection" {
        /// 被评价人没有办理有关案件.
        NotHandled = "not-handled",
        /// 同名误配: somebody else of that name was meant.
        WrongPerson = "wrong-person",
        /// 应当回避的评价人没有回避.
        ConflictOfInterest = "conflict-of-interest",
        /// 经查实的串通评价.
        ArrangedRatings = "arranged-ratings",
        /// 经查实的干预评价.
        UndueInfluence = "undue-influence",
    }
}

/// Body of a correction document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// Format version, 2; version 1, which no city ever signed, named the ratees.
    pub v: u32,
    /// The box.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// Hash of its manifest.
    pub manifest: Digest,
    /// Hash of the release, a draft or one that is out, that it corrects.
    pub release: Digest,
    /// How many ratees' blocks are void; one at least.
    pub blocks: u32,
    /// Hash of [`Voided`].
    pub void: Digest,
    /// Why.
    pub reason: ObjectionReason,
}

impl Correction {
    /// The hash of the document that it is the body of.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn hash(&self) -> Result<Digest, DocumentError> {
        document::digest(self)
    }

    /// Whether it voids the blocks of these and no others.
    #[must_use]
    pub fn voids(&self, voided: &Voided) -> bool {
        let count = u32::try_from(voided.ratees.len());
        voided.v == 1 && count == Ok(self.blocks) && voided.hash() == Ok(self.void)
    }

    /// Whether it has this version, voids something, and is about the manifest's box.
    #[must_use]
    pub fn is_about(&self, manifest: &Manifest) -> bool {
        self.v == 2 && self.blocks > 0 && self.id == manifest.id && manifest.hash() == Ok(self.manifest)
    }
}

/// Whose blocks a correction voids; the document names this by its hash alone, and a salt keeps it from being guessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voided {
    /// Format version, 1.
    pub v: u32,
    /// From the operating system, once.
    pub salt: Bytes32,
    /// As ballots name them; never empty.
    pub ratees: BTreeSet<RateeId>,
}

impl Voided {
    /// SHA-256 of its canonical JSON.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn hash(&self) -> Result<Digest, DocumentError> {
        document::digest(self)
    }
}

/// A correction with its signatures; a line of `corrections.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedCorrection {
    /// The body.
    pub correction: Correction,
    /// Of both sides.
    pub signatures: Vec<Signature>,
}

impl SignedCorrection {
    /// The hash of the document, if both sides' signing keys, as the manifest names them, have signed it.
    ///
    /// # Errors
    /// [`DocumentError::BadSignature`] when a side's signature is missing or wrong.
    pub fn signed_by_both(&self, manifest: &Manifest) -> Result<Digest, DocumentError> {
        manifest.both_signed(DocumentKind::Correction, self.correction.hash()?, &self.signatures)
    }
}

/// `corrections.json`: every correction in force of a box, the earliest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionsFile {
    /// Format version, 3; version 1 had no signatures, and in version 2 the corrections named the ratees.
    pub v: u32,
    /// Each corrects a release of its own.
    pub corrections: Vec<SignedCorrection>,
    /// Whose blocks each of them voids.
    pub voided: Vec<Voided>,
}

/// Why corrections are not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionError {
    /// A signature of one of the sides is missing or wrong.
    #[error("correction {0} is not signed by both sides / 第 {0} 份更正没有双方签名")]
    Unsigned(usize),
    /// It is about another box or manifest, voids nothing, or corrects what another one corrects already.
    #[error(
        "correction {0} is not about this box, or corrects what is corrected already / 第 {0} 份更正不是针对本库，或者重复"
    )]
    Foreign(usize),
}

impl CorrectionError {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unsigned(_) => "correction-unsigned",
            Self::Foreign(_) => "correction-foreign",
        }
    }
}

/// The hashes of corrections in their order, if each is about this box, signed by both sides, and corrects a release of its
/// own.
///
/// # Errors
/// [`CorrectionError`] with the place of the first that does not hold, from 1.
pub fn check(manifest: &Manifest, corrections: &[SignedCorrection]) -> Result<Vec<Digest>, CorrectionError> {
    let mut corrected = BTreeSet::new();
    let one = |(place, signed): (usize, &SignedCorrection)| {
        if !signed.correction.is_about(manifest) || !corrected.insert(signed.correction.release) {
            return Err(CorrectionError::Foreign(place));
        }
        signed.signed_by_both(manifest).map_err(|_| CorrectionError::Unsigned(place))
    };
    (1..).zip(corrections).map(one).collect()
}
