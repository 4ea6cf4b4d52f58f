//! What a city needs before its first period: files, keys, officers.
//!
//! Both sides' keys come to lie in one directory, which no real site may do. Deliberately absent: periods and ballots.

use std::path::Path;

use anyhow::anyhow;
use hengping_domain::ids::{Role, Side};
use hengping_domain::keys::{OpeningKeyFile, SigningKeyFile};

use super::circle::failed;
use super::docket::{Docket, DocketPlan};
use super::raters;
use crate::cli::keys as key_files;
use crate::flow::{Site, documents, sign_in};
use crate::store::account::Grant;
use crate::store::document::SideKeys;

/// Makes the city's files in `dir`.
///
/// # Errors
/// When they cannot be made or written.
pub(super) fn make_docket(plan: &DocketPlan, dir: &Path) -> anyhow::Result<Docket> {
    let docket = super::docket::make(plan)?;
    docket.write(dir)?;
    Ok(docket)
}

/// Makes both sides' keys in `dir` and enrols them.
///
/// # Errors
/// When they cannot be made, written or enrolled.
pub(super) fn make_keys(site: &Site, dir: &Path) -> anyhow::Result<([SigningKeyFile; 2], [OpeningKeyFile; 2])> {
    let place = dir.join("keys");
    std::fs::create_dir_all(&place)?;
    let mut made = Vec::new();
    for side in [Side::Bench, Side::Bar] {
        let (signing, opening) = key_files::make(side)?;
        key_files::write_secret(&place.join(format!("{side}-signing.json")), &signing)?;
        key_files::write_secret(&place.join(format!("{side}-opening.json")), &opening)?;
        let keys = SideKeys { signing: signing.public, opening: opening.public };
        documents::enrol(site, side, &keys).map_err(failed)?;
        made.push((signing, opening));
    }
    let [bench, bar] = <[_; 2]>::try_from(made).map_err(|_| anyhow!("two sides"))?;
    Ok(([bench.0, bar.0], [bench.1, bar.1]))
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
