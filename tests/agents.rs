//! Both sides' agents as a trial has them: real ones in a directory of their own, reached without a network.
//!
//! Their keys come from seeds, so that a test can know what a thief of one side would: every draw of 32 bytes is remembered,
//! and one of them is the seed of a box's secrets. Deliberately absent: stand-ins; what these agents refuse is refused.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use ed25519_dalek::SigningKey;
use hengping::flow::courier::{self, Carrier, Unreachable};
use hengping::ports::{Clock, Entropy, NoEntropy, SeededEntropy};
use hengping_agent::config::{AskedKind, HandOver, Settings};
use hengping_agent::keyfile::{Cost, KeyFile, Unlocked};
use hengping_agent::pins::{Pins, SidePins};
use hengping_agent::{Agent, Answer, Setup};
use hengping_domain::digest::{Bytes, Bytes32, Digest};
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::keys::{BoxSecrets, SigningKeyFile};
use hengping_domain::manifest::{PerSide, RelayKeys, SideKeys};
use hengping_domain::request::SignedRequest;
use hengping_domain::statement::{Said, Signed, Statement};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand_chacha::ChaCha20Rng;
use tempfile::TempDir;

const PASSPHRASE: &str = "a passphrase of the tests";
/// Trying the passphrase costs nothing here; what it costs is tested where it is made.
const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
/// Where devices post, unless a relay runs.
pub const RELAY: &str = "http://relay.test";

/// Both sides' officers' keys, the same in every trial.
pub static SIGNING: LazyLock<PerSide<SigningKeyFile>> = LazyLock::new(|| {
    let mut rng = StdRng::seed_from_u64(2026);
    let mut key = |side| SigningKeyFile::generate(side, &mut rng);
    PerSide { bench: key(Side::Bench), bar: key(Side::Bar) }
});

static PUBLIC: LazyLock<PerSide<Bytes32>> = LazyLock::new(|| {
    let public = |side| unlocked(side, &entropy(side)).public();
    PerSide { bench: public(Side::Bench), bar: public(Side::Bar) }
});

/// The key that signs the platform's requests.
pub fn platform_key() -> SigningKey {
    SigningKey::from_bytes(&[21; 32])
}

/// The key of the relay's receipts and batches.
pub fn relay_key() -> SigningKey {
    SigningKey::from_bytes(&[22; 32])
}

fn public(key: &SigningKey) -> Bytes32 {
    Bytes(key.verifying_key().to_bytes())
}

/// The public key of a side's agent.
pub fn agent_key(side: Side) -> Bytes32 {
    *PUBLIC.get(side)
}

/// Its secret half, for a test that needs to say what an honest agent does not.
pub fn agent_secret(side: Side) -> SigningKey {
    let drawn = Remembering(entropy(side), Mutex::default());
    drop(unlocked(side, &drawn));
    let drawn = drawn.1.into_inner().expect("no panic");
    let keys = drawn.iter().map(SigningKey::from_bytes);
    keys.into_iter().find(|key| public(key) == agent_key(side)).expect("the agent drew its key")
}

/// What an agent that lies could say, under its own key.
pub fn lie(id: &BoxId, side: Side, said: Said) -> Signed {
    Statement { v: 1, id: id.clone(), side, said }.sign(&agent_secret(side)).expect("signed")
}

fn entropy(side: Side) -> SeededEntropy {
    SeededEntropy::new(if side == Side::Bench { 31 } else { 32 })
}

fn unlocked(side: Side, entropy: &dyn Entropy) -> Unlocked {
    KeyFile::generate(side, PASSPHRASE, CHEAP, entropy).expect("a key file").1
}

/// A seeded source that remembers every 32 bytes it gave.
struct Remembering(SeededEntropy, Mutex<Vec<[u8; 32]>>);

impl Entropy for Remembering {
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
        self.0.fill(out)?;
        if let Ok(drawn) = <[u8; 32]>::try_from(&*out) {
            self.1.lock().expect("no panic").push(drawn);
        }
        Ok(())
    }
}

struct Seat {
    side: Side,
    drawn: Arc<Remembering>,
    away: AtomicBool,
    asked: AtomicU32,
    settings: Mutex<Settings>,
    agent: OnceLock<Agent>,
}

impl Seat {
    fn new(side: Side) -> Self {
        Self {
            side,
            drawn: Arc::new(Remembering(entropy(side), Mutex::default())),
            away: AtomicBool::new(false),
            asked: AtomicU32::new(0),
            settings: Mutex::new(Settings::unattended()),
            agent: OnceLock::new(),
        }
    }
}

/// Both agents; each is opened when it is first needed.
pub struct Machines {
    dir: TempDir,
    clock: Arc<dyn Clock>,
    seats: PerSide<Seat>,
}

