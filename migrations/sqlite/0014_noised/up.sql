-- R15: what the counts of a box have cost of the year's privacy. One row to a box, in thousandths of epsilon; the limit is the one
-- of the charter that it was drawn under.

CREATE TABLE privacy_spending (
    box TEXT NOT NULL PRIMARY KEY REFERENCES ballot_box (id),
    direction TEXT NOT NULL CHECK (direction IN ('bar_rates_bench', 'bench_rates_bar')),
    year BIGINT NOT NULL,
    epsilon BIGINT NOT NULL CHECK (epsilon > 0),
    yearly BIGINT NOT NULL,
    release TEXT NOT NULL REFERENCES release (hash)
);
CREATE INDEX privacy_spending_year ON privacy_spending (direction, year);

CREATE TRIGGER privacy_spending_is_never_updated BEFORE UPDATE ON privacy_spending
BEGIN SELECT RAISE(ABORT, 'a row of privacy_spending never changes'); END;
CREATE TRIGGER privacy_spending_is_never_deleted BEFORE DELETE ON privacy_spending
BEGIN SELECT RAISE(ABORT, 'a row of privacy_spending never changes'); END;
