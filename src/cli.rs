//! The command line: `serve`, `init`, `demo`, `check`, `try`, `verify`, `compact`, `backup`, `restore`,
//! `export`, `import`, `clock`, `key`, `user`.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 refused or faults found,
//! 2 a wrong setting or usage, or `verify` could not look; of `serve`, 3 the database broke while it was served, 4 it is damaged.

use std::{
    fmt,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use clap::{Args, Parser, Subcommand};
use serde_json::Value;

use crate::{
    app::{self, AppError},
    config::{Config, Flags, LogConfig},
    control::{self, Request},
    demo,
    desk::{TryDraft, counts, try_with, views::TryView},
    policy::Rulebook,
    reload::{LoadError, Reloader},
    sources::{self, LastGoodFiles, Sources},
    store::{
        CopyFailure, CopyProgress, CopyStep, ExportCopy, OnProgress, OpenError, export::Totals,
        export_file, export_to, import_file, import_from, restore, verify,
    },
    telemetry,
};

/// Prints a line. Whoever reads no more (`banzhu verify | head`) ends nothing: the command goes on to its exit code.
/// The standard library's macros of these names panic there; in this file they are these.
macro_rules! println {
    ($($text:tt)*) => { let _ = writeln!(io::stdout(), $($text)*); };
}
/// As `println!`, on standard error.
macro_rules! eprintln {
    ($($text:tt)*) => { let _ = writeln!(io::stderr(), $($text)*); };
}

/// 版主：中文討論區的留言審核服務 / comment moderation for Chinese-language boards
#[derive(Debug, Parser)]
#[command(name = "banzhu", version, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    folders: Folders,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Folders {
    /// 資料夾，預設 ./data / the data folder
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// 設定與規則的資料夾，預設 ./config / the folder of settings and rules
    #[arg(long, global = true, value_name = "DIR")]
    config: Option<PathBuf>,
    /// 詞庫的資料夾，預設 ./wordlists / the folder of word lists
    #[arg(long, global = true, value_name = "DIR")]
    wordlists: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 啟動服務 / run the service
    Serve {
        /// 位址與連接埠，例如 127.0.0.1:8080；連接埠填 0 則自動選用空閒者 / address and port; :0 takes a free port
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
    },
    /// 以一個下午的留言示範，須使用全新的資料夾 / an afternoon of traffic in a fresh folder, then serve
    Demo {
        /// 位址與連接埠 / address and port
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
    },
    /// 檢查詞庫與規則：0 無誤或僅有提醒，1 有誤 / check lists and rules: 0 clean or warnings, 1 faults
    Check {
        /// 採用這些詞庫與規則，即使會失去許多字詞 / take these lists and rules into use, though many terms are lost
        #[arg(long, value_name = "HASH")]
        accept: Option<String>,
    },
    /// 建立資料夾、第一位管理員與金鑰，僅顯示一次 / make the data folder, the first admin and a key, shown once
    Init,
    /// 試判一段文字並說明理由 / what would be decided about a text, and why
    Try {
        /// 文字 / the text
        text: String,
        /// 視為暱稱判定 / judge it as a nickname
        #[arg(long)]
        nickname: bool,
        /// 以 JSON 輸出 / answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// 檢查整個資料夾：0 完好，1 有問題，2 無法檢查 / look through the data folder: 0 sound, 1 findings, 2 cannot look
    Verify,
    /// 釋出已清除內容所占的磁碟空間，服務執行中亦可使用 / give the room of purged texts back to the disk, also while the service runs
    Compact,
    /// 備份到新的資料夾；服務執行中也可以 / back up into a new folder, also while the service runs
    Backup {
        /// 尚不存在或空的資料夾 / a folder that does not exist or is empty
        dir: PathBuf,
    },
    /// 由備份還原成 --data 所指的資料夾；該資料夾須尚不存在或為空 / make the data folder (--data) of a backup; it must not exist, or be empty
    Restore {
        /// 備份的資料夾 / the backup
        backup: PathBuf,
    },
    /// 把所有資料匯出成 NDJSON 檔；服務執行中也可以 / write all records to a file of JSON lines, also while the service runs
    Export {
        /// 新的檔案；- 代表標準輸出 / a new file; - is standard output
        file: PathBuf,
    },
    /// 由匯出檔建立 --data 所指的資料夾；該資料夾須尚不存在或為空 / make the data folder (--data) of an export; it must not exist, or be empty
    Import {
        /// 匯出的檔案；- 代表標準輸入 / the file; - is standard input
        file: PathBuf,
    },
    /// 系統時鐘 / the system's clock
    #[command(subcommand)]
    Clock(ClockCommand),
    /// 討論區的金鑰 / keys of the board
    #[command(subcommand)]
    Key(KeyCommand),
    /// 使用者 / users
    #[command(subcommand)]
    User(UserCommand),
}

#[derive(Debug, Subcommand)]
enum ClockCommand {
    /// 時鐘跳動後，確認現在的時間正確 / after the clock has jumped: take its time as right
    Accept,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// 建立金鑰，僅顯示一次 / make a key, shown once
    New {
        /// 權限範圍，以逗號分隔：moderate、report、read、review、admin / scopes, by comma
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
        /// 名稱，可省略 / a name, may be left out
        #[arg(long)]
        name: Option<String>,
        /// 幾天後自動失效 / ends by itself after so many days
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=DAYS_MAX))]
        days: Option<u32>,
    },
    /// 列出金鑰 / list keys
    List,
    /// 撤銷金鑰 / revoke a key
    Revoke {
        /// 名稱或識別碼 / name or id
        key: String,
    },
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// 新增使用者並顯示密碼 / add a user and print the password made
    Add {
        /// 名稱 / name
        name: String,
        /// viewer、moderator 或 admin / one of them
        #[arg(long)]
        role: String,
        /// 從標準輸入讀取密碼 / read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// 列出使用者 / list users
    List,
    /// 變更密碼 / set a new password
    Password {
        /// 名稱 / name
        name: String,
        /// 從標準輸入讀取密碼 / read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// 停用使用者 / disable a user
    Disable {
        /// 名稱 / name
        name: String,
    },
    /// 建立個人權杖，僅顯示一次 / make a personal token, shown once
    Token {
        /// 名稱 / name
        name: String,
        /// 幾天後自動失效 / ends by itself after so many days
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=DAYS_MAX))]
        days: Option<u32>,
    },
}

