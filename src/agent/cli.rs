//! `hengping agent`: one side's own process on the command line.
//!
//! Every command that needs a secret unlocks the agent, with the passphrase or with officers' shares. Deliberately absent:
//! decisions, and a passphrase among the arguments, where other users of the machine would read it.

mod unlock;

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use hengping_domain::digest::{Bytes32, Digest};
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::manifest::PerSide;
use hengping_domain::statement::Signed;
use hengping_ports::SystemEntropy;
use jiff::civil::Date;

use crate::config::{Settings, TEMPLATE};
use crate::error::AgentError;
use crate::keyfile::{Cost, KeyFile};
use crate::pins::{Pins, SidePins};
use crate::store::said::What;
use crate::{http, officers, private};
use unlock::{NewPassphrase, UnlockArgs};

/// Prints a line to standard output; a reader that went away ends the command without a word.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout(), $($part)*)?
    }};
}

/// What an agent can be told.
#[derive(Debug, Subcommand)]
pub enum AgentCommand {
    /// Make a side's agent: its key, its master key, its configuration.
    Init {
        /// bench or bar.
        #[arg(long)]
        side: Side,
        /// The agent's directory.
        #[arg(long)]
        dir: PathBuf,
        /// Read the passphrase from this open file descriptor.
        #[arg(long, value_name = "N", conflicts_with = "passphrase_file")]
        passphrase_fd: Option<u32>,
        /// Read the passphrase from this file.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Fix the keys that the agent believes; once.
    Pin(PinArgs),
    /// Answer the platform over HTTP.
    Serve {
        /// Which agent, and how it is unlocked.
        #[command(flatten)]
        unlock: UnlockArgs,
        /// Address and port; TLS ends at a proxy in front.
        #[arg(long, default_value = "127.0.0.1:8090")]
        listen: SocketAddr,
    },
    /// Change the passphrase, or share the master key among officers.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Give members their codes, or let another device be enrolled.
    #[command(subcommand)]
    Members(MembersCommand),
    /// Take and write packages between networks.
    #[command(subcommand)]
    Exchange(ExchangeCommand),
    /// List the requests that wait for the officers, in words.
    Pending {
        /// Which agent, and how it is unlocked.
        #[command(flatten)]
        unlock: UnlockArgs,
    },
    /// Let a request be answered.
    Approve {
        /// Its digest, from `agent pending`.
        digest: Digest,
        /// Which agent, and how it is unlocked.
        #[command(flatten)]
        unlock: UnlockArgs,
    },
    /// List everything that committed this side, and check the chain.
    Journal {
        /// Which agent, and how it is unlocked.
        #[command(flatten)]
        unlock: UnlockArgs,
    },
}

/// Keys to be pinned: each by itself, or all in one file.
#[derive(Debug, Args)]
pub struct PinArgs {
    /// The agent's directory.
    #[arg(long)]
    dir: PathBuf,
    /// A file in the form of `pins.json`, in place of everything below.
    #[arg(long, conflicts_with_all = ["platform", "relay", "signing", "other_signing", "other_agent"])]
    file: Option<PathBuf>,
    /// The platform's request key.
    #[arg(long, required_unless_present = "file")]
    platform: Option<Bytes32>,
    /// The relay's receipt key.
    #[arg(long, required_unless_present = "file")]
    relay: Option<Bytes32>,
    /// This side's officers' signing key.
    #[arg(long, required_unless_present = "file")]
    signing: Option<Bytes32>,
    /// The other side's officers' signing key.
    #[arg(long, required_unless_present = "file")]
    other_signing: Option<Bytes32>,
    /// The other side's agent's key.
    #[arg(long, required_unless_present = "file")]
    other_agent: Option<Bytes32>,
}

/// The master key.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Write share files for a side's officers, of which any few unlock the agent.
    Split {
        /// Which agent, and how it is unlocked.
        #[command(flatten)]
        unlock: UnlockArgs,
        /// How many.
        #[arg(long, default_value_t = 3)]
        shares: u8,
        /// How many unlock.
        #[arg(long, default_value_t = 2)]
        threshold: u8,
        /// Where to write `SIDE-share-N.json`; to be given to different people and removed here.
        #[arg(long)]
        out: PathBuf,
    },
    /// Set another passphrase.
    Passphrase {
        /// Which agent, and how it is unlocked.
        #[command(flatten)]
        unlock: UnlockArgs,
        /// The passphrase that is being set.
        #[command(flatten)]
        passphrase: NewPassphrase,
    },
}

