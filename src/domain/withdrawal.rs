//! A withdrawal: a document both sides sign that takes a release back without putting another one in its place.
//!
//! The release keeps its content, its hash and its readers; from the second signature on everybody who reads it is told that it
//! no longer stands, since when, and why. Deliberately absent: deleting, and taking a withdrawal back.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::document::{self, DocumentError, DocumentKind, Signature};
use crate::ids::BoxId;
use crate::manifest::Manifest;
use crate::rubric::Text;
use crate::words;

/// Characters of the words in one language.
pub const LONGEST_WORDS: usize = 200;

words! {
    /// Why a release no longer stands. Stable codes.
    WithdrawalReason, "reason of a withdrawal" {
        /// 所依据的数据有误.
        WrongData = "wrong-data",
        /// 测算有误.
        WrongAnalysis = "wrong-analysis",
        /// 公布程序不符合双方约定.
        WrongProcedure = "wrong-procedure",
        /// 双方协商决定.
        BothDecided = "both-decided",
    }
}

/// Body of a withdrawal document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// Format version, 1.
    pub v: u32,
    /// The box.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// Hash of its manifest.
    pub manifest: Digest,
    /// Hash of the release that is taken back.
    pub release: Digest,
    /// Why.
    pub reason: WithdrawalReason,
    /// What else both sides say about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
}

impl Withdrawal {
    /// The hash of the document that it is the body of.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn hash(&self) -> Result<Digest, DocumentError> {
        document::digest(self)
    }

    /// Whether it has this version and, where it has words, words in both languages that are not too long. What they may hold is
    /// asked when it is proposed (`prose`): what both sides have signed is read as it is.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let said = |text: &String| !text.trim().is_empty() && text.chars().count() <= LONGEST_WORDS;
        self.v == 1 && self.words.as_ref().is_none_or(|words| said(&words.zh) && said(&words.en))
    }

    /// Whether it is sound and about the manifest's box.
    #[must_use]
    pub fn is_about(&self, manifest: &Manifest) -> bool {
        self.is_sound() && self.id == manifest.id && manifest.hash() == Ok(self.manifest)
    }
}

/// A withdrawal with its signatures: `withdrawal.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedWithdrawal {
    /// The body.
    pub withdrawal: Withdrawal,
    /// Of both sides.
    pub signatures: Vec<Signature>,
}

impl SignedWithdrawal {
    /// The hash of the document, if both sides' signing keys, as the manifest names them, have signed it.
    ///
    /// # Errors
    /// [`DocumentError::BadSignature`] when a side's signature is missing or wrong.
    pub fn signed_by_both(&self, manifest: &Manifest) -> Result<Digest, DocumentError> {
        manifest.both_signed(DocumentKind::Withdrawal, self.withdrawal.hash()?, &self.signatures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_there_in_both_languages_or_not_at_all_and_never_long() {
        let id: BoxId = "2026-h1.bar_rates_bench".parse().expect("a box");
        let of = |words: Option<(&str, &str)>| Withdrawal {
            v: 1,
            id: id.clone(),
            manifest: Digest::of(&[b"m"]),
            release: Digest::of(&[b"r"]),
            reason: WithdrawalReason::WrongData,
            words: words.map(|(zh, en)| Text { zh: zh.to_owned(), en: en.to_owned() }),
        };
        assert!(of(None).is_sound());
        assert!(of(Some(("案件表有误。", "A docket was wrong."))).is_sound());
        assert!(!of(Some(("案件表有误。", " "))).is_sound());
        let (most, more) = ("误".repeat(LONGEST_WORDS), "误".repeat(LONGEST_WORDS + 1));
        assert!(of(Some((&most, &most))).is_sound());
        assert!(!of(Some((&most, &more))).is_sound());
        assert!(!Withdrawal { v: 2, ..of(None) }.is_sound());
        assert!(!document::canonical(&of(None)).expect("canonical").contains("words"));
    }
}
