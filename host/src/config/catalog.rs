//! Every name that may be set, what it does, and what becomes of the names of the service that
//! Guichet replaces.

/// A setting of this host.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Name of its environment variable. In the file it may stand in small letters.
    pub name: &'static str,
    /// What it does, in a line for the operator.
    pub meaning: &'static str,
    /// Whether its value is shown, and whether it may also be given as a file by `NAME_FILE`.
    pub kind: Kind,
}

/// How a value is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Shown to whoever asks for the configuration.
    Open,
    /// Never shown; also taken from the file that `NAME_FILE` names.
    Secret,
}

const fn open(name: &'static str, meaning: &'static str) -> Known {
    Known {
        name,
        meaning,
        kind: Kind::Open,
    }
}

const fn secret(name: &'static str, meaning: &'static str) -> Known {
    Known {
        name,
        meaning,
        kind: Kind::Secret,
    }
}

/// Names the file of settings; it alone cannot stand in that file.
pub const FILE_NAME: &str = "GUICHET_CONFIG";

/// Every setting, in the order in which `guichet config` shows them.
pub const KNOWN: &[Known] = &[
    open(
        "HOST",
        "IP address to listen on; 0.0.0.0 is every one of this machine",
    ),
    open("PORT", "port of the API; 0 takes a free one"),
    open(
        "PUBLIC_URL",
        "address under which clients reach this host; it stands in links",
    ),
    open(
        "TLS_CERT",
        "file of the certificate chain in PEM, for TLS by this host; needs TLS_KEY",
    ),
    open("TLS_KEY", "file of the certificate's private key in PEM"),
    open(
        "TRUSTED_PROXIES",
        "addresses and networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; also loopback, private",
    ),
    open(
        "ALLOWED_IPS",
        "addresses and networks of clients that may call; empty lets all",
    ),
    open(
        "CORS_ORIGIN",
        "origins whose web pages may read answers, with commas between them, or *; empty is none",
    ),
    open("REQUEST_TIMEOUT_MS", "longest time for one request"),
    open(
        "MAX_CONNECTIONS",
        "most connections at a time; further ones wait",
    ),
    open(
        "RATE_LIMIT_PRESET",
        "figures of the rate limits that are not given one by one: generous, legacy (those of the old service) or off",
    ),
    open(
        "GENERATION_RATE_LIMIT",
        "requests a minute that issue or change a ticket, for each address and each caller; 0 is no limit",
    ),
    open(
        "BATCH_RATE_LIMIT",
        "the same for batches and uploads of templates",
    ),
    open(
        "DOWNLOAD_RATE_LIMIT",
        "the same for downloads, pictures of codes and previews",
    ),
    open(
        "VALIDATION_RATE_LIMIT",
        "the same for verdicts and what gates fetch",
    ),
    open(
        "RATE_LIMIT_MAX_REQUESTS",
        "all other requests within RATE_LIMIT_WINDOW_MS, likewise",
    ),
    open(
        "RATE_LIMIT_WINDOW_MS",
        "the time of RATE_LIMIT_MAX_REQUESTS in milliseconds",
    ),
    open(
        "RATE_LIMIT_SHARED",
        "true lets all hosts on one PostgreSQL database count together, so that a caller has one allowance",
    ),
    open(
        "GUICHET_DATA",
        "folder of the database, the secrets and the compiled templates",
    ),
    secret(
        "DATABASE_URL",
        "address of a PostgreSQL database that keeps the data; empty keeps them in embedded SQLite",
    ),
    secret(
        "DATABASE_READ_URL",
        "address of a replica of that database, which answers lists and counts and may be a little behind",
    ),
    open(
        "DB_POOL_MIN",
        "connections to PostgreSQL that are kept open when nothing is to do",
    ),
    open(
        "DB_POOL_MAX",
        "connections of this host to PostgreSQL at most",
    ),
    open(
        "STORAGE_TYPE",
        "where the files that batches make are kept, encrypted: local, a folder; or s3, a bucket",
    ),
    open(
        "STORAGE_PATH",
        "the folder; hosts that share a PostgreSQL database have to share it too",
    ),
    open(
        "AWS_S3_BUCKET",
        "the bucket, of Amazon S3 or of any store that speaks S3",
    ),
    open(
        "AWS_S3_PREFIX",
        "what the names of all objects in the bucket begin with; empty is nothing",
    ),
    open("AWS_REGION", "region of the bucket"),
    open(
        "AWS_ENDPOINT_URL",
        "address of a store that is not Amazon's; plain http:// only within networks of your own",
    ),
    open(
        "AWS_S3_PATH_STYLE",
        "true names the bucket in the path of addresses, false in the host's name; with AWS_ENDPOINT_URL it is true unless it is set",
    ),
    open(
        "AWS_ACCESS_KEY_ID",
        "id of the access key; without a key, Amazon is asked who this machine is",
    ),
    secret("AWS_SECRET_ACCESS_KEY", "the access key's secret"),
    open(
        "AUTO_CREATE_ORGANIZERS",
        "true makes an organizer when a good token names a new one; else that is 403",
    ),
    open(
        "LEGACY_PRICE_UNIT",
        "minor: prices are integers in the smallest unit of the currency; major: decimals, as clients of the old service send them",
    ),
    open(
        "TEMPLATE_LIMITS",
        "bounds of templates that differ from the defaults, such as fuel=200000000,pages=40",
    ),
    open(
        "BATCH_MAX_SIZE",
        "tickets of one batch that is sent as JSON; CSV and NDJSON have no bound",
    ),
    open(
        "BATCH_CONCURRENCY",
        "chunks of jobs that this process works on at once; 0 leaves all to `guichet worker`",
    ),
    open(
        "BATCH_TIMEOUT",
        "milliseconds after which a job fails that is still worked on",
    ),
    open(
        "QUEUE_ORGANIZER_CONCURRENCY",
        "chunks of one organizer that all workers together may have under way",
    ),
    open(
        "QUEUE_MAX_TICKETS",
        "tickets that may wait in the queue; a job that would make it more is refused with 503 QUEUE_FULL",
    ),
    open(
        "JOB_RETENTION_DAYS",
        "days after which a job that is over is removed, with the files that it made",
    ),
    open(
        "RETENTION_DAYS",
        "days after the end of an event at which its tickets no longer say who their holders are; 0 keeps that for ever",
    ),
    secret(
        "GUICHET_MASTER_KEY",
        "protects all keys and personal data at rest, at least 32 bytes; made in the data folder if neither it nor DATABASE_URL is given",
    ),
    secret(
        "GUICHET_MASTER_KEY_PREVIOUS",
        "the master key before, while `guichet keys rotate-master` replaces it",
    ),
    secret(
        "JWT_SECRET",
        "signs and checks HS256 bearer tokens, at least 32 bytes; made in the data folder if neither it nor DATABASE_URL is given",
    ),
    secret(
        "QR_SECRET_KEY",
        "what the keys of server-checked codes are derived from, at least 32 bytes; made in the data folder if neither it nor DATABASE_URL is given",
    ),
    open(
        "JWT_EXPIRES_IN",
        "how long a token of `guichet token` holds unless --ttl says otherwise, such as 24h or 30d",
    ),
    open(
        "JWKS_URL",
        "where another signer publishes its public keys (JWKS), whose bearer tokens are then accepted too",
    ),
    open("JWKS_FILE", "the same as a file"),
    open(
        "JWT_ISSUER",
        "what iss of that signer's tokens must be; empty checks nothing",
    ),
    open(
        "JWT_AUDIENCE",
        "what aud of that signer's tokens must name; empty checks nothing",
    ),
    open(
        "WEBHOOK_ALLOWED_NETWORKS",
        "addresses and networks that are not public and that webhooks may go to all the same, there also without TLS; also loopback, private",
    ),
    open("METRICS_ENABLED", "false serves no /metrics"),
    open(
        "METRICS_HOST",
        "IP address of /metrics; that of the API unless it is set",
    ),
    open("PROMETHEUS_PORT", "port of /metrics"),
    open(
        "LOG_LEVEL",
        "error, warn, info, debug or trace; or levels of rooms, such as warn,guichet::issue=debug",
    ),
    open("LOG_FORMAT", "json, or pretty for people"),
    open(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "address of a collector of traces that speaks OTLP over HTTP, without /v1/traces; empty traces nothing",
    ),
    secret(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "what requests to that collector say, as name=value, several with commas between them",
    ),
    open("OTEL_SERVICE_NAME", "what this host is called there"),
    open(
        "OTEL_TRACES_SAMPLER_ARG",
        "which share of requests is traced whose caller does not say, 0 to 1",
    ),
];

