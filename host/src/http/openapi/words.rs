//! Schemas of the words that many bodies share, with the bounds that their checks enforce.
//!
//! A member names its word by `value_type`; the word is written where it is used.

use ticket_gate::MAX_LABEL_BYTES;
use utoipa::openapi::schema::{
    AdditionalProperties, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::access::{Permission, Role};
use crate::http::events::{MAX_TEXT_CHARS, MAX_TITLE_CHARS};
use crate::http::tickets::{
    MAX_CUSTOM_CHARS, MAX_CUSTOM_FIELDS, MAX_NAME_CHARS, MAX_REASON_CHARS, MAX_SHORT_CHARS,
};
use crate::http::webhooks::MAX_DESCRIPTION_CHARS;
use crate::issue::TypeName;
use crate::storage::{
    Act, CallerId, DeliveryState, JobKind, JobState, KeyState, Priority, Slug, TicketState,
};
use crate::webhooks::event_types;

/// Longest BCP 47 tag that is read.
const MAX_TAG_BYTES: usize = 35;
/// Longest e-mail address (RFC 5321 section 4.5.3.1.3).
const MAX_EMAIL_CHARS: usize = 254;
/// What is not printed: controls, line and paragraph separators, and what turns a text's direction.
macro_rules! unprinted {
    () => {
        r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    };
}

/// One line, which may be empty where that means the same as no value.
const LINE: &str = concat!("^[^", unprinted!(), "]*$");
/// One line with something in it.
const FULL_LINE: &str = concat!(
    "^[^",
    unprinted!(),
    "]*[^\\s",
    unprinted!(),
    "][^",
    unprinted!(),
    "]*$"
);
/// Lines.
const LINES: &str =
    r"^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$";

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A body that is no JSON has no type in JSON Schema.
fn anything() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue)
}

fn line(max: usize) -> ObjectBuilder {
    text().max_length(Some(max)).pattern(Some(LINE))
}

fn full_line(max: usize) -> ObjectBuilder {
    text()
        .min_length(Some(1))
        .max_length(Some(max))
        .pattern(Some(FULL_LINE))
}

fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> ObjectBuilder {
    text().enum_values(Some(names))
}

