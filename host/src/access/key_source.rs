//! Where other signers' keys come from, and for how long they are believed.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Algorithm;
use ureq::tls::{RootCerts, TlsConfig};

use super::key_set::{KeySet, KeySetError};

/// Where a key set is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In a file.
    File(PathBuf),
    /// Under an address.
    Url(String),
}

/// Why no key set is to be had.
#[derive(Debug, thiserror::Error)]
pub enum KeySourceError {
    /// The file cannot be read.
    #[error("the file {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The address does not answer, or not with 200.
    #[error("{url}: {source}")]
    Url {
        /// The address.
        url: String,
        /// What happened.
        source: Box<ureq::Error>,
    },
    /// What was read is no key set.
    #[error("{place}: {source}")]
    Content {
        /// The file or address.
        place: String,
        /// What is wrong.
        source: KeySetError,
    },
    /// The thread that read it broke.
    #[error("reading the key set was broken off")]
    BrokenOff,
}

/// A key set that is read again when a token names a key that is not in it, and now and then.
pub struct ForeignKeys {
    source: KeySource,
    known: RwLock<Option<Known>>,
    /// When the source was last asked. Only who holds this may ask.
    asked: tokio::sync::Mutex<Option<Timestamp>>,
}

#[derive(Clone)]
struct Known {
    keys: Arc<KeySet>,
    since: Timestamp,
}

/// What is known about the key that a token names.
pub enum Lookup {
    /// A set that holds it.
    Found(Arc<KeySet>),
    /// No set holds it.
    Unknown,
    /// No set could ever be read.
    Unavailable,
}

/// Tokens with invented key names must not make this host a tool against its signer's.
const ASK_AT_MOST_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// After so long a set is read again, so that a withdrawn key does not live on here.
const OLD_AFTER: SignedDuration = SignedDuration::from_secs(600);
/// How long the source may take. A request waits for it.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Largest set.
const MAX_BYTES: u64 = 256 << 10;

impl ForeignKeys {
    /// Nothing is read yet.
    pub fn new(source: KeySource) -> Self {
        Self {
            source,
            known: RwLock::new(None),
            asked: tokio::sync::Mutex::new(None),
        }
    }

    /// Reads the set now.
    ///
    /// # Errors
    /// [`KeySourceError`]; what was known before stays.
    pub async fn read(&self, now: Timestamp) -> Result<(), KeySourceError> {
        let mut asked = self.asked.lock().await;
        *asked = Some(now);
        self.replace(now).await
    }

    /// A set with the key of this name for this algorithm; reads the source again if need be.
    pub async fn find(&self, kid: Option<&str>, algorithm: Algorithm, now: Timestamp) -> Lookup {
        let known = self.known();
        let fresh = known
            .as_ref()
            .is_some_and(|known| now.duration_since(known.since).abs() < OLD_AFTER);
        match known {
            Some(known) if fresh && known.keys.find(kid, algorithm).is_some() => {
                return Lookup::Found(known.keys);
            }
            _ => self.ask_again(now).await,
        }
        match self.known() {
            None => Lookup::Unavailable,
            Some(known) if known.keys.find(kid, algorithm).is_some() => Lookup::Found(known.keys),
            Some(_) => Lookup::Unknown,
        }
    }

    /// Asks the source, unless somebody just did. Who waited for another's question has its answer.
    async fn ask_again(&self, now: Timestamp) {
        let mut asked = self.asked.lock().await;
        let lately = asked.is_some_and(|at| now.duration_since(at).abs() < ASK_AT_MOST_EVERY);
        if lately {
            return;
        }
        *asked = Some(now);
        if let Err(error) = self.replace(now).await {
            tracing::warn!(%error, "the key set for bearer tokens cannot be read; the one before stays in use");
        }
    }

    async fn replace(&self, now: Timestamp) -> Result<(), KeySourceError> {
        let source = self.source.clone();
        let keys = tokio::task::spawn_blocking(move || source.read())
            .await
            .map_err(|_| KeySourceError::BrokenOff)??;
        let known = Known {
            keys: Arc::new(keys),
            since: now,
        };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(())
    }

    fn known(&self) -> Option<Known> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }
}

impl KeySource {
    fn read(&self) -> Result<KeySet, KeySourceError> {
        let (place, bytes) = match self {
            Self::File(path) => {
                let place = path.display().to_string();
                let bytes = fs::read(path).map_err(|source| KeySourceError::File {
                    path: place.clone(),
                    source,
                })?;
                (place, bytes)
            }
            Self::Url(url) => {
                let bytes = fetch(url).map_err(|source| KeySourceError::Url {
                    url: url.clone(),
                    source: Box::new(source),
                })?;
                (url.clone(), bytes)
            }
        };
        KeySet::parse(&bytes).map_err(|source| KeySourceError::Content { place, source })
    }
}

fn fetch(url: &str) -> Result<Vec<u8>, ureq::Error> {
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let agent = ureq::Agent::config_builder()
        .tls_config(tls)
        // The operator named this address, and no other.
        .max_redirects(0)
        .max_redirects_will_error(true)
        .timeout_global(Some(ANSWER_WITHIN))
        .user_agent(concat!("guichet/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let mut response = agent.get(url).header("Accept", "application/json").call()?;
    response
        .body_mut()
        .with_config()
        .limit(MAX_BYTES)
        .read_to_vec()
}
