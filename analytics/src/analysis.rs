//! One analysis of one box: scores, item report and audits from a single fit.
//! Invariant: whoever asks for more gets the same scores. Absent on purpose: the gate; nothing here may leave as it is.

use crate::audit::Audits;
use crate::bundle::Bundle;
use crate::mixed::Refused;
use crate::report::Report;
use crate::score::{Comparison, Scores, Workings, comparisons};

/// Everything that one fit leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Adjusted results.
    pub scores: Scores,
    /// Courts pair by pair, with the verdict of R18.
    pub comparisons: Vec<Comparison>,
    /// How the items were used and what they measure; `None` when the fit cannot carry it.
    pub report: Option<Report>,
    /// What a person should look at; `None` unless asked for, and why there is none where a robust fit was refused.
    pub audits: Option<Result<Audits, Refused>>,
}

/// Analyses a bundle, with audits if asked: they cost about as much as the rest.
///
/// # Errors
/// [`Refused`] when the ballots cannot carry the model, as for [`crate::score::score`].
pub fn analyse(bundle: &Bundle, audits: bool) -> Result<Analysis, Refused> {
    let workings = Workings::new(bundle)?;
    let scores = workings.scores(bundle)?;
    let comparisons = comparisons(&workings.frame, &workings.headline)?;
    let report = workings.report(bundle).ok();
    let audits = audits.then(|| Ok(workings.audits(bundle, &scores)?.0));
    Ok(Analysis { scores, comparisons, report, audits })
}
