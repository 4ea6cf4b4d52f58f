//! An extension of a box: a document both sides sign that moves the last day on which a ballot is taken.
//!
//! It binds box, manifest and the last day so far, so that extensions form one chain that begins at the manifest. In force is
//! what both sides signed and both agents adopted, each before that day was over by its own clock; whoever holds manifest,
//! documents and statements can tell without asking anybody. Deliberately absent: clocks.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::document::{self, DocumentError, DocumentKind, Signature};
use crate::ids::{BoxId, Side};
use crate::manifest::Manifest;
use crate::rubric::Text;
use crate::statement::{Said, Signed};

/// Characters of a reason in one language.
pub const LONGEST_REASON: usize = 500;

/// Body of an extension document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// Format version, 1.
    pub v: u32,
    /// The box.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// Hash of its manifest.
    pub manifest: Digest,
    /// Last day a ballot is taken without it.
    pub was_until: Date,
    /// Last day a ballot is taken with it.
    pub cast_until: Date,
    /// Why.
    pub reason: Text,
}

/// Whether a reason is there in both languages and not longer than it may be. What it may hold is asked when it is proposed
/// (`prose`): an extension that both sides signed stays in force as it is.
#[must_use]
pub fn is_reason(text: &Text) -> bool {
    [&text.zh, &text.en].iter().all(|text| !text.trim().is_empty() && text.chars().count() <= LONGEST_REASON)
}

impl Extension {
    /// Whether it has this version, a reason, and a later day.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.v == 1 && self.was_until < self.cast_until && is_reason(&self.reason)
    }

    /// The hash of the document that it is the body of.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn hash(&self) -> Result<Digest, DocumentError> {
        document::digest(self)
    }

    /// Whether it moves the last day of the manifest's box on from `last_day`.
    #[must_use]
    pub fn continues(&self, manifest: &Manifest, last_day: Date) -> bool {
        self.is_sound() && self.id == manifest.id && manifest.hash() == Ok(self.manifest) && self.was_until == last_day
    }
}

/// An extension with its signatures; a line of `extensions.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedExtension {
    /// The body.
    pub extension: Extension,
    /// Of both sides.
    pub signatures: Vec<Signature>,
}

impl SignedExtension {
    /// The hash of the document, if both sides' signing keys, as the manifest names them, have signed it.
    ///
    /// # Errors
    /// [`DocumentError::BadSignature`] when a side's signature is missing or wrong.
    pub fn signed_by_both(&self, manifest: &Manifest) -> Result<Digest, DocumentError> {
        manifest.both_signed(DocumentKind::Extension, self.extension.hash()?, &self.signatures)
    }
}

/// Whether a side's agent has said that it adopted this extension.
#[must_use]
pub fn is_adopted(manifest: &Manifest, side: Side, extension: Digest, until: Date, statements: &[Signed]) -> bool {
    let word = Said::Extended { extension, cast_until: until };
    let key = &manifest.keys(side).agent;
    statements.iter().any(|signed| signed.statement.said == word && signed.said(&manifest.id, side, key).is_ok())
}

/// The extensions in force, each from the day on which the one before ends; what does not hold is passed over.
#[must_use]
pub fn in_force<'a>(
    manifest: &Manifest,
    extensions: &'a [SignedExtension],
    statements: &[Signed],
) -> Vec<&'a SignedExtension> {
    let (mut chain, mut last_day) = (Vec::new(), manifest.cast_until);
    let holds = |signed: &SignedExtension, last_day| {
        let until = signed.extension.cast_until;
        signed.extension.continues(manifest, last_day)
            && signed
                .signed_by_both(manifest)
                .is_ok_and(|hash| Side::ALL.iter().all(|&side| is_adopted(manifest, side, hash, until, statements)))
    };
    // Each one found ends later, so this comes to its end.
    while let Some(next) = extensions.iter().find(|signed| holds(signed, last_day)) {
        last_day = next.extension.cast_until;
        chain.push(next);
    }
    chain
}

/// Last day a ballot is taken: the manifest's, or that of the last extension in force.
#[must_use]
pub fn last_day(manifest: &Manifest, extensions: &[SignedExtension], statements: &[Signed]) -> Date {
    in_force(manifest, extensions, statements).last().map_or(manifest.cast_until, |last| last.extension.cast_until)
}
