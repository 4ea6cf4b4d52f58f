//! A ballot: one rater's answers about one ratee in one case, as it lies inside the envelope.
//!
//! It names the ratee and the circumstances, carries the slip and the nym, and no text a rater wrote.
//! Deliberately absent: the rater, the case, the time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::document;
use crate::ids::{BoxId, RateeId};
use crate::rubric::Rubric;
use crate::stratum::Stratum;
use crate::token::{NymInfo, RaterRole, SlipInfo, Token};

/// Bytes of a padded body, the same for every ballot.
pub const BODY_LEN: usize = 2048;
/// A rater may replace a ballot until close; eight casts in all bound what one stamp can cost the box.
pub const MAX_SEQ: u32 = 8;

/// Why a body is not a ballot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BallotError {
    /// Longer than fits the envelope.
    #[error("the answers do not fit the envelope")]
    TooLong,
    /// Padding, encoding or shape is wrong.
    #[error("not a ballot of this version")]
    Malformed,
    /// An answer to an item that the rubric does not have, or a level outside 1 to 5.
    #[error("the answers do not fit the rubric")]
    ForeignAnswer,
    /// No item was answered at all.
    #[error("no item is answered")]
    Empty,
}

/// Answers by item: 5 始终做到 to 1 从未做到, `None` for 未观察到; items that do not apply are absent.
pub type Answers = BTreeMap<String, Option<u8>>;

/// The content of an envelope.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ballot {
    /// Format version, 2.
    pub v: u32,
    /// Who is rated.
    pub ratee: RateeId,
    /// Court code of the ratee.
    pub court: String,
    /// Case type and outcome.
    pub stratum: Stratum,
    /// The rubric that was answered.
    pub rubric: Digest,
    /// Code of the rater's home court; the nym's tags hold for it alone.
    pub home: String,
    /// The rater's role; likewise.
    pub role: RaterRole,
    /// The answers.
    pub answers: Answers,
    /// Proof of the invitation, read only at the opening.
    pub slip: Token,
    /// The rater's nameless name in this box.
    pub nym: Token,
    /// 1 for the first cast; the highest one counts.
    pub seq: u32,
}

impl std::fmt::Debug for Ballot {
    /// Says nothing: a ballot must never reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ballot")
    }
}

impl Ballot {
    /// Length (u16, big endian), canonical JSON, zeros up to 2,048 bytes.
    ///
    /// # Errors
    /// [`BallotError::TooLong`].
    pub fn to_body(&self) -> Result<[u8; BODY_LEN], BallotError> {
        let text = document::canonical(self).map_err(|_| BallotError::Malformed)?;
        let length = u16::try_from(text.len()).map_err(|_| BallotError::TooLong)?;
        let mut body = [0; BODY_LEN];
        body[..2].copy_from_slice(&length.to_be_bytes());
        body.get_mut(2..2 + text.len()).ok_or(BallotError::TooLong)?.copy_from_slice(text.as_bytes());
        Ok(body)
    }

    /// Reads a body strictly: another padding or spelling of the same answers is refused.
    ///
    /// # Errors
    /// [`BallotError::Malformed`].
    pub fn from_body(body: &[u8; BODY_LEN]) -> Result<Self, BallotError> {
        let length = usize::from(u16::from_be_bytes([body[0], body[1]]));
        let text = body.get(2..2 + length).ok_or(BallotError::Malformed)?;
        let ballot: Self = serde_json::from_slice(text).map_err(|_| BallotError::Malformed)?;
        if ballot.v == 2 && ballot.to_body()? == *body { Ok(ballot) } else { Err(BallotError::Malformed) }
    }

    /// What its slip must stand for.
    #[must_use]
    pub fn slip_info(&self, id: &BoxId) -> SlipInfo {
        let Self { ratee, court, stratum, rubric, .. } = self;
        SlipInfo { id: id.clone(), ratee: ratee.clone(), court: court.clone(), stratum: *stratum, rubric: *rubric }
    }

    /// What its nym must stand for.
    #[must_use]
    pub fn nym_info(&self, id: &BoxId) -> NymInfo {
        NymInfo { id: id.clone(), home: self.home.clone(), role: self.role }
    }

    /// Checks items, levels and sequence number against the rubric.
    ///
    /// # Errors
    /// [`BallotError::ForeignAnswer`] or [`BallotError::Empty`].
    pub fn check(&self, rubric: &Rubric) -> Result<(), BallotError> {
        let fits = |(item, level): (&String, &Option<u8>)| {
            rubric.items.iter().any(|i| i.id == *item) && level.is_none_or(|l| (1..=5).contains(&l))
        };
        if !self.answers.iter().all(fits) || !(1..=MAX_SEQ).contains(&self.seq) {
            return Err(BallotError::ForeignAnswer);
        }
        if self.answers.is_empty() { Err(BallotError::Empty) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Bytes;
    use proptest::prelude::*;

    fn ballot(answers: Answers) -> Ballot {
        Ballot {
            v: 2,
            ratee: RateeId("r".into()),
            court: "鲁0202".into(),
            stratum: "civil.for".parse().expect("stratum"),
            rubric: Digest::of(&[b"rubric"]),
            home: "鲁0203".into(),
            role: RaterRole::Lawyer,
            answers,
            slip: Token::from_bytes(&Bytes([1; 160])),
            nym: Token::from_bytes(&Bytes([2; 160])),
            seq: 1,
        }
    }

    proptest! {
        #[test]
        fn a_body_reads_back_as_itself(answers in proptest::collection::btree_map("[a-z-]{1,16}", proptest::option::of(1_u8..6), 0..9)) {
            let original = ballot(answers);
            let body = original.to_body().expect("fits");
            prop_assert_eq!(Ballot::from_body(&body), Ok(original));
        }

        #[test]
        fn any_bytes_are_read_without_panic(start in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut body = [0; BODY_LEN];
            body[..start.len()].copy_from_slice(&start);
            prop_assert!(Ballot::from_body(&body).is_err());
        }
    }

    #[test]
    fn another_spelling_of_the_same_answers_is_refused() {
        let text = document::canonical(&ballot(Answers::new())).expect("canonical").replace("\"v\":2", "\"v\": 2");
        let mut body = [0; BODY_LEN];
        body[..2].copy_from_slice(&u16::try_from(text.len()).expect("short").to_be_bytes());
        body[2..2 + text.len()].copy_from_slice(text.as_bytes());
        assert_eq!(Ballot::from_body(&body), Err(BallotError::Malformed));
        let mut body = ballot(Answers::new()).to_body().expect("fits");
        body[BODY_LEN - 1] = 1;
        assert_eq!(Ballot::from_body(&body), Err(BallotError::Malformed));
    }
}
