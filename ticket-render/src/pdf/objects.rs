//! Objects in the making: their numbers, their bytes, and where each begins.

use pdf_writer::{Chunk, Ref, Settings};

/// Objects written so far, and the next free number.
pub(super) struct Objects {
    chunk: Chunk,
    /// Where objects begin in the chunk, in rising order. Those that were copied from elsewhere are
    /// not listed.
    starts: Vec<(Ref, usize)>,
    next: Ref,
}

impl Objects {
    /// None yet; room for so many bytes is made.
    pub fn new(first_free: Ref, bytes: usize) -> Self {
        Self {
            chunk: Chunk::with_settings_and_capacity(Settings { pretty: false }, bytes),
            starts: Vec::new(),
            next: first_free,
        }
    }

    /// Takes the next number.
    pub fn allocate(&mut self) -> Ref {
        self.next.bump()
    }

    /// The next free number.
    pub fn next(&self) -> Ref {
        self.next
    }

    /// The place for the object with this number. Just one may be written there.
    pub fn begin(&mut self, object: Ref) -> &mut Chunk {
        self.starts.push((object, self.chunk.len()));
        &mut self.chunk
    }

    /// The bytes and the numbers, for whole objects that are copied from elsewhere.
    pub fn for_copies(&mut self) -> (&mut Chunk, &mut Ref) {
        (&mut self.chunk, &mut self.next)
    }

    /// Each object that was begun here, as it stands in a file: `1 0 obj` to `endobj`.
    pub fn written(&self) -> impl Iterator<Item = (Ref, &[u8])> {
        let ends = self.starts.iter().skip(1).map(|(_, start)| *start);
        self.starts
            .iter()
            .zip(ends.chain([self.chunk.len()]))
            .filter_map(|((object, start), end)| {
                Some((*object, self.chunk.as_bytes().get(*start..end)?))
            })
    }

    /// Forgets the bytes; the numbers stay taken.
    pub fn clear(&mut self) {
        *self = Self::new(self.next, 0);
    }

    pub fn into_chunk(self) -> Chunk {
        self.chunk
    }
}
