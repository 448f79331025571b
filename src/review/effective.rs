//! What is in force: the filter's decision, and the rulings that override it. Worked out whenever a comment is read.

use serde::{Deserialize, Serialize};

use crate::{
    record::{Decision, Resolution, RulingEffect, SubjectRuling, TagDecision, Verdict},
    topic::Evidence,
};

/// Who decided the verdict in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecidedBy {
    /// The filter.
    Filter,
    /// A moderator's ruling.
    Moderator,
    /// The ruling on an appeal.
    Appeal,
}

impl DecidedBy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Filter, Self::Moderator, Self::Appeal];

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Moderator => "moderator",
            Self::Appeal => "appeal",
        }
    }
}

/// The rulings that touch one comment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubjectRulings<'a> {
    /// The ruling on the comment itself, where it holds for what the filter says of it now.
    pub effect: Option<&'a RulingEffect>,
    /// The ruling on its nickname's spelling.
    pub nickname: Option<&'a SubjectRuling>,
    /// The rulings on its tags under its article: one entry for each tag, in order.
    pub tags: Vec<Option<&'a SubjectRuling>>,
}

/// A tag with the verdict in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveTag {
    /// The tag as written.
    pub tag: String,
    /// The verdict in force on it.
    pub verdict: Verdict,
    /// What says that it belongs to the article.
    pub evidence: Evidence,
    /// The words that say so, if words do.
    pub evidence_term: Option<String>,
}

/// What is in force on a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveDecision {
    /// The harshest of body, nickname and the reasons without a surface.
    pub verdict: Verdict,
    /// Who decided it.
    pub decided_by: DecidedBy,
    /// The body, if there is one.
    pub body: Option<Verdict>,
    /// The nickname, if there is one.
    pub nickname: Option<Verdict>,
    /// The tags in order.
    pub tags: Vec<EffectiveTag>,
}

/// What is in force: the filter's decision where no ruling overrides it.
pub fn effective_verdict(decision: &Decision, rulings: &SubjectRulings<'_>) -> EffectiveDecision {
    let effect = rulings.effect;
    let by_ruling = |filter| rulings.nickname.map_or(filter, verdict_of);
    let nickname = decision.nickname.map(by_ruling);
    // A ruling on a nickname that the comment does not show decides nothing here.
    let nickname_ruling = rulings.nickname.filter(|_| nickname.is_some());
    let own = own_verdict(decision, effect);
    let verdict = own.unwrap_or(decision.unattached);
    let tags = decision.tags.iter().enumerate();
    EffectiveDecision {
        verdict: verdict.max(nickname.unwrap_or(Verdict::Allow)),
        decided_by: decided_by(effect, nickname_ruling),
        // Where there is no body there is no verdict on it, even if a ruling decided the comment.
        body: decision.body.and(own),
        nickname,
        tags: tags
            .map(|(place, tag)| {
                let ruling = rulings.tags.get(place).copied().flatten();
                effective_tag(tag, effect, ruling)
            })
            .collect(),
    }
}

fn decided_by(effect: Option<&RulingEffect>, nickname: Option<&SubjectRuling>) -> DecidedBy {
    // The ruling on the comment itself comes before the one on its nickname.
    let on_appeal = effect
        .map(|effect| effect.on_appeal)
        .or_else(|| nickname.map(|ruling| ruling.on_appeal));
    match on_appeal {
        Some(true) => DecidedBy::Appeal,
        Some(false) => DecidedBy::Moderator,
        None => DecidedBy::Filter,
    }
}

/// The verdict on the comment's own text; `None` where it has no body and nobody ruled.
fn own_verdict(decision: &Decision, effect: Option<&RulingEffect>) -> Option<Verdict> {
    match effect.map(|effect| effect.resolution) {
        Some(Resolution::Removed) => Some(Verdict::Remove),
        Some(Resolution::Approved | Resolution::TagsRemoved) => Some(Verdict::Allow),
        // A withdrawal is no judgement: the filter's verdict stays.
        Some(Resolution::Withdrawn) | None => {
            decision.body.map(|body| body.max(decision.unattached))
        }
    }
}

fn effective_tag(
    tag: &TagDecision,
    effect: Option<&RulingEffect>,
    ruling: Option<&SubjectRuling>,
) -> EffectiveTag {
    let (evidence, evidence_term) = match ruling {
        Some(_) => (Evidence::Ruled, None),
        None => (tag.evidence, tag.evidence_term.clone()),
    };
    EffectiveTag {
        tag: tag.tag.clone(),
        verdict: tag_verdict(tag, effect, ruling),
        evidence,
        evidence_term,
    }
}

fn tag_verdict(
    tag: &TagDecision,
    effect: Option<&RulingEffect>,
    ruling: Option<&SubjectRuling>,
) -> Verdict {
    // First: a tag removed from this comment stays removed, whatever was ruled on it under the article.
    if effect.is_some_and(|effect| effect.tags.contains(&tag.tag)) {
        return Verdict::Remove;
    }
    if let Some(ruling) = ruling {
        return verdict_of(ruling);
    }
    // A ruling on a comment decides the tags that were flagged; on an appeal also those that the filter removed. A tag off
    // topic has a case of its own.
    let decides = |effect: &&RulingEffect| match tag.verdict {
        Verdict::Allow => false,
        Verdict::Flag => !tag.off_topic,
        Verdict::Remove => !tag.off_topic && effect.on_appeal,
    };
    match effect.filter(decides).map(|effect| effect.resolution) {
        Some(Resolution::Approved | Resolution::TagsRemoved) => Verdict::Allow,
        Some(Resolution::Removed) => Verdict::Remove,
        Some(Resolution::Withdrawn) | None => tag.verdict,
    }
}

const fn verdict_of(ruling: &SubjectRuling) -> Verdict {
    if ruling.approved {
        Verdict::Allow
    } else {
        Verdict::Remove
    }
}
