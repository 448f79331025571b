//! The rooms and who may use whom, held to the code: the table of `src/lib.rs` cannot grow stale unseen.
//!
//! Comments, strings and unit tests are set aside; what is left is searched for `crate::room` and for the names of
//! crates and modules of the standard library that belong to few files.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The rooms of the core, in order: data in, data out.
const CORE: [&str; 10] = [
    "time", "id", "text", "lexicon", "topic", "member", "policy", "access", "review", "intake",
];

/// Each room and the rooms that it may use.
fn table() -> BTreeMap<&'static str, Vec<&'static str>> {
    let up_to = |last: &str| -> Vec<&'static str> {
        let end = CORE.iter().position(|room| *room == last).unwrap();
        CORE[..=end].to_vec()
    };
    let with = |rooms: Vec<&'static str>, more: &[&'static str]| [&rooms[..], more].concat();
    let core = up_to("intake");
    BTreeMap::from([
        ("time", vec![]),
        ("id", vec![]),
        ("text", vec![]),
        ("lexicon", vec!["text"]),
        ("topic", vec!["text", "lexicon"]),
        ("member", vec!["time", "id", "text", "lexicon"]),
        ("policy", up_to("member")),
        ("access", vec!["time", "id"]),
        ("review", up_to("access")),
        ("intake", up_to("review")),
        ("store", core.clone()),
        ("desk", with(core.clone(), &["store"])),
        ("http", with(core.clone(), &["desk"])),
        ("config", vec![]),
        ("telemetry", vec!["config"]),
        ("sources", vec!["config", "lexicon", "policy"]),
        ("reload", vec!["time", "policy", "sources", "desk"]),
        ("control", vec!["access", "id", "intake", "desk"]),
        (
            "demo",
            with(core.clone(), &["config", "store", "desk", "app"]),
        ),
        (
            "app",
            vec![
                "time",
                "config",
                "telemetry",
                "sources",
                "reload",
                "control",
                "store",
                "desk",
                "http",
            ],
        ),
        (
            "cli",
            vec![
                "text",
                "policy",
                "config",
                "telemetry",
                "sources",
                "reload",
                "control",
                "demo",
                "store",
                "desk",
                "app",
            ],
        ),
    ])
}

/// Names that only these files may use: a word, and the beginnings of the paths that may.
const NAMES: [(&str, &[&str]); 17] = [
    ("sled", &["store/sled", "store/mod.rs"]),
    ("actix_web", &["http/", "app.rs"]),
    (
        "std::fs",
        &[
            "store/sled",
            "sources.rs",
            "config.rs",
            "telemetry.rs",
            "control.rs",
            "app.rs",
        ],
    ),
    ("std::net", &["http/", "config.rs", "app.rs", "desk/"]),
    ("std::process", &["main.rs", "cli.rs"]),
    ("std::env", &[]),
    ("SystemTime", &["app.rs"]),
    ("Instant", &["http/", "store/sled"]),
    ("getrandom", &["app.rs"]),
    ("argon2", &["desk/"]),
    ("figment", &["config.rs"]),
    ("clap", &["cli.rs"]),
    ("notify", &["reload.rs"]),
    ("postcard", &["store/", "desk/queue.rs"]),
    ("aho_corasick", &["text/", "lexicon/", "topic/", "member/"]),
    ("tracing_subscriber", &["telemetry.rs", "config.rs"]),
    (
        "tokio",
        &[
            "store/sled",
            "desk/",
            "http/",
            "reload.rs",
            "control.rs",
            "app.rs",
            "cli.rs",
        ],
    ),
];

/// What the core may not touch, whatever file: it is handed what it needs.
const NOT_IN_THE_CORE: [&str; 12] = [
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "tokio",
    "tracing",
    "metrics",
    "async",
];

struct Source {
    /// Below `src`, with `/` between.
    path: String,
    code: String,
}

impl Source {
    fn room(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.trim_end_matches(".rs")
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths
        .into_iter()
        .map(|path| Source {
            code: without_tests(&without_words(&fs::read_to_string(&path).unwrap())),
            path: path
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned(),
        })
        .collect()
}

fn walk(dir: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, paths);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            paths.push(path);
        }
    }
    paths.sort();
}

/// The code with comments and the insides of strings and characters gone.
fn without_words(code: &str) -> String {
    let chars: Vec<char> = code.chars().collect();
    let at = |place: usize| chars.get(place).copied().unwrap_or('\0');
    let (mut kept, mut place) = (String::with_capacity(code.len()), 0);
    while place < chars.len() {
        let end = match (at(place), at(place + 1)) {
            ('/', '/') => line_end(&chars, place),
            ('/', '*') => comment_end(&chars, place),
            ('r', '"' | '#') if !is_word(at(place.wrapping_sub(1))) => raw_end(&chars, place),
            ('"', _) => string_end(&chars, place),
            ('\'', _) if at(place + 1) == '\\' || at(place + 2) == '\'' => char_end(&chars, place),
            _ => place,
        };
        if end == place {
            kept.push(at(place));
            place += 1;
        } else {
            kept.push(' ');
            place = end;
        }
    }
    kept
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_end(chars: &[char], from: usize) -> usize {
    chars[from..]
        .iter()
        .position(|c| *c == '\n')
        .map_or(chars.len(), |at| from + at)
}

fn comment_end(chars: &[char], from: usize) -> usize {
    let (mut depth, mut place) = (0, from);
    while place < chars.len() {
        match (chars[place], chars.get(place + 1)) {
            ('/', Some('*')) => (depth, place) = (depth + 1, place + 2),
            ('*', Some('/')) => (depth, place) = (depth - 1, place + 2),
            _ => place += 1,
        }
        if depth == 0 {
            break;
        }
    }
    place
}

fn raw_end(chars: &[char], from: usize) -> usize {
    let hashes = chars[from + 1..].iter().take_while(|c| **c == '#').count();
    let open = from + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return from;
    }
    let closing = |at: &usize| {
        chars[*at] == '"'
            && chars[at + 1..]
                .iter()
                .take(hashes)
                .filter(|c| **c == '#')
                .count()
                == hashes
    };
    (open + 1..chars.len())
        .find(closing)
        .map_or(chars.len(), |at| at + 1 + hashes)
}

