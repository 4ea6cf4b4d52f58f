//! Signing in and out: passwords for people, short tokens for machines, locks against guessing.
//!
//! An unknown login, a wrong password and a disabled account get one answer after the same work. Deliberately absent: a
//! second factor, and any record of the time of day or the address of a sign-in.

use hengping_domain::digest::{Bytes32, Digest};
use hengping_domain::ids::{AccountId, PersonId, Role};
use hengping_domain::prose;
use serde::Serialize;

use super::{Outcome, Refusal, Site};
use crate::config::Mode;
use crate::ports::{Second, random};
use crate::store::account::{self, LockRule, NewAccount};
pub use crate::store::account::{Account, Grant};
use crate::store::audit::{self, Event};
use crate::store::{Connection, StoreError, person};

const HOUR: i64 = 3600;

/// A session just opened.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Whose it is.
    pub account: Account,
    /// What the browser keeps; only its hash is stored.
    pub token: Bytes32,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct Lock {
    login: Digest,
}

/// Opens a session for a login and its password.
///
/// # Errors
/// [`Refusal::SignInRefused`], [`Refusal::TooManyAttempts`].
pub fn sign_in(site: &Site, login: &str, password: &str) -> Outcome<SignedIn> {
    let id = verify(site, login, password)?;
    let (today, now) = (site.clock.today(), site.clock.now());
    let token = hengping_domain::digest::Bytes(random::<32>(&*site.entropy)?);
    let expires = full_hour(now.plus(i64::from(site.config.session.hours) * HOUR));
    let account = site.store.decide("sign in", |conn| {
        let account = admit(conn, &id, login, now)?;
        account::open_session(conn, session_key(&token), &id, now, expires)?;
        audit::append(conn, today, &Event { event: "signed-in", account: Some(id.as_str()), about: Nothing {} })?;
        Ok::<_, super::Failure>(account)
    })?;
    Ok(SignedIn { account, token })
}

/// A machine token for a machine account: the token and the seconds it lives.
///
/// # Errors
/// [`Refusal::SignInRefused`], also for an account that is not a machine's; [`Refusal::TooManyAttempts`].
pub fn machine_token(site: &Site, login: &str, password: &str) -> Outcome<(String, i64)> {
    let id = verify(site, login, password)?;
    let (today, now) = (site.clock.today(), site.clock.now());
    site.store.decide("machine token", |conn| {
        if !admit(conn, &id, login, now)?.has(Role::Machine) {
            return Err(Refusal::SignInRefused.into());
        }
        let event = Event { event: "machine-token-issued", account: Some(id.as_str()), about: Nothing {} };
        audit::append(conn, today, &event)?;
        Ok::<_, super::Failure>(())
    })?;
    site.machines.sign(&id, now, &*site.entropy)
}

/// The account of a session token, if it is open.
///
/// # Errors
/// Busy or a fault; an unknown token is `None`.
pub fn by_session(site: &Site, token: &str) -> Outcome<Option<Account>> {
    let Ok(token) = token.parse::<Bytes32>() else { return Ok(None) };
    let now = site.clock.now();
    Ok(site.store.read("session", |conn| account::by_session(conn, session_key(&token), now))?)
}

