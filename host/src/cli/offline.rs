//! Templates without a host: what `render` and the commands of `template` work with.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rand_core::Rng as _;

use super::answer::{Refusal, remark};
use super::value::read_file;
use crate::config::PriceUnit;
use crate::http::error::ApiError;
use crate::http::extract::parse_json;
use crate::http::tickets::OrderBody;
use crate::issue::{Order, OrganizerFacts, specimen_order};
use crate::keys::system_randomness;
use crate::templates::cache::CodeKey;
use crate::templates::compile::Compiler;
use crate::templates::limits::TemplateLimits;
use crate::templates::{
    LayOutError, LayoutOrder, LibraryError, LoadedTemplate, Workshop, WorkshopOptions,
};

/// A workshop whose compiled code lives as long as this.
pub(super) struct OfflineWorkshop {
    /// The workshop.
    pub workshop: Workshop,
    folder: PathBuf,
}

impl OfflineWorkshop {
    /// Sets up a workshop with the bounds that a host has unless configured.
    ///
    /// # Errors
    /// When the engine or the folder for temporary files cannot be used.
    pub fn set_up() -> anyhow::Result<Self> {
        let folder =
            std::env::temp_dir().join(format!("guichet-{}", uuid::Uuid::new_v4().simple()));
        // Nobody shall read this code after us, so nobody needs to know the key.
        let mut code_key = [0; 32];
        system_randomness().fill_bytes(&mut code_key);
        let options = WorkshopOptions {
            limits: TemplateLimits::default(),
            code_folder: folder.clone(),
            code_key: CodeKey::new(code_key),
            compiler: Compiler::of_this_executable()?,
            concurrent_calls: 1,
            batch_calls: 0,
            loaded_bytes: u64::MAX,
        };
        Ok(Self {
            workshop: Workshop::set_up(options)?,
            folder,
        })
    }
}

impl Drop for OfflineWorkshop {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What to print: the ticket in that file, or the samples of the template's own manifest.
///
/// # Errors
/// When the file is not a body of `POST /api/tickets/generate`.
pub(super) fn order_for(
    template: &LoadedTemplate,
    ticket: Option<&Path>,
) -> anyhow::Result<LayoutOrder> {
    let Some(path) = ticket else {
        return Ok(template.sample_order());
    };
    let organizer = OrganizerFacts {
        name: "Organizer",
        website: None,
        email: None,
    };
    let order = read_order(path)?;
    Ok(specimen_order(&order, None, organizer, template.manifest())
        .map_err(|error| Refusal::from(ApiError::from(error)))?)
}

fn read_order(path: &Path) -> anyhow::Result<Order> {
    let body: OrderBody = parse_json(&read_file(path)?).map_err(Refusal::from)?;
    for notice in body.notices() {
        remark(format_args!("note: {notice}"));
    }
    let orders = body.into_orders(PriceUnit::Minor).map_err(Refusal::from)?;
    orders
        .into_iter()
        .next()
        .context("the ticket file orders nothing")
}

/// Why there is no page, as the API says it.
pub(super) fn refusal_of(error: LayOutError) -> Refusal {
    let error = match error {
        LayOutError::Values(problems) => LibraryError::Values(problems),
        LayOutError::Template(failure) => LibraryError::Template(failure),
    };
    ApiError::from(error).into()
}
