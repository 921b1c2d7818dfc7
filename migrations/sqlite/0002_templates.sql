-- Layout templates: code and its inputs by digest, versions that never change, and which is in use.

-- Bytes under their SHA-256. Not bound to an organizer: the rows that name a digest are.
CREATE TABLE blobs (
    digest         BLOB    NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    data           BLOB    NOT NULL,
    created_at_us  INTEGER NOT NULL
) STRICT;

CREATE TABLE ticket_templates (
    id                 INTEGER PRIMARY KEY,
    organizer_id       INTEGER NOT NULL REFERENCES organizers (id),
    name               TEXT    NOT NULL,
    -- The activation in force; NULL until a first version was activated.
    activation_id      INTEGER REFERENCES template_activations (id),
    -- A version that a share of new tickets tries, in thousandths.
    canary_version_id  INTEGER,
    canary_permille    INTEGER CHECK (canary_permille BETWEEN 1 AND 1000),
    created_at_us      INTEGER NOT NULL,
    UNIQUE (organizer_id, name),
    UNIQUE (organizer_id, id),
    FOREIGN KEY (id, canary_version_id) REFERENCES template_versions (template_id, id),
    CHECK ((canary_version_id IS NULL) = (canary_permille IS NULL))
) STRICT;

CREATE TABLE template_versions (
    id                INTEGER PRIMARY KEY,
    organizer_id      INTEGER NOT NULL,
    template_id       INTEGER NOT NULL,
    number            INTEGER NOT NULL,
    state             TEXT    NOT NULL CHECK (state IN ('compiling', 'ready', 'rejected')),
    component_digest  BLOB    NOT NULL REFERENCES blobs (digest),
    settings_digest   BLOB    NOT NULL REFERENCES blobs (digest),
    -- What `prepare` answered; NULL until the version is ready.
    prepared_digest   BLOB    REFERENCES blobs (digest),
    manifest          TEXT,
    report            TEXT,
    created_at_us     INTEGER NOT NULL,
    UNIQUE (template_id, number),
    UNIQUE (template_id, id),
    UNIQUE (organizer_id, id),
    FOREIGN KEY (organizer_id, template_id) REFERENCES ticket_templates (organizer_id, id),
    CHECK (state <> 'ready' OR manifest IS NOT NULL)
) STRICT;

CREATE INDEX template_versions_compiling ON template_versions (id) WHERE state = 'compiling';

CREATE TABLE template_version_assets (
    version_id  INTEGER NOT NULL REFERENCES template_versions (id),
    name        TEXT    NOT NULL,
    media_type  TEXT    NOT NULL,
    digest      BLOB    NOT NULL REFERENCES blobs (digest),
    PRIMARY KEY (version_id, name)
) STRICT, WITHOUT ROWID;

-- A stack: rolling back returns to `previous_id`.
CREATE TABLE template_activations (
    id           INTEGER PRIMARY KEY,
    template_id  INTEGER NOT NULL,
    version_id   INTEGER NOT NULL,
    previous_id  INTEGER REFERENCES template_activations (id),
    actor        TEXT    NOT NULL,
    at_us        INTEGER NOT NULL,
    FOREIGN KEY (template_id, version_id) REFERENCES template_versions (template_id, id)
) STRICT;
