//! The verbs: each file is one step of a ballot's life, one transaction and at most one audit entry.
//!
//! A step either happens, or is refused with a code the caller can act on, or fails under an id that the log explains.
//! Deliberately absent: HTTP and SQL; a step is the same whether a page, a program or a test asks for it.

pub mod batch;
pub mod boxes;
pub mod changes;
pub mod close;
pub mod conclude;
pub mod correct;
pub mod courier;
pub mod death;
pub mod decide;
pub mod documents;
pub mod draft;
pub mod draw;
pub mod eligibility;
pub mod enrol;
pub mod exchange;
pub mod export;
pub mod extend;
pub mod fairness;
pub mod import_docket;
pub mod invite;
pub mod issue;
pub mod machine;
pub mod opening_room;
pub mod outstanding;
pub mod own_result;
pub mod password;
pub mod periods;
pub mod privacy;
pub mod publish;
pub mod read_person;
pub mod read_release;
pub mod read_setting;
pub mod record;
pub mod rehearse;
pub mod reply;
pub mod research;
pub mod sign_in;
pub mod unseal;
pub mod window;
pub mod withdraw;

use std::sync::Arc;

use crate::config::{Config, Mode, Unready};
use crate::ports::{Clock, Entropy, NoEntropy, SystemEntropy, random};
use crate::store::{Store, StoreError, Undo, account, document};

