//! The Chinese that people read: full-width punctuation, words as Taiwan uses them, and no English inside a sentence.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    str::FromStr as _,
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use serde_json::Value;

/// Strings with Chinese that nobody reads as Chinese: syntax of the lists, and what members write. The file, and how the
/// string begins.
const NO_SENTENCES: &[(&str, &str)] = &[
    ("lexicon/compile.rs", "near:"),
    ("lexicon/context.rs", "context 的條件須以 near:"),
    ("text/pattern/host.rs", ""),
];

/// Words that read oddly in Taiwan, or say another thing there, with what to write instead.
const ODD: &[(&str, &str)] = &[
    ("接聽", "監聽"),
    ("管理者", "管理員"),
    ("上呈", "呈報"),
    ("折疊", "正規化"),
    ("放過", "排除"),
    ("格子", "欄位"),
    ("字碼", "Unicode 碼位"),
    ("消息", "事件"),
    ("不予服務", "拒絕啟動"),
    ("什麼都沒有", "未做任何變更"),
    ("再問", "重試"),
    ("不認得", "無法辨識"),
    ("用戶", "使用者"),
    ("登錄", "登入"),
    ("設置", "設定"),
    ("默認", "預設"),
    ("文件夾", "資料夾"),
    ("信息", "訊息"),
    ("數據", "資料"),
    ("網絡", "網路"),
    ("軟件", "軟體"),
    ("服務器", "伺服器"),
    ("視頻", "影片"),
    ("賬", "帳"),
];

/// A text, and where it stands.
type Told = (String, String);

#[test]
fn chinese_punctuation_is_full_width() {
    let half: Vec<_> = all()
        .into_iter()
        .filter(|(_, text)| has_half_width(text))
        .collect();
    assert!(
        half.is_empty(),
        "half-width marks beside Chinese: {half:#?}"
    );
}

#[test]
fn words_are_those_of_taiwan() {
    for (place, text) in all() {
        for (odd, better) in ODD {
            assert!(!text.contains(odd), "{place}: {odd} → {better}: {text}");
        }
    }
}

#[test]
fn no_english_clause_stands_inside_a_chinese_sentence() {
    for (place, text) in all() {
        let chinese = text.split(" / ").next().unwrap();
        let told = ["{error}", "{error:", "{what}"]
            .iter()
            .any(|name| chinese.contains(name));
        assert!(!told, "{place}: what the system says is English: {text}");
    }
}

#[test]
fn members_are_addressed_with_courtesy() {
    for (place, text) in of_config("notices.toml") {
        assert!(!text.contains('你'), "{place}: 您: {text}");
    }
}

#[test]
fn the_check_sees_what_it_is_for() {
    for wrong in [
        "留言,標籤",
        "請稍後再試!",
        "(選填)名稱",
        "無誤, {} 個",
        "規範一:不得",
        "請重試.",
    ] {
        assert!(has_half_width(wrong), "{wrong}");
    }
    for right in [
        "留言，標籤",
        "{place}: 必須是 1 到 3",
        "檢查（1）",
        "見 http://a/b 的說明",
        "第 1 項",
    ] {
        assert!(!has_half_width(right), "{right}");
    }
}

fn all() -> Vec<Told> {
    let files = ["default.toml", "notices.toml", "rules.toml"];
    let mut all: Vec<Told> = files.iter().flat_map(|file| of_config(file)).collect();
    all.extend(of_json("grafana.json"));
    all.extend(of_sources());
    all.extend(of_readme());
    assert!(all.len() > 200, "the texts are found");
    all
}

/// Whether a half-width mark stands right beside Chinese; one with a blank after it is a mark of the sentence as well,
/// but for the colon of `place: what`.
fn has_half_width(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let chinese = |at: Option<usize>| {
        at.and_then(|at| chars.get(at))
            .is_some_and(|ch| is_chinese(*ch))
    };
    chars.iter().enumerate().any(|(at, mark)| {
        let (before, after) = (chinese(at.checked_sub(1)), chinese(Some(at + 1)));
        match mark {
            ',' | ';' | '?' | '!' => {
                let later = chars.get(at + 1) == Some(&' ') && chinese(Some(at + 2));
                before || after || later
            }
            ':' | '(' | ')' => before || after,
            '.' => before,
            _ => false,
        }
    })
}

