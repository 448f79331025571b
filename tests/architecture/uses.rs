//! Which file uses which: every path that a file names, followed through re-exports to the file that defines the thing.
//!
//! A small reader of Rust's `use` trees and paths, no compiler: it knows identifiers, `::` and braces. That is enough, since all names in
//! this house come in by `use` or by a path from `crate`, `self` or `super`.

use std::collections::{BTreeMap, BTreeSet};

/// A module's path from the crate on: `store/sled/open.rs` is `["store", "sled", "open"]`.
type ModulePath = Vec<String>;

/// One file uses something that another file defines.
pub struct Use {
    /// The file that uses it, as a path below `src` without `.rs` or `/mod.rs`.
    pub from: String,
    /// The file that defines it.
    pub to: String,
    /// The path by which it is named.
    pub name: String,
    /// Only passed on to others by a `pub use`.
    pub is_reexport: bool,
}

/// Every use of one file by another; `files` are paths below `src` with their text, without unit tests.
pub fn uses(files: &[(String, String)]) -> Vec<Use> {
    let known: BTreeSet<ModulePath> = files.iter().map(|(file, _)| path_of(file)).collect();
    let modules: BTreeMap<ModulePath, Module> = files
        .iter()
        .map(|(file, text)| (path_of(file), Module::read(&path_of(file), text, &known)))
        .collect();
    let mut uses = BTreeMap::new();
    for (place, module) in &modules {
        for (name, is_reexport) in &module.names {
            let Some(owner) = owner(name, &modules, 0).filter(|owner| owner != place) else {
                continue;
            };
            let used = Use {
                from: place.join("/"),
                to: owner.join("/"),
                name: name.join("::"),
                is_reexport: *is_reexport,
            };
            uses.insert((used.from.clone(), used.name.clone(), *is_reexport), used);
        }
    }
    uses.into_values().collect()
}

/// The files that use themselves by way of others: each circle whole, with every use that closes it.
pub fn circles(uses: &[Use]) -> Vec<(BTreeSet<&str>, Vec<&Use>)> {
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    // A module that only passes a name on does not depend on the file below it: whoever takes the name does.
    for used in uses.iter().filter(|used| !used.is_reexport) {
        edges.entry(&used.from).or_default().insert(&used.to);
    }
    let reachable = |start: &str| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![start]);
        while let Some(file) = next.pop() {
            for &to in edges.get(file).into_iter().flatten() {
                if reached.insert(to) {
                    next.push(to);
                }
            }
        }
        reached
    };
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        edges.keys().map(|&file| (file, reachable(file))).collect();
    // Two files lie on one circle where each reaches the other.
    let circle_of = |file: &str| -> BTreeSet<&str> {
        let others = reach[file].iter().copied();
        others
            .filter(|other| reach.get(other).is_some_and(|back| back.contains(file)))
            .collect()
    };
    let circles: BTreeSet<BTreeSet<&str>> = edges.keys().map(|file| circle_of(file)).collect();
    let closing = |circle: &BTreeSet<&str>| {
        let inside = |used: &&Use| {
            !used.is_reexport
                && circle.contains(used.from.as_str())
                && circle.contains(used.to.as_str())
        };
        uses.iter().filter(inside).collect()
    };
    let circles = circles.into_iter().filter(|circle| !circle.is_empty());
    circles
        .map(|circle| (circle.clone(), closing(&circle)))
        .collect()
}

/// A file as a module.
#[derive(Default)]
struct Module {
    /// The names it defines.
    defines: BTreeSet<String>,
    /// What it imports, by the name under which it does.
    imports: BTreeMap<String, ModulePath>,
    /// Every path that it names, and whether by a `pub use`.
    names: Vec<(ModulePath, bool)>,
}

