//! Organizers' templates.

mod activate_template;
mod preview_template;
mod read_templates;
mod template_json;
mod upload_template;

pub use activate_template::{activate_template, roll_back_template, set_canary};
pub use preview_template::preview_template;
pub use read_templates::{list_templates, list_versions, read_report, read_template};
pub use upload_template::{max_upload_bytes, upload_template};
