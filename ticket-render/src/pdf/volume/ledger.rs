//! Where each object of a volume stands: object streams and the cross-reference stream
//! (ISO 32000-1 clauses 7.5.7 and 7.5.8).

use pdf_writer::types::Predictor;
use pdf_writer::{Chunk, Filter, Finish, Name, Ref, Settings, Str};

use crate::deflate::{Effort, zlib};
use crate::pdf::hash;
use crate::pdf::objects::Objects;

/// Puts finished objects into the file and keeps eight bytes for each.
///
/// Streams go into the file as they are. Everything else, which is alike from ticket to ticket, is
/// collected and compressed some hundred objects at a time.
pub(super) struct Ledger {
    /// By object number.
    places: Vec<Place>,
    /// Bytes of the file so far.
    written: u64,
    open: OpenStream,
    effort: Effort,
    /// Hash of the file so far.
    digest: [u64; 2],
}

/// A byte of the file; or, with the highest bit set, the number of an object stream above the
/// lowest 16 bits and a position in it. Zero for a number that was never written.
#[derive(Clone, Copy)]
struct Place(u64);

/// Objects that wait to be compressed together.
#[derive(Default)]
struct OpenStream {
    /// Number of each object and where it begins in `bodies`, as text.
    index: Vec<u8>,
    bodies: Vec<u8>,
    objects: Vec<Ref>,
}

const HEADER: &[u8] = b"%PDF-1.7\n%\x80\x80\x80\x80\n";

impl Ledger {
    /// More objects are beyond what PDF/A allows in a file.
    pub const MAX_OBJECTS: usize = 8_388_607;

    pub fn new(effort: Effort) -> Self {
        Self {
            places: Vec::new(),
            written: 0,
            open: OpenStream::default(),
            effort,
            digest: [0; 2],
        }
    }

    /// Takes objects over. What is finished of the file is appended to `out`.
    pub fn put(&mut self, objects: &mut Objects, out: &mut Vec<u8>) {
        let start = out.len();
        for (object, bytes) in objects.written() {
            match unwrapped(object, bytes) {
                Some(body) => self.open.push(object, body),
                None => self.append(object, bytes, start, out),
            }
        }
        objects.clear();
        if self.open.is_full() {
            self.write_open(objects, start, out);
        }
        self.account(start, out);
    }

    /// Writes what waits, the cross-references and the end of the file.
    pub fn finish(mut self, mut objects: Objects, root: Ref, info: Ref, out: &mut Vec<u8>) {
        let start = out.len();
        self.write_open(&mut objects, start, out);
        self.account(start, out);
        let stream = objects.allocate();
        let position = self.written;
        self.set(stream, Place::byte(position));
        let id = self.digest.map(u64::to_be_bytes).concat();
        let (rows, widths) = self.rows();
        let columns = widths.iter().sum();
        let data = zlib(&rows, Effort::Small);
        let mut file = Chunk::with_settings(Settings { pretty: false });
        let mut table = file.stream(stream, &data);
        table.pair(Name(b"Type"), Name(b"XRef"));
        table.pair(Name(b"Size"), as_i32(self.places.len()));
        table.insert(Name(b"W")).array().items(widths);
        table.pair(Name(b"Root"), root).pair(Name(b"Info"), info);
        table
            .insert(Name(b"ID"))
            .array()
            .items([Str(&id), Str(&id)]);
        table.filter(Filter::FlateDecode);
        table
            .decode_parms()
            .predictor(Predictor::PngUp)
            .columns(columns);
        table.finish();
        out.extend_from_slice(file.as_bytes());
        out.extend_from_slice(format!("startxref\n{position}\n%%EOF\n").as_bytes());
    }

    /// Appends an object as it stands; `out` has the present piece of the file from `start`.
    fn append(&mut self, object: Ref, bytes: &[u8], start: usize, out: &mut Vec<u8>) {
        if self.written == 0 && out.len() == start {
            out.extend_from_slice(HEADER);
        }
        let position = self.written + (out.len() - start) as u64;
        self.set(object, Place::byte(position));
        out.extend_from_slice(bytes);
    }

