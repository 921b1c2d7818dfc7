//! The upper right quarter: what visitor and organizer may want to look up.

use guichet_template_sdk::prelude::*;
use guichet_template_sdk::times::{Named, clock_line, in_words};

use crate::grid::{COLUMN_WIDTH, CONTENT_BOTTOM, CONTENT_TOP, HEADER_HEIGHT, HEADER_TOP, RIGHT};
use crate::labels::Labels;
use crate::styles::{FACT, HEADING, bold_fact, fact, label};

/// Draws the quarter in reading order.
pub fn draw(page: &mut Drawing, request: &Request, labels: &Labels) {
    let header = Frame::mm(RIGHT, HEADER_TOP, COLUMN_WIDTH, HEADER_HEIGHT);
    page.text(
        Role::Heading2,
        TextBox::new(header)
            .paragraph(Paragraph::of(HEADING, labels.details))
            .vertical(VerticalAlign::Bottom)
            .max_lines(1),
    );
    let content = Frame::mm(
        RIGHT,
        CONTENT_TOP,
        COLUMN_WIDTH,
        CONTENT_BOTTOM - CONTENT_TOP,
    );
    let mut flow = Flow(TextBox::new(content).overflow(Overflow::Shrink(500)));
    add_event(&mut flow, request, labels);
    add_sale(&mut flow, request, labels);
    add_organizer(&mut flow, request, labels);
    page.text(Role::Paragraph, flow.0);
}

/// Labelled values, one below the other.
struct Flow(TextBox);

impl Flow {
    fn label(&mut self, words: &str) {
        self.line(label(words).space_before(mm(3.2)));
    }

    fn line(&mut self, paragraph: Paragraph) {
        self.0.paragraphs.push(paragraph);
    }

    fn fact(&mut self, label: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.label(label);
            self.line(fact(value));
        }
    }
}

fn add_event(flow: &mut Flow, request: &Request, labels: &Labels) {
    let event = request.event();
    let moments: Vec<Named> = [
        Named::of(event, "doors", labels.words.doors),
        Named::of(event, "starts", labels.words.starts),
        Named::of(event, "ends", labels.words.ends),
    ]
    .into_iter()
    .flatten()
    .collect();
    add_times(flow, &moments, labels);
    let venue = event.text("venue");
    let address = event.text("address");
    if venue.or(address).is_some() {
        flow.label(labels.words.place);
    }
    if let Some(venue) = venue {
        flow.line(bold_fact(venue));
    }
    if let Some(address) = address {
        flow.line(fact(address));
    }
}

/// The day once, with the times of that day on one line; what happens on another day has a date of its
/// own.
fn add_times(flow: &mut Flow, moments: &[Named<'_>], labels: &Labels) {
    let Some(first) = moments.first() else { return };
    let (same_day, other_days): (Vec<Named>, Vec<Named>) =
        moments.iter().partition(|named| named.shares_day(*first));
    let MomentText {
        full_date,
        zone_name,
        ..
    } = &first.moment.formatted;
    flow.fact(labels.words.date, Some(full_date));
    let label = format!("{} ({zone_name})", labels.words.time);
    flow.fact(&label, clock_line(same_day).as_deref());
    for Named { label, moment } in other_days {
        flow.fact(label, Some(&in_words(moment)));
    }
}

fn add_sale(flow: &mut Flow, request: &Request, labels: &Labels) {
    let ticket = request.ticket();
    let price = ticket.money("price");
    let price = price.map(|price| labels.words.price_of(price));
    flow.fact(labels.words.price, price);
    flow.fact(labels.words.order, ticket.text("order"));
    flow.fact(labels.words.number, ticket.text("number"));
}

fn add_organizer(flow: &mut Flow, request: &Request, labels: &Labels) {
    let organizer = request.organizer();
    let name = organizer.text("name");
    let website = organizer.text("website");
    let email = organizer.text("email");
    if name.or(website).or(email).is_none() {
        return;
    }
    flow.label(labels.words.organizer);
    if let Some(name) = name {
        flow.line(bold_fact(name));
    }
    if let Some(website) = website {
        flow.line(linked(website, web_address(website)));
    }
    if let Some(email) = email {
        flow.line(linked(email, mail_address(email)));
    }
}

fn linked(text: &str, target: Option<String>) -> Paragraph {
    match target {
        Some(target) => Paragraph::new()
            .linked_span(FACT, text, &target)
            .leading(1300),
        None => fact(text),
    }
}

/// Whoever typed the profile may have typed anything; the host refuses a link that is none, so only
/// what surely is one becomes a link.
fn web_address(text: &str) -> Option<String> {
    let (_, rest) = text
        .split_once("https://")
        .filter(|(before, _)| before.is_empty())?;
    is_plain(rest).then(|| text.to_owned())
}

fn mail_address(text: &str) -> Option<String> {
    let (name, domain) = text.split_once('@')?;
    (is_plain(name) && is_plain(domain) && !domain.contains('@')).then(|| format!("mailto:{text}"))
}

fn is_plain(text: &str) -> bool {
    const MARKS: &[u8] = b"-._~/@+=&%";
    (1..=1_000).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || MARKS.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_become_links() {
        assert!(web_address("https://lakeside.example/help").is_some());
        assert!(mail_address("box-office@lakeside.example").is_some());
        for wrong in [
            "lakeside.example",
            "https://",
            "https://a b",
            "javascript:x",
            "x https://a",
        ] {
            assert_eq!(web_address(wrong), None, "{wrong}");
        }
        for wrong in ["lakeside", "@lakeside.example", "a@b@c", "a b@c", "a?b@c"] {
            assert_eq!(mail_address(wrong), None, "{wrong}");
        }
    }
}
