//! Trying a text: what would be decided, every hit marked, what disguises were undone, what was dropped and why, and what the
//! score leaned on. Nothing is stored.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{
        TryDraft,
        views::{CandidateView, ScoreView, TryView},
    },
    http::{
        call::{Call, LARGE_BYTES_MAX},
        console::{
            chart::number,
            comment_row::{self, ReasonCell, VerdictBadge},
            form::Fields,
            layout::{Entry, Place, Shell},
            marks::{self, Mark, Piece},
            names, render,
            text::texts,
            typed::Typed,
            visit::{Answer, State, Visit},
        },
        problem::{Language, Problem},
    },
    intake::ArticleDraft,
    text::Surface,
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&SHOW, &TRY];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "試判文字",
    en: "Try a text",
    place: Place::More,
    requirement: Requirement::READ,
}];

const PATH: &str = "/console/try";
/// How many candidates are shown; a text made to hold thousands has no page of its own.
const CANDIDATES_MAX: usize = 100;
/// How much of a long text is shown.
const SHOWN_CHARS_MAX: usize = 3_000;

texts! {
    /// The labels of the page.
    pub struct TryTexts {
        title: "試判文字", "Try a text";
        lead: "看看一段文字會如何判定、為什麼。不會儲存任何內容。", "See what would be decided about a text, and why. Nothing is stored.";
        body: "內文", "Text";
        nickname: "暱稱", "Nickname";
        tags: "標籤（以逗號或換行分隔）", "Tags (separated by commas or lines)";
        article: "文章（判定標籤是否相關）", "Article (to judge the tags against)";
        article_title: "文章標題", "Article title";
        article_body: "文章內文", "Article text";
        go: "試判", "Try";
        result: "判定結果", "Result";
        would_be: "若觀察中的規則生效：", "If observed codes counted: ";
        reasons: "理由", "Reasons";
        no_reasons: "沒有找到任何問題。", "Nothing was found.";
        reason: "事由", "Reason";
        place: "位置", "Where";
        term: "詞條", "Term";
        written: "原文", "As written";
        how: "還原的偽裝", "Disguise undone";
        guess: "推測", "Guess";
        folded: "正規化後的文字", "Folded text";
        candidates: "考慮過的比對", "Matches considered";
        counts: "計入", "Counts";
        dropped: "捨棄的原因", "Why it was dropped";
        company: "語境", "Company";
        severity: "嚴重度", "Severity";
        scores: "評分", "Score";
        flag_at: "送審門檻", "Flagged from";
        features: "影響評分的特徵", "What weighed in the score";
        harmless: "負值表示較無害", "Below 0 speaks for a harmless text";
        spans: "最影響評分的字句", "What raised it most";
        notice: "會員會收到的通知", "The notice";
        rulebook: "規則版本", "Rulebook";
        model: "模型", "Model";
        more: "其餘略。", "The rest is left out.";
        candidates_none: "沒有任何詞條接近這段文字。", "No term comes near this text.";
        standing: "如同一般會員", "As a member in good standing";
    }
}

/// A surface with its marks.
struct Shown {
    surface: &'static str,
    pieces: Vec<Piece>,
    verdict: VerdictBadge,
    note: Option<String>,
}

/// A match that was considered.
struct CandidateLine {
    surface: &'static str,
    term: String,
    matched: Vec<Piece>,
    code: &'static str,
    severity: String,
    how: String,
    company: &'static str,
    dropped: Option<String>,
}

/// A score.
struct ScoreLine {
    surface: &'static str,
    score: String,
    flag_at: String,
    is_flagged: bool,
    likely: &'static str,
    pieces: Vec<Piece>,
    features: Vec<(String, String)>,
}

/// What came of it.
struct Tried {
    verdict: VerdictBadge,
    would_be: Option<VerdictBadge>,
    shown: Vec<Shown>,
    reasons: Vec<ReasonCell>,
    folded: Vec<(&'static str, Vec<Piece>)>,
    candidates: Vec<CandidateLine>,
    has_more: bool,
    scores: Vec<ScoreLine>,
    notice: Option<String>,
    rulebook: String,
    model: Option<String>,
}

#[derive(Template)]
#[template(path = "try.html", config = "src/http/console/templates/askama.toml")]
struct TryPage {
    shell: Shell,
    y: &'static TryTexts,
    typed: Typed,
    tried: Option<Tried>,
}

static SHOW: Call = Call::get(PATH, Requirement::READ)
    .named("console.try", "The form for trying a text")
    .any_query()
    .to(|| web::route().to(show));

async fn show(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &SHOW).await?;
    answer(&visit, Typed::default(), None)
}

fn answer(visit: &Visit, typed: Typed, tried: Option<Tried>) -> Answer {
    let page = TryPage {
        shell: visit.shell(PATH),
        y: TryTexts::of(visit.language),
        typed,
        tried,
    };
    render::page_as(visit, page.typed.status(), &page)
}

static TRY: Call = Call::post(PATH, Requirement::READ)
    .named("console.try.post", "Tries a text")
    .any_query()
    .bytes_max(LARGE_BYTES_MAX)
    .stores_nothing()
    .to(|| web::route().to(try_text));

async fn try_text(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &TRY).await?;
    let draft = draft_of(&form);
    match state.desk.comments.try_text(draft.clone()).await {
        Ok(view) => {
            let tried = tried(&view, &draft, visit.language);
            answer(&visit, Typed::of(form), Some(tried))
        }
        Err(error) => {
            let typed = Typed::again(form, Problem::from(error), visit.language)?;
            answer(&visit, typed, None)
        }
    }
}

