-- A device chooses the nonces of its slips, and one that uses a nonce in two boxes stands on both counted lists. Under one
-- name for all boxes the second list could not be published.

ALTER TABLE counted DROP CONSTRAINT counted_pkey;
DROP INDEX counted_box;
ALTER TABLE counted ADD PRIMARY KEY (box, hash);
