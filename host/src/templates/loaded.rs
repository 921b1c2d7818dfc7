//! A template version that is ready to lay out tickets.

use std::collections::HashMap;
use std::sync::Arc;

use thiserror::Error;
use ticket_render::assets::{Assets, PreparedFonts};
use ticket_render::images::{ImageError, ImageId, PreparedImage};
use ticket_render::scene::Scene;

use super::bindings::v0::{Guest, PrepareFailure};
use super::call::{CallStats, TemplateFailure};
use super::compose::{AuthorNotes, CodeText, KnownImage, ResourceParts, Resources, compose};
use super::digest::Digest;
use super::limits::TemplateLimits;
use super::manifest::{Manifest, PageFormat, TokenUse};
use super::request::Position;
use super::samples;
use super::values::{Circumstances, Filled, Formats, OrderValues, ValueProblem, fill};

/// What a version consists of besides its component; pinned by digest.
#[derive(Clone, Debug, Default)]
pub struct VersionFiles {
    /// The organizer's settings.
    pub settings: Vec<u8>,
    /// Images and fonts, by the names under which the template asks for them.
    pub assets: Vec<AssetFile>,
}

/// One image of a version.
#[derive(Clone, Debug)]
pub struct AssetFile {
    /// The name under which the template asks for it.
    pub name: String,
    /// Its bytes, JPEG or PNG.
    pub bytes: Vec<u8>,
}

/// Names a version: a digest over the digests of all its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VersionKey(Digest);

impl VersionKey {
    /// The key of a component with settings and assets.
    pub fn of(component: &Digest, settings: &Digest, assets: &[(&str, Digest)]) -> Self {
        let mut parts = Vec::new();
        parts.extend(component.as_bytes());
        parts.extend(settings.as_bytes());
        let mut sorted: Vec<&(&str, Digest)> = assets.iter().collect();
        sorted.sort_by_key(|(name, _)| *name);
        for (name, digest) in sorted {
            parts.extend((name.len() as u64).to_le_bytes());
            parts.extend(name.as_bytes());
            parts.extend(digest.as_bytes());
        }
        Self(Digest::of(&parts))
    }
}

/// What a ticket is laid out from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutOrder {
    /// All values that could be printed.
    pub values: OrderValues,
    /// BCP 47 tag of the language to write in.
    pub locale: String,
    /// Which ticket of its order.
    pub position: Position,
}

/// A ticket, laid out.
#[derive(Clone, Debug)]
pub struct LaidOut {
    /// The pages.
    pub scene: Scene,
    /// What the scene refers to; to be handed to the renderer with it.
    pub assets: Assets,
    /// Words to the template's author.
    pub notes: AuthorNotes,
    /// What the guest used.
    pub stats: CallStats,
}

/// Why an order has no pages.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LayOutError {
    /// Values are missing or of another type; the template was not called.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Values(Vec<ValueProblem>),
    /// The template gave none.
    #[error(transparent)]
    Template(#[from] TemplateFailure),
}

/// Why a version cannot be used.
#[derive(Debug, Error)]
pub enum PrepareError {
    /// The template does not accept its settings, or broke.
    #[error("{}", describe(.0))]
    Guest(PrepareFailure),
    /// What the manifest asks for is not there.
    #[error("{}", .0.join("; "))]
    Missing(Vec<String>),
    /// An asset is not usable.
    #[error("asset `{name}`: {error}")]
    Asset {
        /// Its name.
        name: String,
        /// Why.
        error: ImageError,
    },
    /// The renderer does not take the backgrounds.
    #[error("the backgrounds cannot be drawn: {0}")]
    Render(#[from] ticket_render::error::RenderError),
}

fn describe(failure: &PrepareFailure) -> String {
    match failure {
        PrepareFailure::Settings { problems } => problems
            .iter()
            .map(|problem| {
                format!(
                    "settings {}: {} ({})",
                    problem.at, problem.message, problem.kind
                )
            })
            .collect::<Vec<_>>()
            .join("; "),
        PrepareFailure::Broken(failure) => failure.to_string(),
    }
}

/// A version with its code loaded, its settings read, its images and backgrounds prepared.
pub struct LoadedTemplate {
    guest: Guest,
    manifest: Manifest,
    state: Vec<u8>,
    resources: Resources,
    assets: Assets,
    images: Vec<Arc<PreparedImage>>,
    formats: Arc<Formats>,
    limits: TemplateLimits,
    code_bytes: u64,
}

/// What is needed to prepare a version.
pub(super) struct Ingredients<'a> {
    pub guest: Guest,
    pub files: &'a VersionFiles,
    pub fonts: &'a PreparedFonts,
    pub formats: Arc<Formats>,
    pub limits: &'a TemplateLimits,
    /// Bytes that the loaded code takes.
    pub code_bytes: u64,
}

