//! A page that asks before what is hard to take back.

use actix_web::http::StatusCode;
use askama::Template;

use super::{
    form::Fields,
    layout::Shell,
    render,
    text::texts,
    visit::{Answer, Visit},
};

/// The field by which a form says that its sender was asked.
const SURE: &str = "sure";

texts! {
    /// The labels of the question.
    pub struct ConfirmTexts {
        type_it: "請輸入以下文字以確認：", "Type this to confirm:";
        not_typed: "輸入的文字不相符，未做任何變更。", "What you typed is not the same. Nothing was changed.";
    }
}

/// What is asked.
pub struct Question {
    /// The question itself.
    pub title: String,
    /// What will happen, sentence by sentence.
    pub points: Vec<String>,
    /// What the button says.
    pub action: &'static str,
    /// Where it goes if the answer is no.
    pub back: String,
    /// What has to be typed for a yes, where a click is too little.
    pub typed: Option<String>,
}

#[derive(Template)]
#[template(
    path = "confirm.html",
    config = "src/http/console/templates/askama.toml"
)]
struct ConfirmPage {
    shell: Shell,
    c: &'static ConfirmTexts,
    question: Question,
    action: String,
    kept: Vec<(String, String)>,
    is_wrong: bool,
}

/// `None` if whoever sent the form has said that they are sure; else the page that asks them, which sends the same form again.
pub fn asked(
    visit: &Visit,
    section: &str,
    form: &mut Fields,
    question: impl FnOnce() -> Question,
) -> Option<Answer> {
    let (sure, typed) = (form.take(SURE), form.take("typed"));
    let question = question();
    let is_right = question.typed.is_none() || question.typed == typed;
    if sure.is_some() && is_right {
        return None;
    }
    let status = match sure {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let kept = form.pairs();
    let page = ConfirmPage {
        shell: visit.shell(section),
        c: ConfirmTexts::of(visit.language),
        question,
        action: visit.request.path().to_owned(),
        kept: kept
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        is_wrong: sure.is_some(),
    };
    Some(render::page_as(visit, status, &page))
}
