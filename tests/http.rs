//! What every answer of the server has in common: headers, problems, limits, pages, logs, metrics.

use hengping::http::openapi;
use hengping_domain::ids::Role;
use serde_json::json;

use crate::agents::RELAY;
use crate::harness::{Backend, Client, ORIGIN, Trial, log};

fn sqlite() -> Trial {
    Trial::new(Backend::Sqlite).expect("SQLite is always there")
}

fn raw(client: &Client, body: &str) -> crate::harness::Answer {
    client.with("Content-Type", "application/json").send("POST", "/api/session", body)
}

#[test]
fn every_answer_carries_the_protective_headers() {
    let served = sqlite().serve_and_keep();
    let client = served.client().with("Accept", "text/html");
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/r"),
        ("GET", "/api/session"),
        ("GET", "/api/none"),
        ("PUT", "/api/session"),
        ("GET", "/healthz"),
    ] {
        let answer = client.send(method, path, "");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{method} {path}");
        }
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        // A page may reach its own origin and the relay's, and nothing else.
        let elsewhere = policy.replace(&format!("connect-src 'self' {RELAY};"), "");
        assert!(!elsewhere.contains("unsafe") && !elsewhere.contains("http"), "{path}: {policy}");
        assert!(answer.header("permissions-policy").contains("camera=()"), "{path}");
        if path.starts_with("/api") {
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
}

#[test]
fn pages_run_our_own_scripts_under_trusted_types_and_nothing_else() {
    let served = sqlite().serve_and_keep();
    for path in ["/", "/r", "/r/anything", "/releases/x"] {
        let page = served.client().with("Accept", "text/html,*/*;q=0.1").get(path);
        assert!(page.header("content-type").starts_with("text/html"), "{path}: {}", page.status);
        let policy = page.header("content-security-policy");
        for part in
            ["script-src 'self';", "style-src 'self';", "require-trusted-types-for 'script'", "trusted-types vue"]
        {
            assert!(policy.contains(part), "{part} in {policy}");
        }
        assert!(policy.contains(&format!("connect-src 'self' {RELAY};")), "the relay of the manifest: {policy}");
        assert!(page.status == 200 || page.text.contains("页面尚未构建"), "{path}: {}", page.status);
    }
}

#[test]
fn only_navigations_fall_back_to_a_page() {
    let served = sqlite().serve_and_keep();
    let browser = served.client().with("Accept", "text/html");
    for path in
        ["/api/none", "/api", "/assets/none.js", "/none.png", "/box/x", "/..%2f..%2fCargo.toml", "/%2e%2e/Cargo.toml"]
    {
        let answer = browser.get(path);
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"), "{path}");
    }
    let program = served.client().with("Accept", "application/json").get("/releases/x");
    assert_eq!((program.status, program.problem().as_str()), (404, "not-found"));
    assert_eq!(browser.send("POST", "/releases/x", "").problem(), "not-found");
}

#[test]
fn another_method_is_told_which_there_are() {
    let served = sqlite().serve_and_keep();
    let answer = served.client().send("PATCH", "/api/session", "");
    assert_eq!((answer.status, answer.problem().as_str()), (405, "method-not-allowed"));
    assert_eq!(answer.header("allow"), "GET, POST, DELETE");
    assert_eq!(served.client().send("BREW", "/healthz", "").problem(), "method-not-allowed");
}

