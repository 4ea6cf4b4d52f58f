//! Releases as every kind of reader gets them, and what it takes to let one out.

use hengping::flow::{Refusal, documents, publish};
use hengping::store::StoreError;
use hengping_domain::digest::Digest;
use hengping_domain::document::{DocumentKind, Signature};
use hengping_domain::ids::Side;
use serde_json::{Value, json};

use crate::city::{self, Case, City, bar_box, bench_box, judge, lawyer, person, refusal};
use crate::harness::{Answer, Client, Served, Trial};
use crate::on_both_backends;

/// Numbers that occur in one kind of cell only, so that they can be looked for in whole answers.
const SELF: f64 = 3.111_119;
const OTHER_SELF: f64 = 3.555_559;
const SIDES: f64 = 3.222_229;
const PUBLIC: f64 = 3.333_339;
const REASON: u32 = 7_777_771;
const FIGURES: [&str; 4] = ["caterpillar-zh.svg", "caterpillar-zh.csv", "sides-persons-zh.svg", "sides-persons-zh.csv"];

fn cases() -> Vec<Case> {
    (1..=6).map(|n| Case::new(n, n % 3, &[n % 3], &[(n + 1) % 3])).collect()
}

fn cell(scope: &str, subject: &str, measure: &str, audience: &str, value: Option<f64>) -> Value {
    let reason = json!({"code": "enough-raters", "numbers": {"n": REASON}});
    let mut cell = json!({
        "id": format!("{scope}/{subject}/{measure}/{audience}"), "scope": scope, "subject": subject, "measure": measure,
        "audience": audience, "verdict": "withhold", "flags": [], "rules": ["R2"], "reason": reason,
    });
    if let Some(value) = value {
        cell["verdict"] = json!("publish");
        let more = json!({
            "value": value, "step": 0.1, "interval": [value - 0.25, value + 0.25], "raw": value, "n_band": "20-24",
            "reliability_band": "0.7-0.8", "tier": "similar", "moved": {"severity": value, "outcome": value},
        });
        cell.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    }
    cell
}

/// What the gate left of a box: cells of all audiences, published and withheld; without `hidden` only the public ones.
fn cells(ratees: &[String], hidden: bool) -> Value {
    let mut cells = vec![
        cell("system", "city", "score", "public", Some(PUBLIC)),
        cell("court", "鲁0202", "score", "public", Some(PUBLIC)),
    ];
    if hidden {
        cells.push(cell("court", "鲁0203", "score", "public", None));
        cells.push(cell("person", &ratees[0], "score", "self", Some(SELF)));
        cells.push(cell("person", &ratees[0], "item:civility", "self", Some(SELF)));
        cells.push(cell("person", &ratees[0], "score", "sides", Some(SIDES)));
        cells.push(cell("person", &ratees[1], "score", "self", Some(OTHER_SELF)));
        cells.push(cell("person", &ratees[1], "score", "sides", None));
        cells.push(cell("person", &ratees[2], "score", "self", None));
        cells.push(cell("person", &ratees[2], "score", "sides", None));
    }
    json!(cells)
}

/// A city with both boxes closed and accounts of every kind.
fn closed(trial: &Trial) -> City<'_> {
    let city = City::inviting(trial, 4, 4, &cases());
    for (number, id) in [(lawyer(0), bar_box()), (judge(0), bench_box())] {
        let device = city.device(&number, 1);
        device.mint();
        city::hand_over(&trial.site, &id, &[device.seal(0, 1, 4, 1)]);
        city::close(&trial.site, &id).expect("closed");
    }
    trial.staff();
    for n in 0..4 {
        city.enrol(&judge(n));
        city.enrol(&lawyer(n));
    }
    city
}

fn ratees(trial: &Trial) -> Vec<String> {
    (0..4).map(|n| person(&trial.site, &judge(n)).ratee.to_string()).collect()
}

/// Everything a reader can ask about a release.
fn doors(hash: impl std::fmt::Display) -> Vec<String> {
    let at = |rest: &str| format!("/api/releases/{hash}{rest}");
    let mut doors = vec![
        at(""),
        at("/cells.csv"),
        at("/cells.json"),
        at("/cells.xlsx"),
        at("/cells.parquet"),
        format!("/api/documents/{hash}"),
        format!("/api/rubrics/{hash}"),
    ];
    doors.extend(FIGURES.iter().map(|name| at(&format!("/figures/{name}"))));
    doors
}

