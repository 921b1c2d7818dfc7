//! Where settings come from: a file, and the environment, which wins.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::catalog::{self, Kind};
use super::{ConfigError, Environment};

/// What was set, by the name of its environment variable.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    file: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
}

impl Settings {
    /// The process's own environment, and the file that the flag or `GUICHET_CONFIG` names.
    ///
    /// # Errors
    /// A file that cannot be read, and a name in it that is no setting.
    pub fn of_process(file: Option<&Path>) -> Result<Self, ConfigError> {
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            let pair = (name.into_string().ok()?, value.into_string().ok()?);
            // An empty variable counts as not set: compose files cannot leave one out.
            (!pair.1.is_empty()).then_some(pair)
        });
        Self::of(file, environment.collect())
    }

    fn of(file: Option<&Path>, environment: BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let named = environment.get(catalog::FILE_NAME).map(PathBuf::from);
        let file = match file.map(Path::to_owned).or(named) {
            Some(path) => read_file(&path)?,
            None => BTreeMap::new(),
        };
        Ok(Self { file, environment })
    }

    /// What is set under this name.
    pub fn get(&self, name: &str) -> Option<String> {
        let found = self.environment.get(name).or_else(|| self.file.get(name));
        found.cloned()
    }

    /// As the sections of the configuration read it.
    pub fn reader(&self) -> impl Fn(&str) -> Option<String> + '_ {
        |name| self.get(name)
    }

    /// What the operator should know: names of the old service that change nothing, and names that
    /// are none but look like one.
    pub fn notices(&self) -> Vec<String> {
        let names = self.environment.keys().chain(self.file.keys());
        names.filter_map(|name| notice(name)).collect()
    }
}

fn notice(name: &str) -> Option<String> {
    if catalog::is_setting(name) {
        return None;
    }
    if let Some(notice) = catalog::former_notice(name) {
        return Some(format!("{name} changes nothing: {notice}"));
    }
    // The rest of the environment belongs to other programs.
    let nearest = catalog::nearest(name)?;
    Some(format!("{name} is not a setting; did you mean {nearest}?"))
}

/// Reads a TOML file. Names may be in small letters, and tables are a way to write their beginning
/// once: `[rate_limit]` with `preset` is `RATE_LIMIT_PRESET`.
fn read_file(path: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let failed = |reason: String| ConfigError::File {
        path: path.display().to_string(),
        reason,
    };
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| failed(error.to_string().trim_end().to_owned()))?;
    let mut found = BTreeMap::new();
    flatten("", table, &mut found).map_err(failed)?;
    let secrets = found
        .keys()
        .any(|name| catalog::known(name).is_some_and(|known| known.kind == Kind::Secret));
    let metadata = fs::metadata(path).map_err(|error| failed(error.to_string()))?;
    if secrets && metadata.permissions().mode() & 0o077 != 0 {
        return Err(failed(format!(
            "holds a secret and is readable by others; run: chmod 600 {}",
            path.display()
        )));
    }
    Ok(found)
}

fn flatten(
    prefix: &str,
    table: toml::Table,
    found: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.to_ascii_uppercase());
        if let toml::Value::Table(inner) = value {
            flatten(&format!("{name}_"), inner, found)?;
            continue;
        }
        let of_file = catalog::is_setting(&name) && name != catalog::FILE_NAME;
        if !of_file && catalog::former_notice(&name).is_none() {
            // The file is ours alone, so that an unknown name is a mistake.
            return Err(match catalog::nearest(&name) {
                Some(nearest) => format!("{name} is not a setting; did you mean {nearest}?"),
                None => format!("{name} is not a setting; `guichet config` lists them all"),
            });
        }
        let text = text_of(value).ok_or_else(|| {
            format!("{name}: give a text, a number, true, false or a list of them")
        })?;
        // As in the environment, an empty value counts as not set.
        if !text.is_empty() && found.insert(name.clone(), text).is_some() {
            return Err(format!("{name} is set twice"));
        }
    }
    Ok(())
}

