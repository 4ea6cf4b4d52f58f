//! The key file: what opens it, and what only almost does.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use hengping_agent::AgentError;
use hengping_agent::keyfile::{KeyFile, Unlocked};
use hengping_agent::officers::{self, ShareFile};
use hengping_domain::digest::Digest;
use hengping_domain::ids::Side;
use hengping_ports::SeededEntropy;
use tempfile::TempDir;

use crate::harness::{CHEAP, PASSPHRASE};

fn made(seed: u64) -> (KeyFile, Unlocked) {
    KeyFile::generate(Side::Bar, PASSPHRASE, CHEAP, &SeededEntropy::new(seed)).expect("keys")
}

fn code<T>(outcome: Result<T, AgentError>) -> &'static str {
    outcome.map(|_| "opened").unwrap_or_else(|error| error.code())
}

#[test]
fn the_passphrase_opens_and_no_other() {
    let (file, unlocked) = made(1);
    let opened = file.unlock(PASSPHRASE).expect("opened");
    assert_eq!(opened.public(), unlocked.public());
    for wrong in ["", "correct horse batterY", "correct horse battery "] {
        assert_eq!(code(file.unlock(wrong)), "passphrase-wrong");
    }
    let short = KeyFile::generate(Side::Bar, "short", CHEAP, &SeededEntropy::new(1));
    assert_eq!(code(short), "passphrase-short");
    let changed = file.rewrap(&unlocked, "another passphrase", CHEAP, &SeededEntropy::new(2)).expect("changed");
    assert_eq!(code(changed.unlock(PASSPHRASE)), "passphrase-wrong");
    let opened = changed.unlock("another passphrase").expect("opened");
    assert_eq!(opened.public(), unlocked.public(), "the same keys");
    assert_eq!((changed.agent, changed.master), (file.agent, file.master));
}

#[test]
fn a_key_file_is_its_owners_and_is_never_replaced() {
    let dir = TempDir::new().expect("a directory");
    let (file, _) = made(1);
    let home = dir.path().join("agent");
    file.create(&home).expect("written");
    let mode = |path: &std::path::Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&home), mode(&KeyFile::path(&home))), (0o700, 0o600));
    assert_eq!(code(made(2).0.create(&home)), "file-exists");
    assert_eq!(KeyFile::read(&home).expect("read"), file);
    file.replace(&home).expect("replaced");
    assert_eq!(mode(&KeyFile::path(&home)), 0o600);
    let text = fs::read_to_string(KeyFile::path(&home)).expect("text");
    fs::write(KeyFile::path(&home), text.replace("\"v\": 1", "\"v\": 2")).expect("written");
    assert_eq!(code(KeyFile::read(&home)), "file-malformed");
}

#[test]
fn a_changed_key_file_opens_nothing() {
    let (file, _) = made(1);
    let (other, _) = made(2);
    let swapped = KeyFile { secret: other.secret.clone(), ..file.clone() };
    assert_eq!(code(swapped.unlock(PASSPHRASE)), "seal-broken");
    let side = KeyFile { side: Side::Bench, ..file.clone() };
    assert_eq!(code(side.unlock(PASSPHRASE)), "passphrase-wrong", "a side is bound into what is sealed");
    let master = KeyFile { master: other.master, ..file.clone() };
    assert_eq!(code(master.unlock(PASSPHRASE)), "shares-other-key");
    let mut greedy = file;
    greedy.passphrase.memory_kib = u32::MAX;
    assert_eq!(code(greedy.unlock(PASSPHRASE)), "file-malformed", "it is not tried");
}

#[test]
fn any_two_of_three_shares_open_and_one_does_not() {
    let (file, unlocked) = made(1);
    let shares = officers::split(&unlocked, 3, 2, &SeededEntropy::new(3)).expect("shares");
    assert_eq!(shares.len(), 3);
    for pair in [[0, 1], [0, 2], [1, 2], [2, 0]] {
        let pair = pair.map(|at: usize| shares[at].clone());
        assert_eq!(file.unlock_with(&pair).expect("opened").public(), unlocked.public());
    }
    assert_eq!(code(file.unlock_with(&shares)), "opened", "all three");
    for share in &shares {
        assert_eq!(code(file.unlock_with(std::slice::from_ref(share))), "shares-too-few");
        assert_eq!(code(file.unlock_with(&[share.clone(), share.clone()])), "share-twice");
        // As if it were enough, with a checksum that fits.
        let mut alone = ShareFile { threshold: 1, ..share.clone() };
        alone.checksum = sum(&alone);
        assert_eq!(code(file.unlock_with(&[alone])), "shares-other-key");
    }
    assert_eq!(code(file.unlock_with(&[])), "shares-too-few");
    for (shares, threshold) in [(1, 1), (3, 1), (3, 4), (17, 2), (0, 0)] {
        assert_eq!(code(officers::split(&unlocked, shares, threshold, &SeededEntropy::new(3))), "split-malformed");
    }
}

/// The checksum as the format says.
fn sum(share: &ShareFile) -> Digest {
    let ShareFile { v, side, agent, split, number, shares, threshold, share, .. } = share;
    let text =
        format!("hengping/agent/v1/share\n{v}\n{side}\n{agent}\n{split}\n{number}\n{shares}\n{threshold}\n{share}");
    Digest::of(&[text.as_bytes()])
}

#[test]
fn a_damaged_share_is_told_apart_from_a_foreign_one() {
    let (file, unlocked) = made(1);
    let split = |unlocked, seed| officers::split(unlocked, 3, 2, &SeededEntropy::new(seed)).expect("shares");
    let shares = split(&unlocked, 3);
    let mut damaged = shares[1].clone();
    damaged.share.replace_range(4..5, if damaged.share[4..].starts_with('A') { "B" } else { "A" });
    assert_eq!(code(file.unlock_with(&[shares[0].clone(), damaged.clone()])), "share-damaged");
    assert_eq!(damaged.checksum, shares[1].checksum);
    let again = split(&unlocked, 4);
    assert_eq!(code(file.unlock_with(&[shares[0].clone(), again[1].clone()])), "share-foreign", "another split");
    let (_, stranger) = made(2);
    let foreign = split(&stranger, 5);
    assert_eq!(code(file.unlock_with(&[shares[0].clone(), foreign[1].clone()])), "share-foreign", "another agent");
    assert_eq!(code(file.unlock_with(&foreign[..2])), "share-foreign");
    // A share that is well formed and wrong: somebody wrote it.
    let mut wrong = ShareFile { share: damaged.share, ..shares[1].clone() };
    wrong.checksum = sum(&wrong);
    assert_eq!(code(file.unlock_with(&[shares[0].clone(), wrong])), "shares-other-key");
    assert!(!format!("{:?}", shares[0]).contains(&shares[0].share), "a share is not shown");
}
