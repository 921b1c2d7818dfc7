//! Clients that order, change and revoke tickets until the host is gone.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::client::{Client, Told};
use super::ledger::{Ledger, Order, Standing};
use super::random::Random;

/// Clients at once.
const CLIENTS: usize = 6;

/// When the clients are to end, and how far they are.
#[derive(Default)]
pub struct Progress {
    /// Set when the host has been killed.
    pub is_over: AtomicBool,
    /// Tickets.
    pub acknowledged: AtomicUsize,
}

/// Runs the clients until all have ended, and gives what they know. `name` is part of all ids and keys.
pub fn run(client: &Client, name: &str, random: &mut Random, progress: &Progress) -> Ledger {
    let mut ledger = Ledger::default();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let random = random.part();
                let name = format!("{name}-{number}");
                scope.spawn(move || one(client, &name, random, progress))
            })
            .collect();
        for client in clients {
            match client.join() {
                Ok(known) => ledger.take(known),
                Err(_) => ledger.faults.push("a client broke".to_owned()),
            }
        }
    });
    ledger
}

fn one(client: &Client, name: &str, mut random: Random, progress: &Progress) -> Ledger {
    let mut ledger = Ledger::default();
    let mut counted = 0;
    for count in 0.. {
        if progress.is_over.load(Ordering::SeqCst) {
            break;
        }
        let name = format!("{name}-{count}");
        match random.below(10) {
            0..=6 => order(client, &name, &mut random, &mut ledger),
            7..=8 => change(client, &name, &mut random, &mut ledger, Change::Seat),
            _ => change(client, &name, &mut random, &mut ledger, Change::Revoke),
        }
        let new = ledger.tickets.len().saturating_sub(counted);
        progress.acknowledged.fetch_add(new, Ordering::SeqCst);
        counted = ledger.tickets.len();
    }
    ledger
}

fn order(client: &Client, name: &str, random: &mut Random, ledger: &mut Ledger) {
    let key = || Some(format!("key-{name}"));
    let id = || Some(format!("id-{name}"));
    let order = match random.below(5) {
        0 => Order::new(key(), id(), 1),
        1 => Order::new(None, id(), 1),
        2 => Order::new(None, None, 1),
        3 => Order::new(key(), None, 3),
        _ => Order::new(key(), None, 1),
    };
    let told = client.send("POST", super::GENERATE, order.key.as_deref(), &order.body);
    match told {
        Told::Answer {
            status: 201, data, ..
        } => ledger.acknowledge(&order, &data),
        Told::Answer { status, code, .. } => {
            ledger
                .faults
                .push(format!("a new order, {name}, was answered {status} {code}"));
        }
        Told::Nothing => ledger.unheard.push(order),
    }
}

enum Change {
    Seat,
    Revoke,
}

/// Changes a ticket of this client's own, about which all is known.
fn change(client: &Client, name: &str, random: &mut Random, ledger: &mut Ledger, change: Change) {
    let settled: Vec<usize> = ledger
        .tickets
        .iter()
        .enumerate()
        .filter(|(_, ticket)| ticket.pending.is_none() && !ticket.standing.is_revoked)
        .map(|(index, _)| index)
        .collect();
    let Some(ticket) = settled
        .get(random.below(settled.len()))
        .and_then(|index| ledger.tickets.get_mut(*index))
    else {
        return;
    };
    let path = format!("/api/tickets/{}", ticket.id);
    let key = (random.below(2) == 0).then(|| format!("change-{name}"));
    let (method, body, after) = match change {
        Change::Seat => {
            let seat = random.below(1_000).to_string();
            let after = Standing {
                seat: Some(seat.clone()),
                ..ticket.standing.clone()
            };
            ("PATCH", json!({ "seat": seat }), after)
        }
        Change::Revoke => {
            let after = Standing {
                is_revoked: true,
                ..ticket.standing.clone()
            };
            ("DELETE", Value::Null, after)
        }
    };
    match client.send(method, &path, key.as_deref(), &body) {
        Told::Answer { status: 200, .. } => ticket.standing = after,
        Told::Nothing => ticket.pending = Some(after),
        Told::Answer { status, code, .. } => {
            let id = ticket.id.clone();
            ledger
                .faults
                .push(format!("{method} of {id} was answered {status} {code}"));
        }
    }
}
