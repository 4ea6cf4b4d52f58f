//! What a thief of the store finds: no secret in the clear, and after death nothing about a person either.

use std::path::Path;

use hengping_domain::digest::{Digest, encode_base64url};
use hengping_domain::ids::Side;
use hengping_domain::keys::BoxSecrets;
use hengping_domain::request::Asked;
use hengping_domain::statement::Said;
use hengping_ports::{SeededEntropy, random};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::harness::{KEY_SEED, Trial};

/// Everything below a directory that a copy of the store would hold, and the key file.
pub(crate) fn dump(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            bytes.extend(std::fs::read(path).expect("bytes"));
        }
    }
    bytes
}

pub(crate) fn found(dump: &[u8], what: &[u8]) -> bool {
    dump.windows(what.len()).any(|window| window == what)
}

/// The spellings in which a secret could lie somewhere.
fn spellings(secret: &[u8]) -> Vec<Vec<u8>> {
    let hexadecimal: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![secret.to_vec(), encode_base64url(secret).into_bytes(), hexadecimal.into_bytes()]
}

fn any(dump: &[u8], secrets: &[Vec<u8>]) -> usize {
    secrets.iter().filter(|secret| spellings(secret).iter().any(|spelling| found(dump, spelling))).count()
}

/// The secrets that the bar's agent drew, drawn again from the seeds of the trial.
fn secrets_of(trial: &Trial) -> (Vec<Vec<u8>>, BoxSecrets) {
    // The order of `KeyFile::generate` for two sides: master, agent, salt, nonce, nonce.
    let entropy = SeededEntropy::new(KEY_SEED);
    let draw = || {
        let drawn = [random::<32>(&entropy).expect("bytes"), random::<32>(&entropy).expect("bytes")];
        random::<16>(&entropy).expect("a salt");
        for _ in 0..2 {
            random::<12>(&entropy).expect("a nonce");
        }
        drawn
    };
    let _bench = draw();
    let [master, agent] = draw();
    let entropy = SeededEntropy::new(trial.seeds.bar);
    let secrets =
        BoxSecrets::generate(&mut ChaCha20Rng::from_seed(random(&entropy).expect("a seed"))).expect("secrets");
    let mut all = vec![master.to_vec(), agent.to_vec()];
    all.extend([secrets.issuer, secrets.mix, secrets.opening].map(|secret| secret.0.to_vec()));
    for code in trial.codes.values() {
        all.push(code.key().0.0.to_vec());
        all.push(code.to_string().into_bytes());
    }
    (all, secrets)
}

#[test]
fn no_secret_lies_in_the_clear() {
    let mut trial = Trial::new();
    let raters = trial.begin(3, 2);
    let tokens: Vec<_> = raters.iter().map(|rater| trial.fetch(rater)).collect();
    let manifest = trial.manifest();
    let (secrets, of_box) = secrets_of(&trial);
    assert_eq!(of_box.publics().expect("publics").issuer, manifest.bar.issuer, "the secrets are the real ones");
    assert_eq!(key_of(&secrets[1]), trial.pins.sides.bar.agent, "this one too");
    let dir = trial.agent_dir(Side::Bar);
    let store = dump(&dir);
    assert!(store.len() > 100_000);
    assert_eq!(any(&store, &secrets), 0);
    // What is public is found, so the search finds what is there; and a naive store is full of it.
    assert!(found(&store, manifest.bar.issuer.to_string().as_bytes()));
    std::fs::write(dir.join("naive.db"), serde_json::to_vec(&of_box).expect("json")).expect("written");
    assert_eq!(any(&dump(&dir), &secrets), 3);

    // Nothing leads from a rater to a stamp: what was answered is known by blinded elements alone.
    let cast: Vec<_> =
        raters.iter().zip(&tokens).map(|(rater, tokens)| rater.cast(&manifest, tokens, 0, 1, 4)).collect();
    for tokens in &tokens {
        for token in tokens.of.iter().flat_map(|(stamp, slip)| [stamp, slip]).chain([&tokens.nym]) {
            assert_eq!(any(&store, &[token.nonce.0.to_vec(), token.bar.0.to_vec(), token.bench.0.to_vec()]), 0);
        }
    }
    trial.batch(1, &cast.iter().collect::<Vec<_>>(), &mut Vec::new());
    let nonces: Vec<_> = cast.iter().map(|cast| cast.presented.stamp.nonce.0.to_vec()).collect();
    assert_eq!(any(&dump(&dir), &nonces), 3, "once it is cast the stamp is known, beside no rater");
}

