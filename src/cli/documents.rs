//! `hengping document` and `hengping period`: documents on record, signatures, the opening of a period and its draw.
//!
//! A signature is made where the key file is; the site gets the signature. Deliberately absent: negotiation.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use hengping_domain::charter::Charter;
use hengping_domain::correction::ObjectionReason;
use hengping_domain::digest::Digest;
use hengping_domain::docket::draw::DrawFile;
use hengping_domain::document::{DocumentKind, Signature};
use hengping_domain::ids::{PeriodId, Side};
use hengping_domain::keys::SigningKeyFile;
use hengping_domain::rubric::{Rubric, Text};
use hengping_domain::withdrawal::WithdrawalReason;

use super::{SiteArgs, said};
use crate::flow::periods::{self, PeriodPlan};
use crate::flow::{conclude, correct, courier, documents, draw, publish, rehearse, withdraw};
use crate::opening::read_json;

#[derive(Debug, Subcommand)]
pub(super) enum DocumentCommand {
    /// Put a rubric or charter (TOML) on record; prints its hash.
    Add {
        #[command(flatten)]
        site: SiteArgs,
        /// rubric or charter.
        #[arg(long)]
        kind: DocumentKind,
        /// The file.
        file: PathBuf,
    },
    /// Sign a document or a draft release for the side of a key.
    Sign {
        #[command(flatten)]
        site: SiteArgs,
        /// The signing key file.
        #[arg(long)]
        key: PathBuf,
        /// The document's hash.
        hash: Digest,
    },
    /// Propose a correction that voids whole blocks after an upheld objection; prints the hash that both sides sign.
    Correct {
        #[command(flatten)]
        site: SiteArgs,
        /// Hash of the release, a draft or one that is out, that it corrects.
        release: Digest,
        /// Member number of a ratee whose block is void; may be given several times.
        #[arg(long, required = true)]
        void: Vec<String>,
        /// not-handled, wrong-person, conflict-of-interest, arranged-ratings or undue-influence.
        #[arg(long)]
        reason: ObjectionReason,
    },
    /// Propose to take a release back without another one in its place; prints the hash that both sides sign.
    Withdraw {
        #[command(flatten)]
        site: SiteArgs,
        /// Hash of the release.
        release: Digest,
        /// wrong-data, wrong-analysis, wrong-procedure or both-decided.
        #[arg(long)]
        reason: WithdrawalReason,
        /// What both sides say about it in Chinese, at most 200 characters.
        #[arg(long, requires = "words_en")]
        words_zh: Option<String>,
        /// The same in English.
        #[arg(long, requires = "words_zh")]
        words_en: Option<String>,
    },
    /// List documents with their signatures.
    List {
        #[command(flatten)]
        site: SiteArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum PeriodCommand {
    /// Ask both agents to make the keys of a period's boxes.
    Prepare {
        #[command(flatten)]
        site: SiteArgs,
        /// Name of the period.
        period: PeriodId,
    },
    /// Open a period from a plan (TOML); prints its boxes and the manifests to be signed.
    Open {
        #[command(flatten)]
        site: SiteArgs,
        /// The plan.
        plan: PathBuf,
    },
    /// Print what a pilot reached against the exit criteria of its charter, and the conclusions on record.
    Scorecard {
        #[command(flatten)]
        site: SiteArgs,
        /// Name of the pilot.
        period: PeriodId,
    },
    /// Propose the conclusion of a pilot; prints the hash that both sides sign before a regular period opens.
    Conclude {
        #[command(flatten)]
        site: SiteArgs,
        /// Name of the pilot.
        period: PeriodId,
        /// Why a regular period may follow although a criterion is not met, in Chinese, at most 500 characters.
        #[arg(long, requires = "exception_en")]
        exception_zh: Option<String>,
        /// The same in English.
        #[arg(long, requires = "exception_zh")]
        exception_en: Option<String>,
    },
    /// Open a rehearsal of today under the charter and forms in force; prints its boxes and the manifests to be signed.
    Rehearse {
        #[command(flatten)]
        site: SiteArgs,
    },
    /// Lodge a side's commitment to its part of the draw, before the period is opened.
    Commit {
        #[command(flatten)]
        site: SiteArgs,
        /// Name of the period.
        #[arg(long)]
        period: PeriodId,
        /// bench or bar.
        #[arg(long)]
        side: Side,
        /// What `hengping keys draw` printed.
        commitment: Digest,
    },
    /// Reveal a side's part of the draw, once both sides have committed; before anybody is invited.
    Reveal {
        #[command(flatten)]
        site: SiteArgs,
        /// `SIDE-draw-PERIOD.json`.
        file: PathBuf,
    },
}

fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

pub(super) fn run(command: DocumentCommand) -> anyhow::Result<()> {
    match command {
        DocumentCommand::Add { site, kind, file } => {
            let (site, text) = (site.site()?, text(&file)?);
            let hash = match kind {
                DocumentKind::Rubric => documents::add(&site, kind, &Rubric::from_toml(&text)?),
                DocumentKind::Charter => documents::add(&site, kind, &Charter::from_toml(&text)?),
                DocumentKind::Manifest
                | DocumentKind::Extension
                | DocumentKind::Correction
                | DocumentKind::Withdrawal
                | DocumentKind::Conclusion
                | DocumentKind::Release => {
                    bail!("[document-malformed] a {kind} is made by the platform, not added")
                }
            };
            say!("{}", hash.map_err(said)?);
        }
        DocumentCommand::Sign { site, key, hash } => {
            let (site, key): (_, SigningKeyFile) = (site.site()?, read_json(&key)?);
            let held = site.store.read("document", |conn| documents::find(conn, hash));
            let kind = held.context("[not-found] no such document")?.document.kind();
            let signature = Signature::sign(key.side, kind, hash, &key.key());
            match kind {
                DocumentKind::Release => {
                    say!("{}", publish::sign(&site, hash, &signature, None).map_err(said)?);
                }
                _ => {
                    documents::sign(&site, hash, &signature, None).map_err(said)?;
                    say!("signed for the {}", key.side);
                    if kind == DocumentKind::Extension {
                        // It counts once both agents know of it, and only while the last day is not over.
                        let done = courier::deliver(&site).map_err(said)?;
                        say!("{} answered, {} wait", done.answered, done.later);
                    }
                }
            }
        }
        DocumentCommand::Correct { site, release, void, reason } => {
            say!("{}", correct::propose(&site.site()?, release, &void, reason, None).map_err(said)?);
        }
        DocumentCommand::Withdraw { site, release, reason, words_zh, words_en } => {
            let words = words_zh.zip(words_en).map(|(zh, en)| Text { zh, en });
            say!("{}", withdraw::propose(&site.site()?, release, reason, words, None).map_err(said)?);
        }
        DocumentCommand::List { site } => {
            for held in documents::list(&site.site()?).map_err(said)? {
                let sides: Vec<_> = held.signatures.iter().map(|s| s.signature.side.as_str()).collect();
                say!("{} {} {}", held.document.hash(), held.document.kind(), sides.join(" "));
            }
        }
    }
    Ok(())
}

pub(super) fn run_period(command: PeriodCommand) -> anyhow::Result<()> {
    match command {
        PeriodCommand::Prepare { site, period } => {
            let site = site.site()?;
            periods::prepare(&site, &period).map_err(said)?;
            let done = courier::deliver(&site).map_err(said)?;
            say!("{} answered, {} wait", done.answered, done.later);
        }
        PeriodCommand::Open { site, plan } => {
            let plan: PeriodPlan = toml::from_str(&text(&plan)?).context("[period-refused] not a plan of a period")?;
            for (id, manifest) in periods::open(&site.site()?, &plan).map_err(said)? {
                say!("{id} {manifest}");
            }
        }
        PeriodCommand::Scorecard { site, period } => {
            let found = conclude::read(&site.site()?, &period).map_err(said)?;
            for line in &found.lines {
                let value = line.band.clone().or_else(|| line.value.map(|value| value.to_string()));
                let (value, limit) = (value.unwrap_or_else(|| "-".to_owned()), line.limit);
                say!("{} {} {value} {limit} {}", line.direction, line.criterion, line.reached);
            }
            for (body, held) in &found.conclusions {
                let day = held.in_force_from().map_or_else(|| "-".to_owned(), |day| day.to_string());
                let exception = if body.exception.is_some() { "with-exception" } else { "all-met" };
                say!("conclusion {} {exception} {day}", held.document.hash());
            }
        }
        PeriodCommand::Conclude { site, period, exception_zh, exception_en } => {
            let exception = exception_zh.zip(exception_en).map(|(zh, en)| Text { zh, en });
            say!("{}", conclude::propose(&site.site()?, &period, exception, None).map_err(said)?);
        }
        PeriodCommand::Rehearse { site } => {
            for (id, manifest) in rehearse::begin(&site.site()?).map_err(said)? {
                say!("{id} {manifest}");
            }
        }
        PeriodCommand::Commit { site, period, side, commitment } => {
            draw::commit(&site.site()?, &period, side, commitment).map_err(said)?;
            say!("{period} {side} {commitment}");
        }
        PeriodCommand::Reveal { site, file } => {
            let file: DrawFile = read_json(&file)?;
            draw::reveal(&site.site()?, &file).map_err(said)?;
            say!("{} {} {}", file.period, file.side, file.contribution);
        }
    }
    Ok(())
}
