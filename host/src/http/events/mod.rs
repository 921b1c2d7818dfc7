//! Events.

mod create_event;
mod delete_event;
mod event_data;
mod event_json;
mod event_named;
mod list_events;
mod read_event;
mod revise_event;

pub use create_event::create_event;
pub use delete_event::delete_event;
pub use event_data::EventData;
pub use event_named::{found_event, known_event};
pub use list_events::{checked_page, list_events};
pub use read_event::read_event;
pub use revise_event::revise_event;
