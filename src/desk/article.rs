//! Articles: storing and reading them.

use super::{Desk, DeskError, Posted, views::ArticleView};
use crate::{
    access::Caller,
    id::ArticleId,
    intake::article_stored,
    record::{Article, ArticleContent, AuditAction, AuditDraft, AuditSubject},
};

impl Desk {
    /// Stores an article; unchanged content writes nothing.
    pub async fn put_article(
        &self,
        caller: &Caller,
        id: ArticleId,
        content: ArticleContent,
    ) -> Result<Posted<ArticleView>, DeskError> {
        let stored = self.store.article(&id).await?;
        let created = stored.is_none();
        if let Some(unchanged) = stored.filter(|stored| stored.content == content) {
            return Ok(Posted {
                view: unchanged.into(),
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

    /// Commits an article with its audit entry. The last content received wins.
    pub(super) async fn store_article(
        &self,
        caller: &Caller,
        article: Article,
    ) -> Result<(), DeskError> {
        let audit = AuditDraft::new(
            article.stored_at,
            &caller.actor(),
            AuditAction::ArticleStored,
            AuditSubject::Article(article.id.clone()),
        );
        let stored = article.clone();
        self.store.commit(article_stored(article, audit)).await?;
        self.articles.learn(&stored, &self.rules()).await;
        Ok(())
    }
}