fn key_of(secret: &[u8]) -> hengping_domain::digest::Bytes<32> {
    crate::harness::public(&ed25519_dalek::SigningKey::from_bytes(secret.try_into().expect("32 bytes")))
}

#[test]
fn death_leaves_nothing_secret_and_nobody() {
    let mut trial = Trial::new();
    let raters = trial.begin(3, 2);
    let request_keys: Vec<_> = raters
        .iter()
        .map(|rater| crate::harness::public(&rater.seed.request_key(&crate::harness::id())).0.to_vec())
        .collect();
    let elements: Vec<_> = raters
        .iter()
        .map(|rater| {
            trial.fetch(rater);
            Digest::of(&[&rater.token_request().nym.bar.0]).0.to_vec()
        })
        .collect();
    trial.close(&[], 0);
    let dir = trial.agent_dir(Side::Bar);
    let before = dump(&dir);
    let cases: Vec<_> = raters.iter().map(|rater| rater.entries[0].case.clone().into_bytes()).collect();
    assert_eq!(
        (any(&before, &request_keys), any(&before, &elements), any(&before, &cases)),
        (3, 3, 3),
        "they were there"
    );
    let (secrets, of_box) = secrets_of(&trial);
    let said = trial.said(Side::Bar, Asked::Death);
    assert_eq!(said, Said::Dead { issuer: of_box.issuer });
    let after = dump(&dir);
    assert_eq!((any(&after, &request_keys), any(&after, &elements), any(&after, &cases)), (0, 0, 0));
    assert_eq!(any(&after, &secrets), 1, "the issuer's key alone, which is public now");
    assert!(found(&after, of_box.issuer.to_string().as_bytes()));
    assert!(found(&after, b"eligibility"), "what was said is kept");
}

/// Columns of each table, as the migration makes them.
fn tables(sql: &str) -> Vec<(String, Vec<String>)> {
    let mut tables = Vec::new();
    for part in sql.split("CREATE TABLE ").skip(1) {
        let (name, rest) = part.split_once(" (").expect("a table");
        let body = rest.split("\n)").next().expect("its columns");
        let columns = body.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("--"));
        let columns = columns.filter_map(|line| line.split_whitespace().next().map(str::to_owned));
        tables.push((name.to_owned(), columns.collect()));
    }
    tables
}

/// Tables that hold a person beside a stamp, or a time, or a number that says who came first.
fn traces(sql: &str) -> Vec<String> {
    let people = ["number", "name", "rater", "subject", "invitation"];
    let casts = ["stamp", "leaf", "envelope", "slip", "nym"];
    let upper = sql.to_uppercase();
    let mut bad: Vec<String> = tables(sql)
        .into_iter()
        .filter(|(_, columns)| {
            let holds = |words: &[&str]| columns.iter().any(|column| words.contains(&column.as_str()));
            holds(&people) && holds(&casts)
        })
        .map(|(name, _)| name)
        .collect();
    let words = ["TIMESTAMP", "DATETIME", "AUTOINCREMENT", "CURRENT_TIME"];
    bad.extend(words.iter().filter(|word| upper.contains(*word)).map(|&word| word.to_owned()));
    bad
}

#[test]
fn no_table_holds_a_person_beside_a_stamp_or_a_time_of_day() {
    let sql = include_str!("../../../migrations/agent/0001_agent/up.sql");
    let all = tables(sql);
    assert_eq!(all.len(), 15);
    assert!(all.iter().any(|(name, columns)| name == "spent" && columns.contains(&"stamp".to_owned())));
    assert!(traces(sql).is_empty(), "{:?}", traces(sql));
    assert_eq!(sql.matches("WITHOUT ROWID").count(), all.len() + 1, "no table has row numbers; one comment");
    let naive = "CREATE TABLE spent (\n    rater TEXT,\n    stamp BLOB,\n    at TIMESTAMP\n);";
    assert_eq!(traces(naive), ["spent", "TIMESTAMP"]);
}
