//! Terms, innocent phrases and examples at run time, and the way back.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Answer, State};
use crate::{
    access::Requirement,
    desk::{
        PreviewDraft, ProposedChange, SuggestionDraft, WordDraft, WordQuery,
        views::{
            ExampleView, ExceptionView, PreviewView, SuggestionView, TermView, WordStepView,
            WordView,
        },
    },
    http::{
        call::Call,
        empty_as_none::empty_as_none,
        input::Input,
        problem::{Code, Problem},
        query,
        query::Query,
        shape::Shape,
    },
    record::WordKind,
};

/// A term, as in the list files.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutTerm {
    /// The code of the list.
    #[schema(required)]
    pub code: Option<String>,
    /// The term, or a pattern in angle brackets.
    #[schema(required)]
    pub term: Option<String>,
    /// 0 to 4.
    #[serde(default, deserialize_with = "empty_as_none")]
    #[schema(required)]
    pub severity: Option<u8>,
    /// `body`, `nickname`, `tags`, separated by commas; absent: everywhere.
    pub surfaces: Option<String>,
    /// `anywhere`, `word` or `whole`; absent: as its script asks for.
    #[serde(rename = "match")]
    pub matching: Option<String>,
    /// `always` or `aimed`; absent: always.
    pub aim: Option<String>,
    /// Disguises that are undone, separated by commas, `all` or `none`; absent: by severity and length.
    pub variants: Option<String>,
    /// Listed spellings: `homophone:靠杯|靠盃; initials:kb`.
    pub spellings: Option<String>,
    /// Words that must or must not stand near: `near:你|妳+2`.
    pub context: Option<String>,
    /// A remark for people.
    pub note: Option<String>,
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
    /// In a change, the `version` of the row as it was read, 0 for one of the files; refused if it has moved.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub expect: Option<u32>,
}

/// An innocent phrase.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutException {
    /// A hit wholly inside of it does not count.
    #[schema(required)]
    pub phrase: Option<String>,
    /// A remark for people.
    pub note: Option<String>,
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
    /// In a change, the `version` of the row as it was read, 0 for one of the files; refused if it has moved.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub expect: Option<u32>,
}

/// A text with a label, from which the score learns.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutExample {
    /// What a member might write.
    #[schema(required)]
    pub text: Option<String>,
    /// `harmless`, `abuse` or `scam`.
    #[schema(required)]
    pub label: Option<String>,
    /// What kind of line it is; `nickname` is for nicknames.
    pub kind: Option<String>,
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
    /// In a change, the `version` of the row as it was read; refused if it has moved.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub expect: Option<u32>,
}

/// Why a row is taken out of effect.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetireWord {
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
    /// The `version` of the row as it was read, 0 for one of the files; refused if it has moved.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub expect: Option<u32>,
}

/// Which version is to be in force.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostWordRollback {
    /// The version of the board's words, as `GET /v1/rulebook/steps` shows it; 0: none of the board's own.
    #[serde(default, deserialize_with = "empty_as_none")]
    #[schema(required)]
    pub version: Option<u32>,
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
}

/// A change to be tried on stored comments: one of `term`, `exception`, `retire` and `rollback`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostPreview {
    /// A term as it would be added, or be changed where `id` says which; it needs no reason.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub term: Option<PutTerm>,
    /// The same of an exception.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub exception: Option<PutException>,
    /// Which term or exception would be changed.
    pub id: Option<String>,
    /// The id of a term or an exception that would be retired.
    pub retire: Option<String>,
    /// The version of the board's words that would be gone back to.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub rollback: Option<u32>,
    /// On how many of the newest comments: 1 to 100,000, 10,000 where absent.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub newest: Option<u32>,
}

