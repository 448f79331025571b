//! The control socket: a Unix socket in the data folder, accessible to its owner only, for commands on the machine.
//!
//! One line of JSON per request and per answer; long operations send lines with their progress before the answer. A command
//! runs the same function whether the service is running or the command opens the folder itself.

use std::{
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream, unix::OwnedWriteHalf},
    sync::mpsc,
};

use crate::{
    access::Caller,
    desk::{
        ChangeUser, CopyFailure, CopyProgress, Desk, DeskError, Idempotent, NewKey, NewToken,
        NewUser, OnProgress,
    },
    id::KeyId,
    reload::{NotAccepted, Reloader},
    time::DAY_MS,
};

/// The socket's name in the data folder.
const SOCKET: &str = "control.sock";
/// The longest request, in bytes.
const REQUEST_BYTES_MAX: u64 = 64 * 1024;

/// A command's request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "named as the commands")]
pub enum Request {
    KeyNew {
        name: Option<String>,
        scopes: Vec<String>,
        #[serde(default)]
        days: Option<u32>,
    },
    KeyList,
    KeyRevoke {
        key: String,
    },
    UserAdd {
        name: String,
        role: String,
        password: Option<String>,
    },
    UserList,
    UserPassword {
        name: String,
        password: Option<String>,
    },
    UserDisable {
        name: String,
    },
    UserToken {
        name: String,
        #[serde(default)]
        days: Option<u32>,
    },
    Compact,
    Backup {
        to: PathBuf,
    },
    ClockAccept,
    /// Puts lists and rules into use although many terms are lost, if their hash is this one.
    RulebookAccept {
        hash: String,
    },
}

/// The path of a data folder's socket.
pub fn socket_of(data: &Path) -> PathBuf {
    data.join(SOCKET)
}

