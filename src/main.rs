//! The binary: hands its arguments to the library.

use std::process::ExitCode;

/// The system's own allocator takes three times as long for a page of the queue once a million comments went through the
/// process (`cargo bench --bench desk`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    banzhu::cli::run()
}