fn publicly(served: &Served) -> Vec<(String, Client)> {
    let mut readers = vec![("a visitor".to_owned(), served.client())];
    for login in ["researcher", "operator", "auditor", "machine"] {
        readers.push((login.to_owned(), served.signed_in(login)));
    }
    for n in 0..4 {
        readers.push((judge(n), served.signed_in(&judge(n))));
        readers.push((lawyer(n), served.signed_in(&lawyer(n))));
    }
    readers
}

fn holds(answer: &Answer, number: f64) -> bool {
    // A number is looked for without its last digits, so that rounding on the way would not hide it.
    answer.text.contains(&number.to_string()[..6])
}

/// Everything that a workbook says, sheet by sheet, as text.
fn unpacked(workbook: &[u8]) -> String {
    use std::io::Read as _;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(workbook)).expect("a workbook");
    let mut all = String::new();
    for at in 0..zip.len() {
        zip.by_index(at).expect("a part").read_to_string(&mut all).expect("text");
    }
    all
}

fn sign(client: &Client, hash: Digest, signature: &Signature) -> Answer {
    let body = json!({"side": signature.side, "key": signature.key, "signature": signature.signature});
    client.post(&format!("/api/releases/{hash}/signatures"), &body)
}

on_both_backends! {
    fn the_public_gets_public_cells_and_cannot_tell_hidden_from_absent(trial) {
        let city = closed(trial);
        let ratees = ratees(trial);
        let full = city.take_draft(&bar_box(), &cells(&ratees, true), &FIGURES).expect("a draft");
        let bare = city.take_draft(&bench_box(), &cells(&ratees, false), &FIGURES[..2]).expect("a draft");
        city.release(full);
        city.release(bare);
        let served = trial.serve();
        let visitor = served.client();

        let (shown, compared) = (visitor.get(&format!("/api/releases/{full}")), visitor.get(&format!("/api/releases/{bare}")));
        assert_eq!(shown.status, 200, "{}", shown.text);
        assert_eq!(shown.json()["cells"], compared.json()["cells"], "a hidden cell looks like an absent one");
        assert_eq!(shown.json()["figures"], json!(["caterpillar-zh"]));
        assert_eq!(shown.json()["figures"], compared.json()["figures"]);
        let subjects: Vec<_> = shown.json()["cells"].as_array().expect("a list").iter().map(|c| c["id"].clone()).collect();
        assert_eq!(subjects, ["system/city/score/public", "court/鲁0202/score/public"]);
        let lines = |hash| visitor.get(&format!("/api/releases/{hash}/cells.csv")).text;
        assert_eq!(lines(full), lines(bare));

        // A workbook names its release; of two that differ in hidden cells only, all else is the same.
        let book = |hash: Digest| {
            let answer = visitor.get(&format!("/api/releases/{hash}/cells.xlsx"));
            assert_eq!(answer.status, 200);
            answer.bytes
        };
        let rows = |hash| hengping::sheet::read(&book(hash)).expect("a table").rows;
        assert_eq!(rows(full), rows(bare));
        assert_eq!((rows(full).len(), &rows(full)[1].cells[2]), (2, &"鲁0202".to_owned()));
        let said = unpacked(&book(full));
        for secret in ["鲁0203", "enough-raters", &ratees[0], &ratees[1], &SIDES.to_string()[..6], &SELF.to_string()[..6]] {
            assert!(!said.contains(secret), "{secret}");
        }
        for word in [&full.to_string(), hengping_domain::codebook::NOT_FOR.0, hengping_domain::codebook::NOT_FOR.1, "reliability"] {
            assert_eq!(said.contains(word), word != "reliability", "{word}");
        }
        let parquet = visitor.get(&format!("/api/releases/{full}/cells.parquet"));
        assert_eq!((parquet.status, parquet.bytes.as_slice()), (200, &b"PAR1 as the analysis left it"[..]));
        assert_eq!(parquet.header("content-type"), "application/vnd.apache.parquet");
        assert_eq!(shown.json()["formats"], json!(["json", "csv", "xlsx", "parquet"]));

        for hidden in ["sides-persons-zh.svg", "sides-persons-zh.csv", "sides-none.svg"] {
            let path = |hash, name: &str| format!("/api/releases/{hash}/figures/{name}");
            let refused = visitor.get(&path(full, hidden));
            let absent = visitor.get(&path(full, "none.svg"));
            assert_eq!((refused.status, &refused.text), (404, &absent.text), "{hidden}");
            assert_eq!(visitor.get(&path(bare, hidden)).text, absent.text);
        }
        let list = visitor.get("/api/releases");
        let boxes: Vec<_> = list.json().as_array().expect("a list").iter().map(|one| one["box"].clone()).collect();
        assert_eq!(boxes, city::BOXES, "those of one day stand by their box, not by chance");

        for (who, client) in publicly(&served) {
            assert_eq!(client.get("/api/releases").text, list.text, "{who}");
            for door in doors(full) {
                let (answer, expected) = (client.get(&door), visitor.get(&door));
                assert_eq!((answer.status, &answer.text), (expected.status, &expected.text), "{who} {door}");
                for secret in [SELF, SIDES, OTHER_SELF] {
                    assert!(!holds(&answer, secret), "{secret} for {who} at {door}");
                }
                for word in ["withhold", "\"self\"", "\"sides\"", ",self,", ",sides,", "鲁0203", "enough-raters", &REASON.to_string()] {
                    assert!(!answer.text.contains(word), "{word} for {who} at {door}");
                }
                for ratee in &ratees {
                    assert!(!answer.text.contains(ratee), "a ratee for {who} at {door}");
                }
            }
        }
    }

    fn officers_see_every_verdict_but_no_value_of_a_person(trial) {
        let city = closed(trial);
        let ratees = ratees(trial);
        let hash = city.take_draft(&bar_box(), &cells(&ratees, true), &FIGURES).expect("a draft");
        let served = trial.serve();
        // The same while it is a draft and when it is out.
        for state in ["draft", "released"] {
            let book = served.signed_in("bar-negotiator").get(&format!("/api/releases/{hash}/cells.xlsx"));
            let rows = hengping::sheet::read(&book.bytes).expect("a table").rows;
            assert_eq!(rows.len(), 10, "every verdict");
            let all = unpacked(&book.bytes);
            assert!(all.contains("withhold"));
            assert!(![SIDES, SELF].iter().any(|value| all.contains(&value.to_string()[..6])), "no person's value");
            let mut first = None;
            for login in ["bench-negotiator", "bar-negotiator", "bench-coordinator", "bar-coordinator", "bench-key-holder", "bar-key-holder"] {
                let officer = served.signed_in(login);
                let shown = officer.get(&format!("/api/releases/{hash}"));
                assert_eq!((shown.status, &shown.json()["state"]), (200, &json!(state)), "{login}");
                let shown_cells = shown.json()["cells"].as_array().expect("a list").clone();
                assert_eq!(shown_cells.len(), 10);
                for one in &shown_cells {
                    assert_eq!(one["reason"]["numbers"]["n"], REASON, "{one}");
                    let meant = one["scope"] != "person" && one["verdict"] == "publish";
                    for number in ["value", "step", "interval", "raw", "n_band", "reliability_band", "tier", "moved"] {
                        assert_eq!(one[number].is_null(), !meant, "{number} of {one}");
                    }
                }
                assert!(holds(&shown, PUBLIC));
                assert_eq!(shown.json()["figures"], json!(["caterpillar-zh", "sides-persons-zh"]));
                assert_eq!(officer.get(&format!("/api/releases/{hash}/figures/sides-persons-zh.svg")).status, 200);
                for door in doors(hash) {
                    let answer = officer.get(&door);
                    assert!(![SELF, OTHER_SELF, SIDES].iter().any(|value| holds(&answer, *value)), "{login} at {door}");
                }
                assert_eq!(first.get_or_insert_with(|| shown.text.clone()), &shown.text, "both sides see the same");
                let own = officer.get("/api/my-result");
                assert_eq!((own.status, own.problem().as_str()), (403, "forbidden"), "{login}");
            }
            if state == "draft" {
                city.release(hash);
            }
        }
    }

    fn a_ratee_gets_the_own_result_and_withheld_looks_like_never_rated(trial) {
        let city = closed(trial);
        let ratees = ratees(trial);
        let hash = city.take_draft(&bar_box(), &cells(&ratees, true), &FIGURES).expect("a draft");
        let served = trial.serve();
        let mine = |number: &str| served.signed_in(number).get("/api/my-result");
        for number in [judge(0), judge(1), judge(2), lawyer(0)] {
            assert_eq!(mine(&number).json(), json!({"results": []}), "a draft is nobody's result: {number}");
        }
        city.release(hash);

        let first = mine(&judge(0));
        let result = &first.json()["results"][0];
        assert_eq!((&result["cell"]["value"], &result["withheld"]), (&json!(SELF), &json!(null)));
        assert_eq!((&result["cell"]["audience"], &result["cell"]["reason"]), (&json!("self"), &json!(null)));
        let item = |result: &Value| {
            let items = result["items"].as_array().expect("a list").clone();
            items.into_iter().find(|item| item["item"] == "civility").expect("an item")
        };
        assert_eq!(item(result)["value"], SELF);
        assert!(result["items"].as_array().expect("a list").iter().filter(|i| i["withheld"] == "insufficient").count() >= 6);
        assert!(!holds(&first, OTHER_SELF) && !holds(&first, SIDES) && !holds(&first, PUBLIC));

        let second = mine(&judge(1));
        assert_eq!(second.json()["results"][0]["cell"]["value"], OTHER_SELF);
        assert!(!holds(&second, SELF) && !holds(&second, SIDES));
        let (withheld, absent) = (mine(&judge(2)), mine(&judge(3)));
        assert_eq!(withheld.json()["results"][0]["withheld"], "insufficient");
        assert_eq!(withheld.text, absent.text);
        assert!(!withheld.text.contains("R2") && !withheld.text.contains("enough-raters"));
        for n in 0..4 {
            assert_eq!(mine(&lawyer(n)).json(), json!({"results": []}), "the other side has no result in this box");
        }
        assert_eq!(served.client().get("/api/my-result").problem(), "sign-in-required");
        for login in ["researcher", "operator", "machine", "auditor"] {
            assert_eq!(served.signed_in(login).get("/api/my-result").problem(), "forbidden", "{login}");
        }
    }

    fn a_draft_looks_like_nothing_at_all_to_the_public(trial) {
        let city = closed(trial);
        let hash = city.take_draft(&bar_box(), &cells(&ratees(trial), true), &FIGURES).expect("a draft");
        let unknown = Digest::of(&[b"no such release"]);
        let served = trial.serve();
        let one = city.signature(Side::Bench, DocumentKind::Release, hash);
        for signed in [false, true] {
            if signed {
                publish::sign(&trial.site, hash, &one, None).expect("signed");
            }
            for (who, client) in publicly(&served) {
                assert_eq!(client.get("/api/releases").json(), json!([]), "{who}");
                for (door, nowhere) in doors(hash).iter().zip(doors(unknown)) {
                    let (answer, expected) = (client.get(door), client.get(&nowhere));
                    assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"), "{who} {door}");
                    assert_eq!(answer.text, expected.text, "{who} {door}");
                }
            }
            assert!(!served.client().get("/api/documents").text.contains(&hash.to_string()));
        }
    }

    fn only_both_sides_own_signatures_let_a_release_out(trial) {
        let city = closed(trial);
        let hash = city.take_draft(&bar_box(), &cells(&ratees(trial), true), &FIGURES).expect("a draft");
        let served = trial.serve();
        let (bench, bar) = (served.signed_in("bench-negotiator"), served.signed_in("bar-negotiator"));
        let good = city.signature(Side::Bench, DocumentKind::Release, hash);
        let bars = city.signature(Side::Bar, DocumentKind::Release, hash);
        let refused = |client: &Client, signature: &Signature, status: u16, code: &str, what: &str| {
            let answer = sign(client, hash, signature);
            assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{what}");
        };
        refused(&bar, &good, 403, "other-side", "the other side's negotiator");
        refused(&bench, &bars, 403, "other-side", "the other way round");
        refused(&served.signed_in("bench-key-holder"), &good, 403, "forbidden", "another officer of the side");
        refused(&served.client(), &good, 401, "sign-in-required", "a visitor");
        let foreign = Signature { side: Side::Bench, ..bars.clone() };
        refused(&bench, &foreign, 422, "signature-refused", "the other side's key under our name");
        let stranger = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
        let stranger = Signature::sign(Side::Bench, DocumentKind::Release, hash, &stranger);
        refused(&bench, &stranger, 422, "signature-refused", "a key nobody enrolled");
        let borrowed = Signature { key: good.key, ..stranger };
        refused(&bench, &borrowed, 422, "signature-refused", "our key over another's signature");
        let wrong_kind = city.signature(Side::Bench, DocumentKind::Charter, hash);
        refused(&bench, &wrong_kind, 422, "signature-refused", "a signature over another kind");
        let wrong_hash = city.signature(Side::Bench, DocumentKind::Release, Digest::of(&[b"x"]));
        refused(&bench, &wrong_hash, 422, "signature-refused", "a signature over another release");
        let nowhere = sign(&bench, Digest::of(&[b"x"]), &wrong_hash);
        assert_eq!((nowhere.status, nowhere.problem().as_str()), (404, "not-found"));
        let malformed = bench.post(&format!("/api/releases/{hash}/signatures"), &json!({"side": "bench", "key": "x", "signature": "y"}));
        assert_eq!((malformed.status, malformed.problem().as_str()), (400, "invalid-request"));

        let first = sign(&bench, hash, &good);
        assert_eq!((first.status, first.json()), (200, json!({"state": "draft"})));
        refused(&bench, &good, 409, "already-signed", "the same side twice");
        assert_eq!(served.client().get(&format!("/api/releases/{hash}")).status, 404, "one signature releases nothing");
        let second = sign(&bar, hash, &bars);
        assert_eq!((second.status, second.json()), (200, json!({"state": "released"})));
        refused(&bar, &bars, 409, "already-signed", "after the release");
        refused(&bench, &good, 409, "already-signed", "after the release");
        let shown = served.client().get(&format!("/api/releases/{hash}")).json();
        assert_eq!((&shown["state"], &shown["released_on"]), (&json!("released"), &json!("2026-11-23")));
        let sides: Vec<_> = shown["signatures"].as_array().expect("a list").iter().map(|s| s["side"].clone()).collect();
        assert_eq!(sides, ["bar", "bench"]);
    }

    fn a_release_never_changes(trial) {
        let city = closed(trial);
        let hash = city.take_draft(&bar_box(), &cells(&ratees(trial), true), &FIGURES).expect("a draft");
        let again = city.take_draft(&bar_box(), &cells(&ratees(trial), false), &FIGURES);
        assert_eq!(refusal(again), Refusal::BoxState, "a box is opened once");
        city.release(hash);
        for statement in [
            format!("UPDATE document SET body = '{{}}' WHERE hash = '{hash}'"),
            format!("DELETE FROM document WHERE hash = '{hash}'"),
            format!("UPDATE release SET state = 'draft' WHERE hash = '{hash}'"),
            format!("DELETE FROM release WHERE hash = '{hash}'"),
            format!("UPDATE release_file SET content = 'x' WHERE release = '{hash}'"),
            format!("DELETE FROM release_file WHERE release = '{hash}'"),
            format!("UPDATE signature SET side = 'bar' WHERE document = '{hash}' AND side = 'bench'"),
            format!("DELETE FROM signature WHERE document = '{hash}'"),
            "UPDATE counted SET box = box".to_owned(),
            "DELETE FROM counted".to_owned(),
        ] {
            let refused = trial.site.store.write("test", |conn| Ok(diesel::RunQueryDsl::execute(diesel::sql_query(&statement), conn)?));
            assert!(matches!(&refused, Err(StoreError::Broken(why)) if why.contains("never")), "{statement}: {refused:?}");
        }
    }

    fn the_list_of_releases_reads_no_body(trial) {
        let city = closed(trial);
        let hash = city.take_draft(&bar_box(), &cells(&ratees(trial), true), &[]).expect("a draft");
        city.release(hash);
        let served = trial.serve();
        let visitor = served.client();
        let before = visitor.get("/api/releases");
        assert_eq!((&before.json()[0]["period"], &before.json()[0]["kind"]), (&json!("2026"), &json!("regular")));
        let sql = |text: &str| trial.site.store.write("test", |conn| Ok(diesel::RunQueryDsl::execute(diesel::sql_query(text), conn)?));
        let trigger = if trial.url.starts_with("sqlite") { "document_is_never_updated" } else { "document_is_never_changed ON document" };
        sql(&format!("DROP TRIGGER {trigger}")).expect("dropped");
        // A body that cannot be read shows whether it is.
        sql(&format!("UPDATE document SET body = '[]' WHERE hash = '{hash}'")).expect("changed");
        assert_eq!(visitor.get(&format!("/api/releases/{hash}")).status, 500);
        let after = visitor.get("/api/releases");
        assert_eq!((after.status, after.text), (200, before.text));
    }

    fn a_response_share_leaves_as_its_band(trial) {
        let city = closed(trial);
        let mut share = cell("system", "city", "response", "public", Some(0.4));
        share["step"] = json!(0.05);
        share["interval"] = Value::Null;
        let hash = city.take_draft(&bar_box(), &json!([share]), &[]).expect("a draft");
        city.release(hash);
        let served = trial.serve();
        let visitor = served.client();
        for door in [format!("/api/releases/{hash}"), format!("/api/releases/{hash}/cells.json")] {
            let shown = visitor.get(&door).json()["cells"][0].clone();
            assert_eq!((&shown["value"], &shown["band"]), (&Value::Null, &json!("0.40-0.45")), "{door}");
        }
        let csv = visitor.get(&format!("/api/releases/{hash}/cells.csv")).text;
        let lines: Vec<Vec<&str>> = csv.trim_start_matches('\u{feff}').lines().map(|line| line.split(',').collect()).collect();
        let at = |name: &str| lines[1][lines[0].iter().position(|column| *column == name).expect(name)];
        assert_eq!((at("value"), at("band")), ("", "0.40-0.45"), "the lower edge alone would be read as the share");
    }

    fn a_draft_that_contradicts_itself_is_refused(trial) {
        let city = closed(trial);
        let ratees = ratees(trial);
        let mut leaking = cell("person", &ratees[0], "score", "sides", Some(SIDES));
        leaking["verdict"] = json!("withhold");
        for (what, bad) in [
            ("a withheld cell with a value", json!([leaking])),
            ("two cells of one name", json!([cell("system", "city", "score", "public", None), cell("system", "city", "score", "public", Some(PUBLIC))])),
        ] {
            let outcome = city.take_draft(&bar_box(), &bad, &[]);
            assert_eq!(refusal(outcome), Refusal::DraftForeign, "{what}");
        }
        let sealed = u64::from(hengping::flow::boxes::find(&trial.site, &bar_box()).expect("a box").sealed);
        let counted: Vec<_> = (0..sealed).map(|n| Digest::of(&[&n.to_be_bytes()])).collect();
        let dir = city.draft(&bar_box(), 0, counted, &json!([]), &[]);
        let changed = |name: &str, change: &dyn Fn(&mut Value)| {
            let path = dir.path().join(name);
            let honest = std::fs::read(&path).expect("a file");
            let mut file = serde_json::from_slice(&honest).expect("json");
            change(&mut file);
            std::fs::write(&path, file.to_string()).expect("written");
            let outcome = hengping::flow::draft::take(&trial.site, &bar_box(), dir.path());
            std::fs::write(&path, honest).expect("written");
            refusal(outcome)
        };
        for (what, refused) in [
            ("another counted list", changed("counted.json", &|file| file["counted"][0] = json!("0".repeat(64)))),
            ("another root", changed("draft.json", &|file| file["counted_root"] = json!("0".repeat(64)))),
            ("no root", changed("draft.json", &|file| drop(file.as_object_mut().expect("fields").remove("counted_root")))),
        ] {
            assert_eq!(refused, Refusal::DraftForeign, "{what}");
        }
        let empty = tempfile::tempdir().expect("a directory");
        assert!(hengping::flow::draft::take(&trial.site, &bar_box(), empty.path()).is_err(), "a directory without a draft");
        // What an older analysis made of wrong shares: every envelope invalid. Taken, it would burn the box.
        let burnt = city.take_draft_without(1, &bar_box(), &json!([]), &[]);
        assert_eq!(refusal(burnt), Refusal::NothingValid);
        city.take_draft(&bar_box(), &cells(&ratees, true), &[]).expect("a sound one is taken");
    }

    fn a_release_is_signed_through_its_own_door_only(trial) {
        let city = closed(trial);
        let hash = city.take_draft(&bar_box(), &cells(&ratees(trial), true), &FIGURES).expect("a draft");
        // Through the door for documents both signatures would be there and the release still a draft for ever.
        for side in [Side::Bench, Side::Bar] {
            let signature = city.signature(side, DocumentKind::Release, hash);
            assert_eq!(refusal(documents::sign(&trial.site, hash, &signature, None)), Refusal::NotFound);
        }
        city.release(hash);
        assert_eq!(trial.serve().client().get(&format!("/api/releases/{hash}")).status, 200);
    }
}