/// Declares the closed set of refusals with their stable codes.
macro_rules! refusals {
    ($($(#[$meta:meta])* $variant:ident = $code:literal),+ $(,)?) => {
        /// Why a step did not happen although nothing is broken; the caller can act on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Refusal { $($(#[$meta])* $variant),+ }

        impl Refusal {
            /// Every refusal, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code, the same in the API, the pages and the documentation.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }
    };
}

refusals! {
    /// Unknown login, wrong password or a disabled account: one answer for all three.
    SignInRefused = "sign-in-refused",
    /// Too many failed sign-ins with this login; the lock ends by itself.
    TooManyAttempts = "too-many-attempts",
    /// The login is taken, or the person has an account already.
    LoginTaken = "login-taken",
    /// A role of one side without the side, or one that belongs to none with it.
    RoleSide = "role-side",
    /// A password shorter or longer than accounts may have.
    PasswordLength = "password-length",
    /// What was asked for does not exist, or not for this account.
    NotFound = "not-found",
    /// The thing is no longer in the state the step needs; look again.
    Stale = "stale",
    /// The account belongs to the other side.
    OtherSide = "other-side",
    /// A hand-over of the relay that does not have its form, or holds a cast that does not hold.
    BatchMalformed = "batch-malformed",
    /// A batch has come that both agents have not cosigned yet.
    BatchWaiting = "batch-waiting",
    /// The rater's device is not enrolled, or another one signed.
    NotEnrolled = "not-enrolled",
    /// An agent has not said yet what the step needs.
    AgentsNotReady = "agents-not-ready",
    /// The document does not have the shape its kind asks for.
    DocumentMalformed = "document-malformed",
    /// The signature does not match the document and the side's enrolled key.
    SignatureRefused = "signature-refused",
    /// This side has signed already.
    AlreadySigned = "already-signed",
    /// A document that both sides must have signed first is not in force.
    NotInForce = "not-in-force",
    /// A side's keys are not enrolled yet.
    KeysNotReady = "keys-not-ready",
    /// The side's keys are enrolled already.
    KeysEnrolled = "keys-enrolled",
    /// The name of the period is taken, or its dates contradict each other.
    PeriodRefused = "period-refused",
    /// The charter asks for a pilot, and both sides have concluded none under it.
    PilotFirst = "pilot-first",
    /// The pilot falls short of a criterion, and no exception was given.
    PilotFailed = "pilot-failed",
    /// The charter of the pilot sets no exit criteria.
    NoCriteria = "no-criteria",
    /// The side has committed to another contribution already.
    DrawCommitted = "draw-committed",
    /// A side's commitment or contribution to the draw is missing.
    DrawNotReady = "draw-not-ready",
    /// A contribution to the draw that is not the one its side committed to.
    DrawRefused = "draw-refused",
    /// The box is not in the state this step needs.
    BoxState = "box-state",
    /// Fewer ballots than the charter lets open; closing would destroy them, and that was not asked for.
    TooFewBallots = "too-few-ballots",
    /// The extension does not begin at the box's present last day, does not end later, or gives no reason.
    ExtensionRefused = "extension-refused",
    /// The last day that an extension would move is over.
    ExtensionLate = "extension-late",
    /// The correction is not of the last release of its box, or names somebody who is no ratee of it or is void already.
    CorrectionRefused = "correction-refused",
    /// A correction in force names the release; another one takes its place.
    ReleaseCorrected = "release-corrected",
    /// The ratees have not been heard: the window is not open yet or not over, or an objection waits for a side.
    ReplyOpen = "reply-open",
    /// The fairness audit shows something over a limit of the charter, and not both sides have noted it.
    FairnessOpen = "fairness-open",
    /// The side has noted the fairness audit already.
    FairnessNoted = "fairness-noted",
    /// The charter gives no days to answer, or the release is out.
    NoWindow = "no-window",
    /// The days on which a ratee can answer are over.
    WindowClosed = "window-closed",
    /// Words that others are to read and that are empty, too long, on several lines, or hold characters that print nothing.
    TextRefused = "text-refused",
    /// The ratee has objected already.
    ObjectionFiled = "objection-filed",
    /// The side has decided about the objection already.
    ObjectionDecided = "objection-decided",
    /// The last day for decisions is over, and a side has signed the release without this one.
    DecisionLate = "decision-late",
    /// A purpose for which the charter lets nobody read a person's result, or none in a pilot.
    PurposeRefused = "purpose-refused",
    /// What is not out yet cannot be withdrawn.
    WithdrawalRefused = "withdrawal-refused",
    /// Both sides have withdrawn the release.
    ReleaseWithdrawn = "release-withdrawn",
    /// The terms of data use are to be agreed to first.
    DataUseFirst = "data-use-first",
    /// A notice without a title, without anything to read, or with a day that gives nobody time.
    NoticeRefused = "notice-refused",
    /// A step of a rehearsal for a real box, or one of a real box for a rehearsal.
    RehearsalOnly = "rehearsal-only",
    /// The relay cannot be reached, or did not take a test ballot.
    RelayAway = "relay-away",
    /// The other direction of the period is still open; opening this one now would withhold everything for good.
    CounterpartOpen = "counterpart-open",
    /// The draft belongs to another box or manifest, or its files are not the ones it names.
    DraftForeign = "draft-foreign",
    /// Counts with noise that the charter does not declare, or others than those that a correction has to copy.
    CountsRefused = "counts-refused",
    /// The year's privacy of the direction does not suffice for what the draft has drawn.
    BudgetSpent = "budget-spent",
    /// A draft of a box from which not one valid ballot came; taking it would burn the box.
    NothingValid = "nothing-valid",
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// A failure of ours: logged once under an id when it is made; the caller sees only the id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    id: String,
}

impl Fault {
    /// Logs `cause` and gives it an id.
    pub fn new(cause: &dyn std::fmt::Display) -> Self {
        let bytes = random::<6>(&SystemEntropy).unwrap_or_default();
        let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        tracing::error!(fault = %id, error = %cause, "fault");
        Self { id }
    }

    /// The id under which the log explains it, 12 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Why a step did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The caller can act on it.
    Refused(Refusal),
    /// Other work is in the way; trying again later may help.
    Busy,
    /// Ours.
    Fault(Fault),
}

/// What a step returns.
pub type Outcome<T> = Result<T, Failure>;

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for Failure {
    /// A missing row and a row that changed meanwhile are the caller's to know; a duplicate that no step expected is ours.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::Refused(Refusal::NotFound),
            StoreError::Stale => Self::Refused(Refusal::Stale),
            StoreError::Busy => Self::Busy,
            StoreError::Duplicate | StoreError::Broken(_) => Self::Fault(Fault::new(&error)),
        }
    }
}

impl From<hengping_domain::document::DocumentError> for Failure {
    fn from(error: hengping_domain::document::DocumentError) -> Self {
        use hengping_domain::document::DocumentError::{BadSignature, Malformed, NotCanonical};
        match error {
            BadSignature => Self::Refused(Refusal::SignatureRefused),
            Malformed { .. } | NotCanonical(_) => Self::Refused(Refusal::DocumentMalformed),
        }
    }
}

impl From<hengping_domain::prose::TextError> for Failure {
    fn from(_: hengping_domain::prose::TextError) -> Self {
        Self::Refused(Refusal::TextRefused)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<NoEntropy> for Failure {
    fn from(error: NoEntropy) -> Self {
        Self::Fault(Fault::new(&error))
    }
}

impl Undo for Failure {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Busy)
    }
}

/// One installation: what every step may reach.
#[derive(Clone)]
pub struct Site {
    /// The configuration it runs with.
    pub config: Arc<Config>,
    /// The database.
    pub store: Store,
    /// Today, and the second for sessions.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// Hashes and checks passwords.
    pub passwords: Arc<password::Passwords>,
    /// Signs and checks machine tokens.
    pub machines: Arc<machine::MachineKeys>,
    /// The way to both sides' agents.
    pub agents: courier::Agents,
    /// Openings that run on this machine.
    pub openings: Arc<opening_room::Openings>,
}

impl Site {
    /// Opens the store and the keys that `config` names.
    ///
    /// # Errors
    /// [`Unready`] in words: what is missing or refuses, and where to change it.
    pub fn open(config: Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, Unready> {
        let store = Store::open(&config.store)?;
        let passwords = password::Passwords::new(config.password, &*entropy)?;
        let machines = machine::MachineKeys::open(&config.machine, &*entropy)?;
        let agents = crate::carrier::open(&config, &*entropy)?;
        Ok(Self {
            config: Arc::new(config),
            store,
            clock,
            entropy,
            passwords: Arc::new(passwords),
            machines: Arc::new(machines),
            agents,
            openings: Arc::default(),
        })
    }

    /// Refuses what a production server must not start with: unsafe settings, and accounts or keys that a demo made.
    ///
    /// # Errors
    /// The first reason found, in words.
    pub fn ready_to_serve(&self) -> Result<(), Unready> {
        self.config.check()?;
        if self.config.mode == Mode::Demo {
            return Ok(());
        }
        let (accounts, keys) = self
            .store
            .read("look for what a demo made", |conn| Ok((account::count_demo(conn)?, document::demo_keys(conn)?)))?;
        if let Some(side) = keys.first() {
            return Err(Unready::DemoKeys(*side));
        }
        match accounts {
            0 => Ok(()),
            many => Err(Unready::DemoAccounts(many)),
        }
    }

    /// Reads from the store and names its backend.
    ///
    /// # Errors
    /// Busy or a fault.
    pub fn alive(&self) -> Outcome<&'static str> {
        self.store.read("health", account::count_demo)?;
        Ok(self.store.backend())
    }
}
