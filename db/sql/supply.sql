-- Supplies and the movements that explain them.

-- name: supply_find
SELECT s.id, s.site, p.province, s.item, s.lot, s.expiry, s.owner, s.donor, s.donation, s.earmark, s.condition,
s.on_hand, s.reserved, s.received_at_ms, s.version, s.seq
FROM supply s JOIN site p ON p.id = s.site WHERE s.id = ?1

-- name: supply_find_same
-- The supply with the same attributes.
SELECT s.id, s.site, p.province, s.item, s.lot, s.expiry, s.owner, s.donor, s.donation, s.earmark, s.condition,
s.on_hand, s.reserved, s.received_at_ms, s.version, s.seq
FROM supply s JOIN site p ON p.id = s.site
WHERE s.site = ?1 AND s.item = ?2 AND s.lot = ?3 AND s.expiry = ?4 AND s.owner = ?5 AND s.donor = ?6
AND s.donation = ?7 AND s.earmark = ?8 AND s.condition = ?9

-- name: supply_insert
INSERT INTO supply (id, site, item, lot, expiry, owner, donor, donation, earmark, condition, on_hand, reserved,
received_at_ms, version, seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 1, ?14)

-- name: supply_change
-- New quantities.
UPDATE supply SET on_hand = ?2, reserved = ?3, version = version + 1, seq = ?4 WHERE id = ?1

-- name: supply_list
SELECT s.id, s.site, p.province, s.item, s.lot, s.expiry, s.owner, s.donor, s.donation, s.earmark, s.condition,
s.on_hand, s.reserved, s.received_at_ms, s.version, s.seq
FROM supply s JOIN site p ON p.id = s.site
WHERE s.id > ?1 AND (?3 IS NULL OR s.site = ?3) AND (?4 IS NULL OR s.item = ?4)
AND (?5 IS NULL OR p.province = ?5) AND (?6 IS NULL OR s.lot = ?6) AND (?7 IS NULL OR s.owner = ?7)
AND (?8 IS NULL OR s.donor = ?8) AND (?9 IS NULL OR s.condition = ?9)
AND (?10 IS NULL OR (s.expiry <> '' AND s.expiry < ?10)) AND s.on_hand - s.reserved >= ?11
AND s.on_hand >= ?12 ORDER BY s.id LIMIT ?2

-- name: supply_list_site
SELECT s.id, s.site, p.province, s.item, s.lot, s.expiry, s.owner, s.donor, s.donation, s.earmark, s.condition,
s.on_hand, s.reserved, s.received_at_ms, s.version, s.seq
FROM supply s JOIN site p ON p.id = s.site
WHERE s.site = ?3 AND s.id > ?1 AND (?4 IS NULL OR s.item = ?4)
AND (?5 IS NULL OR p.province = ?5) AND (?6 IS NULL OR s.lot = ?6) AND (?7 IS NULL OR s.owner = ?7)
AND (?8 IS NULL OR s.donor = ?8) AND (?9 IS NULL OR s.condition = ?9)
AND (?10 IS NULL OR (s.expiry <> '' AND s.expiry < ?10)) AND s.on_hand - s.reserved >= ?11
AND s.on_hand >= ?12 ORDER BY s.id LIMIT ?2

-- name: supply_list_item
SELECT s.id, s.site, p.province, s.item, s.lot, s.expiry, s.owner, s.donor, s.donation, s.earmark, s.condition,
s.on_hand, s.reserved, s.received_at_ms, s.version, s.seq
FROM supply s JOIN site p ON p.id = s.site
WHERE s.item = ?4 AND s.id > ?1 AND (?3 IS NULL OR s.site = ?3)
AND (?5 IS NULL OR p.province = ?5) AND (?6 IS NULL OR s.lot = ?6) AND (?7 IS NULL OR s.owner = ?7)
AND (?8 IS NULL OR s.donor = ?8) AND (?9 IS NULL OR s.condition = ?9)
AND (?10 IS NULL OR (s.expiry <> '' AND s.expiry < ?10)) AND s.on_hand - s.reserved >= ?11
AND s.on_hand >= ?12 ORDER BY s.id LIMIT ?2

