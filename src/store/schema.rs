//! The tables as diesel sees them, one block per table; the migrations of both backends create them.
//!
//! Keys are random text, truth values are 0 or 1 in a BIGINT, days are ISO 8601 text, seconds are Unix seconds.
//! Deliberately absent: columns finer than the day beside a ballot, and any table with a person and a ballot in it.

diesel::table! {
    /// Who may sign in.
    account (id) {
        id -> Text,
        login -> Text,
        name -> Text,
        person -> Nullable<Text>,
        password -> Text,
        disabled -> BigInt,
        demo -> BigInt,
    }
}

diesel::table! {
    /// What an account may do, and for which side.
    account_role (account, role) {
        account -> Text,
        role -> Text,
        side -> Nullable<Text>,
    }
}

diesel::table! {
    /// Failed sign-ins by the hash of the login, whether or not there is such an account.
    sign_in_failure (login) {
        login -> Text,
        failed -> BigInt,
        locked_until -> BigInt,
        forget_at -> BigInt,
    }
}

diesel::table! {
    /// Open browser sessions by the hash of their token.
    session (token) {
        token -> Text,
        account -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    /// What was done, each entry naming the hash of the one before; without numbers and without times of day.
    audit (hash) {
        hash -> Text,
        prev -> Text,
        day -> Text,
        body -> Text,
    }
}

diesel::table! {
    /// The newest entry of the audit log.
    audit_head (chain) {
        chain -> Text,
        hash -> Text,
    }
}

diesel::joinable!(account_role -> account (account));
diesel::joinable!(session -> account (account));
diesel::allow_tables_to_appear_in_same_query!(account, account_role, session);
