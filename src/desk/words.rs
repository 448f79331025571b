//! The board's own words: added, changed, retired and rolled back while the service runs, in force when they are answered.
//!
//! Each change is one step in the store. The rulebook with it is compiled before it is committed, so that what is stored can
//! always be used; then the rulebook is exchanged, and only then is the change answered.

use std::sync::Arc;

use tokio::sync::MutexGuard;

use super::{
    base::{Base, LoadedRulebook},
    error::DeskError,
    fields::Faults,
    idempotency::{Completion, IdempotencyRequest, Idempotent, Once},
    page::{List, PageQuery},
    retried::retried,
    views::{WordStepView, WordView},
    word_drafts::{CheckedWord, WordDraft, at_first_cell, faults_of, is_same_row, listed_already},
};
use crate::{
    access::Caller,
    intake::FieldFault,
    lexicon::BOARD_PREFIX,
    policy::{Fault, Origin, Rulebook, board_words::loss_of},
    record::{
        AuditAction, AuditDraft, AuditSubject, BoardWord, BoardWords, StoredAnswer, WORDS_MAX,
        Word, WordChange, WordKind, WordStep,
    },
    review::word_step,
};

/// The words of the board, over the files.
pub struct Words {
    pub(super) base: Arc<Base>,
}

/// What is known where a word is changed.
pub(super) struct Known {
    pub steps: Vec<WordStep>,
    pub rulebook: Arc<Rulebook>,
}

/// A step that was taken.
pub(super) struct Taken {
    pub change: WordChange,
    action: AuditAction,
    /// The word that is new in it, whose faults are its sender's.
    pub checked: Option<Word>,
}

impl Words {
    /// Waits until nobody else makes another rulebook; a reload takes its turn here, too.
    pub async fn turn(&self) -> MutexGuard<'_, ()> {
        self.base.rulebook_turn.lock().await
    }

    /// Takes in the words as they are stored, at start and where another node has changed them. Words that do not fit the
    /// files any more are left out, and told.
    pub async fn follow(&self) -> Result<(), DeskError> {
        if self.base.store.words_version().await? == self.base.rules().origin.words.version {
            return Ok(());
        }
        let _turn = self.turn().await;
        self.known().await.map(drop)
    }

    /// All steps, with the rulebook of all of them in force. Called in turn.
    pub(super) async fn known(&self) -> Result<Known, DeskError> {
        let steps = self.base.store.word_steps().await?;
        let rulebook = self.base.rules();
        let words = BoardWords::of(&steps);
        if words.version == rulebook.origin.words.version {
            return Ok(Known { steps, rulebook });
        }
        let origin = Origin {
            words: Arc::new(words),
            ..rulebook.origin.clone()
        };
        let made = off_workers(move || Rulebook::compile_fitting(&origin)).await?;
        let (made, unfit) = made.map_err(|faults| DeskError::Internal(format!("{faults:?}")))?;
        for fault in unfit {
            tracing::error!(fault.file = %fault.file, "a word of the board does not fit the files: {fault}");
        }
        let rulebook = self.put_in_force(made);
        tracing::info!(rulebook.version = %rulebook.version, "the board's own words are in force: rulebook {}", rulebook.version);
        Ok(Known { steps, rulebook })
    }

    /// Exchanges the rulebook for one of the same files.
    fn put_in_force(&self, mut made: Rulebook) -> Arc<Rulebook> {
        let before = self.base.rules();
        // Of the files' own rows no other is doubtful than before.
        let is_told =
            |fault: &Fault| fault.file.starts_with(BOARD_PREFIX) || before.warnings.contains(fault);
        made.warnings.retain(is_told);
        let (rulebook, loaded_at) = (Arc::new(made), self.base.clock.now());
        self.base.in_force.rcu(|in_force| {
            in_force.with_rulebook(LoadedRulebook {
                rulebook: Arc::clone(&rulebook),
                loaded_at,
                source: in_force.loaded.source.clone(),
            })
        });
        rulebook
    }
}