    fn write_open(&mut self, objects: &mut Objects, start: usize, out: &mut Vec<u8>) {
        if self.open.objects.is_empty() {
            return;
        }
        let stream = objects.allocate();
        let OpenStream {
            mut index,
            bodies,
            objects: inside,
        } = std::mem::take(&mut self.open);
        for (position, object) in (0..).zip(&inside) {
            self.set(*object, Place::inside(stream, position));
        }
        let first = as_i32(index.len());
        index.extend_from_slice(&bodies);
        let data = zlib(&index, self.effort);
        let mut file = Chunk::with_settings(Settings { pretty: false });
        let mut written = file.stream(stream, &data);
        written.pair(Name(b"Type"), Name(b"ObjStm"));
        written.pair(Name(b"N"), as_i32(inside.len()));
        written.pair(Name(b"First"), first);
        written.filter(Filter::FlateDecode);
        written.finish();
        self.append(stream, file.as_bytes(), start, out);
    }

    /// Counts the present piece of the file and hashes it on.
    fn account(&mut self, start: usize, out: &[u8]) {
        let piece = out.get(start..).unwrap_or_default();
        if piece.is_empty() {
            return;
        }
        self.written += piece.len() as u64;
        let [first, second] = self.digest;
        let joined = |known: u64, of_piece: u64| [known, of_piece].map(u64::to_be_bytes).concat();
        self.digest = [
            hash::<0>(&joined(first, hash::<0>(piece))),
            hash::<1>(&joined(second, hash::<1>(piece))),
        ];
    }

    fn set(&mut self, object: Ref, place: Place) {
        let index = usize::try_from(object.get()).unwrap_or(0);
        if index >= self.places.len() {
            self.places.resize(index + 1, Place(0));
        }
        self.places[index] = place;
    }

    /// The cross-references as rows for the predictor, which takes each less the row above: as
    /// neighbours differ little, most bytes become zero.
    fn rows(&self) -> (Vec<u8>, [i32; 3]) {
        let largest = self.places.iter().map(|place| place.fields().1).max();
        let bytes = largest
            .unwrap_or(0)
            .checked_ilog2()
            .map_or(1, |bit| bit / 8 + 1) as usize;
        let width = 1 + bytes + 2;
        let mut rows = Vec::with_capacity(self.places.len() * (width + 1));
        let mut above = [0_u8; 11];
        for place in &self.places {
            let (kind, second, third) = place.fields();
            let second = second.to_be_bytes();
            let fields = [kind]
                .into_iter()
                .chain(second.into_iter().skip(8 - bytes))
                .chain(third.to_be_bytes());
            const UP: u8 = 2;
            rows.push(UP);
            for (byte, above) in fields.zip(&mut above) {
                rows.push(byte.wrapping_sub(*above));
                *above = byte;
            }
        }
        (rows, [1, as_i32(bytes), 2])
    }
}

impl Place {
    const INSIDE: u64 = 1 << 63;

    fn byte(position: u64) -> Self {
        Self(position)
    }

    fn inside(stream: Ref, position: u16) -> Self {
        let stream = u64::from(stream.get().unsigned_abs());
        Self(Self::INSIDE | stream << 16 | u64::from(position))
    }

    /// Type and two fields of a cross-reference stream's entry.
    fn fields(self) -> (u8, u64, u16) {
        match self.0 {
            0 => (0, 0, u16::MAX),
            place if place & Self::INSIDE != 0 => {
                (2, (place & !Self::INSIDE) >> 16, (place & 0xFFFF) as u16)
            }
            position => (1, position, 0),
        }
    }
}

impl OpenStream {
    fn push(&mut self, object: Ref, body: &[u8]) {
        let index = format!("{} {} ", object.get(), self.bodies.len());
        self.index.extend_from_slice(index.as_bytes());
        self.bodies.extend_from_slice(body);
        self.bodies.push(b'\n');
        self.objects.push(object);
    }

    /// A viewer unpacks a whole stream to read one object of it.
    fn is_full(&self) -> bool {
        const MAX_OBJECTS: usize = 200;
        const MAX_BYTES: usize = 48 << 10;
        self.objects.len() >= MAX_OBJECTS || self.bodies.len() >= MAX_BYTES
    }
}

/// What stands between `1 0 obj` and `endobj`; `None` for a stream, which has to stand by itself.
fn unwrapped(object: Ref, bytes: &[u8]) -> Option<&[u8]> {
    if bytes.ends_with(b"endstream\nendobj\n") {
        return None;
    }
    let body = bytes.strip_suffix(b"\nendobj\n")?;
    body.strip_prefix(format!("{} 0 obj\n", object.get()).as_bytes())
}

fn as_i32(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
