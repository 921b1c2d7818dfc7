//! PDF files as other programs read them.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test takes what it needs, so no expectation holds for all of them"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own for one test.
pub fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a program of the system; without it there is no test, which is refused where CI is set.
pub fn program(name: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(name).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) if std::env::var_os("CI").is_none() => {
            eprintln!("skipped, {name} cannot be run: {error}");
            None
        }
        Err(error) => panic!("{name} cannot be run: {error}"),
    }
}

pub fn stdout_of(name: &str, arguments: &[&str]) -> Option<String> {
    let output = program(name, arguments)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{name}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(text)
}

/// There must be nothing that qpdf finds wrong.
pub fn check_with_qpdf(path: &str) {
    let Some(output) = program("qpdf", &["--check", path]) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        !said.contains("WARNING") && output.stderr.is_empty(),
        "{said}"
    );
}

pub fn text_of(path: &str) -> Option<String> {
    // In the order of the page's content: poppler's own guess tears turned lines apart.
    stdout_of("pdftotext", &["-raw", path, "-"])
}

/// The gray pixels of a page, counted from 1, at so many dots per inch.
pub fn raster(path: &str, page: u32, dpi: u32) -> Option<(usize, usize, Vec<u8>)> {
    let prefix = path.replace(".pdf", "");
    let page = page.to_string();
    stdout_of(
        "pdftoppm",
        &[
            "-gray",
            "-singlefile",
            "-f",
            &page,
            "-r",
            &dpi.to_string(),
            path,
            &prefix,
        ],
    )?;
    let file = std::fs::read(format!("{prefix}.pgm")).unwrap();
    let mut fields = file.splitn(4, |byte| byte.is_ascii_whitespace()).skip(1);
    let mut number = || -> usize {
        std::str::from_utf8(fields.next().unwrap())
            .unwrap()
            .parse()
            .unwrap()
    };
    let (width, height) = (number(), number());
    let pixels = file[file.len() - width * height..].to_vec();
    Some((width, height, pixels))
}
