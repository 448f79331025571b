//! A comment: what it says in each revision, what was decided and by whom; opening a case, and keeping it from purge.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use askama::Template;

use super::comments;
use crate::{
    access::Requirement,
    desk::{
        CaseDraft,
        views::{CommentView, RejudgementView, RevisionView, TagView},
    },
    http::{
        call::Call,
        console::{
            ages::Age,
            comment_row::{self, ReasonCell, VerdictBadge},
            flash::Told,
            form::Fields,
            layout::Shell,
            links,
            list::{Choice, choices},
            marks::{self, Mark, Piece},
            names, render,
            text::texts,
            typed::{Typed, done},
            visit::{Answer, State, Visit, id_of},
        },
        problem::{Language, Problem},
    },
    id::CommentId,
    record::{CODES, GivenBy},
    text::Surface,
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&SHOW, &OPEN_CASE, &HOLD, &RELEASE];

texts! {
    /// The labels of a comment's page.
    pub struct CommentTexts {
        title: "留言", "Comment";
        of_article: "文章", "Article";
        author: "作者", "Author";
        parent: "回覆的留言", "In reply to";
        posted: "發表", "Posted";
        judged: "判定", "Judged";
        original: "在論壇上開啟", "Open on the board";
        revision: "版本", "Revision";
        revisions: "所有版本", "All revisions";
        current: "目前版本", "Current";
        text: "內文", "Text";
        nickname: "暱稱", "Nickname";
        tags: "標籤", "Tags";
        no_text: "（沒有內文）", "(no text)";
        reasons: "過濾器的理由", "The filter's reasons";
        no_reasons: "過濾器沒有找到任何問題。", "The filter found nothing.";
        reason: "事由", "Reason";
        place: "位置", "Where";
        term: "詞條", "Term";
        written: "原文", "As written";
        how: "還原的偽裝", "Disguise undone";
        guess: "推測", "Guess";
        sure: "確定", "Sure";
        rejudged: "後來的判定", "Judged again";
        decision: "目前的判定", "In force";
        by: "判定者", "Decided by";
        score: "評分", "Score";
        model: "模型", "Model";
        rulebook: "規則版本", "Rulebook";
        would_be: "若觀察中的規則生效", "If observed codes counted";
        appeal: "可申訴至", "Appealable until";
        notice: "給會員的通知", "Notice to the member";
        case: "查看案件", "See the case";
        audit: "稽核紀錄", "Audit";
        more_member: "這位會員的留言", "Comments of this member";
        more_article: "這篇文章的留言", "Comments of this article";
        open_case: "開立案件", "Open a case";
        open_case_lead: "過濾器沒有送審、也沒有人檢舉，但您認為需要處理。案件會由您認領。", "Nobody flagged or reported it, but you think it needs a ruling. You will hold the case.";
        code: "事由", "Reason";
        note: "給同事的備註（可不填）", "A note for colleagues (optional)";
        choose: "請選擇", "Choose";
        hold: "保全留言", "Legal hold";
        hold_lead: "保全中的留言不會被清除或刪除，例如警方調閱時。", "A comment on hold is neither purged nor erased, such as while the police ask for it.";
        hold_reason: "原因", "Reason";
        hold_do: "保全", "Put on hold";
        hold_by: "保全者", "Held by";
        release: "解除保全", "Release the hold";
        withdrawn: "會員已於此時撤回", "Withdrawn by the member";
        purged: "內文已於此時清除", "The text was purged";
    }
}

/// A revision as one of a list.
struct Version {
    number: u32,
    href: String,
    age: Age,
    verdict: VerdictBadge,
    is_on: bool,
}

/// A tag, with how it relates to the article.
struct Tag {
    pieces: Vec<Piece>,
    verdict: VerdictBadge,
    evidence: String,
    case_href: Option<String>,
}

/// A later decision on the same revision.
struct Rejudged {
    age: Age,
    why: String,
    verdict: VerdictBadge,
    rulebook: String,
}

/// Something known, with its label.
struct Fact {
    label: &'static str,
    value: String,
    href: Option<String>,
}

#[derive(Template)]
#[template(
    path = "comment.html",
    config = "src/http/console/templates/askama.toml"
)]
struct CommentPage {
    shell: Shell,
    c: &'static CommentTexts,
    id: String,
    path: String,
    verdict: VerdictBadge,
    by: &'static str,
    states: Vec<&'static str>,
    case_href: Option<String>,
    url: Option<String>,
    pieces: Option<Vec<Piece>>,
    nickname: Option<Vec<Piece>>,
    tags: Vec<Tag>,
    reasons: Vec<ReasonCell>,
    rejudged: Vec<Rejudged>,
    versions: Vec<Version>,
    facts: Vec<Fact>,
    notice: Option<String>,
    hold: Option<(String, Age, String)>,
    links: Vec<(&'static str, String)>,
    may_act: bool,
    can_open: bool,
    codes: Vec<Choice>,
    typed: Typed,
}

static SHOW: Call = Call::get("/console/comments/{id}", Requirement::READ)
    .named("console.comment", "A comment")
    .any_query()
    .to(|| web::route().to(show));

async fn show(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &SHOW).await?;
    answer(&visit, Typed::default()).await
}

