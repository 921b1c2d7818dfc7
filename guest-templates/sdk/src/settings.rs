//! Settings written as one flat JSON object.
//!
//! Reading goes on after a mistake, so that the organizer learns of all of them at once; a name that
//! nobody asked for is a mistake too, since it is most often a misspelled one.

use serde_json::{Map, Value};

use crate::contract::{Colour, Problem, ProblemKind};

/// The settings of a template, and what was found wrong with them so far.
#[derive(Debug)]
pub struct Settings {
    object: Map<String, Value>,
    asked: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl Settings {
    /// Reads a JSON object in UTF-8. Empty bytes are an empty object.
    ///
    /// # Errors
    /// Bytes that are no JSON object.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        let object = if bytes.is_empty() {
            Map::new()
        } else {
            serde_json::from_slice(bytes).map_err(|error| {
                vec![Problem::new(
                    ProblemKind::Unreadable,
                    "",
                    &format!("settings must be one JSON object: {error}"),
                )]
            })?
        };
        Ok(Self {
            object,
            asked: Vec::new(),
            problems: Vec::new(),
        })
    }

    /// A text of at most `max_bytes`. `None` if it is not there, empty, `null`, or wrong.
    pub fn text(&mut self, name: &'static str, max_bytes: usize) -> Option<String> {
        match self.take(name)? {
            Value::String(text) if text.len() > max_bytes => {
                self.wrong(
                    ProblemKind::OutOfRange,
                    name,
                    &format!(
                        "{} bytes of text, at most {max_bytes} are allowed",
                        text.len()
                    ),
                );
                None
            }
            Value::String(text) => Some(text).filter(|text| !text.trim().is_empty()),
            other => {
                let message = format!("must be a text, found {}", kind_of(&other));
                self.wrong(ProblemKind::Malformed, name, &message);
                None
            }
        }
    }

    /// A colour written as `#rrggbb`. `None` if it is not there, `null`, or wrong.
    pub fn colour(&mut self, name: &'static str) -> Option<Colour> {
        let value = self.take(name)?;
        let colour = value.as_str().and_then(Colour::from_hex);
        if colour.is_none() {
            let message = format!("must be a colour like \"#0a3d62\", found {value}");
            self.wrong(ProblemKind::Malformed, name, &message);
        }
        colour
    }

    /// Adds a mistake that only the template can see.
    pub fn wrong(&mut self, kind: ProblemKind, name: &str, message: &str) {
        self.problems
            .push(Problem::new(kind, &pointer(name), message));
    }

    /// To be called when all settings were asked for.
    ///
    /// # Errors
    /// All that was wrong, settings that nobody asked for included.
    pub fn finish(mut self) -> Result<(), Vec<Problem>> {
        for name in self.object.keys() {
            self.problems.push(Problem::new(
                ProblemKind::Unknown,
                &pointer(name),
                &format!("no such setting; there are: {}", self.asked.join(", ")),
            ));
        }
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(self.problems)
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.asked.push(name);
        self.object.remove(name).filter(|value| !value.is_null())
    }
}

/// A JSON Pointer to a member of the outermost object.
fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_settings_have_nothing() {
        let mut settings = Settings::parse(b"").expect("empty works");
        assert_eq!(settings.text("terms", 10), None);
        assert_eq!(settings.colour("accent"), None);
        assert_eq!(settings.finish(), Ok(()));
    }

    #[test]
    fn every_mistake_is_reported_with_its_place() {
        let mut settings =
            Settings::parse(br##"{"accent":"red","terms":7,"logo":"12345","a/b":1}"##)
                .expect("an object");
        assert_eq!(settings.colour("accent"), None);
        assert_eq!(settings.text("terms", 10), None);
        assert_eq!(settings.text("logo", 4), None);
        let problems = settings.finish().expect_err("four mistakes");
        let found: Vec<_> = problems
            .iter()
            .map(|problem| (problem.kind, problem.at.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (ProblemKind::Malformed, "/accent"),
                (ProblemKind::Malformed, "/terms"),
                (ProblemKind::OutOfRange, "/logo"),
                (ProblemKind::Unknown, "/a~1b"),
            ]
        );
    }

    #[test]
    fn anything_but_an_object_is_unreadable() {
        for bytes in [&b"[]"[..], b"{", b"\xff", b"null", b"{} {}"] {
            let problems = Settings::parse(bytes).expect_err("no object");
            assert_eq!(problems[0].kind, ProblemKind::Unreadable);
        }
    }
}
