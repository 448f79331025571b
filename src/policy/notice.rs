//! Notices to members: statements of the reasons for a decision, in Chinese and English. They quote the posted rule and
//! never a word list, and for what is only flagged they accuse nobody of anything.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{placeholders::check_placeholders, rules::RulesFault};
use crate::{
    member::SanctionKind,
    record::{ReasonCode, Rule, Verdict, Words},
    time::{MINUTE_MS, Timestamp},
};

/// A statement in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Traditional Chinese as used in Taiwan.
    #[serde(rename = "zh-TW")]
    pub zh_tw: String,
    /// English.
    pub en: String,
}

/// The verdict on some surfaces of a comment, with what a notice about it needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeOccasion<'a> {
    /// The effective verdict on all of them.
    pub verdict: Verdict,
    /// It is about the body.
    pub body: bool,
    /// It is about the nickname.
    pub nickname: bool,
    /// It is about these tags.
    pub tags: Vec<&'a str>,
    /// The posted rules that are broken, without flooding.
    pub rules: Vec<Rule>,
    /// It is part of a flood.
    pub flood: bool,
    /// The comment may be about self-harm: then help is offered.
    pub self_harm: bool,
    /// The only reason is the member's standing.
    pub member: bool,
    /// The sanction behind that standing, if it is known.
    pub sanction: Option<SanctionNotice<'a>>,
    /// What moderators say to the author about it.
    pub replies: Vec<&'a Words>,
}

/// A sanction, as a notice about it needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SanctionNotice<'a> {
    /// Its kind.
    pub kind: SanctionKind,
    /// When it ends.
    pub until: Option<Timestamp>,
    /// The code that it is for.
    pub code: Option<ReasonCode>,
    /// The reason in a moderator's words for the member.
    pub reason: Option<&'a str>,
    /// It was revoked before its end.
    pub revoked: bool,
}

/// The context of a notice.
#[derive(Debug, Clone)]
pub struct NoticeContext<'a> {
    /// Until when the decision can be appealed; `None` if it cannot, or no longer.
    pub appeal_until: Option<Timestamp>,
    /// The board's time zone.
    pub time_zone: &'a TimeZone,
}

/// The texts about a report, for the reader who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportText {
    /// It is waiting for a moderator.
    Open,
    /// A moderator agreed.
    Upheld,
    /// A moderator dismissed it.
    Dismissed,
    /// The comment was withdrawn before a ruling.
    Withdrawn,
    /// It was set aside with others of the same reader.
    SetAside,
}

/// The texts about an appeal, for the author who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppealText {
    /// It is waiting for a moderator.
    Open,
    /// Denied by another moderator than the one who had decided.
    Upheld,
    /// Denied by the same moderator, or by the first one to decide.
    UpheldSame,
    /// The author withdrew the comment.
    Withdrawn,
    /// Granted.
    Overturned,
    /// Granted except for some tags.
    OverturnedPartly,
}

/// The texts about a comment whose only fault is its author's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum MemberText {
    Suspended,
    Terminated,
    Remove,
    Flag,
}

/// The texts about a sanction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SanctionText {
    Warn,
    Watch,
    Suspend,
    Terminate,
    Lifted,
}

