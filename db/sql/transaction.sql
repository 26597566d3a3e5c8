-- Transactions and their savepoints; the connection's own checks.

-- name: transaction_begin_read
-- One state for all reads of a request.
BEGIN DEFERRED

-- name: transaction_begin_write
BEGIN IMMEDIATE

-- name: transaction_commit
COMMIT

-- name: transaction_rollback
ROLLBACK

-- name: savepoint_begin
SAVEPOINT command

-- name: savepoint_release
RELEASE command

-- name: savepoint_rollback
ROLLBACK TO command

-- name: schema_all
-- Tables, indexes and triggers with their texts; not what ANALYZE keeps, which decides nothing.
SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT GLOB 'sqlite_stat*' ORDER BY type, name

-- name: integrity_check
PRAGMA integrity_check(1)
