//! Randomness, as an argument.

use std::fmt;

use zeroize::Zeroizing;

/// A source of random bytes.
pub struct Entropy(fn(&mut [u8]) -> Result<(), NoEntropy>);

/// The system gave no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no randomness")]
pub struct NoEntropy;

impl Entropy {
    /// The operating system's.
    pub const fn system() -> Self {
        Self(|bytes| getrandom::fill(bytes).map_err(|_| NoEntropy))
    }

    /// Fills an array that is wiped when dropped.
    ///
    /// # Errors
    /// [`NoEntropy`].
    pub fn draw<const LENGTH: usize>(&self) -> Result<Zeroizing<[u8; LENGTH]>, NoEntropy> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        (self.0)(bytes.as_mut_slice())?;
        Ok(bytes)
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Entropy")
    }
}
