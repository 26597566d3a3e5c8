-- Provinces, organisations, sites, items, indicators, and the parameters of the genesis.
-- Lists page by key: ?1 is the last key of the page before ('' at the start).

-- name: parameter_insert
INSERT INTO parameter (name, value) VALUES (?1, ?2)

-- name: parameter_find
SELECT value FROM parameter WHERE name = ?1

-- name: province_find
-- By ISO 3166-2 code or by GB/T 2260 code.
SELECT code, gb_code, name_en, name_zh, belt, capital, lat_e7, lon_e7, version, seq
FROM province WHERE code = ?1
UNION ALL
SELECT code, gb_code, name_en, name_zh, belt, capital, lat_e7, lon_e7, version, seq
FROM province WHERE gb_code = ?1
LIMIT 1

-- name: province_list
SELECT code, gb_code, name_en, name_zh, belt, capital, lat_e7, lon_e7, version, seq
FROM province WHERE code > ?1 AND (?3 IS NULL OR belt = ?3) ORDER BY code LIMIT ?2

-- name: province_list_ordered
-- In the order of a key: ?7 is 0 for the code, 1 gb_code, 2 name, 3 belt, 4 updated_seq. Downwards where ?9 is 1. Behind the row with the key ?8 and the code ?1.
SELECT code, gb_code, name_en, name_zh, belt, capital, lat_e7, lon_e7, version, seq, CAST(key AS TEXT) FROM (
SELECT code, gb_code, name_en, name_zh, belt, capital, lat_e7, lon_e7, version, seq, CASE ?7 WHEN 1 THEN gb_code WHEN 2 THEN name_en WHEN 3 THEN belt WHEN 4 THEN seq ELSE '' END AS key
FROM province WHERE (?3 IS NULL OR belt = ?3))
WHERE ?1 = '' OR CASE WHEN ?9 THEN (key, code) < (CASE ?7 WHEN 4 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1)
ELSE (key, code) > (CASE ?7 WHEN 4 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1) END
ORDER BY CASE WHEN ?9 THEN key END DESC, CASE WHEN NOT ?9 THEN key END, CASE WHEN ?9 THEN code END DESC, code LIMIT ?2

-- name: province_put
INSERT INTO province (code, gb_code, name_en, name_zh, belt, capital, lat_e7, lon_e7, version, seq)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (code) DO UPDATE SET gb_code = excluded.gb_code, name_en = excluded.name_en,
name_zh = excluded.name_zh, belt = excluded.belt, capital = excluded.capital, lat_e7 = excluded.lat_e7,
lon_e7 = excluded.lon_e7, version = excluded.version, seq = excluded.seq

-- name: organisation_find
SELECT id, name, name_en, name_zh, kind, province, version, seq FROM organisation WHERE id = ?1

-- name: organisation_list
SELECT id, name, name_en, name_zh, kind, province, version, seq FROM organisation
WHERE id > ?1 AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR province = ?4) ORDER BY id LIMIT ?2

-- name: organisation_list_ordered
-- In the order of a key: ?7 is 0 for the id, 1 name, 2 kind, 3 province (none comes last), 4 updated_seq. Downwards where ?9 is 1. Behind the row with the key ?8 and the id ?1.
SELECT id, name, name_en, name_zh, kind, province, version, seq, CAST(key AS TEXT) FROM (
SELECT id, name, name_en, name_zh, kind, province, version, seq, CASE ?7 WHEN 1 THEN coalesce(name, name_en, name_zh) WHEN 2 THEN kind WHEN 3 THEN coalesce(province, char(1114111)) WHEN 4 THEN seq ELSE '' END AS key
FROM organisation WHERE (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR province = ?4))
WHERE ?1 = '' OR CASE WHEN ?9 THEN (key, id) < (CASE ?7 WHEN 4 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1)
ELSE (key, id) > (CASE ?7 WHEN 4 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1) END
ORDER BY CASE WHEN ?9 THEN key END DESC, CASE WHEN NOT ?9 THEN key END, CASE WHEN ?9 THEN id END DESC, id LIMIT ?2

-- name: organisation_put
INSERT INTO organisation (id, name, name_en, name_zh, kind, province, version, seq)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, name_zh = excluded.name_zh,
kind = excluded.kind, province = excluded.province, version = excluded.version, seq = excluded.seq

-- name: site_find
SELECT id, name, name_en, name_zh, kind, organisation, province, lat_e7, lon_e7, version, seq
FROM site WHERE id = ?1

-- name: site_list
SELECT id, name, name_en, name_zh, kind, organisation, province, lat_e7, lon_e7, version, seq
FROM site WHERE id > ?1 AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR organisation = ?4)
AND (?5 IS NULL OR province = ?5) ORDER BY id LIMIT ?2

-- name: site_list_ordered
-- In the order of a key: ?7 is 0 for the id, 1 name, 2 kind, 3 organisation, 4 province, 5 updated_seq. Downwards where ?9 is 1. Behind the row with the key ?8 and the id ?1.
SELECT id, name, name_en, name_zh, kind, organisation, province, lat_e7, lon_e7, version, seq, CAST(key AS TEXT) FROM (
SELECT id, name, name_en, name_zh, kind, organisation, province, lat_e7, lon_e7, version, seq, CASE ?7 WHEN 1 THEN coalesce(name, name_en, name_zh) WHEN 2 THEN kind WHEN 3 THEN organisation WHEN 4 THEN province WHEN 5 THEN seq ELSE '' END AS key
FROM site WHERE (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR organisation = ?4) AND (?5 IS NULL OR province = ?5))
WHERE ?1 = '' OR CASE WHEN ?9 THEN (key, id) < (CASE ?7 WHEN 5 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1)
ELSE (key, id) > (CASE ?7 WHEN 5 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1) END
ORDER BY CASE WHEN ?9 THEN key END DESC, CASE WHEN NOT ?9 THEN key END, CASE WHEN ?9 THEN id END DESC, id LIMIT ?2

