//! Commits the sin that its settings or the ticket's value `sin` name.

use guichet_hostile_guests::contract::*;
use guichet_hostile_guests::{export_component, good, sins};

struct Sinner;

impl Guest for Sinner {
    fn prepare(settings: Vec<u8>) -> Result<Prepared, Vec<Problem>> {
        match settings.as_slice() {
            b"prepare:endless" => loop {
                std::hint::black_box(());
            },
            b"prepare:panic" => panic!("this guest panics on purpose"),
            b"prepare:problem" => Err(vec![Problem {
                kind: ProblemKind::Malformed,
                at: "/colour".to_owned(),
                message: "`blau` is not a colour".to_owned(),
            }]),
            b"prepare:no-problem" => Err(Vec::new()),
            b"prepare:big-state" => Ok(good::prepared(vec![0; 1024 * 1024 + 1])),
            b"good:named" => Ok(good::named()),
            _ => Ok(good::prepared(settings)),
        }
    }

    fn layout(request: Request) -> Result<Document, Failure> {
        let value = |wanted: &str| {
            request.ticket.iter().find_map(|named| match &named.value {
                Value::Text(text) if named.name == wanted => Some(text.clone()),
                _ => None,
            })
        };
        let told = String::from_utf8(request.state.clone()).unwrap_or_default();
        let sin = if told.is_empty() {
            value("sin").unwrap_or_default()
        } else {
            told
        };
        sins::commit(&sin, &value("holder").unwrap_or_default())
    }
}

export_component!(Sinner);
