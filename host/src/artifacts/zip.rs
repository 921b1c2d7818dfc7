//! ZIP archives (PKWARE APPNOTE 6.3.10) that are written from beginning to end: nothing is corrected
//! afterwards, and memory grows by about a hundred bytes a file, which the directory at the end needs.
//!
//! Files are stored as they are, for PDF and PNG do not shrink. Their sizes stand before them where they
//! are known, so that also programs can read them that unpack while they download. All times are the first
//! of the format, 1980, so that the same files make the same archive.

use super::{ArtifactError, ArtifactWriter, EntryNames, StoredArtifact};

const LOCAL_HEADER: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const ZIP64_END: u32 = 0x0606_4b50;
const ZIP64_LOCATOR: u32 = 0x0706_4b50;
const END: u32 = 0x0605_4b50;

/// Sizes of 64 bits are in an extra field of this kind (4.5.3).
const ZIP64_EXTRA: u16 = 1;
/// What has to be known to unpack (4.4.3): nothing special, or sizes of 64 bits.
const PLAIN: u16 = 20;
const WITH_ZIP64: u16 = 45;
/// Made under Unix (4.4.2), so that the attributes are read as its modes.
const MADE_BY: u16 = 3 << 8 | WITH_ZIP64;
/// A file for its owner to write and all to read.
const ATTRIBUTES: u32 = 0o100_644 << 16;
/// The name is UTF-8 (4.4.4, bit 11).
const UTF8: u16 = 1 << 11;
/// Sizes stand behind the file (bit 3).
const SIZES_BEHIND: u16 = 1 << 3;
const STORED: u16 = 0;
/// Midnight of 1 January 1980.
const TIME: u16 = 0;
const DATE: u16 = 1 << 5 | 1;

/// Writes an archive into an artifact.
pub struct ZipWriter {
    artifact: ArtifactWriter,
    names: EntryNames,
    /// The directory so far.
    central: Vec<u8>,
    entries: u64,
    /// A file was begun and not ended.
    open: bool,
}

/// A file whose size is not known before its end.
pub struct ZipEntry<'a> {
    zip: &'a mut ZipWriter,
    name: String,
    offset: u64,
    bytes: u64,
    checksum: crc32fast::Hasher,
}

/// A file in the archive.
struct Entry<'a> {
    name: &'a str,
    offset: u64,
    bytes: u64,
    checksum: u32,
    sizes: Sizes,
}

/// Where the size of a file stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sizes {
    Before,
    Behind,
}

impl ZipWriter {
    /// An archive without files yet, into an artifact that nothing was written to.
    #[must_use]
    pub fn new(artifact: ArtifactWriter) -> Self {
        Self {
            artifact,
            names: EntryNames::default(),
            central: Vec::new(),
            entries: 0,
            open: false,
        }
    }

    /// Adds a whole file, and answers the name that it got: see [`EntryNames`].
    ///
    /// # Errors
    /// [`ArtifactError`].
    pub async fn add(&mut self, name: &str, bytes: &[u8]) -> Result<String, ArtifactError> {
        self.ensure_closed()?;
        let name = self.names.take(name);
        let entry = Entry {
            name: &name,
            offset: self.artifact.written(),
            bytes: bytes.len() as u64,
            checksum: crc32fast::hash(bytes),
            sizes: Sizes::Before,
        };
        self.artifact.write(&entry.local_header()).await?;
        self.artifact.write(bytes).await?;
        self.list(&entry);
        Ok(name)
    }