/// The longest time that a key or a token may be made for, in days.
const DAYS_MAX: i64 = 3_650;
/// Done.
const DONE: u8 = 0;
/// Refused, or faults were found.
const REFUSED: u8 = 1;
/// A wrong setting, or nobody could look.
const CANNOT: u8 = 2;
/// The database broke while it was served: a start looks at it afresh.
const BROKEN: u8 = 3;
/// The database is damaged: starting again does not help.
const DAMAGED: u8 = 4;

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    // Whatever is made from here on is its owner's alone.
    rustix::process::umask(rustix::fs::Mode::from_bits_truncate(0o077));
    let flags = Flags {
        listen: match &cli.command {
            Command::Serve { listen } | Command::Demo { listen } => {
                listen.as_deref().map(full_address)
            }
            _ => None,
        },
        data: cli.folders.data,
        config: cli.folders.config,
        wordlists: cli.folders.wordlists,
    };
    let config = match Config::load(&flags) {
        Ok(config) => config,
        Err(faults) => {
            tell_faults(&faults);
            return ExitCode::from(CANNOT);
        }
    };
    telemetry::start_logs(&logs_of(&config.log, &cli.command));
    config
        .warnings
        .iter()
        .for_each(|warning| tracing::warn!("{warning}"));
    ExitCode::from(command(&config, cli.command))
}

/// A command that answers and ends says only what is doubtful, unless somebody asked for more.
fn logs_of(given: &LogConfig, command: &Command) -> LogConfig {
    let quiet = !matches!(command, Command::Serve { .. } | Command::Demo { .. });
    let level = if quiet && given.level == "info" {
        "warn".to_owned()
    } else {
        given.level.clone()
    };
    LogConfig {
        level,
        format: given.format,
    }
}

