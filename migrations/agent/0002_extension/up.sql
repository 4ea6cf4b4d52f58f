-- Documents that move the last day of a box, as both sides signed them; the last one counts.
CREATE TABLE extension (
    box_id TEXT NOT NULL REFERENCES ballot_box (id),
    cast_until TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (box_id, cast_until)
) WITHOUT ROWID;
CREATE TRIGGER extension_is_never_updated BEFORE UPDATE ON extension
BEGIN SELECT RAISE(ABORT, 'an extension never changes'); END;
CREATE TRIGGER extension_is_never_deleted BEFORE DELETE ON extension
BEGIN SELECT RAISE(ABORT, 'an extension never changes'); END;
