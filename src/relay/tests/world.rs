//! A platform that remembers what it was given, devices that post, and a relay between them.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use hengping_domain::cast::{Cast, Receipt, read_batch, verify_batch};
use hengping_domain::digest::{Bytes, Bytes32, Digest};
use hengping_domain::document::SIGNATURE_HEADER;
use hengping_domain::ids::{BoxId, InvitationId};
use hengping_domain::layer::{POSTED_LEN, Posted};
use hengping_domain::lock::SUITE;
use hengping_domain::token::{Seed, Token};
use hengping_ports::{SeededEntropy, SettableClock};
use hengping_relay::{Running, Settings, keys, start};
use jiff::civil::date;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};
use tempfile::TempDir;

pub const ORIGIN: &str = "https://pages.example";

pub fn id(direction: &str) -> BoxId {
    format!("2026.{direction}").parse().unwrap()
}

pub fn bar() -> BoxId {
    id("bar_rates_bench")
}

pub fn bench() -> BoxId {
    id("bench_rates_bar")
}

/// The cast of a rater's number; another item for each sequence number.
pub fn cast(id: &BoxId, rater: u32, seq: u32) -> Cast {
    sealed(id, rater, seq, u64::from(rater) << 8 | u64::from(seq))
}

/// The same with an item of one's choice.
pub fn sealed(id: &BoxId, rater: u32, seq: u32, item: u64) -> Cast {
    let key = Seed(Bytes([9; 32])).stamp_key(&InvitationId(format!("{id} {rater}")));
    let stamp = Token { nonce: key.nonce(), bench: Bytes([1; 64]), bar: Bytes([2; 64]) };
    let mut bytes = vec![0; POSTED_LEN];
    ChaCha20Rng::seed_from_u64(item).fill_bytes(&mut bytes);
    bytes[..4].copy_from_slice(SUITE);
    Cast::sign(id.clone(), &key, stamp, seq, Posted::from_bytes(bytes).unwrap())
}

/// How the platform behaves, and what it has.
#[derive(Default)]
pub struct Ledger {
    pub receipt: Option<Bytes32>,
    /// State and last day.
    pub boxes: BTreeMap<String, (String, String)>,
    /// Whole answers about boxes, in the place of state and last day.
    pub answers: BTreeMap<String, Value>,
    /// Batches by digest of their bytes, in order.
    pub batches: Vec<(BoxId, Digest, Vec<Cast>)>,
    /// Answers 500 to everything.
    pub down: bool,
    /// Takes the next batch and answers 500.
    pub loses_an_answer: bool,
    /// Refuses batches with this code.
    pub refuses: Option<&'static str>,
    /// Requests about boxes so far.
    pub asked: usize,
    /// Lets requests about boxes that there are not wait until it is false again.
    pub holds_unknown: bool,
    /// Happens once while the next batch that was not seen before is being taken.
    pub meanwhile: Option<Box<dyn FnOnce() + Send>>,
}

impl Ledger {
    pub fn casts(&self) -> impl Iterator<Item = &Cast> {
        self.batches.iter().flat_map(|(_, _, casts)| casts)
    }
}

