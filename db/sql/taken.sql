-- Whose command ids are taken, where a ledger is replayed that brings no answers: rows of the table answer that have nothing but their keys.

-- name: taken_note
-- Nothing is inserted where the table's index sees that the id is taken, which it sees of entries not far from each other.
INSERT INTO answer (rowid, scope, key, kind, target, salt, fingerprint, time_ms, seq, status, location, etag, body)
VALUES (?1, ?2, ?3, '', '', zeroblob(16), zeroblob(32), 0, ?1, 200, '', '', x'') ON CONFLICT DO NOTHING
