//! The map of `src/lib.rs`, held: which room uses which, and who may name the world outside.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each room with the rooms that it may use, itself apart.
const ROOMS: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("id", &[]),
    ("text", &[]),
    ("lexicon", &["text"]),
    ("topic", &["text", "lexicon"]),
    ("member", &["time", "text"]),
    (
        "record",
        &["time", "id", "text", "lexicon", "topic", "member"],
    ),
    ("access", &["time", "id", "record"]),
    (
        "policy",
        &["time", "id", "text", "lexicon", "topic", "member", "record"],
    ),
    (
        "review",
        &[
            "time", "id", "text", "lexicon", "topic", "member", "record", "access", "policy",
        ],
    ),
    (
        "intake",
        &[
            "time", "id", "text", "lexicon", "topic", "member", "record", "access", "policy",
            "review",
        ],
    ),
    (
        "store",
        &[
            "time", "id", "text", "lexicon", "topic", "member", "record", "access", "policy",
            "review", "intake",
        ],
    ),
    (
        "desk",
        &[
            "time", "id", "text", "lexicon", "topic", "member", "record", "access", "policy",
            "review", "intake", "store",
        ],
    ),
    (
        "http",
        &[
            "time", "id", "text", "lexicon", "topic", "member", "record", "access", "policy",
            "review", "intake", "desk",
        ],
    ),
    ("notify", &["time", "id", "record", "review", "desk"]),
    ("config", &[]),
    ("telemetry", &["config"]),
    ("sources", &["config", "lexicon", "policy"]),
    ("reload", &["access", "desk", "policy", "sources", "time"]),
    (
        "control",
        &["access", "desk", "id", "intake", "reload", "time"],
    ),
    (
        "demo",
        &[
            "access", "app", "config", "desk", "id", "intake", "store", "time",
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
    ("println!", &["cli.rs"]),
];

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
                files.push((name, code_of(&fs::read_to_string(&path).unwrap())));
            }
        }
    }
    files
}

/// What the compiler reads of a file: without comments, and without its unit tests, which may do as they like.
fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let lines = code.lines().map(|line| line.split("//").next().unwrap());
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

fn room_of(file: &str) -> String {
    file.split('/')
        .next()
        .unwrap()
        .trim_end_matches(".rs")
        .to_owned()
}

/// The rooms that a file names after `crate::`, grouped imports too.
fn used(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        if let Some(group) = after.strip_prefix('{') {
            let (mut depth, mut name) = (0, String::new());
            for character in group.chars() {
                match character {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => rooms.extend(first_part(&std::mem::take(&mut name))),
                    other if depth == 0 => name.push(other),
                    _ => {}
                }
            }
            rooms.extend(first_part(&name));
        } else {
            rooms.extend(first_part(after));
        }
    }
    rooms
}

fn first_part(path: &str) -> Option<String> {
    let name: String = path
        .trim()
        .chars()
        .take_while(|character| character.is_alphanumeric() || *character == '_')
        .collect();
    (!name.is_empty()).then_some(name)
}

#[test]
fn each_room_uses_only_the_rooms_that_the_map_names() {
    for (file, code) in sources()
        .iter()
        .filter(|(file, _)| !matches!(file.as_str(), "lib.rs" | "main.rs"))
    {
        let room = room_of(file);
        let (_, allowed) = ROOMS
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("{room} is not on the map"));
        for name in used(code).iter().filter(|name| **name != room) {
            assert!(
                allowed.contains(&name.as_str()),
                "{file} uses {name}, and the map does not say so"
            );
        }
    }
}

#[test]
fn only_the_named_places_speak_of_the_world_outside() {
    for (file, code) in sources() {
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
