//! The console: pages for moderators, at `/console`.
//!
//! It renders HTML and nothing else. A page calls the same use cases of the desk as the JSON API does, and shows the same
//! views; what a page needs and no view has is added to the view, so the API has it, too. It works without its script, which
//! adds keys, swaps pages without a reload, fetches the next case ahead and tells of new cases.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `pages` | a file for each page: its registration, handlers and templates; the list of them all |
//! | `visit` | who opens a page: the sign-in by cookie, the language, the clock, the query |
//! | `form` | forms: fields, the form token, redirects |
//! | `layout` | the frame of every page: the menu by role, the toast, the assets; `render`: templates become answers |
//! | `flash` | what is told once after a redirect; the rulings that can still be undone |
//! | `error_page` | a problem as a page, in place of the API's JSON |
//! | `text` | the labels in both languages; `names`: codes, rules, verdicts and so on; `audited`: the audit's actions; `ages`: times |
//! | `case_page` | the parts of a case's page; `case_row`: a case as a row |
//! | `queue_filter` | the queue's filters in the address bar, and the case that comes next |
//! | `marks` | a text with its hits, as pieces that a template escapes |
//! | `links` | addresses of other pages; `list`: the ends of a list, choices of a filter |
//! | `typed` | a form that is shown again with what was typed and what is wrong; `confirm`: a page that asks before what cannot be undone |
//! | `comment_row` | a comment in a list; `case_row`: a case; `report_row`: a report; `word_rows`: terms and written forms; `chart`: figures as SVG |
//! | `assets` | stylesheet, script and icon: embedded, with names by their content |
//! | `security` | the headers of every page |
//!
//! # Adding a page
//!
//! 1. `pages/thing.rs`: a [`Call`](super::call::Call) for each method, an askama struct for each template, a handler. A page
//!    is registered like a call of the API, but stands in the list of `pages/mod.rs` and not in the OpenAPI document. Rights
//!    are the registration's [`Requirement`](crate::access::Requirement); somebody without them is shown a 403.
//! 2. `templates/thing.html`, which extends `base.html` and fills its blocks `title` and `main`; `macros.html` has what pages
//!    share (texts of members, badges, ages, the hidden field of the form token, pages of a list).
//! 3. One line in [`pages`], and a label for the menu.
//!
//! ```text
//! static LIST: Call = Call::get("/console/things", Requirement::READ)
//!     .named("console.things", "Things")
//!     .to(|| web::route().to(list));
//!
//! async fn list(state: State, request: HttpRequest) -> Answer {
//!     let visit = Visit::open(&state, &request, &LIST).await?;
//!     let page = visit.query.page();                                  // the API's own names in the address bar
//!     let things = state.desk.things.list(page).await?;               // a view of `desk::views`
//!     render::page(&visit, &ThingsPage { shell: visit.shell("/console/things"), things })
//! }
//!
//! static POST: Call = Call::post("/console/things", Requirement::ADMIN)
//!     .named("console.thing", "Makes a thing")
//!     .to(|| web::route().to(post));
//!
//! async fn post(state: State, request: HttpRequest, payload: Payload) -> Answer {
//!     let (visit, mut form) = Visit::posted(&state, &request, payload, &POST).await?; // the form token is checked here
//!     state.desk.things.make(visit.caller()?, form.take("name")).await?;
//!     Ok(visit.done("/console/things", Told::Saved))                  // 303, and a toast on the next page
//! }
//! ```
//!
//! A refusal of the desk (`?`) becomes the error page. A handler that can do better, such as showing a form again with what
//! was typed, matches the error first. A form that changes something carries `{% call m::token(shell) %}{% endcall %}`.
//!
//! # What members wrote
//!
//! Templates escape. A member's text goes through [`marks`] (or the filter `plain` of `macros.html`), which shows
//! characters that nobody sees, or that turn the direction, as small signs; it stands in a `<bdi>`. Nothing a member wrote
//! is ever marked `safe`, an attribute without quotes, or an address that is not checked to be `http(s)`.

mod ages;
mod assets;
mod audited;
mod case_page;
mod case_row;
mod chart;
mod comment_row;
mod confirm;
mod error_page;
mod flash;
mod form;
mod layout;
mod links;
mod list;
mod marks;
mod names;
mod pages;
mod queue_filter;
mod render;
mod report_row;
mod security;
mod text;
mod typed;
mod visit;
mod word_preview;
mod word_rows;
mod words_texts;

pub(super) use error_page::told as error_page;
pub(super) use pages::{menu, pages};
pub(super) use security::add_headers;

/// Where the console is.
pub(super) const ROOT: &str = "/console";

/// Whether a path is the console's.
pub(super) fn is_page(path: &str) -> bool {
    path.strip_prefix(ROOT)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
