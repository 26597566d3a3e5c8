-- The tables that every later migration builds on. Business tables hold state that the
-- ledger explains; a row's columns stand in the order of its canonical encoding, the key
-- first. Absent texts are '' where they are part of a key, NULL elsewhere.

-- Parameters fixed by the genesis: origin, expiry offset.
CREATE TABLE parameter (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE province (
    code TEXT PRIMARY KEY CHECK (length(code) BETWEEN 1 AND 64),
    gb_code TEXT NOT NULL UNIQUE CHECK (gb_code GLOB '[0-9][0-9][0-9][0-9][0-9][0-9]'),
    name_en TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    belt TEXT NOT NULL,
    capital TEXT NOT NULL,
    lat_e7 INTEGER NOT NULL CHECK (lat_e7 BETWEEN -900000000 AND 900000000),
    lon_e7 INTEGER NOT NULL CHECK (lon_e7 BETWEEN -1800000000 AND 1800000000),
    version INTEGER NOT NULL CHECK (version >= 1),
    seq INTEGER NOT NULL CHECK (seq >= 1)
) STRICT;

CREATE TABLE organisation (
    id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name TEXT,
    name_en TEXT,
    name_zh TEXT,
    kind TEXT NOT NULL,
    province TEXT REFERENCES province (code),
    version INTEGER NOT NULL CHECK (version >= 1),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    CHECK (coalesce(name, name_en, name_zh) IS NOT NULL)
) STRICT;

CREATE TABLE site (
    id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name TEXT,
    name_en TEXT,
    name_zh TEXT,
    kind TEXT NOT NULL,
    organisation TEXT NOT NULL REFERENCES organisation (id),
    province TEXT NOT NULL REFERENCES province (code),
    lat_e7 INTEGER CHECK (lat_e7 BETWEEN -900000000 AND 900000000),
    lon_e7 INTEGER CHECK (lon_e7 BETWEEN -1800000000 AND 1800000000),
    version INTEGER NOT NULL CHECK (version >= 1),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    CHECK (coalesce(name, name_en, name_zh) IS NOT NULL),
    CHECK ((lat_e7 IS NULL) = (lon_e7 IS NULL))
) STRICT;
CREATE INDEX site_by_organisation ON site (organisation, id);
CREATE INDEX site_by_province ON site (province, id);

CREATE TABLE item (
    id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name TEXT,
    name_en TEXT,
    name_zh TEXT,
    unit TEXT NOT NULL,
    category TEXT,
    identifiers TEXT NOT NULL, -- JSON array of {system, value}, as the rules write it
    lot_control INTEGER NOT NULL CHECK (lot_control IN (0, 1)),
    medical_grade INTEGER NOT NULL CHECK (medical_grade IN (0, 1)),
    version INTEGER NOT NULL CHECK (version >= 1),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    CHECK (coalesce(name, name_en, name_zh) IS NOT NULL)
) STRICT;

CREATE TABLE indicator (
    id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name TEXT,
    name_en TEXT,
    name_zh TEXT,
    unit TEXT NOT NULL,
    source TEXT,
    version INTEGER NOT NULL CHECK (version >= 1),
    seq INTEGER NOT NULL CHECK (seq >= 1)
) STRICT;

-- One figure; value is the decimal text that was submitted.
CREATE TABLE figure (
    indicator TEXT NOT NULL REFERENCES indicator (id),
    year INTEGER NOT NULL CHECK (year BETWEEN 1900 AND 2100),
    province TEXT NOT NULL REFERENCES province (code),
    value TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (indicator, year, province)
) STRICT;

CREATE TABLE figures_revision (
    revision INTEGER PRIMARY KEY CHECK (revision >= 1),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    time_ms INTEGER NOT NULL,
    figures INTEGER NOT NULL CHECK (figures >= 1), -- rows in the submission
    changed INTEGER NOT NULL CHECK (changed >= 0), -- rows that it added or altered
    digest TEXT NOT NULL -- SHA-256 of the submission, hexadecimal
) STRICT;

CREATE TABLE supply (
    id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    site TEXT NOT NULL REFERENCES site (id),
    item TEXT NOT NULL REFERENCES item (id),
    lot TEXT NOT NULL,
    expiry TEXT NOT NULL,
    owner TEXT NOT NULL REFERENCES organisation (id),
    donor TEXT NOT NULL,
    donation TEXT NOT NULL,
    earmark TEXT NOT NULL,
    condition TEXT NOT NULL CHECK (condition IN ('good', 'damaged', 'quarantine', 'rejected')),
    on_hand INTEGER NOT NULL CHECK (on_hand BETWEEN 0 AND 9007199254740991),
    reserved INTEGER NOT NULL CHECK (reserved BETWEEN 0 AND on_hand),
    received_at_ms INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    UNIQUE (site, item, lot, expiry, owner, donor, donation, earmark, condition)
) STRICT;
CREATE INDEX supply_by_site ON supply (site, id);
CREATE INDEX supply_by_item ON supply (item, id);
CREATE INDEX supply_by_lot ON supply (item, lot, expiry);

-- Every change of on_hand. Append-only.
CREATE TABLE movement (
    seq INTEGER NOT NULL CHECK (seq >= 1),     -- the entry that tells of it
    ordinal INTEGER NOT NULL CHECK (ordinal >= 0),
    supply TEXT NOT NULL REFERENCES supply (id),
    kind TEXT NOT NULL CHECK (kind IN ('intake', 'adjustment', 'dispatch', 'receipt', 'return')),
    reason TEXT NOT NULL, -- source of an intake, reason of an adjustment, condition of a receipt; else ''
    delta INTEGER NOT NULL CHECK (delta <> 0),
    balance INTEGER NOT NULL CHECK (balance >= 0), -- on_hand after it
    transfer TEXT,
    line INTEGER,
    reference TEXT,
    note TEXT, -- commitment
    time_ms INTEGER NOT NULL,
    occurred_at_ms INTEGER NOT NULL,
    PRIMARY KEY (seq, ordinal)
) STRICT;
CREATE INDEX movement_by_supply ON movement (supply, seq, ordinal);

CREATE TRIGGER movement_no_update BEFORE UPDATE ON movement
BEGIN SELECT raise(ABORT, 'movements are append-only'); END;
CREATE TRIGGER movement_no_delete BEFORE DELETE ON movement
BEGIN SELECT raise(ABORT, 'movements are append-only'); END;

CREATE TABLE transfer (
    id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    origin TEXT NOT NULL REFERENCES site (id),
    destination TEXT NOT NULL REFERENCES site (id),
    state TEXT NOT NULL CHECK (state IN ('pending', 'reserved', 'in_transit', 'received',
                                         'rejected', 'cancelled', 'returned')),
    need TEXT,
    reference TEXT,
    carrier TEXT,
    note TEXT,      -- commitment
    rationale TEXT, -- commitment
    created_by TEXT NOT NULL, -- organisation, or ''
    created_role TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    CHECK (origin <> destination)
) STRICT;
CREATE INDEX transfer_by_state ON transfer (state, id);
CREATE INDEX transfer_by_origin ON transfer (origin, id);
CREATE INDEX transfer_by_destination ON transfer (destination, id);

CREATE TABLE transfer_line (
    transfer TEXT NOT NULL REFERENCES transfer (id),
    line INTEGER NOT NULL CHECK (line >= 1),
    supply TEXT NOT NULL REFERENCES supply (id),
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 9007199254740991),
    dispatched INTEGER NOT NULL CHECK (dispatched BETWEEN 0 AND quantity),
    received_good INTEGER NOT NULL CHECK (received_good >= 0),
    received_damaged INTEGER NOT NULL CHECK (received_damaged >= 0),
    lost INTEGER NOT NULL CHECK (lost >= 0),
    returned INTEGER NOT NULL CHECK (returned >= 0),
    outstanding INTEGER NOT NULL CHECK (outstanding >= 0),
    PRIMARY KEY (transfer, line),
    UNIQUE (transfer, supply),
    CHECK (dispatched = received_good + received_damaged + lost + returned + outstanding)
) STRICT;
CREATE INDEX transfer_line_by_supply ON transfer_line (supply, transfer);

