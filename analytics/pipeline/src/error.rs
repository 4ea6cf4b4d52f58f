//! Why a run stops: a closed set of codes that the platform and its pages know.
//! Invariant: no message holds a row, an answer or a name from a ballot.
//! Absent on purpose: recovery; a run that fails leaves nothing behind.

use hengping_analytics::mixed::Refused;
use hengping_domain::agreed::AgreedError;
use hengping_domain::correction::CorrectionError;
use hengping_domain::ids::Side;
use hengping_domain::opening::OpeningError;

/// A refusal with its stable code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// A pinned file is not there.
    #[error("{0} is missing")]
    FileMissing(String),
    /// The shares of at least one side are not there: one key alone opens nothing.
    #[error("the shares of {0} are missing: both sides open together or not at all")]
    ShareMissing(String),
    /// A file is there but cannot be read.
    #[error("{0} cannot be read")]
    FileUnreadable(String),
    /// The manifest is not one of this version.
    #[error("manifest.json is not a manifest of this version: {0}")]
    ManifestMalformed(String),
    /// The manifest is not the one its hash names.
    #[error("manifest.json does not have the hash it names")]
    ManifestMismatch,
    /// A charter, rubric or list is not of this version.
    #[error("{file} is malformed: {reason}")]
    DocumentMalformed {
        /// File name.
        file: String,
        /// What is wrong, without content.
        reason: String,
    },
    /// A document is not the one the manifest pins.
    #[error("{0} is not the document the manifest pins")]
    DocumentMismatch(String),
    /// The list does not hold the number of envelopes that came out of the shuffles.
    #[error("the list does not hold the {expected} envelopes that came out of the shuffles")]
    ListIncomplete {
        /// What both agents signed for.
        expected: u32,
    },
    /// The list has the right number of envelopes and is another one.
    #[error("list.bin is not the list that both agents signed for / list.bin 不是双方代理签认的清单")]
    ListForeign,
    /// What the agents said about shuffles and list does not hold.
    #[error(transparent)]
    Agreed(#[from] AgreedError),
    /// The first shuffle did not get what the box accepted.
    #[error(
        "the box accepted {stamps}, the shuffles began with {taken} / 封存库接收 {stamps} 件，混洗从 {taken} 件开始"
    )]
    StampsDiffer {
        /// Accepted stamps.
        stamps: u32,
        /// Items the bench took.
        taken: u32,
    },
    /// A side turned away more than single raters can have spoilt.
    #[error(
        "{side} turned away {refused} of {total} items; an auditor has to look at its mix key before anything is opened \
         / {side} 方混洗时退回 {total} 件中的 {refused} 件；启封之前须由审计员核查该方混洗密钥"
    )]
    TooManyRefused {
        /// Whose shuffle.
        side: Side,
        /// Items turned away.
        refused: usize,
        /// Items that came in.
        total: usize,
    },
    /// Boxes that cannot be opened together.
    #[error("these boxes cannot be opened together: {0} / 这些封存库不能一并启封：{0}")]
    BoxesDiffer(&'static str),
    /// R3: a box with fewer stamps is destroyed unopened.
    #[error("fewer than {minimum} envelopes: the box stays closed")]
    BoxTooSmall {
        /// The charter's minimum.
        minimum: u32,
    },
    /// A correction is not signed by both sides, or is not about this box.
    #[error("corrections.json: {0}")]
    Correction(#[from] CorrectionError),
    /// The list or the shares do not fit.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// A table has another shape; lines count from 1, the heading included.
    #[error("the table is malformed: {reason}")]
    TableMalformed {
        /// Column and first line, never a value.
        reason: String,
    },
    /// A column that was asked for is not there.
    #[error("there is no column {column}; the table has {known}")]
    ColumnMissing {
        /// Name asked for.
        column: String,
        /// Names there are.
        known: String,
    },
    /// A column cannot play its part.
    #[error("column {column}: {reason}")]
    ColumnUnfit {
        /// Name of the column.
        column: String,
        /// What is wrong, never a value.
        reason: String,
    },
    /// The rows cannot carry the model.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// An output could not be written.
    #[error("{0} cannot be written")]
    NotWritten(String),
    /// A defect of this program.
    #[error("internal: {0}")]
    Internal(String),
}

impl Stop {
    /// Stable kebab-case code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileMissing(_) => "file-missing",
            Self::ShareMissing(_) => "share-missing",
            Self::FileUnreadable(_) => "file-unreadable",
            Self::ManifestMalformed(_) => "manifest-malformed",
            Self::ManifestMismatch => "manifest-mismatch",
            Self::DocumentMalformed { .. } => "document-malformed",
            Self::DocumentMismatch(_) => "document-mismatch",
            Self::ListIncomplete { .. } => "list-incomplete",
            Self::ListForeign => "list-foreign",
            Self::Agreed(error) => error.code(),
            Self::StampsDiffer { .. } => "stamps-differ",
            Self::TooManyRefused { .. } => "too-many-refused",
            Self::BoxesDiffer(_) => "boxes-differ",
            Self::BoxTooSmall { .. } => "box-too-small",
            Self::Correction(error) => error.code(),
            Self::Opening(error) => error.code(),
            Self::TableMalformed { .. } => "table-malformed",
            Self::ColumnMissing { .. } => "column-missing",
            Self::ColumnUnfit { .. } => "column-unfit",
            Self::Refused(refused) => refused.code(),
            Self::NotWritten(_) => "not-written",
            Self::Internal(_) => "internal",
        }
    }
}
