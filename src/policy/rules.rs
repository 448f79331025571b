//! `config/rules.toml`: what each code does at each severity, and which codes are only observed.
//!
//! Reading it reports every fault at once. What the file leaves out keeps the shipped value, so a board's file may be
//! as short as the one setting that it changes.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::penalty_schedule::{PenaltySchedule, PenaltyScheduleFile};
use crate::{
    member::{Everyday, FloodLimit, FloodLimits, FloodRules, TooShort},
    record::{ReasonCode, Score, Verdict},
    text::{Markup, MarkupRules},
};

/// What a hit of one code and severity does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeverityAction {
    /// It is a reason, but decides nothing.
    Note,
    /// Two hits of different terms that do not overlap flag the post.
    Count,
    /// The surface is flagged.
    Flag,
    /// The surface is removed.
    Remove,
}

impl SeverityAction {
    /// The verdict of one such hit alone.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Note | Self::Count => Verdict::Allow,
            Self::Flag => Verdict::Flag,
            Self::Remove => Verdict::Remove,
        }
    }
}

/// The settings of one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeRules {
    /// Whether its hits decide; if not, it is only observed: they are reasons and decide nothing.
    pub enforce: bool,
    /// What a hit of severity 1 to 4 does. A code without terms has the one severity below.
    pub cells: [SeverityAction; 4],
    /// The severity of a code without terms.
    pub severity: u8,
    /// Whether a removal for it opens a case as well.
    pub case_on_remove: bool,
}

impl CodeRules {
    /// The cell for a hit of `severity`, 1 to 4.
    pub fn cell(&self, severity: u8) -> SeverityAction {
        self.cells[usize::from(severity.clamp(1, 4)) - 1]
    }
}

/// The settings of `rules.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    rows: BTreeMap<ReasonCode, CodeRules>,
    penalty_schedule: PenaltySchedule,
    flood: FloodRules,
    first_posts: u32,
    disabled: Vec<String>,
    score: ScoreRules,
    markup: MarkupRules,
}

/// From which score on a surface is flagged by it; `None` where the model's own threshold holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScoreRules {
    /// A body.
    pub body: Option<Score>,
    /// A nickname.
    pub nickname: Option<Score>,
}

/// A fault in `rules.toml` or `notices.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesFault {
    /// Where: a dotted path such as `codes.threat.severity`, or empty for the whole file.
    pub place: String,
    /// The line, from 1, if it is known.
    pub line: Option<u32>,
    /// What is wrong, in Traditional Chinese.
    pub zh_tw: String,
    /// What is wrong, in English.
    pub en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    #[serde(default)]
    disabled: Vec<String>,
    #[serde(default)]
    codes: BTreeMap<String, toml::Value>,
    members: Option<MembersFile>,
    ladder: Option<PenaltyScheduleFile>,
    flood: Option<FloodFile>,
    score: Option<ScoreFile>,
    text: Option<TextFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextFile {
    markup: MarkupFile,
}

/// Of bodies alone, or of each surface.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "markup is none, html, bbcode or markdown, or a table of these for body, nickname and tags"
)]
enum MarkupFile {
    OfBody(Markup),
    Each(MarkupRules),
}

