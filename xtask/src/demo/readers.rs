//! Codes read back from pictures, by two readers that share no code.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;

/// How every ticket's code begins.
const TOKEN_PREFIX: &str = "TK1:";

/// What a worn copy suffers, all of it at once, which is harder than each alone.
pub const WEAR: &str = "turned by 5°, blurred by a pixel, contrast cut to 40 %, JPEG of quality 20";
const TILT_DEGREES: &str = "5";
/// Radius by itself, standard deviation 1: a third of a module at 150 dpi.
const BLUR: &str = "0x1";
/// What black and white become.
const CONTRAST: &str = "35%,75%";
const JPEG_QUALITY: &str = "20";
/// No pixel of a worn copy is beyond these, of 0 to 255: the contrast with room for JPEG's ringing.
const WORN_PIXELS: std::ops::RangeInclusive<u8> = 50..=230;

/// What each reader made of one picture.
pub struct Readings {
    pub rqrr: Option<String>,
    pub zbar: Option<String>,
}

impl Readings {
    /// Whether both read exactly `text`.
    pub fn agree_on(&self, text: &str) -> bool {
        self.rqrr.as_deref() == Some(text) && self.zbar.as_deref() == Some(text)
    }
}

/// Wears a copy of a PGM file out as [`WEAR`] says, and reads the ticket code in it.
pub fn read_worn_copy(picture: &Path) -> Result<Readings> {
    let jpeg = picture.with_extension("worn.jpg");
    let worn = picture.with_extension("worn.pgm");
    process::capture(
        Command::new("convert")
            .arg(picture)
            .args(["-background", "white", "-rotate", TILT_DEGREES])
            .args(["-blur", BLUR, "+level", CONTRAST])
            .args(["-quality", JPEG_QUALITY])
            .arg(&jpeg),
    )?;
    process::capture(Command::new("convert").arg(&jpeg).arg(&worn))?;
    check_wear(&std::fs::read(picture)?, &std::fs::read(&worn)?)
        .with_context(|| format!("{} is not worn as it should be", worn.display()))?;
    let readings = read(&worn)?;
    std::fs::remove_file(&jpeg)?;
    std::fs::remove_file(&worn)?;
    Ok(readings)
}

/// Reads the ticket code in a binary PGM file.
pub fn read(picture: &Path) -> Result<Readings> {
    Ok(Readings {
        rqrr: read_by_rqrr(picture)?,
        zbar: read_by_zbar(picture),
    })
}

fn read_by_rqrr(picture: &Path) -> Result<Option<String>> {
    let bytes =
        std::fs::read(picture).with_context(|| format!("cannot read {}", picture.display()))?;
    let gray = parse_pgm(&bytes).with_context(|| format!("{} is no PGM", picture.display()))?;
    // Where a module is two pixels wide, a scanner's second frame is a little nearer; here it is this
    // one at double size.
    Ok(
        read_by(gray.width, gray.height, |x, y| gray.at(x, y)).or_else(|| {
            read_by(gray.width * 2, gray.height * 2, |x, y| {
                gray.at_double_size(x, y)
            })
        }),
    )
}

/// What rqrr reads in a picture of these pixels.
fn read_by(width: usize, height: usize, pixel: impl Fn(usize, usize) -> u8) -> Option<String> {
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, pixel);
    prepared
        .detect_grids()
        .iter()
        .filter_map(|grid| grid.decode().ok())
        .map(|(_, text)| text)
        .find(|text| text.starts_with(TOKEN_PREFIX))
}

