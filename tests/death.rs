//! The end of a box: keys gone on both sides, envelopes gone here, every stamp open to be checked again, and no way back.

use hengping::flow::courier::{self, Carrier as _};
use hengping::flow::{Refusal, batch, boxes, death, publish, unseal};
use hengping::store::ballot_box;
use hengping_domain::cast::Cast;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::log;
use hengping_domain::manifest::PerSide;
use hengping_domain::record::{Record, StampRow, verify};
use hengping_domain::request::Asked;
use hengping_domain::statement::{AgentRefusal, Said};
use hengping_domain::token::StampInfo;
use hengping_domain::token::poprf::IssuerKey;
use serde_json::json;

use crate::city::{self, Case, City, bar_box, bench_box, deliver, hand_over, lawyer, refusal};
use crate::dump::{content, dump, holds_items, table};
use crate::harness::Trial;
use crate::on_both_backends;

fn cases() -> Vec<Case> {
    (1..=4).map(|n| Case::new(n, n % 2, &[0], &[1])).collect()
}

/// A city with a draft of its lawyers' box, after a replacement and with tokens that were fetched.
fn drafted(trial: &Trial) -> (City<'_>, hengping_domain::digest::Digest, Vec<Cast>) {
    let city = City::inviting(trial, 2, 2, &cases());
    let device = city.device(&lawyer(0), 1);
    device.fetch();
    let casts = vec![device.seal(0, 1, 4, 1), device.seal(1, 1, 4, 2), device.seal(0, 2, 3, 3)];
    hand_over(&trial.site, &bar_box(), &casts[..2]);
    hand_over(&trial.site, &bar_box(), &casts[2..]);
    for id in [bar_box(), bench_box()] {
        city::close(&trial.site, &id).expect("closed");
    }
    let dir = tempfile::tempdir().expect("a directory");
    city.gather(&bar_box(), dir.path());
    drop(device);
    let draft = city.take_draft(&bar_box(), &json!([]), &[]).expect("a draft");
    (city, draft, casts)
}

/// The keys that both agents published.
fn published_keys(trial: &Trial, id: &BoxId) -> PerSide<IssuerKey> {
    let said = boxes::find(&trial.site, id).expect("a box").statements;
    let key = |side| {
        let mut dead = said.iter().filter(|signed| signed.statement.side == side).filter_map(|signed| {
            signed.said(id, side, &crate::agents::agent_key(side)).ok().and_then(|said| match said {
                Said::Dead { issuer } => Some(IssuerKey::from_secret(issuer).expect("a scalar")),
                _ => None,
            })
        });
        dead.next().expect("it said so")
    };
    PerSide { bench: key(Side::Bench), bar: key(Side::Bar) }
}

fn stamps(trial: &Trial, id: &BoxId) -> Vec<StampRow> {
    trial.site.store.read("test", |conn| ballot_box::published_stamps(conn, id)).expect("a list")
}

