//! Keys for tests of the rooms above.

use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::json;

use super::{KeyRing, Keys, MacSecret, MasterKey, Newcomer, RootKey, Validity};
use crate::storage::Slug;
use crate::storage::contract::samples::{at, by, event_data};
use crate::storage::sqlite::SqliteStorage;

/// The keys of an organizer, whose data key its slug decides.
pub(crate) async fn ring(slug: &str) -> Arc<KeyRing> {
    let folder = tempfile::tempdir().unwrap();
    let storage = Arc::new(SqliteStorage::open(folder.path(), 1).await.unwrap());
    let secret = MacSecret::new(b"qr secret".to_vec());
    let keys = Keys::new(storage, MasterKey::of_secret(&[7; 32]), secret);
    let newcomer = Newcomer {
        slug: Slug::try_from(slug).unwrap(),
        name: slug.to_owned(),
        settings: json!({}),
        default_event: event_data("Default", &["standard"]),
        root: RootKey::Here(Validity {
            not_before: at(0),
            expires_at: at(365 * 86_400),
        }),
    };
    let mut seed = [0; 32];
    for (slot, byte) in seed.iter_mut().zip(slug.bytes()) {
        *slot = byte;
    }
    let mut randomness = ChaCha20Rng::from_seed(seed);
    let organizer = keys
        .create_organizer(newcomer, &mut randomness, by(0))
        .await
        .unwrap();
    keys.ring(organizer.id, at(0)).await.unwrap()
}
