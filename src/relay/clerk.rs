//! The one thread that writes: it judges casts in the order in which they come, and answers many with one write to the disk.
//!
//! Nobody hears *stored* before the record lasts. Deliberately absent: signatures and HTTP, which need no order.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;

use hengping_domain::cast::Cast;
use hengping_domain::ids::BoxId;
use hengping_ports::Entropy;
use tokio::sync::{mpsc, oneshot};

use crate::book::{Book, Judged, Sealing};
use crate::error::RelayError;
use crate::spool::{Found, Spool};

/// Orders that may wait for the clerk.
const QUEUE: usize = 4096;
/// Casts that share one write.
const GROUP: usize = 512;

/// What becomes of a cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// It lies in the spool.
    Stored,
    /// The stamp's number is used.
    Refused,
    /// Not now.
    Busy,
}

type Task = Box<dyn FnOnce(&mut Desk) + Send>;

enum Order {
    Cast(Box<Cast>, oneshot::Sender<Word>),
    Task(Task),
}

/// What the clerk works on.
pub(crate) struct Desk {
    pub(crate) book: Book,
    spool: Spool,
    entropy: Arc<dyn Entropy>,
    most: usize,
    /// Boxes whose last batch is being handed over.
    shut: BTreeSet<BoxId>,
    disk: Disk,
}

/// What the spool is to the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Disk {
    /// It holds the same.
    Level,
    /// It still holds what the book has given up, and takes casts: to be written anew before the next batch.
    Behind,
    /// It may lack what the book has: nothing is acknowledged before it is written anew.
    Broken,
}

/// The way to the clerk.
pub(crate) struct Clerk {
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Clerk {
    pub(crate) fn start(
        spool: Spool,
        found: Found,
        most: usize,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, RelayError> {
        let (orders, inbox) = mpsc::channel(QUEUE);
        let desk = Desk { book: found.book, spool, entropy, most, shut: BTreeSet::new(), disk: Disk::Level };
        let thread = std::thread::Builder::new().name("clerk".to_owned()).spawn(move || work(desk, inbox));
        let thread = thread.map_err(|error| RelayError::Settings(format!("thread: {error}")))?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Stores a cast whose signature holds.
    pub(crate) async fn cast(&self, cast: Cast) -> Word {
        let (reply, answer) = oneshot::channel();
        let sent = self.orders.as_ref().is_some_and(|o| o.try_send(Order::Cast(Box::new(cast), reply)).is_ok());
        if sent { answer.await.unwrap_or(Word::Busy) } else { Word::Busy }
    }

    /// Has the clerk do something between two groups, and waits for it; not for a thread that serves requests.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Desk) -> T + Send + 'static,
    ) -> Result<T, RelayError> {
        let (reply, answer) = std::sync::mpsc::channel();
        let task: Task = Box::new(move |desk| {
            // Whoever asked may have gone; what was done stays done.
            let _ = reply.send(task(desk));
        });
        let orders = self.orders.as_ref().ok_or(RelayError::SpoolBroken)?;
        orders.blocking_send(Order::Task(task)).map_err(|_| RelayError::SpoolBroken)?;
        answer.recv().map_err(|_| RelayError::SpoolBroken)
    }
}

impl Drop for Clerk {
    fn drop(&mut self) {
        self.orders.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(mut desk: Desk, mut inbox: mpsc::Receiver<Order>) {
    let mut group = Vec::with_capacity(GROUP);
    while let Some(order) = inbox.blocking_recv() {
        let mut next = Some(order);
        while let Some(order) = next.take() {
            match order {
                Order::Cast(cast, reply) => group.push((cast, reply)),
                Order::Task(task) => {
                    desk.store(&mut group);
                    task(&mut desk);
                }
            }
            if group.len() < GROUP {
                next = inbox.try_recv().ok();
            }
        }
        desk.store(&mut group);
    }
}

impl Desk {
    fn judge(&mut self, cast: Cast) -> Word {
        if self.disk == Disk::Broken || self.shut.contains(&cast.id) {
            return Word::Busy;
        }
        match self.book.judge(&cast) {
            Judged::Again => Word::Stored,
            Judged::Refused => Word::Refused,
            Judged::New if self.spool.records() >= self.most => Word::Busy,
            Judged::New => match self.spool.stage(&cast, &*self.entropy) {
                Ok(()) => {
                    self.book.put(cast);
                    Word::Stored
                }
                Err(_) => Word::Busy,
            },
        }
    }

    fn store(&mut self, group: &mut Vec<(Box<Cast>, oneshot::Sender<Word>)>) {
        let words: Vec<_> = group.drain(..).map(|(cast, reply)| (self.judge(*cast), reply)).collect();
        if let Err(error) = self.spool.flush() {
            // Said once: from here on the book holds more than the disk, and nothing more is acknowledged.
            eprintln!("[{}] {error}", RelayError::SpoolBroken.code());
            self.disk = Disk::Broken;
        }
        for (word, reply) in words {
            // A device that went away asks again and hears the same.
            let _ = reply.send(if self.disk == Disk::Broken { Word::Busy } else { word });
        }
    }

    /// The batch to send for a box, kept on disk before anybody sees it.
    pub(crate) fn seal(&mut self, id: &BoxId, least: usize) -> Result<Option<Arc<Vec<u8>>>, RelayError> {
        self.mend()?;
        match self.book.seal(id, least) {
            Sealing::TooFew => Ok(None),
            Sealing::Again(body) => Ok(Some(body)),
            Sealing::Fresh(body) => match self.spool.keep_batch(id, &body, &*self.entropy) {
                Ok(()) => Ok(Some(body)),
                Err(error) => {
                    self.book.unseal(id);
                    Err(error)
                }
            },
        }
    }

    /// The platform has the batch: the spool is written anew without it.
    pub(crate) fn settle(&mut self, id: &BoxId) -> Result<(), RelayError> {
        self.book.settle(id);
        self.rewrite()
    }

    /// The platform will never take this batch.
    pub(crate) fn unseal(&mut self, id: &BoxId) -> Result<(), RelayError> {
        self.book.unseal(id);
        self.spool.drop_batch(id)
    }

    /// The box is closed: nobody may ask for a receipt again, and the spool is written anew without it. Returns how many
    /// casts came too late.
    pub(crate) fn forget(&mut self, id: &BoxId) -> Result<u32, RelayError> {
        let Some(late) = self.book.forget(id) else { return Ok(0) };
        self.rewrite()?;
        Ok(u32::try_from(late).unwrap_or(u32::MAX))
    }

    pub(crate) fn shut(&mut self, id: BoxId) {
        self.shut.insert(id);
    }

    pub(crate) fn reopen(&mut self, id: &BoxId) {
        self.shut.remove(id);
    }

    fn rewrite(&mut self) -> Result<(), RelayError> {
        match self.spool.rewrite(&self.book, &*self.entropy) {
            Ok(()) => self.disk = Disk::Level,
            Err(error) => {
                let lost = if self.spool.in_place() { Disk::Behind } else { Disk::Broken };
                self.disk = self.disk.max(lost);
                return Err(error);
            }
        }
        Ok(())
    }

    fn mend(&mut self) -> Result<(), RelayError> {
        if self.disk == Disk::Level { Ok(()) } else { self.rewrite() }
    }

    /// Every box something is known of, once the disk holds what the book does.
    pub(crate) fn boxes(&mut self) -> Result<Vec<BoxId>, RelayError> {
        self.mend()?;
        Ok(self.book.boxes().cloned().collect())
    }
}
