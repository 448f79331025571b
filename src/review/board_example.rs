//! What a ruling teaches: the text, what it is, and how much it counts.

use std::collections::BTreeMap;

use super::{effect::spelling_of, forms::forms_of_ruling};
use crate::{
    id::{MemberId, RulingId},
    record::{Actor, Comment, Form, ReasonCode, Ruling, RulingDecision, Subject},
    score::{Label, capped},
    text::Surface,
};

/// A ruling on a comment or a nickname, as an example of this board.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct BoardExample {
    pub ruling: RulingId,
    pub surface: Surface,
    pub text: String,
    pub label: Label,
    /// What this very ruling counted of written forms: their history is to be read without it, or it would foretell itself.
    pub counted: Vec<Form>,
    /// Who ruled.
    pub by: Actor,
    /// Whose comment it is.
    pub member: Option<MemberId>,
    /// How much it counts.
    pub weight: f64,
}

/// A ruling on a random sample stands for so many removals at most.
const SAMPLE_WEIGHT_MAX: f64 = 20.0;
/// From so many who rule on, nobody of them weighs more than half.
const MODERATORS_MIN: usize = 3;
const MODERATOR_SHARE_MAX: f64 = 0.5;
/// … and no member more than this.
const MEMBER_SHARE_MAX: f64 = 0.05;

/// What a ruling teaches about the body of its comment; nothing if it was undone, if the text has changed since, was taken
/// back or is gone, or if it was ruled on a nickname, a tag, or for a reason that does not lie in the words.
/// `sampled_permille` is the share of the filter's removals that is drawn for a second look.
pub fn example_of(
    ruling: &Ruling,
    comment: &Comment,
    sampled_permille: u32,
) -> Option<BoardExample> {
    let case = &ruling.undo_snapshot.case;
    let is_about_it = case.subject == Subject::Comment(comment.id.clone());
    let is_as_ruled = comment.newest.at <= ruling.at && comment.withdrawn_at.is_none();
    if !is_about_it || !is_as_ruled || ruling.undone.is_some() {
        return None;
    }
    let label = match ruling.decision {
        RulingDecision::Approve => Label::Harmless,
        RulingDecision::Remove if matches!(case.surface, None | Some(Surface::Body)) => {
            label_of(ruling.code.unwrap_or(case.code))?
        }
        RulingDecision::Remove | RulingDecision::RemoveTags | RulingDecision::Escalate => {
            return None;
        }
    };
    let is_sampled = ruling
        .qa_review
        .as_ref()
        .is_some_and(|review| review.ruling.is_none());
    Some(BoardExample {
        text: comment.newest.body.clone()?,
        member: comment.member.clone(),
        weight: match sampled_permille {
            1.. if is_sampled => (1_000.0 / f64::from(sampled_permille)).min(SAMPLE_WEIGHT_MAX),
            _ => 1.0,
        },
        ..example_with(ruling, Surface::Body, label)
    })
}

/// What a ruling teaches about a nickname: nothing if it was undone, if the nickname is gone, or if it was taken down for what
/// does not lie in its words, such as for being too near to a protected name.
pub fn nickname_example_of(ruling: &Ruling) -> Option<BoardExample> {
    let case = &ruling.undo_snapshot.case;
    let nickname = spelling_of(case);
    let is_about_one = matches!(case.subject, Subject::Nickname(_)) && case.sanction.is_none();
    if !is_about_one || nickname.is_empty() || ruling.undone.is_some() {
        return None;
    }
    let label = match ruling.decision {
        RulingDecision::Approve => Label::Harmless,
        RulingDecision::Remove => match ruling.code.unwrap_or(case.code) {
            ReasonCode::NicknameProfanity | ReasonCode::NicknameAbuse => Label::Abuse,
            code => label_of(code)?,
        },
        RulingDecision::RemoveTags | RulingDecision::Escalate => return None,
    };
    Some(BoardExample {
        text: nickname.to_owned(),
        member: case.member.as_ref().map(|member| member.id.clone()),
        ..example_with(ruling, Surface::Nickname, label)
    })
}

fn example_with(ruling: &Ruling, surface: Surface, label: Label) -> BoardExample {
    BoardExample {
        ruling: ruling.id,
        surface,
        text: String::new(),
        label,
        counted: forms_of_ruling(ruling, None),
        by: ruling.by.clone(),
        member: None,
        weight: 1.0,
    }
}

/// What a comment is that was removed for this code; `None` if that does not lie in its words alone.
const fn label_of(code: ReasonCode) -> Option<Label> {
    use ReasonCode as C;
    match code {
        C::Scam | C::LikelyScam => Some(Label::Scam),
        C::Threat
        | C::PersonalData
        | C::Sexual
        | C::Profanity
        | C::Insult
        | C::Slur
        | C::LikelyAbuse => Some(Label::Abuse),
        C::SelfHarm
        | C::TagMeaningless
        | C::TagOffTopic
        | C::TagAbusive
        | C::NicknameProfanity
        | C::NicknameAbuse
        | C::NicknameImpersonation
        | C::Flood
        | C::MemberSuspended
        | C::MemberTerminated
        | C::MemberWatched
        | C::MemberNew
        | C::UnlawfulOther
        | C::Infringement
        | C::KnowinglyFalse
        | C::TagFalse
        | C::NicknameInfringement
        | C::Other => None,
    }
}

