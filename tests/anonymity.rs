//! What a thief of the database and one side's opening key learns about who said what: nothing.
//!
//! Each test has a control that finds what the naive build would show. Ids come from a seed here, so that a rank
//! correlation, which is chance at heart, is the same number in every run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use diesel::RunQueryDsl as _;
use hengping::flow::cast::{self, Cast};
use hengping::ports::SeededEntropy;
use hengping::store::ballot_box;
use hengping_domain::ballot::Ballot;
use hengping_domain::digest::Bytes;
use hengping_domain::envelope::{ENVELOPE_LEN, Envelope};
use hengping_domain::ids::Side;
use hengping_domain::log;
use hengping_domain::token;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::city::{self, Case, City, Device, bar_box, lawyer, reachable};
use crate::dump::{beside, dump, holding, kendall, table};
use crate::harness::{Backend, Trial};

/// Lawyers of the large city; each has about ten cases.
const LAWYERS: usize = 100;
/// Lawyers of a small one.
pub const FEW: usize = 20;
/// Largest rank correlation that counts as none.
const NONE: f64 = 0.05;

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
    city.open_period(&city.plan("2026", hengping_domain::manifest::PeriodKind::Regular));
    hengping::flow::invite::invite(&trial.site, &bar_box()).expect("invited");
    city
}

/// What was cast, known to this test alone.
pub struct Story<'c> {
    pub devices: Vec<Device<'c>>,
    pub ballots: Vec<Ballot>,
    pub casts: Vec<Cast>,
}

/// What makes an envelope of a ballot and its place.
pub type Sealer = fn(&City<'_>, &Ballot, u64) -> Envelope;

pub fn sealed(city: &City<'_>, ballot: &Ballot, place: u64) -> Envelope {
    city.seal(&bar_box(), ballot, place)
}

/// Another envelope each time that nobody can open: the box cannot tell, and it costs nothing.
pub fn noise(_: &City<'_>, _: &Ballot, place: u64) -> Envelope {
    let mut bytes = vec![0; ENVELOPE_LEN];
    StdRng::seed_from_u64(place).fill_bytes(&mut bytes);
    bytes[..4].copy_from_slice(b"HPB1");
    Envelope::from_bytes(bytes).expect("an envelope by its looks")
}

/// The first `lawyers` come in an order of their own and list their tokens; their ballots arrive in another.
pub fn storm<'c>(city: &'c City<'c>, lawyers: usize, seal: Sealer) -> Story<'c> {
    let mut rng = StdRng::seed_from_u64(7);
    let mut order: Vec<usize> = (0..lawyers).collect();
    order.shuffle(&mut rng);
    let devices: Vec<_> = order.iter().map(|&l| city.device(&lawyer(l), 1)).collect();
    for device in &devices {
        device.list().expect("listed");
    }
    let mut arrivals: Vec<(usize, usize)> =
        devices.iter().enumerate().flat_map(|(d, device)| (0..device.cases.len()).map(move |case| (d, case))).collect();
    arrivals.shuffle(&mut rng);
    let level = |place: usize| 1 + (place % 5) as u8;
    let ballots: Vec<_> =
        arrivals.iter().enumerate().map(|(place, &(d, case))| devices[d].ballot(case, 1, level(place))).collect();
    let mut envelopes: Vec<Option<Envelope>> = vec![None; ballots.len()];
    let half = ballots.len().div_ceil(2);
    std::thread::scope(|scope| {
        for (part, (envelopes, ballots)) in envelopes.chunks_mut(half).zip(ballots.chunks(half)).enumerate() {
            scope.spawn(move || {
                for (n, (envelope, ballot)) in envelopes.iter_mut().zip(ballots).enumerate() {
                    *envelope = Some(seal(city, ballot, (part * half + n) as u64));
                }
            });
        }
    });
    let stamped = |(&(d, case), envelope): (&(usize, usize), Option<Envelope>)| {
        devices[d].stamped(case, 1, envelope.expect("sealed"))
    };
    let casts: Vec<_> = arrivals.iter().zip(envelopes).map(stamped).collect();
    for one in &casts {
        cast::cast(&city.trial.site, one).expect("taken");
    }
    Story { devices, ballots, casts }
}

/// The rank of each row's name in the order in which it came.
fn ranks(rows: &[&str], came: &[String]) -> Vec<usize> {
    let rank: BTreeMap<&str, usize> = came.iter().enumerate().map(|(n, name)| (name.as_str(), n)).collect();
    assert_eq!(rank.len(), came.len());
    rows.iter().map(|name| rank[name]).collect()
}

/// Everything that names a rater, or leads to one without a guess.
fn personal(trial: &Trial) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (name, keys) in [
        ("person", &["id", "number"][..]),
        ("account", &["id", "login"]),
        ("invitation", &["id"]),
        ("case_file", &["id"]),
    ] {
        let table = table(trial, name);
        names.extend(keys.iter().flat_map(|key| table.column(key)).map(str::to_owned));
    }
    names
}

