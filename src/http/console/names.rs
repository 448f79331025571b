//! Names of codes, rules, verdicts and the rest, in both languages. Codes bring their own ([`ReasonCode::row`]).

use crate::{
    desk::views::SubjectView,
    http::problem::Language,
    lexicon::DropKind,
    member::SanctionKind,
    record::{Actor, ReasonCode, ReportOutcome, Role, Rule, RulingDecision, Source, Verdict},
    review::DecidedBy,
    text::{Disguise, Disguises, Surface},
    topic::Evidence,
};

/// A code: 辱罵, Insult.
pub const fn code(code: ReasonCode, language: Language) -> &'static str {
    let row = code.row();
    language.pick(row.zh_tw, row.en)
}

/// A posted rule, by its place on the board: 規範二.
pub const fn rule(rule: Rule, language: Language) -> &'static str {
    match rule {
        Rule::Unlawful => language.pick("規範一", "Rule 1"),
        Rule::Abuse => language.pick("規範二", "Rule 2"),
        Rule::Tag => language.pick("規範三", "Rule 3"),
        Rule::Nickname => language.pick("規範四", "Rule 4"),
    }
}

/// What a posted rule is about.
pub const fn rule_about(rule: Rule, language: Language) -> &'static str {
    match rule {
        Rule::Unlawful => language.pick("違法或侵害他人權益", "Unlawful or infringing"),
        Rule::Abuse => language.pick("明知不實或過度謾罵", "False or abusive"),
        Rule::Tag => language.pick("標籤不當", "Improper tags"),
        Rule::Nickname => language.pick("暱稱不當", "Improper nickname"),
    }
}

/// A verdict of the filter or of people.
pub const fn verdict(verdict: Verdict, language: Language) -> &'static str {
    match verdict {
        Verdict::Allow => language.pick("通過", "Allowed"),
        Verdict::Flag => language.pick("待審", "Flagged"),
        Verdict::Remove => language.pick("移除", "Removed"),
    }
}

/// Who made a verdict.
pub const fn decided_by(by: DecidedBy, language: Language) -> &'static str {
    match by {
        DecidedBy::Filter => language.pick("過濾器", "Filter"),
        DecidedBy::Moderator => language.pick("版主", "Moderator"),
        DecidedBy::Appeal => language.pick("申訴裁決", "Appeal"),
    }
}

/// What opened a case.
pub const fn source(source: Source, language: Language) -> &'static str {
    match source {
        Source::Filter => language.pick("過濾器", "Filter"),
        Source::Report => language.pick("讀者檢舉", "Report"),
        Source::Appeal => language.pick("會員申訴", "Appeal"),
        Source::Edit => language.pick("會員修改", "Edit"),
        Source::Moderator => language.pick("版主提出", "Moderator"),
        Source::Sample => language.pick("抽樣複查", "QA sample"),
    }
}

/// A surface.
pub const fn surface(surface: Surface, language: Language) -> &'static str {
    match surface {
        Surface::Body => language.pick("內文", "Text"),
        Surface::Nickname => language.pick("暱稱", "Nickname"),
        Surface::Tags => language.pick("標籤", "Tags"),
    }
}

/// What became of a report, with the class that colours its badge.
pub const fn report(outcome: ReportOutcome, language: Language) -> (&'static str, &'static str) {
    match outcome {
        ReportOutcome::Open => (language.pick("待審", "Open"), "warn"),
        ReportOutcome::Upheld => (language.pick("成立", "Upheld"), "good"),
        ReportOutcome::Dismissed => (language.pick("不成立", "Dismissed"), ""),
    }
}

