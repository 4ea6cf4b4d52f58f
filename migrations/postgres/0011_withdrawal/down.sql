ALTER TABLE box_document DISABLE TRIGGER box_document_is_never_changed;
DELETE FROM box_document WHERE kind = 'withdrawal';
ALTER TABLE box_document ENABLE TRIGGER box_document_is_never_changed;
ALTER TABLE box_document DROP CONSTRAINT box_document_kind_check;
ALTER TABLE box_document ADD CONSTRAINT box_document_kind_check CHECK (kind IN ('extension', 'correction'));