-- name: supply_list_up
-- In the order of a key: ?13 is 0 for the id, 1 expiry (none comes last), 2 on_hand, 3 available, 4 received_at. Behind the
-- row with the key ?14 and the id ?1.
SELECT id, site, province, item, lot, expiry, owner, donor, donation, earmark, condition,
on_hand, reserved, received_at_ms, version, seq, CAST(key AS TEXT) FROM (
SELECT s.id, s.site, p.province, s.item, s.lot, s.expiry, s.owner, s.donor, s.donation, s.earmark, s.condition,
s.on_hand, s.reserved, s.received_at_ms, s.version, s.seq, CASE ?13
WHEN 1 THEN CASE WHEN s.expiry = '' THEN '9999-12-32' ELSE s.expiry END
WHEN 2 THEN s.on_hand WHEN 3 THEN s.on_hand - s.reserved WHEN 4 THEN s.received_at_ms ELSE '' END AS key
FROM supply s JOIN site p ON p.id = s.site
WHERE (?3 IS NULL OR s.site = ?3) AND (?4 IS NULL OR s.item = ?4)
AND (?5 IS NULL OR p.province = ?5) AND (?6 IS NULL OR s.lot = ?6) AND (?7 IS NULL OR s.owner = ?7)
AND (?8 IS NULL OR s.donor = ?8) AND (?9 IS NULL OR s.condition = ?9)
AND (?10 IS NULL OR (s.expiry <> '' AND s.expiry < ?10)) AND s.on_hand - s.reserved >= ?11
AND s.on_hand >= ?12)
WHERE ?1 = '' OR (key, id) > (CASE WHEN ?13 >= 2 THEN CAST(?14 AS INTEGER) ELSE ?14 END, ?1)
ORDER BY key, id LIMIT ?2

-- name: supply_list_down
-- In the order of a key: ?13 is 0 for the id, 1 expiry (none comes last), 2 on_hand, 3 available, 4 received_at. Behind the
-- row with the key ?14 and the id ?1.
SELECT id, site, province, item, lot, expiry, owner, donor, donation, earmark, condition,
on_hand, reserved, received_at_ms, version, seq, CAST(key AS TEXT) FROM (
SELECT s.id, s.site, p.province, s.item, s.lot, s.expiry, s.owner, s.donor, s.donation, s.earmark, s.condition,
s.on_hand, s.reserved, s.received_at_ms, s.version, s.seq, CASE ?13
WHEN 1 THEN CASE WHEN s.expiry = '' THEN '9999-12-32' ELSE s.expiry END
WHEN 2 THEN s.on_hand WHEN 3 THEN s.on_hand - s.reserved WHEN 4 THEN s.received_at_ms ELSE '' END AS key
FROM supply s JOIN site p ON p.id = s.site
WHERE (?3 IS NULL OR s.site = ?3) AND (?4 IS NULL OR s.item = ?4)
AND (?5 IS NULL OR p.province = ?5) AND (?6 IS NULL OR s.lot = ?6) AND (?7 IS NULL OR s.owner = ?7)
AND (?8 IS NULL OR s.donor = ?8) AND (?9 IS NULL OR s.condition = ?9)
AND (?10 IS NULL OR (s.expiry <> '' AND s.expiry < ?10)) AND s.on_hand - s.reserved >= ?11
AND s.on_hand >= ?12)
WHERE ?1 = '' OR (key, id) < (CASE WHEN ?13 >= 2 THEN CAST(?14 AS INTEGER) ELSE ?14 END, ?1)
ORDER BY key DESC, id DESC LIMIT ?2

-- name: supply_lot_expiry
-- Another expiry date that the same item and lot already have; none known is no other.
SELECT expiry FROM supply WHERE item = ?1 AND lot = ?2 AND expiry <> '' AND expiry <> ?3 ORDER BY expiry LIMIT 1

