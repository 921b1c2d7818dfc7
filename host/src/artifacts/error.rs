//! What can go wrong with artifacts, and whether another try may help.

use std::error::Error;
use std::io;

use object_store::client::{HttpError, HttpErrorKind};

use super::ObjectKey;
use crate::keys::OpenError;

/// Why an artifact cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The store is down, overloaded, full or too slow. What it says was asked a few times already.
    #[error("the object store is not to be had now: {0}")]
    Unavailable(object_store::Error),
    /// Rights or keys are missing.
    #[error("the object store refuses access; check its rights and keys: {0}")]
    Forbidden(object_store::Error),
    /// The bucket or the folder is not there.
    #[error("the bucket or folder of the object store is not there: {0}")]
    NoBucket(object_store::Error),
    /// The store does not take such requests: a wrong region, or a store that speaks less than it takes.
    #[error("the object store does not take the request: {0}")]
    Refused(object_store::Error),
    /// There is no such object.
    #[error("the artifact {0} is not in the object store")]
    Missing(ObjectKey),
    /// What is stored is not what was written.
    #[error("the artifact {key} is damaged: {damage}")]
    Damaged {
        /// Its name.
        key: ObjectKey,
        /// What is wrong with it.
        damage: Damage,
    },
    /// A range that the artifact does not have.
    #[error("an artifact of {bytes} bytes has none from {start} to {end}")]
    NoRange {
        /// The first byte that was wanted.
        start: u64,
        /// The one after the last.
        end: u64,
        /// How many there are.
        bytes: u64,
    },
    /// An artifact would be larger than stores take.
    #[error("an artifact has at most {max} bytes")]
    TooLarge {
        /// The bound, encrypted.
        max: u64,
    },
    /// Something failed before, or a write was given up in the middle: what was written is not whole.
    #[error("the artifact was not written whole; begin it again")]
    BrokenOff,
    /// The folder or the means to reach a store cannot be made.
    #[error("the object store cannot be opened: {0}")]
    Open(Box<dyn Error + Send + Sync>),
}

/// What is wrong with a stored object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// It is longer or shorter than it was.
    #[error("it has another length than when it was written")]
    Length,
    /// It does not open.
    #[error("{0}")]
    Sealed(OpenError),
}

impl ArtifactError {
    /// Whether the same may succeed later, with nothing else changed. Otherwise a job has to fail.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::BrokenOff => true,
            Self::Forbidden(_)
            | Self::NoBucket(_)
            | Self::Refused(_)
            | Self::Missing(_)
            | Self::Damaged { .. }
            | Self::NoRange { .. }
            | Self::TooLarge { .. }
            | Self::Open(_) => false,
        }
    }

    /// Of what the store said while an object was written, or many were listed.
    pub(super) fn of_store(error: object_store::Error) -> Self {
        use object_store::Error as Said;
        match &error {
            Said::PermissionDenied { .. } | Said::Unauthenticated { .. } => Self::Forbidden(error),
            // Of uploads in parts, and of buckets; and of folders that were taken away.
            Said::NotFound { .. } if says(&error, "NoSuchUpload") => Self::Unavailable(error),
            Said::NotFound { .. } => Self::NoBucket(error),
            _ => match fault(&error) {
                Fault::Passing => Self::Unavailable(error),
                Fault::Rights => Self::Forbidden(error),
                Fault::Bucket => Self::NoBucket(error),
                Fault::Request => Self::Refused(error),
            },
        }
    }

    /// Of what the store said while this object was read.
    pub(super) fn of_object(key: ObjectKey, error: object_store::Error) -> Self {
        match &error {
            object_store::Error::NotFound { .. } if !says(&error, "NoSuchBucket") => {
                Self::Missing(key)
            }
            _ => Self::of_store(error),
        }
    }

    pub(super) fn damaged(key: ObjectKey, damage: Damage) -> Self {
        Self::Damaged { key, damage }
    }
}

/// Where the fault is, of an error that the store's client gives no kind.
enum Fault {
    Passing,
    Rights,
    Bucket,
    Request,
}

/// The client keeps its own types of errors to itself, so that a status is to be had as text only. What is not
/// recognized counts as passing: attempts at a job are bounded, and a failure is final.
fn fault(error: &object_store::Error) -> Fault {
    /// A refusal by its status, as the client words it.
    const REFUSED: &str = "status code: 4";
    const NO_BUCKET: &str = "status code: 404";
    const REDIRECTED: [&str; 2] = ["status code: 3", "redirect without LOCATION"];
    /// Refusals by 400 that say the request came too slowly, or mangled.
    const SLOW: [&str; 3] = ["RequestTimeout", "IncompleteBody", "BadDigest"];

    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(error) = current.downcast_ref::<io::Error>() {
            return fault_of_file(error);
        }
        if let Some(error) = current.downcast_ref::<HttpError>() {
            return match error.kind() {
                HttpErrorKind::Decode => Fault::Request,
                _ => Fault::Passing,
            };
        }
        cause = current.source();
    }
    let says = |words: &[&str]| words.iter().any(|word| says(error, word));
    if says(&[NO_BUCKET]) {
        Fault::Bucket
    } else if says(&["status code: 401", "status code: 403"]) {
        Fault::Rights
    } else if says(&["status code: 408", "status code: 429"]) || says(&SLOW) {
        Fault::Passing
    } else if says(&[REFUSED]) || says(&REDIRECTED) {
        Fault::Request
    } else {
        Fault::Passing
    }
}

fn fault_of_file(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Fault::Rights,
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Fault::Bucket,
        _ => Fault::Passing,
    }
}

fn says(error: &object_store::Error, word: &str) -> bool {
    error.to_string().contains(word)
}
