//! The linkage proof at the size against which the ballot was designed.

use hengping_attack::Proof;
use hengping_attack::linkage::{Direction, Setting, measure};

const REPLICATES: u32 = 20;

#[test]
#[ignore = "half a minute of CPU, which `make attack` spends"]
fn who_wrote_an_envelope_stays_in_the_crowd() {
    for (raters, direction) in [("lawyers", Direction::BarRatesBench), ("judges", Direction::BenchRatesBar)] {
        let report = measure(&Setting::plan(direction), REPLICATES);
        println!("{raters}: {report}");
        let (thief, naive) = (&report.thief, &report.control);
        Proof {
            name: format!("3 {raters}: authors named first from dump and days of fetching"),
            tries: thief.tries,
            found: thief.named.mean,
            limit: 0.10,
            // Stamps that name ratee and stratum, fetched at the moment of casting.
            control: naive.named.mean,
            control_at_least: 0.90,
        }
        .hold();
        let (told, naive) = (&report.relay.content, &report.bound_ahead_live.content);
        Proof {
            name: format!("3 {raters}: ratees read off envelopes by relay and one agent"),
            tries: told.tries,
            found: told.told as f64,
            limit: 0.0,
            control: naive.told as f64,
            control_at_least: 100.0,
        }
        .hold();
        let (live, naive) = (&report.relay_with_addresses.authors, &report.control_live.authors);
        Proof {
            name: format!("3 {raters}: authors named first by relay and one agent, reported"),
            tries: live.tries,
            found: live.named.mean,
            limit: 1.0,
            control: naive.named.mean,
            control_at_least: 0.90,
        }
        .hold();
    }
}
