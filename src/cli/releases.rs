//! `hengping release`: where a release stands, and opening the ratees' window.
//!
//! A release is signed with `hengping document sign`. Deliberately absent: cells; they are read on the pages, a person's with a
//! purpose.

use clap::Subcommand;
use hengping_domain::digest::Digest;
use hengping_domain::ids::Side;
use hengping_domain::reply::Window;

use super::{SiteArgs, said};
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
        ReleaseCommand::Window { site, hash } => days(&window::open(&site.site()?, hash, None).map_err(said)?)?,
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
