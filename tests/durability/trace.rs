//! What a traced process did to its data folder, and what a kill or a power cut at any moment would have left of it.
//!
//! `strace` writes down every file operation with its bytes. Applied one after another they give the folder as the system shows
//! it, which is what a kill leaves; and what is certain to lie on disk, which with any part of the rest is what a power cut leaves.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The calls that are traced.
pub const CALLS: &str = "openat,mkdir,write,pwrite64,rename,renameat,renameat2,unlink,unlinkat,rmdir,ftruncate,fsync,fdatasync,sync_file_range";

const PAGE: usize = 4_096;

/// Whether programs can be traced here.
pub fn is_possible() -> bool {
    let traced = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "true"])
        .output();
    let possible = traced.is_ok_and(|traced| traced.status.success());
    if !possible {
        println!("skipped: it needs strace, and a system that allows it");
    }
    possible
}

/// A command that runs `banzhu` under strace, as its own child, with a log for each thread.
pub fn traced(log: &Path, faults: &[String]) -> Command {
    let mut command = Command::new("strace");
    command
        .args([
            "-D", "-ff", "-y", "-xx", "-ttt", "-T", "-qq", "-s", "4000000",
        ])
        .arg("-e")
        .arg(format!("trace={CALLS}"));
    for fault in faults {
        command.args(["-e", fault]);
    }
    command.arg("-o").arg(log).arg(env!("CARGO_BIN_EXE_banzhu"));
    command
}

/// One thing that happened to the folder. Paths are within it.
#[derive(Debug, Clone)]
pub struct Event {
    /// When, in microseconds.
    pub at: u64,
    pub what: What,
}

