//! The placeholders of `notices.toml`: which ones each text may have, and which it must.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::rules::{RulesFault, line_at};

/// The placeholders that a text may have and those that it must have.
struct Placeholders {
    may: &'static [&'static str],
    must: &'static [&'static str],
}

impl Placeholders {
    const fn all(must: &'static [&'static str]) -> Self {
        Self { may: must, must }
    }
}

/// The placeholders of the text at this path.
fn placeholders_of(path: &[&str]) -> Placeholders {
    match path {
        ["verdict", "remove", _] => Placeholders::all(&["surfaces", "rules"]),
        ["verdict", "flag", _] | ["member", "remove" | "flag", _] => {
            Placeholders::all(&["surfaces"])
        }
        ["member", "suspended", _] => Placeholders::all(&["surfaces", "until", "why"]),
        ["member", "terminated", _] => Placeholders::all(&["surfaces", "why"]),
        ["sanction", "watch" | "suspend", _] => Placeholders::all(&["until", "why"]),
        ["sanction", "warn" | "terminate", _] => Placeholders::all(&["why"]),
        ["sanction", "lifted", _] => Placeholders::all(&["sanction"]),
        ["reason", _] => Placeholders::all(&["reason"]),
        ["how-to-appeal", _] => Placeholders::all(&["until"]),
        ["surfaces", _, "tag"] => Placeholders::all(&["tag"]),
        ["reply", _] => Placeholders {
            may: &["surfaces", "rules"],
            must: &[],
        },
        _ => Placeholders::all(&[]),
    }
}

/// The first placeholder of a saved reply that it cannot have, in Traditional Chinese and in English.
pub fn check_reply(text: &str) -> Result<(), (String, String)> {
    let may = placeholders_of(&["reply", ""]).may;
    match names_in(text).into_iter().find(|name| !may.contains(name)) {
        None => Ok(()),
        Some(name) => Err(wrong(name, may)),
    }
}

/// The faults of all texts: every placeholder that a text cannot have, and every one that is missing, with its line.
pub(super) fn check_placeholders(file: &str) -> Vec<RulesFault> {
    let mut faults = Vec::new();
    if let Ok(table) = DeTable::parse(file) {
        walk(file, table.get_ref(), &mut Vec::new(), &mut faults);
    }
    faults
}

fn walk<'t>(
    file: &str,
    table: &'t DeTable<'_>,
    path: &mut Vec<&'t str>,
    faults: &mut Vec<RulesFault>,
) {
    for (name, value) in table {
        path.push(name.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) => walk(file, inner, path, faults),
            DeValue::String(text) => faults.extend(faults_of(file, path, text, value)),
            _ => {}
        }
        path.pop();
    }
}

fn faults_of(
    file: &str,
    path: &[&str],
    text: &str,
    value: &Spanned<DeValue<'_>>,
) -> Vec<RulesFault> {
    let Placeholders { may, must } = placeholders_of(path);
    let named = names_in(text);
    let fault = |zh_tw: String, en: String| RulesFault {
        place: path.join("."),
        line: Some(line_at(file, value.span().start)),
        zh_tw,
        en,
    };
    let wrong = named.iter().filter(|name| !may.contains(name)).map(|name| {
        let (zh_tw, en) = wrong(name, may);
        fault(zh_tw, en)
    });
    let missing = must
        .iter()
        .filter(|name| !named.contains(name))
        .map(|name| fault(format!("缺少 {{{name}}}"), format!("{{{name}}} is missing")));
    wrong.chain(missing).collect()
}

/// What is said of a placeholder that a text cannot have.
fn wrong(name: &str, may: &[&str]) -> (String, String) {
    let (zh_tw, en) = match listed(may) {
        None => (
            "此處沒有可用的欄位".to_owned(),
            "nothing is filled in here".to_owned(),
        ),
        Some(may) => (format!("此處可用 {may}"), format!("it may be {may}")),
    };
    (
        format!("不能使用 {{{name}}}，{zh_tw}"),
        format!("{{{name}}} cannot be used: {en}"),
    )
}

fn listed(names: &[&str]) -> Option<String> {
    let names: Vec<String> = names.iter().map(|name| format!("{{{name}}}")).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// The names in braces; if a brace is never closed, all that follows it.
fn names_in(text: &str) -> Vec<&str> {
    let after = text.split('{').skip(1);
    after
        .map(|rest| rest.split_once('}').map_or(rest, |(name, _)| name))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::policy::Notices;

    const SHIPPED: &str = include_str!("../../config/notices.toml");

    fn faults(from: &str, to: &str) -> Vec<(String, bool, String)> {
        assert!(SHIPPED.contains(from), "{from}");
        let file = SHIPPED.replacen(from, to, 1);
        let before = file.split(to).next().unwrap_or("");
        let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(0);
        let faults = Notices::parse(&file).err().unwrap_or_default();
        let faults = faults.into_iter();
        faults
            .map(|fault| (fault.place, fault.line == Some(line), fault.en))
            .collect()
    }

    #[test]
    fn a_wrong_or_missing_placeholder_is_a_fault_with_its_line() {
        let fault = |place: &str, en: &str| vec![(place.to_owned(), true, en.to_owned())];
        assert_eq!(
            faults("不予刊登。{rules}", "不予刊登。{rules}{rule}"),
            fault(
                "verdict.remove.zh-TW",
                "{rule} cannot be used: it may be {surfaces} {rules}"
            )
        );
        assert_eq!(
            faults("您的{surfaces}已送交", "您的{surfaces}{rules}已送交"),
            fault(
                "verdict.flag.zh-TW",
                "{rules} cannot be used: it may be {surfaces}"
            )
        );
        assert_eq!(
            faults("您可於{until}前", "您可在期限前"),
            fault("how-to-appeal.zh-TW", "{until} is missing")
        );
        assert_eq!(
            faults("感謝您的協助", "感謝{name}的協助"),
            fault(
                "report.upheld.zh-TW",
                "{name} cannot be used: nothing is filled in here"
            )
        );
        assert_eq!(faults("「{tag}」", "「{tag」").len(), 2);
    }

    #[test]
    fn an_unknown_text_is_a_fault_with_its_line() {
        let found = faults("[report.upheld]", "[report.uphold]");
        assert_eq!(found.len(), 1);
        assert!(found[0].1 && found[0].2.contains("uphold"), "{found:?}");
    }
}
