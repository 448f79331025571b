//! The Unix socket by which `key` and `user` reach a running service: one JSON request a line, one JSON answer a line.
//!
//! Only the owner of the data folder comes through: the socket is theirs alone, and whoever connects is asked who they
//! are. What a request does is one function, so that the commands do the same where no service runs.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    time::timeout,
};

use crate::{
    access::Caller,
    desk::{Answered, ChangeUser, Desk, DeskError, NewKey, NewToken, NewUser},
    id::KeyId,
};

/// The socket's name in the data folder.
const SOCKET: &str = "control.sock";
/// The longest path of a socket, in bytes (`sun_path`, less its end).
const PATH_BYTES_MAX: usize = 107;
/// The longest request, in bytes.
const REQUEST_BYTES_MAX: u64 = 64 * 1024;
/// How long either side waits for the other.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// What can be asked of a service on its own machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "named as on the command line")]
pub enum Request {
    KeyNew {
        name: Option<String>,
        scopes: Vec<String>,
        expires_at: Option<String>,
    },
    KeyList,
    /// By id or by name.
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
        password: String,
    },
    UserDisable {
        name: String,
    },
    UserToken {
        user: String,
        name: Option<String>,
    },
}

/// Why it was not done, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{zh_tw} / {en}")]
pub struct Refusal {
    /// In Traditional Chinese.
    pub zh_tw: String,
    /// In English.
    pub en: String,
}

impl Refusal {
    /// A refusal with its two texts.
    pub fn new(zh_tw: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh_tw: zh_tw.into(),
            en: en.into(),
        }
    }
}

/// What goes back over the socket.
type Answer = Result<Value, Refusal>;

/// Where a running service listens.
pub fn socket_path(data: &Path) -> PathBuf {
    data.join(SOCKET)
}

/// Does what is asked.
pub async fn carry_out(desk: &Desk, request: Request) -> Answer {
    let operator = Caller::Operator;
    match request {
        Request::KeyNew {
            name,
            scopes,
            expires_at,
        } => {
            let new = NewKey {
                name,
                scopes,
                expires_at,
            };
            shown(desk.create_key(&operator, new, None).await.and_then(fresh))
        }
        Request::KeyList => shown(desk.keys().await),
        Request::KeyRevoke { key } => {
            let id = key_of(desk, &key).await?;
            shown(desk.revoke_key(&operator, id).await)
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
            shown(desk.create_user(&operator, new, None).await.and_then(fresh))
        }
        Request::UserList => shown(desk.users().await),
        Request::UserPassword { name, password } => {
            let change = ChangeUser {
                password: Some(password),
                ..ChangeUser::default()
            };
            shown(desk.change_user(&operator, &name, change).await)
        }
        Request::UserDisable { name } => {
            let change = ChangeUser {
                disabled: Some(true),
                ..ChangeUser::default()
            };
            shown(desk.change_user(&operator, &name, change).await)
        }
        Request::UserToken { user, name } => {
            let new = NewToken {
                name,
                expires_at: None,
            };
            shown(desk.create_token_for(&operator, &user, new).await)
        }
    }
}

/// The socket of a service; its file goes with it.
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
    owner: u32,
}

impl Control {
    /// Opens the socket. The data folder is ours alone by now, so a socket that lies there is nobody's.
    pub fn open(data: &Path) -> io::Result<Self> {
        let path = socket_path(data);
        check_length(&path).map_err(|refusal| io::Error::other(refusal.to_string()))?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        let owner = fs::metadata(&path)?.uid();
        Ok(Self {
            listener,
            path,
            owner,
        })
    }

