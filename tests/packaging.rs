//! What operators are given: the systemd unit, the alerts, the dashboard. Each is checked by the tool that reads it, where that
//! is on the machine.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;

const ALERTS: &str = include_str!("../config/alerts.yml");
const DASHBOARD: &str = include_str!("../config/grafana.json");
const TELEMETRY: &str = include_str!("../src/telemetry.rs");
/// systemd's measure of how much a service could do beyond its work: 0 nothing, 10 everything.
const EXPOSURE_MAX: f64 = 3.0;

fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("config")
        .join(name)
}

/// What a tool prints; none where it is not on this machine.
fn printed(tool: &str, arguments: &[&str], file: &str) -> Option<String> {
    let ran = Command::new(tool)
        .args(arguments)
        .arg(config(file))
        .output();
    let Ok(output) = ran else {
        println!("skipped: {tool} is not on this machine");
        return None;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool} {file}: {text}{errors}");
    Some(text)
}

#[test]
fn the_unit_is_shut_in() {
    let arguments = ["security", "--offline=yes"];
    let Some(text) = printed("systemd-analyze", &arguments, "banzhu.service") else {
        return;
    };
    let line = text.lines().find(|line| line.contains("exposure level"));
    let exposure = line.and_then(|line| line.split_whitespace().find_map(|word| word.parse().ok()));
    let exposure: f64 = exposure.unwrap();
    assert!(exposure <= EXPOSURE_MAX, "{exposure}");
}

#[test]
fn the_alerts_are_rules_of_prometheus() {
    printed("promtool", &["check", "rules"], "alerts.yml");
}

/// Names that begin as ours do.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c| !is_part(c))
        .filter(|word| word.starts_with("banzhu_") || word.starts_with("process_"))
        .map(|word| word.trim_end_matches("_bucket").to_owned())
        .collect()
}

#[test]
fn alerts_and_dashboard_look_at_metrics_that_there_are() {
    let known = metrics_in(TELEMETRY);
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let queries = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap())
        .map(|target| target["expr"].as_str().unwrap());
    for text in queries.chain([ALERTS]) {
        let unknown: Vec<_> = metrics_in(text).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "{unknown:?} in {text}");
    }
}

#[test]
fn the_supervisor_hears_when_it_is_up_and_when_it_stops() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("notify");
    let supervisor = UnixDatagram::bind(&socket).unwrap();
    supervisor
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_banzhu"))
        .args(["serve", "--listen", ":0", "--data"])
        .arg(dir.path().join("data"))
        .current_dir(dir.path())
        .env("NOTIFY_SOCKET", &socket)
        .env("BANZHU_PASSWORD_MEMORY_KIB", "64")
        .env("BANZHU_LOG_LEVEL", "error")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let hear = || {
        let mut message = [0; 256];
        let length = supervisor.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    };
    assert_eq!(hear().trim(), "READY=1");
    let lines: Vec<_> = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .take_while(|line| !line.starts_with("docs"))
        .collect();
    assert!(lines.iter().any(|line| line.starts_with("listening on")));
    Command::new("kill")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert_eq!(hear().trim(), "STOPPING=1");
    assert!(child.wait().unwrap().success());
}
