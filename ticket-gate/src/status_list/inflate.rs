//! Decompression of zlib streams (RFC 1950, RFC 1951) whose size is known beforehand.
//!
//! Written for size: it decodes bit by bit, which is quick enough for a list of a million tickets,
//! and takes a tenth of the code of a library that is made for speed. Every page that embeds the
//! verifier loads it.

/// Longest code of a symbol, in bits (RFC 1951 section 3.2.7).
const MAX_CODE_BITS: usize = 15;
/// Symbols of the larger alphabet; the last two never occur (section 3.2.6).
const LITERALS_AND_LENGTHS: usize = 288;
const DISTANCES: usize = 30;
const END_OF_BLOCK: u16 = 256;
/// The order in which the lengths of the code length code stand (section 3.2.7).
const CODE_LENGTH_ORDER: [u8; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// Fills `output` from the whole of `compressed`; `None` if the stream is damaged, or longer or
/// shorter than that.
pub(super) fn inflate_zlib(compressed: &[u8], output: &mut [u8]) -> Option<()> {
    let mut bits = Bits::new(compressed);
    check_header(&mut bits)?;
    let mut target = Target { output, filled: 0 };
    loop {
        let is_last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => copy_stored(&mut bits, &mut target)?,
            1 => {
                let (symbols, distances) = fixed_codes()?;
                decode_block(&mut bits, &symbols, &distances, &mut target)?;
            }
            2 => {
                let (symbols, distances) = read_codes(&mut bits)?;
                decode_block(&mut bits, &symbols, &distances, &mut target)?;
            }
            _ => return None,
        }
        if is_last {
            break;
        }
    }
    bits.skip_to_byte();
    let is_whole = target.filled == target.output.len();
    let checksum = adler32(target.output);
    let is_sound = bits.take(16)? == swapped(checksum >> 16)
        && bits.take(16)? == swapped(checksum & 0xffff)
        && bits.input.is_empty();
    (is_whole && is_sound).then_some(())
}

/// Deflate with any window, no preset dictionary (RFC 1950 section 2.2).
fn check_header(bits: &mut Bits<'_>) -> Option<()> {
    let (method, flags) = (bits.take(8)?, bits.take(8)?);
    let is_deflate = method & 15 == 8 && method >> 4 <= 7;
    let is_plain = flags & 0x20 == 0 && (method << 8 | flags).is_multiple_of(31);
    (is_deflate && is_plain).then_some(())
}

/// Two bytes in the other order.
fn swapped(value: u32) -> u32 {
    (value & 0xff) << 8 | value >> 8
}

fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    /// As many bytes as can be summed before 32 bits overflow.
    const CHUNK: usize = 5552;
    let (mut low, mut high) = (1, 0);
    for chunk in bytes.chunks(CHUNK) {
        for byte in chunk {
            low += u32::from(*byte);
            high += low;
        }
        low %= MODULUS;
        high %= MODULUS;
    }
    high << 16 | low
}

/// Bits of the input, from the lowest of each byte on.
struct Bits<'a> {
    input: &'a [u8],
    /// Bits taken from the input and not yet handed out, fewer than 8 between calls.
    held: u32,
    held_count: u32,
}

impl<'a> Bits<'a> {
    fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            held: 0,
            held_count: 0,
        }
    }

    /// The next `count` bits, at most 16, the first one lowest.
    #[inline(never)]
    fn take(&mut self, count: u32) -> Option<u32> {
        while self.held_count < count {
            let (byte, rest) = self.input.split_first()?;
            self.input = rest;
            self.held |= u32::from(*byte) << self.held_count;
            self.held_count += 8;
        }
        let value = self.held & ((1 << count) - 1);
        self.held >>= count;
        self.held_count -= count;
        Some(value)
    }

    fn skip_to_byte(&mut self) {
        (self.held, self.held_count) = (0, 0);
    }
}

struct Target<'a> {
    output: &'a mut [u8],
    filled: usize,
}

impl Target<'_> {
    fn push(&mut self, byte: u8) -> Option<()> {
        *self.output.get_mut(self.filled)? = byte;
        self.filled += 1;
        Some(())
    }

    /// Repeats what stands `distance` bytes back. The copy may overlap what it copies.
    fn repeat(&mut self, length: u32, distance: u32) -> Option<()> {
        for _ in 0..length {
            let source = self.filled.checked_sub(distance as usize)?;
            let byte = *self.output.get(source)?;
            self.push(byte)?;
        }
        Some(())
    }
}

