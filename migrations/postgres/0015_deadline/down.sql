ALTER TABLE reply_window DROP COLUMN decide_provisional;
ALTER TABLE reply_window DROP COLUMN decide_by;
