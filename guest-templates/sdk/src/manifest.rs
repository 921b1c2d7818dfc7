//! The manifest: what a template is, offers, reads and needs.

use crate::contract::{
    AssetNeed, DecimalNumber, Field, FontNeed, Manifest, MoneyAmount, PageFormat, PixelSize,
    Sample, Size, Slant, Subject, TokenProfile, TokenUse,
};

impl Manifest {
    /// A manifest without languages, page formats and fields, and with no token slot. The name is 1 to
    /// 64 of `a-z`, `0-9` and `-`; the version is the author's own, as in Semantic Versioning.
    #[must_use]
    pub fn new(name: &str, version: &str, description: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            description: description.to_owned(),
            languages: Vec::new(),
            page_formats: Vec::new(),
            fields: Vec::new(),
            settings_schema: Vec::new(),
            assets: Vec::new(),
            fonts: Vec::new(),
            token: TokenUse::None,
        }
    }

    /// The languages of the template's own words, the preferred one first.
    #[must_use]
    pub fn languages<const N: usize>(mut self, tags: [&str; N]) -> Self {
        self.languages.extend(tags.map(str::to_owned));
        self
    }

    /// A page that the template can fill; the first one is the preferred one.
    #[must_use]
    pub fn page_format(mut self, name: &str, size: Size) -> Self {
        self.page_formats.push(PageFormat {
            name: name.to_owned(),
            size,
        });
        self
    }

    /// A value that the template reads. What is not listed is never handed to it.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// A JSON Schema (2020-12) of the settings, for forms and editors.
    #[must_use]
    pub fn settings_schema(mut self, schema: &str) -> Self {
        self.settings_schema = schema.as_bytes().to_vec();
        self
    }

    /// An image that must have been uploaded under this name.
    #[must_use]
    pub fn asset(mut self, name: &str, description: &str) -> Self {
        self.assets.push(AssetNeed {
            name: name.to_owned(),
            description: description.to_owned(),
        });
        self
    }

    /// An upright font face beyond those of `sans` and `mono`.
    #[must_use]
    pub fn font(mut self, family: &str, weight: u16) -> Self {
        self.fonts.push(FontNeed {
            family: family.to_owned(),
            weight,
            slant: Slant::Upright,
        });
        self
    }

    /// Each ticket carries a signed code; its slots are made for symbols of this profile.
    #[must_use]
    pub fn token(mut self, profile: TokenProfile) -> Self {
        self.token = TokenUse::Required(profile);
        self
    }
}

impl Field {
    /// A value of the ticket, by default one that may be missing.
    #[must_use]
    pub fn ticket(name: &str, description: &str, sample: Sample) -> Self {
        Self::of(Subject::Ticket, name, description, sample)
    }

    /// A value of the event, by default one that may be missing.
    #[must_use]
    pub fn event(name: &str, description: &str, sample: Sample) -> Self {
        Self::of(Subject::Event, name, description, sample)
    }

    /// A value of the organizer, by default one that may be missing.
    #[must_use]
    pub fn organizer(name: &str, description: &str, sample: Sample) -> Self {
        Self::of(Subject::Organizer, name, description, sample)
    }

    /// An order without this value is refused before `layout` is called.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    fn of(source: Subject, name: &str, description: &str, sample: Sample) -> Self {
        Self {
            source,
            name: name.to_owned(),
            required: false,
            description: description.to_owned(),
            sample,
        }
    }
}

/// An example of a text field.
#[must_use]
pub fn text(example: &str) -> Sample {
    Sample::Text(example.to_owned())
}

/// An example of a field with a whole number.
#[must_use]
pub fn integer(example: i64) -> Sample {
    Sample::Integer(example)
}

/// An example of a field with a decimal number: `unscaled` divided by ten to the power of `scale`.
#[must_use]
pub fn decimal(unscaled: i64, scale: u8) -> Sample {
    Sample::Decimal(DecimalNumber { unscaled, scale })
}

/// An example of a yes or no.
#[must_use]
pub fn boolean(example: bool) -> Sample {
    Sample::Boolean(example)
}

/// An example of a point in time, in seconds since 1970 (UTC).
#[must_use]
pub fn moment(unix_seconds: i64) -> Sample {
    Sample::Moment(unix_seconds)
}

/// An example of an amount, in the currency's smallest unit.
#[must_use]
pub fn money(minor_units: i64, currency: &str) -> Sample {
    Sample::Money(MoneyAmount {
        minor_units,
        currency: currency.to_owned(),
    })
}

/// An example of an image: a neutral picture of this many pixels.
#[must_use]
pub fn picture(width_px: u32, height_px: u32) -> Sample {
    Sample::Image(PixelSize {
        width_px,
        height_px,
    })
}