/// The wording of all notices, from `config/notices.toml`. Texts that were added after the first version may be left
/// out by a board's file; then the shipped ones are used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Notices {
    verdict: VerdictTexts,
    member: BTreeMap<MemberText, Notice>,
    self_harm: Notice,
    other: Notice,
    rules: BTreeMap<Rule, Notice>,
    surfaces: SurfaceNamesByLanguage,
    flood: Option<Notice>,
    reason: Option<Notice>,
    how_to_appeal: Option<Notice>,
    #[serde(default)]
    sanction: BTreeMap<SanctionText, Notice>,
    #[serde(default)]
    sanction_name: BTreeMap<SanctionKind, Notice>,
    #[serde(default)]
    report: BTreeMap<ReportText, Notice>,
    #[serde(default)]
    appeal: BTreeMap<AppealText, Notice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerdictTexts {
    remove: Notice,
    flag: Notice,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SurfaceNamesByLanguage {
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

/// The two languages of every statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Chinese,
    English,
}

impl Notice {
    /// A notice made by the same function in both languages.
    fn made(make: impl Fn(Language) -> String) -> Self {
        Self {
            zh_tw: make(Language::Chinese),
            en: make(Language::English),
        }
    }

    /// Several notices, one after another; `None` if there are none.
    pub fn joined(parts: Vec<Self>) -> Option<Self> {
        let join = |language: Language| {
            let texts = parts.iter().map(|part| part.of(language).trim_end());
            let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
            texts.join(language.sentence_separator())
        };
        (!parts.is_empty()).then(|| Self::made(join))
    }

    /// This notice, or an empty one if the other has all of its text already.
    fn unless_in(self, other: &Self) -> Self {
        let is_in = |language| other.of(language).contains(self.of(language).trim_end());
        if is_in(Language::Chinese) && is_in(Language::English) {
            Self::default()
        } else {
            self
        }
    }

    fn of(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.zh_tw,
            Language::English => &self.en,
        }
    }

    /// The text with its placeholders filled. Values are never searched for placeholders: a tag may look like one.
    fn filled(&self, values: &[(&str, &Self)]) -> Self {
        Self::made(|language| {
            let value = |name: &str| {
                let mut named = values
                    .iter()
                    .filter(|(placeholder, _)| *placeholder == name);
                named.next().map(|(_, value)| value.of(language))
            };
            fill(self.of(language), value)
        })
    }

    /// The same words in both languages.
    fn same(words: &str) -> Self {
        Self::made(|_| words.to_owned())
    }

    /// A time in the board's time zone as people write it, rounded down to the minute.
    fn of_time(at: Timestamp, zone: &TimeZone) -> Self {
        let Ok(at_utc) = jiff::Timestamp::from_millisecond(at.as_ms()) else {
            return Self::same(&at.to_string());
        };
        let zoned = at_utc.to_zoned_datetime(zone.clone());
        Self::made(|language| {
            let form = match language {
                Language::Chinese => "%Y年%-m月%-d日%-H時%M分",
                Language::English => "%H:%M on %-d %B %Y (UTC%:z)",
            };
            jiff::fmt::strtime::format(form, &zoned).unwrap_or_else(|_| at.to_string())
        })
    }
}

impl From<&Words> for Notice {
    fn from(words: &Words) -> Self {
        Self {
            zh_tw: words.zh_tw.clone(),
            en: words.en.clone(),
        }
    }
}

impl Language {
    const fn sentence_separator(self) -> &'static str {
        match self {
            Self::Chinese => "",
            Self::English => " ",
        }
    }

    const fn list_separator(self) -> &'static str {
        match self {
            Self::Chinese => "、",
            Self::English => ", ",
        }
    }
}

static SHIPPED: LazyLock<Notices> = LazyLock::new(Notices::shipped);
static NOTHING: Notice = Notice {
    zh_tw: String::new(),
    en: String::new(),
};

