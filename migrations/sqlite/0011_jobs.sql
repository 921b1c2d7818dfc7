-- Work that is done behind a request's back: jobs, cut into chunks that any worker may lease.

CREATE TABLE generation_jobs (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    organizer_id     INTEGER NOT NULL REFERENCES organizers (id),
    -- The name for callers.
    uuid             BLOB  NOT NULL UNIQUE CHECK (length(uuid) = 16),
    kind             TEXT   NOT NULL CHECK (kind IN ('tickets', 'pdfs', 'full')),
    -- The event of all items, if they have one in common.
    event_number     INTEGER,
    state            TEXT   NOT NULL CHECK (state IN ('pending', 'processing', 'paused', 'completed',
                                                      'failed', 'cancelled')),
    -- Items come in; complete, but not to begin yet; to be worked on.
    intake           TEXT   NOT NULL CHECK (intake IN ('receiving', 'held', 'released')),
    priority         INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 3),
    not_before_us    INTEGER NOT NULL,
    -- The step whose chunks are worked on: sample, issue, plan, print.
    step             INTEGER NOT NULL CHECK (step BETWEEN 0 AND 3),
    -- How often a chunk is tried.
    attempts         INTEGER NOT NULL CHECK (attempts BETWEEN 1 AND 10),
    -- After so long a time of work the job fails.
    timeout_us       INTEGER NOT NULL,
    total            INTEGER NOT NULL,
    completed        INTEGER NOT NULL,
    failed           INTEGER NOT NULL,
    printed          INTEGER NOT NULL,
    -- Template, formats, order: encrypted, as it may quote what callers wrote.
    spec             BLOB  NOT NULL,
    -- Why all of it failed.
    error_code       TEXT,
    -- Grows with each change that watchers are told of.
    version          INTEGER NOT NULL,
    actor            TEXT   NOT NULL,
    -- When a chunk of it was leased last.
    served_at_us     INTEGER NOT NULL,
    created_at_us    INTEGER NOT NULL,
    started_at_us    INTEGER,
    finished_at_us   INTEGER,
    UNIQUE (organizer_id, id),
    CHECK ((state IN ('completed', 'failed', 'cancelled')) = (finished_at_us IS NOT NULL))
) STRICT;

-- What may be worked on: few rows, whatever was done before.
CREATE INDEX generation_jobs_open ON generation_jobs (id)
    WHERE state IN ('pending', 'processing', 'paused');
CREATE INDEX generation_jobs_of_organizer ON generation_jobs (organizer_id, id);
CREATE INDEX generation_jobs_old ON generation_jobs (finished_at_us) WHERE finished_at_us IS NOT NULL;

CREATE TABLE generation_chunks (
    job_id         INTEGER NOT NULL,
    number         INTEGER NOT NULL,
    organizer_id   INTEGER NOT NULL,
    step           INTEGER NOT NULL CHECK (step BETWEEN 0 AND 3),
    state          TEXT   NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'cancelled')),
    -- Leases given out. Only who holds the newest may write.
    fence          INTEGER NOT NULL DEFAULT 0,
    -- Leases that ended badly.
    tries          INTEGER NOT NULL DEFAULT 0,
    not_before_us  INTEGER NOT NULL,
    lease_until_us INTEGER,
    worker         TEXT,
    -- Its items, counted through the job, or its tickets counted through the printed order.
    first_item     INTEGER NOT NULL,
    items          INTEGER NOT NULL,
    completed      INTEGER NOT NULL DEFAULT 0,
    failed         INTEGER NOT NULL DEFAULT 0,
    -- What is to be issued, encrypted; only failed items once it is done. NULL: as the job's spec says.
    input          BLOB,
    -- Eight bytes an item: its event and serial.
    places         BLOB,
    -- Which items failed and why, encrypted.
    faults         BLOB,
    finished_at_us INTEGER,
    PRIMARY KEY (job_id, number),
    FOREIGN KEY (organizer_id, job_id) REFERENCES generation_jobs (organizer_id, id) ON DELETE CASCADE,
    CHECK ((state = 'running') = (lease_until_us IS NOT NULL))
) STRICT;

CREATE INDEX generation_chunks_open ON generation_chunks (job_id, step, number)
    WHERE state IN ('waiting', 'running');
CREATE INDEX generation_chunks_lately ON generation_chunks (finished_at_us)
    WHERE finished_at_us IS NOT NULL;
CREATE INDEX generation_chunks_running ON generation_chunks (organizer_id, lease_until_us)
    WHERE state = 'running';

-- Files that jobs made. The objects are in the object store.
CREATE TABLE artifacts (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    organizer_id   INTEGER NOT NULL,
    job_id         INTEGER NOT NULL,
    -- The chunk that made it, and its place among the files of the job.
    chunk_number   INTEGER NOT NULL,
    part           INTEGER NOT NULL,
    object_key     TEXT   NOT NULL UNIQUE,
    file_name      TEXT   NOT NULL,
    media_type     TEXT   NOT NULL,
    -- Of the file as it is served.
    bytes          INTEGER NOT NULL,
    stored_bytes   INTEGER NOT NULL,
    digest         BLOB  NOT NULL CHECK (length(digest) = 32),
    tickets        INTEGER NOT NULL,
    created_at_us  INTEGER NOT NULL,
    FOREIGN KEY (organizer_id, job_id) REFERENCES generation_jobs (organizer_id, id) ON DELETE CASCADE,
    UNIQUE (job_id, chunk_number, part)
) STRICT;
