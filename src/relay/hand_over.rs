//! Handing over: what waits for a box goes to the platform in sorted batches, and only then leaves the spool.
//!
//! A batch is kept on disk before it is sent and stays the same bytes until it is answered for, so that a crash at any point
//! neither loses a cast nor brings it twice. Deliberately absent: who posted what.

use hengping_domain::cast::{CAST_LEN, sign_batch};
use hengping_domain::ids::BoxId;
use serde::{Deserialize, Serialize};

use crate::book::parts;
use crate::clerk::Desk;
use crate::error::RelayError;
use crate::platform::Standing;
use crate::serve::Relay;

/// One batch that the platform took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// Its number in the log.
    pub batch: u32,
    /// Casts in it.
    pub casts: u32,
    /// Casts the platform took; the others it knew already.
    pub taken: u32,
}

/// What became of one box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// The box.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// None if fewer casts wait than may be handed over.
    pub batches: Vec<Delivered>,
    /// Casts that came too late: the platform has closed the box, and they are gone.
    pub discarded: u32,
}

/// Says that casts of a closed box are gone.
pub(crate) fn too_late(id: &BoxId, casts: u32) -> String {
    format!("{id}: closed; {casts} casts came too late and are gone / 已截止；{casts} 件到达过晚，已删除")
}

impl Relay {
    /// Hands over what waits for a box: at least `least` stamps, or everything if the box is closing. Once the platform has
    /// closed it, everything that is known of it goes: nothing is carried over.
    ///
    /// # Errors
    /// [`RelayError::Unreachable`]: the same batch goes out again next time. [`RelayError::NotTaken`]: its casts wait on.
    pub(crate) fn hand_over(&self, id: &BoxId, least: u32, closing: bool) -> Result<HandOver, RelayError> {
        let _one = self.handing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if closing {
            let shut = id.clone();
            self.clerk.ask(move |desk| desk.shut(shut))?;
        }
        let done = self.hand_over_shut(id, if closing { 1 } else { least });
        let open = id.clone();
        self.clerk.ask(move |desk| desk.reopen(&open))?;
        done
    }

    fn hand_over_shut(&self, id: &BoxId, least: u32) -> Result<HandOver, RelayError> {
        let mut done = HandOver { id: id.clone(), batches: Vec::new(), discarded: 0 };
        let delivered = self.deliver(id, least, &mut done.batches);
        // From the next cast on, the platform's present word counts.
        if self.boxes.ask(id).is_ok_and(|standing| standing == Standing::Closed) {
            let closed = id.clone();
            done.discarded = self.clerk.ask(move |desk| desk.forget(&closed))??;
            if let Err(RelayError::NotTaken(_)) = delivered {
                return Ok(done);
            }
        }
        delivered.map(|()| done)
    }

    fn deliver(&self, id: &BoxId, least: u32, delivered: &mut Vec<Delivered>) -> Result<(), RelayError> {
        // A batch that was not answered for goes first, and counts as none of today's.
        let sealed = id.clone();
        if self.clerk.ask(move |desk| desk.book.sealed().any(|(id, _)| *id == sealed))? {
            delivered.extend(self.send(id, 1)?);
        }
        let waiting = id.clone();
        let waiting = self.clerk.ask(move |desk| desk.book.waiting(&waiting))?;
        for _ in 0..parts(waiting) {
            // Each for itself: what comes in the meantime is a batch only if there is enough of it.
            let Some(batch) = self.send(id, least)? else { break };
            delivered.push(batch);
        }
        Ok(())
    }

    fn send(&self, id: &BoxId, least: u32) -> Result<Option<Delivered>, RelayError> {
        let sealed = id.clone();
        let body = self.clerk.ask(move |desk| desk.seal(&sealed, least as usize))??;
        let Some(body) = body else { return Ok(None) };
        let signature = sign_batch(id, &body, &self.receipt);
        let (answer, id) = (self.boxes.platform().take(id, &body, &signature), id.clone());
        match answer {
            Ok(taken) => {
                self.clerk.ask(move |desk| desk.settle(&id))??;
                let casts = u32::try_from(body.len() / CAST_LEN).unwrap_or(u32::MAX);
                Ok(Some(Delivered { batch: taken.batch, casts, taken: taken.taken }))
            }
            Err(RelayError::NotTaken(code)) => {
                self.clerk.ask(move |desk| desk.unseal(&id))??;
                Err(RelayError::NotTaken(code))
            }
            Err(error) => Err(error),
        }
    }

    /// Hands over what waits for every box that something is known of.
    ///
    /// # Errors
    /// The first error, after every box was tried.
    pub(crate) fn hand_over_all(
        &self,
        least: &dyn Fn(&BoxId) -> u32,
        closing: bool,
    ) -> Result<Vec<HandOver>, RelayError> {
        let ids = self.clerk.ask(Desk::boxes)??;
        let (mut done, mut failed) = (Vec::new(), None);
        for id in &ids {
            match self.hand_over(id, least(id), closing) {
                Ok(one) => done.push(one),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(done), Err)
    }
}
