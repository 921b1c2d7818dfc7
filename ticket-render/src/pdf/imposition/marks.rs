//! Crop marks.

use std::collections::BTreeSet;

use super::CropMarks;
use super::grid::Grid;
use crate::decimal::push_points;
use crate::length::{Length, Point};
use crate::pdf::content::push_lengths;

/// Writes the operators that draw a sheet's marks.
pub(in crate::pdf) fn push_marks(out: &mut Vec<u8>, grid: &Grid, marks: &CropMarks) {
    out.extend_from_slice(b"q 0 G ");
    push_points(out, marks.weight);
    out.extend_from_slice(b" w 0 J\n");
    let height = grid.sheet().height;
    for (from, to) in lines(grid, marks) {
        push_lengths(out, &[from.x, height - from.y]);
        out.extend_from_slice(b"m ");
        push_lengths(out, &[to.x, height - to.y]);
        out.extend_from_slice(b"l\n");
    }
    out.extend_from_slice(b"S Q\n");
}

/// Upright marks at the edges of columns, then level ones at the edges of rows.
pub(super) fn lines(grid: &Grid, marks: &CropMarks) -> Vec<(Point, Point)> {
    let cuts = |tickets: &mut dyn Iterator<Item = (Length, Length)>| -> BTreeSet<Length> {
        tickets.flat_map(|(first, last)| [first, last]).collect()
    };
    let mut lines = Vec::new();
    for x in cuts(&mut grid.columns()) {
        for (from, to) in along(grid.rows(), marks) {
            lines.push((Point { x, y: from }, Point { x, y: to }));
        }
    }
    for y in cuts(&mut grid.rows()) {
        for (from, to) in along(grid.columns(), marks) {
            lines.push((Point { x: from, y }, Point { x: to, y }));
        }
    }
    lines
}

/// From where to where marks go along one cut, which leads past these tickets: before the first,
/// between neighbours where there is room, and behind the last.
fn along(
    tickets: impl Iterator<Item = (Length, Length)> + Clone,
    marks: &CropMarks,
) -> Vec<(Length, Length)> {
    let (length, offset) = (marks.length, marks.offset);
    let mut spans = Vec::new();
    if let Some((first, _)) = tickets.clone().next() {
        spans.push((first - offset - length, first - offset));
    }
    for ((_, above), (below, _)) in tickets.clone().zip(tickets.clone().skip(1)) {
        let (from, to) = (above + offset, below - offset);
        if to - from > length + length {
            spans.push((from, from + length));
            spans.push((to - length, to));
        } else if to > from {
            spans.push((from, to));
        }
    }
    if let Some((_, last)) = tickets.last() {
        spans.push((last + offset, last + offset + length));
    }
    spans
}
