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

-- name: witness_list_ordered
-- In the order of a key: ?7 is 0 for the id, 1 name, 2 organisation (none comes last), 3 updated_seq. Downwards where ?9 is 1. Behind the row with the key ?8 and the id ?1.
SELECT id, name, organisation, public_key, ended, version, seq, CAST(key AS TEXT) FROM (
SELECT id, name, organisation, public_key, ended, version, seq, CASE ?7 WHEN 1 THEN name WHEN 2 THEN coalesce(organisation, char(1114111)) WHEN 3 THEN seq ELSE '' END AS key
FROM witness)
WHERE ?1 = '' OR CASE WHEN ?9 THEN (key, id) < (CASE ?7 WHEN 3 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1)
ELSE (key, id) > (CASE ?7 WHEN 3 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1) END
ORDER BY CASE WHEN ?9 THEN key END DESC, CASE WHEN NOT ?9 THEN key END, CASE WHEN ?9 THEN id END DESC, id LIMIT ?2

-- name: witness_put
INSERT INTO witness (id, name, public_key, organisation, ended, version, seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, public_key = excluded.public_key, organisation = excluded.organisation,
    ended = excluded.ended, version = excluded.version, seq = excluded.seq
