//! The open batch on disk: AES-256-GCM records of one size in an append-only file, under a key that dies with the batch.
//!
//! A generation is a directory with the casts, what was handed over and the batches on their way, and `spool.key` names it
//! beside its key. A new generation is written sorted by leaf and put in place by one rename; then the old key is
//! overwritten and the old files removed, so that neither their order nor their content can be read from the disk again.
//! Deliberately absent: times, addresses, and the decision what is stored ([`crate::book`]).

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use hengping_domain::cast::{CAST_LEN, Cast};
use hengping_domain::digest::{Bytes, Bytes32, Digest};
use hengping_domain::ids::BoxId;
use hengping_ports::{Entropy, random};
use serde::{Deserialize, Serialize};

use crate::book::{Book, Handed, Judged};
use crate::error::{RelayError, file};
use crate::private;

/// Room for a box's name: its length, then 40 bytes of period, a dot and a direction.
const NAME_LEN: usize = 64;
const NONCE_LEN: usize = 12;
/// Bytes of every record.
pub const RECORD_LEN: usize = NONCE_LEN + NAME_LEN + CAST_LEN + 16;

/// `spool.key`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Generation {
    /// Format version, 1.
    v: u32,
    /// Directory of this generation.
    name: String,
    /// AES-256 key.
    key: Bytes32,
}

impl Generation {
    fn new(entropy: &dyn Entropy) -> Result<Self, RelayError> {
        let name = Digest::of(&[&random::<16>(entropy)?]).short();
        Ok(Self { v: 1, name: format!("spool-{name}"), key: Bytes(random(entropy)?) })
    }

    fn seal(&self, label: &str, text: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, RelayError> {
        let nonce = random::<NONCE_LEN>(entropy)?;
        let payload = Payload { msg: text, aad: label.as_bytes() };
        let sealed = Aes256Gcm::new(&self.key.0.into()).encrypt(&Nonce::from(nonce), payload);
        Ok([nonce.as_slice(), &sealed.map_err(|_| RelayError::SpoolBroken)?].concat())
    }

    fn open(&self, label: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let payload = Payload { msg: text, aad: label.as_bytes() };
        Aes256Gcm::new(&self.key.0.into()).decrypt(&Nonce::from(*nonce), payload).ok()
    }

    fn record(&self, cast: &Cast, entropy: &dyn Entropy) -> Result<Vec<u8>, RelayError> {
        let name = cast.id.to_string();
        let mut text = vec![0; NAME_LEN];
        text[0] = u8::try_from(name.len()).unwrap_or(u8::MAX);
        let room = text.get_mut(1..=name.len()).ok_or_else(|| RelayError::Settings(format!("box {name}")))?;
        room.copy_from_slice(name.as_bytes());
        text.extend_from_slice(&cast.to_bytes());
        self.seal("cast", &text, entropy)
    }

    fn cast(&self, record: &[u8]) -> Option<Cast> {
        let text = self.open("cast", record)?;
        let (name, cast) = text.split_at_checked(NAME_LEN)?;
        let name = std::str::from_utf8(name.get(1..=usize::from(name[0]))?).ok()?;
        Cast::from_bytes(&name.parse().ok()?, cast).ok()
    }
}

fn key_path(dir: &Path) -> PathBuf {
    dir.join("spool.key")
}

fn batch_name(id: &BoxId) -> String {
    format!("batch-{id}")
}

/// The spool of a running relay.
#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    generation: Generation,
    casts: File,
    /// Records in the file.
    records: usize,
    /// Sealed records that are not written yet.
    staged: Vec<u8>,
}

/// What an opened spool held.
#[derive(Debug)]
pub struct Found {
    /// Everything that was kept.
    pub book: Book,
    /// Records at the end or in between that are not whole: written, but never acknowledged, when a process or machine ended.
    pub torn: usize,
}

impl Spool {
    /// Makes an empty spool.
    ///
    /// # Errors
    /// [`RelayError`] when something cannot be written.
    pub fn create(dir: &Path, entropy: &dyn Entropy) -> Result<Self, RelayError> {
        Self::write(dir, &Book::default(), entropy)
    }

