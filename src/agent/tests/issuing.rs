//! Who gets tokens: one set for each rater, whatever is asked how often, and nothing for anybody else.

use hengping_agent::{Deed, What};
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::eligible::Entry;
use hengping_domain::enrolment::Code;
use hengping_domain::ids::{BoxId, InvitationId, Side};
use hengping_domain::request::{Asked, BlindedToken, MOST_TOKENS, Presented, Request};
use hengping_domain::statement::{AgentRefusal, Said, Signed, Statement};
use hengping_domain::token::{Seed, StampInfo, Token};

use crate::against::{Against, made_up};
use crate::harness::{BOTH, Trial, id, key, other_box, public};
use crate::raters::Rater;

fn elements(signed: &Signed) -> Vec<Bytes<32>> {
    match &signed.statement.said {
        Said::Evaluated { nym, tokens, .. } => {
            let pairs = tokens.iter().flat_map(|token| [token.stamp.element, token.slip.element]);
            [nym.element].into_iter().chain(pairs).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn with_seed(rater: &Rater, seed: u8) -> Rater {
    Rater { number: rater.number.clone(), seed: Seed(Bytes([seed; 32])), entries: rater.entries.clone() }
}

#[test]
fn a_hundred_requests_of_two_devices_get_one_set_of_elements() {
    let (trial, raters) = Trial::with_raters(1, 2);
    let certificate = trial.enrol(&raters[0]);
    for side in BOTH {
        let request = trial.signed(id(), trial.tokens_request(&raters[0], &certificate));
        let agent = trial.agents.get(side);
        let device = || {
            let answers = (0..50).map(|_| agent.answer(&request).expect("an answer"));
            answers
                .map(|answer| match answer {
                    hengping_agent::Answer::Now(signed) => elements(&signed),
                    hengping_agent::Answer::Later => panic!("later"),
                })
                .collect::<Vec<_>>()
        };
        let all: Vec<_> = std::thread::scope(|scope| {
            let two = [scope.spawn(device), scope.spawn(device)];
            two.into_iter().flat_map(|device| device.join().expect("answers")).collect()
        });
        assert_eq!(all.len(), 100);
        assert!(all.iter().all(|answer| answer.len() == 5 && *answer == all[0]));
        assert_eq!(
            trial.said(side, Asked::Ledger),
            Said::Ledger { stamps: 2, slips: 2, nyms: 1, spent: 0, refused: 0 }
        );
    }
}

#[test]
fn of_two_seeds_under_one_key_that_race_one_is_answered() {
    let (trial, raters) = Trial::with_raters(1, 2);
    let certificate = trial.enrol(&raters[0]);
    let signer = raters[0].seed.request_key(&id());
    let request = |seed| {
        let request = with_seed(&raters[0], seed).token_request();
        let signature = request.sign(&signer).expect("signed");
        trial.signed(id(), Asked::Tokens { request, signature, certificate: Box::new(certificate.clone()) })
    };
    let requests = [request(100), request(77)];
    let agent = &trial.agents.bench;
    let answered: Vec<_> = std::thread::scope(|scope| {
        let ask = |request| {
            scope.spawn(move || (0..25).map(|_| agent.answer(request).expect("one").refusal()).collect::<Vec<_>>())
        };
        requests.each_ref().map(ask).into_iter().map(|device| device.join().expect("answers")).collect()
    });
    let elsewhere = Some(AgentRefusal::IssuedElsewhere);
    let got = answered.iter().filter(|answers| answers.iter().all(Option::is_none)).count();
    let refused = answered.iter().filter(|answers| answers.iter().all(|&code| code == elsewhere)).count();
    assert_eq!((got, refused), (1, 1), "{answered:?}");
}

#[test]
fn another_seed_is_refused_and_the_same_one_restores_everything() {
    let (trial, raters) = Trial::with_raters(2, 2);
    let tokens = trial.fetch(&raters[0]);
    let again = trial.fetch(&Rater::new(0, 2));
    assert!(tokens.nym == again.nym && tokens.of == again.of, "byte for byte");
    let certificate = trial.enrol(&raters[0]);
    let mut other = with_seed(&raters[0], 77).token_request();
    other.nym = raters[0].token_request().nym;
    let signature = other.sign(&raters[0].seed.request_key(&id())).expect("signed");
    let asked = || Asked::Tokens { request: other.clone(), signature, certificate: Box::new(certificate.clone()) };
    for side in BOTH {
        assert_eq!(trial.refused(side, asked()), Some(AgentRefusal::IssuedElsewhere));
    }
}

#[test]
fn unsigned_foreign_and_misdirected_requests_are_refused() {
    let (trial, raters) = Trial::with_raters(2, 2);
    let (mine, other) = (&raters[0], &raters[1]);
    let certificate = trial.enrol(mine);
    let others = trial.enrol(other);
    let not_enrolled = Some(AgentRefusal::NotEnrolled);
    let request = mine.token_request();
    let sign =
        |request: &hengping_domain::request::TokenRequest| request.sign(&mine.seed.request_key(&id())).expect("signed");
    let ask = |side, request: &_, signature, certificate: &Signed| {
        let request: hengping_domain::request::TokenRequest = Clone::clone(request);
        trial.refused(side, Asked::Tokens { request, signature, certificate: Box::new(certificate.clone()) })
    };
    let good = sign(&request);
    for side in BOTH {
        assert_eq!(ask(side, &request, Bytes([0; 64]), &certificate), not_enrolled, "unsigned");
        let foreign = request.sign(&key(50)).expect("signed");
        assert_eq!(ask(side, &request, foreign, &certificate), not_enrolled, "signed by somebody else");
        assert_eq!(ask(side, &request, good, &others), not_enrolled, "somebody else's certificate");
        let statement = Statement { side: Side::Bar, ..certificate.statement.clone() };
        let forged = statement.sign(&key(50)).expect("signed");
        assert_eq!(ask(side, &request, good, &forged), not_enrolled, "a certificate nobody gave");
        let mut elsewhere = request.clone();
        elsewhere.id = other_box();
        assert_eq!(ask(side, &elsewhere, sign(&elsewhere), &certificate), not_enrolled, "for another box");
        let mut greedy = request.clone();
        greedy.tokens[0].invitation = other.entries[0].invitation.clone();
        assert_eq!(ask(side, &greedy, sign(&greedy), &certificate), Some(AgentRefusal::NotEligible));
        let mut twice = request.clone();
        twice.tokens[1] = twice.tokens[0].clone();
        assert_eq!(ask(side, &twice, sign(&twice), &certificate), Some(AgentRefusal::RequestRefused));
        let mut many = request.clone();
        let named =
            |number| BlindedToken { invitation: InvitationId(format!("{number}")), ..request.tokens[0].clone() };
        many.tokens = (0..=MOST_TOKENS).map(named).collect();
        assert_eq!(ask(side, &many, sign(&many), &certificate), Some(AgentRefusal::RequestRefused));
        let mut broken = request.clone();
        broken.tokens[1].slip = hengping_domain::manifest::PerSide { bench: Bytes([255; 32]), bar: Bytes([255; 32]) };
        assert_eq!(ask(side, &broken, sign(&broken), &certificate), Some(AgentRefusal::RequestRefused));
        let Said::Ledger { stamps, slips, nyms, .. } = trial.said(side, Asked::Ledger) else { panic!() };
        assert_eq!((stamps, slips, nyms), (0, 0, 0), "nothing of a refused request is marked");

        // Not from the platform.
        let asked =
            Asked::Tokens { request: request.clone(), signature: good, certificate: Box::new(certificate.clone()) };
        let foreign = Request::new(id(), asked.clone()).sign(&key(50)).expect("signed");
        let answer = trial.agents.get(side).answer(&foreign).expect("an answer");
        assert_eq!(answer.refusal(), Some(AgentRefusal::RequestRefused));
        let misdirected = trial.ask_of(other_box(), side, asked);
        assert_eq!(misdirected.refusal(), Some(AgentRefusal::UnknownBox));
        assert_eq!(ask(side, &request, good, &certificate), None, "and the good one is answered");
    }
}

#[test]
fn a_code_enrols_one_device_until_it_is_reset() {
    let (trial, raters) = Trial::with_raters(2, 1);
    let (mine, other) = (&raters[0], &with_seed(&raters[0], 77));
    let refused = Some(AgentRefusal::EnrolmentRefused);
    let forged = |asked: Asked| match asked {
        Asked::Enrol { rater, request_key, .. } => {
            let mac = Code::from_random([9; 20]).key().vouch(&id(), &rater, &request_key);
            Asked::Enrol { rater, request_key, mac }
        }
        asked => asked,
    };
    assert_eq!(trial.refused(Side::Bar, forged(trial.enrol_request(mine))), refused, "wrong code");
    let (rater, request_key, mac) = ("nobody".to_owned(), public(&key(50)), Bytes([0; 32]));
    assert_eq!(trial.refused(Side::Bar, Asked::Enrol { rater, request_key, mac }), refused, "nobody: the same answer");
    assert_eq!(trial.refused(Side::Bench, trial.enrol_request(mine)), refused, "the other side's members");
    let certificate = trial.enrol(mine);
    assert_eq!(trial.enrol(mine), certificate, "the same device again");
    let elsewhere = Some(AgentRefusal::EnrolledElsewhere);
    assert_eq!(trial.refused(Side::Bar, trial.enrol_request(other)), elsewhere);
    trial.both(|| trial.tokens_request(mine, &certificate));

    let issued = trial.agents.bar.reset_member(&mine.number, &id()).expect("reset");
    assert!(issued, "the officers hear that another seed comes too late");
    let nothing = trial.agents.bar.reset_member(&mine.number, &id()).expect_err("there is none now");
    assert_eq!(nothing.code(), "nothing-to-reset");
    assert_eq!(trial.refused(Side::Bar, trial.tokens_request(mine, &certificate)), Some(AgentRefusal::NotEnrolled));
    assert_eq!(trial.refused(Side::Bar, trial.enrol_request(mine)), elsewhere, "what was given up cannot be replayed");
    let fresh = trial.enrol(other);
    for side in BOTH {
        let asked = trial.tokens_request(other, &fresh);
        assert_eq!(trial.refused(side, asked), Some(AgentRefusal::IssuedElsewhere), "marks stay: no second vote");
    }
}

#[test]
fn a_lost_code_is_replaced_and_the_old_one_dies() {
    let (mut trial, raters) = Trial::with_raters(2, 1);
    let (mine, other) = (&raters[0], &raters[1]);
    let (bar, old) = (trial.agents.bar.clone(), trial.enrol_request(mine));
    let enrolled = trial.enrol(other);
    let renew = |trial: &mut Trial, number: &str| {
        let path = trial.dir.path().join(format!("code-{}.csv", trial.codes.len()));
        bar.renew_code(number, &path).expect("another code");
        let text = std::fs::read_to_string(&path).expect("a code");
        let code = text.trim_end().rsplit(',').next().expect("a code").parse().expect("a code");
        std::fs::remove_file(&path).expect("handed over");
        trial.codes.insert(number.to_owned(), code);
    };
    renew(&mut trial, &mine.number);
    let refused = Some(AgentRefusal::EnrolmentRefused);
    assert_eq!(trial.refused(Side::Bar, old), refused, "the old code, as a wrong one");
    let certificate = trial.enrol(mine);
    trial.both(|| trial.tokens_request(mine, &certificate));
    // Whoever is enrolled stays enrolled.
    let asked = trial.tokens_request(other, &enrolled);
    renew(&mut trial, &other.number);
    trial.both(|| asked.clone());
    let journal = || bar.journal().expect("the chain holds");
    let done = journal().into_iter().filter_map(|entry| match entry.what {
        What::Done(deed) => Some(deed),
        What::Said(_) => None,
    });
    let done: Vec<_> = done.collect();
    let code = |rater: &Rater| Deed::Code { member: rater.number.clone() };
    assert_eq!(done, [code(mine), code(other)]);
    let (taken, before) = (trial.dir.path().join("taken.csv"), journal().len());
    std::fs::write(&taken, "somebody's").expect("written");
    assert_eq!(bar.renew_code(&mine.number, &taken).expect_err("not replaced").code(), "file-exists");
    assert_eq!(journal().len(), before, "and nothing is noted of it");
    assert_eq!(bar.renew_code("nobody", &trial.dir.path().join("x")).expect_err("nobody").code(), "member-unknown");
}

#[test]
fn a_lost_seed_costs_this_box_and_not_the_next() {
    let (trial, raters) = Trial::with_raters(1, 2);
    let (mine, anew) = (&raters[0], &with_seed(&raters[0], 77));
    trial.fetch(mine);
    assert!(trial.agents.bar.reset_member(&mine.number, &id()).expect("reset"));
    let certificate = trial.enrol(anew);
    // A case that nobody asked tokens for is no way in: the nym of the box was answered.
    let more = Entry { invitation: InvitationId("later".to_owned()), ..mine.entries[0].clone() };
    trial.both(|| Asked::Eligibility { number: 2, entries: vec![more.clone()] });
    let later = Rater { number: anew.number.clone(), seed: with_seed(mine, 77).seed, entries: vec![more] };
    for side in BOTH {
        let asked = trial.tokens_request(&later, &certificate);
        assert_eq!(trial.refused(side, asked), Some(AgentRefusal::IssuedElsewhere));
    }
    let next: BoxId = "2027.bar_rates_bench".parse().expect("a box");
    let manifest = trial.manifest_of(&next);
    let request_key = public(&anew.seed.request_key(&next));
    let mac = trial.codes[&anew.number].key().vouch(&next, &anew.number, &request_key);
    for side in BOTH {
        assert_eq!(trial.ask_of(next.clone(), side, trial.adopt(&manifest)).refusal(), None);
    }
    let enrol = Asked::Enrol { rater: anew.number.clone(), request_key, mac };
    assert_eq!(trial.ask_of(next, Side::Bar, enrol).refusal(), None, "the same code, another box");
}

/// A stamp as one side alone can make it: its own tag, and of the other tag what it can think of.
fn minted_alone(against: &Against, number: u32, from: &[Token]) -> Presented {
    let issuer = against.evil_issuer();
    let key = Seed(Bytes(Digest::of(&[b"seed", &number.to_be_bytes()]).0)).stamp_key(&InvitationId("any".to_owned()));
    let nonce = key.nonce();
    let own = issuer.tag(&nonce, &StampInfo(&id()).to_string()).expect("a tag");
    let seen = from[number as usize % from.len()];
    let other = match number % 4 {
        0 => own,
        1 => made_up(number),
        2 => *seen.tag(against.side),
        _ => issuer.tag(&nonce, &format!("v2|stamp|2026|{number}")).expect("a tag"),
    };
    let (bench, bar) = if against.side == Side::Bar { (own, other) } else { (other, own) };
    let envelope = Digest::of(&[b"envelope", &number.to_be_bytes()]);
    Presented { stamp: Token { nonce, bench, bar }, seq: 1, envelope, signature: key.sign_cast(&id(), 1, envelope) }
}

#[test]
fn whoever_has_seen_a_stamp_cannot_show_it_again_over_something_else() {
    for side in BOTH {
        let against = Against::new(side, 1, 2);
        let honest: Vec<_> = against.casts(0).into_iter().map(|cast| cast.presented).collect();
        let thief = Seed(Bytes([9; 32])).stamp_key(&InvitationId("any".to_owned()));
        let junk = Digest::of(&[b"junk"]);
        let stolen = |change: &dyn Fn(&mut Presented)| {
            let mut seen = honest[0].clone();
            change(&mut seen);
            seen
        };
        let mut casts = vec![
            stolen(&|seen| (seen.seq, seen.envelope) = (2, junk)),
            stolen(&|seen| seen.seq = 3),
            stolen(&|seen| {
                (seen.seq, seen.envelope) = (4, Digest::of(&[b"more junk"]));
                seen.signature = thief.sign_cast(&id(), 4, seen.envelope);
            }),
        ];
        let bad: Vec<_> = casts.iter().map(Presented::leaf).collect();
        casts.extend(honest.iter().skip(1).cloned());
        casts.sort_by_key(Presented::leaf);
        casts.dedup_by_key(|cast| cast.leaf());
        let said = against.said(Asked::Check { number: 1, casts });
        let Said::Checked { accepted, refused, .. } = said else { panic!("{said:?}") };
        assert_eq!(accepted as usize, honest.len() - 1, "{side}");
        assert!(bad.iter().all(|leaf| refused.contains(leaf)), "{side}");
    }
}

#[test]
fn one_side_alone_mints_none_of_ten_thousand() {
    for side in BOTH {
        let against = Against::new(side, 2, 3);
        let honest: Vec<_> = (0..2).flat_map(|rater| against.casts(rater)).collect();
        let seen: Vec<_> = honest.iter().map(|cast| cast.presented.stamp).collect();
        let mut casts: Vec<_> = (0..10_000).map(|number| minted_alone(&against, number, &seen)).collect();
        casts.extend(honest.iter().map(|cast| cast.presented.clone()));
        casts.sort_by_key(Presented::leaf);
        let said = against.said(Asked::Check { number: 1, casts });
        let Said::Checked { accepted, refused, .. } = said else { panic!("{said:?}") };
        assert_eq!((accepted, refused.len()), (6, 10_000), "{side}: only those that both sides answered for");
    }
}
