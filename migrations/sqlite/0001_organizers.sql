-- Organizers, their keys, and the record of what was done.
--
-- In all migrations: times are microseconds since 1970-01-01T00:00:00Z (the precision of the other
-- engine), columns `sealed_…` are encrypted before they come here, JSON is text.

CREATE TABLE organizers (
    id                  INTEGER PRIMARY KEY,
    slug                TEXT    NOT NULL UNIQUE,
    name                TEXT    NOT NULL,
    settings            TEXT    NOT NULL,
    -- The key that encrypts everything else of this organizer, encrypted with the master key.
    sealed_data_key     BLOB    NOT NULL,
    default_template_id INTEGER,
    created_at_us       INTEGER NOT NULL,
    FOREIGN KEY (id, default_template_id) REFERENCES ticket_templates (organizer_id, id)
) STRICT;

CREATE TABLE signing_keys (
    id               INTEGER PRIMARY KEY,
    organizer_id     INTEGER NOT NULL REFERENCES organizers (id),
    purpose          TEXT    NOT NULL CHECK (purpose IN ('root', 'bundle', 'ticket', 'audit')),
    state            TEXT    NOT NULL CHECK (state IN ('next', 'active', 'retired', 'revoked')),
    key_id           BLOB    NOT NULL CHECK (length(key_id) = 4),
    public_key       BLOB    NOT NULL CHECK (length(public_key) = 32),
    -- NULL for a root key that lives elsewhere.
    sealed_seed      BLOB,
    -- No signature from this time on; NULL while the key has no successor.
    sign_until_us    INTEGER,
    -- No token of this key holds from this time on; never before `last_expiry_us`.
    verify_until_us  INTEGER,
    -- The latest `exp` that was signed with it.
    last_expiry_us   INTEGER,
    created_at_us    INTEGER NOT NULL,
    state_at_us      INTEGER NOT NULL,
    UNIQUE (organizer_id, public_key),
    UNIQUE (organizer_id, id),
    CHECK (verify_until_us >= last_expiry_us)
) STRICT;

CREATE UNIQUE INDEX signing_keys_active ON signing_keys (organizer_id, purpose) WHERE state = 'active';
CREATE UNIQUE INDEX signing_keys_next ON signing_keys (organizer_id, purpose) WHERE state = 'next';

-- What a root key signed: which bundle key speaks for the organizer, and when.
CREATE TABLE delegations (
    organizer_id   INTEGER NOT NULL REFERENCES organizers (id),
    sequence       INTEGER NOT NULL,
    bundle_key_id  INTEGER NOT NULL,
    delegation     BLOB    NOT NULL,
    not_before_us  INTEGER NOT NULL,
    expires_at_us  INTEGER NOT NULL,
    created_at_us  INTEGER NOT NULL,
    PRIMARY KEY (organizer_id, sequence),
    FOREIGN KEY (organizer_id, bundle_key_id) REFERENCES signing_keys (organizer_id, id)
) STRICT;

-- Written in the transaction of the act itself. No personal data. Rows are never deleted, so that
-- `id` only grows.
CREATE TABLE audit (
    id            INTEGER PRIMARY KEY,
    organizer_id  INTEGER NOT NULL REFERENCES organizers (id),
    at_us         INTEGER NOT NULL,
    actor         TEXT    NOT NULL,
    act           TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    details       TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_of_organizer ON audit (organizer_id, id);
