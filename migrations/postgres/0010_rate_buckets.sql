-- How often callers asked lately, where hosts agree on it (RATE_LIMIT_SHARED). Not logged: after a crash
-- of the server everybody has a full bucket, and nothing else is lost.
CREATE UNLOGGED TABLE rate_buckets (
    -- A keyed hash of the kind of request and who asks.
    bucket      BYTEA  PRIMARY KEY CHECK (octet_length(bucket) = 16),
    -- When the bucket is full again, in nanoseconds since 1970. A row in the past says nothing.
    full_at_ns  BIGINT NOT NULL
) WITH (fillfactor = 50);
