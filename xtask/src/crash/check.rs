//! What has to hold after the restart.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use super::client::{Client, Told};
use super::ledger::{Ledger, Order, Standing, Ticket};
use super::random::Random;
use crate::installation::Installation;

/// Tickets of earlier rounds that are looked at again in each; at the end, all are.
const EARLIER: usize = 40;
/// A host that was killed holds its keys for so long; see `docs/API.md`.
const LEASE: Duration = Duration::from_secs(32);

/// Statements that count what must not be, on either engine.
const NEVER: [(&str, &str); 6] = [
    (
        "tickets outside of the blocks of serials that were reserved",
        "SELECT count(*) FROM tickets t WHERE NOT EXISTS (
             SELECT 1 FROM serial_blocks b WHERE b.event_number = t.event_number
             AND t.serial >= b.first_serial AND t.serial < b.first_serial + b.serials)",
    ),
    (
        "blocks of serials that overlap",
        "SELECT count(*) FROM serial_blocks a JOIN serial_blocks b
         ON a.event_number = b.event_number AND a.first_serial < b.first_serial
         AND a.first_serial + a.serials > b.first_serial",
    ),
    (
        "serials between blocks, which nobody reserved",
        "SELECT count(*) FROM serial_blocks a WHERE a.first_serial > 0 AND NOT EXISTS (
             SELECT 1 FROM serial_blocks b WHERE b.event_number = a.event_number
             AND b.first_serial + b.serials = a.first_serial)",
    ),
    (
        "tickets without their current revision",
        "SELECT count(*) FROM tickets t WHERE NOT EXISTS (
             SELECT 1 FROM ticket_revisions r WHERE r.event_number = t.event_number
             AND r.serial = t.serial AND r.revision = t.revision)",
    ),
    (
        "callers' ids without a ticket",
        "SELECT count(*) FROM caller_ticket_ids c WHERE NOT EXISTS (
             SELECT 1 FROM tickets t WHERE t.event_number = c.event_number AND t.serial = c.serial)",
    ),
    (
        "callers' ids that two tickets have",
        "SELECT count(*) FROM (SELECT 1 FROM tickets WHERE caller_id IS NOT NULL
             AND replaced_by IS NULL GROUP BY organizer_id, caller_id HAVING count(*) > 1) twice",
    ),
];

/// Everything that was learnt in all rounds.
#[derive(Default)]
pub struct Known {
    tickets: Vec<Ticket>,
    codes: BTreeSet<String>,
    ids: BTreeSet<String>,
    /// Orders under a key that the killed host still holds.
    waiting: Vec<Order>,
    /// Orders that can be told apart by nothing, and of which nothing was heard.
    unknowable: u64,
    /// How many of those are known to be tickets.
    unknown: u64,
    pub acknowledged: usize,
    pub repeated: usize,
    pub faults: Vec<String>,
}

impl Known {
    /// Checks what a round left, on a host that has started again.
    pub fn check(
        &mut self,
        installation: &Installation,
        client: &Client,
        round: Ledger,
        random: &mut Random,
    ) -> Result<()> {
        let Ledger {
            tickets,
            answered,
            unheard,
            faults,
        } = round;
        self.faults.extend(faults);
        self.acknowledged += tickets.len();
        for (order, data) in &answered {
            self.repeat_answered(client, order, data);
        }
        for order in unheard {
            self.repeat_unheard(client, order);
        }
        for ticket in tickets {
            self.meet(client, ticket);
        }
        for _ in 0..EARLIER.min(self.tickets.len()) {
            self.look_again(client, random.below(self.tickets.len()));
        }
        self.count(client);
        self.read_database(installation)
    }

    /// After the last round: the keys of the dead are free, and every ticket is looked at.
    pub fn finish(&mut self, installation: &Installation, client: &Client) -> Result<()> {
        if !self.waiting.is_empty() {
            std::thread::sleep(LEASE);
        }
        for order in std::mem::take(&mut self.waiting) {
            match self.send(client, &order) {
                Told::Answer {
                    status: 201, data, ..
                } => self.adopt(client, &order, &data),
                Told::Answer { status, code, .. } => self.fault(format!(
                    "a key that must be free by now was answered {status} {code}"
                )),
                Told::Nothing => self.fault("no answer after the restart".to_owned()),
            }
        }
        for index in 0..self.tickets.len() {
            self.look_again(client, index);
        }
        self.count(client);
        self.read_database(installation)
    }

    fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    fn send(&mut self, client: &Client, order: &Order) -> Told {
        self.repeated += 1;
        client.send("POST", super::GENERATE, order.key.as_deref(), &order.body)
    }

    /// Who repeats what was acknowledged is told the same.
    fn repeat_answered(&mut self, client: &Client, order: &Order, data: &Value) {
        match self.send(client, order) {
            Told::Answer {
                status: 201,
                data: again,
                ..
            } if again == *data => {}
            Told::Answer { status, code, .. } => self.fault(format!(
                "{:?} was acknowledged, and its repetition answered {status} {code}",
                order.key
            )),
            Told::Nothing => self.fault("no answer after the restart".to_owned()),
        }
    }

