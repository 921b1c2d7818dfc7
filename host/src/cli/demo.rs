//! What `guichet serve --demo` makes and tells.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};
use serde_json::{Value, json};

use super::serve::Host;
use crate::access::Role;
use crate::storage::Slug;

const ORGANIZER: &str = "demo";
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Everything that a first visitor needs to try the host out.
pub(super) struct Demo {
    token: String,
    curl: [String; 3],
}

impl Demo {
    /// Makes the organizer `demo` and a token for its administrator.
    ///
    /// # Errors
    /// When the organizer cannot be made.
    pub async fn begin(host: &Host, address: &str) -> anyhow::Result<Self> {
        let organizer = host.organizers.find_or_make(&Slug::try_from(ORGANIZER)?).await?;
        let now = host.clock.now();
        let token = host.bearer.issue(organizer.slug.as_str(), Role::Admin, now, TOKEN_LIFE)?;
        let evening = now.to_zoned(TimeZone::UTC).date().saturating_add(30.days());
        let order = json!({
            "ticketData": { "id": "demo-1", "eventId": "summer-night", "attendeeName": "Zoë Kraus", "seat": "12" },
            "eventData": {
                "title": "Summer night",
                "eventDate": format!("{evening}T20:00:00"),
                "timeZone": "Europe/Paris",
                "location": "Old harbour",
            },
        });
        let curl = [
            format!(
                "curl -s {address}/api/tickets/generate -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' -d '{order}'"
            ),
            format!(
                "curl -s {address}/api/tickets/demo-1/download -H \"Authorization: Bearer $TOKEN\" -o demo-1.pdf"
            ),
            format!(
                "curl -s {address}/api/verifier/events/summer-night/bundle -H \"Authorization: Bearer $TOKEN\" -o summer-night.bundle"
            ),
        ];
        Ok(Self { token, curl })
    }

    /// For people: lines to be pasted into a shell.
    pub fn text(&self) -> String {
        let [generate, download, bundle] = &self.curl;
        let token = &self.token;
        format!(
            "organizer {ORGANIZER}; a token for its administrator, good for 24 hours:\n\
             TOKEN={token}\n{generate}\n{download}\n{bundle}"
        )
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({ "organizer": ORGANIZER, "token": self.token, "curl": self.curl })
    }
}
