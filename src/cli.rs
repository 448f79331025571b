//! The command line: `serve`, `init`, `demo`, `check`, `learn`, `try`, `verify`, `compact`, `backup`, `restore`,
//! `export`, `import`, `clock`, `key`, `user`.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 success; 1 refused, or faults found; 2
//! invalid settings or usage, or `verify` could not check; for `serve`, 3 the database failed while running, 4 it is damaged.

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
    desk::{
        TryDraft, counts, try_with,
        views::{CandidateView, TryView},
    },
    policy::{Fault, Rulebook, RulebookFiles},
    reload::{LoadError, Reloader},
    sources::{self, LastGoodFiles, Sources},
    store::{
        CopyFailure, CopyProgress, CopyStep, ExportCopy, OnProgress, OpenError, export::Totals,
        export_file, export_to, import_file, import_from, restore, verify,
    },
    telemetry,
};

/// Prints a line, and ignores a closed pipe: after `banzhu verify | head` the command still runs to its exit code. The
/// standard library's macros of these names panic in that case, so in this file they are replaced.
macro_rules! println {
    ($($text:tt)*) => { let _ = writeln!(io::stdout(), $($text)*); };
}
/// As `println!`, to standard error.
macro_rules! eprintln {
    ($($text:tt)*) => { let _ = writeln!(io::stderr(), $($text)*); };
}

mod learn;

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
        /// 並細看例句：各類列數、近似列、詞表的命中 / look closely at the examples: counts, near-duplicates, what the lists find
        #[arg(long)]
        examples: bool,
    },
    /// 以例句訓練評分模型並印出評估 / fit the score's weights on the examples, and print what they are worth
    Learn(learn::LearnArgs),
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

/// The longest lifetime of a key or token, in days.
const DAYS_MAX: i64 = 3_650;
/// Success.
const DONE: u8 = 0;
/// Refused, or faults found.
const REFUSED: u8 = 1;
/// Invalid settings, or the check was not possible.
const CANNOT: u8 = 2;
/// The database failed while it was served; a restart may help.
const BROKEN: u8 = 3;
/// The database is damaged; a restart does not help.
const DAMAGED: u8 = 4;

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    // Files made from here on are accessible to their owner only.
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
            print_faults(&faults);
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

/// A command that is not a service logs only warnings, unless the settings ask for another level.
fn logs_of(settings: &LogConfig, command: &Command) -> LogConfig {
    let is_command = !matches!(command, Command::Serve { .. } | Command::Demo { .. });
    let level = if is_command && settings.level == "info" {
        "warn".to_owned()
    } else {
        settings.level.clone()
    };
    LogConfig {
        level,
        format: settings.format,
    }
}

/// `:0` and `:8080` mean a port on this machine.
fn full_address(listen: &str) -> String {
    if listen.starts_with(':') {
        format!("127.0.0.1{listen}")
    } else {
        listen.to_owned()
    }
}

fn command(config: &Config, command: Command) -> u8 {
    match command {
        Command::Serve { .. } => exit_code_of(app::serve(config, async |_, _| Ok(Vec::new()))),
        Command::Demo { .. } => exit_code_of(
            demo::check(config).and_then(|()| app::serve(config, demo::post_afternoon)),
        ),
        Command::Check { accept, examples } => check(config, accept, examples),
        // a model that does not fit any more is what it makes anew
        Command::Learn(args) => match compiled_from(Sources::of(config).read_without_model()) {
            Ok(rulebook) => exit_code_after(learn::run(config, &rulebook, &args)),
            Err(code) => code,
        },
        Command::Init => init(config),
        Command::Try {
            text,
            nickname,
            json,
        } => try_text(config, text, nickname, json),
        Command::Verify => verify_folder(config),
        Command::Compact => run_request(config, &Request::Compact, |answer| {
            println!(
                "{} → {} bytes",
                answer["before_bytes"], answer["after_bytes"]
            );
        }),
        Command::Backup { dir } => backup(config, &dir),
        Command::Restore { backup } => run_restore(config, &backup),
        Command::Export { file } => print_record_count(run_export(config, &file)),
        Command::Import { file } => print_record_count(run_import(config, &file)),
        Command::Clock(ClockCommand::Accept) => {
            run_request(config, &Request::ClockAccept, |answer| {
                let time = |name: &str| answer[name].as_str().unwrap_or("-").to_owned();
                if answer["accepted"] == Value::Bool(true) {
                    println!("{} → {}", time("from"), time("to"));
                } else {
                    println!("{}：時鐘沒有跳動 / the clock has not jumped", time("to"));
                }
            })
        }
        Command::Key(command) => key(config, command),
        Command::User(command) => user(config, command),
    }
}

