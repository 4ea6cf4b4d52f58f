//! `hengping keys`: make a side's signing key and the platform's own, enrol a side's public keys, make a part of the draw.
//!
//! Deliberately absent: the agent's keys, which `hengping agent` makes and keeps; and encryption of the signing key, which its
//! officers use in a browser; the file's permissions protect it, and the command says so.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use hengping_domain::digest::{Bytes, Bytes32};
use hengping_domain::docket::draw::DrawFile;
use hengping_domain::ids::{PeriodId, Side};
use hengping_domain::keys::{PublicKeysFile, SigningKeyFile};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde::Serialize;

use super::{SiteArgs, said};
use crate::flow::documents;
use crate::opening;
use crate::ports::{Entropy as _, SystemEntropy, random};
use crate::store::document::SideKeys;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Make `SIDE-signing.json`, for the side's officers, and `SIDE-public.json` with the agent's public key beside it.
    Make {
        /// bench or bar.
        #[arg(long)]
        side: Side,
        /// The agent's public key, as `hengping agent init` prints it.
        #[arg(long)]
        agent: Bytes32,
        /// Where to write them.
        #[arg(long, default_value = ".")]
        dir: PathBuf,
    },
    /// Tell a site the public halves; once per side.
    Enrol {
        #[command(flatten)]
        site: SiteArgs,
        /// `SIDE-public.json`; the secret files stay with the side.
        public: PathBuf,
    },
    /// Make this side's secret part of a period's draw, `SIDE-draw-PERIOD.json`, and print the commitment to lodge.
    Draw {
        /// bench or bar.
        #[arg(long)]
        side: Side,
        /// Name of the period.
        #[arg(long)]
        period: PeriodId,
        /// Where to write it.
        #[arg(long, default_value = ".")]
        dir: PathBuf,
    },
    /// Make the key with which a platform signs its requests to the agents, and print its public half.
    Platform {
        /// Where to write it; mode 600.
        #[arg(long)]
        out: PathBuf,
    },
}

/// Makes a side's signing key.
///
/// # Errors
/// When there are no random bytes.
pub fn make(side: Side) -> anyhow::Result<SigningKeyFile> {
    let mut seed = [0; 32];
    SystemEntropy.fill(&mut seed)?;
    Ok(SigningKeyFile::generate(side, &mut StdRng::from_seed(seed)))
}

/// Writes a platform's key for its owner only and returns the public half.
///
/// # Errors
/// When the file exists or cannot be written.
pub fn platform(out: &Path) -> anyhow::Result<Bytes32> {
    let secret = random(&SystemEntropy)?;
    create(out)?.write_all(Bytes(secret).to_string().as_bytes())?;
    Ok(Bytes(ed25519_dalek::SigningKey::from_bytes(&secret).verifying_key().to_bytes()))
}

/// Makes a side's part of a period's draw.
///
/// # Errors
/// When there are no random bytes.
pub fn draw(side: Side, period: &PeriodId) -> anyhow::Result<DrawFile> {
    let mut contribution = [0; 32];
    SystemEntropy.fill(&mut contribution)?;
    Ok(DrawFile { v: 1, side, period: period.clone(), contribution: Bytes(contribution) })
}

/// Writes a secret for its owner only; never over an existing file.
///
/// # Errors
/// When it exists or cannot be written.
pub fn write_secret(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    Ok(create(path)?.write_all(&serde_json::to_vec_pretty(value)?)?)
}

fn create(path: &Path) -> anyhow::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).with_context(|| format!("cannot create {}", path.display()))
}

pub(super) fn run(command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Make { side, agent, dir } => {
            let signing = make(side)?;
            std::fs::create_dir_all(&dir)?;
            let path = dir.join(format!("{side}-signing.json"));
            write_secret(&path, &signing)?;
            let public = dir.join(format!("{side}-public.json"));
            let keys = PublicKeysFile { v: 2, side, signing: signing.public, agent };
            std::fs::write(&public, serde_json::to_vec_pretty(&keys)?)?;
            say!("{}\n{}", path.display(), public.display());
            eprintln!(
                "The signing key is not encrypted: keep it on media of its own. 签名密钥文件未加密，请存放于专用介质。"
            );
            Ok(())
        }
        KeysCommand::Platform { out } => {
            say!("{}", platform(&out)?);
            Ok(())
        }
        KeysCommand::Enrol { site, public } => {
            let public: PublicKeysFile = opening::read_json(&public)?;
            let keys = SideKeys { signing: public.signing, agent: public.agent };
            documents::enrol(&site.site()?, public.side, &keys).map_err(said)?;
            say!("{}: {}", public.side, public.signing);
            Ok(())
        }
        KeysCommand::Draw { side, period, dir } => {
            let file = draw(side, &period)?;
            std::fs::create_dir_all(&dir)?;
            let path = dir.join(format!("{side}-draw-{period}.json"));
            write_secret(&path, &file)?;
            eprintln!("{}", path.display());
            say!("{}", file.commitment());
            Ok(())
        }
    }
}
