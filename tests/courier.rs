//! Between platform and agents: an answer counts only from the right agent to the right request, and what waits is carried
//! until it is answered.

use hengping::flow::courier::{self, Carrier as _, deliver};
use hengping::flow::eligibility;
use hengping::flow::{Outcome, Refusal, invite, periods};
use hengping::store::agent_request::{self, Waiting};
use hengping_agent::config::AskedKind;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{PeriodId, Side};
use hengping_domain::log;
use hengping_domain::manifest::PeriodKind;
use hengping_domain::request::Asked;
use hengping_domain::statement::{AgentRefusal, Said, Signed, Statement};

use crate::agents::lie;
use crate::city::{self, Case, City, bar_box, bench_box, lawyer, refusal};
use crate::dump::{content, table};
use crate::harness::Trial;
use crate::on_both_backends;

fn cases() -> Vec<Case> {
    (1..=4).map(|n| Case::new(n, n % 2, &[0], &[1])).collect()
}

/// A city whose raters are invited for the lawyers' box, with the agents still to be asked.
fn invited(trial: &Trial) -> City<'_> {
    let city = City::found(trial, city::lenient);
    city::import(&trial.site, &city::roster(2, 2), false);
    city::import(&trial.site, &city::docket(&cases()), false);
    city.open_period(&city.plan("2026", PeriodKind::Regular));
    invite::invite(&trial.site, &bar_box()).expect("invited");
    city
}

fn unanswered(trial: &Trial, side: Side) -> Vec<Waiting> {
    trial.site.store.read("test", |conn| agent_request::unanswered(conn, side)).expect("a look")
}

fn agreed(trial: &Trial) -> Outcome<usize> {
    trial.site.store.look("test", |conn| eligibility::agreed(conn, &bar_box())).map(|lists| lists.len())
}

