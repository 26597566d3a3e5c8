-- Transfers, their lines and what happened to them. A text is looked up in the entry that brought it: note and rationale came with the first
-- event of their transfer.

-- name: transfer_find
SELECT t.id, t.origin, o.province, o.organisation, t.destination, d.province, d.organisation, t.state, t.need,
t.reference, t.carrier, c.commitment, ct.text, h.commitment, ht.text, t.note, n.text, t.rationale, r.text, t.created_by,
t.created_role, t.created_at_ms,
t.updated_at_ms, t.version, t.seq
FROM transfer t JOIN site o ON o.id = t.origin JOIN site d ON d.id = t.destination
LEFT JOIN transfer_person c ON c.transfer = t.id AND c.member = 'contact'
LEFT JOIN personal ct ON ct.commitment = c.commitment AND ct.seq = c.seq
LEFT JOIN transfer_person h ON h.transfer = t.id AND h.member = 'driver'
LEFT JOIN personal ht ON ht.commitment = h.commitment AND ht.seq = h.seq
LEFT JOIN personal n ON n.commitment = t.note
AND n.seq = CASE WHEN t.note IS NOT NULL THEN (SELECT min(v.seq) FROM transfer_event v WHERE v.transfer = t.id) END
LEFT JOIN personal r ON r.commitment = t.rationale
AND r.seq = CASE WHEN t.rationale IS NOT NULL THEN (SELECT min(v.seq) FROM transfer_event v WHERE v.transfer = t.id) END
WHERE t.id = ?1

-- name: transfer_list
SELECT t.id, t.origin, o.province, o.organisation, t.destination, d.province, d.organisation, t.state, t.need,
t.reference, t.carrier, c.commitment, ct.text, h.commitment, ht.text, t.note, n.text, t.rationale, r.text, t.created_by,
t.created_role, t.created_at_ms,
t.updated_at_ms, t.version, t.seq
FROM transfer t JOIN site o ON o.id = t.origin JOIN site d ON d.id = t.destination
LEFT JOIN transfer_person c ON c.transfer = t.id AND c.member = 'contact'
LEFT JOIN personal ct ON ct.commitment = c.commitment AND ct.seq = c.seq
LEFT JOIN transfer_person h ON h.transfer = t.id AND h.member = 'driver'
LEFT JOIN personal ht ON ht.commitment = h.commitment AND ht.seq = h.seq
LEFT JOIN personal n ON n.commitment = t.note
AND n.seq = CASE WHEN t.note IS NOT NULL THEN (SELECT min(v.seq) FROM transfer_event v WHERE v.transfer = t.id) END
LEFT JOIN personal r ON r.commitment = t.rationale
AND r.seq = CASE WHEN t.rationale IS NOT NULL THEN (SELECT min(v.seq) FROM transfer_event v WHERE v.transfer = t.id) END
WHERE t.id > ?1 AND (?3 IS NULL OR t.state = ?3) AND (?4 IS NULL OR t.origin = ?4)
AND (?5 IS NULL OR t.destination = ?5) AND (?6 IS NULL OR ?6 IN (t.origin, t.destination))
AND (?7 IS NULL OR ?7 IN (o.province, d.province)) AND (?8 IS NULL OR ?8 IN (o.organisation, d.organisation))
AND (?9 IS NULL OR t.created_at_ms >= ?9)
AND (?10 IS NULL OR EXISTS (SELECT 1 FROM transfer_line l JOIN supply s ON s.id = l.supply
WHERE l.transfer = t.id AND s.item = ?10))
ORDER BY t.id LIMIT ?2

