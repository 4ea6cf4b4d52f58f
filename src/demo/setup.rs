//! What a city needs before its first period: files, enrolled keys, members with their codes, officers.
//!
//! Deliberately absent: periods and ballots.

use std::path::Path;

use hengping_domain::ids::{Role, Side};

use super::circle::failed;
use super::docket::{Docket, DocketPlan};
use super::machines::{Machines, Places};
use super::raters;
use crate::flow::{Site, documents, sign_in};
use crate::store::account::Grant;
use crate::store::document::SideKeys;
use crate::store::person;

/// Makes the city's files in `dir`.
///
/// # Errors
/// When they cannot be made or written.
pub(super) fn make_docket(plan: &DocketPlan, dir: &Path) -> anyhow::Result<Docket> {
    let docket = super::docket::make(plan)?;
    docket.write(dir)?;
    Ok(docket)
}

/// Enrols both sides' keys.
///
/// # Errors
/// When one cannot be enrolled.
pub(super) fn enrol_keys(site: &Site, places: &Places) -> anyhow::Result<()> {
    for &side in Side::ALL {
        let keys = SideKeys { signing: places.signing.get(side).public, agent: *places.agent.get(side) };
        documents::enrol(site, side, &keys).map_err(failed)?;
    }
    Ok(())
}

/// Tells each association who its members are.
///
/// # Errors
/// When an agent refuses them.
pub(super) fn members(site: &Site, machines: &mut Machines) -> anyhow::Result<()> {
    let people = site.store.read("members", person::all)?;
    for &side in Side::ALL {
        let mut list = csv::Writer::from_writer(Vec::new());
        list.write_record(["number", "name"])?;
        for p in people.iter().filter(|p| p.side == side) {
            list.write_record([&p.number, &p.name])?;
        }
        machines.members(side, &list.into_inner()?)?;
    }
    Ok(())
}

/// The accounts of both sides' officers, of the operator, a researcher and a program.
///
/// # Errors
/// When one cannot be made.
pub(super) fn officers(site: &Site) -> anyhow::Result<()> {
    let mut wanted: Vec<(String, String, Role, Option<Side>)> = Vec::new();
    for (side, word) in [(Side::Bench, "法院方"), (Side::Bar, "律协方")] {
        for (role, title) in
            [(Role::Negotiator, "签发人"), (Role::KeyHolder, "启封密钥保管人"), (Role::Coordinator, "联络员")]
        {
            let login = format!("{side}-{}", role.as_str().replace('_', "-"));
            wanted.push((login, format!("{word}{title}"), role, Some(side)));
        }
    }
    wanted.push(("operator".into(), "系统管理员".into(), Role::Operator, None));
    wanted.push(("researcher".into(), "研究人员".into(), Role::Researcher, None));
    wanted.push(("machine".into(), "数据交换程序".into(), Role::Machine, None));
    for (login, name, role, side) in wanted {
        sign_in::add_account(site, &login, &name, None, &[Grant { role, side }], raters::PASSWORD).map_err(failed)?;
    }
    Ok(())
}