/// `:0` and `:8080` mean this machine.
fn full_address(listen: &str) -> String {
    if listen.starts_with(':') {
        format!("127.0.0.1{listen}")
    } else {
        listen.to_owned()
    }
}

fn command(config: &Config, command: Command) -> u8 {
    match command {
        Command::Serve { .. } => served(app::serve(config, async |_, _| Ok(Vec::new()))),
        Command::Demo { .. } => {
            served(demo::check(config).and_then(|()| app::serve(config, demo::afternoon)))
        }
        Command::Check { accept } => check(config, accept),
        Command::Init => init(config),
        Command::Try {
            text,
            nickname,
            json,
        } => try_text(config, text, nickname, json),
        Command::Verify => verify_folder(config),
        Command::Compact => asked(config, &Request::Compact, |answer| {
            println!(
                "{} → {} bytes",
                answer["before_bytes"], answer["after_bytes"]
            );
        }),
        Command::Backup { dir } => backup(config, &dir),
        Command::Restore { backup } => restored(config, &backup),
        Command::Export { file } => records_moved(exported(config, &file)),
        Command::Import { file } => records_moved(imported(config, &file)),
        Command::Clock(ClockCommand::Accept) => asked(config, &Request::ClockAccept, |answer| {
            let time = |name: &str| answer[name].as_str().unwrap_or("-").to_owned();
            if answer["accepted"] == Value::Bool(true) {
                println!("{} → {}", time("from"), time("to"));
            } else {
                println!("{}：時鐘沒有跳動 / the clock has not jumped", time("to"));
            }
        }),
        Command::Key(command) => key(config, command),
        Command::User(command) => user(config, command),
    }
}

fn served(done: Result<(), AppError>) -> u8 {
    match done {
        Ok(()) => DONE,
        Err(AppError::Load(LoadError::Faults(faults))) => {
            tell_faults(&faults);
            eprintln!("{}", LoadError::Faults(Vec::new()));
            REFUSED
        }
        Err(error) => {
            eprintln!("{error}");
            match error {
                AppError::Broken(_) => BROKEN,
                AppError::Open(error) if error.is_damage() => DAMAGED,
                _ => REFUSED,
            }
        }
    }
}

fn tell_faults(faults: &[impl fmt::Display]) {
    for fault in faults {
        eprintln!("{fault}");
    }
}

fn compiled(config: &Config) -> Result<Rulebook, u8> {
    let files = Sources::of(config).read();
    let compiled = files.and_then(|files| sources::compile(&files, 0));
    compiled.map_err(|faults| {
        tell_faults(&faults);
        eprintln!("{} 個錯誤 / {} faults", faults.len(), faults.len());
        REFUSED
    })
}

/// Makes the data folder before the first start, so that its secrets are told to nobody but who asks.
fn init(config: &Config) -> u8 {
    let made = runtime().and_then(|runtime| {
        let made = runtime.block_on(app::init(config));
        made.map_err(|error| error.to_string())
    });
    match made {
        Ok(lines) if lines.is_empty() => {
            println!(
                "已有管理員與金鑰，未做任何變更 / there are an admin and a key already; nothing was changed"
            );
            DONE
        }
        Ok(lines) => {
            for line in lines {
                println!("{line}");
            }
            DONE
        }
        Err(why) => {
            eprintln!("{why}");
            REFUSED
        }
    }
}

fn check(config: &Config, accept: Option<String>) -> u8 {
    let rulebook = match compiled(config) {
        Ok(rulebook) => rulebook,
        Err(code) => return code,
    };
    for warning in &rulebook.warnings {
        println!("提醒 / warning: {warning}");
    }
    if let Some(hash) = accept {
        let request = Request::RulebookAccept { hash };
        return asked(config, &request, |taken| print_field(taken, "version"));
    }
    let kept = LastGoodFiles::within(&config.data);
    if let Some(loss) = Reloader::new(Sources::of(config), kept).loss_of(&rulebook) {
        println!("提醒 / warning: {loss}");
    }
    let told: Vec<String> = counts(&rulebook)
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    println!("{}", told.join(", "));
    println!(
        "無誤，{} 則提醒 / no faults, {} warnings",
        rulebook.warnings.len(),
        rulebook.warnings.len()
    );
    DONE
}

