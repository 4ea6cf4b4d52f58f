DROP TABLE box_document;
