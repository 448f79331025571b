//! The posted rules, the codes under them, and the verdicts: the vocabulary that every other room speaks.
//!
//! Names are those of the HTTP contract and never change.

use serde::{Deserialize, Serialize};

use crate::{lexicon::ListCode, text::Surface};

/// A posted rule of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// 規範一: unlawful, or infringing others' rights.
    Unlawful,
    /// 規範二: knowingly false or excessively abusive.
    Abuse,
    /// 規範三: tags that are meaningless, unrelated, false or abusive.
    Tag,
    /// 規範四: nicknames with abuse or profanity, or that infringe others' rights.
    Nickname,
}

impl Rule {
    /// All rules in the order in which the board posts them.
    pub const ALL: [Self; 4] = [Self::Unlawful, Self::Abuse, Self::Tag, Self::Nickname];

    /// The name in JSON and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unlawful => "unlawful",
            Self::Abuse => "abuse",
            Self::Tag => "tag",
            Self::Nickname => "nickname",
        }
    }
}

/// What becomes of a surface or a whole comment; later ones are harsher.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Publish.
    #[default]
    Allow,
    /// Publish or hold, as the board likes; people will look.
    Flag,
    /// Do not publish.
    Remove,
}

impl Verdict {
    /// The name in JSON and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Flag => "flag",
            Self::Remove => "remove",
        }
    }
}

/// Who may give a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GivenBy {
    /// The filter, and people in reports and rulings.
    FilterOrPeople,
    /// The filter alone.
    Filter,
    /// People alone.
    People,
}

/// Why something was noted, flagged or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "each is described for people in its row of `CODES`"
)]
pub enum ReasonCode {
    Threat,
    SelfHarm,
    PersonalData,
    Scam,
    Sexual,
    Profanity,
    Insult,
    Slur,
    TagMeaningless,
    TagOffTopic,
    TagAbusive,
    NicknameProfanity,
    NicknameAbuse,
    NicknameImpersonation,
    Flood,
    MemberSuspended,
    MemberTerminated,
    MemberWatched,
    MemberNew,
    UnlawfulOther,
    Infringement,
    KnowinglyFalse,
    TagFalse,
    NicknameInfringement,
    Other,
    LikelyAbuse,
    LikelyScam,
}

/// A code as shown by `GET /v1/codes`.
#[derive(Debug, Clone, Copy)]
pub struct CodeRow {
    /// The code.
    pub code: ReasonCode,
    /// Its stable name.
    pub name: &'static str,
    /// The posted rule that it breaks; `None` if it breaks none.
    pub rule: Option<Rule>,
    /// Who may give it.
    pub given_by: GivenBy,
    /// Its name for people in Taiwan.
    pub zh_tw: &'static str,
    /// Its name in English.
    pub en: &'static str,
}

const fn row(
    code: ReasonCode,
    name: &'static str,
    rule: Option<Rule>,
    given_by: GivenBy,
    zh_tw: &'static str,
    en: &'static str,
) -> CodeRow {
    CodeRow {
        code,
        name,
        rule,
        given_by,
        zh_tw,
        en,
    }
}

