//! `hengping account`: add somebody who may sign in.
//!
//! The password comes from standard input, never from the arguments. Deliberately absent: changing and removing, which the
//! pages for operators will bring.

use anyhow::{Context as _, bail};
use clap::Subcommand;
use hengping_domain::ids::{Role, Side};

use super::{SiteArgs, said};
use crate::flow::sign_in;
use crate::store::account::Grant;
use crate::store::person;

#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Add an account; its password is read from standard input.
    Add {
        #[command(flatten)]
        site: SiteArgs,
        /// The name typed at sign-in.
        #[arg(long)]
        login: String,
        /// The name shown.
        #[arg(long)]
        name: String,
        /// A role; may be given several times.
        #[arg(long = "role", required = true)]
        roles: Vec<Role>,
        /// bench or bar: needed for negotiators, key holders and coordinators, refused for operators, researchers and
        /// machines; a rater's follows from --number.
        #[arg(long)]
        side: Option<Side>,
        /// Staff or licence number, for raters.
        #[arg(long)]
        number: Option<String>,
    },
}

pub(super) fn run(command: AccountCommand) -> anyhow::Result<()> {
    let AccountCommand::Add { site, login, name, roles, side, number } = command;
    if roles.contains(&Role::Rater) && number.is_none() {
        bail!("[invalid-request] a rater needs --number, the staff or licence number on the roster");
    }
    let site = site.site()?;
    let person = number
        .map(|number| site.store.read("person by number", |conn| person::by_number(conn, &number)))
        .transpose()
        .context("[not-found] nobody on the roster has this number")?;
    let own = person.as_ref().map(|p| p.side);
    if let (Some(said), Some(own)) = (side, own)
        && said != own
    {
        bail!("[role-side] --number belongs to the {own}, not to the {said} / 该编号属于另一方");
    }
    let side = side.or(own);
    for role in &roles {
        fits(*role, side)?;
    }
    let grants: Vec<_> = roles.into_iter().map(|role| Grant { role, side }).collect();
    let mut password = String::new();
    std::io::stdin().read_line(&mut password)?;
    let password = password.trim_end_matches(['\r', '\n']);
    let id = sign_in::add_account(&site, &login, &name, person.map(|p| p.id), &grants, password).map_err(said)?;
    say!("{id}");
    Ok(())
}

/// Whether a role may come with this side, and why not.
fn fits(role: Role, side: Option<Side>) -> anyhow::Result<()> {
    match (role.has_side(), side) {
        (Some(true), None) => bail!(
            "[role-side] a {role} stands for one side and sees nothing without it: add --side bench or --side bar \
             / 该角色属于一方，请写明 --side bench 或 --side bar"
        ),
        (Some(false), Some(side)) => bail!(
            "[role-side] a {role} stands for neither side, but this account belongs to the {side}; \
             make an account of its own for it / 该角色不属于任何一方，请另设账号"
        ),
        _ => Ok(()),
    }
}