/// Why a match was dropped.
pub const fn dropped(by: DropKind, language: Language) -> &'static str {
    match by {
        DropKind::Exception => language.pick("屬於無害的詞語", "Part of an innocent phrase"),
        DropKind::Context => language.pick("前後文不符", "The words around it do not fit"),
        DropKind::Boundary => language.pick("與其他字母或數字相連", "It touches a letter or digit"),
        DropKind::SentenceEnd => language.pick("跨越句子", "It reaches over the end of a sentence"),
        DropKind::Separators => {
            language.pick("字間的間隔不一致", "What stands between does not fit")
        }
        DropKind::Repeat => language.pick("重複次數不符", "Repeated more or less often"),
        DropKind::Unaimed => language.pick("只是推測，且並未指人", "A guess, and nobody is meant"),
        DropKind::WordEdge => language.pick("與另一個詞交疊", "Another word lies across its edge"),
        DropKind::OrdinaryWords => language.pick("讀來是尋常字句", "It reads as ordinary words"),
        DropKind::Variants => language.pick(
            "詞條不容許這種寫法",
            "The term does not allow this disguise",
        ),
    }
}

/// Why an erasure keeps something, by its name in the contract.
pub fn kept(why: &str, language: Language) -> &'static str {
    match why {
        "hold" => language.pick("保全中", "On hold"),
        "case-open" => language.pick("案件審理中", "The case is open"),
        "undo-open" => language.pick("裁決仍可復原", "The ruling can still be undone"),
        "in-force" => language.pick("處分生效中", "A sanction is in force"),
        _ => language.pick("論壇可能重送", "The board may send it again"),
    }
}

/// The status of a case, by its name in the contract.
pub fn status(name: &str, language: Language) -> &'static str {
    match name {
        "open" => language.pick("待審", "Open"),
        "claimed" => language.pick("審理中", "Claimed"),
        "escalated" => language.pick("已呈報", "Escalated"),
        _ => language.pick("已結案", "Resolved"),
    }
}

/// A member's standing, by its name in the contract.
pub fn standing(name: &str, language: Language) -> &'static str {
    match name {
        "watched" => language.pick("觀察中", "Watched"),
        "suspended" => language.pick("停權中", "Suspended"),
        "terminated" => language.pick("已解除會員資格", "Terminated"),
        _ => language.pick("良好", "Good"),
    }
}

/// A severity, 1 to 4, in words.
pub const fn severity(severity: u8, language: Language) -> &'static str {
    match severity {
        0 | 1 => language.pick("輕微", "Minor"),
        2 => language.pick("一般", "Moderate"),
        3 => language.pick("嚴重", "Serious"),
        _ => language.pick("極嚴重", "Severe"),
    }
}

/// A sanction.
pub const fn sanction(kind: SanctionKind, language: Language) -> &'static str {
    match kind {
        SanctionKind::Warn => language.pick("警告", "Warning"),
        SanctionKind::Watch => language.pick("列入觀察", "Watch"),
        SanctionKind::Suspend => language.pick("停權", "Suspension"),
        SanctionKind::Terminate => language.pick("解除會員資格", "Termination"),
    }
}

/// A sanction with its days: 停權 7 天.
pub fn sanction_for(kind: SanctionKind, days: Option<u32>, language: Language) -> String {
    let name = sanction(kind, language);
    match (days, language) {
        (None, _) => name.to_owned(),
        (Some(days), Language::ZhTw) => format!("{name} {days} 天"),
        (Some(1), Language::En) => format!("{name}, 1 day"),
        (Some(days), Language::En) => format!("{name}, {days} days"),
    }
}

/// A decision as the button says it.
pub const fn decision(decision: RulingDecision, language: Language) -> &'static str {
    match decision {
        RulingDecision::Approve => language.pick("保留", "Approve"),
        RulingDecision::Remove => language.pick("移除", "Remove"),
        RulingDecision::RemoveTags => language.pick("移除標籤", "Remove tags"),
        RulingDecision::Escalate => language.pick("呈報", "Escalate"),
    }
}

