//! `hengping docket`: make a made-up docket, or import a real one.
//!
//! Deliberately absent: pages; the same import also works by upload.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use hengping_domain::digest::Digest;
use jiff::civil::Date;

use super::{SiteArgs, said};
use crate::demo::docket::{DocketPlan, make};
use crate::flow::import_docket::{self, ImportKind};
use crate::sheet;

#[derive(Debug, Subcommand)]
pub(super) enum DocketCommand {
    /// Make a docket of a made-up city: `docket.csv` and `roster.csv`.
    Make {
        /// Everything follows from it.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Judges in all courts together.
        #[arg(long, default_value_t = 80)]
        judges: u32,
        /// Lawyers.
        #[arg(long, default_value_t = 900)]
        lawyers: u32,
        /// First day of registration.
        #[arg(long, default_value = "2025-05-01")]
        from: Date,
        /// Day of the export.
        #[arg(long, default_value = "2026-11-20")]
        to: Date,
        /// Rows damaged on purpose, to try the import with.
        #[arg(long, default_value_t = 0)]
        bad_rows: u32,
        /// Where to write.
        #[arg(long, default_value = ".")]
        out: PathBuf,
    },
    /// Import a roster or a list of cases (CSV or XLSX); see docs/docket-format.md.
    Import {
        #[command(flatten)]
        site: SiteArgs,
        /// The file.
        file: PathBuf,
        /// Count and check, but write nothing.
        #[arg(long)]
        dry_run: bool,
        /// Where to write the file of row problems, if there are any.
        #[arg(long)]
        problems: Option<PathBuf>,
    },
}

pub(super) fn run(command: DocketCommand) -> anyhow::Result<()> {
    match command {
        DocketCommand::Make { seed, judges, lawyers, from, to, bad_rows, out } => {
            std::fs::create_dir_all(&out)?;
            let docket = make(&DocketPlan { seed, judges, lawyers, from, to, bad_rows })?;
            docket.write(&out)?;
            say!("{} cases, {judges} judges, {lawyers} lawyers in {}", docket.cases.len(), out.display());
            Ok(())
        }
        DocketCommand::Import { site, file, dry_run, problems } => {
            let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let table = sheet::read(&bytes).map_err(|error| {
                let (zh, en) = error.words();
                anyhow!("[{error}] {en} / {zh}")
            })?;
            let site = site.site()?;
            let done = import_docket::import(&site, &table, Digest::of(&[&bytes]), dry_run, None).map_err(said)?;
            let s = &done.summary;
            let written = problems.filter(|_| !done.problems.is_empty());
            if let Some(path) = &written {
                std::fs::write(path, sheet::problems_csv(&done.problems)?)?;
            }
            if dry_run {
                say!("dry run: nothing was written / 试导入：未写入任何数据");
            }
            match s.kind {
                ImportKind::Cases => {
                    say!(
                        "{} rows: {} new, {} the same, {} changed; {} names unmatched; {} problems",
                        s.rows,
                        s.cases_new,
                        s.cases_same,
                        s.cases_changed,
                        s.unmatched,
                        s.problem_count
                    );
                }
                ImportKind::Roster => {
                    say!("{} rows: {} new people; {} problems", s.rows, s.people_new, s.problem_count);
                }
            }
            for p in done.problems.iter().take(20) {
                say!("  {}: {} [{}] {} {} / {}", p.line, p.column, p.code, p.value, p.message.en, p.message.zh);
            }
            if let Some(path) = written {
                say!("all problems: {}", path.display());
            } else if done.problems.len() > 20 {
                say!("  … and {} more; --problems FILE writes all", done.problems.len() - 20);
            }
            Ok(())
        }
    }
}
