//! The pinned files of a box, read and checked against each other before anything is opened.
//! Invariant: every document has the hash the manifest names, and the list is the one that both
//! agents signed for, at the end of two shuffles that lost nothing unseen. Absent on purpose: decryption.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hengping_domain::agreed::{Agreed, agreed};
use hengping_domain::charter::Charter;
use hengping_domain::correction::{self, CorrectionError, CorrectionsFile};
use hengping_domain::digest::Digest;
use hengping_domain::document::{Document, DocumentKind};
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::{RateeId, Side};
use hengping_domain::manifest::{ClosedManifest, Manifest, PerSide};
use hengping_domain::margins::Margins;
use hengping_domain::mix::tolerated;
use hengping_domain::noised::PrivacyFile;
use hengping_domain::opening::{IssuerKeysFile, Shares, read_list, read_shares};
use hengping_domain::rubric::Rubric;
use hengping_domain::token::poprf::IssuerKey;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Stop;

/// Whether an auditor has looked at the keys of a side that turned away or left locked more than single raters can spoil.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audit {
    /// Nobody has: open nothing.
    Pending,
    /// Count what is missing as refused or invalid.
    Done,
}

/// Everything `open` reads of one box.
pub struct Input {
    /// Manifest with the closing's facts.
    pub manifest: ClosedManifest,
    /// What both agents said of it.
    pub agreed: Agreed,
    /// Rules in force.
    pub charter: Charter,
    /// Rubrics by hash; the manifest's is among them.
    pub rubrics: BTreeMap<Digest, Rubric>,
    /// What slips and nyms are checked with.
    pub issuers: PerSide<IssuerKey>,
    /// Ratees whose blocks an upheld objection voided.
    pub void: BTreeSet<RateeId>,
    /// Hashes of the corrections that both sides signed for it.
    pub corrections: Vec<Digest>,
    /// Margins of the cosigned lists.
    pub margins: Margins,
    /// Court of each listed ratee.
    pub ratees: BTreeMap<String, String>,
    /// R15: what may be drawn, where the charter declares counts.
    pub privacy: Option<PrivacyFile>,
    /// Envelopes sorted by hash.
    pub list: Vec<Envelope>,
    /// One share per envelope and side.
    pub shares: PerSide<Shares>,
    /// SHA-256 of every file read.
    pub hashes: BTreeMap<String, Digest>,
}

/// Reads files below one directory and remembers their hashes.
struct Shelf<'a> {
    dir: &'a Path,
    hashes: BTreeMap<String, Digest>,
}

impl Shelf<'_> {
    fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Stop> {
        let bytes = std::fs::read(self.dir.join(name)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Stop::FileMissing(name.to_owned()),
            _ => Stop::FileUnreadable(name.to_owned()),
        })?;
        self.hashes.insert(name.to_owned(), Digest::of(&[&bytes]));
        Ok(bytes)
    }

    fn optional(&mut self, name: &str) -> Result<Option<Vec<u8>>, Stop> {
        match self.bytes(name) {
            Err(Stop::FileMissing(_)) => Ok(None),
            other => other.map(Some),
        }
    }

    fn json<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Stop> {
        let bytes = self.bytes(name)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Stop::DocumentMalformed { file: name.to_owned(), reason: place(&error) })
    }
}

