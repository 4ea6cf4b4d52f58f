//! Each module of the store where it has an edge: what it refuses, what it returns, what it never forgets.

use diesel::RunQueryDsl as _;
use hengping::store::agent_request::{self, Waiting};
use hengping::store::ballot_box::{self, Batch, BatchState, Cosigned};
use hengping::store::docket::{self, Import, Put};
use hengping::store::enrolment::{self, Enrolment};
use hengping::store::invitation::{self, Invitation};
use hengping::store::period::{self, BoxState};
use hengping::store::person::{self, Person};
use hengping::store::{Connection, StoreError, document, draw, eligibility, release, statement as store_statement};
use hengping_domain::cast::Cast;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::docket::roster::{PersonKind, RosterEntry};
use hengping_domain::document::{Document, DocumentKind, Signature};
use hengping_domain::ids::{BoxId, InvitationId, PeriodId, PersonId, RateeId, Side};
use hengping_domain::invitation::{InvitationState, RecusalReason};
use hengping_domain::layer::{POSTED_LEN, Posted};
use hengping_domain::lock::SUITE;
use hengping_domain::manifest::{PerSide, PeriodKind};
use hengping_domain::opening::Counts;
use hengping_domain::release::ReleaseState;
use hengping_domain::request::{Asked, AskedKind, Request};
use hengping_domain::statement::{Said, Signed, Statement};
use hengping_domain::token::{Seed, Token};
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

/// A cast under the stamp of a number; nobody has checked its tags.
fn cast(id: &BoxId, number: u8, seq: u32) -> Cast {
    let key = Seed(Bytes([9; 32])).stamp_key(&InvitationId(number.to_string()));
    let stamp = Token { nonce: key.nonce(), bench: Bytes([1; 64]), bar: Bytes([2; 64]) };
    let fill = [number.wrapping_mul(16).wrapping_add(seq as u8)].repeat(POSTED_LEN - 4);
    Cast::sign(
        id.clone(),
        &key,
        stamp,
        seq,
        Posted::from_bytes([SUITE.as_slice(), &fill].concat()).expect("by its looks"),
    )
}

