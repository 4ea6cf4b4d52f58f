DROP TABLE correction_voided;