-- What happened to a transfer, in order. Append-only.
CREATE TABLE transfer_event (
    transfer TEXT NOT NULL REFERENCES transfer (id),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    kind TEXT NOT NULL CHECK (kind IN ('create', 'approve', 'reject', 'dispatch', 'receive', 'cancel', 'return')),
    time_ms INTEGER NOT NULL,
    organisation TEXT NOT NULL,
    role TEXT NOT NULL,
    reason TEXT, -- commitment
    PRIMARY KEY (transfer, seq)
) STRICT;

-- What one event did to one line. Append-only.
CREATE TABLE transfer_event_line (
    transfer TEXT NOT NULL,
    seq INTEGER NOT NULL,
    line INTEGER NOT NULL CHECK (line >= 1),
    dispatched INTEGER NOT NULL CHECK (dispatched >= 0),
    good INTEGER NOT NULL CHECK (good >= 0),
    damaged INTEGER NOT NULL CHECK (damaged >= 0),
    lost INTEGER NOT NULL CHECK (lost >= 0),
    returned INTEGER NOT NULL CHECK (returned >= 0),
    reason TEXT, -- commitment
    PRIMARY KEY (transfer, seq, line),
    FOREIGN KEY (transfer, seq) REFERENCES transfer_event (transfer, seq)
) STRICT;

