//! The board's own words: terms, innocent phrases and examples over those of the files; added, changed, retired, and put back.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{
        PAGE_MAX, PageQuery, PreviewDraft, ProposedChange, WordDraft, WordQuery,
        views::{PreviewHitsView, PreviewSampleView, PreviewView, WordStepView, WordView},
    },
    http::{
        call::Call,
        console::{
            ages::Age,
            chart::number,
            comment_row::{self, VerdictBadge},
            confirm::{self, Question},
            flash::Told,
            form::Fields,
            layout::{Entry, Place, Shell},
            links,
            list::{Choice, Ends, Tab, choices},
            marks::{self, Mark, Piece},
            names, render,
            text::texts,
            typed::{Typed, done},
            visit::{Answer, State, Visit},
        },
        problem::{Code, Language, Problem},
    },
    record::{ReasonCode, WordKind, WordList},
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[
    &LIST, &ADD, &EDIT, &PREVIEW, &CHANGE, &RETIRE, &STEPS, &ROLL_BACK,
];
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
const STEPS_PATH: &str = "/console/words/steps";
/// How many words a page shows.
const ROWS: &str = "50";
const KINDS: [WordKind; 3] = [WordKind::Term, WordKind::Exception, WordKind::Example];

texts! {
    /// The labels of the pages.
    pub struct WordsTexts {
        title: "詞庫", "Words";
        lead: "變更立即生效，並記錄是誰、為什麼。內建的檔案不會改寫，隨時可以還原。", "Changes are in force at once, with who made them and why. The shipped files stay as they are, and every change can be put back.";
        what: "看什麼", "What";
        terms: "詞條", "Terms";
        exceptions: "無害詞語", "Innocent phrases";
        examples: "例句", "Examples";
        steps: "變更紀錄", "Changes";
        suggestions: "建議", "Suggestions";
        suggested: "依裁決建議的詞", "Words that the rulings suggest";
        search: "搜尋詞條或寫法", "Search words and spellings";
        code: "事由", "Reason";
        origin: "來源", "From";
        any: "不限", "Any";
        files: "內建檔案", "The files";
        changed: "本站修改", "Changed here";
        added: "本站新增", "Added here";
        retired: "已停用", "Retired";
        only_retired: "只看停用的", "Only retired ones";
        apply: "套用", "Apply";
        word: "文字", "Text";
        severity: "嚴重度", "Severity";
        details: "說明", "Details";
        change: "變更", "Change";
        empty: "沒有符合的詞", "No word matches";
        empty_lead: "可放寬條件，或在下方新增。", "Try fewer filters, or add one below.";
        empty_examples: "還沒有自己的例句", "The board has no examples of its own yet";
        empty_examples_lead: "例句讓評分學習這個版的用語；在下方新增一句。", "The score learns from them how this board writes. Add one below.";
        add: "新增", "Add";
        add_term: "新增詞條", "Add a term";
        add_exception: "新增無害詞語", "Add an innocent phrase";
        add_example: "新增例句", "Add an example";
        term: "詞條", "Term";
        term_hint: "留言中要找的字詞", "What is searched for in comments";
        phrase: "無害的詞語", "Phrase";
        phrase_hint: "完全在這段詞語內的命中不算，如「幹部」中的「幹」", "A hit wholly inside it does not count";
        text: "例句", "Text";
        label: "標記", "Label";
        harmless: "無害", "Harmless";
        abuse: "辱罵", "Abuse";
        scam: "詐騙", "Scam";
        kind: "類別（可不填）", "Kind (optional)";
        severity_hint: "0 只觀察、1 只記錄，2 至 3 送審，4 依規則可移除", "0 observes, 1 notes, 2 and 3 flag, 4 may remove as the rules say";
        more: "進階", "More";
        surfaces: "位置", "Surfaces";
        surfaces_hint: "body、nickname、tags，以逗號分隔；留空為全部", "body, nickname, tags, by commas; empty: everywhere";
        matching: "比對方式", "Match";
        matching_default: "依文字種類", "As its script asks for";
        aim: "對象", "Aim";
        aim_always: "一律計入", "Always";
        aim_aimed: "有所指時才計入", "Only where somebody is meant";
        variants: "可還原的偽裝", "Disguises undone";
        variants_hint: "以逗號分隔、all 或 none；留空依嚴重度與長度", "By commas, all or none; empty: by severity and length";
        spellings: "列出的寫法", "Listed spellings";
        spellings_hint: "如 initials:kb|kp，各種寫法以分號隔開", "Such as initials:kb|kp, kinds by semicolons";
        context: "前後文", "Context";
        context_hint: "如 near:AB|CD+2，+2 是相隔的字數", "Such as near:AB|CD+2; +2 is how far";
        note: "備註（可不填）", "Remark (optional)";
        reason: "原因", "Why";
        reason_hint: "同事會在變更紀錄中看到", "Colleagues see it among the changes";
        save: "儲存變更", "Save";
        preview: "先試算影響", "Preview";
        preview_title: "試算結果", "What it would have found";
        preview_lead: "在最新的留言上試算，尚未生效。", "Tried on the newest comments; nothing is in force.";
        tried: "試算的留言", "Comments tried";
        incomplete: "時間到了，只算了一部分", "The time was over; these are a part";
        newly_hit: "新命中", "Newly hit";
        no_longer_hit: "不再命中", "No longer hit";
        per_thousand: "每千則", "per thousand";
        ruled_approved: "版主曾保留", "let stand by moderators";
        ruled_removed: "版主曾移除", "removed by moderators";
        harsher: "判定變嚴", "Judged harsher";
        milder: "判定變寬", "Judged milder";
        retire: "停用", "Retire";
        retire_lead: "停用後不再比對，隨時可以再啟用（儲存即恢復）。", "It is searched for no longer; saving it again brings it back.";
        edit: "變更詞條", "Change a word";
        gone: "這個詞剛剛改變了，請回到列表再開啟一次。", "The word has just changed. Go back to the list and open it again.";
        try_it: "先試判一段文字", "Try a text first";
        steps_lead: "每一次變更都是一個版本。還原會產生新的版本，不會刪除紀錄。", "Each change is a version. Going back makes another; nothing is deleted.";
        no_steps: "還沒有變更過", "Nothing was changed yet";
        no_steps_lead: "使用的是內建的詞庫。", "The shipped words are in force.";
        version: "版本", "Version";
        rolled_back: "還原到版本", "Back to version";
        back_here: "還原到這裡", "Go back to this";
        back_shipped: "還原為內建詞庫", "Go back to the shipped words";
        ask_back: "確定要還原詞庫？", "Go back to this version?";
        ask_back_1: "之後的變更全部失效，立即影響新的留言；已判定的留言不會改變。", "Every later change is out of force at once, for new comments; what was judged stays as it is.";
        ask_back_2: "紀錄會保留，也可以再還原回來。", "The record stays, and you can come back.";
    }
}

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