impl Notices {
    /// Reads `notices.toml`.
    pub fn parse(file: &str) -> Result<Self, Vec<RulesFault>> {
        let notices: Self = toml::from_str(file)
            .map_err(|error| vec![super::rules::fault_of_toml(file, &error)])?;
        let missing = Rule::ALL
            .into_iter()
            .filter(|rule| !notices.rules.contains_key(rule))
            .map(missing_rule);
        let faults: Vec<_> = missing.chain(check_placeholders(file)).collect();
        if faults.is_empty() {
            Ok(notices)
        } else {
            Err(faults)
        }
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

    /// The notice to a reader about their report.
    pub fn of_report(&self, text: ReportText) -> Notice {
        self.text(|notices| notices.report.get(&text)).clone()
    }

    /// The notice to an author about their appeal.
    pub fn of_appeal(&self, text: AppealText) -> Notice {
        self.text(|notices| notices.appeal.get(&text)).clone()
    }

    /// The notice to a member about a sanction: which, until when, why, and how to appeal.
    pub fn of_sanction(
        &self,
        sanction: &SanctionNotice<'_>,
        context: &NoticeContext<'_>,
    ) -> Notice {
        self.of_sanction_after(&NOTHING, sanction, context)
    }

    /// The same after another notice: a rule that is quoted there is not quoted again.
    pub fn of_sanction_after(
        &self,
        before: &Notice,
        sanction: &SanctionNotice<'_>,
        context: &NoticeContext<'_>,
    ) -> Notice {
        let text = match sanction.kind {
            _ if sanction.revoked => SanctionText::Lifted,
            SanctionKind::Warn => SanctionText::Warn,
            SanctionKind::Watch => SanctionText::Watch,
            SanctionKind::Suspend => SanctionText::Suspend,
            SanctionKind::Terminate => SanctionText::Terminate,
        };
        let name = self.text(|notices| notices.sanction_name.get(&sanction.kind));
        let template = self.text(|notices| notices.sanction.get(&text));
        let notice = template.filled(&[
            ("until", &end_of(sanction, context)),
            ("why", &self.why(sanction).unless_in(before)),
            ("sanction", name),
        ]);
        let parts = std::iter::once(notice).chain(self.how_to_appeal(context));
        Notice::joined(parts.collect()).unwrap_or_default()
    }

    /// One notice for all verdicts on a comment, in their order; `None` if nothing was flagged or removed.
    pub fn statement(
        &self,
        occasions: &[NoticeOccasion<'_>],
        context: &NoticeContext<'_>,
    ) -> Option<Notice> {
        let mut parts = Vec::new();
        for occasion in occasions {
            let Some(notice) = self.about(occasion, context) else {
                continue;
            };
            parts.push(notice);
            if occasion.verdict == Verdict::Remove {
                parts.extend(occasion.replies.iter().copied().map(Notice::from));
                parts.extend(self.how_to_appeal(context));
            }
        }
        Notice::joined(parts)
    }

    fn about(&self, occasion: &NoticeOccasion<'_>, context: &NoticeContext<'_>) -> Option<Notice> {
        let meant = occasion.body || occasion.nickname || !occasion.tags.is_empty();
        match occasion.verdict {
            _ if !meant => None,
            Verdict::Allow => None,
            Verdict::Flag => Some(self.flagged(occasion)),
            Verdict::Remove => Some(self.removed(occasion, context)),
        }
    }

    /// The notice for what is flagged: it waits for review, and no reason is given.
    fn flagged(&self, occasion: &NoticeOccasion<'_>) -> Notice {
        if occasion.self_harm {
            return self.self_harm.clone();
        }
        let template = if occasion.member {
            self.text(|notices| notices.member.get(&MemberText::Flag))
        } else {
            &self.verdict.flag
        };
        template.filled(&[("surfaces", &self.surfaces_of(occasion))])
    }

    fn removed(&self, occasion: &NoticeOccasion<'_>, context: &NoticeContext<'_>) -> Notice {
        let surfaces = self.surfaces_of(occasion);
        if occasion.member {
            return self.of_standing(occasion, &surfaces, context);
        }
        let rules = self.rules_of(&occasion.rules, occasion.flood);
        let notice = self
            .verdict
            .remove
            .filled(&[("surfaces", &surfaces), ("rules", &rules)]);
        let help = occasion.self_harm.then(|| self.self_harm.clone());
        Notice::joined(std::iter::once(notice).chain(help).collect()).unwrap_or_default()
    }

    /// The notice for a comment that is not published because of a sanction, whatever it says.
    fn of_standing(
        &self,
        occasion: &NoticeOccasion<'_>,
        surfaces: &Notice,
        context: &NoticeContext<'_>,
    ) -> Notice {
        let known = occasion
            .sanction
            .as_ref()
            .and_then(|sanction| match sanction.kind {
                SanctionKind::Suspend => Some((MemberText::Suspended, sanction)),
                SanctionKind::Terminate => Some((MemberText::Terminated, sanction)),
                SanctionKind::Warn | SanctionKind::Watch => None,
            });
        let Some((text, sanction)) = known else {
            let template = self.text(|notices| notices.member.get(&MemberText::Remove));
            return template.filled(&[("surfaces", surfaces)]);
        };
        self.text(|notices| notices.member.get(&text)).filled(&[
            ("surfaces", surfaces),
            ("until", &end_of(sanction, context)),
            ("why", &self.why(sanction)),
        ])
    }

    /// A saved reply with its placeholders filled: what it is about, and the posted rule of its code.
    pub fn filled_reply(
        &self,
        text: &Words,
        occasion: &NoticeOccasion<'_>,
        code: Option<ReasonCode>,
    ) -> Words {
        let flood = code == Some(ReasonCode::Flood);
        let rule = code.and_then(ReasonCode::rule).filter(|_| !flood);
        let rules: Vec<Rule> = rule.into_iter().collect();
        let filled = Notice::from(text).filled(&[
            ("surfaces", &self.surfaces_of(occasion)),
            ("rules", &self.rules_of(&rules, flood)),
        ]);
        Words {
            zh_tw: filled.zh_tw,
            en: filled.en,
        }
    }

    fn how_to_appeal(&self, context: &NoticeContext<'_>) -> Option<Notice> {
        let until = Notice::of_time(context.appeal_until?, context.time_zone);
        let template = self.text(|notices| notices.how_to_appeal.as_ref());
        Some(template.filled(&[("until", &until)]))
    }

    /// The reason of a sanction: the moderator's words, or else the posted rule.
    fn why(&self, sanction: &SanctionNotice<'_>) -> Notice {
        let Some(words) = sanction.reason.filter(|words| !words.trim().is_empty()) else {
            let flood = sanction.code == Some(ReasonCode::Flood);
            let rule = sanction.code.and_then(ReasonCode::rule);
            let rules: Vec<Rule> = rule.filter(|_| !flood).into_iter().collect();
            return self.rules_of(&rules, flood);
        };
        let words = words.trim().trim_end_matches(['。', '.']);
        let template = self.text(|notices| notices.reason.as_ref());
        template.filled(&[("reason", &Notice::same(words))])
    }

    fn rules_of(&self, rules: &[Rule], flood: bool) -> Notice {
        let texts = rules.iter().filter_map(|rule| self.rules.get(rule));
        let flood = flood.then(|| self.text(|notices| notices.flood.as_ref()));
        let texts = texts.chain(flood).cloned().collect();
        Notice::joined(texts).unwrap_or_else(|| self.other.clone())
    }

    fn surfaces_of(&self, occasion: &NoticeOccasion<'_>) -> Notice {
        Notice::made(|language| {
            let names = match language {
                Language::Chinese => &self.surfaces.zh_tw,
                Language::English => &self.surfaces.en,
            };
            let body = occasion.body.then(|| names.body.clone());
            let nickname = occasion.nickname.then(|| names.nickname.clone());
            let tags = occasion
                .tags
                .iter()
                .map(|tag| fill(&names.tag, |name| (name == "tag").then_some(*tag)));
            let named: Vec<String> = body.into_iter().chain(nickname).chain(tags).collect();
            named.join(language.list_separator())
        })
    }

    /// A text of the board's file, or else the shipped one.
    fn text(&self, of: impl for<'n> Fn(&'n Self) -> Option<&'n Notice>) -> &Notice {
        of(self).or_else(|| of(&SHIPPED)).unwrap_or(&NOTHING)
    }
}

/// The end of a sanction, rounded up to the minute: a notice must not promise an earlier end.
fn end_of(sanction: &SanctionNotice<'_>, context: &NoticeContext<'_>) -> Notice {
    let until = sanction.until.map(|until| until.plus_ms(MINUTE_MS - 1));
    until.map_or_else(Notice::default, |until| {
        Notice::of_time(until, context.time_zone)
    })
}

/// Replaces `{name}` by what `value` gives for the name; unknown names are left as they are.
fn fill<'v>(template: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after.split_once('}') {
            Some((name, later)) => {
                match value(name) {
                    Some(value) => filled.push_str(value),
                    None => filled.extend(["{", name, "}"]),
                }
                rest = later;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
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

    const IMPOSED: Timestamp = Timestamp::from_ms(1_795_000_000_000);

    fn taipei() -> TimeZone {
        TimeZone::get("Asia/Taipei").unwrap()
    }

    fn notice_until(occasion: NoticeOccasion<'_>, appeal_until: Option<Timestamp>) -> Notice {
        let time_zone = &taipei();
        let context = NoticeContext {
            appeal_until,
            time_zone,
        };
        Notices::shipped().statement(&[occasion], &context).unwrap()
    }

    fn notice_for(occasion: NoticeOccasion<'_>) -> Notice {
        notice_until(occasion, None)
    }

    #[test]
    fn a_statement_quotes_the_posted_rule() {
        let notice = notice_for(NoticeOccasion {
            verdict: Verdict::Remove,
            body: true,
            rules: vec![Rule::Abuse],
            ..NoticeOccasion::default()
        });
        assert!(notice.zh_tw.contains("規範二"), "{}", notice.zh_tw);
        assert!(
            notice.en.contains("Your comment is not published"),
            "{}",
            notice.en
        );
    }

    #[test]
    fn what_is_only_flagged_is_accused_of_nothing() {
        let rules = Rule::ALL.to_vec();
        for member in [false, true] {
            let notice = notice_until(
                NoticeOccasion {
                    verdict: Verdict::Flag,
                    body: true,
                    tags: vec!["美食"],
                    rules: rules.clone(),
                    flood: true,
                    member,
                    ..NoticeOccasion::default()
                },
                Some(IMPOSED),
            );
            assert_eq!(
                notice.zh_tw,
                "您的留言、標籤「美食」已送交版主檢視，請稍候。"
            );
            assert!(!notice.en.contains("break"), "{}", notice.en);
        }
    }

    #[test]
    fn a_flood_is_told_as_one() {
        let notice = notice_for(NoticeOccasion {
            verdict: Verdict::Remove,
            body: true,
            flood: true,
            ..NoticeOccasion::default()
        });
        assert!(notice.zh_tw.contains("洗版") && !notice.zh_tw.contains("明知不實"));
    }

    #[test]
    fn what_was_removed_says_how_to_appeal_and_until_when() {
        let removed = || NoticeOccasion {
            verdict: Verdict::Remove,
            tags: vec!["頭香"],
            rules: vec![Rule::Tag],
            ..NoticeOccasion::default()
        };
        let notice = notice_until(removed(), Some(IMPOSED));
        let how = "您可於2026年11月18日19時06分前在討論區提出申訴。";
        assert!(notice.zh_tw.ends_with(how), "{}", notice.zh_tw);
        let how = "you can appeal on the board until 19:06 on 18 November 2026 (UTC+08:00).";
        assert!(notice.en.ends_with(how), "{}", notice.en);
        assert!(!notice_for(removed()).zh_tw.contains("申訴"), "no longer");
    }

    #[test]
    fn self_harm_accuses_of_nothing_and_always_says_where_help_is() {
        for verdict in [Verdict::Flag, Verdict::Remove] {
            let notice = notice_for(NoticeOccasion {
                verdict,
                body: true,
                self_harm: true,
                rules: vec![Rule::Abuse],
                ..NoticeOccasion::default()
            });
            assert!(notice.zh_tw.contains("1925") && notice.zh_tw.contains("1995"));
            assert_eq!(notice.zh_tw.contains("違反"), verdict == Verdict::Remove);
        }
    }

    #[test]
    fn a_members_standing_accuses_their_comment_of_nothing_and_says_which_until_when_and_why() {
        let sanction = SanctionNotice {
            kind: SanctionKind::Suspend,
            until: Some(IMPOSED),
            code: Some(ReasonCode::Insult),
            reason: Some("屢次辱罵其他會員。"),
            revoked: false,
        };
        let occasion = |sanction| NoticeOccasion {
            verdict: Verdict::Remove,
            body: true,
            member: true,
            sanction,
            ..NoticeOccasion::default()
        };
        let why = "您的會員資格停權至2026年11月18日19時07分，期間不予刊登您的留言。";
        assert_eq!(
            notice_for(occasion(Some(sanction))).zh_tw,
            format!("{why}事由：屢次辱罵其他會員。")
        );
        let by_rule = SanctionNotice {
            reason: None,
            ..sanction
        };
        assert!(notice_for(occasion(Some(by_rule))).zh_tw.contains("規範二"));
        assert!(!notice_for(occasion(None)).zh_tw.contains("違反"));
    }

    #[test]
    fn a_sanction_is_told_with_all_that_a_member_needs() {
        let time_zone = &taipei();
        let context = NoticeContext {
            appeal_until: Some(IMPOSED.plus_ms(MINUTE_MS)),
            time_zone,
        };
        let notice = |kind, lifted| {
            let sanction = SanctionNotice {
                kind,
                until: kind.has_days().then_some(IMPOSED),
                code: Some(ReasonCode::Flood),
                reason: None,
                revoked: lifted,
            };
            Notices::shipped().of_sanction(&sanction, &context)
        };
        for kind in SanctionKind::ALL {
            let notice = notice(kind, false);
            assert!(notice.zh_tw.contains("洗版"), "why: {}", notice.zh_tw);
            assert!(notice.zh_tw.contains("19時07分前在討論區提出申訴"));
            assert!(!notice.zh_tw.contains('{') && !notice.en.contains('{'));
            assert!(notice.en.contains("ntil 19:07 on 18"), "{}", notice.en);
        }
        assert!(
            notice(SanctionKind::Suspend, true)
                .zh_tw
                .contains("「停權」處分已解除")
        );
    }

    #[test]
    fn a_rule_that_was_quoted_before_is_not_quoted_again() {
        let before = notice_for(NoticeOccasion {
            verdict: Verdict::Remove,
            body: true,
            rules: vec![Rule::Abuse],
            ..NoticeOccasion::default()
        });
        let context = NoticeContext {
            appeal_until: None,
            time_zone: &taipei(),
        };
        let after = |code, reason| {
            let sanction = SanctionNotice {
                kind: SanctionKind::Warn,
                until: None,
                code: Some(code),
                reason,
                revoked: false,
            };
            Notices::shipped().of_sanction_after(&before, &sanction, &context)
        };
        let warned = "本站依討論區規範對您提出警告。";
        let same = after(ReasonCode::Insult, None);
        assert_eq!(same.zh_tw, warned);
        assert_eq!(same.en, "The board gives you a warning.");
        let other = after(ReasonCode::PersonalData, None);
        assert!(other.zh_tw.contains("規範一") && other.en.contains("Rule 1"));
        let own = after(ReasonCode::Insult, Some("屢次辱罵其他會員"));
        assert_eq!(own.zh_tw, format!("{warned}事由：屢次辱罵其他會員。"));
    }

    #[test]
    fn a_tag_that_looks_like_a_place_to_fill_stays_itself() {
        let notice = notice_for(NoticeOccasion {
            verdict: Verdict::Remove,
            tags: vec!["{rules}", "{surfaces}"],
            rules: vec![Rule::Tag],
            ..NoticeOccasion::default()
        });
        let named = "標籤「{rules}」、標籤「{surfaces}」";
        assert!(notice.zh_tw.contains(named), "{}", notice.zh_tw);
    }

    #[test]
    fn what_a_file_of_the_first_version_leaves_out_is_as_shipped() {
        let shipped = include_str!("../../config/notices.toml");
        let (old, _) = shipped.split_once("[report.open]").unwrap();
        let notices = Notices::parse(old).unwrap();
        assert_eq!(
            notices.of_appeal(AppealText::UpheldSame),
            Notices::shipped().of_appeal(AppealText::UpheldSame)
        );
        assert!(
            notices
                .of_report(ReportText::SetAside)
                .zh_tw
                .contains("檢舉")
        );
    }
}
