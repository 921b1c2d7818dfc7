//! Programs of other people that we look at our output with, and the Debian packages they come in.

use crate::apt::Program;

/// Checks the structure of a PDF.
pub const QPDF: Program = Program {
    name: "qpdf",
    package: "qpdf",
};

/// Rasterizes a PDF; its package also brings `pdftotext` and `pdffonts`.
pub const PDFTOPPM: Program = Program {
    name: "pdftoppm",
    package: "poppler-utils",
};

/// Reads codes from pictures.
pub const ZBARIMG: Program = Program {
    name: "zbarimg",
    package: "zbar-tools",
};

/// Wears pictures out. `convert`, which we use, may be another program of that name; this one
/// comes with ImageMagick alone.
pub const IMAGEMAGICK: Program = Program {
    name: "identify",
    package: "imagemagick",
};

/// Runs the verifier's npm package.
pub const NODE: Program = Program {
    name: "node",
    package: "nodejs",
};

/// Runs it as a page does.
pub const CHROMIUM: Program = Program {
    name: "chromium",
    package: "chromium",
};

/// Asks a host as often as it answers.
pub const WRK: Program = Program {
    name: "wrk",
    package: "wrk",
};

/// What the tests use together.
pub const ALL: [Program; 6] = [QPDF, PDFTOPPM, ZBARIMG, IMAGEMAGICK, NODE, CHROMIUM];