    /// Begins a file whose size is not known yet. Unless it is ended, the archive cannot be.
    ///
    /// # Errors
    /// [`ArtifactError`].
    pub async fn begin(&mut self, name: &str) -> Result<ZipEntry<'_>, ArtifactError> {
        self.ensure_closed()?;
        let name = self.names.take(name);
        let entry = Entry {
            name: &name,
            offset: self.artifact.written(),
            bytes: 0,
            checksum: 0,
            sizes: Sizes::Behind,
        };
        let offset = entry.offset;
        self.artifact.write(&entry.local_header()).await?;
        self.open = true;
        Ok(ZipEntry {
            zip: self,
            name,
            offset,
            bytes: 0,
            checksum: crc32fast::Hasher::new(),
        })
    }

    /// How many bytes were written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.artifact.written()
    }

    /// Ends the archive.
    ///
    /// # Errors
    /// [`ArtifactError`]; then nothing of it is in the store.
    pub async fn finish(mut self) -> Result<StoredArtifact, ArtifactError> {
        if self.open {
            self.artifact.abort().await;
            return Err(ArtifactError::BrokenOff);
        }
        let begin = self.artifact.written();
        self.artifact.write(&self.central).await?;
        let end = end(self.entries, begin, self.artifact.written());
        self.artifact.write(&end).await?;
        self.artifact.finish().await
    }

    /// Gives the archive up: see [`ArtifactWriter::abort`].
    pub async fn abort(self) {
        self.artifact.abort().await;
    }

    fn ensure_closed(&self) -> Result<(), ArtifactError> {
        match self.open {
            true => Err(ArtifactError::BrokenOff),
            false => Ok(()),
        }
    }

    fn list(&mut self, entry: &Entry<'_>) {
        entry.list_in(&mut self.central);
        self.entries += 1;
    }
}

impl ZipEntry<'_> {
    /// The name that the file got.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Appends to the file.
    ///
    /// # Errors
    /// [`ArtifactError`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ArtifactError> {
        self.zip.artifact.write(bytes).await?;
        self.checksum.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`ArtifactError`].
    pub async fn end(self) -> Result<(), ArtifactError> {
        let entry = Entry {
            name: &self.name,
            offset: self.offset,
            bytes: self.bytes,
            checksum: self.checksum.finalize(),
            sizes: Sizes::Behind,
        };
        self.zip.artifact.write(&entry.descriptor()).await?;
        self.zip.list(&entry);
        self.zip.open = false;
        Ok(())
    }
}

impl Entry<'_> {
    /// What stands before the file (4.3.7).
    fn local_header(&self) -> Vec<u8> {
        let known = match self.sizes {
            Sizes::Before => u32::try_from(self.bytes)
                .ok()
                .filter(|&size| size < u32::MAX),
            Sizes::Behind => None,
        };
        let mut header = Vec::with_capacity(64 + self.name.len());
        put_u32(&mut header, LOCAL_HEADER);
        self.put_common(&mut header, known.is_none());
        // Where both are unknown, they are zero and the extra field says so.
        put_u32(&mut header, known.unwrap_or(u32::MAX));
        put_u32(&mut header, known.unwrap_or(u32::MAX));
        self.put_name_bytes(&mut header);
        put_u16(&mut header, if known.is_some() { 0 } else { 20 });
        header.extend_from_slice(self.name.as_bytes());
        if known.is_none() {
            put_extra(&mut header, &[self.bytes, self.bytes]);
        }
        header
    }

    /// What stands behind a file whose size was not known before (4.3.9).
    fn descriptor(&self) -> Vec<u8> {
        let mut descriptor = Vec::with_capacity(24);
        put_u32(&mut descriptor, DESCRIPTOR);
        put_u32(&mut descriptor, self.checksum);
        put_u64(&mut descriptor, self.bytes);
        put_u64(&mut descriptor, self.bytes);
        descriptor
    }

    /// Appends the file's line in the directory (4.3.12).
    fn list_in(&self, central: &mut Vec<u8>) {
        let short = |number: u64| {
            u32::try_from(number)
                .ok()
                .filter(|&number| number < u32::MAX)
        };
        let (size, offset) = (short(self.bytes), short(self.offset));
        let mut long = Vec::new();
        if size.is_none() {
            long.extend([self.bytes, self.bytes]);
        }
        if offset.is_none() {
            long.push(self.offset);
        }
        put_u32(central, CENTRAL_HEADER);
        put_u16(central, MADE_BY);
        self.put_common(central, !long.is_empty() || self.sizes == Sizes::Behind);
        put_u32(central, size.unwrap_or(u32::MAX));
        put_u32(central, size.unwrap_or(u32::MAX));
        self.put_name_bytes(central);
        let extra_bytes = if long.is_empty() {
            0
        } else {
            4 + 8 * long.len()
        };
        put_u16(central, u16::try_from(extra_bytes).unwrap_or(0));
        // No comment, on the first disk, binary.
        put_u16(central, 0);
        put_u16(central, 0);
        put_u16(central, 0);
        put_u32(central, ATTRIBUTES);
        put_u32(central, offset.unwrap_or(u32::MAX));
        central.extend_from_slice(self.name.as_bytes());
        if !long.is_empty() {
            put_extra(central, &long);
        }
    }

    /// From the version that is needed to the checksum.
    fn put_common(&self, into: &mut Vec<u8>, zip64: bool) {
        let (flags, checksum) = match self.sizes {
            Sizes::Before => (UTF8, self.checksum),
            Sizes::Behind => (UTF8 | SIZES_BEHIND, self.checksum),
        };
        put_u16(into, if zip64 { WITH_ZIP64 } else { PLAIN });
        put_u16(into, flags);
        put_u16(into, STORED);
        put_u16(into, TIME);
        put_u16(into, DATE);
        put_u32(into, checksum);
    }

    fn put_name_bytes(&self, into: &mut Vec<u8>) {
        // Names are cut far below that.
        put_u16(into, u16::try_from(self.name.len()).unwrap_or(u16::MAX));
    }
}

