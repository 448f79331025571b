//! The binary: hands its arguments to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    banzhu::cli::run()
}
