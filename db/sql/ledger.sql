-- Entries, seals, long bodies, checkpoints, frontier, keys, personal texts, answers.

-- name: entry_insert
INSERT INTO entry (seq, height, time_ms, previous_hash, rules_version, kind, target, command_id, new_id,
organisation, role, subject, submitter_key, submitter_alg, body_length, body_digest, body, submitter_sig, effects,
hash)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)

-- name: seal_insert
INSERT INTO seal (seq, key, signature) VALUES (?1, ?2, ?3)

-- name: seal_without_entry
SELECT s.seq FROM seal s LEFT JOIN entry e ON e.seq = s.seq WHERE e.seq IS NULL LIMIT 1

-- name: entry_last
-- Sequence number, height, time, rules version and hash of the head.
SELECT seq, height, time_ms, rules_version, hash FROM entry ORDER BY seq DESC LIMIT 1

-- name: entry_last_seq
SELECT max(seq) FROM entry

-- name: entry_hash
SELECT hash FROM entry WHERE seq = ?1

-- name: entry_of_hash
-- The index has a part for each 16,384 entries; the newest first. The sign + keeps ?1 from being put for the column within substr,
-- which would then be no expression of the index.
WITH RECURSIVE part (number) AS (SELECT max(seq) >> 14 FROM entry UNION ALL SELECT number - 1 FROM part WHERE number > 0)
SELECT e.seq FROM part CROSS JOIN entry e WHERE e.seq >> 14 = part.number AND substr(e.hash, 1, 5) = substr(?1, 1, 5) AND +e.hash = ?1 LIMIT 1

-- name: entry_list
-- Entries behind ?1 with their full bodies and seals; columns in the order of ledger/entry.h.
SELECT e.seq, e.height, e.time_ms, e.previous_hash, e.rules_version, e.kind, e.target, e.command_id, e.new_id,
e.organisation, e.role, e.subject, e.submitter_key, e.submitter_alg, e.body_length, e.body_digest,
coalesce(e.body, b.bytes), e.submitter_sig, e.effects, e.hash, s.signature, s.key
FROM entry e LEFT JOIN body b ON b.digest = e.body_digest AND e.body IS NULL LEFT JOIN seal s ON s.seq = e.seq
WHERE e.seq > ?1 ORDER BY e.seq LIMIT ?2

-- name: entry_list_down
-- Entries behind ?1 and before ?3, the newest first; columns as above.
SELECT e.seq, e.height, e.time_ms, e.previous_hash, e.rules_version, e.kind, e.target, e.command_id, e.new_id,
e.organisation, e.role, e.subject, e.submitter_key, e.submitter_alg, e.body_length, e.body_digest,
coalesce(e.body, b.bytes), e.submitter_sig, e.effects, e.hash, s.signature, s.key
FROM entry e LEFT JOIN body b ON b.digest = e.body_digest AND e.body IS NULL LEFT JOIN seal s ON s.seq = e.seq
WHERE e.seq > ?1 AND e.seq < ?3 ORDER BY e.seq DESC LIMIT ?2

-- name: entry_walk
-- Entries behind ?1 up to ?2, long bodies left out; columns as above.
SELECT e.seq, e.height, e.time_ms, e.previous_hash, e.rules_version, e.kind, e.target, e.command_id, e.new_id,
e.organisation, e.role, e.subject, e.submitter_key, e.submitter_alg, e.body_length, e.body_digest,
e.body, e.submitter_sig, e.effects, e.hash, s.signature, s.key
FROM entry e LEFT JOIN seal s ON s.seq = e.seq WHERE e.seq > ?1 AND e.seq <= ?2 ORDER BY e.seq

-- name: event_list
-- What happened behind ?1, without bodies, hashes and seals.
SELECT seq, time_ms, kind, target, new_id, command_id, organisation, role FROM entry WHERE seq > ?1 ORDER BY seq LIMIT ?2

-- name: event_list_down
-- The same before ?3, the newest first.
SELECT seq, time_ms, kind, target, new_id, command_id, organisation, role FROM entry
WHERE seq > ?1 AND seq < ?3 ORDER BY seq DESC LIMIT ?2

-- name: body_insert
INSERT INTO body (digest, bytes) VALUES (?1, ?2) ON CONFLICT (digest) DO NOTHING

-- name: body_place
-- Where a long body stands, and its length.
SELECT rowid, length(bytes) FROM body WHERE digest = ?1

-- name: body_without_entry
SELECT count(*) FROM body WHERE digest NOT IN (SELECT body_digest FROM entry WHERE body IS NULL)

-- name: checkpoint_insert
INSERT INTO checkpoint (height, size, root, note) VALUES (?1, ?2, ?3, ?4)

-- name: checkpoint_last
SELECT height, size, root, note FROM checkpoint ORDER BY height DESC LIMIT 1

-- name: checkpoint_of_size
-- The checkpoint of the block that ended with entry ?1; nothing where no block did.
SELECT c.height, c.size, c.root, c.note FROM entry e JOIN checkpoint c ON c.height = e.height WHERE e.seq = ?1 AND c.size = ?1

-- name: checkpoint_over
-- The checkpoint of the block that entry ?1 is in.
SELECT c.height, c.size, c.root, c.note FROM entry e JOIN checkpoint c ON c.height = e.height WHERE e.seq = ?1

-- name: checkpoint_list
SELECT height, size, root, note FROM checkpoint WHERE height > ?1 ORDER BY height LIMIT ?2

