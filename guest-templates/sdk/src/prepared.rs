//! What `prepare` answers: manifest, styles and backgrounds under fixed numbers, state.

use crate::contract::{Background, Manifest, Prepared, Problem, ProblemKind, Size, TextStyle};
use crate::drawing::Drawing;

/// The number of a text style. `layout` runs on a fresh instance, so styles are known by number, not
/// by reference: declare one constant for each, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StyleId(pub u32);

impl StyleId {
    /// Among styles from the largest to the smallest, the first one that suits a text of this length.
    /// Each comes with the most characters that it is good for in all, and in one word; `smallest`
    /// serves any other text. Text cannot be measured, but an author knows how many letters a box holds:
    /// choosing a size keeps a long title from making all that shares its box small.
    #[must_use]
    pub fn by_length(text: &str, styles: &[(usize, usize, Self)], smallest: Self) -> Self {
        let characters = text.chars().count();
        // Lines break after hyphens too.
        let words = text.split(|sign: char| sign.is_whitespace() || sign == '-');
        let longest_word = words.map(|word| word.chars().count()).max().unwrap_or(0);
        let suits = |most, most_in_word| characters <= most && longest_word <= most_in_word;
        styles
            .iter()
            .find(|(most, most_in_word, _)| suits(*most, *most_in_word))
            .map_or(smallest, |(_, _, style)| *style)
    }
}

/// The number of a background, counted from 0, as with [`StyleId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackgroundId(pub u32);

/// Collects the answer of [`Template::prepare`](crate::Template::prepare).
#[derive(Clone, Debug)]
pub struct Preparation {
    prepared: Prepared,
    problems: Vec<Problem>,
}

impl Preparation {
    /// With no style, background or state yet.
    #[must_use]
    pub fn new(manifest: Manifest) -> Self {
        Self {
            prepared: Prepared {
                manifest,
                state: Vec::new(),
                styles: Vec::new(),
                backgrounds: Vec::new(),
            },
            problems: Vec::new(),
        }
    }

    /// The next text style. Its number must be the next one too; [`finish`](Self::finish) says so if
    /// it is not.
    #[must_use]
    pub fn style(mut self, id: StyleId, style: TextStyle) -> Self {
        self.expect_next("style", id.0, self.prepared.styles.len());
        self.prepared.styles.push(style);
        self
    }

    /// The next background: `size` is what it occupies where it is placed. Its number must be the next
    /// one too.
    #[must_use]
    pub fn background(mut self, id: BackgroundId, size: Size, drawing: Drawing) -> Self {
        self.expect_next("background", id.0, self.prepared.backgrounds.len());
        self.prepared.backgrounds.push(Background {
            size,
            items: drawing.into_items(),
        });
        self
    }

    /// Bytes that each `layout` gets back in `request.state`. They are copied into every call: keep
    /// them few.
    #[must_use]
    pub fn state(mut self, state: Vec<u8>) -> Self {
        self.prepared.state = state;
        self
    }

    /// The answer.
    ///
    /// # Errors
    /// Styles or backgrounds whose numbers are out of order: a mistake of the template, which would
    /// print text in the wrong style.
    pub fn finish(self) -> Result<Prepared, Vec<Problem>> {
        if self.problems.is_empty() {
            Ok(self.prepared)
        } else {
            Err(self.problems)
        }
    }

    fn expect_next(&mut self, what: &str, id: u32, next: usize) {
        if usize::try_from(id) != Ok(next) {
            self.problems.push(Problem::new(
                ProblemKind::Failed,
                "",
                &format!("the template declares {what} {id} where number {next} comes next"),
            ));
        }
    }
}

impl Problem {
    /// `at` is a JSON Pointer into the settings, or empty for the settings as a whole.
    #[must_use]
    pub fn new(kind: ProblemKind, at: &str, message: &str) -> Self {
        Self {
            kind,
            at: at.to_owned(),
            message: message.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::length::pt;

    #[test]
    fn long_texts_and_long_words_take_smaller_styles() {
        let style = |text| {
            let larger = [(10, 8, StyleId(0)), (20, 20, StyleId(1))];
            StyleId::by_length(text, &larger, StyleId(2))
        };
        assert_eq!(style("Ada L."), StyleId(0));
        assert_eq!(style("Lovelacian"), StyleId(1));
        assert_eq!(style("Ada-Lovela"), StyleId(0));
        assert_eq!(style("Ada, Lady Lovelace"), StyleId(1));
        assert_eq!(style("Ada, Countess of Lovelace"), StyleId(2));
    }

    #[test]
    fn a_style_out_of_order_is_a_problem() {
        let answer = Preparation::new(Manifest::new("t", "1.0.0", ""))
            .style(StyleId(1), TextStyle::new("sans", pt(10.0)))
            .finish();
        let problems = answer.expect_err("number 1 comes first");
        assert_eq!(problems.len(), 1);
        assert_eq!(
            problems[0].message,
            "the template declares style 1 where number 0 comes next"
        );
    }
}