fn string_end(chars: &[char], from: usize) -> usize {
    let mut place = from + 1;
    while place < chars.len() && chars[place] != '"' {
        place += if chars[place] == '\\' { 2 } else { 1 };
    }
    place + 1
}

fn char_end(chars: &[char], from: usize) -> usize {
    let mut place = from + 1;
    while place < chars.len() && chars[place] != '\'' {
        place += if chars[place] == '\\' { 2 } else { 1 };
    }
    place + 1
}

/// Unit tests stand last in a file and may use what they test with.
fn without_tests(code: &str) -> String {
    code.find("#[cfg(test)]\nmod tests")
        .map_or(code, |at| &code[..at])
        .to_owned()
}

/// The rooms that a piece of code names.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => rooms.extend(first_names(group)),
            None => rooms.extend(name_at(rest)),
        }
    }
    rooms
}

/// The first names of a group's members: of `a::b, c::{d, e}}` they are `a` and `c`.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut expecting) = (1, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => expecting = true,
            _ if expecting && is_word(c) => {
                names.extend(name_at(&group[at..]));
                expecting = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn name_at(code: &str) -> Option<String> {
    let name: String = code.chars().take_while(|c| is_word(*c)).collect();
    (!name.is_empty()).then_some(name)
}

/// Whether `word` (perhaps a path) stands in the code by itself; `use std::{fs, …}` names `std::fs`, too.
fn names(code: &str, word: &str) -> bool {
    let alone = |at: usize| {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        let after = code[at + word.len()..].chars().next().unwrap_or(' ');
        !is_word(before) && before != ':' && before != '.' && !is_word(after)
    };
    let grouped = word.strip_prefix("std::").is_some_and(|module| {
        code.match_indices("std::{").any(|(at, start)| {
            first_names(&code[at + start.len()..])
                .iter()
                .any(|name| name == module)
        })
    });
    grouped || code.match_indices(word).any(|(at, _)| alone(at))
}

#[test]
fn each_room_uses_only_the_rooms_beside_it() {
    let table = table();
    let mut wrong = Vec::new();
    for source in sources() {
        let room = source.room();
        if ["lib", "main"].contains(&room) {
            continue;
        }
        let Some(allowed) = table.get(room) else {
            wrong.push(format!(
                "{}: the room `{room}` has no row in the table",
                source.path
            ));
            continue;
        };
        for used in rooms_used(&source.code) {
            if used != room && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} uses `{used}`", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nobody_climbs_out_of_a_room_by_super() {
    for source in sources() {
        let depth = source.path.matches('/').count();
        let is_mod = source.path.ends_with("mod.rs");
        let climbs = if is_mod { depth - 1 } else { depth };
        let too_high = "super::".repeat(climbs + 1);
        assert!(
            !source.code.contains(&too_high),
            "{} climbs to the root",
            source.path
        );
    }
}

#[test]
fn names_that_belong_to_few_files_stand_nowhere_else() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (word, allowed) in NAMES {
            if names(&source.code, word)
                && !allowed.iter().any(|start| source.path.starts_with(start))
            {
                wrong.push(format!("{} names `{word}`", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_core_touches_no_file_socket_clock_or_dice() {
    let mut wrong = Vec::new();
    for source in sources()
        .iter()
        .filter(|source| CORE.contains(&source.room()))
    {
        for word in NOT_IN_THE_CORE {
            if names(&source.code, word) {
                wrong.push(format!("{} names `{word}`", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_map_names_every_room() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let map = fs::read_to_string(root.join("lib.rs")).unwrap();
    for room in table().keys() {
        assert!(
            map.contains(&format!("[`{room}`]")),
            "the map leaves out `{room}`"
        );
        assert!(
            map.contains(&format!("pub mod {room};")),
            "there is no room `{room}`"
        );
    }
    let rooms = map.matches("\npub mod ").count();
    assert_eq!(rooms, table().len(), "a room has no row in the table");
}

#[test]
fn the_search_sees_through_groups_comments_and_strings() {
    let code = without_words(
        "use crate::{a::{b, c}, d, e::*};\n// crate::f\nlet s = \"crate::g\"; let r = r#\"crate::h\"#; let q = '\"';\nx(crate::i::j)",
    );
    let rooms: Vec<_> = rooms_used(&code).into_iter().collect();
    assert_eq!(rooms, ["a", "d", "e", "i"]);
    assert!(names("use std::{fmt, fs};", "std::fs"));
    assert!(names("std::fs::read(x)", "std::fs"));
    assert!(!names("unslede", "sled") && !names("super::sled::x", "sled"));
}