/// Why a command was refused.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it in its message")]
pub enum ControlError {
    #[error("{}", error_text(.0))]
    Desk(#[from] DeskError),
    #[error(transparent)]
    Copy(#[from] CopyFailure),
    #[error(transparent)]
    Lists(#[from] NotAccepted),
}

/// Runs a command's request and returns what it prints. A long operation reports its progress.
pub async fn perform(
    desk: &Desk,
    reloader: &Reloader,
    request: Request,
    on_progress: OnProgress,
) -> Result<Value, ControlError> {
    let by = &Caller::Operator;
    match request {
        Request::KeyNew { name, scopes, days } => {
            let expires_at = expiry(desk, days);
            let new = NewKey {
                name,
                scopes,
                expires_at,
            };
            Ok(json!(fresh(
                desk.accounts.create_key(by, new, None).await?
            )?))
        }
        Request::KeyList => Ok(json!(desk.accounts.keys().await?)),
        Request::KeyRevoke { key } => {
            let id = key_by_id_or_name(desk, &key).await?;
            desk.accounts.revoke_key(by, id).await?;
            Ok(Value::Null)
        }
        Request::UserAdd {
            name,
            role,
            password,
        } => {
            let new = NewUser {
                name: Some(name),
                role: Some(role),
                password,
            };
            Ok(json!(fresh(
                desk.accounts.create_user(by, new, None).await?
            )?))
        }
        Request::UserList => Ok(json!(desk.accounts.users().await?)),
        Request::UserPassword { name, password } => set_password(desk, by, &name, password).await,
        Request::UserDisable { name } => {
            let change = ChangeUser {
                disabled: Some(true),
                ..ChangeUser::default()
            };
            Ok(json!(desk.accounts.change_user(by, &name, change).await?))
        }
        Request::Compact => Ok(json!(desk.operations.compact(&by.actor()).await?)),
        Request::Backup { to } => Ok(json!(
            desk.operations
                .back_up(&by.actor(), &to, on_progress)
                .await?
        )),
        Request::RulebookAccept { hash } => {
            let version = reloader.accept(desk, &hash, &by.actor()).await?;
            Ok(json!({ "version": version.to_string() }))
        }
        Request::ClockAccept => Ok(json!(desk.operations.accept_clock(&by.actor()).await?)),
        Request::UserToken { name, days } => {
            let new = NewToken {
                expires_at: expiry(desk, days),
                ..NewToken::default()
            };
            Ok(json!(desk.accounts.create_token_for(by, &name, new).await?))
        }
    }
}

/// Sets a password, or one that is made up and given back.
async fn set_password(
    desk: &Desk,
    by: &Caller,
    name: &str,
    password: Option<String>,
) -> Result<Value, ControlError> {
    let generated = password
        .is_none()
        .then(|| desk.accounts.generate_password());
    let change = ChangeUser {
        password: password.or(generated.clone()),
        ..ChangeUser::default()
    };
    desk.accounts.change_user(by, name, change).await?;
    Ok(json!({ "password": generated }))
}

/// The time this many days from now.
fn expiry(desk: &Desk, days: Option<u32>) -> Option<String> {
    days.map(|days| {
        desk.operations
            .now()
            .plus_ms(i64::from(days) * DAY_MS)
            .to_string()
    })
}

fn fresh<T>(result: Idempotent<T>) -> Result<T, DeskError> {
    match result {
        Idempotent::Fresh(value) => Ok(value),
        Idempotent::Replayed { .. } => {
            Err(DeskError::Internal("no command is asked twice".to_owned()))
        }
    }
}

/// The key of this id or name; a name means an active key rather than a revoked one.
async fn key_by_id_or_name(desk: &Desk, wanted: &str) -> Result<KeyId, DeskError> {
    let keys = desk.accounts.keys().await?;
    let active = keys.iter().filter(|key| key.revoked_at.is_none());
    let found = active
        .chain(&keys)
        .find(|key| key.id.to_string() == wanted || key.name.as_str() == wanted);
    found.map(|key| key.id).ok_or(DeskError::NotFound)
}

/// An error for the terminal.
pub fn error_text(error: &DeskError) -> String {
    match error {
        DeskError::Fields(faults) => {
            let line = |fault: &crate::intake::FieldFault| {
                format!(
                    "{}: {} / {}",
                    fault.pointer.trim_start_matches('/'),
                    fault.zh_tw,
                    fault.en
                )
            };
            faults.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        DeskError::NotFound => "找不到 / there is no such thing".to_owned(),
        DeskError::NameTaken => "名稱已被使用 / the name is taken".to_owned(),
        DeskError::LastAdmin => "至少要有一位管理員 / the last admin stays".to_owned(),
        DeskError::ClockJumped => "系統時鐘跳動過，未做任何變更；時間正確時請先執行 banzhu clock accept / the clock has jumped, nothing was changed; if it is right, run `banzhu clock accept` first".to_owned(),
        DeskError::StorageFull => "磁碟空間不足 / the disk is nearly full".to_owned(),
        other => other.to_string(),
    }
}

/// A line from the service on the socket.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Progress(CopyProgress),
    Done(Value),
    Refused(String),
}

/// Opens the socket. If the folder's path is too long for a socket, that is logged and the service runs without one.
pub fn open(data: &Path) -> Option<UnixListener> {
    match bind(&socket_of(data)) {
        Ok(listener) => Some(listener),
        Err(error) => {
            tracing::error!(%error, "no control socket: {error}. `key` and `user` work while the service is stopped, or over HTTP");
            None
        }
    }
}

/// Serves the socket for as long as the process runs.
pub async fn serve(listener: UnixListener, desk: Arc<Desk>, reloader: Reloader) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::task::spawn(serve_connection(
                stream,
                Arc::clone(&desk),
                reloader.clone(),
            ))),
            Err(error) => {
                tracing::warn!(%error, "the control socket: {error}");
                // Some errors last, such as too many open files: do not spin on them.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// Binds the socket. The data folder is locked by this process, so an existing socket is a leftover of an ended one.
fn bind(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn serve_connection(stream: UnixStream, desk: Arc<Desk>, reloader: Reloader) {
    let (read, mut write) = stream.into_split();
    // `take` bounds the memory that a line without an end could use.
    let mut client = BufReader::new(read.take(REQUEST_BYTES_MAX));
    let mut line = String::new();
    let read = client.read_line(&mut line).await;
    let answer = match read.map(|_| serde_json::from_str::<Request>(&line)) {
        Ok(Ok(request)) => run_request(&desk, &reloader, request, &mut client, &mut write).await,
        Ok(Err(error)) => Some(Answer::Refused(error.to_string())),
        Err(_) => None,
    };
    if let Some(answer) = answer {
        let _ = send(&mut write, &answer).await;
    }
}

/// Runs a request and sends its progress. A long operation is cancelled when the client disconnects; others are finished.
async fn run_request(
    desk: &Desk,
    reloader: &Reloader,
    request: Request,
    client: &mut (impl AsyncRead + Unpin),
    write: &mut OwnedWriteHalf,
) -> Option<Answer> {
    let is_long = matches!(request, Request::Backup { .. });
    let (sender, mut progress_lines) = mpsc::unbounded_channel();
    let on_progress: OnProgress = Arc::new(move |progress| {
        let _ = sender.send(progress);
    });
    let mut work = pin!(perform(desk, reloader, request, on_progress));
    let mut rest = [0];
    loop {
        tokio::select! {
            done = &mut work => return Some(match done {
                Ok(value) => Answer::Done(value),
                Err(error) => Answer::Refused(error.to_string()),
            }),
            Some(progress) = progress_lines.recv() => send(write, &Answer::Progress(progress)).await.ok()?,
            // The client sends nothing after its request, so this read ends only when it has disconnected.
            _ = client.read(&mut rest), if is_long => return None,
        }
    }
}

async fn send(write: &mut OwnedWriteHalf, answer: &Answer) -> io::Result<()> {
    let mut text = serde_json::to_vec(answer)?;
    text.push(b'\n');
    write.write_all(&text).await
}

/// Sends a request to a running service; `None` if none is listening.
pub async fn send_request(
    data: &Path,
    request: &Request,
    on_progress: &OnProgress,
) -> io::Result<Option<Result<Value, String>>> {
    let stream = match UnixStream::connect(socket_of(data)).await {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        // The path is too long for a socket, so the service has none.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Ok(None),
        Err(error) => return Err(error),
    };
    let (read, mut write) = stream.into_split();
    let mut text = serde_json::to_vec(request)?;
    text.push(b'\n');
    write.write_all(&text).await?;
    let mut answers = BufReader::new(read).lines();
    while let Some(line) = answers.next_line().await? {
        match serde_json::from_str(&line)? {
            Answer::Progress(progress) => on_progress(progress),
            Answer::Done(value) => return Ok(Some(Ok(value))),
            Answer::Refused(why) => return Ok(Some(Err(why))),
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}