/// The account of a machine token, if it is ours and alive and the account still is.
///
/// # Errors
/// Busy or a fault; any other token is `None`.
pub fn by_machine_token(site: &Site, token: &str) -> Outcome<Option<Account>> {
    let Some(id) = site.machines.check(token, site.clock.now()) else { return Ok(None) };
    match site.store.read("machine account", |conn| account::find(conn, &id)) {
        Ok(account) => Ok(account.has(Role::Machine).then_some(account)),
        Err(StoreError::NotFound) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Ends a session; a token that opens none is no error.
///
/// # Errors
/// Busy or a fault.
pub fn sign_out(site: &Site, token: &str) -> Outcome<()> {
    let Ok(token) = token.parse::<Bytes32>() else { return Ok(()) };
    Ok(site.store.write("sign out", |conn| account::close_session(conn, session_key(&token)))?)
}

/// Characters of an account's name, which others read beside what it does.
const LONGEST_NAME: usize = 100;

/// Makes an account with a password, and remembers who was made.
///
/// # Errors
/// [`Refusal::LoginTaken`], [`Refusal::PasswordLength`], [`Refusal::TextRefused`] for the name, [`Refusal::RoleSide`] when a role of one side comes without it,
/// or one that stands between the sides with it.
pub fn add_account(
    site: &Site,
    login: &str,
    name: &str,
    person: Option<PersonId>,
    grants: &[Grant],
    password: &str,
) -> Outcome<AccountId> {
    if grants.iter().any(|grant| grant.role.has_side().is_some_and(|has| has != grant.side.is_some())) {
        return Err(Refusal::RoleSide.into());
    }
    let id = AccountId::from_random(random::<16>(&*site.entropy)?);
    let today = site.clock.today();
    let name = prose::line(name, LONGEST_NAME)?;
    let account = Account { id: id.clone(), login: login.to_owned(), name, person, grants: grants.to_vec() };
    let new = NewAccount {
        account,
        password: site.passwords.hash(password, &*site.entropy)?,
        demo: site.config.mode == Mode::Demo,
    };
    site.store.decide("add account", |conn| {
        match account::insert(conn, &new) {
            Err(StoreError::Duplicate) => return Err(Refusal::LoginTaken.into()),
            other => other?,
        }
        let event = Event { event: "account-added", account: None, about: &new.account.id };
        audit::append(conn, today, &event)?;
        Ok::<_, super::Failure>(())
    })?;
    Ok(id)
}

/// The member number of the person an account belongs to; none for officers, and for a person no roster knows.
///
/// # Errors
/// Busy or a fault.
pub fn number_of(site: &Site, account: &Account) -> Outcome<Option<String>> {
    let Some(person) = &account.person else { return Ok(None) };
    let found = site.store.read("member number", |conn| match person::find(conn, person) {
        Err(StoreError::NotFound) => Ok(None),
        other => other.map(|person| Some(person.number)),
    });
    Ok(found?)
}

/// Checks login and password outside any transaction: a hash takes longer than others should wait for the writer.
fn verify(site: &Site, login: &str, password: &str) -> Outcome<AccountId> {
    let (key, now) = (login_key(login), site.clock.now());
    let (locked, found) = site.store.read("look up login", |conn| {
        Ok((account::locked_until(conn, key, now)?, account::credentials(conn, login)?))
    })?;
    if locked.is_some() {
        return Err(Refusal::TooManyAttempts.into());
    }
    let right = site.passwords.check(password, found.as_ref().map(|found| found.password.as_str()));
    match found {
        Some(found) if right => Ok(found.id),
        _ => {
            remember_failure(site, key, now)?;
            Err(Refusal::SignInRefused.into())
        }
    }
}

fn remember_failure(site: &Site, key: Digest, now: Second) -> Outcome<()> {
    let rule = LockRule {
        attempts: i64::from(site.config.lockout.attempts),
        seconds: i64::from(site.config.lockout.minutes) * 60,
    };
    let today = site.clock.today();
    Ok(site.store.write("failed sign-in", |conn| {
        if account::record_failure(conn, key, now, rule)? {
            audit::append(conn, today, &Event { event: "login-locked", account: None, about: Lock { login: key } })?;
        }
        Ok(())
    })?)
}

/// The account, unless it was locked or disabled while its password was being checked.
fn admit(conn: &mut Connection, id: &AccountId, login: &str, now: Second) -> Outcome<Account> {
    let key = login_key(login);
    if account::locked_until(conn, key, now)?.is_some() {
        return Err(Refusal::TooManyAttempts.into());
    }
    account::clear_failures(conn, key)?;
    match account::find(conn, id) {
        Err(StoreError::NotFound) => Err(Refusal::SignInRefused.into()),
        other => Ok(other?),
    }
}

fn login_key(login: &str) -> Digest {
    Digest::of(&[b"hengping/v1/login\n", login.as_bytes()])
}

fn session_key(token: &Bytes32) -> Digest {
    Digest::of(&[b"hengping/v1/session\n", &token.0])
}

const fn full_hour(second: Second) -> Second {
    Second(second.0 + (HOUR - second.0.rem_euclid(HOUR)) % HOUR)
}
