//! Previewing a change of the board's words: what it would have found in the newest stored comments. Nothing is stored.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    error::DeskError,
    fields::Faults,
    off_workers::run_off_workers,
    views::PreviewView,
    word_drafts::WordDraft,
    words::{Known, Taken, Words, added, changed, made_of, retired, rolled_back},
};
use crate::{
    intake::FieldFault,
    lexicon::{Scratch, UpheldForms},
    policy::{Findings, Rulebook, decide},
    record::{Comment, Decision, Reason, WordKind, WordStep},
};

/// How many comments are tried where nobody says.
const NEWEST: u32 = 10_000;
/// The most that may be asked for.
const NEWEST_MAX: u32 = 100_000;
/// How many are read at a time.
const PAGE: usize = 500;
/// For how long comments are tried; then the preview is of those so far.
const TIME: Duration = Duration::from_secs(20);

/// A proposed change, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewDraft {
    /// What is to be done.
    pub change: Option<ProposedChange>,
    /// On how many comments it is to be tried.
    pub newest: Option<u32>,
}

/// One change of the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposedChange {
    /// A new word, or another in the place of the one with this id. Its fields are under this pointer.
    Put(WordDraft, Option<String>, &'static str),
    /// A term or an exception is retired.
    Retire(String),
    /// An earlier version.
    RollBack(u32),
}

/// Two rulebooks, and what one finds and the other does not.
struct Trial {
    before: (Arc<Rulebook>, Scratch),
    after: (Arc<Rulebook>, Scratch),
    view: PreviewView,
}

impl Words {
    /// Tries a change.
    pub async fn preview(&self, draft: PreviewDraft) -> Result<PreviewView, DeskError> {
        let (change, newest) = checked(draft)?;
        let known = {
            let _turn = self.turn().await;
            self.known().await?
        };
        let (before, forms) = (
            Arc::clone(&known.rulebook),
            self.base.in_force().forms.clone(),
        );
        let after = Arc::new(self.proposed(known, change).await?);
        self.tried(Trial::of(before, after, &forms), newest).await
    }

    /// The rulebook with the change.
    async fn proposed(
        &self,
        mut known: Known,
        change: ProposedChange,
    ) -> Result<Rulebook, DeskError> {
        let pointer = match &change {
            ProposedChange::Put(_, _, pointer) => pointer,
            ProposedChange::Retire(_) => "/retire",
            ProposedChange::RollBack(_) => "/rollback",
        };
        let id = self.base.id_source().id().to_string();
        let taken = taken(&known, change, id).map_err(|error| under(pointer, error))?;
        let (by, at) = (crate::record::Actor::Operator, self.base.clock.now());
        known.steps.push(WordStep {
            version: known.rulebook.origin.words.version + 1,
            at,
            by,
            reason: String::new(),
            change: taken.change,
        });
        let made = made_of(&known, taken.checked.as_ref()).await;
        made.map_err(|error| under(pointer, error))
    }

    async fn tried(&self, mut trial: Trial, newest: u32) -> Result<PreviewView, DeskError> {
        let (begun, mut before) = (Instant::now(), None);
        while trial.view.tried < newest && begun.elapsed() < TIME {
            let store = Arc::clone(&self.base.store);
            let wanted = PAGE.min((newest - trial.view.tried) as usize);
            let page = async move {
                let page = store.comments_before(before, wanted).await?;
                page.iter().for_each(|(_, comment)| trial.compare(comment));
                let last = page.last().map(|(number, _)| *number);
                Ok::<_, DeskError>((trial, last.filter(|_| page.len() == wanted)))
            };
            (trial, before) = run_off_workers(page).await??;
            if before.is_none() {
                trial.view.complete = true;
                break;
            }
        }
        let mut view = trial.view;
        view.complete |= view.tried >= newest;
        view.newly_hit.rated(view.tried);
        view.no_longer_hit.rated(view.tried);
        Ok(view)
    }
}

impl Trial {
    fn of(before: Arc<Rulebook>, after: Arc<Rulebook>, forms: &Arc<UpheldForms>) -> Self {
        let with = |rulebook| {
            let mut scratch = Scratch::default();
            scratch.uphold(forms);
            (rulebook, scratch)
        };
        Self {
            before: with(before),
            after: with(after),
            view: PreviewView::default(),
        }
    }

    fn compare(&mut self, comment: &Comment) {
        self.view.tried += 1;
        let before = judged(comment, &mut self.before);
        let after = judged(comment, &mut self.after);
        let verdicts = (before.verdict, after.verdict);
        if let Some(reason) = missing_from(&before, &after) {
            self.view.newly_hit.count(comment, reason, verdicts);
        }
        if let Some(reason) = missing_from(&after, &before) {
            self.view.no_longer_hit.count(comment, reason, verdicts);
        }
        self.view.harsher += u32::from(after.verdict > before.verdict);
        self.view.milder += u32::from(after.verdict < before.verdict);
    }
}

/// What the lists alone say of a comment: nothing of its article, its author or the score.
fn judged(comment: &Comment, (rulebook, scratch): &mut (Arc<Rulebook>, Scratch)) -> Decision {
    let surfaces = comment.newest.surfaces();
    let findings = Findings::of(surfaces, None, rulebook, scratch);
    decide(surfaces, &findings, rulebook)
}

/// The first hit of the second that the first has not.
fn missing_from<'d>(first: &Decision, second: &'d Decision) -> Option<&'d Reason> {
    let is_same = |left: &Reason, right: &Reason| {
        left.term == right.term
            && left.surface == right.surface
            && left.tag == right.tag
            && left.severity == right.severity
    };
    let mut hits = second.reasons.iter().filter(|reason| reason.term.is_some());
    hits.find(|hit| !first.reasons.iter().any(|other| is_same(hit, other)))
}

fn checked(draft: PreviewDraft) -> Result<(ProposedChange, u32), DeskError> {
    let mut faults = Faults::default();
    let newest = draft.newest.unwrap_or(NEWEST);
    if !(1..=NEWEST_MAX).contains(&newest) {
        faults.push(FieldFault::invalid(
            "/newest",
            "須為 1 到 100,000",
            "1 to 100,000",
        ));
    }
    let change = draft.change.ok_or_else(|| {
        FieldFault::invalid(
            "",
            "須有 term、exception、retire、rollback 其中一項，且只能有一項",
            "one of term, exception, retire and rollback, and no more than one",
        )
    });
    let change = faults.checked(change);
    faults.finish(change).map(|change| (change, newest))
}

fn taken(known: &Known, change: ProposedChange, new: String) -> Result<Taken, DeskError> {
    match change {
        ProposedChange::Put(draft, id, _) => {
            let mut faults = Faults::default();
            let word = draft.checked(&mut faults);
            let word = faults.finish(word)?;
            match id {
                Some(id) => changed(known, &id, word, None),
                None => added(known, word.with_id(new, false)),
            }
        }
        ProposedChange::Retire(id) => retired(known, WordKind::Term, &id, None)
            .or_else(|_| retired(known, WordKind::Exception, &id, None)),
        ProposedChange::RollBack(version) => rolled_back(known, version),
    }
}

/// The error, where its fields lie in the request.
fn under(pointer: &str, error: DeskError) -> DeskError {
    match error {
        DeskError::Fields(mut faults) => {
            for fault in &mut faults {
                let within = matches!(pointer, "/term" | "/exception");
                fault.pointer = match within {
                    true => format!("{pointer}{}", fault.pointer),
                    false => pointer.to_owned(),
                };
            }
            DeskError::Fields(faults)
        }
        other => other,
    }
}
