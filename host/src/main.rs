//! The `guichet` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: the child that compiles templates gives up its rights while the process
    // has one thread and nothing open.
    if let Some(code) = guichet::templates::compile::run_if_child() {
        return code;
    }
    guichet::cli::run()
}
