//! A form that is shown again: what was typed stays, and what is wrong stands beside it.

use actix_web::{ResponseError as _, http::StatusCode};

use super::form::Fields;
use crate::{
    desk::Idempotent,
    http::problem::{Code, Language, Problem},
};

/// What was typed into a form, and what is wrong with it. The default is a form that nobody has sent.
#[derive(Default)]
pub struct Typed {
    fields: Fields,
    faults: Vec<(String, String)>,
    /// What is wrong with the whole.
    pub notice: Option<String>,
    /// Whether it takes a newer sign-in.
    pub sign_in_again: bool,
    status: Option<StatusCode>,
}

impl Typed {
    /// The form again, if whoever sent it can mend it; else the problem, for the error page.
    pub fn again(fields: Fields, problem: Problem, language: Language) -> Result<Self, Problem> {
        let mendable = matches!(
            problem.code(),
            Code::InvalidFields
                | Code::NameTaken
                | Code::LastAdmin
                | Code::SignInAgain
                | Code::RateLimited
        );
        if !mendable {
            return Err(problem);
        }
        let faults = problem.faults().iter().map(|fault| {
            let detail = language.pick(&fault.zh_tw, &fault.en).to_owned();
            let name = fault.pointer.trim_start_matches(['/', '?']);
            (name.split('/').next().unwrap_or(name).to_owned(), detail)
        });
        let faults: Vec<_> = faults.collect();
        Ok(Self {
            notice: faults
                .is_empty()
                .then(|| problem.detail(language).to_owned()),
            faults,
            sign_in_again: problem.code() == Code::SignInAgain,
            status: Some(problem.status_code()),
            fields,
        })
    }

    /// A form that was sent and is shown with what came of it.
    pub fn of(fields: Fields) -> Self {
        Self {
            fields,
            ..Self::default()
        }
    }

    /// What was typed into a field.
    pub fn get(&self, name: &str) -> &str {
        self.fields.typed(name)
    }

    /// Whether a box was ticked, or a value of a choice chosen.
    pub fn chose(&self, name: &str, value: &str) -> bool {
        self.fields.all(name).iter().any(|one| one == value)
    }

    /// What is wrong with a field.
    pub fn fault(&self, name: &str) -> Option<&str> {
        let found = self.faults.iter().find(|(of, _)| of == name);
        found.map(|(_, detail)| detail.as_str())
    }

    /// Whether the form was refused, so that it is shown open.
    pub fn is_refused(&self) -> bool {
        self.status.is_some()
    }

    /// The status of the page.
    pub fn status(&self) -> StatusCode {
        self.status.unwrap_or(StatusCode::OK)
    }
}

/// What was done. The console sends no `Idempotency-Key`, so no answer is an old one.
pub fn done<T>(done: Idempotent<T>) -> Result<T, Problem> {
    match done {
        Idempotent::Fresh(view) => Ok(view),
        Idempotent::Replayed { .. } => Err(Problem::new(Code::NotFound)),
    }
}
