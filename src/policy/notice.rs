//! Statements of reasons that a member may be shown. They quote the posted rule and never the word list.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    rule::{Rule, Verdict},
    rules::RulesFault,
};

/// A statement in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Traditional Chinese as used in Taiwan.
    #[serde(rename = "zh-TW")]
    pub zh_tw: String,
    /// English.
    pub en: String,
}

/// What befell some surfaces of a comment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occasion<'a> {
    /// The verdict in force on all that is named.
    pub verdict: Verdict,
    /// The body is meant.
    pub body: bool,
    /// The nickname is meant.
    pub nickname: bool,
    /// These tags are meant.
    pub tags: Vec<&'a str>,
    /// The posted rules that are broken.
    pub rules: Vec<Rule>,
    /// Somebody may need help.
    pub self_harm: bool,
    /// Nothing but how the member stands is behind it.
    pub member: bool,
}

/// The wording of all statements, from `config/notices.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notices {
    verdict: VerdictTexts,
    member: VerdictTexts,
    #[serde(rename = "self-harm")]
    self_harm: Notice,
    other: Notice,
    rules: BTreeMap<Rule, Notice>,
    surfaces: SurfaceTexts,
    /// What readers who report are told, by how that ended; what a board's file leaves out is as shipped.
    #[serde(default)]
    report: BTreeMap<String, Notice>,
    /// What authors who appeal are told.
    #[serde(default)]
    appeal: BTreeMap<String, Notice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerdictTexts {
    remove: Notice,
    flag: Notice,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SurfaceTexts {
    #[serde(rename = "zh-TW")]
    zh_tw: SurfaceNames,
    en: SurfaceNames,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SurfaceNames {
    body: String,
    nickname: String,
    tag: String,
}

impl Notices {
    /// Reads `notices.toml`.
    pub fn parse(file: &str) -> Result<Self, Vec<RulesFault>> {
        let notices: Self = toml::from_str(file)
            .map_err(|error| vec![super::rules::fault_of_toml(file, &error)])?;
        let missing: Vec<_> = Rule::ALL
            .into_iter()
            .filter(|rule| !notices.rules.contains_key(rule))
            .collect();
        if missing.is_empty() {
            return Ok(notices);
        }
        Err(missing.into_iter().map(missing_rule).collect())
    }

    /// The shipped wording.
    #[expect(
        clippy::expect_used,
        reason = "the shipped file is part of the binary and a test reads it"
    )]
    pub fn shipped() -> Self {
        Self::parse(include_str!("../../config/notices.toml"))
            .expect("the shipped notices.toml is sound")
    }

    /// What a reader is told of a report that is `open`, `upheld` or `dismissed`.
    pub fn of_report(&self, status: &str) -> Notice {
        let own = self.report.get(status).cloned();
        own.unwrap_or_else(|| shipped_outcome(|shipped| &shipped.report, status))
    }

    /// What an author is told of an appeal that is `open`, `upheld` or `overturned`.
    pub fn of_appeal(&self, status: &str) -> Notice {
        let own = self.appeal.get(status).cloned();
        own.unwrap_or_else(|| shipped_outcome(|shipped| &shipped.appeal, status))
    }

    /// One statement for all that befell a comment, what was removed first; none where nothing was.
    pub fn statement(&self, occasions: &[Occasion<'_>]) -> Option<Notice> {
        let told: Vec<Notice> = occasions
            .iter()
            .filter_map(|occasion| self.about(occasion))
            .collect();
        let join = |language: fn(&Notice) -> &str, between: &str| {
            told.iter().map(language).collect::<Vec<_>>().join(between)
        };
        let notice = Notice {
            zh_tw: join(|notice| &notice.zh_tw, ""),
            en: join(|notice| &notice.en, " "),
        };
        (!told.is_empty()).then_some(notice)
    }

    fn about(&self, occasion: &Occasion<'_>) -> Option<Notice> {
        let meant = occasion.body || occasion.nickname || !occasion.tags.is_empty();
        if occasion.verdict == Verdict::Allow || !meant {
            return None;
        }
        if occasion.self_harm && occasion.rules.is_empty() {
            return Some(self.self_harm.clone());
        }
        let texts = if occasion.member {
            &self.member
        } else {
            &self.verdict
        };
        let template = if occasion.verdict == Verdict::Remove {
            &texts.remove
        } else {
            &texts.flag
        };
        Some(Notice {
            zh_tw: fill(
                &template.zh_tw,
                occasion,
                &self.surfaces.zh_tw,
                "、",
                &self.rules_text(occasion, |rule| &rule.zh_tw, ""),
            ),
            en: fill(
                &template.en,
                occasion,
                &self.surfaces.en,
                ", ",
                &self.rules_text(occasion, |rule| &rule.en, " "),
            ),
        })
    }

    fn rules_text(
        &self,
        occasion: &Occasion<'_>,
        language: impl Fn(&Notice) -> &String,
        between: &str,
    ) -> String {
        if occasion.rules.is_empty() {
            return language(&self.other).clone();
        }
        let texts: Vec<&str> = occasion
            .rules
            .iter()
            .filter_map(|rule| self.rules.get(rule))
            .map(|text| language(text).as_str())
            .collect();
        texts.join(between)
    }
}

fn fill(
    template: &str,
    occasion: &Occasion<'_>,
    names: &SurfaceNames,
    between: &str,
    rules: &str,
) -> String {
    let mut surfaces = Vec::new();
    if occasion.body {
        surfaces.push(names.body.clone());
    }
    if occasion.nickname {
        surfaces.push(names.nickname.clone());
    }
    surfaces.extend(
        occasion
            .tags
            .iter()
            .map(|tag| names.tag.replace("{tag}", tag)),
    );
    // The member's own words come last, so that nothing in them is taken for a place to fill.
    template
        .replace("{rules}", rules)
        .trim_end()
        .replace("{surfaces}", &surfaces.join(between))
}

fn shipped_outcome(of: fn(&Notices) -> &BTreeMap<String, Notice>, status: &str) -> Notice {
    static SHIPPED: std::sync::LazyLock<Notices> = std::sync::LazyLock::new(Notices::shipped);
    of(&SHIPPED).get(status).cloned().unwrap_or(Notice {
        zh_tw: String::new(),
        en: String::new(),
    })
}

fn missing_rule(rule: Rule) -> RulesFault {
    RulesFault {
        place: format!("rules.{}", rule.name()),
        line: None,
        zh_tw: "缺少這一條規範的文字".to_owned(),
        en: "the text of this rule is missing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_statement_quotes_the_posted_rule() {
        let occasion = Occasion {
            verdict: Verdict::Remove,
            body: true,
            rules: vec![Rule::Abuse],
            ..Occasion::default()
        };
        let notice = Notices::shipped().statement(&[occasion]).unwrap();
        assert!(notice.zh_tw.contains("規範二"), "{}", notice.zh_tw);
        assert!(
            notice.en.contains("Your comment is not published"),
            "{}",
            notice.en
        );
    }

    #[test]
    fn self_harm_accuses_of_nothing() {
        let occasion = Occasion {
            verdict: Verdict::Flag,
            body: true,
            self_harm: true,
            ..Occasion::default()
        };
        let notice = Notices::shipped().statement(&[occasion]).unwrap();
        assert!(notice.zh_tw.contains("1925") && notice.zh_tw.contains("1995"));
        assert!(!notice.zh_tw.contains("違反"));
    }

    #[test]
    fn a_members_standing_accuses_their_comment_of_nothing() {
        for verdict in [Verdict::Remove, Verdict::Flag] {
            let occasion = Occasion {
                verdict,
                body: true,
                member: true,
                ..Occasion::default()
            };
            let notice = Notices::shipped().statement(&[occasion]).unwrap();
            assert!(notice.zh_tw.contains("留言") && !notice.zh_tw.contains("違反"));
        }
    }

    #[test]
    fn a_tag_that_looks_like_a_place_to_fill_stays_itself() {
        let occasion = Occasion {
            verdict: Verdict::Flag,
            tags: vec!["{rules}"],
            rules: vec![Rule::Tag],
            ..Occasion::default()
        };
        let notice = Notices::shipped().statement(&[occasion]).unwrap();
        assert!(notice.zh_tw.contains("標籤「{rules}」"), "{}", notice.zh_tw);
    }
}
