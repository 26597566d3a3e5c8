-- Figures by indicator, year and province; their revisions.

-- name: figure_find
SELECT value FROM figure WHERE indicator = ?1 AND year = ?2 AND province = ?3

-- name: figure_put
INSERT INTO figure (indicator, year, province, value, revision) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (indicator, year, province) DO UPDATE SET value = excluded.value, revision = excluded.revision

-- name: figure_list
-- Behind the key (?1, ?2, ?3), with optional filters.
SELECT indicator, year, province, value, revision FROM figure
WHERE (indicator, year, province) > (?1, ?2, ?3)
AND (?5 IS NULL OR indicator = ?5) AND (?6 IS NULL OR year = ?6) AND (?7 IS NULL OR province = ?7)
ORDER BY indicator, year, province LIMIT ?4

-- name: figure_list_indicator
SELECT indicator, year, province, value, revision FROM figure
WHERE indicator = ?5 AND (year, province) > (?2, ?3) AND (?6 IS NULL OR year = ?6) AND (?7 IS NULL OR province = ?7)
ORDER BY indicator, year, province LIMIT ?4

-- name: figure_list_ordered
-- In the order of a key: ?8 is 0 for indicator, year and province, 1 year, 2 province, 3 value, as a number. Downwards where ?10 is 1.
-- Behind the row with the key ?9 and (?1, ?2, ?3), where ?1 is not ''.
SELECT indicator, year, province, value, revision FROM (
SELECT indicator, year, province, value, revision,
CASE ?8 WHEN 1 THEN year WHEN 2 THEN province WHEN 3 THEN CAST(value AS REAL) ELSE '' END AS key,
CASE ?8 WHEN 1 THEN CAST(?9 AS INTEGER) WHEN 3 THEN CAST(?9 AS REAL) ELSE ?9 END AS behind
FROM figure WHERE (?5 IS NULL OR indicator = ?5) AND (?6 IS NULL OR year = ?6) AND (?7 IS NULL OR province = ?7))
WHERE ?1 = '' OR CASE WHEN ?10 THEN (key, indicator, year, province) < (behind, ?1, ?2, ?3)
ELSE (key, indicator, year, province) > (behind, ?1, ?2, ?3) END
ORDER BY CASE WHEN ?10 THEN key END DESC, CASE WHEN NOT ?10 THEN key END, CASE WHEN ?10 THEN indicator END DESC,
CASE WHEN NOT ?10 THEN indicator END, CASE WHEN ?10 THEN year END DESC, CASE WHEN NOT ?10 THEN year END,
CASE WHEN ?10 THEN province END DESC, province LIMIT ?4

-- name: figure_year
-- All provinces of one indicator and year.
SELECT province, value FROM figure WHERE indicator = ?1 AND year = ?2 ORDER BY province

-- name: figure_years
SELECT DISTINCT year FROM figure WHERE indicator = ?1 ORDER BY year

-- name: figures_revision_insert
INSERT INTO figures_revision (revision, seq, time_ms, figures, changed, digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6)

-- name: figures_revision_last
SELECT revision, seq, time_ms, figures, changed, digest FROM figures_revision ORDER BY revision DESC LIMIT 1
