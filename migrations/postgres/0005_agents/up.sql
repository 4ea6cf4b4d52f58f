-- The box as both sides' agents keep it: requests to them, what they said, lists both agreed to, a log both cosigned.
-- Nothing has been released yet, so what these tables replace is dropped with what it holds.

DROP TABLE listed_token;
DROP TABLE spool;
DROP TABLE sealed;
DROP TABLE batch;
DROP TABLE side_key;

-- The keys each side enrolled: what its officers sign with and what its agent speaks with.
CREATE TABLE side_key (
    side TEXT NOT NULL PRIMARY KEY CHECK (side IN ('bench', 'bar')),
    signing TEXT NOT NULL,
    agent TEXT NOT NULL,
    demo BIGINT NOT NULL CHECK (demo IN (0, 1))
);

-- What an agent was asked and has not answered yet, and answers that wait for whoever asked.
CREATE TABLE agent_request (
    digest TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('bench', 'bar')),
    box TEXT NOT NULL,
    kind TEXT NOT NULL,
    request TEXT NOT NULL,
    answer TEXT,
    PRIMARY KEY (digest, side)
);
CREATE INDEX agent_request_box ON agent_request (box, kind);

-- What agents said and everybody may read, by what was asked.
CREATE TABLE statement (
    request TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('bench', 'bar')),
    box TEXT NOT NULL,
    kind TEXT NOT NULL,
    statement TEXT NOT NULL,
    day TEXT NOT NULL,
    PRIMARY KEY (request, side)
);
CREATE INDEX statement_box ON statement (box, kind);

-- Lists of who may rate whom; the entries are the invitations that name the list.
CREATE TABLE eligibility (
    box TEXT NOT NULL REFERENCES ballot_box (id),
    number BIGINT NOT NULL,
    request TEXT NOT NULL,
    size BIGINT NOT NULL,
    total BIGINT NOT NULL,
    root TEXT NOT NULL,
    day TEXT NOT NULL,
    PRIMARY KEY (box, number)
);
ALTER TABLE invitation ADD COLUMN list BIGINT;

-- A rater's request key of a box, and its certificate once the own side's agent has recognised the device.
CREATE TABLE enrolment (
    box TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    request_key TEXT NOT NULL,
    mac TEXT NOT NULL,
    certificate TEXT,
    refused TEXT,
    PRIMARY KEY (box, person)
);

-- Batches as the relay handed them over.
CREATE TABLE batch (
    box TEXT NOT NULL REFERENCES ballot_box (id),
    number BIGINT NOT NULL,
    body TEXT NOT NULL,
    size BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('checking', 'cosigning', 'appended')),
    day TEXT NOT NULL,
    PRIMARY KEY (box, number)
);

-- A batch on its way: written once, sorted by leaf.
CREATE TABLE pending (
    leaf TEXT NOT NULL PRIMARY KEY,
    box TEXT NOT NULL REFERENCES ballot_box (id),
    number BIGINT NOT NULL,
    stamp TEXT NOT NULL,
    seq BIGINT NOT NULL,
    signature TEXT NOT NULL,
    envelope BYTEA NOT NULL
);
CREATE INDEX pending_box ON pending (box, number);

-- The box: only ever written in batches sorted by leaf, after both agents have cosigned them.
CREATE TABLE sealed (
    leaf TEXT NOT NULL PRIMARY KEY,
    box TEXT NOT NULL REFERENCES ballot_box (id),
    number BIGINT NOT NULL,
    stamp TEXT NOT NULL,
    seq BIGINT NOT NULL,
    envelope BYTEA NOT NULL
);
CREATE INDEX sealed_box ON sealed (box, number, leaf);
CREATE TRIGGER sealed_is_never_updated BEFORE UPDATE ON sealed
FOR EACH ROW EXECUTE FUNCTION row_never_changes();

-- Leaves that an agent turned away, with the side that did.
CREATE TABLE refused_leaf (
    leaf TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('bench', 'bar')),
    box TEXT NOT NULL REFERENCES ballot_box (id),
    number BIGINT NOT NULL,
    PRIMARY KEY (leaf, side)
);
CREATE INDEX refused_leaf_box ON refused_leaf (box);

-- States of the log that both agents signed.
CREATE TABLE checkpoint (
    box TEXT NOT NULL REFERENCES ballot_box (id),
    size BIGINT NOT NULL,
    root TEXT NOT NULL,
    bench TEXT NOT NULL,
    bar TEXT NOT NULL,
    day TEXT NOT NULL,
    PRIMARY KEY (box, size)
);

-- What was cast under every leaf, by digest: published when the keys of the box are dead and the envelopes gone.
CREATE TABLE published_stamp (
    leaf TEXT NOT NULL PRIMARY KEY,
    box TEXT NOT NULL REFERENCES ballot_box (id),
    number BIGINT NOT NULL,
    stamp TEXT NOT NULL,
    seq BIGINT NOT NULL,
    envelope TEXT NOT NULL
);
CREATE INDEX published_stamp_box ON published_stamp (box, number, leaf);

-- The last package that was sent to an agent or taken from it.
CREATE TABLE package_place (
    party TEXT NOT NULL CHECK (party IN ('bench', 'bar')),
    sent BIGINT NOT NULL CHECK (sent IN (0, 1)),
    sequence BIGINT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (party, sent)
);

CREATE TRIGGER statement_is_never_changed BEFORE UPDATE OR DELETE ON statement
FOR EACH ROW EXECUTE FUNCTION row_never_changes();
CREATE TRIGGER checkpoint_is_never_changed BEFORE UPDATE OR DELETE ON checkpoint
FOR EACH ROW EXECUTE FUNCTION row_never_changes();
CREATE TRIGGER eligibility_is_never_changed BEFORE UPDATE OR DELETE ON eligibility
FOR EACH ROW EXECUTE FUNCTION row_never_changes();