/// Parts of an address that `DATABASE_URL` says whole, in both spellings of the old service, and what
/// they may be given as.
pub const DATABASE_PARTS: &[&str] = &[
    "DB_HOST",
    "DB_PORT",
    "DB_NAME",
    "DB_USER",
    "DB_PASSWORD",
    "DB_PASSWORD_FILE",
    "DB_SSLMODE",
    "DATABASE_HOST",
    "DATABASE_PORT",
    "DATABASE_NAME",
    "DATABASE_USER",
    "DATABASE_PASSWORD",
    "DATABASE_PASSWORD_FILE",
];

/// What became of a name of the old service.
#[derive(Clone, Copy, Debug)]
pub struct Former {
    /// The name.
    pub name: &'static str,
    /// Why it changes nothing, or what to set instead.
    pub notice: &'static str,
}

const fn former(name: &'static str, notice: &'static str) -> Former {
    Former { name, notice }
}

const NO_REDIS: &str = "Redis is not needed: the database is enough";
const NO_CALLS: &str = "callers are known by their bearer token";
const NO_EXPIRY: &str = "a printed code holds until 400 days after its event; doors and windows of an event say when it admits";
const NO_FOLDERS: &str = "nothing is stored that can be rendered again; templates are uploaded";

/// Names of the old service that are accepted and change nothing.
pub const FORMER: &[Former] = &[
    former("NODE_ENV", "there is one build for every environment"),
    former("SERVICE_NAME", "the service is named guichet"),
    former("SERVICE_VERSION", "the version is that of the program"),
    former("REDIS_URL", NO_REDIS),
    former("REDIS_HOST", NO_REDIS),
    former("REDIS_PORT", NO_REDIS),
    former("REDIS_PASSWORD", NO_REDIS),
    former("REDIS_DB", NO_REDIS),
    former("QUEUE_REDIS_URL", NO_REDIS),
    former("API_SECRET_KEY", NO_CALLS),
    former("AUTH_SERVICE_URL", NO_CALLS),
    former("SHARED_SERVICE_TOKEN", NO_CALLS),
    former("QR_EXPIRY_MINUTES", NO_EXPIRY),
    former("TICKET_SIGNATURE_VALIDITY_HOURS", NO_EXPIRY),
    former(
        "QR_ALGORITHM",
        "codes are signed with Ed25519; see docs/TOKEN.md",
    ),
    former(
        "QR_ERROR_CORRECTION",
        "a template says how its code is drawn; of a picture, options.qrOptions.errorCorrection does",
    ),
    former(
        "QR_MARGIN",
        "a picture's quiet zone is 4 modules unless options.qrOptions.margin says more",
    ),
    former("MAX_QR_SIZE", "a picture of a code has 100 to 2048 pixels"),
    former("MIN_QR_SIZE", "a picture of a code has 100 to 2048 pixels"),
    former("PDF_TEMPLATE_DIR", NO_FOLDERS),
    former("PDF_OUTPUT_DIR", NO_FOLDERS),
    former("TEMPLATES_PATH", NO_FOLDERS),
    former(
        "DEFAULT_TEMPLATE",
        "each organizer has its own default: the template that it activated",
    ),
    former(
        "PDF_DPI",
        "a PDF has no resolution; of a PNG, ?dpi= says it, 300 if not",
    ),
    former("PDF_QUALITY", "pictures are embedded as they are"),
    former(
        "PDF_WATERMARK_ENABLED",
        "a template draws its own; previews are marked SPECIMEN",
    ),
    former(
        "PDF_PASSWORD_PROTECTED",
        "this version writes no encrypted PDF yet",
    ),
    former(
        "QUEUE_CLEANUP_INTERVAL",
        "old jobs are removed by themselves; JOB_RETENTION_DAYS says when",
    ),
    former(
        "HEALTH_CHECK_INTERVAL",
        "every question to /health is answered; a result is kept for 5 seconds",
    ),
    former("HELMET_ENABLED", "security headers are always sent"),
    former(
        "INPUT_SANITIZATION",
        "input is checked and refused by name, never altered",
    ),
    former(
        "MAX_TICKETS_PER_USER_PER_EVENT",
        "the shop that takes the order counts its customers' tickets",
    ),
];