    /// Opens the spool of a directory; one process at a time.
    ///
    /// # Errors
    /// [`RelayError::NotInitialised`], [`RelayError::Exposed`], [`RelayError::Malformed`].
    pub fn open(dir: &Path, entropy: &dyn Entropy) -> Result<(Self, Found), RelayError> {
        let path = key_path(dir);
        let bytes = private::read_key(&path)?.ok_or_else(|| RelayError::NotInitialised(dir.to_owned()))?;
        let generation: Generation = serde_json::from_slice(&bytes).map_err(|_| RelayError::Malformed(path))?;
        let folder = dir.join(&generation.name);
        sweep(dir, &generation.name);
        let path = folder.join("handed");
        let sealed = std::fs::read(&path).map_err(file(&path))?;
        let handed = generation.open("handed", &sealed).and_then(|text| serde_json::from_slice::<Handed>(&text).ok());
        let mut book = Book::of(handed.ok_or(RelayError::Malformed(path))?);
        let (records, torn) = read(&folder.join("casts"), &generation, &mut book)?;
        for entry in std::fs::read_dir(&folder).map_err(file(&folder))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(id) = name.strip_prefix("batch-").and_then(|id| id.parse::<BoxId>().ok()) else { continue };
            let sealed = std::fs::read(entry.path()).map_err(file(&entry.path()))?;
            match generation.open(&name, &sealed) {
                Some(body) => book.resume(id, body),
                // Not whole, so it was never sent; its casts wait.
                None => std::fs::remove_file(entry.path()).map_err(file(&entry.path()))?,
            }
        }
        let path = folder.join("casts");
        let casts = OpenOptions::new().append(true).open(&path).map_err(file(&path))?;
        let mut spool = Self { dir: dir.to_owned(), generation, casts, records, staged: Vec::new() };
        if torn > 0 {
            spool.rewrite(&book, entropy)?;
        }
        Ok((spool, Found { book, torn }))
    }

    /// Records in the file and staged for it.
    #[must_use]
    pub const fn records(&self) -> usize {
        self.records + self.staged.len() / RECORD_LEN
    }

    /// Seals a cast for the next [`Spool::flush`].
    ///
    /// # Errors
    /// [`RelayError`]; then nothing is staged.
    pub fn stage(&mut self, cast: &Cast, entropy: &dyn Entropy) -> Result<(), RelayError> {
        let record = self.generation.record(cast, entropy)?;
        self.staged.extend_from_slice(&record);
        Ok(())
    }

    /// Writes what is staged and waits until it lasts: only then may a receipt be given.
    ///
    /// # Errors
    /// [`RelayError::File`]; nothing more may be acknowledged until the spool is written or opened anew.
    pub fn flush(&mut self) -> Result<(), RelayError> {
        if self.staged.is_empty() {
            return Ok(());
        }
        let written = self.casts.write_all(&self.staged).and_then(|()| self.casts.sync_data());
        self.records += self.staged.len() / RECORD_LEN;
        self.staged.clear();
        written.map_err(file(&self.dir.join(&self.generation.name)))
    }

    /// Keeps a batch before it is sent.
    ///
    /// # Errors
    /// [`RelayError`].
    pub fn keep_batch(&self, id: &BoxId, body: &[u8], entropy: &dyn Entropy) -> Result<(), RelayError> {
        let folder = self.dir.join(&self.generation.name);
        put_batch(&folder, &self.generation, id, body, entropy)?;
        private::sync(&folder)
    }

    /// Removes a batch that will never be taken.
    ///
    /// # Errors
    /// [`RelayError::File`].
    pub fn drop_batch(&self, id: &BoxId) -> Result<(), RelayError> {
        let path = self.dir.join(&self.generation.name).join(batch_name(id));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(file(&path)(error)),
            _ => Ok(()),
        }
    }

    /// Writes the book as a new generation, sorted and under a new key, and forgets the old one.
    ///
    /// # Errors
    /// [`RelayError`]; then the old generation is still in place.
    pub fn rewrite(&mut self, book: &Book, entropy: &dyn Entropy) -> Result<(), RelayError> {
        let fresh = match Self::write(&self.dir, book, entropy) {
            Ok(fresh) => fresh,
            Err(error) => {
                // Half a generation would take the room that the next attempt needs.
                if self.in_place() {
                    sweep(&self.dir, &self.generation.name);
                }
                return Err(error);
            }
        };
        let staged = std::mem::take(&mut self.staged);
        debug_assert!(staged.is_empty(), "whoever stages also flushes before anything else happens");
        *self = fresh;
        Ok(())
    }

    /// Whether the key file names this generation: if it does not, what is written here is lost.
    #[must_use]
    pub fn in_place(&self) -> bool {
        let named = std::fs::read(key_path(&self.dir)).ok().and_then(|b| serde_json::from_slice::<Generation>(&b).ok());
        named.is_some_and(|named| named.name == self.generation.name)
    }

    fn write(dir: &Path, book: &Book, entropy: &dyn Entropy) -> Result<Self, RelayError> {
        let generation = Generation::new(entropy)?;
        let folder = dir.join(&generation.name);
        private::directory(&folder)?;
        let (path, sorted) = (folder.join("casts"), book.sorted());
        let mut casts = private::create(&path).map_err(file(&path))?;
        for part in sorted.chunks(256) {
            let mut bytes = Vec::with_capacity(part.len() * RECORD_LEN);
            for cast in part {
                bytes.extend_from_slice(&generation.record(cast, entropy)?);
            }
            casts.write_all(&bytes).map_err(file(&path))?;
        }
        casts.sync_all().map_err(file(&path))?;
        let handed = serde_json::to_vec(&book.handed()).map_err(|_| RelayError::Malformed(path))?;
        private::write(&folder.join("handed"), &generation.seal("handed", &handed, entropy)?)?;
        for (id, body) in book.sealed() {
            put_batch(&folder, &generation, id, body, entropy)?;
        }
        private::sync(&folder)?;
        private::sync(dir)?;
        let key = serde_json::to_vec(&generation).map_err(|_| RelayError::Malformed(key_path(dir)))?;
        private::replace(&key_path(dir), &key)?;
        sweep(dir, &generation.name);
        Ok(Self { dir: dir.to_owned(), generation, casts, records: sorted.len(), staged: Vec::new() })
    }

    /// The casts in the order in which they lie in the file, for whoever holds the key: how a test looks for traces.
    ///
    /// # Errors
    /// [`RelayError`].
    pub fn in_file_order(dir: &Path) -> Result<Vec<Cast>, RelayError> {
        let bytes = private::read_key(&key_path(dir))?.ok_or_else(|| RelayError::NotInitialised(dir.to_owned()))?;
        let generation: Generation =
            serde_json::from_slice(&bytes).map_err(|_| RelayError::Malformed(key_path(dir)))?;
        let path = dir.join(&generation.name).join("casts");
        let bytes = std::fs::read(&path).map_err(file(&path))?;
        Ok(bytes.chunks_exact(RECORD_LEN).filter_map(|record| generation.cast(record)).collect())
    }
}

