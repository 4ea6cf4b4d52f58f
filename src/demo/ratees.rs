//! The ratees' windows in the demonstration: opened, answered to by a few, and waited for.
//!
//! Deliberately absent: objections; what both sides decide about one is theirs to try out.

use hengping_domain::digest::Digest;
use hengping_domain::ids::{PersonId, RateeId};
use hengping_domain::release::{Audience, Cell};

use super::circle::{Circle, failed};
use crate::flow::draft::ReleaseBody;
use crate::flow::{reply, window};
use crate::ports::Clock as _;
use crate::store::{StoreError, document, person};

/// What the first ratees of each draft say beside their results.
const STATEMENTS: [&str; 2] =
    ["本周期部分案件由合议庭共同办理，庭审安排已按意见调整。", "感谢各位的意见；文书说理部分，下一周期将继续改进。"];

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

    /// Whose own result left the gate, in the order of the draft.
    fn with_result(&self, draft: Digest) -> anyhow::Result<Vec<PersonId>> {
        let held = self.site.store.read("draft", |conn| document::find(conn, draft))?;
        let body: ReleaseBody = held.read()?;
        let own = |cell: &&Cell| cell.audience == Audience::Own && cell.measure == "score" && cell.is_released();
        let subjects: Vec<_> = body.draft.cells.iter().filter(own).map(|cell| RateeId(cell.subject.clone())).collect();
        Ok(self.site.store.read("ratees", |conn| {
            let found = subjects.iter().map(|subject| Ok(person::by_ratee(conn, subject)?.id));
            found.collect::<Result<_, StoreError>>()
        })?)
    }
}
