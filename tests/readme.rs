//! What the README says, held: its programs run, its commands are there, its metrics and its matrix are the real ones.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

const README: &str = include_str!("../README.md");
const ALERTS: &str = include_str!("../config/alerts.yml");
const RULES: &str = include_str!("../config/rules.toml");

/// The code blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let begin = format!("```{language}\n");
    README
        .split(&begin)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

struct Service {
    child: Child,
    url: String,
    key: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn service(dir: &Path) -> Service {
    let mut child = Command::new(env!("CARGO_BIN_EXE_banzhu"))
        .args(["serve", "--listen", ":0"])
        .current_dir(dir)
        .env("BANZHU_PASSWORD_MEMORY_KIB", "64")
        .env("BANZHU_LOG_LEVEL", "warn")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut url, mut key) = (None, None);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        key = key.or(line.strip_prefix("key ").map(str::to_owned));
        url = url.or(line.strip_prefix("listening on ").map(str::to_owned));
        if line.starts_with("docs ") {
            break;
        }
    }
    Service {
        child,
        url: url.unwrap(),
        key: key.unwrap(),
    }
}

/// Runs a program of the README with an ending of ours; none where its language is not on this machine.
fn told(program: &str, file: &Path, text: &str, service: &Service) -> Option<String> {
    let there = Command::new(program).arg("--version").output();
    if !there.is_ok_and(|there| there.status.success()) {
        println!("skipped: {program} is not on this machine");
        return None;
    }
    fs::write(file, text).unwrap();
    let output = Command::new(program)
        .arg(file)
        .args([&service.url, &service.key])
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(told)
}

const EXPECTED: &str = "allow\nflag\nremove\ncomment-empty\nlater\n";

#[test]
fn the_integrations_run() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path());
    let [python] = blocks("python")[..] else {
        panic!("one program in Python")
    };
    let ending = r#"
import sys
url, key = sys.argv[1:]
for number, body in enumerate(["早安", "你這個白痴", "說真的,幹你娘", ""]):
    try:
        print(moderate({"comment_id": f"p-{number}", "body": body or "  "}, url, key))
    except ValueError as error:
        print(json.loads(str(error))["errors"][0]["code"])
print(moderate({"comment_id": "p-9", "body": "早安"}, "http://127.0.0.1:9", key))
"#;
    if let Some(told) = told(
        "python3",
        &dir.path().join("board.py"),
        &format!("{python}{ending}"),
        &service,
    ) {
        assert_eq!(told, EXPECTED);
    }
    let [node] = blocks("js")[..] else {
        panic!("one program for Node")
    };
    let ending = r#"
const [url, key] = process.argv.slice(2);
for (const [number, body] of ["早安", "你這個白痴", "說真的,幹你娘", "  "].entries()) {
  try { console.log(await moderate({ comment_id: `n-${number}`, body }, url, key)); }
  catch (error) { console.log(JSON.parse(error.message).errors[0].code); }
}
console.log(await moderate({ comment_id: "n-9", body: "早安" }, "http://127.0.0.1:9", key));
"#;
    if let Some(told) = told(
        "node",
        &dir.path().join("board.mjs"),
        &format!("{node}{ending}"),
        &service,
    ) {
        assert_eq!(told, EXPECTED);
    }
}

#[tokio::test]
async fn the_alerts_watch_what_is_measured() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(dir.path());
    let client = client();
    let comment = serde_json::json!({"comment_id": "c-1", "body": "早安"});
    let request = client
        .post(format!("{}/v1/moderations", service.url))
        .bearer_auth(&service.key);
    assert_eq!(request.json(&comment).send().await.unwrap().status(), 200);
    let made = Command::new(env!("CARGO_BIN_EXE_banzhu"))
        .args(["key", "new", "--scopes", "read"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    let reader = String::from_utf8(made.stdout).unwrap();
    let watched: BTreeSet<&str> = ALERTS
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.starts_with("banzhu_"))
        .collect();
    assert!(watched.len() >= 4, "{watched:?}");
    // Readings are taken every few seconds.
    let mut missing = watched.clone();
    for _ in 0..100 {
        let request = client
            .get(format!("{}/metrics", service.url))
            .bearer_auth(reader.trim());
        let told = request.send().await.unwrap().text().await.unwrap();
        missing.retain(|name| !told.lines().any(|line| line.starts_with(name)));
        if missing.is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("nothing is told of {missing:?}");
}

/// `Some(cells)` of a row of the matrix: codes, rule, four cells.
fn row(line: &str) -> Option<Vec<String>> {
    let cells: Vec<String> = line
        .trim()
        .trim_matches('|')
        .split('|')
        .map(|cell| cell.trim().to_owned())
        .collect();
    (cells.len() == 6 && cells[0].starts_with('`')).then_some(cells)
}

fn cell(text: &str) -> &'static str {
    match text {
        "note" => "note",
        "remove" => "remove",
        text if text.starts_with("two in one post") => "count",
        text if text.starts_with("flag") => "flag",
        other => panic!("{other:?} is no cell"),
    }
}

