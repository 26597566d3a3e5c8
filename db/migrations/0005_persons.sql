-- Who is to be asked about a transfer where it goes, and who drives it: commitments, as all that may name a person.
ALTER TABLE transfer ADD COLUMN contact TEXT;
ALTER TABLE transfer ADD COLUMN driver TEXT;
