//! `guichet config`: every setting in effect and what it does, secrets hidden.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::answer::{Form, Outcome, remark, show};
use super::serve::{Configured, ServeArgs};
use crate::access::KeySource;
use crate::config::{
    BatchSettings, DatabaseConfig, DatabaseUrl, FrontSettings, LogSettings, MetricsSettings,
    ObjectSettings, PostgresConfig, PriceUnit, S3Addressing, S3Settings, ServeConfig, TlsFiles,
    TokenSettings, TraceSettings, WebhookSettings, catalog, in_words,
};

/// Print every setting in effect and what it does, secrets hidden.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet config --data /var/lib/guichet

The lines are environment variables: what is printed can be given back, but for the secrets, to which
the user and password in DATABASE_URL belong. A file of settings (--config) holds the same names in
TOML, in small letters if you like: port = 3004. The environment wins over the file, and flags win over
both. A secret may also be given as a file, by JWT_SECRET_FILE for JWT_SECRET. Without DATABASE_URL, one
that is not given is made in the data folder by `guichet serve`; with it, all three have to be given.")]
pub(super) struct ConfigArgs {
    #[command(flatten)]
    serve: ServeArgs,
}

pub(super) fn run(args: &ConfigArgs, form: Form) -> anyhow::Result<Outcome> {
    let Configured { config, notices } = args.serve.configured()?;
    let settings = settings(&config);
    let meaning = |name: &str| catalog::known(name).map_or("", |known| known.meaning);
    let lines: Vec<_> = settings
        .iter()
        .map(|(name, value)| format!("# {}\n{name}={}", meaning(name), plain(value)))
        .collect();
    let entries: Vec<Value> = settings
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value, "meaning": meaning(name) }))
        .collect();
    for notice in &notices {
        remark(notice);
    }
    let object = json!({ "settings": entries, "notices": notices });
    show(form, lines.join("\n"), &object)?;
    Ok(Outcome::Done)
}

/// In the place of a secret.
const HIDDEN: &str = "(hidden)";

/// Every setting, by the name of its variable. The patterns name every field, so that a new setting
/// cannot be forgotten here.
fn settings(config: &ServeConfig) -> Vec<(&'static str, Value)> {
    let ServeConfig {
        listen,
        data,
        database,
        objects,
        public_url,
        auto_create_organizers,
        price_unit,
        template_limits,
        holders_kept_for,
        tokens:
            TokenSettings {
                life,
                key_source,
                issuer,
                audience,
            },
        secrets,
        front,
        rates,
        webhooks: WebhookSettings { allowed_networks },
        batches:
            BatchSettings {
                max_size,
                concurrency,
                organizer_cap,
                timeout,
                most_queued,
                kept,
            },
        metrics:
            MetricsSettings {
                enabled: metrics_enabled,
                listen: metrics_listen,
                chosen: _,
            },
        log: LogSettings { level, format },
        traces,
    } = config;
    let retention_days = holders_kept_for.map_or(0, |kept_for| kept_for.as_hours() / 24);
    // An empty variable is one that is not set.
    let previous_master = if secrets.has_previous_master() {
        HIDDEN
    } else {
        ""
    };
    let (database_url, read_url, pool_min, pool_max) = match database {
        DatabaseConfig::Embedded => (String::new(), String::new(), json!(""), json!("")),
        DatabaseConfig::Postgres(PostgresConfig {
            url,
            read_url,
            pool_min,
            pool_max,
        }) => (
            url.shown(),
            read_url
                .as_ref()
                .map(DatabaseUrl::shown)
                .unwrap_or_default(),
            json!(pool_min),
            json!(pool_max),
        ),
    };
    let price_unit = match price_unit {
        PriceUnit::Minor => "minor",
        PriceUnit::Major => "major",
    };
    let FrontSettings {
        cors,
        trusted_proxies,
        allowed_ips,
        request_timeout,
        max_connections,
        tls,
    } = front;
    let (key_url, key_file) = match key_source {
        None => (String::new(), String::new()),
        Some(KeySource::Url(url)) => (url.clone(), String::new()),
        Some(KeySource::File(path)) => (String::new(), path.display().to_string()),
    };
    let allowed_ips = allowed_ips.as_ref().map(ToString::to_string);
    let tls_file = |file: fn(&TlsFiles) -> &PathBuf| {
        let file = tls.as_ref().map(file);
        json!(
            file.map(|file| file.display().to_string())
                .unwrap_or_default()
        )
    };
    let template_limits: Vec<String> = template_limits
        .changes()
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut settings = vec![
        ("HOST", json!(listen.ip().to_string())),
        ("PORT", json!(listen.port())),
        ("PUBLIC_URL", json!(public_url)),
        ("TLS_CERT", tls_file(|files| &files.certificate)),
        ("TLS_KEY", tls_file(|files| &files.key)),
        ("TRUSTED_PROXIES", json!(trusted_proxies.to_string())),
        ("ALLOWED_IPS", json!(allowed_ips.unwrap_or_default())),
        ("CORS_ORIGIN", json!(cors.shown())),
        ("REQUEST_TIMEOUT_MS", json!(request_timeout.as_millis())),
        ("MAX_CONNECTIONS", json!(max_connections)),
        ("RATE_LIMIT_PRESET", json!(rates.preset.name())),
    ];
    let figures = rates.figures();
    settings.extend(figures.map(|(name, figure)| (name, json!(figure))));
    settings.extend([
        ("RATE_LIMIT_SHARED", json!(rates.shared)),
        ("GUICHET_DATA", json!(data.display().to_string())),
        ("DATABASE_URL", json!(database_url)),
        ("DATABASE_READ_URL", json!(read_url)),
        ("DB_POOL_MIN", json!(pool_min)),
        ("DB_POOL_MAX", json!(pool_max)),
    ]);
    settings.extend(object_settings(objects));
    settings.extend([
        ("AUTO_CREATE_ORGANIZERS", json!(auto_create_organizers)),
        ("LEGACY_PRICE_UNIT", json!(price_unit)),
        ("TEMPLATE_LIMITS", json!(template_limits.join(","))),
        ("BATCH_MAX_SIZE", json!(max_size)),
        ("BATCH_CONCURRENCY", json!(concurrency)),
        ("BATCH_TIMEOUT", json!(timeout.as_millis())),
        ("QUEUE_ORGANIZER_CONCURRENCY", json!(organizer_cap)),
        ("QUEUE_MAX_TICKETS", json!(most_queued)),
        ("JOB_RETENTION_DAYS", json!(kept.as_hours() / 24)),
        ("RETENTION_DAYS", json!(retention_days)),
        ("GUICHET_MASTER_KEY", json!(HIDDEN)),
        ("GUICHET_MASTER_KEY_PREVIOUS", json!(previous_master)),
        ("JWT_SECRET", json!(HIDDEN)),
        ("QR_SECRET_KEY", json!(HIDDEN)),
        ("JWT_EXPIRES_IN", json!(in_words(*life))),
        ("JWKS_URL", json!(key_url)),
        ("JWKS_FILE", json!(key_file)),
        ("JWT_ISSUER", json!(issuer.as_deref().unwrap_or_default())),
        (
            "JWT_AUDIENCE",
            json!(audience.as_deref().unwrap_or_default()),
        ),
        (
            "WEBHOOK_ALLOWED_NETWORKS",
            json!(allowed_networks.to_string()),
        ),
        ("METRICS_ENABLED", json!(metrics_enabled)),
        ("METRICS_HOST", json!(metrics_listen.ip().to_string())),
        ("PROMETHEUS_PORT", json!(metrics_listen.port())),
        ("LOG_LEVEL", json!(level)),
        ("LOG_FORMAT", json!(format.name())),
    ]);
    settings.extend(trace_settings(traces.as_ref()));
    settings
}

