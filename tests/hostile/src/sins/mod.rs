//! The sins, by name.

mod code;
mod layout;
mod machine;

use crate::contract::{Document, Failure};

/// Commits one sin.
pub type Sin = fn(&str) -> Result<Document, Failure>;

/// Each sin and its name. A test counts them.
pub const ALL: &[(&str, Sin)] = &[
    // Time, memory, stack.
    ("endless-loop", machine::endless_loop),
    ("bulk-fill", machine::bulk_fill),
    ("grow-memory", machine::grow_memory),
    ("deep-recursion", machine::deep_recursion),
    ("panic", machine::panic),
    ("wild-pointer", machine::wild_pointer),
    ("refuse", machine::refuse),
    ("fail", machine::fail),
    ("fail-at-length", machine::fail_at_length),
    ("remember", machine::remember),
    // Size of the answer.
    ("aliased-strings", machine::aliased_strings),
    ("invalid-utf8", machine::invalid_utf8),
    ("million-items", layout::million_items),
    ("too-many-items", layout::too_many_items),
    ("too-many-pages", layout::too_many_pages),
    ("too-much-text", layout::too_much_text),
    ("too-many-notes", layout::too_many_notes),
    // Form of the answer.
    ("no-pages", layout::no_pages),
    ("far-away", layout::far_away),
    ("negative-size", layout::negative_size),
    ("huge-page", layout::huge_page),
    ("open-group", layout::open_group),
    ("closed-group", layout::closed_group),
    ("deep-groups", layout::deep_groups),
    ("flat-group", layout::flat_group),
    ("unknown-style", layout::unknown_style),
    ("unknown-family", layout::unknown_family),
    ("unknown-background", layout::unknown_background),
    ("unknown-asset", layout::unknown_asset),
    ("unknown-image-value", layout::unknown_image_value),
    ("script-link", layout::script_link),
    ("control-character", layout::control_character),
    ("empty-title", layout::empty_title),
    ("same-page-name", layout::same_page_name),
    ("overfull-text", layout::overfull_text),
    ("many-faults", layout::many_faults),
    // What this host does not draw yet.
    ("gradient", layout::gradient),
    ("spot-colour", layout::spot_colour),
    ("stack", layout::stack),
    ("aztec", code::aztec),
    // The code.
    ("code-missing", code::missing),
    ("code-too-small", code::too_small),
    ("code-tight", code::tight),
    ("code-off-page", code::off_page),
    ("code-moved-off-page", code::moved_off_page),
    ("code-scaled", code::scaled),
    ("code-turned-askew", code::turned_askew),
    ("code-turned-by-quarter", code::turned_by_quarter),
    ("code-transparent", code::transparent),
    ("code-clipped", code::clipped),
    ("code-overlapped", code::overlapped),
    ("code-quiet-zone-overlapped", code::quiet_zone_overlapped),
    ("code-overlapped-by-code", code::overlapped_by_code),
    ("code-on-a-panel", code::on_a_panel),
    ("code-pale", code::pale),
    ("code-low-correction", code::low_correction),
    ("code-forged", code::forged),
    ("code-forged-in-disguise", code::forged_in_disguise),
];

/// Commits the sin of that name; an unknown one is no sin.
pub fn commit(name: &str, holder: &str) -> Result<Document, Failure> {
    match ALL.iter().find(|(known, _)| *known == name) {
        Some((_, sin)) => sin(holder),
        None => Ok(crate::good::document(holder)),
    }
}
