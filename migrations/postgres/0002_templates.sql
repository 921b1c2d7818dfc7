-- Layout templates: code and its inputs by digest, versions that never change, and which is in use.

-- Bytes under their SHA-256. Not bound to an organizer: the rows that name a digest are.
CREATE TABLE blobs (
    digest         BYTEA  NOT NULL PRIMARY KEY CHECK (octet_length(digest) = 32),
    data           BYTEA  NOT NULL,
    created_at_us  BIGINT NOT NULL
);

-- Compressing megabytes of code takes longer than keeping them.
ALTER TABLE blobs ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE ticket_templates (
    id                 BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organizer_id       BIGINT NOT NULL REFERENCES organizers (id),
    name               TEXT   COLLATE "C" NOT NULL,
    -- The activation in force; NULL until a first version was activated.
    activation_id      BIGINT,
    -- A version that a share of new tickets tries, in thousandths.
    canary_version_id  BIGINT,
    canary_permille    BIGINT CHECK (canary_permille BETWEEN 1 AND 1000),
    created_at_us      BIGINT NOT NULL,
    UNIQUE (organizer_id, name),
    UNIQUE (organizer_id, id),
    CHECK ((canary_version_id IS NULL) = (canary_permille IS NULL))
);

CREATE TABLE template_versions (
    id                BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organizer_id      BIGINT NOT NULL,
    template_id       BIGINT NOT NULL,
    number            BIGINT NOT NULL,
    state             TEXT   NOT NULL CHECK (state IN ('compiling', 'ready', 'rejected')),
    component_digest  BYTEA  NOT NULL REFERENCES blobs (digest),
    settings_digest   BYTEA  NOT NULL REFERENCES blobs (digest),
    -- What `prepare` answered; NULL until the version is ready.
    prepared_digest   BYTEA  REFERENCES blobs (digest),
    manifest          TEXT,
    report            TEXT,
    created_at_us     BIGINT NOT NULL,
    UNIQUE (template_id, number),
    UNIQUE (template_id, id),
    UNIQUE (organizer_id, id),
    FOREIGN KEY (organizer_id, template_id) REFERENCES ticket_templates (organizer_id, id),
    CHECK (state <> 'ready' OR manifest IS NOT NULL)
);

CREATE INDEX template_versions_compiling ON template_versions (id) WHERE state = 'compiling';

CREATE TABLE template_version_assets (
    version_id  BIGINT NOT NULL REFERENCES template_versions (id),
    name        TEXT   COLLATE "C" NOT NULL,
    media_type  TEXT   NOT NULL,
    digest      BYTEA  NOT NULL REFERENCES blobs (digest),
    PRIMARY KEY (version_id, name)
);

-- A stack: rolling back returns to `previous_id`.
CREATE TABLE template_activations (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    template_id  BIGINT NOT NULL,
    version_id   BIGINT NOT NULL,
    previous_id  BIGINT REFERENCES template_activations (id),
    actor        TEXT   NOT NULL,
    at_us        BIGINT NOT NULL,
    FOREIGN KEY (template_id, version_id) REFERENCES template_versions (template_id, id)
);

ALTER TABLE ticket_templates
    ADD FOREIGN KEY (activation_id) REFERENCES template_activations (id),
    ADD FOREIGN KEY (id, canary_version_id) REFERENCES template_versions (template_id, id);

ALTER TABLE organizers
    ADD FOREIGN KEY (id, default_template_id) REFERENCES ticket_templates (organizer_id, id);
