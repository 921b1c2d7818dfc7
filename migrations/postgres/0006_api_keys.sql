-- Keys by which programs call without a token of an identity provider.

CREATE TABLE api_keys (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organizer_id   BIGINT  NOT NULL REFERENCES organizers (id),
    name           TEXT    NOT NULL,
    -- The beginning of the key, by which people tell one from another.
    hint           TEXT    NOT NULL,
    -- SHA-256 of the key; the key itself is kept nowhere.
    secret_digest  BYTEA   NOT NULL UNIQUE CHECK (octet_length(secret_digest) = 32),
    -- Random. With it and the request's own Idempotency-Key a repeated request is told the key again.
    nonce          BYTEA   NOT NULL CHECK (octet_length(nonce) = 16),
    -- JSON list of names.
    permissions    TEXT    NOT NULL,
    created_by     TEXT    NOT NULL,
    created_at_us  BIGINT  NOT NULL,
    expires_at_us  BIGINT,
    last_used_us   BIGINT,
    revoked_at_us  BIGINT,
    UNIQUE (organizer_id, id)
);
