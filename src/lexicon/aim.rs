//! Whether somebody is meant by a hit.
//!
//! One question after the other, and the first that has an answer decides. The order is what keeps a hit from being
//! switched off by one more word: quotation first, which takes two pieces of structure; then whoever is meant for certain;
//! only then what makes a word milder (a thing, oneself, welfare, fiction); then what merely suggests that somebody is
//! meant.

use serde::{Deserialize, Serialize};

use super::{
    clause::{Clause, Word},
    company::Company,
    lowered, quotation,
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

/// Words between a person and what is said of that person: 市長[根本就是個]白痴.
const LINKS: Classes = Classes::of(&[
    Class::Copula,
    Class::Degree,
    Class::Demonstrative,
    Class::Particle,
]);
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
    Class::Punish,
    Class::Speaker,
]);

/// The company of a hit. `aimed_before` is the end of the last hit that means somebody for certain, in visible
/// characters.
pub(super) fn company(clause: &Clause<'_>, aimed_before: Option<usize>) -> Aimed {
    let certain = |company| Aimed {
        company,
        certain: true,
    };
    let perhaps = |company| Aimed {
        company,
        certain: false,
    };
    if quotation::is_quoted(clause) {
        return certain(Company::Quoted);
    }
    if clause.gap(clause.hit.start, clause.hit.end) == 1 {
        return if is_linked_to_you(clause) {
            certain(Company::Aimed)
        } else {
            perhaps(Company::Unaimed)
        };
    }
    let spoken_to = is_spoken_to(clause);
    let noun = has_noun_behind(clause);
    if !spoken_to && !noun && lowered::is_denied(clause) {
        return certain(Company::Denied);
    }
    if spoken_to || noun || is_said_of_somebody(clause) || goes_on(clause, aimed_before) {
        return certain(Company::Aimed);
    }
    if let Some(company) = lowered::lowering(clause) {
        return certain(company);
    }
    perhaps(if suggests_somebody(clause) {
        Company::Aimed
    } else {
        Company::Unaimed
    })
}

/// [你]白痴, 白痴[樓上], [去死]吧白痴; but 你的手機很廢 is about the telephone.
fn is_spoken_to(clause: &Clause<'_>) -> bool {
    let aims = |word: &Word| !is_owner(clause, word);
    clause.before(Class::You, 8).any(aims)
        || clause.before(Class::Vocative, 8).any(aims)
        || clause.behind(Class::You, 4).any(aims)
        || clause.behind(Class::Vocative, 4).any(aims)
        || has_imperative(clause)
}

fn has_imperative(clause: &Clause<'_>) -> bool {
    let imperative = |word: &Word| word.classes.has(Class::Imperative);
    clause.before.iter().any(imperative) || clause.behind.iter().any(imperative)
}

/// Whether 你 is only the owner of what is spoken of: 你的手機.
fn is_owner(clause: &Clause<'_>, you: &Word) -> bool {
    const OWNED: Classes = Classes::of(&[Class::Thing, Class::Animal, Class::Public]);
    let words = || clause.before.iter().chain(clause.behind.iter());
    let owned = || {
        words().any(|word| {
            word.classes.any(OWNED) && word.start > you.end && clause.gap(you.end, word.start) <= 5
        })
    };
    clause.is(you.end, '的') && owned()
}

/// One character means somebody only behind 你 and links: [你]很賤.
fn is_linked_to_you(clause: &Clause<'_>) -> bool {
    let linked = |word: &Word| clause.holds_only(LINKS, word.end, clause.hit.start);
    clause.before(Class::You, 8).any(linked) || clause.before(Class::Vocative, 8).any(linked)
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

/// [市長]根本白痴, [他]就是個廢物, [這種]廢物[人]; but 市長的白痴政策 is about the policy.
fn is_said_of_somebody(clause: &Clause<'_>) -> bool {
    let linked = |word: &Word| {
        word.classes.any(SUBJECTS)
            && !clause.is(word.end, '的')
            && clause.holds_only(LINKS, word.end, clause.hit.start)
    };
    let shown = || clause.before(Class::Demonstrative, 1).next().is_some();
    clause.before.iter().any(linked)
        || (shown() && clause.behind(Class::Person, 0).next().is_some())
}

/// 你這個王八蛋人渣[智障]: what follows an aimed hit is aimed as well.
fn goes_on(clause: &Clause<'_>, aimed_before: Option<usize>) -> bool {
    aimed_before.is_some_and(|end| {
        (clause.bounds.start..=clause.hit.start).contains(&end)
            && clause.gap(end, clause.hit.start) <= 6
    })
}

/// [這個]白痴, 白痴[人], 真的[是]白痴, a clause of nothing else; but 垃圾[政策] and 被罵白痴 mean nobody.
fn suggests_somebody(clause: &Clause<'_>) -> bool {
    if clause.behind(Class::Public, 1).next().is_some() {
        return false;
    }
    if clause.before(Class::Demonstrative, 1).next().is_some() {
        return true;
    }
    if clause.before(Class::Public, 4).next().is_some() || quotation::is_reported(clause) {
        return false;
    }
    clause.behind(Class::Person, 0).next().is_some()
        || clause.before(Class::Copula, 2).next().is_some()
        || (clause.holds_only(BARE, clause.bounds.start, clause.hit.start)
            && clause.holds_only(BARE, clause.hit.end, clause.bounds.end))
}
