//! The eligibility lists: who may rate whom, agreed to by both sides before anybody may ask for a token.
//!
//! The entries are known to the two agents and the platform; only roots and counts are public. Deliberately absent: whether
//! a rater takes part.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::document::{self, DocumentError};
use crate::ids::{BoxId, InvitationId, RateeId};
use crate::log;
use crate::stratum::Stratum;
use crate::token::{NymInfo, RaterRole, SlipInfo};

/// One right to rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The invitation.
    pub invitation: InvitationId,
    /// Member number of the rater.
    pub rater: String,
    /// 案号.
    pub case: String,
    /// Who is rated.
    pub ratee: RateeId,
    /// Court code of the ratee.
    pub court: String,
    /// Case type and outcome for the rater's side.
    pub stratum: Stratum,
    /// Code of the rater's home court, the same in every entry of a rater.
    pub home: String,
    /// The rater's role, likewise.
    pub role: RaterRole,
}

impl Entry {
    /// What the invitation's slip stands for.
    #[must_use]
    pub fn slip_info(&self, id: &BoxId, rubric: Digest) -> SlipInfo {
        let Self { ratee, court, stratum, .. } = self;
        SlipInfo { id: id.clone(), ratee: ratee.clone(), court: court.clone(), stratum: *stratum, rubric }
    }

    /// What the rater's nym stands for.
    #[must_use]
    pub fn nym_info(&self, id: &BoxId) -> NymInfo {
        NymInfo { id: id.clone(), home: self.home.clone(), role: self.role }
    }

    /// The entry as an item under the root.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn canonical(&self) -> Result<String, DocumentError> {
        document::canonical(self)
    }
}

/// Whether a list is sorted by invitation without one twice, and its roles are those of the box's raters.
#[must_use]
pub fn is_sound(id: &BoxId, entries: &[Entry]) -> bool {
    let role = RaterRole::of(id.direction.rater_side());
    let sorted = entries.windows(2).all(|pair| pair[0].invitation < pair[1].invitation);
    sorted && !entries.is_empty() && entries.iter().all(|entry| entry.role == role)
}

/// RFC 6962 root over the canonical entries of all lists so far, in list order.
///
/// # Errors
/// [`DocumentError::NotCanonical`].
pub fn root<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Digest, DocumentError> {
    let items = entries.into_iter().map(|entry| entry.canonical().map(String::into_bytes));
    Ok(log::root_of(items.collect::<Result<Vec<_>, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(invitation: &str) -> Entry {
        Entry {
            invitation: InvitationId(invitation.into()),
            rater: "13702201010000001".into(),
            case: "（2026）鲁0202民初1号".into(),
            ratee: RateeId("r".into()),
            court: "鲁0202".into(),
            stratum: "civil.for".parse().expect("stratum"),
            home: "鲁0203".into(),
            role: RaterRole::Lawyer,
        }
    }

    #[test]
    fn a_list_is_sorted_without_repeats_and_of_one_role() {
        let id: BoxId = "2026.bar_rates_bench".parse().expect("a box");
        assert!(is_sound(&id, &[entry("a"), entry("b")]));
        assert!(!is_sound(&id, &[]));
        assert!(!is_sound(&id, &[entry("b"), entry("a")]));
        assert!(!is_sound(&id, &[entry("a"), entry("a")]));
        assert!(!is_sound(&id.counterpart(), &[entry("a")]));
    }

    #[test]
    fn any_change_changes_the_root() {
        let plain = root(&[entry("a"), entry("b")]).expect("a root");
        let mut other = entry("b");
        other.home = "鲁0202".into();
        assert_ne!(root(&[entry("a"), other]).expect("a root"), plain);
        assert_ne!(root(&[entry("b"), entry("a")]).expect("a root"), plain);
        assert_ne!(root(&[entry("a")]).expect("a root"), plain);
    }
}
