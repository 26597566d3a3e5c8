-- A MAC over all of an answer, by a key that is not in this file (node.db has it): whoever can write here alone can alter an answer no more
-- without its being seen. Rows of before have none. Its length never changes, so that no row grows and is moved when a text is taken out of it.
ALTER TABLE answer ADD COLUMN mac BLOB CHECK (length(mac) = 32);
