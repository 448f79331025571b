//! What makes an aimed word milder: it is denied, said of oneself, of a thing or an animal, in a story, in talk about
//! illness and welfare, or with a wish of help.

use super::{
    clause::{Clause, LINKS, Words},
    company::Company,
    company_notes::Word,
    word_classes::{Class, Classes},
};

/// How far around a hit words of stories and of welfare are counted, in visible characters.
const SUBJECT_CHARS_MAX: usize = 20;

/// Whether it is said not to be so: 他[不是]白痴, 別當廢物; but not 他不是白痴嗎, 不是白痴是什麼.
pub(super) fn is_denied(clause: &Clause<'_>) -> bool {
    let is_question = |word: &Word| {
        let asks = matches!(
            clause.chars.get(word.start).map(|shown| shown.ch),
            Some('嗎' | '吧')
        );
        asks && word.end == clause.bounds.end
    };
    let asked = || clause.behind.iter().last().is_some_and(is_question);
    let marked = || {
        ['?', '？']
            .iter()
            .any(|mark| clause.is(clause.bounds.end, *mark))
    };
    let goes_on = || clause.behind(Class::Copula, 0).next().is_some();
    let mut denials = clause.before(Class::Deny, 2);
    let linked = |word: &Word| clause.holds_only(LINKS, word.end, clause.hit.start);
    denials.any(linked) && !asked() && !marked() && !goes_on()
}

/// What the hit is said of or amid, if that makes it milder.
pub(super) fn lowering(clause: &Clause<'_>) -> Option<Company> {
    if is_of_thing(clause) {
        return Some(Company::Thing);
    }
    if is_of_oneself(clause) {
        return Some(Company::OfOneself);
    }
    if let Some(subject) = subject(clause) {
        return Some(subject);
    }
    let helps = |words: &Words<'_>| words.of(Class::Help).next().is_some();
    (helps(&clause.before) || helps(&clause.behind)).then_some(Company::Help)
}

/// 手機很[廢物], 王八蛋[颱風], 雜種[狗]; but 開車的敗類 is no car.
fn is_of_thing(clause: &Clause<'_>) -> bool {
    let before = clause.hit.start.checked_sub(1);
    let is_noun = before.is_some_and(|at| clause.is(at, '的')) && !clause.hit_is(Class::Ordinary);
    (!is_noun && clause.before(Class::Thing, 4).next().is_some())
        || clause.behind(Class::Thing, 0).next().is_some()
        || clause.before(Class::Animal, 2).next().is_some()
        || clause.behind(Class::Animal, 0).next().is_some()
}

/// [我是]智障的媽媽: what stands behind is the member, and not what the hit says.
pub(super) fn is_own_tie(clause: &Clause<'_>) -> bool {
    let linked = |copula: &Word| {
        clause.holds_only(LINKS, copula.end, clause.hit.start)
            && clause
                .before(Class::Own, 6)
                .any(|own| own.end == copula.start)
    };
    clause.is(clause.hit.end, '的') && clause.before(Class::Copula, 2).any(linked)
}

/// [我]是低能兒, 智障如[我]; but not 我覺得他白痴, 我家那個白痴.
fn is_of_oneself(clause: &Clause<'_>) -> bool {
    let another = |own: &Word, word: &Word| {
        // 我這個白痴 is the member, 我家那個白痴 somebody else
        let shown = word.classes.has(Class::Demonstrative) && word.start > own.end;
        shown || word.classes.has(Class::Opinion)
    };
    let before = clause.before(Class::Own, 6).any(|own| {
        let mut between = clause.before.iter().filter(|word| word.start >= own.end);
        !between.any(|word| another(own, word))
    });
    before || clause.behind(Class::Own, 1).next().is_some()
}

/// Talk of illness and welfare, or of stories: two different words of it near the hit.
fn subject(clause: &Clause<'_>) -> Option<Company> {
    const CARE: Classes = Classes::of(&[Class::Care]);
    const FICTION: Classes = Classes::of(&[Class::Fiction]);
    if !clause.notes.has_any(CARE.with(FICTION)) {
        return None;
    }
    let first = clause.hit.start.saturating_sub(SUBJECT_CHARS_MAX);
    let last = (clause.hit.end + SUBJECT_CHARS_MAX).min(clause.chars.len());
    let (before, behind) = (
        clause.words(first..clause.hit.start),
        clause.words(clause.hit.end..last),
    );
    let text = |word: &Word| clause.chars.get(word.start..word.end).unwrap_or_default();
    let differ = |left: &Word, right: &Word| {
        !text(left)
            .iter()
            .map(|shown| shown.ch)
            .eq(text(right).iter().map(|shown| shown.ch))
    };
    let two_of = |classes: Classes| {
        let mut all = before.of_any(classes).chain(behind.of_any(classes));
        let first = all.next()?;
        all.any(|word| differ(first, word)).then_some(())
    };
    let care = two_of(CARE).map(|()| Company::Care);
    care.or_else(|| two_of(FICTION).map(|()| Company::Fiction))
}
