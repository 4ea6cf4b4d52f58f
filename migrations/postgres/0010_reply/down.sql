-- Forgets every answer and every reading.

DROP TABLE reading;
DROP TABLE objection_decision;
DROP TABLE objection;
DROP TABLE reply_statement;
DROP TABLE reply_window;
