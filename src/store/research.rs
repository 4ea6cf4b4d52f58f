//! Agreements to the terms of data use, and notices of what is about to be published.
//!
//! Neither is ever changed. Deliberately absent: what a researcher has read; that is everybody's.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::ids::AccountId;
use hengping_domain::research::Notice;
use jiff::civil::Date;

use super::schema::{account, data_use, research_notice};
use super::{Connection, StoreError, put_once, stored};

/// Notes that an account agreed to terms; again changes nothing, the first day stays.
///
/// # Errors
/// [`StoreError`].
pub fn agree(conn: &mut Connection, account: &AccountId, terms: Digest, day: Date) -> Result<(), StoreError> {
    put_once(conn, |conn| {
        diesel::insert_into(data_use::table)
            .values((
                data_use::account.eq(account.as_str()),
                data_use::terms.eq(terms.to_string()),
                data_use::day.eq(day.to_string()),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// The day on which an account agreed to terms.
///
/// # Errors
/// [`StoreError`].
pub fn agreed(conn: &mut Connection, account: &AccountId, terms: Digest) -> Result<Option<Date>, StoreError> {
    let row: Option<String> =
        data_use::table.find((account.as_str(), terms.to_string())).select(data_use::day).first(conn).optional()?;
    row.map(|day| stored(&day)).transpose()
}

/// A notice on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lodged {
    /// Its name.
    pub id: String,
    /// Name of whoever lodged it, as accounts show it.
    pub by: String,
    /// The notice.
    pub notice: Notice,
}

/// Puts a notice on record.
///
/// # Errors
/// [`StoreError::Duplicate`].
pub fn lodge(conn: &mut Connection, id: &str, account: &AccountId, notice: &Notice) -> Result<(), StoreError> {
    diesel::insert_into(research_notice::table)
        .values((
            research_notice::id.eq(id),
            research_notice::account.eq(account.as_str()),
            research_notice::title.eq(&notice.title),
            research_notice::release.eq(notice.release.to_string()),
            research_notice::link.eq(notice.link.as_ref()),
            research_notice::file.eq(notice.file.map(|digest| digest.to_string())),
            research_notice::day.eq(notice.day.to_string()),
        ))
        .execute(conn)?;
    Ok(())
}

type Row = (String, String, String, Option<String>, Option<String>, String, String);

/// Notices by day, all of them or those of one account.
///
/// # Errors
/// [`StoreError`].
pub fn notices(conn: &mut Connection, of: Option<&AccountId>) -> Result<Vec<Lodged>, StoreError> {
    let mut wanted = research_notice::table
        .inner_join(account::table.on(account::id.eq(research_notice::account)))
        .order((research_notice::day, research_notice::id))
        .select((
            research_notice::id,
            research_notice::title,
            research_notice::release,
            research_notice::link,
            research_notice::file,
            research_notice::day,
            account::name,
        ))
        .into_boxed();
    if let Some(account) = of {
        wanted = wanted.filter(research_notice::account.eq(account.as_str()));
    }
    let rows: Vec<Row> = wanted.load(conn)?;
    let read = |(id, title, release, link, file, day, by): Row| {
        let file = file.map(|digest| stored(&digest)).transpose()?;
        Ok(Lodged { id, by, notice: Notice { title, release: stored(&release)?, link, file, day: stored(&day)? } })
    };
    rows.into_iter().map(read).collect()
}
