//! A trial installation per test on either backend, and a small client for its HTTP server.
//!
//! SQLite gets a directory of its own, PostgreSQL a database of its own on the server of `HENGPING_TEST_POSTGRES`. Without
//! that server the PostgreSQL half says that it was skipped, and fails where `HENGPING_REQUIRE_POSTGRES` is 1.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError, mpsc};
use std::thread::JoinHandle;

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use hengping::config::Config;
use hengping::flow::Site;
use hengping::flow::sign_in::{Grant, add_account};
use hengping::http;
use hengping::ports::{Entropy, SettableClock, SystemEntropy};
use hengping_domain::ids::{AccountId, PersonId, Role, Side};
use jiff::civil::date;
use tempfile::TempDir;

use crate::agents::{Machines, RELAY};

/// The password of every account the tests make.
pub const PASSWORD: &str = "correct horse battery";
/// The origin of the trial's own pages.
pub const ORIGIN: &str = "http://hengping.test";

/// Where a trial keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// An account of every role that is no rater's, on both sides where there are two, by login.
const STAFF: [(&str, Role, Option<Side>); 10] = [
    ("bench-negotiator", Role::Negotiator, Some(Side::Bench)),
    ("bar-negotiator", Role::Negotiator, Some(Side::Bar)),
    ("bench-coordinator", Role::Coordinator, Some(Side::Bench)),
    ("bar-coordinator", Role::Coordinator, Some(Side::Bar)),
    ("bench-key-holder", Role::KeyHolder, Some(Side::Bench)),
    ("bar-key-holder", Role::KeyHolder, Some(Side::Bar)),
    ("researcher", Role::Researcher, None),
    ("operator", Role::Operator, None),
    ("auditor", Role::Auditor, Some(Side::Bench)),
    ("machine", Role::Machine, None),
];

/// Makes of one check two tests, one per backend.
#[macro_export]
macro_rules! on_both_backends {
    ($($(#[$meta:meta])* fn $name:ident($trial:ident) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            fn check($trial: &$crate::harness::Trial) $body

            #[test]
            fn sqlite() {
                let trial = $crate::harness::Trial::new($crate::harness::Backend::Sqlite).expect("SQLite is always there");
                check(&trial);
            }

            #[test]
            fn postgres() {
                match $crate::harness::Trial::new($crate::harness::Backend::Postgres) {
                    Some(trial) => check(&trial),
                    None => eprintln!("skipped: HENGPING_TEST_POSTGRES names no server"),
                }
            }
        }
    )+};
}

#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where PostgreSQL is")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A URL of a database nobody else uses; `None` where there is no PostgreSQL server.
pub fn fresh_database() -> Option<String> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let Some(server) = environment("HENGPING_TEST_POSTGRES") else {
        assert_ne!(
            environment("HENGPING_REQUIRE_POSTGRES").as_deref(),
            Some("1"),
            "PostgreSQL is required, but absent"
        );
        return None;
    };
    let name = format!("trial_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut conn = diesel::pg::PgConnection::establish(&server).expect("the server of HENGPING_TEST_POSTGRES");
    conn.batch_execute(&format!("CREATE DATABASE {name}")).expect("a database");
    let (address, parameters) = server.split_once('?').unwrap_or((&server, ""));
    let (host, _) = address.rsplit_once('/').expect("the URL names a database");
    Some(format!("{host}/{name}?{parameters}"))
}

/// An installation of its own, with a clock that stands at nine on 2026-11-23 until it is moved.
pub struct Trial {
    pub site: Site,
    pub clock: Arc<SettableClock>,
    pub url: String,
    pub dir: TempDir,
    pub agents: Arc<Machines>,
}

impl Trial {
    /// Opens one; `None` where there is no PostgreSQL server.
    pub fn new(backend: Backend) -> Option<Self> {
        Self::with(backend, "")
    }

    /// Opens one with further settings in TOML.
    pub fn with(backend: Backend, settings: &str) -> Option<Self> {
        capture_log();
        let dir = tempfile::tempdir().expect("a directory");
        let url = match backend {
            Backend::Sqlite => format!("sqlite://{}/hengping.db", dir.path().display()),
            Backend::Postgres => fresh_database()?,
        };
        Some(Self::open(Self::config(&url, settings), dir, url, RELAY, Arc::new(SystemEntropy)))
    }

    /// Opens one that is configured already.
    pub fn open(config: Config, dir: TempDir, url: String, relay: &str, entropy: Arc<dyn Entropy>) -> Self {
        let clock = Arc::new(SettableClock::on(date(2026, 11, 23)));
        let agents = Machines::new(clock.clone());
        let mut site = Site::open(config, clock.clone(), entropy).expect("the site opens");
        site.agents = agents.reached(relay);
        Self { site, clock, url, dir, agents }
    }

    /// Another instance of the same installation, with the same agents.
    pub fn second_instance(&self) -> Site {
        let config = (*self.site.config).clone();
        let mut site = Site::open(config, self.clock.clone(), Arc::new(SystemEntropy)).expect("a second instance");
        site.agents = self.site.agents.clone();
        site
    }

    /// The configuration of a trial: cheap passwords, a free port, nothing carried by itself.
    pub fn config(url: &str, settings: &str) -> Config {
        let text = format!(
            "site.origins = [\"{ORIGIN}\"]\nhttp.listen = \"127.0.0.1:0\"\nhttp.workers = 2\nstore.url = \"{url}\"\n\
             password.memory_kib = 64\npassword.passes = 1\nagents.every_seconds = 0\n{settings}"
        );
        Config::from_toml(&text).expect("settings")
    }

