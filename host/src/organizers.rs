//! Organizers by slug, and what a new one begins with: keys, a built-in event, the template `classic`.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Map, Value};

use crate::clock::Clock;
use crate::events::EventDetails;
use crate::keys::{Keys, KeysError, Newcomer, RootKey, Validity, system_randomness};
use crate::storage::{By, Conflict, Organizer, OrganizerId, Slug, Storage, StorageError};
use crate::templates::loaded::VersionFiles;
use crate::templates::workshop::ComponentSource;
use crate::templates::{Library, ReadyTemplate, Upload};

/// The template that every organizer begins with.
static CLASSIC: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../target/dist/templates/classic.wasm"
));
const CLASSIC_NAME: &str = "classic";

/// What happens to a good token of an organizer that this host does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownOrganizers {
    /// It is refused.
    Refuse,
    /// The organizer is made.
    Create,
}

/// Why an organizer is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum OrganizerError {
    /// This host does not know it.
    #[error("there is no such organizer")]
    Unknown,
    /// Something failed.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// Organizers by slug.
pub struct Organizers {
    storage: Arc<dyn Storage>,
    keys: Arc<Keys>,
    library: Arc<Library>,
    clock: Arc<dyn Clock>,
    unknown: UnknownOrganizers,
    /// Slugs never change their number, so what was once found stays true.
    found: RwLock<HashMap<String, OrganizerId>>,
    /// Two first requests at once shall not both make the organizer.
    making: tokio::sync::Mutex<()>,
}

impl Organizers {
    /// No organizer is looked up yet.
    pub fn new(
        storage: Arc<dyn Storage>,
        keys: Arc<Keys>,
        library: Arc<Library>,
        clock: Arc<dyn Clock>,
        unknown: UnknownOrganizers,
    ) -> Self {
        let found = RwLock::new(HashMap::new());
        let making = tokio::sync::Mutex::new(());
        Self {
            storage,
            keys,
            library,
            clock,
            unknown,
            found,
            making,
        }
    }

    /// The organizer of a good token.
    ///
    /// # Errors
    /// [`OrganizerError`].
    pub async fn of_token(&self, slug: &str) -> Result<OrganizerId, OrganizerError> {
        if let Some(id) = self
            .found
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(slug)
        {
            return Ok(*id);
        }
        let parsed = Slug::try_from(slug).map_err(|_| OrganizerError::Unknown)?;
        let organizer = match self.unknown {
            UnknownOrganizers::Create => self.find_or_make(&parsed).await?,
            UnknownOrganizers::Refuse => self
                .storage
                .organizer_by_slug(&parsed)
                .await
                .map_err(anyhow::Error::from)?
                .ok_or(OrganizerError::Unknown)?,
        };
        self.found
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(slug.to_owned(), organizer.id);
        Ok(organizer.id)
    }

    /// The organizer of a slug, made now if there is none, with `classic` as its default template.
    ///
    /// # Errors
    /// When storage, keys or the template fail. What was made until then is completed by the next
    /// call.
    pub async fn find_or_make(&self, slug: &Slug) -> anyhow::Result<Organizer> {
        let _one_at_a_time = self.making.lock().await;
        let by = By::new("host", self.clock.now());
        let organizer = match self.storage.organizer_by_slug(slug).await? {
            Some(found) => found,
            None => {
                let (name, settings) = (slug.as_str().to_owned(), Value::Object(Map::new()));
                self.make(slug, name, settings, &by).await?
            }
        };
        if organizer.default_template.is_some() {
            return Ok(organizer);
        }
        let upload = Upload::of_component(CLASSIC_NAME, CLASSIC.to_vec());
        let version = self
            .library
            .upload(organizer.id, upload, by.clone(), Duration::MAX)
            .await?;
        self.storage
            .activate_template_version(organizer.id, version.id, by.clone())
            .await
            .context("the built-in template cannot be used")?;
        let organizer = self
            .storage
            .set_default_template(organizer.id, version.template, by)
            .await?
            .context("the organizer vanished")?;
        self.keys.forget(organizer.id);
        Ok(organizer)
    }

    /// The built-in template, loaded, for health checks. It belongs to no organizer.
    ///
    /// # Errors
    /// When it does not load.
    pub async fn built_in_template(&self) -> anyhow::Result<ReadyTemplate> {
        let loaded = self
            .library
            .workshop()
            .run(|workshop| {
                workshop.load(ComponentSource::Upload(CLASSIC), &VersionFiles::default())
            })
            .await??;
        Ok(ReadyTemplate::of_host(loaded))
    }

    /// Makes an organizer with its keys and its built-in event; [`Organizers::find_or_make`] completes
    /// it. If another process makes it meanwhile, that one is the organizer.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn make(
        &self,
        slug: &Slug,
        name: String,
        settings: Value,
        by: &By,
    ) -> anyhow::Result<Organizer> {
        let newcomer = Newcomer {
            slug: slug.clone(),
            name,
            settings,
            default_event: EventDetails::built_in().into(),
            root: RootKey::Here(Validity::of_delegation(by.at)),
        };
        let made = self
            .keys
            .create_organizer(newcomer, &mut system_randomness(), by.clone())
            .await;
        match made {
            // Another process on the same data was first.
            Err(KeysError::Storage(StorageError::Conflict(Conflict::OrganizerExists))) => self
                .storage
                .organizer_by_slug(slug)
                .await?
                .context("the organizer vanished"),
            made => Ok(made?),
        }
    }
}
