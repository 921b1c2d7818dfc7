//! What clients were told, and what they asked for and were not told.

use serde_json::{Value, json};

/// A ticket that was acknowledged.
#[derive(Clone)]
pub struct Ticket {
    /// Its name in paths.
    pub id: String,
    /// The text of its code.
    pub code: String,
    /// Its state as it was acknowledged last.
    pub standing: Standing,
    /// An act on it of which nothing was heard.
    pub pending: Option<Standing>,
}

/// How a ticket stands, as far as this program changes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    pub seat: Option<String>,
    pub is_revoked: bool,
}

/// A request as it was sent, so that it can be sent again.
#[derive(Clone)]
pub struct Order {
    /// Its `Idempotency-Key`.
    pub key: Option<String>,
    /// The caller's own id for the ticket.
    pub id: Option<String>,
    /// How many tickets.
    pub quantity: usize,
    pub body: Value,
}

impl Order {
    /// An order of one ticket with an id of the caller's, or of several without.
    pub fn new(key: Option<String>, id: Option<String>, quantity: usize) -> Self {
        let body = match (&id, quantity) {
            (Some(id), _) => json!({ "ticketData": { "id": id, "attendeeName": "Zoë Kraus" } }),
            (None, 1) => json!({ "ticketData": { "attendeeName": "Zoë Kraus" } }),
            (None, quantity) => json!({ "ticketType": "day", "quantity": quantity }),
        };
        Self {
            key,
            id,
            quantity,
            body,
        }
    }
}

/// What all clients of a round know together.
#[derive(Default)]
pub struct Ledger {
    pub tickets: Vec<Ticket>,
    /// Orders that were acknowledged under a key, with what was said.
    pub answered: Vec<(Order, Value)>,
    /// Orders of which nothing was heard.
    pub unheard: Vec<Order>,
    /// Answers that make no sense.
    pub faults: Vec<String>,
}

impl Ledger {
    /// Adds what another client knows.
    pub fn take(&mut self, other: Self) {
        self.tickets.extend(other.tickets);
        self.answered.extend(other.answered);
        self.unheard.extend(other.unheard);
        self.faults.extend(other.faults);
    }

    /// Notes the tickets of an answer.
    pub fn acknowledge(&mut self, order: &Order, data: &Value) {
        let tickets = tickets_of(data);
        if tickets.len() != order.quantity {
            self.faults.push(format!(
                "{} tickets were asked for, and {} acknowledged",
                order.quantity,
                tickets.len()
            ));
        }
        self.tickets.extend(tickets);
        if order.key.is_some() {
            self.answered.push((order.clone(), data.clone()));
        }
    }
}

/// The tickets of an answer to an order: one, or a list.
fn tickets_of(data: &Value) -> Vec<Ticket> {
    let several = data["tickets"].as_array();
    let listed = several.map_or_else(|| vec![data], |list| list.iter().collect());
    listed
        .into_iter()
        .filter_map(|ticket| {
            Some(Ticket {
                id: ticket["ticketId"].as_str()?.to_owned(),
                code: ticket["qrText"].as_str()?.to_owned(),
                standing: Standing {
                    seat: None,
                    is_revoked: false,
                },
                pending: None,
            })
        })
        .collect()
}