/// The side's members.
#[derive(Debug, Subcommand)]
pub enum MembersCommand {
    /// Give every new member of a list (CSV `number,name`) a code.
    Import {
        /// The list.
        file: PathBuf,
        /// Where to write `number,name,code`; it is written once.
        #[arg(long)]
        out: PathBuf,
        /// Which agent, and how it is unlocked.
        #[command(flatten)]
        unlock: UnlockArgs,
    },
    /// Give a member another code; the one before opens nothing any more. Devices that are enrolled stay enrolled.
    Code {
        /// Member number.
        number: String,
        /// Where to write `number,name,code`; it is written once.
        #[arg(long)]
        out: PathBuf,
        /// Which agent, and how it is unlocked.
        #[command(flatten)]
        unlock: UnlockArgs,
    },
    /// Let another device of a member be enrolled; tokens that were issued stay issued.
    Reset {
        /// Member number.
        number: String,
        /// The box, `PERIOD.DIRECTION`.
        #[arg(value_name = "BOX")]
        id: BoxId,
        /// Which agent, and how it is unlocked.
        #[command(flatten)]
        unlock: UnlockArgs,
    },
}

/// Packages.
#[derive(Debug, Subcommand)]
pub enum ExchangeCommand {
    /// Take a package of the platform and the files beside it.
    Import {
        /// The package.
        file: PathBuf,
        /// Which agent, and how it is unlocked.
        #[command(flatten)]
        unlock: UnlockArgs,
    },
    /// Answer what can be answered and write it as the next package.
    Export {
        /// Where to write it; files go beside it.
        file: PathBuf,
        /// The last day on which it may be taken, such as 2026-06-30.
        #[arg(long, required_unless_present = "again")]
        expires: Option<Date>,
        /// Write the last package once more, until a later day with --expires.
        #[arg(long)]
        again: bool,
        /// Which agent, and how it is unlocked.
        #[command(flatten)]
        unlock: UnlockArgs,
    },
}

/// An error as it is shown: its code, then its words.
fn shown(error: AgentError) -> anyhow::Error {
    anyhow!("[{}] {error}", error.code())
}

/// Runs a command.
///
/// # Errors
/// Its code and words.
pub fn run(command: AgentCommand) -> anyhow::Result<()> {
    match command {
        AgentCommand::Init { side, dir, passphrase_fd, passphrase_file } => {
            if KeyFile::path(&dir).exists() {
                return Err(shown(AgentError::Exists(KeyFile::path(&dir))));
            }
            let passphrase = unlock::chosen(passphrase_fd, passphrase_file.as_deref())?;
            let (file, unlocked) =
                KeyFile::generate(side, &passphrase, Cost::RFC_9106, &SystemEntropy).map_err(shown)?;
            file.create(&dir).map_err(shown)?;
            if !Settings::path(&dir).exists() {
                private::write_new(&Settings::path(&dir), TEMPLATE.as_bytes()).map_err(shown)?;
            }
            say!("{}", unlocked.public());
            eprintln!(
                "本节点的公钥如上，请告知平台和对方。 / The agent's public key, for the platform and the other side."
            );
            Ok(())
        }
        AgentCommand::Pin(args) => pin(args),
        AgentCommand::Serve { unlock, listen } => {
            let agent = Arc::new(unlock.agent()?);
            let running = http::start(agent, listen).map_err(shown)?;
            eprintln!("http://{}", running.address);
            running.wait();
            Ok(())
        }
        AgentCommand::Key(command) => key(command),
        AgentCommand::Members(command) => members(command),
        AgentCommand::Exchange(command) => exchange(command),
        AgentCommand::Pending { unlock } => {
            for pending in unlock.agent()?.pending().map_err(shown)? {
                say!("{}  {}  {}  {}", pending.digest, pending.day, pending.id, pending.kind);
                say!("  {}\n  {}", pending.zh, pending.en);
            }
            Ok(())
        }
        AgentCommand::Approve { digest, unlock } => {
            unlock.agent()?.approve(digest).map_err(shown)?;
            say!("{digest}");
            Ok(())
        }
        AgentCommand::Journal { unlock } => {
            for entry in unlock.agent()?.journal().map_err(shown)? {
                let (number, day, request) = (entry.number, &entry.day, &entry.request);
                match &entry.what {
                    What::Said(Signed { statement, .. }) => {
                        let said = serde_json::to_string(&statement)?;
                        say!("{number}  {day}  {}  {request}  {said}", statement.id);
                    }
                    What::Done(deed) => say!("{number}  {day}  {}", serde_json::to_string(deed)?),
                }
            }
            Ok(())
        }
    }
}

