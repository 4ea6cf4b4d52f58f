-- Back to one name for all boxes; fails where a hash stands in two.

ALTER TABLE counted DROP CONSTRAINT counted_pkey;
ALTER TABLE counted ADD PRIMARY KEY (hash);
CREATE INDEX counted_box ON counted (box);
