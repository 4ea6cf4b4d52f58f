-- One side's agent, SQLite. Secrets lie here sealed; days and no finer time; no person beside a stamp.
-- WITHOUT ROWID: a row number would be a serial, and would say who came first.

CREATE TABLE ballot_box (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('keyed', 'adopted', 'closed', 'dying', 'dead')),
    -- AES-256-GCM under the master key; none once the box is dead.
    secrets BLOB,
    manifest_hash TEXT,
    manifest TEXT,
    lists BIGINT NOT NULL CHECK (lists >= 0),
    batches BIGINT NOT NULL CHECK (batches >= 0),
    mixed TEXT,
    listed TEXT,
    handed BIGINT NOT NULL CHECK (handed >= 0),
    CHECK ((state IN ('dying', 'dead')) = (secrets IS NULL))
) WITHOUT ROWID;

CREATE TABLE member (
    number TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- The key of the member's code, sealed.
    code_key BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE enrolment (
    box_id TEXT NOT NULL REFERENCES ballot_box (id),
    rater TEXT NOT NULL,
    request_key BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'reset')),
    PRIMARY KEY (box_id, rater, request_key)
) WITHOUT ROWID;
CREATE UNIQUE INDEX enrolment_live ON enrolment (box_id, rater) WHERE state = 'live';

CREATE TABLE eligible (
    box_id TEXT NOT NULL REFERENCES ballot_box (id),
    list BIGINT NOT NULL CHECK (list > 0),
    invitation TEXT NOT NULL,
    rater TEXT NOT NULL,
    -- The entry as it was agreed to, canonical JSON.
    entry TEXT NOT NULL,
    PRIMARY KEY (box_id, list, invitation),
    UNIQUE (box_id, invitation)
) WITHOUT ROWID;
CREATE INDEX eligible_rater ON eligible (box_id, rater);

-- What was answered: for a stamp or a slip the subject is the invitation, for a nym the rater.
CREATE TABLE mark (
    box_id TEXT NOT NULL REFERENCES ballot_box (id),
    kind TEXT NOT NULL CHECK (kind IN ('stamp', 'slip', 'nym')),
    subject TEXT NOT NULL,
    element BLOB NOT NULL,
    PRIMARY KEY (box_id, kind, subject)
) WITHOUT ROWID;

-- What was cast under a stamp and accepted; the highest number of a stamp is the one that goes on.
CREATE TABLE spent (
    box_id TEXT NOT NULL REFERENCES ballot_box (id),
    leaf BLOB NOT NULL,
    batch BIGINT NOT NULL CHECK (batch > 0),
    stamp BLOB NOT NULL,
    seq BIGINT NOT NULL CHECK (seq BETWEEN 1 AND 8),
    envelope BLOB NOT NULL,
    PRIMARY KEY (box_id, leaf),
    UNIQUE (box_id, stamp, seq)
) WITHOUT ROWID;

CREATE TABLE refused (
    box_id TEXT NOT NULL REFERENCES ballot_box (id),
    leaf BLOB NOT NULL,
    PRIMARY KEY (box_id, leaf)
) WITHOUT ROWID;

-- The cosigned log; its order is the published one.
CREATE TABLE leaf (
    box_id TEXT NOT NULL REFERENCES ballot_box (id),
    place BIGINT NOT NULL CHECK (place >= 0),
    leaf BLOB NOT NULL,
    PRIMARY KEY (box_id, place),
    UNIQUE (box_id, leaf)
) WITHOUT ROWID;
CREATE TRIGGER leaf_is_never_updated BEFORE UPDATE ON leaf
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER leaf_is_never_deleted BEFORE DELETE ON leaf
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TABLE said (
    request BLOB NOT NULL PRIMARY KEY,
    box_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    signed TEXT NOT NULL
) WITHOUT ROWID;

-- Every statement that commits this side, each entry bound to the one before.
CREATE TABLE journal (
    number BIGINT NOT NULL PRIMARY KEY,
    day TEXT NOT NULL,
    request TEXT NOT NULL,
    signed TEXT NOT NULL,
    previous TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE
) WITHOUT ROWID;
CREATE TRIGGER journal_is_never_updated BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_never_deleted BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- Requests that wait for the officers.
CREATE TABLE asked (
    request BLOB NOT NULL PRIMARY KEY,
    box_id TEXT NOT NULL,
    day TEXT NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;

-- Sealed under the master key, so that nobody approves who cannot unlock the agent.
CREATE TABLE approved (
    request BLOB NOT NULL PRIMARY KEY,
    seal BLOB NOT NULL
) WITHOUT ROWID;

-- Which files below files/ and hand-over/ belong to a box, so that they go when it dies.
CREATE TABLE box_file (
    box_id TEXT NOT NULL REFERENCES ballot_box (id),
    digest BLOB NOT NULL,
    part TEXT NOT NULL CHECK (part IN ('input', 'output', 'shares')),
    PRIMARY KEY (box_id, digest, part)
) WITHOUT ROWID;

-- The last package of each direction, and what came in packages and is not answered yet.
CREATE TABLE package (
    direction TEXT NOT NULL PRIMARY KEY CHECK (direction IN ('in', 'out')),
    sequence BIGINT NOT NULL,
    digest BLOB NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE inbox (
    request BLOB NOT NULL PRIMARY KEY,
    box_id TEXT NOT NULL,
    package BIGINT NOT NULL,
    place BIGINT NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;
