//! Fonts: parsed faces, and the ordered sets that templates choose from.
//!
//! The set that ships with the crate ([`FontSet::embedded`]) covers Latin, Greek and Cyrillic with
//! all of their diacritics, in the families [`SANS`] and [`MONO`]. Faces of the family
//! [`FALLBACK`] stand in for characters which those lack.

mod characters;
mod embedded;
mod face;
mod plain;
mod plans;
mod rules;

use std::sync::Arc;

pub use self::face::{BoundingBox, Face, FaceError, Metrics, OutlineStep};
pub(crate) use self::plans::PlanRequest;

/// The proportional family of the embedded set: Inter.
pub const SANS: &str = "sans";
/// The monospaced family of the embedded set: Noto Sans Mono.
pub const MONO: &str = "mono";
/// The family of the embedded set that has the rarest characters: Noto Sans.
pub const FALLBACK: &str = "noto-sans";

/// The weight of running text.
pub const REGULAR: u16 = 400;
/// The weight of emphasized text.
pub const BOLD: u16 = 700;

/// Index of a face in a [`FontSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FontId(pub u16);

/// Whether letters stand upright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Slant {
    /// Roman.
    #[default]
    Upright,
    /// Italic or oblique.
    Italic,
}

/// A face and the names by which it is asked for.
#[derive(Clone, Debug)]
pub struct Member {
    /// Family, as templates name it.
    pub family: String,
    /// Weight, 1 to 1000; 400 is regular and 700 bold.
    pub weight: u16,
    /// Slant.
    pub slant: Slant,
    /// The face.
    pub face: Arc<Face>,
}

/// Faces in order. Cloning shares them.
///
/// Never empty, and at most [`FontSet::MAX_FACES`] long, so that a [`FontId`] it gave out is always
/// answered.
#[derive(Clone, Debug)]
pub struct FontSet {
    members: Vec<Member>,
}

impl FontSet {
    /// More faces than this are refused.
    pub const MAX_FACES: usize = 256;

    /// A set that begins with this face, which is also the last resort of every look-up.
    pub fn new(first: Member) -> Self {
        Self {
            members: vec![first],
        }
    }

    /// The faces that ship with the crate.
    ///
    /// Parses seven files, which takes about a millisecond: keep the set and clone it.
    pub fn embedded() -> Self {
        embedded::embedded()
    }

    /// Adds a face for look-ups and as a fallback; gives its id, or `None` when the set is full.
    pub fn push(&mut self, member: Member) -> Option<FontId> {
        if self.members.len() >= Self::MAX_FACES {
            return None;
        }
        let id = FontId(u16::try_from(self.members.len()).ok()?);
        self.members.push(member);
        Some(id)
    }

    /// The face with this id; the first of the set for an id that another set gave out.
    pub fn face(&self, id: FontId) -> &Face {
        &self.member(id).face
    }

    /// The face with this id and its names; the first of the set for an id that another set gave
    /// out.
    pub fn member(&self, id: FontId) -> &Member {
        let (first, _) = self
            .members
            .split_first()
            .expect("a font set is never empty");
        self.members.get(usize::from(id.0)).unwrap_or(first)
    }

    /// All faces in order; the position of each is its [`FontId`].
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Whether any face has this family name.
    pub fn has_family(&self, family: &str) -> bool {
        self.members.iter().any(|member| member.family == family)
    }

    /// The face closest to what is asked, chosen as CSS Fonts 4 section 5.2 does: the family, then
    /// the slant, then the weight. An unknown family is answered from the first face's family.
    pub fn find(&self, family: &str, weight: u16, slant: Slant) -> FontId {
        let family = if self.has_family(family) {
            family
        } else {
            &self.member(FontId(0)).family
        };
        self.closest(weight, slant, |member| member.family == family)
            .unwrap_or(FontId(0))
    }

    /// The closest other face that can show all of this: a character, or a letter with its marks.
    pub fn find_fallback(&self, asked: FontId, cluster: &str) -> Option<FontId> {
        let (first, asked) = (asked, self.member(asked));
        let has = |member: &Member| {
            !Arc::ptr_eq(&member.face, &self.member(first).face) && member.face.covers(cluster)
        };
        // The dedicated family first, so that the look does not depend on what else is in the set.
        self.closest(asked.weight, asked.slant, |member| {
            member.family == FALLBACK && has(member)
        })
        .or_else(|| self.closest(asked.weight, asked.slant, has))
    }

    fn closest(
        &self,
        weight: u16,
        slant: Slant,
        accepts: impl Fn(&Member) -> bool,
    ) -> Option<FontId> {
        let candidates = self
            .members
            .iter()
            .zip(0u16..)
            .filter(|(member, _)| accepts(member));
        candidates
            .min_by_key(|(member, index)| {
                (
                    member.slant != slant,
                    weight_distance(weight, member.weight),
                    *index,
                )
            })
            .map(|(_, index)| FontId(index))
    }
}

/// How far a weight is from the one asked: first 400 and 500 stand in for each other, then light
/// weights look for lighter and heavy weights for heavier ones.
fn weight_distance(asked: u16, offered: u16) -> (u8, u16) {
    let distance = asked.abs_diff(offered);
    let wrong_way = match asked {
        400..=500 if offered >= asked && offered <= 500 => 0,
        400..=500 => 1 + u8::from(offered > asked),
        ..400 => u8::from(offered > asked),
        _ => u8::from(offered < asked),
    };
    (wrong_way, distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(family: &str, weight: u16, slant: Slant, expected: &str) {
        let fonts = FontSet::embedded();
        let found = fonts.face(fonts.find(family, weight, slant));
        assert_eq!(
            found.postscript_name(),
            expected,
            "{family} {weight} {slant:?}"
        );
    }

    #[test]
    fn the_closest_face_is_found() {
        check(SANS, 400, Slant::Upright, "Inter-Regular");
        check(SANS, 500, Slant::Upright, "Inter-Regular");
        check(SANS, 600, Slant::Upright, "Inter-Bold");
        check(SANS, 100, Slant::Upright, "Inter-Regular");
        check(SANS, 900, Slant::Italic, "Inter-BoldItalic");
        check(SANS, 400, Slant::Italic, "Inter-Italic");
        check(MONO, 700, Slant::Italic, "NotoSansMono-Regular");
        check("unheard of", 700, Slant::Upright, "Inter-Bold");
    }

    #[test]
    fn rare_characters_come_from_the_fallback_of_the_same_weight() {
        let fonts = FontSet::embedded();
        let bold = fonts.find(SANS, BOLD, Slant::Upright);
        assert_eq!(fonts.face(bold).glyph('\u{A727}'), None);
        let other = fonts.find_fallback(bold, "\u{A727}").unwrap();
        assert_eq!(fonts.face(other).postscript_name(), "NotoSans-Bold");
        assert_eq!(fonts.find_fallback(bold, "語"), None);
    }

    #[test]
    fn a_foreign_id_answers_with_the_first_face() {
        let fonts = FontSet::embedded();
        assert_eq!(fonts.face(FontId(9999)).postscript_name(), "Inter-Regular");
    }

    #[test]
    fn the_set_has_a_bound() {
        let mut fonts = FontSet::embedded();
        let member = fonts.member(FontId(0)).clone();
        while fonts.push(member.clone()).is_some() {}
        assert_eq!(fonts.members().len(), FontSet::MAX_FACES);
    }
}
