//! What `prepare` says of a template: its manifest, and what every ticket shares.

use ticket_render::length::Size;

use super::layout::{Item, TextStyle};

/// The answer of `prepare`, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// What the template is and needs.
    pub manifest: Manifest,
    /// Handed to every `layout`.
    pub state: Vec<u8>,
    /// Styles that every ticket shares.
    pub styles: Vec<TextStyle>,
    /// Drawings that every ticket shares.
    pub backgrounds: Vec<Background>,
}

/// A drawing that does not change from ticket to ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Background {
    /// What it occupies.
    pub size: Size,
    /// Its items, flat, without a token code.
    pub items: Vec<Item>,
}

/// What a template is, offers, reads and needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Short name.
    pub name: String,
    /// The author's own version.
    pub version: String,
    /// For the person who picks a template.
    pub description: String,
    /// Languages of its own words, the preferred one first; at least one.
    pub languages: Vec<String>,
    /// Pages that it can fill, the preferred one first; at least one.
    pub page_formats: Vec<PageFormat>,
    /// Everything that it reads.
    pub fields: Vec<Field>,
    /// JSON Schema of its settings; may be empty.
    pub settings_schema: Vec<u8>,
    /// Images that must be there.
    pub assets: Vec<AssetNeed>,
    /// Faces that must be there.
    pub fonts: Vec<FontNeed>,
    /// Whether it carries the signed code.
    pub token: TokenUse,
}

/// A page that a template can fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFormat {
    /// Such as `a4`.
    pub name: String,
    /// The trimmed page.
    pub size: Size,
}

/// A value that a template reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Whose value.
    pub subject: Subject,
    /// Its name.
    pub name: String,
    /// An order without it is refused.
    pub required: bool,
    /// For the person who fills it in.
    pub description: String,
    /// An example, which also gives the type.
    pub sample: Sample,
}

/// Whose value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The ticket's.
    Ticket,
    /// The event's.
    Event,
    /// The organizer's.
    Organizer,
}

impl Subject {
    /// Its name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Event => "event",
            Self::Organizer => "organizer",
        }
    }
}

/// An example of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sample {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// `unscaled` divided by ten to the power of `scale`.
    Decimal {
        /// All digits.
        unscaled: i64,
        /// Digits after the point, 0 to 18.
        scale: u8,
    },
    /// Yes or no.
    Boolean(bool),
    /// Seconds since 1970 in UTC, from year 1 to year 9999.
    Moment(i64),
    /// An amount.
    Money {
        /// In the smallest unit.
        minor_units: i64,
        /// Three capital letters.
        currency: String,
    },
    /// A neutral picture of this size.
    Image {
        /// Pixels across.
        width_px: u32,
        /// Pixels down.
        height_px: u32,
    },
}

impl Sample {
    /// The type's name in the contract.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer(_) => "integer",
            Self::Decimal { .. } => "decimal",
            Self::Boolean(_) => "boolean",
            Self::Moment(_) => "moment",
            Self::Money { .. } => "money",
            Self::Image { .. } => "image",
        }
    }
}

/// An image that a template draws by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetNeed {
    /// Its name.
    pub name: String,
    /// For the person who uploads it.
    pub description: String,
}

/// A face that a template uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FontNeed {
    /// Family.
    pub family: String,
    /// 1 to 1000.
    pub weight: u16,
    /// Slanted or not.
    pub italic: bool,
}

/// Whether a template carries the signed code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// At least one slot, made for this profile.
    Required(TokenProfile),
    /// None.
    None,
}

/// What a signed code contains, which decides how large its symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the four profiles of the token")]
pub enum TokenProfile {
    Standard,
    Dated,
    Named,
    Server,
}

impl TokenProfile {
    /// Bytes of the largest token of this profile.
    pub const fn largest_token_bytes(self) -> usize {
        match self {
            Self::Standard => 100,
            Self::Dated => 107,
            Self::Named => 136,
            Self::Server => 68,
        }
    }
}
