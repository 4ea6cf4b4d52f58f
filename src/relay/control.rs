//! How `relay hand-over` reaches a running relay: one line each way over a socket in the relay's own directory.
//!
//! Who may connect, the directory's permissions decide. Deliberately absent: anything but handing over.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use hengping_domain::ids::BoxId;
use serde::{Deserialize, Serialize};

use crate::error::{RelayError, file};
use crate::hand_over::HandOver;
use crate::least;
use crate::serve::Relay;

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// All if absent.
    #[serde(rename = "box")]
    pub(crate) id: Option<BoxId>,
    /// More than a batch has to hold anyway.
    pub(crate) least: Option<u32>,
    pub(crate) closing: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Said {
    Done(Vec<HandOver>),
    Error { code: String, message: String },
}

fn path(dir: &Path) -> PathBuf {
    dir.join("control")
}

/// What a batch of a box has to hold when so much is asked for.
fn at_least(id: &BoxId, asked: Option<u32>) -> u32 {
    least(id.direction).max(asked.unwrap_or(0))
}

impl Asked {
    pub(crate) fn answer(&self, relay: &Relay) -> Result<Vec<HandOver>, RelayError> {
        match &self.id {
            Some(id) => relay.hand_over(id, at_least(id, self.least), self.closing).map(|one| vec![one]),
            None => relay.hand_over_all(&|id| at_least(id, self.least), self.closing),
        }
    }

    /// Asks the relay that runs in `dir`; `None` if none does.
    pub(crate) fn send(&self, dir: &Path) -> Result<Option<Vec<HandOver>>, RelayError> {
        let path = path(dir);
        let Ok(mut stream) = UnixStream::connect(&path) else { return Ok(None) };
        let mut line = serde_json::to_string(self).map_err(|_| RelayError::Malformed(path.clone()))?;
        line.push('\n');
        stream.write_all(line.as_bytes()).map_err(file(&path))?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).map_err(file(&path))?;
        match serde_json::from_str(&answer).map_err(|_| RelayError::InUse(dir.to_owned()))? {
            Said::Done(done) => Ok(Some(done)),
            Said::Error { code, message } => Err(RelayError::Said { code, message }),
        }
    }
}

/// The thread that listens.
pub(crate) struct Control {
    path: PathBuf,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    pub(crate) fn start(dir: &Path, relay: Arc<Relay>) -> Result<Self, RelayError> {
        let path = path(dir);
        // Left by a process that was killed; the lock says that it is gone.
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).map_err(file(&path))?;
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopping);
        let listen = move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                // Whoever hung up asks again.
                let _ = stream.and_then(|stream| hear(stream, &relay));
            }
        };
        let thread = std::thread::Builder::new().name("control".to_owned()).spawn(listen).map_err(file(&path))?;
        Ok(Self { path, stopping, thread: Some(thread) })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = UnixStream::connect(&self.path);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

fn hear(mut stream: UnixStream, relay: &Relay) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut line = String::new();
    BufReader::new(stream.try_clone()?).read_line(&mut line)?;
    let asked: Asked = serde_json::from_str(&line)?;
    let said = match asked.answer(relay) {
        Ok(done) => Said::Done(done),
        Err(error) => Said::Error { code: error.code().to_owned(), message: error.to_string() },
    };
    let mut line = serde_json::to_string(&said)?;
    line.push('\n');
    stream.write_all(line.as_bytes())
}
