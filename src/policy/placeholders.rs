//! The places to fill in `notices.toml`: which each text may have, and which it has to.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::rules::{RulesFault, line_at};

/// What a text may be filled with, and what of it has to be there.
struct Places {
    may: &'static [&'static str],
    must: &'static [&'static str],
}

impl Places {
    const fn all(must: &'static [&'static str]) -> Self {
        Self { may: must, must }
    }
}

/// The places of the text at this path.
fn places_of(path: &[&str]) -> Places {
    match path {
        ["verdict", "remove", _] => Places::all(&["surfaces", "rules"]),
        ["verdict", "flag", _] | ["member", "remove" | "flag", _] => Places::all(&["surfaces"]),
        ["member", "suspended", _] => Places::all(&["surfaces", "until", "why"]),
        ["member", "terminated", _] => Places::all(&["surfaces", "why"]),
        ["sanction", "watch" | "suspend", _] => Places::all(&["until", "why"]),
        ["sanction", "warn" | "terminate", _] => Places::all(&["why"]),
        ["sanction", "lifted", _] => Places::all(&["sanction"]),
        ["reason", _] => Places::all(&["reason"]),
        ["how-to-appeal", _] => Places::all(&["until"]),
        ["surfaces", _, "tag"] => Places::all(&["tag"]),
        _ => Places::all(&[]),
    }
}

/// Every place that a text cannot have, and every one that is missing, with its line.
pub(super) fn check_places(file: &str) -> Vec<RulesFault> {
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
    let Places { may, must } = places_of(path);
    let named = names_in(text);
    let fault = |zh_tw: String, en: String| RulesFault {
        place: path.join("."),
        line: Some(line_at(file, value.span().start)),
        zh_tw,
        en,
    };
    let wrong = named.iter().filter(|name| !may.contains(name)).map(|name| {
        let (zh_tw, en) = match listed(may) {
            None => (
                "此處沒有可用的欄位".to_owned(),
                "nothing is filled in here".to_owned(),
            ),
            Some(may) => (format!("此處可用 {may}"), format!("it may be {may}")),
        };
        fault(
            format!("不能使用 {{{name}}}，{zh_tw}"),
            format!("{{{name}}} cannot be used: {en}"),
        )
    });
    let missing = must
        .iter()
        .filter(|name| !named.contains(name))
        .map(|name| fault(format!("缺少 {{{name}}}"), format!("{{{name}}} is missing")));
    wrong.chain(missing).collect()
}

fn listed(names: &[&str]) -> Option<String> {
    let names: Vec<String> = names.iter().map(|name| format!("{{{name}}}")).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// What stands in braces; an open one that is never closed is named by what follows it.
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
        let told = faults.into_iter();
        told.map(|fault| (fault.place, fault.line == Some(line), fault.en))
            .collect()
    }

    #[test]
    fn a_wrong_or_missing_place_is_a_fault_with_its_line() {
        let one = |place: &str, en: &str| vec![(place.to_owned(), true, en.to_owned())];
        assert_eq!(
            faults("不予刊登。{rules}", "不予刊登。{rules}{rule}"),
            one(
                "verdict.remove.zh-TW",
                "{rule} cannot be used: it may be {surfaces} {rules}"
            )
        );
        assert_eq!(
            faults("您的{surfaces}已送交", "您的{surfaces}{rules}已送交"),
            one(
                "verdict.flag.zh-TW",
                "{rules} cannot be used: it may be {surfaces}"
            )
        );
        assert_eq!(
            faults("您可於{until}前", "您可在期限前"),
            one("how-to-appeal.zh-TW", "{until} is missing")
        );
        assert_eq!(
            faults("感謝您的協助", "感謝{name}的協助"),
            one(
                "report.upheld.zh-TW",
                "{name} cannot be used: nothing is filled in here"
            )
        );
        assert_eq!(faults("「{tag}」", "「{tag」").len(), 2);
    }

    #[test]
    fn a_text_that_there_is_not_is_a_fault_with_its_line() {
        let told = faults("[report.upheld]", "[report.uphold]");
        assert_eq!(told.len(), 1);
        assert!(told[0].1 && told[0].2.contains("uphold"), "{told:?}");
    }
}
