-- The rows of the tree's hashes; their id is position * 16 + level.

-- name: tile_put
INSERT INTO tile (id, hashes) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET hashes = excluded.hashes

-- name: tile_find
SELECT id, hashes FROM tile WHERE id = ?1

-- name: tile_last_leaves
-- At the end; a row above the leaves can stand behind it, since with the sixteenth leaf both are there.
SELECT id, hashes FROM tile WHERE id & 15 = 0 ORDER BY id DESC LIMIT 1

-- name: tile_count
SELECT count(*) FROM tile
