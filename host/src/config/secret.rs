//! Secrets by value, by file, or made on first start.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use super::Environment;

/// Secret bytes; wiped when dropped, never shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// Why a secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Guessable.
    #[error("must be at least {min} bytes, and is {found}")]
    TooShort {
        /// The bound.
        min: usize,
        /// The length found.
        found: usize,
    },
    /// Both ways at once.
    #[error("is given by value and by file; give one of them")]
    Twice,
    /// Others can read it.
    #[error("the file {path} is readable by others (mode {mode:o}); run: chmod 600 {path}")]
    Open {
        /// The file.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// It is no text.
    #[error("the file {path} is no UTF-8 text")]
    NoText {
        /// The file.
        path: String,
    },
    /// The file cannot be read or made.
    #[error("the file {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// No randomness.
    #[error("the system gave no randomness: {0}")]
    Random(getrandom::Error),
}

impl Secret {
    /// Shortest secret in bytes: the strength of the keys derived from it.
    pub const MIN_BYTES: usize = 32;

    /// Secret bytes of at least [`Self::MIN_BYTES`].
    ///
    /// # Errors
    /// [`SecretError::TooShort`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, SecretError> {
        let secret = Self(Zeroizing::new(bytes));
        match secret.0.len() {
            found if found < Self::MIN_BYTES => Err(SecretError::TooShort {
                min: Self::MIN_BYTES,
                found,
            }),
            _ => Ok(secret),
        }
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// By value from the variable `name`, or by file from `name_FILE`.
    pub fn from_environment(
        environment: Environment<'_>,
        name: &str,
    ) -> Result<Option<Self>, SecretError> {
        match (environment(name), environment(&format!("{name}_FILE"))) {
            (Some(_), Some(_)) => Err(SecretError::Twice),
            (Some(value), None) => Self::new(value.into_bytes()).map(Some),
            (None, Some(path)) => Self::from_file(Path::new(&path)).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// A text of any length that is to be kept secret as well, such as an address with a password in
    /// it: by value from the variable `name`, or by file from `name_FILE`.
    pub fn text_from_environment(
        environment: Environment<'_>,
        name: &str,
    ) -> Result<Option<Zeroizing<String>>, SecretError> {
        match (environment(name), environment(&format!("{name}_FILE"))) {
            (Some(_), Some(_)) => Err(SecretError::Twice),
            (Some(value), None) => Ok(Some(Zeroizing::new(value))),
            (None, Some(path)) => {
                let bytes = read_private(Path::new(&path))?;
                match str::from_utf8(&bytes) {
                    Ok(text) => Ok(Some(Zeroizing::new(text.to_owned()))),
                    Err(_) => Err(SecretError::NoText { path }),
                }
            }
            (None, None) => Ok(None),
        }
    }

    /// From a file; one line feed at the end is not part of the secret.
    pub fn from_file(path: &Path) -> Result<Self, SecretError> {
        Self::new(read_private(path)?.to_vec())
    }

    /// From a file of the data folder, made with mode 0600 if it is not there.
    pub fn from_file_or_new(path: &Path) -> Result<Self, SecretError> {
        if path.exists() {
            return Self::from_file(path);
        }
        let failed = |source| SecretError::File {
            path: path.display().to_string(),
            source,
        };
        let mut random = Zeroizing::new([0u8; 32]);
        getrandom::fill(random.as_mut_slice()).map_err(SecretError::Random)?;
        let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        // Written aside and linked into place: a crash leaves no half secret, and of two processes
        // that start at once both use the one that came first.
        let aside = path.with_extension(format!("new-{}", std::process::id()));
        let written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&aside)
            .and_then(|mut file| {
                file.write_all(hex.as_bytes())?;
                file.sync_all()
            });
        let linked = written.and_then(|()| match fs::hard_link(&aside, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
        let _ = fs::remove_file(&aside);
        linked.map_err(failed)?;
        Self::from_file(path)
    }
}

/// The bytes of a file that nobody else may read, without one line feed at its end.
fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let failed = |source| SecretError::File {
        path: path.display().to_string(),
        source,
    };
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretError::Open {
            path: path.display().to_string(),
            mode,
        });
    }
    let mut bytes = Zeroizing::new(fs::read(path).map_err(failed)?);
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Ok(bytes)
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(hidden)")
    }
}