#[test]
fn bodies_that_cannot_be_read_are_problems() {
    let served = sqlite().serve_and_keep();
    let client = served.client();
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{\"login\":1,\"password\":\"x\"}",
        "{\"login\":\"a\"}",
        "{\"login\":\"a\",\"password\":\"b\",\"c\":1}",
    ] {
        let answer = raw(&client, body);
        assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid-request"), "{body}");
    }
    let deep = format!("{{\"login\":{}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(raw(&client, &deep).problem(), "invalid-request");
    let long = json!({"login": "a".repeat(65), "password": ""});
    let answer = client.post("/api/session", &long);
    assert_eq!(answer.problem(), "invalid-request");
    let named: Vec<_> =
        answer.json()["problems"].as_array().expect("a list").iter().map(|one| one["path"].clone()).collect();
    assert_eq!(named, ["login", "password"]);
    let huge = raw(&client, &format!("{{\"login\":\"{}\"}}", "a".repeat(65 * 1024)));
    assert_eq!((huge.status, huge.problem().as_str()), (413, "body-too-large"));
    let other = client.with("Content-Type", "text/plain").send("POST", "/api/session", "{}");
    assert_eq!((other.status, other.problem().as_str()), (415, "unsupported-media-type"));
}

#[test]
fn problems_speak_the_clients_language() {
    let served = sqlite().serve_and_keep();
    let title = |accepted: &str| {
        let answer = served.client().with("Accept-Language", accepted).get("/api/none");
        (answer.header("content-language").to_owned(), answer.json()["title"].as_str().expect("a title").to_owned())
    };
    let (tag, chinese) = title("zh-CN,zh;q=0.9");
    assert_eq!(tag, "zh-CN");
    let (tag, english) = title("en");
    assert_eq!(tag, "en");
    assert!(english.is_ascii() && !chinese.is_ascii(), "{english} {chinese}");
    assert_eq!(title("fr").1, chinese);
    assert_eq!(served.client().get("/api/none").json()["title"], json!(chinese), "also when nothing is asked for");
}

#[test]
fn a_change_needs_our_own_origin() {
    let trial = sqlite();
    trial.account("origin", &[(Role::Operator, None)]);
    let served = trial.serve();
    let client = served.signed_in("origin");
    for foreign in ["https://evil.test", "null", "http://hengping.test.evil.test", "http://hengping.test:81"] {
        let refused = client.with("Origin", foreign).delete("/api/session");
        assert_eq!((refused.status, refused.problem().as_str()), (403, "foreign-origin"), "{foreign}");
        let visitor =
            served.client().with("Origin", foreign).post("/api/session", &json!({"login": "a", "password": "b"}));
        assert_eq!(visitor.problem(), "foreign-origin", "signing someone in from elsewhere: {foreign}");
    }
    assert_eq!(
        client.without("Origin").delete("/api/session").problem(),
        "foreign-origin",
        "with a cookie it must be named"
    );
    assert_eq!(client.with("Origin", "https://evil.test").get("/api/session").status, 200, "reading changes nothing");
    assert_eq!(client.with("Origin", ORIGIN).delete("/api/session").status, 204);
}

#[test]
fn answers_are_compressed_for_those_who_ask() {
    let served = sqlite().serve_and_keep();
    let packed = served.client().with("Accept-Encoding", "gzip").send_raw("/api/openapi.json");
    assert_eq!(packed.0, "gzip");
    assert!(packed.1.starts_with(&[0x1f, 0x8b]), "the magic number of RFC 1952");
    let plain = served.client().with("Accept-Encoding", "identity").send_raw("/api/openapi.json");
    assert_eq!(plain.0, "");
    assert!(plain.1.len() > 2 * packed.1.len());
}

#[test]
fn health_reads_the_store() {
    let served = sqlite().serve_and_keep();
    assert_eq!(
        served.client().get("/healthz").json(),
        json!({"status": "ok", "store": "sqlite", "version": env!("CARGO_PKG_VERSION")})
    );
}

#[test]
fn metrics_are_for_this_machine_or_for_a_token() {
    let dir = tempfile::tempdir().expect("a directory");
    let token = dir.path().join("token");
    std::fs::write(&token, "open sesame\n").expect("written");
    let settings = format!("metrics.token_file = \"{}\"", token.display());
    let served = Trial::with(Backend::Sqlite, &settings).expect("a trial").serve_and_keep();
    let client = served.client();
    client.get("/api/session?x=1");
    let counters = client.get("/metrics");
    assert_eq!(counters.status, 200);
    let line = "hengping_http_requests_total{method=\"GET\",route=\"/api/session\",status=\"200\"}";
    assert!(counters.text.contains(line), "{}", counters.text);
    assert!(counters.text.contains("hengping_store_seconds_bucket{transaction="), "{}", counters.text);
    let outside = client.with("X-Forwarded-For", "203.0.113.9");
    assert_eq!(outside.get("/metrics").problem(), "not-found");
    assert_eq!(outside.with("Authorization", "Bearer open sesam").get("/metrics").problem(), "not-found");
    assert_eq!(outside.with("Authorization", "Bearer open sesame").get("/metrics").status, 200);
}

#[test]
fn sign_ins_from_one_outside_address_are_limited() {
    let settings = "http.trusted_proxies = [\"127.0.0.1\"]\nlimits.sign_in_burst = 3\nlimits.sign_in_seconds = 3600";
    let served = Trial::with(Backend::Sqlite, settings).expect("a trial").serve_and_keep();
    let ask = |client: &Client| client.post("/api/session", &json!({"login": "a", "password": "b"}));
    let outside = served.client().with("X-Forwarded-For", "198.51.100.1, 203.0.113.9");
    for _ in 0..3 {
        assert_eq!(ask(&outside).problem(), "sign-in-refused");
    }
    let limited = ask(&outside);
    assert_eq!((limited.status, limited.problem().as_str()), (429, "too-many-requests"));
    assert_eq!(
        ask(&outside.with("X-Forwarded-For", "203.0.113.9")).status,
        429,
        "what the client itself put in front does not help"
    );
    assert_eq!(outside.get("/api/session").status, 200, "only the sign-in is limited");
    assert_ne!(ask(&served.client().with("X-Forwarded-For", "203.0.113.10")).status, 429, "another address");
    for login in 0..30 {
        let local = served.client().post("/api/session", &json!({"login": format!("l{login}"), "password": "b"}));
        assert_eq!(local.status, 401, "this machine itself is not limited");
    }
}

#[test]
fn the_log_holds_no_query_no_address_and_nobody() {
    let trial = sqlite();
    let id = trial.account("logged", &[(Role::Operator, None)]);
    let served = trial.serve();
    let client = served.signed_in("logged");
    client.get("/api/session?secret=QUERYMARK");
    client.get("/api/PATHMARK");
    client.post("/box", &json!({"stamp": "BOXMARK"}));
    let relay = served.client().with("hengping-signature", "SIGNATUREMARK");
    relay.send("POST", "/api/boxes/2026.BATCHMARK/batches", "BODYMARK");
    // actix says where the server listens when it starts; every other line is ours.
    let written: String = log().split_inclusive('\n').filter(|line| !line.contains("actix_server")).collect();
    assert!(
        written.lines().any(|line| line.contains("\"route\":\"/api/session\"") && line.contains("\"status\":200")),
        "{written}"
    );
    for absent in [
        "QUERYMARK",
        "PATHMARK",
        "BOXMARK",
        "SIGNATUREMARK",
        "BATCHMARK",
        "BODYMARK",
        "\"/box\"",
        id.as_str(),
        "\"logged\"",
        "127.0.0.1",
        "__Host-hengping",
    ] {
        assert!(!written.contains(absent), "{absent} in the log");
    }
    for line in written.lines() {
        let parsed: serde_json::Value = serde_json::from_str(line).expect("one JSON object per line");
        assert!(parsed["timestamp"].is_string() && parsed["level"].is_string(), "{line}");
    }
}

#[test]
fn the_openapi_document_is_the_one_the_client_was_made_from() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/web/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let now = openapi::text().expect("a document");
    assert!(committed == now, "web/openapi.json is not in step: cargo run -- openapi > web/openapi.json");
}