impl MarkupFile {
    fn rules(self) -> MarkupRules {
        match self {
            Self::OfBody(body) => MarkupRules {
                body,
                ..MarkupRules::default()
            },
            Self::Each(rules) => rules,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScoreFile {
    flag_at: FlagAtFile,
}

/// What is left out keeps the model's own threshold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlagAtFile {
    body: Option<f64>,
    nickname: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MembersFile {
    first_posts: u32,
}

/// `[flood]` of the file; what is left out keeps the shipped value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FloodFile {
    repeats: Option<LimitFile>,
    copies: Option<LimitFile>,
    pace: Option<LimitFile>,
    short_chars: Option<u32>,
    everyday: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitFile {
    count: u32,
    minutes: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeFile {
    enforce: Option<bool>,
    by_severity: Option<[SeverityAction; 4]>,
    verdict: Option<SeverityAction>,
    severity: Option<u8>,
    case_on_remove: Option<bool>,
}

/// The codes that have settings: those that the filter gives.
const RULED: [ReasonCode; 21] = [
    ReasonCode::Threat,
    ReasonCode::SelfHarm,
    ReasonCode::PersonalData,
    ReasonCode::Scam,
    ReasonCode::Sexual,
    ReasonCode::Profanity,
    ReasonCode::Insult,
    ReasonCode::Slur,
    ReasonCode::TagMeaningless,
    ReasonCode::TagOffTopic,
    ReasonCode::TagAbusive,
    ReasonCode::NicknameProfanity,
    ReasonCode::NicknameAbuse,
    ReasonCode::NicknameImpersonation,
    ReasonCode::Flood,
    ReasonCode::MemberSuspended,
    ReasonCode::MemberTerminated,
    ReasonCode::MemberWatched,
    ReasonCode::MemberNew,
    ReasonCode::LikelyAbuse,
    ReasonCode::LikelyScam,
];
/// The greatest `first_posts`: more would flag nearly everybody's comments.
const FIRST_POSTS_MAX: u32 = 100;
/// The longest window of a flood, in minutes.
const FLOOD_MINUTES_MAX: u32 = 1_440;
/// The most everyday phrases.
const EVERYDAY_MAX: usize = 2_000;

impl Rules {
    /// Reads `rules.toml`; what it leaves out is as shipped.
    pub fn parse(file: &str) -> Result<Self, Vec<RulesFault>> {
        let raw: RulesFile =
            toml::from_str(file).map_err(|error| vec![fault_of_toml(file, &error)])?;
        let mut rules = Self {
            disabled: raw.disabled,
            markup: raw.text.map(|text| text.markup.rules()).unwrap_or_default(),
            ..Self::shipped()
        };
        let mut faults = Vec::new();
        for (name, value) in raw.codes {
            if let Err(fault) = rules.apply(&name, value) {
                faults.push(RulesFault {
                    line: line_of_table(file, &name),
                    ..fault
                });
            }
        }
        faults.extend(rules.apply_members(file, raw.members, raw.ladder, raw.flood));
        if let Some(given) = raw.score {
            match given.flag_at.checked() {
                Ok(score) => rules.score = score,
                Err(fault) => faults.push(RulesFault {
                    line: line_of(file, "[score"),
                    ..fault
                }),
            }
        }
        if faults.is_empty() {
            Ok(rules)
        } else {
            Err(faults)
        }
    }

    /// The sanctions for repeated violations.
    pub const fn penalty_schedule(&self) -> &PenaltySchedule {
        &self.penalty_schedule
    }

    /// The rules about floods.
    pub const fn flood(&self) -> &FloodRules {
        &self.flood
    }

    /// The names of the list files that this board does not use.
    pub fn disabled(&self) -> &[String] {
        &self.disabled
    }

    /// From which scores on surfaces are flagged.
    pub const fn score(&self) -> ScoreRules {
        self.score
    }

    /// The markup that texts are written in.
    pub const fn markup(&self) -> MarkupRules {
        self.markup
    }

    /// How many of the first comments of a new member are flagged.
    pub const fn first_posts(&self) -> u32 {
        self.first_posts
    }

    fn apply_members(
        &mut self,
        file: &str,
        members: Option<MembersFile>,
        ladder: Option<PenaltyScheduleFile>,
        flood: Option<FloodFile>,
    ) -> Vec<RulesFault> {
        let mut faults = Vec::new();
        let mut at = |place: &str, zh_tw: &str, en: &str| {
            faults.push(RulesFault {
                line: line_of(file, &format!("[{place}")),
                ..fault(place, zh_tw, en)
            });
        };
        if let Some(members) = members {
            self.first_posts = members.first_posts;
            if members.first_posts > FIRST_POSTS_MAX {
                at(
                    "members",
                    "first_posts 必須是 0 到 100",
                    "first_posts must be 0 to 100",
                );
            }
        }
        if let Some(file) = ladder {
            match self.penalty_schedule.clone().merged(file) {
                Ok(ladder) => self.penalty_schedule = ladder,
                Err(more) => more.iter().for_each(|(zh_tw, en)| at("ladder", zh_tw, en)),
            }
        }
        if let Some(file) = flood {
            match file.everyday.as_deref().map(everyday) {
                None => {}
                Some(Ok(everyday)) => self.flood.everyday = everyday,
                Some(Err((zh_tw, en))) => at("flood", &zh_tw, &en),
            }
            let flood = file.over(self.flood.limits);
            self.flood.limits = flood;
            let limits = [flood.repeats, flood.copies, flood.pace];
            if limits
                .iter()
                .any(|limit| !(1..=FLOOD_MINUTES_MAX).contains(&limit.minutes))
            {
                at(
                    "flood",
                    "minutes 必須是 1 到 1440",
                    "minutes must be 1 to 1440",
                );
            }
        }
        faults
    }

    /// The settings of a code. One that only people give decides nothing.
    pub fn row(&self, code: ReasonCode) -> CodeRules {
        self.rows.get(&code).copied().unwrap_or(CodeRules {
            enforce: true,
            cells: [SeverityAction::Note; 4],
            severity: 1,
            case_on_remove: false,
        })
    }

    /// The shipped settings, after the posted rules.
    pub fn shipped() -> Self {
        Self {
            rows: RULED
                .into_iter()
                .map(|code| (code, shipped_row(code)))
                .collect(),
            penalty_schedule: PenaltySchedule::shipped(),
            flood: FloodRules {
                limits: FloodLimits::shipped(),
                everyday: SHIPPED_EVERYDAY.clone(),
            },
            first_posts: 0,
            disabled: Vec::new(),
            score: ScoreRules::default(),
            markup: MarkupRules::default(),
        }
    }

    fn apply(&mut self, name: &str, value: toml::Value) -> Result<(), RulesFault> {
        let place = format!("codes.{name}");
        let code = ReasonCode::parse(name)
            .filter(|code| RULED.contains(code))
            .ok_or_else(|| {
                fault(
                    &place,
                    "沒有這個代碼，或此代碼不由系統判定",
                    "no such code, or one that the filter does not give",
                )
            })?;
        let given: CodeFile = value.try_into().map_err(|error: toml::de::Error| {
            fault(&place, &in_chinese(error.message()), error.message())
        })?;
        if code.is_likely() && !given.fits_score() {
            return Err(fault(
                &place,
                "分數至多只能標記：verdict 須為 \"flag\" 或 \"note\"，不能用 by_severity",
                "a score flags at most: verdict is \"flag\" or \"note\", without by_severity",
            ));
        }
        let row = merged(self.row(code), given).map_err(|(zh_tw, en)| fault(&place, zh_tw, en))?;
        if code == ReasonCode::SelfHarm && row.cells.contains(&SeverityAction::Remove) {
            return Err(fault(
                &place,
                "self-harm 不得移除，只能標記",
                "self-harm is never removed, only flagged",
            ));
        }
        if code == ReasonCode::Flood && row.cells.contains(&SeverityAction::Remove) {
            return Err(fault(
                &place,
                "flood 至多只能標記",
                "flood is flagged at most",
            ));
        }
        self.rows.insert(code, row);
        Ok(())
    }
}

/// The everyday phrases of the shipped file, which is part of the binary; a test reads them.
static SHIPPED_EVERYDAY: LazyLock<Everyday> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Shipped {
        flood: FloodFile,
    }
    let shipped = toml::from_str::<Shipped>(include_str!("../../config/rules.toml"));
    let phrases = shipped.ok().and_then(|shipped| shipped.flood.everyday);
    everyday(&phrases.unwrap_or_default()).unwrap_or_default()
});

fn everyday(phrases: &[String]) -> Result<Everyday, (String, String)> {
    if phrases.len() > EVERYDAY_MAX {
        return Err((
            format!("everyday 最多 {EVERYDAY_MAX} 則"),
            format!("everyday has at most {EVERYDAY_MAX} phrases"),
        ));
    }
    Everyday::new(phrases).map_err(|TooShort(phrase)| {
        (
            format!("everyday 的「{phrase}」少於兩個字"),
            format!("\"{phrase}\" in everyday has fewer than two letters or digits"),
        )
    })
}

impl CodeFile {
    /// Whether it can be the row of a code that a score gives: that has one severity, and no second hit to count.
    const fn fits_score(&self) -> bool {
        let is_modest = matches!(
            self.verdict,
            None | Some(SeverityAction::Note | SeverityAction::Flag)
        );
        self.by_severity.is_none() && is_modest
    }
}

impl FlagAtFile {
    fn checked(&self) -> Result<ScoreRules, RulesFault> {
        Ok(ScoreRules {
            body: self.body.map(threshold).transpose()?,
            nickname: self.nickname.map(threshold).transpose()?,
        })
    }
}

/// A score of 0 would flag everything, and one above 1 nobody reaches.
fn threshold(given: f64) -> Result<Score, RulesFault> {
    let permille = (given * 1_000.0).round();
    if !(1.0..=1_000.0).contains(&permille) {
        return Err(fault(
            "score.flag_at",
            "flag_at 必須大於 0，且不超過 1",
            "flag_at must be above 0 and at most 1",
        ));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and 1,000"
    )]
    Ok(Score::from_permille(permille as u16))
}

impl FloodFile {
    fn over(&self, shipped: FloodLimits) -> FloodLimits {
        let limit = |given: &Option<LimitFile>, shipped: FloodLimit| {
            given.as_ref().map_or(shipped, |given| FloodLimit {
                count: given.count,
                minutes: given.minutes,
            })
        };
        FloodLimits {
            repeats: limit(&self.repeats, shipped.repeats),
            copies: limit(&self.copies, shipped.copies),
            pace: limit(&self.pace, shipped.pace),
            short_chars: self.short_chars.unwrap_or(shipped.short_chars),
        }
    }
}

fn merged(shipped: CodeRules, given: CodeFile) -> Result<CodeRules, (&'static str, &'static str)> {
    let severity = given.severity.unwrap_or(shipped.severity);
    if !(1..=4).contains(&severity) {
        return Err(("severity 必須是 1 到 4", "severity must be 1 to 4"));
    }
    let cells = match (given.by_severity, given.verdict) {
        (Some(_), Some(_)) => {
            return Err((
                "by_severity 與 verdict 只能擇一",
                "give by_severity or verdict, not both",
            ));
        }
        (Some(cells), None) => cells,
        (None, Some(cell)) => [cell; 4],
        (None, None) => shipped.cells,
    };
    Ok(CodeRules {
        enforce: given.enforce.unwrap_or(shipped.enforce),
        case_on_remove: given.case_on_remove.unwrap_or(shipped.case_on_remove),
        cells,
        severity,
    })
}

fn shipped_row(code: ReasonCode) -> CodeRules {
    use ReasonCode as C;
    use SeverityAction::{Count, Flag, Note, Remove};
    let (cells, severity) = match code {
        C::Threat | C::PersonalData | C::Scam | C::Sexual => ([Note, Note, Flag, Remove], 3),
        C::SelfHarm => ([Flag; 4], 4),
        C::Profanity | C::Insult | C::Slur => ([Note, Count, Flag, Remove], 3),
        C::TagMeaningless => ([Remove; 4], 3),
        C::TagOffTopic => ([Flag; 4], 2),
        C::TagAbusive => ([Note, Note, Remove, Remove], 3),
        C::NicknameProfanity => ([Note, Flag, Remove, Remove], 3),
        C::NicknameAbuse => ([Note, Flag, Flag, Remove], 3),
        C::NicknameImpersonation => ([Flag; 4], 3),
        C::Flood => ([Flag; 4], 2),
        C::MemberSuspended | C::MemberTerminated => ([Remove; 4], 3),
        C::MemberWatched => ([Flag; 4], 2),
        C::MemberNew => ([Flag; 4], 1),
        C::LikelyAbuse | C::LikelyScam => ([Flag; 4], 3),
        _ => ([Note; 4], 1),
    };
    CodeRules {
        enforce: true,
        cells,
        severity,
        case_on_remove: false,
    }
}

/// The lists that `rules.toml` switches off. Faults of the file are reported when it is read as a whole.
pub fn disabled_lists(file: &str) -> Vec<String> {
    let table: toml::Table = toml::from_str(file).unwrap_or_default();
    let names = table.get("disabled").and_then(toml::Value::as_array);
    let names = names.into_iter().flatten();
    names
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

fn fault(place: &str, zh_tw: &str, en: &str) -> RulesFault {
    RulesFault {
        place: place.to_owned(),
        line: None,
        zh_tw: zh_tw.to_owned(),
        en: en.to_owned(),
    }
}

pub(super) fn fault_of_toml(file: &str, error: &toml::de::Error) -> RulesFault {
    let line = error.span().map(|span| line_at(file, span.start));
    RulesFault {
        line,
        ..fault("", &in_chinese(error.message()), error.message())
    }
}

/// The most common messages of the TOML reader in Chinese.
fn in_chinese(message: &str) -> String {
    let named = |prefix: &str| {
        let rest = message.strip_prefix(prefix)?;
        rest.split('`').next()
    };
    if let Some(name) = named("unknown field `") {
        return format!("沒有欄位「{name}」");
    }
    if let Some(name) = named("missing field `") {
        return format!("缺少欄位「{name}」");
    }
    if let Some(name) = named("unknown variant `") {
        return format!("「{name}」不是可用的值");
    }
    let text = if message.starts_with("duplicate key") {
        "欄位重複"
    } else if message.starts_with("invalid type") || message.starts_with("invalid length") {
        "值的型別或個數不符"
    } else {
        "不符合 TOML 格式"
    };
    text.to_owned()
}

fn line_of_table(file: &str, code: &str) -> Option<u32> {
    line_of(file, &format!("[codes.{code}]"))
}

fn line_of(file: &str, header: &str) -> Option<u32> {
    file.find(header).map(|at| line_at(file, at))
}

pub(super) fn line_at(file: &str, byte: usize) -> u32 {
    let before = file.get(..byte).unwrap_or(file);
    u32::try_from(before.matches('\n').count())
        .unwrap_or(u32::MAX)
        .saturating_add(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_changes_one_setting_and_leaves_the_rest() {
        let rules = Rules::parse(
            "[codes.insult]\nby_severity = [\"note\", \"note\", \"note\", \"flag\"]\n",
        )
        .unwrap();
        assert_eq!(rules.row(ReasonCode::Insult).cell(4), SeverityAction::Flag);
        assert_eq!(
            rules.row(ReasonCode::Profanity).cell(4),
            SeverityAction::Remove
        );
    }

    #[test]
    fn everyday_words_ship_and_a_board_may_have_its_own() {
        let left = |rules: &Rules, text: &str| {
            let text = crate::text::FoldedText::new(text);
            rules.flood().everyday.left_of(&text)
        };
        let shipped = Rules::shipped();
        for text in [
            "願逝者安息，家屬請節哀順變，一路好走。",
            "R.I.P. Rest in peace",
            "恭喜恭喜！實至名歸，台灣之光",
            "祝您生日快樂、身體健康、萬事如意",
            "謝謝您，辛苦了，向您致敬",
            "中華隊加油！大推超讚",
            "天佑台灣，願平安，早日康復",
        ] {
            assert!(left(&shipped, text) < 3, "{text}: {}", left(&shipped, text));
        }
        let own = Rules::parse("[flood]\neveryday = [\"不可思議\"]\n").unwrap();
        assert_eq!((left(&own, "不可思議"), left(&own, "節哀順變")), (0, 4));
        let faults = Rules::parse("\n[flood]\neveryday = [\"推\"]\n").unwrap_err();
        assert_eq!((faults.len(), faults[0].line), (1, Some(2)));
        assert!(faults[0].en.contains("推"));
    }

    #[test]
    fn a_score_flags_from_where_the_board_says_and_never_removes() {
        let rules = Rules::parse(
            "[score]\nflag_at = { body = 0.62 }\n[codes.likely-scam]\nenforce = false\nverdict = \"note\"\n",
        )
        .unwrap();
        let score = ScoreRules {
            body: Some(Score::from_permille(620)),
            nickname: None,
        };
        assert_eq!(rules.score(), score);
        assert!(!rules.row(ReasonCode::LikelyScam).enforce);
        assert!(rules.row(ReasonCode::LikelyAbuse).enforce);
        for bad in [
            "[score]\nflag_at = { body = 0.0 }\n",
            "[score]\nflag_at = { nickname = 1.2 }\n",
            "[score]\nflag_at = { tags = 0.5 }\n",
            "[codes.likely-abuse]\nverdict = \"remove\"\n",
            "[codes.likely-abuse]\nby_severity = [\"flag\", \"flag\", \"flag\", \"flag\"]\n",
        ] {
            assert_eq!(
                Rules::parse(bad).map_err(|faults| faults.len()),
                Err(1),
                "{bad}"
            );
        }
    }

    #[test]
    fn every_fault_is_reported_with_its_line() {
        let file = "[codes.nonsense]\nenforce = true\n[codes.self-harm]\nverdict = \"remove\"\n[codes.slur]\nseverity = 9\n";
        let faults = Rules::parse(file).unwrap_err();
        let places: Vec<_> = faults
            .iter()
            .map(|fault| (fault.place.as_str(), fault.line))
            .collect();
        assert_eq!(
            places,
            [
                ("codes.nonsense", Some(1)),
                ("codes.self-harm", Some(3)),
                ("codes.slur", Some(5))
            ]
        );
    }
}
