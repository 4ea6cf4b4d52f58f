//! `corrections.json`: followed where the keys of both sides signed it for this box, refused otherwise.

use ed25519_dalek::SigningKey;
use hengping_domain::ids::Side;
use hengping_domain::manifest::PeriodKind;

use crate::opening::exported;
use crate::world::{corrections, officers, period, refusal, world};

#[test]
fn a_correction_is_followed_with_both_sides_signatures_and_of_this_box_only() {
    let world = world(PeriodKind::Regular, 300);
    let trial = exported(&world);
    let after = |text: &str| {
        std::fs::write(trial.dir.path().join("corrections.json"), text).unwrap();
        refusal(&trial.open())
    };
    let [bench, bar] = officers();
    let stranger = SigningKey::from_bytes(&[99; 32]);
    for keys in [
        &[bench.clone()][..],
        std::slice::from_ref(&bar),
        &[],
        &[bench.clone(), (Side::Bar, bench.1.clone())],
        &[bench.clone(), (Side::Bar, stranger)],
        &[bench.clone(), bench.clone()],
    ] {
        assert_eq!(after(&corrections(&world, 3, &["ratee-05"], keys)), "correction-unsigned");
    }
    let good = corrections(&world, 3, &["ratee-05"], &officers());
    for (was, is) in [("ratee-05", "ratee-06"), ("not-handled", "wrong-person")] {
        assert_eq!(after(&good.replace(was, is)), "correction-unsigned", "{was} changed after it was signed");
    }
    let mut bare: serde_json::Value = serde_json::from_str(&good).unwrap();
    bare["voided"] = serde_json::json!([]);
    assert_eq!(after(&bare.to_string()), "document-malformed", "nobody says what is void");
    assert_eq!(after(&corrections(&world, 3, &[], &officers())), "correction-foreign", "voids nothing");
    let other = period("2025", PeriodKind::Regular, 300);
    assert_eq!(after(&corrections(&other, 3, &["ratee-05"], &officers())), "correction-foreign", "of another box");
    let mut twice: serde_json::Value = serde_json::from_str(&good).unwrap();
    let one = twice["corrections"][0].clone();
    twice["corrections"].as_array_mut().unwrap().push(one);
    assert_eq!(after(&twice.to_string()), "correction-foreign", "one release corrected twice");
    std::fs::write(trial.dir.path().join("corrections.json"), &good).unwrap();
    assert!(trial.open().status.success(), "control");
}
