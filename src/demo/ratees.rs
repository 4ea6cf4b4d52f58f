//! The ratees' windows in the demonstration: opened, answered to by a few, and waited for.
//!
//! Deliberately absent: objections; what both sides decide about one is theirs to try out.

use hengping_domain::digest::Digest;
use hengping_domain::ids::{PersonId, RateeId, Side};
use hengping_domain::release::{Audience, Cell};

use super::circle::{Circle, failed};
use crate::flow::{fairness, read_release, reply, window};
use crate::ports::Clock as _;
use crate::store::{StoreError, person};

/// What the first ratees of each draft say beside their results.
const STATEMENTS: [&str; 2] =
    ["本周期部分案件由合议庭共同办理，庭审安排已按意见调整。", "感谢各位的意见；文书说理部分，下一周期将继续改进。"];

/// What the bench and the bar note where the fairness audit shows something over a limit.
const NOTES: [&str; 2] = [
    "已查阅公平性审查。超限项目由本方核对原因，在联席会议上说明。",
    "已查阅公平性审查。本方同意公布，并建议下一周期修订相关评价项。",
];

impl Circle {
    /// Opens the window of each draft, lets some ratees say something, and waits until the last day is over.
    ///
    /// # Errors
    /// The first failure.
    pub(super) fn hear(&self, drafts: &[Digest]) -> anyhow::Result<()> {
        let mut over = self.clock.today();
        for draft in drafts {
            over = over.max(window::open(&self.site, *draft, None).map_err(failed)?.last_day.tomorrow()?);
            for (person, words) in self.with_result(*draft)?.iter().zip(STATEMENTS) {
                reply::state(&self.site, person, *draft, Some(words), None).map_err(failed)?;
            }
        }
        self.clock.set(over);
        Ok(())
    }

    /// Has both sides note what the fairness audit of each draft shows over a limit.
    pub(super) fn note_fairness(&self, drafts: &[Digest]) -> anyhow::Result<()> {
        for draft in drafts {
            let page = fairness::read(&self.site, *draft).map_err(failed)?;
            if page.audit.is_some_and(|audit| audit.over().next().is_some()) {
                for (&side, words) in Side::ALL.iter().zip(NOTES) {
                    fairness::note(&self.site, *draft, side, words, None).map_err(failed)?;
                }
            }
        }
        Ok(())
    }

    /// Whose own result left the gate, in the order of the draft.
    fn with_result(&self, draft: Digest) -> anyhow::Result<Vec<PersonId>> {
        let body = self.site.store.look("draft", |conn| read_release::body(conn, draft)).map_err(failed)?;
        let own = |cell: &&Cell| cell.audience == Audience::Own && cell.measure == "score" && cell.is_released();
        let subjects: Vec<_> = body.draft.cells.iter().filter(own).map(|cell| RateeId(cell.subject.clone())).collect();
        Ok(self.site.store.read("ratees", |conn| {
            let found = subjects.iter().map(|subject| Ok(person::by_ratee(conn, subject)?.id));
            found.collect::<Result<_, StoreError>>()
        })?)
    }
}
