//! Layout templates, their versions, and the bytes that these name.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{By, Digest, OrganizerId, StorageError, TemplateId, TemplateVersionId};

/// A template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its number in this host.
    pub id: TemplateId,
    /// Its name, unique for its organizer.
    pub name: String,
    /// The version in use; `None` until one was activated.
    pub active: Option<TemplateVersionId>,
    /// A version that some new tickets try.
    pub canary: Option<Canary>,
    /// The number of its newest version, in whatever state.
    pub newest_version: u32,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A version on trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canary {
    /// The version.
    pub version: TemplateVersionId,
    /// The share of new tickets that get it, in thousandths, 1 to 1000.
    pub permille: u16,
}

/// One version of a template. It never changes, but for becoming ready or rejected.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateVersion {
    /// Its number in this host.
    pub id: TemplateVersionId,
    /// Its template.
    pub template: TemplateId,
    /// Its organizer.
    pub organizer: OrganizerId,
    /// The template's name.
    pub name: String,
    /// Its number in its template, from 1.
    pub number: u32,
    /// The component.
    pub component: Digest,
    /// The settings that are given to it.
    pub settings: Digest,
    /// Its images and fonts.
    pub assets: Vec<Asset>,
    /// How far it is.
    pub state: VersionState,
    /// What was found out about it, in words for its author.
    pub report: Option<serde_json::Value>,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// An image or a font of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The name by which the template asks for it, unique in its version.
    pub name: String,
    /// What it is, such as `image/png`.
    pub media_type: String,
    /// Its bytes.
    pub digest: Digest,
}

/// How far a version is.
#[derive(Debug, Clone, PartialEq)]
pub enum VersionState {
    /// It is being compiled and tried.
    Compiling,
    /// It may be used.
    Ready {
        /// What it said of itself.
        manifest: serde_json::Value,
        /// What `prepare` answered.
        prepared: Option<Digest>,
    },
    /// It may not be used; the report says why.
    Rejected,
}

impl VersionState {
    /// The name under which it is stored and shown.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Compiling => "compiling",
            Self::Ready { .. } => "ready",
            Self::Rejected => "rejected",
        }
    }
}

/// A version to be stored; its template is made if there is none of this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTemplateVersion {
    /// The template's name.
    pub name: String,
    /// The component; its bytes are stored already, as are those of the other digests.
    pub component: Digest,
    /// The settings that are given to it.
    pub settings: Digest,
    /// Its images and fonts.
    pub assets: Vec<Asset>,
}

/// How compiling and trying ended.
#[derive(Debug, Clone, PartialEq)]
pub enum VersionOutcome {
    /// It may be used.
    Ready {
        /// What it said of itself.
        manifest: serde_json::Value,
        /// What `prepare` answered; its bytes are stored already.
        prepared: Option<Digest>,
        /// Warnings and figures.
        report: serde_json::Value,
    },
    /// It may not be used.
    Rejected {
        /// Why, and what to do.
        report: serde_json::Value,
    },
}

/// Templates.
#[async_trait]
pub trait TemplateStorage {
    /// Keeps bytes under their digest, for good; keeping them twice is keeping them once. Not bound
    /// to an organizer: the rows that name a digest are.
    async fn store_blob(&self, data: Vec<u8>, at: Timestamp) -> Result<Digest, StorageError>;

    /// The bytes of a digest. They are checked against it.
    async fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StorageError>;

    /// Stores the next version of a template, as compiling.
    ///
    /// # Errors
    /// [`Conflict::Reference`](super::Conflict::Reference): a digest has no bytes.
    async fn create_template_version(
        &self,
        organizer: OrganizerId,
        version: NewTemplateVersion,
        by: By,
    ) -> Result<TemplateVersion, StorageError>;

    /// Says how compiling ended. `None`: the organizer has no such version.
    ///
    /// # Errors
    /// [`Conflict::Transition`](super::Conflict::Transition): it has ended before.
    async fn finish_template_version(
        &self,
        organizer: OrganizerId,
        version: TemplateVersionId,
        outcome: VersionOutcome,
    ) -> Result<Option<TemplateVersion>, StorageError>;

    /// Versions that were being compiled when the host stopped, of all organizers: the host's own
    /// verb.
    async fn compiling_versions(&self) -> Result<Vec<TemplateVersion>, StorageError>;

    /// The organizer's templates, by name.
    async fn templates(&self, organizer: OrganizerId) -> Result<Vec<Template>, StorageError>;

    /// The template of this name.
    async fn template(
        &self,
        organizer: OrganizerId,
        name: &str,
    ) -> Result<Option<Template>, StorageError>;

    /// The template with this number in the host.
    async fn template_by_id(
        &self,
        organizer: OrganizerId,
        id: TemplateId,
    ) -> Result<Option<Template>, StorageError>;

    /// A template's versions, newest first.
    async fn template_versions(
        &self,
        organizer: OrganizerId,
        template: TemplateId,
    ) -> Result<Vec<TemplateVersion>, StorageError>;

    /// One version by its number in the host.
    async fn template_version(
        &self,
        organizer: OrganizerId,
        version: TemplateVersionId,
    ) -> Result<Option<TemplateVersion>, StorageError>;

    /// One version by its number in its template.
    async fn template_version_by_number(
        &self,
        organizer: OrganizerId,
        template: TemplateId,
        number: u32,
    ) -> Result<Option<TemplateVersion>, StorageError>;

    /// Puts a version in use and ends its trial. Activating what is active changes nothing.
    /// `None`: the organizer has no such version.
    ///
    /// # Errors
    /// [`Conflict::Transition`](super::Conflict::Transition): the version is not ready.
    async fn activate_template_version(
        &self,
        organizer: OrganizerId,
        version: TemplateVersionId,
        by: By,
    ) -> Result<Option<Template>, StorageError>;

    /// Goes back to the activation before the one in force; again, one further. `None`: the
    /// organizer has no such template.
    ///
    /// # Errors
    /// [`Conflict::NothingToRollBack`](super::Conflict::NothingToRollBack).
    async fn roll_back_template(
        &self,
        organizer: OrganizerId,
        template: TemplateId,
        by: By,
    ) -> Result<Option<Template>, StorageError>;

    /// Gives a share of new tickets to a version, or ends that (`None`). `None`: the organizer has
    /// no such template.
    ///
    /// # Errors
    /// [`Conflict::Transition`](super::Conflict::Transition): the version is not ready;
    /// [`Conflict::Reference`](super::Conflict::Reference): it is not one of this template.
    async fn set_canary(
        &self,
        organizer: OrganizerId,
        template: TemplateId,
        canary: Option<Canary>,
        by: By,
    ) -> Result<Option<Template>, StorageError>;
}
