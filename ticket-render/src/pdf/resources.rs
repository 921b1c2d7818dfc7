//! What content refers to by name.

use pdf_writer::{Dict, Name, Ref};

/// What a content stream refers to by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Resources {
    fonts: Vec<(u16, Ref)>,
    objects: Vec<Ref>,
    opacities: Vec<(u8, Ref)>,
}

impl Resources {
    pub fn add_font(&mut self, name: u16, object: Ref) {
        if !self.fonts.contains(&(name, object)) {
            self.fonts.push((name, object));
        }
    }

    pub fn add_object(&mut self, object: Ref) {
        if !self.objects.contains(&object) {
            self.objects.push(object);
        }
    }

    pub fn add_opacity(&mut self, opacity: u8, object: Ref) {
        if !self.opacities.contains(&(opacity, object)) {
            self.opacities.push((opacity, object));
        }
    }

    /// Adds those of other content.
    pub fn merge(&mut self, other: Self) {
        for (name, object) in other.fonts {
            self.add_font(name, object);
        }
        for object in other.objects {
            self.add_object(object);
        }
        for (opacity, object) in other.opacities {
            self.add_opacity(opacity, object);
        }
    }

    /// Writes them under the names that [`font_name`], [`object_name`] and [`opacity_name`] give.
    pub fn write(&self, target: &mut pdf_writer::writers::Resources) {
        let pairs = |mut dict: Dict, names: Vec<(Vec<u8>, Ref)>| {
            for (name, object) in names {
                dict.pair(Name(&name), object);
            }
        };
        if !self.fonts.is_empty() {
            pairs(
                target.fonts(),
                self.fonts
                    .iter()
                    .map(|(name, at)| (font_name(*name), *at))
                    .collect(),
            );
        }
        if !self.objects.is_empty() {
            pairs(
                target.x_objects(),
                self.objects
                    .iter()
                    .map(|at| (object_name(*at), *at))
                    .collect(),
            );
        }
        if !self.opacities.is_empty() {
            let names = self
                .opacities
                .iter()
                .map(|(share, at)| (opacity_name(*share), *at));
            pairs(target.ext_g_states(), names.collect());
        }
    }
}

pub(super) fn font_name(name: u16) -> Vec<u8> {
    numbered(b'F', i64::from(name))
}

pub(super) fn object_name(object: Ref) -> Vec<u8> {
    numbered(b'X', i64::from(object.get()))
}

pub(super) fn opacity_name(opacity: u8) -> Vec<u8> {
    numbered(b'G', i64::from(opacity))
}

fn numbered(letter: u8, number: i64) -> Vec<u8> {
    let mut name = vec![letter];
    crate::decimal::push_integer(&mut name, number);
    name
}
