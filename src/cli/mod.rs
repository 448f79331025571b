//! The commands. Each reads the settings, does one thing, and ends with a code that scripts can trust.
//!
//! What a script wants (a key, a token, a line of a known form) goes to standard output; everything else is for people,
//! in Traditional Chinese with English beside it, and errors and logs go to standard error.

mod accounts;
mod lists;
mod verify;

use std::{fmt::Display, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::{
    app::{self, Purpose, StartError},
    config::{Config, Flags, LogConfig},
    telemetry,
};

/// All went well.
const DONE: u8 = 0;
/// It was looked at, and something is wrong.
const FAULTY: u8 = 1;
/// A wrong setting, or nothing could be looked at.
const CANNOT: u8 = 2;

/// 版主 Banzhu:華文討論區留言審核 / comment moderation for Chinese-language boards
#[derive(Debug, Parser)]
#[command(name = "banzhu", version, max_term_width = 120)]
struct Cli {
    #[command(flatten)]
    folders: Folders,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Folders {
    /// 資料夾:所有資料 / everything that is kept [預設 default: ./data]
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// 設定檔資料夾:default.toml、rules.toml、notices.toml / settings, rules, statements [./config]
    #[arg(long, value_name = "DIR", global = true)]
    config: Option<PathBuf>,
    /// 詞表資料夾 / the word lists [./wordlists]
    #[arg(long, value_name = "DIR", global = true)]
    wordlists: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 啟動服務 / start the service
    Serve(Listen),
    /// 以一個下午的示範留言填滿新資料夾並啟動 / fill a fresh folder with an afternoon of traffic and serve it
    Demo(Listen),
    /// 檢查詞表與規則 / check word lists and rules: 0 sound, 1 faults
    Check,
    /// 試判一段文字 / judge a text and explain
    Try(lists::Try),
    /// 檢查停止中的資料夾 / look through a stopped data folder: 0 sound, 1 findings, 2 cannot look
    Verify,
    /// 討論區金鑰 / keys of the board
    #[command(subcommand)]
    Key(accounts::KeyCommand),
    /// 使用者 / users
    #[command(subcommand)]
    User(accounts::UserCommand),
}

#[derive(Debug, Args)]
struct Listen {
    /// 位址與埠,埠 0 取用任一空埠 / address and port; port 0 takes a free one [127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

/// Runs the command that this process was started with.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let code = match Config::load(&cli.flags()) {
        Ok(config) => carry_out(cli.command, &config),
        Err(faults) => {
            faults.iter().for_each(complain);
            CANNOT
        }
    };
    ExitCode::from(code)
}

fn carry_out(command: Command, config: &Config) -> u8 {
    telemetry::start_logs(&logs_for(&command, config));
    config.warnings.iter().for_each(complain);
    match command {
        Command::Serve(_) => serve(config, Purpose::Serve),
        Command::Demo(_) => serve(config, Purpose::Demo),
        Command::Check => lists::check(config),
        Command::Try(what) => lists::try_text(config, what),
        Command::Verify => verify::verify(config),
        Command::Key(command) => accounts::key(config, command),
        Command::User(command) => accounts::user(config, command),
    }
}

impl Cli {
    fn flags(&self) -> Flags {
        let listen = match &self.command {
            Command::Serve(on) | Command::Demo(on) => on.listen.clone(),
            _ => None,
        };
        Flags {
            listen,
            data: self.folders.data.clone(),
            config: self.folders.config.clone(),
            wordlists: self.folders.wordlists.clone(),
        }
    }
}

/// A service tells what it does; a command only what is wrong.
fn logs_for(command: &Command, config: &Config) -> LogConfig {
    let level = match command {
        Command::Serve(_) | Command::Demo(_) => config.log.level.clone(),
        _ => "warn".to_owned(),
    };
    LogConfig {
        level,
        ..config.log.clone()
    }
}

fn serve(config: &Config, purpose: Purpose) -> u8 {
    match block_on(app::run(config, purpose)) {
        Ok(()) => DONE,
        Err(error) => {
            complain(&error);
            FAULTY
        }
    }
}

/// Runs to the end on this thread; workers and the store have their own.
fn block_on<T>(
    work: impl Future<Output = Result<T, StartError>>,
) -> Result<T, StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}

/// A line on standard error.
fn complain(what: &impl Display) {
    use std::io::Write as _;
    // who no longer listens is no reason to stop
    let _ = writeln!(std::io::stderr().lock(), "{what}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
