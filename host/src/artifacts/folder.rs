//! What writers that were killed left in a folder: files beside the artifact that they were to become.

use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;

/// Folders below the store's own: those of organizers, and those of jobs in them.
const DEPTH: usize = 2;

/// Removes unfinished files that were not written to since `before`, and answers how many.
///
/// # Errors
/// When the folder cannot be read. Files that are gone meanwhile are no error.
pub(super) fn sweep_unfinished(folder: &Path, before: Timestamp) -> io::Result<u64> {
    sweep(folder, before, DEPTH)
}

fn sweep(folder: &Path, before: Timestamp, depth: usize) -> io::Result<u64> {
    let mut swept = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && depth > 0 {
            swept += unless_gone(sweep(&entry.path(), before, depth - 1))?;
        }
        if kind.is_file() && is_unfinished(&entry.file_name().to_string_lossy()) {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let old = modified.is_ok_and(|at| Timestamp::try_from(at).is_ok_and(|at| at < before));
            if old {
                swept += unless_gone(fs::remove_file(entry.path()).map(|()| 1))?;
            }
        }
    }
    Ok(swept)
}

fn unless_gone(swept: io::Result<u64>) -> io::Result<u64> {
    match swept {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        swept => swept,
    }
}

/// The store writes beside the place and renames: `name#1`. No artifact's name has that sign.
fn is_unfinished(name: &str) -> bool {
    let number = name.rsplit_once('#').map_or("", |(_, number)| number);
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}
