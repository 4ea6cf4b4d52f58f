//! The bounds of the proof in a short period, and cases whose answer is known.

use super::batches::hand_over;
use super::docket::{self, Docket, Invitation};
use super::forecast::{Forecast, Known};
use super::log::Log;
use super::setting::Build;
use super::visits::{Cast, DAY, Moment, Period, play};
use super::*;

/// Four months of the plan's city, as dense as the year.
fn small(direction: Direction) -> Setting {
    Setting { cases: 500, days: 122, ..Setting::plan(direction) }
}

/// A difference of shares is noise, or what a slightly wrong model may cost.
fn about_nothing(share: Share) -> bool {
    share.mean.abs() <= 3.0 * share.error + 0.01
}

fn off(authors: &Authors) -> f64 {
    (authors.named.mean - authors.claimed.mean).abs()
}

#[test]
fn the_thief_names_few_lawyers_the_naive_build_gives_nearly_all_away() {
    let report = measure(&small(Direction::BarRatesBench), 4);
    assert!(report.envelopes > 800, "{report}");
    assert!(report.thief.named.mean <= 0.10, "{report}");
    assert!(report.thief_with_visits.named.mean <= 0.10, "{report}");
    assert!(report.control.named.mean >= 0.90, "{report}");
    assert!(report.control_live.authors.named.mean >= 0.90, "{report}");
    // The relay names most authors, so that what holds the thief back is what it cannot see.
    assert!((0.5..0.95).contains(&report.relay.authors.named.mean), "{report}");
    assert!(report.relay_with_addresses.authors.hits > report.relay.authors.hits, "{report}");
}

#[test]
fn without_a_fewest_the_thief_is_not_held() {
    let report = measure(&Setting { least: 1, ..small(Direction::BarRatesBench) }, 2);
    assert!(report.thief.named.mean > 0.15, "{report}");
}

#[test]
fn few_judges_hide_each_other_less_but_far_better_than_the_naive_build() {
    let report = measure(&small(Direction::BenchRatesBar), 4);
    assert!(report.thief.named.mean <= 0.12, "{report}");
    assert!(report.control.named.mean >= 0.90, "{report}");
    // With batches as small as the lawyers', some twenty of sixty come between two of them.
    let twenty = measure(&Setting { least: 20, ..small(Direction::BenchRatesBar) }, 2);
    assert!(twenty.thief.named.mean > 0.12, "{twenty}");
}

#[test]
fn nothing_is_read_off_an_envelope_unless_it_is_written_there() {
    for direction in [Direction::BarRatesBench, Direction::BenchRatesBar] {
        let report = measure(&small(direction), 4);
        assert!(about_nothing(report.relay.content.read), "{report}");
        assert!(about_nothing(report.relay_with_addresses.content.read), "{report}");
        assert_eq!((report.relay.content.told, report.relay_with_addresses.content.told), (0, 0));
        assert!(report.bound_ahead_live.content.read.mean > 0.05, "{report}");
        assert!(report.bound_ahead_live.content.told > 50, "{report}");
        assert!(report.bound_ahead_live.content.named.mean > 0.99, "{report}");
    }
}

#[test]
fn observers_know_what_their_guesses_are_worth() {
    let report = measure(&small(Direction::BarRatesBench), 6);
    for authors in [&report.thief, &report.thief_with_visits, &report.on_demand, &report.control] {
        assert!(off(authors) < 0.02, "{report}");
    }
    for live in [&report.relay, &report.relay_with_addresses] {
        assert!(off(&live.authors) < 0.04, "{report}");
    }
}

#[test]
fn a_seed_is_one_report() {
    let setting = Setting { cases: 200, days: 60, ..Setting::plan(Direction::BarRatesBench) };
    assert_eq!(measure(&setting, 2), measure(&setting, 2));
    assert_ne!(measure(&setting, 2), measure(&Setting { seed: 2, ..setting }, 2));
}

#[test]
fn a_setting_without_anybody_is_an_empty_report() {
    let nobody = Setting { judges: 0, lawyers: 0, ..small(Direction::BarRatesBench) };
    let absent = Setting { absent: 1.0, ..small(Direction::BarRatesBench) };
    let no_days = Setting { days: 0, ..small(Direction::BarRatesBench) };
    for setting in [nobody, absent, no_days] {
        let report = measure(&setting, 1);
        assert_eq!((report.envelopes, report.thief.tries, report.relay.content.tries), (0, 0, 0));
        assert_eq!(report.thief.named, Share::default());
    }
    assert_eq!(measure(&small(Direction::BarRatesBench), 0).replicates, 0);
}

