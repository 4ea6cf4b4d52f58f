-- The cells of a release with those that not everybody may read, under a salt. The signed document binds them by their hash.

CREATE TABLE release_reserved (
    release TEXT NOT NULL PRIMARY KEY REFERENCES release (hash),
    body TEXT NOT NULL
);

CREATE TRIGGER release_reserved_is_never_changed BEFORE UPDATE OR DELETE ON release_reserved
FOR EACH ROW EXECUTE FUNCTION row_never_changes();