fn copy_stored(bits: &mut Bits<'_>, target: &mut Target<'_>) -> Option<()> {
    bits.skip_to_byte();
    let length = bits.take(16)?;
    if bits.take(16)? != !length & 0xffff {
        return None;
    }
    for _ in 0..length {
        target.push(bits.take(8)? as u8)?;
    }
    Some(())
}

/// A Huffman code (section 3.2.2): codes of one length follow each other in the order of their
/// symbols, so the lengths alone describe it.
struct Code {
    /// How many symbols have a code of each length; none of length 0.
    counts: [u16; MAX_CODE_BITS + 1],
    /// The symbols by length, then by number.
    symbols: [u16; LITERALS_AND_LENGTHS],
}

impl Code {
    /// The code in which symbol i has `lengths[i]` bits; none if that is 0. A code that leaves bit
    /// sequences unused is taken: meeting one of them ends the decoding.
    #[inline(never)]
    fn new(lengths: &[u8]) -> Option<Self> {
        let mut code = Self {
            counts: [0; MAX_CODE_BITS + 1],
            symbols: [0; LITERALS_AND_LENGTHS],
        };
        let mut slots = code.symbols.iter_mut();
        let mut unused = 1u32;
        for (bits, count) in (0u8..).zip(&mut code.counts).skip(1) {
            for (symbol, _) in (0u16..).zip(lengths).filter(|(_, length)| **length == bits) {
                *slots.next()? = symbol;
                *count += 1;
            }
            unused = (2 * unused).checked_sub(u32::from(*count))?;
        }
        Some(code)
    }

    #[inline(never)]
    fn read(&self, bits: &mut Bits<'_>) -> Option<u16> {
        // The code read so far, counted from the first one of its length.
        let mut offset = 0;
        let mut symbols = self.symbols.as_slice();
        for count in self.counts.iter().skip(1) {
            let count = usize::from(*count);
            offset = 2 * offset + bits.take(1)? as usize;
            if offset < count {
                return symbols.get(offset).copied();
            }
            offset -= count;
            symbols = symbols.get(count..)?;
        }
        None
    }
}

/// The codes of section 3.2.6.
fn fixed_codes() -> Option<(Code, Code)> {
    let mut lengths = [8; LITERALS_AND_LENGTHS];
    lengths.get_mut(144..256)?.fill(9);
    lengths.get_mut(256..280)?.fill(7);
    Some((Code::new(&lengths)?, Code::new(&[5; DISTANCES])?))
}

