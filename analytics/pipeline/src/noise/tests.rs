use hengping_attack::Proof;
use hengping_domain::charter::Charter;
use hengping_domain::digest::Bytes;
use hengping_domain::ids::RateeId;
use hengping_domain::token::{RaterRole, Token};
use rand::RngExt as _;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::*;

fn rubric() -> Rubric {
    Rubric::from_toml(include_str!("../../../../config/rubrics/bar-rates-bench-v1.toml")).unwrap()
}

fn privacy() -> Privacy {
    Charter::from_toml(include_str!("../../../../config/charters/qingdao-v1.toml")).unwrap().privacy.unwrap()
}

/// A ballot of a nym; `kind` chooses outcome, court and answer.
fn ballot(nym: u64, kind: u64) -> Ballot {
    let mut nonce = [0; 32];
    nonce[..8].copy_from_slice(&nym.to_be_bytes());
    let token = Token { nonce: Bytes(nonce), bench: Bytes([0; 64]), bar: Bytes([0; 64]) };
    let pick = |words: &[&str]| words[kind as usize % words.len()].to_owned();
    let level = [Some(1), Some(3), Some(5), None][kind as usize % 4];
    Ballot {
        v: 2,
        ratee: RateeId("r".into()),
        court: pick(&["鲁02", "鲁0202", "鲁0203", "鲁0282"]),
        stratum: pick(&["civil.for", "civil.against", "criminal.none"]).parse().unwrap(),
        rubric: Digest([0; 32]),
        home: String::new(),
        role: RaterRole::Lawyer,
        answers: [("reasons".to_owned(), level)].into(),
        slip: token,
        nym: token,
        seq: 1,
    }
}

fn all(ballots: &[Ballot]) -> Vec<&Ballot> {
    ballots.iter().collect()
}

fn occasion<'a>(privacy: &'a Privacy, file: Option<&'a PrivacyFile>, rubric: &'a Rubric) -> Occasion<'a> {
    Occasion {
        privacy: Some(privacy),
        file,
        rubric,
        both_closed: true,
        least_raters: 20,
        least_response: 0.2,
        invited: 1000,
        manifest: Digest([1; 32]),
        counted_root: Digest([2; 32]),
    }
}

/// 400 raters of three ballots each.
fn town() -> Vec<Ballot> {
    (0..1200).map(|n| ballot(n / 3, n * 7 + n / 3)).collect()
}

fn fresh(left: u32) -> PrivacyFile {
    PrivacyFile { v: 1, left, again: false, earlier: None }
}

/// How far apart two exact counts of a table are, added up over its rows.
fn apart(by: &By, one: &[&Ballot], other: &[&Ballot]) -> i64 {
    exact(by, one).iter().zip(exact(by, other)).map(|(one, other)| (one - other).abs()).sum()
}

#[test]
fn one_rater_moves_a_table_by_no_more_than_the_ballots_that_count() {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let (privacy, rubric) = (privacy(), rubric());
    let mut naive = 0;
    for _ in 0..200 {
        // The others have few enough for all of theirs to count, so that the choice among the one's is all that differs.
        let mut ballots: Vec<Ballot> =
            (0..40).flat_map(|nym| (0..1 + nym % 5).map(move |n| ballot(nym, nym + n))).collect();
        let without = ballots.clone();
        let many = rng.random_range(1..60);
        ballots.extend((0..many).map(|_| ballot(1_000, rng.random_range(0..12))));
        for table in privacy.tables(&rubric) {
            let kept = [&without, &ballots].map(|each| bounded(&all(each), privacy.ballots).unwrap());
            assert!(apart(&table.by, &kept[0], &kept[1]) <= i64::from(privacy.ballots), "{many} ballots");
            naive = naive.max(apart(&table.by, &all(&without), &all(&ballots)));
        }
    }
    assert!(naive > 40, "control: without a bound one rater moves a table by {naive}");
}

#[test]
fn the_ballots_that_count_are_a_choice_of_chance() {
    let ballots: Vec<Ballot> = (0..40).map(|kind| ballot(1, kind)).collect();
    let firsts: Vec<Vec<i64>> = (0..20).map(|_| exact(&By::Outcome, &bounded(&all(&ballots), 5).unwrap())).collect();
    assert!(firsts.iter().all(|counts| counts.iter().sum::<i64>() == 5));
    assert!(firsts.iter().any(|counts| *counts != firsts[0]), "not always the same five");
}

