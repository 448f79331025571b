//! The board's own words: terms, innocent phrases and examples over those of the files; added, changed, retired, and put back.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{PreviewDraft, ProposedChange, WordDraft, WordQuery, views::WordView},
    http::{
        call::Call,
        console::{
            ages::Age,
            flash::Told,
            form::Fields,
            layout::{Entry, Place, Shell},
            list::{Choice, Ends, Tab, choices},
            marks::{self, Piece},
            names, render,
            typed::{Typed, done},
            visit::{Answer, State, Visit},
            word_preview::Preview,
            words_texts::WordsTexts,
        },
        problem::{Language, Problem},
    },
    record::{ReasonCode, WordKind, WordList},
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&LIST, &ADD, &EDIT, &PREVIEW, &CHANGE, &RETIRE];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "詞庫",
    en: "Words",
    place: Place::More,
    requirement: Requirement::READ,
}];

/// The page of the words, under which those about them stand.
pub const PATH: &str = "/console/words";
/// The page of what the rulings suggest.
pub const SUGGESTIONS_PATH: &str = "/console/words/suggestions";
/// The page of what was changed.
pub const STEPS_PATH: &str = "/console/words/steps";
/// How many words a page shows.
const ROWS: &str = "50";
const KINDS: [WordKind; 3] = [WordKind::Term, WordKind::Exception, WordKind::Example];

/// A word in the list.
struct Line {
    text: Vec<Piece>,
    code: Option<String>,
    severity: Option<u8>,
    label: Option<&'static str>,
    origin: &'static str,
    is_own: bool,
    retired: bool,
    details: Vec<String>,
    who: Option<(String, Age, String)>,
    edit_href: String,
}

/// What the form of a word holds.
struct Form {
    kind: WordKind,
    codes: Vec<Choice>,
    labels: Vec<Choice>,
    severities: Vec<Choice>,
    matchings: Vec<Choice>,
    aims: Vec<Choice>,
    typed: Typed,
    preview: Option<Preview>,
}

impl Form {
    fn new(typed: Typed, kind: WordKind, preview: Option<Preview>, language: Language) -> Self {
        let w = WordsTexts::of(language);
        let named =
            |names: [(&'static str, &str); 3]| names.map(|(name, label)| (name, label.to_owned()));
        let severity = Some(typed.get("severity")).filter(|raw| !raw.is_empty());
        Self {
            kind,
            codes: choices(codes(language), Some(typed.get("code"))),
            labels: choices(
                named([
                    ("harmless", w.harmless),
                    ("abuse", w.abuse),
                    ("scam", w.scam),
                ]),
                Some(typed.get("label")),
            ),
            severities: severities(severity),
            matchings: choices(
                ["anywhere", "word", "whole"].map(|one| (one, one.to_owned())),
                Some(typed.get("match")),
            ),
            aims: choices([("aimed", w.aim_aimed.to_owned())], Some(typed.get("aim"))),
            typed,
            preview,
        }
    }

    fn is_term(&self) -> bool {
        self.kind == WordKind::Term
    }

    fn is_exception(&self) -> bool {
        self.kind == WordKind::Exception
    }
}

/// The severities, this one or the usual one chosen.
pub fn severities(chosen: Option<&str>) -> Vec<Choice> {
    let all = ["0", "1", "2", "3", "4"].map(|one| (one, one.to_owned()));
    choices(all, chosen.or(Some("2")))
}

#[derive(Template)]
#[template(path = "words.html", config = "src/http/console/templates/askama.toml")]
struct WordsPage {
    shell: Shell,
    w: &'static WordsTexts,
    tabs: Vec<Tab>,
    suggested: usize,
    lines: Vec<Line>,
    search: String,
    codes: Vec<Choice>,
    origins: Vec<Choice>,
    only_retired: bool,
    is_narrowed: bool,
    ends: Ends,
    may_change: bool,
    form: Form,
}

static LIST: Call = Call::get(PATH, Requirement::READ)
    .named("console.words", "The board's words")
    .any_query()
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &LIST).await?;
    let kind = kind_of(visit.query.get("of"));
    list_page(&visit, kind, Typed::default(), None).await
}

