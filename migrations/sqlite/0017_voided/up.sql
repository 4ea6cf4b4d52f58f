-- Whose blocks a correction voids, under a salt. The signed document binds them by their hash.

CREATE TABLE correction_voided (
    correction TEXT NOT NULL PRIMARY KEY REFERENCES document (hash),
    body TEXT NOT NULL
);

CREATE TRIGGER correction_voided_is_never_updated BEFORE UPDATE ON correction_voided
BEGIN SELECT RAISE(ABORT, 'a row of correction_voided never changes'); END;
CREATE TRIGGER correction_voided_is_never_deleted BEFORE DELETE ON correction_voided
BEGIN SELECT RAISE(ABORT, 'a row of correction_voided never changes'); END;