/// What stands behind the directory, which is from `begin` to `end` (4.3.14 to 4.3.16).
fn end(entries: u64, begin: u64, end: u64) -> Vec<u8> {
    let bytes = end - begin;
    let entries_short = u16::try_from(entries)
        .ok()
        .filter(|&number| number < u16::MAX);
    let short = |number: u64| {
        u32::try_from(number)
            .ok()
            .filter(|&number| number < u32::MAX)
    };
    let mut record = Vec::with_capacity(98);
    if entries_short.is_none() || short(bytes).is_none() || short(begin).is_none() {
        put_u32(&mut record, ZIP64_END);
        // Of the rest of this record.
        put_u64(&mut record, 44);
        put_u16(&mut record, MADE_BY);
        put_u16(&mut record, WITH_ZIP64);
        put_u32(&mut record, 0);
        put_u32(&mut record, 0);
        put_u64(&mut record, entries);
        put_u64(&mut record, entries);
        put_u64(&mut record, bytes);
        put_u64(&mut record, begin);
        put_u32(&mut record, ZIP64_LOCATOR);
        put_u32(&mut record, 0);
        put_u64(&mut record, end);
        put_u32(&mut record, 1);
    }
    put_u32(&mut record, END);
    put_u16(&mut record, 0);
    put_u16(&mut record, 0);
    put_u16(&mut record, entries_short.unwrap_or(u16::MAX));
    put_u16(&mut record, entries_short.unwrap_or(u16::MAX));
    put_u32(&mut record, short(bytes).unwrap_or(u32::MAX));
    put_u32(&mut record, short(begin).unwrap_or(u32::MAX));
    put_u16(&mut record, 0);
    record
}

fn put_extra(into: &mut Vec<u8>, numbers: &[u64]) {
    put_u16(into, ZIP64_EXTRA);
    put_u16(into, u16::try_from(8 * numbers.len()).unwrap_or(0));
    for number in numbers {
        put_u64(into, *number);
    }
}

fn put_u16(into: &mut Vec<u8>, number: u16) {
    into.extend_from_slice(&number.to_le_bytes());
}

fn put_u32(into: &mut Vec<u8>, number: u32) {
    into.extend_from_slice(&number.to_le_bytes());
}

fn put_u64(into: &mut Vec<u8>, number: u64) {
    into.extend_from_slice(&number.to_le_bytes());
}