/// Where each name is first found in a file, as ranks in the order in which the names came.
fn places(file: &[u8], came: &[String]) -> Vec<usize> {
    let names: BTreeMap<&[u8], usize> = came.iter().enumerate().map(|(n, name)| (name.as_bytes(), n)).collect();
    let mut begins = vec![false; 1 << 16];
    let pair = |w: &[u8]| usize::from(w[0]) << 8 | usize::from(w[1]);
    names.keys().for_each(|name| begins[pair(name)] = true);
    let mut seen = BTreeSet::new();
    let found = file.windows(64).filter(|w| begins[pair(w)]).filter_map(|w| names.get(w).copied());
    found.filter(|n| seen.insert(*n)).collect()
}

fn the_order_of_arrival_is_gone(trial: &Trial) {
    let city = city(trial, LAWYERS);
    let story = storm(&city, LAWYERS, noise);
    let came: Vec<_> = story.casts.iter().map(|c| log::leaf(&c.stamp, c.envelope.hash()).to_string()).collect();
    assert!(came.len() >= 950, "{}", came.len());

    // Control: the spool, and the token list before its first batch, lie in the order of arrival.
    let spool = table(trial, "spool");
    assert_eq!(kendall(&ranks(&spool.column("leaf"), &came)), 1.0);
    let rater_of: BTreeMap<String, usize> = story
        .devices
        .iter()
        .enumerate()
        .flat_map(|(n, d)| {
            d.hashes().into_iter().flat_map(move |h| [(h.stamp.to_string(), n), (h.slip.to_string(), n)])
        })
        .collect();
    let by_rater = |kind: &str| {
        let listed = table(trial, "listed_token");
        let rows = listed.column("kind").into_iter().zip(listed.column("hash"));
        rows.filter(|(held, _)| *held == kind).map(|(_, hash)| rater_of[hash]).collect::<Vec<_>>()
    };
    // Ties inside one rater's tokens keep the number below 1.
    assert!(kendall(&by_rater("stamp")) > 0.95 && kendall(&by_rater("slip")) > 0.95);

    let files = || {
        let names =
            std::fs::read_dir(trial.dir.path()).expect("a directory").map(|entry| entry.expect("an entry").path());
        let order = |path: PathBuf| (path.clone(), places(&std::fs::read(path).expect("a file"), &came));
        names.map(order).filter(|(_, ranks)| !ranks.is_empty()).collect::<Vec<_>>()
    };
    let sqlite = trial.url.starts_with("sqlite");
    assert!(!sqlite || files().iter().any(|(_, ranks)| kendall(ranks) > 0.9), "and in the files of the database");

    assert_eq!(cast::batch(&trial.site, &bar_box(), 20).expect("a batch") as usize, came.len());
    assert!(table(trial, "spool").rows.is_empty());
    for (path, ranks) in files() {
        let tau = kendall(&ranks);
        assert!(ranks.len() == came.len() && tau.abs() <= NONE, "{}: {} places, {tau}", path.display(), ranks.len());
    }
    assert_eq!(files().len(), usize::from(sqlite), "the list itself lies in one file");
    let sealed = table(trial, "sealed");
    let found = [
        ("sealed", kendall(&ranks(&sealed.column("leaf"), &came))),
        ("listed stamps", kendall(&by_rater("stamp"))),
        ("listed slips", kendall(&by_rater("slip"))),
    ];
    for (what, tau) in found {
        assert!(tau.abs() <= NONE, "{what}: {tau}");
    }
    let day = table(trial, "batch");
    assert_eq!(day.rows.len(), 1);
    assert_eq!(day.column("day"), ["2026-11-23"]);
}

#[test]
fn the_order_of_arrival_is_gone_after_a_batch_sqlite() {
    on(Backend::Sqlite, the_order_of_arrival_is_gone);
}

#[test]
fn the_order_of_arrival_is_gone_after_a_batch_postgres() {
    on(Backend::Postgres, the_order_of_arrival_is_gone);
}

