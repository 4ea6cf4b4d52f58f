//! The log's state in the words that both sides sign: C2SP tlog-checkpoint under C2SP signed-note.
//!
//! Text: origin, size, base64 root, each on a line; then one signature line per side. Deliberately absent: times; a
//! cosignature with a timestamp would say when somebody cast.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;

use crate::digest::{Bytes, Bytes32, Digest};
use crate::document::{self, DocumentError};
use crate::ids::{BoxId, Side};
use crate::manifest::PerSide;

/// A state of a box's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The box.
    pub id: BoxId,
    /// Leaves.
    pub size: u32,
    /// RFC 6962 root.
    pub root: Digest,
}

fn origin(id: &BoxId) -> String {
    format!("hengping/{id}")
}

fn name(id: &BoxId, side: Side) -> String {
    format!("{}/{side}", origin(id))
}

/// First four bytes of `SHA-256(name | 0x0A | 0x01 | key)`: Ed25519 in signed-note.
fn key_id(name: &str, key: &Bytes32) -> [u8; 4] {
    let hash = Digest::of(&[name.as_bytes(), &[0x0a, 0x01], &key.0]);
    std::array::from_fn(|i| hash.0[i])
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", origin(&self.id), self.size, STANDARD.encode(self.root.0))
    }

    /// One side's signature.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> Bytes<64> {
        document::sign(key, self.text().as_bytes())
    }

    /// Whether `key` signed this state.
    ///
    /// # Errors
    /// [`DocumentError::BadSignature`].
    pub fn verify(&self, key: &Bytes32, signature: &Bytes<64>) -> Result<(), DocumentError> {
        document::verify(key, signature, self.text().as_bytes())
    }

    /// The signed note: text, an empty line, one line per side.
    #[must_use]
    pub fn note(&self, keys: &PerSide<Bytes32>, signatures: &PerSide<Bytes<64>>) -> String {
        let mut note = self.text();
        note.push('\n');
        for &side in Side::ALL {
            let name = name(&self.id, side);
            let line = [key_id(&name, keys.get(side)).as_slice(), &signatures.get(side).0].concat();
            note.push_str(&format!("— {name} {}\n", STANDARD.encode(line)));
        }
        note
    }

    /// Reads a note about `id` that both sides signed with these keys.
    ///
    /// # Errors
    /// [`DocumentError::BadSignature`] for a note of another form, about another box, or without both signatures.
    pub fn read(id: &BoxId, keys: &PerSide<Bytes32>, note: &str) -> Result<Self, DocumentError> {
        let bad = || DocumentError::BadSignature;
        let (text, lines) = note.split_once("\n\n").ok_or_else(bad)?;
        let [first, size, root] = text.split('\n').collect::<Vec<_>>()[..] else { return Err(bad()) };
        let root: [u8; 32] = STANDARD.decode(root).map_err(|_| bad())?.try_into().map_err(|_| bad())?;
        let read = Self { id: id.clone(), size: size.parse().map_err(|_| bad())?, root: Digest(root) };
        // Another spelling of the same number or root would be another text.
        if first != origin(id) || read.text() != format!("{text}\n") {
            return Err(bad());
        }
        for &side in Side::ALL {
            let (name, key) = (name(id, side), keys.get(side));
            let mut theirs = lines.lines().filter_map(|line| {
                let line = line.strip_prefix("— ")?.strip_prefix(name.as_str())?.strip_prefix(' ')?;
                let bytes: [u8; 68] = STANDARD.decode(line).ok()?.try_into().ok()?;
                let signature = Bytes(std::array::from_fn(|i| bytes[i + 4]));
                (bytes[..4] == key_id(&name, key)).then_some(signature)
            });
            if !theirs.any(|signature| read.verify(key, &signature).is_ok()) {
                return Err(bad());
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_reads_back_and_needs_both_sides() {
        let secret = PerSide { bench: SigningKey::from_bytes(&[1; 32]), bar: SigningKey::from_bytes(&[2; 32]) };
        let keys = PerSide {
            bench: Bytes(secret.bench.verifying_key().to_bytes()),
            bar: Bytes(secret.bar.verifying_key().to_bytes()),
        };
        let id: BoxId = "2026.bar_rates_bench".parse().expect("a box");
        let checkpoint = Checkpoint { id: id.clone(), size: 27, root: Digest::of(&[b"root"]) };
        let signatures = PerSide { bench: checkpoint.sign(&secret.bench), bar: checkpoint.sign(&secret.bar) };
        let note = checkpoint.note(&keys, &signatures);
        assert!(note.starts_with("hengping/2026.bar_rates_bench\n27\n"));
        assert_eq!(Checkpoint::read(&id, &keys, &note), Ok(checkpoint.clone()));
        assert!(Checkpoint::read(&id.counterpart(), &keys, &note).is_err());
        assert!(Checkpoint::read(&id, &keys, &note.replace("\n27\n", "\n28\n")).is_err());
        assert!(Checkpoint::read(&id, &keys, &note.replace("\n27\n", "\n027\n")).is_err());
        let twice_the_bench = PerSide { bench: signatures.bench, bar: signatures.bench };
        assert!(Checkpoint::read(&id, &keys, &checkpoint.note(&keys, &twice_the_bench)).is_err());
        let one_line: String = note.lines().take(5).map(|line| format!("{line}\n")).collect();
        assert!(Checkpoint::read(&id, &keys, &one_line).is_err());
    }
}
