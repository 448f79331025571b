//! Runs the data in `tests/cases`, and checks the shipped word lists.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use banzhu::{
    lexicon::{DropKind, Lexicon, LineFault, ListFile, Scratch},
    member::nickname::Impersonation,
    policy::{Findings, Rulebook, RulebookFiles, decide},
    record::Verdict,
    sources,
    text::{Disguise, Disguises, Span, Surface, SurfaceTexts},
    topic::{Evidence, Topics},
};

const HEADER: &str = "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn shipped() -> Vec<ListFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let lists = paths.filter(|path| path.extension().is_some_and(|ext| ext == "tsv"));
    let mut files: Vec<ListFile> = lists
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            ListFile::new(name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort_by(|left, right| left.name.cmp(&right.name));
    files
}

/// The lists in force in a file of cases.
#[derive(Default)]
struct Lists {
    terms: Vec<String>,
    innocent: Vec<String>,
    neighbours: Vec<String>,
}

impl Lists {
    fn add_term(&mut self, rest: &str) {
        let names = [
            "severity",
            "surfaces",
            "match",
            "variants",
            "spellings",
            "context",
        ];
        let mut cells = vec![String::new(); names.len()];
        let options = rest.find(" surfaces=").into_iter();
        let options = options.chain(
            ["match=", "variants=", "spellings=", "context="]
                .iter()
                .filter_map(|name| rest.find(name)),
        );
        let split = options.min().unwrap_or(rest.len());
        let (term, severity) = rest[..split].trim().rsplit_once(' ').expect(rest);
        cells[0] = severity.to_owned();
        let mut rest = rest[split..].trim();
        while let Some((name, value)) = rest.split_once('=') {
            // a value runs to the next " name="
            let end = names
                .iter()
                .filter_map(|next| value.find(&format!(" {next}=")))
                .min()
                .unwrap_or(value.len());
            cells[names.iter().position(|known| *known == name).expect(name)] =
                value[..end].trim().to_owned();
            rest = value[end..].trim();
        }
        self.terms
            .push(format!("{term}\t{}\t\tours", cells.join("\t")));
    }

    fn compile(&self) -> Lexicon {
        let file = |name: &str, header: &str, rows: &[String]| {
            let mut rows = rows.to_vec();
            rows.sort();
            ListFile::new(
                name,
                format!(
                    "{header}\n{}",
                    rows.iter()
                        .map(|row| format!("{row}\n"))
                        .collect::<String>()
                ),
            )
        };
        let files = [
            file("profanity.tsv", HEADER, &self.terms),
            file("exceptions.tsv", "phrase\tnote\tsource", &self.innocent),
            file(
                "neighbours.tsv",
                "name\twords\tnote\tsource",
                &self.neighbours,
            ),
        ];
        Lexicon::compile(&files)
            .unwrap_or_else(|faults| panic!("{faults:#?}"))
            .0
    }
}

/// `叫人[去死]` is the text 叫人去死 with a hit from 2 to 4; brackets may stand within each other.
fn unmark(marked: &str) -> (String, Vec<Span>) {
    let (mut text, mut open, mut spans) = (String::new(), Vec::new(), Vec::new());
    let mut at = 0;
    for ch in marked.chars() {
        match ch {
            '[' => open.push(at),
            ']' => spans.push(Span {
                start: open.pop().expect(marked),
                end: at,
            }),
            _ => {
                text.push(ch);
                at += 1;
            }
        }
    }
    spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    (text, spans)
}

fn mark(text: &str, spans: &[Span]) -> String {
    mark_with(text, spans, ('[', ']'))
}

fn mark_with(text: &str, spans: &[Span], (open, close): (char, char)) -> String {
    let mut marked = String::new();
    for (at, ch) in (0..).zip(text.chars().map(Some).chain([None])) {
        spans
            .iter()
            .filter(|span| span.end == at)
            .for_each(|_| marked.push(close));
        spans
            .iter()
            .filter(|span| span.start == at)
            .for_each(|_| marked.push(open));
        marked.extend(ch);
    }
    marked
}

