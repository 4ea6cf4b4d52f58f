//! Each module of the store where it has an edge: what it refuses, what it returns, what it never forgets.

use diesel::RunQueryDsl as _;
use hengping::store::ballot_box::{self, Held, TokenKind};
use hengping::store::docket::{self, Import, Put};
use hengping::store::invitation::{self, Invitation};
use hengping::store::period::{self, BoxState};
use hengping::store::person::{self, Person};
use hengping::store::{Connection, StoreError, document, draw, release};
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::docket::roster::{PersonKind, RosterEntry};
use hengping_domain::document::{Document, DocumentKind, Signature};
use hengping_domain::envelope::{ENVELOPE_LEN, Envelope};
use hengping_domain::ids::{BoxId, InvitationId, PeriodId, PersonId, RateeId, Side};
use hengping_domain::invitation::{InvitationState, RecusalReason};
use hengping_domain::manifest::PeriodKind;
use hengping_domain::opening::Counts;
use hengping_domain::release::ReleaseState;
use jiff::civil::date;
use serde_json::json;

use crate::city::{self, Case, City, bar_box, bench_box};
use crate::harness::Trial;
use crate::on_both_backends;

fn write<T>(trial: &Trial, work: impl FnMut(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
    trial.site.store.write("test", work)
}

fn statement(trial: &Trial, sql: &str) -> Result<usize, StoreError> {
    write(trial, |conn| Ok(diesel::sql_query(sql).execute(conn)?))
}

fn envelope(byte: u8) -> Envelope {
    Envelope::from_bytes([b"HPB1".as_slice(), &[byte; ENVELOPE_LEN - 4]].concat()).expect("an envelope by its looks")
}

fn digest(text: &str) -> Digest {
    Digest::of(&[text.as_bytes()])
}

/// A city with an open period and two cases, so that the rows others point to are there.
fn city(trial: &Trial) -> City<'_> {
    City::inviting(trial, 2, 2, &[Case::new(1, 0, &[0], &[1]), Case::new(2, 1, &[1], &[0])])
}

