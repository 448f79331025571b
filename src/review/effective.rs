//! What is in force: the filter's decision with what people ruled laid over it. Worked out whenever a comment is read.

use serde::{Deserialize, Serialize};

use crate::{
    record::{Decision, Resolution, RulingEffect, SubjectRuling, Verdict},
    topic::Evidence,
};

/// Who is behind the verdict in force.
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

/// The rulings that touch one comment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubjectRulings<'a> {
    /// The ruling on the comment itself.
    pub effect: Option<&'a RulingEffect>,
    /// The ruling on its nickname's spelling.
    pub nickname: Option<&'a SubjectRuling>,
    /// The rulings on its tags under its article, one place for each tag.
    pub tags: Vec<Option<&'a SubjectRuling>>,
}

/// A tag as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveTag {
    /// The tag as written.
    pub tag: String,
    /// What becomes of it.
    pub verdict: Verdict,
    /// How it belongs to the article.
    pub evidence: Evidence,
    /// The words that say so.
    pub evidence_term: Option<String>,
}

/// A comment as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveDecision {
    /// The harshest of body, nickname and the reasons without a surface.
    pub verdict: Verdict,
    /// Who is behind it.
    pub decided_by: DecidedBy,
    /// The body, if there is one.
    pub body: Option<Verdict>,
    /// The nickname, if there is one.
    pub nickname: Option<Verdict>,
    /// The tags in order.
    pub tags: Vec<EffectiveTag>,
}

/// Lays rulings over a decision.
pub fn effective_verdict(decision: &Decision, standing: &SubjectRulings<'_>) -> EffectiveDecision {
    let mark = standing.effect.filter(|mark| mark.holds_for(decision));
    let nickname = decision
        .nickname
        .map(|filter| standing.nickname.map_or(filter, ruled));
    let own = own_verdict(decision, mark);
    let verdict = own
        .unwrap_or(decision.unattached)
        .max(nickname.unwrap_or(Verdict::Allow));
    let nickname_ruling = standing.nickname.filter(|_| nickname.is_some());
    EffectiveDecision {
        verdict,
        decided_by: decided_by(mark, nickname_ruling),
        body: decision.body.and(own),
        nickname,
        tags: decision
            .tags
            .iter()
            .enumerate()
            .map(|(place, tag)| {
                let ruling = standing.tags.get(place).copied().flatten();
                EffectiveTag {
                    tag: tag.tag.clone(),
                    verdict: tag_verdict(tag.verdict, tag.off_topic, &tag.tag, mark, ruling),
                    evidence: if ruling.is_some() {
                        Evidence::Ruled
                    } else {
                        tag.evidence
                    },
                    evidence_term: if ruling.is_some() {
                        None
                    } else {
                        tag.evidence_term.clone()
                    },
                }
            })
            .collect(),
    }
}

fn decided_by(mark: Option<&RulingEffect>, nickname: Option<&SubjectRuling>) -> DecidedBy {
    let on_appeal = mark
        .map(|mark| mark.on_appeal)
        .or_else(|| nickname.map(|ruling| ruling.on_appeal));
    match on_appeal {
        Some(true) => DecidedBy::Appeal,
        Some(false) => DecidedBy::Moderator,
        None => DecidedBy::Filter,
    }
}

/// The verdict on what the comment itself says; none where it has no body and nobody ruled.
fn own_verdict(decision: &Decision, mark: Option<&RulingEffect>) -> Option<Verdict> {
    match mark.map(|mark| mark.resolution) {
        Some(Resolution::Removed) => Some(Verdict::Remove),
        Some(Resolution::Approved | Resolution::TagsRemoved) => Some(Verdict::Allow),
        Some(Resolution::Withdrawn) | None => {
            decision.body.map(|body| body.max(decision.unattached))
        }
    }
}

fn tag_verdict(
    filter: Verdict,
    off_topic: bool,
    tag: &str,
    mark: Option<&RulingEffect>,
    ruling: Option<&SubjectRuling>,
) -> Verdict {
    if mark.is_some_and(|mark| mark.tags.iter().any(|removed| removed == tag)) {
        return Verdict::Remove;
    }
    if let Some(ruling) = ruling {
        return ruled(ruling);
    }
    // A ruling on a comment decides what was flagged of it; an appeal, what the filter removed of it, too. A tag off topic
    // has a case of its own.
    let decides = |mark: &&RulingEffect| match filter {
        Verdict::Allow => false,
        Verdict::Flag => !off_topic,
        Verdict::Remove => !off_topic && mark.on_appeal,
    };
    match mark.filter(decides).map(|mark| mark.resolution) {
        Some(Resolution::Approved | Resolution::TagsRemoved) => Verdict::Allow,
        Some(Resolution::Removed) => Verdict::Remove,
        Some(Resolution::Withdrawn) | None => filter,
    }
}

const fn ruled(ruling: &SubjectRuling) -> Verdict {
    if ruling.approved {
        Verdict::Allow
    } else {
        Verdict::Remove
    }
}
