//! The model of the learned score: what is in force, what was learned, how it measures, and the way back.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{
        RollbackDraft,
        views::{LossView, ModelVersionView, ModelView},
    },
    http::{
        call::Call,
        console::{
            ages::Age,
            flash::Told,
            layout::{Entry, Place, Shell},
            render,
            text::texts,
            typed::{Typed, done},
            visit::{Answer, State, Visit},
        },
        problem::{Language, Problem},
    },
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&SHOW, &ROLL_BACK];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "評分模型",
    en: "Model",
    place: Place::More,
    requirement: Requirement::READ,
}];

const PATH: &str = "/console/model";
/// What a form sends for “what is learned may be in force again”.
const RELEASE: &str = "release";

texts! {
    /// The labels of the page.
    pub struct ModelTexts {
        title: "評分模型", "Model";
        lead: "評分估計一則留言有多像版主會移除的內容：用來排序佇列，達門檻時送審，不會自行移除。", "The score says how much a comment reads like what moderators take down. It orders the queue and flags from a threshold on; it never removes.";
        in_force: "使用中", "In force";
        shipped: "內建版本", "Shipped";
        is_shipped: "內建", "Shipped";
        pinned: "由管理員指定，學到的新版本不會自動取代", "Chosen by an admin; what is learned does not replace it";
        examples: "最近一次學習所用的裁決", "Rulings of the newest fit";
        next: "距下次學習還差的裁決", "Rulings until the next fit";
        next_none: "目前不學習", "Not learning";
        versions: "從裁決學到的版本", "Versions learned from rulings";
        empty: "還沒有從裁決學到任何版本", "Nothing was learned from rulings yet";
        empty_lead: "裁決累積到足夠的數量後會自動學習；在那之前使用內建版本。", "Once there are enough rulings the model learns from them by itself; until then the shipped one scores.";
        version: "版本", "Version";
        at: "時間", "When";
        result: "結果", "Result";
        taken: "已採用", "Taken";
        rulings: "裁決（無害／辱罵／詐騙）", "Rulings (harmless / abuse / scam)";
        board_loss: "本站裁決的誤差", "Loss on this board’s rulings";
        shipped_loss: "內建例句的誤差", "Loss on shipped examples";
        loss_hint: "越小越好；前為當時的版本，後為這個版本。", "Less is better: before is the version of that time, after is this one.";
        no_gain: "沒有進步", "No gain";
        forgets: "忘了原本會的", "Forgets";
        one_sided: "裁決偏向一邊", "One-sided";
        choose: "改用這個版本", "Put in force";
        choose_shipped: "改用內建版本", "Put the shipped one in force";
        release: "恢復自動採用新版本", "Let learning go on";
        reason: "原因", "Reason";
        lost: "權重已不保留", "Weights are gone";
    }
}

/// A version.
struct Version {
    name: String,
    age: Age,
    is_on: bool,
    result: &'static str,
    is_taken: bool,
    rulings: String,
    board_loss: String,
    shipped_loss: String,
    is_better: bool,
    is_kept: bool,
}

#[derive(Template)]
#[template(path = "model.html", config = "src/http/console/templates/askama.toml")]
struct ModelPage {
    shell: Shell,
    o: &'static ModelTexts,
    in_force: String,
    shipped: String,
    is_shipped: bool,
    pinned: bool,
    examples: u32,
    next: Option<u32>,
    versions: Vec<Version>,
    may_change: bool,
    typed: Typed,
}

static SHOW: Call = Call::get(PATH, Requirement::READ)
    .named("console.model", "The model")
    .any_query()
    .to(|| web::route().to(show));

async fn show(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &SHOW).await?;
    answer(&visit, Typed::default()).await
}

async fn answer(visit: &Visit, typed: Typed) -> Answer {
    let view: ModelView = visit.state.desk.models.model_view().await?;
    let o = ModelTexts::of(visit.language);
    let versions = view.versions.iter();
    let page = ModelPage {
        shell: visit.shell(PATH),
        o,
        is_shipped: view.in_force == view.shipped,
        pinned: view.pinned,
        examples: view.examples,
        next: view.next_fit_after,
        versions: versions
            .map(|one| version(one, &view.in_force, visit))
            .collect(),
        may_change: visit.may(Requirement::ADMIN),
        in_force: view.in_force,
        shipped: view.shipped,
        typed,
    };
    render::page_as(visit, page.typed.status(), &page)
}

fn version(version: &ModelVersionView, in_force: &str, visit: &Visit) -> Version {
    let o = ModelTexts::of(visit.language);
    let examples = &version.examples;
    Version {
        name: version.version.clone(),
        age: Age::new(version.at, visit.now, visit.zone(), visit.language),
        is_on: version.version == in_force,
        result: match version.why {
            None => o.taken,
            Some("no-gain") => o.no_gain,
            Some("forgets") => o.forgets,
            Some("one-sided") => o.one_sided,
            Some(other) => other,
        },
        is_taken: version.taken,
        rulings: format!(
            "{} / {} / {}",
            examples.harmless, examples.abuse, examples.scam
        ),
        board_loss: loss(&version.board_loss),
        shipped_loss: loss(&version.shipped_loss),
        is_better: version.board_loss.after < version.board_loss.before,
        is_kept: version.kept,
    }
}

fn loss(loss: &LossView) -> String {
    format!("{:.3} → {:.3}", loss.before, loss.after)
}

static ROLL_BACK: Call = Call::post("/console/model/rollback", Requirement::ADMIN)
    .named("console.model.rollback", "Puts a model in force")
    .any_query()
    .to(|| web::route().to(roll_back));

async fn roll_back(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &ROLL_BACK).await?;
    let version = form.get("version").filter(|name| *name != RELEASE);
    let draft = RollbackDraft {
        version: version.map(str::to_owned),
        reason: form.get("reason").map(str::to_owned),
    };
    // A form without a version is none of ours: it is not taken for the release of the model.
    if form.get("version").is_none() {
        return answer(&visit, Typed::again(form, missing(), visit.language)?).await;
    }
    match state
        .desk
        .models
        .roll_back(visit.caller()?, draft, None)
        .await
    {
        Ok(rolled) => {
            done(rolled)?;
            Ok(visit.done(PATH, Told::Saved))
        }
        Err(error) => again(&visit, form, error.into(), visit.language).await,
    }
}

fn missing() -> Problem {
    Problem::field(crate::intake::FieldFault::missing("/version"))
}

async fn again(
    visit: &Visit,
    form: crate::http::console::form::Fields,
    problem: Problem,
    language: Language,
) -> Answer {
    answer(visit, Typed::again(form, problem, language)?).await
}