fn try_text(config: &Config, text: String, nickname: bool, json: bool) -> u8 {
    let rulebook = match compiled(config) {
        Ok(rulebook) => rulebook,
        Err(code) => return code,
    };
    let (body, nickname) = if nickname {
        (None, Some(text))
    } else {
        (Some(text), None)
    };
    match try_with(
        &rulebook,
        TryDraft {
            body,
            nickname,
            ..TryDraft::default()
        },
    ) {
        Err(error) => {
            eprintln!("{}", control::refusal_text(&error));
            REFUSED
        }
        Ok(view) if json => {
            println!(
                "{}",
                serde_json::to_string_pretty(&view).unwrap_or_default()
            );
            DONE
        }
        Ok(view) => {
            explain(&view);
            DONE
        }
    }
}

fn explain(view: &TryView) {
    println!("判定 / verdict: {}", view.moderation.verdict.name());
    for folded in &view.folded {
        println!("正規化 / folded: {}", folded.text);
    }
    for candidate in &view.candidates {
        let how: Vec<&str> = candidate
            .how
            .iter()
            .map(crate::text::Disguise::name)
            .collect();
        let how = if how.is_empty() {
            String::new()
        } else {
            format!(" [{}]", how.join(", "))
        };
        let fate = match &candidate.dropped {
            None => "命中 / hit".to_owned(),
            Some(dropped) => {
                let by = serde_json::to_value(dropped.by).ok();
                let by = by.as_ref().and_then(Value::as_str).unwrap_or("").to_owned();
                format!("排除 / dropped: {by} {}", dropped.what)
            }
        };
        println!(
            "  {}-{}「{}」= {} ({}, {}){how} {fate}",
            candidate.start,
            candidate.end,
            candidate.matched,
            candidate.term,
            candidate.code.name(),
            candidate.severity
        );
    }
}

fn verify_folder(config: &Config) -> u8 {
    match verify(&config.data) {
        Err(error) => {
            eprintln!("{error}");
            CANNOT
        }
        Ok(report) => {
            for finding in &report.findings {
                println!("{}: {}", finding.place, finding.what);
            }
            println!(
                "commits {}, comments {}, revisions {}, cases {} ({} unresolved), audit entries {}, rows {}",
                report.commits,
                report.comments,
                report.revisions,
                report.cases,
                report.unresolved,
                report.audit_entries,
                report.rows
            );
            if report.findings.is_empty() {
                println!("完好 / sound");
                DONE
            } else {
                println!(
                    "{} 個問題 / {} findings",
                    report.findings.len(),
                    report.findings.len()
                );
                REFUSED
            }
        }
    }
}

/// The folder is named from where the caller stands, and the service stands elsewhere.
fn backup(config: &Config, dir: &Path) -> u8 {
    match place_of(config, dir) {
        Ok(to) => asked(config, &Request::Backup { to }, |made| {
            let (dir, commit, bytes) = (&made["dir"], &made["commit"], &made["bytes"]);
            println!(
                "{}\tcommit {commit}\t{bytes} bytes",
                dir.as_str().unwrap_or_default()
            );
        }),
        Err(error) => {
            eprintln!("{error}");
            REFUSED
        }
    }
}

/// Where a backup goes: what lies within the data folder is lost with it.
fn place_of(config: &Config, dir: &Path) -> Result<PathBuf, CopyFailure> {
    if !config.data.is_dir() {
        return Err(CopyFailure::Nothing {
            dir: config.data.display().to_string(),
        });
    }
    let to = std::path::absolute(dir).map_err(|error| CopyFailure::Io {
        path: dir.display().to_string(),
        error: error.to_string(),
    })?;
    let real = |path: &Path| path.canonicalize().ok();
    let parent = to.parent().and_then(real);
    match (parent, real(&config.data)) {
        (Some(parent), Some(data)) if parent.starts_with(&data) => Err(CopyFailure::Within {
            dir: dir.display().to_string(),
        }),
        _ => Ok(to),
    }
}

