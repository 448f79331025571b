//! Judging stored comments again by today's rulebook: a dry run first, and then just what it showed.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use askama::Template;

use super::comments;
use crate::{
    access::Requirement,
    desk::{
        CommentQuery,
        views::{RejudgePreviewView, RejudgeSampleView, RejudgeView},
    },
    http::{
        call::Call,
        console::{
            ages::{self, Age},
            comment_row::VerdictBadge,
            flash::Told,
            form::Fields,
            layout::Shell,
            links,
            list::Ends,
            marks::{self, Piece},
            names, render,
            text::texts,
            typed::done,
            visit::{Answer, State, Visit},
        },
        problem::{Code, Problem},
    },
    id::RejudgeId,
    record::RejudgeState,
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&SHOW, &PREVIEW, &BEGIN];

const PATH: &str = "/console/comments/rejudge";
/// The filters that a search hands on.
const FILTERS: &[&str] = &[
    "q",
    "verdict",
    "decided_by",
    "code",
    "term",
    "guessed",
    "member",
    "article",
    "from",
    "to",
    "rulebook",
];

texts! {
    /// The labels of the page.
    pub struct RejudgeTexts {
        title: "重新判定", "Judge again";
        lead: "以現行規則重看已判定的留言：現在會通過的，恢復刊登並通知論壇。只會放寬，不會加重；版主裁決過的不受影響。", "Looks at judged comments by today’s rules: what passes now is restored and the board is told. It only ever clears; what moderators ruled stays.";
        filters: "範圍", "Which";
        all: "所有送審或移除的留言", "Everything flagged or removed";
        preview: "試跑", "Dry run";
        preview_lead: "只計算，不變更任何留言。", "Counts only; nothing changes.";
        result: "試跑結果", "What would change";
        judged: "重看的留言", "Looked at";
        restored: "恢復刊登", "Restored";
        flagged: "移除改為待審", "From removed to flagged";
        cleared: "待審改為通過", "Cleared";
        tags: "僅暱稱或標籤", "Only a nickname or tag";
        harsher: "現行規則更嚴（不變更）", "Harsher today (left alone)";
        nothing: "沒有留言會改變。", "No comment would change.";
        begin: "套用這些變更", "Apply these changes";
        samples: "其中幾則", "Some of them";
        next: "試跑下一批", "Dry run of the next part";
        jobs: "先前的重新判定", "Earlier ones";
        no_jobs: "還沒有重新判定過", "Nothing was judged again yet";
        no_jobs_lead: "在留言頁以篩選條件找出範圍，再由此試跑。", "Find the range by the filters of the comments, and make a dry run from there.";
        previewed: "已試跑", "Previewed";
        running: "進行中", "Running";
        finished: "已完成", "Done";
        stopped: "規則已變更，停止", "Stopped: the rules changed";
        of: "／", " of ";
        changed: "已變更", "changed";
        search: "回到留言", "To the comments";
    }
}

/// A job.
struct Job {
    id: String,
    state: &'static str,
    class: &'static str,
    by: String,
    age: Age,
    done: u32,
    comments: usize,
    changed: u32,
    rulebook: String,
}

/// A comment that would change.
struct Sample {
    href: String,
    text: Vec<Piece>,
    from: VerdictBadge,
    to: VerdictBadge,
    codes: String,
}

/// What a dry run found.
struct Found {
    id: String,
    counts: Vec<(&'static str, u32)>,
    changes: usize,
    samples: Vec<Sample>,
    next_cursor: Option<String>,
}

#[derive(Template)]
#[template(
    path = "rejudge.html",
    config = "src/http/console/templates/askama.toml"
)]
struct RejudgePage {
    shell: Shell,
    j: &'static RejudgeTexts,
    filters: Vec<(String, String)>,
    found: Option<Found>,
    jobs: Vec<Job>,
    ends: Ends,
}

static SHOW: Call = Call::get(PATH, Requirement::ADMIN)
    .named("console.rejudge", "Judging again")
    .any_query()
    .to(|| web::route().to(show));

async fn show(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &SHOW).await?;
    let filters = visit.query.clone();
    answer(&visit, &filters, None).await
}

