//! The machines of the demonstration: both sides' agents and the relay, on threads of this process.
//!
//! A real site has three: the platform's, and one of each side's with its agent, of which one runs the relay too. That all
//! keys lie here is what every page of the demonstration says. Deliberately absent: approval by officers; both agents answer
//! by themselves.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use hengping_agent::config::Settings as AgentSettings;
use hengping_agent::http::Running as AgentRunning;
use hengping_agent::keyfile::{Cost, KeyFile};
use hengping_agent::pins::{Pins, SidePins};
use hengping_agent::{Agent, Setup};
use hengping_domain::digest::Bytes32;
use hengping_domain::enrolment::Code;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::keys::SigningKeyFile;
use hengping_domain::manifest::PerSide;
use hengping_relay::Settings as RelaySettings;

use crate::cli::keys as key_files;
use crate::ports::{Clock, SystemEntropy};

/// Where everything of the machines is, before they run.
pub struct Places {
    dir: PathBuf,
    /// Both sides' officers' keys.
    pub signing: PerSide<SigningKeyFile>,
    /// Both agents' public keys.
    pub agent: PerSide<Bytes32>,
    /// The relay's receipt key.
    pub receipt: Bytes32,
}

/// The machines while they run.
pub struct Machines {
    agents: PerSide<Arc<Agent>>,
    running: PerSide<Option<AgentRunning>>,
    relay: hengping_relay::Running,
    codes: BTreeMap<String, Code>,
}

/// Unlocks both agents of a demonstration.
pub const PASSPHRASE: &str = "hengping-demo";

impl Places {
    /// Makes all keys: signing keys, the platform's, both agents' and the relay's.
    ///
    /// # Errors
    /// When one cannot be made or written.
    pub fn make(dir: &Path) -> anyhow::Result<Self> {
        let keys = dir.join("keys");
        std::fs::create_dir_all(&keys)?;
        let signing = |side| {
            let key = key_files::make(side)?;
            key_files::write_secret(&keys.join(format!("{side}-signing.json")), &key)?;
            Ok::<_, anyhow::Error>(key)
        };
        let signing = PerSide::try_of(signing)?;
        let platform = key_files::platform(&keys.join("platform.key"))?;
        let relay = dir.join("relay");
        let receipt = hengping_relay::keys::init(&relay, &SystemEntropy)?;
        let init = |side: Side| {
            let (file, unlocked) = KeyFile::generate(side, PASSPHRASE, Cost::RFC_9106, &SystemEntropy)?;
            file.create(&place(dir, side))?;
            Ok::<_, anyhow::Error>(unlocked.public())
        };
        let agent = PerSide::try_of(init)?;
        let pins = |side: Side| SidePins { signing: signing.get(side).public, agent: *agent.get(side) };
        let pins = Pins::new(platform, receipt, PerSide::of(pins));
        for &side in Side::ALL {
            pins.create(&place(dir, side), side, agent.get(side))?;
        }
        Ok(Self { dir: dir.to_owned(), signing, agent, receipt })
    }

    /// Starts both agents on free ports.
    ///
    /// # Errors
    /// When one does not start.
    pub fn start_agents(&self, clock: &Arc<dyn Clock>) -> anyhow::Result<(PerSide<Arc<Agent>>, PerSide<AgentRunning>)> {
        let open = |side: Side| {
            let dir = place(&self.dir, side);
            let agent = Arc::new(Agent::open(Setup {
                unlocked: KeyFile::read(&dir)?.unlock(PASSPHRASE)?,
                pins: Pins::read(&dir)?,
                settings: AgentSettings::unattended(),
                clock: clock.clone(),
                entropy: Arc::new(SystemEntropy),
                dir,
            })?);
            let running = hengping_agent::http::start(agent.clone(), ([127, 0, 0, 1], 0).into())?;
            Ok::<_, anyhow::Error>((agent, running))
        };
        let (bench, bar) = (open(Side::Bench)?, open(Side::Bar)?);
        Ok((PerSide { bench: bench.0, bar: bar.0 }, PerSide { bench: bench.1, bar: bar.1 }))
    }

    /// Starts the relay in front of a platform.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_relay(
        &self,
        listen: SocketAddr,
        platform: &str,
        origins: Vec<String>,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<hengping_relay::Running> {
        let settings = RelaySettings::new(&self.dir.join("relay"), listen, platform, origins);
        Ok(hengping_relay::start(&settings, clock.clone(), Arc::new(SystemEntropy))?)
    }
}

fn place(dir: &Path, side: Side) -> PathBuf {
    dir.join(format!("agent-{side}"))
}

impl Machines {
    /// Puts the running machines together.
    #[must_use]
    pub fn new(
        (agents, running): (PerSide<Arc<Agent>>, PerSide<AgentRunning>),
        relay: hengping_relay::Running,
    ) -> Self {
        let running = PerSide { bench: Some(running.bench), bar: Some(running.bar) };
        Self { agents, running, relay, codes: BTreeMap::new() }
    }

    /// Where the relay listens.
    #[must_use]
    pub fn relay(&self) -> SocketAddr {
        self.relay.address
    }

    /// Takes an agent off the network and says where it lies: from now on it hears of packages only.
    pub fn take_off(&mut self, dir: &Path, side: Side) -> PathBuf {
        let running = match side {
            Side::Bench => &mut self.running.bench,
            Side::Bar => &mut self.running.bar,
        };
        if let Some(running) = running.take() {
            running.stop();
        }
        place(dir, side)
    }

    /// Tells an association who its members are, in CSV; each gets a code.
    ///
    /// # Errors
    /// When an agent refuses them.
    pub fn members(&mut self, side: Side, list: &[u8]) -> anyhow::Result<()> {
        let made = self.agents.get(side).add_members(list).with_context(|| format!("members of the {side}"))?;
        self.codes.extend(made.into_iter().map(|member| (member.number, member.code)));
        Ok(())
    }

    /// A member's code.
    #[must_use]
    pub fn code(&self, number: &str) -> Option<&Code> {
        self.codes.get(number)
    }

    /// Has the relay hand over what waits for a box.
    ///
    /// # Errors
    /// When the platform does not take it.
    pub fn hand_over(&self, id: &BoxId, least: u32, closing: bool) -> anyhow::Result<()> {
        self.relay.hand_over(id, least, closing)?;
        Ok(())
    }
}