impl PostPreview {
    fn into_draft(self) -> PreviewDraft {
        let id = self.id.filter(|id| !id.is_empty());
        let term = self.term.map(|term| (term.into_parts().0, "/term"));
        let exception = self
            .exception
            .map(|phrase| (phrase.into_parts().0, "/exception"));
        let put = [term, exception].into_iter().flatten();
        let put = put.map(|(draft, pointer)| ProposedChange::Put(draft, id.clone(), pointer));
        let retire = self.retire.filter(|id| !id.is_empty());
        let others = [
            retire.map(ProposedChange::Retire),
            self.rollback.map(ProposedChange::RollBack),
        ];
        let mut all: Vec<ProposedChange> = put.chain(others.into_iter().flatten()).collect();
        let only = all.pop().filter(|_| all.is_empty());
        PreviewDraft {
            change: only,
            newest: self.newest,
        }
    }
}

/// What becomes of a suggestion.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostSuggestion {
    /// `take` or `refuse`; one that is refused does not come again.
    #[schema(required)]
    pub decision: Option<String>,
    /// The severity of a term that is taken; 2 where absent.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub severity: Option<u8>,
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
}

/// What a handler does with a body that puts a word.
trait PutWord {
    fn into_parts(self) -> (WordDraft, Option<String>, Option<u32>);
}

impl PutWord for PutTerm {
    fn into_parts(self) -> (WordDraft, Option<String>, Option<u32>) {
        let severity = self.severity.map(|severity| severity.to_string());
        let draft = WordDraft {
            kind: WordKind::Term,
            code: self.code,
            cells: vec![
                self.term,
                severity,
                self.surfaces,
                self.matching,
                self.aim,
                self.variants,
                self.spellings,
                self.context,
                self.note,
            ],
        };
        (draft, self.reason, self.expect)
    }
}

impl PutWord for PutException {
    fn into_parts(self) -> (WordDraft, Option<String>, Option<u32>) {
        let draft = WordDraft {
            kind: WordKind::Exception,
            code: None,
            cells: vec![self.phrase, self.note],
        };
        (draft, self.reason, self.expect)
    }
}

impl PutWord for PutExample {
    fn into_parts(self) -> (WordDraft, Option<String>, Option<u32>) {
        let draft = WordDraft {
            kind: WordKind::Example,
            code: None,
            cells: vec![self.text, self.label, self.kind],
        };
        (draft, self.reason, self.expect)
    }
}

/// The calls of this file.
pub static CALLS: &[&Call] = &[
    &LIST_TERMS,
    &ADD_TERM,
    &CHANGE_TERM,
    &RETIRE_TERM,
    &LIST_EXCEPTIONS,
    &ADD_EXCEPTION,
    &CHANGE_EXCEPTION,
    &RETIRE_EXCEPTION,
    &LIST_EXAMPLES,
    &ADD_EXAMPLE,
    &CHANGE_EXAMPLE,
    &RETIRE_EXAMPLE,
    &STEPS,
    &ROLL_BACK,
    &PREVIEW,
    &SUGGESTIONS,
    &DECIDE_SUGGESTION,
];

/// The filters of a list of words.
const FILTERS: &[&str] = &["q", "origin", "author", "retired", "cursor", "limit"];
const TERM_FILTERS: &[&str] = &[
    "q", "code", "origin", "author", "retired", "cursor", "limit",
];

fn filters(mut query: Query) -> WordQuery {
    WordQuery {
        q: query.take("q"),
        code: query.take("code"),
        origin: query.take("origin"),
        author: query.take("author"),
        retired: query.take("retired"),
        page: query.page(),
    }
}

fn term() -> serde_json::Value {
    json!({
        "code": "insult", "term": "爛咖", "severity": 3, "aim": "aimed",
        "spellings": "initials:lk", "reason": "罵人的新詞，上週十二則都移除了",
    })
}

fn exception() -> serde_json::Value {
    json!({"phrase": "垃圾分類回收", "reason": "講環保的留言被標記"})
}

fn example() -> serde_json::Value {
    json!({"text": "這家店的服務真的要加油", "label": "harmless", "reason": "講店家，不是罵人"})
}

