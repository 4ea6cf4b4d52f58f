-- What both sides signed and everybody may check never changes: signatures, released files, the counted list, the batches.
-- A release itself moves once, from draft to released.

CREATE TRIGGER signature_is_never_changed BEFORE UPDATE OR DELETE ON signature
FOR EACH ROW EXECUTE FUNCTION row_never_changes();
CREATE TRIGGER release_file_is_never_changed BEFORE UPDATE OR DELETE ON release_file
FOR EACH ROW EXECUTE FUNCTION row_never_changes();
CREATE TRIGGER counted_is_never_changed BEFORE UPDATE OR DELETE ON counted
FOR EACH ROW EXECUTE FUNCTION row_never_changes();
CREATE TRIGGER batch_is_never_changed BEFORE UPDATE OR DELETE ON batch
FOR EACH ROW EXECUTE FUNCTION row_never_changes();
CREATE TRIGGER release_moves_once BEFORE UPDATE ON release FOR EACH ROW
WHEN (OLD.state <> 'draft' OR NEW.state <> 'released' OR NEW.hash <> OLD.hash OR NEW.box <> OLD.box)
EXECUTE FUNCTION row_never_changes();
CREATE TRIGGER release_is_never_deleted BEFORE DELETE ON release
FOR EACH ROW EXECUTE FUNCTION row_never_changes();
