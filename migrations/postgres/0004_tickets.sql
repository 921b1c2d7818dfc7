-- Tickets. The event number leads every key, and the tables are partitioned by it.
--
-- No foreign keys here: they took two thirds of the time of storing a ticket. What a ticket refers to
-- is never deleted while there is a ticket (who deletes an event locks this table first), and the
-- statements that write here check that it is there and its organizer's own.

CREATE TABLE tickets (
    event_number         BIGINT NOT NULL,
    serial               BIGINT NOT NULL CHECK (serial BETWEEN 0 AND 4294967295),
    organizer_id         BIGINT NOT NULL,
    type_number          BIGINT NOT NULL,
    state                BIGINT NOT NULL CHECK (state IN (0, 1, 2)), -- generated, revoked, suspended
    state_at_us          BIGINT NOT NULL,
    revision             BIGINT NOT NULL,
    expires_at_us        BIGINT NOT NULL,
    created_at_us        BIGINT NOT NULL,
    -- The ticket that took over when a signed claim had to change.
    replaced_by          BIGINT,
    uuid                 BYTEA  NOT NULL CHECK (octet_length(uuid) = 16),
    ticket_number        TEXT   COLLATE "C" NOT NULL,
    caller_id            TEXT   COLLATE "C",
    -- Keyed hashes: equal plaintext of one organizer, equal value; nothing else can be learnt.
    order_index          BYTEA,
    email_index          BYTEA,
    state_reason         TEXT,
    PRIMARY KEY (event_number, serial)
) PARTITION BY HASH (event_number);

-- UUIDs and ticket numbers need no index: either says under a key which serial is meant. One in the order of
-- such numbers would have a page of its own for each new ticket.

-- Counts, from the index alone; a ticket that another replaced is not counted.
CREATE INDEX tickets_by_type ON tickets (event_number, type_number, state) WHERE replaced_by IS NULL;
-- Status lists: few rows of many.
CREATE INDEX tickets_not_valid ON tickets (event_number, serial) INCLUDE (state) WHERE state <> 0;
CREATE INDEX tickets_by_order ON tickets (organizer_id, order_index) WHERE order_index IS NOT NULL;
CREATE INDEX tickets_by_email ON tickets (organizer_id, email_index) WHERE email_index IS NOT NULL;

CREATE TABLE ticket_revisions (
    event_number         BIGINT NOT NULL,
    serial               BIGINT NOT NULL,
    revision             BIGINT NOT NULL,
    organizer_id         BIGINT NOT NULL,
    event_revision       BIGINT NOT NULL,
    template_version_id  BIGINT NOT NULL,
    -- NULL for server tokens, which no public key verifies.
    signing_key_id       BIGINT,
    issued_at_us         BIGINT NOT NULL,
    token                BYTEA  NOT NULL,
    -- Holder's name, address, seat and all custom values.
    sealed_values        BYTEA  NOT NULL,
    PRIMARY KEY (event_number, serial, revision)
) PARTITION BY HASH (event_number);

DO $$
BEGIN
    FOR part IN 0..7 LOOP
        EXECUTE format('CREATE TABLE tickets_%s PARTITION OF tickets
                            FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
        EXECUTE format('CREATE TABLE ticket_revisions_%s PARTITION OF ticket_revisions
                            FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
        -- What is encrypted does not get smaller by compressing.
        EXECUTE format('ALTER TABLE ticket_revisions_%s
                            ALTER COLUMN sealed_values SET STORAGE EXTERNAL', part);
    END LOOP;
END
$$;

-- Ids that callers chose. Not keyed by event: the caller names no event when asking for one.
CREATE TABLE caller_ticket_ids (
    organizer_id  BIGINT NOT NULL,
    caller_id     TEXT   COLLATE "C" NOT NULL,
    event_number  BIGINT NOT NULL,
    serial        BIGINT NOT NULL,
    PRIMARY KEY (organizer_id, caller_id)
);