on_both_backends! {
    fn no_box_ends_before_its_release_is_out(trial) {
        let (city, draft, _) = drafted(trial);
        let end = || death::bury(&trial.site, &bar_box());
        assert_eq!(refusal(end()), Refusal::BoxState, "a draft can still be computed again");
        let one = city.signature(Side::Bench, DocumentKind::Release, draft);
        publish::sign(&trial.site, draft, &one, None).expect("signed");
        assert_eq!(refusal(end()), Refusal::BoxState, "one signature releases nothing");
        let unknown: BoxId = "1999.bar_rates_bench".parse().expect("a box");
        assert_eq!(refusal(death::bury(&trial.site, &unknown)), Refusal::NotFound);
        assert!(table(trial, "agent_request").rows.is_empty() && stamps(trial, &bar_box()).is_empty());
    }

    fn both_agents_keys_die_and_every_stamp_can_be_checked_again(trial) {
        let (city, draft, casts) = drafted(trial);
        city.release(draft);
        let (site, id) = (&trial.site, bar_box());
        let before = batch::published(site, &id).expect("a log");
        let manifest = city.pinned(&id).manifest.clone();
        let alive = PerSide {
            bench: trial.agents.secrets(Side::Bench, &manifest.bench),
            bar: trial.agents.secrets(Side::Bar, &manifest.bar),
        };

        trial.agents.send_away(Side::Bar);
        assert_eq!(death::bury(site, &id), Ok(false));
        courier::deliver(site).expect("half");
        assert_eq!(death::bury(site, &id), Ok(false), "one side alone ends nothing here");
        assert!(holds_items(trial, &casts) && !boxes::find(site, &id).expect("a box").dead);
        trial.agents.bring_back(Side::Bar);
        deliver(site);
        assert_eq!(death::bury(site, &id), Ok(true));

        let view = boxes::find(site, &id).expect("a box");
        assert!(view.dead);
        let held = dump(trial);
        assert!(held["sealed"].rows.is_empty() && held["pending"].rows.is_empty());
        assert!(!holds_items(trial, &casts), "no item is left anywhere");

        // With nothing but what is published: the keys are those of the manifest, each tag is right, and the leaves of what
        // was cast are the log that both sides cosigned.
        let keys = published_keys(trial, &id);
        assert_eq!(keys.bench.public(), manifest.bench.issuer);
        assert_eq!(keys.bar.public(), manifest.bar.issuer);
        let stamps = stamps(trial, &id);
        let info = StampInfo(&id).to_string();
        assert!(stamps.iter().all(|cast| cast.stamp.holds(&keys, &info)));
        assert!(!stamps[0].stamp.holds(&keys, &StampInfo(&bench_box()).to_string()), "control");
        let leaves: Vec<_> = stamps.iter().map(|row| log::leaf(&row.stamp.nonce, row.envelope)).collect();
        assert!(stamps.iter().map(|row| row.leaf).eq(leaves.iter().copied()));
        let after = batch::published(site, &id).expect("a log");
        assert_eq!((&leaves, &leaves), (&before.leaves, &after.leaves));
        assert_eq!((log::root(&leaves), &before.checkpoint), (before.root, &after.checkpoint));
        assert_eq!(view.sealed, 2, "the counts of the box stay what they were");

        // And whoever has the published record alone can recheck all of it.
        assert_eq!(broken_checks(trial, &id), Vec::<String>::new());

        // Nothing that opens an envelope is left with either agent, wherever one looks.
        for side in [Side::Bench, Side::Bar] {
            let secrets = alive.get(side);
            let held = files(&trial.agents.dir(side));
            for secret in [secrets.mix.0, secrets.opening.0] {
                assert!(!held.iter().any(|bytes| bytes.windows(32).any(|window| window == secret)), "{side}");
            }
            let lists = std::fs::read_dir(trial.agents.dir(side).join("files")).expect("a directory").count();
            assert_eq!(lists, 0, "{side}: lists and shares are gone");
            for asked in [Asked::Keys, Asked::Ledger] {
                let (_, request) = courier::signed(site, &id, asked).expect("signed");
                let said = trial.agents.ask(side, &request).expect("reached").expect("answered").statement.said;
                assert!(matches!(said, Said::Keys(_) | Said::Refused { code: AgentRefusal::BoxDead, .. }), "{said:?}");
            }
        }
        assert_eq!(refusal(unseal::posted(site, &id)), Refusal::BoxState);
    }

    fn asking_again_for_the_end_says_the_same(trial) {
        let (city, draft, _) = drafted(trial);
        city.release(draft);
        let id = bar_box();
        death::bury(&trial.site, &id).expect("asked");
        deliver(&trial.site);
        assert_eq!(death::bury(&trial.site, &id), Ok(true));
        let before = content(trial, &[]);
        for _ in 0..2 {
            assert_eq!(death::bury(&trial.site, &id), Ok(true));
            assert_eq!(deliver(&trial.site), 0);
        }
        assert!(content(trial, &[]) == before, "and writes nothing");
        let ended = table(trial, "audit").column("body").iter().filter(|body| body.contains("box-dead")).count();
        assert_eq!(ended, 1);
        for side in [Side::Bench, Side::Bar] {
            let (_, request) = courier::signed(&trial.site, &id, Asked::Death).expect("signed");
            let again = trial.agents.ask(side, &request).expect("reached").expect("answered").statement.said;
            assert!(matches!(again, Said::Dead { .. }), "{again:?}");
        }
        let shown = trial.serve().client().get(&format!("/api/boxes/{id}")).json();
        assert_eq!(shown["dead"], json!(true));
    }

    fn a_box_that_was_destroyed_ends_too(trial) {
        // The lawyers' box is empty, the judges' has one ballot, and two are asked for.
        let city = City::found(trial, |charter| {
            city::lenient(charter);
            charter.batch.open = 2;
        });
        city::import(&trial.site, &city::roster(2, 2), false);
        city::import(&trial.site, &city::docket(&cases()), false);
        city.open_period(&city.plan("2026", hengping_domain::manifest::PeriodKind::Regular));
        city.invite();
        let device = city.device(&city::judge(0), 1);
        device.mint();
        hand_over(&trial.site, &bench_box(), &[device.seal(0, 1, 4, 1)]);
        for id in [bar_box(), bench_box()] {
            assert_eq!(city::close(&trial.site, &id).expect("closed").as_str(), "destroyed");
            deliver(&trial.site);
            let mut rounds = 0;
            while !death::bury(&trial.site, &id).expect("asked") {
                deliver(&trial.site);
                rounds += 1;
                assert!(rounds < 3, "{id} does not come to its end");
            }
            assert!(boxes::find(&trial.site, &id).expect("a box").dead);
            published_keys(trial, &id);
            let before = content(trial, &[]);
            assert_eq!(death::bury(&trial.site, &id), Ok(true));
            assert!(content(trial, &[]) == before, "{id}: asked again, nothing changes");
        }
        let ended = table(trial, "audit").column("body").iter().filter(|body| body.contains("box-dead")).count();
        assert_eq!(ended, 2, "each end is in the audit log once");
    }
}

/// What of the published record does not hold, after it went through its files.
fn broken_checks(trial: &Trial, id: &BoxId) -> Vec<String> {
    let record = hengping::flow::record::record(&trial.site, id).expect("a record");
    let files = record.write().expect("files").into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    let read = Record::read(&files).expect("a record");
    assert!(read == record, "the files hold all of it");
    verify(&read).into_iter().filter(|check| !check.holds).map(|check| format!("{check:?}")).collect()
}

/// The content of every file below a directory.
fn files(dir: &std::path::Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(std::fs::read(path).expect("a file"));
        }
    }
    found
}
