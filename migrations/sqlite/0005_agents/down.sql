-- Back to listed tokens; what the new tables hold is dropped.

DROP TABLE package_place;
DROP TABLE published_stamp;
DROP TABLE checkpoint;
DROP TABLE refused_leaf;
DROP TABLE sealed;
DROP TABLE pending;
DROP TABLE batch;
DROP TABLE enrolment;
DROP TABLE eligibility;
DROP TABLE statement;
DROP TABLE agent_request;
DROP TABLE side_key;
ALTER TABLE invitation DROP COLUMN list;

CREATE TABLE side_key (
    side TEXT NOT NULL PRIMARY KEY CHECK (side IN ('bench', 'bar')),
    signing TEXT NOT NULL,
    opening TEXT NOT NULL,
    demo BIGINT NOT NULL CHECK (demo IN (0, 1))
);

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

