//! A ticket of one A6 page: a band in the organizer's colour, the facts, and the code.
//!
//! Everything here is yours to change. `guichet template preview` shows each change as you save and build.

use guichet_template_sdk::prelude::*;
use guichet_template_sdk::settings::Settings;

/// Change this colour first; an organizer may choose another by the setting `accent`.
const ACCENT: Colour = Colour::rgb(38, 70, 120);

const WIDTH_MM: f64 = 105.0;
const HEIGHT_MM: f64 = 148.0;

// Styles and backgrounds are known by their number, to `prepare` and to each `layout` alike.
const TITLE: StyleId = StyleId(0);
const FACT: StyleId = StyleId(1);
const STRONG: StyleId = StyleId(2);
const NUMBER: StyleId = StyleId(3);
const BAND: BackgroundId = BackgroundId(0);

/// The template; `export_template!` below makes it the component.
pub struct Starter;

impl Template for Starter {
    /// Runs once for each version: says what the template is, and prepares what all tickets share.
    fn prepare(settings: &[u8]) -> Result<Prepared, Vec<Problem>> {
        let mut settings = Settings::parse(settings)?;
        let accent = settings.colour("accent").unwrap_or(ACCENT);
        settings.finish()?;

        let manifest = Manifest::new("starter", "0.1.0", "One A6 page with a band of colour")
            .languages(["en"])
            .page_format("a6", Size::new(mm(WIDTH_MM), mm(HEIGHT_MM)))
            .field(Field::event("title", "Name of the event", text("Jazz at the Lake")).required())
            .field(Field::event(
                "starts",
                "When it begins",
                moment(1_794_682_800),
            ))
            .field(Field::event("venue", "Where it is", text("Old Boathouse")))
            .field(Field::ticket(
                "holder",
                "Whose ticket it is",
                text("Ada Lovelace"),
            ))
            .field(Field::ticket("seat", "Seat", text("Row 4, seat 12")))
            .field(Field::ticket("number", "Number for people", text("7K3D9QXA2M")).required())
            .token(TokenProfile::Standard);

        let mut band = Drawing::new();
        band.decoration(Rectangle::filled(
            Frame::new(mm(0.0), mm(0.0), mm(WIDTH_MM), mm(6.0)),
            accent.clone(),
        ));
        Preparation::new(manifest)
            .style(
                TITLE,
                TextStyle::new("sans", pt(20.0)).bold().coloured(accent),
            )
            .style(FACT, TextStyle::new("sans", pt(11.0)))
            .style(STRONG, TextStyle::new("sans", pt(13.0)).bold())
            .style(NUMBER, TextStyle::new("mono", pt(10.0)))
            .background(BAND, Size::new(mm(WIDTH_MM), mm(HEIGHT_MM)), band)
            .finish()
    }

    /// Runs for each ticket: answers with what stands where.
    fn layout(request: &Request) -> Result<Document, Failure> {
        let title = request.event().require_text("title")?;
        let number = request.ticket().require_text("number")?;

        // One box for everything whose length is not known: what is missing leaves no hole, and a long title
        // pushes the rest down. If it still does not fit, all of it becomes smaller.
        let mut facts = TextBox::new(Frame::new(mm(10.0), mm(14.0), mm(85.0), mm(58.0)))
            .overflow(Overflow::Shrink(600))
            .paragraph(Paragraph::of(TITLE, title).role(Role::Heading1));
        if let Some(starts) = request.event().moment("starts") {
            facts = facts
                .paragraph(Paragraph::of(FACT, &starts.formatted.full_date).space_before(mm(3.0)));
        }
        if let Some(venue) = request.event().text("venue") {
            facts = facts.paragraph(Paragraph::of(FACT, venue));
        }
        if let Some(holder) = request.ticket().text("holder") {
            facts = facts.paragraph(Paragraph::of(STRONG, holder).space_before(mm(4.0)));
        }
        if let Some(seat) = request.ticket().text("seat") {
            facts = facts.paragraph(Paragraph::of(STRONG, seat));
        }

        let mut page = Drawing::new();
        page.background(BAND, Point::ORIGIN);
        page.text(Role::Paragraph, facts);
        // The host draws the signed code here; a template never sees it.
        page.figure(
            "Ticket code",
            Code::token(Frame::new(mm(27.5), mm(78.0), mm(50.0), mm(50.0))),
        );
        page.text(
            Role::Paragraph,
            TextBox::new(Frame::new(mm(10.0), mm(132.0), mm(85.0), mm(6.0)))
                .paragraph(Paragraph::of(NUMBER, number).centred()),
        );
        Ok(Document::new(title, &request.locale).page(Page::new(
            "front",
            request.page_format.size,
            page,
        )))
    }
}

guichet_template_sdk::export_template!(Starter);

#[cfg(test)]
mod tests {
    use super::*;
    use guichet_template_sdk::testing::{mistakes, required_only, sample_request};

    #[test]
    fn samples_are_laid_out_without_mistakes() {
        let prepared = Starter::prepare(b"").unwrap();
        for request in [
            sample_request(&prepared.manifest),
            required_only(&prepared.manifest),
        ] {
            let document = Starter::layout(&request).unwrap();
            assert_eq!(mistakes(&prepared, &document), Vec::<String>::new());
        }
    }

    #[test]
    fn an_unknown_setting_is_told() {
        let problems = Starter::prepare(br#"{"acent":"red"}"#).unwrap_err();
        assert_eq!(problems[0].at, "/acent");
    }
}
