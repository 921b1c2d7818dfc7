//! Encryption of whole files, which are too large to be sealed in one piece: the STREAM construction
//! (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
//! Misuse-Resistance, 2015), as the age format has it, over ChaCha20-Poly1305 (RFC 8439).
//!
//! ```text
//! file  = head (44) ‖ chunk 0 ‖ chunk 1 ‖ … ‖ last chunk
//! head  = "GuF" ‖ 1 ‖ key name (8) ‖ salt (32)
//! chunk = ciphertext of 64 KiB, of the last chunk 0 to 64 KiB ‖ tag (16)
//! nonce = number of the chunk, 11 bytes, big-endian ‖ 1 for the last chunk, else 0
//! ```
//!
//! Each file has a key of its own: HKDF-SHA256 of a key that is derived from the organizer's data key,
//! over the whole head, the organizer and the file's name. So a file opens for its organizer and under
//! its name only; its chunks can be neither exchanged with those of another file nor moved, left out or
//! cut off; and each of them opens without those before it. A new master key changes nothing of it.
//!
//! Only an empty file has an empty last chunk, so that a file has one form.

use std::fmt;

use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::{AeadInOut as _, ChaCha20Poly1305, KeyInit as _, Nonce, Tag};
use hkdf::Hkdf;
use sha2::Sha256;

use super::seal::expand;
use super::{OpenError, Randomness};
use crate::storage::Slug;

/// Bytes of a chunk before it is encrypted, but for the last.
pub const CHUNK_BYTES: usize = 64 << 10;
/// What a chunk is longer by once it is encrypted.
pub const TAG_BYTES: usize = 16;
/// Bytes before the first chunk.
pub const HEAD_BYTES: usize = BEGINNING.len() + NAME_BYTES + SALT_BYTES;

/// The kind of file, and its version.
const BEGINNING: [u8; 4] = *b"GuF\x01";
const NAME_BYTES: usize = 8;
const SALT_BYTES: usize = 32;

/// Where a chunk stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkPlace {
    /// Others follow.
    Inner(u64),
    /// The file ends with it.
    Last(u64),
}

impl ChunkPlace {
    fn nonce(self) -> Nonce {
        let (number, last) = match self {
            Self::Inner(number) => (number, 0),
            Self::Last(number) => (number, 1),
        };
        let mut nonce = [0; 12];
        let (_, end) = nonce.split_at_mut(3);
        for (slot, byte) in end.iter_mut().zip(number.to_be_bytes()) {
            *slot = byte;
        }
        if let Some(slot) = nonce.last_mut() {
            *slot = last;
        }
        nonce.into()
    }
}

/// What the keys of an organizer's files are derived from.
pub(super) struct FileKeys {
    secret: Hkdf<Sha256>,
    /// Tells another key from an altered file, and proves nothing.
    name: [u8; NAME_BYTES],
}

impl FileKeys {
    pub(super) fn derive(data_key: &Hkdf<Sha256>) -> Self {
        let secret = Hkdf::<Sha256>::new(None, &*expand::<32>(data_key, &[b"files"]));
        let name = *expand::<NAME_BYTES>(&secret, &[b"name"]);
        Self { secret, name }
    }

    /// The head of a new file, and its key.
    pub(super) fn begin(
        &self,
        organizer: &Slug,
        name: &[u8],
        randomness: Randomness<'_>,
    ) -> ([u8; HEAD_BYTES], FileKey) {
        let mut head = [0; HEAD_BYTES];
        let (beginning, rest) = head.split_at_mut(BEGINNING.len());
        let (key_name, salt) = rest.split_at_mut(NAME_BYTES);
        beginning.copy_from_slice(&BEGINNING);
        key_name.copy_from_slice(&self.name);
        randomness.fill_bytes(salt);
        (head, self.key(organizer, name, &head))
    }

    /// The key of a file that has this head.
    pub(super) fn open(
        &self,
        organizer: &Slug,
        name: &[u8],
        head: &[u8; HEAD_BYTES],
    ) -> Result<FileKey, OpenError> {
        let rest = head.strip_prefix(&BEGINNING).ok_or(OpenError::Format)?;
        if !rest.starts_with(&self.name) {
            return Err(OpenError::OtherKey);
        }
        Ok(self.key(organizer, name, head))
    }

    fn key(&self, organizer: &Slug, name: &[u8], head: &[u8; HEAD_BYTES]) -> FileKey {
        // The head has one length and a slug holds no zero byte, so the parts stay apart.
        let info: [&[u8]; 5] = [b"file:", head, organizer.as_str().as_bytes(), &[0], name];
        let key = expand::<32>(&self.secret, &info);
        FileKey(ChaCha20Poly1305::new((&*key).into()))
    }
}

/// The key of one file. A place is to be sealed once.
pub struct FileKey(ChaCha20Poly1305);

impl FileKey {
    #[cfg(test)]
    pub(crate) fn of_test(seed: u8) -> Self {
        Self(ChaCha20Poly1305::new((&[seed; 32]).into()))
    }

    /// Appends the encrypted chunk to `sealed`: as many bytes as `chunk` has, and [`TAG_BYTES`].
    pub fn seal(&self, place: ChunkPlace, chunk: &[u8], sealed: &mut Vec<u8>) {
        let begin = sealed.len();
        sealed.extend_from_slice(chunk);
        let (_, buffer) = sealed.split_at_mut(begin);
        let encrypted = self
            .0
            .encrypt_inout_detached(&place.nonce(), &[], InOutBuf::from(buffer));
        // The cipher refuses only what is longer than 256 GiB. Were it otherwise, nothing may stay in
        // clear.
        match encrypted {
            Ok(tag) => sealed.extend_from_slice(&tag),
            Err(_) => sealed.truncate(begin),
        }
    }

    /// Appends what an encrypted chunk holds to `plain`.
    ///
    /// # Errors
    /// [`OpenError::Altered`]; then nothing is appended.
    pub fn open(
        &self,
        place: ChunkPlace,
        sealed: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        let length = sealed.len().checked_sub(TAG_BYTES);
        let (chunk, tag) = sealed.split_at(length.ok_or(OpenError::Altered)?);
        let tag = Tag::try_from(tag).map_err(|_| OpenError::Altered)?;
        let begin = plain.len();
        plain.extend_from_slice(chunk);
        let (_, buffer) = plain.split_at_mut(begin);
        let opened =
            self.0
                .decrypt_inout_detached(&place.nonce(), &[], InOutBuf::from(buffer), &tag);
        opened.map_err(|_| {
            plain.truncate(begin);
            OpenError::Altered
        })
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey(..)")
    }
}
