-- Accounts, sessions, failed sign-ins, and the audit log.
-- Portable between the backends: random text keys, BIGINT, no ON CONFLICT; only the triggers differ.

CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    person TEXT UNIQUE,
    password TEXT NOT NULL,
    disabled BIGINT NOT NULL CHECK (disabled IN (0, 1)),
    demo BIGINT NOT NULL CHECK (demo IN (0, 1))
);

CREATE TABLE account_role (
    account TEXT NOT NULL REFERENCES account (id),
    role TEXT NOT NULL,
    side TEXT CHECK (side IN ('bench', 'bar')),
    PRIMARY KEY (account, role)
);

CREATE TABLE sign_in_failure (
    login TEXT NOT NULL PRIMARY KEY,
    failed BIGINT NOT NULL CHECK (failed >= 0),
    locked_until BIGINT NOT NULL,
    forget_at BIGINT NOT NULL
);
CREATE INDEX sign_in_failure_forget_at ON sign_in_failure (forget_at);

CREATE TABLE session (
    token TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id),
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account);
CREATE INDEX session_expires_at ON session (expires_at);

-- prev is unique: the chain cannot fork.
CREATE TABLE audit (
    hash TEXT NOT NULL PRIMARY KEY,
    prev TEXT NOT NULL UNIQUE,
    day TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE audit_head (
    chain TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (chain, hash)
VALUES ('platform', '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TRIGGER audit_is_never_updated BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