impl Gray<'_> {
    /// White beyond the edge.
    fn at(&self, x: usize, y: usize) -> u8 {
        let inside = x < self.width;
        let pixel = inside.then(|| self.pixels.get(y * self.width + x));
        pixel.flatten().copied().unwrap_or(u8::MAX)
    }

    /// Between pixels, what lies between them: a lens knows no squares.
    fn at_double_size(&self, x: usize, y: usize) -> u8 {
        // The nearer of two pixels counts three times as much.
        let sides = |place: usize| match (place / 2, place % 2) {
            (pixel, 0) => (pixel, pixel.saturating_sub(1)),
            (pixel, _) => (pixel, pixel + 1),
        };
        let ((near_x, far_x), (near_y, far_y)) = (sides(x), sides(y));
        let at = |x, y| u32::from(self.at(x, y));
        let sum =
            9 * at(near_x, near_y) + 3 * (at(far_x, near_y) + at(near_x, far_y)) + at(far_x, far_y);
        u8::try_from(sum / 16).unwrap_or(u8::MAX)
    }
}

fn read_by_zbar(picture: &Path) -> Option<String> {
    // It ends with an error when it sees no code: that is an answer here.
    let printed = process::capture(
        Command::new("zbarimg")
            .args(["--quiet", "--raw", "--nodbus"])
            .args(["-Sdisable", "-Sqrcode.enable"])
            .arg(picture),
    )
    .ok()?;
    printed
        .lines()
        .find(|text| text.starts_with(TOKEN_PREFIX))
        .map(str::to_owned)
}

/// Whether the tilt and the loss of contrast are there: a program that ignored an option would make
/// the test an easy one.
fn check_wear(fresh: &[u8], worn: &[u8]) -> Result<()> {
    let (fresh, worn) = (parse_pgm(fresh)?, parse_pgm(worn)?);
    ensure!(
        worn.width > fresh.width && worn.height > fresh.height,
        "a page that is turned needs more room"
    );
    let extremes = worn.pixels.iter().min().zip(worn.pixels.iter().max());
    ensure!(
        extremes.is_some_and(|(low, high)| WORN_PIXELS.contains(low) && WORN_PIXELS.contains(high)),
        "its pixels go from and to {extremes:?}"
    );
    Ok(())
}

struct Gray<'a> {
    width: usize,
    height: usize,
    pixels: &'a [u8],
}

/// The header of a binary PGM: `P5`, width, height and 255, with one white space before the rows.
fn parse_pgm(bytes: &[u8]) -> Result<Gray<'_>> {
    let mut rest = bytes;
    let mut words = [""; 4];
    for word in &mut words {
        let start = rest
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())
            .context("it ends within its header")?;
        let length = rest[start..]
            .iter()
            .position(u8::is_ascii_whitespace)
            .context("it ends within its header")?;
        *word = std::str::from_utf8(&rest[start..start + length])?;
        rest = &rest[start + length..];
    }
    let [magic, width, height, maximum] = words;
    ensure!(magic == "P5" && maximum == "255", "it is {magic} {maximum}");
    let (width, height) = (width.parse()?, height.parse()?);
    let pixels = rest.get(1..).unwrap_or_default();
    ensure!(
        Some(pixels.len()) == usize::checked_mul(width, height),
        "it is not as large as it says"
    );
    Ok(Gray {
        width,
        height,
        pixels,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pgm_headers_are_read() {
        let gray = parse_pgm(b"P5\n2 1\n255\n\x00\xff").unwrap();
        assert_eq!(
            (gray.width, gray.height, gray.pixels),
            (2, 1, &b"\x00\xff"[..])
        );
    }

    #[test]
    fn a_copy_that_is_not_worn_is_noticed() {
        let fresh = b"P5\n1 1\n255\n\x00";
        let check = |worn: &[u8], sound: bool| {
            assert_eq!(check_wear(fresh, worn).is_ok(), sound, "{worn:?}");
        };
        check(b"P5\n2 2\n255\n\x60\x60\xa0\xa0", true);
        check(b"P5\n2 2\n255\n\x00\x60\xa0\xa0", false);
        check(b"P5\n2 2\n255\n\x60\x60\xa0\xff", false);
        check(b"P5\n1 1\n255\n\x60", false);
    }

    #[test]
    fn damaged_pgm_files_are_refused() {
        for damaged in [&b""[..], b"P5", b"P6\n1 1\n255\n\0", b"P5\n2 2\n255\n\0"] {
            assert!(parse_pgm(damaged).is_err(), "{damaged:?}");
        }
    }
}
