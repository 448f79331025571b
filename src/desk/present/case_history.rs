//! Cases with their rulings, from which the outcome of a report or an appeal follows.

use std::collections::{HashMap, hash_map::Entry};

use crate::{
    desk::{base::Base, error::DeskError},
    id::CaseId,
    record::{Case, Report},
    review::CaseHistory,
};

/// Case histories already read for one answer: many reports belong to one case.
#[derive(Default)]
pub struct CaseHistories(HashMap<CaseId, Option<CaseHistory>>);

impl CaseHistories {
    /// The cases read, without their rulings.
    pub fn into_cases(self) -> Vec<Case> {
        let histories = self.0.into_values().flatten();
        histories.map(|history| history.case).collect()
    }
}

impl Base {
    /// The history of the case that decides a report; `None` if the report needs no decision.
    pub async fn history_of<'d>(
        &self,
        report: &Report,
        histories: &'d mut CaseHistories,
    ) -> Result<Option<&'d CaseHistory>, DeskError> {
        let Some(decision_point) = report.decision_point else {
            return Ok(None);
        };
        Ok(match histories.0.entry(decision_point.case) {
            Entry::Occupied(known) => known.into_mut().as_ref(),
            Entry::Vacant(slot) => slot
                .insert(self.case_history(decision_point.case).await?)
                .as_ref(),
        })
    }

    /// A case with its rulings.
    pub async fn case_history(&self, id: CaseId) -> Result<Option<CaseHistory>, DeskError> {
        let Some(case) = self.store.case(id).await? else {
            return Ok(None);
        };
        let rulings = self.rulings_of(&case).await?;
        Ok(Some(CaseHistory { case, rulings }))
    }
}