impl Module {
    fn read(place: &[String], text: &str, known: &BTreeSet<ModulePath>) -> Self {
        const DEFINITIONS: [&str; 9] = [
            "struct",
            "enum",
            "trait",
            "fn",
            "type",
            "const",
            "static",
            "mod",
            "macro_rules",
        ];
        let tokens = tokens(text);
        let mut module = Self::default();
        let mut paths = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let token = tokens[at].as_str();
            if DEFINITIONS.contains(&token) {
                let mut after = tokens[at + 1..].iter();
                module
                    .defines
                    .extend(after.find(|next| *next != "!").cloned());
            }
            if token == "use" {
                let end = end_of_use(&tokens, at);
                let is_reexport = at > 0 && matches!(tokens[at - 1].as_str(), "pub" | ")");
                for (path, name) in flattened(&tokens[at + 1..end]) {
                    if let Some(path) = absolute(place, &path, known) {
                        module.names.push((path.clone(), is_reexport));
                        module.imports.insert(name, path);
                    }
                }
                at = end;
            } else if let Some(path) = path_at(&tokens, at) {
                at += 2 * (path.len() - 1);
                paths.push(path);
            }
            at += 1;
        }
        for path in paths {
            module.names.extend(
                module
                    .resolved(place, &path, known)
                    .map(|whole| (whole, false)),
            );
        }
        module
    }

    /// A path from the crate on, its first part looked up among the imported modules: `keys::row` after `use super::keys`.
    fn resolved(
        &self,
        place: &[String],
        path: &[String],
        known: &BTreeSet<ModulePath>,
    ) -> Option<ModulePath> {
        match self
            .imports
            .get(&path[0])
            .filter(|path| known.contains(*path))
        {
            Some(imported) => Some([imported.as_slice(), &path[1..]].concat()),
            None => absolute(place, path, known),
        }
    }
}

fn path_of(file: &str) -> ModulePath {
    let stem = file.trim_end_matches(".rs");
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    let parts = stem.split('/').filter(|part| *part != "lib");
    parts.map(str::to_owned).collect()
}

/// Identifiers, `::` and single characters; strings, comments and blanks are left out.
fn tokens(text: &str) -> Vec<String> {
    let (mut tokens, mut chars) = (Vec::<String>::new(), text.chars().peekable());
    while let Some(ch) = chars.next() {
        match ch {
            '/' if chars.peek() == Some(&'/') => {
                chars.by_ref().find(|ch| *ch == '\n');
            }
            '"' | '#'
                if tokens
                    .last()
                    .is_some_and(|last| last == "r" || last == "br") =>
            {
                skip_raw_string(ch, &mut chars);
            }
            '"' => skip_string(&mut chars),
            '\'' => skip_char(&mut chars),
            ':' if chars.next_if_eq(&':').is_some() => tokens.push("::".to_owned()),
            _ if ch.is_alphanumeric() || ch == '_' => {
                let mut word = ch.to_string();
                while let Some(next) = chars.next_if(|next| next.is_alphanumeric() || *next == '_')
                {
                    word.push(next);
                }
                tokens.push(word);
            }
            _ if ch.is_whitespace() => {}
            _ => tokens.push(ch.to_string()),
        }
    }
    tokens
}

type Chars<'t> = std::iter::Peekable<std::str::Chars<'t>>;

fn skip_string(chars: &mut Chars<'_>) {
    while let Some(ch) = chars.next().filter(|ch| *ch != '"') {
        if ch == '\\' {
            chars.next();
        }
    }
}

/// The rest of `r"…"` or `r#"…"#`, from its first `"` or `#` on: it ends at a `"` with as many `#` behind it.
fn skip_raw_string(first: char, chars: &mut Chars<'_>) {
    let mut hashes = 0;
    if first == '#' {
        hashes = 1;
        while chars.next_if_eq(&'#').is_some() {
            hashes += 1;
        }
        chars.next();
    }
    while chars.find(|ch| *ch == '"').is_some() {
        let closing = (0..hashes).take_while(|_| chars.next_if_eq(&'#').is_some());
        if closing.count() == hashes {
            return;
        }
    }
}

/// The rest of `'x'` or `'\n'`; a lifetime (`'a`) has no second quote and loses nothing.
fn skip_char(chars: &mut Chars<'_>) {
    let mut ahead = chars.clone();
    let end = match ahead.next() {
        Some('\\') => {
            ahead.next();
            ahead.find(|ch| *ch == '\'')
        }
        _ => ahead.next(),
    };
    if end == Some('\'') {
        *chars = ahead;
    }
}

fn end_of_use(tokens: &[String], at: usize) -> usize {
    let length = tokens[at..].iter().position(|token| token == ";");
    length.map_or(tokens.len(), |length| at + length)
}

/// The path of two parts or more that starts here.
fn path_at(tokens: &[String], at: usize) -> Option<ModulePath> {
    let is_start = at == 0 || tokens[at - 1] != "::";
    let mut path = vec![tokens[at].clone()];
    while let Some([separator, part]) = tokens.get(at + 2 * path.len() - 1..at + 2 * path.len() + 1)
        && separator == "::"
        && part.starts_with(|ch: char| ch.is_alphabetic())
    {
        path.push(part.clone());
    }
    (is_start && path.len() > 1).then_some(path)
}

