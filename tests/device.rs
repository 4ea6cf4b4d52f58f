//! A rater's device: its secret of the period, its waiting cases, its tokens, and what it casts.

use std::sync::OnceLock;

use hengping::client::blinded::Blinded;
use hengping::client::{CourtOf, Slip, Tokens, Waiting};
use hengping::flow::enrol::{self, Standing};
use hengping::flow::issue::{self, Answers, WaitingCase};
use hengping::flow::{Outcome, Site};
use hengping::store::person::Person;
use hengping_domain::ballot::Ballot;
use hengping_domain::cast::Cast;
use hengping_domain::digest::{Bytes, Bytes32, Digest};
use hengping_domain::enrolment::CodeKey;
use hengping_domain::ids::{BoxId, InvitationId};
use hengping_domain::layer::Posted;
use hengping_domain::manifest::PerSide;
use hengping_domain::request::TokenRequest;
use hengping_domain::token::{NymInfo, Seed, StampInfo, Token};
use serde_json::{Value, json};

use crate::city::{City, RUBRICS, bench_box, person};

pub struct Device<'c> {
    pub city: &'c City<'c>,
    pub person: Person,
    pub seed: Seed,
    pub id: BoxId,
    pub cases: Vec<WaitingCase>,
    nym: Option<NymInfo>,
    tokens: OnceLock<Tokens>,
}

impl<'c> Device<'c> {
    /// With the cases that wait now, and a seed that follows from number and byte.
    pub fn new(city: &'c City<'c>, number: &str, seed: u8) -> Self {
        let person = person(&city.trial.site, number);
        let desk = issue::desk(&city.trial.site, &person.id).expect("a desk").expect("a running period");
        let seed = Seed(Bytes(Digest::of(&[&[seed], number.as_bytes()]).0));
        let (id, cases, nym) = (desk.ballot_box.id, desk.cases, desk.nym);
        Self { city, person, seed, id, cases, nym, tokens: OnceLock::new() }
    }

    /// Public half of the key that signs this device's requests.
    pub fn request_key(&self) -> Bytes32 {
        Bytes(self.seed.request_key(&self.id).verifying_key().to_bytes())
    }

    /// Asks to be recognised with the member's own code.
    pub fn enrol(&self) -> Outcome<Standing> {
        self.enrol_with(&self.city.code(&self.person.number).key())
    }

    /// The same with any code.
    pub fn enrol_with(&self, code: &CodeKey) -> Outcome<Standing> {
        let (rater, key) = (&self.person.number, self.request_key());
        let mac = code.vouch(&self.id, rater, &key);
        enrol::enrol(&self.city.trial.site, &self.person.id, &self.id, key, mac)
    }

    /// The body of `POST /api/enrolments`.
    pub fn enrolment(&self, code: &CodeKey) -> Value {
        let key = self.request_key();
        json!({"box": self.id, "request_key": key, "mac": code.vouch(&self.id, &self.person.number, &key)})
    }

    fn waiting(&self) -> Vec<Waiting> {
        let of = |case: &WaitingCase| Waiting {
            id: case.invitation.id.clone(),
            case_number: case.case.number.to_string(),
            court: CourtOf { code: case.invitation.court.clone() },
            slip: Slip {
                ratee: case.slip.ratee.clone(),
                court: case.slip.court.clone(),
                stratum: case.slip.stratum,
                rubric: case.slip.rubric,
            },
            not_applicable: case.invitation.not_applicable.clone(),
            listed: case.listed,
        };
        self.cases.iter().map(of).collect()
    }

    /// What it asks both agents for: nym, and stamp and slip of all waiting cases.
    pub fn request(&self) -> TokenRequest {
        let waiting = self.waiting();
        Blinded::new(&self.id, &self.seed, &waiting).expect("blinded").request(&self.person.number)
    }

    pub fn sign(&self, request: &TokenRequest) -> Bytes<64> {
        request.sign(&self.seed.request_key(&self.id)).expect("signed")
    }

    /// The body of `POST /api/token-requests`.
    pub fn asking(&self) -> Value {
        let request = self.request();
        let signature = self.sign(&request);
        json!({"request": request, "signature": signature})
    }

    /// Asks both agents through the platform.
    pub fn ask(&self) -> Outcome<Answers> {
        self.ask_at(&self.city.trial.site)
    }