    /// Who heard nothing and repeats it has one ticket.
    fn repeat_unheard(&mut self, client: &Client, order: Order) {
        if order.key.is_none() && order.id.is_none() {
            self.unknowable += 1;
            return;
        }
        match self.send(client, &order) {
            Told::Answer {
                status: 201, data, ..
            } => self.adopt(client, &order, &data),
            Told::Answer { code, .. } if code == "IDEMPOTENCY_IN_PROGRESS" => {
                // Not done, or else it would be told. The killed host's claim is not over.
                self.waiting.push(order);
            }
            Told::Answer { code, .. } if code == "TICKET_EXISTS" && order.key.is_none() => {
                let path = format!("/api/tickets/{}", order.id.unwrap_or_default());
                match client.get(&path) {
                    Some(data) => self.adopt_one(client, &data),
                    None => self.fault(format!("{path} exists, and is not found")),
                }
            }
            Told::Answer { status, code, .. } => self.fault(format!(
                "{:?} of which nothing was heard was answered {status} {code}",
                order.key
            )),
            Told::Nothing => self.fault("no answer after the restart".to_owned()),
        }
    }

    fn adopt(&mut self, client: &Client, order: &Order, data: &Value) {
        let mut found = Ledger::default();
        found.acknowledge(order, data);
        self.faults.extend(found.faults);
        for ticket in found.tickets {
            self.meet(client, ticket);
        }
    }

    fn adopt_one(&mut self, client: &Client, data: &Value) {
        let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        self.meet(
            client,
            Ticket {
                id: text("ticketId"),
                code: text("qrText"),
                standing: Standing {
                    seat: None,
                    is_revoked: false,
                },
                pending: None,
            },
        );
    }

    /// A ticket that is new to this list: no other has its id or code.
    fn meet(&mut self, client: &Client, ticket: Ticket) {
        if !self.ids.insert(ticket.id.clone()) {
            self.fault(format!("two tickets are called {}", ticket.id));
        }
        if !self.codes.insert(ticket.code.clone()) {
            self.fault(format!("{} has the code of another ticket", ticket.id));
        }
        self.tickets.push(ticket);
        self.look_again(client, self.tickets.len() - 1);
    }

    /// The ticket is there, stands as was acknowledged, and its code says so.
    fn look_again(&mut self, client: &Client, index: usize) {
        let Some(ticket) = self.tickets.get_mut(index) else {
            return;
        };
        match standing_of(client, ticket) {
            Ok(found) => {
                // What was pending is now known.
                ticket.standing = found;
                ticket.pending = None;
            }
            Err(fault) => {
                let fault = format!("{}: {fault}", ticket.id);
                self.fault(fault);
            }
        }
    }

    /// There are as many tickets as are known, but for those that nothing tells apart.
    fn count(&mut self, client: &Client) {
        let path = "/api/tickets/events/default/stats";
        let total = client
            .get(path)
            .and_then(|data| data["totalTickets"].as_u64());
        let Some(total) = total else {
            self.fault(format!("{path} gives no count"));
            return;
        };
        let known = self.tickets.len() as u64;
        let beyond = total.checked_sub(known);
        match beyond {
            Some(beyond) if (self.unknown..=self.unknowable).contains(&beyond) => {
                self.unknown = beyond;
            }
            _ => self.fault(format!(
                "{total} tickets are counted, and {known} known; {} to {} may be others",
                self.unknown, self.unknowable
            )),
        }
    }

    fn read_database(&mut self, installation: &Installation) -> Result<()> {
        for (what, statement) in NEVER {
            let found = installation.count(statement)?;
            if found > 0 {
                self.fault(format!("{found} {what}"));
            }
        }
        if let Err(error) = installation.verify_audit() {
            self.fault(format!("the audit chain: {error:#}"));
        }
        Ok(())
    }

    /// The faults, each once, with how often it was found.
    pub fn told_faults(&self) -> BTreeMap<&str, usize> {
        let mut told = BTreeMap::new();
        for fault in &self.faults {
            *told.entry(fault.as_str()).or_default() += 1;
        }
        told
    }
}

fn standing_of(client: &Client, ticket: &Ticket) -> Result<Standing, String> {
    let path = format!("/api/tickets/{}", ticket.id);
    let data = client.get(&path).ok_or("was acknowledged, and is lost")?;
    if data["qrText"] != ticket.code.as_str() {
        return Err("has another code than was acknowledged".to_owned());
    }
    let found = Standing {
        seat: data["seat"].as_str().map(str::to_owned),
        is_revoked: data["status"] == "revoked",
    };
    if found != ticket.standing && Some(&found) != ticket.pending.as_ref() {
        return Err(format!(
            "was acknowledged as {:?}, and is {found:?}",
            ticket.standing
        ));
    }
    let asked = json!({ "qr": ticket.code });
    let verdict = match client.send("POST", "/api/tickets/validate", None, &asked) {
        Told::Answer { data, .. } => data["name"].as_str().unwrap_or_default().to_owned(),
        Told::Nothing => "no answer".to_owned(),
    };
    let expected = if found.is_revoked { "REVOKED" } else { "VALID" };
    if verdict != expected {
        return Err(format!("its code is {verdict} and not {expected}"));
    }
    Ok(found)
}
