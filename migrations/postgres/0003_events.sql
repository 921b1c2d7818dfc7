-- Events. What is said of an event stands in revisions that never change.

CREATE TABLE events (
    -- Unique in the host: it stands in every token.
    number           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                     CHECK (number BETWEEN 1 AND 4294967295),
    organizer_id     BIGINT NOT NULL REFERENCES organizers (id),
    caller_id        TEXT   COLLATE "C" NOT NULL,
    revision         BIGINT NOT NULL,
    -- The first serial that was never reserved.
    next_serial      BIGINT NOT NULL DEFAULT 0 CHECK (next_serial BETWEEN 0 AND 4294967296),
    bundle_sequence  BIGINT NOT NULL DEFAULT 0,
    -- Counts the changes of ticket states, so that a status list is made again only when needed.
    status_sequence  BIGINT NOT NULL DEFAULT 0,
    created_at_us    BIGINT NOT NULL,
    UNIQUE (organizer_id, caller_id),
    UNIQUE (organizer_id, number)
) WITH (fillfactor = 50); -- The counters change in place.

CREATE TABLE event_revisions (
    event_number   BIGINT  NOT NULL REFERENCES events (number),
    revision       BIGINT  NOT NULL,
    -- Language tag to text, as are `venue` and `description`.
    names          TEXT    NOT NULL,
    venue          TEXT    NOT NULL,
    description    TEXT    NOT NULL,
    organizer_name TEXT,
    starts_at_us   BIGINT,
    ends_at_us     BIGINT,
    doors_at_us    BIGINT,
    time_zone      TEXT    NOT NULL,
    locale         TEXT    NOT NULL,
    currency       TEXT,
    -- What was declared of each type; its number stands in `ticket_types`.
    ticket_types   TEXT    NOT NULL,
    defaults       TEXT    NOT NULL,
    policy         TEXT    NOT NULL,
    -- True: types are numbered by first use.
    open           BOOLEAN NOT NULL,
    created_at_us  BIGINT  NOT NULL,
    PRIMARY KEY (event_number, revision)
);

-- A name keeps its number for ever, whatever later revisions declare: tokens carry the number.
CREATE TABLE ticket_types (
    event_number   BIGINT NOT NULL REFERENCES events (number),
    number         BIGINT NOT NULL,
    name           TEXT   COLLATE "C" NOT NULL,
    created_at_us  BIGINT NOT NULL,
    PRIMARY KEY (event_number, number),
    UNIQUE (event_number, name),
    CONSTRAINT ticket_types_number CHECK (number BETWEEN 1 AND 65535)
);

-- Who took which serials. A serial in a block without a ticket is a hole that this row explains.
CREATE TABLE serial_blocks (
    event_number    BIGINT NOT NULL REFERENCES events (number),
    first_serial    BIGINT NOT NULL,
    serials         BIGINT NOT NULL CHECK (serials > 0),
    holder          TEXT   NOT NULL,
    reserved_at_us  BIGINT NOT NULL,
    PRIMARY KEY (event_number, first_serial)
);
