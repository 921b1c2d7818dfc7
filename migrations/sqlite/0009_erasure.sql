-- Erasing what tickets say of their holders.

-- When the newest revision was found to say nothing of a holder. NULL: it may.
ALTER TABLE tickets ADD COLUMN erased_at_us INTEGER;

-- When the tickets of an event that is long over were last looked through for holders.
ALTER TABLE events ADD COLUMN holders_checked_us INTEGER;

-- Addresses that only earlier revisions of a ticket have, so that a person is found there too. The newest
-- one's stands in the ticket.
CREATE TABLE earlier_emails (
    organizer_id  INTEGER NOT NULL,
    email_index   BLOB    NOT NULL,
    event_number  INTEGER NOT NULL,
    serial        INTEGER NOT NULL,
    PRIMARY KEY (event_number, serial, email_index)
) STRICT, WITHOUT ROWID;

CREATE INDEX earlier_emails_found ON earlier_emails (organizer_id, email_index);

-- Requests of organizers that send none any more are forgotten by time alone.
CREATE INDEX idempotency_kept ON idempotency (kept_until_us);
