-- The ratee's right of reply and the purpose log: who may answer to which draft until when, what was answered and decided, and
-- for what an officer read a person's result. A subject is a ratee's name in ballots; no rater is in any of these tables.

CREATE TABLE reply_window (
    release TEXT NOT NULL PRIMARY KEY REFERENCES release (hash),
    opened_on TEXT NOT NULL,
    last_day TEXT NOT NULL,
    provisional BIGINT NOT NULL CHECK (provisional IN (0, 1))
);

-- The ratee's own words, which may be changed until the last day is over.
CREATE TABLE reply_statement (
    release TEXT NOT NULL REFERENCES reply_window (release),
    subject TEXT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (release, subject)
);

CREATE TABLE objection (
    release TEXT NOT NULL REFERENCES reply_window (release),
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    words TEXT NOT NULL,
    day TEXT NOT NULL,
    PRIMARY KEY (release, subject)
);

CREATE TABLE objection_decision (
    release TEXT NOT NULL,
    subject TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('bench', 'bar')),
    opinion TEXT NOT NULL CHECK (opinion IN ('upheld', 'rejected')),
    words TEXT NOT NULL,
    day TEXT NOT NULL,
    PRIMARY KEY (release, subject, side),
    FOREIGN KEY (release, subject) REFERENCES objection (release, subject)
);

-- The officer's side and role, never the account.
CREATE TABLE reading (
    id TEXT NOT NULL PRIMARY KEY,
    release TEXT NOT NULL REFERENCES release (hash),
    subject TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('bench', 'bar')),
    role TEXT NOT NULL,
    purpose TEXT NOT NULL,
    day TEXT NOT NULL
);
CREATE INDEX reading_subject ON reading (release, subject);

CREATE TRIGGER reply_window_is_never_updated BEFORE UPDATE ON reply_window
BEGIN SELECT RAISE(ABORT, 'a row of reply_window never changes'); END;
CREATE TRIGGER reply_window_is_never_deleted BEFORE DELETE ON reply_window
BEGIN SELECT RAISE(ABORT, 'a row of reply_window never changes'); END;
CREATE TRIGGER objection_is_never_updated BEFORE UPDATE ON objection
BEGIN SELECT RAISE(ABORT, 'a row of objection never changes'); END;
CREATE TRIGGER objection_is_never_deleted BEFORE DELETE ON objection
BEGIN SELECT RAISE(ABORT, 'a row of objection never changes'); END;
CREATE TRIGGER objection_decision_is_never_updated BEFORE UPDATE ON objection_decision
BEGIN SELECT RAISE(ABORT, 'a row of objection_decision never changes'); END;
CREATE TRIGGER objection_decision_is_never_deleted BEFORE DELETE ON objection_decision
BEGIN SELECT RAISE(ABORT, 'a row of objection_decision never changes'); END;
CREATE TRIGGER reading_is_never_updated BEFORE UPDATE ON reading
BEGIN SELECT RAISE(ABORT, 'a row of reading never changes'); END;
CREATE TRIGGER reading_is_never_deleted BEFORE DELETE ON reading
BEGIN SELECT RAISE(ABORT, 'a row of reading never changes'); END;
