DROP TABLE research_notice;
DROP TABLE data_use;
