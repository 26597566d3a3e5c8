-- Keys with which organisations sign commands, and policies that say which commands must be signed.

-- name: organisation_key_insert
INSERT INTO organisation_key (id, organisation, public_key, from_seq, to_seq, reason, version, seq)
VALUES (?1, ?2, ?3, ?4, NULL, NULL, 1, ?5)

-- name: organisation_key_revoke
UPDATE organisation_key SET to_seq = ?2, reason = ?3, version = version + 1, seq = ?2 WHERE id = ?1

-- name: organisation_key_find
SELECT k.id, k.organisation, k.public_key, k.from_seq, k.to_seq, k.reason, p.text, k.version, k.seq
FROM organisation_key k LEFT JOIN personal p ON p.seq = k.to_seq AND p.commitment = k.reason WHERE k.id = ?1

-- name: organisation_key_list
-- Those of an organisation, in the order in which they were added: from_seq differs from key to key.
SELECT k.id, k.organisation, k.public_key, k.from_seq, k.to_seq, k.reason, p.text, k.version, k.seq
FROM organisation_key k LEFT JOIN personal p ON p.seq = k.to_seq AND p.commitment = k.reason
WHERE k.organisation = ?1 AND k.from_seq > ?2 ORDER BY k.from_seq LIMIT ?3

-- name: organisation_key_list_down
-- The same, the newest first, before ?2.
SELECT k.id, k.organisation, k.public_key, k.from_seq, k.to_seq, k.reason, p.text, k.version, k.seq
FROM organisation_key k LEFT JOIN personal p ON p.seq = k.to_seq AND p.commitment = k.reason
WHERE k.organisation = ?1 AND k.from_seq < ?2 ORDER BY k.from_seq DESC LIMIT ?3

-- name: policy_find
SELECT organisation, signed_kinds, version, seq FROM policy WHERE organisation = ?1

-- name: policy_list
-- ?1 is the organisation before, and left out is ?2, which is the same one, or none at the start.
SELECT organisation, signed_kinds, version, seq FROM policy WHERE organisation >= ?1 AND organisation <> ?2
ORDER BY organisation LIMIT ?3

-- name: policy_list_ordered
-- In the order of a key: ?7 is 0 for the organisation, 1 updated_seq. Downwards where ?9 is 1. Behind the row with the key ?8 and the organisation ?1 = ?2, which is none at the start.
SELECT organisation, signed_kinds, version, seq, CAST(key AS TEXT) FROM (
SELECT organisation, signed_kinds, version, seq, CASE ?7 WHEN 1 THEN seq ELSE '' END AS key FROM policy)
WHERE ?1 <> ?2 OR CASE WHEN ?9 THEN (key, organisation) < (CASE ?7 WHEN 1 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1)
ELSE (key, organisation) > (CASE ?7 WHEN 1 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1) END
ORDER BY CASE WHEN ?9 THEN key END DESC, CASE WHEN NOT ?9 THEN key END, CASE WHEN ?9 THEN organisation END DESC, organisation LIMIT ?3

-- name: policy_put
INSERT INTO policy (organisation, signed_kinds, version, seq) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (organisation) DO UPDATE SET signed_kinds = excluded.signed_kinds, version = excluded.version, seq = excluded.seq

-- name: policy_of
-- What is demanded of everybody and of two organisations, in this order.
SELECT organisation, signed_kinds, version, seq FROM policy WHERE organisation IN ('', ?1, ?2) ORDER BY organisation
