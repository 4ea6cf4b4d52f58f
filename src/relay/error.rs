//! Why the relay cannot start or hand over: stable codes, words in both languages.
//!
//! What is answered to a device is [`crate::problem`]. Deliberately absent: anything about a ballot.

use std::path::{Path, PathBuf};

use hengping_ports::NoEntropy;

/// A refusal with its stable code.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The directory already has keys.
    #[error("{0}: a relay is there already / {0}：该目录已有中继")]
    Exists(PathBuf),
    /// The directory has no keys yet.
    #[error("{0}: no relay here; run `relay init` first / {0}：此处没有中继，请先运行 relay init")]
    NotInitialised(PathBuf),
    /// Others may read a key file.
    #[error("{0}: others may read this key file; set its mode to 600 / {0}：密钥文件可被他人读取，请将权限改为 600")]
    Exposed(PathBuf),
    /// A file that is not what its name says.
    #[error("{0}: not a file of this version / {0}：文件格式或版本不符")]
    Malformed(PathBuf),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process works on the directory and does not answer.
    #[error("{0}: another relay works here / {0}：已有中继在此运行")]
    InUse(PathBuf),
    /// The relay does not run, so somebody has to say where the platform is.
    #[error("no relay is running here: name the platform with --platform / 中继未运行：请用 --platform 指明平台地址")]
    PlatformUnnamed,
    /// A setting that cannot be used.
    #[error("{0}")]
    Settings(String),
    /// The platform cannot be reached, or answered with a failure of its own.
    #[error(
        "the platform does not answer: {0}; nothing is lost, hand over again / 平台没有应答：{0}；数据未丢失，请重新移交"
    )]
    Unreachable(String),
    /// The platform does not take the batch.
    #[error("the platform did not take the batch: {0} / 平台未接受本批：{0}")]
    NotTaken(String),
    /// The spool cannot be written any more.
    #[error(
        "the spool cannot be written; casts are answered with busy until a hand-over or a restart finds room / 暂存文件无法写入；腾出空间并移交或重启之前不再接收"
    )]
    SpoolBroken,
    /// What the running relay said, as it said it.
    #[error("{message}")]
    Said {
        /// Its code.
        code: String,
        /// Its words.
        message: String,
    },
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

impl RelayError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Exists(_) => "relay-exists",
            Self::NotInitialised(_) => "relay-not-initialised",
            Self::Exposed(_) => "key-file-exposed",
            Self::Malformed(_) => "relay-file-malformed",
            Self::File { .. } => "relay-file",
            Self::InUse(_) => "relay-in-use",
            Self::PlatformUnnamed => "platform-unnamed",
            Self::Settings(_) => "relay-settings",
            Self::Unreachable(_) => "platform-unreachable",
            Self::NotTaken(_) => "batch-not-taken",
            Self::SpoolBroken => "spool-broken",
            Self::Said { code, .. } => code,
            Self::Entropy(_) => "no-entropy",
        }
    }
}

/// Names the file in an error of the file system.
pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> RelayError {
    let path = path.to_owned();
    move |source| RelayError::File { path, source }
}
