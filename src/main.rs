//! The binary: hands its arguments to `cli`.

fn main() -> std::process::ExitCode {
    banzhu::cli::main()
}
