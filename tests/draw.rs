//! The seed of a period's draw: first both commitments, then both contributions, and no seed otherwise.

use hengping::flow::{Refusal, draw, invite, periods};
use hengping_domain::digest::Bytes;
use hengping_domain::docket::draw::DrawFile;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{PeriodId, Side};
use hengping_domain::manifest::PeriodKind;
use serde_json::Value;

use crate::city::{City, bar_box, lenient, refusal};
use crate::dump::table;
use crate::on_both_backends;

fn part(side: Side, byte: u8) -> DrawFile {
    DrawFile { v: 1, side, period: PeriodId("2026".to_owned()), contribution: Bytes([byte; 32]) }
}

on_both_backends! {
    fn neither_side_reveals_before_both_have_committed(trial) {
        let (site, period) = (&trial.site, PeriodId("2026".to_owned()));
        let (bench, bar) = (part(Side::Bench, 1), part(Side::Bar, 2));
        assert_eq!(refusal(draw::reveal(site, &bench)), Refusal::DrawNotReady);
        draw::commit(site, &period, Side::Bench, bench.commitment()).expect("lodged");
        // Here a side that reveals would let the other one choose.
        assert_eq!(refusal(draw::reveal(site, &bench)), Refusal::DrawNotReady);
        assert!(table(trial, "draw_share").column("contribution").iter().all(|held| held.is_empty()));
        draw::commit(site, &period, Side::Bar, bar.commitment()).expect("lodged");
        draw::commit(site, &period, Side::Bar, bar.commitment()).expect("again changes nothing");
        let second = part(Side::Bar, 3);
        assert_eq!(refusal(draw::commit(site, &period, Side::Bar, second.commitment())), Refusal::DrawCommitted);
        draw::reveal(site, &bench).expect("revealed");
        // The bar knows the bench's contribution now and would like another of its own.
        assert_eq!(refusal(draw::reveal(site, &second)), Refusal::DrawRefused);
        let copied = DrawFile { side: Side::Bar, ..bench.clone() };
        assert_eq!(refusal(draw::reveal(site, &copied)), Refusal::DrawRefused);
        let of_other_period = DrawFile { period: PeriodId("2027".to_owned()), ..bar.clone() };
        assert_eq!(refusal(draw::reveal(site, &of_other_period)), Refusal::DrawNotReady);
        draw::reveal(site, &bar).expect("revealed");
        draw::reveal(site, &bar).expect("again changes nothing");
    }

    fn a_period_opens_on_commitments_and_invites_on_contributions(trial) {
        let city = City::found(trial, lenient);
        let (site, plan) = (&trial.site, city.plan("2026", PeriodKind::Regular));
        let parts = City::draws(&plan.id);
        assert_eq!(refusal(periods::open(site, &plan)), Refusal::DrawNotReady);
        draw::commit(site, &plan.id, Side::Bench, parts[0].commitment()).expect("lodged");
        assert_eq!(refusal(periods::open(site, &plan)), Refusal::DrawNotReady);
        assert!(table(trial, "period").rows.is_empty(), "nothing is half stored");
        draw::commit(site, &plan.id, Side::Bar, parts[1].commitment()).expect("lodged");
        city.prepare(&plan.id);
        for (_, manifest) in periods::open(site, &plan).expect("a period") {
            city.sign(DocumentKind::Manifest, manifest);
        }
        assert_eq!(refusal(invite::invite(site, &bar_box())), Refusal::DrawNotReady);
        let shown = |side: &str, what: &str| -> Value { trial.serve().client().get("/api/periods").json()[0]["draw"][side][what].clone() };
        assert_eq!(shown("bench", "commitment"), parts[0].commitment().to_string());
        assert!(shown("bench", "contribution").is_null());
        draw::reveal(site, &parts[0]).expect("revealed");
        assert_eq!(refusal(invite::invite(site, &bar_box())), Refusal::DrawNotReady);
        draw::reveal(site, &parts[1]).expect("revealed");
        assert_eq!(shown("bar", "contribution"), parts[1].contribution.to_string());
        invite::invite(site, &bar_box()).expect("both contributions make the seed");
    }

    fn a_contribution_changed_in_the_database_makes_no_seed(trial) {
        let city = City::found(trial, lenient);
        city.open_period(&city.plan("2026", PeriodKind::Regular));
        let sql = |text: String| trial.site.store.write("test", |conn| Ok(diesel::RunQueryDsl::execute(diesel::sql_query(&text), conn)?));
        let on = if trial.url.starts_with("sqlite") { "" } else { " ON draw_share" };
        sql(format!("DROP TRIGGER draw_share_is_revealed_once{on}")).expect("dropped");
        let other = part(Side::Bar, 9).contribution;
        assert_eq!(sql(format!("UPDATE draw_share SET contribution = '{other}' WHERE side = 'bar'")).expect("changed"), 1);
        assert_eq!(refusal(invite::invite(&trial.site, &bar_box())), Refusal::DrawRefused);
    }
}