/// The kind of this name, else terms.
pub fn kind_of(name: Option<&str>) -> WordKind {
    let found = KINDS.into_iter().find(|kind| Some(kind.name()) == name);
    found.unwrap_or(WordKind::Term)
}

async fn list_page(
    visit: &Visit,
    kind: WordKind,
    typed: Typed,
    preview: Option<Preview>,
) -> Answer {
    let (fields, language) = (&visit.query, visit.language);
    let w = WordsTexts::of(language);
    let query = query_of(fields, kind);
    let found = visit.state.desk.words.list(kind, &query)?;
    let items = found.items.iter();
    let origins = [
        ("files", w.files),
        ("changed", w.changed),
        ("added", w.added),
    ];
    let origins = origins.map(|(name, label)| (name, label.to_owned()));
    let page = WordsPage {
        shell: visit.shell(PATH),
        w,
        tabs: tabs(kind.name(), w),
        suggested: visit.state.desk.words.suggested(),
        lines: items.map(|word| line(word, kind, visit)).collect(),
        search: fields.typed("q").to_owned(),
        codes: choices(codes(language), query.code.as_deref()),
        origins: choices(origins, query.origin.as_deref()),
        only_retired: query.retired.is_some(),
        is_narrowed: query.code.is_some() || query.origin.is_some() || query.retired.is_some(),
        ends: Ends::of(PATH, fields, found.next_cursor),
        may_change: visit.may(Requirement::ADMIN),
        form: Form::new(typed, kind, preview, language),
    };
    render::page_as(visit, page.form.typed.status(), &page)
}

fn query_of(fields: &Fields, kind: WordKind) -> WordQuery {
    let text = |name| fields.get(name).map(str::to_owned);
    let mut page = fields.page();
    page.limit = page.limit.or_else(|| Some(ROWS.to_owned()));
    WordQuery {
        q: text("q"),
        code: text("code").filter(|_| kind == WordKind::Term),
        origin: text("origin"),
        author: text("author"),
        retired: text("retired"),
        page,
    }
}

/// The pages about the words, this one on.
pub fn tabs(on: &str, w: &'static WordsTexts) -> Vec<Tab> {
    let tab = |name: &str, label| Tab {
        label,
        href: Fields::default().address(PATH, &[], &[("of", name)]),
        is_on: name == on,
    };
    let other = |name: &str, label, path: &str| Tab {
        label,
        href: path.to_owned(),
        is_on: name == on,
    };
    vec![
        tab("term", w.terms),
        tab("exception", w.exceptions),
        tab("example", w.examples),
        other("suggestions", w.suggestions, SUGGESTIONS_PATH),
        other("steps", w.steps, STEPS_PATH),
    ]
}

/// The codes that have a list.
fn codes(language: Language) -> Vec<(&'static str, String)> {
    let lists = WordList::ALL.into_iter();
    let codes = lists.filter_map(|list| Some(list.code()?.name()));
    codes
        .map(|name| (name, code_name(name, language)))
        .collect()
}

/// What people read for a code.
pub fn code_name(name: &str, language: Language) -> String {
    let code = ReasonCode::parse(name);
    code.map_or(name, |code| names::code(code, language))
        .to_owned()
}

fn line(word: &WordView, kind: WordKind, visit: &Visit) -> Line {
    let w = WordsTexts::of(visit.language);
    let facts = word.facts();
    let edit = [
        ("of", kind.name()),
        ("id", facts.id.as_str()),
        ("q", word.text()),
    ];
    let details = [facts.note.as_ref()].into_iter().flatten().cloned();
    let (code, severity, label, more) = match word {
        WordView::Term(term) => (
            Some(code_name(term.code, visit.language)),
            Some(term.severity),
            None,
            vec![
                term.spellings.clone(),
                term.context.clone(),
                term.aim.clone(),
            ],
        ),
        WordView::Exception(_) => (None, None, None, Vec::new()),
        WordView::Example(example) => (None, None, Some(label(&example.label, w)), Vec::new()),
    };
    Line {
        text: marks::plain(word.text()),
        code,
        severity,
        label,
        origin: match facts.origin {
            "added" => w.added,
            "changed" => w.changed,
            _ => w.files,
        },
        is_own: facts.origin != "files",
        retired: facts.retired,
        details: more.into_iter().flatten().chain(details).collect(),
        who: facts.author.as_ref().zip(facts.changed_at).map(|(by, at)| {
            let age = Age::new(at, visit.now, visit.zone(), visit.language);
            let why = facts.reason.clone().unwrap_or_default();
            (names::actor(by, visit.language), age, why)
        }),
        edit_href: Fields::default().address("/console/words/edit", &[], &edit),
    }
}

