//! What takes long: one piece of work per box and kind at a time, seen from outside, on all cores.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hengping_domain::ids::BoxId;

use super::Stop;
use crate::config::AskedKind;

/// A piece of work under way.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Work {
    /// The box.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// What was asked.
    pub kind: AskedKind,
    /// Items done.
    pub done: usize,
    /// Items in all; 0 while they are not counted yet.
    pub of: usize,
}

type Key = (BoxId, AskedKind);

#[derive(Debug, Default)]
struct Progress {
    done: AtomicUsize,
    of: AtomicUsize,
}

/// All work under way.
#[derive(Debug, Default)]
pub(crate) struct Working(Mutex<BTreeMap<Key, Arc<Progress>>>);

/// A piece of work; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Piece<'a> {
    working: &'a Working,
    key: Key,
    progress: Arc<Progress>,
}

impl Working {
    /// Begins a piece of work; whoever asks meanwhile is to come again.
    pub(crate) fn begin(&self, id: &BoxId, kind: AskedKind) -> Result<Piece<'_>, Stop> {
        let key = (id.clone(), kind);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.contains_key(&key) {
            return Err(Stop::Later);
        }
        let progress = Arc::new(Progress::default());
        all.insert(key.clone(), progress.clone());
        Ok(Piece { working: self, key, progress })
    }

    pub(crate) fn all(&self) -> Vec<Work> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let work = |((id, kind), progress): (&Key, &Arc<Progress>)| Work {
            id: id.clone(),
            kind: *kind,
            done: progress.done.load(Ordering::Relaxed),
            of: progress.of.load(Ordering::Relaxed),
        };
        all.iter().map(work).collect()
    }
}

impl Piece<'_> {
    /// Says how much there is to do.
    pub(crate) fn of(&self, items: usize) {
        self.progress.of.store(items, Ordering::Relaxed);
    }

    /// Says how much is done.
    pub(crate) fn done(&self, items: usize) {
        self.progress.done.fetch_max(items, Ordering::Relaxed);
    }

    /// Says that one more is done.
    pub(crate) fn one_more(&self) {
        self.progress.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Piece<'_> {
    fn drop(&mut self) {
        self.working.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// Cores to work on.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
