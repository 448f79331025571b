//! Looking up what has to be there, and what belongs to it.

use super::{base::Base, error::DeskError};
use crate::{
    id::{CaseId, CommentId, ReportId, RulingId},
    record::{Case, Comment, Report, Ruling, User, UserName},
};

impl Base {
    /// The comment of this id.
    pub async fn comment(&self, id: &CommentId) -> Result<Comment, DeskError> {
        self.store.comment(id).await?.ok_or(DeskError::NotFound)
    }

    /// The case of this id.
    pub async fn case(&self, id: CaseId) -> Result<Case, DeskError> {
        self.store.case(id).await?.ok_or(DeskError::NotFound)
    }

    /// The case of something that may have none.
    pub async fn case_if(&self, id: Option<CaseId>) -> Result<Option<Case>, DeskError> {
        match id {
            Some(id) => Ok(self.store.case(id).await?),
            None => Ok(None),
        }
    }

    /// The ruling of this id.
    pub async fn ruling(&self, id: RulingId) -> Result<Ruling, DeskError> {
        self.store.ruling(id).await?.ok_or(DeskError::NotFound)
    }

    /// The rulings of a case, oldest first.
    pub async fn rulings_of(&self, case: &Case) -> Result<Vec<Ruling>, DeskError> {
        let mut rulings = Vec::with_capacity(case.rulings.len());
        for id in &case.rulings {
            rulings.extend(self.store.ruling(*id).await?);
        }
        Ok(rulings)
    }

    /// The report of this id.
    pub async fn report(&self, id: ReportId) -> Result<Report, DeskError> {
        self.store.report(id).await?.ok_or(DeskError::NotFound)
    }

    /// The user of exactly this name.
    pub async fn user(&self, name: &UserName) -> Result<User, DeskError> {
        self.store.user(name).await?.ok_or(DeskError::NotFound)
    }
}
