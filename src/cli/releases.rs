//! `hengping release`: where a release stands, opening the ratees' window, and the fairness audit with the sides' notes.
//!
//! A release is signed with `hengping document sign`. Deliberately absent: cells; they are read on the pages, a person's with a
//! purpose.

use clap::Subcommand;
use hengping_domain::digest::Digest;
use hengping_domain::ids::Side;
use hengping_domain::release::Cell;
use hengping_domain::reply::Window;

use super::{SiteArgs, said};
use crate::flow::fairness::{self, Page};
use crate::flow::read_release::{self, Reader};
use crate::flow::window;

#[derive(Debug, Subcommand)]
pub(super) enum ReleaseCommand {
    /// Say in which state a release is, who has signed it, and how it stands towards its ratees.
    Show {
        #[command(flatten)]
        site: SiteArgs,
        /// Hash of the release.
        hash: Digest,
    },
    /// Open the ratees' window of a draft; prints its first and last day, and the last day for decisions. The same again
    /// changes nothing.
    Window {
        #[command(flatten)]
        site: SiteArgs,
        /// Hash of the release.
        hash: Digest,
    },
    /// Print the fairness audit of a release: each line with its value, the charter's limit and how it stands, and the notes.
    Fairness {
        #[command(flatten)]
        site: SiteArgs,
        /// Hash of the release.
        hash: Digest,
    },
    /// Note the fairness audit of a draft for a side, once; it is printed with the release.
    Note {
        #[command(flatten)]
        site: SiteArgs,
        /// Hash of the release.
        hash: Digest,
        /// bench or bar.
        #[arg(long)]
        side: Side,
        /// What the side notes, at most 500 characters on one line.
        #[arg(long)]
        words: String,
    },
}

pub(super) fn run(command: ReleaseCommand) -> anyhow::Result<()> {
    match command {
        ReleaseCommand::Show { site, hash } => {
            let read = read_release::find(&site.site()?, hash, Reader::Officer).map_err(said)?;
            say!("{} {}", read.release.ballot_box, read.release.state);
            if let Some(taken) = &read.withdrawn {
                say!("withdrawn on {} ({}) / 已撤回", taken.day, taken.reason);
            }
            for signed in &read.signatures {
                say!("{} signed on {}", signed.signature.side, signed.day);
            }
            match read.hearing {
                Some(hearing) if hearing.working_days > 0 => {
                    match &hearing.window {
                        Some(window) => days(window)?,
                        None => say!("no window yet / 本人说明期尚未开启"),
                    }
                    say!("{} objections, {} undecided", hearing.objections, hearing.undecided);
                    for &side in Side::ALL {
                        if let late @ 1.. = *hearing.overdue.get(side) {
                            say!("{late} not decided in time by the {side} / {}逾期未决{late}件", chinese(side));
                        }
                    }
                }
                _ => say!("the charter gives no days for replies / 互评规则未规定本人说明期"),
            }
        }
        ReleaseCommand::Fairness { site, hash } => audit(&fairness::read(&site.site()?, hash).map_err(said)?)?,
        ReleaseCommand::Note { site, hash, side, words } => {
            fairness::note(&site.site()?, hash, side, &words, None).map_err(said)?;
            say!("noted for the {side} / 已注明意见");
        }
        ReleaseCommand::Window { site, hash } => days(&window::open(&site.site()?, hash, None).map_err(said)?)?,
    }
    Ok(())
}

fn audit(page: &Page) -> anyhow::Result<()> {
    let Some(audit) = &page.audit else {
        say!("the charter sets no limits / 互评规则未约定限度");
        return Ok(());
    };
    for line in &audit.lines {
        let band = line.cell.as_ref().and_then(Cell::band);
        let told = line.value.map(|value| {
            line.interval.map_or_else(|| value.to_string(), |[low, high]| format!("{value} [{low}, {high}]"))
        });
        let value = band.or(told).unwrap_or_else(|| "-".to_owned());
        let bound = if line.is_least() { ">=" } else { "<=" };
        let name = format!("{} {}", line.subject, line.part);
        say!("{} {value} {bound} {} {}", name.trim_end(), line.limit, line.standing);
    }
    for note in &page.notes {
        say!("{} noted on {}: {}", note.side, note.day, note.words);
    }
    Ok(())
}

fn days(window: &Window) -> anyhow::Result<()> {
    say!("{} {}{}", window.opened_on, window.last_day, note(window.provisional));
    if let Some(due) = window.decide_by {
        say!("decisions until / 决定期限 {}{}", due.day, note(due.provisional));
    }
    Ok(())
}

const fn note(provisional: bool) -> &'static str {
    if provisional { " (provisional: holidays not published / 暂定：节假日安排尚未公布)" } else { "" }
}

const fn chinese(side: Side) -> &'static str {
    match side {
        Side::Bench => "法院方",
        Side::Bar => "律协方",
    }
}