#[test]
fn the_matrix_is_the_shipped_one() {
    let shipped: toml::Table = toml::from_str(RULES).unwrap();
    let shipped = shipped["codes"].as_table().unwrap();
    let mut told = BTreeSet::new();
    for cells in README.lines().filter_map(row) {
        for code in cells[0]
            .split_whitespace()
            .map(|code| code.trim_matches('`'))
        {
            let rules = shipped[code].as_table().unwrap();
            let words: Vec<&str> = match rules.get("by_severity") {
                Some(cells) => cells
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|cell| cell.as_str().unwrap())
                    .collect(),
                None => vec![rules["verdict"].as_str().unwrap()],
            };
            let shown: Vec<&str> = cells[2..]
                .iter()
                .filter(|text| !text.is_empty())
                .map(|text| cell(text))
                .collect();
            assert_eq!(shown, words, "{code}");
            told.insert(code.to_owned());
        }
    }
    let all: BTreeSet<String> = shipped.keys().cloned().collect();
    assert_eq!(told, all);
}

#[test]
fn every_command_named_is_there() {
    let mut commands = BTreeSet::new();
    for part in README.split("banzhu ").skip(1) {
        let bare =
            |word: &'static str| word.trim_matches(|letter: char| !letter.is_ascii_lowercase());
        let words: Vec<&str> = part.split_whitespace().take(2).map(bare).collect();
        match words[..] {
            [group @ ("key" | "user"), command] => commands.insert(vec![group, command]),
            [
                command @ ("serve" | "demo" | "check" | "try" | "verify"),
                ..,
            ] => commands.insert(vec![command]),
            _ => false,
        };
    }
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        let help = Command::new(env!("CARGO_BIN_EXE_banzhu"))
            .args(&command)
            .arg("--help")
            .output()
            .unwrap();
        assert!(help.status.success(), "{command:?}");
    }
}

#[test]
fn the_row_that_is_shown_is_a_good_one() {
    let dir = tempfile::tempdir().unwrap();
    let lists = dir.path().join("wordlists");
    fs::create_dir(&lists).unwrap();
    let rows = blocks("text")
        .into_iter()
        .find(|block| block.starts_with("term\t"))
        .unwrap();
    fs::write(lists.join("profanity.tsv"), rows).unwrap();
    let tags = "tag\tmatch\tnote\tsource\n頭香\twhole\t\town knowledge\n";
    fs::write(lists.join("meaningless_tags.tsv"), tags).unwrap();
    // Lists that are not there have to be switched off, by name.
    let shipped = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists")).unwrap();
    let names = shipped.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.filter(|name| name.ends_with(".tsv"));
    let off: Vec<String> = names.filter(|name| !lists.join(name).exists()).collect();
    fs::create_dir(dir.path().join("config")).unwrap();
    let rules = format!("disabled = {off:?}\n");
    fs::write(dir.path().join("config/rules.toml"), rules).unwrap();
    let checked = Command::new(env!("CARGO_BIN_EXE_banzhu"))
        .arg("check")
        .current_dir(dir.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(
        checked.status.success() && told.contains("profanity 1"),
        "{told}{}",
        String::from_utf8_lossy(&checked.stderr)
    );
}

/// A client; the TLS that it could speak is ours.
fn client() -> reqwest::Client {
    banzhu::notify::choose_tls();
    reqwest::Client::new()
}
