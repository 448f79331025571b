//! The real binary, on a folder of its own.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

/// A running service, ended with the test.
pub struct Service {
    child: Child,
    lines: Vec<String>,
    dir: tempfile::TempDir,
}

fn banzhu(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_banzhu"));
    command
        .current_dir(dir)
        .env("BANZHU_PASSWORD_MEMORY_KIB", "64")
        .env("BANZHU_LOG_LEVEL", "warn");
    command
}

impl Service {
    pub fn start(command: &str) -> Self {
        banzhu::notify::choose_tls();
        let dir = tempfile::tempdir().unwrap();
        let mut child = banzhu(dir.path())
            .args([command, "--listen", ":0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            lines.push(line.unwrap());
            if lines.last().unwrap().starts_with("docs ") {
                break;
            }
        }
        Self { child, lines, dir }
    }

    /// What follows a word that begins a line of its output.
    pub fn value(&self, name: &str) -> &str {
        let found = self.lines.iter().find_map(|line| {
            let (begin, rest) = line.split_once(' ')?;
            (begin == name).then_some(rest)
        });
        found.unwrap_or_else(|| panic!("no {name} in {:?}", self.lines))
    }

    pub fn url(&self) -> &str {
        self.value("listening").strip_prefix("on ").unwrap()
    }

    /// A new user's password.
    pub fn add_user(&self, name: &str, role: &str) -> String {
        let told = banzhu(self.dir.path())
            .args(["user", "add", name, "--role", role])
            .output()
            .unwrap();
        assert!(told.status.success(), "{told:?}");
        let told = String::from_utf8(told.stdout).unwrap();
        told.split_whitespace().last().unwrap().to_owned()
    }

    /// Asks the API with the board's key.
    pub async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let client = reqwest::Client::new();
        let method = method.parse().unwrap();
        let request = client.request(method, format!("{}{path}", self.url()));
        let request = request.bearer_auth(self.value("key"));
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path} {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Posts a comment of a member of its own.
    pub async fn post(&self, id: &str, body: &str) {
        let member = json!({"id": format!("m-{id}"), "nickname": format!("會員{id}")});
        let comment = json!({"comment_id": id, "member": member, "body": body});
        self.ask("POST", "/v1/moderations", Some(comment)).await;
    }

    /// Posts as many comments that open a case each, with different words.
    pub async fn post_insults(&self, ids: std::ops::RangeInclusive<usize>) {
        for number in ids {
            self.post(&format!("c-{number}"), &insult(number)).await;
        }
    }

    /// What is in effect for a comment.
    pub async fn verdict(&self, id: &str) -> String {
        let comment = self.ask("GET", &format!("/v1/comments/{id}"), None).await;
        comment["verdict"].as_str().unwrap_or_default().to_owned()
    }

    /// A clean stop, and nothing wrong in the folder.
    pub fn stop(mut self) {
        let id = self.child.id().to_string();
        Command::new("kill").arg(id).status().unwrap();
        assert!(self.child.wait().unwrap().success());
        let verified = banzhu(self.dir.path()).arg("verify").output().unwrap();
        assert!(verified.status.success(), "{verified:?}");
    }
}

/// A comment that the filter flags; each number's is another.
pub fn insult(number: usize) -> String {
    format!("第{number}樓的你這個白痴，看得懂新聞嗎")
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
