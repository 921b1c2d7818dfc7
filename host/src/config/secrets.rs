//! The host's secrets: those that the operator gave, and the rest from the data folder.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use super::{ConfigError, Environment, Secret};

/// The secrets that were given by value or by file, checked.
#[derive(Clone, Debug)]
pub struct GivenSecrets {
    master: Option<Secret>,
    previous_master: Option<Secret>,
    jwt: Option<Secret>,
    qr: Option<Secret>,
}

/// All the host's secrets.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// Protects all keys and personal data at rest.
    pub master: Secret,
    /// The master key before, while it is replaced.
    pub previous_master: Option<Secret>,
    /// Signs bearer tokens.
    pub jwt: Secret,
    /// Where the keys of `server` tokens come from.
    pub qr: Secret,
}

const MASTER: &str = "GUICHET_MASTER_KEY";
const PREVIOUS_MASTER: &str = "GUICHET_MASTER_KEY_PREVIOUS";
const JWT: &str = "JWT_SECRET";
const QR: &str = "QR_SECRET_KEY";

const MASTER_FILE: &str = "master.key";
const JWT_FILE: &str = "jwt.secret";
const QR_FILE: &str = "qr.secret";

impl GivenSecrets {
    /// Reads and checks what the environment gives.
    ///
    /// # Errors
    /// The first secret that is not usable, by name.
    pub fn read(environment: Environment<'_>) -> Result<Self, ConfigError> {
        let given = |name: &'static str| {
            Secret::from_environment(environment, name)
                .map_err(|source| ConfigError::Secret { name, source })
        };
        Ok(Self {
            master: given(MASTER)?,
            previous_master: given(PREVIOUS_MASTER)?,
            jwt: given(JWT)?,
            qr: given(QR)?,
        })
    }

    /// These alone, for hosts that share their data and so their secrets. The data folder is made.
    ///
    /// # Errors
    /// The first secret that was not given; when the folder cannot be used.
    pub fn all(&self, data: &Path) -> Result<Secrets, ConfigError> {
        let one = |name: &'static str, given: &Option<Secret>| {
            given.clone().ok_or(ConfigError::NoSecret { name })
        };
        let secrets = Secrets {
            master: one(MASTER, &self.master)?,
            previous_master: self.previous_master.clone(),
            jwt: one(JWT, &self.jwt)?,
            qr: one(QR, &self.qr)?,
        };
        make_folder(data)?;
        Ok(secrets)
    }

    /// These and the rest, from files of the data folder. The folder and missing files are made, for
    /// nobody else to read.
    ///
    /// # Errors
    /// When the folder or a file cannot be used.
    pub fn complete(&self, data: &Path) -> Result<Secrets, ConfigError> {
        make_folder(data)?;
        let one = |name: &'static str, given: &Option<Secret>, file: &str| match given {
            Some(secret) => Ok(secret.clone()),
            None => Secret::from_file_or_new(&data.join(file))
                .map_err(|source| ConfigError::Secret { name, source }),
        };
        let previous = data.join("master-previous.key");
        let previous_master = match &self.previous_master {
            Some(secret) => Some(secret.clone()),
            None if previous.exists() => {
                let read = Secret::from_file(&previous);
                let name = PREVIOUS_MASTER;
                Some(read.map_err(|source| ConfigError::Secret { name, source })?)
            }
            None => None,
        };
        Ok(Secrets {
            master: one(MASTER, &self.master, MASTER_FILE)?,
            previous_master,
            jwt: one(JWT, &self.jwt, JWT_FILE)?,
            qr: one(QR, &self.qr, QR_FILE)?,
        })
    }

    /// Whether a master key was given that is being replaced.
    pub fn has_previous_master(&self) -> bool {
        self.previous_master.is_some()
    }

    /// Secrets that were not given and that the data folder does not have: [`Self::complete`] would make
    /// them.
    pub fn missing(&self, data: &Path) -> Vec<&'static str> {
        let all = [
            (MASTER, &self.master, MASTER_FILE),
            (JWT, &self.jwt, JWT_FILE),
            (QR, &self.qr, QR_FILE),
        ];
        let missing = all
            .into_iter()
            .filter(|(_, given, file)| given.is_none() && !data.join(file).exists());
        missing.map(|(name, _, _)| name).collect()
    }
}

fn make_folder(data: &Path) -> Result<(), ConfigError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .map_err(|source| ConfigError::DataFolder {
            path: data.display().to_string(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_data_need_every_secret() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let secrets = |names: &[&str]| {
            let environment = |name: &str| {
                let given = names.contains(&name);
                given.then(|| "a secret of the operator, 32 bytes".to_owned())
            };
            let given = GivenSecrets::read(&environment).unwrap();
            given.all(&data).map_err(|error| error.to_string())
        };
        let check = |names: &[&str], missing: &str| {
            let message = secrets(names).unwrap_err();
            assert!(
                message.starts_with(&format!("{missing} is not set")),
                "{message}"
            );
            assert!(message.contains("openssl rand"), "{message}");
        };
        check(&[], MASTER);
        check(&[MASTER, QR], JWT);
        check(&[MASTER, JWT], QR);
        assert!(!data.exists());
        secrets(&[MASTER, JWT, QR]).unwrap();
        // Nothing was made but the folder.
        assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0);
    }

    #[test]
    fn missing_secrets_are_made_once_and_given_ones_are_not_written_down() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let given = "a secret of the operator, 32 bytes";
        let environment = |name: &str| (name == JWT).then(|| given.to_owned());
        let secrets = GivenSecrets::read(&environment).unwrap();
        assert!(!data.exists());
        let first = secrets.complete(&data).unwrap();
        let second = secrets.complete(&data).unwrap();
        assert_eq!(first.jwt.expose(), given.as_bytes());
        assert!(first.master.expose().len() >= Secret::MIN_BYTES);
        assert_eq!(first.master.expose(), second.master.expose());
        assert_ne!(first.master.expose(), first.qr.expose());
        let mut files: Vec<_> = std::fs::read_dir(&data)
            .unwrap()
            .map(|file| file.unwrap().file_name())
            .collect();
        files.sort();
        assert_eq!(files, ["master.key", "qr.secret"]);
    }
}
