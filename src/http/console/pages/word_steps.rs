//! The changes of the board's words, and the way back to an earlier version.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use askama::Template;

use super::words::{PATH, STEPS_PATH, tabs};
use crate::{
    access::Requirement,
    desk::views::WordStepView,
    http::{
        call::Call,
        console::{
            ages::Age,
            confirm::{self, Question},
            flash::Told,
            layout::Shell,
            list::{Ends, Tab},
            marks::{self, Piece},
            names, render,
            typed::{Typed, done},
            visit::{Answer, State, Visit},
            words_texts::WordsTexts,
        },
        problem::Problem,
    },
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&STEPS, &ROLL_BACK];

/// A step.
struct StepLine {
    version: u32,
    age: Age,
    by: String,
    reason: Vec<Piece>,
    rolled_back_to: Option<u32>,
    kind: Option<&'static str>,
    word: Option<Vec<Piece>>,
    retired: bool,
}

#[derive(Template)]
#[template(
    path = "word_steps.html",
    config = "src/http/console/templates/askama.toml"
)]
struct StepsPage {
    shell: Shell,
    w: &'static WordsTexts,
    tabs: Vec<Tab>,
    steps: Vec<StepLine>,
    ends: Ends,
    may_change: bool,
    typed: Typed,
}

static STEPS: Call = Call::get(STEPS_PATH, Requirement::READ)
    .named("console.words.steps", "Changes of the words")
    .any_query()
    .to(|| web::route().to(steps));

async fn steps(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &STEPS).await?;
    steps_page(&visit, Typed::default()).await
}

async fn steps_page(visit: &Visit, typed: Typed) -> Answer {
    let found = visit.state.desk.words.steps(&visit.query.page()).await?;
    let w = WordsTexts::of(visit.language);
    let items = found.items.iter();
    let page = StepsPage {
        shell: visit.shell(PATH),
        w,
        tabs: tabs("steps", w),
        steps: items.map(|step| step_line(step, visit)).collect(),
        ends: Ends::of(STEPS_PATH, &visit.query, found.next_cursor),
        may_change: visit.may(Requirement::ADMIN),
        typed,
    };
    render::page_as(visit, page.typed.status(), &page)
}

fn step_line(step: &WordStepView, visit: &Visit) -> StepLine {
    let w = WordsTexts::of(visit.language);
    let word = step.word.as_ref();
    let text = word.and_then(|word| {
        let texts = ["term", "phrase", "text"].map(|name| word.get(name));
        texts.into_iter().flatten().next()?.as_str()
    });
    StepLine {
        version: step.version,
        age: Age::new(step.at, visit.now, visit.zone(), visit.language),
        by: names::actor(&step.by, visit.language),
        reason: marks::plain(&step.reason),
        rolled_back_to: step.rolled_back_to,
        kind: step.kind.map(|kind| match kind {
            "exception" => w.exceptions,
            "example" => w.examples,
            _ => w.terms,
        }),
        word: text.map(marks::plain),
        retired: word.is_some_and(|word| word.get("retired") == Some(&true.into())),
    }
}

static ROLL_BACK: Call = Call::post("/console/words/rollback", Requirement::ADMIN)
    .named("console.words.rollback", "Puts earlier words in force")
    .any_query()
    .to(|| web::route().to(roll_back));

async fn roll_back(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, mut form) = Visit::posted(&state, &request, payload, &ROLL_BACK).await?;
    let version = form.get("version").and_then(|raw| raw.parse().ok());
    let w = WordsTexts::of(visit.language);
    let question = || Question {
        title: w.ask_back.to_owned(),
        points: vec![
            format!("{} {}", w.version, version.unwrap_or(0)),
            w.ask_back_1.to_owned(),
            w.ask_back_2.to_owned(),
        ],
        action: w.back_here,
        back: STEPS_PATH.to_owned(),
        typed: None,
    };
    if let Some(asked) = confirm::asked(&visit, PATH, &mut form, question) {
        return asked;
    }
    let reason = form.get("reason").map(str::to_owned);
    let words = &state.desk.words;
    match words
        .roll_back(visit.caller()?, version, reason, None)
        .await
    {
        Ok(rolled) => {
            done(rolled)?;
            Ok(visit.done(STEPS_PATH, Told::Saved))
        }
        Err(error) => {
            let typed = Typed::again(form, Problem::from(error), visit.language)?;
            steps_page(&visit, typed).await
        }
    }
}
