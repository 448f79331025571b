//! What the rulings suggest for the board's words: seen with its evidence, taken or refused with a click.

use actix_web::{
    HttpRequest,
    http::StatusCode,
    web::{self, Payload},
};
use askama::Template;

use super::words::{PATH, SUGGESTIONS_PATH, code_name, kind_of, severities, tabs};
use crate::{
    access::Requirement,
    desk::{
        DeskError, PAGE_MAX, PageQuery, PreviewDraft, ProposedChange, SuggestionDraft, WordDraft,
        views::SuggestionView,
    },
    http::{
        call::Call,
        console::{
            comment_row::{self, VerdictBadge},
            flash::Told,
            form::Fields,
            layout::Shell,
            links,
            list::{Choice, Ends, Tab},
            marks::{self, Mark, Piece},
            render,
            text::texts,
            typed::{Typed, done},
            visit::{Answer, State, Visit},
            word_preview::Preview,
            words_texts::WordsTexts,
        },
        problem::{Language, Problem},
    },
    id::CommentId,
    record::WordKind,
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&LIST, &DECIDE, &PREVIEW];

/// How many suggestions a page shows, each with comments.
const ROWS: &str = "15";
/// How many of its comments stand beside a suggestion.
const SAMPLES_MAX: usize = 3;

texts! {
    /// The labels of the page.
    pub struct SuggestionsTexts {
        title: "建議的詞", "Suggested words";
        lead: "多位會員的留言一再被移除、卻還不在詞庫的字詞，以及詞條命中後一再被版主保留的詞語。", "What was removed again and again from several members and is not listed, and phrases that moderators let stand again and again although a term was found.";
        lead_decide: "採用後立即生效；拒絕後不再建議，並留在詞庫的停用清單，隨時可以啟用。", "What is taken is in force at once. What is refused is suggested no more; it stays among the retired words, where it can be brought back.";
        removed: "已移除的留言", "Comments removed";
        stood: "保留的留言", "Comments that stood";
        samples: "留言範例", "Such comments";
        all_samples: "有這個詞的留言", "Comments with it";
        take: "採用", "Take";
        refuse: "拒絕", "Refuse";
        gone: "這個建議已由同事處理，或所依據的留言已清除；未做任何變更。", "A colleague has decided this suggestion, or the comments behind it are gone. Nothing was changed.";
        empty: "目前沒有建議", "Nothing is suggested now";
        empty_lead: "同樣的字詞在至少三位會員的留言中得到相同的裁決後，就會出現在這裡。", "Words come here once comments of at least three members were ruled alike.";
    }
}

/// A suggestion with what speaks for it.
struct Line {
    id: String,
    text: Vec<Piece>,
    kind: &'static str,
    code: Option<String>,
    removed: u32,
    stood: u32,
    samples: Vec<Sample>,
    search_href: String,
    /// The severities of a term; an innocent phrase has none.
    severities: Vec<Choice>,
    reason: String,
    /// Whether its form was sent and is shown again.
    is_again: bool,
}

/// A comment that speaks for it.
struct Sample {
    href: String,
    pieces: Vec<Piece>,
    verdict: VerdictBadge,
}

/// What came of a form, shown with the list.
#[derive(Default)]
struct Shown {
    typed: Typed,
    preview: Option<Preview>,
    /// Whether the suggestion is decided, or not made any more.
    is_gone: bool,
}

#[derive(Template)]
#[template(
    path = "suggestions.html",
    config = "src/http/console/templates/askama.toml"
)]
struct SuggestionsPage {
    shell: Shell,
    w: &'static WordsTexts,
    s: &'static SuggestionsTexts,
    tabs: Vec<Tab>,
    lines: Vec<Line>,
    ends: Ends,
    may_decide: bool,
    shown: Shown,
}

static LIST: Call = Call::get(SUGGESTIONS_PATH, Requirement::READ)
    .named("console.suggestions", "Words that the rulings suggest")
    .any_query()
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &LIST).await?;
    answer(&visit, Shown::default()).await
}

async fn answer(visit: &Visit, shown: Shown) -> Answer {
    let mut query = visit.query.page();
    query.limit = query.limit.or_else(|| Some(ROWS.to_owned()));
    let found = visit.state.desk.words.suggestions(&query).await?;
    let mut lines = Vec::new();
    for suggestion in &found.items {
        lines.push(line(suggestion, visit, &shown.typed).await?);
    }
    let w = WordsTexts::of(visit.language);
    let page = SuggestionsPage {
        shell: visit.shell(PATH),
        w,
        s: SuggestionsTexts::of(visit.language),
        tabs: tabs("suggestions", w),
        lines,
        ends: Ends::of(SUGGESTIONS_PATH, &visit.query, found.next_cursor),
        may_decide: visit.may(Requirement::ADMIN),
        shown,
    };
    let status = match page.shown.is_gone {
        true => StatusCode::NOT_FOUND,
        false => page.shown.typed.status(),
    };
    render::page_as(visit, status, &page)
}

async fn line(of: &SuggestionView, visit: &Visit, typed: &Typed) -> Result<Line, DeskError> {
    let w = WordsTexts::of(visit.language);
    let is_term = kind_of(Some(of.kind)) == WordKind::Term;
    let is_again = typed.get("id") == of.id;
    let chosen = Some(typed.get("severity")).filter(|raw| is_again && !raw.is_empty());
    let mut samples = Vec::new();
    for id in of.samples.iter().take(SAMPLES_MAX) {
        samples.extend(sample(id, &of.text, visit).await?);
    }
    Ok(Line {
        id: of.id.clone(),
        text: marks::plain(&of.text),
        kind: if is_term { w.term } else { w.phrase },
        code: of.code.map(|code| code_name(code, visit.language)),
        removed: of.removed,
        stood: of.stood,
        samples,
        search_href: Fields::default().address("/console/comments", &[], &[("q", &of.text)]),
        severities: match is_term {
            true => severities(chosen),
            false => Vec::new(),
        },
        reason: match is_again {
            true => typed.get("reason").to_owned(),
            false => usual_reason(of, visit.language),
        },
        is_again,
    })
}

