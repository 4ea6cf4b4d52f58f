-- Whose blocks a correction voids, under a salt. The signed document binds them by their hash.

CREATE TABLE correction_voided (
    correction TEXT NOT NULL PRIMARY KEY REFERENCES document (hash),
    body TEXT NOT NULL
);

CREATE TRIGGER correction_voided_is_never_changed BEFORE UPDATE OR DELETE ON correction_voided
FOR EACH ROW EXECUTE FUNCTION row_never_changes();