/// A decision that was made.
pub const fn done(decision: RulingDecision, language: Language) -> &'static str {
    match decision {
        RulingDecision::Approve => language.pick("已保留", "Approved"),
        RulingDecision::Remove => language.pick("已移除", "Removed"),
        RulingDecision::RemoveTags => language.pick("已移除標籤", "Tags removed"),
        RulingDecision::Escalate => language.pick("已呈報", "Escalated"),
    }
}

/// A role.
pub const fn role(role: Role, language: Language) -> &'static str {
    match role {
        Role::Viewer => language.pick("檢視者", "Viewer"),
        Role::Moderator => language.pick("版主", "Moderator"),
        Role::Admin => language.pick("管理員", "Admin"),
    }
}

/// Who acted: a person or a key by name, Banzhu itself in words.
pub fn actor(actor: &Actor, language: Language) -> String {
    match actor {
        Actor::System => language.pick("系統", "System").to_owned(),
        Actor::Operator => language.pick("維運人員", "Operator").to_owned(),
        Actor::User(name) => name.to_string(),
        Actor::Key(name) => format!("{}{name}", language.pick("金鑰 ", "key ")),
    }
}

/// How a tag relates to its article.
pub const fn evidence(evidence: Evidence, language: Language) -> &'static str {
    match evidence {
        Evidence::InTitle => language.pick("出現在標題", "In the title"),
        Evidence::InBody => language.pick("出現在內文", "In the text"),
        Evidence::InSection => language.pick("與版別相同", "Names the section"),
        Evidence::InBoardTags => language.pick("與文章標籤相同", "Among the board's tags"),
        Evidence::SameTopic => language.pick("同一主題", "The same topic"),
        Evidence::NarrowerTopic => language.pick("屬於其下的主題", "A narrower topic"),
        Evidence::Overlap => language.pick("用詞重疊", "Words in common"),
        Evidence::Ruled => language.pick("版主曾判定相關", "Ruled as related"),
        Evidence::None => language.pick("未見關聯", "No relation found"),
        Evidence::NoArticle => language.pick("文章未知", "Article unknown"),
    }
}

/// A disguise that was seen through.
pub const fn disguise(disguise: Disguise, language: Language) -> &'static str {
    match disguise {
        Disguise::Width => language.pick("全形或圈字", "full width"),
        Disguise::Case => language.pick("大小寫", "letter case"),
        Disguise::Marks => language.pick("附加符號", "accents"),
        Disguise::Separators => language.pick("插入間隔", "separators"),
        Disguise::Variant => language.pick("簡體或異體字", "variant characters"),
        Disguise::Homophone => language.pick("諧音", "homophone"),
        Disguise::Bopomofo => language.pick("注音", "bopomofo"),
        Disguise::Initials => language.pick("字母縮寫", "initials"),
        Disguise::Leet => language.pick("數字代字", "leet"),
        Disguise::Split => language.pick("拆字", "split character"),
        Disguise::Repeat => language.pick("重複字", "stretched"),
        Disguise::Mask => language.pick("遮字", "masked"),
        Disguise::Emoji => language.pick("表情符號", "emoji"),
        Disguise::Reversed => language.pick("倒寫", "reversed"),
        Disguise::CrossField => language.pick("跨欄位", "across fields"),
        Disguise::Pinyin => language.pick("拼音", "pinyin"),
    }
}

/// The disguises of a hit in one line: `插入間隔、諧音`.
pub fn disguises(how: Disguises, language: Language) -> String {
    let names: Vec<&str> = Disguise::ALL
        .into_iter()
        .filter(|disguise| how.contains(*disguise))
        .map(|one| disguise(one, language))
        .collect();
    names.join(language.pick("、", ", "))
}

/// What a case is about.
pub fn subject(subject: &SubjectView, language: Language) -> &'static str {
    match subject.kind {
        "member" => language.pick("暱稱", "Nickname"),
        "tag" => language.pick("標籤", "Tag"),
        _ => language.pick("留言", "Comment"),
    }
}
