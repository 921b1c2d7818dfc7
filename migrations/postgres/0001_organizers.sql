-- Organizers, their keys, and the record of what was done.
--
-- In all migrations: the columns are those of the other engine, so that one row type reads both.
-- Times are microseconds since 1970-01-01T00:00:00Z, columns `sealed_…` are encrypted before they
-- come here, JSON is text (jsonb would refuse U+0000 and rewrite numbers). Names are compared byte by
-- byte, whatever the locale of the database.

CREATE TABLE organizers (
    id                  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug                TEXT   COLLATE "C" NOT NULL UNIQUE,
    name                TEXT   NOT NULL,
    settings            TEXT   NOT NULL,
    -- The key that encrypts everything else of this organizer, encrypted with the master key.
    sealed_data_key     BYTEA  NOT NULL,
    -- References ticket_templates: see there.
    default_template_id BIGINT,
    created_at_us       BIGINT NOT NULL
);

CREATE TABLE signing_keys (
    id               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organizer_id     BIGINT NOT NULL REFERENCES organizers (id),
    purpose          TEXT   NOT NULL CHECK (purpose IN ('root', 'bundle', 'ticket', 'audit')),
    state            TEXT   NOT NULL CHECK (state IN ('next', 'active', 'retired', 'revoked')),
    key_id           BYTEA  NOT NULL CHECK (octet_length(key_id) = 4),
    public_key       BYTEA  NOT NULL CHECK (octet_length(public_key) = 32),
    -- NULL for a root key that lives elsewhere.
    sealed_seed      BYTEA,
    -- No signature from this time on; NULL while the key has no successor.
    sign_until_us    BIGINT,
    -- No token of this key holds from this time on; never before `last_expiry_us`.
    verify_until_us  BIGINT,
    -- The latest `exp` that was signed with it. For an active ticket key see signing_key_claims.
    last_expiry_us   BIGINT,
    created_at_us    BIGINT NOT NULL,
    state_at_us      BIGINT NOT NULL,
    UNIQUE (organizer_id, public_key),
    UNIQUE (organizer_id, id),
    CHECK (verify_until_us >= last_expiry_us)
);

CREATE UNIQUE INDEX signing_keys_active ON signing_keys (organizer_id, purpose) WHERE state = 'active';
CREATE UNIQUE INDEX signing_keys_next ON signing_keys (organizer_id, purpose) WHERE state = 'next';

-- An active ticket key has 64 rows here, any other key none. Whoever stores tickets updates the row of
-- its own connection, so that it waits for nobody; whoever retires or revokes the key deletes all rows,
-- and so waits for the tickets that are on their way and stops all later ones. One row in
-- signing_keys instead would make all sales of an organizer wait for each other.
CREATE TABLE signing_key_claims (
    signing_key_id  BIGINT  NOT NULL,
    slot            INTEGER NOT NULL CHECK (slot BETWEEN 0 AND 63),
    organizer_id    BIGINT  NOT NULL,
    -- The latest `exp` that was signed by way of this row.
    last_expiry_us  BIGINT,
    PRIMARY KEY (signing_key_id, slot),
    FOREIGN KEY (organizer_id, signing_key_id) REFERENCES signing_keys (organizer_id, id)
) WITH (fillfactor = 10); -- Room beside each row for its next version.

-- What a root key signed: which bundle key speaks for the organizer, and when.
CREATE TABLE delegations (
    organizer_id   BIGINT NOT NULL REFERENCES organizers (id),
    sequence       BIGINT NOT NULL,
    bundle_key_id  BIGINT NOT NULL,
    delegation     BYTEA  NOT NULL,
    not_before_us  BIGINT NOT NULL,
    expires_at_us  BIGINT NOT NULL,
    created_at_us  BIGINT NOT NULL,
    PRIMARY KEY (organizer_id, sequence),
    FOREIGN KEY (organizer_id, bundle_key_id) REFERENCES signing_keys (organizer_id, id)
);

-- Written in the transaction of the act itself. No personal data. Rows are never deleted. `id` grows
-- in the order of writing, which is not quite the order of committing.
CREATE TABLE audit (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organizer_id  BIGINT NOT NULL,
    at_us         BIGINT NOT NULL,
    actor         TEXT   NOT NULL,
    act           TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    details       TEXT   NOT NULL
);

CREATE INDEX audit_of_organizer ON audit (organizer_id, id);
