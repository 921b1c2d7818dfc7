//! What a parser complains of, as the field, the bound and the fix.
//!
//! serde's words name types of Rust and echo what was sent, however long it is.

use super::error::FieldProblem;

/// Characters of what was sent that are shown back.
const SHOWN_CHARS: usize = 60;

const TOO_DEEP: &str = "recursion limit exceeded";

/// Where the parser was: path as `serde_path_to_error` gives it, which is `.` at the top and may end in
/// `?` where it lost its way.
pub fn problem(path: &str, complaint: &str) -> FieldProblem {
    let path = path.trim_end_matches('?').trim_end_matches('.');
    // The path of these two is that of the object, or already that of the member.
    for (words, message) in [
        ("missing field `", "is required"),
        ("duplicate field `", "is given twice; give it once"),
    ] {
        if let Some(name) = quoted_after(complaint, words) {
            let field = match path {
                "" => name.to_owned(),
                path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
                path => format!("{path}.{name}"),
            };
            return FieldProblem::new(field, message);
        }
    }
    let path = match complaint.starts_with(TOO_DEEP) {
        true => beginning(path),
        false => path,
    };
    let field = match path {
        "" => FieldProblem::BODY,
        path => path,
    };
    FieldProblem::new(field, reworded(complaint))
}

/// Of the path to the deepest place, what names the field: its first names.
fn beginning(path: &str) -> &str {
    const NAMES: usize = 3;
    let path = path.split('[').next().unwrap_or_default();
    let end = path.match_indices('.').nth(NAMES - 1);
    match end.and_then(|(end, _)| path.get(..end)) {
        Some(beginning) => beginning,
        None => path,
    }
}

fn quoted_after<'a>(complaint: &'a str, words: &str) -> Option<&'a str> {
    let (name, _) = complaint.strip_prefix(words)?.split_once('`')?;
    Some(name)
}

fn reworded(complaint: &str) -> String {
    for kind in ["invalid type: ", "invalid value: "] {
        let parts = complaint
            .strip_prefix(kind)
            .and_then(|rest| rest.rsplit_once(", expected "));
        if let Some((found, expected)) = parts {
            let found = match found {
                "sequence" => "an array".to_owned(),
                "map" => "an object".to_owned(),
                other => shortened(other),
            };
            return format!("is {found}; must be {}", named(expected));
        }
    }
    if let Some((name, known)) = complaint
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.rsplit_once("`, "))
    {
        let name = shortened(name);
        return match known.split_once("expected ") {
            Some((_, known)) => {
                format!("there is no field `{name}` here; take it away, or take {known}")
            }
            None => format!("there is no field `{name}` here, nor any other; take it away"),
        };
    }
    let known = [
        (
            "number out of range",
            "is a number that is too large to be read",
        ),
        (
            TOO_DEEP,
            "is nested deeper than 127 levels; make it flatter",
        ),
        (
            "invalid digit found in string",
            "must be a whole number of digits, 0 or more",
        ),
        (
            "cannot parse integer from empty string",
            "is empty; must be a whole number of digits",
        ),
        (
            "number too large to fit in target type",
            "is too large; the most is 4294967295",
        ),
        ("number too small to fit in target type", "is too small"),
        ("invalid unicode code point", "is not UTF-8; send UTF-8"),
    ];
    let known = known.iter().find(|(words, _)| complaint.starts_with(words));
    match known {
        Some((_, message)) => (*message).to_owned(),
        None => complaint.to_owned(),
    }
}

/// The words of the beginning of what was sent.
fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// A type, for people who send JSON.
fn named(expected: &str) -> String {
    let whole = |least: &str, most: &str| format!("a whole number, {least} to {most}");
    match expected {
        "u8" => whole("0", "255"),
        "u16" => whole("0", "65535"),
        "u32" => whole("0", "4294967295"),
        "u64" => whole("0", "18446744073709551615"),
        "i64" => whole("-9223372036854775808", "9223372036854775807"),
        "a boolean" => "true or false".to_owned(),
        "a string" => "a text".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "an object".to_owned(),
        other if other.starts_with("struct ") => "an object".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_names_the_field_and_the_bound() {
        let check = |path: &str, complaint: &str, field: &str, message: &str| {
            let expected = FieldProblem::new(field, message);
            assert_eq!(problem(path, complaint), expected);
        };
        check(
            "quantity",
            "invalid type: string \"many\", expected u32",
            "quantity",
            "is string \"many\"; must be a whole number, 0 to 4294967295",
        );
        check(
            ".",
            "invalid type: sequence, expected struct OrderBody",
            "body",
            "is an array; must be an object",
        );
        check(
            "x[0][0]",
            "recursion limit exceeded",
            "x",
            "is nested deeper than 127 levels; make it flatter",
        );
        check(
            "a.b.c.d.e",
            "recursion limit exceeded",
            "a.b.c",
            "is nested deeper than 127 levels; make it flatter",
        );
        check("a.b", "missing field `c`", "a.b.c", "is required");
        check(
            ".",
            "duplicate field `c`",
            "c",
            "is given twice; give it once",
        );
        check(
            "a.c",
            "duplicate field `c`",
            "a.c",
            "is given twice; give it once",
        );
        check(
            "x",
            "unknown field `x`, expected `a` or `b`",
            "x",
            "there is no field `x` here; take it away, or take `a` or `b`",
        );
        check(
            "x",
            "unknown field `x`, there are no fields",
            "x",
            "there is no field `x` here, nor any other; take it away",
        );
        let long = format!(
            "invalid type: string \"{}\", expected a boolean",
            "x".repeat(1 << 20)
        );
        let problem = problem("a", &long);
        assert!(problem.message.len() < 100, "{}", problem.message.len());
        assert!(problem.message.ends_with("…; must be true or false"));
    }
}
