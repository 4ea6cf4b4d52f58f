//! The published record of a box: the files that anybody may have, as values, and what can be rechecked with nothing else.
//!
//! Every file has one spelling, so that a record that was read writes the same bytes again. What is not there yet, because the
//! box has not come that far, is absent; what is missing although a statement speaks of it fails a check. Deliberately absent:
//! ballots, lists and shares, and whoever may be behind a stamp.

mod outcome;
mod verify;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::correction::SignedCorrection;
use crate::digest::{Digest, MalformedText};
use crate::document::{self, Signature};
use crate::extension::SignedExtension;
use crate::ids::Side;
use crate::manifest::Manifest;
use crate::statement::Signed;
use crate::token::Token;
use crate::withdrawal::SignedWithdrawal;

pub use verify::{Check, CheckName, verify};

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// The body.
    pub manifest: Manifest,
    /// Both sides' signatures.
    pub signatures: Vec<Signature>,
}

/// `release.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseFile {
    /// The body of the release document.
    pub body: Value,
    /// Both sides' signatures.
    pub signatures: Vec<Signature>,
}

/// A line of `stamps.csv`: what stood under a leaf, published once the box is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampRow {
    /// The leaf.
    pub leaf: Digest,
    /// Nonce and both tags.
    pub stamp: Token,
    /// Sequence number.
    pub seq: u32,
    /// SHA-256 of the posted item.
    pub envelope: Digest,
}

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// `manifest.json`.
    pub manifest: ManifestFile,
    /// `extensions.jsonl`: those in force, in the order of their days; absent when there is none.
    pub extensions: Vec<SignedExtension>,
    /// `statements.jsonl`, in any order.
    pub statements: Vec<Signed>,
    /// `checkpoint.txt`: the newest signed note; absent before the first batch.
    pub checkpoint: Option<String>,
    /// `log.txt`: leaves in log order.
    pub log: Vec<Digest>,
    /// `refused.txt`: leaves with the side that refused them, sorted.
    pub refused: Vec<(Digest, Side)>,
    /// `counted.txt`: absent before the opening.
    pub counted: Option<Vec<Digest>>,
    /// `release.json`: absent before the release.
    pub release: Option<ReleaseFile>,
    /// `corrections.jsonl`: those that both sides signed, the earliest first; absent when there is none.
    pub corrections: Vec<SignedCorrection>,
    /// `withdrawal.json`: absent while the release stands.
    pub withdrawal: Option<SignedWithdrawal>,
    /// `stamps.csv`: absent before death.
    pub stamps: Option<Vec<StampRow>>,
}

