//! Matrix codes as paths.

use std::fmt::Write as _;

use super::Drawing;
use super::number::{Coordinate, Decimal, escape, push_integer};
use super::shape::css;
use crate::scene::PlacedCode;

impl Drawing<'_> {
    /// The ground and the modules as two paths. The modules' path is in module units; crisp edges
    /// keep viewers from blurring the seams between rectangles.
    pub(super) fn code(&mut self, code: &PlacedCode, alternative: Option<&str>) {
        let quiet = i64::from(code.quiet_modules);
        let side = code
            .module
            .scaled(i64::from(code.symbol.width()) + 2 * quiet, 1);
        self.body.push_str("<g");
        if let Some(text) = alternative {
            let _ = write!(self.body, " role=\"img\" aria-label=\"{}\"", escape(text));
        }
        let _ = write!(
            self.body,
            " shape-rendering=\"crispEdges\" transform=\"translate({} {})\"><path fill=\"{}\" d=\"M0 0h{side}v{side}h-{side}z\"/>",
            Coordinate(code.origin.x),
            Coordinate(code.origin.y),
            css(code.light),
            side = Coordinate(side),
        );
        let _ = write!(
            self.body,
            "<path fill=\"{}\" transform=\"scale({})\" d=\"",
            css(code.dark),
            Decimal::of_ratio(code.module.to_emu(), 100),
        );
        for rect in code.symbol.rectangles() {
            let (x, y) = (i64::from(rect.x) + quiet, i64::from(rect.y) + quiet);
            let (width, height) = (i64::from(rect.width), i64::from(rect.height));
            for (before, number) in [
                ("M", x),
                (" ", y),
                ("h", width),
                ("v", height),
                ("h", -width),
            ] {
                self.body.push_str(before);
                push_integer(&mut self.body, number);
            }
            self.body.push('z');
        }
        self.body.push_str("\"/></g>");
    }
}
