-- Who is to be asked about a transfer where it goes, and who drives it: commitments, as all that may name a person. A table of its own,
-- since the digest of what older entries wrote is over all columns of the rows that they wrote. Append-only.
CREATE TABLE transfer_person (
    transfer TEXT NOT NULL,
    member TEXT NOT NULL CHECK (member = 'contact' OR member = 'driver'),
    seq INTEGER NOT NULL, -- of the event that told
    commitment TEXT NOT NULL,
    PRIMARY KEY (transfer, member),
    FOREIGN KEY (transfer, seq) REFERENCES transfer_event (transfer, seq)
) STRICT;