on_both_backends! {
    fn a_document_reads_back_as_it_was_and_is_never_changed_in_place(trial) {
        let new = Document::new(DocumentKind::Charter, &json!({"b": [1.5, "字"], "a": null})).expect("canonical");
        for _ in 0..2 {
            write(trial, |conn| document::put(conn, &new, date(2026, 1, 2))).expect("again changes nothing");
        }
        assert_eq!(write(trial, |conn| document::find(conn, new.hash())).expect("found"), new);
        let missing = write(trial, |conn| document::find(conn, digest("x")));
        assert!(matches!(missing, Err(StoreError::NotFound)));
        let hash = new.hash();
        for sql in [format!("UPDATE document SET body = '[]' WHERE hash = '{hash}'"), "DELETE FROM document".to_owned()] {
            let refused = statement(trial, &sql);
            assert!(matches!(&refused, Err(StoreError::Broken(why)) if why.contains("never changes")), "{refused:?}");
        }
        // Whoever can drop the trigger is still found out by the hash.
        let drop = if trial.url.starts_with("sqlite") {
            "DROP TRIGGER document_is_never_updated"
        } else {
            "DROP TRIGGER document_is_never_changed ON document"
        };
        statement(trial, drop).expect("dropped");
        assert_eq!(statement(trial, &format!("UPDATE document SET body = '{{\"a\":1}}' WHERE hash = '{hash}'")).expect("changed"), 1);
        let changed = write(trial, |conn| document::find(conn, hash));
        assert!(matches!(&changed, Err(StoreError::Broken(why)) if why.contains("was changed")), "{changed:?}");
    }

    fn each_side_signs_once_and_the_transaction_goes_on(trial) {
        let new = Document::new(DocumentKind::Charter, &json!({})).expect("canonical");
        let key = ed25519_dalek::SigningKey::from_bytes(&[3; 32]);
        let by = |side| Signature::sign(side, DocumentKind::Charter, new.hash(), &key);
        write(trial, |conn| {
            document::put(conn, &new, date(2026, 1, 2))?;
            document::sign(conn, new.hash(), &by(Side::Bench), date(2026, 1, 3))?;
            let twice = document::sign(conn, new.hash(), &by(Side::Bench), date(2026, 1, 4));
            assert!(matches!(twice, Err(StoreError::Duplicate)));
            document::sign(conn, new.hash(), &by(Side::Bar), date(2026, 1, 5))
        })
        .expect("signed");
        let held = write(trial, |conn| document::signatures(conn, new.hash())).expect("signatures");
        let found: Vec<_> = held.iter().map(|s| (s.signature.side, s.day)).collect();
        assert_eq!(found, [(Side::Bar, date(2026, 1, 5)), (Side::Bench, date(2026, 1, 3))]);
        assert_eq!(held[1].signature, by(Side::Bench));
    }

    fn a_box_moves_only_from_where_it_stands(trial) {
        city(trial);
        let id = bar_box();
        let step = |from, to| write(trial, |conn| period::move_box(conn, &id, from, to));
        assert!(matches!(step(BoxState::Closed, BoxState::Opened), Err(StoreError::Stale)));
        step(BoxState::Open, BoxState::Closed).expect("closed");
        assert!(matches!(step(BoxState::Open, BoxState::Destroyed), Err(StoreError::Stale)));
        step(BoxState::Closed, BoxState::Opened).expect("opened");
        let unknown: BoxId = "1999.bar_rates_bench".parse().expect("a box");
        let missing = write(trial, |conn| period::move_box(conn, &unknown, BoxState::Open, BoxState::Closed));
        assert!(matches!(missing, Err(StoreError::Stale)));
        assert!(statement(trial, "UPDATE ballot_box SET state = 'ajar'").is_err());
        let counts = Counts { taken: 9, refused: 1, invalid: 2, duplicate: 3, valid: 3 };
        write(trial, |conn| period::set_counts(conn, &id, counts)).expect("counted");
        let held = write(trial, |conn| period::find_box(conn, &id)).expect("a box");
        assert_eq!((held.state, held.counts), (BoxState::Opened, Some(counts)));
        let other = write(trial, |conn| period::find_box(conn, &bench_box())).expect("a box");
        assert_eq!((other.state, other.counts), (BoxState::Open, None));
        assert!(matches!(write(trial, |conn| period::set_counts(conn, &unknown, counts)), Err(StoreError::Stale)));
    }

    fn periods_stand_by_their_first_day(trial) {
        let city = city(trial);
        let earlier = hengping::flow::periods::PeriodPlan {
            starts_on: date(2025, 7, 1), ends_on: date(2025, 12, 31), cast_until: date(2026, 1, 31),
            ..city.plan("2025-pilot", PeriodKind::Pilot)
        };
        city.open_period(&earlier);
        let all = write(trial, period::all).expect("periods");
        let names: Vec<_> = all.iter().map(|p| (p.id.as_str(), p.kind)).collect();
        assert_eq!(names, [("2025-pilot", PeriodKind::Pilot), ("2026", PeriodKind::Regular)]);
        assert_eq!(write(trial, |conn| period::find(conn, &all[0].id)).expect("found"), all[0]);
        let twice = write(trial, |conn| period::insert(conn, &all[0]));
        assert!(matches!(twice, Err(StoreError::Duplicate)));
    }

    fn a_commitment_stands_and_is_revealed_once(trial) {
        let lone = PeriodId("lone".to_owned());
        let commit = |byte| write(trial, |conn| draw::commit(conn, &lone, Side::Bench, Digest([byte; 32])));
        let reveal = |byte| write(trial, |conn| draw::reveal(conn, &lone, Side::Bench, &Bytes([byte; 32])));
        assert!(matches!(reveal(1), Err(StoreError::Stale)), "nothing to reveal yet");
        commit(1).expect("one side");
        assert!(matches!(commit(2), Err(StoreError::Duplicate)));
        let held = || write(trial, |conn| draw::of_period(conn, &lone)).expect("a look");
        let share = |contribution| draw::DrawShare { commitment: Digest([1; 32]), contribution };
        assert_eq!((held().bench, held().bar), (Some(share(None)), None));
        reveal(3).expect("revealed");
        assert!(matches!(reveal(4), Err(StoreError::Stale)));
        assert_eq!(held().bench, Some(share(Some(Bytes([3; 32])))));
        for sql in ["UPDATE draw_share SET commitment = 'x'", "UPDATE draw_share SET contribution = NULL", "DELETE FROM draw_share"] {
            let refused = statement(trial, sql);
            assert!(matches!(&refused, Err(StoreError::Broken(why)) if why.contains("never changes")), "{sql}: {refused:?}");
        }
    }

    fn the_spool_keeps_the_highest_number_and_the_box_knows_it_after_the_batch(trial) {
        city(trial);
        let (id, stamp) = (bar_box(), digest("stamp"));
        let cast = |seq: u32| Held { seq, leaf: digest(&format!("leaf {seq}")) };
        let spool = |seq: u32| write(trial, |conn| ballot_box::spool(conn, &id, stamp, &cast(seq), &envelope(seq as u8)));
        let held = || write(trial, |conn| ballot_box::held(conn, stamp)).expect("a look");
        assert_eq!(held(), None);
        spool(2).expect("spooled");
        assert!(matches!(spool(2), Err(StoreError::Duplicate)));
        assert!(matches!(spool(1), Err(StoreError::Duplicate)));
        assert_eq!(held(), Some(cast(2)));
        spool(5).expect("replaced");
        assert_eq!((held(), write(trial, |conn| ballot_box::waiting(conn, &id)).expect("a count")), (Some(cast(5)), 1));
        assert!(spool(9).is_err(), "the column knows the limit too");

        let batch = || write(trial, |conn| ballot_box::append_batch(conn, &id, date(2026, 11, 1))).expect("a batch");
        assert_eq!((batch(), batch()), (1, 0));
        assert_eq!(held(), Some(cast(5)));
        spool(7).expect("after the batch");
        assert_eq!(held(), Some(cast(7)));
        assert_eq!(batch(), 1);
        let (list, leaves, stamps) = write(trial, |conn| {
            Ok((ballot_box::closed_list(conn, &id)?, ballot_box::leaves(conn, &id)?, ballot_box::stamps(conn, &id)?))
        })
        .expect("a list");
        assert_eq!(list, [envelope(7)], "of each stamp the last");
        let mut expected = [cast(5).leaf, cast(7).leaf];
        expected.sort();
        assert_eq!((leaves.as_slice(), stamps), (expected.as_slice(), (1, 0)));
        let changed = statement(trial, "UPDATE sealed SET seq = 8");
        assert!(matches!(&changed, Err(StoreError::Broken(why)) if why.contains("never changes")), "{changed:?}");

        write(trial, |conn| ballot_box::destroy(conn, &id)).expect("destroyed");
        assert_eq!(write(trial, |conn| ballot_box::closed_list(conn, &id)).expect("empty"), []);
        assert_eq!(held(), None);
    }

    fn a_token_is_listed_once_for_one_thing(trial) {
        city(trial);
        let list = |id: &BoxId, kind, name: &str, info: Option<&str>| {
            write(trial, |conn| ballot_box::list_token(conn, id, kind, digest(name), info))
        };
        assert!(list(&bar_box(), TokenKind::Slip, "a", Some("about")).expect("new"));
        assert!(!list(&bar_box(), TokenKind::Slip, "a", Some("about")).expect("the same again"));
        for (id, kind, info) in [
            (bench_box(), TokenKind::Slip, Some("about")),
            (bar_box(), TokenKind::Nym, Some("about")),
            (bar_box(), TokenKind::Slip, Some("another")),
            (bar_box(), TokenKind::Slip, None),
        ] {
            assert!(matches!(list(&id, kind, "a", info), Err(StoreError::Stale)), "{kind} {info:?}");
        }
        list(&bar_box(), TokenKind::Stamp, "b", None).expect("new");
        list(&bar_box(), TokenKind::Slip, "c", Some("more")).expect("new");
        let is = |id: &BoxId, kind, name: &str| write(trial, |conn| ballot_box::is_listed(conn, id, kind, digest(name))).expect("a look");
        assert!(is(&bar_box(), TokenKind::Stamp, "b"));
        assert!(!is(&bar_box(), TokenKind::Slip, "b") && !is(&bench_box(), TokenKind::Stamp, "b"));
        let slips = write(trial, |conn| ballot_box::listed(conn, &bar_box(), TokenKind::Slip)).expect("a list");
        let mut expected = [(digest("a"), "about"), (digest("c"), "more")];
        expected.sort();
        assert_eq!(slips.iter().map(|l| (l.hash, l.info.as_str())).collect::<Vec<_>>(), expected);
    }

    fn the_counted_list_is_published_once_and_sorted(trial) {
        city(trial);
        let hashes: Vec<_> = ["x", "y", "z"].map(digest).into();
        let mut sorted = hashes.clone();
        sorted.sort();
        write(trial, |conn| ballot_box::put_counted(conn, &bar_box(), &sorted)).expect("published");
        let twice = write(trial, |conn| ballot_box::put_counted(conn, &bar_box(), &hashes));
        assert!(matches!(twice, Err(StoreError::Duplicate)));
        let list = |id: &BoxId| write(trial, |conn| ballot_box::counted_list(conn, id)).expect("a list");
        assert_eq!((list(&bar_box()), list(&bench_box())), (sorted, vec![]));
    }

    fn an_invitation_is_found_by_its_own_rater_only_and_moves_from_where_it_stands(trial) {
        let city = city(trial);
        let (mine, theirs) = (city.device(&city::lawyer(0), 1), city.device(&city::lawyer(1), 1));
        let one = &mine.cases[0].invitation;
        let find = |person: &PersonId| write(trial, |conn| invitation::find(conn, &one.id, person));
        assert_eq!(&find(&mine.person.id).expect("mine"), one);
        assert!(matches!(find(&theirs.person.id), Err(StoreError::NotFound)));
        let twice = Invitation { id: InvitationId("another".into()), ..one.clone() };
        assert!(matches!(write(trial, |conn| invitation::insert(conn, &twice)), Err(StoreError::Duplicate)));
        let step = |from, to, why| write(trial, |conn| invitation::set_state(conn, &one.id, from, to, why));
        let declined = step(InvitationState::Waiting, InvitationState::Recused, Some(RecusalReason::Relative));
        declined.expect("declined");
        assert!(matches!(step(InvitationState::Waiting, InvitationState::Issued, None), Err(StoreError::Stale)));
        let count = |state| write(trial, |conn| invitation::count(conn, &bar_box(), state)).expect("a count");
        assert_eq!((count(InvitationState::Waiting), count(InvitationState::Recused)), (3, 1));
        assert_eq!(write(trial, |conn| invitation::count_all(conn, &bar_box())).expect("a count"), 4);
        let fixed = write(trial, |conn| invitation::fix_home(conn, &bar_box(), &mine.person.id, "鲁0203"));
        assert!(matches!(fixed, Err(StoreError::Duplicate)), "a home is fixed once");
        let nobody = write(trial, |conn| invitation::home(conn, &bar_box(), &PersonId("nobody".into())));
        assert!(matches!(nobody, Err(StoreError::NotFound)));
        let kept = Invitation {
            id: InvitationId("kept".into()), ratee: theirs.person.id.clone(),
            not_applicable: vec!["civility".into(), "equal-hearing".into()], ..one.clone()
        };
        write(trial, |conn| invitation::insert(conn, &kept)).expect("kept");
        assert_eq!(write(trial, |conn| invitation::find(conn, &kept.id, &kept.rater)).expect("found"), kept);
    }

    fn a_person_has_one_number_and_belongs_somewhere_from_day_to_day(trial) {
        let new = |id: &str, number: &str| Person {
            id: PersonId(id.into()), ratee: RateeId(format!("ratee of {id}")), side: Side::Bar, kind: PersonKind::Lawyer,
            number: number.into(), name: "王文".into(),
        };
        let insert = |p: &Person| write(trial, |conn| person::insert(conn, p));
        insert(&new("a", "1")).expect("new");
        assert!(matches!(insert(&new("b", "1")), Err(StoreError::Duplicate)));
        assert_eq!(write(trial, |conn| person::by_number(conn, "1")).expect("found"), new("a", "1"));
        assert!(matches!(write(trial, |conn| person::by_number(conn, "2")), Err(StoreError::NotFound)));
        let entry = RosterEntry {
            kind: PersonKind::Lawyer, name: "王文".into(), number: "1".into(), organisation: "山东文律师事务所".into(),
            chamber: None, from: Some(date(2020, 1, 1)), until: None,
        };
        let put = |entry: &RosterEntry| write(trial, |conn| person::put_entry(conn, entry)).expect("put");
        assert!(put(&entry));
        assert!(!put(&entry), "the same again is nothing new");
        let ended = RosterEntry { until: Some(date(2026, 3, 31)), ..entry.clone() };
        let next = RosterEntry { from: None, organisation: "山东桐律师事务所".into(), ..entry };
        assert!(put(&ended) && put(&next));
        let mut found = write(trial, person::roster).expect("a roster");
        found.sort_by(|a, b| a.organisation.cmp(&b.organisation));
        let mut expected = vec![ended, next];
        expected.sort_by(|a, b| a.organisation.cmp(&b.organisation));
        assert_eq!(found, expected);
    }

    fn a_case_is_new_the_same_or_changed(trial) {
        let records = |cause: &str| {
            let mut row = Case::new(1, 0, &[0], &[1]).row();
            row[hengping_domain::docket::Column::Cause as usize] = cause.to_owned();
            let file = hengping::sheet::csv(&city::header(), [row]).expect("a file");
            hengping_domain::docket::read(&hengping::sheet::read(&file).expect("a table")).0.remove(0)
        };
        let put = |name: &str, cause: &str| {
            write(trial, |conn| docket::put(conn, &hengping_domain::ids::CaseId(name.into()), &records(cause))).expect("put")
        };
        assert_eq!(put("first", "买卖合同纠纷"), Put::New);
        assert_eq!(put("second", "买卖合同纠纷"), Put::Same);
        assert_eq!(put("third", "租赁合同纠纷"), Put::Changed);
        let all = write(trial, docket::all).expect("cases");
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].0.as_str(), &all[0].1), ("first", &records("租赁合同纠纷")), "the name stays");
        let import = Import {
            id: "i".into(), day: date(2026, 1, 2), file: digest("file"), summary: "{}".into(), problems: "[]".into(),
        };
        write(trial, |conn| docket::remember(conn, &import)).expect("remembered");
        assert!(matches!(write(trial, |conn| docket::import(conn, "j")), Err(StoreError::NotFound)));
        let found = write(trial, |conn| docket::import(conn, "i")).expect("found");
        assert_eq!((found.day, found.file, found.summary, found.problems), (import.day, import.file, import.summary, import.problems));
    }

    fn a_release_is_let_out_once_with_its_files(trial) {
        city(trial);
        let new = Document::new(DocumentKind::Release, &json!({"v": 1})).expect("canonical");
        let hash = new.hash();
        write(trial, |conn| {
            document::put(conn, &new, date(2026, 12, 1))?;
            release::insert(conn, hash, &bar_box(), date(2026, 12, 1))?;
            release::put_file(conn, hash, "a.svg", b"\0\xff<svg/>")
        })
        .expect("a draft");
        assert!(matches!(write(trial, |conn| release::insert(conn, hash, &bar_box(), date(2026, 12, 1))), Err(StoreError::Duplicate)));
        assert!(matches!(write(trial, |conn| release::put_file(conn, hash, "a.svg", b"")), Err(StoreError::Duplicate)));
        assert_eq!(write(trial, |conn| release::file(conn, hash, "a.svg")).expect("bytes"), b"\0\xff<svg/>");
        assert!(matches!(write(trial, |conn| release::file(conn, hash, "b.svg")), Err(StoreError::NotFound)));
        write(trial, |conn| release::set_released(conn, hash, date(2026, 12, 9))).expect("released");
        let twice = write(trial, |conn| release::set_released(conn, hash, date(2026, 12, 10)));
        assert!(matches!(twice, Err(StoreError::Stale)));
        let held = write(trial, |conn| release::find(conn, hash)).expect("found");
        assert_eq!((held.state, held.day, held.ballot_box), (ReleaseState::Released, date(2026, 12, 9), bar_box()));
        assert_eq!(write(trial, release::all).expect("all").len(), 1);
    }
}
