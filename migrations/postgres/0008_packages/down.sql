DROP TABLE package_content;
