-- node.db: what concerns this node only. Nothing here decides the outcome of a command.
CREATE TABLE IF NOT EXISTS token (
    id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32), -- SHA-256 of the token's text
    organisation TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('auditor', 'operator', 'coordinator', 'admin')),
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER,
    revoked_at_ms INTEGER
) STRICT;

-- The secret that authenticates this node's page cursors.
CREATE TABLE IF NOT EXISTS secret (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
