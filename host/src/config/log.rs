//! What the log says, and how.

use tracing_subscriber::EnvFilter;

use super::{ConfigError, Environment};

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// A level, or directives for single rooms, such as `warn,guichet::issue=debug`.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

impl LogFormat {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Pretty => "pretty",
        }
    }
}

impl LogSettings {
    const DEFAULT_LEVEL: &'static str = "info";

    /// Reads `LOG_LEVEL` and `LOG_FORMAT`.
    ///
    /// # Errors
    /// The one that is wrong, with the fix.
    pub fn read(environment: Environment<'_>) -> Result<Self, ConfigError> {
        let format = match environment("LOG_FORMAT").as_deref() {
            None | Some("json") => LogFormat::Json,
            Some("pretty") => LogFormat::Pretty,
            Some(other) => {
                let (name, value) = ("LOG_FORMAT", other.to_owned());
                return Err(ConfigError::Value {
                    name,
                    value,
                    fix: "give json or pretty",
                });
            }
        };
        let level = environment("LOG_LEVEL").unwrap_or_else(|| Self::DEFAULT_LEVEL.to_owned());
        if filter(&level).is_none() {
            let fix = "give error, warn, info, debug or trace";
            return Err(ConfigError::Value {
                name: "LOG_LEVEL",
                value: level,
                fix,
            });
        }
        Ok(Self { level, format })
    }

    /// What a command logs that is not the host: warnings, for people.
    pub fn of_command() -> Self {
        Self {
            level: "warn".to_owned(),
            format: LogFormat::Pretty,
        }
    }

    /// The filter of the level. Spans are for the collector of traces, not for the log.
    pub fn filter(&self) -> EnvFilter {
        let level = format!("{},{}=off", self.level, crate::traces::TARGET);
        filter(&level).unwrap_or_default()
    }
}

/// A name that is no level would be read as the name of a room, and silence everything.
fn filter(level: &str) -> Option<EnvFilter> {
    let is_level = |text: &str| text.parse::<tracing::level_filters::LevelFilter>().is_ok();
    let plain = level.split(',').all(|part| match part.split_once('=') {
        Some((_, level)) => is_level(level),
        None => is_level(part),
    });
    plain.then(|| EnvFilter::try_new(level).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_refused_by_name() {
        let read = |name: &str, value: &str| {
            let environment = |asked: &str| (asked == name).then(|| value.to_owned());
            LogSettings::read(&environment).map_err(|error| error.to_string())
        };
        assert_eq!(read("LOG_LEVEL", "debug").unwrap().level, "debug");
        assert!(read("LOG_LEVEL", "warn,guichet::issue=debug").is_ok());
        assert!(
            read("LOG_LEVEL", "verbose")
                .unwrap_err()
                .contains("LOG_LEVEL")
        );
        assert_eq!(
            read("LOG_FORMAT", "pretty").unwrap().format,
            LogFormat::Pretty
        );
        assert!(
            read("LOG_FORMAT", "xml")
                .unwrap_err()
                .contains("json or pretty")
        );
    }
}