/// Characters of Chinese, and its own marks.
fn is_chinese(ch: char) -> bool {
    matches!(ch, '\u{3001}'..='\u{303f}' | '\u{3400}'..='\u{9fff}' | '\u{ff00}'..='\u{ff60}')
}

fn has_chinese(text: &str) -> bool {
    text.chars().any(|ch| matches!(ch, '\u{3400}'..='\u{9fff}'))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every value of a file of `config/`; its comments are English.
fn of_config(name: &str) -> Vec<Told> {
    fn walk(value: &toml::Value, place: &str, told: &mut Vec<Told>) {
        match value {
            toml::Value::String(text) => told.push((place.to_owned(), text.clone())),
            toml::Value::Array(items) => items.iter().for_each(|item| walk(item, place, told)),
            toml::Value::Table(table) => {
                table
                    .iter()
                    .for_each(|(key, item)| walk(item, &format!("{place} {key}"), told));
            }
            _ => {}
        }
    }
    let file = fs::read_to_string(root().join("config").join(name)).unwrap();
    let mut told = Vec::new();
    walk(&toml::from_str(&file).unwrap(), name, &mut told);
    told.retain(|(_, text)| has_chinese(text));
    told
}

/// Every value of a JSON file of `config/`.
fn of_json(name: &str) -> Vec<Told> {
    fn walk(value: &Value, name: &str, told: &mut Vec<Told>) {
        match value {
            Value::String(text) => told.push((name.to_owned(), text.clone())),
            Value::Array(items) => items.iter().for_each(|item| walk(item, name, told)),
            Value::Object(object) => object.values().for_each(|item| walk(item, name, told)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let file = fs::read_to_string(root().join("config").join(name)).unwrap();
    let mut told = Vec::new();
    walk(&serde_json::from_str(&file).unwrap(), name, &mut told);
    told.retain(|(_, text)| has_chinese(text));
    told
}

/// The lines of README that are Chinese rather than English that quotes some.
fn of_readme() -> Vec<Told> {
    let file = fs::read_to_string(root().join("README.md")).unwrap();
    let prose = file.split("```").step_by(2).flat_map(str::lines);
    let chinese = |line: &&str| {
        let letters = line.chars().filter(char::is_ascii_alphabetic).count();
        line.chars().filter(|ch| is_chinese(*ch)).count() > letters
    };
    prose
        .filter(chinese)
        .map(|line| ("README.md".to_owned(), line.to_owned()))
        .collect()
}

/// The string literals of the code, tests apart; of the command line its documentation, too, which is its help.
fn of_sources() -> Vec<Told> {
    let (mut folders, mut told) = (vec![root().join("src")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                told.extend(of_source(&path));
            }
        }
    }
    told
}

fn of_source(path: &Path) -> Vec<Told> {
    let name = path
        .strip_prefix(root().join("src"))
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let code = fs::read_to_string(path).unwrap();
    let code = code.split("#[cfg(test)]\nmod tests").next().unwrap();
    let mut texts = Vec::new();
    literals(
        TokenStream::from_str(code).unwrap(),
        name == "cli.rs",
        &mut texts,
    );
    texts.retain(|text| {
        let is_sentence =
            |(file, begins): &(&str, &str)| !(*file == name && text.starts_with(begins));
        has_chinese(text) && NO_SENTENCES.iter().all(is_sentence)
    });
    texts.into_iter().map(|text| (name.clone(), text)).collect()
}

fn literals(tokens: TokenStream, with_docs: bool, told: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Literal(literal) => {
                let written = literal.to_string();
                let text = written.trim_start_matches(['r', '#']).trim_end_matches('#');
                told.extend(
                    text.strip_prefix('"')
                        .and_then(|text| text.strip_suffix('"'))
                        .map(str::to_owned),
                );
            }
            TokenTree::Group(group) => {
                let is_doc = group.delimiter() == Delimiter::Bracket
                    && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc");
                if with_docs || !is_doc {
                    literals(group.stream(), with_docs, told);
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}