async fn answer(visit: &Visit, typed: Typed) -> Answer {
    let id = comment_id(&visit.request)?;
    let comment = visit.state.desk.comments.comment(&id).await?;
    let title = match &comment.article_id {
        Some(article) => visit.state.desk.comments.article(article).await.ok(),
        None => None,
    };
    let page = page(visit, &comment, title.map(|article| article.title), typed);
    render::page_as(visit, page.typed.status(), &page)
}

fn page(visit: &Visit, comment: &CommentView, title: Option<String>, typed: Typed) -> CommentPage {
    let language = visit.language;
    let c = CommentTexts::of(language);
    let revision = chosen(visit, comment);
    let is_newest = revision.is_none_or(|one| one.revision == comment.revision);
    let reasons = revision.map_or(&comment.reasons, |one| &one.reasons);
    let tags = comment.surfaces.tags.as_deref().unwrap_or(&[]);
    CommentPage {
        shell: visit.shell(comments::PATH),
        c,
        id: comment.comment_id.to_string(),
        path: links::comment(comment.comment_id.as_str()),
        verdict: VerdictBadge::of(comment.verdict, language),
        by: names::decided_by(comment.decided_by, language),
        states: comment_row::states(comment, language),
        case_href: comment.case_id.as_ref().map(links::case),
        url: links::elsewhere(comment.url.as_deref()),
        pieces: revision
            .and_then(|one| one.body.as_deref())
            .map(|text| marks::pieces(text, &comment_row::body_marks(reasons))),
        nickname: revision
            .and_then(|one| one.nickname.as_deref())
            .map(|text| marks::pieces(text, &nickname_marks(reasons))),
        tags: match is_newest {
            true => tags.iter().map(|tag| tag_of(tag, language)).collect(),
            false => Vec::new(),
        },
        reasons: reasons
            .iter()
            .map(|one| ReasonCell::of(one, language))
            .collect(),
        rejudged: revision.map_or_else(Vec::new, |one| {
            let later = one.rejudged.iter();
            later.map(|later| rejudged(later, visit)).collect()
        }),
        versions: versions(visit, comment, revision),
        facts: facts(visit, comment, revision, title, c),
        notice: comment
            .notice
            .as_ref()
            .map(|notice| language.pick(&notice.zh_tw, &notice.en).to_owned()),
        hold: comment.hold.as_ref().map(|hold| {
            let age = Age::new(hold.at, visit.now, visit.zone(), language);
            (names::actor(&hold.by, language), age, hold.reason.clone())
        }),
        links: onwards(comment, c),
        may_act: visit.may(Requirement::REVIEW),
        can_open: comment.withdrawn_at.is_none() && comment.purged_at.is_none(),
        codes: choices(people_codes(language), Some(typed.get("code"))),
        typed,
    }
}

/// The revision of the address, else the newest.
fn chosen<'a>(visit: &Visit, comment: &'a CommentView) -> Option<&'a RevisionView> {
    let number = visit.query.get("revision").and_then(|raw| raw.parse().ok());
    let of_number = |number: u32| {
        let mut revisions = comment.revisions.iter();
        revisions.find(|one| one.revision == number)
    };
    number
        .and_then(of_number)
        .or_else(|| comment.revisions.last())
}

fn nickname_marks(reasons: &[crate::desk::views::ReasonView]) -> Vec<Mark> {
    comment_row::marks_on(reasons, |one| one.surface == Some(Surface::Nickname))
}

fn tag_of(tag: &TagView, language: Language) -> Tag {
    let evidence = names::evidence(tag.evidence, language);
    Tag {
        pieces: marks::plain(&tag.tag),
        verdict: VerdictBadge::of(tag.verdict, language),
        evidence: match &tag.evidence_term {
            Some(term) => format!("{evidence}{}{term}", language.pick("：", ": ")),
            None => evidence.to_owned(),
        },
        case_href: tag.case_id.as_ref().map(links::case),
    }
}

fn rejudged(later: &RejudgementView, visit: &Visit) -> Rejudged {
    Rejudged {
        age: Age::new(later.at, visit.now, visit.zone(), visit.language),
        why: later.why.clone(),
        verdict: VerdictBadge::of(later.verdict, visit.language),
        rulebook: later.rulebook.clone(),
    }
}

/// The revisions, the newest first; none where there is only one.
fn versions(visit: &Visit, comment: &CommentView, on: Option<&RevisionView>) -> Vec<Version> {
    if comment.revisions.len() < 2 {
        return Vec::new();
    }
    let path = links::comment(comment.comment_id.as_str());
    let version = |one: &RevisionView| Version {
        number: one.revision,
        href: format!("{path}?revision={}", one.revision),
        age: Age::new(one.at, visit.now, visit.zone(), visit.language),
        verdict: VerdictBadge::of(one.verdict, visit.language),
        is_on: on.is_some_and(|on| on.revision == one.revision),
    };
    comment.revisions.iter().rev().map(version).collect()
}

