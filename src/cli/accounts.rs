//! `key` and `user`: asked of the running service through its socket, else done in the data folder itself.

use std::io::BufRead as _;

use clap::Subcommand;
use serde_json::Value;

use super::{DONE, FAULTY, block_on, complain};
use crate::{
    app::{self, SystemClock, say},
    config::Config,
    control::{self, Refusal, Request},
    time::Clock as _,
};

/// Letters of a password that we make: none that is taken for another.
const PASSWORD_LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
/// Their number: 5 bits each.
const PASSWORD_CHARS: usize = 20;

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// 新增金鑰並單獨印出 / make a key and print it alone
    New {
        /// 權限 / moderate,report,read,review,admin
        #[arg(long, value_name = "SCOPES", value_delimiter = ',', default_value = "moderate,report")]
        scopes: Vec<String>,
        /// 名稱 / its name
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// 到期時間 / when it ends, as 2027-01-01T00:00:00Z
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
    },
    /// 列出金鑰 / list keys
    List,
    /// 撤銷金鑰 / end a key
    Revoke {
        /// 代號或名稱 / its id or name
        #[arg(value_name = "ID_OR_NAME")]
        key: String,
    },
}

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// 新增使用者並印出密碼 / make a user and print the password
    Add {
        /// 名稱 / the name
        name: String,
        /// 角色 / viewer, moderator, admin
        #[arg(long, value_name = "ROLE")]
        role: String,
        /// 由標準輸入讀取密碼 / read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// 列出使用者 / list users
    List,
    /// 重設密碼 / set a new password and print it
    Password {
        /// 名稱 / the name
        name: String,
        /// 由標準輸入讀取密碼 / read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// 停用使用者 / keep a user out
    Disable {
        /// 名稱 / the name
        name: String,
    },
    /// 新增個人權杖並單獨印出 / make a personal token and print it alone
    Token {
        /// 使用者 / the user
        user: String,
        /// 權杖名稱 / what to call the token
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
}

/// `key …`
pub(super) fn key(config: &Config, command: KeyCommand) -> u8 {
    match command {
        KeyCommand::New {
            scopes,
            name,
            expires_at,
        } => {
            let request = Request::KeyNew {
                name,
                scopes,
                expires_at,
            };
            done(config, &request, |made| say(text(made, "key")))
        }
        KeyCommand::List => done(config, &Request::KeyList, |keys| {
            rows(keys).for_each(|key| say(&key_line(config, key)));
        }),
        KeyCommand::Revoke { key } => done(config, &Request::KeyRevoke { key }, |_| {
            say("金鑰已撤銷 / the key is ended");
        }),
    }
}

/// `user …`
pub(super) fn user(config: &Config, command: UserCommand) -> u8 {
    match command {
        UserCommand::Add {
            name,
            role,
            password_stdin,
        } => match given(password_stdin) {
            Err(refusal) => refused(&refusal),
            Ok(password) => {
                let request = Request::UserAdd {
                    name,
                    role,
                    password,
                };
                done(config, &request, |made| match made["password"].as_str() {
                    Some(password) => say(password),
                    None => say("使用者已新增 / the user is made"),
                })
            }
        },
        UserCommand::List => done(config, &Request::UserList, |users| {
            rows(users).for_each(|user| say(&user_line(config, user)));
        }),
        UserCommand::Password {
            name,
            password_stdin,
        } => match given(password_stdin) {
            Err(refusal) => refused(&refusal),
            Ok(given) => new_password(config, name, given),
        },
        UserCommand::Disable { name } => done(config, &Request::UserDisable { name }, |_| {
            say("使用者已停用 / the user is kept out");
        }),
        UserCommand::Token { user, name } => {
            let request = Request::UserToken { user, name };
            done(config, &request, |made| say(text(made, "token")))
        }
    }
}

fn new_password(config: &Config, name: String, given: Option<String>) -> u8 {
    let made = given.is_none();
    let password = given.unwrap_or_else(random_password);
    let request = Request::UserPassword {
        name,
        password: password.clone(),
    };
    done(config, &request, |_| {
        if made {
            say(&password);
        } else {
            say("密碼已更新 / the password is set");
        }
    })
}

/// Has it done, by the running service or here, and tells what came of it.
fn done(config: &Config, request: &Request, tell: impl FnOnce(&Value)) -> u8 {
    let answer = block_on(async {
        match control::ask(&config.data, request).await {
            Some(answer) => Ok(answer),
            None => {
                app::with_desk(config, async |desk| {
                    control::carry_out(desk, request.clone()).await
                })
                .await
            }
        }
    });
    match answer {
        Ok(Ok(value)) => {
            tell(&value);
            DONE
        }
        Ok(Err(refusal)) => refused(&refusal),
        Err(error) => {
            complain(&error);
            if let Err(refusal) = control::check_length(&control::socket_path(&config.data)) {
                complain(&refusal);
            }
            FAULTY
        }
    }
}

fn refused(refusal: &Refusal) -> u8 {
    complain(refusal);
    FAULTY
}

/// The password from standard input, where that is asked for: its first line.
fn given(from_stdin: bool) -> Result<Option<String>, Refusal> {
    if !from_stdin {
        return Ok(None);
    }
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    match read {
        Ok(_) if !password.is_empty() => Ok(Some(password)),
        _ => Err(Refusal::new(
            "標準輸入沒有密碼",
            "there is no password on standard input",
        )),
    }
}

fn random_password() -> String {
    let mut dice = [0; PASSWORD_CHARS];
    SystemClock::default().dice(&mut dice);
    dice.iter()
        .map(|byte| char::from(PASSWORD_LETTERS[usize::from(byte & 31)]))
        .collect()
}

fn rows(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn key_line(config: &Config, key: &Value) -> String {
    let scopes: Vec<&str> = rows(&key["scopes"]).filter_map(Value::as_str).collect();
    let state = match (key["revoked_at"].as_str(), key["expires_at"].as_str()) {
        (Some(at), _) => format!("已撤銷 revoked {}", local(config, at)),
        (None, Some(at)) => format!("到期 ends {}", local(config, at)),
        (None, None) => "有效 live".to_owned(),
    };
    let used = match key["last_used_at"].as_str() {
        Some(at) => local(config, at),
        None => "-".to_owned(),
    };
    format!(
        "{} {} {} 建立 made {} 最後使用 used {used} {state}",
        text(key, "id"),
        text(key, "name"),
        scopes.join(","),
        local(config, text(key, "created_at")),
    )
}

fn user_line(config: &Config, user: &Value) -> String {
    let state = if user["disabled"] == Value::Bool(true) {
        "停用 disabled"
    } else {
        "啟用 active"
    };
    format!(
        "{} {} 建立 made {} {state}",
        text(user, "name"),
        text(user, "role"),
        local(config, text(user, "created_at")),
    )
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// A time as the board's clocks show it.
fn local(config: &Config, raw: &str) -> String {
    match raw.parse::<jiff::Timestamp>() {
        Ok(at) => at
            .to_zoned_datetime(config.time_zone.clone())
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
        Err(_) => raw.to_owned(),
    }
}
