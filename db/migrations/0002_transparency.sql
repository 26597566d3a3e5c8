-- What makes the ledger a transparency log: the tree's hashes for proofs, the keys of checkpoints and of organisations,
-- what organisations demand of signatures, and which personal texts were erased.

-- The Merkle tree's hashes, sixteen to a row (ledger/tile.h): at level 0 leaf hashes, at level n the roots of complete
-- subtrees of 16^n leaves. A row grows at its end until it is full, and never changes otherwise. Level and position are
-- one number, so that the newest rows lie together at the table's end and a row is found in few steps.
CREATE TABLE tile (
    id INTEGER PRIMARY KEY CHECK (id >= 0), -- position * 16 + level
    hashes BLOB NOT NULL CHECK (length(hashes) BETWEEN 32 AND 512 AND length(hashes) % 32 = 0),
    level INTEGER AS (id & 15),
    position INTEGER AS (id >> 4)
) STRICT;
CREATE TRIGGER tile_only_grows BEFORE UPDATE ON tile
WHEN NEW.id <> OLD.id OR length(NEW.hashes) <= length(OLD.hashes)
    OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes
BEGIN SELECT raise(ABORT, 'the tree is append-only'); END;
CREATE TRIGGER tile_no_delete BEFORE DELETE ON tile
BEGIN SELECT raise(ABORT, 'the tree is append-only'); END;

-- Keys of the node that sign checkpoints beside its own, with the sizes of the tree that each may sign.
CREATE TABLE checkpoint_key (
    id TEXT PRIMARY KEY CHECK (length(id) = 16),
    algorithm TEXT NOT NULL CHECK (algorithm IN ('ed25519')),
    public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
    from_seq INTEGER NOT NULL CHECK (from_seq >= 1),
    to_seq INTEGER CHECK (to_seq >= from_seq)
) STRICT;

-- Public keys with which organisations sign commands; valid for the entries from from_seq to to_seq.
CREATE TABLE organisation_key (
    id TEXT PRIMARY KEY CHECK (length(id) = 16),
    organisation TEXT NOT NULL REFERENCES organisation (id),
    public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 33),
    from_seq INTEGER NOT NULL CHECK (from_seq >= 1),
    to_seq INTEGER CHECK (to_seq >= from_seq - 1), -- the last entry that it may sign; NULL while it is valid
    reason TEXT, -- commitment: why it was revoked
    version INTEGER NOT NULL CHECK (version >= 1),
    seq INTEGER NOT NULL CHECK (seq >= 1)
) STRICT;
CREATE INDEX organisation_key_by_organisation ON organisation_key (organisation, from_seq);

-- What an organisation's commands must satisfy; '' stands for every organisation.
CREATE TABLE policy (
    organisation TEXT PRIMARY KEY,
    signed_kinds TEXT NOT NULL, -- JSON array of kinds of commands, or of "*", as the rules write it
    version INTEGER NOT NULL CHECK (version >= 1),
    seq INTEGER NOT NULL CHECK (seq >= 1)
) STRICT;

-- Personal texts that are gone by an entry's order. Append-only.
CREATE TABLE erasure (
    commitment TEXT PRIMARY KEY CHECK (length(commitment) = 64),
    seq INTEGER NOT NULL CHECK (seq >= 1)
) STRICT;
CREATE INDEX erasure_by_seq ON erasure (seq, commitment);
CREATE TRIGGER erasure_no_update BEFORE UPDATE ON erasure
BEGIN SELECT raise(ABORT, 'erasures are append-only'); END;
CREATE TRIGGER erasure_no_delete BEFORE DELETE ON erasure
BEGIN SELECT raise(ABORT, 'erasures are append-only'); END;