/// Adding, changing, retiring, rolling back.
impl Words {
    /// Adds a word.
    pub async fn add(
        &self,
        caller: &Caller,
        draft: WordDraft,
        reason: Option<String>,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<WordView>, DeskError> {
        let (word, reason) = checked(&draft, reason)?;
        self.base
            .once(idempotency, |once| {
                let (word, reason) = (word.clone(), reason.clone());
                async move {
                    let id = self.base.id_source().id().to_string();
                    let make = |known: &Known| added(known, word.with_id(id, false));
                    self.take_put(caller, reason, make, Some(once)).await
                }
            })
            .await
    }

    /// Changes a word: one of the board's own, or a row of the files, which gives way.
    pub async fn change(
        &self,
        caller: &Caller,
        id: &str,
        draft: WordDraft,
        reason: Option<String>,
        expect: Option<u32>,
    ) -> Result<WordView, DeskError> {
        let (word, reason) = checked(&draft, reason)?;
        retried(|| {
            let (word, reason) = (word.clone(), reason.clone());
            let make = move |known: &Known| changed(known, id, word, expect);
            self.take_put(caller, reason, make, None)
        })
        .await
    }

    /// Takes a word out of effect: one of the board's own, or a row of the files.
    pub async fn retire(
        &self,
        caller: &Caller,
        kind: WordKind,
        id: &str,
        reason: Option<String>,
        expect: Option<u32>,
    ) -> Result<WordView, DeskError> {
        let reason = super::fields::reason(reason)?;
        retried(|| {
            let make = move |known: &Known| retired(known, kind, id, expect);
            self.take_put(caller, reason.clone(), make, None)
        })
        .await
    }

    /// Puts the words of an earlier version in force again, by a step more.
    pub async fn roll_back(
        &self,
        caller: &Caller,
        version: Option<u32>,
        reason: Option<String>,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<WordStepView>, DeskError> {
        let mut faults = Faults::default();
        let reason = faults.required_note(reason, "/reason");
        let version = faults.checked(version.ok_or_else(|| FieldFault::missing("/version")));
        let both = faults.finish(reason.zip(version))?;
        self.base
            .once(idempotency, |once| {
                let (reason, version) = both.clone();
                async move {
                    let make = move |known: &Known| rolled_back(known, version);
                    let answer = |step: &WordStep| {
                        once.answer(Completion::Done, &WordStepView::from(step), step.at)
                    };
                    let step = self.take(caller, reason, make, answer).await?;
                    Ok(WordStepView::from(&step))
                }
            })
            .await
    }

    /// The steps, the newest first.
    pub async fn steps(&self, page: &PageQuery) -> Result<List<WordStepView>, DeskError> {
        let mut steps = self.base.store.word_steps().await?;
        steps.reverse();
        let page = page.paginate("words", steps, |step| {
            format!("{:010}", u32::MAX - step.version)
        })?;
        Ok(List {
            items: page.items.iter().map(WordStepView::from).collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// A step that puts a word; answers with the word.
    pub(super) async fn take_put(
        &self,
        caller: &Caller,
        reason: String,
        make: impl FnOnce(&Known) -> Result<Taken, DeskError>,
        once: Option<Once<'_>>,
    ) -> Result<WordView, DeskError> {
        let answer = |step: &WordStep| match (&once, view_of(step)) {
            (Some(once), Some(view)) => once.answer(Completion::Created, &view, step.at),
            _ => Ok(None),
        };
        let step = self.take(caller, reason, make, answer).await?;
        view_of(&step).ok_or_else(|| DeskError::Internal("a step without a word".to_owned()))
    }

    /// Takes a step: compiled, stored, in force, in this order.
    async fn take(
        &self,
        caller: &Caller,
        reason: String,
        make: impl FnOnce(&Known) -> Result<Taken, DeskError>,
        answer: impl FnOnce(&WordStep) -> Result<Option<StoredAnswer>, DeskError>,
    ) -> Result<WordStep, DeskError> {
        let _turn = self.turn().await;
        let mut known = self.known().await?;
        let taken = make(&known)?;
        let step = WordStep {
            version: known.rulebook.origin.words.version + 1,
            at: self.base.clock.now(),
            by: caller.actor(),
            reason: reason.clone(),
            change: taken.change,
        };
        known.steps.push(step.clone());
        let made = made_of(&known, taken.checked.as_ref()).await?;
        let subject = AuditSubject::Rulebook(made.version.to_string());
        let audit = AuditDraft {
            words: Some(reason),
            ..AuditDraft::new(step.at, &step.by, taken.action, subject)
                .changed(known.rulebook.version, made.version)
        };
        let change = word_step(step.clone(), audit).remembering(answer(&step)?);
        self.base.commit(change).await?;
        self.put_in_force(made);
        Ok(step)
    }
}

/// The rulebook of these steps, if it can be used. Faults are those of the word that is new.
pub(super) async fn made_of(known: &Known, word: Option<&Word>) -> Result<Rulebook, DeskError> {
    let files = Arc::clone(&known.rulebook.origin.files);
    let words = BoardWords::of(&known.steps);
    if words.count() > WORDS_MAX {
        return Err(DeskError::field(FieldFault::invalid(
            "",
            format!("版方自己的字詞最多 {WORDS_MAX} 個"),
            format!("the board has at most {WORDS_MAX} words of its own"),
        )));
    }
    if let Some(word) = word {
        let faults = faults_of(word, &files);
        if !faults.is_empty() {
            return Err(DeskError::Fields(faults));
        }
    }
    if let Some(fault) = loss_of(&files, &words) {
        return Err(DeskError::field(FieldFault::invalid(
            "",
            fault.zh_tw,
            fault.en,
        )));
    }
    let origin = Origin {
        words: Arc::new(words),
        ..known.rulebook.origin.clone()
    };
    let kind = word.map(|word| word.list.kind());
    // A word that fitted the files no more was left out before; it must not keep others from being changed.
    match off_workers(move || Rulebook::compile_fitting(&origin)).await? {
        Ok((made, unfit)) => {
            let before = &known.rulebook.warnings;
            let new: Vec<Fault> = unfit
                .into_iter()
                .filter(|fault| !before.contains(fault))
                .collect();
            match kind {
                Some(kind) if !new.is_empty() => Err(DeskError::Fields(at_first_cell(kind, new))),
                _ => Ok(made),
            }
        }
        Err(faults) => Err(DeskError::Internal(format!("{faults:?}"))),
    }
}

/// A second or so of work, on a thread of its own.
pub(super) async fn off_workers<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, DeskError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| DeskError::Internal(error.to_string()))
}

fn checked(draft: &WordDraft, reason: Option<String>) -> Result<(CheckedWord, String), DeskError> {
    let mut faults = Faults::default();
    let word = draft.checked(&mut faults);
    let reason = faults.required_note(reason, "/reason");
    faults.finish(word.zip(reason))
}

fn view_of(step: &WordStep) -> Option<WordView> {
    let WordChange::Put(word) = &step.change else {
        return None;
    };
    Some(WordView::from(&BoardWord {
        word: word.clone(),
        version: step.version,
        at: step.at,
        by: step.by.clone(),
        reason: step.reason.clone(),
    }))
}

/// A word as it stands, of the board or of the files.
fn standing(known: &Known, kind: WordKind, id: &str) -> Result<(Word, Option<u32>), DeskError> {
    let own = known.rulebook.origin.words.get(id);
    let own = own.map(|of| (of.word.clone(), Some(of.version)));
    let of_files = || {
        let row = known.rulebook.file_rows().iter().find(|row| row.id == id)?;
        let word = Word {
            id: row.id.clone(),
            list: row.list,
            cells: row.cells.clone(),
            of_files: true,
            retired: false,
        };
        Some((word, None))
    };
    let found = own.or_else(of_files);
    let found = found.filter(|(word, _)| word.list.kind() == kind);
    found.ok_or(DeskError::NotFound)
}

/// Refused if the word is not as the caller saw it.
fn as_seen(version: Option<u32>, expect: Option<u32>) -> Result<(), DeskError> {
    match expect {
        Some(expect) if version.unwrap_or(0) != expect => {
            Err(DeskError::field(FieldFault::invalid(
                "/expect",
                "這一列在您讀取之後已被更改",
                "the row was changed since it was read",
            )))
        }
        _ => Ok(()),
    }
}

/// Refused if another row says the same.
fn not_twice(known: &Known, word: &Word) -> Result<(), DeskError> {
    let words = &known.rulebook.origin.words;
    let own = words.in_effect(word.list).map(|of| (&of.id, &of.cells));
    let rows = known.rulebook.file_rows().iter();
    let rows = rows.filter(|row| row.list == word.list && !words.replaces(&row.id));
    let rows = rows.map(|row| (&row.id, &row.cells));
    let twice = own
        .chain(rows)
        .find(|(id, cells)| **id != word.id && is_same_row(word.list, cells, &word.cells));
    match twice {
        Some((id, cells)) => {
            let text = cells.first().map_or("", String::as_str);
            Err(listed_already(word.list.kind(), text, id))
        }
        None => Ok(()),
    }
}

fn what(word: &Word) -> String {
    format!("{} {}", word.list.kind().name(), word.id)
}

pub(super) fn added(known: &Known, word: Word) -> Result<Taken, DeskError> {
    not_twice(known, &word)?;
    Ok(Taken {
        action: AuditAction::WordAdded(what(&word)),
        checked: Some(word.clone()),
        change: WordChange::Put(word),
    })
}

/// A suggestion that was taken, or refused: then the word is retired from the first.
pub(super) fn put(known: &Known, word: Word) -> Result<Taken, DeskError> {
    if !word.retired {
        return added(known, word);
    }
    Ok(Taken {
        action: AuditAction::WordRetired(what(&word)),
        change: WordChange::Put(word),
        checked: None,
    })
}

pub(super) fn changed(
    known: &Known,
    id: &str,
    word: CheckedWord,
    expect: Option<u32>,
) -> Result<Taken, DeskError> {
    let (before, version) = standing(known, word.list.kind(), id)?;
    as_seen(version, expect)?;
    let word = word.with_id(before.id, before.of_files);
    not_twice(known, &word)?;
    Ok(Taken {
        action: AuditAction::WordChanged(what(&word)),
        checked: Some(word.clone()),
        change: WordChange::Put(word),
    })
}

pub(super) fn retired(
    known: &Known,
    kind: WordKind,
    id: &str,
    expect: Option<u32>,
) -> Result<Taken, DeskError> {
    let (before, version) = standing(known, kind, id)?;
    as_seen(version, expect)?;
    let word = Word {
        retired: true,
        ..before
    };
    Ok(Taken {
        action: AuditAction::WordRetired(what(&word)),
        change: WordChange::Put(word),
        checked: None,
    })
}

pub(super) fn rolled_back(known: &Known, version: u32) -> Result<Taken, DeskError> {
    if version >= known.rulebook.origin.words.version {
        return Err(DeskError::field(FieldFault::invalid(
            "/version",
            "沒有這個較早的版本",
            "no such earlier version",
        )));
    }
    Ok(Taken {
        action: AuditAction::WordsRolledBack(version.to_string()),
        change: WordChange::RollBack(version),
        checked: None,
    })
}