/// `\u{200b}` and `\n` as the characters that they stand for.
fn unescape(raw: &str) -> String {
    let mut text = String::new();
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('n') {
            text.push('\n');
            rest = after;
        } else {
            let (code, after) = rest
                .strip_prefix("u{")
                .and_then(|rest| rest.split_once('}'))
                .expect(raw);
            text.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
            rest = after;
        }
    }
    text + rest
}

fn check_case(lexicon: &Lexicon, scratch: &mut Scratch, case: &str) -> Option<String> {
    let (marked, how) = case
        .split_once('\t')
        .map_or((case, None), |(marked, how)| (marked, Some(how)));
    let (text, wanted) = unmark(&unescape(marked));
    let hits = lexicon.scan(Surface::Body, &text, scratch);
    let found: Vec<Span> = hits.iter().map(|hit| hit.span).collect();
    if found != wanted {
        return Some(format!(
            "{case}\n      found {}\n      {:?}",
            mark(&text, &found),
            lexicon.explain(Surface::Body, &text)
        ));
    }
    let wrong = hits
        .iter()
        .map(|hit| names(hit.disguises))
        .find(|names| how.is_some_and(|how| how != names));
    wrong.map(|names| format!("{case}\n      undone: {names}"))
}

fn names(disguises: Disguises) -> String {
    match disguises.iter().map(Disguise::name).collect::<Vec<_>>() {
        names if names.is_empty() => "-".to_owned(),
        names => names.join(","),
    }
}

/// `[幹你|娘]啦` is two texts, with a hit from the start of the first to the first character of the second.
fn check_across(lexicon: &Lexicon, scratch: &mut Scratch, case: &str) -> Option<String> {
    let (marked, how) = case.split_once('\t').unwrap_or((case, ""));
    let (joined, wanted) = unmark(&unescape(marked));
    let texts: Vec<&str> = joined.split('|').collect();
    // where each text starts in the joined one, borders counted
    let starts: Vec<u32> = texts
        .iter()
        .scan(0, |start, text| {
            let own = *start;
            *start += text.chars().count() as u32 + 1;
            Some(own)
        })
        .collect();
    let hits = lexicon.scan_across(Surface::Body, &texts, scratch);
    let told = hits.iter().map(|hit| {
        let ((first, from), (last, to)) = (hit.first, hit.last);
        let span = Span {
            start: starts[first] + from.start,
            end: starts[last] + to.end,
        };
        (span, names(hit.disguises))
    });
    let told: Vec<(Span, String)> = told.collect();
    let wanted: Vec<(Span, String)> = wanted
        .into_iter()
        .map(|span| (span, how.to_owned()))
        .collect();
    (told != wanted).then(|| format!("across {case}\n      found {told:?}"))
}

