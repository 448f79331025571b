//! Warm-up at start: rebuilds what is only in memory, the recent posts and the topics of the newest articles, so that a restart
//! changes no verdict. Later the posts of other nodes are followed by the numbers of their comments.

use std::{cmp::Reverse, collections::BinaryHeap, sync::atomic::Ordering};

use super::{comments::Comments, error::DeskError};
use crate::{member::PostEvent, record::Comment, topic::LEARNED_MAX};

/// How many records are read at a time.
const PAGE: usize = 200;
/// The most comments read for recent posts.
const POSTS_MAX: usize = 100_000;

/// A stored comment as the flood watch saw it; `None` if it is provisional, because the board has not confirmed its author.
pub(super) fn post_event(comment: &Comment) -> Option<PostEvent<'_>> {
    let newest = &comment.newest;
    let posted = newest.posted_at.unwrap_or(newest.at);
    let member = comment.member.as_ref().filter(|_| !comment.provisional)?;
    Some(PostEvent {
        comment: comment.id.as_str(),
        member: member.as_str(),
        body: newest.body.as_deref(),
        at: posted.min(newest.at),
    })
}

impl Comments {
    /// Rebuilds the memory of before the last stop. What cannot be read is skipped: these signals only advise.
    pub async fn warm_up(&self) {
        self.load_recent_posts().await;
        self.load_article_statistics().await;
    }

    /// Loads the posts that can still make another one part of a flood, newest first.
    async fn load_recent_posts(&self) {
        let rulebook = self.base.rules();
        let flood = rulebook.rules.flood();
        let since = self.base.clock.now().plus_ms(-flood.limits.longest_ms());
        let (mut before, mut read) = (None, 0);
        while read < POSTS_MAX {
            let Ok(page) = self.base.store.comments_before(before, PAGE).await else {
                return;
            };
            if let (None, Some((newest, _))) = (before, page.first()) {
                self.followed.store(newest + 1, Ordering::SeqCst);
            }
            let events = page.iter().filter_map(|(_, comment)| post_event(comment));
            for event in events.filter(|event| event.at > since) {
                self.floods.recall(&event, flood);
            }
            match page.last() {
                Some((number, oldest)) if oldest.newest.at > since => before = Some(*number),
                _ => return,
            }
            read += page.len();
        }
    }

    /// Takes in the posts that other nodes have stored since, so that a flood over several nodes is one flood. What others
    /// store within a round of this is not counted yet, nor are their edits: the limits only advise.
    pub async fn follow_posts(&self) -> Result<(), DeskError> {
        while self.base.store.has_nodes() {
            let from = self.followed.load(Ordering::SeqCst);
            let page = self.base.store.comments_from(from, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            let rulebook = self.base.rules();
            for event in page.iter().filter_map(|(_, comment)| post_event(comment)) {
                self.floods.see(&event, rulebook.rules.flood());
            }
            self.followed.store(last + 1, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Loads the newest articles, as many as the statistics hold while the service runs.
    async fn load_article_statistics(&self) {
        let (mut newest, mut after) = (BinaryHeap::new(), None);
        while let Ok(page) = self.base.store.articles(after.as_ref(), PAGE).await {
            for article in &page {
                newest.push(Reverse((article.stored_at, article.id.clone())));
                if newest.len() > LEARNED_MAX {
                    newest.pop();
                }
            }
            match page.last() {
                Some(last) => after = Some(last.id.clone()),
                None => break,
            }
        }
        for Reverse((_, id)) in newest {
            if let Ok(Some(article)) = self.base.store.article(&id).await {
                self.base.articles.learn_stored(&article);
            }
        }
    }
}
