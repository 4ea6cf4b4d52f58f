//! Counts with noise at the platform: only what the charter declares, once, within the year, and for whom they are meant.

use hengping::flow::{Outcome, Refusal, correct, documents, draft, export, withdraw};
use hengping_domain::charter::Charter;
use hengping_domain::correction::ObjectionReason;
use hengping_domain::digest::Digest;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{BoxId, Role, Side};
use hengping_domain::log;
use hengping_domain::noised::{Noised, NoisedRow, NoisedTable, PrivacyFile, Silence};
use hengping_domain::privacy::Privacy;
use hengping_domain::withdrawal::WithdrawalReason;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::city::{Case, City, RUBRICS, bar_box, bench_box, deliver, judge, lenient, refusal};
use crate::dump::table;
use crate::harness::{Client, Trial};
use crate::on_both_backends;

/// A year in which a direction can afford one box.
fn poor(charter: &mut Charter) {
    lenient(charter);
    if let Some(privacy) = &mut charter.privacy {
        privacy.yearly = 1.5;
    }
}

fn closed<'t>(trial: &'t Trial, change: impl FnOnce(&mut Charter)) -> City<'t> {
    let cases: Vec<_> = (1..=4).map(|n| Case::new(n, n % 2, &[n % 3], &[(n + 1) % 3])).collect();
    let city = City::inviting_as(trial, (3, 3), &cases, hengping_domain::manifest::PeriodKind::Regular, change);
    city.cast_and_close();
    for (login, role, side) in [
        ("researcher", Role::Researcher, None),
        ("newcomer", Role::Researcher, None),
        ("bench", Role::Coordinator, Some(Side::Bench)),
        ("bar", Role::KeyHolder, Some(Side::Bar)),
        ("operator", Role::Operator, None),
    ] {
        trial.account(login, &[(role, side)]);
    }
    city
}

fn rules(city: &City<'_>) -> Privacy {
    let charter: Charter =
        documents::read(&city.trial.site, city.charter).expect("a charter").document.read().expect("it");
    charter.privacy.expect("counts")
}

/// What the analysis might have drawn for a box: every row that it may tell, `count` in each.
fn drawn(rules: &Privacy, id: &BoxId, count: u64) -> Noised {
    let rubric = &RUBRICS[usize::from(*id == bench_box())];
    let declared = rules.tables(rubric);
    let table = |table: &&hengping_domain::privacy::CountTable| NoisedTable {
        id: table.id.clone(),
        by: table.by.clone(),
        direction: id.direction,
        rows: table.by.levels().into_iter().map(|level| NoisedRow { level, count }).take(2).collect(),
    };
    Noised {
        silence: None,
        epsilon: rules.epsilon,
        scale: rules.scale(declared.len()),
        tables: declared.iter().map(table).collect(),
        ..Noised::silent(rules, Silence::TooFew)
    }
}

/// Takes a draft of a box with these counts.
fn take(city: &City<'_>, id: &BoxId, noised: Option<&Noised>, corrections: &[Digest]) -> Outcome<Digest> {
    let counted = [Digest::of(&[id.to_string().as_bytes()])];
    let dir = city.draft(id, 0, counted.to_vec(), &json!([]), &[]);
    let path = dir.path().join("draft.json");
    let mut file: Value = serde_json::from_slice(&std::fs::read(&path).expect("a draft")).expect("JSON");
    assert_eq!(file["counted_root"], json!(log::root(&counted)));
    if let Some(noised) = noised {
        file["noised"] = json!(noised);
    }
    if !corrections.is_empty() {
        file["corrections"] = json!(corrections);
    }
    std::fs::write(&path, file.to_string()).expect("written");
    draft::take(&city.trial.site, id, dir.path())
}

fn agree(client: &Client) {
    let hash = client.get("/api/research/data-use").json()["hash"].clone();
    assert_eq!(client.post("/api/research/data-use", &json!({"hash": hash})).status, 204);
}