fn pin(args: PinArgs) -> anyhow::Result<()> {
    let own = KeyFile::read(&args.dir).map_err(shown)?;
    let pins = match args {
        PinArgs { file: Some(file), .. } => Pins::from_file(&file).map_err(shown)?,
        PinArgs {
            platform: Some(platform),
            relay: Some(relay),
            signing: Some(signing),
            other_signing: Some(other_signing),
            other_agent: Some(other_agent),
            ..
        } => {
            let ours = SidePins { signing, agent: own.agent };
            let theirs = SidePins { signing: other_signing, agent: other_agent };
            let sides = match own.side {
                Side::Bench => PerSide { bench: ours, bar: theirs },
                Side::Bar => PerSide { bench: theirs, bar: ours },
            };
            Pins::new(platform, relay, sides)
        }
        _ => return Err(anyhow!("--file, or all keys")),
    };
    pins.create(&args.dir, own.side, &own.agent).map_err(shown)?;
    say!("{}", args.dir.display());
    Ok(())
}

fn key(command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Split { unlock, shares, threshold, out } => {
            let (_, unlocked) = unlock.keys()?;
            let files = officers::split(&unlocked, shares, threshold, &SystemEntropy).map_err(shown)?;
            private::directory(&out).map_err(shown)?;
            for file in &files {
                let path = out.join(format!("{}-share-{}.json", file.side, file.number));
                private::write_new(&path, &private::json(file).map_err(shown)?).map_err(shown)?;
                say!("{}", path.display());
            }
            eprintln!(
                "请分别交给不同的保管人，并从本机删除。 / Give them to different people and remove them from this machine."
            );
            Ok(())
        }
        KeyCommand::Passphrase { unlock, passphrase } => {
            let (file, unlocked) = unlock.keys()?;
            let passphrase = passphrase.read()?;
            let file = file.rewrap(&unlocked, &passphrase, Cost::RFC_9106, &SystemEntropy).map_err(shown)?;
            file.replace(unlock.dir()).map_err(shown)?;
            eprintln!(
                "口令已更改；旧副本仍可用旧口令打开。 / Changed. Older copies of the file still open with the old one."
            );
            Ok(())
        }
    }
}

fn members(command: MembersCommand) -> anyhow::Result<()> {
    match command {
        MembersCommand::Import { file, out, unlock } => {
            let source = File::open(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let count = unlock.agent()?.import_members(source, &out).map_err(shown)?;
            say!("{count}  {}", out.display());
            Ok(())
        }
        MembersCommand::Code { number, out, unlock } => {
            unlock.agent()?.renew_code(&number, &out).map_err(shown)?;
            say!("{number}  {}", out.display());
            eprintln!(
                "旧激活码已失效；已登记的设备不受影响。请不经平台送交本人。 / The old code is dead; enrolled devices stay. Hand it \
                 over by a way that does not pass through the platform."
            );
            Ok(())
        }
        MembersCommand::Reset { number, id, unlock } => {
            let issued = unlock.agent()?.reset_member(&number, &id).map_err(shown)?;
            say!("{number}  {id}");
            if issued {
                eprintln!(
                    "该会员在此封存库中已领取凭证：没有恢复码的新设备在本库中领不到凭证，下一封存库可照常参加。 / Tokens were issued: \
                     without the recovery code another device gets none in this box; the next box is open to it."
                );
            }
            Ok(())
        }
    }
}

fn exchange(command: ExchangeCommand) -> anyhow::Result<()> {
    match command {
        ExchangeCommand::Import { file, unlock } => {
            let taken = unlock.agent()?.import_package(&file).map_err(shown)?;
            say!("{}  {}", taken.sequence, taken.requests);
            if taken.again {
                eprintln!("此数据包已导入，未作更改。 / Taken before; nothing changed.");
            }
            Ok(())
        }
        ExchangeCommand::Export { file, expires, again, unlock } => {
            let agent = unlock.agent()?;
            let written = match expires {
                Some(expires) if !again => agent.export_package(&file, expires),
                _ => agent.export_again(&file, expires),
            };
            let written = written.map_err(shown)?;
            say!("{}  {}  {}  {}", written.sequence, written.statements, written.files, written.waiting);
            Ok(())
        }
    }
}
