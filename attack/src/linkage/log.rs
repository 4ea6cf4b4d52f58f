//! The issuance log: who was issued tokens for which invitation, and when. The agents' live view of it has the second, a
//! dump with fetch days has the day.

use std::collections::BTreeMap;

use super::dice::{Dice, Part};
use super::docket::Docket;
use super::setting::{Build, Setting};
use super::visits::{Moment, Period};

/// Mean seconds between the fetch and the cast of a token that is fetched on demand.
pub(super) const AT_ONCE: f64 = 5.0;

/// One invitation for which tokens were issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Issued {
    pub invitation: usize,
    pub rater: usize,
    pub ratee: usize,
    /// What its stamp says outside the envelope.
    pub outside: usize,
    pub at: Moment,
}

/// Everything that was issued in a period.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Log {
    pub build: Build,
    /// By rater and time.
    pub issued: Vec<Issued>,
    outsides: Vec<usize>,
}

impl Log {
    /// What the agents of a build would have issued in this period.
    pub(super) fn of(setting: &Setting, replicate: u32, docket: &Docket, period: &Period, build: Build) -> Self {
        let outsides: Vec<usize> = docket
            .invitations
            .iter()
            .map(|invitation| if build.bound { 1 + invitation.ratee * 16 + invitation.stratum } else { 0 })
            .collect();
        let mut dice = Dice::new(setting.seed, replicate, Part::Issuing);
        let times: BTreeMap<usize, Moment> = if build.on_demand {
            let first = period.casts.iter().filter(|cast| cast.number == 1);
            first.map(|cast| (cast.invitation, cast.at - (dice.wait(AT_ONCE) as Moment).min(60))).collect()
        } else {
            let fetched = period.fetched.iter().enumerate();
            fetched.filter_map(|(invitation, at)| Some((invitation, (*at)?))).collect()
        };
        let mut issued: Vec<Issued> = times
            .into_iter()
            .map(|(index, at)| {
                let invitation = docket.invitations[index];
                let (rater, ratee, outside) = (invitation.rater, invitation.ratee, outsides[index]);
                Issued { invitation: index, rater, ratee, outside, at }
            })
            .collect();
        issued.sort_by_key(|i| (i.rater, i.at, i.invitation));
        Self { build, issued, outsides }
    }

    /// What the stamp of an invitation says outside the envelope: 0 where that is only period and direction.
    pub(super) fn outside(&self, invitation: usize) -> usize {
        self.outsides[invitation]
    }

    /// Where a rater's invitations stand in `issued`.
    pub(super) fn of_rater(&self, rater: usize) -> std::ops::Range<usize> {
        self.issued.partition_point(|i| i.rater < rater)..self.issued.partition_point(|i| i.rater <= rater)
    }
}