impl LoadedTemplate {
    /// Calls `prepare` and makes everything that all tickets share.
    pub(super) fn prepare(
        ingredients: Ingredients<'_>,
    ) -> (Result<(Self, AuthorNotes), PrepareError>, CallStats) {
        let Ingredients {
            guest,
            files,
            fonts,
            formats,
            limits,
            code_bytes,
        } = ingredients;
        let settings_bytes = files.settings.len() as u64;
        if settings_bytes > limits.settings_bytes {
            let message = format!(
                "the settings have {settings_bytes} bytes, more than `settings_bytes` = {}",
                limits.settings_bytes
            );
            return (
                Err(PrepareError::Missing(vec![message])),
                CallStats::default(),
            );
        }
        let (answer, stats) = guest.prepare(&files.settings, limits);
        let made = answer.map_err(PrepareError::Guest).and_then(|prepared| {
            let (images, known) = read_images(files)?;
            check_needs(&prepared.manifest, &known, fonts)?;
            let (resources, notes) = Resources::prepare(ResourceParts {
                limits: limits.clone(),
                fonts: fonts.set().clone(),
                images: known,
                styles: &prepared.styles,
                backgrounds: &prepared.backgrounds,
                token: prepared.manifest.token,
            })
            .map_err(|problems| {
                PrepareError::Guest(PrepareFailure::Broken(TemplateFailure::BadLayout {
                    problems,
                }))
            })?;
            let backgrounds = resources
                .backgrounds()
                .iter()
                .map(|background| background.elements.clone())
                .collect();
            let assets = Assets::prepare(fonts.clone(), images.clone(), backgrounds)?;
            let loaded = Self {
                guest,
                manifest: prepared.manifest,
                state: prepared.state,
                resources,
                assets,
                images,
                formats,
                limits: limits.clone(),
                code_bytes,
            };
            Ok((loaded, notes))
        });
        (made, stats)
    }

    /// What the template is and needs.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether it carries the signed code.
    pub fn token_use(&self) -> TokenUse {
        self.manifest.token
    }

    /// What its scenes refer to, as long as no value is an image.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// An order of the manifest's own samples.
    pub fn sample_order(&self) -> LayoutOrder {
        samples::sample_order(&self.manifest)
    }

    /// What an upload is tried with: the samples, then data that breaks careless layouts; each with its name.
    pub fn trials(&self) -> Vec<(&'static str, LayoutOrder)> {
        let cases = samples::cases(&self.manifest).into_iter();
        cases.map(|case| (case.name, case.order)).collect()
    }

