-- What the last package of each direction held, by digest: enough to write it, or know it, again. Requests with a rater in
-- them are not kept for this.
CREATE TABLE package_content (
    party TEXT NOT NULL CHECK (party IN ('bench', 'bar')),
    sent BIGINT NOT NULL CHECK (sent IN (0, 1)),
    previous TEXT NOT NULL,
    expires TEXT NOT NULL,
    entries TEXT NOT NULL,
    PRIMARY KEY (party, sent)
);
