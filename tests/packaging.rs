//! What operators are given: the systemd unit, the Debian package, the alerts, the dashboard. Each is checked by the tool that reads it, where that
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

/// `[package.metadata.deb]`: which file of the repository goes where.
fn packaged() -> (toml::Table, Vec<(String, String)>) {
    let manifest: toml::Table = include_str!("../Cargo.toml").parse().unwrap();
    let deb = manifest["package"]["metadata"]["deb"].as_table().unwrap();
    let assets = deb["assets"].as_array().unwrap().iter().map(|asset| {
        let (from, to) = (asset[0].as_str().unwrap(), asset[1].as_str().unwrap());
        let name = from.rsplit('/').next().unwrap();
        let to = match to.strip_suffix('/') {
            Some(folder) => format!("/{folder}/{name}"),
            None => format!("/{to}"),
        };
        (from.to_owned(), to)
    });
    (deb.clone(), assets.collect())
}

#[test]
fn the_package_brings_what_its_unit_names() {
    let (deb, assets) = packaged();
    let unit = include_str!("../config/banzhu.service");
    let value = |key: &str| {
        unit.lines()
            .find_map(|line| line.strip_prefix(key))
            .unwrap()
    };
    let brought = |to: &str| assets.iter().any(|(_, asset)| asset == to);
    let (binary, _) = value("ExecStart=").split_once(' ').unwrap();
    assert!(brought(binary), "{binary}");
    let etc = value("Environment=BANZHU_CONFIG=");
    for name in ["default.toml", "rules.toml", "notices.toml"] {
        let installed = format!("{etc}/{name}");
        assert!(brought(&installed), "{installed}");
        let kept = deb["conf-files"].as_array().unwrap();
        assert!(kept.iter().any(|file| file.as_str() == Some(&installed)));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = |from: &str| from.starts_with("target/") || from.contains('*');
    for (from, _) in assets.iter().filter(|(from, _)| !built(from)) {
        assert!(root.join(from).is_file(), "{from}");
    }
    // The kill of ExecReload, and the authorities by which webhooks are trusted.
    for depends in ["adduser", "ca-certificates", "procps"] {
        assert!(deb["depends"].as_str().unwrap().contains(depends));
    }
}

#[test]
fn the_package_makes_the_folder_of_its_unit() {
    let unit = include_str!("../config/banzhu.service");
    let folder = unit
        .lines()
        .find_map(|line| line.strip_prefix("WorkingDirectory="))
        .unwrap();
    for name in ["postinst", "postrm"] {
        printed("sh", &["-n"], &format!("debian/{name}"));
        let script = std::fs::read_to_string(config(&format!("debian/{name}"))).unwrap();
        assert!(script.contains(folder) && script.contains("#DEBHELPER#"));
    }
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
