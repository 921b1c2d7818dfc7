//! Organizers and their settings.

mod change_organizer;
mod create_organizer;
mod organizer_json;
mod read_organizers;
mod settings_body;

pub use change_organizer::change_organizer;
pub use create_organizer::create_organizer;
pub use read_organizers::{list_organizers, read_organizer};