    /// Makes an account whose login is also its name; a rater's belongs to a person whom no docket knows.
    pub fn account(&self, login: &str, grants: &[(Role, Option<Side>)]) -> AccountId {
        let grants: Vec<_> = grants.iter().map(|(role, side)| Grant { role: *role, side: *side }).collect();
        let rates = grants.iter().any(|grant| grant.role == Role::Rater);
        let person = rates.then(|| PersonId(format!("person of {login}")));
        add_account(&self.site, login, login, person, &grants, PASSWORD).expect("an account")
    }

    /// Makes the accounts of everybody who is no rater.
    pub fn staff(&self) {
        STAFF.iter().for_each(|(login, role, side)| drop(self.account(login, &[(*role, *side)])));
    }

    /// Starts the HTTP server.
    pub fn serve(&self) -> Served {
        Served::start(self.site.clone(), None)
    }

    /// Starts the HTTP server and lets it have the trial's directory.
    pub fn serve_and_keep(self) -> Served {
        Served::start(self.site, Some(self.dir))
    }
}

/// A running server; it stops when dropped.
pub struct Served {
    pub base: String,
    handle: actix_web::dev::ServerHandle,
    thread: Option<JoinHandle<()>>,
    _dir: Option<TempDir>,
}

impl Served {
    fn start(site: Site, dir: Option<TempDir>) -> Self {
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let running = http::start(site).expect("the server starts");
                sender.send((running.address, running.handle)).expect("the test waits");
                running.server.await.expect("the server ends well");
            });
        });
        let (address, handle) = receiver.recv().expect("the server listens");
        Self { base: format!("http://{address}"), handle, thread: Some(thread), _dir: dir }
    }

    /// A visitor.
    pub fn client(&self) -> Client {
        let config = ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build();
        Client { base: self.base.clone(), agent: config.into(), headers: vec![("Origin".into(), ORIGIN.into())] }
    }

    /// Someone who has signed in.
    pub fn signed_in(&self, login: &str) -> Client {
        let client = self.client();
        let answer = client.post("/api/session", &serde_json::json!({"login": login, "password": PASSWORD}));
        assert_eq!(answer.status, 200, "{}", answer.text);
        let cookie = answer.cookie().expect("a cookie");
        client.with("Cookie", &cookie)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The future only waits for the server; sending the signal is what it does at once.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(std::thread::panicking() || ended.is_ok(), "the server panicked");
        }
    }
}

/// Sends requests with the headers it holds.
#[derive(Clone)]
pub struct Client {
    base: String,
    agent: ureq::Agent,
    headers: Vec<(String, String)>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Client {
    /// The same client with a header more, or another value for it.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.without(name);
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The same client with a header less.
    pub fn without(&self, name: &str) -> Self {
        let mut client = self.clone();
        client.headers.retain(|(held, _)| !held.eq_ignore_ascii_case(name));
        client
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "")
    }

    /// The content encoding and the bytes as they came over the wire.
    pub fn send_raw(&self, path: &str) -> (String, Vec<u8>) {
        use std::io::{Read as _, Write as _};
        let address = self.base.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(address).expect("a connection");
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n").expect("sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("headers end");
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let encoding = head.lines().find_map(|line| line.strip_prefix("content-encoding: ")).unwrap_or_default();
        let chunked = head.contains("transfer-encoding: chunked");
        let mut body = bytes[end + 4..].to_vec();
        if chunked {
            let size = body.windows(2).position(|two| two == b"\r\n").expect("a chunk");
            body.drain(..size + 2);
        }
        (encoding.to_owned(), body)
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, "")
    }

    pub fn post(&self, path: &str, body: &serde_json::Value) -> Answer {
        self.with("Content-Type", "application/json").send("POST", path, &body.to_string())
    }

    /// Any method with any body.
    pub fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send_bytes(method, path, body.as_bytes().to_vec())
    }

    /// The same with a body that need not be text.
    pub fn send_bytes(&self, method: &str, path: &str, body: Vec<u8>) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let sent = if body.is_empty() && method != "POST" {
            self.agent.run(request.body(()).expect("a request"))
        } else {
            self.agent.run(request.body(body).expect("a request"))
        };
        let mut response = sent.expect("an answer");
        let bytes = response.body_mut().read_to_vec().expect("a body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), text, bytes }
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The code of a problem document, after checking that it is one.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{} {}", self.status, self.text);
        let body = self.json();
        assert_eq!(body["status"], self.status, "{body}");
        let code = body["code"].as_str().expect("a code").to_owned();
        assert_eq!(body["type"], format!("/problems/{code}"));
        assert!(body["title"].as_str().is_some_and(|title| !title.is_empty() && title != code), "{body}");
        code
    }

    /// A header's value, empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// `name=value` of the cookie that was set.
    pub fn cookie(&self) -> Option<String> {
        self.header("set-cookie").split(';').next().filter(|pair| !pair.is_empty()).map(str::to_owned)
    }
}

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Capture;

impl std::io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn capture_log() {
    static START: Once = Once::new();
    START.call_once(|| {
        tracing_subscriber::fmt().json().flatten_event(true).with_writer(|| Capture).init();
    });
}

/// What the servers of this process have logged so far, one JSON object per line.
pub fn log() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}
