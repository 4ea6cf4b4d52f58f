//! An invitation: one rater's right to rate one ratee for one case.
//!
//! It moves from waiting to issued when the rater's device has listed its tokens, and nobody but that device knows whether it was used.
//! Deliberately absent: whether a ballot was cast.

use crate::words;

words! {
    /// Where an invitation stands.
    InvitationState, "invitation state" {
        /// 待评: tokens are not listed yet.
        Waiting = "waiting",
        /// Tokens are listed.
        Issued = "issued",
        /// 申请不参评.
        Recused = "recused",
        /// Above the month's cap; not asked.
        Capped = "capped",
    }
}

words! {
    /// Why a rater does not take part.
    RecusalReason, "recusal reason" {
        /// 未实际参与.
        NotPresent = "not-present",
        /// 与对方有近亲属等关系.
        Relative = "relative",
        /// 其他.
        Other = "other",
    }
}

/// A forbidden step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an invitation that is {from} cannot become {to}")]
pub struct ForbiddenStep {
    /// Where it stands.
    pub from: InvitationState,
    /// Where it should have gone.
    pub to: InvitationState,
}

impl InvitationState {
    /// Moves on, or says why not. Issuing twice is allowed: the same device asks again after a lost answer.
    ///
    /// # Errors
    /// [`ForbiddenStep`].
    pub const fn step(self, to: Self) -> Result<Self, ForbiddenStep> {
        match (self, to) {
            (Self::Waiting, Self::Issued | Self::Recused) | (Self::Issued, Self::Issued) => Ok(to),
            (from, to) => Err(ForbiddenStep { from, to }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_waiting_invitation_can_be_declined() {
        use InvitationState::{Capped, Issued, Recused, Waiting};
        let allowed = [(Waiting, Issued), (Waiting, Recused), (Issued, Issued)];
        for &from in InvitationState::ALL {
            for &to in InvitationState::ALL {
                assert_eq!(from.step(to).is_ok(), allowed.contains(&(from, to)), "{from} to {to}");
            }
        }
        assert!(Capped.step(Waiting).is_err());
    }
}
