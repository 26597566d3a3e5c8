-- Fourth step of node.db: the keys for the MACs of kept answers (db/answer_key.h), which must not be where the answers are.
CREATE TABLE answer_key (
    id INTEGER PRIMARY KEY,
    first INTEGER NOT NULL CHECK (first >= 1),
    hash BLOB CHECK (length(hash) = 32), -- NULL: of a ledger that has no entry yet
    key BLOB NOT NULL CHECK (length(key) = 32),
    CHECK (hash IS NOT NULL OR first = 1)
) STRICT;
PRAGMA user_version = 4;
