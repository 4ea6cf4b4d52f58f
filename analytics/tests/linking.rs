//! Linking: a planted change of the form is not taken for a change of people, and raters never link.

use hengping_analytics::bundle::{Answer, Ballot, Item};
use hengping_analytics::gate::item_report;
use hengping_analytics::items::composites;
use hengping_analytics::linking::{ItemSums, Kind, Linked, Obstacle, Version, link};
use hengping_analytics::report::report;
use rand::RngExt;

use crate::support::{generator, normal};

/// A form: id, hash of the wording, difficulty of each question.
type Form<'f> = &'f [(&'f str, &'f str, f64)];

/// Ballots on one form by the same people every time: quality and severity depend on names only.
fn ballots(form: Form, count: usize, seed: u64) -> Vec<Ballot> {
    let mut rng = generator(seed);
    let ballot = |b: usize| {
        let level = 3.4 + 0.5 * normal(&mut rng);
        let answers = form.iter().map(|(_, _, difficulty)| {
            if rng.random_bool(0.1) {
                return Some(Answer::NotObserved);
            }
            let x = (level + difficulty + 0.5 * normal(&mut rng)).round().clamp(1.0, 5.0);
            Some(Answer::Level(x as u8))
        });
        Ballot {
            answers: answers.collect(),
            ratee: format!("j{:02}", b % 40),
            nym: format!("n{:03}", b % 170),
            home: "h".into(),
            role: "lawyer".into(),
            court: "c".into(),
            case_type: "civil".into(),
            outcome: "for".into(),
            rubric: format!("r{seed}"),
        }
    };
    (0..count).map(ballot).collect()
}

fn items(form: Form) -> Vec<Item> {
    form.iter().map(|(id, _, _)| Item { id: (*id).to_owned(), weight: 1.0 }).collect()
}

fn version(form: Form, count: usize, seed: u64) -> Version {
    let all = ballots(form, count, seed);
    let sorted: Vec<&Ballot> = all.iter().collect();
    Version {
        rubric: format!("r{seed}"),
        wording: form.iter().map(|(_, hash, _)| (*hash).to_owned()).collect(),
        sums: ItemSums::of(&items(form), &sorted),
    }
}

const OLD: Form<'static> =
    &[("a", "1", 0.3), ("b", "1", 0.1), ("c", "1", 0.0), ("d", "1", -0.1), ("e", "1", -0.2), ("f", "1", 0.4)];
/// `f` reworded, `g` new, both much harder.
const NEW: Form<'static> = &[
    ("b", "1", 0.1),
    ("a", "1", 0.3),
    ("c", "1", 0.0),
    ("d", "1", -0.1),
    ("e", "1", -0.2),
    ("f", "2", -0.9),
    ("g", "1", -0.8),
];

