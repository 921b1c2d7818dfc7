//! Codes: the signed one in its slots, and those of the author's own.

use ticket_render::codes::Symbol;
use ticket_render::codes::qr::{self, ErrorCorrection as Level};
use ticket_render::length::{Length, Rect};
use ticket_render::scene::{
    Content, Element, Fill, FillRule, Outline, Paint, PlacedCode, Role, Shape,
};

use super::Findings;
use super::slot::{self, Fitted, GOOD_MODULE, LEAST_MODULE, QUIET_MODULES};
use crate::templates::layout::{Code, ErrorCorrection};

/// The token's symbol at the levels that slots ask for, each encoded once for a document.
pub(super) struct TokenSymbols<'text> {
    text: &'text str,
    encoded: Vec<(ErrorCorrection, Symbol)>,
}

impl<'text> TokenSymbols<'text> {
    pub fn new(text: &'text str) -> Self {
        Self {
            text,
            encoded: Vec::new(),
        }
    }

    fn at(&mut self, correction: ErrorCorrection) -> Result<Symbol, qr::EncodeError> {
        if let Some((_, symbol)) = self.encoded.iter().find(|(level, _)| *level == correction) {
            return Ok(symbol.clone());
        }
        let symbol = qr::encode(self.text, level_of(correction))?;
        self.encoded.push((correction, symbol.clone()));
        Ok(symbol)
    }
}

/// Draws the token into a slot that has been placed on the page.
pub(super) fn draw_token(
    code: &Code,
    frame: Rect,
    alternative: Option<String>,
    symbols: &mut TokenSymbols,
    findings: &mut Findings,
) -> Vec<Element> {
    let symbol = match symbols.at(code.correction) {
        Ok(symbol) => symbol,
        Err(error) => {
            findings.problem(
                "error-correction",
                format!("the token cannot be printed so: {error}"),
            );
            return Vec::new();
        }
    };
    let fitted = slot::fit(frame, symbol.width());
    let modules = i32::from(symbol.width()) + 2 * i32::from(QUIET_MODULES);
    if fitted.module < LEAST_MODULE {
        findings.problem(
            "frame",
            format!(
                "the modules of the code would be {:.3} mm; the least is {:.2} mm, which needs a frame of {:.1} mm",
                fitted.module.to_mm(),
                LEAST_MODULE.to_mm(),
                least_side(modules, LEAST_MODULE)
            ),
        );
        return Vec::new();
    }
    if fitted.module < GOOD_MODULE {
        findings.warning(format!(
            "the modules of the code are {:.3} mm; gates read {:.2} mm with ease, which needs a frame of {:.1} mm",
            fitted.module.to_mm(),
            GOOD_MODULE.to_mm(),
            least_side(modules, GOOD_MODULE)
        ));
    }
    draw(code, frame, symbol, fitted, alternative)
}

/// Millimetres, rounded up to tenths so that the advice is enough.
fn least_side(modules: i32, module: Length) -> f64 {
    let tenth = Length::mm(1).to_emu() / 10;
    let tenths = module
        .to_emu()
        .saturating_mul(modules)
        .saturating_add(tenth - 1)
        / tenth;
    f64::from(tenths) / 10.0
}

/// Draws a code with the author's own text, where it stands.
pub(super) fn draw_text(
    code: &Code,
    text: &str,
    alternative: Option<String>,
    findings: &mut Findings,
) -> Vec<Element> {
    let symbol = match richest(text, code.correction) {
        Ok(symbol) => symbol,
        Err(error) => {
            findings.problem("content", error.to_string());
            return Vec::new();
        }
    };
    let fitted = slot::fit(code.frame, symbol.width());
    if fitted.module == Length::ZERO {
        findings.problem("frame", "is too small for any code");
        return Vec::new();
    }
    if fitted.module < LEAST_MODULE {
        findings.warning(format!(
            "the modules of the code are {:.3} mm; many cameras need {:.2} mm",
            fitted.module.to_mm(),
            LEAST_MODULE.to_mm()
        ));
    }
    draw(code, code.frame, symbol, fitted, alternative)
}

/// More redundancy than asked where it costs no larger symbol.
fn richest(text: &str, least: ErrorCorrection) -> Result<Symbol, qr::EncodeError> {
    let mut best = qr::encode(text, level_of(least))?;
    for better in [
        ErrorCorrection::Medium,
        ErrorCorrection::Quartile,
        ErrorCorrection::High,
    ] {
        if better <= least {
            continue;
        }
        match qr::encode(text, level_of(better)) {
            Ok(symbol) if symbol.width() == best.width() => best = symbol,
            Ok(_) | Err(_) => break,
        }
    }
    Ok(best)
}

fn draw(
    code: &Code,
    frame: Rect,
    symbol: Symbol,
    fitted: Fitted,
    alternative: Option<String>,
) -> Vec<Element> {
    let mut elements = Vec::with_capacity(2);
    if !fitted.fills_frame {
        // The contract gives the code an opaque ground over all of its frame.
        elements.push(Element::artifact(Content::Shape(Shape {
            outline: Outline::Rect {
                rect: frame,
                radius: Length::ZERO,
            },
            fill: Some(Fill {
                paint: Paint::Solid(code.light),
                rule: FillRule::NonZero,
            }),
            stroke: None,
        })));
    }
    elements.push(Element {
        role: Role::Figure,
        alternative,
        content: Content::Code(PlacedCode {
            symbol,
            origin: fitted.origin,
            module: fitted.module,
            quiet_modules: QUIET_MODULES,
            dark: code.dark,
            light: code.light,
        }),
    });
    elements
}

const fn level_of(correction: ErrorCorrection) -> Level {
    match correction {
        ErrorCorrection::Low => Level::Low,
        ErrorCorrection::Medium => Level::Medium,
        ErrorCorrection::Quartile => Level::Quartile,
        ErrorCorrection::High => Level::High,
    }
}
