-- What each side notes about a release whose fairness audit shows something over a limit of the charter (R19).

CREATE TABLE fairness_note (
    release TEXT NOT NULL REFERENCES release (hash),
    side TEXT NOT NULL CHECK (side IN ('bench', 'bar')),
    words TEXT NOT NULL,
    day TEXT NOT NULL,
    PRIMARY KEY (release, side)
);

CREATE TRIGGER fairness_note_is_never_updated BEFORE UPDATE ON fairness_note
BEGIN SELECT RAISE(ABORT, 'a row of fairness_note never changes'); END;
CREATE TRIGGER fairness_note_is_never_deleted BEFORE DELETE ON fairness_note
BEGIN SELECT RAISE(ABORT, 'a row of fairness_note never changes'); END;
