//! Organizers.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{By, EventData, NewSigningKey, OrganizerId, Sealed, Slug, StorageError, TemplateId};

/// An organizer.
#[derive(Debug, Clone, PartialEq)]
pub struct Organizer {
    /// Its number in this host.
    pub id: OrganizerId,
    /// Its name in URLs and tokens.
    pub slug: Slug,
    /// Its name for people.
    pub name: String,
    /// Its own choices.
    pub settings: serde_json::Value,
    /// The key to all its sealed data, sealed with the master key.
    pub data_key: Sealed,
    /// The template of events and tickets that name none.
    pub default_template: Option<TemplateId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An organizer to be made.
#[derive(Debug, Clone)]
pub struct NewOrganizer {
    /// Its name in URLs and tokens, unique in the host.
    pub slug: Slug,
    /// Its name for people.
    pub name: String,
    /// Its own choices.
    pub settings: serde_json::Value,
    /// Its data key, sealed with the master key.
    pub data_key: Sealed,
    /// Its first keys. They become active at once: at most one of a purpose.
    pub signing_keys: Vec<NewSigningKey>,
    /// The root key's word for the bundle key among them.
    pub delegation: Option<FirstDelegation>,
    /// The data of the event `default`, for tickets that name none.
    pub default_event: EventData,
}

/// A delegation to the bundle key of an organizer to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstDelegation {
    /// As signed.
    pub sequence: u64,
    /// The signed object.
    pub bytes: Vec<u8>,
    /// Holds from this time on,
    pub not_before: Timestamp,
    /// and before this time.
    pub expires_at: Timestamp,
}

/// Organizers. These verbs are the host's own: they are not bound to one organizer.
#[async_trait]
pub trait OrganizerStorage {
    /// Makes an organizer with its keys and its event `default`.
    ///
    /// # Errors
    /// [`Conflict::OrganizerExists`](super::Conflict::OrganizerExists);
    /// [`Conflict::Reference`](super::Conflict::Reference): a delegation without a bundle key.
    async fn create_organizer(
        &self,
        organizer: NewOrganizer,
        by: By,
    ) -> Result<Organizer, StorageError>;

    /// The organizer with this number.
    async fn organizer(&self, id: OrganizerId) -> Result<Option<Organizer>, StorageError>;

    /// The organizer with this slug.
    async fn organizer_by_slug(&self, slug: &Slug) -> Result<Option<Organizer>, StorageError>;

    /// All organizers, by slug.
    async fn organizers(&self) -> Result<Vec<Organizer>, StorageError>;

    /// Changes name and settings. `None`: there is no such organizer.
    async fn change_organizer(
        &self,
        id: OrganizerId,
        name: String,
        settings: serde_json::Value,
        by: By,
    ) -> Result<Option<Organizer>, StorageError>;

    /// Sets the template of events and tickets that name none. `None`: there is no such organizer.
    ///
    /// # Errors
    /// [`Conflict::Reference`](super::Conflict::Reference): the template is not the organizer's.
    async fn set_default_template(
        &self,
        id: OrganizerId,
        template: TemplateId,
        by: By,
    ) -> Result<Option<Organizer>, StorageError>;

    /// Replaces the sealed data key, if it is still `old`: the same key, sealed with another master
    /// key. False: it is not, or there is no such organizer.
    async fn replace_data_key(
        &self,
        id: OrganizerId,
        old: Sealed,
        new: Sealed,
    ) -> Result<bool, StorageError>;
}
