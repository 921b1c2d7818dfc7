//! Images in another number of pixels, in integers.

use std::ops::Range;

/// All weights of one sample add up to this.
const ONE: u32 = 1 << 16;

/// How each sample along one axis is mixed of the image's pixels.
pub(super) struct Axis {
    samples: Vec<Mix>,
    weights: Vec<u32>,
}

/// Neighbouring pixels from `first`, and which weights are theirs.
struct Mix {
    first: usize,
    weights: Range<usize>,
}

impl Axis {
    /// One sample for each of the page's pixels in `window`, of an image whose first of `pixels`
    /// pixels begins at `start` and which each are `step` wide there (above zero).
    pub fn aligned(pixels: u32, step: f64, start: f64, window: Range<i32>) -> Self {
        let mut axis = Self {
            samples: Vec::with_capacity(window.len()),
            weights: Vec::new(),
        };
        for position in window {
            let from = (f64::from(position) - start) / step;
            let to = (f64::from(position) + 1.0 - start) / step;
            axis.push(pixels, from, to);
        }
        axis
    }

    /// `samples` (above zero) of a whole image.
    pub fn whole(pixels: u32, samples: u32) -> Self {
        let window = 0..i32::try_from(samples).unwrap_or(i32::MAX);
        Self::aligned(pixels, f64::from(samples) / f64::from(pixels), 0.0, window)
    }

    /// A sample that covers the image from `from` to `to`, in pixels.
    fn push(&mut self, pixels: u32, from: f64, to: f64) {
        let end = f64::from(pixels);
        // Under a pixel there is nothing to average: two neighbours are mixed by their distance,
        // which is the same as a box of one pixel around the middle.
        let widened = ((1.0 - (to - from)) / 2.0).max(0.0);
        let (from, to) = (from - widened, to + widened);
        let first = from.floor().clamp(0.0, end - 1.0);
        let last = to.ceil().clamp(first + 1.0, end);
        // What lies outside of the image counts for the pixel at its edge.
        let span = to - from;
        let share = |edge: f64| {
            if edge <= first {
                0
            } else if edge >= last {
                ONE
            } else {
                ((edge - from) / span * f64::from(ONE)).clamp(0.0, f64::from(ONE)) as u32
            }
        };
        let begin = self.weights.len();
        let mut edge = first;
        while edge < last {
            self.weights.push(share(edge + 1.0) - share(edge));
            edge += 1.0;
        }
        self.samples.push(Mix {
            first: first as usize,
            weights: begin..self.weights.len(),
        });
    }

    fn mixes(&self) -> impl ExactSizeIterator<Item = (usize, &[u32])> {
        self.samples.iter().map(|mix| {
            (
                mix.first,
                self.weights.get(mix.weights.clone()).unwrap_or_default(),
            )
        })
    }

    /// The pixels that any sample needs.
    fn needed(&self) -> Range<usize> {
        let first = self.samples.iter().map(|mix| mix.first).min().unwrap_or(0);
        let last = self
            .samples
            .iter()
            .map(|mix| mix.first + mix.weights.len())
            .max();
        first..last.unwrap_or(first)
    }
}

/// Resamples RGBA pixels, rows of `width`, and multiplies colours with alpha before they are mixed,
/// so that what is transparent lends no colour.
pub(super) fn resample(rgba: &[u8], width: u32, columns: &Axis, rows: &Axis) -> Vec<u8> {
    let needed = columns.needed();
    let row_bytes = width as usize * 4;
    let mut sums = vec![0_u32; needed.len() * 4];
    let mut samples = Vec::with_capacity(columns.samples.len() * rows.samples.len() * 4);
    for (first_row, row_weights) in rows.mixes() {
        sums.fill(0);
        let image_rows = rgba.chunks_exact(row_bytes).skip(first_row);
        for (row, weight) in image_rows.zip(row_weights) {
            if let Some(row) = row.get(needed.start * 4..needed.end * 4) {
                add_row(&mut sums, row, *weight);
            }
        }
        for (first, weights) in columns.mixes() {
            let mixed = sums.chunks_exact(4).skip(first - needed.start).zip(weights);
            let sum = mixed.fold([1_u32 << 23; 4], |sum, (pixel, weight)| {
                // 255 × 256 × 65,536 and the half that rounds fit into 32 bits.
                std::array::from_fn(|channel| sum[channel] + (pixel[channel] >> 8) * weight)
            });
            samples.extend(sum.map(|channel| (channel >> 24) as u8));
        }
    }
    samples
}

/// Adds a weighted row: each channel up to 255 × [`ONE`] in all.
fn add_row(sums: &mut [u32], row: &[u8], weight: u32) {
    for (sum, pixel) in sums.chunks_exact_mut(4).zip(row.chunks_exact(4)) {
        let (Ok(sum), Ok(&[r, g, b, a])) =
            (<&mut [u32; 4]>::try_from(sum), <&[u8; 4]>::try_from(pixel))
        else {
            continue;
        };
        let covered = (u32::from(a) * weight + 127) / 255;
        sum[0] += u32::from(r) * covered;
        sum[1] += u32::from(g) * covered;
        sum[2] += u32::from(b) * covered;
        sum[3] += 255 * covered;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(row: &[[u8; 4]], samples: u32, expected: &[[u8; 4]]) {
        let columns = Axis::whole(row.len() as u32, samples);
        let result = resample(
            &row.concat(),
            row.len() as u32,
            &columns,
            &Axis::whole(1, 1),
        );
        assert_eq!(result, expected.concat());
    }

    const BLACK: [u8; 4] = [0, 0, 0, 255];
    const WHITE: [u8; 4] = [255; 4];
    const CLEAR_RED: [u8; 4] = [255, 0, 0, 0];

    #[test]
    fn the_same_size_changes_nothing() {
        check(
            &[BLACK, WHITE, [1, 2, 3, 255]],
            3,
            &[BLACK, WHITE, [1, 2, 3, 255]],
        );
    }

    #[test]
    fn shrinking_averages_whole_and_partial_pixels() {
        check(
            &[BLACK, WHITE, WHITE, WHITE],
            2,
            &[[128, 128, 128, 255], WHITE],
        );
        check(&[WHITE, BLACK, BLACK], 2, &[[170, 170, 170, 255], BLACK]);
    }

    #[test]
    fn growing_interpolates_and_repeats_the_edges() {
        check(
            &[BLACK, WHITE],
            4,
            &[BLACK, [64, 64, 64, 255], [191, 191, 191, 255], WHITE],
        );
    }

    #[test]
    fn what_is_transparent_lends_no_colour() {
        check(&[CLEAR_RED, BLACK], 1, &[[0, 0, 0, 128]]);
    }

    #[test]
    fn parts_of_an_image_are_the_same_as_cut_from_the_whole() {
        let rgba: Vec<u8> = (0..100_u32 * 4)
            .map(|byte| (byte * byte % 251) as u8 | 3)
            .collect();
        let rows = Axis::whole(1, 1);
        let whole = resample(&rgba, 100, &Axis::aligned(100, 0.37, 5.3, 0..50), &rows);
        let part = resample(&rgba, 100, &Axis::aligned(100, 0.37, 5.3, 20..30), &rows);
        assert_eq!(whole[80..120], part);
    }
}