pub struct Platform {
    pub address: SocketAddr,
    pub ledger: Arc<Mutex<Ledger>>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

async fn look(ledger: web::Data<Mutex<Ledger>>, id: web::Path<String>) -> HttpResponse {
    ledger.lock().unwrap().asked += 1;
    let held = || {
        let ledger = ledger.lock().unwrap();
        ledger.holds_unknown && !ledger.boxes.contains_key(&*id)
    };
    while held() {
        actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let ledger = ledger.lock().unwrap();
    if ledger.down {
        return HttpResponse::InternalServerError().finish();
    }
    if let Some(answer) = ledger.answers.get(&*id) {
        return HttpResponse::Ok().json(answer);
    }
    match ledger.boxes.get(&*id) {
        None => HttpResponse::NotFound().json(json!({"code": "not-found"})),
        Some((state, until)) => HttpResponse::Ok().json(json!({
            "id": *id, "state": state, "counts": {},
            "manifest": {"hash": "..", "body": {"v": 2, "cast_until": until, "relay": {"origin": "..", "receipt": ledger.receipt}}},
        })),
    }
}

async fn take(
    ledger: web::Data<Mutex<Ledger>>,
    id: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let mut ledger = ledger.lock().unwrap();
    if ledger.down {
        return HttpResponse::InternalServerError().finish();
    }
    if let Some(code) = ledger.refuses {
        return HttpResponse::Conflict().json(json!({"code": code}));
    }
    let id: BoxId = id.parse().unwrap();
    let signature = request.headers().get(SIGNATURE_HEADER).unwrap().to_str().unwrap().parse().unwrap();
    verify_batch(&id, &body, &ledger.receipt.unwrap(), &signature).unwrap();
    let (digest, casts) = (Digest::of(&[&body]), read_batch(&id, &body).unwrap());
    let known = ledger.batches.iter().position(|(_, known, _)| *known == digest);
    let number = known.unwrap_or_else(|| {
        ledger.batches.push((id.clone(), digest, casts));
        ledger.batches.len() - 1
    });
    if known.is_none()
        && let Some(meanwhile) = ledger.meanwhile.take()
    {
        meanwhile();
    }
    if std::mem::take(&mut ledger.loses_an_answer) {
        return HttpResponse::InternalServerError().finish();
    }
    HttpResponse::Ok().json(json!({"batch": number + 1, "taken": ledger.batches[number].2.len()}))
}

impl Platform {
    pub fn start() -> Self {
        let open = ("open".to_owned(), "2026-12-31".to_owned());
        let boxes = [bar(), bench()].map(|id| (id.to_string(), open.clone())).into();
        let ledger = web::Data::new(Mutex::new(Ledger { boxes, ..Ledger::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let shared = ledger.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    App::new()
                        .app_data(shared.clone())
                        .app_data(web::PayloadConfig::new(64 << 20))
                        .route("/api/boxes/{box}", web::get().to(look))
                        .route("/api/boxes/{box}/batches", web::post().to(take))
                });
                let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
                let handle = server.handle();
                actix_web::rt::spawn(async move {
                    let _ = stopped.await;
                    handle.stop(false).await;
                });
                server.await.unwrap();
            });
        });
        Self { address, ledger: ledger.into_inner(), stop: Some(stop), thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Platform, relay and clock of one test.
pub struct World {
    pub platform: Platform,
    pub relay: Option<Running>,
    pub clock: Arc<SettableClock>,
    pub settings: Settings,
    pub dir: TempDir,
}

impl World {
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let (platform, dir) = (Platform::start(), tempfile::tempdir().unwrap());
        let receipt = keys::init(dir.path(), &SeededEntropy::new(1)).unwrap();
        platform.ledger.lock().unwrap().receipt = Some(receipt);
        let origins = vec![ORIGIN.to_owned()];
        let mut settings = Settings::new(dir.path(), "127.0.0.1:0".parse().unwrap(), &platform.url(), origins);
        change(&mut settings);
        let clock = Arc::new(SettableClock::on(date(2026, 6, 1)));
        let mut world = Self { platform, relay: None, clock, settings, dir };
        world.start();
        world
    }

    pub fn start(&mut self) {
        self.relay = Some(start(&self.settings, self.clock.clone(), Arc::new(SeededEntropy::new(2))).unwrap());
    }

    /// Stops the relay and starts it again on the same directory.
    pub fn restart(&mut self) {
        drop(self.relay.take());
        self.start();
    }

    pub fn relay(&self) -> &Running {
        self.relay.as_ref().unwrap()
    }

    pub fn url(&self) -> String {
        format!("http://{}/box", self.relay().address)
    }

    pub fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.platform.ledger.lock().unwrap()
    }

    /// Posts a cast and gives its receipt, which holds, or the status and code of the refusal.
    pub fn post(&self, cast: &Cast) -> Result<Receipt, (u16, String)> {
        let (status, body) = send(&self.url(), &serde_json::to_value(cast.body()).unwrap(), &[]);
        if status != 200 {
            return Err((status, body["code"].as_str().unwrap().to_owned()));
        }
        let receipt: Receipt = serde_json::from_value(body).unwrap();
        receipt.verify(cast, &self.relay().receipt_key).unwrap();
        Ok(receipt)
    }

    pub fn post_all(&self, casts: &[Cast]) {
        for cast in casts {
            self.post(cast).unwrap();
        }
    }
}

pub fn agent() -> ureq::Agent {
    ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build())
}

/// Posts JSON with some headers.
pub fn send(url: &str, body: &Value, headers: &[(&str, &str)]) -> (u16, Value) {
    let mut request = agent().post(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.send_json(body).unwrap();
    (response.status().as_u16(), response.body_mut().read_json().unwrap())
}