fn trace_settings(traces: Option<&TraceSettings>) -> [(&'static str, Value); 4] {
    let headers = traces.is_some_and(|traces| !traces.headers.is_empty());
    [
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            json!(traces.map_or("", |traces| traces.endpoint.as_str())),
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            json!(if headers { HIDDEN } else { "" }),
        ),
        (
            "OTEL_SERVICE_NAME",
            json!(traces.map_or("", |traces| traces.service.as_str())),
        ),
        (
            "OTEL_TRACES_SAMPLER_ARG",
            traces.map_or(json!(""), |traces| json!(traces.share)),
        ),
    ]
}

/// Where files are kept. Of the kind of store that is not in use, settings are shown as not set.
fn object_settings(objects: &ObjectSettings) -> [(&'static str, Value); 9] {
    let (kind, folder, s3) = match objects {
        ObjectSettings::Folder(folder) => ("local", folder.display().to_string(), None),
        ObjectSettings::S3(s3) => ("s3", String::new(), Some(s3)),
    };
    let text = |of: fn(&S3Settings) -> Option<&str>| json!(s3.and_then(of).unwrap_or_default());
    let path_style = s3.map(|s3| match s3.addressing {
        S3Addressing::Path => "true",
        S3Addressing::Host => "false",
    });
    [
        ("STORAGE_TYPE", json!(kind)),
        ("STORAGE_PATH", json!(folder)),
        ("AWS_S3_BUCKET", text(|s3| Some(&s3.bucket))),
        ("AWS_S3_PREFIX", text(|s3| Some(&s3.prefix))),
        ("AWS_REGION", text(|s3| Some(&s3.region))),
        ("AWS_ENDPOINT_URL", text(|s3| s3.endpoint.as_deref())),
        ("AWS_S3_PATH_STYLE", json!(path_style.unwrap_or_default())),
        (
            "AWS_ACCESS_KEY_ID",
            text(|s3| s3.credentials.as_ref().map(|key| &*key.key_id)),
        ),
        (
            "AWS_SECRET_ACCESS_KEY",
            text(|s3| s3.credentials.as_ref().map(|_| HIDDEN)),
        ),
    ]
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ServeFlags;

    #[test]
    fn every_setting_is_shown_with_its_meaning() {
        let config = ServeConfig::read(&ServeFlags::default(), &|_| None).unwrap();
        let shown: Vec<_> = settings(&config)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let known: Vec<_> = catalog::KNOWN.iter().map(|known| known.name).collect();
        assert_eq!(shown, known);
    }
}
