-- Tickets. The event number leads every key, so that the other engine can partition by it.

CREATE TABLE tickets (
    event_number         INTEGER NOT NULL,
    serial               INTEGER NOT NULL CHECK (serial BETWEEN 0 AND 4294967295),
    organizer_id         INTEGER NOT NULL,
    type_number          INTEGER NOT NULL,
    state                INTEGER NOT NULL CHECK (state IN (0, 1, 2)), -- generated, revoked, suspended
    state_reason         TEXT,
    state_at_us          INTEGER NOT NULL,
    revision             INTEGER NOT NULL,
    uuid                 BLOB    NOT NULL CHECK (length(uuid) = 16),
    ticket_number        TEXT    NOT NULL,
    caller_id            TEXT,
    -- Keyed hashes: equal plaintext of one organizer, equal value; nothing else can be learnt.
    order_index          BLOB,
    email_index          BLOB,
    expires_at_us        INTEGER NOT NULL,
    created_at_us        INTEGER NOT NULL,
    -- The ticket that took over when a signed claim had to change.
    replaced_by          INTEGER,
    PRIMARY KEY (event_number, serial),
    FOREIGN KEY (organizer_id, event_number) REFERENCES events (organizer_id, number),
    FOREIGN KEY (event_number, type_number) REFERENCES ticket_types (event_number, number)
) STRICT, WITHOUT ROWID;

-- UUIDs and ticket numbers need no index: either says under a key which serial is meant. One in the order of
-- such numbers would have a page of its own for each new ticket.

-- Counts, from the index alone; a ticket that another replaced is not counted.
CREATE INDEX tickets_by_type ON tickets (event_number, type_number, state, replaced_by);
-- Status lists: few rows of many.
CREATE INDEX tickets_not_valid ON tickets (event_number, serial, state) WHERE state <> 0;
CREATE INDEX tickets_by_order ON tickets (organizer_id, order_index) WHERE order_index IS NOT NULL;
CREATE INDEX tickets_by_email ON tickets (organizer_id, email_index) WHERE email_index IS NOT NULL;

CREATE TABLE ticket_revisions (
    event_number         INTEGER NOT NULL,
    serial               INTEGER NOT NULL,
    revision             INTEGER NOT NULL,
    organizer_id         INTEGER NOT NULL,
    event_revision       INTEGER NOT NULL,
    template_version_id  INTEGER NOT NULL,
    -- NULL for server tokens, which no public key verifies.
    signing_key_id       INTEGER,
    token                BLOB    NOT NULL,
    -- Holder's name, address, seat and all custom values.
    sealed_values        BLOB    NOT NULL,
    issued_at_us         INTEGER NOT NULL,
    PRIMARY KEY (event_number, serial, revision),
    FOREIGN KEY (event_number, serial) REFERENCES tickets (event_number, serial),
    FOREIGN KEY (event_number, event_revision) REFERENCES event_revisions (event_number, revision),
    FOREIGN KEY (organizer_id, template_version_id) REFERENCES template_versions (organizer_id, id),
    FOREIGN KEY (organizer_id, signing_key_id) REFERENCES signing_keys (organizer_id, id)
) STRICT;

-- Ids that callers chose. Not keyed by event: the caller names no event when asking for one.
CREATE TABLE caller_ticket_ids (
    organizer_id  INTEGER NOT NULL,
    caller_id     TEXT    NOT NULL,
    event_number  INTEGER NOT NULL,
    serial        INTEGER NOT NULL,
    PRIMARY KEY (organizer_id, caller_id)
) STRICT, WITHOUT ROWID;
