-- A third kind of document about a box: what takes a release back.

ALTER TABLE box_document DROP CONSTRAINT box_document_kind_check;
ALTER TABLE box_document ADD CONSTRAINT box_document_kind_check CHECK (kind IN ('extension', 'correction', 'withdrawal'));