fn mean_composite(form: Form, seed: u64) -> f64 {
    let all = ballots(form, 4000, seed);
    let sorted: Vec<&Ballot> = all.iter().collect();
    let values: Vec<f64> = composites(&items(form), &sorted).composites.iter().flatten().map(|c| c.value).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn a_harder_form_is_not_taken_for_worse_people() {
    let linked = link(&[version(OLD, 4000, 1), version(NEW, 4000, 2)]);
    let error = linked.between(0, 1).unwrap();
    let naive = mean_composite(NEW, 2) - mean_composite(OLD, 1);
    let change = naive + linked.versions[1].shift - linked.versions[0].shift;
    println!("naive {naive:.3}, linked {change:.3}, error of the link {error:.3}");
    // Nobody changed. The control: without the link the new form looks like a loss.
    assert!(naive < -0.2, "{naive}");
    assert!(change.abs() < 0.05 && error < 0.03, "{change} {error}");
    assert_eq!(linked.versions[0].shift, 0.0);
    let kinds = &linked.links[0].kinds;
    assert_eq!((kinds["a"], kinds["f"], kinds["g"]), (Kind::Kept, Kind::Reworded, Kind::New));
    assert_eq!(linked.links[0].anchors.len(), 5);
}

#[test]
fn a_question_that_drifted_is_dropped_and_does_not_accuse_the_rest() {
    let mut drifted = NEW.to_vec();
    drifted[2].2 += 0.5;
    let linked = link(&[version(OLD, 4000, 1), version(&drifted, 4000, 2)]);
    let dropped: Vec<&str> = linked.links[0].anchors.iter().filter(|a| !a.kept).map(|a| a.id.as_str()).collect();
    assert_eq!(dropped, ["c"]);
    let anchor = linked.links[0].anchors.iter().find(|a| a.id == "c").unwrap();
    assert!(anchor.drift > 0.3 && anchor.z > 2.7, "{anchor:?}");
    let change = mean_composite(&drifted, 2) - mean_composite(OLD, 1) + linked.versions[1].shift;
    assert!(change.abs() < 0.05, "{change}");
    assert_eq!(linked.between(0, 1).map(|e| e < 0.05), Ok(true));
}

#[test]
fn the_error_of_a_link_is_the_spread_of_its_anchors_over_the_root_of_their_number() {
    let linked = link(&[version(OLD, 600, 5), version(NEW, 600, 6)]);
    let link = &linked.links[0];
    let drifts: Vec<f64> = link.anchors.iter().filter(|a| a.kept).map(|a| a.drift).collect();
    let (n, mean) = (drifts.len() as f64, drifts.iter().sum::<f64>() / drifts.len() as f64);
    let sd = (drifts.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    assert!((link.error.unwrap() - sd / n.sqrt()).abs() < 1e-12);
}

/// Everybody is the same in both periods and rates the same people; no question is.
#[test]
fn raters_alone_never_link() {
    let other: Vec<_> = NEW.iter().map(|&(id, _, difficulty)| (id, "other wording", difficulty)).collect();
    let linked = link(&[version(OLD, 2000, 1), version(&other, 2000, 2)]);
    assert_eq!(linked.between(0, 1), Err(Obstacle::NoAnchor));
    assert_ne!(linked.versions[0].island, linked.versions[1].island);
    assert_eq!(linked.versions[1].shift, 0.0);
}

#[test]
fn three_anchors_need_two_fifths_of_the_weight() {
    let few: Vec<_> =
        NEW.iter().enumerate().map(|(k, &(id, hash, d))| (id, if k < 3 { hash } else { "x" }, d)).collect();
    // Three of six and three of seven equal items: 43 % of the weight.
    let enough = link(&[version(OLD, 4000, 1), version(&few, 4000, 2)]);
    assert!(enough.links[0].weight > 0.42 && enough.between(0, 1).is_ok(), "{:?}", enough.links[0]);
    let mut light = version(&few, 4000, 2);
    light.sums.items.iter_mut().take(3).for_each(|item| item.weight = 0.5);
    let linked = link(&[version(OLD, 4000, 1), light]);
    assert_eq!(linked.between(0, 1), Err(Obstacle::TooFewAnchors));
}

#[test]
fn a_chain_adds_errors_and_breaks_where_a_link_does() {
    let chain = link(&[version(OLD, 3000, 1), version(NEW, 3000, 2), version(NEW, 3000, 3)]);
    let (first, second) = (chain.between(0, 1).unwrap(), chain.between(1, 2).unwrap());
    assert!((chain.between(2, 0).unwrap() - first.hypot(second)).abs() < 1e-12);
    assert_eq!(chain.versions.iter().map(|v| v.island).collect::<Vec<_>>(), [0, 0, 0]);
    let strange: Vec<_> = NEW.iter().map(|&(id, _, d)| (id, "x", d)).collect();
    let broken = link(&[version(OLD, 3000, 1), version(&strange, 3000, 2), version(&strange, 3000, 3)]);
    assert_eq!(broken.between(0, 2), Err(Obstacle::NoAnchor));
    assert!(broken.between(1, 2).is_ok());
    assert_eq!(broken.versions.iter().map(|v| v.island).collect::<Vec<_>>(), [0, 1, 1]);
}

#[test]
fn questions_never_answered_together_and_empty_versions_are_no_yardstick() {
    let all = ballots(NEW, 2000, 2);
    let mut apart = all.clone();
    for (b, ballot) in apart.iter_mut().enumerate() {
        // Two halves of the form that no ballot joins.
        let (from, to) = if b % 2 == 0 { (0, 5) } else { (5, 7) };
        ballot.answers.iter_mut().enumerate().filter(|(k, _)| *k < from || *k >= to).for_each(|(_, a)| *a = None);
    }
    let sums = |ballots: &[Ballot]| ItemSums::of(&items(NEW), &ballots.iter().collect::<Vec<_>>());
    let mut other = version(NEW, 10, 2);
    other.sums = sums(&apart);
    assert_eq!(link(&[version(OLD, 2000, 1), other.clone()]).between(0, 1), Err(Obstacle::NotConnected));
    assert_eq!(other.sums.difficulty(), None);
    other.sums = sums(&[]);
    assert_eq!(link(&[version(OLD, 2000, 1), other]).between(0, 1), Err(Obstacle::NoBallots));
    assert_eq!(link(&[]), Linked { versions: vec![], links: vec![] });
}

/// Four kept questions and a new, harder one; of the second box only the released report is left.
#[test]
fn versions_link_from_released_reports_when_ballots_are_gone() {
    let old = crate::report::complete();
    let mut new = old.clone();
    new.items.push(Item { id: "i4".into(), weight: 1.0 });
    new.ballots.retain(|ballot| ballot.nym < "n200".into());
    for ballot in &mut new.ballots {
        let Some(Answer::Level(level)) = ballot.answers[1] else { panic!("complete") };
        ballot.answers.push(Some(Answer::Level(level.saturating_sub(1).max(1))));
    }
    let wording =
        std::collections::BTreeMap::from(["i0", "i1", "i2", "i3", "i4"].map(|id| (id.to_owned(), id.to_owned())));
    let left = |bundle| {
        let printed = item_report(&report(bundle).unwrap(), &crate::gate::context()).unwrap();
        Version::released("v", &printed, &wording).unwrap()
    };
    let whole = |bundle: &hengping_analytics::bundle::Bundle| Version {
        rubric: "v".into(),
        wording: bundle.items.iter().map(|item| item.id.clone()).collect(),
        sums: ItemSums::of(&bundle.items, &bundle.sorted()),
    };
    let (printed, exact) = (link(&[left(&old), left(&new)]), link(&[whole(&old), whole(&new)]));
    assert!(printed.between(0, 1).is_ok() && exact.between(0, 1).is_ok());
    println!("shift {:.4} printed, {:.4} exact", printed.versions[1].shift, exact.versions[1].shift);
    assert!(exact.versions[1].shift > 0.1);
    assert!((printed.versions[1].shift - exact.versions[1].shift).abs() < 0.02);

    let short = wording.iter().take(3).map(|(id, hash)| (id.clone(), hash.clone())).collect();
    let printed = item_report(&report(&old).unwrap(), &crate::gate::context()).unwrap();
    assert_eq!(Version::released("v", &printed, &short), None);
}

/// The difficulty of one version alone is that of the item step.
#[test]
fn one_version_alone_is_what_the_composites_use() {
    let all = ballots(OLD, 500, 9);
    let sorted: Vec<&Ballot> = all.iter().collect();
    let expected = composites(&items(OLD), &sorted).difficulty;
    let got = ItemSums::of(&items(OLD), &sorted).difficulty().unwrap();
    for (a, b) in got.iter().zip(&expected) {
        assert!((a - b).abs() < 1e-10, "{got:?} {expected:?}");
    }
}
