//! What an agent says, signed with its own key: every answer to the platform, and every refusal.
//!
//! A statement is canonical JSON (RFC 8785); who can read it can check it, so the published ones are the record of a box.
//! Deliberately absent: what an agent bases its answer on.

use ed25519_dalek::SigningKey;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::digest::{Bytes, Bytes32, Digest};
use crate::document::{self, DocumentError};
use crate::ids::{BoxId, InvitationId, Side};
use crate::keys::BoxPublics;
use crate::token::poprf::Evaluation;
use crate::words;

words! {
    /// Why an agent refuses a request. Stable codes.
    AgentRefusal, "agent refusal" {
        /// The request is not the platform's, or has no known form.
        RequestRefused = "request-refused",
        /// No keys were made for this box, or its manifest is not adopted yet.
        UnknownBox = "unknown-box",
        /// The manifest names other keys than this agent's, its side's or the other side's, or lacks a signature.
        ForeignManifest = "foreign-manifest",
        /// Another list has this number, or the one before it is not known.
        ListNumber = "list-number",
        /// Entries are out of order, stand twice, or do not belong to this box.
        ListMalformed = "eligibility-malformed",
        /// An invitation that an earlier list holds.
        KnownInvitation = "known-invitation",
        /// A rater with another home court or role than before: that would be a second nym.
        HomeChanged = "home-changed",
        /// A rater of this side who is no member.
        UnknownMember = "unknown-member",
        /// Wrong code, or nobody with this number: one answer for both.
        EnrolmentRefused = "enrolment-refused",
        /// Another device has enrolled another key for this rater.
        EnrolledElsewhere = "enrolled-elsewhere",
        /// The certificate or the signature of a token request does not hold.
        NotEnrolled = "not-enrolled",
        /// An invitation that no list grants this rater.
        NotEligible = "not-eligible",
        /// Another blinded element was answered for this invitation, or this rater's nym.
        IssuedElsewhere = "issued-elsewhere",
        /// The box takes no more.
        BoxClosed = "box-closed",
        /// The box is not closed yet.
        BoxOpen = "box-open",
        /// A log that does not continue the one that was cosigned.
        LogForked = "log-forked",
        /// An extension that lacks a signature, is about another box, or does not begin at the present last day.
        ExtensionRefused = "extension-refused",
        /// The last day that an extension would move is over.
        ExtensionLate = "extension-late",
        /// A list of the mix that is not the one expected, or not of its form.
        ListMismatch = "list-mismatch",
        /// A statement of the other side is missing or does not hold.
        OtherSideMissing = "other-side-missing",
        /// More of a list was turned away than raters can be expected to have spoilt; an auditor has to look first.
        TooManyRefused = "too-many-refused",
        /// The secrets of this box are gone.
        BoxDead = "box-dead",
    }
}

/// An agent's answers for one invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluatedToken {
    /// The invitation.
    pub invitation: InvitationId,
    /// For the stamp.
    pub stamp: Evaluation,
    /// For the slip.
    pub slip: Evaluation,
}