fn put_batch(
    folder: &Path,
    generation: &Generation,
    id: &BoxId,
    body: &[u8],
    entropy: &dyn Entropy,
) -> Result<(), RelayError> {
    let path = folder.join(batch_name(id));
    // A batch that is kept was never sent before, so what lies here is what an attempt without room left.
    let _ = std::fs::remove_file(&path);
    private::write(&path, &generation.seal(&batch_name(id), body, entropy)?)
}

/// Reads the records of a file into the book; returns how many there are and how many of them are not whole.
fn read(path: &Path, generation: &Generation, book: &mut Book) -> Result<(usize, usize), RelayError> {
    let mut reader = BufReader::with_capacity(64 * RECORD_LEN, File::open(path).map_err(file(path))?);
    let mut record = Vec::with_capacity(RECORD_LEN);
    let (mut records, mut torn) = (0, 0);
    loop {
        record.clear();
        let length = reader.by_ref().take(RECORD_LEN as u64).read_to_end(&mut record).map_err(file(path))?;
        if length == 0 {
            return Ok((records, torn));
        }
        records += 1;
        match generation.cast(&record) {
            Some(cast) if book.judge(&cast) == Judged::New => book.put(cast),
            Some(_) => {}
            None => torn += 1,
        }
    }
}

/// Removes every generation but one: what a crash or a rename left.
fn sweep(dir: &Path, keep: &str) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("spool-") && name != keep {
            // Whatever stays is unreadable, its key is gone; the next sweep tries again.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
