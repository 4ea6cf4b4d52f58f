CREATE TABLE box_document_of_two (
    document TEXT NOT NULL PRIMARY KEY REFERENCES document (hash),
    box TEXT NOT NULL REFERENCES ballot_box (id),
    kind TEXT NOT NULL CHECK (kind IN ('extension', 'correction'))
);
INSERT INTO box_document_of_two (document, box, kind)
SELECT document, box, kind FROM box_document WHERE kind <> 'withdrawal' ORDER BY document;
DROP TABLE box_document;
ALTER TABLE box_document_of_two RENAME TO box_document;
CREATE INDEX box_document_box ON box_document (box, kind);
CREATE TRIGGER box_document_is_never_updated BEFORE UPDATE ON box_document
BEGIN SELECT RAISE(ABORT, 'a row of box_document never changes'); END;
CREATE TRIGGER box_document_is_never_deleted BEFORE DELETE ON box_document
BEGIN SELECT RAISE(ABORT, 'a row of box_document never changes'); END;
