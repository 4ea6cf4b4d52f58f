DROP TABLE release_reserved;
