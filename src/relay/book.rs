//! What the relay knows of each box: casts that wait, what was handed over, and the batch that is on its way.
//!
//! Of a stamp only the highest number is held. A batch that was made stays the same bytes until the platform has answered for
//! it, so that sending it again cannot make a second one. Deliberately absent: files; [`crate::spool`] keeps the same on disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use hengping_domain::cast::{Cast, read_batch, write_batch};
use hengping_domain::digest::{Bytes32, Digest};
use hengping_domain::ids::BoxId;
use serde::{Deserialize, Serialize};

use crate::MOST_IN_BATCH;

/// What is held under a stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Sequence number.
    pub seq: u32,
    /// Its leaf.
    pub leaf: Digest,
}

/// What a cast is to the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// The stamp's first, or a higher number: to be stored.
    New,
    /// Held already: the same receipt.
    Again,
    /// A number that is used, or lower.
    Refused,
}

/// A batch to send, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sealing {
    /// Made now: keep it before it is sent.
    Fresh(Arc<Vec<u8>>),
    /// Made before and not answered for.
    Again(Arc<Vec<u8>>),
    /// Fewer than asked for.
    TooFew,
}

#[derive(Debug, Default)]
struct Page {
    waiting: BTreeMap<Bytes32, (Held, Cast)>,
    handed: BTreeMap<Bytes32, Held>,
    sealed: Option<Arc<Vec<u8>>>,
}

impl Page {
    fn sorted(&self) -> Vec<&Cast> {
        let mut casts: Vec<_> = self.waiting.values().map(|(held, cast)| (held.leaf, cast)).collect();
        casts.sort_unstable_by_key(|(leaf, _)| *leaf);
        casts.into_iter().map(|(_, cast)| cast).collect()
    }
}

/// All boxes.
#[derive(Debug, Default)]
pub struct Book(BTreeMap<BoxId, Page>);

/// What was handed over, by box and nonce of the stamp: how the spool keeps it.
pub type Handed = BTreeMap<BoxId, Vec<(Bytes32, Held)>>;

impl Book {
    /// A book of what was handed over already.
    #[must_use]
    pub fn of(handed: Handed) -> Self {
        let page = |stamps: Vec<_>| Page { handed: stamps.into_iter().collect(), ..Page::default() };
        Self(handed.into_iter().map(|(id, stamps)| (id, page(stamps))).collect())
    }

    /// What a cast is.
    #[must_use]
    pub fn judge(&self, cast: &Cast) -> Judged {
        let Some(page) = self.0.get(&cast.id) else { return Judged::New };
        let stamp = &cast.stamp.nonce;
        let held = page.waiting.get(stamp).map(|(held, _)| held).or_else(|| page.handed.get(stamp));
        match held {
            None => Judged::New,
            Some(held) if held.seq < cast.seq => Judged::New,
            Some(held) if held.seq == cast.seq && held.leaf == cast.leaf() => Judged::Again,
            Some(_) => Judged::Refused,
        }
    }

    /// Holds a cast that is [`Judged::New`].
    pub fn put(&mut self, cast: Cast) {
        let held = Held { seq: cast.seq, leaf: cast.leaf() };
        self.0.entry(cast.id.clone()).or_default().waiting.insert(cast.stamp.nonce, (held, cast));
    }

    /// Every box something is known of.
    pub fn boxes(&self) -> impl Iterator<Item = &BoxId> {
        self.0.keys()
    }

    /// Stamps that wait for a box.
    #[must_use]
    pub fn waiting(&self, id: &BoxId) -> usize {
        self.0.get(id).map_or(0, |page| page.waiting.len())
    }

    /// Everything that waits, sorted by box and leaf.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Cast> {
        self.0.values().flat_map(Page::sorted).collect()
    }

    /// What was handed over.
    #[must_use]
    pub fn handed(&self) -> Handed {
        let stamps = |page: &Page| page.handed.iter().map(|(stamp, held)| (*stamp, *held)).collect::<Vec<_>>();
        self.0.iter().map(|(id, page)| (id.clone(), stamps(page))).filter(|(_, stamps)| !stamps.is_empty()).collect()
    }

    /// Batches on their way.
    pub fn sealed(&self) -> impl Iterator<Item = (&BoxId, &Arc<Vec<u8>>)> {
        self.0.iter().filter_map(|(id, page)| page.sealed.as_ref().map(|body| (id, body)))
    }

    /// The batch to send: the one on its way, or the first of what waits if it is at least `least` stamps.
    pub fn seal(&mut self, id: &BoxId, least: usize) -> Sealing {
        let Some(page) = self.0.get_mut(id) else { return Sealing::TooFew };
        if let Some(body) = &page.sealed {
            return Sealing::Again(Arc::clone(body));
        }
        let mut casts = page.sorted();
        if casts.len() < least.max(1) {
            return Sealing::TooFew;
        }
        casts.truncate(casts.len().div_ceil(parts(casts.len())));
        let body = Arc::new(write_batch(casts));
        page.sealed = Some(Arc::clone(&body));
        Sealing::Fresh(body)
    }

    /// Takes up a batch again that was on its way when the process ended.
    pub fn resume(&mut self, id: BoxId, body: Vec<u8>) {
        self.0.entry(id).or_default().sealed = Some(Arc::new(body));
    }

    /// The platform has taken the batch on its way: its casts are handed over. A higher number that came since waits on.
    pub fn settle(&mut self, id: &BoxId) {
        let Some(page) = self.0.get_mut(id) else { return };
        let Some(body) = page.sealed.take() else { return };
        for cast in read_batch(id, &body).unwrap_or_default() {
            let (stamp, held) = (cast.stamp.nonce, Held { seq: cast.seq, leaf: cast.leaf() });
            if page.waiting.get(&stamp).is_some_and(|(waiting, _)| *waiting == held) {
                page.waiting.remove(&stamp);
            }
            page.handed.insert(stamp, held);
        }
    }

    /// The platform will never take the batch on its way: its casts wait on.
    pub fn unseal(&mut self, id: &BoxId) {
        if let Some(page) = self.0.get_mut(id) {
            page.sealed = None;
        }
    }

    /// Forgets a box that takes nothing more; returns how many stamps still waited, if anything was known of it.
    pub fn forget(&mut self, id: &BoxId) -> Option<usize> {
        self.0.remove(id).map(|page| page.waiting.len())
    }
}

/// How many batches this many casts are.
#[must_use]
pub(crate) fn parts(casts: usize) -> usize {
    casts.div_ceil(MOST_IN_BATCH).max(1)
}