on_both_backends! {
    fn an_answer_counts_only_from_the_right_agent_about_the_right_thing(trial) {
        let city = invited(trial);
        city.register();
        eligibility::propose(&trial.site, &bar_box()).expect("proposed");
        let waiting = unanswered(trial, Side::Bar);
        let of = |kind: AskedKind| waiting.iter().find(|one| one.kind == kind).expect("asked").clone();
        let (manifest, list) = (of(AskedKind::Manifest), of(AskedKind::Eligibility));
        let answer = |waiting: &Waiting, side| trial.agents.ask(side, &waiting.request).expect("reached").expect("an answer");
        let adopted = answer(&manifest, Side::Bar);
        let bench = {
            let own = unanswered(trial, Side::Bench);
            answer(own.iter().find(|one| one.kind == AskedKind::Manifest).expect("asked too"), Side::Bench)
        };
        let listed = answer(&list, Side::Bar);
        let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
        let posing = |said: Said| Statement { v: 1, id: bar_box(), side: Side::Bar, said }.sign(&key).expect("signed");
        let mut elsewhere = adopted.clone();
        elsewhere.statement.id = bench_box();
        let mut changed = adopted.clone();
        changed.statement.said = Said::Adopted { manifest: Digest::of(&[b"another"]) };
        let mut unsigned = adopted.clone();
        unsigned.signature = Bytes([0; 64]);
        let before = content(trial, &[]);
        let foreign = Said::Refused { request: list.digest, code: AgentRefusal::UnknownBox };
        for (what, signed) in [
            ("of the other side's agent", bench),
            ("under another key", posing(adopted.statement.said.clone())),
            ("about another box", elsewhere),
            ("with other words", changed),
            ("without a signature", unsigned),
            ("to another request", listed.clone()),
            ("refusing another request", posing(foreign)),
        ] {
            assert_eq!(refusal(courier::hear(&trial.site, &manifest, &signed)), Refusal::SignatureRefused, "{what}");
        }
        assert!(content(trial, &[]) == before);
        assert_eq!(unanswered(trial, Side::Bar).len(), waiting.len(), "it goes on waiting");
        courier::hear(&trial.site, &manifest, &adopted).expect("the right one");
        courier::hear(&trial.site, &list, &listed).expect("the right one");
        assert!(unanswered(trial, Side::Bar).is_empty());
    }

    fn a_refusal_under_another_side_key_is_not_heard(trial) {
        let city = invited(trial);
        drop(city);
        eligibility::propose(&trial.site, &bar_box()).expect("proposed");
        let waiting = unanswered(trial, Side::Bar).remove(0);
        // The bench's own agent says in the bar's place that there is nothing to be had.
        let own = trial.agents.ask(Side::Bench, &waiting.request).expect("reached").expect("an answer");
        let mut said: Signed = own;
        said.statement.side = Side::Bar;
        assert_eq!(refusal(courier::hear(&trial.site, &waiting, &said)), Refusal::SignatureRefused);
    }

    fn what_an_agent_says_of_a_batch_is_about_this_batch(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let devices = [0, 1].map(|n| city.device(&lawyer(n), 1));
        devices.iter().for_each(|device| device.mint());
        trial.agents.send_away(Side::Bar);
        let [first, second] = [devices[0].seal(0, 1, 4, 1), devices[1].seal(0, 1, 4, 2)];
        for cast in [&first, &second] {
            city::hand_in(&trial.site, &bar_box(), std::slice::from_ref(cast)).expect("taken");
        }
        deliver(&trial.site).expect("as far as it goes");
        let waiting = unanswered(trial, Side::Bar).remove(0);
        let Asked::Check { number: 1, .. } = waiting.request.request.asked else { panic!("{waiting:?}") };
        let say = |batch, accepted, refused| lie(&bar_box(), Side::Bar, Said::Checked { number: 1, batch, accepted, refused });
        let own = log::batch(&[first.leaf()]);
        let before = content(trial, &[]);
        for (what, said) in [
            ("another batch", say(log::batch(&[second.leaf()]), 1, vec![])),
            ("a leaf of the next batch refused", say(own, 0, vec![second.leaf()])),
            ("a leaf refused twice", say(own, 0, vec![first.leaf(), first.leaf()])),
            ("more than there is", say(own, 1, vec![first.leaf()])),
        ] {
            assert_eq!(refusal(courier::hear(&trial.site, &waiting, &said)), Refusal::SignatureRefused, "{what}");
        }
        assert!(content(trial, &[]) == before);
        courier::hear(&trial.site, &waiting, &say(own, 1, vec![])).expect("control");
    }

    fn nothing_moves_while_both_are_away_and_everything_when_they_are_back(trial) {
        let city = invited(trial);
        city.register();
        for side in [Side::Bench, Side::Bar] {
            trial.agents.send_away(side);
        }
        eligibility::propose(&trial.site, &bar_box()).expect("proposed");
        let before = content(trial, &[]);
        let done = deliver(&trial.site).expect("tried");
        assert_eq!((done.answered, done.unreachable.as_slice()), (0, &[Side::Bench, Side::Bar][..]));
        assert_eq!(eligibility::propose(&trial.site, &bar_box()).expect("nothing new"), 0);
        assert!(content(trial, &[]) == before, "asked again, it is the same request");
        assert_eq!(agreed(trial), Ok(0));
        trial.agents.bring_back(Side::Bench);
        assert_eq!(deliver(&trial.site).expect("half").unreachable, [Side::Bar]);
        assert_eq!(agreed(trial), Ok(0), "one side alone agrees to nothing");
        trial.agents.bring_back(Side::Bar);
        city::deliver(&trial.site);
        assert_eq!(agreed(trial), Ok(1));
        assert!(table(trial, "agent_request").rows.is_empty());
        assert_eq!(city::deliver(&trial.site), 0, "nobody is asked twice");
    }

    fn what_officers_see_first_waits_and_holds_up_what_comes_after_it(trial) {
        trial.agents.attend(Side::Bench, [AskedKind::Manifest]);
        let city = invited(trial);
        city.register();
        eligibility::propose(&trial.site, &bar_box()).expect("proposed");
        for _ in 0..2 {
            let done = deliver(&trial.site).expect("as far as it goes");
            assert_eq!((done.later, done.unreachable.len()), (2, 0), "{done:?}");
        }
        assert_eq!(agreed(trial), Ok(0));
        let agent = trial.agents.agent(Side::Bench);
        let pending = agent.pending().expect("a list");
        assert_eq!(pending.len(), 1, "the list of a box whose manifest they have not seen is not shown yet");
        let manifest = unanswered(trial, Side::Bench).into_iter().find(|one| one.kind == AskedKind::Manifest).expect("waits");
        agent.approve(manifest.digest).expect("approved");
        city::deliver(&trial.site);
        assert_eq!(agreed(trial), Ok(1));
    }

    fn what_an_agent_refused_is_asked_again_once_the_reason_is_gone(trial) {
        let city = invited(trial);
        // The association has not told its agent who its members are.
        assert_eq!(eligibility::propose(&trial.site, &bar_box()).expect("proposed"), 4 * 2);
        let done = deliver(&trial.site).expect("delivered");
        assert!(done.unreachable.is_empty(), "{done:?}");
        let why = |trial: &Trial| {
            let held = table(trial, "agent_request");
            held.column("answer").into_iter().map(|text| text.contains("unknown-member")).collect::<Vec<_>>()
        };
        assert_eq!((why(trial), agreed(trial)), (vec![true], Ok(0)), "the refusal is kept for whoever looks");
        deliver(&trial.site).expect("asked again");
        assert_eq!((why(trial), agreed(trial)), (vec![true], Ok(0)), "and again it says the same");
        // More cases come meanwhile; their list cannot go before the first one.
        let more: Vec<_> = (5..=6).map(|n| Case::new(n, n % 2, &[0], &[1])).collect();
        city::import(&trial.site, &city::docket(&more), false);
        invite::invite(&trial.site, &bar_box()).expect("invited");
        assert_eq!(eligibility::propose(&trial.site, &bar_box()).expect("proposed"), 2 * 2);
        deliver(&trial.site).expect("delivered");
        assert_eq!(agreed(trial), Ok(0));
        city.register();
        deliver(&trial.site).expect("asked again");
        assert_eq!(agreed(trial), Ok(2), "both lists, in their order");
        assert!(table(trial, "agent_request").rows.is_empty());
        city.device(&lawyer(0), 1).fetch();
    }

    fn a_long_list_goes_as_several_that_both_agree_to(trial) {
        let city = invited(trial);
        city.register();
        assert_eq!(eligibility::propose_lists_of(3, &trial.site, &bar_box()).expect("proposed"), 4 * 2);
        let lists: Vec<_> = unanswered(trial, Side::Bar)
            .into_iter()
            .filter_map(|one| match &one.request.request.asked {
                Asked::Eligibility { number, entries } => {
                    // A list of the most entries there are takes a fraction of the 32 MiB that an agent reads.
                    let bytes = serde_json::to_vec(&one.request).expect("json").len();
                    assert!(bytes / entries.len() < 800, "{bytes} bytes for {} entries", entries.len());
                    Some((*number, entries.len()))
                }
                _ => None,
            })
            .collect();
        let lists = std::collections::BTreeMap::from_iter(lists);
        assert_eq!(lists, [(1, 3), (2, 3), (3, 2)].into());
        city::deliver(&trial.site);
        assert_eq!(agreed(trial), Ok(3));
        let held = hengping::flow::boxes::find(&trial.site, &bar_box()).expect("a box");
        assert_eq!(held.eligible, (8, 3));
        city.device(&lawyer(0), 1).fetch();
        assert_eq!(eligibility::propose(&trial.site, &bar_box()).expect("nothing new"), 0);
    }

    fn a_period_opens_under_the_keys_that_both_agents_made(trial) {
        let city = City::found(trial, city::lenient);
        let (site, plan) = (&trial.site, city.plan("2026", PeriodKind::Regular));
        for file in City::draws(&plan.id) {
            hengping::flow::draw::commit(site, &plan.id, file.side, file.commitment()).expect("lodged");
        }
        assert_eq!(refusal(periods::prepare(site, &PeriodId("no name".to_owned()))), Refusal::PeriodRefused);
        assert_eq!(refusal(periods::open(site, &plan)), Refusal::KeysNotReady, "nobody was asked");
        trial.agents.send_away(Side::Bar);
        periods::prepare(site, &plan.id).expect("asked");
        assert_eq!(deliver(site).expect("half").unreachable, [Side::Bar]);
        assert_eq!(refusal(periods::open(site, &plan)), Refusal::KeysNotReady, "one side has not made its keys");
        assert!(table(trial, "period").rows.is_empty() && table(trial, "ballot_box").rows.is_empty());
        trial.agents.bring_back(Side::Bar);
        city::deliver(site);
        let before = content(trial, &[]);
        periods::prepare(site, &plan.id).expect("again");
        assert_eq!(city::deliver(site), 0);
        assert!(content(trial, &[]) == before, "asked again, the keys are the same");
        let manifests = periods::open(site, &plan).expect("a period");
        assert_eq!(manifests.len(), 2);
        // Before both sides have signed it there is nothing to adopt and nobody to list.
        assert_eq!(refusal(eligibility::propose(site, &bar_box())), Refusal::NotInForce);
        for (_, manifest) in manifests {
            city.sign(DocumentKind::Manifest, manifest);
        }
        let [bar, bench] = [bar_box(), bench_box()].map(|id| city.pinned(&id).manifest.clone());
        assert!(bar.is_sound() && bench.is_sound());
        for side in [Side::Bench, Side::Bar] {
            let (one, other) = (bar.keys(side), bench.keys(side));
            assert!(one.issuer != other.issuer && one.mix != other.mix && one.opening != other.opening, "each box has its own");
            assert_eq!(one.agent, crate::agents::agent_key(side));
        }
        assert_ne!(bar.bench.issuer, bar.bar.issuer);
        let asked = Asked::Keys;
        let (_, request) = courier::signed(site, &bar_box(), asked).expect("signed");
        let said = trial.agents.ask(Side::Bench, &request).expect("reached").expect("an answer").statement.said;
        assert!(matches!(said, Said::Keys(keys) if keys.issuer == bar.bench.issuer));
    }
}
