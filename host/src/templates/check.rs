//! The dry run of an upload: everything that could go wrong with a ticket goes wrong here first.
//!
//! Compile, link, `prepare`, then lay out and render the author's own sample and a set of hard ones,
//! and read the code back from the pixels, as a gate will.

use std::time::Instant;

use ticket_render::assets::Assets;
use ticket_render::error::RenderError;
use ticket_render::pdf::{self, PdfOptions};
use ticket_render::scene::{Content, Scene};

use super::bindings::v0::PrepareFailure;
use super::call::{CallStats, TemplateFailure};
use super::compile::CompileError;
use super::compose::{AuthorNotes, CodeText};
use super::limits::TemplateLimits;
use super::loaded::{LaidOut, LayOutError, LoadedTemplate, PrepareError};
use super::manifest::{TokenProfile, TokenUse};
use super::read_back::is_readable;
use super::report::{Figures, Finding, Report, ReportState};
use super::samples::{self, Case, Weight};
use super::warnings::{Usefulness, Warnings};

/// Resolution at which the printed code must be read back.
const PRINT_DPI: u32 = 300;
/// Resolution of cheap printers and small screens, at which it should.
const COARSE_DPI: u32 = 150;
/// A call that takes longer than this makes batches slow.
const SLOW_MICROSECONDS: u64 = 20_000;

/// Collects what is found.
pub(super) struct Inspection {
    problems: Vec<Finding>,
    warnings: Warnings,
    undecided: bool,
    pub figures: Figures,
}

impl Inspection {
    pub fn of_upload(upload_bytes: usize) -> Self {
        Self {
            problems: Vec::new(),
            warnings: Warnings::default(),
            undecided: false,
            figures: Figures {
                upload_bytes: upload_bytes as u64,
                ..Figures::default()
            },
        }
    }

    /// Notes that the upload did not become code.
    pub fn compile_failed(&mut self, error: &CompileError) {
        let code = match error {
            CompileError::UploadTooLarge { .. } => "UPLOAD_TOO_LARGE",
            CompileError::NotWebAssembly { .. } => "NOT_WEBASSEMBLY",
            CompileError::Invalid { .. } => "INVALID_COMPONENT",
            CompileError::Imports { .. } => "IMPORTS",
            CompileError::WrongContract { .. } => "WRONG_CONTRACT",
            CompileError::TooSlow { .. } => "COMPILE_TOO_SLOW",
            CompileError::TooMuchMemory { .. } => "COMPILE_TOO_MUCH_MEMORY",
            CompileError::CompilerStopped { .. } => "COMPILER_STOPPED",
            CompileError::Unavailable { .. } => {
                self.undecided = true;
                "UNAVAILABLE"
            }
        };
        match error {
            CompileError::WrongContract { contract, problems } => {
                for problem in problems {
                    self.problem(code, contract, problem.clone());
                }
            }
            _ => self.problem(code, "", error.to_string()),
        }
    }

    /// Notes that compiled code cannot be run here.
    pub fn link_failed(&mut self, reason: &str, limits: &TemplateLimits) {
        // The pool refuses a memory that begins beyond its slots before any of it is there.
        // wasmtime has no type for this; a test watches over its words.
        let too_large = reason
            .split_once("memory has a minimum byte size of ")
            .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        match too_large {
            Some(asked) => self.failure(
                "start",
                &TemplateFailure::OutOfMemory {
                    name: "memory_bytes",
                    limit: limits.memory_bytes,
                    asked,
                },
            ),
            None => self.problem(
                "INVALID_COMPONENT",
                "",
                format!("the component cannot be loaded: {reason}"),
            ),
        }
    }

    /// Notes why a version cannot be prepared.
    pub fn prepare_failed(&mut self, error: &PrepareError) {
        const PLACE: &str = "prepare";
        match error {
            PrepareError::Guest(PrepareFailure::Settings { problems }) => {
                for problem in problems {
                    let message = format!("{} ({})", problem.message, problem.kind);
                    self.problem("SETTINGS", &problem.at, message);
                }
            }
            PrepareError::Guest(PrepareFailure::Broken(failure)) => self.failure(PLACE, failure),
            PrepareError::Missing(missing) => {
                for message in missing {
                    self.problem("MISSING", PLACE, message.clone());
                }
            }
            PrepareError::Asset { name, error } => {
                self.problem("ASSET", name, error.to_string());
            }
            PrepareError::Render(error) => self.problem("RENDER", PLACE, error.to_string()),
        }
    }

