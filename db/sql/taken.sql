-- Whose command ids are taken, where a ledger is replayed that brings no answers: rows of the table answer that have nothing but their keys.

-- name: taken_note
-- Nothing is inserted where the table's index sees that the id is taken, which it sees of entries not far from each other.
INSERT INTO answer (rowid, scope, key, kind, target, salt, fingerprint, time_ms, seq, status, location, etag, body)
VALUES (?1, ?2, ?3, '', '', zeroblob(16), zeroblob(32), 0, ?1, 200, '', '', x'') ON CONFLICT DO NOTHING

-- name: taken_again
-- The first entry with an id that was taken before it.
SELECT seq, key FROM (SELECT rowid AS seq, key, lag(rowid) OVER (PARTITION BY key, scope ORDER BY rowid) AS earlier FROM answer)
WHERE earlier IS NOT NULL ORDER BY seq LIMIT 1