/// What the bench might say about the lawyers' box.
fn signed(said: Said) -> Signed {
    let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
    Statement { v: 1, id: bar_box(), side: Side::Bench, said }.sign(&key).expect("signed")
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

    fn a_batch_is_taken_whole_and_moves_into_the_box_in_the_order_of_its_leaves(trial) {
        city(trial);
        let id = bar_box();
        let batch = |number: u32, casts: &[Cast]| {
            let new = Batch {
                number, body: digest(&format!("body {number}")), size: casts.len() as u32, state: BatchState::Checking,
                day: date(2026, 11, 1),
            };
            write(trial, |conn| ballot_box::take_batch(conn, &id, &new, casts))
        };
        let (two, one, other) = (cast(&id, 1, 2), cast(&id, 1, 5), cast(&id, 2, 1));
        batch(1, &[two.clone(), other.clone()]).expect("taken");
        assert!(matches!(batch(1, &[]), Err(StoreError::Duplicate)), "a number is used once");
        assert!(matches!(batch(2, &[one.clone(), other.clone()]), Err(StoreError::Duplicate)), "a leaf waits once");
        let waiting = |number| write(trial, |conn| ballot_box::waiting(conn, &id, number)).expect("a look");
        assert_eq!(waiting(2), [], "and then nothing of it is kept");
        let mut expected = [&two, &other].map(|cast| (cast.leaf(), cast.stamp, cast.seq));
        expected.sort();
        assert_eq!(waiting(1).iter().map(|c| (c.leaf(), c.stamp, c.seq)).collect::<Vec<_>>(), expected);

        let log = |size| Cosigned {
            size, root: digest(&format!("root {size}")), notes: PerSide { bench: Bytes([1; 64]), bar: Bytes([2; 64]) },
        };
        let append = |number, size| {
            write(trial, |conn| ballot_box::append_batch(conn, &id, number, &log(size), date(2026, 11, 1))).expect("a batch")
        };
        assert_eq!(write(trial, |conn| ballot_box::cosigned(conn, &id)).expect("a look"), None);
        assert_eq!(append(1, 2), 2);
        let step = |from, to| write(trial, |conn| ballot_box::move_batch(conn, &id, 1, from, to));
        assert!(matches!(step(BatchState::Cosigning, BatchState::Appended), Err(StoreError::Stale)));
        step(BatchState::Checking, BatchState::Appended).expect("moved");
        batch(2, std::slice::from_ref(&one)).expect("taken");
        assert_eq!(append(2, 3), 1);
        assert_eq!(write(trial, |conn| ballot_box::cosigned(conn, &id)).expect("a look"), Some(log(3)), "the newest");
        let (list, leaves, stamps) = write(trial, |conn| {
            Ok((ballot_box::closed_list(conn, &id)?, ballot_box::leaves(conn, &id)?, ballot_box::stamps(conn, &id)?))
        })
        .expect("a list");
        let mut items = list;
        items.sort();
        let mut last = vec![one.envelope.clone(), other.envelope.clone()];
        last.sort();
        assert_eq!((items, stamps), (last, 2), "of each stamp the last");
        assert_eq!(leaves, [expected[0].0, expected[1].0, one.leaf()], "batch after batch, sorted in each");
        let states: Vec<_> = write(trial, |conn| ballot_box::batches(conn, &id)).expect("a list").iter().map(|b| (b.number, b.size, b.state)).collect();
        assert_eq!(states, [(1, 2, BatchState::Appended), (2, 1, BatchState::Checking)]);
        for sql in ["UPDATE sealed SET seq = 8", "UPDATE checkpoint SET size = 9", "DELETE FROM checkpoint"] {
            let changed = statement(trial, sql);
            assert!(matches!(&changed, Err(StoreError::Broken(why)) if why.contains("never changes")), "{sql}: {changed:?}");
        }

        write(trial, |conn| ballot_box::bury(conn, &id)).expect("buried");
        assert_eq!(write(trial, |conn| ballot_box::closed_list(conn, &id)).expect("empty"), []);
        assert_eq!(write(trial, |conn| ballot_box::leaves(conn, &id)).expect("a list"), leaves, "the log stays");
        let published = write(trial, |conn| ballot_box::published_stamps(conn, &id)).expect("a list");
        let hashes: Vec<_> = published.iter().map(|cast| (cast.leaf, cast.seq)).collect();
        assert_eq!(hashes, [(expected[0].0, expected[0].2), (expected[1].0, expected[1].2), (one.leaf(), 5)]);
    }

    fn refused_leaves_leave_the_batch_and_are_kept_with_their_side(trial) {
        city(trial);
        let id = bar_box();
        let casts = [cast(&id, 1, 1), cast(&id, 2, 1), cast(&id, 3, 1)];
        let new = Batch { number: 1, body: digest("b"), size: 3, state: BatchState::Checking, day: date(2026, 11, 1) };
        write(trial, |conn| ballot_box::take_batch(conn, &id, &new, &casts)).expect("taken");
        let refuse = |side, n: usize| write(trial, |conn| ballot_box::refuse(conn, &id, 1, side, &[casts[n].leaf()]));
        refuse(Side::Bench, 0).expect("refused");
        refuse(Side::Bar, 0).expect("by both");
        refuse(Side::Bar, 1).expect("refused");
        refuse(Side::Bar, 1).expect("again changes nothing");
        let left = write(trial, |conn| ballot_box::waiting(conn, &id, 1)).expect("a look");
        assert_eq!(left.iter().map(hengping_domain::request::Presented::leaf).collect::<Vec<_>>(), [casts[2].leaf()]);
        let mut expected = vec![(casts[0].leaf(), Side::Bar), (casts[0].leaf(), Side::Bench), (casts[1].leaf(), Side::Bar)];
        expected.sort_by_key(|(leaf, side)| (*leaf, side.as_str()));
        assert_eq!(write(trial, |conn| ballot_box::refused(conn, &id)).expect("a list"), expected);
        assert_eq!(write(trial, |conn| ballot_box::refused(conn, &bench_box())).expect("a list"), []);
    }

    fn a_request_waits_until_it_is_answered_and_is_one_however_often_it_is_put(trial) {
        city(trial);
        let key = crate::agents::platform_key();
        let request = Request::new(bar_box(), Asked::Ledger);
        let name = request.digest().expect("a name");
        let request = request.sign(&key).expect("signed");
        let waiting = |side| Waiting { digest: name, side, ballot_box: bar_box(), kind: AskedKind::Ledger, request: request.clone() };
        for side in [Side::Bench, Side::Bar, Side::Bar] {
            write(trial, |conn| agent_request::put(conn, &waiting(side))).expect("put");
        }
        let open = |side| write(trial, |conn| agent_request::unanswered(conn, side)).expect("a list").len();
        assert_eq!((open(Side::Bench), open(Side::Bar)), (1, 1));
        let said = signed(Said::Ledger { stamps: 1, slips: 1, nyms: 1, spent: 1, refused: 0 });
        write(trial, |conn| agent_request::answer(conn, name, Side::Bar, &said)).expect("answered");
        write(trial, |conn| agent_request::put(conn, &waiting(Side::Bar))).expect("put again");
        assert_eq!((open(Side::Bench), open(Side::Bar)), (1, 0), "an answer is not lost by asking again");
        let answer = |side| write(trial, |conn| agent_request::answered(conn, name, side)).expect("a look");
        assert_eq!((answer(Side::Bar), answer(Side::Bench)), (Some(said.clone()), None));
        let nobody = write(trial, |conn| agent_request::answer(conn, digest("x"), Side::Bar, &said));
        assert!(matches!(nobody, Err(StoreError::Stale)));
        for side in [Side::Bench, Side::Bar] {
            write(trial, |conn| agent_request::forget(conn, name, side)).expect("forgotten");
            assert!(matches!(write(trial, |conn| agent_request::find(conn, name, side)), Err(StoreError::NotFound)));
        }
    }

    fn what_an_agent_said_is_kept_once_and_never_changes(trial) {
        city(trial);
        let (one, other) = (signed(Said::Adopted { manifest: digest("m") }), signed(Said::Adopted { manifest: digest("n") }));
        for said in [&one, &other] {
            write(trial, |conn| store_statement::put(conn, &bar_box(), AskedKind::Release, digest("request"), said, date(2026, 1, 2))).expect("put");
        }
        let find = |side| write(trial, |conn| store_statement::find(conn, digest("request"), side)).expect("a look");
        assert_eq!((find(Side::Bench), find(Side::Bar)), (Some(one.clone()), None), "the first word stands");
        let said = |side| write(trial, |conn| store_statement::said(conn, &bar_box(), AskedKind::Release, side)).expect("a look");
        assert_eq!((said(Side::Bench), said(Side::Bar)), (Some(one), None));
        for sql in ["UPDATE statement SET statement = '{}'", "DELETE FROM statement", "UPDATE eligibility SET size = 1", "DELETE FROM eligibility"] {
            let changed = statement(trial, sql);
            assert!(matches!(&changed, Err(StoreError::Broken(why)) if why.contains("never changes")), "{sql}: {changed:?}");
        }
    }

    fn an_invitation_is_put_on_one_list(trial) {
        let city = city(trial);
        let device = city.device(&city::lawyer(0), 1);
        let id = device.invitation(0).to_string();
        let twice = write(trial, |conn| eligibility::enter(conn, &id, 2));
        assert!(matches!(twice, Err(StoreError::Stale)), "it is on the first one already");
        assert_eq!(write(trial, |conn| eligibility::unlisted(conn, &bar_box())).expect("a list"), Vec::<String>::new());
        let lists = write(trial, |conn| eligibility::of_box(conn, &bar_box())).expect("lists");
        assert_eq!(lists.iter().map(|list| (list.number, list.size, list.total)).collect::<Vec<_>>(), [(1, 4, 4)]);
        let again = write(trial, |conn| eligibility::insert(conn, &bar_box(), &lists[0]));
        assert!(matches!(again, Err(StoreError::Duplicate)));
    }

    fn an_enrolment_keeps_its_certificate_through_a_refusal(trial) {
        let city = city(trial);
        let device = city.device(&city::lawyer(0), 1);
        let (id, person) = (bar_box(), device.person.id.clone());
        let find = || write(trial, |conn| enrolment::find(conn, &id, &person)).expect("a look");
        assert_eq!(find(), None);
        let attempt = |key: u8, certificate| Enrolment {
            request_key: Bytes([key; 32]), mac: Bytes([7; 32]), certificate, refused: None,
        };
        write(trial, |conn| enrolment::put(conn, &id, &person, &attempt(1, None))).expect("kept");
        let certificate = signed(Said::Enrolled { rater: device.person.number.clone(), request_key: Bytes([1; 32]) });
        let settle = |key: u8, outcome: Result<&Signed, &str>| {
            write(trial, |conn| enrolment::settle(conn, &id, &person, &Bytes([key; 32]), outcome))
        };
        assert!(matches!(settle(2, Ok(&certificate)), Err(StoreError::Stale)), "another key was sent meanwhile");
        settle(1, Ok(&certificate)).expect("recognised");
        write(trial, |conn| enrolment::put(conn, &id, &person, &attempt(2, Some(certificate.clone())))).expect("another device");
        settle(2, Err("enrolled-elsewhere")).expect("refused");
        let held = find().expect("an enrolment");
        assert_eq!((held.certificate, held.refused.as_deref()), (Some(certificate.clone()), Some("enrolled-elsewhere")));
        settle(2, Ok(&certificate)).expect("after a reset");
        assert_eq!(find().expect("an enrolment").refused, None);
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
        assert_eq!((list(&bar_box()), list(&bench_box())), (sorted.clone(), vec![]));
        // A device chooses its nonces, and may choose one twice.
        write(trial, |conn| ballot_box::put_counted(conn, &bench_box(), &sorted[1..])).expect("another box's list");
        assert_eq!((list(&bar_box()), list(&bench_box())), (sorted.clone(), sorted[1..].to_vec()));
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
            id: InvitationId("kept".into()), list: None, ratee: theirs.person.id.clone(),
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
