//! Simulated raters: each signs in like a person, enrols with the association's code, fetches tokens from both agents, seals
//! what the planted truth makes it answer, and casts at the relay.
//!
//! Everything goes through the real HTTP API, in four visits on four days with a sorted batch after each.
//! Deliberately absent: any way past the API.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, anyhow};
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::ids::{BoxId, PersonId, Role};
use hengping_domain::invitation::InvitationState;
use hengping_domain::token::Seed;
use indicatif::ProgressBar;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::machines::Machines;
use super::truth::{Ask, Truth};
use crate::client::{self, Client, PinnedBox, Sealed, Tokens};
use crate::flow::{Failure, Refusal, Site, sign_in};
use crate::store::account::Grant;
use crate::store::person::Person;
use crate::store::{docket, invitation, person};

/// Password of every account of the demonstration.
pub const PASSWORD: &str = "hengping-demo";
/// Days on which raters come.
pub const VISITS: usize = 4;

/// A rater who will answer at least one invitation, on which of the four days.
#[derive(Debug, Clone)]
pub struct SimulatedRater {
    /// The person.
    pub person: Person,
    /// The box of the period and direction.
    pub ballot_box: BoxId,
    /// 0 to 3.
    pub visit: usize,
}

/// The raters of a box who will answer, found from the invitations and the truth.
///
/// # Errors
/// When the store fails.
pub fn willing(site: &Site, truth: &Truth, id: &BoxId) -> anyhow::Result<Vec<SimulatedRater>> {
    let (invitations, people, cases) = site
        .store
        .read("simulated raters", |conn| Ok((invitation::of_box(conn, id)?, person::all(conn)?, docket::all(conn)?)))?;
    let people: BTreeMap<&PersonId, &Person> = people.iter().map(|p| (&p.id, p)).collect();
    let cases: BTreeMap<_, _> = cases.iter().map(|(id, case)| (id, case)).collect();
    let mut found: BTreeMap<&PersonId, SimulatedRater> = BTreeMap::new();
    for i in invitations.iter().filter(|i| i.state != InvitationState::Capped) {
        let (Some(rater), Some(ratee), Some(case)) = (people.get(&i.rater), people.get(&i.ratee), cases.get(&i.case))
        else {
            continue;
        };
        let number = case.number.to_string();
        let ask = Ask {
            direction: id.direction,
            rater: &rater.number,
            ratee: &ratee.number,
            court: &case.court,
            stratum: i.stratum,
            case: &number,
        };
        if truth.will_respond(&ask) {
            let visit = usize::from(draw(&rater.number, "visit")[0]) % VISITS;
            let rater = SimulatedRater { person: (*rater).clone(), ballot_box: id.clone(), visit };
            found.entry(&i.rater).or_insert(rater);
        }
    }
    Ok(found.into_values().collect())
}

fn draw(number: &str, what: &str) -> [u8; 32] {
    Digest::of(&[b"hengping/demo\n", what.as_bytes(), b"\n", number.as_bytes()]).0
}

/// Makes accounts for raters who have none, on all cores.
///
/// # Errors
/// The first failure.
pub fn enrol(site: &Site, raters: &[SimulatedRater], bar: &ProgressBar) -> anyhow::Result<()> {
    each(raters, threads(), bar, |rater| {
        let p = &rater.person;
        let grants = [Grant { role: Role::Rater, side: Some(p.side) }];
        match sign_in::add_account(site, &p.number, &p.name, Some(p.id.clone()), &grants, PASSWORD) {
            Ok(_) | Err(Failure::Refused(Refusal::LoginTaken)) => Ok(()),
            Err(other) => Err(anyhow!("account for a simulated rater: {other:?}")),
        }
    })
}

/// What simulated raters answer from.
pub struct Ballots<'a> {
    /// Address of the platform.
    pub base: &'a str,
    /// What was planted.
    pub truth: &'a Truth,
    /// Number of each ratee, by the name in ballots.
    pub ratees: &'a BTreeMap<String, String>,
}