fn label(name: &str, w: &WordsTexts) -> &'static str {
    match name {
        "abuse" => w.abuse,
        "scam" => w.scam,
        _ => w.harmless,
    }
}

static ADD: Call = Call::post(PATH, Requirement::ADMIN)
    .named("console.words.add", "Adds a word")
    .any_query()
    .to(|| web::route().to(add));

async fn add(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &ADD).await?;
    let kind = kind_of(form.get("of"));
    let reason = form.get("reason").map(str::to_owned);
    let words = &state.desk.words;
    match words
        .add(visit.caller()?, draft_of(&form, kind), reason, None)
        .await
    {
        Ok(added) => {
            let added = done(added)?;
            let text = [("of", kind.name()), ("q", added.text())];
            Ok(visit.done(&Fields::default().address(PATH, &[], &text), Told::Saved))
        }
        Err(error) => {
            let typed = Typed::again(form, Problem::from(error), visit.language)?;
            list_page(&visit, kind, typed, None).await
        }
    }
}

/// The cells of a form, in the order of the columns of its kind.
fn draft_of(form: &Fields, kind: WordKind) -> WordDraft {
    // A browser ends lines with two characters.
    let cell = |name: &&str| form.get(name).map(|text| text.replace("\r\n", "\n"));
    let columns: &[&str] = match kind {
        WordKind::Term => &[
            "term",
            "severity",
            "surfaces",
            "match",
            "aim",
            "variants",
            "spellings",
            "context",
            "note",
        ],
        WordKind::Exception => &["phrase", "note"],
        WordKind::Example => &["text", "label", "kind"],
    };
    WordDraft {
        kind,
        code: form.get("code").map(str::to_owned),
        cells: columns.iter().map(cell).collect(),
    }
}

#[derive(Template)]
#[template(
    path = "word_edit.html",
    config = "src/http/console/templates/askama.toml"
)]
struct EditPage {
    shell: Shell,
    w: &'static WordsTexts,
    id: String,
    text: Vec<Piece>,
    version: u32,
    origin: &'static str,
    retired: bool,
    back: String,
    form: Form,
}

static EDIT: Call = Call::get("/console/words/edit", Requirement::ADMIN)
    .named("console.words.edit", "The form of a word")
    .any_query()
    .to(|| web::route().to(edit));

async fn edit(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &EDIT).await?;
    let word = find(&visit, &visit.query)?;
    edit_page(&visit, &word, Typed::of(fields_of(&word)), None)
}

/// The word that an address or a form names.
fn find(visit: &Visit, fields: &Fields) -> Result<WordView, Problem> {
    let kind = kind_of(fields.get("of"));
    let words = &visit.state.desk.words;
    Ok(words.word(kind, fields.typed("id"))?)
}

/// A word as the form shows it.
fn fields_of(word: &WordView) -> Fields {
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let facts = word.facts();
    let severity;
    let pairs: Vec<(&str, String)> = match word {
        WordView::Term(term) => {
            severity = term.severity.to_string();
            vec![
                ("code", term.code.to_owned()),
                ("term", term.term.clone()),
                ("severity", severity),
                ("surfaces", given(&term.surfaces)),
                ("match", given(&term.matching)),
                ("aim", given(&term.aim)),
                ("variants", given(&term.variants)),
                ("spellings", given(&term.spellings)),
                ("context", given(&term.context)),
                ("note", given(&facts.note)),
            ]
        }
        WordView::Exception(one) => {
            vec![("phrase", one.phrase.clone()), ("note", given(&facts.note))]
        }
        WordView::Example(one) => vec![
            ("text", one.text.clone()),
            ("label", one.label.clone()),
            ("kind", one.kind.clone()),
        ],
    };
    Fields::of(pairs)
}

