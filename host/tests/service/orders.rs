//! What is read of many tickets at once: lists, counts, orders.

use serde_json::{Value, json};

use crate::support::{Client, Folder, Host, token};

fn sell(client: &Client, id: &str, kind: &str, order_id: &str) -> Value {
    let order = json!({
        "ticketData": {
            "id": id, "eventId": "gala", "type": kind, "orderId": order_id,
            "attendeeName": format!("Guest {id}"),
        },
        "eventData": { "title": "Gala" },
    });
    let answer = client.post("/api/tickets/generate", &order);
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.data()
}

#[test]
fn tickets_of_an_event_are_listed_and_counted() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&token);
    for number in 0..5 {
        let kind = if number < 3 { "vip" } else { "day" };
        sell(&client, &format!("t-{number}"), kind, "o-1");
    }
    assert_eq!(client.delete("/api/tickets/t-0?reason=refund").status, 200);
    let suspended = client.post("/api/tickets/t-3/suspend", &json!({}));
    assert_eq!(suspended.status, 200);

    let list = |query: &str| {
        let answer = client.get(&format!("/api/tickets/events/gala/tickets{query}"));
        assert_eq!(answer.status, 200, "{}", answer.json());
        let data = answer.data();
        let ids: Vec<_> = data["tickets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|ticket| ticket["ticketId"].as_str().unwrap().to_owned())
            .collect();
        (ids, data["pagination"]["total"].as_u64().unwrap())
    };
    let expect = |query: &str, ids: &[&str], total: u64| {
        let ids: Vec<_> = ids.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(list(query), (ids, total), "{query}");
    };
    expect("", &["t-0", "t-1", "t-2", "t-3", "t-4"], 5);
    expect("?page=2&limit=2", &["t-2", "t-3"], 5);
    expect("?status=revoked", &["t-0"], 1);
    expect("?type=vip&status=generated", &["t-1", "t-2"], 2);
    expect("?type=nobody-has-it", &[], 0);
    for query in [
        "?status=lost",
        "?limit=0",
        "?limit=101",
        "?page=0",
        "?colour=red",
    ] {
        let path = format!("/api/tickets/events/gala/tickets{query}");
        assert_eq!(client.get(&path).status, 400, "{query}");
    }

    let stats = client.get("/api/tickets/events/gala/stats").data();
    let figures = |stats: &Value| {
        ["total", "generated", "suspended", "revoked"]
            .map(|name| stats[format!("{name}Tickets")].as_u64().unwrap())
    };
    assert_eq!(figures(&stats), [5, 3, 1, 1]);
    assert_eq!(figures(&stats["types"]["vip"]), [3, 2, 0, 1]);
    assert_eq!(figures(&stats["types"]["day"]), [2, 1, 1, 0]);
    assert_eq!(stats["pendingTickets"], 0);
    for path in ["tickets", "stats"] {
        let path = format!("/api/tickets/events/nowhere/{path}");
        assert_eq!(client.get(&path).code(), "EVENT_NOT_FOUND");
    }
}

#[test]
fn an_order_is_one_file() {
    let folder = Folder::new();
    let ours = token(&folder, "acme", "organizer");
    let theirs = token(&folder, "other", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&ours);
    for number in 1..=3 {
        sell(&client, &format!("t-{number}"), "vip", "order 17/a");
    }
    sell(&client, "t-4", "vip", "another");
    let path = "/api/tickets/orders/order%2017%2Fa/download";
    let file = client.get(path);
    assert_eq!(file.status, 200, "{}", file.json());
    assert!(file.bytes.starts_with(b"%PDF-"));
    assert_eq!(pages(&file.bytes), 3);
    assert_eq!(
        client.get(path).bytes,
        file.bytes,
        "it is the same each time"
    );

    // A revoked ticket admits nobody, so it is not printed again.
    client.delete("/api/tickets/t-2");
    let rest = client.get(path);
    assert_eq!(pages(&rest.bytes), 2);
    assert_ne!(rest.etag, file.etag);
    assert_eq!(
        client.get("/api/tickets/orders/none/download").code(),
        "ORDER_NOT_FOUND"
    );
    assert_eq!(host.client(&theirs).get(path).status, 404);
}

/// How many pages the page tree of a PDF counts.
fn pages(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(pdf);
    let (_, count) = text.split_once("/Count ").unwrap();
    let digits: String = count.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[test]
fn a_pdf_is_made_of_a_ticket_or_of_a_description() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    let folder = Folder::new();
    let token = token(&folder, "acme", "service");
    let host = Host::start(&folder);
    let client = host.client(&token);
    sell(&client, "t-1", "vip", "o");
    let made = |body: Value| {
        let answer = client.post("/api/tickets/pdf", &body);
        assert_eq!(answer.status, 201, "{body}: {}", answer.json());
        answer.data()
    };
    let download = client.get("/api/tickets/t-1/download").bytes;
    for body in [
        json!({ "ticketId": "t-1" }),
        json!({ "ticketId": "t-1", "template": "classic", "options": { "includeQR": true, "includeEventInfo": true, "customFields": { "a": 1 } } }),
        json!({ "ticketId": "t-1", "templateId": "classic", "options": { "format": "A4", "includeQR": true, "includeLogo": true, "customFields": {} } }),
    ] {
        let pdf = made(body);
        assert_eq!(pdf["ticketId"], "t-1");
        assert_eq!(pdf["filename"], "ticket-t-1.pdf");
        assert_eq!(
            STANDARD.decode(pdf["pdfBase64"].as_str().unwrap()).unwrap(),
            download
        );
        let path = pdf["pdfUrl"].as_str().unwrap();
        let path = path.strip_prefix(&client.origin).unwrap();
        assert_eq!(client.get(path).bytes, download, "{path}");
    }
    let described = json!({
        "ticketData": { "id": "t-2", "eventId": "ball" },
        "eventData": { "id": "ball", "name": "Ball", "date": "2027-05-01", "location": "Hall", "description": "A ball.", "organizer_name": "Us" },
        "userData": { "first_name": "Zoë", "last_name": "Kraus", "email": "zoe@example.org", "phone": "1" },
        "options": { "pdfOptions": { "size": "A4", "margins": 20, "fontSize": 12 } },
    });
    let first = made(described.clone());
    assert_eq!(first["ticketId"], "t-2");
    assert!(first["notices"].to_string().contains("pdfOptions"));
    let ticket = client.get("/api/tickets/t-2").data();
    assert_eq!(ticket["attendeeName"], "Zoë Kraus");
    let again = made(described);
    assert_eq!(
        again["pdfBase64"], first["pdfBase64"],
        "the ticket is there already"
    );

    let refused = |body: Value, code: &str| {
        assert_eq!(
            client.post("/api/tickets/pdf", &body).code(),
            code,
            "{body}"
        );
    };
    refused(json!({}), "VALIDATION_ERROR");
    refused(
        json!({ "ticketId": "t-1", "ticketData": {} }),
        "VALIDATION_ERROR",
    );
    refused(
        json!({ "ticketId": "t-1", "options": { "format": "png" } }),
        "VALIDATION_ERROR",
    );
    refused(json!({ "ticketId": "none" }), "TICKET_NOT_FOUND");
    refused(
        json!({ "ticketId": "t-1", "template": "none" }),
        "TEMPLATE_NOT_FOUND",
    );
}
