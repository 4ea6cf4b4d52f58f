-- Research: who agreed to which terms of data use, and what is about to be published. An account stands beside a document or a
-- manuscript here, never beside anything of a ballot.

CREATE TABLE data_use (
    account TEXT NOT NULL REFERENCES account (id),
    terms TEXT NOT NULL,
    day TEXT NOT NULL,
    PRIMARY KEY (account, terms)
);

CREATE TABLE research_notice (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id),
    title TEXT NOT NULL,
    release TEXT NOT NULL REFERENCES release (hash),
    link TEXT,
    file TEXT,
    day TEXT NOT NULL
);

CREATE TRIGGER data_use_is_never_updated BEFORE UPDATE ON data_use
BEGIN SELECT RAISE(ABORT, 'a row of data_use never changes'); END;
CREATE TRIGGER research_notice_is_never_updated BEFORE UPDATE ON research_notice
BEGIN SELECT RAISE(ABORT, 'a row of research_notice never changes'); END;
