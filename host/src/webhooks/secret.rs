//! Secrets of endpoints, and signatures.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::keys::KeyRing;
use crate::storage::Webhook;

/// How long a replaced secret signs along.
pub const OLD_SECRET_SIGNS_FOR: SignedDuration = SignedDuration::from_hours(24);

/// How every secret begins, by Standard Webhooks.
const PREFIX: &str = "whsec_";

/// A secret that an endpoint shares with this host: 32 bytes. It is derived from the organizer's data
/// key and what the endpoint's row holds, so it is kept nowhere, and a repeated request can be told it
/// again.
pub struct WebhookSecret(Zeroizing<[u8; 32]>);

impl WebhookSecret {
    /// The secret of one generation, from 1.
    #[must_use]
    pub fn derive(ring: &KeyRing, webhook: &Webhook, generation: u32) -> Self {
        // Each part has a fixed length. The number binds it to its row.
        let bytes = ring.webhook_hash().tag(&[
            &webhook.secret.nonce,
            &webhook.id.0.to_be_bytes(),
            &generation.to_be_bytes(),
        ]);
        Self(Zeroizing::new(bytes))
    }

    /// The secrets that sign at `now`: the newest, and the one before for a while.
    #[must_use]
    pub fn in_force(ring: &KeyRing, webhook: &Webhook, now: Timestamp) -> Vec<Self> {
        let newest = webhook.secret.generation;
        let old_signs = webhook.secret.old_until.is_some_and(|end| now < end) && newest > 1;
        let oldest = if old_signs { newest - 1 } else { newest };
        (oldest..=newest)
            .rev()
            .map(|generation| Self::derive(ring, webhook, generation))
            .collect()
    }

    /// The whole, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0.as_slice()))
    }

    /// The signature of a message that is sent at `timestamp`, seconds since 1970.
    fn sign(&self, message_id: &str, timestamp: i64, body: &str) -> String {
        sign_with(self.0.as_slice(), message_id, timestamp, body)
    }
}

/// The `webhook-signature` header: one signature for each secret, spaces between.
#[must_use]
pub fn signatures(
    secrets: &[WebhookSecret],
    message_id: &str,
    timestamp: i64,
    body: &str,
) -> String {
    let signatures: Vec<_> = secrets
        .iter()
        .map(|secret| secret.sign(message_id, timestamp, body))
        .collect();
    signatures.join(" ")
}

fn sign_with(secret: &[u8], message_id: &str, timestamp: i64, body: &str) -> String {
    let signature = match Hmac::<Sha256>::new_from_slice(secret) {
        Ok(mut mac) => {
            mac.update(format!("{message_id}.{timestamp}.{body}").as_bytes());
            mac.finalize().into_bytes()
        }
        // HMAC takes keys of any length.
        Err(_) => return String::new(),
    };
    format!("v1,{}", STANDARD.encode(signature))
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the libraries of Standard Webhooks are tested with.
    #[test]
    fn the_published_example_is_signed_as_published() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = sign_with(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
