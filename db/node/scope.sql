-- Second step of node.db: what a token is narrowed to, and when it was used last.
ALTER TABLE token ADD COLUMN scope TEXT NOT NULL DEFAULT ''; -- '': all that the role may
ALTER TABLE token ADD COLUMN last_used_at_ms INTEGER;
PRAGMA user_version = 2;