    /// Whether an order has all values that the manifest asks for, of the right types. The template is
    /// not called.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn check_values(&self, order: &LayoutOrder) -> Result<(), Vec<ValueProblem>> {
        match self.manifest.page_formats.first() {
            Some(page_format) => self.fill(order, page_format).map(drop),
            None => Ok(()),
        }
    }

    /// Lays out one ticket on the template's preferred page.
    ///
    /// Blocks for as long as the guest computes; to be called where that is allowed.
    ///
    /// # Errors
    /// See [`LayOutError`].
    pub fn lay_out(&self, order: &LayoutOrder, code: &CodeText) -> Result<LaidOut, LayOutError> {
        self.lay_out_with_stats(order, code).0
    }

    /// The same on another page of the manifest, by its place among the page formats from 0.
    ///
    /// # Errors
    /// See [`LayOutError`].
    pub fn lay_out_on(
        &self,
        page_format: usize,
        order: &LayoutOrder,
        code: &CodeText,
    ) -> Result<LaidOut, LayOutError> {
        self.lay_out_with_stats_on(page_format, order, code).0
    }

    /// [`Self::lay_out`], with what the guest used also where it fails.
    pub(super) fn lay_out_with_stats(
        &self,
        order: &LayoutOrder,
        code: &CodeText,
    ) -> (Result<LaidOut, LayOutError>, CallStats) {
        self.lay_out_with_stats_on(0, order, code)
    }

    fn lay_out_with_stats_on(
        &self,
        page_format: usize,
        order: &LayoutOrder,
        code: &CodeText,
    ) -> (Result<LaidOut, LayOutError>, CallStats) {
        let Some(page_format) = self.manifest.page_formats.get(page_format) else {
            // The manifest was refused without any.
            let failure =
                TemplateFailure::bad_answer("the manifest lists no such page format".to_owned());
            return (Err(failure.into()), CallStats::default());
        };
        let filled = match self.fill(order, page_format) {
            Ok(filled) => filled,
            Err(problems) => return (Err(LayOutError::Values(problems)), CallStats::default()),
        };
        let (answer, stats) = self
            .guest
            .layout(&self.state, &filled.request, &self.limits);
        let laid_out = answer.map_err(LayOutError::from).and_then(|layout| {
            let (known, assets) = self.with_images(&filled.images)?;
            let (scene, notes) = compose(&layout, &self.resources, &known, code)
                .map_err(|problems| TemplateFailure::BadLayout { problems })?;
            Ok(LaidOut {
                scene,
                assets,
                notes,
                stats,
            })
        });
        (laid_out, stats)
    }

    fn fill(
        &self,
        order: &LayoutOrder,
        page_format: &PageFormat,
    ) -> Result<Filled, Vec<ValueProblem>> {
        let formats = self.formats.of(&order.locale);
        let circumstances = Circumstances {
            page_format,
            locale: &order.locale,
            formats: &formats,
            position: order.position,
        };
        fill(&self.manifest, &order.values, &circumstances)
    }

    /// The assets with the images of one request behind them.
    fn with_images(
        &self,
        values: &[Arc<PreparedImage>],
    ) -> Result<(Vec<(u32, KnownImage)>, Assets), TemplateFailure> {
        if values.is_empty() {
            return Ok((Vec::new(), self.assets.clone()));
        }
        let refused = |error: &dyn std::fmt::Display| {
            TemplateFailure::bad_answer(format!("the image values cannot be drawn: {error}"))
        };
        let mut known = Vec::with_capacity(values.len());
        for ((image, id), position) in values.iter().zip(0..).zip(self.images.len()..) {
            let image = known_image(position, image).ok_or_else(|| refused(&"too many"))?;
            known.push((id, image));
        }
        let assets = self
            .assets
            .with_images(values.iter().map(Arc::clone))
            .map_err(|error| refused(&error))?;
        Ok((known, assets))
    }

    /// About how many bytes it keeps in memory.
    pub(super) fn memory_bytes(&self) -> u64 {
        /// Linked component, styles, manifest and so on.
        const FIXED: u64 = 64 * 1024;
        let images: u64 = self
            .images
            .iter()
            .map(|image| image.file().len() as u64)
            .sum();
        FIXED + self.code_bytes + self.state.len() as u64 + images.saturating_mul(2)
    }
}

type Images = (Vec<Arc<PreparedImage>>, HashMap<String, KnownImage>);

fn read_images(files: &VersionFiles) -> Result<Images, PrepareError> {
    let mut images = Vec::with_capacity(files.assets.len());
    let mut known = HashMap::with_capacity(files.assets.len());
    for asset in &files.assets {
        let image = PreparedImage::read(&asset.bytes).map_err(|error| PrepareError::Asset {
            name: asset.name.clone(),
            error,
        })?;
        if let Some(entry) = known_image(images.len(), &image) {
            known.insert(asset.name.clone(), entry);
        }
        images.push(Arc::new(image));
    }
    Ok((images, known))
}

fn known_image(position: usize, image: &PreparedImage) -> Option<KnownImage> {
    let id = ImageId(u16::try_from(position).ok()?);
    Some(KnownImage {
        id,
        width_px: image.width_px(),
        height_px: image.height_px(),
    })
}

/// Whether everything that the manifest asks for is there.
fn check_needs(
    manifest: &Manifest,
    images: &HashMap<String, KnownImage>,
    fonts: &PreparedFonts,
) -> Result<(), PrepareError> {
    let mut missing = Vec::new();
    for asset in &manifest.assets {
        if !images.contains_key(&asset.name) {
            missing.push(format!(
                "the template needs the image `{}`{}; upload it with the template under that name",
                asset.name,
                if asset.description.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", asset.description)
                }
            ));
        }
    }
    for font in &manifest.fonts {
        let there = fonts.set().members().iter().any(|member| {
            let italic = member.slant == ticket_render::fonts::Slant::Italic;
            member.family == font.family && member.weight == font.weight && italic == font.italic
        });
        if !there {
            missing.push(format!(
                "the template needs the font `{}` of weight {}{}, which this host does not have",
                font.family,
                font.weight,
                if font.italic { " italic" } else { "" }
            ));
        }
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(PrepareError::Missing(missing))
    }
}
