//! Documents by hash, and the signatures of both sides.
//!
//! A stored document is read back only if it still hashes to its name. Deliberately absent: whether a signature is right
//! and whose key it is; the step that takes it decides.

use diesel::prelude::*;
use hengping_domain::digest::{Bytes32, Digest};
use hengping_domain::document::{Document, DocumentKind, Signature, canonical};
use hengping_domain::ids::Side;
use jiff::civil::Date;

use super::schema::{document, side_key, signature};
use super::{Connection, StoreError, put_once, savepoint, stored};

/// A signature with the day it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The signature.
    pub signature: Signature,
    /// The day.
    pub day: Date,
}

/// Stores a document; storing it again changes nothing.
///
/// # Errors
/// [`StoreError`].
pub fn put(conn: &mut Connection, new: &Document, day: Date) -> Result<(), StoreError> {
    let body = canonical(new.body()).map_err(|error| StoreError::broken(error.to_string()))?;
    put_once(conn, |conn| {
        diesel::insert_into(document::table)
            .values((
                document::hash.eq(new.hash().to_string()),
                document::kind.eq(new.kind().as_str()),
                document::body.eq(&body),
                document::day.eq(day.to_string()),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// The document of a hash.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Broken`] when the stored body has another hash.
pub fn find(conn: &mut Connection, hash: Digest) -> Result<Document, StoreError> {
    let (kind, body): (String, String) =
        document::table.find(hash.to_string()).select((document::kind, document::body)).first(conn)?;
    let broken = |what: &str| StoreError::broken(format!("document {}: {what}", hash.short()));
    let body: serde_json::Value = serde_json::from_str(&body).map_err(|_| broken("not JSON"))?;
    let found = Document::new(stored(&kind)?, &body).map_err(|_| broken("not canonical"))?;
    if found.hash() == hash { Ok(found) } else { Err(broken("was changed")) }
}

/// Hash, kind and day of every document of some kinds, by day.
///
/// # Errors
/// [`StoreError`].
pub fn list(conn: &mut Connection, kinds: &[DocumentKind]) -> Result<Vec<(Digest, DocumentKind, Date)>, StoreError> {
    let kinds: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
    let rows: Vec<(String, String, String)> = document::table
        .filter(document::kind.eq_any(kinds))
        .order((document::day, document::hash))
        .select((document::hash, document::kind, document::day))
        .load(conn)?;
    rows.iter().map(|(hash, kind, day)| Ok((stored(hash)?, stored(kind)?, stored(day)?))).collect()
}

/// Adds a side's signature; the same side signing again is a duplicate.
///
/// # Errors
/// [`StoreError::Duplicate`]; the transaction stays usable.
pub fn sign(conn: &mut Connection, hash: Digest, new: &Signature, day: Date) -> Result<(), StoreError> {
    savepoint(conn, |conn| {
        diesel::insert_into(signature::table)
            .values((
                signature::document.eq(hash.to_string()),
                signature::side.eq(new.side.as_str()),
                signature::key.eq(new.key.to_string()),
                signature::bytes.eq(new.signature.to_string()),
                signature::day.eq(day.to_string()),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// The signatures over a document, bar before bench.
///
/// # Errors
/// [`StoreError`].
pub fn signatures(conn: &mut Connection, hash: Digest) -> Result<Vec<Signed>, StoreError> {
    let rows: Vec<(String, String, String, String)> = signature::table
        .filter(signature::document.eq(hash.to_string()))
        .order(signature::side)
        .select((signature::side, signature::key, signature::bytes, signature::day))
        .load(conn)?;
    let read = |(side, key, signature, day): &(String, String, String, String)| {
        let signature = Signature { side: stored(side)?, key: stored(key)?, signature: stored(signature)? };
        Ok(Signed { signature, day: stored(day)? })
    };
    rows.iter().map(read).collect()
}

/// Public keys of a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SideKeys {
    /// Ed25519, the officers'.
    pub signing: Bytes32,
    /// Ed25519, the agent's.
    pub agent: Bytes32,
}

/// Enrols a side's keys; `demo` marks those that a demo made, whose secrets lie beside each other.
///
/// # Errors
/// [`StoreError::Duplicate`] when the side has keys already.
pub fn enrol(conn: &mut Connection, side: Side, keys: &SideKeys, demo: bool) -> Result<(), StoreError> {
    savepoint(conn, |conn| {
        diesel::insert_into(side_key::table)
            .values((
                side_key::side.eq(side.as_str()),
                side_key::signing.eq(keys.signing.to_string()),
                side_key::agent.eq(keys.agent.to_string()),
                side_key::demo.eq(i64::from(demo)),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// The sides whose keys a demo made.
///
/// # Errors
/// [`StoreError`].
pub fn demo_keys(conn: &mut Connection) -> Result<Vec<Side>, StoreError> {
    let sides: Vec<String> =
        side_key::table.filter(side_key::demo.eq(1)).order(side_key::side).select(side_key::side).load(conn)?;
    sides.iter().map(|side| stored(side)).collect()
}

/// The enrolled keys of a side.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn keys(conn: &mut Connection, side: Side) -> Result<SideKeys, StoreError> {
    let (signing, agent): (String, String) =
        side_key::table.find(side.as_str()).select((side_key::signing, side_key::agent)).first(conn)?;
    Ok(SideKeys { signing: stored(&signing)?, agent: stored(&agent)? })
}