-- name: supply_summary
-- Sums by any of province (?1), item (?2), site (?3), organisation (?4): 1 where wanted, else 0.
-- Usable is what is good, not expired on the day ?5 and not reserved. Of each sum billions and what is beside them, so that
-- neither overflows (base/wide.h). What is left out as in the lists.
SELECT CASE WHEN ?1 THEN p.province END, CASE WHEN ?2 THEN s.item END, CASE WHEN ?3 THEN s.site END,
CASE WHEN ?4 THEN p.organisation END, count(*),
sum(s.on_hand / 1000000000), sum(s.on_hand % 1000000000), sum(s.reserved / 1000000000), sum(s.reserved % 1000000000),
sum((s.on_hand - s.reserved) / 1000000000) FILTER (WHERE s.condition = 'good' AND (s.expiry = '' OR s.expiry >= ?5)),
sum((s.on_hand - s.reserved) % 1000000000) FILTER (WHERE s.condition = 'good' AND (s.expiry = '' OR s.expiry >= ?5))
FROM supply s JOIN site p ON p.id = s.site
WHERE (?6 IS NULL OR s.site = ?6) AND (?7 IS NULL OR s.item = ?7)
AND (?8 IS NULL OR p.province = ?8) AND (?9 IS NULL OR s.lot = ?9) AND (?10 IS NULL OR s.owner = ?10)
AND (?11 IS NULL OR s.donor = ?11) AND (?12 IS NULL OR s.condition = ?12)
AND (?13 IS NULL OR (s.expiry <> '' AND s.expiry < ?13)) AND s.on_hand - s.reserved >= ?14
AND s.on_hand >= ?15 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4

-- name: movement_insert
INSERT INTO movement (seq, ordinal, supply, kind, reason, delta, balance, transfer, line, reference, note, time_ms,
occurred_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)

-- name: movement_supply
-- The supply that the entry ?1 moved first.
SELECT supply FROM movement WHERE seq = ?1 AND ordinal = 0

-- name: movement_list
-- A supply's movements behind (?2, ?3), oldest first.
SELECT m.seq, m.ordinal, m.supply, m.kind, m.reason, m.delta, m.balance, m.transfer, m.line, m.reference, m.note,
m.time_ms, m.occurred_at_ms, e.organisation, e.role, p.text, e.hash
FROM movement m JOIN entry e ON e.seq = m.seq LEFT JOIN personal p ON p.seq = m.seq AND p.commitment = m.note
WHERE m.supply = ?1 AND (m.seq, m.ordinal) > (?2, ?3) ORDER BY m.seq, m.ordinal LIMIT ?4

-- name: movement_list_down
-- The same before (?2, ?3), newest first.
SELECT m.seq, m.ordinal, m.supply, m.kind, m.reason, m.delta, m.balance, m.transfer, m.line, m.reference, m.note,
m.time_ms, m.occurred_at_ms, e.organisation, e.role, p.text, e.hash
FROM movement m JOIN entry e ON e.seq = m.seq LEFT JOIN personal p ON p.seq = m.seq AND p.commitment = m.note
WHERE m.supply = ?1 AND (m.seq, m.ordinal) < (?2, ?3) ORDER BY m.seq DESC, m.ordinal DESC LIMIT ?4

-- name: movement_all
-- Every movement by supply, for checking sums.
SELECT supply, seq, delta, balance, kind FROM movement ORDER BY supply, seq, ordinal

-- name: supply_all_quantities
SELECT id, on_hand, reserved, item, lot FROM supply ORDER BY id

-- name: supply_reserved_by_transfers
-- What open transfers hold of each supply.
SELECT l.supply, sum(l.quantity) FROM transfer_line l JOIN transfer t ON t.id = l.transfer
WHERE t.state IN ('pending', 'reserved') GROUP BY l.supply ORDER BY l.supply

-- name: conservation_by_lot
-- For each item and lot: what came in and was counted, less what lies, travels and was lost on
-- the way. Conserved quantities give no row. Sums run over the upper and the lower 26 bits apart,
-- so that no sum of legal quantities overflows.
SELECT item, lot, sum(high) * 67108864 + sum(low) AS difference FROM (
SELECT s.item AS item, s.lot AS lot, sum(m.delta >> 26) AS high, sum(m.delta & 67108863) AS low
FROM movement m JOIN supply s ON s.id = m.supply WHERE m.kind IN ('intake', 'adjustment') GROUP BY s.item, s.lot
UNION ALL
SELECT item, lot, -sum(on_hand >> 26), -sum(on_hand & 67108863) FROM supply GROUP BY item, lot
UNION ALL
SELECT s.item, s.lot, -sum((l.outstanding + l.lost) >> 26), -sum((l.outstanding + l.lost) & 67108863)
FROM transfer_line l JOIN supply s ON s.id = l.supply GROUP BY s.item, s.lot
) GROUP BY item, lot HAVING difference <> 0

-- name: movement_without_entry
SELECT m.seq FROM movement m LEFT JOIN entry e ON e.seq = m.seq WHERE e.seq IS NULL LIMIT 1