/// The boxes that raters come to, each checked once.
///
/// # Errors
/// When one cannot be had or does not hold.
pub fn pin<'r>(
    base: &str,
    raters: impl IntoIterator<Item = &'r SimulatedRater>,
) -> anyhow::Result<BTreeMap<BoxId, PinnedBox>> {
    let ids: BTreeSet<&BoxId> = raters.into_iter().map(|rater| &rater.ballot_box).collect();
    ids.into_iter().map(|id| Ok((id.clone(), Client::new(base).pin(id)?))).collect()
}

/// Lets raters visit: sign in, enrol, fetch tokens, seal and cast. Returns how many ballots were acknowledged.
///
/// # Errors
/// The first failure.
pub fn visit(
    city: &Ballots<'_>,
    machines: &Machines,
    raters: &[SimulatedRater],
    bar: &ProgressBar,
) -> anyhow::Result<usize> {
    let pinned = pin(city.base, raters)?;
    let cast = AtomicUsize::new(0);
    each(raters, threads(), bar, |rater| {
        let pin = pinned.get(&rater.ballot_box).context("a box")?;
        let mut client = Client::new(city.base);
        for sealed in prepare(&mut client, city, machines, rater, pin)?.1 {
            client.cast(pin, &sealed).context("cast")?;
            cast.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    })?;
    Ok(cast.into_inner())
}

/// One rater's visit up to the relay: signs in, enrols, fetches all tokens, and seals what it will answer.
///
/// # Errors
/// The first failure.
pub fn prepare(
    client: &mut Client,
    city: &Ballots<'_>,
    machines: &Machines,
    rater: &SimulatedRater,
    pin: &PinnedBox,
) -> anyhow::Result<(Tokens, Vec<Sealed>)> {
    let (id, number) = (&rater.ballot_box, &rater.person.number);
    let code = machines.code(number).context("a code")?;
    client.sign_in(number, PASSWORD).context("sign in")?;
    let inbox = client.inbox().context("waiting cases")?;
    let seed = Seed(Bytes(draw(number, id.period.as_str())));
    client.enrol(id, &seed, number, &code.key()).context("enrol")?;
    let tokens = client.fetch_tokens(pin, &seed, number, &inbox.home, &inbox.items).context("fetch tokens")?;
    let mut rng = StdRng::from_seed(draw(number, &format!("seal {id}")));
    let mut made = Vec::new();
    for case in &inbox.items {
        let ask = Ask {
            direction: id.direction,
            rater: number,
            ratee: city.ratees.get(case.slip.ratee().as_str()).map_or("", String::as_str),
            court: &case.court.code,
            stratum: case.slip.stratum(),
            case: &case.case_number,
        };
        if !city.truth.will_respond(&ask) {
            continue;
        }
        let applies = pin.rubric.items.iter().map(|item| item.id.as_str());
        let applies = applies.filter(|item| !case.not_applicable.iter().any(|n| n == item));
        let answers = city.truth.answers(&ask, applies);
        made.push(client::seal(pin, (&seed, &tokens), case, 1, answers, &mut rng)?);
    }
    Ok((tokens, made))
}

/// Threads that keep all cores busy.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from) + 1
}

/// Runs `work` for each piece on so many threads and moves the bar.
///
/// # Errors
/// The first failure.
pub(super) fn each<T: Sync>(
    pieces: &[T],
    threads: usize,
    bar: &ProgressBar,
    work: impl Fn(&T) -> anyhow::Result<()> + Sync,
) -> anyhow::Result<()> {
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<anyhow::Error>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = work(piece) {
                        next.store(pieces.len(), Ordering::Relaxed);
                        if let Ok(mut failed) = failed.lock() {
                            failed.get_or_insert(error);
                        }
                    }
                    bar.inc(1);
                }
            });
        }
    });
    failed.into_inner().ok().flatten().map_or(Ok(()), Err)
}
