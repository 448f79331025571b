//! The way in for whoever runs commands on the machine: a Unix socket in the data folder, for its owner alone.
//!
//! One JSON request a line, one JSON answer a line. What a command asks is done by the same function whether the
//! service runs or the command opens the folder itself.

use std::{
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
};

use crate::{
    access::Caller,
    desk::{Answered, ChangeUser, Desk, DeskError, NewKey, NewToken, NewUser},
    id::KeyId,
};

/// The socket's name in the data folder.
const SOCKET: &str = "control.sock";
/// The longest request, in bytes.
const REQUEST_BYTES_MAX: u64 = 64 * 1024;

/// What a command asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "named as the commands")]
pub enum Request {
    KeyNew {
        name: Option<String>,
        scopes: Vec<String>,
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
    },
    Compact,
}

/// The socket of a data folder.
pub fn socket_of(data: &Path) -> PathBuf {
    data.join(SOCKET)
}

/// Does what a command asks. What comes back is for the command to print.
pub async fn perform(desk: &Desk, request: Request) -> Result<Value, DeskError> {
    let by = &Caller::Operator;
    match request {
        Request::KeyNew { name, scopes } => {
            let made = fresh(
                desk.create_key(
                    by,
                    NewKey {
                        name,
                        scopes,
                        expires_at: None,
                    },
                    None,
                )
                .await?,
            )?;
            Ok(json!(made))
        }
        Request::KeyList => Ok(json!(desk.keys().await?)),
        Request::KeyRevoke { key } => {
            let id = key_of(desk, &key).await?;
            desk.revoke_key(by, id).await?;
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
            Ok(json!(fresh(desk.create_user(by, new, None).await?)?))
        }
        Request::UserList => Ok(json!(desk.users().await?)),
        Request::UserPassword { name, password } => {
            let made = password.is_none().then(|| desk.suggest_password());
            let change = ChangeUser {
                password: password.or(made.clone()),
                ..ChangeUser::default()
            };
            desk.change_user(by, &name, change).await?;
            Ok(json!({ "password": made }))
        }
        Request::UserDisable { name } => {
            let change = ChangeUser {
                disabled: Some(true),
                ..ChangeUser::default()
            };
            Ok(json!(desk.change_user(by, &name, change).await?))
        }
        Request::Compact => Ok(json!(desk.compact(&by.actor()).await?)),
        Request::UserToken { name } => Ok(json!(
            desk.create_token_for(by, &name, NewToken::default())
                .await?
        )),
    }
}

fn fresh<T>(answered: Answered<T>) -> Result<T, DeskError> {
    match answered {
        Answered::Fresh(value) => Ok(value),
        Answered::Replayed { .. } => {
            Err(DeskError::Internal("no command is asked twice".to_owned()))
        }
    }
}

/// The live key of this id or name.
async fn key_of(desk: &Desk, wanted: &str) -> Result<KeyId, DeskError> {
    let keys = desk.keys().await?;
    let live = keys.iter().filter(|key| key.revoked_at.is_none());
    let found = live
        .chain(&keys)
        .find(|key| key.id.to_string() == wanted || key.name.as_str() == wanted);
    found.map(|key| key.id).ok_or(DeskError::NotFound)
}

/// What went wrong, for whoever reads a terminal.
pub fn told(error: &DeskError) -> String {
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
        DeskError::StorageFull => "磁碟空間不足 / the disk is nearly full".to_owned(),
        other => other.to_string(),
    }
}

/// An answer on the socket.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Done(Value),
    Refused(String),
}

/// Opens the socket. A folder whose path is too long for one is told, and the service runs without.
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
pub async fn serve(listener: UnixListener, desk: Arc<Desk>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::task::spawn(one(stream, Arc::clone(&desk)))),
            Err(error) => {
                tracing::warn!(%error, "the control socket: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// The folder's lock is ours: whoever left a socket behind is gone.
fn bind(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn one(stream: UnixStream, desk: Arc<Desk>) {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let read = BufReader::new(read.take(REQUEST_BYTES_MAX))
        .read_line(&mut line)
        .await;
    let answer = match read.map(|_| serde_json::from_str::<Request>(&line)) {
        Ok(Ok(request)) => match perform(&desk, request).await {
            Ok(value) => Answer::Done(value),
            Err(error) => Answer::Refused(told(&error)),
        },
        Ok(Err(error)) => Answer::Refused(error.to_string()),
        Err(_) => return,
    };
    if let Ok(mut text) = serde_json::to_vec(&answer) {
        text.push(b'\n');
        let _ = write.write_all(&text).await;
    }
}

/// Asks a running service; none where none answers at the socket.
pub async fn ask(data: &Path, request: &Request) -> io::Result<Option<Result<Value, String>>> {
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
        // A path too long for a socket: the service has none either.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Ok(None),
        Err(error) => return Err(error),
    };
    let (read, mut write) = stream.into_split();
    let mut text = serde_json::to_vec(request)?;
    text.push(b'\n');
    write.write_all(&text).await?;
    let mut line = String::new();
    BufReader::new(read).read_line(&mut line).await?;
    match serde_json::from_str(&line)? {
        Answer::Done(value) => Ok(Some(Ok(value))),
        Answer::Refused(why) => Ok(Some(Err(why))),
    }
}