fn retirement() -> serde_json::Value {
    json!({"reason": "誤判太多"})
}

/// The four calls about words of one kind.
macro_rules! word_calls {
    ($kind:ident, $path:literal, $one:literal, $filters:ident, $body:ident, $view:ident, $example:ident;
     $list:ident $list_name:literal $list_fn:ident, $add:ident $add_name:literal $add_fn:ident,
     $change:ident $change_name:literal $change_fn:ident, $retire:ident $retire_name:literal $retire_fn:ident) => {
        static $list: Call = Call::get($path, Requirement::READ)
            .named($list_name, concat!("List ", $one, "s by their texts"))
            .query($filters)
            .ok_as(Shape::list::<$view>(concat!($list_name, "Page")))
            .to(|| web::route().to($list_fn));

        async fn $list_fn(state: State, request: HttpRequest) -> Answer {
            let query = state.read(&$list, &request).await?.query;
            let page = state.desk.words.list(WordKind::$kind, &filters(query))?;
            Ok($list.json(&page))
        }

        static $add: Call = Call::post($path, Requirement::ADMIN)
            .named(
                $add_name,
                concat!("Add an entry to the ", $one, "s; it is in force at once"),
            )
            .body::<$body>($example)
            .created::<$view>()
            .idempotent()
            .to(|| web::route().to($add_fn));

        async fn $add_fn(state: State, request: HttpRequest, payload: Payload) -> Answer {
            let input = Input::<$body>::read(&state, &$add, &request, payload).await?;
            let (draft, reason, _) = input.body.into_parts();
            let words = &state.desk.words;
            Ok($add.answer(words.add(&input.caller, draft, reason, input.key).await?))
        }

        static $change: Call = Call::put(concat!($path, "/{id}"), Requirement::ADMIN)
            .named($change_name, concat!("Change an entry of the ", $one, "s"))
            .body::<$body>($example)
            .ok::<$view>()
            .problems(&[Code::NotFound])
            .to(|| web::route().to($change_fn));

        async fn $change_fn(state: State, request: HttpRequest, payload: Payload) -> Answer {
            let input = Input::<$body>::read(&state, &$change, &request, payload).await?;
            let ((draft, reason, expect), id) = (input.body.into_parts(), word_id(&request)?);
            let words = &state.desk.words;
            let view = words.change(&input.caller, &id, draft, reason, expect);
            Ok($change.json(&view.await?))
        }

        static $retire: Call = Call::delete(concat!($path, "/{id}"), Requirement::ADMIN)
            .named($retire_name, concat!("Retire an entry of the ", $one, "s"))
            .body::<RetireWord>(retirement)
            .ok::<$view>()
            .problems(&[Code::NotFound])
            .to(|| web::route().to($retire_fn));

        async fn $retire_fn(state: State, request: HttpRequest, payload: Payload) -> Answer {
            let input = Input::<RetireWord>::read(&state, &$retire, &request, payload).await?;
            let (RetireWord { reason, expect }, id) = (input.body, word_id(&request)?);
            let words = &state.desk.words;
            let view = words.retire(&input.caller, WordKind::$kind, &id, reason, expect);
            Ok($retire.json(&view.await?))
        }
    };
}

word_calls!(Term, "/v1/terms", "term", TERM_FILTERS, PutTerm, TermView, term;
    LIST_TERMS "ListTerms" list_terms, ADD_TERM "AddTerm" add_term,
    CHANGE_TERM "ChangeTerm" change_term, RETIRE_TERM "RetireTerm" retire_term);
word_calls!(Exception, "/v1/exceptions", "exception", FILTERS, PutException, ExceptionView, exception;
    LIST_EXCEPTIONS "ListExceptions" list_exceptions, ADD_EXCEPTION "AddException" add_exception,
    CHANGE_EXCEPTION "ChangeException" change_exception, RETIRE_EXCEPTION "RetireException" retire_exception);
