//! Whether somebody is meant by a hit.
//!
//! One question after the other, and the first that has an answer decides. The order is what keeps a hit from being
//! switched off by one more word: quotation first, which takes two pieces of structure; then whoever is meant for certain;
//! only then what makes a word milder (a thing, oneself, welfare, fiction); then what merely suggests that somebody is
//! meant.

use serde::{Deserialize, Serialize};

use super::{
    clause::{Clause, LINKS, Words},
    company::Company,
    company_notes::Word,
    lowered,
    quotation::Sentence,
    word_classes::{Class, Classes},
};

/// Whether a row counts in any company, or only if somebody is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aim {
    /// It counts in any company but quotation.
    #[default]
    Always,
    /// It counts if somebody is meant.
    Aimed,
}

impl Aim {
    /// Reads a name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "always" => Some(Self::Always),
            "aimed" => Some(Self::Aimed),
            _ => None,
        }
    }
}

/// The company of a hit, and whether somebody is meant for certain: an interjection (靠北) counts only then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Aimed {
    pub company: Company,
    pub certain: bool,
}

/// 你[這人怎麼這麼]賤.
const LINKS_AND_PERSONS: Classes = LINKS.with(Classes::of(&[Class::Person]));
/// People whom a word beside them means for certain.
const PEOPLE: Classes = Classes::of(&[Class::Office, Class::Group, Class::Figure]);
/// The same before a word, where 他 and 這個人 are enough.
const SUBJECTS: Classes = Classes::of(&[Class::Office, Class::Group, Class::Figure, Class::Person]);
/// A clause of nothing else means somebody: 白痴, 真是白痴啦, 白痴去死.
const BARE: Classes = Classes::of(&[
    Class::Copula,
    Class::Degree,
    Class::Demonstrative,
    Class::Particle,
    Class::Imperative,
    Class::Person,
    Class::Say,
    Class::Passive,
    Class::Speaker,
]);

/// How far before a hit 你 may be, in characters.
const SPOKEN_TO_REACH: usize = 10;

/// The hits before a hit, by their ends in visible characters: the last one, and the last one that means somebody for
/// certain.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Earlier {
    pub hit: Option<usize>,
    pub aimed: Option<usize>,
}

/// The company of a hit.
pub(super) fn company(clause: &Clause<'_>, earlier: Earlier) -> Aimed {
    let certain = |company| Aimed {
        company,
        certain: true,
    };
    let perhaps = |company| Aimed {
        company,
        certain: false,
    };
    let sentence = Sentence::around(clause);
    if sentence.is_quoted() {
        return certain(Company::Quoted);
    }
    if clause.letters(clause.hit.start, clause.hit.end) == 1 {
        return if is_linked_to_you(clause) {
            certain(Company::Aimed)
        } else {
            perhaps(Company::Unaimed)
        };
    }
    let spoken_to = is_spoken_to(clause);
    let noun = has_noun_behind(clause) && !lowered::is_own_tie(clause);
    if !spoken_to && !noun && lowered::is_denied(clause) {
        return certain(Company::Denied);
    }
    if spoken_to || noun || is_said_of_somebody(&sentence) || goes_on(clause, earlier) {
        return certain(Company::Aimed);
    }
    if let Some(company) = lowered::lowering(clause) {
        return certain(company);
    }
    perhaps(if suggests_somebody(&sentence, earlier) {
        Company::Aimed
    } else {
        Company::Unaimed
    })
}

/// [你]白痴, 白痴[樓上], [去死]吧白痴; but 你的手機很廢 is about the telephone.
fn is_spoken_to(clause: &Clause<'_>) -> bool {
    let aims = |word: &Word| !is_owner(clause, word);
    // 你這個 … speaks of 你 however long it goes on
    let shown = |you: &Word| {
        let mut shown = clause.before(Class::Demonstrative, usize::MAX);
        shown.any(|word| word.start == you.end)
    };
    clause.before(Class::You, SPOKEN_TO_REACH).any(aims)
        || clause.before(Class::Vocative, SPOKEN_TO_REACH).any(aims)
        || clause.before(Class::You, usize::MAX).any(shown)
        || clause.behind(Class::You, 4).any(aims)
        || clause.behind(Class::Vocative, 4).any(aims)
        || has_imperative(clause)
}

fn has_imperative(clause: &Clause<'_>) -> bool {
    let holds = |words: &Words<'_>| words.of(Class::Imperative).next().is_some();
    holds(&clause.before) || holds(&clause.behind)
}

/// Whether 你 is only the owner of what is spoken of: 你的手機.
fn is_owner(clause: &Clause<'_>, you: &Word) -> bool {
    const OWNED: Classes = Classes::of(&[Class::Thing, Class::Animal, Class::Public]);
    let owned = || {
        let mut words = clause
            .before
            .of_any(OWNED)
            .chain(clause.behind.of_any(OWNED));
        words.any(|word| word.start > you.end && clause.gap(you.end, word.start) <= 5)
    };
    clause.is(you.end, '的') && owned()
}

/// One character means somebody only with 你 and links: [你]很賤, 最蠢的就是[你].
fn is_linked_to_you(clause: &Clause<'_>) -> bool {
    let linked = |word: &Word| clause.holds_only(LINKS_AND_PERSONS, word.end, clause.hit.start);
    let behind = |word: &Word| clause.holds_only(LINKS, clause.hit.end, word.start);
    clause.before(Class::You, SPOKEN_TO_REACH).any(linked)
        || clause.before(Class::Vocative, SPOKEN_TO_REACH).any(linked)
        || clause.behind(Class::You, 4).any(behind)
}

