//! What a device hears: a receipt, or one answer for everything that does not fit.

use hengping_domain::cast::CastBody;
use hengping_domain::digest::Bytes;
use hengping_relay::Limit;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::world::{ORIGIN, World, agent, bar, bench, cast, sealed, send};

fn refused() -> (u16, String) {
    (409, "cast-refused".to_owned())
}

#[test]
fn the_same_bytes_get_the_same_receipt_and_a_higher_number_replaces() {
    let world = World::new();
    let (first, third) = (cast(&bar(), 1, 1), cast(&bar(), 1, 3));
    let receipt = world.post(&first).unwrap();
    assert_eq!(world.post(&first), Ok(receipt.clone()));
    let replaced = world.post(&third).unwrap();
    assert_ne!(receipt.leaf, replaced.leaf);
    assert_eq!(world.post(&third), Ok(replaced));
    for late in [first, cast(&bar(), 1, 2), sealed(&bar(), 1, 3, 77)] {
        assert_eq!(world.post(&late), Err(refused()));
    }
    world.post(&cast(&bar(), 1, 8)).unwrap();
}

#[test]
fn everything_that_does_not_fit_gets_one_answer() {
    let world = World::new();
    world.ledger().boxes.insert("2025.bar_rates_bench".to_owned(), ("closed".to_owned(), "2026-12-31".to_owned()));
    world.post(&cast(&bar(), 1, 2)).unwrap();
    let of = |body: &CastBody| send(&world.url(), &serde_json::to_value(body).unwrap(), &[]);
    let good = cast(&bar(), 2, 1).body();
    let bodies = [
        cast(&bar(), 1, 1).body(),
        sealed(&bar(), 1, 2, 5).body(),
        cast(&bar(), 2, 0).body(),
        cast(&bar(), 2, 9).body(),
        cast(&"2025.bar_rates_bench".parse().unwrap(), 2, 1).body(),
        cast(&"2024.bar_rates_bench".parse().unwrap(), 2, 1).body(),
        CastBody { id: "no box".to_owned(), ..good.clone() },
        CastBody { id: bench().to_string(), ..good.clone() },
        CastBody { seq: 2, ..good.clone() },
        CastBody { envelope: cast(&bar(), 3, 1).body().envelope, ..good.clone() },
        CastBody { signature: Bytes([7; 64]).to_string(), ..good.clone() },
    ];
    let answers: Vec<_> = bodies.iter().map(of).collect();
    assert_eq!(answers[0].0, 409);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    world.clock.set(date(2027, 1, 1));
    assert_eq!(of(&good), answers[0], "a day late");
    world.clock.set(date(2026, 12, 31));
    assert_eq!(of(&good).0, 200, "the last day");
}

#[test]
fn another_form_is_named() {
    let world = World::new();
    let good = cast(&bar(), 1, 1).body();
    let of = |body: &Value| {
        let (status, answer) = send(&world.url(), body, &[]);
        (status, answer["code"].as_str().unwrap().to_owned())
    };
    let with = |name: &str, value: &str| {
        let mut body = serde_json::to_value(&good).unwrap();
        body[name] = json!(value);
        body
    };
    for (name, value) in [("envelope", "AAAA"), ("envelope", "="), ("stamp", "AAAA"), ("signature", "AAAA")] {
        assert_eq!(of(&with(name, value)), (422, "envelope-malformed".to_owned()), "{name} {value}");
    }
    assert_eq!(of(&with("note", "from Li")), (400, "invalid-request".to_owned()));
    assert_eq!(of(&json!([1])), (400, "invalid-request".to_owned()));
    assert_eq!(of(&with("envelope", &"A".repeat(17_000))), (413, "body-too-large".to_owned()));
    let text =
        agent().post(world.url()).content_type("text/plain").send(serde_json::to_string(&good).unwrap()).unwrap();
    assert_eq!(text.status().as_u16(), 415);
    let asked = agent().get(world.url()).call().unwrap();
    assert_eq!(asked.status().as_u16(), 405);
    assert_eq!(asked.headers().get("allow").unwrap(), "POST, OPTIONS", "RFC 9110: which methods there are");
    let elsewhere = format!("http://{}/", world.relay().address);
    assert_eq!(agent().get(elsewhere).call().unwrap().status().as_u16(), 404);
}

#[test]
fn whoever_shows_who_they_are_is_refused() {
    let world = World::new();
    let body = serde_json::to_value(cast(&bar(), 1, 1).body()).unwrap();
    for header in [("cookie", "__Host-hengping=1"), ("authorization", "Bearer x")] {
        let (status, answer) = send(&world.url(), &body, &[header]);
        assert_eq!((status, answer["code"].as_str()), (400, Some("box-with-session")));
    }
    assert_eq!(world.ledger().asked, 0, "it was not even looked at");
    assert_eq!(send(&world.url(), &body, &[]).0, 200);
}