fn draft_of(form: &Fields) -> TryDraft {
    let text = |name| form.get(name).map(str::to_owned);
    let tags = form.typed("tags");
    let tags = tags.split([',', '，', '、', '\n']).map(str::trim);
    let has_article = form.is_on("title") || form.is_on("article_body");
    TryDraft {
        // A browser ends lines with two characters; a comment has one.
        body: text("body").map(|body| body.replace("\r\n", "\n")),
        nickname: text("nickname"),
        tags: tags
            .filter(|tag| !tag.is_empty())
            .map(str::to_owned)
            .collect(),
        article: has_article.then(|| ArticleDraft {
            title: text("title"),
            body: text("article_body"),
            section: None,
            tags: Vec::new(),
            url: None,
        }),
    }
}

fn tried(view: &TryView, draft: &TryDraft, language: Language) -> Tried {
    let moderation = &view.moderation;
    let candidates = view.candidates.iter().take(CANDIDATES_MAX);
    let reasons = moderation.reasons.iter();
    let notice = moderation.notice.as_ref();
    Tried {
        verdict: VerdictBadge::of(moderation.verdict, language),
        would_be: moderation
            .would_be
            .map(|verdict| VerdictBadge::of(verdict, language)),
        shown: shown(view, draft, language),
        reasons: reasons.map(|one| ReasonCell::of(one, language)).collect(),
        folded: view
            .folded
            .iter()
            .map(|one| {
                let text = one.text.chars().take(SHOWN_CHARS_MAX).collect::<String>();
                (names::surface(one.surface, language), marks::plain(&text))
            })
            .collect(),
        candidates: candidates.map(|one| candidate(one, language)).collect(),
        has_more: view.candidates.len() > CANDIDATES_MAX,
        scores: view
            .scores
            .iter()
            .map(|one| score(one, draft, language))
            .collect(),
        notice: notice.map(|notice| language.pick(&notice.zh_tw, &notice.en).to_owned()),
        rulebook: moderation.rulebook.clone(),
        model: moderation.model.clone(),
    }
}

/// What was typed, with its hits marked.
fn shown(view: &TryView, draft: &TryDraft, language: Language) -> Vec<Shown> {
    let moderation = &view.moderation;
    let reasons = &moderation.reasons;
    let surfaces = &moderation.surfaces;
    let marked = |surface: Surface, text: &str, marks: Vec<Mark>, verdict, note| Shown {
        surface: names::surface(surface, language),
        pieces: marks::pieces(&cut(text), &marks),
        verdict: VerdictBadge::of(verdict, language),
        note,
    };
    let of = |surface: Surface| comment_row::marks_on(reasons, |one| one.surface == Some(surface));
    let body = draft.body.as_deref().zip(surfaces.body.as_ref());
    let body =
        body.map(|(text, one)| marked(Surface::Body, text, of(Surface::Body), one.verdict, None));
    let nickname = draft.nickname.as_deref().zip(surfaces.nickname.as_ref());
    let nickname = nickname.map(|(text, one)| {
        marked(
            Surface::Nickname,
            text,
            of(Surface::Nickname),
            one.verdict,
            None,
        )
    });
    let tags = surfaces.tags.as_deref().unwrap_or(&[]).iter().map(|tag| {
        let is_of = |one: &crate::desk::views::ReasonView| one.tag.as_deref() == Some(&tag.tag);
        let evidence = names::evidence(tag.evidence, language).to_owned();
        let marks = comment_row::marks_on(reasons, is_of);
        marked(Surface::Tags, &tag.tag, marks, tag.verdict, Some(evidence))
    });
    body.into_iter().chain(nickname).chain(tags).collect()
}

/// The beginning of a long text.
fn cut(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

fn candidate(one: &CandidateView, language: Language) -> CandidateLine {
    let company = one.company.map_or("", |company| company.in_words());
    CandidateLine {
        surface: names::surface(one.surface, language),
        term: one.term.clone(),
        matched: marks::plain(&one.matched),
        code: names::code(one.code, language),
        severity: match one.counts == one.severity {
            true => one.severity.to_string(),
            false => format!("{} → {}", one.severity, one.counts),
        },
        how: names::disguises(one.how, language),
        // In both languages, with a stroke between.
        company: match (company.split_once(" / "), language) {
            (Some((zh_tw, _)), Language::ZhTw) => zh_tw,
            (Some((_, en)), Language::En) => en,
            (None, _) => company,
        },
        dropped: one.dropped.as_ref().map(|dropped| {
            let why = names::dropped(dropped.by, language);
            match dropped.what.is_empty() {
                true => why.to_owned(),
                false => format!("{why}{}{}", language.pick("：", ": "), dropped.what),
            }
        }),
    }
}

fn score(one: &ScoreView, draft: &TryDraft, language: Language) -> ScoreLine {
    let text = match one.surface {
        Surface::Nickname => draft.nickname.as_deref(),
        _ => draft.body.as_deref(),
    };
    let marks = one.spans.iter().enumerate().map(|(hit, span)| Mark {
        start: span.start as usize,
        end: span.end as usize,
        severity: 0,
        guessed: false,
        hit,
    });
    let features = one.features.iter();
    ScoreLine {
        surface: names::surface(one.surface, language),
        score: number(one.score),
        flag_at: number(one.flag_at),
        is_flagged: one.score >= one.flag_at,
        likely: names::code(one.likely, language),
        pieces: marks::pieces(&cut(text.unwrap_or("")), &marks.collect::<Vec<_>>()),
        features: features
            .map(|feature| (feature.name.clone(), format!("{:+.2}", feature.weight)))
            .collect(),
    }
}
