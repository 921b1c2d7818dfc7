//! Issuing and printing: from an order to a stored, signed ticket, and from a stored ticket to its
//! pages. The only room that knows all stages.

mod bulk;
mod bulk_print;
mod capability;
mod change;
mod describe;
mod draft;
mod erase;
mod find;
mod issuer;
mod names;
mod order;
mod order_form;
mod print;
mod print_order;
mod specimen;
mod ticket_uuid;
mod ticket_values;
mod tickets_root;

pub use bulk::{Bulk, BulkTicket};
pub use bulk_print::{BulkPrinter, Printable};
pub use capability::Capability;
pub use change::{Edit, Renewal, TicketPatch};
pub use describe::{OrganizerFacts, order_path};
pub use erase::{Effect, Erased};
pub use issuer::{IssueError, Issued, Issuer, IssuerParts};
pub use names::{Lines, NameError, TextError, caller_id, printable};
pub use order::{CustomValue, DEFAULT_EVENT, EventReference, Holder, Order, Price, TypeName};
pub use order_form::{FormError, OrderForm};
pub use print::{Artifact, Edition, Format, FormatError, Print, PrintError, etag, render_now};
pub use print_order::etag_of_all;
pub use specimen::{specimen_code, specimen_order};
pub use ticket_values::TicketValues;
pub use tickets_root::{Leaf, tickets_root};
