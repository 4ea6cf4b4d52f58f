DROP TRIGGER release_is_never_deleted ON release;
DROP TRIGGER release_moves_once ON release;
DROP TRIGGER batch_is_never_changed ON batch;
DROP TRIGGER counted_is_never_changed ON counted;
DROP TRIGGER release_file_is_never_changed ON release_file;
DROP TRIGGER signature_is_never_changed ON signature;
