//! Who may rule.

use crate::{
    desk::{base::Base, error::DeskError},
    record::{Actor, Case, Role},
};

/// With at most this many reviewers, the moderator who ruled may also decide the appeal: nobody else is left.
const SINGLE_REVIEW_MAX: usize = 2;

impl Base {
    /// Whether so few people may rule that the one who decided first also has to decide again.
    pub async fn has_single_reviewer(&self) -> Result<bool, DeskError> {
        let users = self.store.users().await?;
        let reviewers = users
            .iter()
            .filter(|user| user.is_active() && user.role >= Role::Moderator);
        Ok(reviewers.count() <= SINGLE_REVIEW_MAX)
    }

    /// Whether every moderator skipped it; if there are only admins, every admin.
    pub async fn all_skipped(&self, case: &Case) -> Result<bool, DeskError> {
        let users = self.store.users().await?;
        let of_role = |role: Role| -> Vec<Actor> {
            let active = users
                .iter()
                .filter(|user| user.is_active() && user.role == role);
            active.map(|user| Actor::User(user.name.clone())).collect()
        };
        let mut reviewers = of_role(Role::Moderator);
        if reviewers.is_empty() {
            reviewers = of_role(Role::Admin);
        }
        Ok(!reviewers.is_empty()
            && reviewers
                .iter()
                .all(|actor| case.skipped_by.contains(actor)))
    }
}