/// What this name sets, if it is a setting of this host.
pub fn known(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

/// Whether it sets something: a setting, a part of one, the file of a secret, or the file of settings.
pub fn is_setting(name: &str) -> bool {
    let secret_file = || {
        let secret = name.strip_suffix("_FILE").and_then(known);
        secret.is_some_and(|known| known.kind == Kind::Secret)
    };
    known(name).is_some() || name == FILE_NAME || DATABASE_PARTS.contains(&name) || secret_file()
}

/// What became of this name, if it is one of the old service.
pub fn former_notice(name: &str) -> Option<&'static str> {
    let former = FORMER.iter().find(|former| former.name == name);
    former.map(|former| former.notice)
}

/// The setting that was probably meant by this name, which is none.
pub fn nearest(name: &str) -> Option<&'static str> {
    /// One letter wrong, missing or too many, or two of them exchanged.
    const CLOSE: usize = 2;
    /// In a shorter name, so many letters are most of it.
    const SHORTEST: usize = 6;
    if name.len() < SHORTEST {
        return None;
    }
    let distances = KNOWN
        .iter()
        .filter(|known| known.name.len() >= SHORTEST)
        .map(|known| (distance(name, known.name), known.name));
    let (distance, nearest) = distances.min()?;
    (distance <= CLOSE).then_some(nearest)
}