/// What a change would have found in stored comments.
pub struct Preview {
    pub tried: u32,
    pub complete: bool,
    pub harsher: u32,
    pub milder: u32,
    pub hits: Vec<PreviewHits>,
}

/// Comments that a change concerns.
pub struct PreviewHits {
    pub title: &'static str,
    pub comments: u32,
    pub per_thousand: String,
    pub approved: u32,
    pub removed: u32,
    pub samples: Vec<Sample>,
}

/// One of them.
pub struct Sample {
    pub href: String,
    pub pieces: Vec<Piece>,
    pub before: VerdictBadge,
    pub after: VerdictBadge,
}

impl Preview {
    /// As the page shows it.
    pub fn of(view: &PreviewView, visit: &Visit) -> Self {
        let w = WordsTexts::of(visit.language);
        Self {
            tried: view.tried,
            complete: view.complete,
            harsher: view.harsher,
            milder: view.milder,
            hits: vec![
                hits(w.newly_hit, &view.newly_hit, visit),
                hits(w.no_longer_hit, &view.no_longer_hit, visit),
            ],
        }
    }
}

fn hits(title: &'static str, view: &PreviewHitsView, visit: &Visit) -> PreviewHits {
    PreviewHits {
        title,
        comments: view.comments,
        per_thousand: number(view.per_thousand),
        approved: view.ruled.approve,
        removed: view.ruled.remove + view.ruled.remove_tags,
        samples: view.samples.iter().map(|one| sample(one, visit)).collect(),
    }
}

fn sample(one: &PreviewSampleView, visit: &Visit) -> Sample {
    let place = one.start.zip(one.end).map(|(start, end)| Mark {
        start: start as usize,
        end: end as usize,
        severity: 2,
        guessed: false,
        hit: 0,
    });
    Sample {
        href: links::comment(&one.comment_id),
        pieces: comment_row::excerpt(one.text.as_deref().unwrap_or(""), place.as_slice()),
        before: VerdictBadge::of(one.before, visit.language),
        after: VerdictBadge::of(one.after, visit.language),
    }
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

/// How many words the rulings suggest; none where that cannot be told now, for which the list need not wait.
async fn suggested(visit: &Visit) -> usize {
    let all = PageQuery {
        limit: Some(PAGE_MAX.to_string()),
        ..PageQuery::default()
    };
    let found = visit.state.desk.words.suggestions(&all).await;
    found.map_or(0, |found| found.items.len())
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
        suggested: suggested(visit).await,
        lines: items.map(|word| line(word, kind, visit)).collect(),
        search: fields.get("q").unwrap_or("").to_owned(),
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

/// The word that an address or a form names, by its text and its id.
fn find(visit: &Visit, fields: &Fields) -> Result<WordView, Problem> {
    let kind = kind_of(fields.get("of"));
    let id = fields.get("id").unwrap_or("");
    let mut query = WordQuery {
        q: fields.get("q").map(str::to_owned),
        ..WordQuery::default()
    };
    query.page.limit = Some(PAGE_MAX.to_string());
    loop {
        let found = visit.state.desk.words.list(kind, &query)?;
        let mut items = found.items.into_iter();
        if let Some(word) = items.find(|word| word.facts().id == id) {
            return Ok(word);
        }
        query.page.cursor = found.next_cursor;
        if query.page.cursor.is_none() {
            return Err(Problem::new(Code::NotFound));
        }
    }
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
    let (id, reason) = (form.get("id").unwrap_or(""), form.get("reason"));
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
    let (id, reason) = (form.get("id").unwrap_or(""), form.get("reason"));
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