/// What can be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "statements are held by the dozen, and only one of a box names keys")]
pub enum Said {
    /// The keys this agent made for the box.
    Keys(BoxPublics),
    /// This agent works under the manifest.
    Adopted {
        /// Its hash.
        manifest: Digest,
    },
    /// This agent takes ballots of the box until another last day.
    Extended {
        /// Hash of the extension.
        extension: Digest,
        /// The last day from now on.
        cast_until: Date,
    },
    /// A list of who may rate whom is agreed to.
    Eligibility {
        /// 1, 2, ..
        number: u32,
        /// RFC 6962 root over the entries of all lists so far.
        root: Digest,
        /// Entries of this list.
        count: u32,
        /// Entries of all lists so far.
        total: u32,
    },
    /// A member's device was recognised; the certificate of its request key.
    Enrolled {
        /// Member number.
        rater: String,
        /// Ed25519.
        request_key: Bytes32,
    },
    /// Blinded nonces were answered.
    Evaluated {
        /// Digest of the token request.
        request: Digest,
        /// For the nym.
        nym: Evaluation,
        /// For the invitations, in the order of the request.
        tokens: Vec<EvaluatedToken>,
    },
    /// The stamps of a batch were checked and marked as spent.
    Checked {
        /// 1, 2, ..
        number: u32,
        /// Digest of the leaves in their order.
        batch: Digest,
        /// How many are good.
        accepted: u32,
        /// Leaves that are not, sorted.
        refused: Vec<Digest>,
    },
    /// The log was cosigned.
    Cosigned {
        /// Leaves.
        size: u32,
        /// RFC 6962 root.
        root: Digest,
        /// Ed25519 over the checkpoint's text (C2SP signed-note).
        note: Bytes<64>,
    },
    /// Nothing more will be checked or cosigned.
    Closed {
        /// Leaves.
        size: u32,
        /// Final root.
        root: Digest,
        /// Distinct stamps.
        stamps: u32,
    },
    /// A list was shuffled.
    Mixed {
        /// Digest of the list that came in.
        input: Digest,
        /// Its items.
        taken: u32,
        /// Digest of the list that went out.
        output: Digest,
        /// Its items.
        passed: u32,
        /// Hashes of what was turned away, sorted.
        refused: Vec<Digest>,
    },
    /// This list, and no other, is to be opened.
    Listed {
        /// Digest of the list.
        list: Digest,
        /// Its items.
        count: u32,
    },
    /// Shares were made; said again each time they are.
    HandedOver {
        /// Digest of the list they are for.
        list: Digest,
        /// Digest of the shares file.
        shares: Digest,
        /// How often, this time included.
        times: u32,
    },
    /// The release is about the list that was opened.
    Released {
        /// Hash of the release document.
        release: Digest,
        /// Digest of the list.
        list: Digest,
    },
    /// How many were answered and checked.
    Ledger {
        /// Stamps answered for.
        stamps: u32,
        /// Slips answered for.
        slips: u32,
        /// Nyms answered for.
        nyms: u32,
        /// Distinct stamps marked as spent.
        spent: u32,
        /// Leaves refused.
        refused: u32,
    },
    /// Mix and opening key, marks and enrolments are deleted; the issuer's key is public from now on.
    Dead {
        /// A ristretto255 scalar.
        issuer: Bytes32,
    },
    /// The request is refused.
    Refused {
        /// Digest of the request.
        request: Digest,
        /// Why.
        code: AgentRefusal,
    },
}

/// A statement before it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Format version, 1.
    pub v: u32,
    /// The box.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// Who says it.
    pub side: Side,
    /// What.
    #[serde(flatten)]
    pub said: Said,
}

/// A signed statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The statement.
    pub statement: Statement,
    /// Ed25519 by the agent's key.
    pub signature: Bytes<64>,
}

impl Statement {
    /// The text that is signed: a label and the digest of the canonical JSON.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    fn text(&self) -> Result<String, DocumentError> {
        Ok(format!("hengping/v2/statement\n{}", self.digest()?))
    }

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
    pub fn sign(self, key: &SigningKey) -> Result<Signed, DocumentError> {
        let signature = document::sign(key, self.text()?.as_bytes());
        Ok(Signed { statement: self, signature })
    }
}

impl Signed {
    /// What was said, if `side` said it about `id` with `key`.
    ///
    /// # Errors
    /// [`DocumentError::BadSignature`] for anything else.
    pub fn said(&self, id: &BoxId, side: Side, key: &Bytes32) -> Result<&Said, DocumentError> {
        let Statement { v, id: about, side: by, said } = &self.statement;
        if *v != 1 || about != id || *by != side {
            return Err(DocumentError::BadSignature);
        }
        document::verify(key, &self.signature, self.statement.text()?.as_bytes())?;
        Ok(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_holds_for_its_side_box_key_and_words() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = Bytes(key.verifying_key().to_bytes());
        let id: BoxId = "2026.bar_rates_bench".parse().expect("a box");
        let said = Said::Listed { list: Digest::of(&[b"list"]), count: 3 };
        let statement = Statement { v: 1, id: id.clone(), side: Side::Bar, said: said.clone() };
        let signed = statement.sign(&key).expect("signed");
        assert_eq!(signed.said(&id, Side::Bar, &public), Ok(&said));
        assert!(signed.said(&id, Side::Bench, &public).is_err());
        assert!(signed.said(&id.counterpart(), Side::Bar, &public).is_err());
        let other = Bytes(SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes());
        assert!(signed.said(&id, Side::Bar, &other).is_err());
        let text = serde_json::to_string(&signed).expect("json");
        let read: Signed = serde_json::from_str(&text).expect("read");
        assert_eq!(read, signed);
        let more: Signed = serde_json::from_str(&text.replace("\"count\":3", "\"count\":4")).expect("read");
        assert!(more.said(&id, Side::Bar, &public).is_err());
    }
}
