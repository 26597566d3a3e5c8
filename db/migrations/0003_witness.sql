-- Witnesses: who cosigns checkpoints, and with which key. An entry tells of each version.
CREATE TABLE witness (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE, -- as its lines of signed notes have it
    public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32), -- Ed25519
    organisation TEXT REFERENCES organisation (id),
    ended INTEGER NOT NULL CHECK (ended IN (0, 1)), -- 1: no cosignature of it is taken any more
    version INTEGER NOT NULL CHECK (version >= 1),
    seq INTEGER NOT NULL CHECK (seq >= 1)
) STRICT;
