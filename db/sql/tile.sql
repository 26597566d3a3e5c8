-- The rows of the tree's hashes.

-- name: tile_put
INSERT INTO tile (level, position, hashes) VALUES (?1, ?2, ?3)
ON CONFLICT (level, position) DO UPDATE SET hashes = excluded.hashes

-- name: tile_find
SELECT level, position, hashes FROM tile WHERE level = ?1 AND position = ?2

-- name: tile_last
SELECT level, position, hashes FROM tile WHERE level = ?1 ORDER BY position DESC LIMIT 1

-- name: tile_count
SELECT count(*) FROM tile
