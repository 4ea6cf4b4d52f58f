//! The opening as far as both agents go: it waits for whoever is missing, is refused before its time, and goes on.

use hengping::flow::{Refusal, batch, export, unseal};
use hengping::opening::{self, Locked, OpeningFailure, Progressed};
use hengping_agent::config::AskedKind;
use hengping_domain::digest::Digest;
use hengping_domain::ids::Side;
use hengping_domain::layer;
use hengping_domain::layer::{POSTED_LEN, Posted};
use hengping_domain::lock::SUITE;
use hengping_domain::mix::{read_list, tolerated, write_list};

use crate::city::{self, Case, City, bar_box, bench_box, deliver, hand_over, lawyer, refusal};
use crate::harness::Trial;
use crate::on_both_backends;

fn cases() -> Vec<Case> {
    (1..=4).map(|n| Case::new(n, n % 2, &[0], &[1])).collect()
}

/// A city whose lawyers have cast, with both boxes closed.
fn closed(trial: &Trial) -> City<'_> {
    let city = City::inviting(trial, 2, 2, &cases());
    let device = city.device(&lawyer(0), 1);
    device.mint();
    let casts: Vec<_> = (0..3).map(|case| device.seal(case, 1, 4, case as u64)).collect();
    hand_over(&trial.site, &bar_box(), &casts);
    for id in [bar_box(), bench_box()] {
        city::close(&trial.site, &id).expect("closed");
    }
    city
}

/// Goes on with an opening that must still wait; who is missing, for what, and why.
fn waits(trial: &Trial, dir: &std::path::Path) -> Vec<(Side, String, Option<&'static str>)> {
    goes_on(trial, dir, Locked::Refuse)
}

fn goes_on(trial: &Trial, dir: &std::path::Path, locked: Locked) -> Vec<(Side, String, Option<&'static str>)> {
    match opening::go_on(&trial.site, &bar_box(), dir, locked, &mut |_| ()).expect("as far as it goes") {
        Progressed::Waits(missing) => missing.into_iter().map(|one| (one.side, one.kind, one.code)).collect(),
        other => panic!("nobody was missing: {other:?}"),
    }
}

