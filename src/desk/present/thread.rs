//! What stands around a comment: the thread, and others that carry its tags.

use crate::{
    desk::{
        base::Base,
        error::DeskError,
        views::{CarriedView, SiblingView},
    },
    record::{Case, Comment, Subject},
};

/// How many comments stored before a comment, and how many after it, are looked at for others of its thread: so many at first,
/// and so many where these are too few.
const LOOKED_AT: [usize; 2] = [20, 60];
/// How many comments of the thread are shown from before a comment, and how many from after it.
const SIBLINGS_MAX: usize = 5;
/// How far the comments that carry a tag are counted.
const CARRIED_MAX: usize = 200;

impl Base {
    /// Other comments of the thread, oldest first.
    pub async fn siblings_of(
        &self,
        comment: Option<&Comment>,
    ) -> Result<Vec<SiblingView>, DeskError> {
        let Some(comment) = comment.filter(|comment| comment.article.is_some()) else {
            return Ok(Vec::new());
        };
        let own = Subject::Comment(comment.id.clone());
        let found = self.store.comments_under(&own, 0, 1).await?;
        let Some((number, _)) = found.into_iter().next() else {
            return Ok(Vec::new());
        };
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for limit in LOOKED_AT {
            if before.len() < SIBLINGS_MAX {
                let near = self.store.comments_before(Some(number), limit).await?;
                before = nearest(comment, near, true);
            }
            if after.len() < SIBLINGS_MAX {
                let near = self.store.comments_from(number + 1, limit).await?;
                after = nearest(comment, near, false);
            }
        }
        Ok(before.into_iter().rev().chain(after).collect())
    }

    /// How many comments carry the tag of the case, or each tag of its comment.
    pub async fn carried_of(
        &self,
        case: &Case,
        comment: Option<&Comment>,
    ) -> Result<Vec<CarriedView>, DeskError> {
        let (article, tags) = match &case.subject {
            Subject::Tag { article, tag } => (Some(article), std::slice::from_ref(tag)),
            Subject::Comment(_) | Subject::Nickname(_) => (
                comment.and_then(|comment| comment.article.as_ref()),
                comment.map_or(&[][..], |comment| &comment.newest.tags),
            ),
        };
        let (Some(article), mut carried) = (article, Vec::new()) else {
            return Ok(Vec::new());
        };
        for tag in tags {
            let counted = self.store.comments_tagged(article, tag, CARRIED_MAX + 1);
            let (counted, most) = (counted.await?, CARRIED_MAX as u64);
            carried.extend((counted > 0).then(|| CarriedView {
                tag: tag.clone(),
                comments: counted.min(most),
                more: counted > most,
            }));
        }
        Ok(carried)
    }
}

/// Those of the same thread, the nearest first: replies to the same comment before others.
fn nearest(comment: &Comment, near: Vec<(u64, Comment)>, earlier: bool) -> Vec<SiblingView> {
    let others = near.into_iter().map(|(_, other)| other);
    let same_article = others.filter(|other| other.article == comment.article);
    let is_reply = |other: &Comment| comment.parent.is_some() && other.parent == comment.parent;
    let (replies, others): (Vec<Comment>, Vec<Comment>) = same_article.partition(is_reply);
    let shown = replies.into_iter().chain(others).take(SIBLINGS_MAX);
    let mut shown: Vec<Comment> = shown.collect();
    shown.sort_by_key(|other| other.newest.at.ms_since(comment.newest.at).abs());
    let view = |other: &Comment| SiblingView::of(comment, other, earlier);
    shown.iter().map(view).collect()
}