fn restored(config: &Config, backup: &Path) -> u8 {
    let done = restore(backup, &config.data, &*progress_shown());
    progress_over();
    match done {
        Ok(made) => {
            println!("{}\tcommit {}\t{} bytes", made.dir, made.commit, made.bytes);
            DONE
        }
        Err(error) => {
            eprintln!("{error}");
            REFUSED
        }
    }
}

/// Standard input or output, where a file is asked for.
const STANDARD: &str = "-";

/// Exports a stopped folder, a backup, or a copy that the running service makes of itself: all stand at one commit.
fn exported(config: &Config, file: &Path) -> Result<Totals, String> {
    let on_progress = progress_shown();
    let copy = ExportCopy::within(&config.data).map_err(|error| error.to_string())?;
    let to = copy.dir().to_owned();
    let asked = runtime()?.block_on(control::ask(
        &config.data,
        &Request::Backup { to },
        &on_progress,
    ));
    let from = match asked.map_err(|error| error.to_string())? {
        None => config.data.as_path(),
        Some(made) => {
            made?;
            copy.taken().map_err(|error| error.to_string())?;
            copy.dir()
        }
    };
    if file != Path::new(STANDARD) {
        let written = export_file(from, file, &*on_progress);
        return written.map_err(|error| error.to_string());
    }
    let mut out = Piped {
        out: io::BufWriter::new(io::stdout()),
        is_closed: false,
    };
    let written = export_to(from, &mut out, &*on_progress);
    // Whoever read has read enough: that is nothing to be told.
    written.map_err(|error| match out.is_closed {
        true => String::new(),
        false => error.to_string(),
    })
}

/// Standard output, and whether whoever read it is gone.
struct Piped<W> {
    out: W,
    is_closed: bool,
}

impl<W: io::Write> io::Write for Piped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.looked_at(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.looked_at(flushed)
    }
}

impl<W> Piped<W> {
    fn looked_at<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        let is_closed = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        self.is_closed |= done.as_ref().err().is_some_and(is_closed);
        done
    }
}

fn imported(config: &Config, file: &Path) -> Result<Totals, String> {
    let on_progress = progress_shown();
    let read = if file == Path::new(STANDARD) {
        import_from(&mut io::stdin().lock(), &config.data, &*on_progress)
    } else {
        import_file(file, &config.data, &*on_progress)
    };
    read.map_err(|error| error.to_string())
}

/// Standard output may be the export itself; so this goes to standard error.
fn records_moved(done: Result<Totals, String>) -> u8 {
    progress_over();
    match done {
        Ok(totals) => {
            let records = totals.records();
            eprintln!("{records} 筆資料 / {records} records");
            DONE
        }
        Err(why) if why.is_empty() => REFUSED,
        Err(why) => {
            eprintln!("{why}");
            REFUSED
        }
    }
}

/// One line on a terminal, written over as it goes; nothing where nobody looks.
fn progress_shown() -> OnProgress {
    if !io::stderr().is_terminal() {
        return Arc::new(|_| {});
    }
    let last = Mutex::new(None);
    Arc::new(move |progress: CopyProgress| {
        let step = match progress.step {
            CopyStep::Copying => "複製中 / copying",
            CopyStep::Checking => "檢查中 / checking",
            CopyStep::Sealing => "計算校驗值 / taking checksums",
        };
        let percent = progress
            .done
            .saturating_mul(100)
            .checked_div(progress.total);
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last == Some((progress.step, percent)) {
            return;
        }
        *last = Some((progress.step, percent));
        let percent = percent
            .map(|percent| format!(" {percent} %"))
            .unwrap_or_default();
        // Back to the line's begin, and the rest of it cleared.
        let _ = write!(io::stderr(), "\r{step}{percent}\x1b[K");
    })
}

/// Clears the line that told how far it was.
fn progress_over() {
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}