fn edit_page(visit: &Visit, word: &WordView, typed: Typed, preview: Option<Preview>) -> Answer {
    let w = WordsTexts::of(visit.language);
    let kind = match word {
        WordView::Term(_) => WordKind::Term,
        WordView::Exception(_) => WordKind::Exception,
        WordView::Example(_) => WordKind::Example,
    };
    let facts = word.facts();
    let page = EditPage {
        shell: visit.shell(PATH),
        w,
        id: facts.id.clone(),
        text: marks::plain(word.text()),
        version: facts.version.unwrap_or(0),
        origin: line(word, kind, visit).origin,
        retired: facts.retired,
        back: Fields::default().address(PATH, &[], &[("of", kind.name())]),
        form: Form::new(typed, kind, preview, visit.language),
    };
    render::page_as(visit, page.form.typed.status(), &page)
}

static PREVIEW: Call = Call::post("/console/words/preview", Requirement::ADMIN)
    .named("console.words.preview", "What a change would have found")
    .any_query()
    .stores_nothing()
    .to(|| web::route().to(preview));

async fn preview(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &PREVIEW).await?;
    let kind = kind_of(form.get("of"));
    let id = form.get("id").map(str::to_owned);
    let change = ProposedChange::Put(draft_of(&form, kind), id.clone(), "");
    let draft = PreviewDraft {
        change: Some(change),
        newest: None,
    };
    let word = id.map(|_| find(&visit, &form)).transpose()?;
    let (typed, preview) = match state.desk.words.preview(draft).await {
        Ok(view) => (Typed::of(form), Some(Preview::of(&view, &visit))),
        Err(error) => (
            Typed::again(form, Problem::from(error), visit.language)?,
            None,
        ),
    };
    match word {
        Some(word) => edit_page(&visit, &word, typed, preview),
        None => list_page(&visit, kind, typed, preview).await,
    }
}

static CHANGE: Call = Call::post("/console/words/change", Requirement::ADMIN)
    .named("console.words.change", "Changes a word")
    .any_query()
    .to(|| web::route().to(change));

async fn change(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &CHANGE).await?;
    let kind = kind_of(form.get("of"));
    let (id, reason) = (form.typed("id"), form.get("reason"));
    let words = &state.desk.words;
    let changed = words.change(
        visit.caller()?,
        id,
        draft_of(&form, kind),
        reason.map(str::to_owned),
        expected(&form),
    );
    match changed.await {
        Ok(changed) => Ok(visit.done(&of_text(kind, changed.text()), Told::Saved)),
        Err(error) => again(&visit, form, error.into()),
    }
}

/// The version that the form was made from: who comes second is told.
fn expected(form: &Fields) -> Option<u32> {
    form.get("expect").and_then(|raw| raw.parse().ok())
}

fn of_text(kind: WordKind, text: &str) -> String {
    Fields::default().address(PATH, &[], &[("of", kind.name()), ("q", text)])
}

/// The form once more, beside the word as it is by now.
fn again(visit: &Visit, form: Fields, problem: Problem) -> Answer {
    let typed = Typed::again(form.clone(), problem, visit.language)?;
    let word = find(visit, &form)?;
    edit_page(visit, &word, typed, None)
}

static RETIRE: Call = Call::post("/console/words/retire", Requirement::ADMIN)
    .named("console.words.retire", "Retires a word")
    .any_query()
    .to(|| web::route().to(retire));

async fn retire(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &RETIRE).await?;
    let kind = kind_of(form.get("of"));
    let (id, reason) = (form.typed("id"), form.get("reason"));
    let words = &state.desk.words;
    let reason = reason.map(str::to_owned);
    let retired = words.retire(visit.caller()?, kind, id, reason, expected(&form));
    match retired.await {
        Ok(retired) => Ok(visit.done(&of_text(kind, retired.text()), Told::Saved)),
        Err(error) => {
            let word = find(&visit, &form)?;
            let typed = Typed::again(with_cells(&word, &form), error.into(), visit.language)?;
            edit_page(&visit, &word, typed, None)
        }
    }
}

/// The word's own cells: a form that retires it holds none.
fn with_cells(word: &WordView, form: &Fields) -> Fields {
    let cells = fields_of(word);
    let own = form.pairs().filter(|(name, _)| *name != "q");
    let pairs = cells.pairs().chain(own);
    Fields::of(
        pairs
            .map(|(name, value)| (name, value.to_owned()))
            .collect(),
    )
}
