//! Reports and manifests as JSON, as they are stored and shown.

use serde_json::{Value, json};

use super::call::CallStats;
use super::manifest::{Manifest, TokenProfile, TokenUse};
use super::report::{Finding, Report, ReportState};

/// A report for its author.
pub fn report_json(report: &Report) -> Value {
    let findings = |findings: &[Finding]| -> Vec<Value> {
        findings
            .iter()
            .map(|found| json!({ "code": found.code, "place": found.place, "message": found.message }))
            .collect()
    };
    let layouts: serde_json::Map<String, Value> = report
        .figures
        .layouts
        .iter()
        .map(|(name, stats)| ((*name).to_owned(), stats_json(stats)))
        .collect();
    json!({
        "state": match report.state {
            ReportState::Ready => "ready",
            ReportState::Rejected => "rejected",
            ReportState::Undecided => "undecided",
        },
        "problems": findings(&report.problems),
        "warnings": findings(&report.warnings),
        "omittedWarnings": report.omitted_warnings,
        "figures": {
            "uploadBytes": report.figures.upload_bytes,
            "codeBytes": report.figures.code_bytes,
            "compileMs": report.figures.compile_ms,
            "prepare": stats_json(&report.figures.prepare),
            "largestLayout": stats_json(&report.figures.largest_layout),
            "layouts": layouts,
        },
        "manifest": report.manifest.as_ref().map(manifest_json),
    })
}

/// What a template says of itself.
pub fn manifest_json(manifest: &Manifest) -> Value {
    let token = match manifest.token {
        TokenUse::None => "none",
        TokenUse::Required(TokenProfile::Standard) => "standard",
        TokenUse::Required(TokenProfile::Dated) => "dated",
        TokenUse::Required(TokenProfile::Named) => "named",
        TokenUse::Required(TokenProfile::Server) => "server",
    };
    json!({
        "name": manifest.name,
        "version": manifest.version,
        "description": manifest.description,
        "languages": manifest.languages,
        "pageFormats": manifest.page_formats.iter().map(|format| json!({
            "name": format.name,
            "widthMm": format.size.width.to_mm(),
            "heightMm": format.size.height.to_mm(),
        })).collect::<Vec<_>>(),
        "fields": manifest.fields.iter().map(|field| json!({
            "source": field.subject.name(),
            "name": field.name,
            "type": field.sample.type_name(),
            "required": field.required,
            "description": field.description,
        })).collect::<Vec<_>>(),
        "assets": manifest.assets.iter().map(|asset| json!({
            "name": asset.name,
            "description": asset.description,
        })).collect::<Vec<_>>(),
        "token": token,
    })
}

fn stats_json(stats: &CallStats) -> Value {
    json!({
        "fuel": stats.fuel,
        "peakMemoryBytes": stats.peak_memory_bytes,
        "microseconds": stats.microseconds,
    })
}
