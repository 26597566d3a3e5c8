-- Fourth step of node.db: the keys for the MACs of kept answers (db/answer_key.h), which must not be where the answers are.
CREATE TABLE answer_key (
    id INTEGER PRIMARY KEY,
    first INTEGER NOT NULL CHECK (first >= 1),
    hash BLOB CHECK (length(hash) = 32), -- of entry first; NULL: that is yet to come, or just came
    key BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;
PRAGMA user_version = 4;
