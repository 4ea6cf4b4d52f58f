DROP TABLE fairness_note;
