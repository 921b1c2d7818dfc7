//! Images of every kind: what is passed through, what is split, what is refused.

mod sample;

use ticket_render::assets::{Assets, PreparedFonts};
use ticket_render::fonts::FontSet;
use ticket_render::images::{Format, ImageError, MAX_BYTES, PreparedImage};
use ticket_render::length::Length;
use ticket_render::pdf::{self, PdfOptions};

use sample::{image, page_of, png_file, read_image, rect};

const JPEG: &[u8] = include_bytes!("data/rgb.jpg");

/// The pixel at x, y.
fn pixel(image: &PreparedImage, x: usize, y: usize) -> [u8; 4] {
    let start = (y * image.width_px() as usize + x) * 4;
    image.rgba()[start..start + 4].try_into().unwrap()
}

fn check_near(found: [u8; 4], expected: [u8; 4]) {
    let near = found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 12);
    assert!(near, "{found:?} is not near {expected:?}");
}

/// A PDF that shows an image large.
fn pdf_of(image_file: &[u8]) -> Vec<u8> {
    let fonts = PreparedFonts::new(FontSet::embedded());
    let assets = Assets::prepare(fonts, vec![read_image(image_file)], Vec::new()).unwrap();
    let scene = page_of(vec![image(0, rect(0, 0, 105, 148), None)], Length::ZERO);
    pdf::render(&scene, &assets, &PdfOptions::default()).unwrap()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// A PNG chunk with its checksum.
fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend_from_slice(kind);
    bytes.extend_from_slice(body);
    let checksum = libdeflater::crc32(&bytes[4..]);
    bytes.extend_from_slice(&checksum.to_be_bytes());
    bytes
}

fn header(width: u32, height: u32, bits: u8, color_type: u8, interlace: u8) -> Vec<u8> {
    let mut body = [width.to_be_bytes(), height.to_be_bytes()].concat();
    body.extend_from_slice(&[bits, color_type, 0, 0, interlace]);
    chunk(b"IHDR", &body)
}

fn data(rows: &[u8]) -> Vec<u8> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut out = vec![0; compressor.zlib_compress_bound(rows.len())];
    let length = compressor.zlib_compress(rows, &mut out).unwrap();
    chunk(b"IDAT", &out[..length])
}

fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunks.concat(),
        chunk(b"IEND", b""),
    ]
    .concat()
}

#[test]
fn a_jpeg_is_passed_through_without_what_describes_it() {
    let mut described = JPEG[..2].to_vec();
    described.extend_from_slice(b"\xFF\xE1\x00\x11Exif\0\0Basel 47N");
    described.extend_from_slice(b"\xFF\xFE\x00\x08secret");
    described.extend_from_slice(&JPEG[2..]);
    let image = read_image(&described);
    assert_eq!(
        (image.width_px(), image.height_px(), image.format()),
        (48, 32, Format::Jpeg)
    );
    assert_eq!(image.file(), JPEG);
    let file = pdf_of(&described);
    assert!(contains(&file, JPEG) && contains(&file, b"/DCTDecode"));
    assert!(!contains(&file, b"secret"));
    check_near(pixel(&image, 2, 2), [255, 255, 255, 255]);
    check_near(pixel(&image, 20, 30), [77, 40, 57, 255]);
}

#[test]
fn progressive_gray_and_cmyk_jpegs_are_read() {
    check_near(
        pixel(&read_image(include_bytes!("data/progressive.jpg")), 20, 30),
        [77, 40, 57, 255],
    );
    let gray = include_bytes!("data/gray.jpg");
    let [r, g, b, _] = pixel(&read_image(gray), 20, 30);
    assert!(r == g && g == b && r.abs_diff(53) < 12, "{r}");
    assert!(contains(&pdf_of(gray), b"/DeviceGray"));
    let cmyk = include_bytes!("data/cmyk.jpg");
    check_near(pixel(&read_image(cmyk), 20, 30), [77, 40, 57, 255]);
    assert!(contains(&pdf_of(cmyk), b"/Decode[1 0 1 0 1 0 1 0]"));
}

#[test]
fn a_jpeg_held_sideways_is_turned() {
    let image = read_image(include_bytes!("data/turned.jpg"));
    assert_eq!(
        (image.width_px(), image.height_px(), image.format()),
        (48, 32, Format::Png)
    );
    check_near(pixel(&image, 2, 2), [255, 255, 255, 255]);
    check_near(pixel(&image, 20, 30), [77, 40, 57, 255]);
}

#[test]
fn rows_of_an_opaque_png_are_passed_through() {
    let rows = data(&[0, 255, 0, 0, 0, 255, 0, 0, 0, 0, 255, 9, 9, 9]);
    let file = png(&[
        header(2, 2, 8, 2, 0),
        chunk(b"tEXt", b"Author\0me"),
        rows.clone(),
    ]);
    let image = read_image(&file);
    assert_eq!(pixel(&image, 1, 0), [0, 255, 0, 255]);
    assert!(!contains(image.file(), b"Author"));
    let pdf = pdf_of(&file);
    assert!(contains(&pdf, &rows[8..rows.len() - 4]));
    assert!(contains(
        &pdf,
        b"/Predictor 15/Colors 3/BitsPerComponent 8/Columns 2"
    ));
    assert!(!contains(&pdf, b"/SMask"));
}