/// The codes that stand at the head of a block (section 3.2.7).
fn read_codes(bits: &mut Bits<'_>) -> Option<(Code, Code)> {
    let symbols = bits.take(5)? as usize + 257;
    let distances = bits.take(5)? as usize + 1;
    let code_lengths = bits.take(4)? as usize + 4;
    let mut lengths = [0; CODE_LENGTH_ORDER.len()];
    for place in CODE_LENGTH_ORDER.iter().take(code_lengths) {
        *lengths.get_mut(usize::from(*place))? = bits.take(3)? as u8;
    }
    let code = Code::new(&lengths)?;

    // Both lists in one: a repetition may run from the first into the second.
    let mut lengths = [0; LITERALS_AND_LENGTHS + DISTANCES];
    let lengths = lengths.get_mut(..symbols + distances)?;
    let (mut filled, mut previous) = (0, None);
    while filled < lengths.len() {
        let (length, times) = match code.read(bits)? {
            16 => (previous?, 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            18 => (0, 11 + bits.take(7)?),
            length => (length as u8, 1),
        };
        let end = filled + times as usize;
        lengths.get_mut(filled..end)?.fill(length);
        (filled, previous) = (end, Some(length));
    }
    let (symbols, distances) = lengths.split_at_checked(symbols)?;
    Some((Code::new(symbols)?, Code::new(distances)?))
}

fn decode_block(
    bits: &mut Bits<'_>,
    symbols: &Code,
    distances: &Code,
    target: &mut Target<'_>,
) -> Option<()> {
    loop {
        let symbol = symbols.read(bits)?;
        if symbol < END_OF_BLOCK {
            target.push(symbol as u8)?;
        } else if symbol == END_OF_BLOCK {
            return Some(());
        } else {
            let length = read_length(u32::from(symbol) - 257, bits)?;
            let distance = read_distance(u32::from(distances.read(bits)?), bits)?;
            target.repeat(length, distance)?;
        }
    }
}

/// Lengths 3 to 258 (the first table of section 3.2.5, as the rule behind it).
fn read_length(symbol: u32, bits: &mut Bits<'_>) -> Option<u32> {
    match symbol {
        0..=3 => Some(3 + symbol),
        4..=27 => {
            let extra = (symbol - 4) / 4;
            Some(3 + ((4 + symbol % 4) << extra) + bits.take(extra)?)
        }
        28 => Some(258),
        _ => None,
    }
}

/// Distances 1 to 32,768 (the second table of section 3.2.5).
fn read_distance(symbol: u32, bits: &mut Bits<'_>) -> Option<u32> {
    match symbol {
        0..=1 => Some(1 + symbol),
        2..=29 => {
            let extra = (symbol - 2) / 2;
            Some(1 + ((2 + symbol % 2) << extra) + bits.take(extra)?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use miniz_oxide::deflate::compress_to_vec_zlib;
    use miniz_oxide::inflate::decompress_to_vec_zlib;
    use proptest::prelude::*;

    use super::*;

    fn inflate(compressed: &[u8], size: usize) -> Option<Vec<u8>> {
        let mut output = vec![0; size];
        inflate_zlib(compressed, &mut output).map(|()| output)
    }

    /// Bytes as lists have them: long runs, few values; and some that do not compress at all.
    fn contents() -> impl Strategy<Value = Vec<u8>> {
        let run = (any::<u8>(), 1usize..2000).prop_map(|(byte, times)| vec![byte & 0x55; times]);
        let noise = prop::collection::vec(any::<u8>(), 0..2000);
        prop::collection::vec(prop_oneof![run, noise], 0..12).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn what_was_compressed_comes_back(content in contents(), level in 0u8..=10) {
            let compressed = compress_to_vec_zlib(&content, level);
            let size = content.len();
            prop_assert_eq!(inflate(&compressed, size + 1), None);
            if let Some(less) = size.checked_sub(1) {
                prop_assert_eq!(inflate(&compressed, less), None);
            }
            prop_assert_eq!(inflate(&compressed, size), Some(content));
        }

        #[test]
        fn damage_is_noticed(
            content in contents(),
            level in 0u8..=10,
            place: prop::sample::Index,
            change in 1u8..,
        ) {
            let mut compressed = compress_to_vec_zlib(&content, level);
            let place = place.index(compressed.len());
            compressed[place] ^= change;
            // A few bits say nothing, such as the window in the header.
            if let Some(inflated) = inflate(&compressed, content.len()) {
                prop_assert_eq!(decompress_to_vec_zlib(&compressed).ok(), Some(inflated));
            }
        }

        #[test]
        fn noise_is_no_stream(noise in prop::collection::vec(any::<u8>(), 0..300)) {
            let stream = [&[0x78, 0x9c][..], &noise].concat();
            prop_assert_eq!(inflate(&stream, 1000), None);
        }
    }

    /// The three kinds of block, as zlib 1.3 writes them.
    #[test]
    fn every_kind_of_block_is_read() {
        let check = |hex: &str, expected: &[u8]| {
            let compressed: Vec<u8> = (0..hex.len() / 2)
                .map(|index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).unwrap())
                .collect();
            assert_eq!(
                inflate(&compressed, expected.len()).as_deref(),
                Some(expected),
                "{hex}"
            );
            assert_eq!(
                inflate(&compressed[..compressed.len() - 1], expected.len()),
                None
            );
            assert_eq!(
                inflate(&[&compressed[..], &[0]].concat(), expected.len()),
                None
            );
        };
        check("7801010300fcff616263024d0127", b"abc");
        check("78014b4c4a4e8421001de00499", b"abcabcabcabc");
        check(
            "78dacd8fc1090340080423e8ff04ed4741ff0ada7f2b315de4272ceece7c48b408263d06791308987cf5c574173bae0052b82c632f3c6ba5dceee69430a657fdca911f4b6b01d582c698b47ba21852f64c63c1b4f9f46b8e742bd7540bb98a3bbccc33f8c271eb81c2df4f129a60bab7d884c21e6669cb4da1d7eb7ac457917c309ba46d0fb6cf413c0841169dab7be2e93af189e5394c78ce61aad0e71fd5bff5b34a34",
            &(0..400u32)
                .map(|i| (i * i * 7 % 251) as u8 & 0x55)
                .collect::<Vec<_>>(),
        );
    }
}
