//! Articles: handed in, read back.

use super::{Desk, DeskError, Posted, views::ArticleView};
use crate::{
    access::Caller,
    id::ArticleId,
    intake::{Article, ArticleContent},
    review::{AuditDraft, AuditSubject},
    store::Commit,
};

/// So many stored articles tell what the board writes about.
const LEARNED_PAGES_MAX: usize = 40;
const LEARNED_PAGE: usize = 50;

impl Desk {
    /// Stores an article; equal content writes nothing.
    pub async fn put_article(
        &self,
        caller: &Caller,
        id: ArticleId,
        content: ArticleContent,
    ) -> Result<Posted<ArticleView>, DeskError> {
        let stored = self.store.article(&id).await?;
        let created = stored.is_none();
        if let Some(same) = stored.filter(|stored| stored.content == content) {
            return Ok(Posted {
                view: same.into(),
                created,
            });
        }
        let article = Article::new(id, content, self.clock.now());
        self.store_article(caller, article.clone()).await?;
        Ok(Posted {
            view: article.into(),
            created,
        })
    }

    /// An article as stored.
    pub async fn article(&self, id: &ArticleId) -> Result<ArticleView, DeskError> {
        self.store
            .article(id)
            .await?
            .map(ArticleView::from)
            .ok_or(DeskError::NotFound)
    }

    /// Commits an article with its story. The last one handed in holds.
    pub(super) async fn store_article(
        &self,
        caller: &Caller,
        article: Article,
    ) -> Result<(), DeskError> {
        let audit = AuditDraft {
            at: article.stored_at,
            actor: caller.actor(),
            action: "article.stored".to_owned(),
            subject: AuditSubject::Article(article.id.clone()),
            from: None,
            to: None,
            why: None,
            words: None,
        };
        let (hash, content) = (article.hash, article.content.clone());
        self.store
            .commit(Commit::PutArticle(article, audit))
            .await?;
        self.articles.learn(hash, &content, &self.rules());
        Ok(())
    }

    /// Reads stored articles for what the board writes about, after a start. What cannot be read is left out: only how
    /// much common words count depends on it.
    pub async fn learn_articles(&self) {
        let mut after = None;
        for _ in 0..LEARNED_PAGES_MAX {
            let Ok(articles) = self.store.articles(after.as_ref(), LEARNED_PAGE).await else {
                return;
            };
            let rulebook = self.rules();
            for article in &articles {
                self.articles.learn_old(&article.content, &rulebook);
            }
            match articles.last() {
                Some(last) => after = Some(last.id.clone()),
                None => return,
            }
        }
    }
}
