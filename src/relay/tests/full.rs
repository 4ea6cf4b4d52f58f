//! A disk that fills up: nothing acknowledged is lost, nothing is left lying about, and with room again everything goes on.

use std::path::Path;
use std::process::Command;

use hengping_domain::cast::Cast;
use hengping_domain::ids::BoxId;
use hengping_ports::SystemEntropy;
use hengping_relay::keys;
use tempfile::TempDir;

use crate::storm::Process;
use crate::world::{Platform, bar, bench, cast, send};

/// A relay in a process of its own, whose files may grow so far and no further.
struct Cramped {
    process: Process,
    platform: Platform,
    dir: TempDir,
}

impl Cramped {
    fn new() -> Self {
        let (platform, dir) = (Platform::start(), tempfile::tempdir().unwrap());
        let receipt = keys::init(dir.path(), &SystemEntropy).unwrap();
        let mut ledger = platform.ledger.lock().unwrap();
        ledger.receipt = Some(receipt);
        ledger.boxes.values_mut().for_each(|held| held.1 = "9999-12-31".to_owned());
        drop(ledger);
        Self { process: Process::start(dir.path(), &platform), platform, dir }
    }

    /// Lets files grow to so many bytes.
    fn room(&self, bytes: &str) {
        let pid = self.process.child.id().to_string();
        let done = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:")]).status().unwrap();
        assert!(done.success());
    }

    fn post(&self, cast: &Cast) -> u16 {
        let url = format!("http://{}/box", self.process.address);
        send(&url, &serde_json::to_value(cast.body()).unwrap(), &[]).0
    }

    fn post_all(&self, id: &BoxId, raters: std::ops::Range<u32>) {
        assert!(raters.into_iter().all(|rater| self.post(&cast(id, rater, 1)) == 200));
    }

    fn hand_over(&self) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_hengping-relay"))
            .args(["hand-over", "--closing", "--box", "2026.bar_rates_bench", "--dir"])
            .arg(self.dir.path())
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    }

    fn batches(&self) -> Vec<usize> {
        self.platform.ledger.lock().unwrap().batches.iter().map(|(_, _, casts)| casts.len()).collect()
    }
}

fn generations(dir: &Path) -> usize {
    let names = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with("spool-")).count()
}

#[test]
fn a_batch_that_found_no_room_is_handed_over_once_there_is_some() {
    let relay = Cramped::new();
    relay.post_all(&bar(), 0..5);
    relay.room("20000");
    for _ in 0..2 {
        let (done, said) = relay.hand_over();
        assert!(!done && said.contains("[relay-file]"), "{said}");
    }
    relay.room("unlimited");
    let (done, said) = relay.hand_over();
    assert!(done && said.contains("casts 5"), "{said}");
}

#[test]
fn a_spool_that_could_not_be_written_anew_leaves_nothing_and_is_tried_again() {
    let relay = Cramped::new();
    relay.post_all(&bar(), 0..1);
    relay.post_all(&bench(), 0..30);
    relay.room("100000");
    for _ in 0..3 {
        let (done, said) = relay.hand_over();
        assert!(!done && said.contains("[relay-file]"), "{said}");
        assert_eq!(generations(relay.dir.path()), 1, "what was half written is gone again");
    }
    relay.room("unlimited");
    relay.post_all(&bar(), 1..2);
    let (done, said) = relay.hand_over();
    assert!(done && said.contains("batch 2 casts 1"), "{said}");
    assert_eq!(relay.batches(), [1, 1], "none came twice");
}

#[test]
fn a_cast_that_found_no_room_is_busy_and_the_relay_goes_on_after_a_hand_over() {
    let relay = Cramped::new();
    relay.post_all(&bar(), 0..4);
    relay.room("30000");
    assert_eq!(relay.post(&cast(&bar(), 4, 1)), 503);
    let (done, said) = relay.hand_over();
    assert!(!done && said.contains("[relay-file]"), "{said}");
    assert_eq!(relay.post(&cast(&bar(), 0, 1)), 503, "nothing is acknowledged");
    assert_eq!(generations(relay.dir.path()), 1);
    relay.room("unlimited");
    let (done, said) = relay.hand_over();
    assert!(done, "{said}");
    relay.post_all(&bar(), 0..6);
    assert!(relay.hand_over().0);
    assert_eq!(relay.batches().iter().sum::<usize>(), 6);
}