/// Every code, in the order of the enum.
pub const CODES: [CodeRow; 27] = {
    use GivenBy::{Filter, FilterOrPeople as Both, People};
    use ReasonCode as C;
    const UNLAWFUL: Option<Rule> = Some(Rule::Unlawful);
    const ABUSE: Option<Rule> = Some(Rule::Abuse);
    const TAG: Option<Rule> = Some(Rule::Tag);
    const NICKNAME: Option<Rule> = Some(Rule::Nickname);
    [
        row(
            C::Threat,
            "threat",
            UNLAWFUL,
            Both,
            "恐嚇威脅",
            "Threat of harm",
        ),
        row(
            C::SelfHarm,
            "self-harm",
            None,
            Both,
            "可能需要關懷",
            "Somebody may need help",
        ),
        row(
            C::PersonalData,
            "personal-data",
            UNLAWFUL,
            Both,
            "洩漏個人資料",
            "Personal data",
        ),
        row(
            C::Scam,
            "scam",
            UNLAWFUL,
            Both,
            "詐騙或違法廣告",
            "Scam or unlawful advertising",
        ),
        row(
            C::Sexual,
            "sexual",
            UNLAWFUL,
            Both,
            "色情或性交易",
            "Pornography or solicitation",
        ),
        row(
            C::Profanity,
            "profanity",
            ABUSE,
            Both,
            "髒話穢言",
            "Profanity",
        ),
        row(C::Insult, "insult", ABUSE, Both, "辱罵", "Insult"),
        row(C::Slur, "slur", ABUSE, Both, "歧視性字眼", "Slur"),
        row(
            C::TagMeaningless,
            "tag-meaningless",
            TAG,
            Both,
            "標籤無意義",
            "Meaningless tag",
        ),
        row(
            C::TagOffTopic,
            "tag-off-topic",
            TAG,
            Both,
            "標籤與本文無關",
            "Tag unrelated to the article",
        ),
        row(
            C::TagAbusive,
            "tag-abusive",
            TAG,
            Both,
            "標籤含謾罵字眼",
            "Abusive tag",
        ),
        row(
            C::NicknameProfanity,
            "nickname-profanity",
            NICKNAME,
            Both,
            "暱稱含髒話穢言",
            "Profanity in a nickname",
        ),
        row(
            C::NicknameAbuse,
            "nickname-abuse",
            NICKNAME,
            Both,
            "暱稱含謾罵字眼",
            "Abuse in a nickname",
        ),
        row(
            C::NicknameImpersonation,
            "nickname-impersonation",
            NICKNAME,
            Both,
            "暱稱冒用他人或官方名義",
            "Impersonating nickname",
        ),
        row(C::Flood, "flood", ABUSE, Filter, "洗版", "Flooding"),
        row(
            C::MemberSuspended,
            "member-suspended",
            None,
            Filter,
            "會員停權中",
            "Member is suspended",
        ),
        row(
            C::MemberTerminated,
            "member-terminated",
            None,
            Filter,
            "已解除會員資格",
            "Membership was terminated",
        ),
        row(
            C::MemberWatched,
            "member-watched",
            None,
            Filter,
            "會員觀察中",
            "Member is watched",
        ),
        row(
            C::MemberNew,
            "member-new",
            None,
            Filter,
            "新會員首次發言",
            "First posts of a new member",
        ),
        row(
            C::UnlawfulOther,
            "unlawful-other",
            UNLAWFUL,
            People,
            "其他違法內容",
            "Otherwise unlawful",
        ),
        row(
            C::Infringement,
            "infringement",
            UNLAWFUL,
            People,
            "侵害他人權益",
            "Infringes others' rights",
        ),
        row(
            C::KnowinglyFalse,
            "knowingly-false",
            ABUSE,
            People,
            "明知不實",
            "Knowingly false",
        ),
        row(
            C::TagFalse,
            "tag-false",
            TAG,
            People,
            "標籤明知不實",
            "Knowingly false tag",
        ),
        row(
            C::NicknameInfringement,
            "nickname-infringement",
            NICKNAME,
            People,
            "暱稱侵害他人權利",
            "Nickname infringes others' rights",
        ),
        row(C::Other, "other", None, People, "其他", "Other"),
        row(
            C::LikelyAbuse,
            "likely-abuse",
            ABUSE,
            Filter,
            "可能涉及謾罵",
            "Likely abuse",
        ),
        row(
            C::LikelyScam,
            "likely-scam",
            UNLAWFUL,
            Filter,
            "可能涉及詐騙",
            "Likely a scam",
        ),
    ]
};

impl ReasonCode {
    /// What is known of this code.
    pub const fn row(self) -> &'static CodeRow {
        &CODES[self as usize]
    }

    /// The stable name.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The posted rule that it breaks.
    pub const fn rule(self) -> Option<Rule> {
        self.row().rule
    }

    /// The code of this name.
    pub fn parse(name: &str) -> Option<Self> {
        CODES
            .iter()
            .find(|row| row.name == name)
            .map(|row| row.code)
    }

    /// Whether it comes from the member's standing rather than from this comment.
    pub const fn is_of_member(self) -> bool {
        matches!(
            self,
            Self::MemberSuspended | Self::MemberTerminated | Self::MemberWatched | Self::MemberNew
        )
    }

    /// Whether the learned score alone gives it: it says where, and names no term.
    pub const fn is_likely(self) -> bool {
        matches!(self, Self::LikelyAbuse | Self::LikelyScam)
    }

    /// Whether a moderator or a reader may give it.
    pub const fn is_for_people(self) -> bool {
        !matches!(self.row().given_by, GivenBy::Filter)
    }

    /// Those that a moderator or a reader may give.
    pub fn for_people() -> impl Iterator<Item = Self> {
        let codes = CODES.iter().map(|row| row.code);
        codes.filter(|code| code.is_for_people())
    }

    /// The code that a hit of a list gets on a surface: abuse in a tag or a nickname breaks the rule of that place,
    /// what is unlawful keeps its code everywhere.
    pub const fn of_hit(list: ListCode, surface: Surface) -> Self {
        match (list, surface) {
            (ListCode::Threat, _) => Self::Threat,
            (ListCode::SelfHarm, _) => Self::SelfHarm,
            (ListCode::PersonalData, _) => Self::PersonalData,
            (ListCode::Scam, _) => Self::Scam,
            (ListCode::Sexual, _) => Self::Sexual,
            (ListCode::Profanity, Surface::Body) => Self::Profanity,
            (ListCode::Insult, Surface::Body) => Self::Insult,
            (ListCode::Slur, Surface::Body) => Self::Slur,
            (ListCode::Profanity, Surface::Nickname) => Self::NicknameProfanity,
            (ListCode::Insult | ListCode::Slur, Surface::Nickname) => Self::NicknameAbuse,
            (ListCode::Profanity | ListCode::Insult | ListCode::Slur, Surface::Tags) => {
                Self::TagAbusive
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_in_its_own_row() {
        for (place, row) in CODES.iter().enumerate() {
            assert_eq!(row.code as usize, place, "{}", row.name);
            assert_eq!(ReasonCode::parse(row.name), Some(row.code));
            assert_eq!(serde_json::to_value(row.code).ok(), Some(row.name.into()));
        }
    }
}