/// Makes the examples lighter of whoever would decide alone: where three or more rule, nobody of them weighs more than half
/// of all, and no member more than a twentieth.
pub fn without_majorities(mut examples: Vec<BoardExample>) -> Vec<BoardExample> {
    let moderators = weights_by(&examples, |example| Some(example.by.to_string()));
    if moderators.len() < MODERATORS_MIN {
        return examples;
    }
    // What is cut from a moderator changes the members' shares, and the other way round, until both hold.
    let once = shrunk(&mut examples).then(|| examples.clone());
    for _ in 0..ROUNDS_MAX {
        if !shrunk(&mut examples) {
            return examples;
        }
    }
    // Both at once cannot be had where nearly all that others ruled on is of one member: then moderators go first.
    let mut examples = once.unwrap_or(examples);
    shrink(&mut examples, MODERATOR_SHARE_MAX, moderator_of);
    examples
}

/// Rounds of cutting, until it is taken for impossible.
const ROUNDS_MAX: usize = 40;
/// What is above its share is cut to a little less, so that it settles.
const CUT_TO: f64 = 0.99;

fn moderator_of(example: &BoardExample) -> Option<String> {
    Some(example.by.to_string())
}

fn member_of(example: &BoardExample) -> Option<String> {
    example.member.as_ref().map(ToString::to_string)
}

/// Cuts moderators, then members; whether anything was cut.
fn shrunk(examples: &mut [BoardExample]) -> bool {
    let moderators = shrink(examples, MODERATOR_SHARE_MAX, moderator_of);
    shrink(examples, MEMBER_SHARE_MAX, member_of) || moderators
}

/// What the examples of each key weigh together; those without a key stand each for itself.
fn weights_by(
    examples: &[BoardExample],
    key: impl Fn(&BoardExample) -> Option<String>,
) -> BTreeMap<String, f64> {
    let mut weights: BTreeMap<String, f64> = BTreeMap::new();
    for example in examples {
        let key = key(example).unwrap_or_else(|| format!("#{}", example.ruling));
        *weights.entry(key).or_default() += example.weight;
    }
    weights
}

/// Cuts what weighs more than this share; whether anything did. Where there are too few keys for that, all weigh the same.
fn shrink(
    examples: &mut [BoardExample],
    most: f64,
    key: impl Fn(&BoardExample) -> Option<String>,
) -> bool {
    let weights = weights_by(examples, &key);
    let sums: Vec<f64> = weights.values().copied().collect();
    if capped(&sums, most).iter().all(|factor| *factor > UNCUT) {
        return false;
    }
    let factors: BTreeMap<&String, f64> =
        weights.keys().zip(capped(&sums, most * CUT_TO)).collect();
    for example in examples {
        let key = key(example).unwrap_or_else(|| format!("#{}", example.ruling));
        example.weight *= factors.get(&key).copied().unwrap_or(1.0);
    }
    true
}

/// A factor as good as 1.
const UNCUT: f64 = 0.999_999;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{id::MemberId, record::UserName};

    fn example(nth: u128, by: &str, member: &str) -> BoardExample {
        BoardExample {
            ruling: RulingId(ulid::Ulid(nth)),
            surface: Surface::Body,
            text: "早安".to_owned(),
            label: Label::Harmless,
            counted: Vec::new(),
            by: Actor::User(UserName::parse(by).unwrap()),
            member: MemberId::parse(member).ok(),
            weight: 1.0,
        }
    }

    fn share(examples: &[BoardExample], of: impl Fn(&BoardExample) -> bool) -> f64 {
        let sum = |examples: &mut dyn Iterator<Item = &BoardExample>| -> f64 {
            examples.map(|example| example.weight).sum()
        };
        sum(&mut examples.iter().filter(|one| of(one))) / sum(&mut examples.iter())
    }

    #[test]
    fn nobody_of_three_decides_alone_and_no_member_is_much_of_it() {
        let mut examples: Vec<_> = (0..200)
            .map(|nth| example(nth, "amy", &format!("m{}", nth % 40)))
            .collect();
        examples.extend((200..220).map(|nth| example(nth, "ben", "m1")));
        let two = without_majorities(examples.clone());
        assert_eq!(two, examples, "two moderators are as many as there are");
        examples.extend((220..240).map(|nth| example(nth, "cat", &format!("m{}", nth % 40))));
        let capped = without_majorities(examples);
        let amy = share(&capped, |one| one.by.to_string().contains("amy"));
        let member = share(&capped, |one| one.member == MemberId::parse("m1").ok());
        assert!(amy <= 0.5, "{amy}");
        assert!(member <= 0.05, "{member}");
    }

    #[test]
    fn where_both_cannot_be_had_moderators_go_first_and_something_is_left() {
        let mut examples: Vec<_> = (0..200)
            .map(|nth| example(nth, "amy", &format!("m{}", nth % 40)))
            .collect();
        examples.extend((200..220).map(|nth| example(nth, "ben", "m99")));
        examples.extend((220..240).map(|nth| example(nth, "cat", "m99")));
        let capped = without_majorities(examples);
        let amy = share(&capped, |one| one.by.to_string().contains("amy"));
        assert!(amy <= 0.5, "{amy}");
        assert!(capped.iter().all(|one| one.weight > 0.001));
    }

    #[test]
    fn a_code_says_what_the_words_are_or_nothing() {
        assert_eq!(label_of(ReasonCode::LikelyScam), Some(Label::Scam));
        assert_eq!(label_of(ReasonCode::Slur), Some(Label::Abuse));
        assert_eq!(label_of(ReasonCode::SelfHarm), None);
    }
}
