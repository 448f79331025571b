//! What is known in memory alone, taken up again at a start: the posts of the last minutes, and what the newest articles
//! are about. So a restart changes no verdict.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::Desk;
use crate::{member::PostEvent, record::Comment, topic::LEARNED_MAX};

/// How many records are read at once.
const PAGE: usize = 200;
/// How many comments are looked at for the posts of the last minutes.
const POSTS_MAX: usize = 100_000;

/// A stored comment as the flood watch saw it; none where the board has not said who wrote it.
pub(super) fn sighting(comment: &Comment) -> Option<PostEvent<'_>> {
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

impl Desk {
    /// Takes up what was known before the last stop. What cannot be read is left out: it is advice, and decides little.
    pub async fn recall(&self) {
        self.recall_posts().await;
        self.recall_articles().await;
    }

    /// The posts that can still make another one part of a flood, the newest first.
    async fn recall_posts(&self) {
        let rulebook = self.rules();
        let flood = rulebook.rules.flood();
        let since = self.clock.now().plus_ms(-flood.limits.longest_ms());
        let (mut before, mut read) = (None, 0);
        while read < POSTS_MAX {
            let Ok(page) = self.store.comments_before(before, PAGE).await else {
                return;
            };
            let sightings = page.iter().filter_map(|(_, comment)| sighting(comment));
            for sighting in sightings.filter(|sighting| sighting.at > since) {
                self.floods.recall(&sighting, flood);
            }
            match page.last() {
                Some((number, oldest)) if oldest.newest.at > since => before = Some(*number),
                _ => return,
            }
            read += page.len();
        }
    }

    /// The newest articles: as many as are learned from while the service runs.
    async fn recall_articles(&self) {
        let (mut newest, mut after) = (BinaryHeap::new(), None);
        while let Ok(page) = self.store.articles(after.as_ref(), PAGE).await {
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
            if let Ok(Some(article)) = self.store.article(&id).await {
                self.articles.recall(&article);
            }
        }
    }
}
