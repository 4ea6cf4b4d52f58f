-- People, cases, documents, periods, boxes and releases: one circle from a case to a released number.
-- No table holds a person beside a token, an envelope or an answer, and none of the box's tables has a serial or a time.

CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY,
    ratee TEXT NOT NULL UNIQUE,
    side TEXT NOT NULL CHECK (side IN ('bench', 'bar')),
    kind TEXT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
);

CREATE TABLE roster_entry (
    number TEXT NOT NULL REFERENCES person (number),
    organisation TEXT NOT NULL,
    held_from TEXT NOT NULL,
    held_until TEXT NOT NULL,
    chamber TEXT,
    PRIMARY KEY (number, organisation, held_from)
);

CREATE TABLE case_file (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    court TEXT NOT NULL,
    content TEXT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX case_file_court ON case_file (court);

CREATE TABLE docket_import (
    id TEXT NOT NULL PRIMARY KEY,
    day TEXT NOT NULL,
    file TEXT NOT NULL,
    summary TEXT NOT NULL,
    problems TEXT NOT NULL
);

CREATE TABLE document (
    hash TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    day TEXT NOT NULL
);

CREATE TABLE signature (
    document TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('bench', 'bar')),
    key TEXT NOT NULL,
    signature TEXT NOT NULL,
    day TEXT NOT NULL,
    PRIMARY KEY (document, side)
);

-- The keys each side enrolled: what it signs with and what its lock is made for.
CREATE TABLE side_key (
    side TEXT NOT NULL PRIMARY KEY CHECK (side IN ('bench', 'bar')),
    signing TEXT NOT NULL,
    opening TEXT NOT NULL,
    demo BIGINT NOT NULL CHECK (demo IN (0, 1))
);

CREATE TABLE period (
    id TEXT NOT NULL PRIMARY KEY,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('pilot', 'regular')),
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    cast_until TEXT NOT NULL,
    charter TEXT NOT NULL REFERENCES document (hash)
);

CREATE TABLE draw_share (
    period TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('bench', 'bar')),
    commitment TEXT NOT NULL,
    contribution TEXT,
    PRIMARY KEY (period, side)
);

CREATE TABLE ballot_box (
    id TEXT NOT NULL PRIMARY KEY,
    period TEXT NOT NULL REFERENCES period (id),
    rubric TEXT NOT NULL REFERENCES document (hash),
    manifest TEXT NOT NULL REFERENCES document (hash),
    state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'opened', 'destroyed')),
    counts TEXT
);

CREATE TABLE rater (
    box TEXT NOT NULL REFERENCES ballot_box (id),
    person TEXT NOT NULL REFERENCES person (id),
    home TEXT NOT NULL,
    PRIMARY KEY (box, person)
);

CREATE TABLE invitation (
    id TEXT NOT NULL PRIMARY KEY,
    box TEXT NOT NULL REFERENCES ballot_box (id),
    case_file TEXT NOT NULL REFERENCES case_file (id),
    rater TEXT NOT NULL REFERENCES person (id),
    ratee TEXT NOT NULL REFERENCES person (id),
    court TEXT NOT NULL,
    stratum TEXT NOT NULL,
    not_applicable TEXT NOT NULL,
    due_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'issued', 'recused', 'capped')),
    recusal TEXT,
    UNIQUE (box, case_file, rater, ratee)
);
CREATE INDEX invitation_rater ON invitation (rater, box);

CREATE TABLE listed_token (
    hash TEXT NOT NULL PRIMARY KEY,
    box TEXT NOT NULL REFERENCES ballot_box (id),
    kind TEXT NOT NULL CHECK (kind IN ('stamp', 'slip', 'nym')),
    info TEXT
);
CREATE INDEX listed_token_box ON listed_token (box, kind);

CREATE TABLE spool (
    stamp TEXT NOT NULL PRIMARY KEY,
    box TEXT NOT NULL REFERENCES ballot_box (id),
    seq BIGINT NOT NULL CHECK (seq BETWEEN 1 AND 8),
    leaf TEXT NOT NULL,
    envelope BLOB NOT NULL
);
CREATE INDEX spool_box ON spool (box);

CREATE TABLE sealed (
    leaf TEXT NOT NULL PRIMARY KEY,
    box TEXT NOT NULL REFERENCES ballot_box (id),
    stamp TEXT NOT NULL,
    seq BIGINT NOT NULL,
    envelope BLOB NOT NULL
);
CREATE INDEX sealed_stamp ON sealed (stamp);
CREATE INDEX sealed_box ON sealed (box);

CREATE TABLE batch (
    box TEXT NOT NULL REFERENCES ballot_box (id),
    number BIGINT NOT NULL,
    size BIGINT NOT NULL,
    root TEXT NOT NULL,
    day TEXT NOT NULL,
    PRIMARY KEY (box, number)
);

CREATE TABLE counted (
    hash TEXT NOT NULL PRIMARY KEY,
    box TEXT NOT NULL REFERENCES ballot_box (id)
);
CREATE INDEX counted_box ON counted (box);

CREATE TABLE release (
    hash TEXT NOT NULL PRIMARY KEY REFERENCES document (hash),
    box TEXT NOT NULL REFERENCES ballot_box (id),
    state TEXT NOT NULL CHECK (state IN ('draft', 'released')),
    day TEXT NOT NULL
);

CREATE TABLE release_file (
    release TEXT NOT NULL REFERENCES release (hash),
    name TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (release, name)
);

CREATE TRIGGER document_is_never_updated BEFORE UPDATE ON document
BEGIN SELECT RAISE(ABORT, 'a document never changes'); END;
CREATE TRIGGER document_is_never_deleted BEFORE DELETE ON document
BEGIN SELECT RAISE(ABORT, 'a document never changes'); END;
CREATE TRIGGER sealed_is_never_updated BEFORE UPDATE ON sealed
BEGIN SELECT RAISE(ABORT, 'a sealed envelope never changes'); END;
