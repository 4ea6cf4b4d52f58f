DROP TABLE audit_head;
DROP TABLE audit;
DROP TABLE session;
DROP TABLE sign_in_failure;
DROP TABLE account_role;
DROP TABLE account;
DROP FUNCTION audit_is_append_only();