fn exit_code_of(result: Result<(), AppError>) -> u8 {
    match result {
        Ok(()) => DONE,
        Err(AppError::Load(LoadError::Faults(faults))) => {
            print_faults(&faults);
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

fn exit_code_after(result: Result<(), Vec<String>>) -> u8 {
    match result {
        Ok(()) => DONE,
        Err(faults) => {
            print_faults(&faults);
            REFUSED
        }
    }
}

fn print_faults(faults: &[impl fmt::Display]) {
    for fault in faults {
        eprintln!("{fault}");
    }
}

fn compiled(config: &Config) -> Result<Rulebook, u8> {
    compiled_from(Sources::of(config).read())
}

fn compiled_from(files: Result<RulebookFiles, Vec<Fault>>) -> Result<Rulebook, u8> {
    let compiled = files.and_then(|files| sources::compile(&files, 0));
    compiled.map_err(|faults| {
        print_faults(&faults);
        eprintln!("{} 個錯誤 / {} faults", faults.len(), faults.len());
        REFUSED
    })
}

/// Creates the data folder before the first start, so that its secrets appear only in this terminal.
fn init(config: &Config) -> u8 {
    let result = runtime().and_then(|runtime| {
        let lines = runtime.block_on(app::init(config));
        lines.map_err(|error| error.to_string())
    });
    match result {
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

fn check(config: &Config, accept: Option<String>, examples: bool) -> u8 {
    let rulebook = match compiled(config) {
        Ok(rulebook) => rulebook,
        Err(code) => return code,
    };
    for warning in &rulebook.warnings {
        println!("提醒 / warning: {warning}");
    }
    if let Some(hash) = accept {
        let request = Request::RulebookAccept { hash };
        return run_request(config, &request, |answer| print_field(answer, "version"));
    }
    let last_good = LastGoodFiles::within(&config.data);
    if let Some(loss) = Reloader::new(Sources::of(config), last_good).loss_of(&rulebook) {
        println!("提醒 / warning: {loss}");
    }
    let totals: Vec<String> = counts(&rulebook)
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    println!("{}", totals.join(", "));
    if let Err(faults) = learn::check(config, &rulebook, examples) {
        return exit_code_after(Err(faults));
    }
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
            eprintln!("{}", control::error_text(&error));
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
            None => hit_in_company(candidate),
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
    for score in &view.scores {
        println!(
            "評分 / score: {:.3} ({} {:.3}, {})",
            score.score,
            score.likely.name(),
            score.flag_at,
            score.model
        );
        let spans: Vec<&str> = score.spans.iter().map(|span| &*span.text).collect();
        let features = score.features.iter();
        let features: Vec<String> = features
            .map(|feature| format!("{} {:+.2}", feature.name, feature.weight))
            .collect();
        println!("  「{}」 {}", spans.join("」「"), features.join(", "));
    }
}

/// That a candidate counts, in what company, and for how much if that is less than its row says.
fn hit_in_company(candidate: &CandidateView) -> String {
    let mut fate = "命中 / hit".to_owned();
    if let Some(company) = candidate.company {
        fate = format!("{fate}，{}", company.in_words());
    }
    if candidate.counts != candidate.severity {
        fate = format!("{fate}，以 {0} 計 / counts {0}", candidate.counts);
    }
    fate
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

/// The folder is made absolute, because the service has another working directory.
fn backup(config: &Config, dir: &Path) -> u8 {
    match backup_path(config, dir) {
        Ok(to) => run_request(config, &Request::Backup { to }, |report| {
            let (dir, commit, bytes) = (&report["dir"], &report["commit"], &report["bytes"]);
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

/// The absolute path of a backup. It must not be inside the data folder, with which it would be lost.
fn backup_path(config: &Config, dir: &Path) -> Result<PathBuf, CopyFailure> {
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

fn run_restore(config: &Config, backup: &Path) -> u8 {
    let result = restore(backup, &config.data, &*progress_line());
    clear_progress_line();
    match result {
        Ok(report) => {
            println!(
                "{}\tcommit {}\t{} bytes",
                report.dir, report.commit, report.bytes
            );
            DONE
        }
        Err(error) => {
            eprintln!("{error}");
            REFUSED
        }
    }
}

/// The file name that stands for standard input or output.
const STANDARD: &str = "-";

/// Exports a stopped folder, a backup, or a copy that the running service makes; each of these is at one commit.
fn run_export(config: &Config, file: &Path) -> Result<Totals, String> {
    let on_progress = progress_line();
    let copy = ExportCopy::within(&config.data).map_err(|error| error.to_string())?;
    let to = copy.dir().to_owned();
    let answer = runtime()?.block_on(control::send_request(
        &config.data,
        &Request::Backup { to },
        &on_progress,
    ));
    let from = match answer.map_err(|error| error.to_string())? {
        None => config.data.as_path(),
        Some(copied) => {
            copied?;
            copy.taken().map_err(|error| error.to_string())?;
            copy.dir()
        }
    };
    if file != Path::new(STANDARD) {
        let result = export_file(from, file, &*on_progress);
        return result.map_err(|error| error.to_string());
    }
    let mut out = Piped {
        out: io::BufWriter::new(io::stdout()),
        is_closed: false,
    };
    let result = export_to(from, &mut out, &*on_progress);
    // A reader that has read enough and closed the pipe is no error to report.
    result.map_err(|error| match out.is_closed {
        true => String::new(),
        false => error.to_string(),
    })
}

/// Standard output, and whether its reader has closed the pipe.
struct Piped<W> {
    out: W,
    is_closed: bool,
}

impl<W: io::Write> io::Write for Piped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.out.write(bytes);
        self.note_closed(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.out.flush();
        self.note_closed(result)
    }
}

impl<W> Piped<W> {
    fn note_closed<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        let is_closed = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        self.is_closed |= result.as_ref().err().is_some_and(is_closed);
        result
    }
}

fn run_import(config: &Config, file: &Path) -> Result<Totals, String> {
    let on_progress = progress_line();
    let read = if file == Path::new(STANDARD) {
        import_from(&mut io::stdin().lock(), &config.data, &*on_progress)
    } else {
        import_file(file, &config.data, &*on_progress)
    };
    read.map_err(|error| error.to_string())
}

/// Prints the number of records to standard error, because standard output may be the export itself.
fn print_record_count(result: Result<Totals, String>) -> u8 {
    clear_progress_line();
    match result {
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

/// Shows progress in one line of the terminal that is overwritten; nothing if standard error is not a terminal.
fn progress_line() -> OnProgress {
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
        // Return to the start of the line and clear what is left of it.
        let _ = write!(io::stderr(), "\r{step}{percent}\x1b[K");
    })
}

/// Clears the progress line.
fn clear_progress_line() {
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}

fn key(config: &Config, command: KeyCommand) -> u8 {
    match command {
        KeyCommand::New { scopes, name, days } => {
            let request = Request::KeyNew { name, scopes, days };
            run_request(config, &request, |created| print_field(created, "key"))
        }
        KeyCommand::List => run_request(config, &Request::KeyList, |keys| {
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
        KeyCommand::Revoke { key } => run_request(config, &Request::KeyRevoke { key }, |_| {}),
    }
}

fn user(config: &Config, command: UserCommand) -> u8 {
    let request = match command {
        UserCommand::Add {
            name,
            role,
            password_stdin,
        } => match password_from_stdin(password_stdin) {
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
        } => match password_from_stdin(password_stdin) {
            Ok(password) => Request::UserPassword { name, password },
            Err(code) => return code,
        },
        UserCommand::List => Request::UserList,
        UserCommand::Disable { name } => Request::UserDisable { name },
        UserCommand::Token { name, days } => Request::UserToken { name, days },
    };
    run_request(config, &request, |answer| match &request {
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

/// The password from the first line of standard input, if it is to be read from there.
fn password_from_stdin(from_stdin: bool) -> Result<Option<String>, u8> {
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

/// Sends the request to the running service, or opens the folder if none runs; then prints the answer.
fn run_request(config: &Config, request: &Request, print: impl Fn(&Value)) -> u8 {
    let result =
        runtime().and_then(|runtime| runtime.block_on(answer(config, request, progress_line())));
    clear_progress_line();
    match result {
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
    match control::send_request(&config.data, request, &on_progress).await {
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
    let result =
        control::perform(&opened.desk, &opened.reloader, request.clone(), on_progress).await;
    opened.keep_time();
    opened.desk.close().await;
    result.map_err(|error| error.to_string())
}
