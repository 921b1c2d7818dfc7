-- Requests with an Idempotency-Key: who works on one now, or what came of it. No answer is stored: it is
-- rendered again from what `done` names.

CREATE TABLE idempotency (
    organizer_id     BIGINT NOT NULL REFERENCES organizers (id),
    -- SHA-256 of the caller's key.
    key_digest       BYTEA  NOT NULL CHECK (octet_length(key_digest) = 32),
    -- SHA-256 of method, path, query and body.
    request_digest   BYTEA  NOT NULL CHECK (octet_length(request_digest) = 32),
    -- Grows with each claim of the row, so that whoever lost it to another can commit nothing.
    attempt          BIGINT NOT NULL,
    -- Nobody works on it any longer from this time on.
    leased_until_us  BIGINT NOT NULL,
    -- The acts of the request, as the record has them; NULL until one was committed.
    done             TEXT,
    kept_until_us    BIGINT NOT NULL,
    PRIMARY KEY (organizer_id, key_digest)
);

CREATE INDEX idempotency_over ON idempotency (organizer_id, kept_until_us);
