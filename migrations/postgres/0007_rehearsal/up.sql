-- What was put into the box of a rehearsal and what came out: how many test ballots, and a digest of what they say.

CREATE TABLE rehearsal (
    box TEXT NOT NULL PRIMARY KEY REFERENCES ballot_box (id),
    ballots_in BIGINT NOT NULL CHECK (ballots_in >= 0),
    answers_in TEXT NOT NULL,
    ballots_out BIGINT CHECK (ballots_out >= 0),
    answers_out TEXT
);
