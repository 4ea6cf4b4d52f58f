//! The relay's side: it sees each cast when it comes, and from where; its own agent sees each request for tokens when it
//! comes, and for which invitations.
//!
//! It weighs every unspent invitation by how well the time of the cast fits a fetch (so many seconds a form, one after the
//! other) or a later visit, and by the address if it looks at that; then all casts are attributed together, each to one
//! invitation. Deliberately absent: the inside of an envelope, which it cannot read; that a replacement shows a second time.

use super::docket::Docket;
use super::forecast::Forecast;
use super::links::Links;
use super::log::{AT_ONCE, Issued, Log};
use super::setting::Setting;
use super::visits::{Cast, FORM, Moment, SPAN, day};

/// A cast as it comes to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    pub at: Moment,
    /// The firm or court whose address it is, if it is one's.
    pub office: Option<usize>,
    pub outside: usize,
    pub leaf: u64,
}

/// First casts as the relay sees them, and of each the invitation, for whoever scores the attack.
pub(super) fn arrivals(casts: &[Cast], log: &Log) -> (Vec<Arrival>, Vec<usize>) {
    casts
        .iter()
        .filter(|cast| cast.number == 1)
        .map(|&Cast { invitation, at, office, leaf, .. }| {
            (Arrival { at, office, outside: log.outside(invitation), leaf }, invitation)
        })
        .unzip()
}

/// Attributes casts to invitations; places are the casts. `offices`: whether addresses are looked at. `outsides`: whether
/// what stamps say is.
pub(super) fn attribute(
    setting: &Setting,
    docket: &Docket,
    log: &Log,
    forecast: &Forecast,
    arrivals: &[Arrival],
    offices: bool,
    outsides: bool,
) -> Links {
    let mut links = Links::new(vec![1.0; arrivals.len()]);
    for of in log.issued.chunk_by(|a, b| a.rater == b.rater) {
        let own = docket.offices[of[0].rater];
        // By day; nobody makes two visits in one.
        let fetches: Vec<(u32, &[Issued])> =
            of.chunk_by(|a, b| a.at == b.at).map(|fetch| (day(fetch[0].at), fetch)).collect();
        for issued in of {
            let chances = &forecast.cast[links.rows()];
            let answered: f64 = chances.iter().sum();
            let from = arrivals.partition_point(|arrival| arrival.at < issued.at);
            let fit = |arrival: &Arrival| {
                if outsides && arrival.outside != issued.outside {
                    return 0.0;
                }
                let place = match arrival.office {
                    _ if !offices => 1.0,
                    None => 1.0 - setting.office,
                    Some(office) if office == own => setting.office,
                    Some(_) => return 0.0,
                };
                if log.build.on_demand {
                    let gap = (arrival.at - issued.at) as f64;
                    return if gap > 120.0 { 0.0 } else { place * (-gap / AT_ONCE).exp() / AT_ONCE };
                }
                let on = day(arrival.at);
                let Some(chance) = chances.get((on - day(issued.at)) as usize) else { return 0.0 };
                let visit = fetches.binary_search_by_key(&on, |(day, _)| *day);
                let density = visit.map_or(1.0 / SPAN, |visit| within(fetches[visit].1, answered, arrival.at));
                place * chance * density
            };
            let fits = (from..).zip(&arrivals[from..]).map(|(place, arrival)| (place, fit(arrival)));
            links.push(fits, 1.0 - answered);
        }
    }
    links.solve()
}

/// Density per second of a cast at `at` in the visit of a fetch: as one of the forms filled in after it.
fn within(fetch: &[Issued], answered: f64, at: Moment) -> f64 {
    let Some(gap) = at.checked_sub(fetch[0].at) else { return 0.0 };
    let scaled = gap as f64 / FORM;
    let mut erlang = (-scaled).exp() / FORM;
    // How many of the others come before: each is answered, and then earlier, with half that chance.
    let (others, before) = (fetch.len() - 1, answered / 2.0);
    let mut places = (1.0 - before).powi(others as i32);
    let mut density = 0.0;
    for place in 0..=others {
        density += places * erlang;
        erlang *= scaled / (place + 1) as f64;
        places *= (others - place) as f64 / (place + 1) as f64 * before / (1.0 - before);
    }
    density
}
