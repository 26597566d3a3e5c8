-- Statements on node.db.

-- name: token_insert
INSERT INTO token (id, hash, organisation, role, created_at_ms, expires_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)

-- name: token_find
SELECT id, organisation, role, created_at_ms, expires_at_ms, revoked_at_ms, hash FROM token WHERE hash = ?1

-- name: secret_find
SELECT value FROM secret WHERE name = ?1

-- name: secret_insert
INSERT INTO secret (name, value) VALUES (?1, ?2)
