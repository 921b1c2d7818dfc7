//! Signed, expiring links to the files of jobs.
//!
//! `base64url(organizer ‖ file ‖ expiry ‖ tag)`, all big-endian: 4 + 8 + 4 + 16 bytes. The tag is the first
//! half of HMAC-SHA256 under a key of the organizer's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::keys::KeyedHash;
use crate::storage::OrganizerId;

/// Keeps the tags of these links apart from those of links to tickets.
const LABEL: &[u8] = b"file of a job";
const CLAIM_BYTES: usize = 16;
const TAG_BYTES: usize = 16;

/// What a link claims; not proven until [`FileLink::is_confirmed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLink {
    /// Whose file it is.
    pub organizer: OrganizerId,
    /// The file's number in this host.
    pub file: i64,
    /// The link's end, in seconds since 1970.
    pub expires: u32,
    tag: [u8; TAG_BYTES],
}

impl FileLink {
    /// The last part of a link, made under the organizer's
    /// [`capability_hash`](crate::keys::KeyRing::capability_hash).
    pub fn text(hash: &KeyedHash, organizer: OrganizerId, file: i64, expires: u32) -> String {
        let claim = claim(organizer, file, expires);
        let mut bytes = claim.to_vec();
        bytes.extend(hash.tag(&[LABEL, &claim]).iter().take(TAG_BYTES));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads the last part of a link.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; CLAIM_BYTES + TAG_BYTES] =
            URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (organizer, rest) = bytes.split_first_chunk::<4>()?;
        let (file, rest) = rest.split_first_chunk::<8>()?;
        let (expires, tag) = rest.split_first_chunk::<4>()?;
        Some(Self {
            organizer: OrganizerId(u32::from_be_bytes(*organizer)),
            file: i64::from_be_bytes(*file),
            expires: u32::from_be_bytes(*expires),
            tag: tag.try_into().ok()?,
        })
    }

    /// Whether the organizer made the link, and it is not over at `now` (seconds since 1970).
    pub fn is_confirmed(&self, hash: &KeyedHash, now: i64) -> bool {
        let claim = claim(self.organizer, self.file, self.expires);
        hash.verify(&[LABEL, &claim], &self.tag) && now < i64::from(self.expires)
    }
}

fn claim(organizer: OrganizerId, file: i64, expires: u32) -> [u8; CLAIM_BYTES] {
    let mut claim = [0; CLAIM_BYTES];
    let bytes = organizer
        .0
        .to_be_bytes()
        .into_iter()
        .chain(file.to_be_bytes())
        .chain(expires.to_be_bytes());
    for (slot, byte) in claim.iter_mut().zip(bytes) {
        *slot = byte;
    }
    claim
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_its_file_until_it_expires() {
        let (hash, other) = (KeyedHash::of_test(3), KeyedHash::of_test(4));
        let text = FileLink::text(&hash, OrganizerId(7), 12, 1_000);
        let link = FileLink::parse(&text).unwrap();
        assert_eq!((link.organizer, link.file), (OrganizerId(7), 12));
        assert!(link.is_confirmed(&hash, 999));
        assert!(!link.is_confirmed(&hash, 1_000));
        assert!(!link.is_confirmed(&other, 999));
        for forged in [
            FileLink { file: 13, ..link },
            FileLink {
                organizer: OrganizerId(8),
                ..link
            },
            FileLink {
                expires: 2_000,
                ..link
            },
        ] {
            assert!(!forged.is_confirmed(&hash, 999), "{forged:?}");
        }
        for text in ["", "x", "%%%", &text[1..], &format!("{text}A")] {
            assert!(FileLink::parse(text).is_none(), "{text}");
        }
    }
}