    /// The same, at another instance.
    pub fn ask_at(&self, site: &Site) -> Outcome<Answers> {
        let request = self.request();
        issue::tokens(site, &self.person.id, &request, &self.sign(&request))
    }

    /// Checks both agents' answers and makes tokens of them.
    pub fn unblind(&self, answers: &Answers) -> Tokens {
        let waiting = self.waiting();
        let blinded = Blinded::new(&self.id, &self.seed, &waiting).expect("blinded");
        let both = |side: &Option<_>| side.clone().expect("answered");
        let answers = PerSide { bench: both(&answers.bench), bar: both(&answers.bar) };
        let (pinned, request) = (self.city.pinned(&self.id), blinded.request(&self.person.number));
        let home = &self.nym.as_ref().expect("invited").home;
        blinded.unblind(pinned, home, &request, &answers).expect("both sides' tags hold")
    }

    /// Enrols and fetches the tokens of all waiting cases.
    pub fn fetch(&self) {
        self.fetch_through(|| ());
    }

    /// The same where something has to be carried between asking and the answer.
    pub fn fetch_through(&self, carry: impl Fn()) {
        self.enrol().expect("passed on");
        carry();
        assert!(matches!(self.enrol(), Ok(Standing::Enrolled(_))), "{:?}", self.enrol());
        self.ask().expect("passed on");
        carry();
        let tokens = self.unblind(&self.ask().expect("asked"));
        assert!(self.tokens.set(tokens).is_ok(), "fetched already");
    }

    /// The same tokens as whoever holds both issuer keys makes them: for tests that need many and are not about asking.
    pub fn mint(&self) {
        let issuers = self.city.issuers(&self.id);
        let make = |nonce, info: String| Token::mint(nonce, issuers, &info).expect("a token");
        let nym_info = self.nym.clone().expect("invited");
        let stamp_info = StampInfo(&self.id).to_string();
        let pair = |case: &WaitingCase| {
            let id = &case.invitation.id;
            let stamp = make(self.seed.stamp_key(id).nonce(), stamp_info.clone());
            (id.clone(), (stamp, make(self.seed.slip(id), case.slip.to_string())))
        };
        let nym = make(self.seed.nym(&self.id), nym_info.to_string());
        let tokens = Tokens { nym, nym_info, of: self.cases.iter().map(pair).collect() };
        assert!(self.tokens.set(tokens).is_ok(), "fetched already");
    }

    pub fn tokens(&self) -> &Tokens {
        self.tokens.get().expect("fetch or mint first")
    }

    /// Stamp and slip of a case.
    pub fn pair(&self, case: usize) -> (Token, Token) {
        self.tokens().of[&self.cases[case].invitation.id]
    }

    pub fn invitation(&self, case: usize) -> &InvitationId {
        &self.cases[case].invitation.id
    }

    /// A ballot that gives every item of a case the same level.
    pub fn ballot(&self, case: usize, seq: u32, level: u8) -> Ballot {
        let (_, slip) = self.pair(case);
        let case = &self.cases[case];
        let items = RUBRICS[usize::from(self.id == bench_box())].items.iter().map(|item| &item.id);
        let asked = items.filter(|item| !case.invitation.not_applicable.contains(item));
        let Tokens { nym, nym_info, .. } = self.tokens();
        Ballot {
            v: 2,
            ratee: case.slip.ratee.clone(),
            court: case.slip.court.clone(),
            stratum: case.slip.stratum,
            rubric: case.slip.rubric,
            home: nym_info.home.clone(),
            role: nym_info.role,
            answers: asked.map(|item| (item.clone(), Some(level))).collect(),
            slip,
            nym: *nym,
            seq,
        }
    }

    /// A sealed ballot for a case; `rng` makes another item of the same answers.
    pub fn seal(&self, case: usize, seq: u32, level: u8, rng: u64) -> Cast {
        self.stamped(case, seq, self.city.seal(&self.id, &self.ballot(case, seq, level), rng))
    }

    /// Any posted item under the stamp of a case.
    pub fn stamped(&self, case: usize, seq: u32, item: Posted) -> Cast {
        self.stamped_with(self.pair(case).0, case, seq, item)
    }

    /// The same with a stamp whose tags somebody made up; the signature is by the stamp's own key.
    pub fn stamped_with(&self, stamp: Token, case: usize, seq: u32, item: Posted) -> Cast {
        Cast::sign(self.id.clone(), &self.seed.stamp_key(self.invitation(case)), stamp, seq, item)
    }
}