-- name: site_put
INSERT INTO site (id, name, name_en, name_zh, kind, organisation, province, lat_e7, lon_e7, version, seq)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, name_zh = excluded.name_zh,
kind = excluded.kind, organisation = excluded.organisation, province = excluded.province, lat_e7 = excluded.lat_e7,
lon_e7 = excluded.lon_e7, version = excluded.version, seq = excluded.seq

-- name: site_uses
-- How many supplies lie or lay at a site, and how many transfers start or end there.
SELECT (SELECT count(*) FROM supply WHERE site = ?1),
(SELECT count(*) FROM transfer WHERE origin = ?1) + (SELECT count(*) FROM transfer WHERE destination = ?1)

-- name: item_find
SELECT id, name, name_en, name_zh, unit, category, identifiers, lot_control, medical_grade, version, seq
FROM item WHERE id = ?1

-- name: item_list
SELECT id, name, name_en, name_zh, unit, category, identifiers, lot_control, medical_grade, version, seq
FROM item WHERE id > ?1 AND (?3 IS NULL OR category = ?3) ORDER BY id LIMIT ?2

-- name: item_list_ordered
-- In the order of a key: ?7 is 0 for the id, 1 name, 2 unit, 3 category (none comes last), 4 updated_seq. Downwards where ?9 is 1. Behind the row with the key ?8 and the id ?1.
SELECT id, name, name_en, name_zh, unit, category, identifiers, lot_control, medical_grade, version, seq, CAST(key AS TEXT) FROM (
SELECT id, name, name_en, name_zh, unit, category, identifiers, lot_control, medical_grade, version, seq, CASE ?7 WHEN 1 THEN coalesce(name, name_en, name_zh) WHEN 2 THEN unit WHEN 3 THEN coalesce(category, char(1114111)) WHEN 4 THEN seq ELSE '' END AS key
FROM item WHERE (?3 IS NULL OR category = ?3))
WHERE ?1 = '' OR CASE WHEN ?9 THEN (key, id) < (CASE ?7 WHEN 4 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1)
ELSE (key, id) > (CASE ?7 WHEN 4 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1) END
ORDER BY CASE WHEN ?9 THEN key END DESC, CASE WHEN NOT ?9 THEN key END, CASE WHEN ?9 THEN id END DESC, id LIMIT ?2

-- name: item_put
INSERT INTO item (id, name, name_en, name_zh, unit, category, identifiers, lot_control, medical_grade, version, seq)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, name_zh = excluded.name_zh,
unit = excluded.unit, category = excluded.category, identifiers = excluded.identifiers,
lot_control = excluded.lot_control, medical_grade = excluded.medical_grade, version = excluded.version,
seq = excluded.seq

-- name: item_has_stock
SELECT 1 FROM supply WHERE item = ?1 LIMIT 1

-- name: indicator_find
SELECT id, name, name_en, name_zh, unit, source, version, seq FROM indicator WHERE id = ?1

-- name: indicator_list
SELECT id, name, name_en, name_zh, unit, source, version, seq FROM indicator WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: indicator_list_ordered
-- Stored ones, and those derived from them, as one list: a derived one has ?3 behind its id and its unit and ?4 behind its name; ?5 has
-- none, nor has what would get an id of more than ?6 letters. In the order of a key: ?7 is 0 for the id, 1 name, 2 unit, 3 source (none comes last),
-- 4 updated_seq. Downwards where ?9 is 1. Behind the row with the key ?8 and the id ?1.
SELECT id, name, name_en, name_zh, unit, source, version, seq, CAST(key AS TEXT), shown, derived FROM (
SELECT *, CASE ?7 WHEN 1 THEN coalesce(name, name_en) || CASE WHEN derived THEN ?4 ELSE '' END
WHEN 2 THEN CASE WHEN derived THEN unit || ?3 ELSE unit END WHEN 3 THEN coalesce(source, char(1114111)) WHEN 4 THEN seq ELSE '' END AS key
FROM (SELECT *, 0 AS derived, id AS shown FROM indicator UNION ALL
SELECT *, 1, id || ?3 FROM indicator WHERE id <> ?5 AND length(id) + length(?3) <= ?6))
WHERE ?1 = '' OR CASE WHEN ?9 THEN (key, shown) < (CASE ?7 WHEN 4 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1)
ELSE (key, shown) > (CASE ?7 WHEN 4 THEN CAST(?8 AS INTEGER) ELSE ?8 END, ?1) END
ORDER BY CASE WHEN ?9 THEN key END DESC, CASE WHEN NOT ?9 THEN key END, CASE WHEN ?9 THEN shown END DESC, shown LIMIT ?2

-- name: indicator_put
INSERT INTO indicator (id, name, name_en, name_zh, unit, source, version, seq)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, name_zh = excluded.name_zh,
unit = excluded.unit, source = excluded.source, version = excluded.version, seq = excluded.seq
