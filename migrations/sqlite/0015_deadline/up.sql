-- The last day on which a side decides an objection, as it was counted when the window was opened; absent where the charter sets
-- none. Provisional where the holidays on the way were not published then.

ALTER TABLE reply_window ADD COLUMN decide_by TEXT;
ALTER TABLE reply_window ADD COLUMN decide_provisional BIGINT NOT NULL DEFAULT 0 CHECK (decide_provisional IN (0, 1));