/// 白痴[市長], 廢物的[立委], 垃圾民進黨[立委].
fn has_noun_behind(clause: &Clause<'_>) -> bool {
    let (mut at, mut may_link) = (clause.hit.end, true);
    for word in clause.behind.iter() {
        if clause.gap(at, word.start) > 0 {
            return false;
        }
        if word.classes.any(PEOPLE) {
            return true;
        }
        let links = may_link && word.classes.has(Class::Degree) && word.end - word.start == 1;
        if !links && !word.classes.has(Class::Public) {
            return false;
        }
        may_link = may_link && !links;
        at = word.end;
    }
    false
}

/// [市長]根本白痴, [他]就是個廢物, [這種]廢物[人], [軍人]都是沒出社會的笨蛋, 失業[的都是]垃圾; but 市長的白痴政策 is
/// about the policy.
fn is_said_of_somebody(sentence: &Sentence<'_, '_>) -> bool {
    let clause = sentence.clause;
    let start = clause.hit.start;
    let linked =
        |word: &Word| !clause.is(word.end, '的') && clause.holds_only(LINKS, word.end, start);
    let shown = || clause.before(Class::Demonstrative, 1).next().is_some();
    let those_who = |copula: &Word| {
        copula
            .start
            .checked_sub(1)
            .is_some_and(|at| clause.is(at, '的'))
            && clause.holds_only(LINKS, copula.end, start)
    };
    clause.before.of_any(SUBJECTS).any(linked)
        || (shown() && clause.behind(Class::Person, 0).next().is_some())
        || clause.before(Class::Copula, 4).any(those_who)
        || is_predicate(sentence)
}

/// 老人[就是]社會的垃圾, 柯粉[都是]沒斷奶的腦殘: people, what they are said to be, and the hit at the end.
fn is_predicate(sentence: &Sentence<'_, '_>) -> bool {
    let clause = sentence.clause;
    let start = clause.hit.start;
    let linked = || {
        start.checked_sub(1).is_some_and(|at| clause.is(at, '的'))
            || clause.before(Class::Demonstrative, 0).next().is_some()
    };
    let subject = |copula: &Word| {
        clause.before.of_any(SUBJECTS).any(|word| {
            word.end <= copula.start && clause.holds_only(LINKS, word.end, copula.start)
        })
    };
    ends_clause(clause)
        && !sentence.is_reported()
        && (!clause.hit_is(Class::Ordinary) || linked())
        && clause.before(Class::Copula, usize::MAX).any(subject)
}

/// 你這個王八蛋人渣[智障]: what follows an aimed hit is aimed as well.
fn goes_on(clause: &Clause<'_>, earlier: Earlier) -> bool {
    earlier.aimed.is_some_and(|end| {
        (clause.bounds.start..=clause.hit.start).contains(&end)
            && clause.gap(end, clause.hit.start) <= 6
    })
}

/// Whether nothing but particles follows the hit: 白痴[啦], 賤人[一枚].
fn ends_clause(clause: &Clause<'_>) -> bool {
    const LAST: Classes = Classes::of(&[Class::Particle, Class::Demonstrative]);
    clause.holds_only(LAST, clause.hit.end, clause.bounds.end)
}

/// [這個]白痴, 白痴[人], 真的[是]白痴, a clause of nothing else; but 垃圾[政策] and 被罵白痴 mean nobody.
fn suggests_somebody(sentence: &Sentence<'_, '_>, earlier: Earlier) -> bool {
    let clause = sentence.clause;
    if clause.behind(Class::Public, 1).next().is_some() {
        return false;
    }
    if clause.before(Class::Demonstrative, 1).next().is_some() {
        return true;
    }
    if clause.before(Class::Public, 4).next().is_some() || sentence.is_reported() {
        return false;
    }
    let is_ordinary = clause.hit_is(Class::Ordinary);
    let named = || is_named_so(clause) || is_subject(clause) || follows_another(clause, earlier);
    (!is_ordinary && named())
        || is_wished(clause)
        || clause.behind(Class::Person, 0).next().is_some()
        || clause.before(Class::Copula, 2).next().is_some()
        // denied, and yet asked: 他不是白痴嗎
        || clause.before(Class::Deny, 2).next().is_some()
        || (clause.holds_only(BARE, clause.bounds.start, clause.hit.start)
            && clause.holds_only(BARE, clause.hit.end, clause.bounds.end))
}

/// 不孝[的]畜生, at the end of a clause.
fn is_named_so(clause: &Clause<'_>) -> bool {
    let before = clause.hit.start.checked_sub(1);
    before.is_some_and(|at| clause.is(at, '的')) && ends_clause(clause)
}

/// 下流[無恥]: two in a row.
fn follows_another(clause: &Clause<'_>, earlier: Earlier) -> bool {
    earlier.hit.is_some_and(|end| {
        (clause.bounds.start..=clause.hit.start).contains(&end)
            && clause.gap(end, clause.hit.start) <= 1
    })
}

/// 低能兒[才]會信, 賤人[就是]矯情: the hit begins a clause that says something of it.
fn is_subject(clause: &Clause<'_>) -> bool {
    const SAYS: [char; 4] = ['就', '才', '還', '敢'];
    let goes_on = SAYS.iter().any(|ch| clause.is(clause.hit.end, *ch));
    goes_on && clause.holds_only(LINKS, clause.bounds.start, clause.hit.start)
}

/// 神棍[去死]; but 想去死 is no wish for another.
fn is_wished(clause: &Clause<'_>) -> bool {
    clause.hit_is(Class::Imperative)
        && ends_clause(clause)
        && clause.before(Class::Opinion, 1).next().is_none()
}
