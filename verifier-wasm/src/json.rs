//! Writing JSON by hand: smaller in WebAssembly than any library, and than building the objects
//! property by property across the border.

use alloc::string::String;

use crate::decimal::push_decimal;

/// JSON that grows from left to right. Commas are set between values on their own.
#[derive(Debug, Default)]
pub struct Json {
    text: String,
}

impl Json {
    /// Begins an object.
    pub fn open(&mut self, bracket: char) -> &mut Self {
        self.separate();
        self.text.push(bracket);
        self
    }

    /// Ends an object or array.
    pub fn close(&mut self, bracket: char) -> &mut Self {
        self.text.push(bracket);
        self
    }

    /// A property's name. The value must follow.
    pub fn key(&mut self, name: &str) -> &mut Self {
        self.string(name);
        self.text.push(':');
        self
    }

    /// A number.
    pub fn number(&mut self, value: u64) -> &mut Self {
        self.separate();
        push_decimal(&mut self.text, value);
        self
    }

    /// A number, or null.
    pub fn number_or_null(&mut self, value: Option<u64>) -> &mut Self {
        match value {
            Some(value) => self.number(value),
            None => self.null(),
        }
    }

    /// Null.
    pub fn null(&mut self) -> &mut Self {
        self.separate();
        self.text.push_str("null");
        self
    }

    /// A string, or null.
    pub fn string_or_null(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.string(value),
            None => self.null(),
        }
    }

    /// A string (RFC 8259 section 7).
    pub fn string(&mut self, value: &str) -> &mut Self {
        self.separate();
        self.text.push('"');
        for character in value.chars() {
            match character {
                '"' | '\\' => {
                    self.text.push('\\');
                    self.text.push(character);
                }
                '\0'..='\x1f' => {
                    let number = character as u8;
                    self.text.push_str("\\u00");
                    self.text.push(char::from(b'0' + (number >> 4)));
                    self.text
                        .extend(char::from_digit(u32::from(number & 15), 16));
                }
                _ => self.text.push(character),
            }
        }
        self.text.push('"');
        self
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }

    fn separate(&mut self) {
        if !matches!(self.text.as_bytes().last(), None | Some(b'{' | b'[' | b':')) {
            self.text.push(',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_separated_and_escaped() {
        let mut json = Json::default();
        json.open('{')
            .key("a")
            .number(1)
            .key("b")
            .open('[')
            .string("x\"\\\n:")
            .null()
            .close(']');
        json.key("c").number_or_null(None).close('}');
        assert_eq!(
            json.finish(),
            r#"{"a":1,"b":["x\"\\\u000a:",null],"c":null}"#
        );
    }
}
