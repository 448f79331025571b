//! Suggestions for the board's words, from rulings: worked out when somebody asks, and at most so often; taken or refused.
//!
//! Nothing of them is stored. What speaks for a suggestion is looked at again whenever it is shown, so that one goes with
//! the texts that were purged or erased. One that is refused is kept as a retired word, and does not come again.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    base::Base,
    error::DeskError,
    fields::Faults,
    idempotency::{IdempotencyRequest, Idempotent},
    off_workers::run_off_workers,
    page::{List, PageQuery},
    views::{SuggestionView, WordView},
    word_drafts::CheckedWord,
    words::{Known, Words, off_workers, put},
};
use crate::{
    access::Caller,
    id::CommentId,
    intake::FieldFault,
    record::{WordKind, WordList},
    review::{RuledText, Suggestion, is_enough, suggestions},
    store::AuditFilter,
    text::fold::folded,
};

/// The newest rulings that suggestions come from.
const RULINGS_MAX: usize = 3_000;
/// The newest comments beside them, for what stood.
const COMMENTS_MAX: usize = 2_000;
/// How much is read at a time.
const PAGE: usize = 500;
/// The severity of a term that is taken as it is.
const SEVERITY: &str = "2";

/// What an admin says of a suggestion, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct SuggestionDraft {
    pub decision: Option<String>,
    pub severity: Option<u8>,
    pub reason: Option<String>,
}

impl Words {
    /// What the rulings suggest, the most frequent first.
    pub async fn suggestions(&self, page: &PageQuery) -> Result<List<SuggestionView>, DeskError> {
        let all = self.standing_suggestions().await?;
        let views = all.iter().map(SuggestionView::from).collect();
        page.paginate("suggestions", views, |view: &SuggestionView| {
            view.id.clone()
        })
    }

    /// How many were suggested when they were last worked out, and are still neither listed nor refused. Works nothing out.
    pub fn suggested(&self) -> usize {
        let Some(all) = self.base.suggestions.last() else {
            return 0;
        };
        let known = known_texts(&self.base);
        let is_known = |of: &&Suggestion| known.contains(&key_of(of.list, &of.text));
        all.len() - all.iter().filter(is_known).count()
    }

    /// Takes a suggestion, or refuses it for good.
    pub async fn decide_suggestion(
        &self,
        caller: &Caller,
        id: &str,
        draft: SuggestionDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<WordView>, DeskError> {
        let mut faults = Faults::default();
        let is_taken = faults.required(draft.decision, "/decision", |raw| match raw.as_str() {
            "take" => Ok(true),
            "refuse" => Ok(false),
            _ => Err(FieldFault::invalid(
                "/decision",
                "須為 take 或 refuse",
                "take or refuse",
            )),
        });
        let reason = faults.required_note(draft.reason, "/reason");
        let (is_taken, reason) = faults.finish(is_taken.zip(reason))?;
        let severity = draft.severity.map(|severity| severity.to_string());
        self.base
            .once(idempotency, |once| {
                let (reason, severity) = (reason.clone(), severity.clone());
                async move {
                    let all = self.standing_suggestions().await?;
                    let found = all.into_iter().find(|of| SuggestionView::id_of(of) == id);
                    let word = checked(found.ok_or(DeskError::NotFound)?, severity);
                    let mut word = word.with_id(self.base.id_source().id().to_string(), false);
                    word.retired = !is_taken;
                    let make = |known: &Known| put(known, word);
                    self.take_put(caller, reason, make, Some(once)).await
                }
            })
            .await
    }

    /// Those that still stand: their comments are there, and nobody has listed or refused them.
    async fn standing_suggestions(&self) -> Result<Vec<Suggestion>, DeskError> {
        let all = self.last_suggestions().await?;
        let base = Arc::clone(&self.base);
        run_off_workers(async move {
            let known = known_texts(&base);
            let mut standing = Vec::new();
            for of in all
                .iter()
                .filter(|of| !known.contains(&key_of(of.list, &of.text)))
            {
                standing.extend(base.still(of).await?);
            }
            Ok(standing)
        })
        .await?
    }

    async fn last_suggestions(&self) -> Result<Arc<Vec<Suggestion>>, DeskError> {
        let now = self.base.clock.now();
        if let Some(all) = self.base.suggestions.fresh(now) {
            return Ok(all);
        }
        let texts = self.ruled_texts().await?;
        let all = Arc::new(off_workers(move || suggestions(&texts)).await?);
        self.base.suggestions.keep(now, &all);
        Ok(all)
    }

    /// The bodies of the newest rulings, and the newest that stand, each once.
    async fn ruled_texts(&self) -> Result<Vec<RuledText>, DeskError> {
        let (mut texts, mut seen, mut read) = (Vec::new(), BTreeSet::new(), 0);
        let mut filter = AuditFilter {
            actions: vec!["ruling.made".to_owned()],
            limit: PAGE,
            ..AuditFilter::default()
        };
        loop {
            let (base, asked) = (Arc::clone(&self.base), filter.clone());
            let page = async move { base.ruled_comments(&asked).await };
            let (found, of_page, next) = run_off_workers(page).await??;
            read += of_page;
            texts.extend(
                found
                    .into_iter()
                    .filter(|text| seen.insert(text.comment.clone())),
            );
            match next {
                Some(before) if read < RULINGS_MAX => filter.before = Some(before),
                _ => break,
            }
        }
        let base = Arc::clone(&self.base);
        let newest = async move { base.store.comments_before(None, COMMENTS_MAX).await };
        let newest = run_off_workers(newest).await??;
        let newest = newest
            .iter()
            .filter_map(|(_, comment)| RuledText::of(comment));
        texts.extend(newest.filter(|text| seen.insert(text.comment.clone())));
        Ok(texts)
    }
}

type RuledPage = (Vec<RuledText>, usize, Option<u64>);

impl Base {
    /// The comments of a page of rulings, as they are ruled now.
    async fn ruled_comments(&self, asked: &AuditFilter) -> Result<RuledPage, DeskError> {
        let page = self.store.audit(asked).await?;
        let mut texts = Vec::new();
        for (entry, ..) in &page.entries {
            let subject = &entry.what.subject;
            let crate::record::AuditSubject::Comment(id) = subject else {
                continue;
            };
            let comment = self.store.comment(id).await?;
            let ruled = comment.filter(|comment| comment.effect.is_some());
            texts.extend(ruled.as_ref().and_then(RuledText::of));
        }
        Ok((texts, page.entries.len(), page.next_before))
    }