fn key(config: &Config, command: KeyCommand) -> u8 {
    match command {
        KeyCommand::New { scopes, name, days } => {
            let request = Request::KeyNew { name, scopes, days };
            asked(config, &request, |made| print_field(made, "key"))
        }
        KeyCommand::List => asked(config, &Request::KeyList, |keys| {
            for key in keys.as_array().into_iter().flatten() {
                let field = |name: &str| key[name].as_str().unwrap_or("-").to_owned();
                let scopes: Vec<&str> = key["scopes"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                let state = if key["revoked_at"].is_null() {
                    "live"
                } else {
                    "revoked"
                };
                println!(
                    "{}\t{}\t{}\t{state}\t{}\t{}",
                    field("id"),
                    field("name"),
                    scopes.join(","),
                    field("created_at"),
                    field("last_used_at")
                );
            }
        }),
        KeyCommand::Revoke { key } => asked(config, &Request::KeyRevoke { key }, |_| {}),
    }
}

fn user(config: &Config, command: UserCommand) -> u8 {
    let request = match command {
        UserCommand::Add {
            name,
            role,
            password_stdin,
        } => match given(password_stdin) {
            Ok(password) => Request::UserAdd {
                name,
                role,
                password,
            },
            Err(code) => return code,
        },
        UserCommand::Password {
            name,
            password_stdin,
        } => match given(password_stdin) {
            Ok(password) => Request::UserPassword { name, password },
            Err(code) => return code,
        },
        UserCommand::List => Request::UserList,
        UserCommand::Disable { name } => Request::UserDisable { name },
        UserCommand::Token { name, days } => Request::UserToken { name, days },
    };
    asked(config, &request, |answer| match &request {
        Request::UserList => {
            for user in answer.as_array().into_iter().flatten() {
                let field = |name: &str| user[name].as_str().unwrap_or("-").to_owned();
                let state = if user["disabled"] == Value::Bool(true) {
                    "disabled"
                } else {
                    "active"
                };
                println!(
                    "{}\t{}\t{state}\t{}",
                    field("name"),
                    field("role"),
                    field("created_at")
                );
            }
        }
        Request::UserToken { .. } => print_field(answer, "token"),
        _ => print_field(answer, "password"),
    })
}

/// The password on the first line of standard input, where it is to be read from there.
fn given(from_stdin: bool) -> Result<Option<String>, u8> {
    if !from_stdin {
        return Ok(None);
    }
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if read.is_err() || password.is_empty() {
        eprintln!("標準輸入未提供密碼 / no password on standard input");
        return Err(REFUSED);
    }
    Ok(Some(password))
}

fn print_field(answer: &Value, name: &str) {
    if let Some(text) = answer[name].as_str() {
        println!("{text}");
    }
}

/// Asks the running service, or opens the folder where none runs.
fn asked(config: &Config, request: &Request, print: impl Fn(&Value)) -> u8 {
    let answered =
        runtime().and_then(|runtime| runtime.block_on(answer(config, request, progress_shown())));
    progress_over();
    match answered {
        Ok(value) => {
            print(&value);
            DONE
        }
        Err(why) => {
            eprintln!("{why}");
            REFUSED
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
}

async fn answer(
    config: &Config,
    request: &Request,
    on_progress: OnProgress,
) -> Result<Value, String> {
    match control::ask(&config.data, request, &on_progress).await {
        Ok(Some(answer)) => return answer,
        Ok(None) => {}
        Err(error) => return Err(error.to_string()),
    }
    app::check_folder(config).map_err(|error| error.to_string())?;
    let opened = match request {
        Request::RulebookAccept { .. } => app::open(config),
        _ => app::open_for_accounts(config),
    };
    let opened = opened.map_err(|error| match error {
        AppError::Open(OpenError::Locked { dir }) => format!(
            "資料夾 {dir} 正由 Banzhu 使用，但無法連上控制通道 / {dir} is in use by a Banzhu whose control socket does not answer"
        ),
        other => other.to_string(),
    })?;
    let done = control::perform(&opened.desk, &opened.reloader, request.clone(), on_progress).await;
    opened.keep_time();
    opened.desk.close().await;
    done.map_err(|error| error.to_string())
}
