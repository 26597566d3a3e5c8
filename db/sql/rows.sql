-- The business tables, whole rows: what a command wrote (db/effects.h), and what a replay
-- must arrive at. One pair of statements for each table, in the order of the names.

-- name: row_checkpoint_key
-- The row with a rowid.
SELECT * FROM checkpoint_key WHERE rowid = ?1

-- name: rows_checkpoint_key
-- All rows, ordered by key.
SELECT * FROM checkpoint_key ORDER BY id

-- name: row_erasure
-- The row with a rowid.
SELECT * FROM erasure WHERE rowid = ?1

-- name: rows_erasure
-- All rows, ordered by key.
SELECT * FROM erasure ORDER BY commitment

-- name: row_figure
-- The row with a rowid.
SELECT * FROM figure WHERE rowid = ?1

-- name: rows_figure
-- All rows, ordered by key.
SELECT * FROM figure ORDER BY indicator, year, province

-- name: row_figures_revision
-- The row with a rowid.
SELECT * FROM figures_revision WHERE rowid = ?1

-- name: rows_figures_revision
-- All rows, ordered by key.
SELECT * FROM figures_revision ORDER BY revision

-- name: row_indicator
-- The row with a rowid.
SELECT * FROM indicator WHERE rowid = ?1

-- name: rows_indicator
-- All rows, ordered by key.
SELECT * FROM indicator ORDER BY id

-- name: row_item
-- The row with a rowid.
SELECT * FROM item WHERE rowid = ?1

-- name: rows_item
-- All rows, ordered by key.
SELECT * FROM item ORDER BY id

-- name: row_movement
-- The row with a rowid.
SELECT * FROM movement WHERE rowid = ?1

-- name: rows_movement
-- All rows, ordered by key.
SELECT * FROM movement ORDER BY seq, ordinal

-- name: row_node_key
-- The row with a rowid.
SELECT * FROM node_key WHERE rowid = ?1

-- name: rows_node_key
-- All rows, ordered by key.
SELECT * FROM node_key ORDER BY id

-- name: row_organisation
-- The row with a rowid.
SELECT * FROM organisation WHERE rowid = ?1

-- name: rows_organisation
-- All rows, ordered by key.
SELECT * FROM organisation ORDER BY id

-- name: row_organisation_key
-- The row with a rowid.
SELECT * FROM organisation_key WHERE rowid = ?1

-- name: rows_organisation_key
-- All rows, ordered by key.
SELECT * FROM organisation_key ORDER BY id

-- name: row_parameter
-- The row with a rowid.
SELECT * FROM parameter WHERE rowid = ?1

-- name: rows_parameter
-- All rows, ordered by key.
SELECT * FROM parameter ORDER BY name

-- name: row_policy
-- The row with a rowid.
SELECT * FROM policy WHERE rowid = ?1

-- name: rows_policy
-- All rows, ordered by key.
SELECT * FROM policy ORDER BY organisation

-- name: row_province
-- The row with a rowid.
SELECT * FROM province WHERE rowid = ?1

-- name: rows_province
-- All rows, ordered by key.
SELECT * FROM province ORDER BY code

-- name: row_site
-- The row with a rowid.
SELECT * FROM site WHERE rowid = ?1

-- name: rows_site
-- All rows, ordered by key.
SELECT * FROM site ORDER BY id

-- name: row_supply
-- The row with a rowid.
SELECT * FROM supply WHERE rowid = ?1

-- name: rows_supply
-- All rows, ordered by key.
SELECT * FROM supply ORDER BY id

-- name: row_transfer
-- The row with a rowid.
SELECT * FROM transfer WHERE rowid = ?1

-- name: rows_transfer
-- All rows, ordered by key.
SELECT * FROM transfer ORDER BY id

-- name: row_transfer_event
-- The row with a rowid.
SELECT * FROM transfer_event WHERE rowid = ?1

-- name: rows_transfer_event
-- All rows, ordered by key.
SELECT * FROM transfer_event ORDER BY transfer, seq

-- name: row_transfer_event_line
-- The row with a rowid.
SELECT * FROM transfer_event_line WHERE rowid = ?1

-- name: rows_transfer_event_line
-- All rows, ordered by key.
SELECT * FROM transfer_event_line ORDER BY transfer, seq, line

-- name: row_transfer_line
-- The row with a rowid.
SELECT * FROM transfer_line WHERE rowid = ?1

-- name: rows_transfer_line
-- All rows, ordered by key.
SELECT * FROM transfer_line ORDER BY transfer, line

-- name: row_transfer_person
-- The row with a rowid.
SELECT * FROM transfer_person WHERE rowid = ?1

-- name: rows_transfer_person
-- All rows, ordered by key.
SELECT * FROM transfer_person ORDER BY transfer, member

-- name: row_witness
-- The row with a rowid.
SELECT * FROM witness WHERE rowid = ?1

-- name: rows_witness
-- All rows, ordered by key.
SELECT * FROM witness ORDER BY id