fn text_of(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(switch) => Some(switch.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Array(entries) => {
            let nested = |value: &toml::Value| matches!(value, toml::Value::Array(_));
            if entries.iter().any(nested) {
                return None;
            }
            let entries: Option<Vec<_>> = entries.into_iter().map(text_of).collect();
            entries.map(|entries| entries.join(","))
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

/// A value that has to parse, with the fix for one that does not.
///
/// # Errors
/// [`ConfigError::Value`].
pub fn parsed<T: std::str::FromStr>(
    environment: Environment<'_>,
    name: &'static str,
    fix: &'static str,
) -> Result<Option<T>, ConfigError> {
    match environment(name) {
        None => Ok(None),
        Some(value) => match value.parse() {
            Ok(parsed) => Ok(Some(parsed)),
            Err(_) => Err(ConfigError::Value { name, value, fix }),
        },
    }
}

/// A switch.
///
/// # Errors
/// [`ConfigError::Value`].
pub fn switch(
    environment: Environment<'_>,
    name: &'static str,
) -> Result<Option<bool>, ConfigError> {
    match environment(name).as_deref() {
        None => Ok(None),
        Some("true" | "1" | "on") => Ok(Some(true)),
        Some("false" | "0" | "off") => Ok(Some(false)),
        Some(other) => Err(ConfigError::Value {
            name,
            value: other.to_owned(),
            fix: "give true or false",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str, mode: u32, environment: &[(&str, &str)]) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guichet.toml");
        fs::write(&path, toml).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::of(Some(&path), environment.collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_environment_wins_over_the_file_and_tables_are_prefixes() {
        let toml =
            "port = 3005\nLOG_LEVEL = 'debug'\n[log]\nformat = 'pretty'\n[public]\nurl = ''\n";
        let settings = read(toml, 0o644, &[("PORT", "3006")]).unwrap();
        assert_eq!(settings.get("PORT").as_deref(), Some("3006"));
        assert_eq!(settings.get("LOG_LEVEL").as_deref(), Some("debug"));
        assert_eq!(settings.get("LOG_FORMAT").as_deref(), Some("pretty"));
        assert_eq!(settings.get("PUBLIC_URL"), None);
        assert!(settings.notices().is_empty(), "{:?}", settings.notices());
    }

    #[test]
    fn a_mistake_in_the_file_stops_the_start_with_the_fix() {
        let check = |toml: &str, mode: u32, expected: &str| {
            let message = read(toml, mode, &[]).unwrap_err();
            assert!(message.contains("guichet.toml"), "{message}");
            assert!(message.contains(expected), "{message}");
        };
        check("port = ", 0o644, "line 1");
        check("log_levle = 'info'", 0o644, "did you mean LOG_LEVEL?");
        check("colour = 'red'", 0o644, "COLOUR is not a setting");
        check("port = 1\nPORT = 2", 0o644, "PORT is set twice");
        check("port = 2027-05-01", 0o644, "PORT: give a text");
        check("port = [[1]]", 0o644, "PORT: give a text");
        check(
            "guichet_config = 'x'",
            0o644,
            "GUICHET_CONFIG is not a setting",
        );
        check("jwt_secret = 'x'", 0o640, "chmod 600");
        assert!(read("jwt_secret = 'x'", 0o600, &[]).is_ok());
    }

    #[test]
    fn names_of_the_old_service_and_near_misses_are_told() {
        let settings = read(
            "redis_url = 'redis://x'",
            0o644,
            &[
                ("LOG_LEVLE", "info"),
                ("NODE_ENV", "production"),
                ("PATH", "/bin"),
            ],
        );
        let notices = settings.unwrap().notices();
        assert_eq!(notices.len(), 3, "{notices:?}");
        let all = notices.join("\n");
        assert!(all.contains("did you mean LOG_LEVEL?"), "{all}");
        assert!(all.contains("NODE_ENV changes nothing"), "{all}");
        assert!(all.contains("REDIS_URL changes nothing"), "{all}");
        assert!(!all.contains("redis://x"), "{all}");
    }
}