#[derive(Debug, Clone)]
pub enum What {
    Open {
        path: PathBuf,
        creates: bool,
        empties: bool,
    },
    Write {
        path: PathBuf,
        at: Option<u64>,
        bytes: Vec<u8>,
    },
    SetLength {
        path: PathBuf,
        length: u64,
    },
    SyncBegins {
        path: PathBuf,
        number: usize,
    },
    SyncEnds {
        number: usize,
        held: bool,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove {
        path: PathBuf,
    },
    MakeDir {
        path: PathBuf,
    },
}

impl What {
    /// The many writes and syncs of commits; everything else is rare.
    pub fn is_common(&self) -> bool {
        match self {
            Self::Write { path, .. } | Self::SyncBegins { path, .. } => {
                path.ends_with("db") || path.ends_with("commits")
            }
            Self::SyncEnds { .. } => true,
            _ => false,
        }
    }
}

/// Everything that happened to `data`, as the logs beside `log` tell it, in order.
pub fn events(logs: &[PathBuf], data: &Path) -> Vec<Event> {
    let (mut events, mut syncs) = (Vec::new(), 0);
    for log in logs {
        let name = format!("{}.", log.file_name().unwrap().to_str().unwrap());
        for entry in fs::read_dir(log.parent().unwrap()).unwrap() {
            let entry = entry.unwrap();
            if !entry.file_name().to_str().unwrap().starts_with(&name) {
                continue;
            }
            for line in fs::read_to_string(entry.path()).unwrap().lines() {
                read_line(line, data, &mut syncs, &mut events);
            }
        }
    }
    events.sort_by_key(|event| event.at);
    events
}

/// `1796007210.872398 fdatasync(6</data/db/db>) = 0 <0.000123>`
fn read_line(line: &str, data: &Path, syncs: &mut usize, events: &mut Vec<Event>) {
    let Some((time, call)) = line.split_once(' ') else {
        return;
    };
    let Some((name, rest)) = call.split_once('(') else {
        return;
    };
    let Some((args, result)) = rest.rsplit_once(" = ") else {
        return;
    };
    let args: Vec<&str> = args.trim_end().trim_end_matches(')').split(", ").collect();
    let failed = result.starts_with('-');
    if result.starts_with('?') || (failed && !name.contains("sync")) {
        return;
    }
    let begun = micros(time);
    let took = result
        .rsplit_once('<')
        .map_or(0, |(_, took)| micros(took.trim_end_matches('>')));
    let ours = |path: PathBuf| {
        let path = path.strip_prefix(data).ok()?.to_owned();
        let first = path
            .components()
            .next()
            .map_or("", |first| first.as_os_str().to_str().unwrap());
        let counts = [
            "",
            "mark",
            "mark.new",
            "commits",
            "commits.new",
            "created",
            "db",
        ]
        .contains(&first)
            || first.starts_with("db-");
        counts.then_some(path)
    };
    let of_handle = |arg: &str| ours(bracketed(arg)?);
    let named = |arg: &str| ours(PathBuf::from(String::from_utf8(quoted(arg)?).ok()?));
    let named_in = |dir: &str, arg: &str| {
        let name = PathBuf::from(String::from_utf8(quoted(arg)?).ok()?);
        ours(if name.is_absolute() {
            name
        } else {
            bracketed(dir)?.join(name)
        })
    };
    let mut push = |at, what| events.push(Event { at, what });
    match name {
        "openat" if args[2].contains("O_WRONLY") || args[2].contains("O_RDWR") => {
            if let Some(path) = of_handle(result) {
                let (creates, empties) = (args[2].contains("O_CREAT"), args[2].contains("O_TRUNC"));
                push(
                    begun,
                    What::Open {
                        path,
                        creates,
                        empties,
                    },
                );
            }
        }
        "write" | "pwrite64" => {
            if let (Some(path), Some(bytes)) = (of_handle(args[0]), quoted(args[1])) {
                let at = args.get(3).map(|at| at.parse().unwrap());
                push(begun, What::Write { path, at, bytes });
            }
        }
        "ftruncate" => {
            if let Some(path) = of_handle(args[0]) {
                push(
                    begun,
                    What::SetLength {
                        path,
                        length: args[1].parse().unwrap(),
                    },
                );
            }
        }
        "fsync" | "fdatasync" | "sync_file_range" => {
            // A range that was synced is no promise; one that failed is a loss.
            if let Some(path) = of_handle(args[0]).filter(|_| name != "sync_file_range" || failed) {
                *syncs += 1;
                push(
                    begun,
                    What::SyncBegins {
                        path,
                        number: *syncs,
                    },
                );
                push(
                    begun + took,
                    What::SyncEnds {
                        number: *syncs,
                        held: !failed,
                    },
                );
            }
        }
        "rename" => {
            if let (Some(from), Some(to)) = (named(args[0]), named(args[1])) {
                push(begun, What::Rename { from, to });
            }
        }
        "renameat" | "renameat2" => {
            if let (Some(from), Some(to)) = (named_in(args[0], args[1]), named_in(args[2], args[3]))
            {
                push(begun, What::Rename { from, to });
            }
        }
        "unlink" | "rmdir" => {
            if let Some(path) = named(args[0]) {
                push(begun, What::Remove { path });
            }
        }
        "unlinkat" => {
            if let Some(path) = named_in(args[0], args[1]) {
                push(begun, What::Remove { path });
            }
        }
        "mkdir" => {
            if let Some(path) = named(args[0]).filter(|path| !path.as_os_str().is_empty()) {
                push(begun, What::MakeDir { path });
            }
        }
        _ => {}
    }
}

fn micros(seconds: &str) -> u64 {
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let whole: u64 = whole.parse().unwrap_or(0);
    whole * 1_000_000 + format!("{part:0<6}")[..6].parse::<u64>().unwrap_or(0)
}

/// The path in `5<\x2f\x64>`; none of a file that has no name any more.
fn bracketed(arg: &str) -> Option<PathBuf> {
    let (_, rest) = arg.split_once('<')?;
    let (path, after) = rest.split_once('>')?;
    if after.starts_with("(deleted)") {
        return None;
    }
    Some(PathBuf::from(String::from_utf8(unescaped(path)).ok()?))
}

fn quoted(arg: &str) -> Option<Vec<u8>> {
    let (text, rest) = arg.strip_prefix('"')?.split_once('"')?;
    assert!(!rest.contains("..."), "the trace is cut");
    Some(unescaped(text))
}

fn unescaped(text: &str) -> Vec<u8> {
    text.split("\\x")
        .skip(1)
        .map(|pair| u8::from_str_radix(&pair[..2], 16).unwrap())
        .collect()
}

/// A file: as the system shows it, and as it is certain to lie on disk.
#[derive(Debug, Clone, Default)]
struct File {
    shown: Vec<u8>,
    certain: Vec<u8>,
    dirty: BTreeSet<usize>,
    position: usize,
}

impl File {
    fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        if self.shown.len() < end {
            self.shown.resize(end, 0);
        }
        self.shown[at..end].copy_from_slice(bytes);
        self.dirty.extend(at / PAGE..end.div_ceil(PAGE));
    }
}

/// What of a file a sync covers: its length then, and its pages.
struct Syncing {
    file: usize,
    length: usize,
    pages: BTreeMap<usize, Vec<u8>>,
}

fn put_page(into: &mut Vec<u8>, page: usize, bytes: &[u8]) {
    let (begin, end) = (page * PAGE, page * PAGE + bytes.len());
    if into.len() < end {
        into.resize(end, 0);
    }
    into[begin..end].copy_from_slice(bytes);
}

fn page_of(bytes: &[u8], page: usize) -> &[u8] {
    let begin = (page * PAGE).min(bytes.len());
    &bytes[begin..(begin + PAGE).min(bytes.len())]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Dir,
    File(usize),
}

type Names = BTreeMap<PathBuf, Node>;

#[derive(Debug, Clone)]
enum Naming {
    Put(PathBuf, Node),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
}

impl Naming {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::Put(path, node) => {
                names.insert(path.clone(), *node);
            }
            Self::Remove(path) => {
                names.remove(path);
            }
            Self::Rename(from, to) => {
                if let Some(node) = names.remove(from) {
                    names.insert(to.clone(), node);
                }
            }
        }
    }

    fn is_in(&self, dir: &Path) -> bool {
        let (Self::Put(path, _) | Self::Remove(path) | Self::Rename(_, path)) = self;
        path.parent() == Some(dir)
    }
}