/// What the opening would be told.
fn package(city: &City<'_>, id: &BoxId) -> Option<PrivacyFile> {
    let dir = tempfile::tempdir().expect("a directory");
    export::export(&city.trial.site, id, dir.path()).expect("exported");
    let bytes = std::fs::read(dir.path().join("privacy.json")).ok()?;
    Some(serde_json::from_slice(&bytes).expect("a file"))
}

/// Takes a closed box to the agreed list, so that it can be exported.
fn listed(city: &City<'_>, id: &BoxId) {
    city.gather(id, tempfile::tempdir().expect("a directory").path());
}

on_both_backends! {
    fn a_draft_has_the_declared_counts_or_none(trial) {
        let city = closed(trial, lenient);
        let (id, rules) = (bar_box(), rules(&city));
        listed(&city, &id);
        assert_eq!(package(&city, &id), Some(PrivacyFile { v: 1, left: 4000, again: false, earlier: None }));
        let honest = drawn(&rules, &id, 300);
        let with = |change: &dyn Fn(&mut Noised)| {
            let mut noised = honest.clone();
            change(&mut noised);
            refusal(take(&city, &id, Some(&noised), &[]))
        };
        assert_eq!(with(&|n| n.tables[0].rows[0].count = 199), Refusal::CountsRefused, "below the minimum");
        assert_eq!(with(&|n| drop(n.tables.pop())), Refusal::CountsRefused);
        assert_eq!(with(&|n| n.tables[0].id = "another".to_owned()), Refusal::CountsRefused);
        assert_eq!(with(&|n| n.scale = 1.0), Refusal::CountsRefused);
        assert_eq!(with(&|n| n.epsilon = 0.0), Refusal::CountsRefused, "for nothing");
        assert_eq!(refusal(take(&city, &id, Some(&drawn(&rules, &bench_box(), 300)), &[])), Refusal::CountsRefused);
        assert_eq!(table(trial, "privacy_spending").rows.len(), 0);
        take(&city, &id, Some(&honest), &[]).expect("a draft");
        assert_eq!(table(trial, "privacy_spending").rows.len(), 1);
        take(&city, &bench_box(), None, &[]).expect("a draft without");
        assert_eq!(table(trial, "privacy_spending").rows.len(), 1);
    }

    fn a_charter_without_counts_takes_none(trial) {
        let mut held = None;
        let city = closed(trial, |charter| {
            lenient(charter);
            held = charter.privacy.take();
        });
        listed(&city, &bar_box());
        assert_eq!(package(&city, &bar_box()), None);
        let counts = drawn(&held.expect("counts"), &bar_box(), 300);
        assert_eq!(refusal(take(&city, &bar_box(), Some(&counts), &[])), Refusal::CountsRefused);
        let served = trial.serve();
        assert_eq!(served.signed_in("bench").get("/api/research/budget").json(), json!([]));
        take(&city, &bar_box(), None, &[]).expect("a draft");
    }

    fn a_year_is_not_overspent_and_its_ledger_never_changes(trial) {
        let city = closed(trial, poor);
        let (id, rules) = (bar_box(), rules(&city));
        listed(&city, &id);
        let year = i64::from(trial.site.clock.today().year());
        let earlier = |box_: &str, year: i64| {
            // A box of another period, as if it had been opened before.
            format!("INSERT INTO privacy_spending (box, direction, year, epsilon, yearly, release) SELECT '{box_}', \
                     'bar_rates_bench', {year}, 1000, 1500, hash FROM release")
        };
        take(&city, &bench_box(), None, &[]).expect("a draft to name");
        let run = |sql: &str| trial.site.store.write("test", |conn| {
            use diesel::RunQueryDsl as _;
            Ok(diesel::sql_query(sql.to_owned()).execute(conn)?)
        });
        // The other direction's box lends its name: the ledger goes by the direction that stands in its row.
        run(&earlier("2026.bench_rates_bar", year)).expect("a line");
        assert_eq!(package(&city, &id).expect("a file").left, 500);
        let counts = drawn(&rules, &id, 300);
        assert_eq!(refusal(take(&city, &id, Some(&counts), &[])), Refusal::BudgetSpent);
        assert!(run("UPDATE privacy_spending SET epsilon = 1").is_err(), "append-only");
        assert!(run("DELETE FROM privacy_spending").is_err(), "append-only");
        take(&city, &id, Some(&Noised::silent(&rules, Silence::BudgetSpent)), &[]).expect("a draft without counts");
        assert_eq!(table(trial, "privacy_spending").rows.len(), 1, "silence spends nothing");
    }

    fn what_was_spent_last_year_is_not_spent_this_year(trial) {
        let city = closed(trial, poor);
        let (id, rules) = (bar_box(), rules(&city));
        listed(&city, &id);
        trial.clock.set(date(2027, 1, 2));
        assert_eq!(package(&city, &id).expect("a file").left, 1500);
        take(&city, &id, Some(&drawn(&rules, &id, 300)), &[]).expect("a draft");
        assert_eq!(table(trial, "privacy_spending").column("year"), ["2027"], "the year in which the draft is taken");
    }

    fn a_correction_copies_counts_to_the_bit_and_spends_nothing(trial) {
        let city = closed(trial, poor);
        let (id, rules) = (bar_box(), rules(&city));
        listed(&city, &id);
        let counts = drawn(&rules, &id, 300);
        let first = take(&city, &id, Some(&counts), &[]).expect("a draft");
        city.release(first);
        deliver(&trial.site);
        let reason = ObjectionReason::NotHandled;
        let correction = correct::propose(&trial.site, first, &[judge(0)], reason, None).expect("proposed");
        city.sign(DocumentKind::Correction, correction);
        listed(&city, &id);
        let told = package(&city, &id).expect("a file");
        assert_eq!((told.again, told.left, told.earlier.as_ref()), (true, 500, Some(&counts)));
        assert_eq!(serde_json::to_string(&told.earlier).expect("JSON"), serde_json::to_string(&counts).expect("JSON"));
        let mut other = counts.clone();
        other.tables[0].rows[0].count += 1;
        for wrong in [Some(&other), None, Some(&Noised::silent(&rules, Silence::BudgetSpent))] {
            assert_eq!(refusal(take(&city, &id, wrong, &[correction])), Refusal::CountsRefused, "{wrong:?}");
        }
        let second = take(&city, &id, Some(&counts), &[correction]).expect("a draft");
        assert_ne!(first, second);
        assert_eq!(table(trial, "privacy_spending").rows.len(), 1);
        city.release(second);
        let served = trial.serve();
        let researcher = served.signed_in("researcher");
        agree(&researcher);
        let file = |hash: Digest| researcher.get(&format!("/api/releases/{hash}/counts.csv"));
        assert_eq!((file(first).problem().as_str(), file(second).status), ("not-found", 200), "only what stands");
    }

    fn researchers_who_agreed_and_officers_read_counts_and_nobody_else(trial) {
        let city = closed(trial, lenient);
        let rules = rules(&city);
        let out = take(&city, &bar_box(), Some(&drawn(&rules, &bar_box(), 321)), &[]).expect("a draft");
        let waiting = take(&city, &bench_box(), Some(&drawn(&rules, &bench_box(), 654)), &[]).expect("a draft");
        city.release(out);
        let served = trial.serve();
        let file = |client: &Client, hash: Digest| client.get(&format!("/api/releases/{hash}/counts.csv"));
        let (researcher, newcomer, visitor) = (served.signed_in("researcher"), served.signed_in("newcomer"), served.client());
        let unknown = Digest::of(&[b"none"]);
        for hash in [out, waiting, unknown] {
            assert_eq!(file(&newcomer, hash).problem(), "data-use-first", "said before anything is looked up");
        }
        assert_eq!(newcomer.get("/api/research/budget").problem(), "data-use-first");
        assert_eq!(newcomer.get("/api/research/catalogue").json()["entries"][0]["detail"], json!(null));
        agree(&researcher);
        let text = file(&researcher, out).text;
        let lines: Vec<_> = text.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!((lines[0], lines[1]), ("table,level,count,scale,epsilon", "outcomes,for,321,15,1"));
        assert_eq!(lines.len(), 1 + 3 * 2);
        assert_eq!(file(&researcher, waiting).text, file(&researcher, unknown).text, "a draft looks like nothing");
        for officer in ["bench", "bar"] {
            let officer = served.signed_in(officer);
            assert_eq!((file(&officer, out).status, file(&officer, waiting).status), (200, 200));
            assert_eq!(officer.get(&format!("/api/releases/{waiting}")).json()["noised"], json!(true));
        }
        assert_eq!(file(&served.signed_in("operator"), out).problem(), "forbidden");
        assert_eq!(file(&visitor, out).problem(), "sign-in-required");
        // What everybody downloads of the release says nothing of them; the signed body itself is public with the record.
        let public = visitor.get(&format!("/api/releases/{out}"));
        assert_eq!((public.json()["noised"].clone(), public.text.contains("321")), (json!(false), false));
        let record = |id: &BoxId| visitor.get(&format!("/api/boxes/{id}/record/release.json"));
        assert!(record(&bar_box()).text.contains("\"count\":321"), "both sides signed them with the rest");
        assert_eq!(record(&bench_box()).status, 404);

        let detail = researcher.get("/api/research/catalogue").json()["entries"][0]["detail"].clone();
        let shown = &detail["counts"];
        assert_eq!((&shown["scale"], &shown["within"], &shown["minimum"]), (&json!(15.0), &json!(45), &json!(200)));
        assert_eq!(shown["tables"][0]["rows"][0]["count"], json!(321));
        assert_eq!((&shown["tables"][1]["rows"][0]["label"]["zh"], &shown["tables"][1]["below"]), (&json!("青岛中院"), &json!(9)));
        // Of the year a researcher sees what is out, an officer all of it.
        let budget = |client: &Client| client.get("/api/research/budget").json();
        let seen = |budget: &Value, direction: &str| {
            let lines = budget.as_array().expect("a list").iter();
            lines.clone().find(|line| line["direction"] == direction).map(|line| line["spent"].clone()).expect("a line")
        };
        let (mine, theirs) = (budget(&researcher), budget(&served.signed_in("bench")));
        assert_eq!((seen(&mine, "bar_rates_bench"), seen(&mine, "bench_rates_bar")), (json!(1.0), json!(0.0)));
        assert_eq!((seen(&theirs, "bar_rates_bench"), seen(&theirs, "bench_rates_bar")), (json!(1.0), json!(1.0)));
        assert_eq!(mine[0]["limit"], json!(4.0));

        let withdrawal = withdraw::propose(&trial.site, out, WithdrawalReason::WrongData, None, None).expect("proposed");
        city.sign(DocumentKind::Withdrawal, withdrawal);
        assert_eq!(file(&researcher, out).problem(), "not-found", "what was withdrawn does not stand");
        assert_eq!(seen(&budget(&researcher), "bar_rates_bench"), json!(1.0), "and was spent");
    }

    fn a_box_that_is_silent_looks_like_one_without_counts(trial) {
        let city = closed(trial, lenient);
        let rules = rules(&city);
        let silent = Noised::silent(&rules, Silence::TooFew);
        let out = take(&city, &bar_box(), Some(&silent), &[]).expect("a draft");
        let none = take(&city, &bench_box(), None, &[]).expect("a draft");
        city.release(out);
        city.release(none);
        let served = trial.serve();
        let researcher = served.signed_in("researcher");
        agree(&researcher);
        let [one, other] = [out, none].map(|hash| researcher.get(&format!("/api/releases/{hash}/counts.csv")).text);
        assert_eq!(one, other);
        for entry in researcher.get("/api/research/catalogue").json()["entries"].as_array().expect("a list") {
            assert_eq!(entry["detail"]["counts"], json!(null));
        }
    }
}
