-- Third step of node.db: cosignatures of checkpoints, which were verified before they came here. Anybody can verify them again.
CREATE TABLE cosignature (
    id INTEGER PRIMARY KEY,
    size INTEGER NOT NULL CHECK (size >= 1),
    root BLOB NOT NULL CHECK (length(root) = 32),
    witness TEXT NOT NULL,
    name TEXT NOT NULL,
    public_key BLOB NOT NULL CHECK (length(public_key) = 32),
    time_s INTEGER NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 72),
    UNIQUE (size, root, public_key)
) STRICT;
PRAGMA user_version = 3;