/// Where a JSON error is, without quoting what stands there.
fn place(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

/// Hash of a document body, as both sides signed it.
fn hash<T: Serialize>(kind: DocumentKind, body: &T) -> Result<Digest, Stop> {
    Document::new(kind, body).map(|d| d.hash()).map_err(|error| Stop::Internal(error.to_string()))
}

/// Reads and checks the directory of a closed box.
///
/// # Errors
/// [`Stop`] with the first thing that is missing, malformed or does not fit.
pub fn read(dir: &Path, audit: Audit) -> Result<Input, Stop> {
    let mut shelf = Shelf { dir, hashes: BTreeMap::new() };
    let manifest: ClosedManifest = shelf.json("manifest.json").map_err(|stop| match stop {
        Stop::DocumentMalformed { reason, .. } => Stop::ManifestMalformed(reason),
        other => other,
    })?;
    let agreed = check_manifest(&manifest, audit)?;
    let charter: Charter = shelf.json("charter.json")?;
    charter.check().map_err(|error| malformed("charter.json", &error))?;
    if hash(DocumentKind::Charter, &charter)? != manifest.manifest.charter {
        return Err(Stop::DocumentMismatch("charter.json".to_owned()));
    }
    let name = format!("rubrics/{}.json", manifest.manifest.rubric);
    let rubric: Rubric = shelf.json(&name)?;
    rubric.check().map_err(|error| malformed(&name, &error))?;
    if hash(DocumentKind::Rubric, &rubric)? != manifest.manifest.rubric {
        return Err(Stop::DocumentMismatch(name));
    }
    let issuers = shelf.json::<IssuerKeysFile>("issuer-keys.json")?.keys(&manifest.manifest)?;
    let margins: Margins = shelf.json("margins.json")?;
    if margins.v != 1 || margins.direction != manifest.manifest.direction {
        return Err(Stop::DocumentMismatch("margins.json".to_owned()));
    }
    let ratees = pairs("ratees.csv", &shelf.bytes("ratees.csv")?, "ratee", "court")?;
    // The ledger of earlier releases is pinned by its hash; the rules that read it (R9, R10) come later.
    shelf.optional("ledger.jsonl")?;

    let privacy: Option<PrivacyFile> = charter.privacy.is_some().then(|| shelf.json("privacy.json")).transpose()?;
    if privacy.as_ref().is_some_and(|file| file.v != 1) {
        return Err(malformed("privacy.json", &"unknown version"));
    }
    let (void, corrections) = corrections(&mut shelf, &manifest.manifest, &ratees)?;

    let bytes = shelf.bytes("list.bin")?;
    let list = read_list(&bytes)?;
    if list.len() != agreed.count as usize {
        return Err(Stop::ListIncomplete { expected: agreed.count });
    }
    if Digest::of(&[&bytes]) != agreed.list {
        return Err(Stop::ListForeign);
    }
    if manifest.stamps < charter.batch.open {
        return Err(Stop::BoxTooSmall { minimum: charter.batch.open });
    }
    let bench = shelf.optional("shares-bench.bin")?;
    let bar = shelf.optional("shares-bar.bin")?;
    let (Some(bench_bytes), Some(bar_bytes)) = (&bench, &bar) else {
        let missing = match (&bench, &bar) {
            (None, None) => "bench and bar",
            (None, _) => "bench",
            _ => "bar",
        };
        return Err(Stop::ShareMissing(missing.to_owned()));
    };
    let shares = PerSide {
        bench: read_shares(bench_bytes, &list, Side::Bench)?,
        bar: read_shares(bar_bytes, &list, Side::Bar)?,
    };
    let rubrics = BTreeMap::from([(manifest.manifest.rubric, rubric)]);
    if audit == Audit::Pending {
        for &side in Side::ALL {
            shares.get(side).check_locked(side)?;
        }
    }
    let hashes = shelf.hashes;
    Ok(Input {
        manifest,
        agreed,
        charter,
        rubrics,
        issuers,
        void,
        corrections,
        margins,
        ratees,
        privacy,
        list,
        shares,
        hashes,
    })
}

/// The ratees that `corrections.json` voids, with the hashes of its documents; each has to be signed by the keys of both sides
/// that the manifest names, and a name the box does not have would void nothing, so it is refused.
fn corrections(
    shelf: &mut Shelf,
    manifest: &Manifest,
    ratees: &BTreeMap<String, String>,
) -> Result<(BTreeSet<RateeId>, Vec<Digest>), Stop> {
    let name = "corrections.json";
    let Some(bytes) = shelf.optional(name)? else { return Ok(Default::default()) };
    let read: CorrectionsFile = serde_json::from_slice(&bytes).map_err(|error| malformed(name, &place(&error)))?;
    if read.v != 3 {
        return Err(malformed(name, &"unknown version"));
    }
    let hashes = correction::check(manifest, &read.corrections)?;
    let paired = read.corrections.len() == read.voided.len();
    let pairs = || read.corrections.iter().zip(&read.voided);
    if let Some(place) = pairs().position(|(signed, voided)| !signed.correction.voids(voided)) {
        // What is void is signed with the document that names it.
        return Err(CorrectionError::Unsigned(place + 1).into());
    }
    if !paired {
        return Err(malformed(name, &"not one list of what is void for each correction"));
    }
    let void: BTreeSet<_> = read.voided.into_iter().flat_map(|voided| voided.ratees).collect();
    match void.iter().position(|ratee| !ratees.contains_key(ratee.as_str())) {
        Some(at) => Err(malformed(name, &format!("number {} is no ratee of this box", at + 1))),
        None => Ok((void, hashes)),
    }
}

/// Checks the manifest and what both agents said about shuffles and list.
fn check_manifest(closed: &ClosedManifest, audit: Audit) -> Result<Agreed, Stop> {
    let manifest = &closed.manifest;
    if closed.v != 2 || manifest.v != 2 {
        return Err(Stop::ManifestMalformed("unknown version".to_owned()));
    }
    if !manifest.is_sound() {
        return Err(Stop::ManifestMalformed("suite, box, period and direction disagree".to_owned()));
    }
    if hash(DocumentKind::Manifest, manifest)? != closed.hash {
        return Err(Stop::ManifestMismatch);
    }
    let agreed = agreed(manifest, &closed.mixed, &closed.listed)?;
    if agreed.mixed.bench.taken != closed.stamps {
        return Err(Stop::StampsDiffer { stamps: closed.stamps, taken: agreed.mixed.bench.taken });
    }
    for &side in Side::ALL {
        let mixed = agreed.mixed.get(side);
        let (refused, total) = (mixed.refused.len(), mixed.taken as usize);
        if audit == Audit::Pending && refused > tolerated(total) {
            return Err(Stop::TooManyRefused { side, refused, total });
        }
    }
    Ok(agreed)
}

fn malformed(file: &str, reason: &dyn std::fmt::Display) -> Stop {
    Stop::DocumentMalformed { file: file.to_owned(), reason: reason.to_string() }
}

/// Two columns of a small CSV file as a map.
fn pairs(file: &str, bytes: &[u8], key: &str, value: &str) -> Result<BTreeMap<String, String>, Stop> {
    let mut reader = csv::Reader::from_reader(bytes);
    let headers = reader.headers().map_err(|_| malformed(file, &"line 1"))?.clone();
    let column = |name: &str| {
        let found = headers.iter().position(|h| h.trim_start_matches('\u{feff}') == name);
        found.ok_or_else(|| malformed(file, &format!("no column {name}")))
    };
    let (key, value) = (column(key)?, column(value)?);
    let mut map = BTreeMap::new();
    for (index, record) in reader.records().enumerate() {
        let line = format!("line {}", index + 2);
        let record = record.map_err(|_| malformed(file, &line))?;
        let (Some(key), Some(value)) = (record.get(key), record.get(value)) else {
            return Err(malformed(file, &line));
        };
        map.insert(key.to_owned(), value.to_owned());
    }
    Ok(map)
}