fn check_file(path: &str) {
    let mut lists = Lists::default();
    let mut lexicon = None;
    let mut scratch = Scratch::default();
    let mut failures = Vec::new();
    let mut cases = 0;
    for line in read(path)
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
    {
        match line.split_once(' ') {
            _ if line == "---" => (lists, lexicon) = (Lists::default(), None),
            Some(("listed", rest)) => lists.add_term(rest),
            Some(("innocent", rest)) => lists.innocent.push(format!("{rest}\t\tours")),
            Some(("neighbours", rest)) => lists
                .neighbours
                .push(format!("{}\t\tours", rest.replacen(' ', "\t", 1))),
            Some(("across", rest)) => {
                cases += 1;
                let lexicon = lexicon.get_or_insert_with(|| lists.compile());
                failures.extend(check_across(lexicon, &mut scratch, rest));
            }
            _ => {
                cases += 1;
                let lexicon = lexicon.get_or_insert_with(|| lists.compile());
                failures.extend(check_case(lexicon, &mut scratch, line));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{path}: {} of {cases} wrong\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn disguises_are_seen_through() {
    check_file("tests/cases/evasion.txt");
}

#[test]
fn patterns_are_told_from_what_looks_like_them() {
    check_file("tests/cases/patterns.txt");
}

/// What is found through markup, as the board allows it on a surface; the hits stand in ⟦ ⟧, where they were written.
#[test]
fn words_are_found_through_markup() {
    let list = "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n幹你娘\t4\t\t\t\t\t\t\tours\n白痴\t3\t\t\t\t\t\t\tours\n";
    let rulebook = |rules: &str| {
        let files = RulebookFiles {
            lists: vec![ListFile::new("insult.tsv", list)],
            rules: Some(rules.to_owned()),
            ..RulebookFiles::default()
        };
        Rulebook::compile(&files, 1).unwrap()
    };
    let (text, mut failures) = (read("tests/cases/markup.txt"), Vec::new());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let [markup, surface, marked] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let text = marked.replace(['⟦', '⟧'], "");
        let tags = [text.clone()];
        let texts = SurfaceTexts {
            body: (surface == "body").then_some(&*text),
            nickname: (surface == "nickname").then_some(&*text),
            tags: if surface == "tags" { &tags } else { &[] },
        };
        let rulebook = rulebook(&format!(
            "[text]\nmarkup = {{ {surface} = \"{markup}\" }}\n"
        ));
        let found = Findings::of(texts, None, &rulebook, &mut Scratch::default());
        let of_tags = found.tags.iter().flat_map(|tag| &tag.hits);
        let hits = found.body.iter().chain(&found.nickname).chain(of_tags);
        let spans: Vec<Span> = hits.map(|hit| hit.span).collect();
        let shown = mark_with(&text, &spans, ('⟦', '⟧'));
        if shown != marked {
            failures.push(format!("{line}: {shown}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn innocent_phrases_drop_hits() {
    check_file("tests/cases/exceptions.txt");
}

/// One case of `wordlist_faults.txt`: lists, and what is to be told of them.
#[derive(Default)]
struct FaultCase {
    files: Vec<ListFile>,
    faults: Vec<String>,
    warnings: Vec<String>,
}

impl FaultCase {
    fn check(&self) -> Result<(), String> {
        let (warnings, faults) = match Lexicon::compile(&self.files) {
            Ok((_, warnings)) => (warnings, Vec::new()),
            Err(faults) => (Vec::new(), faults),
        };
        check_told(&self.faults, &faults)?;
        check_told(&self.warnings, &warnings)
    }
}

fn check_told(wanted: &[String], told: &[LineFault]) -> Result<(), String> {
    let is = |fault: &LineFault, wanted: &str| {
        let mut parts = wanted.splitn(3, ' ');
        let place = parts.next() == Some(fault.file.as_str())
            && parts.next() == Some(&fault.line.to_string());
        place && fault.en.contains(parts.next().unwrap_or_default()) && !fault.zh_tw.is_empty()
    };
    let missing: Vec<_> = wanted
        .iter()
        .filter(|wanted| !told.iter().any(|fault| is(fault, wanted)))
        .collect();
    let done = missing.is_empty() && wanted.len() == told.len();
    if done {
        Ok(())
    } else {
        Err(format!("missing {missing:#?}\ntold {told:#?}"))
    }
}

#[test]
fn everything_wrong_in_a_list_is_told_at_once() {
    let text = read("tests/cases/wordlist_faults.txt");
    let mut cases = vec![FaultCase::default()];
    let mut lines = text
        .lines()
        .skip_while(|line| !line.starts_with("=="))
        .peekable();
    while let Some(line) = lines.next() {
        let case = cases.last_mut().unwrap();
        match line.split_once(' ') {
            Some(("==", name)) => case.files.push(ListFile::new(name, "")),
            Some(("!", told)) => case.faults.push(told.to_owned()),
            Some(("?", told)) => case.warnings.push(told.to_owned()),
            // a list that follows a list belongs to the same case
            _ if line.is_empty() => {
                let told = !case.faults.is_empty() || !case.warnings.is_empty();
                let alone = lines
                    .peek()
                    .is_none_or(|next| !next.starts_with("== exceptions") || case.files.len() > 1);
                if told || alone {
                    cases.push(FaultCase::default());
                }
            }
            _ => {
                let file = case.files.last_mut().unwrap();
                file.content += &line.replace(" | ", "\t").replace(" |", "\t");
                file.content.push('\n');
            }
        }
    }
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            case.check()
                .err()
                .map(|why| format!("{:?}\n{why}", case.files))
        })
        .collect();
    assert!(
        cases.len() > 12 && failures.is_empty(),
        "{}",
        failures.join("\n")
    );
}

#[test]
fn shipped_lists_have_no_fault() {
    let files = shipped();
    let faults = [
        Lexicon::compile(&files).err().unwrap_or_default(),
        Topics::compile(&files).err().unwrap_or_default(),
        Impersonation::compile(&files).err().unwrap_or_default(),
    ];
    assert_eq!(faults.concat(), []);
}

#[test]
fn every_shipped_term_is_seen_as_it_stands() {
    let (lexicon, _) = Lexicon::compile(&shipped()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let words = lexicon
        .terms()
        .filter(|(_, term)| !term.text.starts_with('<'));
    let unseen: Vec<&str> = words
        .filter(|(_, term)| {
            let surface = term.surfaces.iter().next().unwrap();
            let candidates = lexicon.explain(surface, &term.text).candidates;
            !candidates.iter().any(|told| {
                let dropped = told.dropped.as_ref().map(|dropped| dropped.by);
                let company =
                    dropped.is_none_or(|by| [DropKind::Context, DropKind::Exception].contains(&by));
                told.term == term.text
                    && told.matched == term.text
                    && told.how.is_empty()
                    && company
            })
        })
        .map(|(_, term)| term.text.as_str())
        .collect();
    assert!(lexicon.counts().terms_total() >= 1_500);
    assert_eq!(unseen, [""; 0]);
}

/// Lines below this one need `exceptions.tsv`.
const NEEDS_EXCEPTIONS: &str = "# only with exceptions";

#[test]
fn shipped_lists_let_ordinary_comments_pass() {
    let files = shipped();
    let lexicon = Lexicon::compile(&files)
        .unwrap_or_else(|faults| panic!("{faults:#?}"))
        .0;
    let has_exceptions = files.iter().any(|file| file.name == "exceptions.tsv");
    let text = read("tests/cases/innocent.txt");
    let lines = text
        .lines()
        .take_while(|line| has_exceptions || *line != NEEDS_EXCEPTIONS);
    let mut scratch = Scratch::default();
    let mut failures = Vec::new();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let hits = lexicon.scan(Surface::Body, line, &mut scratch).iter();
        let terms: Vec<&str> = hits
            .filter(|hit| hit.severity >= 2)
            .map(|hit| lexicon.term(hit.term).text.as_str())
            .collect();
        if !terms.is_empty() {
            failures.push(format!("{line}: {terms:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The highest severity of a pattern that the shipped lists find in a text.
fn weighed(lexicon: &Lexicon, scratch: &mut Scratch, text: &str) -> u8 {
    let hits = lexicon.scan(Surface::Body, text, scratch).iter();
    let terms = hits.map(|hit| lexicon.term(hit.term));
    let patterns = terms.filter(|term| term.text.starts_with('<'));
    patterns.map(|term| term.severity).max().unwrap_or(0)
}

#[test]
fn shipped_lists_weigh_a_contact_by_its_company() {
    let lexicon = Lexicon::compile(&shipped())
        .unwrap_or_else(|faults| panic!("{faults:#?}"))
        .0;
    let mut scratch = Scratch::default();
    let text = read("tests/cases/contacts.txt");
    let mut failures = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (wanted, text) = line.split_once(' ').unwrap();
        let found = weighed(&lexicon, &mut scratch, text);
        if found.to_string() != wanted {
            failures.push(format!("{line}: {found}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A block of `tag_synopses.txt` or `tag_news.txt`: an article of the kind that the board has, and tags of every kind.
fn stories(file: &str) -> Vec<BTreeMap<String, String>> {
    let block = |block: &str| -> BTreeMap<String, String> {
        let lines = block.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| line.split_once(": "))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    };
    let text = read(&format!("tests/cases/{file}"));
    let blocks = text.split("\n\n").map(block);
    blocks.filter(|block| !block.is_empty()).collect()
}

/// How many tags belong, those of them that are flagged, and those that do not belong and are not.
fn judged_tags(file: &str) -> (usize, Vec<String>, Vec<String>) {
    let topics = Topics::compile(&shipped()).unwrap().0;
    let (mut on, mut flagged, mut passed) = (0, Vec::new(), Vec::new());
    for story in stories(file) {
        let of = |key: &str| story.get(key).map(String::as_str).unwrap_or_default();
        let article = topics.prepare(
            of("title"),
            of("body"),
            Some(of("section")),
            &[],
            &Arc::default(),
        );
        for kind in ["on", "on-unsaid", "off", "meaningless"] {
            let tags = of(kind).split(" | ").filter(|tag| !tag.is_empty());
            for tag in tags {
                let found = topics.evaluate(tag, Some(&article));
                let allows = found.meaningless.is_none() && found.evidence != Evidence::None;
                let belongs = kind.starts_with("on");
                on += usize::from(belongs);
                if belongs != allows {
                    let list = if belongs { &mut flagged } else { &mut passed };
                    list.push(format!("{kind}: {tag} under {}: {found:?}", of("title")));
                }
            }
        }
    }
    (on, flagged, passed)
}

#[test]
fn tags_belong_though_they_do_not_stand_there() {
    let (on, flagged, passed) = judged_tags("tag_synopses.txt");
    assert_eq!(on, 180, "20 articles with 9 tags each that belong");
    assert!(flagged.len() * 20 <= on, "{flagged:#?}");
    assert!(passed.is_empty(), "{passed:#?}");
}

#[test]
fn broad_words_belong_under_every_kind_of_story() {
    let (on, flagged, passed) = judged_tags("tag_news.txt");
    assert!(on >= 490 && flagged.len() * 20 <= on, "{flagged:#?}");
    // of 307 that have nothing to do with their story
    assert!(passed.len() <= 5, "{passed:#?}");
}

/// The verdict of the shipped lists on a nickname alone, and the words that it is for.
fn on_nickname(rulebook: &Rulebook, nickname: &str) -> (Verdict, Vec<String>) {
    let surfaces = SurfaceTexts {
        body: None,
        nickname: Some(nickname),
        tags: &[],
    };
    let found = Findings::of(surfaces, None, rulebook, &mut Scratch::default());
    let decision = decide(surfaces, &found, rulebook);
    let matched = decision.reasons.into_iter().filter_map(|one| one.matched);
    (decision.verdict, matched.collect())
}

#[test]
fn nicknames_hide_words_between_capitals_and_before_digits() {
    let rulebook = Rulebook::compile(&sources::shipped(), 1).unwrap();
    for (nickname, matched) in [
        ("fuck88", "fuck"),
        ("sh1t2000", "sh1t"),
        ("MrBitch", "Bitch"),
        ("Asshole1234", "Asshole"),
        ("☆fuck☆99", "fuck"),
    ] {
        let (verdict, words) = on_nickname(&rulebook, nickname);
        assert!(verdict > Verdict::Allow, "{nickname}");
        assert_eq!(words, [matched], "{nickname}");
    }
    for nickname in [
        "Shitake88",
        "DickensFan",
        "陳怡君1990",
        "AnalystJoe",
        "Scunthorpe1",
    ] {
        assert_eq!(
            on_nickname(&rulebook, nickname).0,
            Verdict::Allow,
            "{nickname}"
        );
    }
}

#[test]
fn nicknames_that_advertise_or_impersonate_are_flagged() {
    let rulebook = Rulebook::compile(&sources::shipped(), 1).unwrap();
    let text = read("tests/cases/nicknames.txt");
    let mut failures = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (wanted, nickname) = line.split_once(' ').unwrap();
        // an override of the direction of writing is written out
        let nickname = nickname.replace("<RLO>", "\u{202e}");
        let (verdict, words) = on_nickname(&rulebook, &nickname);
        if (verdict > Verdict::Allow) != (wanted == "flag") {
            failures.push(format!("{line}: {verdict:?} {words:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
