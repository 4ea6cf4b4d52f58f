//! Puts a relay together: its directory under a lock, the clerk, the server, the control socket and the daily hand-over.
//!
//! Dropping what [`start`] returns stops everything and loses nothing. Deliberately absent: a second process on one directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use ed25519_dalek::SigningKey;
use hengping_domain::digest::{Bytes, Bytes32};
use hengping_domain::ids::BoxId;
use hengping_ports::{Clock, Entropy};
use jiff::civil::Time;
use tokio::sync::oneshot;

use crate::boxes::Boxes;
use crate::clerk::Clerk;
use crate::control::Control;
use crate::door::{counter, door};
use crate::error::{RelayError, file};
use crate::hand_over::HandOver;
use crate::platform::Platform;
use crate::problem::Problem;
use crate::spool::Spool;
use crate::web::register;
use crate::{MOST_WAITING, daily, keys};

/// How often one address may post.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Posts at once.
    pub burst: u32,
    /// Milliseconds until one more.
    pub refill_ms: u64,
}

/// Everything a relay needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where `relay init` put the keys.
    pub dir: PathBuf,
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Scheme, host and port of the platform.
    pub platform: String,
    /// Origins of the pages that may post.
    pub origins: Vec<String>,
    /// Proxies in front whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpAddr>,
    /// Casts that may wait; replaced ones count until the next hand-over.
    pub most_waiting: usize,
    /// How often one address may post; an association's whole office may be behind one.
    pub limit: Limit,
    /// When everything is handed over every day, courts' time.
    pub daily: Option<Time>,
    /// Whether the process's signals stop it.
    pub signals: bool,
}

impl Settings {
    /// The usual limits, no daily hand-over, no signals.
    #[must_use]
    pub fn new(dir: &Path, listen: SocketAddr, platform: &str, origins: Vec<String>) -> Self {
        Self {
            dir: dir.to_owned(),
            listen,
            platform: platform.to_owned(),
            origins,
            proxies: Vec::new(),
            most_waiting: MOST_WAITING,
            limit: Limit { burst: 60, refill_ms: 1_000 },
            daily: None,
            signals: false,
        }
    }
}

/// What all threads share.
pub(crate) struct Relay {
    pub(crate) clerk: Clerk,
    pub(crate) boxes: Boxes,
    pub(crate) receipt: SigningKey,
    pub(crate) origins: Vec<String>,
    pub(crate) clock: Arc<dyn Clock>,
    /// One hand-over at a time.
    pub(crate) handing: Mutex<()>,
    /// Held for as long as anything works on the directory.
    _lock: File,
}

impl Relay {
    pub(crate) fn open(
        settings: &Settings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, RelayError> {
        let receipt = keys::receipt_key(&settings.dir)?;
        let lock = lock(&settings.dir)?;
        let public = Bytes(receipt.verifying_key().to_bytes());
        let platform = Platform::new(&settings.platform)?;
        let (spool, found) = Spool::open(&settings.dir, &*entropy)?;
        if found.torn > 0 {
            eprintln!("spool: {} records that were never acknowledged are gone / 丢弃未回执的残缺记录", found.torn);
        }
        let clerk = Clerk::start(spool, found, settings.most_waiting, entropy)?;
        let boxes = Boxes::new(platform, public, Arc::clone(&clock));
        let origins = settings.origins.iter().map(|origin| origin.trim_end_matches('/').to_owned()).collect();
        Ok(Self { clerk, boxes, receipt, origins, clock, handing: Mutex::default(), _lock: lock })
    }

    pub(crate) fn public(&self) -> Bytes32 {
        Bytes(self.receipt.verifying_key().to_bytes())
    }
}

fn lock(dir: &Path) -> Result<File, RelayError> {
    let path = dir.join("lock");
    let held = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(file(&path))?;
    match held.try_lock() {
        Ok(()) => Ok(held),
        Err(TryLockError::WouldBlock) => Err(RelayError::InUse(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(file(&path)(error)),
    }
}

/// A relay that answers until it is stopped or dropped.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Signs receipts and batches; stands in the manifest.
    pub receipt_key: Bytes32,
    relay: Arc<Relay>,
    control: Option<Control>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<std::io::Result<()>>>,
    daily: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

/// Starts a relay on threads of its own.
///
/// # Errors
/// [`RelayError`] when directory, address or a setting cannot be used.
pub fn start(settings: &Settings, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Running, RelayError> {
    let failed = |error: std::io::Error| RelayError::Settings(format!("{}: {error}", settings.listen));
    let counter = counter(&settings.limit, &settings.proxies)
        .ok_or_else(|| RelayError::Settings("limit: burst and refill must be above zero".to_owned()))?;
    let relay = Arc::new(Relay::open(settings, clock, entropy)?);
    let listener = TcpListener::bind(settings.listen).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let control = Control::start(&settings.dir, Arc::clone(&relay))?;
    let (stop, stopped) = oneshot::channel::<()>();
    let (shared, signals) = (web::Data::from(Arc::clone(&relay)), settings.signals);
    let serve = move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                App::new()
                    .app_data(shared.clone())
                    .configure(|app| register(app, &counter))
                    .default_service(web::to(|| async { Err::<(), _>(Problem::NotFound) }).wrap(from_fn(door)))
            });
            let server = server.shutdown_timeout(5).listen(listener)?;
            let server = if signals { server.run() } else { server.disable_signals().run() };
            let handle = server.handle();
            actix_web::rt::spawn(async move {
                // Stopped, or whoever could stop it is gone.
                let _ = stopped.await;
                handle.stop(true).await;
            });
            server.await
        })
    };
    let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
    let server = thread("server").spawn(serve).map_err(failed)?;
    let daily = match settings.daily {
        None => None,
        Some(at) => {
            let ((stop, stopped), relay) = (mpsc::channel(), Arc::clone(&relay));
            let run = move || daily::run(&relay, at, &stopped);
            Some((stop, thread("daily").spawn(run).map_err(failed)?))
        }
    };
    let receipt_key = relay.public();
    Ok(Running { address, receipt_key, relay, control: Some(control), stop: Some(stop), server: Some(server), daily })
}

impl Running {
    /// Hands over what waits for a box; waits for the platform, so not for a thread that serves it.
    ///
    /// # Errors
    /// [`RelayError::Unreachable`], [`RelayError::NotTaken`]; nothing is lost either way.
    pub fn hand_over(&self, id: &BoxId, least: u32, closing: bool) -> Result<HandOver, RelayError> {
        self.relay.hand_over(id, least, closing)
    }

    /// Waits until a signal stops the server.
    ///
    /// # Errors
    /// [`RelayError::Settings`] when the server failed.
    pub fn wait(mut self) -> Result<(), RelayError> {
        let ended = self.server.take().map(JoinHandle::join);
        match ended {
            Some(Ok(Err(error))) => Err(RelayError::Settings(error.to_string())),
            _ => Ok(()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some((stop, thread)) = self.daily.take() {
            drop(stop);
            let _ = thread.join();
        }
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
        self.control.take();
    }
}