fn nothing_leads_from_a_person_to_a_ballot(trial: &Trial) {
    let city = city(trial, FEW);
    for number in 0..5 {
        city.enrol(&lawyer(number));
    }
    let story = storm(&city, FEW, sealed);
    let id = bar_box();
    let secret: BTreeSet<String> = story
        .ballots
        .iter()
        .flat_map(|b| [b.slip, b.nym].map(|bytes| [bytes.to_string(), hex(&bytes.0)]).concat())
        .chain(story.casts.iter().flat_map(|c| [c.stamp.to_string(), hex(&c.stamp.0)]))
        .collect();
    let mut ballots: BTreeSet<String> = BTreeSet::new();
    for (ballot, cast) in story.ballots.iter().zip(&story.casts) {
        ballots.extend([
            token::slip_hash(&ballot.slip).to_string(),
            token::nym_hash(&ballot.nym).to_string(),
            token::stamp_hash(&cast.stamp).to_string(),
            token::counted_hash(&ballot.slip).to_string(),
            log::leaf(&cast.stamp, cast.envelope.hash()).to_string(),
        ]);
    }
    let personal = personal(trial);
    let raters: BTreeSet<String> = (0..FEW).map(|l| city::person(&trial.site, &lawyer(l)).id.0).collect();

    let check = |when: &str| {
        let dump = dump(trial);
        assert_eq!(beside(&dump, &personal, &ballots), Vec::<String>::new(), "{when}");
        assert_eq!(holding(&dump, &secret), Vec::<String>::new(), "a token itself is stored, {when}");
        // What a slip stands for names the ratee, and no rater stands beside it.
        for name in ["listed_token", "spool", "sealed", "counted", "batch"] {
            let one = BTreeMap::from([(name.to_owned(), dump[name].clone())]);
            assert_eq!(holding(&one, &personal), Vec::<String>::new(), "{name}, {when}");
        }
        assert!(dump["listed_token"].rows.len() >= 2 * story.ballots.len());
    };
    check("while ballots wait");
    cast::batch(&trial.site, &id, 20).expect("a batch");
    check("after the batch");
    city::close(&trial.site, &id).expect("closed");
    let opened = city.open(&id);
    trial.site.store.write("test", |conn| ballot_box::put_counted(conn, &id, &opened.counted)).expect("published");
    check("after the opening");

    // Control: the naive build keeps the stamp beside the rater, and is found out.
    let rater = raters.first().expect("a rater");
    let stamp = token::stamp_hash(&story.casts[0].stamp);
    let naive = [
        "CREATE TABLE naive (rater TEXT, about TEXT)".to_owned(),
        format!("INSERT INTO naive (rater, about) VALUES ('{rater}', '{{\"stamp\":\"{stamp}\"}}')"),
    ];
    for statement in naive {
        trial.site.store.write("test", |conn| Ok(diesel::sql_query(&statement).execute(conn)?)).expect("naive");
    }
    assert_eq!(beside(&dump(trial), &personal, &ballots), [format!("naive: {rater}, {stamp}")]);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn nothing_leads_from_a_person_to_a_ballot_sqlite() {
    on(Backend::Sqlite, nothing_leads_from_a_person_to_a_ballot);
}

#[test]
fn nothing_leads_from_a_person_to_a_ballot_postgres() {
    on(Backend::Postgres, nothing_leads_from_a_person_to_a_ballot);
}

fn one_sides_key_opens_nothing(trial: &Trial) {
    let city = city(trial, LAWYERS);
    let story = storm(&city, LAWYERS, sealed);
    let id = bar_box();
    cast::batch(&trial.site, &id, 20).expect("a batch");
    // The thief reads the envelopes out of the dump.
    let stolen = table(trial, "sealed");
    let bytes = |hex: &&str| {
        let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
        (0..hex.len()).step_by(2).map(digit).collect::<Vec<u8>>()
    };
    let stolen: Vec<Envelope> =
        stolen.column("envelope").iter().map(|cell| Envelope::from_bytes(bytes(cell)).expect("one of ours")).collect();
    assert_eq!(stolen.len(), story.ballots.len());
    let bodies: BTreeSet<Vec<u8>> = story.ballots.iter().map(|b| b.to_body().expect("fits").to_vec()).collect();

    let (bench, bar) = (city.opening.bench.secret, city.opening.bar.secret);
    let half = stolen.len().div_ceil(2);
    let opened: Vec<[usize; 3]> = std::thread::scope(|scope| {
        let (id, bodies) = (&id, &bodies);
        let work = |part: &'_ [Envelope]| {
            let mut opened = [0; 3];
            for (place, envelope) in part.iter().enumerate() {
                let shares = (envelope.share(id, Side::Bench, &bench), envelope.share(id, Side::Bar, &bar));
                let (Ok(of_bench), Ok(of_bar)) = shares else { panic!("each side opens its own lock") };
                // Each side with its own key alone: the other lock stays shut, and no guess at the share helps.
                for (n, (own, key, other)) in
                    [(of_bench, bench, Side::Bar), (of_bar, bar, Side::Bench)].into_iter().enumerate()
                {
                    // The lock is the same in all of them, so the key is tried on every tenth.
                    assert!(!place.is_multiple_of(10) || envelope.share(id, other, &key).is_err());
                    let guesses = [own, Bytes([0; 32]), key];
                    let pairs = guesses.map(|guess| if n == 0 { (own, guess) } else { (guess, own) });
                    opened[n] += usize::from(pairs.iter().any(|(a, b)| envelope.open(id, a, b).is_ok()));
                }
                let both = envelope.open(id, &of_bench, &of_bar).ok();
                opened[2] += usize::from(both.is_some_and(|body| bodies.contains(body.as_slice())));
            }
            opened
        };
        let threads: Vec<_> = stolen.chunks(half).map(|part| scope.spawn(move || work(part))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let total = |n: usize| opened.iter().map(|part| part[n]).sum::<usize>();
    assert_eq!([total(0), total(1), total(2)], [0, 0, story.ballots.len()], "bench alone, bar alone, both");
}

#[test]
fn one_sides_key_opens_nothing_sqlite() {
    on(Backend::Sqlite, one_sides_key_opens_nothing);
}

#[test]
fn one_sides_key_opens_nothing_postgres() {
    on(Backend::Postgres, one_sides_key_opens_nothing);
}
