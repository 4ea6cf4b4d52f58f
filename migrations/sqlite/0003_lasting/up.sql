-- What both sides signed and everybody may check never changes: signatures, released files, the counted list, the batches.
-- A release itself moves once, from draft to released.

CREATE TRIGGER signature_is_never_updated BEFORE UPDATE ON signature
BEGIN SELECT RAISE(ABORT, 'a row of signature never changes'); END;
CREATE TRIGGER signature_is_never_deleted BEFORE DELETE ON signature
BEGIN SELECT RAISE(ABORT, 'a row of signature never changes'); END;
CREATE TRIGGER release_file_is_never_updated BEFORE UPDATE ON release_file
BEGIN SELECT RAISE(ABORT, 'a row of release_file never changes'); END;
CREATE TRIGGER release_file_is_never_deleted BEFORE DELETE ON release_file
BEGIN SELECT RAISE(ABORT, 'a row of release_file never changes'); END;
CREATE TRIGGER counted_is_never_updated BEFORE UPDATE ON counted
BEGIN SELECT RAISE(ABORT, 'a row of counted never changes'); END;
CREATE TRIGGER counted_is_never_deleted BEFORE DELETE ON counted
BEGIN SELECT RAISE(ABORT, 'a row of counted never changes'); END;
CREATE TRIGGER batch_is_never_updated BEFORE UPDATE ON batch
BEGIN SELECT RAISE(ABORT, 'a row of batch never changes'); END;
CREATE TRIGGER batch_is_never_deleted BEFORE DELETE ON batch
BEGIN SELECT RAISE(ABORT, 'a row of batch never changes'); END;
CREATE TRIGGER release_moves_once BEFORE UPDATE ON release
WHEN OLD.state <> 'draft' OR NEW.state <> 'released' OR NEW.hash <> OLD.hash OR NEW.box <> OLD.box
BEGIN SELECT RAISE(ABORT, 'a row of release never changes'); END;
CREATE TRIGGER release_is_never_deleted BEFORE DELETE ON release
BEGIN SELECT RAISE(ABORT, 'a row of release never changes'); END;