/// A file that is missing, or has another form or spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("[record-malformed] {0}: missing, or not a file of this version / 缺少该文件，或其格式、版本不符")]
pub struct RecordMalformed(pub &'static str);

/// Names of the files.
pub const FILES: [&str; 11] = [
    "manifest.json",
    "extensions.jsonl",
    "statements.jsonl",
    "checkpoint.txt",
    "log.txt",
    "refused.txt",
    "counted.txt",
    "release.json",
    "corrections.jsonl",
    "withdrawal.json",
    "stamps.csv",
];

fn lines<T: ToString>(items: &[T]) -> String {
    items.iter().map(|item| item.to_string() + "\n").collect()
}

fn digests(text: &str) -> Result<Vec<Digest>, MalformedText> {
    text.lines().map(str::parse).collect()
}

fn refusal(line: &str) -> Option<(Digest, Side)> {
    let (leaf, side) = line.split_once(' ')?;
    Some((leaf.parse().ok()?, side.parse().ok()?))
}

impl Record {
    /// The files by name.
    ///
    /// # Errors
    /// [`RecordMalformed`] for a value without canonical JSON.
    pub fn write(&self) -> Result<BTreeMap<&'static str, String>, RecordMalformed> {
        fn json<T: Serialize>(name: &'static str, value: &T) -> Result<String, RecordMalformed> {
            document::canonical(value).map(|text| text + "\n").map_err(|_| RecordMalformed(name))
        }
        let statements = self.statements.iter().map(|signed| json("statements.jsonl", signed));
        let refused: Vec<_> = self.refused.iter().map(|(leaf, side)| format!("{leaf} {side}")).collect();
        let mut files = BTreeMap::from([
            ("manifest.json", json("manifest.json", &self.manifest)?),
            ("statements.jsonl", statements.collect::<Result<_, _>>()?),
            ("log.txt", lines(&self.log)),
            ("refused.txt", lines(&refused)),
        ]);
        if !self.extensions.is_empty() {
            let each = self.extensions.iter().map(|signed| json("extensions.jsonl", signed));
            files.insert("extensions.jsonl", each.collect::<Result<_, _>>()?);
        }
        if let Some(note) = &self.checkpoint {
            files.insert("checkpoint.txt", note.clone());
        }
        if let Some(counted) = &self.counted {
            files.insert("counted.txt", lines(counted));
        }
        if let Some(release) = &self.release {
            files.insert("release.json", json("release.json", release)?);
        }
        if !self.corrections.is_empty() {
            let each = self.corrections.iter().map(|signed| json("corrections.jsonl", signed));
            files.insert("corrections.jsonl", each.collect::<Result<_, _>>()?);
        }
        if let Some(withdrawal) = &self.withdrawal {
            files.insert("withdrawal.json", json("withdrawal.json", withdrawal)?);
        }
        if let Some(stamps) = &self.stamps {
            files.insert("stamps.csv", table(stamps).ok_or(RecordMalformed("stamps.csv"))?);
        }
        Ok(files)
    }

    /// Reads the files; other names are not looked at.
    ///
    /// # Errors
    /// [`RecordMalformed`] naming the first file that is missing or would be written otherwise.
    pub fn read(files: &BTreeMap<String, String>) -> Result<Self, RecordMalformed> {
        let text = |name: &'static str| files.get(name).map(String::as_str);
        let needed = |name| text(name).ok_or(RecordMalformed(name));
        let bad = |name: &'static str| move |_| RecordMalformed(name);
        let record = Self {
            manifest: serde_json::from_str(needed("manifest.json")?).map_err(|_| RecordMalformed("manifest.json"))?,
            extensions: text("extensions.jsonl")
                .unwrap_or_default()
                .lines()
                .map(|line| serde_json::from_str(line).map_err(|_| RecordMalformed("extensions.jsonl")))
                .collect::<Result<_, _>>()?,
            statements: needed("statements.jsonl")?
                .lines()
                .map(|line| serde_json::from_str(line).map_err(|_| RecordMalformed("statements.jsonl")))
                .collect::<Result<_, _>>()?,
            checkpoint: text("checkpoint.txt").map(str::to_owned),
            log: digests(needed("log.txt")?).map_err(bad("log.txt"))?,
            refused: needed("refused.txt")?
                .lines()
                .map(|line| refusal(line).ok_or(RecordMalformed("refused.txt")))
                .collect::<Result<_, _>>()?,
            counted: text("counted.txt").map(digests).transpose().map_err(bad("counted.txt"))?,
            release: text("release.json")
                .map(|text| serde_json::from_str(text).map_err(|_| RecordMalformed("release.json")))
                .transpose()?,
            corrections: text("corrections.jsonl")
                .unwrap_or_default()
                .lines()
                .map(|line| serde_json::from_str(line).map_err(|_| RecordMalformed("corrections.jsonl")))
                .collect::<Result<_, _>>()?,
            withdrawal: text("withdrawal.json")
                .map(|text| serde_json::from_str(text).map_err(|_| RecordMalformed("withdrawal.json")))
                .transpose()?,
            stamps: text("stamps.csv").map(|text| rows(text).ok_or(RecordMalformed("stamps.csv"))).transpose()?,
        };
        let again = record.write()?;
        match FILES.iter().find(|name| again.get(*name).map(String::as_str) != text(name)) {
            Some(name) => Err(RecordMalformed(name)),
            None => Ok(record),
        }
    }
}

fn table(stamps: &[StampRow]) -> Option<String> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(["leaf", "stamp", "seq", "envelope"]).ok()?;
    for row in stamps {
        writer.serialize(row).ok()?;
    }
    String::from_utf8(writer.into_inner().ok()?).ok()
}

fn rows(text: &str) -> Option<Vec<StampRow>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().collect::<Result<_, _>>().ok()
}

#[cfg(test)]
mod paper_tests;
#[cfg(test)]
mod tests;
