-- Keys by which programs call without a token of an identity provider.

CREATE TABLE api_keys (
    id             INTEGER PRIMARY KEY,
    organizer_id   INTEGER NOT NULL REFERENCES organizers (id),
    name           TEXT    NOT NULL,
    -- The beginning of the key, by which people tell one from another.
    hint           TEXT    NOT NULL,
    -- SHA-256 of the key; the key itself is kept nowhere.
    secret_digest  BLOB    NOT NULL UNIQUE CHECK (length(secret_digest) = 32),
    -- Random. With it and the request's own Idempotency-Key a repeated request is told the key again.
    nonce          BLOB    NOT NULL CHECK (length(nonce) = 16),
    -- JSON list of names.
    permissions    TEXT    NOT NULL,
    created_by     TEXT    NOT NULL,
    created_at_us  INTEGER NOT NULL,
    expires_at_us  INTEGER,
    last_used_us   INTEGER,
    revoked_at_us  INTEGER,
    UNIQUE (organizer_id, id)
) STRICT;