macro_rules! words {
    ($($(#[$about:meta])* $name:ident = $schema:expr;)*) => {
        $(
            $(#[$about])*
            pub struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    $schema.into()
                }
            }

            impl ToSchema for $name {}
        )*
    };
}

words! {
    /// Bytes of a file.
    Binary = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
    /// A table of tickets, names of their members in the first row.
    CsvRowsWord = anything()
        .description(Some("RFC 4180, the members' names in the first row; it may have any length"))
        .examples(["type,attendeeName,seat\r\nvip,Zoë Kraus,12\r\n"]);
    /// A ticket a line.
    NdjsonRowsWord = anything()
        .description(Some("a ticket a line, as a JSON object; it may have any length"))
        .examples(["{\"type\":\"vip\",\"attendeeName\":\"Zoë Kraus\"}\n"]);
    /// An object with any members.
    AnyObject = ObjectBuilder::new().schema_type(Type::Object);
    /// The description of an API.
    OpenApiWord = ObjectBuilder::new()
        .schema_type(Type::Object)
        .examples([serde_json::json!({ "openapi": "3.1.0" })]);
    /// An id of the caller's own.
    CallerIdWord = text()
        .max_length(Some(CallerId::MAX_BYTES))
        .pattern(Some("^[A-Za-z0-9._~-]+$"));
    /// The caller's or Guichet's id of an event.
    EventIdWord = text()
        .max_length(Some(CallerId::MAX_BYTES))
        .pattern(Some("^[A-Za-z0-9._~-]+$"));
    /// A type of tickets.
    TypeWord = full_line(TypeName::MAX_CHARS);
    /// A name that is printed.
    NameWord = line(MAX_NAME_CHARS);
    /// A name that has to be given.
    TitleWord = full_line(MAX_TITLE_CHARS);
    /// A few printed words.
    ShortWord = line(MAX_SHORT_CHARS);
    /// An order's id.
    OrderIdWord = full_line(MAX_SHORT_CHARS);
    /// Name of an API key.
    KeyNameWord = full_line(MAX_SHORT_CHARS);
    /// Several printed lines.
    ParagraphWord = text().max_length(Some(MAX_TEXT_CHARS)).pattern(Some(LINES));
    /// A reason for the staff.
    ReasonWord = line(MAX_REASON_CHARS);
    /// A holder's e-mail address; it is not checked further.
    EmailWord = line(MAX_EMAIL_CHARS);
    /// An address at which an organizer is reached.
    AddressWord = text()
        .max_length(Some(MAX_EMAIL_CHARS))
        .pattern(Some(concat!("^[^\\s", unprinted!(), "]+@[^\\s", unprinted!(), "]+$")));
    /// Where an organizer is found.
    WebsiteWord = text()
        .max_length(Some(MAX_TITLE_CHARS))
        .pattern(Some(concat!("^https?://[^\\s", unprinted!(), "]+$")));
    /// A gate's name, in at most so many bytes.
    GateWord = text()
        .min_length(Some(1))
        .max_length(Some(MAX_LABEL_BYTES))
        .pattern(Some(FULL_LINE));
    /// A language.
    LanguageWord = text()
        .max_length(Some(MAX_TAG_BYTES))
        .pattern(Some("^[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*$"));
    /// A currency.
    CurrencyWord = text().pattern(Some("^[A-Z]{3}$"));
    /// A time zone.
    TimeZoneWord = text().pattern(Some("^[A-Za-z0-9_+/-]+$"));
    /// RFC 3339, or local in the event's time zone, or a day.
    MomentWord = text().pattern(Some(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$",
    ));
    /// A price in the smallest unit of the currency.
    PriceWord = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
    /// Values for the template by name.
    CustomFieldsWord = ObjectBuilder::new()
        .schema_type(Type::Object)
        .max_properties(Some(MAX_CUSTOM_FIELDS))
        .property_names(Some(full_line(64)))
        .additional_properties(Some(AdditionalProperties::from(
            ObjectBuilder::new()
                .schema_type(SchemaType::from_iter([
                    Type::String,
                    Type::Number,
                    Type::Boolean,
                    Type::Null,
                ]))
                .max_length(Some(MAX_CUSTOM_CHARS))
                .pattern(Some(LINES)),
        )));
    /// A format of a page.
    FormatWord = one_of(["pdf", "png", "svg"]);
    /// A format of a picture.
    PictureWord = one_of(["png", "svg"]);
    /// Which edition of a ticket.
    EditionWord = one_of(["issued"]);
    /// How much of a code may be lost.
    CorrectionWord = one_of(["M", "m", "medium", "Q", "q", "quartile", "H", "h", "high"]);
    /// A colour; the last two of eight digits are ignored.
    ColorWord = text().pattern(Some("^#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?$"));
    /// Name of a template.
    TemplateNameWord = text()
        .max_length(Some(64))
        .pattern(Some("^[a-z][a-z0-9-]*$"));
    /// An organizer's name in tokens.
    SlugWord = text()
        .max_length(Some(Slug::MAX_BYTES))
        .pattern(Some("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"));
    /// What a key is for.
    PurposeWord = one_of(["ticket", "bundle"]);
    /// A permission.
    PermissionWord = one_of(Permission::ALL.map(Permission::name));
    /// A role.
    RoleWord = one_of(Role::ALL.map(Role::name));
    /// The state of a ticket.
    TicketStateWord = one_of(TicketState::ALL.map(TicketState::code));
    /// The state of a signing key.
    KeyStateWord = one_of(KeyState::ALL.map(KeyState::code));
    /// An act that is recorded.
    ActWord = one_of(Act::ALL.map(Act::code));
    /// A type of messages to webhooks.
    MessageTypeWord = one_of(event_types());
    /// Where messages are sent.
    HookWord = text().pattern(Some(r"^https?://[^\s@#]+$"));
    /// What a webhook is for.
    HookAboutWord = full_line(MAX_DESCRIPTION_CHARS);
    /// What became of a message.
    DeliveryStateWord = one_of(DeliveryState::ALL.map(DeliveryState::code));
    /// How urgent a job is.
    PriorityWord = one_of(Priority::ALL.map(Priority::code));
    /// The state of a job.
    JobStateWord = one_of(JobState::ALL.map(JobState::code));
    /// The state of a job that is over.
    EndStateWord = one_of(["completed", "failed", "cancelled"]);
    /// What a job makes.
    JobKindWord = one_of(JobKind::ALL.map(JobKind::code));
    /// The kind of a job that waits.
    JobTypeWord = one_of(["batch_generation", "tickets"]);
    /// What became of an item.
    ItemStateWord = one_of(["waiting", "done", "failed"]);
    /// Which items are listed alone.
    FailedWord = one_of(["failed"]);
    /// A length of time.
    AgeWord = text().pattern(Some("^[1-9][0-9]{0,2}[smhd]$"));
    /// What pages are printed as.
    PagesWord = one_of(["pdf", "png"]);
    /// How a list is written.
    ListWord = one_of(["csv", "ndjson"]);
    /// In which order tickets are printed.
    OrderByWord = text().pattern(Some("^(item|name|type|seat|order|number|custom:.{1,100})$"));
    /// A sheet of a printer.
    SheetWord = one_of(["A3", "A4", "SRA3", "letter", "tabloid"]);
    /// Server-sent events.
    EventStreamWord = text();
    /// Why a webhook is sent nothing.
    DisabledWord = one_of(["asked", "gone", "failing"]);
    /// The state of a version.
    VersionStateWord = one_of(["compiling", "ready", "rejected"]);
}