    /// The suggestion with the comments that still speak for it, if they are enough.
    async fn still(&self, of: &Suggestion) -> Result<Option<Suggestion>, DeskError> {
        let mut speaking: Vec<(CommentId, String)> = Vec::new();
        for id in &of.comments {
            let Some(comment) = self.store.comment(id).await? else {
                continue;
            };
            // What is kept of an erased member for a while speaks for nothing any more.
            if let Some(member) = &comment.member
                && self.store.erasure(member).await?.is_some()
            {
                continue;
            }
            let text = RuledText::of(&comment);
            let is_removal = of.list.kind() == WordKind::Term;
            let text = text.filter(|text| text.is_removed == is_removal && text.has(&of.text));
            speaking.extend(text.map(|text| (text.comment, text.author)));
        }
        let is_enough = is_enough(speaking.iter().map(|(_, author)| author.as_str()));
        Ok(is_enough.then(|| Suggestion {
            comments: speaking.into_iter().map(|(id, _)| id).collect(),
            ..of.clone()
        }))
    }
}

fn key_of(list: WordList, text: &str) -> (bool, String) {
    (list.kind() == WordKind::Term, folded(text))
}

/// Texts that the files or the board's own words have, retired ones too.
fn known_texts(base: &Base) -> BTreeSet<(bool, String)> {
    let rulebook = base.rules();
    let rows = rulebook.file_rows().iter();
    let rows = rows.map(|row| (row.list, row.cells.first()));
    let words = rulebook.origin.words.iter();
    let words = words.map(|of| (of.word.list, of.word.cells.first()));
    let all = rows.chain(words);
    all.filter_map(|(list, text)| text.map(|text| key_of(list, text)))
        .collect()
}

/// The row of a suggestion.
fn checked(of: Suggestion, severity: Option<String>) -> CheckedWord {
    let source = "suggestion".to_owned();
    let cells = match of.list.kind() {
        WordKind::Term => {
            let mut cells = vec![String::new(); 9];
            cells[0] = of.text;
            cells[1] = severity.unwrap_or_else(|| SEVERITY.to_owned());
            cells.push(source);
            cells
        }
        WordKind::Exception | WordKind::Example => vec![of.text, String::new(), source],
    };
    CheckedWord {
        list: of.list,
        cells,
    }
}
