//! The long way to shape: harfrust, with plans kept by the faces.

use harfrust::{Buffer, BufferFlags, Direction, Feature, Script, ShapeOptions, ShaperFont, Tag};

use super::text_box::TextStyle;
use crate::fonts::{Face, PlanRequest};
use crate::scene::Glyph;

/// What shaping needs again and again.
#[derive(Default)]
pub(super) struct Shaper {
    /// Made when first needed, then used again.
    buffer: Option<Buffer>,
}

/// Glyphs, and the bytes at which they depend on each other across.
pub(super) struct Shaped {
    pub(super) glyphs: Vec<Glyph>,
    pub(super) joints: Vec<u32>,
}

impl Shaper {
    pub(super) fn shape(
        &mut self,
        face: &Face,
        text: &str,
        script: Script,
        style: &TextStyle,
    ) -> Shaped {
        let buffer = self.buffer.get_or_insert_with(Buffer::new);
        buffer.clear();
        buffer.set_flags(
            BufferFlags::REMOVE_DEFAULT_IGNORABLES | BufferFlags::DO_NOT_INSERT_DOTTED_CIRCLE,
        );
        buffer.push_str(text);
        buffer.set_direction(Direction::LeftToRight);
        buffer.set_script(Some(script));
        let features = features_of(style);
        let language = style.language.as_ref().map(|language| &language.shaping);
        let plan = face.plan(&PlanRequest {
            script,
            direction: Direction::LeftToRight,
            language,
            features: &features,
        });
        let options = ShapeOptions::new().plan(Some(&plan)).features(&features);
        let shaped = harfrust::shape(&ShaperFont::new(face.font()), buffer, options);
        debug_assert!(
            shaped.is_ok(),
            "the plan was made for this script and direction"
        );
        read_glyphs(buffer)
    }
}

fn features_of(style: &TextStyle) -> Vec<Feature> {
    let asked = style.features.iter();
    let asked = asked.map(|feature| Feature::new(Tag::new(&feature.tag), feature.value.into(), ..));
    // Ligatures have no room inside for the space between letters.
    let without: &[&[u8; 4]] = if style.letter_spacing_per_mille == 0 {
        &[]
    } else {
        &[b"liga", b"clig"]
    };
    without
        .iter()
        .map(|tag| Feature::new(Tag::new(tag), 0, ..))
        .chain(asked)
        .collect()
}

fn read_glyphs(buffer: &Buffer) -> Shaped {
    let mut joints = Vec::new();
    let mut last_cluster = 0;
    let glyphs = buffer.glyph_infos().iter().zip(buffer.glyph_positions());
    let glyphs = glyphs
        .map(|(info, position)| {
            if info.unsafe_to_break() && info.cluster != last_cluster {
                joints.push(info.cluster);
            }
            last_cluster = info.cluster;
            Glyph {
                // Faces with more glyphs than 16 bits can count are refused when parsed.
                id: info.glyph_id as u16,
                advance: position.x_advance,
                x_offset: position.x_offset,
                y_offset: position.y_offset,
                cluster: info.cluster,
            }
        })
        .collect();
    Shaped { glyphs, joints }
}
