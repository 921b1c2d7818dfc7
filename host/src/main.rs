//! The `guichet` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: the child gives up its rights while the process has one thread.
    if let Some(code) = guichet::templates::compile::run_if_child() {
        return code;
    }
    ExitCode::SUCCESS
}
