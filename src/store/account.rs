//! Accounts, their roles, browser sessions and failed sign-ins.
//!
//! Passwords are argon2id PHC strings and session tokens are kept as hashes, so that a copy of the database opens nothing.
//! Deliberately absent: hashing, clocks, and the decision whether a sign-in succeeds; `flow::sign_in` takes it.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::ids::{AccountId, PersonId, Role, Side};

use super::schema::{account, account_role, session, sign_in_failure};
use super::{Connection, StoreError, one_row, savepoint, stored};
use crate::ports::Second;

/// A role, and the side for which it is held where it belongs to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// What the account may do.
    pub role: Role,
    /// For whom.
    pub side: Option<Side>,
}

/// Someone who can sign in, without the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account's name in the store.
    pub id: AccountId,
    /// The name typed at sign-in.
    pub login: String,
    /// The name shown.
    pub name: String,
    /// The judge or lawyer of the docket this account belongs to, for raters.
    pub person: Option<PersonId>,
    /// What it may do, in the order of roles.
    pub grants: Vec<Grant>,
}

impl Account {
    /// Whether the account holds `role`, for whichever side.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.grants.iter().any(|grant| grant.role == role)
    }

    /// Whether the account holds `role` for `side`.
    #[must_use]
    pub fn has_for(&self, role: Role, side: Side) -> bool {
        self.grants.contains(&Grant { role, side: Some(side) })
    }

    /// The side the account belongs to; none for an operator or a researcher.
    #[must_use]
    pub fn side(&self) -> Option<Side> {
        self.grants.iter().find_map(|grant| grant.side)
    }
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The account, with its grants.
    pub account: Account,
    /// The argon2id PHC string.
    pub password: String,
    /// Whether the demo made it; `serve` refuses such accounts in production.
    pub demo: bool,
}

/// Makes an account.
///
/// # Errors
/// [`StoreError::Duplicate`] when the login or the person has one already; the transaction stays usable.
pub fn insert(conn: &mut Connection, new: &NewAccount) -> Result<(), StoreError> {
    let id = new.account.id.as_str();
    savepoint(conn, |conn| {
        diesel::insert_into(account::table)
            .values((
                account::id.eq(id),
                account::login.eq(&new.account.login),
                account::name.eq(&new.account.name),
                account::person.eq(new.account.person.as_ref().map(PersonId::as_str)),
                account::password.eq(&new.password),
                account::disabled.eq(0),
                account::demo.eq(i64::from(new.demo)),
            ))
            .execute(conn)?;
        for grant in &new.account.grants {
            diesel::insert_into(account_role::table)
                .values((
                    account_role::account.eq(id),
                    account_role::role.eq(grant.role.as_str()),
                    account_role::side.eq(grant.side.map(Side::as_str)),
                ))
                .execute(conn)?;
        }
        Ok(())
    })
}

/// What sign-in needs of an account.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account.
    pub id: AccountId,
    /// The argon2id PHC string.
    pub password: String,
}

/// The credentials of an account that is not disabled.
///
/// # Errors
/// [`StoreError`]; an unknown or disabled login is `None`, not an error.
pub fn credentials(conn: &mut Connection, login: &str) -> Result<Option<Credentials>, StoreError> {
    let row: Option<(String, String)> = account::table
        .filter(account::login.eq(login).and(account::disabled.eq(0)))
        .select((account::id, account::password))
        .first(conn)
        .optional()?;
    Ok(row.map(|(id, password)| Credentials { id: AccountId(id), password }))
}

/// The account with its grants.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none or it is disabled.
pub fn find(conn: &mut Connection, id: &AccountId) -> Result<Account, StoreError> {
    let (login, name, person): (String, String, Option<String>) = account::table
        .find(id.as_str())
        .filter(account::disabled.eq(0))
        .select((account::login, account::name, account::person))
        .first(conn)?;
    let rows: Vec<(String, Option<String>)> = account_role::table
        .filter(account_role::account.eq(id.as_str()))
        .select((account_role::role, account_role::side))
        .load(conn)?;
    let mut grants = rows
        .iter()
        .map(|(role, side)| Ok(Grant { role: stored(role)?, side: side.as_deref().map(stored).transpose()? }))
        .collect::<Result<Vec<_>, StoreError>>()?;
    grants.sort_by_key(|grant| grant.role);
    Ok(Account { id: id.clone(), login, name, person: person.map(PersonId), grants })
}

