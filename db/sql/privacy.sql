-- Personal texts as whoever keeps the records sees them, and what erases them.

-- name: personal_list
-- Texts of the entries up to ?3, behind entry ?1 and pointer ?2, with the entry that erased them.
SELECT p.commitment, p.seq, p.pointer, p.text, e.seq FROM personal p LEFT JOIN erasure e ON e.commitment = p.commitment
WHERE p.seq <= ?3 AND (p.seq, p.pointer) > (?1, ?2) ORDER BY p.seq, p.pointer LIMIT ?4

-- name: personal_list_down
-- The same from the other end: texts of the entries from ?3 on, before entry ?1 and pointer ?2.
SELECT p.commitment, p.seq, p.pointer, p.text, e.seq FROM personal p LEFT JOIN erasure e ON e.commitment = p.commitment
WHERE p.seq >= ?3 AND (p.seq, p.pointer) < (?1, ?2) ORDER BY p.seq DESC, p.pointer DESC LIMIT ?4

-- name: personal_erase
UPDATE personal SET salt = NULL, text = NULL WHERE seq = ?1 AND commitment = ?2

-- name: erasure_insert
INSERT INTO erasure (commitment, seq) VALUES (?1, ?2)

-- name: erasure_find
SELECT seq FROM erasure WHERE commitment = ?1

-- name: erasure_list
-- Behind entry ?1 and commitment ?2, with the times of the entries.
SELECT r.commitment, r.seq, e.time_ms FROM erasure r JOIN entry e ON e.seq = r.seq
WHERE (r.seq, r.commitment) > (?1, ?2) ORDER BY r.seq, r.commitment LIMIT ?3

-- name: erasure_list_down
SELECT r.commitment, r.seq, e.time_ms FROM erasure r JOIN entry e ON e.seq = r.seq
WHERE (r.seq, r.commitment) < (?1, ?2) ORDER BY r.seq DESC, r.commitment DESC LIMIT ?3

-- name: erasure_of
-- What one entry erased.
SELECT r.commitment, r.seq, e.time_ms FROM erasure r JOIN entry e ON e.seq = r.seq WHERE r.seq = ?1 ORDER BY r.commitment

-- name: entry_command
-- Whose command an entry tells of, and what it was about.
SELECT kind, target, new_id, organisation, subject, command_id, seq FROM entry WHERE seq = ?1

-- name: entry_commands_of_transfer
-- The same for every step of a transfer.
SELECT e.kind, e.target, e.new_id, e.organisation, e.subject, e.command_id, e.seq FROM transfer_event v JOIN entry e ON e.seq = v.seq
WHERE v.transfer = ?1 ORDER BY v.seq

-- name: answer_erased_by
-- The newest entry before ?2 that erased a text which the answer to entry ?1 can have told: one that its own command brought, or, of a step of
-- a transfer, any step's. Entries before the answer are none: it was made without the text. Where there are
-- none, that is all that is looked up.
SELECT coalesce(max(seq), 0) FROM (
SELECT r.seq FROM personal p CROSS JOIN erasure r ON r.commitment = p.commitment WHERE p.seq = ?1 AND (SELECT max(seq) FROM erasure) > ?1
UNION ALL
SELECT r.seq FROM entry e CROSS JOIN transfer_event v ON v.transfer = CASE e.target WHEN '' THEN e.new_id ELSE e.target END
CROSS JOIN personal p ON p.seq = v.seq CROSS JOIN erasure r ON r.commitment = p.commitment
WHERE e.seq = ?1 AND e.kind GLOB 'transfer.*' AND (SELECT max(seq) FROM erasure) > ?1)
WHERE seq > ?1 AND seq < ?2

-- name: answer_rewrite
UPDATE answer SET salt = ?3, fingerprint = ?4, etag = ?5, body = ?6, mac = ?7
WHERE seq >> 15 = ?8 >> 15 AND key = ?2 AND scope = ?1

-- name: refused_drop
-- All refusals, whoever got them: what was accepted in the end may have been refused before, under another key or to another sender. Without
-- a condition SQLite frees the table's pages instead of taking row after row out of them, and so overwrites them whole (secure_delete), with
-- what rows that lapsed may have left between those that stayed.
DELETE FROM refused