    /// Tries a loaded version with all samples.
    pub fn try_out(
        &mut self,
        template: &LoadedTemplate,
        notes: &AuthorNotes,
        limits: &TemplateLimits,
    ) {
        self.warnings.add_notes("prepare", Weight::Sample, notes);
        let code = CodeText::Specimen(largest_code(template.token_use()));
        for case in samples::cases(template.manifest()) {
            let begun = Instant::now();
            let (answer, stats) = template.lay_out_with_stats(&case.order, &code);
            self.figures.layouts.push((case.name, stats));
            self.figures.largest_layout = larger(self.figures.largest_layout, stats);
            match answer {
                Ok(laid_out) => self.laid_out(&case, &laid_out, &code),
                Err(error) => self.case_failed(&case, &error),
            }
            tracing::debug!(
                case = case.name,
                ms = begun.elapsed().as_millis() as u64,
                "tried a template"
            );
        }
        self.judge_figures(limits);
    }

    /// The verdict.
    pub fn conclude(self, template: Option<&LoadedTemplate>) -> Report {
        let (warnings, omitted_warnings) = self.warnings.conclude();
        Report {
            state: if self.undecided {
                ReportState::Undecided
            } else if self.problems.is_empty() {
                ReportState::Ready
            } else {
                ReportState::Rejected
            },
            problems: self.problems,
            warnings,
            omitted_warnings,
            figures: self.figures,
            manifest: template.map(|template| template.manifest().clone()),
        }
    }

    fn laid_out(&mut self, case: &Case, laid_out: &LaidOut, code: &CodeText) {
        self.warnings
            .add_notes(case.name, case.weight, &laid_out.notes);
        // Every case is rendered, because what is laid out must also be drawable; reading the code
        // back once is enough, as its place and size hardly depend on the data.
        if let Err(error) = pdf::render(&laid_out.scene, &laid_out.assets, &PdfOptions::default()) {
            self.problem("RENDER", case.name, error.to_string());
        }
        if case.weight == Weight::Sample {
            self.read_back(&laid_out.scene, &laid_out.assets, code);
        }
    }

    fn case_failed(&mut self, case: &Case, error: &LayOutError) {
        match (case.weight, error) {
            (Weight::Sample, LayOutError::Template(TemplateFailure::Refused { reason })) => self
                .problem(
                    "TEMPLATE_REFUSED",
                    case.name,
                    format!("the template refuses the sample of its own manifest: {reason}"),
                ),
            // A rule of the author's own, such as "a seat is needed", is no fault.
            (_, LayOutError::Template(TemplateFailure::Refused { reason })) => self.warning(
                Usefulness::of(case.weight),
                "TEMPLATE_REFUSED",
                case.name,
                format!("the template refuses this trial: {reason}"),
            ),
            (_, LayOutError::Template(TemplateFailure::Overloaded { reason })) => {
                self.undecided = true;
                self.problem("OVERLOADED", case.name, reason.clone());
            }
            (Weight::Beyond, LayOutError::Template(TemplateFailure::BadLayout { problems })) => {
                for problem in problems {
                    self.warning(
                        Usefulness::Beyond,
                        "NOT_YET",
                        case.name,
                        problem.to_string(),
                    );
                }
            }
            (_, LayOutError::Template(failure)) => self.failure(case.name, failure),
            (_, LayOutError::Values(problems)) => {
                for problem in problems {
                    self.problem("VALUES", case.name, problem.to_string());
                }
            }
        }
    }

    fn failure(&mut self, place: &str, failure: &TemplateFailure) {
        let code = match failure {
            TemplateFailure::Refused { .. } => "TEMPLATE_REFUSED",
            TemplateFailure::Failed { .. } => "TEMPLATE_FAILED",
            TemplateFailure::Trapped { backtrace, message } => {
                let trace = if backtrace.is_empty() {
                    String::new()
                } else {
                    format!("; it was in {}", backtrace.join(" ← "))
                };
                return self.problem("TEMPLATE_TRAPPED", place, format!("{message}{trace}"));
            }
            TemplateFailure::OutOfFuel { .. } => "TEMPLATE_OUT_OF_FUEL",
            TemplateFailure::OutOfMemory { .. } => "TEMPLATE_OUT_OF_MEMORY",
            TemplateFailure::BadLayout { problems } => {
                for problem in problems {
                    let place = format!("{place}, {}", problem.place);
                    let field = if problem.field.is_empty() { "" } else { ": " };
                    let message = format!("{}{field}{}", problem.field, problem.message);
                    self.problem("TEMPLATE_BAD_LAYOUT", &place, message);
                }
                return;
            }
            TemplateFailure::Overloaded { .. } => {
                self.undecided = true;
                "OVERLOADED"
            }
        };
        self.problem(code, place, failure.to_string());
    }

