-- Statements on node.db.

-- name: transaction_begin
BEGIN IMMEDIATE

-- name: transaction_commit
COMMIT

-- name: transaction_rollback
ROLLBACK

-- name: token_insert
INSERT INTO token (id, hash, organisation, role, scope, created_at_ms, expires_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)

-- name: token_find
SELECT id, organisation, role, scope, created_at_ms, expires_at_ms, revoked_at_ms, last_used_at_ms, hash
FROM token WHERE hash = ?1

-- name: token_list
SELECT id, organisation, role, scope, created_at_ms, expires_at_ms, revoked_at_ms, last_used_at_ms, hash
FROM token ORDER BY created_at_ms, id

-- name: token_revoke
UPDATE token SET revoked_at_ms = ?2 WHERE id = ?1 AND revoked_at_ms IS NULL

-- name: token_touch
UPDATE token SET last_used_at_ms = ?2 WHERE hash = ?1 AND coalesce(last_used_at_ms, 0) < ?2

-- name: secret_find
SELECT value FROM secret WHERE name = ?1

-- name: secret_insert
INSERT INTO secret (name, value) VALUES (?1, ?2)
