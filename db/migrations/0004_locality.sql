-- Keys that lie together. An index in the order of hashes takes a page of its own for every entry once the ledger is long: read, written to
-- the journal and written back. The indexes below have a part for each 16,384 entries (65,536) instead, so that new keys
-- go to a few pages that stay in memory; who looks a hash up without knowing its entry goes through the parts, the newest first.
--
-- The constraints are changed where they stand, without a copy of the tables: what a UNIQUE constraint keeps is an index like any other (column,
-- rowid), and becomes one that can be dropped; a CHECK is text alone. `x IN (...)` of three texts and more fills a table of them at every
-- row that is written, comparisons do not.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema SET sql = replace(sql, 'hash BLOB NOT NULL UNIQUE CHECK', 'hash BLOB NOT NULL CHECK')
WHERE type = 'table' AND name = 'entry';
UPDATE sqlite_schema SET name = 'entry_unique', sql = 'CREATE INDEX entry_unique ON entry (hash)'
WHERE type = 'index' AND name = 'sqlite_autoindex_entry_1';

UPDATE sqlite_schema SET sql = replace(sql, 'commitment TEXT PRIMARY KEY CHECK', 'commitment TEXT NOT NULL CHECK')
WHERE type = 'table' AND name = 'personal';
UPDATE sqlite_schema SET name = 'personal_unique', sql = 'CREATE INDEX personal_unique ON personal (commitment)'
WHERE type = 'index' AND name = 'sqlite_autoindex_personal_1';

UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (condition IN (''good'', ''damaged'', ''quarantine'', ''rejected''))',
    'CHECK (condition = ''good'' OR condition = ''damaged'' OR condition = ''quarantine'' OR condition = ''rejected'')')
WHERE type = 'table' AND name = 'supply';
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (kind IN (''intake'', ''adjustment'', ''dispatch'', ''receipt'', ''return''))',
    'CHECK (kind = ''dispatch'' OR kind = ''receipt'' OR kind = ''intake'' OR kind = ''adjustment'' OR kind = ''return'')')
WHERE type = 'table' AND name = 'movement';
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (kind IN (''create'', ''approve'', ''reject'', ''dispatch'', ''receive'', ''cancel'', ''return''))',
    'CHECK (kind = ''create'' OR kind = ''dispatch'' OR kind = ''receive'' OR kind = ''approve'' OR kind = ''reject''
                               OR kind = ''cancel'' OR kind = ''return'')')
WHERE type = 'table' AND name = 'transfer_event';
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (state IN (''pending'', ''reserved'', ''in_transit'', ''received'',
                                         ''rejected'', ''cancelled'', ''returned''))',
    'CHECK (state = ''pending'' OR state = ''reserved'' OR state = ''in_transit'' OR state = ''received''
                                OR state = ''rejected'' OR state = ''cancelled'' OR state = ''returned'')')
WHERE type = 'table' AND name = 'transfer';

PRAGMA writable_schema = RESET;

DROP INDEX entry_unique;
DROP INDEX personal_unique;
DROP INDEX personal_by_seq;
CREATE UNIQUE INDEX personal_place ON personal (seq, pointer);
CREATE INDEX personal_by_commitment ON personal (seq >> 16, substr(commitment, 1, 10));
CREATE INDEX entry_by_hash ON entry (seq >> 14, substr(hash, 1, 5));
