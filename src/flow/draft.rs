//! Taking the analysis's draft back: its cells, counts, counted list and figures become a release that waits for signatures.
//!
//! The release document binds every file by hash, so that both sides sign the figures too, and the cells that not everybody may
//! read by a salted hash, so that the document itself can be everybody's.
//! Deliberately absent: any look at a ballot; the files hold gated numbers only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hengping_domain::codebook::PARQUET;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::document::{Document, DocumentKind};
use hengping_domain::ids::BoxId;
use hengping_domain::log;
use hengping_domain::opening::Counts;
use hengping_domain::release::{Cell, Draft, Reserved};
use serde::{Deserialize, Serialize};

use super::{Failure, Fault, Outcome, Refusal, Site, correct, periods, privacy};
use crate::ports::random;
use crate::store::audit::{self, Event};
use crate::store::period::{self, BoxState};
use crate::store::{Connection, StoreError, ballot_box, document, release};

/// Largest file taken, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// Body of a release document. As it lies in the document it holds public cells alone; as the steps read it, all of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReleaseBody {
    /// Format version, 2; in version 1, which no city ever signed, the document held every cell.
    pub v: u32,
    /// The cells and what belongs to them.
    pub draft: Draft,
    /// SHA-256 of every file by name.
    pub files: BTreeMap<String, Digest>,
    /// Hash of the cells with those that not everybody may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<Digest>,
}

impl ReleaseBody {
    /// What both sides sign of a draft, and what it names by hash alone.
    fn of(draft: &Draft, files: BTreeMap<String, Digest>, salt: [u8; 32]) -> Outcome<(Self, Reserved)> {
        let reserved = Reserved { v: 1, salt: Bytes(salt), cells: draft.cells.clone() };
        let bound = Some(reserved.hash()?);
        Ok((Self { v: 2, draft: draft.public(), files, reserved: bound }, reserved))
    }

    /// Endings under which the cells can be downloaded; an older analysis left no Parquet.
    #[must_use]
    pub fn formats(&self) -> Vec<&'static str> {
        let parquet = self.files.contains_key(PARQUET).then_some("parquet");
        ["json", "csv", "xlsx"].into_iter().chain(parquet).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct CountedFile {
    pub(super) counts: Counts,
    pub(super) counted: Vec<Digest>,
}

#[derive(Serialize)]
struct About<'a> {
    #[serde(rename = "box")]
    id: &'a BoxId,
    release: Digest,
    counts: Counts,
}

/// Takes the draft that the opening left in `dir`; returns the release's hash.
///
/// # Errors
/// [`Refusal::RehearsalOnly`], [`Refusal::DraftForeign`], [`Refusal::DocumentMalformed`], [`Refusal::NothingValid`], [`Refusal::BoxState`],
/// [`Refusal::CountsRefused`], [`Refusal::BudgetSpent`]; a fault when
/// a file cannot be read. The box is then what it was.
pub fn take(site: &Site, id: &BoxId, dir: &Path) -> Outcome<Digest> {
    // Nothing of a rehearsal becomes a release.
    if id.period.is_rehearsal() {
        return Err(Refusal::RehearsalOnly.into());
    }
    let draft: Draft = parse(&read(&dir.join("draft.json"))?)?;
    let counted: CountedFile = parse(&read(&dir.join("counted.json"))?)?;
    let files = files(dir)?;
    let hashes = files.iter().map(|(name, bytes)| (name.clone(), Digest::of(&[bytes]))).collect();
    // What both sides sign binds the list that is published, and not only its length.
    let root = draft.rest.get("counted_root").and_then(|root| Digest::deserialize(root).ok());
    let bound = root == Some(log::root(&counted.counted));
    if !bound || !belong(id, &draft, &counted) || !sound(&draft.cells) {
        return Err(Refusal::DraftForeign.into());
    }
    // A box is opened once: what nobody's ballot came out of was not opened.
    if draft.counts.valid == 0 && draft.counts.taken > draft.counts.refused {
        return Err(Refusal::NothingValid.into());
    }
    let (manifest, counts, named) = (draft.manifest, draft.counts, correct::named(&draft.rest)?);
    let (body, reserved) = ReleaseBody::of(&draft, hashes, random(&*site.entropy)?)?;
    let new = Document::new(DocumentKind::Release, &body)?;
    let today = site.clock.today();
    site.store.decide("take draft", |conn| {
        let held = period::find_box(conn, id)?;
        if held.manifest != manifest || counts.taken != ballot_box::stamps(conn, id)? {
            return Err(Refusal::DraftForeign.into());
        }
        let under: Vec<Digest> =
            correct::in_force(conn, id)?.iter().map(|signed| signed.correction.hash()).collect::<Result<_, _>>()?;
        if named != under {
            return Err(Refusal::DraftForeign.into());
        }
        let about = periods::manifest(conn, &held)?;
        let cost = privacy::cost(conn, &about, draft.noised.as_ref(), today)?;
        if correct::is_pending(conn, id)? {
            // Computed again from the same ballots: what was counted stays as it was published.
            if held.counts != Some(counts) || ballot_box::counted_list(conn, id)? != counted.counted {
                return Err(Refusal::DraftForeign.into());
            }
        } else {
            opened(conn, id, &counted)?;
        }
        document::put(conn, &new, today)?;
        release::insert(conn, new.hash(), id, today)?;
        release::put_reserved(conn, new.hash(), &reserved)?;
        if let Some(cost) = cost {
            privacy::spend(conn, id, new.hash(), cost, today)?;
        }
        for (name, bytes) in &files {
            release::put_file(conn, new.hash(), name, bytes)?;
        }
        let about = About { id, release: new.hash(), counts };
        audit::append(conn, today, &Event { event: "draft-taken", account: None, about })?;
        Ok::<_, Failure>(new.hash())
    })
}

