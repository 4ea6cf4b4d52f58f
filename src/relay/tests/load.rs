//! How many ballots go through the relay's door: devices that post as fast as they are answered.

use std::sync::atomic::{AtomicUsize, Ordering};

use hengping_attack::Cost;
use hengping_domain::cast::Receipt;
use hengping_ports::Stopwatch;

use crate::world::{World, agent, bar, cast};

const DEVICES: usize = 8;
const BALLOTS: u32 = 20_000;

#[test]
#[ignore = "a measurement, which `make attack` makes"]
fn ballots_through_the_door() {
    let world = World::with(|settings| (settings.limit.burst, settings.limit.refill_ms) = (u32::MAX, 1));
    // Made before the clock runs: what a browser takes for it is another line.
    let bodies: Vec<_> = (0..BALLOTS).map(|rater| cast(&bar(), rater, 1)).map(|cast| (cast.body(), cast)).collect();
    let (url, key, next) = (world.url(), world.relay().receipt_key, AtomicUsize::new(0));
    let watch = Stopwatch::start();
    std::thread::scope(|scope| {
        for _ in 0..DEVICES {
            scope.spawn(|| {
                let agent = agent();
                while let Some((body, cast)) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut answer = agent.post(&url).send_json(body).unwrap();
                    assert_eq!(answer.status().as_u16(), 200);
                    answer.body_mut().read_json::<Receipt>().unwrap().verify(cast, &key).unwrap();
                }
            });
        }
    });
    let seconds = watch.elapsed().as_secs_f64();
    Cost {
        name: "ballots through /box".into(),
        value: f64::from(BALLOTS) / seconds,
        unit: "receipts per second, checked, each on disk before".into(),
        goal: None,
    }
    .note();
    world.relay().hand_over(&bar(), 20, false).unwrap();
    assert_eq!(world.ledger().casts().count(), BALLOTS as usize);
}