#[test]
fn the_noise_has_the_scale_that_is_told_and_no_seed() {
    let scale = 15.0_f64;
    let draws = noise(vec![0; 40_000], scale, 5, 1.0 / 3.0).unwrap();
    let n = draws.len() as f64;
    let p = (-1.0 / scale).exp();
    // Of a discrete Laplace variable: E|X| = 2p / (1 - p^2), E X^2 = 2p / (1 - p)^2.
    let (size, square) = (2.0 * p / (1.0 - p * p), 2.0 * p / (1.0 - p).powi(2));
    let mean = draws.iter().sum::<i64>() as f64 / n;
    let found = draws.iter().map(|x| x.abs() as f64).sum::<f64>() / n;
    assert!(mean.abs() < 5.0 * (square / n).sqrt(), "{mean}");
    assert!((found - size).abs() < 5.0 * ((square - size * size) / n).sqrt(), "{found} against {size}");
    let far = draws.iter().filter(|x| x.abs() > 45).count() as f64 / n;
    assert!((0.04..0.055).contains(&far), "{far} are off by more than the 45 that the page tells");

    // A naive draw from a seed is subtracted by whoever has the seed; of ours there is none, and no two are alike.
    let seeded = |seed| {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut geometric = || (rng.random::<f64>().ln() / p.ln()).floor() as i64;
        [300, 5, 0].map(|count| count + geometric() - geometric())
    };
    let stolen: Vec<i64> = seeded(7).iter().zip(seeded(7)).map(|(told, again)| told - again).collect();
    assert_eq!((seeded(7), stolen), (seeded(7), vec![0; 3]), "control");
    let ours: Vec<_> = (0..50).map(|_| noise(vec![300, 5, 0], scale, 5, 1.0 / 3.0).unwrap()).collect();
    let distinct: std::collections::BTreeSet<_> = ours.iter().collect();
    assert!(distinct.len() >= 49, "{}", distinct.len());
}

#[test]
fn too_little_noise_for_what_it_may_cost_is_refused() {
    assert!(noise(vec![0], 14.0, 5, 1.0 / 3.0).is_err());
    assert!(noise(vec![0], 15.0, 6, 1.0 / 3.0).is_err());
    assert!(noise(vec![0], 15.0, 5, 1.0 / 3.0).is_ok(), "control");
}

#[test]
fn only_declared_tables_are_drawn_and_nothing_below_the_minimum_is_told() {
    let (privacy, rubric, file) = (privacy(), rubric(), fresh(1000));
    let (town, dir) = (town(), tempfile::tempdir().unwrap());
    let noised = occasion(&privacy, Some(&file), &rubric).counts(&all(&town), dir.path()).unwrap().unwrap().noised;
    assert!(noised.fits(&privacy, &rubric) && noised.cost() == Some(1000));
    let ids: Vec<&str> = noised.tables.iter().map(|table| table.id.as_str()).collect();
    assert_eq!(ids, ["outcomes", "courts", "reasons"], "the other direction's table is not drawn");
    assert!(noised.tables.iter().flat_map(|table| &table.rows).all(|row| row.count >= 200));
    // Whatever the noise: a court is told that has 200 and ten scales more, and none without a ballot.
    let by = &noised.tables[1].by;
    let counts: BTreeMap<String, i64> = by.levels().into_iter().zip(exact(by, &all(&town))).collect();
    let told: Vec<&str> = noised.tables[1].rows.iter().map(|row| row.level.as_str()).collect();
    let sure: Vec<&str> = counts.iter().filter(|(_, n)| **n >= 350).map(|(level, _)| level.as_str()).collect();
    assert!(!sure.is_empty() && sure.iter().all(|level| told.contains(level)), "{told:?} of {counts:?}");
    assert!(told.iter().all(|level| counts[*level] > 0), "seven courts of nobody: {told:?}");
    // With a minimum of nothing the rows of nobody would be told where their noise is positive: they are drawn.
    let open = Privacy { minimum: 1, ..privacy.clone() };
    let rows = |_| {
        let dir = tempfile::tempdir().unwrap();
        let counts = occasion(&open, Some(&file), &rubric).counts(&all(&town), dir.path()).unwrap().unwrap();
        counts.noised.tables[1].rows.len()
    };
    assert!((0..20).map(rows).any(|rows| rows > 4), "control");
}

#[test]
fn a_box_has_no_counts_for_a_reason_that_costs_nothing() {
    let (privacy, rubric, town) = (privacy(), rubric(), town());
    let (plenty, poor, dir) = (fresh(1000), fresh(999), tempfile::tempdir().unwrap());
    let silence = |of: Occasion| {
        let counts = of.counts(&all(&town), dir.path()).unwrap().unwrap();
        assert_eq!(counts.kept.is_some(), counts.noised.silence.is_none());
        assert!(counts.noised.fits(&privacy, &rubric));
        assert_eq!(counts.noised.cost(), Some(if counts.noised.silence.is_none() { 1000 } else { 0 }));
        counts.noised.silence
    };
    let good = || occasion(&privacy, Some(&plenty), &rubric);
    assert_eq!(silence(good()), None, "control");
    assert_eq!(silence(Occasion { both_closed: false, ..good() }), Some(Silence::CounterpartOpen));
    assert_eq!(silence(Occasion { least_raters: 401, ..good() }), Some(Silence::TooFew));
    assert_eq!(silence(Occasion { invited: 6001, ..good() }), Some(Silence::TooFew));
    assert_eq!(silence(Occasion { file: Some(&poor), ..good() }), Some(Silence::BudgetSpent));
    assert_eq!(silence(Occasion { file: None, ..good() }), Some(Silence::Together));
    let mut off = occasion(&privacy, Some(&plenty), &rubric);
    off.privacy = None;
    assert!(off.counts(&all(&town), dir.path()).unwrap().is_none(), "a charter without counts");
}