/// Every path of a use tree with the name it gets: `a::{self, b as c}` is `a` as `a` and `a::b` as `c`.
fn flattened(tree: &[String]) -> Vec<(ModulePath, String)> {
    let mut paths = Vec::new();
    let (mut open, mut path) = (Vec::<usize>::new(), ModulePath::new());
    let mut alias = None;
    // How much of `path` belongs to the braces around, and whether a part has come since.
    let mut prefix = 0;
    let mut tokens = tree.iter();
    loop {
        let token = tokens.next().map(String::as_str);
        match token {
            Some("::" | "*") => {}
            Some("as") => alias = tokens.next().cloned(),
            Some("{") => {
                open.push(prefix);
                prefix = path.len();
            }
            None | Some("," | "}") => {
                if path.len() > prefix {
                    let mut whole = path.clone();
                    whole.pop_if(|last| last == "self");
                    let name = alias.take().or_else(|| whole.last().cloned());
                    paths.extend(name.map(|name| (whole, name)));
                }
                path.truncate(prefix);
                if token == Some("}") {
                    prefix = open.pop().unwrap_or(0);
                    path.truncate(prefix);
                }
            }
            Some(part) => path.push(part.to_owned()),
        }
        if token.is_none() {
            return paths;
        }
    }
}

/// A path from the crate on; `None` where it leads out of the crate.
fn absolute(place: &[String], path: &[String], known: &BTreeSet<ModulePath>) -> Option<ModulePath> {
    let (mut base, mut rest) = (place.to_vec(), path);
    match path.first()?.as_str() {
        "crate" => return Some(path[1..].to_vec()),
        "self" | "super" => {
            while let Some((first, more)) = rest.split_first()
                && matches!(first.as_str(), "self" | "super")
            {
                if first == "super" {
                    base.pop();
                }
                rest = more;
            }
        }
        child => {
            base.push(child.to_owned());
            if !known.contains(&base) {
                return None;
            }
            rest = &rest[1..];
        }
    }
    Some([base.as_slice(), rest].concat())
}

/// The module that defines what a path names, re-exports followed; `depth` keeps two that name each other from going on for ever.
fn owner(
    path: &[String],
    modules: &BTreeMap<ModulePath, Module>,
    depth: usize,
) -> Option<ModulePath> {
    let length = (0..=path.len())
        .rev()
        .find(|length| modules.contains_key(&path[..*length]))?;
    let module = &modules[&path[..length]];
    let Some(name) = path.get(length) else {
        return Some(path.to_vec());
    };
    match module.imports.get(name) {
        Some(imported) if !module.defines.contains(name) && depth < 9 => owner(
            &[imported.as_slice(), &path[length + 1..]].concat(),
            modules,
            depth + 1,
        ),
        _ => (length > 0).then(|| path[..length].to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed_by(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let files = files
            .iter()
            .map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
        let uses = uses(&files.collect::<Vec<_>>());
        let circles = circles(&uses).into_iter();
        circles
            .map(|(_, uses)| {
                uses.iter()
                    .map(|used| format!("{} > {}", used.from, used.name))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn a_circle_is_seen_through_a_reexport() {
        let files = [
            ("room/mod.rs", "mod a; mod b; pub use a::Thing;"),
            (
                "room/a.rs",
                "use super::b::{self as other, help}; pub struct Thing; const X: &str = \"https://a\";",
            ),
            (
                "room/b.rs",
                "pub(super) fn help() -> crate::room::Thing { todo!() }",
            ),
            ("elsewhere.rs", "use crate::room::Thing;"),
        ];
        let circle = [
            "room/a > room::b",
            "room/a > room::b::help",
            "room/b > room::Thing",
        ];
        assert_eq!(closed_by(&files), [circle]);
    }

    #[test]
    fn strings_comments_and_what_is_passed_on_use_nothing() {
        let files = [
            (
                "room/mod.rs",
                "mod a; mod b; pub use a::Thing; pub fn root() {}",
            ),
            (
                "room/a.rs",
                "// crate::room::b::help\nuse super::root; pub struct Thing; const Y: &str = r#\"\" crate::room::b::help\"#;",
            ),
            (
                "room/b.rs",
                "use super::a::Thing; fn q() { let c = '\"'; let d = '\\''; super::root(); }",
            ),
        ];
        assert_eq!(closed_by(&files), Vec::<Vec<String>>::new());
    }
}
