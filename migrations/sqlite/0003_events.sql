-- Events. What is said of an event stands in revisions that never change.

CREATE TABLE events (
    -- Unique in the host, for ever: it stands in every token. So a number is not given again either
    -- when its event was deleted.
    number           INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number BETWEEN 1 AND 4294967295),
    organizer_id     INTEGER NOT NULL REFERENCES organizers (id),
    caller_id        TEXT    NOT NULL,
    revision         INTEGER NOT NULL,
    -- The first serial that was never reserved.
    next_serial      INTEGER NOT NULL DEFAULT 0 CHECK (next_serial BETWEEN 0 AND 4294967296),
    bundle_sequence  INTEGER NOT NULL DEFAULT 0,
    -- Counts the changes of ticket states, so that a status list is made again only when needed.
    status_sequence  INTEGER NOT NULL DEFAULT 0,
    created_at_us    INTEGER NOT NULL,
    UNIQUE (organizer_id, caller_id),
    UNIQUE (organizer_id, number)
) STRICT;

CREATE TABLE event_revisions (
    event_number   INTEGER NOT NULL REFERENCES events (number),
    revision       INTEGER NOT NULL,
    -- Language tag to text, as are `venue` and `description`.
    names          TEXT    NOT NULL,
    venue          TEXT    NOT NULL,
    description    TEXT    NOT NULL,
    organizer_name TEXT,
    starts_at_us   INTEGER,
    ends_at_us     INTEGER,
    doors_at_us    INTEGER,
    time_zone      TEXT    NOT NULL,
    locale         TEXT    NOT NULL,
    currency       TEXT,
    -- What was declared of each type; its number stands in `ticket_types`.
    ticket_types   TEXT    NOT NULL,
    defaults       TEXT    NOT NULL,
    policy         TEXT    NOT NULL,
    -- 1: types are numbered by first use.
    open           INTEGER NOT NULL CHECK (open IN (0, 1)),
    created_at_us  INTEGER NOT NULL,
    PRIMARY KEY (event_number, revision)
) STRICT;

-- A name keeps its number for ever, whatever later revisions declare: tokens carry the number.
CREATE TABLE ticket_types (
    event_number   INTEGER NOT NULL REFERENCES events (number),
    number         INTEGER NOT NULL CHECK (number BETWEEN 1 AND 65535),
    name           TEXT    NOT NULL,
    created_at_us  INTEGER NOT NULL,
    PRIMARY KEY (event_number, number),
    UNIQUE (event_number, name)
) STRICT, WITHOUT ROWID;

-- Who took which serials. A serial in a block without a ticket is a hole that this row explains.
CREATE TABLE serial_blocks (
    event_number    INTEGER NOT NULL REFERENCES events (number),
    first_serial    INTEGER NOT NULL,
    serials         INTEGER NOT NULL CHECK (serials > 0),
    holder          TEXT    NOT NULL,
    reserved_at_us  INTEGER NOT NULL,
    PRIMARY KEY (event_number, first_serial)
) STRICT, WITHOUT ROWID;