#[test]
fn the_pages_origins_may_post_without_credentials_and_no_other_origin() {
    let world = World::new();
    let preflight = |origin: &str| {
        let request = agent().options(world.url()).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        request.header("access-control-request-headers", "content-type").call().unwrap()
    };
    let answer = preflight(ORIGIN);
    let head = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(answer.status().as_u16(), 204);
    assert_eq!(head("access-control-allow-origin").as_deref(), Some(ORIGIN));
    assert_eq!(head("access-control-allow-methods").as_deref(), Some("POST"));
    assert_eq!(head("access-control-allow-headers").as_deref(), Some("content-type"));
    assert_eq!(head("access-control-allow-credentials"), None);
    assert_eq!(head("vary").as_deref(), Some("Origin"));
    for foreign in ["https://elsewhere.example", "null", "https://pages.example.elsewhere.example"] {
        let answer = preflight(foreign);
        assert_eq!(answer.status().as_u16(), 403, "{foreign}");
        assert!(answer.headers().get("access-control-allow-origin").is_none());
    }
    let post = |rater, seq, origin: &str| {
        let body = serde_json::to_value(cast(&bar(), rater, seq).body()).unwrap();
        agent().post(world.url()).header("origin", origin).send_json(&body).unwrap()
    };
    assert_eq!(post(1, 1, "https://elsewhere.example").status().as_u16(), 403);
    // The page must be able to read a refusal too.
    for (seq, status) in [(2, 200), (1, 409)] {
        let answer = post(1, seq, ORIGIN);
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers().get("access-control-allow-origin").unwrap(), ORIGIN);
        assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
    }
}

#[test]
fn an_address_may_post_so_often_and_this_machine_as_it_likes() {
    let proxy = "127.0.0.1".parse().unwrap();
    let world = World::with(|settings| {
        settings.limit = Limit { burst: 3, refill_ms: 60_000 };
        settings.proxies = vec![proxy];
    });
    let from = |rater, address: &str| {
        let body = serde_json::to_value(cast(&bar(), rater, 1).body()).unwrap();
        send(&world.url(), &body, &[("x-forwarded-for", address)])
    };
    let statuses: Vec<_> = (0..5).map(|rater| from(rater, "203.0.113.7").0).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    assert_eq!(from(9, "203.0.113.7").1["code"], "too-many-requests");
    assert_eq!(from(9, "203.0.113.8").0, 200);
    assert!((10..20).all(|rater| world.post(&cast(&bar(), rater, 1)).is_ok()));
}

#[test]
fn a_box_that_was_never_seen_waits_for_the_platform_and_a_known_one_does_not() {
    let world = World::new();
    let busy = Err((503, "busy".to_owned()));
    world.ledger().down = true;
    assert_eq!(world.post(&cast(&bar(), 1, 1)), busy);
    world.ledger().down = false;
    world.post(&cast(&bar(), 1, 1)).unwrap();
    let asked = world.ledger().asked;
    world.post(&cast(&bar(), 2, 1)).unwrap();
    assert_eq!(world.ledger().asked, asked, "remembered");
    world.ledger().down = true;
    world.clock.advance(std::time::Duration::from_secs(3_600));
    world.post(&cast(&bar(), 3, 1)).unwrap();
    assert_eq!(world.post(&cast(&bench(), 3, 1)), busy);
    world.ledger().down = false;
    // Closed in the meantime: noticed within a minute.
    world.ledger().boxes.insert(bar().to_string(), ("closed".to_owned(), "2026-12-31".to_owned()));
    world.clock.advance(std::time::Duration::from_secs(61));
    assert_eq!(world.post(&cast(&bar(), 4, 1)), Err(refused()));
}

#[test]
fn a_known_box_does_not_wait_behind_unknown_ones() {
    let world = World::new();
    world.post(&cast(&bar(), 1, 1)).unwrap();
    world.clock.advance(std::time::Duration::from_secs(61));
    world.ledger().holds_unknown = true;
    let asked = world.ledger().asked;
    let (url, answered) = (world.url(), std::sync::atomic::AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for year in 0..40 {
            let (url, answered) = (&url, &answered);
            scope.spawn(move || {
                let body = cast(&format!("{year}.bar_rates_bench").parse().unwrap(), 1, 1).body();
                let status = send(url, &serde_json::to_value(body).unwrap(), &[]).0;
                assert!([409, 503].contains(&status), "{status}");
                answered.fetch_add(usize::from(status == 409), std::sync::atomic::Ordering::SeqCst);
            });
        }
        while world.ledger().asked == asked {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        world.post(&cast(&bar(), 2, 1)).unwrap();
        assert_eq!(answered.load(std::sync::atomic::Ordering::SeqCst), 0, "no stranger was answered before");
        world.ledger().holds_unknown = false;
    });
    assert!(answered.into_inner() > 0, "the control: strangers did wait");
}

#[test]
fn a_box_of_another_relay_is_not_ours() {
    let world = World::new();
    world.ledger().receipt = Some(Bytes([5; 32]));
    assert_eq!(world.post(&cast(&bar(), 1, 1)), Err(refused()));
}

#[test]
fn a_full_relay_is_busy_until_it_has_handed_over() {
    let world = World::with(|settings| settings.most_waiting = 3);
    world.post_all(&[cast(&bar(), 1, 1), cast(&bar(), 2, 1), cast(&bench(), 1, 1)]);
    assert_eq!(world.post(&cast(&bar(), 3, 1)), Err((503, "busy".to_owned())));
    world.post(&cast(&bar(), 2, 1)).unwrap();
    world.relay().hand_over(&bar(), 2, false).unwrap();
    world.post(&cast(&bar(), 3, 1)).unwrap();
}
