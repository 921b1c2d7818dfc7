//! Decoded pixels.

/// 8-bit RGBA, not premultiplied.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pixels {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Four bytes a pixel, row by row from the top.
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for Pixels {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Pixels({} × {})", self.width, self.height)
    }
}

/// How a camera was held: what must be done to its rows before they are shown (EXIF tag 0x0112).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Orientation {
    /// Rows and columns change places; before the two mirrorings.
    pub transpose: bool,
    /// Mirrored left to right.
    pub mirror_x: bool,
    /// Mirrored top to bottom.
    pub mirror_y: bool,
}

impl Orientation {
    /// The meaning of the tag's value; anything unknown is upright.
    pub fn from_exif(value: u16) -> Self {
        let (transpose, mirror_x, mirror_y) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self {
            transpose,
            mirror_x,
            mirror_y,
        }
    }
}

impl Pixels {
    /// Transparent pixels.
    pub fn blank(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            rgba: vec![0; width as usize * height as usize * 4],
        }
    }

    /// Whether no pixel lets anything through.
    pub fn is_opaque(&self) -> bool {
        self.rgba.chunks_exact(4).all(|pixel| pixel[3] == u8::MAX)
    }

    /// Whether red, green and blue are equal everywhere.
    pub fn is_gray(&self) -> bool {
        self.rgba
            .chunks_exact(4)
            .all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2])
    }

    /// The same picture held upright.
    pub(super) fn oriented(&self, orientation: Orientation) -> Self {
        let (width, height) = if orientation.transpose {
            (self.height, self.width)
        } else {
            (self.width, self.height)
        };
        let mut rgba = Vec::with_capacity(self.rgba.len());
        for y in 0..height {
            for x in 0..width {
                let x = if orientation.mirror_x {
                    width - 1 - x
                } else {
                    x
                };
                let y = if orientation.mirror_y {
                    height - 1 - y
                } else {
                    y
                };
                let (from_x, from_y) = if orientation.transpose {
                    (y, x)
                } else {
                    (x, y)
                };
                let start = (from_y as usize * self.width as usize + from_x as usize) * 4;
                rgba.extend_from_slice(self.rgba.get(start..start + 4).unwrap_or(&[0; 4]));
            }
        }
        Self {
            width,
            height,
            rgba,
        }
    }

    /// A quarter of the pixels, each the mean of four, weighted by alpha. An odd last row or column
    /// is averaged with itself.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the raster exporter scales down by it")
    )]
    pub fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
        let pixel = |x: u32, y: u32| {
            let (x, y) = (x.min(self.width - 1), y.min(self.height - 1));
            let start = (y as usize * self.width as usize + x as usize) * 4;
            self.rgba.get(start..start + 4).unwrap_or(&[0; 4])
        };
        for y in (0..self.height).step_by(2) {
            for x in (0..self.width).step_by(2) {
                let four = [
                    pixel(x, y),
                    pixel(x + 1, y),
                    pixel(x, y + 1),
                    pixel(x + 1, y + 1),
                ];
                let alpha: u32 = four.iter().map(|pixel| u32::from(pixel[3])).sum();
                for channel in 0..3 {
                    let weighted: u32 = four
                        .iter()
                        .map(|pixel| u32::from(pixel[channel]) * u32::from(pixel[3]))
                        .sum();
                    rgba.push((weighted + alpha / 2).checked_div(alpha).unwrap_or(0) as u8);
                }
                rgba.push(((alpha + 2) / 4) as u8);
            }
        }
        Self {
            width,
            height,
            rgba,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(exif: u16, expected: &[u8]) {
        // 1 2 3
        // 4 5 6
        let rgba = (1..=6).flat_map(|value| [value, 0, 0, 255]).collect();
        let turned = Pixels {
            width: 3,
            height: 2,
            rgba,
        }
        .oriented(Orientation::from_exif(exif));
        let reds: Vec<u8> = turned.rgba.chunks(4).map(|pixel| pixel[0]).collect();
        assert_eq!(reds, expected, "orientation {exif}");
    }

    #[test]
    fn the_eight_orientations() {
        check(1, &[1, 2, 3, 4, 5, 6]);
        check(2, &[3, 2, 1, 6, 5, 4]);
        check(3, &[6, 5, 4, 3, 2, 1]);
        check(4, &[4, 5, 6, 1, 2, 3]);
        check(5, &[1, 4, 2, 5, 3, 6]);
        check(6, &[4, 1, 5, 2, 6, 3]);
        check(7, &[6, 3, 5, 2, 4, 1]);
        check(8, &[3, 6, 2, 5, 1, 4]);
    }

    #[test]
    fn halving_weighs_colour_by_alpha() {
        let red = [200, 0, 0, 255];
        let clear = [0, 100, 0, 0];
        let rgba = [red, clear, red, clear, red, clear].concat();
        let half = Pixels {
            width: 2,
            height: 3,
            rgba,
        }
        .halved();
        assert_eq!((half.width, half.height), (1, 2));
        assert_eq!(half.rgba, [200, 0, 0, 128, 200, 0, 0, 128]);
    }
}
