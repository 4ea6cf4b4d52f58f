//! A city in which everybody votes, known to the tests that attack it: who cast what, in which order.
//!
//! Ids come from a seed here, so that a rank correlation, which is chance at heart, is the same number in every run.

use std::sync::Arc;

use hengping::ports::SeededEntropy;
use hengping_domain::ballot::Ballot;
use hengping_domain::cast::Cast;
use hengping_domain::layer::{POSTED_LEN, Posted};
use hengping_domain::lock::SUITE;
use hengping_domain::manifest::PeriodKind;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::city::{self, Case, City, Device, bar_box, lawyer, reachable};
use crate::dump::is_sqlite;
use crate::harness::{Backend, Trial};

/// Lawyers of the large city; each has about ten cases.
pub const LAWYERS: usize = 100;
/// Lawyers of a small one.
pub const FEW: usize = 20;

/// The backend's name in the table of attacks.
pub fn backend(trial: &Trial) -> &'static str {
    if is_sqlite(trial) { "sqlite" } else { "postgres" }
}

pub fn on(backend: Backend, check: impl FnOnce(&Trial)) {
    match reachable(backend, Arc::new(SeededEntropy::new(2026))) {
        Some((trial, _)) => check(&trial),
        None => eprintln!("skipped: HENGPING_TEST_POSTGRES names no server"),
    }
}

/// Ten invitations for each of so many lawyers.
pub fn city(trial: &Trial, lawyers: usize) -> City<'_> {
    let case = |n: usize| Case::new(n + 1, n % 10, &[n % lawyers], &[(n * 7 + 3 + n / lawyers) % lawyers]);
    let city = City::found(trial, city::lenient);
    city::import(&trial.site, &city::roster(10, lawyers), false);
    let cases: Vec<_> = (0..5 * lawyers).map(case).filter(|case| case.moving != case.responding).collect();
    let imported = city::import(&trial.site, &city::docket(&cases), false);
    assert_eq!((imported.summary.problem_count, imported.summary.unmatched), (0, 0));
    city.open_period(&city.plan("2026", PeriodKind::Regular));
    city.invite();
    city
}

/// What was cast, known to this test alone.
pub struct Story<'c> {
    pub devices: Vec<Device<'c>>,
    pub ballots: Vec<Ballot>,
    /// In the order in which they came to the relay.
    pub casts: Vec<Cast>,
}

/// What makes a posted item of a ballot and its place.
pub type Sealer = fn(&City<'_>, &Ballot, u64) -> Posted;

pub fn sealed(city: &City<'_>, ballot: &Ballot, place: u64) -> Posted {
    city.seal(&bar_box(), ballot, place)
}

/// Another item each time that nobody can open: the box cannot tell, and it costs nothing.
pub fn noise(_: &City<'_>, _: &Ballot, place: u64) -> Posted {
    junk(&mut StdRng::seed_from_u64(place))
}

/// An item by its looks.
pub fn junk(rng: &mut StdRng) -> Posted {
    let mut bytes = vec![0; POSTED_LEN];
    rng.fill_bytes(&mut bytes);
    bytes[..4].copy_from_slice(SUITE);
    Posted::from_bytes(bytes).expect("an item by its looks")
}

/// The first `lawyers`, with tokens, in an order of their own.
pub fn raters<'c>(city: &'c City<'c>, lawyers: usize, prepare: impl Fn(&Device<'_>)) -> Vec<Device<'c>> {
    let mut order: Vec<usize> = (0..lawyers).collect();
    order.shuffle(&mut StdRng::seed_from_u64(7));
    let devices: Vec<_> = order.iter().map(|&l| city.device(&lawyer(l), 1)).collect();
    devices.iter().for_each(prepare);
    devices
}

/// All their cases, cast in another order.
pub fn storm<'c>(city: &City<'_>, devices: Vec<Device<'c>>, seal: Sealer) -> Story<'c> {
    let mut arrivals: Vec<(usize, usize)> =
        devices.iter().enumerate().flat_map(|(d, device)| (0..device.cases.len()).map(move |case| (d, case))).collect();
    arrivals.shuffle(&mut StdRng::seed_from_u64(8));
    let level = |place: usize| 1 + (place % 5) as u8;
    let ballots: Vec<_> =
        arrivals.iter().enumerate().map(|(place, &(d, case))| devices[d].ballot(case, 1, level(place))).collect();
    let mut items: Vec<Option<Posted>> = vec![None; ballots.len()];
    let half = ballots.len().div_ceil(2);
    std::thread::scope(|scope| {
        for (part, (items, ballots)) in items.chunks_mut(half).zip(ballots.chunks(half)).enumerate() {
            scope.spawn(move || {
                for (n, (item, ballot)) in items.iter_mut().zip(ballots).enumerate() {
                    *item = Some(seal(city, ballot, (part * half + n) as u64));
                }
            });
        }
    });
    let stamped =
        |(&(d, case), item): (&(usize, usize), Option<Posted>)| devices[d].stamped(case, 1, item.expect("sealed"));
    let casts = arrivals.iter().zip(items).map(stamped).collect();
    Story { devices, ballots, casts }
}