on_both_backends! {
    fn nothing_is_opened_before_both_boxes_are_closed_and_both_agents_have_said_so(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = city.device(&lawyer(0), 1);
        device.mint();
        hand_over(&trial.site, &bar_box(), &[device.seal(0, 1, 4, 1)]);
        let (site, id) = (&trial.site, bar_box());
        assert_eq!(refusal(unseal::posted(site, &id)), Refusal::BoxState, "an open box is not handed out");
        city::close(site, &id).expect("closed");
        assert_eq!(refusal(unseal::posted(site, &id)), Refusal::CounterpartOpen);
        city::close(site, &bench_box()).expect("closed");
        deliver(site);
        let dir = tempfile::tempdir().expect("a directory");
        assert_eq!(refusal(unseal::mix(site, &id, Side::Bar, Digest::of(&[b"x"]))), Refusal::AgentsNotReady);
        assert_eq!(refusal(unseal::list(site, &id, false)), Refusal::AgentsNotReady);
        assert_eq!(refusal(unseal::shares(site, &id)), Refusal::AgentsNotReady);
        assert_eq!(refusal(export::export(site, &id, dir.path())), Refusal::AgentsNotReady);
        city.gather(&id, dir.path());
        assert_eq!(city.open(&id).counts.valid, 1, "asked again, both agents hand over for the same list");
    }

    fn an_opening_waits_for_an_agent_that_is_away_and_goes_on(trial) {
        let _city = closed(trial);
        let dir = tempfile::tempdir().expect("a directory");
        trial.agents.send_away(Side::Bench);
        assert_eq!(waits(trial, dir.path()), [(Side::Bench, "mix".to_owned(), None)]);
        trial.agents.bring_back(Side::Bench);
        trial.agents.send_away(Side::Bar);
        for _ in 0..2 {
            assert_eq!(waits(trial, dir.path()), [(Side::Bar, "mix".to_owned(), None)], "the bench has shuffled once");
        }
        let halfway = std::fs::read(dir.path().join("halfway.bin")).expect("what the bench left");
        assert_eq!(read_list(&halfway, layer::len(Side::Bar)).expect("a list").len(), 3);
        assert!(!dir.path().join("list.bin").exists());
    }

    fn officers_who_have_to_agree_first_are_named(trial) {
        trial.agents.attend(Side::Bench, [AskedKind::Mix]);
        let _city = closed(trial);
        deliver(&trial.site);
        let posted = write_list(&unseal::posted(&trial.site, &bar_box()).expect("a list"));
        let request = unseal::mix(&trial.site, &bar_box(), Side::Bench, Digest::of(&[&posted])).expect("asked");
        let file = trial.dir.path().join("posted.bin");
        std::fs::write(&file, &posted).expect("written");
        trial.site.agents.carrier.put_file(Side::Bench, Digest::of(&[&posted]), &file).expect("handed in");
        let done = hengping::flow::courier::deliver(&trial.site).expect("as far as it goes");
        assert_eq!((done.later, done.unreachable.len()), (1, 0));
        let missing = unseal::missing(&trial.site, &bar_box(), AskedKind::Mix).expect("a look");
        assert_eq!((missing.len(), missing[0].side, missing[0].code), (1, Side::Bench, None));
        assert_eq!(unseal::output(&trial.site, request, Side::Bench).expect("a look"), None);
        trial.agents.agent(Side::Bench).approve(request).expect("approved");
        deliver(&trial.site);
        assert!(unseal::output(&trial.site, request, Side::Bench).expect("a look").is_some());
        assert!(unseal::missing(&trial.site, &bar_box(), AskedKind::Mix).expect("a look").is_empty());
    }

    fn shares_that_officers_carry_are_waited_for_and_looked_at(trial) {
        for side in [Side::Bench, Side::Bar] {
            trial.agents.carry(side);
        }
        let _city = closed(trial);
        let dir = tempfile::tempdir().expect("a directory");
        let lies = |side: Side| {
            trial.agents.dir(side).join("hand-over").join(bar_box().to_string()).join(format!("shares-{side}.bin"))
        };
        let bring = |side: Side, bytes: &[u8]| {
            std::fs::write(dir.path().join(format!("hand-over-{side}.bin")), bytes).expect("written");
        };
        for _ in 0..2 {
            assert_eq!(waits(trial, dir.path()), [(Side::Bench, "hand-over".to_owned(), None)]);
        }
        let right = [Side::Bench, Side::Bar].map(|side| std::fs::read(lies(side)).expect("what the officers carry"));
        let mut changed = right[0].clone();
        changed[40] ^= 1;
        for wrong in [changed.as_slice(), &right[1], b""] {
            bring(Side::Bench, wrong);
            let refused = opening::go_on(&trial.site, &bar_box(), dir.path(), Locked::Refuse, &mut |_| ());
            assert!(matches!(refused, Err(OpeningFailure::Malformed(..))), "{refused:?}");
        }
        bring(Side::Bench, &right[0]);
        assert_eq!(waits(trial, dir.path()), [(Side::Bar, "hand-over".to_owned(), None)], "the bench's is what it said");
        assert_eq!(std::fs::read(dir.path().join("shares-bench.bin")).expect("shares"), right[0][32..]);
    }

    fn a_list_of_which_too_much_was_turned_away_waits_for_an_auditor(trial) {
        trial.agents.carry(Side::Bench);
        let city = City::inviting(trial, 2, 2, &cases());
        let devices = [city.device(&lawyer(0), 1), city.device(&lawyer(1), 1)];
        devices.iter().for_each(|device| device.mint());
        let noise = |byte: u8| Posted::from_bytes([SUITE.as_slice(), &[byte; POSTED_LEN - 4]].concat()).expect("by its looks");
        // One more than a few raters who seal nonsense.
        let mut casts: Vec<_> = (0..4).map(|case| devices[0].stamped(case, 1, noise(case as u8))).collect();
        assert_eq!(tolerated(casts.len()) + 1, casts.len());
        casts.push(devices[1].seal(0, 1, 4, 1));
        hand_over(&trial.site, &bar_box(), &casts);
        for id in [bar_box(), bench_box()] {
            city::close(&trial.site, &id).expect("closed");
        }
        let dir = tempfile::tempdir().expect("a directory");
        let refused = Some("too-many-refused");
        let mut found = waits(trial, dir.path());
        found.sort();
        assert_eq!(found, [(Side::Bench, "list".to_owned(), refused), (Side::Bar, "list".to_owned(), refused)]);
        assert_eq!(refusal(unseal::shares(&trial.site, &bar_box())), Refusal::AgentsNotReady, "nothing opens");
        // An auditor has looked at the key of the bench, and both sides agree to go on.
        assert_eq!(goes_on(trial, dir.path(), Locked::Accept), [(Side::Bench, "hand-over".to_owned(), None)]);
    }

    fn a_list_that_the_platform_made_up_is_shuffled_by_nobody(trial) {
        let city = closed(trial);
        deliver(&trial.site);
        let (site, id, carrier) = (&trial.site, bar_box(), &trial.site.agents.carrier);
        let posted = write_list(&unseal::posted(site, &id).expect("a list"));
        let file = trial.dir.path().join("list.bin");
        let put = |side, bytes: &[u8]| {
            std::fs::write(&file, bytes).expect("written");
            carrier.put_file(side, Digest::of(&[bytes]), &file).expect("handed in");
            Digest::of(&[bytes])
        };
        let code = |side, kind| {
            let missing = unseal::missing(site, &id, kind).expect("a look");
            missing.into_iter().find(|one| one.side == side).and_then(|one| one.code)
        };
        // One ballot less, or one of the platform's own: whoever compared the outputs would learn which item is whose.
        for bytes in [&posted[POSTED_LEN..], &posted[..POSTED_LEN]] {
            let input = put(Side::Bench, bytes);
            let request = unseal::mix(site, &id, Side::Bench, input).expect("asked");
            hengping::flow::courier::deliver(site).expect("delivered");
            assert_eq!(code(Side::Bench, AskedKind::Mix), Some("list-mismatch"));
            assert_eq!(unseal::output(site, request, Side::Bench).expect("a look"), None);
        }
        let input = put(Side::Bench, &posted);
        let request = unseal::mix(site, &id, Side::Bench, input).expect("asked");
        hengping::flow::courier::deliver(site).expect("delivered");
        let output = unseal::output(site, request, Side::Bench).expect("a look").expect("the right list is shuffled");
        carrier.get_file(Side::Bench, output, &file).expect("fetched");
        let halfway = std::fs::read(&file).expect("a list");
        let input = put(Side::Bar, &halfway[layer::len(Side::Bar)..]);
        unseal::mix(site, &id, Side::Bar, input).expect("asked");
        hengping::flow::courier::deliver(site).expect("delivered");
        assert_eq!(code(Side::Bar, AskedKind::Mix), Some("list-mismatch"), "the bar expects what the bench says it made");
        drop(city);
    }

    fn what_the_shuffles_leave_tells_nothing_of_the_order_of_the_log(trial) {
        let city = closed(trial);
        let dir = tempfile::tempdir().expect("a directory");
        city.gather(&bar_box(), dir.path());
        let list = std::fs::read(dir.path().join("list.bin")).expect("a list");
        let items = read_list(&list, hengping_domain::envelope::ENVELOPE_LEN).expect("sorted by their own hashes");
        let leaves = batch::published(&trial.site, &bar_box()).expect("a log").leaves;
        assert_eq!((items.len(), leaves.len()), (3, 3));
        // Nothing that was posted is left in what is opened.
        let posted = write_list(&unseal::posted(&trial.site, &bar_box()).expect("a list"));
        let inside = |window: &[u8]| posted.windows(window.len()).any(|held| held == window);
        assert!(items.iter().all(|(_, item)| !inside(&item[4..68]) && !inside(&item[item.len() - 64..])));
    }
}