    fn read_back(&mut self, scene: &Scene, assets: &Assets, code: &CodeText) {
        let (CodeText::Specimen(expected) | CodeText::Token(expected)) = code;
        for (page, index) in scene.pages.iter().zip(0..) {
            let codes = page
                .elements
                .iter()
                .filter(|element| matches!(element.content, Content::Code(_)))
                .count();
            if codes == 0 {
                continue;
            }
            let place = format!("page {}", index + 1);
            let is_read = |dpi| is_readable(expected, scene, index, assets, dpi);
            match is_read(PRINT_DPI) {
                Ok(true) => {}
                Ok(false) => self.problem(
                    "CODE_UNREADABLE",
                    &place,
                    format!("the code cannot be read back from the page at {PRINT_DPI} dpi; make its frame larger, its colours stronger, and keep the area around it calm"),
                ),
                // A poster: its code is large enough by far if its modules are.
                Err(RenderError::TooManyPixels { .. }) => self.warning(
                    Usefulness::Certain,
                    "CODE_NOT_TRIED",
                    &place,
                    format!("the page is too large to read its code back at {PRINT_DPI} dpi"),
                ),
                Err(error) => self.problem("RENDER", &place, error.to_string()),
            }
            if let Ok(false) = is_read(COARSE_DPI) {
                self.warning(
                    Usefulness::Certain,
                    "CODE_HARD_TO_READ",
                    &place,
                    format!("the code cannot be read back at {COARSE_DPI} dpi; a larger frame helps cheap printers and old cameras"),
                );
            }
        }
    }

    fn judge_figures(&mut self, limits: &TemplateLimits) {
        let largest = self.figures.largest_layout;
        if largest.fuel > limits.fuel / 2 {
            self.warning(
                Usefulness::Cost,
                "FUEL",
                "layout",
                format!(
                    "a ticket took {} of `fuel` = {}; more than half",
                    largest.fuel, limits.fuel
                ),
            );
        }
        if largest.peak_memory_bytes > limits.memory_bytes / 2 {
            self.warning(
                Usefulness::Cost,
                "MEMORY",
                "layout",
                format!(
                    "a ticket took {} bytes of `memory_bytes` = {}; more than half",
                    largest.peak_memory_bytes, limits.memory_bytes
                ),
            );
        }
        if largest.microseconds > SLOW_MICROSECONDS {
            self.warning(
                Usefulness::Cost,
                "SLOW",
                "layout",
                format!(
                    "a ticket took {} ms; large batches will take long",
                    largest.microseconds / 1_000
                ),
            );
        }
    }

    fn problem(&mut self, code: &'static str, place: &str, message: String) {
        self.problems.push(Finding {
            code,
            place: place.to_owned(),
            message,
        });
    }

    fn warning(
        &mut self,
        usefulness: Usefulness,
        code: &'static str,
        place: &str,
        message: String,
    ) {
        let place = place.to_owned();
        let finding = Finding {
            code,
            place,
            message,
        };
        self.warnings.add(usefulness, finding);
    }
}

fn larger(one: CallStats, other: CallStats) -> CallStats {
    CallStats {
        fuel: one.fuel.max(other.fuel),
        peak_memory_bytes: one.peak_memory_bytes.max(other.peak_memory_bytes),
        microseconds: one.microseconds.max(other.microseconds),
    }
}

/// Text as long as the largest token of the profile, and as varied; valid nowhere.
fn largest_code(token: TokenUse) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let bytes = match token {
        TokenUse::Required(profile) => profile.largest_token_bytes(),
        TokenUse::None => TokenProfile::Standard.largest_token_bytes(),
    };
    // Base45 writes two bytes as three characters and a single one as two (RFC 9285).
    let characters = bytes / 2 * 3 + bytes % 2 * 2;
    let mut state = 0x9E37_79B9_u32;
    let varied = (0..characters).map(|_| {
        // A linear congruential generator is varied enough for a picture.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let index = (state >> 16) as usize % ALPHABET.len();
        char::from(ALPHABET.get(index).copied().unwrap_or(b'0'))
    });
    std::iter::once("TK1:")
        .map(str::to_owned)
        .chain(varied.map(String::from))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_code_of_each_profile_has_its_length() {
        let length = |profile| largest_code(TokenUse::Required(profile)).len();
        assert_eq!(length(TokenProfile::Standard), 154);
        assert_eq!(length(TokenProfile::Server), 106);
        assert_eq!(length(TokenProfile::Dated), 165);
        assert_eq!(length(TokenProfile::Named), 208);
    }
}
