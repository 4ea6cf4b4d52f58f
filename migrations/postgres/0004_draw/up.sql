-- A side that has committed to its part of a draw cannot take it back, and what it revealed stays.

CREATE TRIGGER draw_share_is_revealed_once BEFORE UPDATE ON draw_share FOR EACH ROW
WHEN (OLD.contribution IS NOT NULL OR NEW.period <> OLD.period OR NEW.side <> OLD.side OR NEW.commitment <> OLD.commitment)
EXECUTE FUNCTION row_never_changes();
CREATE TRIGGER draw_share_is_never_deleted BEFORE DELETE ON draw_share
FOR EACH ROW EXECUTE FUNCTION row_never_changes();
