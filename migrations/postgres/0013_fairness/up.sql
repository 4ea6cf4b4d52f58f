-- What each side notes about a release whose fairness audit shows something over a limit of the charter (R19).

CREATE TABLE fairness_note (
    release TEXT NOT NULL REFERENCES release (hash),
    side TEXT NOT NULL CHECK (side IN ('bench', 'bar')),
    words TEXT NOT NULL,
    day TEXT NOT NULL,
    PRIMARY KEY (release, side)
);

CREATE TRIGGER fairness_note_is_never_changed BEFORE UPDATE OR DELETE ON fairness_note
FOR EACH ROW EXECUTE FUNCTION row_never_changes();