async fn answer(visit: &Visit, filters: &Fields, found: Option<Found>) -> Answer {
    let all = visit.state.desk.rejudging.all().await?;
    let list = visit.query.page();
    let list = list.paginate("rejudgements", all, |job| job.id.to_string())?;
    let kept = filters.pairs().filter(|(name, _)| FILTERS.contains(name));
    let items = list.items.iter();
    let page = RejudgePage {
        shell: visit.shell(comments::PATH),
        j: RejudgeTexts::of(visit.language),
        filters: kept
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        found,
        jobs: items.map(|one| job(one, visit)).collect(),
        ends: Ends::of(PATH, &visit.query, list.next_cursor),
    };
    render::page(visit, &page)
}

fn job(job: &RejudgeView, visit: &Visit) -> Job {
    let j = RejudgeTexts::of(visit.language);
    let (state, class) = match job.state {
        RejudgeState::Previewed => (j.previewed, ""),
        RejudgeState::Running => (j.running, "warn"),
        RejudgeState::Done => (j.finished, "good"),
        RejudgeState::Stopped => (j.stopped, "bad"),
    };
    Job {
        id: job.id.to_string(),
        state,
        class,
        by: names::actor(&job.by, visit.language),
        age: Age::new(job.at, visit.now, visit.zone(), visit.language),
        done: job.done,
        comments: job.comments,
        changed: job.changed,
        rulebook: job.rulebook.clone(),
    }
}

static PREVIEW: Call = Call::post(PATH, Requirement::ADMIN)
    .named("console.rejudge.preview", "What judging again would change")
    .any_query()
    .to(|| web::route().to(preview));

async fn preview(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &PREVIEW).await?;
    let rejudging = &state.desk.rejudging;
    let view = rejudging.preview(visit.caller()?, query_of(&visit, &form));
    let found = found(&view.await?, &visit);
    answer(&visit, &form, Some(found)).await
}

fn query_of(visit: &Visit, form: &Fields) -> CommentQuery {
    let text = |name| form.get(name).map(str::to_owned);
    let time = |name, is_end| {
        let raw = form.get(name)?;
        Some(ages::bound(raw, is_end, visit.zone()))
    };
    CommentQuery {
        q: text("q"),
        // What was allowed cannot be cleared.
        verdict: text("verdict").filter(|verdict| verdict != "allow"),
        decided_by: text("decided_by"),
        code: text("code"),
        term: text("term"),
        guessed: text("guessed"),
        member: text("member"),
        article: text("article"),
        from: time("from", false),
        to: time("to", true),
        rulebook: text("rulebook"),
        cursor: text("cursor"),
        limit: None,
    }
}

fn found(view: &RejudgePreviewView, visit: &Visit) -> Found {
    let j = RejudgeTexts::of(visit.language);
    let counts = &view.job.counts;
    Found {
        id: view.job.id.to_string(),
        counts: vec![
            (j.judged, counts.judged),
            (j.restored, counts.restored),
            (j.flagged, counts.flagged),
            (j.cleared, counts.cleared),
            (j.tags, counts.tags),
            (j.harsher, counts.harsher),
        ],
        changes: view.job.comments,
        samples: view.samples.iter().map(|one| sample(one, visit)).collect(),
        next_cursor: view.next_cursor.clone(),
    }
}

fn sample(one: &RejudgeSampleView, visit: &Visit) -> Sample {
    let codes = one.codes.iter();
    let codes: Vec<&str> = codes
        .map(|code| names::code(*code, visit.language))
        .collect();
    Sample {
        href: links::comment(one.comment_id.as_str()),
        text: marks::plain(&one.text),
        from: VerdictBadge::of(one.from, visit.language),
        to: VerdictBadge::of(one.to, visit.language),
        codes: codes.join(visit.language.pick("、", ", ")),
    }
}

static BEGIN: Call = Call::post("/console/comments/rejudge/begin", Requirement::ADMIN)
    .named(
        "console.rejudge.begin",
        "Judges again what a dry run showed",
    )
    .any_query()
    .to(|| web::route().to(begin));

async fn begin(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &BEGIN).await?;
    let id = form.get("preview").and_then(RejudgeId::parse);
    let id = id.ok_or_else(|| Problem::new(Code::NotFound))?;
    let rejudging = &state.desk.rejudging;
    done(rejudging.begin(visit.caller()?, id, None).await?)?;
    Ok(visit.done(PATH, Told::Saved))
}
