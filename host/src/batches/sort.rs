//! Brings any number of tickets into an order with a fixed amount of memory: sorted runs go to a file that
//! has no name, encrypted, and are merged while they are read.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use ticket_token::{EventNumber, Serial};
use unicode_normalization::UnicodeNormalization as _;

use crate::keys::{CHUNK_BYTES, ChunkPlace, FileKey, TAG_BYTES};
use crate::storage::TicketKey;

/// Bytes of entries that are in memory before they become a run.
const RUN_BYTES: usize = 16 << 20;
/// What an entry takes beside its key.
const ENTRY_BYTES: usize = 64;
/// Longest key; what is behind it does not count.
const KEY_BYTES: usize = 200;

/// A ticket and what it is sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// Compared byte by byte.
    pub key: Vec<u8>,
    /// Its place among the items, for those with equal keys.
    pub item: u64,
    /// The ticket.
    pub ticket: TicketKey,
}

/// Takes entries in.
pub(super) struct Sorter {
    entries: Vec<Entry>,
    bytes: usize,
    spill: Spill,
}

/// Where runs are.
struct Spill {
    key: FileKey,
    file: Option<File>,
    runs: Vec<Run>,
    /// Chunks in the file.
    chunks: u64,
    length: u64,
}

/// A sorted run in the file.
#[derive(Clone, Copy)]
struct Run {
    first_chunk: u64,
    offset: u64,
    /// Of what it holds.
    bytes: u64,
}

impl Sorter {
    /// `key`: for one file alone.
    pub fn new(key: FileKey) -> Self {
        Self {
            entries: Vec::new(),
            bytes: 0,
            spill: Spill {
                key,
                file: None,
                runs: Vec::new(),
                chunks: 0,
                length: 0,
            },
        }
    }

    /// Takes an entry in. Writes to a file now and then.
    pub fn push(&mut self, mut entry: Entry) -> io::Result<()> {
        entry.key.truncate(KEY_BYTES);
        self.bytes += entry.key.len() + ENTRY_BYTES;
        self.entries.push(entry);
        if self.bytes >= RUN_BYTES {
            self.spill()?;
        }
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        self.entries.sort_unstable();
        self.spill.write(&self.entries)?;
        self.entries.clear();
        self.bytes = 0;
        Ok(())
    }

    /// All entries in their order.
    pub fn finish(mut self) -> io::Result<Sorted> {
        if !self.spill.runs.is_empty() && !self.entries.is_empty() {
            self.spill()?;
        }
        self.entries.sort_unstable();
        let mut sorted = Sorted {
            readers: Vec::new(),
            next: BinaryHeap::new(),
            rest: self.entries.into_iter(),
            spill: self.spill,
        };
        for run in sorted.spill.runs.clone() {
            sorted.readers.push(RunReader {
                chunk: run.first_chunk,
                offset: run.offset,
                left: run.bytes,
                buffer: Vec::new(),
                at: 0,
            });
        }
        for reader in 0..sorted.readers.len() {
            sorted.advance(reader)?;
        }
        Ok(sorted)
    }
}

