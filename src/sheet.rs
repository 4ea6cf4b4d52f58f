//! Sheets in and out: bytes of a CSV or XLSX file to a [`Table`] of text, and templates, error files and releases back.
//!
//! What a file is, is found from its content, never its name; size, rows, columns and unpacked size are bounded before anything
//! is built. Deliberately absent: what the cells mean, which is the docket's, and formulas, which are neither run nor written.

mod read;
mod release;
mod write;

pub use hengping_domain::docket::Table;
pub use read::read;
pub use release::{About, release_csv, release_xlsx};
pub use write::{SheetWriteError, case_template_csv, case_template_xlsx, csv, problems_csv, roster_template_csv};

/// Largest file, in bytes, by upload and on the command line; the words of `file-too-large` name it.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
/// Largest size of everything in an XLSX file after unpacking, in bytes.
pub const MAX_UNPACKED: u64 = 256 * 1024 * 1024;
/// Most rows, the header included.
pub const MAX_ROWS: u32 = 100_000;
/// Most columns.
pub const MAX_COLUMNS: u32 = 100;
/// Most characters of one cell: what a spreadsheet program holds.
pub const MAX_CELL: usize = 32_767;

hengping_domain::words! {
    /// Why a file is refused as a whole.
    SheetError, "sheet error" {
        /// No content.
        Empty = "file-empty",
        /// More than [`MAX_BYTES`].
        TooLarge = "file-too-large",
        /// Unpacks to more than [`MAX_UNPACKED`].
        Bomb = "file-unpacks-too-large",
        /// More than [`MAX_ROWS`].
        TooManyRows = "file-too-many-rows",
        /// More than [`MAX_COLUMNS`].
        TooManyColumns = "file-too-many-columns",
        /// A cell above [`MAX_CELL`].
        CellTooLong = "file-cell-too-long",
        /// The binary format of before 2007, or a file with a password.
        OldExcel = "file-old-excel",
        /// Neither CSV nor XLSX.
        NotATable = "file-not-a-table",
        /// An XLSX file that cannot be read to its end.
        Broken = "file-broken",
        /// Neither UTF-8, UTF-16 nor GB18030.
        Encoding = "file-encoding-unknown",
    }
}

impl std::error::Error for SheetError {}

impl SheetError {
    /// What is wrong and what to do, in Chinese and English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => ("文件为空。", "The file is empty."),
            Self::TooLarge => {
                ("文件超过20 MB。请拆分后分批导入。", "The file is larger than 20 MB. Split it and import the parts.")
            }
            Self::Bomb => ("文件解压后过大，不予读取。", "The file unpacks to more than is read."),
            Self::TooManyRows => ("超过10万行，请分批导入。", "More than 100,000 rows; import them in parts."),
            Self::TooManyColumns => {
                ("超过100列，请按模板整理。", "More than 100 columns; arrange them as in the template.")
            }
            Self::CellTooLong => ("有单元格超过32767个字符。", "A cell has more than 32,767 characters."),
            Self::OldExcel => (
                "是旧版或者加密的Excel文件，请另存为.xlsx或者CSV后导入。",
                "An old or password-protected Excel file; save it as .xlsx or CSV.",
            ),
            Self::NotATable => ("不是CSV或者XLSX文件。", "Neither a CSV nor an XLSX file."),
            Self::Broken => ("XLSX文件已损坏，无法读取。", "The XLSX file is damaged and cannot be read."),
            Self::Encoding => (
                "文字编码无法识别，请另存为UTF-8或者GB18030。",
                "Unknown text encoding; save the file as UTF-8 or GB18030.",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