-- name: transfer_list_up
-- In the order of a key: ?11 is 0 for the id, 1 created_at, 2 updated_at. Behind the row with the key ?12 and the id ?1.
SELECT t.id, t.origin, o.province, o.organisation, t.destination, d.province, d.organisation, t.state, t.need,
t.reference, t.carrier, c.commitment, ct.text, h.commitment, ht.text, t.note, n.text, t.rationale, r.text, t.created_by,
t.created_role, t.created_at_ms,
t.updated_at_ms, t.version, t.seq,
CAST(CASE ?11 WHEN 1 THEN t.created_at_ms WHEN 2 THEN t.updated_at_ms ELSE 0 END AS TEXT)
FROM transfer t JOIN site o ON o.id = t.origin JOIN site d ON d.id = t.destination
LEFT JOIN transfer_person c ON c.transfer = t.id AND c.member = 'contact'
LEFT JOIN personal ct ON ct.commitment = c.commitment AND ct.seq = c.seq
LEFT JOIN transfer_person h ON h.transfer = t.id AND h.member = 'driver'
LEFT JOIN personal ht ON ht.commitment = h.commitment AND ht.seq = h.seq
LEFT JOIN personal n ON n.commitment = t.note
AND n.seq = CASE WHEN t.note IS NOT NULL THEN (SELECT min(v.seq) FROM transfer_event v WHERE v.transfer = t.id) END
LEFT JOIN personal r ON r.commitment = t.rationale
AND r.seq = CASE WHEN t.rationale IS NOT NULL THEN (SELECT min(v.seq) FROM transfer_event v WHERE v.transfer = t.id) END
WHERE (?3 IS NULL OR t.state = ?3) AND (?4 IS NULL OR t.origin = ?4)
AND (?5 IS NULL OR t.destination = ?5) AND (?6 IS NULL OR ?6 IN (t.origin, t.destination))
AND (?7 IS NULL OR ?7 IN (o.province, d.province)) AND (?8 IS NULL OR ?8 IN (o.organisation, d.organisation))
AND (?9 IS NULL OR t.created_at_ms >= ?9)
AND (?10 IS NULL OR EXISTS (SELECT 1 FROM transfer_line l JOIN supply s ON s.id = l.supply
WHERE l.transfer = t.id AND s.item = ?10))
AND (?1 = '' OR (CASE ?11 WHEN 1 THEN t.created_at_ms WHEN 2 THEN t.updated_at_ms ELSE 0 END, t.id) > (CAST(?12 AS INTEGER), ?1))
ORDER BY CASE ?11 WHEN 1 THEN t.created_at_ms WHEN 2 THEN t.updated_at_ms ELSE 0 END, t.id LIMIT ?2

-- name: transfer_list_down
-- In the order of a key: ?11 is 0 for the id, 1 created_at, 2 updated_at. Behind the row with the key ?12 and the id ?1.
SELECT t.id, t.origin, o.province, o.organisation, t.destination, d.province, d.organisation, t.state, t.need,
t.reference, t.carrier, c.commitment, ct.text, h.commitment, ht.text, t.note, n.text, t.rationale, r.text, t.created_by,
t.created_role, t.created_at_ms,
t.updated_at_ms, t.version, t.seq,
CAST(CASE ?11 WHEN 1 THEN t.created_at_ms WHEN 2 THEN t.updated_at_ms ELSE 0 END AS TEXT)
FROM transfer t JOIN site o ON o.id = t.origin JOIN site d ON d.id = t.destination
LEFT JOIN transfer_person c ON c.transfer = t.id AND c.member = 'contact'
LEFT JOIN personal ct ON ct.commitment = c.commitment AND ct.seq = c.seq
LEFT JOIN transfer_person h ON h.transfer = t.id AND h.member = 'driver'
LEFT JOIN personal ht ON ht.commitment = h.commitment AND ht.seq = h.seq
LEFT JOIN personal n ON n.commitment = t.note
AND n.seq = CASE WHEN t.note IS NOT NULL THEN (SELECT min(v.seq) FROM transfer_event v WHERE v.transfer = t.id) END
LEFT JOIN personal r ON r.commitment = t.rationale
AND r.seq = CASE WHEN t.rationale IS NOT NULL THEN (SELECT min(v.seq) FROM transfer_event v WHERE v.transfer = t.id) END
WHERE (?3 IS NULL OR t.state = ?3) AND (?4 IS NULL OR t.origin = ?4)
AND (?5 IS NULL OR t.destination = ?5) AND (?6 IS NULL OR ?6 IN (t.origin, t.destination))
AND (?7 IS NULL OR ?7 IN (o.province, d.province)) AND (?8 IS NULL OR ?8 IN (o.organisation, d.organisation))
AND (?9 IS NULL OR t.created_at_ms >= ?9)
AND (?10 IS NULL OR EXISTS (SELECT 1 FROM transfer_line l JOIN supply s ON s.id = l.supply
WHERE l.transfer = t.id AND s.item = ?10))
AND (?1 = '' OR (CASE ?11 WHEN 1 THEN t.created_at_ms WHEN 2 THEN t.updated_at_ms ELSE 0 END, t.id) < (CAST(?12 AS INTEGER), ?1))
ORDER BY CASE ?11 WHEN 1 THEN t.created_at_ms WHEN 2 THEN t.updated_at_ms ELSE 0 END DESC, t.id DESC LIMIT ?2

-- name: transfer_insert
INSERT INTO transfer (id, origin, destination, state, need, reference, carrier, note, rationale, created_by,
created_role, created_at_ms, updated_at_ms, version, seq)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, 1, ?13)