word_calls!(Example, "/v1/examples", "example", FILTERS, PutExample, ExampleView, example;
    LIST_EXAMPLES "ListExamples" list_examples, ADD_EXAMPLE "AddExample" add_example,
    CHANGE_EXAMPLE "ChangeExample" change_example, RETIRE_EXAMPLE "RetireExample" retire_example);

fn word_id(request: &HttpRequest) -> Result<String, Problem> {
    query::part(request, "id")
}

static STEPS: Call = Call::get("/v1/rulebook/steps", Requirement::READ)
    .named(
        "ListRulebookSteps",
        "List the changes of the board's own words, the newest first",
    )
    .query(query::PAGE)
    .ok_as(Shape::list::<WordStepView>("RulebookStepList"))
    .to(|| web::route().to(steps));

async fn steps(state: State, request: HttpRequest) -> Answer {
    let page = state.read(&STEPS, &request).await?.query.page();
    Ok(STEPS.json(&state.desk.words.steps(&page).await?))
}

static ROLL_BACK: Call = Call::post("/v1/rulebook/rollback", Requirement::ADMIN)
    .named(
        "PostRulebookRollback",
        "Put an earlier version of the board's own words in force",
    )
    .body::<PostWordRollback>(|| json!({"version": 0, "reason": "誤判太多"}))
    .ok::<WordStepView>()
    .idempotent()
    .to(|| web::route().to(roll_back));

async fn roll_back(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostWordRollback>::read(&state, &ROLL_BACK, &request, payload).await?;
    let PostWordRollback { version, reason } = input.body;
    let words = &state.desk.words;
    let done = words.roll_back(&input.caller, version, reason, input.key);
    Ok(ROLL_BACK.answer(done.await?))
}

static PREVIEW: Call = Call::post("/v1/rulebook/preview", Requirement::ADMIN)
    .named(
        "PreviewRulebook",
        "Try a change of the board's own words on the newest stored comments",
    )
    .body::<PostPreview>(
        || json!({"term": {"code": "insult", "term": "爛咖", "severity": 3, "reason": "常見的罵法"}, "newest": 10_000}),
    )
    .ok::<PreviewView>()
    .stores_nothing()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(preview));

async fn preview(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostPreview>::read(&state, &PREVIEW, &request, payload).await?;
    let view = state.desk.words.preview(input.body.into_draft()).await?;
    Ok(PREVIEW.json(&view))
}

static SUGGESTIONS: Call = Call::get("/v1/suggestions", Requirement::READ)
    .named(
        "ListSuggestions",
        "List terms and exceptions that the rulings suggest",
    )
    .query(query::PAGE)
    .ok_as(Shape::list::<SuggestionView>("SuggestionList"))
    .to(|| web::route().to(list_suggestions));

async fn list_suggestions(state: State, request: HttpRequest) -> Answer {
    let page = state.read(&SUGGESTIONS, &request).await?.query.page();
    Ok(SUGGESTIONS.json(&state.desk.words.suggestions(&page).await?))
}

static DECIDE_SUGGESTION: Call = Call::post("/v1/suggestions/{id}", Requirement::ADMIN)
    .named(
        "DecideSuggestion",
        "Take a suggestion, or refuse it for good",
    )
    .body::<PostSuggestion>(|| json!({"decision": "take", "severity": 2, "reason": "常見的罵法"}))
    .created::<WordView>()
    .idempotent()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(decide_suggestion));

async fn decide_suggestion(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input =
        Input::<PostSuggestion>::read(&state, &DECIDE_SUGGESTION, &request, payload).await?;
    let id = word_id(&request)?;
    let draft = SuggestionDraft {
        decision: input.body.decision,
        severity: input.body.severity,
        reason: input.body.reason,
    };
    let words = &state.desk.words;
    let done = words.decide_suggestion(&input.caller, &id, draft, input.key);
    Ok(DECIDE_SUGGESTION.answer(done.await?))
}
