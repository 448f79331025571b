//! The written forms that moderators upheld, as this node knows them: read at start and from time to time, since other nodes rule
//! too, and after each ruling of its own.

use super::{base::Base, error::DeskError};
use crate::{lexicon::UpheldForms, record::Form};

/// How many forms are read at a time.
const PAGE: usize = 1_000;

impl Base {
    /// Reads all forms anew.
    pub(super) async fn follow_forms(&self) -> Result<(), DeskError> {
        let (mut upheld, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.forms_after(after, PAGE).await?;
            after = page.last().map(Form::key);
            upheld.extend(page.iter().filter(|form| form.is_upheld()).map(Form::key));
            if page.len() < PAGE {
                break;
            }
        }
        let forms: UpheldForms = upheld.into_iter().collect();
        if forms != *self.in_force().forms {
            self.swap_forms(forms);
        }
        Ok(())
    }
}
