DROP TRIGGER draw_share_is_revealed_once ON draw_share;
DROP TRIGGER draw_share_is_never_deleted ON draw_share;