-- name: transfer_change
UPDATE transfer SET state = ?2, updated_at_ms = ?3, version = version + 1, seq = ?4 WHERE id = ?1

-- name: transfer_person_insert
INSERT INTO transfer_person (transfer, member, seq, commitment) VALUES (?1, ?2, ?3, ?4)

-- name: transfer_line_insert
INSERT INTO transfer_line (transfer, line, supply, quantity, dispatched, received_good, received_damaged, lost,
returned, outstanding) VALUES (?1, ?2, ?3, ?4, 0, 0, 0, 0, 0, 0)

-- name: transfer_line_change
UPDATE transfer_line SET dispatched = ?3, received_good = ?4, received_damaged = ?5, lost = ?6, returned = ?7,
outstanding = ?8 WHERE transfer = ?1 AND line = ?2

-- name: transfer_line_list
SELECT l.transfer, l.line, l.supply, s.item, s.lot, s.expiry, l.quantity, l.dispatched, l.received_good,
l.received_damaged, l.lost, l.returned, l.outstanding
FROM transfer_line l JOIN supply s ON s.id = l.supply WHERE l.transfer = ?1 ORDER BY l.line

-- name: transfer_event_insert
INSERT INTO transfer_event (transfer, seq, kind, time_ms, organisation, role, reason)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)

-- name: transfer_event_list
SELECT v.transfer, v.seq, v.kind, v.time_ms, v.organisation, v.role, v.reason, p.text, e.hash
FROM transfer_event v JOIN entry e ON e.seq = v.seq LEFT JOIN personal p ON p.seq = v.seq AND p.commitment = v.reason
WHERE v.transfer = ?1 ORDER BY v.seq

-- name: transfer_event_line_insert
INSERT INTO transfer_event_line (transfer, seq, line, dispatched, good, damaged, lost, returned, reason)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)

-- name: transfer_event_line_list
SELECT v.transfer, v.seq, v.line, v.dispatched, v.good, v.damaged, v.lost, v.returned, v.reason, p.text
FROM transfer_event_line v LEFT JOIN personal p ON p.seq = v.seq AND p.commitment = v.reason
WHERE v.transfer = ?1 ORDER BY v.seq, v.line

-- name: transfer_summary
-- Counts and sums by any of origin province (?1), destination province (?2), item (?3), state (?4).
-- Of each sum billions and what is beside them, so that neither overflows (base/wide.h). What is left out as in the lists, but of a
-- transfer with several items the lines of the one item alone are summed.
SELECT CASE WHEN ?1 THEN o.province END, CASE WHEN ?2 THEN d.province END, CASE WHEN ?3 THEN s.item END,
CASE WHEN ?4 THEN t.state END, count(DISTINCT t.id),
sum(l.quantity / 1000000000), sum(l.quantity % 1000000000),
sum(l.dispatched / 1000000000), sum(l.dispatched % 1000000000),
sum(l.received_good / 1000000000), sum(l.received_good % 1000000000),
sum(l.received_damaged / 1000000000), sum(l.received_damaged % 1000000000),
sum(l.lost / 1000000000), sum(l.lost % 1000000000),
sum(l.returned / 1000000000), sum(l.returned % 1000000000),
sum(l.outstanding / 1000000000), sum(l.outstanding % 1000000000)
FROM transfer_line l JOIN transfer t ON t.id = l.transfer JOIN supply s ON s.id = l.supply
JOIN site o ON o.id = t.origin JOIN site d ON d.id = t.destination
WHERE (?5 IS NULL OR t.state = ?5) AND (?6 IS NULL OR t.origin = ?6)
AND (?7 IS NULL OR t.destination = ?7) AND (?8 IS NULL OR ?8 IN (t.origin, t.destination))
AND (?9 IS NULL OR ?9 IN (o.province, d.province)) AND (?10 IS NULL OR ?10 IN (o.organisation, d.organisation))
AND (?11 IS NULL OR t.created_at_ms >= ?11) AND (?12 IS NULL OR s.item = ?12)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4

-- name: transfer_line_check
-- Lines whose sums or state do not fit together.
SELECT l.transfer FROM transfer_line l JOIN transfer t ON t.id = l.transfer
WHERE l.dispatched <> l.received_good + l.received_damaged + l.lost + l.returned + l.outstanding
OR (t.state IN ('pending', 'reserved', 'cancelled', 'rejected') AND l.dispatched <> 0)
OR (t.state IN ('in_transit', 'received', 'returned') AND l.dispatched <> l.quantity)
OR (t.state IN ('received', 'returned') AND l.outstanding <> 0) LIMIT 1
