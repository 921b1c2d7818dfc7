//! Write a ticket template for Guichet in Rust: one trait, one macro.
//!
//! A template is a function from a ticket's values to a page. The host hands it values that are
//! already formatted for the reader's language, and it answers with positioned items; the host
//! measures and breaks the text, draws the signed code, and renders. A template reads no file, clock
//! or random source, so that a ticket looks the same whenever it is printed again.
//!
//! ```
//! use guichet_template_sdk::prelude::*;
//!
//! struct Badge;
//!
//! const TITLE: StyleId = StyleId(0);
//! const BODY: StyleId = StyleId(1);
//! const LABEL: StyleId = StyleId(2);
//!
//! impl Template for Badge {
//!     fn prepare(settings: &[u8]) -> Result<Prepared, Vec<Problem>> {
//!         if !settings.is_empty() {
//!             return Err(vec![Problem::new(ProblemKind::Unknown, "", "this template has no settings")]);
//!         }
//!         let manifest = Manifest::new("badge", "1.0.0", "A6 with the holder's name in large letters")
//!             .languages(["en"])
//!             .page_format("a6", Size::new(mm(105.0), mm(148.0)))
//!             .field(Field::event("title", "Name of the event", text("Jazz at the Lake")).required())
//!             .field(Field::event("starts", "When it begins", moment(1_794_682_800)))
//!             .field(Field::ticket("holder", "Whose ticket it is", text("Ada Lovelace")))
//!             .field(Field::ticket("number", "Number for people", text("7K3D-9QXA-2M")).required())
//!             .token(TokenProfile::Standard);
//!         Preparation::new(manifest)
//!             .style(TITLE, TextStyle::new("sans", pt(22.0)).bold())
//!             .style(BODY, TextStyle::new("sans", pt(11.0)))
//!             .style(LABEL, TextStyle::new("mono", pt(9.0)).coloured(Colour::Gray(90)))
//!             .finish()
//!     }
//!
//!     fn layout(request: &Request) -> Result<Document, Failure> {
//!         let title = request.event().require_text("title")?;
//!         let number = request.ticket().require_text("number")?;
//!         let holder = request.ticket().text("holder").unwrap_or("Guest");
//!
//!         let mut facts = TextBox::new(Frame::new(mm(10.0), mm(12.0), mm(85.0), mm(66.0)))
//!             .paragraph(Paragraph::of(TITLE, holder).role(Role::Heading1))
//!             .paragraph(Paragraph::of(BODY, title).space_before(mm(4.0)));
//!         if let Some(starts) = request.event().moment("starts") {
//!             facts = facts.paragraph(Paragraph::of(BODY, &starts.formatted.full_date));
//!         }
//!
//!         let mut front = Drawing::new();
//!         front.text(Role::Paragraph, facts);
//!         front.figure(
//!             "Ticket code",
//!             Code::token(Frame::new(mm(27.5), mm(80.0), mm(50.0), mm(50.0))),
//!         );
//!         let number_frame = Frame::new(mm(10.0), mm(132.0), mm(85.0), mm(6.0));
//!         front.text(
//!             Role::Paragraph,
//!             TextBox::new(number_frame).paragraph(Paragraph::of(LABEL, number).centred()),
//!         );
//!         Ok(Document::new(title, &request.locale)
//!             .page(Page::new("front", request.page_format.size, front)))
//!     }
//! }
//!
//! guichet_template_sdk::export_template!(Badge);
//! # let prepared = Badge::prepare(&[]).expect("empty settings work");
//! # let request = guichet_template_sdk::testing::sample_request(&prepared.manifest);
//! # let document = Badge::layout(&request).expect("the samples lay out");
//! # assert_eq!(guichet_template_sdk::testing::mistakes(&prepared, &document), Vec::<String>::new());
//! ```
//!
//! The crate builds for the host as well, so that a template's tests run without WebAssembly;
//! [`testing`] makes requests for them. Build the component for `wasm32-unknown-unknown` as a
//! `cdylib`: that target has no system interface, so the result imports nothing. A panic becomes a
//! trap, whose message is lost; return [`Failure`](contract::Failure) for whatever an author or an
//! organizer should read.

pub mod bindings;
mod document;
mod drawing;
mod length;
mod manifest;
mod prepared;
#[cfg(feature = "json")]
pub mod settings;
mod shapes;
mod style;
pub mod testing;
mod text;
pub mod times;
mod values;
pub mod words;

pub use bindings::exports::guichet::template::plugin as contract;
pub use drawing::Drawing;
pub use length::{Length, mm, pt};
pub use manifest::{boolean, decimal, integer, moment, money, picture, text};
pub use prepared::{BackgroundId, Preparation, StyleId};
pub use values::{Missing, Values};

/// What most templates name: `use guichet_template_sdk::prelude::*`.
pub mod prelude {
    pub use crate::contract::*;
    pub use crate::{
        BackgroundId, Drawing, Length, Preparation, StyleId, Template, Values, boolean, decimal,
        integer, mm, moment, money, picture, pt, text,
    };
}

use contract::{Document, Failure, Prepared, Problem, Request};

/// A ticket template. Implement it for an empty type and hand that to [`export_template!`].
///
/// Both functions are pure: the host calls each on a fresh instance, so that nothing kept in a
/// `static` is there at the next call.
pub trait Template {
    /// Reads the organizer's settings and says what the template is and needs. Called once for each
    /// version. Empty settings must work.
    ///
    /// # Errors
    /// Everything that is wrong with the settings, so that it can be mended in one go.
    fn prepare(settings: &[u8]) -> Result<Prepared, Vec<Problem>>;

    /// Lays out one ticket. `request.state` holds what `prepare` left there.
    ///
    /// # Errors
    /// [`Failure::Refused`] by a rule of the template's own, [`Failure::Failed`] when it cannot go on.
    fn layout(request: &Request) -> Result<Document, Failure>;
}

/// Exports a [`Template`] from this component. Once in a crate; does nothing off WebAssembly but
/// check that the trait is implemented.
#[macro_export]
macro_rules! export_template {
    ($template:ty) => {
        const _: () = {
            struct Exported;

            impl $crate::contract::Guest for Exported {
                fn prepare(
                    settings: ::std::vec::Vec<u8>,
                ) -> ::core::result::Result<
                    $crate::contract::Prepared,
                    ::std::vec::Vec<$crate::contract::Problem>,
                > {
                    <$template as $crate::Template>::prepare(&settings)
                }

                fn layout(
                    request: $crate::contract::Request,
                ) -> ::core::result::Result<$crate::contract::Document, $crate::contract::Failure>
                {
                    <$template as $crate::Template>::layout(&request)
                }
            }

            #[cfg(target_family = "wasm")]
    $crate::bindings::export_component!(Exported with_types_in $crate::bindings);
        };
    };
}

/// Compiles the examples of the author's guide.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/TEMPLATES.md")]
struct Guide;