/// The folder, up to some event.
#[derive(Default)]
pub struct Folder {
    files: Vec<File>,
    shown: Names,
    certain: Names,
    /// Names that changed and are not certain yet. They come to disk in order.
    pending: Vec<Naming>,
    syncing: BTreeMap<usize, Option<Syncing>>,
}

impl Folder {
    fn file(&mut self, path: &Path) -> Option<(usize, &mut File)> {
        match self.shown.get(path) {
            Some(Node::File(id)) => Some((*id, &mut self.files[*id])),
            _ => None,
        }
    }

    fn name(&mut self, naming: Naming) {
        naming.apply(&mut self.shown);
        self.pending.push(naming);
    }

    /// Applies the next event. Of what a failed sync covers, a part comes to disk, and nobody tries the rest again.
    pub fn apply(&mut self, what: &What, chance: &mut impl FnMut(u64) -> u64) {
        match what {
            What::Open {
                path,
                creates,
                empties,
            } => {
                if *creates && self.file(path).is_none() {
                    self.files.push(File::default());
                    let node = Node::File(self.files.len() - 1);
                    self.name(Naming::Put(path.clone(), node));
                }
                if let Some((_, file)) = self.file(path) {
                    file.position = 0;
                    if *empties {
                        *file = File::default();
                    }
                }
            }
            What::Write { path, at, bytes } => {
                if let Some((_, file)) = self.file(path) {
                    let begin = at.map_or(file.position, |at| usize::try_from(at).unwrap());
                    file.write(begin, bytes);
                    if at.is_none() {
                        file.position = begin + bytes.len();
                    }
                }
            }
            What::SetLength { path, length } => {
                if let Some((_, file)) = self.file(path) {
                    file.shown.resize(usize::try_from(*length).unwrap(), 0);
                }
            }
            What::SyncBegins { path, number } => {
                let syncing = self.file(path).map(|(id, file)| {
                    let pages = std::mem::take(&mut file.dirty);
                    let pages = pages
                        .into_iter()
                        .map(|page| (page, page_of(&file.shown, page).to_vec()));
                    Syncing {
                        file: id,
                        length: file.shown.len(),
                        pages: pages.collect(),
                    }
                });
                if syncing.is_none() {
                    // A folder: names up to its last change come to disk.
                    let last = self.pending.iter().rposition(|naming| naming.is_in(path));
                    for naming in self.pending.drain(..last.map_or(0, |last| last + 1)) {
                        naming.apply(&mut self.certain);
                    }
                }
                self.syncing.insert(*number, syncing);
            }
            What::SyncEnds { number, held } => {
                let Some(Some(synced)) = self.syncing.remove(number) else {
                    return;
                };
                let file = &mut self.files[synced.file];
                for (page, bytes) in synced.pages {
                    if *held || chance(2) == 0 {
                        put_page(&mut file.certain, page, &bytes);
                    }
                }
                if *held {
                    file.certain.resize(synced.length, 0);
                }
            }
            What::Rename { from, to } => self.name(Naming::Rename(from.clone(), to.clone())),
            What::Remove { path } => self.name(Naming::Remove(path.clone())),
            What::MakeDir { path } => self.name(Naming::Put(path.clone(), Node::Dir)),
        }
    }

    /// The folder as a kill leaves it.
    pub fn killed(&self, to: &Path) {
        put(to, &self.shown, |id| self.files[id].shown.clone());
    }

    /// The folder as a power cut leaves it: what is certain, and a part of the rest.
    pub fn cut(&self, to: &Path, chance: &mut impl FnMut(u64) -> u64) {
        let mut names = self.certain.clone();
        let come = chance(self.pending.len() as u64 + 1);
        for naming in &self.pending[..usize::try_from(come).unwrap()] {
            naming.apply(&mut names);
        }
        let under_way = self.syncing.values().flatten();
        let mut uncertain: BTreeMap<usize, BTreeMap<usize, Vec<u8>>> = BTreeMap::new();
        for syncing in under_way {
            uncertain
                .entry(syncing.file)
                .or_default()
                .extend(syncing.pages.clone());
        }
        // None, all, or half of the pages.
        let share = chance(3);
        put(to, &names, |id| {
            let file = &self.files[id];
            let mut bytes = file.certain.clone();
            let mut pages = uncertain.get(&id).cloned().unwrap_or_default();
            let dirty = file
                .dirty
                .iter()
                .map(|page| (*page, page_of(&file.shown, *page).to_vec()));
            pages.extend(dirty);
            for (page, content) in pages {
                if share == 1 || (share == 2 && chance(2) == 0) {
                    put_page(&mut bytes, page, &content);
                }
            }
            bytes
        });
    }
}

fn put(to: &Path, names: &Names, mut content: impl FnMut(usize) -> Vec<u8>) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for (path, node) in names {
        let path = to.join(path);
        match node {
            Node::Dir => fs::create_dir_all(&path).unwrap(),
            // Its folder may not have come to disk.
            Node::File(id) => {
                if path.parent().unwrap().is_dir() {
                    fs::write(&path, content(*id)).unwrap();
                }
            }
        }
    }
}
