-- Keys of answers that lie together, as hashes and commitments do since 0004_locality.sql: the index of a table's own key, in the order of the keys,
-- takes a page for every command whose key is random. The index below has a part for each 32,768 entries. Who looks a key up knows its
-- entry, or asks a filter in memory which parts can have it (db/key_filter.h). That no key is kept twice is for the rules, which look first, and for
-- verify, which wants as many answers as there are entries and one to each; within a part the index sees to it still.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema SET sql = replace(sql, ',
    PRIMARY KEY (scope, key)
)', '
)')
WHERE type = 'table' AND name = 'answer';
UPDATE sqlite_schema SET name = 'answer_unique', sql = 'CREATE INDEX answer_unique ON answer (scope, key)'
WHERE type = 'index' AND name = 'sqlite_autoindex_answer_1';

PRAGMA writable_schema = RESET;

DROP INDEX answer_unique;
CREATE UNIQUE INDEX answer_by_key ON answer (seq >> 15, key, scope);
