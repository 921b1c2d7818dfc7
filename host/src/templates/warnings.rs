//! Warnings of a report: gathered, in the order in which they are worth reading, and bounded.

use std::collections::BTreeSet;
use std::fmt;

use super::compose::{About, AuthorNote, AuthorNotes};
use super::layout::{NoteLevel, Place};
use super::report::Finding;
use super::samples::Weight;

/// Warnings of one report.
const MOST_WARNINGS: usize = 100;
/// Characters that one warning spells out.
const SPELLED_CHARACTERS: usize = 12;

/// In which order warnings are read, as authors read the first ones only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Usefulness {
    /// About the code, and about what the author's own sample shows.
    Certain,
    /// What it costs.
    Cost,
    /// What data that will come does to the layout.
    Likely,
    /// Characters that look a little different.
    Cosmetic,
    /// What no template can mend yet.
    Beyond,
}

impl Usefulness {
    /// Of a warning that a trial brought up.
    pub fn of(weight: Weight) -> Self {
        match weight {
            Weight::Sample => Self::Certain,
            Weight::Expected => Self::Likely,
            Weight::Beyond => Self::Beyond,
        }
    }
}

/// Collects warnings.
#[derive(Default)]
pub(super) struct Warnings {
    entries: Vec<(Usefulness, Finding)>,
    omitted: u64,
}

impl Warnings {
    /// Adds one, unless its words were there before: the same remark comes from several trials.
    pub fn add(&mut self, usefulness: Usefulness, finding: Finding) {
        let is_known = self
            .entries
            .iter()
            .any(|(_, known)| known.message == finding.message);
        if !is_known {
            self.entries.push((usefulness, finding));
        }
    }

    /// Adds what a trial brought up. Characters are gathered: a text of another script would
    /// otherwise be as many warnings as it has letters.
    pub fn add_notes(&mut self, trial: &str, weight: Weight, notes: &AuthorNotes) {
        let warnings = || {
            notes.entries().iter().filter(|note| match note.level {
                NoteLevel::Warning => true,
                // A template may talk; only what needs a look is reported.
                NoteLevel::Info => false,
            })
        };
        let mut add = |usefulness, code, place, message| {
            let finding = Finding {
                code,
                place,
                message,
            };
            self.add(usefulness, finding);
        };
        let usefulness = Usefulness::of(weight);
        for note in warnings().filter(|note| note.about == About::Other) {
            let place = format!("{trial}, {}", note.place);
            add(usefulness, "NOTE", place, note.text.clone());
        }
        let missing = Characters::among(warnings(), |about| match about {
            About::MissingCharacter(character) => Some(character),
            About::LentCharacter(_) | About::Other => None,
        });
        if let Some(missing) = missing {
            let message = format!(
                "no font has {missing}; a replacement sign is printed for each (first on {})",
                missing.first_place
            );
            add(usefulness, "MISSING_CHARACTERS", trial.to_owned(), message);
        }
        let lent = Characters::among(warnings(), |about| match about {
            About::LentCharacter(character) => Some(character),
            About::MissingCharacter(_) | About::Other => None,
        });
        if let Some(lent) = lent {
            let message = format!(
                "the fonts asked for do not have {lent}; another font lends them (first on {})",
                lent.first_place
            );
            let usefulness = usefulness.max(Usefulness::Cosmetic);
            add(usefulness, "LENT_CHARACTERS", trial.to_owned(), message);
        }
        self.omitted = self.omitted.saturating_add(notes.omitted());
    }

    /// The most useful ones, and how many were left out.
    pub fn conclude(mut self) -> (Vec<Finding>, u64) {
        // Stable: within one kind, in the order of the trials.
        self.entries.sort_by_key(|(usefulness, _)| *usefulness);
        let surplus = self.entries.len().saturating_sub(MOST_WARNINGS) as u64;
        let findings = self.entries.into_iter().map(|(_, finding)| finding);
        (
            findings.take(MOST_WARNINGS).collect(),
            self.omitted.saturating_add(surplus),
        )
    }
}

/// Characters that the notes of one trial are about.
struct Characters {
    characters: BTreeSet<char>,
    first_place: Place,
}

impl Characters {
    fn among<'a>(
        notes: impl Iterator<Item = &'a AuthorNote>,
        character: impl Fn(About) -> Option<char>,
    ) -> Option<Self> {
        let mut found = notes.filter_map(|note| Some((character(note.about)?, note.place)));
        let (first, first_place) = found.next()?;
        let mut characters = BTreeSet::from([first]);
        characters.extend(found.map(|(character, _)| character));
        Some(Self {
            characters,
            first_place,
        })
    }
}

impl fmt::Display for Characters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.characters.len();
        let plural = if count == 1 { "" } else { "s" };
        write!(f, "{count} character{plural}:")?;
        for character in self.characters.iter().take(SPELLED_CHARACTERS) {
            write!(f, " {character} (U+{:04X})", u32::from(*character))?;
        }
        match count.saturating_sub(SPELLED_CHARACTERS) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(message: &str) -> Finding {
        Finding {
            code: "NOTE",
            place: String::new(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn the_most_useful_are_first_and_the_others_are_counted() {
        let mut warnings = Warnings::default();
        for number in 0..MOST_WARNINGS {
            warnings.add(Usefulness::Beyond, finding(&format!("beyond {number}")));
        }
        warnings.add(Usefulness::Likely, finding("likely"));
        warnings.add(Usefulness::Certain, finding("certain"));
        warnings.add(Usefulness::Cost, finding("certain"));
        let (findings, omitted) = warnings.conclude();
        assert_eq!((findings.len(), omitted), (MOST_WARNINGS, 2));
        let first: Vec<&str> = findings
            .iter()
            .take(3)
            .map(|one| one.message.as_str())
            .collect();
        assert_eq!(first, ["certain", "likely", "beyond 0"]);
    }

    #[test]
    fn characters_are_spelled_out_up_to_a_bound() {
        let characters = |text: &str| {
            Characters {
                characters: text.chars().collect(),
                first_place: Place::Document,
            }
            .to_string()
        };
        assert_eq!(characters("小"), "1 character: 小 (U+5C0F)");
        let many = characters("abcdefghijklmno");
        assert!(many.starts_with("15 characters: a (U+0061) b "), "{many}");
        assert!(many.ends_with("l (U+006C) and 3 more"), "{many}");
    }
}
