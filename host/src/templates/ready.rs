//! A loaded version that may be called, and whose it is.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::LoadedTemplate;
use super::workshop::TurnError;
use crate::storage::{OrganizerId, TemplateVersion, TemplateVersionId};

/// A version of an organizer's template, loaded; or the host's own.
#[derive(Clone)]
pub struct ReadyTemplate {
    loaded: Arc<LoadedTemplate>,
    owner: Option<Owner>,
}

/// Whose version it is, for what is counted.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    pub organizer: OrganizerId,
    pub version: TemplateVersionId,
    pub number: u32,
}

impl ReadyTemplate {
    /// An organizer's version.
    pub(super) fn of_version(version: &TemplateVersion, loaded: Arc<LoadedTemplate>) -> Self {
        let owner = Owner {
            organizer: version.organizer,
            version: version.id,
            number: version.number,
        };
        Self {
            loaded,
            owner: Some(owner),
        }
    }

    /// The host's own, which waits for no organizer's turn and is never suspended.
    pub fn of_host(loaded: Arc<LoadedTemplate>) -> Self {
        Self {
            loaded,
            owner: None,
        }
    }

    pub(super) fn owner(&self) -> Option<Owner> {
        self.owner
    }

    pub(super) fn loaded(&self) -> &Arc<LoadedTemplate> {
        &self.loaded
    }
}

impl Deref for ReadyTemplate {
    type Target = LoadedTemplate;

    fn deref(&self) -> &LoadedTemplate {
        &self.loaded
    }
}

/// How many guests of one organizer may run at one time, so that the others always find a turn.
pub(super) struct OrganizerTurns {
    each: usize,
    organizers: Mutex<HashMap<OrganizerId, Arc<Semaphore>>>,
}

impl OrganizerTurns {
    /// A share of that many turns in all: three quarters, at least one.
    pub fn of(all: u32) -> Self {
        let each = all.saturating_sub(all.div_ceil(4)).max(1);
        Self {
            each: usize::try_from(each).unwrap_or(1),
            organizers: Mutex::default(),
        }
    }

    /// Waits for a turn of the organizer's own.
    ///
    /// # Errors
    /// When none comes in time.
    pub async fn turn(
        &self,
        organizer: OrganizerId,
        longest_wait: Duration,
    ) -> Result<OwnedSemaphorePermit, TurnError> {
        let turns = {
            let mut organizers = self
                .organizers
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let turns = organizers
                .entry(organizer)
                .or_insert_with(|| Arc::new(Semaphore::new(self.each)));
            Arc::clone(turns)
        };
        tokio::time::timeout(longest_wait, turns.acquire_owned())
            .await
            .map_err(|_| TurnError::Busy)?
            .map_err(|_| TurnError::Stopping)
    }
}