impl Machines {
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let seats = PerSide { bench: Seat::new(Side::Bench), bar: Seat::new(Side::Bar) };
        Arc::new(Self { dir: tempfile::tempdir().expect("a directory"), clock, seats })
    }

    /// What a site needs to speak with them.
    pub fn reached(self: &Arc<Self>, relay: &str) -> courier::Agents {
        courier::Agents {
            key: platform_key(),
            relay: RelayKeys { origin: relay.to_owned(), receipt: public(&relay_key()) },
            front_end: Digest::of(&[b"pages"]),
            carrier: self.clone(),
            away: Arc::new(PerSide { bench: AtomicBool::new(false), bar: AtomicBool::new(false) }),
        }
    }

    /// A side's agent.
    pub fn agent(&self, side: Side) -> &Agent {
        let seat = self.seats.get(side);
        seat.agent.get_or_init(|| {
            let pin = |side: Side| SidePins { signing: SIGNING.get(side).public, agent: agent_key(side) };
            let sides = PerSide { bench: pin(Side::Bench), bar: pin(Side::Bar) };
            Agent::open(Setup {
                dir: self.dir(side),
                unlocked: unlocked(seat.side, &*seat.drawn),
                pins: Pins::new(public(&platform_key()), public(&relay_key()), sides),
                settings: seat.settings.lock().expect("no panic").clone(),
                clock: self.clock.clone(),
                entropy: seat.drawn.clone(),
            })
            .expect("an agent")
        })
    }

    /// Where everything of a side's agent lies.
    pub fn dir(&self, side: Side) -> std::path::PathBuf {
        self.dir.path().join(side.as_str())
    }

    /// A directory of another machine of the trial.
    pub fn beside(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    /// Lets officers see some requests first; before the agent is needed.
    pub fn attend(&self, side: Side, kinds: impl IntoIterator<Item = AskedKind>) {
        self.set(side, Settings { approve: kinds.into_iter().collect(), hand_over: HandOver::Network });
    }

    /// Has officers carry this side's shares; before the agent is needed.
    pub fn carry(&self, side: Side) {
        self.set(side, Settings { hand_over: HandOver::Directory, ..Settings::unattended() });
    }

    fn set(&self, side: Side, settings: Settings) {
        let seat = self.seats.get(side);
        assert!(seat.agent.get().is_none(), "the agent runs already");
        *seat.settings.lock().expect("no panic") = settings;
    }

    /// Nobody answers for this side until [`Machines::bring_back`].
    pub fn send_away(&self, side: Side) {
        self.seats.get(side).away.store(true, Ordering::SeqCst);
    }

    pub fn bring_back(&self, side: Side) {
        self.seats.get(side).away.store(false, Ordering::SeqCst);
    }

    /// Requests that reached a side so far.
    pub fn asked(&self, side: Side) -> u32 {
        self.seats.get(side).asked.load(Ordering::SeqCst)
    }

    fn reach(&self, side: Side) -> Result<&Agent, Unreachable> {
        let seat = self.seats.get(side);
        if seat.away.load(Ordering::SeqCst) {
            return Err(Unreachable(side, "it is away".to_owned()));
        }
        seat.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.agent(side))
    }

    /// Everything secret that a side's agent made for a box whose manifest names `keys`.
    pub fn secrets(&self, side: Side, keys: &SideKeys) -> BoxSecrets {
        let drawn = self.seats.get(side).drawn.1.lock().expect("no panic");
        let made = drawn.iter().map(|seed| BoxSecrets::generate(&mut ChaCha20Rng::from_seed(*seed)).expect("secrets"));
        let mut fitting = made.filter(|secrets| {
            let publics = secrets.publics().expect("publics");
            (publics.issuer, publics.mix == keys.mix, publics.opening == keys.opening) == (keys.issuer, true, true)
        });
        fitting.next().expect("the agent drew the seed of its keys")
    }
}

impl Carrier for Machines {
    fn ask(&self, side: Side, request: &SignedRequest) -> Result<Option<Signed>, Unreachable> {
        match self.reach(side)?.answer(request) {
            Ok(Answer::Now(signed)) => Ok(Some(signed)),
            Ok(Answer::Later) => Ok(None),
            Err(error) => Err(Unreachable(side, error.to_string())),
        }
    }

    fn put_file(&self, side: Side, digest: Digest, from: &Path) -> Result<(), Unreachable> {
        self.reach(side)?.files().take(digest, from).map_err(|error| Unreachable(side, error.to_string()))
    }

    fn get_file(&self, side: Side, digest: Digest, to: &Path) -> Result<(), Unreachable> {
        let away = |error: &dyn std::fmt::Display| Unreachable(side, error.to_string());
        let path = self.reach(side)?.offered(digest).map_err(|error| away(&error))?;
        std::fs::copy(path, to).map(drop).map_err(|error| away(&error))
    }
}
