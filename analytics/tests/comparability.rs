//! R18 at single numbers: what hangs together with the rest by nobody is marked, and a severity that few tie to it stays.

use hengping_analytics::bundle::Bundle;
use hengping_analytics::gate::{Flag, Judged, Measure, Scope, Verdict, candidates, gate};
use hengping_analytics::score::score;

use crate::city::{City, plant};
use crate::gate::{charter, context};

fn judged(bundle: &Bundle) -> Vec<Judged> {
    let scores = score(bundle).unwrap();
    gate(&candidates(bundle, Some(&scores), None, &charter()), &context())
}

fn scores(cells: &[Judged], scope: Scope) -> impl Iterator<Item = &Judged> {
    let left = move |cell: &&Judged| cell.key.scope == scope && cell.verdict != Verdict::Withhold;
    cells.iter().filter(left).filter(|cell| cell.key.measure == Measure::Score)
}

fn severity<'c>(cells: &'c [Judged], home: &str) -> &'c Judged {
    cells.iter().find(|cell| cell.key.scope == Scope::HomeCourt && cell.key.subject == home).unwrap()
}

#[test]
fn a_part_of_its_own_is_marked_and_the_rest_is_not() {
    // Lawyers of court c00 rate there only, and nobody else does.
    let mut planted = plant(&City { ballots: 3000, seed: 5, ..City::default() });
    planted.bundle.ballots.retain(|ballot| (ballot.home == "c00") == (ballot.court == "c00"));
    let cells = judged(&planted.bundle);
    let mut marked = 0;
    for cell in scores(&cells, Scope::Person).chain(scores(&cells, Scope::Court)) {
        let row = cell.released().unwrap();
        let own = planted.bundle.ratees.get(&cell.key.subject).map_or(cell.key.subject.as_str(), |r| r.court.as_str());
        assert_eq!(row.get().flags.contains(&Flag::Apart), own == "c00", "{}", cell.id);
        marked += usize::from(own == "c00");
    }
    assert!(marked > 3, "{marked} results of the part");
    assert_eq!(severity(&cells, "c00").reason.code, "apart");
    assert_ne!(severity(&cells, "c01").verdict, Verdict::Withhold);
}

#[test]
fn a_severity_needs_twenty_raters_who_met_whom_others_rated() {
    let planted = plant(&City { ballots: 3000, seed: 6, ..City::default() });
    assert_ne!(severity(&judged(&planted.bundle), "c00").verdict, Verdict::Withhold);
    // Only five of the court's lawyers rate where others rate too, and nobody from outside rates there.
    let mut few = planted.bundle.clone();
    let bridge = |nym: &str| few_of(nym);
    few.ballots
        .retain(|b| (b.home != "c00" && b.court != "c00") || b.court == "c00" && b.home == "c00" || bridge(&b.nym));
    let hidden = judged(&few);
    assert_eq!(severity(&hidden, "c00").reason.code, "few-bridges", "{:?}", severity(&hidden, "c00").reason);
}

/// Five lawyers of court c00 who also rate elsewhere.
fn few_of(nym: &str) -> bool {
    ["n000", "n114", "n228", "n042", "n156"].contains(&nym)
}
