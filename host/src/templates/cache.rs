//! Compiled code on disk, believed only when the host's own key says so.
//!
//! Compiled code is machine code that will run in this process. A file is therefore named by the
//! upload's digest and by everything that shapes the code, carries an HMAC of a key that only the
//! host has, and lies in a folder that only the host may enter. Whatever does not fit is ignored
//! and compiled again.

use std::fs::{self, DirBuilder, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::compile::CompiledCode;
use super::digest::Digest;

const MAGIC: &[u8; 8] = b"GCHTCODE";
const TAG_BYTES: usize = 32;
const HEADER_BYTES: usize = MAGIC.len() + TAG_BYTES;

/// The key that authenticates compiled code; derived by the host from its master key.
#[derive(Clone)]
pub struct CodeKey([u8; 32]);

impl CodeKey {
    /// Takes 32 bytes that are used for nothing else.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// A folder of compiled code.
pub struct CodeCache {
    folder: PathBuf,
    key: CodeKey,
    /// Everything besides the upload that shapes the code.
    compatibility: String,
    attempts: AtomicU64,
}

/// The folder cannot be used.
#[derive(Debug, Error)]
pub enum CacheError {
    /// It cannot be created or read.
    #[error("the folder {folder} for compiled templates cannot be used: {source}")]
    Io {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else could write into it.
    #[error(
        "the folder {folder} for compiled templates belongs to user {owner}, not to the user {user} that runs the host; give it to that user or name another folder"
    )]
    ForeignOwner {
        /// The folder.
        folder: PathBuf,
        /// Its owner.
        owner: u32,
        /// The host's user.
        user: u32,
    },
}

impl CodeCache {
    /// Opens the folder, creating it and closing it to others as needed.
    ///
    /// # Errors
    /// When it cannot be created, or belongs to another user.
    pub fn open(folder: PathBuf, key: CodeKey, engine: &Engine) -> Result<Self, CacheError> {
        secure_folder(&folder)?;
        Ok(Self {
            folder,
            key,
            compatibility: compatibility_of(engine),
            attempts: AtomicU64::new(0),
        })
    }

    /// Whether there is a file for that upload; it may still turn out to be of no use.
    pub fn holds(&self, digest: &Digest) -> bool {
        self.path_of(digest).exists()
    }

    /// The code of that upload, if it was compiled here for this engine.
    pub fn load(&self, engine: &Engine, digest: &Digest) -> Option<Component> {
        let path = self.path_of(digest);
        let file = match fs::read(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(%digest, %error, "compiled template is unreadable");
                return None;
            }
        };
        let Some(code) = self.authenticated(digest, &file) else {
            tracing::warn!(%digest, "compiled template is not this host's work, ignoring it");
            return None;
        };
        match deserialize(engine, code) {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(%digest, error = format!("{error:#}"), "compiled template is of no use");
                None
            }
        }
    }

    /// Keeps what the compiling child has just made of that upload, and loads it.
    ///
    /// A full disk does not stop a template: it is then compiled again after the next start.
    ///
    /// # Errors
    /// When the engine does not take the code.
    pub fn admit(
        &self,
        engine: &Engine,
        digest: &Digest,
        compiled: &CompiledCode,
    ) -> wasmtime::Result<Component> {
        if let Err(error) = self.write(digest, &compiled.code) {
            tracing::warn!(%digest, %error, "compiled template cannot be kept");
        }
        deserialize(engine, &compiled.code)
    }

    /// Forgets the code of that upload.
    pub fn remove(&self, digest: &Digest) {
        let _ = fs::remove_file(self.path_of(digest));
    }

    fn write(&self, digest: &Digest, code: &[u8]) -> io::Result<()> {
        // Written aside and renamed, so that a crash leaves no half file under the name.
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
        let aside = self
            .folder
            .join(format!(".{digest}.{}.{attempt}", std::process::id()));
        let written = (|| {
            let mut file = File::options()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&aside)?;
            file.write_all(MAGIC)?;
            file.write_all(&self.tag_of(digest, code))?;
            file.write_all(code)?;
            file.sync_data()?;
            fs::rename(&aside, self.path_of(digest))
        })();
        if written.is_err() {
            let _ = fs::remove_file(&aside);
        }
        written
    }

    fn path_of(&self, digest: &Digest) -> PathBuf {
        self.folder
            .join(format!("{digest}-{}.cwasm", self.compatibility))
    }

    fn authenticated<'file>(&self, digest: &Digest, file: &'file [u8]) -> Option<&'file [u8]> {
        let header = file.get(..HEADER_BYTES)?;
        let code = file.get(HEADER_BYTES..)?;
        let tag = header.strip_prefix(MAGIC.as_slice())?;
        self.mac_over(digest, code).verify_slice(tag).ok()?;
        Some(code)
    }

    fn tag_of(&self, digest: &Digest, code: &[u8]) -> [u8; TAG_BYTES] {
        self.mac_over(digest, code).finalize().into_bytes().into()
    }

    /// The tag covers the name too: a good file under another upload's name would run the wrong
    /// organizer's code.
    fn mac_over(&self, digest: &Digest, code: &[u8]) -> Hmac<Sha256> {
        // A key shorter than a block is padded with zeros (RFC 2104 section 2).
        let mut block = [0; 64];
        block[..self.key.0.len()].copy_from_slice(&self.key.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(MAGIC);
        mac.update(digest.as_bytes());
        mac.update(&(self.compatibility.len() as u64).to_le_bytes());
        mac.update(self.compatibility.as_bytes());
        mac.update(code);
        mac
    }
}

/// The only place where bytes become machine code of this process.
#[expect(unsafe_code, reason = "loading compiled code is what the cache is for")]
fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes come straight from our own compiling child, or from a file whose HMAC has
    // just been verified over these very bytes in memory (not over a file that may change after),
    // so they are what `Engine::precompile_component` made. wasmtime itself refuses code of other
    // versions and settings.
    unsafe { Component::deserialize(engine, code) }
}

/// wasmtime's hash covers its version, the settings and the processor's features. It is folded by
/// SHA-256, whose result does not depend on how the standard library hashes.
fn compatibility_of(engine: &Engine) -> String {
    struct Folding(Sha256);
    impl Hasher for Folding {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut folding = Folding(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut folding);
    let hash: [u8; 32] = folding.0.finalize().into();
    hash.iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn secure_folder(folder: &Path) -> Result<(), CacheError> {
    const ONLY_OWNER: u32 = 0o700;
    let failed = |source| CacheError::Io {
        folder: folder.to_owned(),
        source,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(ONLY_OWNER)
        .create(folder)
        .map_err(failed)?;
    let metadata = fs::metadata(folder).map_err(failed)?;
    let user = rustix::process::geteuid().as_raw();
    if metadata.uid() != user {
        let folder = folder.to_owned();
        return Err(CacheError::ForeignOwner {
            folder,
            owner: metadata.uid(),
            user,
        });
    }
    if metadata.permissions().mode() & 0o777 != ONLY_OWNER {
        fs::set_permissions(folder, fs::Permissions::from_mode(ONLY_OWNER)).map_err(failed)?;
    }
    Ok(())
}