    /// Answers whoever comes. Never returns.
    pub async fn serve(self, desk: Arc<Desk>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) if self.is_owner(&stream) => {
                    let desk = Arc::clone(&desk);
                    tokio::spawn(async move {
                        if let Ok(Err(error)) = timeout(WAIT_MAX, answer(stream, &desk)).await {
                            tracing::debug!(%error, "a command went away: {error}");
                        }
                    });
                }
                Ok(_) => tracing::warn!("somebody else than the owner came to the control socket"),
                Err(error) => {
                    tracing::warn!(%error, "the control socket: {error}");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    fn is_owner(&self, stream: &UnixStream) -> bool {
        stream
            .peer_cred()
            .is_ok_and(|peer| peer.uid() == self.owner || peer.uid() == 0)
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // one that is left behind is replaced at the next start
        let _ = fs::remove_file(&self.path);
    }
}

/// Asks the service that runs on a data folder; none where none runs.
pub async fn ask(data: &Path, request: &Request) -> Option<Answer> {
    let path = socket_path(data);
    if !path.exists() || check_length(&path).is_err() {
        return None;
    }
    let stream = UnixStream::connect(&path).await.ok()?;
    let answered = timeout(WAIT_MAX, converse(stream, request)).await;
    let answered = answered.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    Some(answered.unwrap_or_else(|error| {
        Err(Refusal::new(
            format!("執行中的服務沒有回應:{error}"),
            format!("the running service does not answer: {error}"),
        ))
    }))
}

/// Whether a socket can have this path.
pub fn check_length(path: &Path) -> Result<(), Refusal> {
    let bytes = path.as_os_str().len();
    if bytes <= PATH_BYTES_MAX {
        return Ok(());
    }
    let shown = path.display();
    Err(Refusal::new(
        format!("通訊端路徑最長 {PATH_BYTES_MAX} 位元組,{shown} 有 {bytes};請用較短的資料夾路徑(例如相對路徑)"),
        format!("a socket's path has at most {PATH_BYTES_MAX} bytes, {shown} has {bytes}: use a shorter path of the data folder, such as a relative one"),
    ))
}

async fn converse(stream: UnixStream, request: &Request) -> io::Result<Answer> {
    let (from, mut to) = stream.into_split();
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    to.write_all(&line).await?;
    let mut answer = String::new();
    BufReader::new(from).read_line(&mut answer).await?;
    Ok(serde_json::from_str::<Line>(&answer)?.into())
}

async fn answer(stream: UnixStream, desk: &Desk) -> io::Result<()> {
    let (from, mut to) = stream.into_split();
    let mut line = String::new();
    BufReader::new(from.take(REQUEST_BYTES_MAX))
        .read_line(&mut line)
        .await?;
    let answer = match serde_json::from_str(&line) {
        Ok(request) => carry_out(desk, request).await,
        Err(error) => Err(Refusal::new(
            format!("看不懂的請求:{error}"),
            format!("not a request: {error}"),
        )),
    };
    let mut line = serde_json::to_vec(&Line::from(answer))?;
    line.push(b'\n');
    to.write_all(&line).await
}

/// An answer as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Done(Value),
    Refused(Refusal),
}

impl From<Answer> for Line {
    fn from(answer: Answer) -> Self {
        match answer {
            Ok(value) => Self::Done(value),
            Err(refusal) => Self::Refused(refusal),
        }
    }
}

impl From<Line> for Answer {
    fn from(line: Line) -> Self {
        match line {
            Line::Done(value) => Ok(value),
            Line::Refused(refusal) => Err(refusal),
        }
    }
}

/// The id of a key that was named by its id or, while it lives, by its name.
async fn key_of(desk: &Desk, raw: &str) -> Result<KeyId, Refusal> {
    if let Some(id) = KeyId::parse(raw) {
        return Ok(id);
    }
    let keys = desk.keys().await?;
    let named = keys
        .iter()
        .find(|key| key.name.as_str() == raw && key.revoked_at.is_none());
    Ok(named.ok_or(DeskError::NotFound)?.id)
}

fn fresh<T>(answered: Answered<T>) -> Result<T, DeskError> {
    match answered {
        Answered::Fresh(value) => Ok(value),
        Answered::Replayed { .. } => Err(DeskError::Internal("an answer without a key".to_owned())),
    }
}

fn shown<T: Serialize>(done: Result<T, DeskError>) -> Answer {
    Ok(json!(done?))
}

impl From<DeskError> for Refusal {
    fn from(error: DeskError) -> Self {
        match &error {
            DeskError::Fields(faults) => {
                let all = |text: &dyn Fn(&crate::intake::FieldFault) -> String| {
                    faults.iter().map(text).collect::<Vec<_>>().join("; ")
                };
                let place = |fault: &crate::intake::FieldFault| {
                    fault.pointer.trim_start_matches('/').to_owned()
                };
                Self::new(
                    all(&|fault| format!("{}:{}", place(fault), fault.zh_tw)),
                    all(&|fault| format!("{}: {}", place(fault), fault.en)),
                )
            }
            DeskError::NotFound => Self::new("找不到這個名稱或代號", "there is no such name or id"),
            DeskError::NameTaken => Self::new("名稱已被使用", error.to_string()),
            DeskError::LastAdmin => Self::new("必須保留最後一位管理員", error.to_string()),
            DeskError::StorageFull => Self::new("磁碟空間不足", error.to_string()),
            _ => Self::new("無法完成", error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_socket_path_has_both_borders() {
        let path = |bytes: usize| PathBuf::from("x".repeat(bytes));
        assert!(check_length(&path(PATH_BYTES_MAX)).is_ok());
        let told = check_length(&path(PATH_BYTES_MAX + 1)).unwrap_err();
        assert!(told.en.contains("has 108"), "{told}");
    }

    #[test]
    fn a_request_is_one_line_of_json() {
        let request = Request::UserToken {
            user: "amy".to_owned(),
            name: None,
        };
        let line = serde_json::to_string(&request).unwrap();
        assert_eq!(line, r#"{"do":"user-token","user":"amy","name":null}"#);
        assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
    }
}
