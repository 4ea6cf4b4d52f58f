-- Documents about one box beside its manifest and its release: extensions of its last day, corrections of what came out.

CREATE TABLE box_document (
    document TEXT NOT NULL PRIMARY KEY REFERENCES document (hash),
    box TEXT NOT NULL REFERENCES ballot_box (id),
    kind TEXT NOT NULL CHECK (kind IN ('extension', 'correction'))
);
CREATE INDEX box_document_box ON box_document (box, kind);
CREATE TRIGGER box_document_is_never_updated BEFORE UPDATE ON box_document
BEGIN SELECT RAISE(ABORT, 'a row of box_document never changes'); END;
CREATE TRIGGER box_document_is_never_deleted BEFORE DELETE ON box_document
BEGIN SELECT RAISE(ABORT, 'a row of box_document never changes'); END;
