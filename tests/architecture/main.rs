//! The map of `src/lib.rs`, held: which room uses which, and who may name the world outside.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod uses;

use std::{
    fs,
    path::{Path, PathBuf},
};

use uses::{circles, uses};

/// Each room with the rooms that it may use, itself apart.
const ROOMS: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("id", &[]),
    ("text", &[]),
    ("lexicon", &["text"]),
    ("topic", &["text", "lexicon"]),
    ("member", &["time", "text"]),
    ("score", &["text", "lexicon"]),
    (
        "record",
        &["time", "id", "text", "lexicon", "topic", "member"],
    ),
    ("access", &["time", "id", "record"]),
    (
        "policy",
        &[
            "time", "id", "text", "lexicon", "topic", "member", "score", "record",
        ],
    ),
    (
        "review",
        &[
            "time", "id", "text", "lexicon", "topic", "member", "score", "record", "policy",
        ],
    ),
    (
        "intake",
        &[
            "time", "id", "text", "lexicon", "topic", "member", "score", "record", "policy",
            "review",
        ],
    ),
    (
        "store",
        &[
            "time", "id", "text", "lexicon", "topic", "member", "score", "record", "policy",
            "review", "intake",
        ],
    ),
    (
        "desk",
        &[
            "time", "id", "text", "lexicon", "topic", "member", "score", "record", "access",
            "policy", "review", "intake", "store",
        ],
    ),
    (
        "http",
        &[
            "time", "id", "text", "lexicon", "topic", "member", "score", "record", "access",
            "policy", "review", "intake", "desk",
        ],
    ),
    ("notify", &["time", "id", "record", "desk"]),
    ("config", &[]),
    ("telemetry", &["config"]),
    ("sources", &["config", "lexicon", "policy", "score"]),
    ("reload", &["desk", "policy", "record", "sources", "time"]),
    (
        "control",
        &["access", "desk", "id", "intake", "reload", "time"],
    ),
    (
        "demo",
        &[
            "access", "app", "config", "desk", "id", "intake", "record", "store", "time",
        ],
    ),
    (
        "app",
        &[
            "config",
            "control",
            "desk",
            "http",
            "notify",
            "reload",
            "score",
            "sources",
            "store",
            "telemetry",
            "time",
        ],
    ),
    (
        "cli",
        &[
            "app",
            "config",
            "control",
            "demo",
            "desk",
            "policy",
            "reload",
            "score",
            "sources",
            "store",
            "telemetry",
            "text",
        ],
    ),
];

/// Names of the world outside, and the places that may speak them.
const WORLD: &[(&str, &[&str])] = &[
    ("sled::", &["store/sled/", "store/mod.rs"]),
    ("actix_web", &["http/", "app.rs"]),
    ("reqwest", &["notify/"]),
    ("SystemTime", &["app/clock.rs"]),
    ("getrandom", &["app/clock.rs"]),
    ("TcpListener", &["http/server.rs", "app.rs"]),
    ("UnixListener", &["control.rs"]),
    (
        "std::fs",
        &[
            "store/sled/",
            "sources.rs",
            "config.rs",
            "control.rs",
            "telemetry.rs",
            "app.rs",
            "app/clock.rs",
        ],
    ),
    ("std::process::exit", &[]),
    ("println!", &["cli.rs", "cli/"]),
];

/// Every file below `src` with its text; unit tests may do as they like and are left out.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(&root)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                let text = fs::read_to_string(&path).unwrap();
                files.push((name, without_tests(&text).to_owned()));
            }
        }
    }
    files
}

fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap()
}

/// A file without comments, and with grouped imports of `std` written out.
fn code_of(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap());
    // Grouped imports written out: `std::{fs, io}` names `std::fs`.
    let code = lines.collect::<Vec<_>>().join("\n");
    let has_fs = code.contains("use std::{")
        && code
            .split("use std::{")
            .nth(1)
            .unwrap()
            .split("};")
            .next()
            .unwrap()
            .split([',', '\n'])
            .any(|part| part.trim() == "fs");
    if has_fs {
        format!("{code}\nuse std::fs;")
    } else {
        code
    }
}

/// The room in which a file lies: the first part of its path.
fn room_of(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

#[test]
fn each_room_uses_only_the_rooms_that_the_map_names() {
    for used in uses(&sources()) {
        let room = room_of(&used.from);
        if matches!(room, "" | "main") {
            continue;
        }
        let (_, allowed) = ROOMS
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("{room} is not on the map"));
        // The room that is named: a room may offer as its own what it took from one below (`desk::Retention`).
        let named = used.name.replace("::", "/");
        let other = room_of(&named);
        assert!(
            other == room || allowed.contains(&other),
            "{} uses {}, and the map does not say so",
            used.from,
            used.name
        );
    }
}

#[test]
fn no_circle_between_files() {
    if let Some((_, closing)) = circles(&uses(&sources())).into_iter().next() {
        let closing: Vec<String> = closing
            .iter()
            .map(|used| format!("{} uses {} by {}", used.from, used.to, used.name))
            .collect();
        panic!("files use each other in a circle:\n{}", closing.join("\n"));
    }
}

/// Only the core makes a change: what the desk commits was judged, and allowed by the rules.
#[test]
fn only_the_core_builds_changes() {
    for (file, text) in sources() {
        let builds = code_of(&text).contains("ChangeBuilder");
        let is_core = ["record", "access", "review", "intake"].contains(&room_of(&file));
        assert!(!builds || is_core, "{file} builds a change");
    }
}

/// What a change means is laid out once, above all engines.
#[test]
fn engines_know_rows_and_no_changes() {
    for (file, text) in sources() {
        let is_engine = file.starts_with("store/sled/") || file == "store/ephemeral.rs";
        let code = code_of(&text);
        for name in ["ChangeParts", "Precondition", "QueueIndex", "LiveUpdate"] {
            assert!(!is_engine || !code.contains(name), "{file} names {name}");
        }
    }
}

#[test]
fn only_the_named_places_speak_of_the_world_outside() {
    for (file, text) in sources() {
        let code = code_of(&text);
        for (name, places) in WORLD {
            let speaks = code.contains(name);
            assert!(
                !speaks || places.iter().any(|place| file.starts_with(place)),
                "{file} names {name}"
            );
        }
    }
}

#[test]
fn the_map_names_every_room() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for (room, _) in ROOMS {
        assert!(
            map.contains(&format!("[`{room}`]")) && map.contains(&format!("pub mod {room};")),
            "{room}"
        );
    }
}

#[test]
fn the_top_level_holds_what_was_fixed_and_what_tools_need() {
    let known = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "wordlists",
        "tests",
        "config",
        "README.md",
        "LICENSE",
        ".gitignore",
        ".ci",
        ".git",
    ];
    let local = ["target", "data"];
    for entry in fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(
            known.contains(&name.as_str()) || local.contains(&name.as_str()),
            "{name} does not belong at the top"
        );
    }
}