/// How many letters have to be changed, put in or left out to make one of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut above_left = line;
        let mut left = line + 1;
        let mut next = vec![left];
        for (above, at) in row.iter().skip(1).zip(&other) {
            let changed = above_left + usize::from(letter != *at);
            above_left = *above;
            left = changed.min(*above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_one_list_only_once() {
        let mut names: Vec<_> = KNOWN.iter().map(|known| known.name).collect();
        names.extend(FORMER.iter().map(|former| former.name));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn a_slip_of_the_pen_is_recognized_and_other_programs_names_are_not() {
        let check =
            |name: &str, expected: Option<&str>| assert_eq!(nearest(name), expected, "{name}");
        check("PUBLIC_ULR", Some("PUBLIC_URL"));
        check("LOGLEVEL", Some("LOG_LEVEL"));
        check("JWT_SECRETS", Some("JWT_SECRET"));
        check("HOSTNAME", None);
        check("PATH", None);
        check("LOGNAME", None);
        check("RUST_LOG", None);
        check("", None);
    }

    #[test]
    fn every_name_of_the_example_file_is_a_setting_and_every_setting_is_in_it() {
        let example = include_str!("../../../.env.example");
        let names: Vec<_> = example
            .lines()
            .filter_map(|line| line.trim_start_matches("# ").split_once('='))
            .map(|(name, _)| name)
            .filter(|name| {
                name.bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
            })
            .collect();
        for name in &names {
            assert!(is_setting(name), "{name}");
        }
        for known in KNOWN {
            assert!(names.contains(&known.name), "{} is missing", known.name);
        }
    }
}
