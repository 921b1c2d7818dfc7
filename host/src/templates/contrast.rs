//! How well two colours can be told apart (WCAG 2, "relative luminance" and "contrast ratio").

use ticket_render::scene::Color;

/// From 1 (alike) to 21 (black and white).
pub(super) fn contrast_ratio(one: Color, other: Color) -> f64 {
    const FLARE: f64 = 0.05;
    let (one, other) = (luminance(one), luminance(other));
    let (lighter, darker) = if one > other {
        (one, other)
    } else {
        (other, one)
    };
    (lighter + FLARE) / (darker + FLARE)
}

/// Whether the first colour is the darker one.
pub(super) fn is_darker(one: Color, other: Color) -> bool {
    luminance(one) < luminance(other)
}

fn luminance(color: Color) -> f64 {
    let (red, green, blue) = match color {
        Color::Rgb { r, g, b } => (share(r), share(g), share(b)),
        Color::Gray(level) => (share(level), share(level), share(level)),
        Color::Cmyk { c, m, y, k } => {
            let paper = 1.0 - share(k);
            (
                (1.0 - share(c)) * paper,
                (1.0 - share(m)) * paper,
                (1.0 - share(y)) * paper,
            )
        }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

fn share(level: u8) -> f64 {
    f64::from(level) / 255.0
}

/// Undoes the transfer function of sRGB (IEC 61966-2-1).
fn linear(level: f64) -> f64 {
    if level <= 0.040_45 {
        return level / 12.92;
    }
    let base = (level + 0.055) / 1.055;
    // base^2.4 = base² · fifth root of base². Newton's method with plain arithmetic, because the
    // standard library's powers may differ between machines in the last bit.
    let square = base * base;
    let mut root = square;
    for _ in 0..40 {
        let fourth = root * root * root * root;
        root = (4.0 * root + square / fourth) / 5.0;
    }
    square * root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(one: Color, other: Color, expected: f64) {
        let found = contrast_ratio(one, other);
        assert!(
            (found - expected).abs() < 0.01,
            "{one:?} on {other:?}: {found}"
        );
    }

    #[test]
    fn contrasts_are_as_published() {
        check(Color::BLACK, Color::WHITE, 21.0);
        check(Color::WHITE, Color::WHITE, 1.0);
        check(Color::Gray(0x77), Color::WHITE, 4.48);
        check(Color::Rgb { r: 0, g: 0, b: 255 }, Color::WHITE, 8.59);
        check(
            Color::Cmyk {
                c: 0,
                m: 0,
                y: 0,
                k: 255,
            },
            Color::WHITE,
            21.0,
        );
    }

    #[test]
    fn the_darker_colour_is_known() {
        assert!(is_darker(Color::BLACK, Color::Gray(1)));
        assert!(!is_darker(Color::WHITE, Color::WHITE));
    }
}