#[test]
fn a_draw_that_is_kept_is_taken_again_for_the_same_ballots_only() {
    let (privacy, rubric, file, town) = (privacy(), rubric(), fresh(1000), town());
    let dir = tempfile::tempdir().unwrap();
    let mut occasion = occasion(&privacy, Some(&file), &rubric);
    let run = |occasion: &Occasion| occasion.counts(&all(&town), dir.path()).unwrap().unwrap();
    let first = run(&occasion);
    assert_ne!(run(&occasion).noised, first.noised, "control: nothing is kept yet");
    std::fs::write(dir.path().join(KEPT), serde_json::to_vec(&first.kept).unwrap()).unwrap();
    assert_eq!(run(&occasion).noised, first.noised);
    occasion.counted_root = Digest([9; 32]);
    assert_ne!(run(&occasion).noised, first.noised, "other ballots");
    let spent = fresh(0);
    occasion.counted_root = Digest([2; 32]);
    occasion.file = Some(&spent);
    assert_eq!(run(&occasion).noised.silence, Some(Silence::BudgetSpent), "what is kept is no way around the year");
    std::fs::write(dir.path().join(KEPT), "{").unwrap();
    occasion.file = Some(&file);
    assert!(occasion.counts(&all(&town), dir.path()).is_err());
}

#[test]
fn after_a_correction_counts_are_copied_and_never_drawn() {
    let (privacy, rubric, file, town) = (privacy(), rubric(), fresh(1000), town());
    let dir = tempfile::tempdir().unwrap();
    let first = occasion(&privacy, Some(&file), &rubric).counts(&all(&town), dir.path()).unwrap().unwrap().noised;
    for earlier in [Some(first), Some(Noised::silent(&privacy, Silence::BudgetSpent)), None] {
        let again = PrivacyFile { v: 1, left: 0, again: true, earlier: earlier.clone() };
        let fewer = all(&town[..900]);
        let copied = occasion(&privacy, Some(&again), &rubric).counts(&fewer, dir.path()).unwrap();
        assert!(copied.as_ref().is_none_or(|counts| counts.kept.is_none()));
        assert_eq!(copied.map(|counts| counts.noised), earlier);
    }
}

/// The counts of every table.
type Told = Vec<Vec<i64>>;

/// Somebody who knows all ballots but one rater's, and what that rater would have said, looks at every count before the small
/// ones are taken out, and asks whether the rater is in the box. The likelihood ratio is the best anybody can do.
#[test]
fn whoever_looks_for_one_rater_finds_little() {
    let (privacy, rubric) = (privacy(), rubric());
    let tables = privacy.tables(&rubric);
    let scale = privacy.scale(tables.len());
    let others = town();
    let target: Vec<Ballot> = (0..5).map(|_| ballot(9_999, 4)).collect();
    let with: Vec<Ballot> = others.iter().chain(&target).cloned().collect();
    let worlds = [&others, &with].map(|ballots| {
        let kept = bounded(&all(ballots), privacy.ballots).unwrap();
        tables.iter().map(|table| exact(&table.by, &kept)).collect::<Vec<_>>()
    });
    let likelier = |told: &[Vec<i64>]| {
        let fit = |world: &[Vec<i64>]| -> f64 {
            let cells = told.iter().flatten().zip(world.iter().flatten());
            cells.map(|(told, exact)| -((told - exact).abs() as f64) / scale).sum()
        };
        fit(&worlds[1]) > fit(&worlds[0])
    };
    let trials = 4_000_u64;
    let advantage = |tell: &dyn Fn(&[Vec<i64>]) -> Told| {
        let right = |inside: usize| {
            (0..trials / 2).filter(|_| likelier(&tell(&worlds[inside])) == (inside == 1)).count() as f64
        };
        (right(0) + right(1)) / (trials as f64 / 2.0) - 1.0
    };
    let share = privacy.epsilon / tables.len() as f64;
    let noised = |world: &[Vec<i64>]| {
        world.iter().map(|counts| noise(counts.clone(), scale, privacy.ballots, share).unwrap()).collect()
    };
    let e = privacy.epsilon.exp();
    Proof {
        name: "research: advantage in telling from counts whether one rater is in a box".into(),
        tries: trials,
        found: advantage(&noised),
        // Three standard errors of a difference of two shares of half the trials each.
        limit: (e - 1.0) / (e + 1.0) + 3.0 * (1.0 / trials as f64).sqrt(),
        control: advantage(&|world| world.to_vec()),
        control_at_least: 0.999,
    }
    .hold();
}
