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

-- name: cosignature_put
-- From here on: what files of before the third step cannot have. A newer cosignature of the same checkpoint takes the place of the older.
INSERT INTO cosignature (size, root, witness, name, public_key, time_s, signature) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (size, root, public_key) DO UPDATE SET witness = excluded.witness, name = excluded.name, time_s = excluded.time_s,
    signature = excluded.signature WHERE excluded.time_s > time_s

-- name: cosignature_list
SELECT id, size, witness, name, time_s, root, public_key, signature FROM cosignature WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: cosignature_of_size
SELECT id, size, witness, name, time_s, root, public_key, signature FROM cosignature WHERE size = ?3 AND id > ?1 ORDER BY id LIMIT ?2

-- name: cosignature_list_ordered
-- Those of the size ?3, or all (0), by size (?4 is 0) or time (1), then as they came. Downwards where ?6 is 1. Behind the row with the key ?5 and the id ?1, which is 0 at the start.
SELECT id, size, witness, name, time_s, root, public_key, signature FROM (
SELECT *, CASE ?4 WHEN 1 THEN time_s ELSE size END AS key FROM cosignature WHERE ?3 = 0 OR size = ?3)
WHERE ?1 = 0 OR CASE WHEN ?6 THEN (key, id) < (?5, ?1) ELSE (key, id) > (?5, ?1) END
ORDER BY CASE WHEN ?6 THEN key END DESC, CASE WHEN NOT ?6 THEN key END, CASE WHEN ?6 THEN id END DESC, id LIMIT ?2

-- name: cosignature_of_root
SELECT id, size, witness, name, time_s, root, public_key, signature FROM cosignature WHERE size = ?1 AND root = ?2
ORDER BY name, public_key LIMIT ?3

-- name: answer_key_list
-- From here on: what files of before the fourth step cannot have. The newest ones.
SELECT id, first, hash, key FROM answer_key ORDER BY first DESC, id DESC LIMIT ?1

-- name: answer_key_insert
INSERT INTO answer_key (first, hash, key) VALUES (?1, ?2, ?3)

-- name: answer_key_bind
-- Says which ledger it is for.
UPDATE answer_key SET hash = ?2 WHERE id = ?1 AND hash IS NULL

-- name: answer_key_drop
-- Those that were made for an entry that came to nothing, or came elsewhere.
DELETE FROM answer_key WHERE hash IS NULL
