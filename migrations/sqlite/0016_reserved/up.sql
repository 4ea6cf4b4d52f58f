-- The cells of a release with those that not everybody may read, under a salt. The signed document binds them by their hash.

CREATE TABLE release_reserved (
    release TEXT NOT NULL PRIMARY KEY REFERENCES release (hash),
    body TEXT NOT NULL
);

CREATE TRIGGER release_reserved_is_never_updated BEFORE UPDATE ON release_reserved
BEGIN SELECT RAISE(ABORT, 'a row of release_reserved never changes'); END;
CREATE TRIGGER release_reserved_is_never_deleted BEFORE DELETE ON release_reserved
BEGIN SELECT RAISE(ABORT, 'a row of release_reserved never changes'); END;
