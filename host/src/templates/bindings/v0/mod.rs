//! `guichet:template@0.1.0`.

mod document;
mod drawing;
mod prepared;
mod request;
mod text;

use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};

use crate::templates::call::{
    CallStats, Entry, GuestState, MESSAGE_BYTES, TemplateFailure, on_fresh_instance,
};
use crate::templates::layout::Layout;
use crate::templates::limits::TemplateLimits;
use crate::templates::manifest::Prepared;
use crate::templates::request::LayoutRequest;

/// What wasmtime makes of the contract. Documented there.
mod generated {
    wasmtime::component::bindgen!({
        path: "../wit/v0",
        world: "template",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

use generated::exports::guichet::template::plugin as wit;

/// Name of the contract's one interface.
const INTERFACE: &str = "guichet:template/plugin@0.1.0";

type PrepareParameters<'settings> = (&'settings [u8],);
type PrepareAnswer = (Result<wit::Prepared, Vec<wit::Problem>>,);
type LayoutParameters<'request> = (wit::Request<'request>,);
type LayoutAnswer = (Result<wit::Document, wit::Failure>,);

/// A component of this version, ready to be instantiated.
///
/// Not the generated world, which compares the types of all functions on each instance: here a call
/// compares those of its own.
pub struct Guest {
    world: InstancePre<GuestState>,
    prepare: ComponentExportIndex,
    layout: ComponentExportIndex,
}

/// Why `prepare` gave nothing that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrepareFailure {
    /// The settings are wrong, in the template's own words.
    Settings {
        /// Each fault; at least one.
        problems: Vec<SettingsProblem>,
    },
    /// The guest broke, or its answer breaks the contract.
    Broken(TemplateFailure),
}

/// One thing that is wrong with an organizer's settings, in the template's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsProblem {
    /// What kind of fault, as in the contract.
    pub kind: &'static str,
    /// Where; a JSON Pointer if the settings are JSON.
    pub at: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Guest {
    /// Links a component with nothing, and finds its functions.
    ///
    /// # Errors
    /// An import, or a missing export. The compiling child has named these in better words; this is
    /// the check that counts. The types are checked by each call.
    pub fn link(component: &Component) -> wasmtime::Result<Self> {
        let linker = Linker::new(component.engine());
        let world = linker.instantiate_pre(component)?;
        let interface = component.get_export_index(None, INTERFACE);
        let function = |name: &str| {
            interface
                .as_ref()
                .and_then(|interface| component.get_export_index(Some(interface), name))
                .ok_or_else(|| wasmtime::format_err!("`{INTERFACE}` has no function `{name}`"))
        };
        Ok(Self {
            world,
            prepare: function("prepare")?,
            layout: function("layout")?,
        })
    }

    /// Asks the template what it is.
    pub fn prepare(
        &self,
        settings: &[u8],
        limits: &TemplateLimits,
    ) -> (Result<Prepared, PrepareFailure>, CallStats) {
        let (answer, stats) =
            on_fresh_instance(self.world.engine(), Entry::Prepare, limits, |store| {
                let (answer,) = self
                    .world
                    .instantiate(&mut *store)?
                    .get_typed_func::<PrepareParameters<'_>, PrepareAnswer>(
                        &mut *store,
                        &self.prepare,
                    )?
                    .call(store, (settings,))?;
                Ok(answer)
            });
        let read = match answer {
            Ok(Ok(prepared)) => prepared::read(prepared, limits).map_err(|problems| {
                PrepareFailure::Broken(TemplateFailure::BadLayout { problems })
            }),
            Ok(Err(problems)) => Err(prepared::read_problems(problems, limits)),
            Err(failure) => Err(PrepareFailure::Broken(failure)),
        };
        (read, stats)
    }

    /// Lays out one ticket.
    pub fn layout(
        &self,
        state: &[u8],
        request: &LayoutRequest,
        limits: &TemplateLimits,
    ) -> (Result<Layout, TemplateFailure>, CallStats) {
        let request = request::Lowered::new(request);
        let (answer, stats) =
            on_fresh_instance(self.world.engine(), Entry::Layout, limits, |store| {
                let (answer,) = self
                    .world
                    .instantiate(&mut *store)?
                    .get_typed_func::<LayoutParameters<'_>, LayoutAnswer>(
                        &mut *store,
                        &self.layout,
                    )?
                    .call(store, (request.as_wit(state),))?;
                Ok(answer)
            });
        let read = answer.and_then(|answer| match answer {
            Ok(document) => document::read(document, limits)
                .map_err(|problems| TemplateFailure::BadLayout { problems }),
            Err(wit::Failure::Refused(reason)) => Err(TemplateFailure::Refused {
                reason: bounded(reason),
            }),
            Err(wit::Failure::Failed(message)) => Err(TemplateFailure::Failed {
                message: bounded(message),
            }),
        });
        (read, stats)
    }
}

/// A guest's words, cut where the contract says.
fn bounded(mut words: String) -> String {
    words.truncate(words.floor_char_boundary(MESSAGE_BYTES));
    words
}