/// What the form gives as the reason unless its sender says another.
fn usual_reason(of: &SuggestionView, language: Language) -> String {
    let (removed, stood) = (of.removed, of.stood);
    match language {
        Language::ZhTw => format!("依裁決建議：移除 {removed} 則、保留 {stood} 則"),
        Language::En => format!("Suggested from rulings: {removed} removed, {stood} stood"),
    }
}

/// A comment around the words; none where its text is gone meanwhile.
async fn sample(id: &CommentId, words: &str, visit: &Visit) -> Result<Option<Sample>, DeskError> {
    let comment = match visit.state.desk.comments.comment(id).await {
        Ok(comment) => comment,
        Err(DeskError::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let newest = comment.revisions.last();
    let text = newest.and_then(|revision| revision.body.as_deref());
    Ok(text.map(|text| Sample {
        href: links::comment(id.as_str()),
        pieces: comment_row::excerpt(text, &places(text, words)),
        verdict: VerdictBadge::of(comment.verdict, visit.language),
    }))
}

/// Where the words stand in a text; they are suggested in lower case.
fn places(text: &str, words: &str) -> Vec<Mark> {
    let lower = |ch: char| ch.to_lowercase().next().unwrap_or(ch);
    let text: Vec<char> = text.chars().map(lower).collect();
    let words: Vec<char> = words.chars().collect();
    let windows = text.windows(words.len().max(1)).enumerate();
    let found = windows.filter(|(_, at)| *at == words);
    let mark = |(start, _)| Mark {
        start,
        end: start + words.len(),
        severity: 2,
        guessed: false,
        hit: 0,
    };
    found.map(mark).collect()
}

static DECIDE: Call = Call::post(SUGGESTIONS_PATH, Requirement::ADMIN)
    .named(
        "console.suggestions.decide",
        "Takes a suggestion or refuses it",
    )
    .any_query()
    .to(|| web::route().to(decide));

async fn decide(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &DECIDE).await?;
    let decision = form.get("decision");
    let draft = SuggestionDraft {
        decision: decision.map(str::to_owned),
        // What is refused is searched for by nobody.
        severity: severity(&form).filter(|_| decision == Some("take")),
        reason: form.get("reason").map(str::to_owned),
    };
    let id = form.typed("id");
    let words = &state.desk.words;
    match words
        .decide_suggestion(visit.caller()?, id, draft, None)
        .await
    {
        Ok(decided) => {
            done(decided)?;
            Ok(visit.done(SUGGESTIONS_PATH, Told::Saved))
        }
        Err(error) => again(&visit, form, error).await,
    }
}

/// The chosen severity; what is no number is out of range.
fn severity(form: &Fields) -> Option<u8> {
    let raw = form.get("severity")?;
    Some(raw.parse().unwrap_or(u8::MAX))
}

/// The form once more, if its suggestion still stands.
async fn again(visit: &Visit, form: Fields, error: DeskError) -> Answer {
    if matches!(error, DeskError::NotFound) {
        return gone(visit).await;
    }
    let typed = Typed::again(form, Problem::from(error), visit.language)?;
    let shown = Shown {
        typed,
        ..Shown::default()
    };
    answer(visit, shown).await
}

/// What is left, for whoever came second.
async fn gone(visit: &Visit) -> Answer {
    let shown = Shown {
        is_gone: true,
        ..Shown::default()
    };
    answer(visit, shown).await
}

static PREVIEW: Call = Call::post("/console/words/suggestions/preview", Requirement::ADMIN)
    .named(
        "console.suggestions.preview",
        "What a suggestion would have found",
    )
    .any_query()
    .stores_nothing()
    .to(|| web::route().to(preview));

async fn preview(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &PREVIEW).await?;
    let Some(suggestion) = find(&visit, form.typed("id")).await? else {
        return gone(&visit).await;
    };
    let draft = PreviewDraft {
        change: Some(ProposedChange::Put(draft_of(suggestion, &form), None, "")),
        newest: None,
    };
    match state.desk.words.preview(draft).await {
        Ok(view) => {
            let shown = Shown {
                typed: Typed::of(form),
                preview: Some(Preview::of(&view, &visit)),
                is_gone: false,
            };
            answer(&visit, shown).await
        }
        Err(error) => again(&visit, form, error).await,
    }
}

/// The suggestion of this id, if it still stands.
async fn find(visit: &Visit, id: &str) -> Result<Option<SuggestionView>, DeskError> {
    let all = PageQuery {
        limit: Some(PAGE_MAX.to_string()),
        ..PageQuery::default()
    };
    let found = visit.state.desk.words.suggestions(&all).await?;
    let mut items = found.items.into_iter();
    Ok(items.find(|one| one.id == id))
}

/// The word that a suggestion becomes, in the columns of its kind.
fn draft_of(of: SuggestionView, form: &Fields) -> WordDraft {
    let kind = kind_of(Some(of.kind));
    let mut cells = vec![Some(of.text)];
    if kind == WordKind::Term {
        cells.push(Some(form.get("severity").unwrap_or("2").to_owned()));
    }
    let columns = if kind == WordKind::Term { 9 } else { 2 };
    cells.resize(columns, None);
    WordDraft {
        kind,
        code: of.code.map(str::to_owned),
        cells,
    }
}
