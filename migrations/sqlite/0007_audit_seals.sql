-- Seals over the record: an entry is in the chain from the seal on whose number it bears.

ALTER TABLE audit ADD COLUMN seal_number INTEGER;

-- What waits to be sealed: few rows, whatever the size of the record.
CREATE INDEX audit_unsealed ON audit (organizer_id, id) WHERE seal_number IS NULL;
CREATE INDEX audit_sealed ON audit (organizer_id, seal_number, id) WHERE seal_number IS NOT NULL;

CREATE TABLE audit_seals (
    organizer_id    INTEGER NOT NULL,
    number          INTEGER NOT NULL CHECK (number > 0),
    -- Entries of the whole chain so far, and their hash.
    entries         INTEGER NOT NULL CHECK (entries > 0),
    hash            BLOB    NOT NULL CHECK (length(hash) = 32),
    signing_key_id  INTEGER NOT NULL,
    -- The head, as COSE_Sign1.
    signed          BLOB    NOT NULL,
    sealed_at_us    INTEGER NOT NULL,
    PRIMARY KEY (organizer_id, number),
    FOREIGN KEY (organizer_id, signing_key_id) REFERENCES signing_keys (organizer_id, id)
) STRICT, WITHOUT ROWID;
