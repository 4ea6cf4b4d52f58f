//! `hengping box`: the steps of a box from invitations to the draft of a release.
//!
//! Deliberately absent: reading a ballot; the nearest this program comes is to start the one that does.

use std::path::PathBuf;

use clap::Subcommand;
use hengping_domain::ids::BoxId;
use hengping_domain::record::FILES;
use hengping_domain::rehearsal::Tally;
use hengping_domain::rubric::Text;
use jiff::civil::Date;

use super::{SiteArgs, demo, said};
use crate::flow::close::TooFew;
use crate::flow::rehearse::Rehearsed;
use crate::flow::{Site, close, courier, death, eligibility, extend, invite, record};
use crate::opening::{self, Locked, Missing, Progressed};
use crate::rehearsal;

#[derive(Debug, Subcommand)]
pub(super) enum BoxCommand {
    /// Invite for every case that has fallen due.
    Invite {
        #[command(flatten)]
        site: SiteArgs,
        /// `{period}.{direction}`.
        id: BoxId,
    },
    /// Propose what is on no eligibility list yet, and carry everything that waits to both agents.
    Deliver {
        #[command(flatten)]
        site: SiteArgs,
        /// `{period}.{direction}`; all that waits is carried anyway.
        id: Option<BoxId>,
    },
    /// Propose a later last day for an open box; prints the hash that both sides sign with `hengping document sign`.
    Extend {
        #[command(flatten)]
        site: SiteArgs,
        /// `{period}.{direction}`.
        id: BoxId,
        /// The new last day, ISO 8601.
        #[arg(long)]
        until: Date,
        /// Why, in Chinese.
        #[arg(long)]
        reason_zh: String,
        /// Why, in English.
        #[arg(long)]
        reason_en: String,
    },
    /// Put the test ballots of a rehearsal into its box, through both agents and the relay.
    Rehearse {
        #[command(flatten)]
        site: SiteArgs,
        /// `rehearsal-{..}.{direction}`.
        id: BoxId,
    },
    /// Close a box for good.
    Close {
        #[command(flatten)]
        site: SiteArgs,
        /// `{period}.{direction}`.
        id: BoxId,
        /// Destroy the ballots unopened if there are too few to open; without it such a box stays open.
        #[arg(long)]
        destroy: bool,
    },
    /// Open a closed box as far as both agents let it, and say what is missing; prints the release's hash at the end.
    Open {
        #[command(flatten)]
        site: SiteArgs,
        /// `{period}.{direction}`.
        id: BoxId,
        /// Where the files of the opening go, and where officers put what they carry.
        #[arg(long)]
        dir: PathBuf,
        /// Go on although a side turned away many items; only after an auditor has looked at that side's key.
        #[arg(long)]
        audited: bool,
    },
    /// Write the published record, for anybody to recheck with `hengping verify`.
    Record {
        #[command(flatten)]
        site: SiteArgs,
        /// `{period}.{direction}`.
        id: BoxId,
        /// Where to.
        #[arg(long)]
        dir: PathBuf,
    },
    /// End a box whose release is out: both agents delete their keys, the envelopes go.
    End {
        #[command(flatten)]
        site: SiteArgs,
        /// `{period}.{direction}`.
        id: BoxId,
    },
}

pub(super) fn run(command: BoxCommand) -> anyhow::Result<()> {
    match command {
        BoxCommand::Invite { site, id } => {
            let site = site.site()?;
            let done = invite::invite(&site, &id).map_err(said)?;
            say!("{} new, {} above the cap, {} unmatched", done.new, done.capped, done.unmatched);
            deliver(&site, Some(&id))?;
        }
        BoxCommand::Deliver { site, id } => deliver(&site.site()?, id.as_ref())?,
        BoxCommand::Extend { site, id, until, reason_zh: zh, reason_en: en } => {
            say!("{}", extend::propose(&site.site()?, &id, until, Text { zh, en }, None).map_err(said)?);
        }
        BoxCommand::Rehearse { site, id } => {
            let Tally { ballots, answers } = rehearsal::put_in(&site.site()?, &id).map_err(said)?;
            say!("{ballots} test ballots put in / 放入测试件 {ballots} 份 {answers}");
        }
        BoxCommand::Close { site, id, destroy } => {
            let too_few = if destroy { TooFew::Destroy } else { TooFew::Refuse };
            let site = site.site()?;
            say!("{}", close::close(&site, &id, too_few, None).map_err(said)?);
            deliver(&site, None)?;
        }
        BoxCommand::Open { site, id, dir, audited } => {
            let bar = demo::bar("opening");
            let locked = if audited { Locked::Accept } else { Locked::Refuse };
            let done = opening::go_on(&site.site()?, &id, &dir, locked, &mut |step| demo::show(&bar, step))?;
            bar.finish_and_clear();
            match done {
                Progressed::Draft(hash) => say!("{hash}"),
                Progressed::Rehearsed(Rehearsed { put_in, came_out }) => {
                    let came_out = came_out.unwrap_or(Tally { ballots: 0, answers: put_in.answers });
                    say!("{} in, {} out / 放入 {0} 份，取出 {1} 份", put_in.ballots, came_out.ballots);
                    if came_out != put_in {
                        anyhow::bail!("[rehearsal-differs] what came out is not what went in / 取出的与放入的不一致");
                    }
                    say!("the same answers / 答案一致");
                }
                Progressed::Waits(missing) => {
                    for Missing { side, kind, request, code } in missing {
                        say!("{side}: {kind} {request} {}", code.unwrap_or("waits / 等待"));
                    }
                    anyhow::bail!("[agents-not-ready] the opening goes on when this is there / 补齐后可继续启封");
                }
            }
        }
        BoxCommand::Record { site, id, dir } => {
            let record = record::record(&site.site()?, &id).map_err(said)?;
            std::fs::create_dir_all(&dir)?;
            let files = record.write()?;
            for name in FILES {
                // What an earlier record left there would refute this one.
                match files.get(name) {
                    Some(text) => std::fs::write(dir.join(name), text)?,
                    None if dir.join(name).exists() => std::fs::remove_file(dir.join(name))?,
                    None => {}
                }
            }
            say!("{}", dir.display());
        }
        BoxCommand::End { site, id } => {
            let site = site.site()?;
            death::bury(&site, &id).map_err(said)?;
            deliver(&site, None)?;
            let over = death::bury(&site, &id).map_err(said)?;
            say!("{}", if over { "dead" } else { "waits" });
        }
    }
    Ok(())
}

/// Proposes lists, carries what waits, and says what did not get through.
fn deliver(site: &Site, id: Option<&BoxId>) -> anyhow::Result<()> {
    if let Some(id) = id {
        say!("{} proposed", eligibility::propose(site, id).map_err(said)?);
    }
    let done = courier::deliver(site).map_err(said)?;
    say!("{} answered, {} wait", done.answered, done.later);
    for side in done.unreachable {
        say!("{side}: cannot be reached, its requests wait / 暂时无法连接，请求保留");
    }
    Ok(())
}
