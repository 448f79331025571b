//! Saved replies: what moderators say to members again and again. A ruling names one, and its words stand in the notice.

use std::sync::Arc;

use super::{
    base::Base,
    error::DeskError,
    fields::{Faults, non_empty},
    idempotency::{Completion, IdempotencyRequest, Idempotent, Once},
    retried::retried,
    views::ReplyView,
};
use crate::{
    access::Caller,
    id::ReplyId,
    intake::FieldFault,
    policy::check_reply,
    record::{REPLIES_MAX, REPLY_CHARS_MAX, REPLY_TITLE_CHARS_MAX, Reply, Words},
    review::{deleted_reply, reply_changed},
    text::is_visible,
};

/// A saved reply's fields, unchecked. Without English words the Chinese ones stand for both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct ReplyDraft {
    pub title: Option<String>,
    pub zh_tw: Option<String>,
    pub en: Option<String>,
}

impl ReplyDraft {
    /// Checks every field and reports every fault.
    fn parse(self) -> Result<(String, Words), DeskError> {
        let mut faults = Faults::default();
        let title = self.title.map(|title| title.trim().to_owned());
        let title = faults.required(title, "/title", |raw| {
            limited(raw, "/title", REPLY_TITLE_CHARS_MAX)
        });
        let zh_tw = visible(self.zh_tw);
        let zh_tw = faults.required(zh_tw, "/text/zh-TW", |raw| worded(raw, "/text/zh-TW"));
        let en = faults.optional(visible(self.en), |raw| worded(raw, "/text/en"));
        let text = zh_tw.map(|zh_tw| Words {
            en: en.unwrap_or_else(|| zh_tw.clone()),
            zh_tw,
        });
        faults.finish(title.zip(text))
    }
}

/// What shows anything.
fn visible(raw: Option<String>) -> Option<String> {
    non_empty(raw).filter(|raw| is_visible(raw))
}

fn limited(raw: String, pointer: &str, most: usize) -> Result<String, FieldFault> {
    if raw.chars().count() <= most {
        return Ok(raw);
    }
    let (zh_tw, en) = (
        format!("最多 {most} 個字元"),
        format!("at most {most} characters"),
    );
    Err(FieldFault::invalid(pointer, zh_tw, en))
}

fn worded(raw: String, pointer: &str) -> Result<String, FieldFault> {
    let raw = limited(raw, pointer, REPLY_CHARS_MAX)?;
    match check_reply(&raw) {
        Ok(()) => Ok(raw),
        Err((zh_tw, en)) => Err(FieldFault::invalid(pointer, zh_tw, en)),
    }
}

/// Saved replies.
pub struct Replies {
    pub(super) base: Arc<Base>,
}

impl Replies {
    /// All saved replies, by title.
    pub async fn replies(&self) -> Result<Vec<ReplyView>, DeskError> {
        let mut replies = self.existing().await?;
        replies.sort_by(|one, other| (&one.title, one.id).cmp(&(&other.title, other.id)));
        Ok(replies.iter().map(ReplyView::from).collect())
    }

    /// Saves a new reply.
    pub async fn create_reply(
        &self,
        caller: &Caller,
        draft: ReplyDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<ReplyView>, DeskError> {
        let (title, text) = draft.parse()?;
        let (title, text) = (&title, &text);
        self.base
            .once(idempotency, |once| async move {
                self.try_create(caller, title, text, once).await
            })
            .await
    }

    async fn try_create(
        &self,
        caller: &Caller,
        title: &str,
        text: &Words,
        once: Once<'_>,
    ) -> Result<ReplyView, DeskError> {
        let existing = self.existing().await?;
        if existing.len() >= REPLIES_MAX {
            return Err(DeskError::field(FieldFault::invalid(
                "/title",
                format!("最多 {REPLIES_MAX} 則常用回覆"),
                format!("there are at most {REPLIES_MAX} saved replies"),
            )));
        }
        check_title(&existing, title, None)?;
        let mut ids = self.base.id_source();
        let reply = Reply {
            id: ReplyId(ids.id()),
            title: title.to_owned(),
            text: text.clone(),
            by: caller.actor(),
            at: ids.now,
            deleted_at: None,
            row_version: 1,
        };
        let view = ReplyView::from(&reply);
        let answer = once.answer(Completion::Created, &view, ids.now)?;
        let change = reply_changed(reply, None, &caller.actor());
        self.base.commit(change.remembering(answer)).await?;
        Ok(view)
    }

    /// Changes a saved reply. What rulings have sent stays as it was.
    pub async fn change_reply(
        &self,
        caller: &Caller,
        id: ReplyId,
        draft: ReplyDraft,
    ) -> Result<ReplyView, DeskError> {
        let (title, text) = draft.parse()?;
        retried(|| async {
            let existing = self.existing().await?;
            let current = existing.iter().find(|reply| reply.id == id);
            let current = current.ok_or(DeskError::NotFound)?;
            check_title(&existing, &title, Some(id))?;
            if (&current.title, &current.text) == (&title, &text) {
                return Ok(ReplyView::from(current));
            }
            let changed = Reply {
                title: title.clone(),
                text: text.clone(),
                by: caller.actor(),
                at: self.base.clock.now(),
                row_version: current.row_version + 1,
                ..current.clone()
            };
            let view = ReplyView::from(&changed);
            let before = Some(current.title.clone());
            let change = reply_changed(changed, before, &caller.actor());
            self.base.commit(change).await?;
            Ok(view)
        })
        .await
    }

    /// Deletes a saved reply. Idempotent.
    pub async fn delete_reply(&self, caller: &Caller, id: ReplyId) -> Result<(), DeskError> {
        retried(|| async {
            let stored = self.base.store.reply(id).await?;
            let current = stored.ok_or(DeskError::NotFound)?;
            if current.deleted_at.is_some() {
                return Ok(());
            }
            let by = caller.actor();
            let deleted = deleted_reply(&current, &by, self.base.clock.now());
            let change = reply_changed(deleted, Some(current.title), &by);
            self.base.commit(change).await
        })
        .await
    }

    async fn existing(&self) -> Result<Vec<Reply>, DeskError> {
        let mut replies = self.base.store.replies().await?;
        replies.retain(|reply| reply.deleted_at.is_none());
        Ok(replies)
    }
}

/// Refuses the title of another reply: moderators choose by it.
fn check_title(existing: &[Reply], title: &str, own: Option<ReplyId>) -> Result<(), DeskError> {
    let is_taken = |reply: &Reply| reply.title == title && Some(reply.id) != own;
    if existing.iter().any(is_taken) {
        return Err(DeskError::NameTaken);
    }
    Ok(())
}
