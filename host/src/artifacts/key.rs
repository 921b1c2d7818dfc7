//! Names of objects.

use std::fmt;
use std::str::FromStr;

use object_store::path::Path;
use uuid::Uuid;

use crate::keys::Randomness;
use crate::storage::OrganizerId;

/// The name of one artifact as one attempt at it made it: no two attempts write under the same name, so
/// that a late one harms nothing. Which of them counts is what a row in the database says.
///
/// Written `organizer/job/part-attempt-nonce`, in which form it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    of: Attempt,
    nonce: u64,
}

/// An attempt at one artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Attempt {
    /// Whose artifact it is.
    pub organizer: OrganizerId,
    /// The job that makes it.
    pub job: Uuid,
    /// Which of the job's artifacts it is; which is which is up to the job.
    pub part: u32,
    /// Which attempt at it, as the queue counts them.
    pub attempt: u32,
}

/// A text is not the name of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of an artifact")]
pub struct NotAKey(String);

impl ObjectKey {
    /// A name that was not there before.
    #[must_use]
    pub fn draw(of: Attempt, randomness: Randomness<'_>) -> Self {
        Self {
            of,
            nonce: randomness.next_u64(),
        }
    }

    /// Who wrote it, and as what.
    #[must_use]
    pub fn of(&self) -> Attempt {
        self.of
    }

    /// Where it is in the store.
    pub(super) fn path(&self) -> Path {
        Path::from(self.to_string())
    }

    /// What the names of all artifacts of a job begin with.
    pub(super) fn folder(organizer: OrganizerId, job: Uuid) -> Path {
        Path::from(format!("{}/{job}", organizer.0))
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, nonce } = self;
        let Attempt {
            organizer,
            job,
            part,
            attempt,
        } = of;
        write!(f, "{}/{job}/{part}-{attempt}-{nonce:016x}", organizer.0)
    }
}

impl FromStr for ObjectKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let parse = || {
            let (organizer, rest) = text.split_once('/')?;
            let (job, rest) = rest.split_once('/')?;
            let (part, rest) = rest.split_once('-')?;
            let (attempt, nonce) = rest.split_once('-')?;
            Some(Self {
                of: Attempt {
                    organizer: OrganizerId(organizer.parse().ok()?),
                    job: job.parse().ok()?,
                    part: part.parse().ok()?,
                    attempt: attempt.parse().ok()?,
                },
                nonce: u64::from_str_radix(nonce, 16).ok()?,
            })
        };
        // A name has one form: `+1` and `01` are numbers too.
        parse()
            .filter(|key| key.to_string() == text)
            .ok_or_else(|| NotAKey(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written_and_in_no_other_form() {
        let job = Uuid::from_u128(0x1234);
        let text = "7/00000000-0000-0000-0000-000000001234/3-2-00000000000000ff";
        let key: ObjectKey = text.parse().unwrap();
        let of = Attempt {
            organizer: OrganizerId(7),
            job,
            part: 3,
            attempt: 2,
        };
        assert_eq!(key.of(), of);
        assert_eq!(key.to_string(), text);
        assert_eq!(key.path().as_ref(), text);
        let folder = ObjectKey::folder(OrganizerId(7), job);
        assert!(key.path().prefix_matches(&folder));
        for other in [
            "",
            "7",
            "7/x/3-2-00000000000000ff",
            "7/00000000-0000-0000-0000-000000001234/3-2-ff",
            "07/00000000-0000-0000-0000-000000001234/3-2-00000000000000ff",
            "7/00000000-0000-0000-0000-000000001234/+3-2-00000000000000ff",
            "7/00000000-0000-0000-0000-000000001234/3-2-00000000000000FF",
            "7/00000000-0000-0000-0000-000000001234/3-2-00000000000000ff#1",
            "7/00000000-0000-0000-0000-000000001234/3-2-00000000000000ff/x",
            "../00000000-0000-0000-0000-000000001234/3-2-00000000000000ff",
        ] {
            assert!(other.parse::<ObjectKey>().is_err(), "{other}");
        }
    }

    #[test]
    fn attempts_at_the_same_part_have_names_of_their_own() {
        let mut randomness = crate::keys::system_randomness();
        let of = Attempt {
            organizer: OrganizerId(1),
            job: Uuid::nil(),
            part: 1,
            attempt: 1,
        };
        let mut draw = || ObjectKey::draw(of, &mut randomness);
        assert_ne!(draw(), draw());
    }
}
