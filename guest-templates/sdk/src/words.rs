//! The words that most tickets print, in English, French and German.
//!
//! A template with these languages in its manifest needs no table of its own for them:
//! `Words::of(request)`. Words that only one template has stay with that template.

use crate::contract::{MoneyValue, Position, Request};

/// The languages that there are words in, the preferred one first.
pub const LANGUAGES: [&str; 3] = [ENGLISH.language, FRENCH.language, GERMAN.language];

/// All words in one language.
#[derive(Debug)]
pub struct Words {
    /// `en`, `fr` or `de`.
    pub language: &'static str,
    /// Before the last day of an event of several days.
    pub until: &'static str,
    /// Above the day.
    pub date: &'static str,
    /// Above the time of day.
    pub time: &'static str,
    /// Before the time at which the doors open.
    pub doors: &'static str,
    /// Before the time at which it begins.
    pub starts: &'static str,
    /// Before the time at which it ends.
    pub ends: &'static str,
    /// Above the name of the place.
    pub place: &'static str,
    /// Above the zone, block or entrance.
    pub zone: &'static str,
    /// Above row and seat.
    pub seat: &'static str,
    /// Above the name of the ticket type.
    pub ticket_type: &'static str,
    /// Above the holder's name.
    pub holder: &'static str,
    /// Above what was paid.
    pub price: &'static str,
    /// Instead of a price of nothing.
    pub free: &'static str,
    /// Above the order number.
    pub order: &'static str,
    /// Above the ticket number.
    pub number: &'static str,
    /// Before and between the two numbers of "Ticket 2 of 3".
    ticket: &'static str,
    of: &'static str,
    /// Above the organizer's name.
    pub organizer: &'static str,
    /// What the code is, for who cannot see it.
    pub code: &'static str,
    /// What the logo is, for who cannot see it.
    pub logo: &'static str,
}

impl Words {
    /// The words of the request's language, or English ones.
    #[must_use]
    pub fn of(request: &Request) -> &'static Self {
        match request.language() {
            "fr" => &FRENCH,
            "de" => &GERMAN,
            _ => &ENGLISH,
        }
    }

    /// "Ticket 2 of 3". Nothing for the only ticket of its order.
    #[must_use]
    pub fn position(&self, position: Position) -> Option<String> {
        let Position { index, total } = position;
        (total > 1).then(|| format!("{} {index} {} {total}", self.ticket, self.of))
    }

    /// The price as formatted for the locale, or that there is none to pay.
    #[must_use]
    pub fn price_of<'a>(&self, price: &'a MoneyValue) -> &'a str {
        if price.value.minor_units == 0 {
            self.free
        } else {
            &price.formatted
        }
    }
}

/// English.
pub const ENGLISH: Words = Words {
    language: "en",
    until: "to",
    date: "Date",
    time: "Time",
    doors: "Doors",
    starts: "Start",
    ends: "End",
    place: "Venue",
    zone: "Zone",
    seat: "Seat",
    ticket_type: "Ticket type",
    holder: "Name",
    price: "Price",
    free: "Free",
    order: "Order",
    number: "Ticket number",
    ticket: "Ticket",
    of: "of",
    organizer: "Organizer",
    code: "Code that is checked at the entrance",
    logo: "Logo of the organizer",
};

/// French.
pub const FRENCH: Words = Words {
    language: "fr",
    until: "au",
    date: "Date",
    time: "Heure",
    doors: "Ouverture des portes",
    starts: "Début",
    ends: "Fin",
    place: "Lieu",
    zone: "Zone",
    seat: "Place",
    ticket_type: "Type de billet",
    holder: "Nom",
    price: "Prix",
    free: "Gratuit",
    order: "Commande",
    number: "Numéro du billet",
    ticket: "Billet",
    of: "sur",
    organizer: "Organisateur",
    code: "Code contrôlé à l’entrée",
    logo: "Logo de l’organisateur",
};

/// German.
pub const GERMAN: Words = Words {
    language: "de",
    until: "bis",
    date: "Datum",
    time: "Uhrzeit",
    doors: "Einlass",
    starts: "Beginn",
    ends: "Ende",
    place: "Ort",
    zone: "Bereich",
    seat: "Platz",
    ticket_type: "Kategorie",
    holder: "Name",
    price: "Preis",
    free: "Kostenlos",
    order: "Bestellung",
    number: "Ticketnummer",
    ticket: "Ticket",
    of: "von",
    organizer: "Veranstalter",
    code: "Code, der am Eingang geprüft wird",
    logo: "Logo des Veranstalters",
};
