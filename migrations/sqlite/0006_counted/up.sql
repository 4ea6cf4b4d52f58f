-- A device chooses the nonces of its slips, and one that uses a nonce in two boxes stands on both counted lists. Under one
-- name for all boxes the second list could not be published.

CREATE TABLE counted_of_box (
    hash TEXT NOT NULL,
    box TEXT NOT NULL REFERENCES ballot_box (id),
    PRIMARY KEY (box, hash)
);
INSERT INTO counted_of_box (hash, box) SELECT hash, box FROM counted ORDER BY box, hash;
DROP TABLE counted;
ALTER TABLE counted_of_box RENAME TO counted;
CREATE TRIGGER counted_is_never_updated BEFORE UPDATE ON counted
BEGIN SELECT RAISE(ABORT, 'a row of counted never changes'); END;
CREATE TRIGGER counted_is_never_deleted BEFORE DELETE ON counted
BEGIN SELECT RAISE(ABORT, 'a row of counted never changes'); END;
