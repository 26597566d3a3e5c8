-- Witnesses of checkpoints.

-- name: witness_find
SELECT id, name, organisation, public_key, ended, version, seq FROM witness WHERE id = ?1

-- name: witness_find_name
SELECT id, name, organisation, public_key, ended, version, seq FROM witness WHERE name = ?1

-- name: witness_find_other
-- Another than ?1 that has the name or the key.
SELECT id, name, organisation, public_key, ended, version, seq FROM witness
WHERE id <> ?1 AND (name = ?2 OR public_key = ?3) ORDER BY id LIMIT 1

-- name: witness_list
SELECT id, name, organisation, public_key, ended, version, seq FROM witness WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: witness_put
INSERT INTO witness (id, name, public_key, organisation, ended, version, seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, public_key = excluded.public_key, organisation = excluded.organisation,
    ended = excluded.ended, version = excluded.version, seq = excluded.seq