/// Moves a closed box on and publishes what was counted in it.
pub(super) fn opened(conn: &mut Connection, id: &BoxId, CountedFile { counts, counted }: &CountedFile) -> Outcome<()> {
    match period::move_box(conn, id, BoxState::Closed, BoxState::Opened) {
        Err(StoreError::Stale) => return Err(Refusal::BoxState.into()),
        other => other?,
    }
    period::set_counts(conn, id, *counts)?;
    Ok(ballot_box::put_counted(conn, id, counted)?)
}

/// Whether both files are of one opening of this box, and add up.
pub(super) fn belong(id: &BoxId, draft: &Draft, counted: &CountedFile) -> bool {
    draft.id == *id && draft.counts == counted.counts && adds_up(counted)
}

/// Whether every ballot is in one of the counts, and every counted one in the list, once and in order.
fn adds_up(file: &CountedFile) -> bool {
    let Counts { taken, refused, invalid, duplicate, valid } = file.counts;
    let parts = [refused, invalid, duplicate, valid].into_iter().map(u64::from).sum::<u64>();
    let ascending = file.counted.is_sorted_by(|one, next| one < next);
    parts == u64::from(taken) && ascending && file.counted.len() == valid as usize
}

/// Whether each cell has a name of its own and none that was withheld carries a number: the last look before both sides
/// are asked to sign, whatever made the draft.
fn sound(cells: &[Cell]) -> bool {
    let names: BTreeSet<_> = cells.iter().map(|cell| &cell.id).collect();
    names.len() == cells.len() && cells.iter().all(|cell| cell.is_released() || *cell == cell.without_value())
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Outcome<T> {
    serde_json::from_slice(bytes).map_err(|_| Refusal::DocumentMalformed.into())
}

pub(super) fn read(path: &Path) -> Outcome<Vec<u8>> {
    let io = |error: std::io::Error| Failure::Fault(Fault::new(&format!("{}: {error}", path.display())));
    if std::fs::metadata(path).map_err(io)?.len() > MAX_FILE {
        return Err(Refusal::DraftForeign.into());
    }
    std::fs::read(path).map_err(io)
}

/// The figures and their tables, and the public cells, by plain file name.
fn files(dir: &Path) -> Outcome<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let cells = dir.join(PARQUET);
    if cells.exists() {
        found.insert(PARQUET.to_owned(), read(&cells)?);
    }
    let figures = dir.join("figures");
    let listed = match std::fs::read_dir(&figures) {
        Ok(listed) => listed,
        // A box below the batch size has counts but no figure.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(Failure::Fault(Fault::new(&error))),
    };
    for entry in listed {
        let entry = entry.map_err(|error| Failure::Fault(Fault::new(&error)))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = Path::new(&name).extension().is_some_and(|e| e == "svg" || e == "csv");
        if known {
            found.insert(name, read(&entry.path())?);
        }
    }
    Ok(found)
}