impl Spill {
    fn write(&mut self, entries: &[Entry]) -> io::Result<()> {
        let file = match &self.file {
            Some(file) => file,
            // It has no name, and is gone when this process is.
            None => self.file.insert(tempfile::tempfile()?),
        };
        let run = Run {
            first_chunk: self.chunks,
            offset: self.length,
            bytes: 0,
        };
        let (mut plain, mut sealed, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut put = |chunk: &[u8]| -> io::Result<()> {
            sealed.clear();
            self.key
                .seal(ChunkPlace::Inner(self.chunks), chunk, &mut sealed);
            file.write_all_at(&sealed, self.length)?;
            self.chunks += 1;
            self.length += sealed.len() as u64;
            bytes += chunk.len() as u64;
            Ok(())
        };
        // All chunks of a run but the last are full, so that each is found.
        for entry in entries {
            encode(entry, &mut plain);
            if let Some((chunk, rest)) = plain.split_at_checked(CHUNK_BYTES) {
                put(chunk)?;
                plain = rest.to_vec();
            }
        }
        if !plain.is_empty() {
            put(&plain)?;
        }
        self.runs.push(Run { bytes, ..run });
        Ok(())
    }
}

/// Entries in their order.
pub(super) struct Sorted {
    readers: Vec<RunReader>,
    next: BinaryHeap<Reverse<(Entry, usize)>>,
    /// All of them, where nothing was spilt.
    rest: std::vec::IntoIter<Entry>,
    spill: Spill,
}

struct RunReader {
    chunk: u64,
    offset: u64,
    /// Bytes of the run that were not read.
    left: u64,
    buffer: Vec<u8>,
    at: usize,
}

impl Sorted {
    /// The next entry.
    pub fn next(&mut self) -> io::Result<Option<Entry>> {
        match self.next.pop() {
            Some(Reverse((entry, reader))) => {
                self.advance(reader)?;
                Ok(Some(entry))
            }
            None => Ok(self.rest.next()),
        }
    }

    fn advance(&mut self, reader: usize) -> io::Result<()> {
        let Self {
            readers,
            spill,
            next,
            ..
        } = self;
        if let Some(run) = readers.get_mut(reader)
            && let Some(entry) = run.entry(spill)?
        {
            next.push(Reverse((entry, reader)));
        }
        Ok(())
    }
}

impl RunReader {
    fn entry(&mut self, spill: &Spill) -> io::Result<Option<Entry>> {
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            if let Some((entry, length)) = decode(rest) {
                self.at += length;
                return Ok(Some(entry));
            }
            if self.left == 0 {
                return match rest.is_empty() {
                    true => Ok(None),
                    false => Err(damaged()),
                };
            }
            self.fill(spill)?;
        }
    }

    fn fill(&mut self, spill: &Spill) -> io::Result<()> {
        let file = spill.file.as_ref().ok_or_else(damaged)?;
        self.buffer.drain(..self.at);
        self.at = 0;
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let length = left.min(CHUNK_BYTES);
        let mut sealed = vec![0; length + TAG_BYTES];
        file.read_exact_at(&mut sealed, self.offset)?;
        spill
            .key
            .open(ChunkPlace::Inner(self.chunk), &sealed, &mut self.buffer)
            .map_err(|_| damaged())?;
        self.chunk += 1;
        self.offset += sealed.len() as u64;
        self.left -= length as u64;
        Ok(())
    }
}

fn damaged() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "a file of sorted tickets is damaged",
    )
}

fn encode(entry: &Entry, into: &mut Vec<u8>) {
    let length = u16::try_from(entry.key.len()).unwrap_or(u16::MAX);
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(entry.key.get(..usize::from(length)).unwrap_or_default());
    into.extend_from_slice(&entry.item.to_be_bytes());
    into.extend_from_slice(&entry.ticket.event.0.to_be_bytes());
    into.extend_from_slice(&entry.ticket.serial.0.to_be_bytes());
}

/// An entry at the beginning of the bytes, and how many it takes; none if it is not there as a whole.
fn decode(bytes: &[u8]) -> Option<(Entry, usize)> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (key, rest) = rest.split_at_checked(length)?;
    let (item, rest) = rest.split_first_chunk::<8>()?;
    let (event, rest) = rest.split_first_chunk::<4>()?;
    let (serial, rest) = rest.split_first_chunk::<4>()?;
    let entry = Entry {
        key: key.to_vec(),
        item: u64::from_be_bytes(*item),
        ticket: TicketKey {
            event: EventNumber(u32::from_be_bytes(*event)),
            serial: Serial(u32::from_be_bytes(*serial)),
        },
    };
    Some((entry, bytes.len() - rest.len()))
}

