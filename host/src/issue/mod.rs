//! Issuing and printing: from an order to a stored, signed ticket, and from a stored ticket to its
//! pages. The only room that knows all stages.

mod capability;
mod describe;
mod issuer;
mod names;
mod order;
mod print;
mod specimen;
mod ticket_uuid;
mod ticket_values;

pub use capability::Capability;
pub use describe::{OrganizerFacts, order_path};
pub use issuer::{IssueError, Issued, Issuer, IssuerParts};
pub use names::{Lines, NameError, TextError, caller_id, printable};
pub use order::{CustomValue, DEFAULT_EVENT, EventReference, Holder, Order, Price, TypeName};
pub use print::{Artifact, Edition, Format, FormatError, Print, PrintError, etag, render_now};
pub use specimen::{specimen_code, specimen_order};
pub use ticket_values::TicketValues;
