//! What of a font file a PDF needs: outlines and advances, no instructions for rasters, no names.
//!
//! The copyright notice goes too, as in other writers of PDF; the licences of fonts that may be
//! embedded do not ask for it in documents.

/// The tables of a TrueType font in a PDF (ISO 32000-1 clause 9.9), in the order of a file. Without
/// instructions there is no need of the three others.
const TABLES: [&[u8; 4]; 6] = [b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp"];

const HEADER_BYTES: usize = 12;
const RECORD_BYTES: usize = 16;

/// The `CFF ` table of an OpenType file, which is all that a PDF wants of it.
pub(super) fn cff_table(file: &[u8]) -> Option<&[u8]> {
    table(file, b"CFF ")
}

/// A TrueType file without what PDF viewers do not read; `None` if it makes no sense.
pub(super) fn without_extras(file: &[u8]) -> Option<Vec<u8>> {
    let (glyphs, places) = without_instructions(file)?;
    let (places, format) = written_places(&places);
    let mut tables = Vec::with_capacity(TABLES.len());
    for tag in TABLES {
        let mut data = match tag {
            b"glyf" => glyphs.clone(),
            b"loca" => places.clone(),
            _ => table(file, tag)?.to_vec(),
        };
        match tag {
            b"head" => {
                const CHECKSUM: std::ops::Range<usize> = 8..12;
                data.get_mut(CHECKSUM)?.fill(0);
                data.get_mut(PLACES_FORMAT..PLACES_FORMAT + 2)?
                    .copy_from_slice(&format.to_be_bytes());
            }
            b"maxp" => {
                // Twilight points, storage, functions, stack and size of the instructions.
                const ABOUT_INSTRUCTIONS: std::ops::Range<usize> = 16..28;
                data.get_mut(ABOUT_INSTRUCTIONS)?.fill(0);
            }
            _ => {}
        }
        tables.push((tag, data));
    }
    Some(assemble(&tables))
}

fn assemble(tables: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    const TRUE_TYPE: u32 = 0x0001_0000;
    let count = tables.len() as u16;
    let log = count.checked_ilog2().unwrap_or(0) as u16;
    let range = 16 << log;
    let mut file = TRUE_TYPE.to_be_bytes().to_vec();
    for number in [count, range, log, count * 16 - range] {
        file.extend(number.to_be_bytes());
    }
    let mut offset = HEADER_BYTES + tables.len() * RECORD_BYTES;
    for (tag, data) in tables {
        file.extend_from_slice(*tag);
        for number in [checksum(data), offset as u32, data.len() as u32] {
            file.extend(number.to_be_bytes());
        }
        offset += data.len().next_multiple_of(4);
    }
    for (_, data) in tables {
        file.extend_from_slice(data);
        file.resize(file.len().next_multiple_of(4), 0);
    }
    file
}

fn checksum(data: &[u8]) -> u32 {
    data.chunks(4).fold(0, |sum: u32, chunk| {
        let mut word = [0; 4];
        for (byte, given) in word.iter_mut().zip(chunk) {
            *byte = *given;
        }
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}

/// Where `head` says how `loca` counts: 0 in words of two bytes, 1 in bytes.
const PLACES_FORMAT: usize = 50;

/// The table `glyf` with every glyph's instructions left out, and where each glyph begins, with the
/// end behind them; all are even.
fn without_instructions(file: &[u8]) -> Option<(Vec<u8>, Vec<usize>)> {
    let (glyphs, places) = (table(file, b"glyf")?, table(file, b"loca")?);
    let is_long = u16_at(table(file, b"head")?, PLACES_FORMAT)? != 0;
    let place = |index: usize| {
        if is_long {
            u32_at(places, index * 4)
        } else {
            Some(usize::from(u16_at(places, index * 2)?) * 2)
        }
    };
    let count = usize::from(u16_at(table(file, b"maxp")?, 4)?);
    let mut kept = Vec::with_capacity(glyphs.len());
    let mut kept_places = Vec::with_capacity(count + 1);
    for index in 0..count {
        kept_places.push(kept.len());
        let glyph = glyphs.get(place(index)?..place(index + 1)?)?;
        if !glyph.is_empty() {
            push_glyph(&mut kept, glyph)?;
            kept.resize(kept.len().next_multiple_of(2), 0);
        }
    }
    kept_places.push(kept.len());
    Some((kept, kept_places))
}

/// The table `loca` in the shorter of its formats that holds these places, and which that is.
fn written_places(places: &[usize]) -> (Vec<u8>, u16) {
    let short: Option<Vec<[u8; 2]>> = places
        .iter()
        .map(|place| Some(u16::try_from(place / 2).ok()?.to_be_bytes()))
        .collect();
    match short {
        Some(short) => (short.concat(), 0),
        // A file of 32 MB at most is far from the end of a u32.
        None => {
            let long = places.iter().map(|place| (*place as u32).to_be_bytes());
            (long.flatten().collect(), 1)
        }
    }
}

fn push_glyph(out: &mut Vec<u8>, glyph: &[u8]) -> Option<()> {
    const HEAD_BYTES: usize = 10;
    let contours = u16_at(glyph, 0)?.cast_signed();
    match usize::try_from(contours) {
        Ok(contours) => {
            let instructions = HEAD_BYTES + contours * 2;
            let count = usize::from(u16_at(glyph, instructions)?);
            out.extend_from_slice(glyph.get(..instructions)?);
            out.extend_from_slice(&[0, 0]);
            out.extend_from_slice(glyph.get(instructions + 2 + count..)?);
        }
        Err(_) => {
            let end = components_end(glyph, HEAD_BYTES)?;
            let start = out.len();
            out.extend_from_slice(glyph.get(..end)?);
            let mut at = HEAD_BYTES;
            while at < end {
                let flags = u16_at(glyph, at)?;
                let without = (flags & !HAS_INSTRUCTIONS).to_be_bytes();
                out.get_mut(start + at..start + at + 2)?
                    .copy_from_slice(&without);
                at += component_bytes(flags);
            }
        }
    }
    Some(())
}

const HAS_INSTRUCTIONS: u16 = 0x100;

/// Where the components of a composite glyph end.
fn components_end(glyph: &[u8], mut at: usize) -> Option<usize> {
    const MORE: u16 = 0x20;
    loop {
        let flags = u16_at(glyph, at)?;
        at += component_bytes(flags);
        if flags & MORE == 0 {
            return Some(at);
        }
    }
}

/// Flags, glyph, two arguments and up to four factors.
fn component_bytes(flags: u16) -> usize {
    const WIDE_ARGUMENTS: u16 = 0x1;
    const ONE_SCALE: u16 = 0x8;
    const TWO_SCALES: u16 = 0x40;
    const MATRIX: u16 = 0x80;
    let arguments = if flags & WIDE_ARGUMENTS != 0 { 4 } else { 2 };
    let factors = match flags {
        _ if flags & ONE_SCALE != 0 => 2,
        _ if flags & TWO_SCALES != 0 => 4,
        _ if flags & MATRIX != 0 => 8,
        _ => 0,
    };
    4 + arguments + factors
}

fn table<'f>(file: &'f [u8], tag: &[u8; 4]) -> Option<&'f [u8]> {
    let tables = usize::from(u16_at(file, 4)?);
    let record = (0..tables)
        .map(|table| HEADER_BYTES + table * RECORD_BYTES)
        .find(|&at| file.get(at..at + 4) == Some(tag))?;
    let (start, length) = (u32_at(file, record + 8)?, u32_at(file, record + 12)?);
    file.get(start..start.checked_add(length)?)
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*data.get(at..)?.first_chunk()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(*data.get(at..)?.first_chunk()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_of_simple_glyphs_are_left_out() {
        let head = [0; 8];
        let mut glyph = vec![0, 1]; // One contour,
        glyph.extend(head);
        glyph.extend([0, 2, 0, 3, 9, 9, 9]); // three points, three bytes of instructions,
        glyph.extend([1, 2, 3]); // flags and coordinates.
        let mut out = Vec::new();
        push_glyph(&mut out, &glyph).unwrap();
        assert_eq!(out[10..], [0, 2, 0, 0, 1, 2, 3]);
        assert_eq!(push_glyph(&mut Vec::new(), &glyph[..14]), None);
    }

    #[test]
    fn instructions_of_composite_glyphs_are_left_out() {
        let mut glyph = vec![0xFF, 0xFF];
        glyph.extend([0; 8]);
        glyph.extend([0x01, 0x21, 0, 5, 0, 1, 0, 2]); // More follows, wide arguments,
        glyph.extend([0x01, 0x08, 0, 6, 1, 2, 0x40, 0]); // the last, scaled,
        glyph.extend([0, 2, 7, 7]); // and two bytes of instructions.
        let mut out = Vec::new();
        push_glyph(&mut out, &glyph).unwrap();
        let expected = [0, 0x21, 0, 5, 0, 1, 0, 2, 0, 0x08, 0, 6, 1, 2, 0x40, 0];
        assert_eq!(out[10..], expected);
    }

    #[test]
    fn only_the_tables_that_pdf_names_are_kept() {
        let fonts = crate::fonts::FontSet::embedded();
        for member in fonts.members() {
            let lean = without_extras(member.face.data()).unwrap();
            assert_eq!(u16_at(&lean, 4), Some(6));
            for tag in TABLES {
                assert!(table(&lean, tag).is_some());
            }
            assert_eq!(table(&lean, b"name"), None);
        }
        assert_eq!(without_extras(b"not a font"), None);
    }
}