/// Everything is listed and fetched on day 0 and handed over at the close.
#[test]
fn where_days_say_nothing_the_thief_is_at_the_floor() {
    let all_at_once = Setting {
        list_days: 0,
        visits: 1e6,
        absent: 0.0,
        batch_days: 122,
        replaced: 0.0,
        ..small(Direction::BenchRatesBar)
    };
    let docket = docket::make(&all_at_once, 0);
    let period = play(&all_at_once, 0, &docket);
    assert!(period.fetched.iter().all(|at| at.is_some_and(|at| at < DAY)));
    let most = docket.by_rater().iter().map(Vec::len).max().unwrap_or(0) as f64 / docket.invitations.len() as f64;
    let report = measure(&all_at_once, 1);
    assert!((report.thief.claimed.mean - most).abs() < 1e-3, "{most} {report}");
    // Two raters may share the lead, and each is as good a guess.
    assert!((report.thief.named.mean - most).abs() < 0.03, "{most} {report}");
    assert!((report.floor.mean - most).abs() < 0.03, "{most} {report}");
}

#[test]
fn with_one_rater_a_day_and_no_fewest_the_thief_names_everybody() {
    let setting =
        Setting { days: 30, least: 1, same_visit: 1.0, replaced: 0.0, ..Setting::plan(Direction::BarRatesBench) };
    let one = |rater: usize| Invitation { rater, ratee: rater % 3, stratum: 0, listed: rater as u32 };
    let docket = Docket { offices: vec![0; 30], ratees: 3, invitations: (0..30).map(one).collect() };
    let at = |rater: usize| rater as Moment * DAY + 40_000;
    let cast = |rater: usize| Cast {
        invitation: rater,
        at: at(rater) + 200,
        office: None,
        number: 1,
        leaf: (rater as u64 * 7_919) % 31,
    };
    let period = Period {
        fetched: (0..30).map(|rater| Some(at(rater))).collect(),
        visits: (0..30).map(|rater| vec![rater]).collect(),
        casts: (0..30).map(cast).collect(),
    };
    let log = Log::of(&setting, 0, &docket, &period, Build::DESIGN);
    let named = |setting: &Setting| {
        let (batches, truth) = hand_over(setting, &period.casts, &log);
        let forecast = Forecast::make(setting, &docket.invitations, &log, Known::Fetches, 0.9);
        let named = thief::name(&log, &batches, &forecast);
        named.iter().zip(&truth).filter(|(named, rater)| named.is_some_and(|n| n.rater == **rater)).count()
    };
    assert_eq!(named(&setting), 30);
    // Batches of ten hide each among ten.
    assert_eq!(named(&Setting { least: 10, ..setting }), 3);
}

#[test]
fn batches_keep_the_fewest_and_a_late_replacement_shows_twice() {
    let setting = Setting { days: 4, least: 2, ..Setting::plan(Direction::BarRatesBench) };
    let one = |rater: usize| Invitation { rater, ratee: 0, stratum: 0, listed: 0 };
    let docket = Docket { offices: vec![0; 4], ratees: 1, invitations: (0..4).map(one).collect() };
    let cast = |invitation, day: Moment, number| Cast {
        invitation,
        at: day * DAY + 40_000,
        office: None,
        number,
        leaf: 10 - invitation as u64,
    };
    // 0 is replaced while it waits, 1 after it was handed over; 3 waits for the close alone with that.
    let casts = vec![cast(0, 0, 1), cast(0, 1, 2), cast(1, 1, 1), cast(1, 2, 2), cast(3, 3, 1)];
    let period = Period { fetched: vec![Some(0); 4], visits: vec![vec![0]; 4], casts };
    let log = Log::of(&setting, 0, &docket, &period, Build::DESIGN);
    let (batches, truth) = hand_over(&setting, &period.casts, &log);
    assert_eq!((batches.ends.as_slice(), truth.as_slice()), ([1, 3].as_slice(), [3, 1, 0].as_slice()));
    let of: Vec<_> = batches.stamps.iter().map(|stamp| stamp.batches.clone()).collect();
    assert_eq!(of, [vec![1], vec![0, 1], vec![0]]);
    assert_eq!([0, 1, 2, 3, 4].map(|day| batches.of_day(day)), [Some(0), Some(0), Some(1), Some(1), None]);
}

#[test]
fn a_period_has_the_shares_it_was_given() {
    let setting = Setting::plan(Direction::BarRatesBench);
    let (docket, again) = (docket::make(&setting, 1), docket::make(&setting, 1));
    assert_eq!(docket, again);
    let period = play(&setting, 1, &docket);
    let first: Vec<&Cast> = period.casts.iter().filter(|cast| cast.number == 1).collect();
    let response = first.len() as f64 / docket.invitations.len() as f64;
    assert!((response - setting.response).abs() < 0.04, "{response}");
    let day = |at: Moment| at / DAY;
    let same = first.iter().filter(|cast| period.fetched[cast.invitation].map(day) == Some(day(cast.at))).count();
    let same = same as f64 / first.len() as f64;
    assert!((same - setting.same_visit).abs() < 0.06, "{same}");
    for cast in &first {
        let fetched = period.fetched[cast.invitation].unwrap_or(Moment::MAX);
        assert!(fetched < cast.at && docket.invitations[cast.invitation].listed <= (fetched / DAY) as u32);
    }
    let held = docket.by_rater().iter().map(Vec::len).max().unwrap_or(0);
    assert!(held <= 4 * 13, "{held}");
}
