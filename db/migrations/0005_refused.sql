-- Answers to what was refused lie in a table of their own. They lapse, and where rows are deleted the b-tree moves other rows together; what
-- stood in the places that these left is not overwritten, whatever secure_delete says, so that a text which was erased afterwards could stay
-- there. From the table answer nothing is deleted any more, so nothing in it is moved.
CREATE TABLE refused (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    time_ms INTEGER NOT NULL,
    status INTEGER NOT NULL CHECK (status BETWEEN 400 AND 499),
    body BLOB NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT;
INSERT INTO refused (scope, key, kind, target, salt, fingerprint, time_ms, status, body)
SELECT scope, key, kind, target, salt, fingerprint, time_ms, status, body FROM answer WHERE seq IS NULL ORDER BY time_ms;

-- The rows are written anew, once: what lies between those of before goes with their pages, which are overwritten.
CREATE TABLE answer_anew (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    time_ms INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    status INTEGER NOT NULL CHECK (status BETWEEN 200 AND 299),
    location TEXT NOT NULL,
    etag TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT;
INSERT INTO answer_anew (scope, key, kind, target, salt, fingerprint, time_ms, seq, status, location, etag, body)
SELECT scope, key, kind, target, salt, fingerprint, time_ms, seq, status, location, etag, body FROM answer WHERE seq IS NOT NULL ORDER BY rowid;
DROP TABLE answer;
ALTER TABLE answer_anew RENAME TO answer;
CREATE INDEX refused_by_time ON refused (time_ms);