-- name: checkpoint_list_down
SELECT height, size, root, note FROM checkpoint WHERE height > ?1 AND height < ?3 ORDER BY height DESC LIMIT ?2

-- name: frontier_put
INSERT INTO frontier (id, state) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET state = excluded.state

-- name: frontier_find
-- Nothing where there are others beside it: a connection that only reads does not know the table's CHECK.
SELECT state FROM frontier WHERE id = 1
AND NOT EXISTS (SELECT 1 FROM frontier WHERE id > 1) AND NOT EXISTS (SELECT 1 FROM frontier WHERE id < 1)

-- name: node_key_insert
INSERT INTO node_key (id, public_key, from_seq, to_seq) VALUES (?1, ?2, ?3, NULL)

-- name: node_key_list
SELECT id, public_key, from_seq, to_seq FROM node_key ORDER BY from_seq, id

-- name: node_key_end
-- The key is valid up to entry ?2.
UPDATE node_key SET to_seq = ?2 WHERE id = ?1

-- name: checkpoint_key_insert
INSERT INTO checkpoint_key (id, algorithm, public_key, from_seq, to_seq) VALUES (?1, ?2, ?3, ?4, NULL)

-- name: checkpoint_key_list
SELECT id, algorithm, public_key, from_seq, to_seq FROM checkpoint_key ORDER BY from_seq, id

-- name: checkpoint_key_end
UPDATE checkpoint_key SET to_seq = ?2 WHERE id = ?1

-- name: personal_insert
INSERT INTO personal (commitment, seq, pointer, salt, text) VALUES (?1, ?2, ?3, ?4, ?5)

-- name: personal_find
-- The index has a part for each 65,536 entries; the newest first, and the sign as above.
WITH RECURSIVE part (number) AS (SELECT max(seq) >> 16 FROM personal UNION ALL SELECT number - 1 FROM part WHERE number > 0)
SELECT p.commitment, p.seq, p.pointer, p.salt, p.text FROM part CROSS JOIN personal p
WHERE p.seq >> 16 = part.number AND substr(p.commitment, 1, 10) = substr(?1, 1, 10) AND +p.commitment = ?1 LIMIT 1

-- name: personal_find_in
-- The same in the entry that is to have it.
SELECT commitment, seq, pointer, salt, text FROM personal WHERE seq = ?1 AND commitment = ?2 LIMIT 1

-- name: personal_note_erased
-- Remembers that there is no text, where a ledger is replayed.
INSERT INTO personal (commitment, seq, pointer) VALUES (?1, ?2, ?3) ON CONFLICT (seq, pointer) DO NOTHING

-- name: personal_unerased
-- A text that is not there, without an entry that says so.
SELECT commitment, seq, pointer, salt, text FROM personal
WHERE text IS NULL AND commitment NOT IN (SELECT commitment FROM erasure) ORDER BY seq LIMIT 1

-- name: personal_of
-- The texts of one entry.
SELECT commitment, seq, pointer, salt, text FROM personal WHERE seq = ?1 ORDER BY pointer

-- name: personal_from
-- The texts of entry ?1 and of those behind it.
SELECT commitment, seq, pointer, salt, text FROM personal WHERE seq >= ?1 ORDER BY seq, pointer

-- name: answer_of_entry
-- Under the scope ?1 and the key ?2, among those of the part of the index where entry ?3 is.
SELECT kind, target, salt, fingerprint, time_ms, seq, status, location, etag, body, mac FROM answer
WHERE seq >> 15 = ?3 >> 15 AND key = ?2 AND scope = ?1

-- name: answer_has_index
SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'answer_by_key'

-- name: answer_part_behind
SELECT seq >> 15 FROM answer WHERE seq >> 15 > ?1 ORDER BY seq >> 15 LIMIT 1

-- name: answer_keys_of_part
SELECT scope, key FROM answer WHERE seq >> 15 = ?1

-- name: answer_of_part
-- Whether ?2 and ?3 have one in the part ?1, and which entry it names.
SELECT seq FROM answer WHERE seq >> 15 = ?1 AND key = ?2 AND scope = ?3

-- name: answer_again
-- The first that has the key of one before it: rows are in the order of the ledger, and the index has their numbers. Three with one key
-- are nothing that happens, so the second of them may take its time.
SELECT seq, key FROM answer WHERE rowid = (SELECT min(again) FROM (
SELECT CASE count(*) WHEN 2 THEN max(a.rowid) ELSE
    (SELECT b.rowid FROM answer b WHERE b.key = a.key AND b.scope = a.scope ORDER BY b.rowid LIMIT 1 OFFSET 1) END AS again
FROM answer a GROUP BY a.key, a.scope HAVING count(*) > 1))

-- name: refused_find
SELECT kind, target, salt, fingerprint, time_ms, NULL, status, '', '', body, NULL FROM refused WHERE scope = ?1 AND key = ?2

-- name: answer_accepted_count
SELECT count(*) FROM answer

-- name: answer_insert
-- Nothing is ever deleted from here: 0005_refused.sql says why.
INSERT INTO answer (scope, key, kind, target, salt, fingerprint, time_ms, seq, status, location, etag, body, mac)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)

-- name: refused_insert
-- One that has lapsed gives way.
INSERT OR REPLACE INTO refused (scope, key, kind, target, salt, fingerprint, time_ms, status, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)

-- name: refused_expire
-- Drops some of the refusals from before ?1.
DELETE FROM refused WHERE (scope, key) IN
(SELECT scope, key FROM refused WHERE time_ms < ?1 ORDER BY time_ms LIMIT 16)