/// Puts texts into the order in which people look for them: letters without their accents first, numbers by
/// their value; what is empty comes last.
pub(super) fn key_of(parts: &[Option<&str>]) -> Vec<u8> {
    const LAST: u8 = 0xFF;
    let mut key = Vec::new();
    for part in parts {
        match part.map(str::trim).filter(|text| !text.is_empty()) {
            None => key.push(LAST),
            Some(text) => {
                plain(text, &mut key);
                key.push(0);
                key.extend_from_slice(text.as_bytes());
            }
        }
        key.push(0);
    }
    key
}

/// Small letters without accents; runs of digits with their length before them.
fn plain(text: &str, into: &mut Vec<u8>) {
    let letters = text
        .nfkd()
        .filter(|letter| !unicode_normalization::char::is_combining_mark(*letter))
        .flat_map(char::to_lowercase);
    let mut digits = String::new();
    let mut buffer = [0; 4];
    let end_of_number = |digits: &mut String, into: &mut Vec<u8>| {
        let significant = digits.trim_start_matches('0');
        if !digits.is_empty() {
            into.push(b'0' + u8::try_from(significant.len().min(40)).unwrap_or(40));
            into.extend_from_slice(significant.as_bytes());
            digits.clear();
        }
    };
    for letter in letters {
        if letter.is_ascii_digit() {
            digits.push(letter);
        } else {
            end_of_number(&mut digits, into);
            into.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes());
        }
    }
    end_of_number(&mut digits, into);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorter() -> Sorter {
        Sorter::new(FileKey::of_test(7))
    }

    fn entry(item: u64, key: Vec<u8>) -> Entry {
        Entry {
            key,
            item,
            ticket: TicketKey {
                event: EventNumber(1),
                serial: Serial(u32::try_from(item).unwrap()),
            },
        }
    }

    fn all(mut sorted: Sorted) -> Vec<Entry> {
        let mut entries = Vec::new();
        while let Some(entry) = sorted.next().unwrap() {
            entries.push(entry);
        }
        entries
    }

    #[test]
    fn what_does_not_fit_in_memory_is_sorted_alike() {
        let count = 400_000_u64;
        let mut sorter = sorter();
        let mut expected = Vec::new();
        for item in 0..count {
            // Scattered, with many that are equal.
            let key = (item.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 50_000).to_be_bytes();
            let key = [key.as_slice(), &[b'x'; 40]].concat();
            expected.push((key.clone(), item));
            sorter.push(entry(item, key)).unwrap();
        }
        expected.sort();
        let sorted = sorter.finish().unwrap();
        assert!(sorted.readers.len() > 1);
        let found: Vec<_> = all(sorted)
            .into_iter()
            .map(|entry| (entry.key, entry.item))
            .collect();
        assert!(found == expected);
    }

    #[test]
    fn few_stay_in_memory() {
        let mut sorter = sorter();
        for item in [3, 1, 2] {
            sorter.push(entry(item, Vec::new())).unwrap();
        }
        let sorted = sorter.finish().unwrap();
        assert!(sorted.spill.file.is_none());
        let items: Vec<_> = all(sorted).iter().map(|entry| entry.item).collect();
        assert_eq!(items, [1, 2, 3]);
        assert!(all(self::sorter().finish().unwrap()).is_empty());
    }

    #[test]
    fn texts_stand_where_people_look_for_them() {
        let order = ["Åke", "Ann", "bert", "Östen", "row 2", "row 10", "Zoë", ""];
        let mut expected = order.to_vec();
        expected.sort_by_key(|text| key_of(&[Some(text)]));
        assert_eq!(
            expected,
            ["Åke", "Ann", "bert", "Östen", "row 2", "row 10", "Zoë", ""]
        );
        let seats = ["A 9", "A 10", "B 1"];
        assert!(seats.is_sorted_by_key(|seat| key_of(&[None, Some(seat)])));
        assert!(key_of(&[Some("A"), Some("2")]) < key_of(&[Some("AB"), Some("1")]));
    }
}