-- The ledger. Canonical bytes are made from the columns (ledger/entry.h).
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY CHECK (seq >= 1),
    height INTEGER NOT NULL CHECK (height >= 1),
    time_ms INTEGER NOT NULL CHECK (time_ms >= 0),
    previous_hash BLOB NOT NULL CHECK (length(previous_hash) = 32),
    rules_version INTEGER NOT NULL CHECK (rules_version >= 1),
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    command_id TEXT NOT NULL,
    new_id TEXT NOT NULL,
    organisation TEXT NOT NULL,
    role TEXT NOT NULL,
    subject TEXT NOT NULL,
    submitter_key TEXT NOT NULL,
    submitter_alg TEXT NOT NULL,
    body_length INTEGER NOT NULL CHECK (body_length >= 0),
    body_digest BLOB NOT NULL CHECK (length(body_digest) = 32),
    body BLOB, -- NULL where it stands in the table body
    submitter_sig BLOB NOT NULL,
    effects BLOB NOT NULL CHECK (length(effects) = 32),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    CHECK ((body IS NULL) = (body_length > 65536))
) STRICT;
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;

-- The node's signature of each entry's hash. Beside the entries, since it is outside the hash: it is made while
-- the next entries of the block are worked out, and another node seals the same entry with a key of its own.
CREATE TABLE seal (
    seq INTEGER PRIMARY KEY REFERENCES entry (seq),
    key TEXT NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 64)
) STRICT;
CREATE TRIGGER seal_no_update BEFORE UPDATE ON seal
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER seal_no_delete BEFORE DELETE ON seal
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;

-- Bodies over 64 KiB.
CREATE TABLE body (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    bytes BLOB NOT NULL
) STRICT;
CREATE TRIGGER body_no_update BEFORE UPDATE ON body
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER body_no_delete BEFORE DELETE ON body
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;

-- Signed checkpoints, one for each block.
CREATE TABLE checkpoint (
    height INTEGER PRIMARY KEY CHECK (height >= 1),
    size INTEGER NOT NULL CHECK (size >= 1),
    root BLOB NOT NULL CHECK (length(root) = 32),
    note TEXT NOT NULL
) STRICT;
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint
BEGIN SELECT raise(ABORT, 'checkpoints are append-only'); END;
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint
BEGIN SELECT raise(ABORT, 'checkpoints are append-only'); END;

-- The frontier of the Merkle tree after the last block (ledger/tree.h).
CREATE TABLE frontier (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    state BLOB NOT NULL
) STRICT;

-- Public keys of nodes, with the entries that each may seal.
CREATE TABLE node_key (
    id TEXT PRIMARY KEY,
    public_key BLOB NOT NULL CHECK (length(public_key) = 33),
    from_seq INTEGER NOT NULL CHECK (from_seq >= 1),
    to_seq INTEGER CHECK (to_seq >= from_seq)
) STRICT;

-- Personal texts, outside the hashed record: what a commitment stands for.
CREATE TABLE personal (
    commitment TEXT PRIMARY KEY CHECK (length(commitment) = 64),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    pointer TEXT NOT NULL,
    salt BLOB CHECK (length(salt) = 32),
    text TEXT,
    CHECK ((salt IS NULL) = (text IS NULL))
) STRICT;
CREATE INDEX personal_by_seq ON personal (seq);

-- Answers to commands by idempotency key, so that a retry gets the first answer.
-- seq is NULL for refusals; those are kept for a day of ledger time.
CREATE TABLE answer (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    time_ms INTEGER NOT NULL,
    seq INTEGER,
    status INTEGER NOT NULL CHECK (status BETWEEN 200 AND 499),
    location TEXT NOT NULL,
    etag TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (scope, key) -- with rowids: a body of 1 KiB would take a page of its own in a key's b-tree
) STRICT;
CREATE INDEX answer_refused ON answer (time_ms) WHERE seq IS NULL;
