//! A storm of casts with the process killed again and again: nothing acknowledged is missing, nothing comes twice.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use hengping_attack::Proof;
use hengping_domain::cast::{Cast, Receipt};
use hengping_domain::digest::Bytes32;
use hengping_ports::{Stopwatch, SystemEntropy};
use hengping_relay::{Held, keys};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

use crate::world::{Ledger, Platform, agent, bar, bench, cast};

const KILLS: u32 = 20;
const DEVICES: u32 = 6;

pub struct Process {
    pub child: Child,
    pub address: SocketAddr,
}

impl Process {
    pub fn start(dir: &Path, platform: &Platform) -> Self {
        // It hears of a file that may not grow as of a full disk.
        let mut child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_hengping-relay")])
            .args(["serve", "--listen", "127.0.0.1:0", "--platform", &platform.url(), "--dir"])
            .arg(dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split(' ').nth(1).unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        Self { child, address }
    }

    /// SIGKILL: the process runs nothing of its own any more.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What devices were promised, by box and stamp: the highest number and its leaf.
#[derive(Default)]
struct Promised {
    stamps: BTreeMap<(String, Bytes32), Held>,
    receipts: usize,
}

impl Promised {
    fn note(&mut self, cast: &Cast) {
        let held = Held { seq: cast.seq, leaf: cast.leaf() };
        let known = self.stamps.entry((cast.id.to_string(), cast.stamp.nonce)).or_insert(held);
        if known.seq < held.seq {
            *known = held;
        }
        self.receipts += 1;
    }

    /// Stamps whose highest number the platform does not have: what a relay without a spool loses when it dies now.
    fn not_in(&self, ledger: &Ledger) -> usize {
        let given: BTreeSet<_> = ledger.casts().map(|cast| (cast.id.to_string(), cast.stamp.nonce, cast.seq)).collect();
        let stamps = self.stamps.iter();
        stamps.filter(|((id, stamp), held)| !given.contains(&(id.clone(), *stamp, held.seq))).count()
    }
}

/// Posts new casts, repeats and replacements until told to stop; a device that hears nothing asks again next time.
fn device(number: u32, url: &str, receipt: &Bytes32, promised: &Mutex<Promised>, next: &AtomicU32, stop: &AtomicBool) {
    let mut rng = ChaCha20Rng::seed_from_u64(u64::from(number) << 32 | u64::from(next.load(Ordering::SeqCst)));
    let agent = agent();
    let mut mine: Vec<(u32, u32)> = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let old = (!mine.is_empty() && rng.random_bool(0.3)).then(|| rng.random_range(0..mine.len()));
        let (rater, seq) = match old {
            Some(at) => {
                mine[at].1 = (mine[at].1 + rng.random_range(0..2)).min(8);
                mine[at]
            }
            None => {
                mine.push((next.fetch_add(1, Ordering::SeqCst), 1));
                mine[mine.len() - 1]
            }
        };
        let cast = cast(&if rater % 2 == 0 { bar() } else { bench() }, rater, seq);
        let Ok(mut answer) = agent.post(url).send_json(cast.body()) else { return };
        if answer.status().as_u16() != 200 {
            continue;
        }
        let Ok(stored) = answer.body_mut().read_json::<Receipt>() else { return };
        stored.verify(&cast, receipt).unwrap();
        promised.lock().unwrap().note(&cast);
    }
}

fn hand_over(dir: &Path, platform: &Platform) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hengping-relay"));
    command.args(["hand-over", "--closing", "--platform", &platform.url(), "--dir"]).arg(dir);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn nothing_acknowledged_is_missing_or_twice_after_twenty_kills_in_a_storm() {
    let (platform, dir) = (Platform::start(), tempfile::tempdir().unwrap());
    for held in platform.ledger.lock().unwrap().boxes.values_mut() {
        held.1 = "9999-12-31".to_owned();
    }
    let receipt = keys::init(dir.path(), &SystemEntropy).unwrap();
    platform.ledger.lock().unwrap().receipt = Some(receipt);
    let (promised, next) = (Arc::new(Mutex::new(Promised::default())), Arc::new(AtomicU32::new(0)));
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let (mut seconds, mut in_memory) = (0.0, 0);
    for round in 0..KILLS {
        let process = Process::start(dir.path(), &platform);
        let url = format!("http://{}/box", process.address);
        let stop = Arc::new(AtomicBool::new(false));
        let watch = Stopwatch::start();
        let devices: Vec<_> = (0..DEVICES)
            .map(|number| {
                let (url, promised, next, stop) = (url.clone(), promised.clone(), next.clone(), stop.clone());
                thread::spawn(move || device(number, &url, &receipt, &promised, &next, &stop))
            })
            .collect();
        thread::sleep(Duration::from_millis(rng.random_range(50..350)));
        // Every other time it dies somewhere in a hand-over, every fourth one of those with the platform's answer lost.
        let helper = (round % 2 == 1).then(|| {
            platform.ledger.lock().unwrap().loses_an_answer = round % 8 == 1;
            hand_over(dir.path(), &platform).spawn().unwrap()
        });
        if helper.is_some() {
            thread::sleep(Duration::from_millis(rng.random_range(0..400)));
        }
        process.kill();
        seconds += watch.elapsed().as_secs_f64();
        stop.store(true, Ordering::SeqCst);
        in_memory += promised.lock().unwrap().not_in(&platform.ledger.lock().unwrap());
        devices.into_iter().for_each(|device| device.join().unwrap());
        if let Some(mut helper) = helper {
            helper.wait().unwrap();
        }
    }
    platform.ledger.lock().unwrap().loses_an_answer = false;
    assert!(hand_over(dir.path(), &platform).status().unwrap().success());

    let (promised, ledger) = (promised.lock().unwrap(), platform.ledger.lock().unwrap());
    let mut given: BTreeMap<(String, Bytes32), Held> = BTreeMap::new();
    let (mut twice, mut casts) = (0, 0);
    for cast in ledger.casts() {
        let held = Held { seq: cast.seq, leaf: cast.leaf() };
        casts += 1;
        match given.insert((cast.id.to_string(), cast.stamp.nonce), held) {
            // Handed over, then replaced: a higher number in a later batch.
            Some(before) if before.seq < held.seq => {}
            Some(_) => twice += 1,
            None => {}
        }
    }
    let missing =
        promised.stamps.iter().filter(|(stamp, held)| given.get(stamp).is_none_or(|g| g.seq < held.seq)).count();
    let changed = promised
        .stamps
        .iter()
        .filter(|(stamp, held)| given.get(stamp).is_some_and(|g| g.seq == held.seq && g != *held));
    println!(
        "{KILLS} kills, {} receipts for {} stamps, {casts} casts in {} batches, {missing} missing, {twice} twice, {:.0} receipts a second",
        promised.receipts,
        promised.stamps.len(),
        ledger.batches.len(),
        promised.receipts as f64 / seconds,
    );
    assert!(promised.stamps.len() > 500, "a storm");
    assert!(ledger.batches.len() >= 3, "with hand-overs in it");
    let changed = changed.count();
    assert_eq!((missing, twice, changed), (0, 0, 0));
    Proof {
        name: "10 acknowledged ballots missing, changed or counted twice after 20 kills".into(),
        tries: promised.receipts as u64,
        found: (missing + twice + changed) as f64,
        limit: 0.0,
        control: in_memory as f64,
        control_at_least: 500.0,
    }
    .hold();
}
