//! What can go wrong around the answers: keys that do not unlock, files that do not fit, a store that fails.
//!
//! Each has a stable code and words in both languages. Deliberately absent: refusals of requests, which are statements
//! ([`hengping_domain::statement::AgentRefusal`]).

use std::path::PathBuf;

use hengping_domain::document::DocumentError;
use hengping_domain::exchange::PackageError;
use hengping_domain::token::poprf::TagError;
use hengping_ports::NoEntropy;

use crate::store::StoreError;

/// Why the agent cannot do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// Wrong passphrase.
    #[error("口令不正确 / wrong passphrase")]
    WrongPassphrase,
    /// A passphrase below the shortest.
    #[error("口令至少 {0} 个字符 / a passphrase has at least {0} characters")]
    ShortPassphrase(usize),
    /// Fewer shares than the split asks for.
    #[error("需要 {needed} 份密钥份额，只有 {given} 份 / {needed} shares are needed, {given} were given")]
    TooFewShares {
        /// Needed.
        needed: u8,
        /// Given.
        given: usize,
    },
    /// A share whose checksum does not fit.
    #[error("密钥份额文件已损坏：{0} / a damaged share: {0}")]
    DamagedShare(String),
    /// A share of another agent or another split.
    #[error("密钥份额属于另一节点或另一次拆分：{0} / a share of another agent or another split: {0}")]
    ForeignShare(String),
    /// The same share twice.
    #[error("第 {0} 份密钥份额重复 / share {0} is there twice")]
    SameShare(u8),
    /// Good shares that give another key: the key file was made anew since.
    #[error("密钥份额组合后不是本节点的主密钥 / the shares do not combine to this agent's master key")]
    OtherKey,
    /// A split nobody can use.
    #[error(
        "份额数须在 2 至 16 之间，门限至少为 2 且不大于份额数 / 2 to 16 shares, with a threshold of 2 up to their number"
    )]
    BadSplit,
    /// A sealed secret that does not open.
    #[error("密封的密钥无法解开：数据被改动或属于另一密钥 / a sealed secret does not open: changed, or of another key")]
    Sealed,
    /// A file that is not of its form.
    #[error("文件格式不符：{path}（{reason}） / not of the expected form: {path} ({reason})", path = .path.display())]
    MalformedFile {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file that cannot be read or written.
    #[error("无法读写 {path}：{reason} / cannot read or write {path}: {reason}", path = .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// Something is there already.
    #[error("已存在，不予覆盖：{path} / exists already and is not replaced: {path}", path = .0.display())]
    Exists(PathBuf),
    /// No keys are pinned yet.
    #[error("尚未固定平台与双方公钥，请先执行 agent pin / no keys are pinned yet; run agent pin first")]
    NotPinned,
    /// Other keys are pinned.
    #[error("已固定其他公钥 / other keys are pinned already")]
    PinnedOtherwise,
    /// The pins name another key for this agent than the key file holds.
    #[error("固定的公钥与本节点的密钥不符 / the pins name another key for this agent")]
    ForeignPins,
    /// A file whose content has another digest than its name.
    #[error("文件内容与其摘要不符 / the content does not have the digest of its name")]
    FileDigest,
    /// A file that is larger than any list.
    #[error("文件过大 / the file is too large")]
    FileTooLarge,
    /// No such file, or one that does not leave this machine.
    #[error("没有这个文件，或该文件不经网络提供 / no such file, or one that does not leave this machine")]
    NoFile,
    /// Nothing with this digest waits for the officers.
    #[error("没有待批准的此项请求 / no such request waits for approval")]
    NotPending,
    /// No member with this number.
    #[error("会员名单中没有 {0} / no member has the number {0}")]
    UnknownMember(String),
    /// No member with this number, or nothing to reset.
    #[error("没有可重置的登记：{0} / nothing to reset for {0}")]
    NothingToReset(String),
    /// A row of a member list that cannot be read.
    #[error("会员名单第 {line} 行：{reason} / member list, line {line}: {reason}")]
    MalformedMember {
        /// Line of the file.
        line: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// A package that is not taken.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// Nothing to put in a package.
    #[error(
        "没有可导出的答复；如需重新写出上一个数据包，请加 --again / nothing to send; --again writes the last package again"
    )]
    NothingToSend,
    /// An entry that has no business in a package to an agent.
    #[error("数据包中有不应发往节点的内容 / the package holds what no agent is sent")]
    ForeignEntry,
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address cannot be listened on.
    #[error("无法监听 {0}：{1} / cannot listen on {0}: {1}")]
    Listen(String, String),
    /// A value of ours that has no canonical form, or a key of ours that is none: a defect, or a changed store.
    #[error("内部错误：{0} / internal error: {0}")]
    Internal(String),
}

impl AgentError {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongPassphrase => "passphrase-wrong",
            Self::ShortPassphrase(_) => "passphrase-short",
            Self::TooFewShares { .. } => "shares-too-few",
            Self::DamagedShare(_) => "share-damaged",
            Self::ForeignShare(_) => "share-foreign",
            Self::SameShare(_) => "share-twice",
            Self::OtherKey => "shares-other-key",
            Self::BadSplit => "split-malformed",
            Self::Sealed => "seal-broken",
            Self::MalformedFile { .. } => "file-malformed",
            Self::File { .. } => "file-failed",
            Self::Exists(_) => "file-exists",
            Self::NotPinned => "not-pinned",
            Self::PinnedOtherwise => "pinned-otherwise",
            Self::ForeignPins => "pins-foreign",
            Self::FileDigest => "file-digest",
            Self::FileTooLarge => "file-too-large",
            Self::NoFile => "file-unknown",
            Self::NotPending => "not-pending",
            Self::UnknownMember(_) => "member-unknown",
            Self::NothingToReset(_) => "nothing-to-reset",
            Self::MalformedMember { .. } => "member-malformed",
            Self::Package(error) => error.code(),
            Self::NothingToSend => "package-empty",
            Self::ForeignEntry => "package-entry",
            Self::Entropy(_) => "no-entropy",
            Self::Store(error) => error.code(),
            Self::Listen(..) => "listen-failed",
            Self::Internal(_) => "internal",
        }
    }
}

impl From<DocumentError> for AgentError {
    fn from(error: DocumentError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<TagError> for AgentError {
    fn from(error: TagError) -> Self {
        Self::Internal(error.to_string())
    }
}
