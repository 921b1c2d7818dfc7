//! The key to all other keys.

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize as _, Zeroizing};

use super::data_key::DataKey;
use super::seal::{Place, SealingKey};
use super::{KeysError, OpenError, Randomness};
use crate::storage::{Sealed, Slug};

const KEY_BYTES: usize = 32;

/// The master key. It seals the organizers' data keys, and nothing else.
pub struct MasterKey {
    sealing: SealingKey,
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// Not 32 bytes in a known notation.
    #[error(
        "a master key is 32 bytes, as 64 hexadecimal digits or in base64; `openssl rand -hex 32` makes one"
    )]
    Text,
    /// The file.
    #[error("the master key's file {path} cannot be used")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl MasterKey {
    /// The key of 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; KEY_BYTES]) -> Self {
        Self {
            sealing: SealingKey::derive(bytes, b"master"),
        }
    }

    /// Reads a key: 64 hexadecimal digits, or base64. White space around it does not matter.
    ///
    /// # Errors
    /// [`MasterKeyError::Text`].
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim();
        let bytes = from_hex(text).or_else(|| STANDARD.decode(text).ok());
        let bytes = Zeroizing::new(bytes.unwrap_or_default());
        let bytes = bytes.as_slice().try_into();
        bytes
            .map(Self::from_bytes)
            .map_err(|_| MasterKeyError::Text)
    }

    /// Reads a key from a file that holds it as text.
    ///
    /// # Errors
    /// [`MasterKeyError`].
    pub fn read(path: &Path) -> Result<Self, MasterKeyError> {
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        Self::parse(&text.map_err(|source| file_error(path, source))?)
    }

    /// Reads the key from a file, which is made first (mode 0600) if there is none. Two processes
    /// that start at once end up with one key.
    ///
    /// # Errors
    /// [`MasterKeyError`].
    pub fn read_or_make(path: &Path, randomness: Randomness<'_>) -> Result<Self, MasterKeyError> {
        if !path.exists() {
            make_file(path, randomness).map_err(|source| file_error(path, source))?;
        }
        Self::read(path)
    }

    /// Seals a new data key.
    pub(super) fn seal_data_key(
        &self,
        organizer: &Slug,
        key: &DataKey,
        randomness: Randomness<'_>,
    ) -> Sealed {
        self.sealing.seal(place(organizer), key.bytes(), randomness)
    }

    /// Opens a stored data key.
    pub(super) fn open_data_key(
        &self,
        organizer: &Slug,
        sealed: &Sealed,
    ) -> Result<DataKey, KeysError> {
        let failed = |source| KeysError::Open {
            table: PLACE.0,
            column: PLACE.1,
            organizer: organizer.to_string(),
            source,
        };
        let bytes = self
            .sealing
            .open(place(organizer), sealed)
            .map_err(failed)?;
        let bytes = bytes.as_slice().try_into();
        bytes
            .map(DataKey::new)
            .map_err(|_| failed(OpenError::Format))
    }
}

const PLACE: (&str, &str) = ("organizers", "sealed_data_key");

/// The slug is the row's key: it never changes, and is known before the row has a number.
fn place(organizer: &Slug) -> Place<'_> {
    Place {
        table: PLACE.0,
        column: PLACE.1,
        organizer,
        row: &[],
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

fn file_error(path: &Path, source: io::Error) -> MasterKeyError {
    MasterKeyError::File {
        path: path.to_owned(),
        source,
    }
}

/// Written under another name and then linked, so that nobody reads half a key, and the first of
/// two processes wins.
fn make_file(path: &Path, randomness: Randomness<'_>) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    randomness.fill_bytes(&mut *bytes);
    let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES + 1));
    for byte in *bytes {
        use fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');

    let mut suffix = [0; 8];
    randomness.fill_bytes(&mut suffix);
    let draft = path.with_added_extension(format!("{:016x}", u64::from_be_bytes(suffix)));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| match std::fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        });
    std::fs::remove_file(&draft)?;
    written?;
    // The name must survive a power cut before anything is sealed with the key.
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 2 * KEY_BYTES {
        return None;
    }
    let mut bytes = Vec::with_capacity(KEY_BYTES);
    for pair in text.as_bytes().chunks(2) {
        let [high, low] = pair else { return None };
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        match digit(high).zip(digit(low)) {
            Some((high, low)) => bytes.push(u8::try_from(high << 4 | low).ok()?),
            None => {
                bytes.zeroize();
                return None;
            }
        }
    }
    Some(bytes)
}
