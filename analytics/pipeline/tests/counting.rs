//! Counts with noise out of `open`: drawn once, kept, copied, and not drawn where the year has nothing left.

use hengping_domain::manifest::PeriodKind;
use hengping_domain::noised::{Drawn, Noised, PrivacyFile, Silence};
use hengping_domain::release::Draft;

use crate::opening::{Trial, exported};
use crate::world::{Size, World, corrections, officers, refusal, sized, world};

fn drafted(trial: &Trial) -> Draft {
    let output = trial.open();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&std::fs::read(trial.out.path().join("draft.json")).unwrap()).unwrap()
}

fn tell(trial: &Trial, file: &PrivacyFile) {
    std::fs::write(trial.dir.path().join("privacy.json"), serde_json::to_vec(file).unwrap()).unwrap();
}

/// A box in which every outcome has nearly five hundred ballots that count.
fn town(kind: PeriodKind) -> World {
    sized("2026", kind, 2000, Size { judges: 24, lawyers: 700 })
}

#[test]
fn counts_are_drawn_once_and_copied_after_a_correction() {
    let world = town(PeriodKind::Pilot);
    let privacy = world.charter.privacy.clone().unwrap();
    let trial = exported(&world);
    let first = drafted(&trial).noised.expect("a pilot has counts");
    assert!(first.fits(&privacy, &world.rubric) && first.silence.is_none());
    let outcomes = &first.tables[0].rows;
    // Nearly twenty scales above what is told at all: a chance in a hundred millions.
    assert_eq!(outcomes.len(), 4, "{outcomes:?}");
    assert!(outcomes.iter().all(|row| (300..700).contains(&row.count)), "{outcomes:?}");
    let kept: Drawn = serde_json::from_slice(&std::fs::read(trial.out.path().join("counts.json")).unwrap()).unwrap();
    assert_eq!(kept.noised, first);
    assert_eq!(drafted(&trial).noised.as_ref(), Some(&first), "a second run draws nothing");
    let elsewhere = exported(&world);
    assert_ne!(drafted(&elsewhere).noised.as_ref(), Some(&first), "control: there is no seed");

    tell(&elsewhere, &PrivacyFile { v: 1, left: 0, again: true, earlier: Some(first.clone()) });
    let void = corrections(&world, 3, &["ratee-05"], &officers());
    std::fs::write(elsewhere.dir.path().join("corrections.json"), void).unwrap();
    let corrected = drafted(&elsewhere);
    assert!(corrected.rest["voided"].as_u64() > Some(0));
    let text = |noised: &Option<Noised>| serde_json::to_string(noised).unwrap();
    assert_eq!(text(&corrected.noised), text(&Some(first)), "to the bit");
}

#[test]
fn nothing_is_drawn_for_few_for_an_open_counterpart_or_beyond_the_year() {
    let few = world(PeriodKind::Regular, 300);
    let trial = exported(&few);
    assert_eq!(drafted(&trial).noised.unwrap().silence, None, "control: ninety raters, half of the invited");
    tell(&trial, &PrivacyFile { v: 1, left: 999, again: false, earlier: None });
    let spent = drafted(&trial).noised.unwrap();
    assert_eq!((spent.silence, spent.epsilon, spent.tables.len()), (Some(Silence::BudgetSpent), 0.0, 0));

    let mut alone = few.clone();
    alone.manifest.closed_boxes.truncate(1);
    assert_eq!(drafted(&exported(&alone)).noised.unwrap().silence, Some(Silence::CounterpartOpen));

    let mut tail = few.clone();
    tail.margins.invited = 1501;
    assert_eq!(drafted(&exported(&tail)).noised.unwrap().silence, Some(Silence::TooFew));

    let trial = exported(&few);
    std::fs::remove_file(trial.dir.path().join("privacy.json")).unwrap();
    assert_eq!(refusal(&trial.open()), "file-missing", "without the ledger nobody knows what may be drawn");
}