/// Shuts or opens an account again; its sessions end at once.
///
/// # Errors
/// [`StoreError::Stale`] when there is no such account.
pub fn set_disabled(conn: &mut Connection, id: &AccountId, disabled: bool) -> Result<(), StoreError> {
    let changed = diesel::update(account::table.find(id.as_str()))
        .set(account::disabled.eq(i64::from(disabled)))
        .execute(conn)?;
    one_row(changed)?;
    diesel::delete(session::table.filter(session::account.eq(id.as_str()))).execute(conn)?;
    Ok(())
}

/// How many accounts the demo made.
///
/// # Errors
/// [`StoreError`].
pub fn count_demo(conn: &mut Connection) -> Result<i64, StoreError> {
    Ok(account::table.filter(account::demo.eq(1)).count().get_result(conn)?)
}

/// Opens a session and forgets those that have expired.
///
/// # Errors
/// [`StoreError`].
pub fn open_session(
    conn: &mut Connection,
    token: Digest,
    id: &AccountId,
    now: Second,
    expires: Second,
) -> Result<(), StoreError> {
    diesel::delete(session::table.filter(session::expires_at.le(now.0))).execute(conn)?;
    diesel::insert_into(session::table)
        .values((
            session::token.eq(token.to_string()),
            session::account.eq(id.as_str()),
            session::expires_at.eq(expires.0),
        ))
        .execute(conn)?;
    Ok(())
}

/// The account whose session has this token's hash; `None` when it is unknown, expired or of a disabled account.
///
/// # Errors
/// [`StoreError`].
pub fn by_session(conn: &mut Connection, token: Digest, now: Second) -> Result<Option<Account>, StoreError> {
    let id: Option<String> = session::table
        .find(token.to_string())
        .filter(session::expires_at.gt(now.0))
        .select(session::account)
        .first(conn)
        .optional()?;
    let Some(id) = id else { return Ok(None) };
    match find(conn, &AccountId(id)) {
        Ok(account) => Ok(Some(account)),
        Err(StoreError::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Ends a session; ending one that is not there is no error.
///
/// # Errors
/// [`StoreError`].
pub fn close_session(conn: &mut Connection, token: Digest) -> Result<(), StoreError> {
    diesel::delete(session::table.find(token.to_string())).execute(conn)?;
    Ok(())
}

/// Until when sign-ins with this login are refused, if they are.
///
/// # Errors
/// [`StoreError`].
pub fn locked_until(conn: &mut Connection, login: Digest, now: Second) -> Result<Option<Second>, StoreError> {
    let until: Option<i64> = sign_in_failure::table
        .find(login.to_string())
        .filter(sign_in_failure::locked_until.gt(now.0))
        .select(sign_in_failure::locked_until)
        .first(conn)
        .optional()?;
    Ok(until.map(Second))
}

/// When failures lead to a lock, and for how long both are remembered.
#[derive(Debug, Clone, Copy)]
pub struct LockRule {
    /// Failures in a row that lock.
    pub attempts: i64,
    /// Seconds a lock lasts, and after which a failure is forgotten.
    pub seconds: i64,
}

/// Remembers a failed sign-in, for a known and an unknown login alike; true when this one locks it.
///
/// # Errors
/// [`StoreError`].
pub fn record_failure(conn: &mut Connection, login: Digest, now: Second, rule: LockRule) -> Result<bool, StoreError> {
    diesel::delete(sign_in_failure::table.filter(sign_in_failure::forget_at.le(now.0))).execute(conn)?;
    let key = login.to_string();
    let before: Option<i64> =
        sign_in_failure::table.find(&key).select(sign_in_failure::failed).first(conn).optional()?;
    let failed = before.unwrap_or(0) + 1;
    let locks = failed >= rule.attempts;
    let until = if locks { now.plus(rule.seconds).0 } else { 0 };
    let values = (
        sign_in_failure::failed.eq(if locks { 0 } else { failed }),
        sign_in_failure::locked_until.eq(until),
        sign_in_failure::forget_at.eq(now.plus(rule.seconds).0),
    );
    if before.is_some() {
        diesel::update(sign_in_failure::table.find(&key)).set(values).execute(conn)?;
    } else {
        diesel::insert_into(sign_in_failure::table)
            .values((sign_in_failure::login.eq(&key), values.0, values.1, values.2))
            .execute(conn)?;
    }
    Ok(locks)
}

/// Forgets the failures of a login that has now signed in.
///
/// # Errors
/// [`StoreError`].
pub fn clear_failures(conn: &mut Connection, login: Digest) -> Result<(), StoreError> {
    diesel::delete(sign_in_failure::table.find(login.to_string())).execute(conn)?;
    Ok(())
}