fn facts(
    visit: &Visit,
    comment: &CommentView,
    revision: Option<&RevisionView>,
    title: Option<String>,
    c: &CommentTexts,
) -> Vec<Fact> {
    let at = |at| crate::http::console::ages::absolute(at, visit.zone());
    let fact = |label, value: Option<String>, href: Option<String>| {
        value.map(|value| Fact { label, value, href })
    };
    let article = comment.article_id.as_ref();
    let would_be = comment
        .would_be
        .map(|verdict| names::verdict(verdict, visit.language).to_owned());
    [
        fact(
            c.author,
            comment.member_id.as_ref().map(ToString::to_string),
            comment
                .member_id
                .as_ref()
                .map(|id| links::member(id.as_str())),
        ),
        fact(
            c.of_article,
            title.or_else(|| article.map(ToString::to_string)),
            article.map(|id| links::article(id.as_str())),
        ),
        fact(
            c.parent,
            comment.parent_id.as_ref().map(ToString::to_string),
            comment
                .parent_id
                .as_ref()
                .map(|id| links::comment(id.as_str())),
        ),
        fact(
            c.posted,
            revision.and_then(|one| one.posted_at).map(at),
            None,
        ),
        fact(c.judged, revision.map(|one| at(one.at)), None),
        fact(c.score, comment_row::score(comment), None),
        fact(c.would_be, would_be, None),
        fact(c.model, comment.model.clone(), None),
        fact(
            c.rulebook,
            revision.map(|one| one.rulebook.clone()),
            revision.map(|one| {
                let rulebook = [("rulebook", one.rulebook.as_str())];
                Fields::default().address(comments::PATH, &[], &rulebook)
            }),
        ),
        fact(c.appeal, comment.appeal_until.map(at), None),
        fact(c.withdrawn, comment.withdrawn_at.map(at), None),
        fact(c.purged, comment.purged_at.map(at), None),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Where one goes on from here.
fn onwards(comment: &CommentView, c: &CommentTexts) -> Vec<(&'static str, String)> {
    let member = comment.member_id.as_ref().map(|id| {
        let member = [("member", id.as_str())];
        let href = Fields::default().address(comments::PATH, &[], &member);
        (c.more_member, href)
    });
    let article = comment.article_id.as_ref();
    let article = article.map(|id| (c.more_article, links::article(id.as_str())));
    let audit = links::audit(&format!("comment:{}", comment.comment_id));
    member
        .into_iter()
        .chain(article)
        .chain([(c.audit, audit)])
        .collect()
}

/// The codes that people give.
pub fn people_codes(language: Language) -> Vec<(&'static str, String)> {
    let given = CODES.iter().filter(|row| row.given_by != GivenBy::Filter);
    given
        .map(|row| (row.name, language.pick(row.zh_tw, row.en).to_owned()))
        .collect()
}

static OPEN_CASE: Call = Call::post("/console/comments/{id}/case", Requirement::REVIEW)
    .named(
        "console.comment.case",
        "Opens a case about something nobody flagged",
    )
    .any_query()
    .to(|| web::route().to(open_case));

async fn open_case(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &OPEN_CASE).await?;
    let draft = CaseDraft {
        comment_id: Some(comment_id(&request)?.to_string()),
        member_id: None,
        code: form.get("code").map(str::to_owned),
        note: form.get("note").map(str::to_owned),
    };
    let opened = state.desk.queue.open_case(visit.caller()?, draft, None);
    match opened.await {
        Ok(opened) => Ok(visit.done(&links::case(&done(opened)?.item.id), Told::Saved)),
        Err(error) => {
            let typed = Typed::again(form, Problem::from(error), visit.language)?;
            answer(&visit, typed).await
        }
    }
}

static HOLD: Call = Call::post("/console/comments/{id}/hold", Requirement::REVIEW)
    .named("console.comment.hold", "Puts a comment on hold")
    .any_query()
    .to(|| web::route().to(hold));

async fn hold(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &HOLD).await?;
    let id = comment_id(&request)?;
    let reason = form.get("reason").map(str::to_owned);
    let privacy = &state.desk.privacy;
    match privacy.place_hold(visit.caller()?, &id, reason, None).await {
        Ok(_) => Ok(visit.done(&links::comment(id.as_str()), Told::Saved)),
        Err(error) => {
            let typed = Typed::again(form, Problem::from(error), visit.language)?;
            answer(&visit, typed).await
        }
    }
}

static RELEASE: Call = Call::post("/console/comments/{id}/release", Requirement::REVIEW)
    .named("console.comment.release", "Releases the hold of a comment")
    .any_query()
    .to(|| web::route().to(release));

async fn release(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, _) = Visit::posted(&state, &request, payload, &RELEASE).await?;
    let id = comment_id(&request)?;
    let privacy = &state.desk.privacy;
    privacy.release_hold(visit.caller()?, &id).await?;
    Ok(visit.done(&links::comment(id.as_str()), Told::Saved))
}

/// An id that could be none belongs to no comment.
fn comment_id(request: &HttpRequest) -> Result<CommentId, Problem> {
    id_of(request, |raw| CommentId::parse(raw).ok())
}