#[test]
fn sixteen_bits_and_palettes_are_passed_through() {
    let gray = png(&[header(1, 1, 16, 0, 0), data(&[0, 128, 0])]);
    assert_eq!(pixel(&read_image(&gray), 0, 0), [128, 128, 128, 255]);
    assert!(contains(&pdf_of(&gray), b"/BitsPerComponent 16"));
    let palette = chunk(b"PLTE", &[1, 2, 3, 250, 240, 230]);
    let rows = data(&[0, 0b0100_0000]);
    let indexed = png(&[header(2, 1, 1, 3, 0), palette.clone(), rows.clone()]);
    assert_eq!(pixel(&read_image(&indexed), 1, 0), [250, 240, 230, 255]);
    assert!(contains(&pdf_of(&indexed), b"[/Indexed/DeviceRGB 1"));
    // With transparency, which goes into a mask.
    let clear = png(&[header(2, 1, 1, 3, 0), palette, chunk(b"tRNS", &[77]), rows]);
    assert_eq!(pixel(&read_image(&clear), 0, 0), [1, 2, 3, 77]);
    let pdf = pdf_of(&clear);
    assert!(contains(&pdf, b"[/Indexed/DeviceRGB 1") && contains(&pdf, b"/SMask"));
}

#[test]
fn alpha_and_interlacing_are_unfolded() {
    let rgba = png_file(2, 1, png::ColorType::Rgba, &[9, 8, 7, 255, 6, 5, 4, 100]);
    assert_eq!(pixel(&read_image(&rgba), 1, 0), [6, 5, 4, 100]);
    let pdf = pdf_of(&rgba);
    assert!(contains(&pdf, b"/DeviceRGB") && contains(&pdf, b"/SMask"));
    let opaque = png_file(1, 1, png::ColorType::Rgba, &[9, 8, 7, 255]);
    assert!(!contains(&pdf_of(&opaque), b"/SMask"));
    let gray = png_file(1, 1, png::ColorType::Rgba, &[9, 9, 9, 40]);
    assert!(!contains(&pdf_of(&gray), b"/DeviceRGB"));
    // Adam7 of one pixel has one pass.
    let interlaced = png(&[header(1, 1, 8, 2, 1), data(&[0, 3, 2, 1])]);
    assert_eq!(pixel(&read_image(&interlaced), 0, 0), [3, 2, 1, 255]);
    // One colour that counts as transparent.
    let keyed = png(&[
        header(2, 1, 8, 0, 0),
        chunk(b"tRNS", &[0, 200]),
        data(&[0, 200, 10]),
    ]);
    assert_eq!(pixel(&read_image(&keyed), 0, 0)[3], 0);
    assert_eq!(pixel(&read_image(&keyed), 1, 0), [10, 10, 10, 255]);
}

fn check_refused(bytes: &[u8], expected: &str) {
    let said = PreparedImage::read(bytes).unwrap_err().to_string();
    assert!(said.contains(expected), "{said}");
}

#[test]
fn large_images_are_refused_by_their_header() {
    // A bomb: the header promises 1.6 GB, and nothing follows that would have to be decoded.
    let rows = data(&[0]);
    check_refused(
        &png(&[header(16_000, 16_000, 8, 6, 0), rows.clone()]),
        "more than 16000000",
    );
    check_refused(
        &png(&[header(16_385, 1, 8, 6, 0), rows.clone()]),
        "1 to 16384",
    );
    check_refused(&png(&[header(0, 7, 8, 6, 0), rows]), "0 × 7");
    let mut jpeg = JPEG.to_vec();
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x3E, 0x80, 0x3E, 0x80]);
    check_refused(&jpeg, "16000 × 16000 pixels, more than 16000000");
    let found = MAX_BYTES + 1;
    let refused = Err(ImageError::TooLarge {
        found,
        max: MAX_BYTES,
    });
    assert_eq!(PreparedImage::read(&vec![0xFF; found]).map(|_| ()), refused);
}

#[test]
fn other_files_and_damage_are_refused_by_name() {
    check_refused(b"GIF89a", "neither a JPEG nor a PNG");
    check_refused(b"", "neither a JPEG nor a PNG");
    check_refused(b"\x89PNG", "the PNG is damaged: a broken signature");
    check_refused(b"\xFF\xD8\xFF\xDA", "the JPEG is damaged");
    let mut lossless = JPEG.to_vec();
    let frame = lossless
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    lossless[frame + 1] = 0xC3;
    check_refused(&lossless, "lossless");
    let mut bare = include_bytes!("data/cmyk.jpg").to_vec();
    let adobe = bare.windows(5).position(|word| word == b"Adobe").unwrap();
    bare[adobe] = b'X';
    check_refused(&bare, "without the Adobe marker; save it as RGB");
}

#[test]
fn no_cut_or_changed_byte_makes_it_panic() {
    let logo = sample::logo_png();
    for whole in [JPEG, logo.as_slice()] {
        for length in (0..whole.len()).step_by(7) {
            let _ = PreparedImage::read(&whole[..length]);
        }
        for index in 0..whole.len().min(700) {
            let mut changed = whole.to_vec();
            changed[index] ^= 0x55;
            if let Ok(image) = PreparedImage::read(&changed) {
                assert_eq!(
                    image.rgba().len(),
                    image.width_px() as usize * image.height_px() as usize * 4
                );
            }
        }
    }
}
