//! What jobs keep of callers' words, sealed.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::seal::Place;
use super::{KeyRing, KeysError, Randomness};
use crate::storage::Sealed;

/// What of a job is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobSecret {
    /// What was asked for.
    Spec,
    /// What a chunk is to do.
    Input(u32),
    /// Which items of a chunk failed and why.
    Faults(u32),
}

impl KeyRing {
    /// Seals a part of a job.
    pub fn seal_job(
        &self,
        job: Uuid,
        secret: JobSecret,
        plain: &[u8],
        randomness: Randomness<'_>,
    ) -> Sealed {
        let row = row(job, secret);
        self.derived()
            .sealing
            .seal(self.job_place(secret, &row), plain, randomness)
    }

    /// Opens a part of a job.
    ///
    /// # Errors
    /// [`KeysError::Open`].
    pub fn open_job(
        &self,
        job: Uuid,
        secret: JobSecret,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        let row = row(job, secret);
        let place = self.job_place(secret, &row);
        let opened = self.derived().sealing.open(place, sealed);
        opened.map_err(|source| KeysError::Open {
            table: place.table,
            column: place.column,
            organizer: self.slug().to_string(),
            source,
        })
    }

    fn job_place<'a>(&'a self, secret: JobSecret, row: &'a [u8; 20]) -> Place<'a> {
        let (table, column) = match secret {
            JobSecret::Spec => ("generation_jobs", "spec"),
            JobSecret::Input(_) => ("generation_chunks", "input"),
            JobSecret::Faults(_) => ("generation_chunks", "faults"),
        };
        Place {
            table,
            column,
            organizer: self.slug(),
            row,
        }
    }
}

fn row(job: Uuid, secret: JobSecret) -> [u8; 20] {
    let chunk = match secret {
        JobSecret::Spec => 0,
        JobSecret::Input(chunk) | JobSecret::Faults(chunk) => chunk,
    };
    let mut row = [0; 20];
    let (name, number) = row.split_at_mut(16);
    name.copy_from_slice(job.as_bytes());
    number.copy_from_slice(&chunk.to_be_bytes());
    row
}
