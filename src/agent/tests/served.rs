//! The agent over HTTP.

use std::net::SocketAddr;

use ed25519_dalek::Signer as _;
use hengping_agent::Answer;
use hengping_agent::http;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::ids::Side;
use hengping_domain::request::{Asked, Request, SignedRequest, file_text};
use hengping_domain::statement::{AgentRefusal, Said, Signed, Statement};
use hengping_domain::{log, mix};

use crate::harness::{Closed, Trial, id, key, other_box};

struct Client {
    at: SocketAddr,
    agent: ureq::Agent,
}

impl Client {
    fn new(at: SocketAddr) -> Self {
        Self { at, agent: ureq::Agent::config_builder().http_status_as_error(false).build().into() }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    fn post(&self, body: &[u8]) -> (u16, serde_json::Value) {
        let mut response = self.agent.post(self.url("/requests")).send(body).expect("an answer");
        (response.status().as_u16(), response.body_mut().read_json().expect("json"))
    }

    fn ask(&self, request: &SignedRequest) -> (u16, Signed) {
        let (status, body) = self.post(&serde_json::to_vec(request).expect("json"));
        (status, serde_json::from_value(body).expect("a statement"))
    }

    fn put(&self, name: Digest, signer: u8, method: &str, bytes: &[u8]) -> u16 {
        let signature = Bytes(key(signer).sign(file_text(method, name).as_bytes()).to_bytes());
        let request = self.agent.put(self.url(&format!("/files/{name}")));
        let response = request.header("hengping-signature", signature.to_string()).send(bytes).expect("an answer");
        response.status().as_u16()
    }

    fn get(&self, name: Digest, signer: u8) -> (u16, Vec<u8>) {
        let signature = Bytes(key(signer).sign(file_text("GET", name).as_bytes()).to_bytes());
        let request = self.agent.get(self.url(&format!("/files/{name}")));
        let mut response = request.header("hengping-signature", signature.to_string()).call().expect("an answer");
        let status = response.status().as_u16();
        (status, response.body_mut().with_config().limit(1 << 30).read_to_vec().expect("a body"))
    }
}

#[test]
fn requests_are_answered_over_http() {
    let trial = Trial::with(hengping_agent::config::Settings::default());
    let manifest = trial.manifest();
    let running = http::start(trial.agents.bench.clone(), ([127, 0, 0, 1], 0).into()).expect("listening");
    let client = Client::new(running.address);
    let (status, signed) = client.ask(&trial.signed(id(), Asked::Keys));
    assert_eq!(status, 200);
    let said = signed.said(&id(), Side::Bench, &trial.pins.sides.bench.agent);
    assert!(matches!(said, Ok(Said::Keys(_))));
    let adopt = serde_json::to_vec(&trial.signed(id(), trial.adopt(&manifest))).expect("json");
    assert_eq!(client.post(&adopt), (202, serde_json::json!({"status": "later"})), "its officers see it first");
    let foreign = Request::new(id(), Asked::Keys).sign(&key(50)).expect("signed");
    let (_, Signed { statement: Statement { said, .. }, .. }) = client.ask(&foreign);
    assert!(matches!(said, Said::Refused { code: AgentRefusal::RequestRefused, .. }));
    for body in [&b"{}"[..], b"", b"\xff", b"[[[[[[[["] {
        assert_eq!(client.post(body), (400, serde_json::json!({"code": "request-refused"})));
    }
    let large = vec![b' '; (32 << 20) + 1];
    assert_eq!(client.post(&large), (413, serde_json::json!({"code": "body-too-large"})));
    let health: serde_json::Value =
        client.agent.get(client.url("/healthz")).call().expect("health").body_mut().read_json().expect("json");
    assert_eq!((&health["status"], &health["side"]), (&"ok".into(), &"bench".into()));
    assert_eq!(client.agent.get(client.url("/")).call().expect("an answer").status().as_u16(), 404);
    running.stop();
    assert!(client.agent.get(client.url("/healthz")).call().is_err(), "stopped");
}

#[test]
fn files_come_and_go_with_the_platforms_signature() {
    let closed = Closed::new(3);
    let trial = &closed.trial;
    let running = http::start(trial.agents.bench.clone(), ([127, 0, 0, 1], 0).into()).expect("listening");
    let client = Client::new(running.address);
    let list = mix::write_list(&closed.posted());
    let input = Digest::of(&[&list]);
    assert_eq!(client.put(input, 50, "PUT", &list), 403, "somebody else's signature");
    assert_eq!(client.put(input, 1, "GET", &list), 403, "a signature for another method");
    assert_eq!(client.put(input, 1, "PUT", &list[1..]), 422, "another content");
    assert!(!trial.agents.bench.files().has(input));
    assert_eq!(client.put(input, 1, "PUT", &list), 201);
    assert_eq!(client.put(input, 1, "PUT", &list), 204, "there already");
    assert_eq!(client.get(input, 1).0, 404, "what came in does not go out");
    let (_, signed) = client.ask(&trial.signed(id(), Asked::Mix { input, after: None }));
    let Said::Mixed { output, .. } = signed.statement.said else { panic!("{signed:?}") };
    assert_eq!(client.get(output, 50).0, 403);
    let (status, bytes) = client.get(output, 1);
    assert_eq!((status, Digest::of(&[&bytes])), (200, output));
    let left: Vec<_> = std::fs::read_dir(trial.agent_dir(Side::Bench).join("files")).expect("files").collect();
    assert_eq!(left.len(), 2, "nothing unfinished is kept");
    drop(running);
}

#[test]
fn shares_leave_by_the_network_only_if_the_officers_say_so() {
    let closed = Closed::new(2);
    let mut trial = closed.trial;
    let mixed = trial.shuffle(&closed.casts.iter().map(|cast| &cast.posted).collect::<Vec<_>>());
    let listed = trial.list(&mixed);
    let ask = |trial: &Trial| match trial.said(Side::Bar, Asked::Shares { listed: Box::new(listed.clone()) }) {
        Said::HandedOver { shares, .. } => shares,
        other => panic!("{other:?}"),
    };
    trial.settings.hand_over = hengping_agent::config::HandOver::Directory;
    trial.agents.bar = trial.again(Side::Bar);
    let shares = ask(&trial);
    let get = |trial: &Trial| {
        let running = http::start(trial.agents.bar.clone(), ([127, 0, 0, 1], 0).into()).expect("listening");
        Client::new(running.address).get(shares, 1).0
    };
    assert_eq!(get(&trial), 404);
    let carried = trial.agent_dir(Side::Bar).join("hand-over").join(id().to_string()).join("shares-bar.bin");
    assert_eq!(Digest::of(&[&std::fs::read(&carried).expect("for the officers")]), shares);
    trial.settings.hand_over = hengping_agent::config::HandOver::Network;
    trial.agents.bar = trial.again(Side::Bar);
    assert_eq!(ask(&trial), shares);
    assert_eq!(get(&trial), 200);
    trial.settings.hand_over = hengping_agent::config::HandOver::Directory;
    trial.agents.bar = trial.again(Side::Bar);
    assert_eq!(get(&trial), 404, "they have changed their mind");
    trial.said(Side::Bar, Asked::Death);
    assert!(!carried.exists(), "what was laid out for the officers goes too");
}

#[test]
fn a_list_that_was_never_used_goes_when_a_box_dies() {
    let closed = Closed::new(2);
    let list = mix::write_list(&closed.posted());
    let mut trial = closed.trial;
    trial.settings.approve = [hengping_agent::config::AskedKind::Mix].into();
    trial.agents.bench = trial.again(Side::Bench);
    let (asked_for, unused) = (trial.put(Side::Bench, &list), trial.put(Side::Bench, b"fits no request"));
    assert_eq!(trial.ask(Side::Bench, Asked::Mix { input: asked_for, after: None }), Answer::Later);
    let other = trial.manifest_of(&other_box());
    let end = Asked::Close { size: 0, root: log::root(&[]), stamps: 0 };
    for asked in [trial.adopt(&other), end, Asked::Death] {
        assert_eq!(trial.ask_of(other_box(), Side::Bench, asked).refusal(), None);
    }
    let files = trial.agents.bench.files();
    assert!(files.has(asked_for) && !files.has(unused), "what waits for the officers is still there");
    // The same at the start of a server, which may have been down when a box died.
    let unused = trial.put(Side::Bench, b"fits no request");
    let running = http::start(trial.agents.bench.clone(), ([127, 0, 0, 1], 0).into()).expect("listening");
    assert!(files.has(asked_for) && !files.has(unused));
    drop(running);
}
