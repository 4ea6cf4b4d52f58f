//! `hengping keys`: make a side's two key files, enrol their public halves, make shares for one closed list.
//!
//! Deliberately absent: encryption at rest; today the file's permissions protect it, and the command says so.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use hengping_domain::digest::Bytes;
use hengping_domain::docket::draw::DrawFile;
use hengping_domain::ids::{PeriodId, Side};
use hengping_domain::keys::{OpeningKeyFile, PublicKeysFile, SigningKeyFile};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde::Serialize;

use super::{SiteArgs, said};
use crate::flow::documents;
use crate::opening;
use crate::ports::{Entropy as _, SystemEntropy};
use crate::store::document::SideKeys;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Make `SIDE-signing.json` and `SIDE-opening.json`, to be given to two different people, and `SIDE-public.json`.
    Make {
        /// bench or bar.
        #[arg(long)]
        side: Side,
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
    /// Make this side's shares for the closed list in a directory; the key itself stays where it is.
    Share {
        /// The opening key file.
        #[arg(long)]
        key: PathBuf,
        /// The exported box.
        #[arg(long)]
        dir: PathBuf,
    },
}

/// Makes both key files of a side.
///
/// # Errors
/// When there are no random bytes.
pub fn make(side: Side) -> anyhow::Result<(SigningKeyFile, OpeningKeyFile)> {
    let mut seed = [0; 32];
    SystemEntropy.fill(&mut seed)?;
    let mut rng = StdRng::from_seed(seed);
    Ok((SigningKeyFile::generate(side, &mut rng), OpeningKeyFile::generate(side, &mut rng)))
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
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(|| format!("cannot create {}", path.display()))?;
    file.write_all(&serde_json::to_vec_pretty(value)?)?;
    Ok(())
}

pub(super) fn run(command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Make { side, dir } => {
            let (signing, opening) = make(side)?;
            std::fs::create_dir_all(&dir)?;
            let paths = [dir.join(format!("{side}-signing.json")), dir.join(format!("{side}-opening.json"))];
            write_secret(&paths[0], &signing)?;
            write_secret(&paths[1], &opening)?;
            let public = dir.join(format!("{side}-public.json"));
            let keys = PublicKeysFile { v: 1, side, signing: signing.public, opening: opening.public };
            std::fs::write(&public, serde_json::to_vec_pretty(&keys)?)?;
            say!("{}\n{}\n{}", paths[0].display(), paths[1].display(), public.display());
            eprintln!(
                "These files are not encrypted yet: keep them on media of their own. 密钥文件尚未加密，请存放于专用介质。"
            );
            Ok(())
        }
        KeysCommand::Enrol { site, public } => {
            let public: PublicKeysFile = opening::read_json(&public)?;
            let keys = SideKeys { signing: public.signing, opening: public.opening };
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
        KeysCommand::Share { key, dir } => {
            let key: OpeningKeyFile = opening::read_json(&key)?;
            let bar = super::demo::bar("shares");
            opening::share(&dir, &key, &mut |done, total| {
                bar.set_length(total as u64);
                bar.set_position(done as u64);
            })?;
            bar.finish();
            say!("{}", dir.join(format!("shares-{}.bin", key.side)).display());
            Ok(())
        }
    }
}
