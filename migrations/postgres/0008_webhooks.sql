-- Where organizers want to be told what was done, and what became of each message.

-- An endpoint. It was told all sealed entries up to and with (told_seal, told_entry), in the order of
-- sealing; messages are queued in the transaction that moves this place.
CREATE TABLE webhooks (
    id                  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organizer_id        BIGINT NOT NULL REFERENCES organizers (id),
    url                 TEXT   NOT NULL,
    -- JSON list of types; NULL is all.
    events              TEXT,
    description         TEXT,
    -- Random. The secret is derived from it and the generation with a key of the organizer; it is kept
    -- nowhere.
    nonce               BYTEA  NOT NULL CHECK (octet_length(nonce) = 16),
    secret_generation   BIGINT NOT NULL CHECK (secret_generation > 0),
    -- The secret of the generation before signs along until then.
    old_secret_until_us BIGINT,
    disabled_at_us      BIGINT,
    disabled_because    TEXT CHECK (disabled_because IN ('asked', 'gone', 'failing')),
    -- The first attempt that failed since one succeeded.
    failing_since_us    BIGINT,
    told_seal           BIGINT NOT NULL,
    told_entry          BIGINT NOT NULL,
    -- Entries up to this one were written before the endpoint was made or enabled.
    not_before_entry    BIGINT NOT NULL,
    created_at_us       BIGINT NOT NULL,
    UNIQUE (organizer_id, id),
    CHECK ((disabled_at_us IS NULL) = (disabled_because IS NULL))
);

-- One message to one endpoint.
CREATE TABLE webhook_deliveries (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organizer_id    BIGINT NOT NULL,
    webhook_id      BIGINT NOT NULL,
    -- The same in every attempt, and when it is sent again on demand.
    message_id      TEXT   NOT NULL,
    event_type      TEXT   NOT NULL,
    body            TEXT   NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'cancelled')),
    -- Attempts begun. Whoever holds the latest number may say what came of it.
    attempts        BIGINT NOT NULL DEFAULT 0,
    -- Nobody tries before; while one tries, the end of its lease.
    next_attempt_us BIGINT NOT NULL,
    created_at_us   BIGINT NOT NULL,
    finished_at_us  BIGINT,
    FOREIGN KEY (organizer_id, webhook_id) REFERENCES webhooks (organizer_id, id) ON DELETE CASCADE,
    CHECK ((state = 'pending') = (finished_at_us IS NULL))
);

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_us)
    WHERE state = 'pending';
CREATE INDEX webhook_deliveries_of_webhook ON webhook_deliveries (organizer_id, webhook_id, id);
CREATE INDEX webhook_deliveries_old ON webhook_deliveries (created_at_us);

CREATE TABLE webhook_attempts (
    delivery_id  BIGINT NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    number       BIGINT NOT NULL,
    at_us        BIGINT NOT NULL,
    duration_us  BIGINT NOT NULL,
    -- One of the two.
    status       BIGINT,
    failure      TEXT,
    PRIMARY KEY (delivery_id, number),
    CHECK ((status IS NULL) <> (failure IS NULL))
);
