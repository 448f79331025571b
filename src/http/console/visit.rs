//! Who opens a page, and how it is shown to them.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite},
    web::{Data, Payload},
};

use super::{
    flash::{self, TOLD_COOKIE, Told, UNDO_COOKIE, Undoable},
    form::{self, Fields},
    layout::{Frame, Menu, Shell},
    text::Texts,
};
use crate::{
    access::{Caller, Requirement},
    desk::{Identity, views::SettingsView},
    http::{
        HttpState,
        call::Call,
        problem::{Code, Language, Problem},
        query,
        signing_in::add_cookie,
    },
    record::SpokenLanguage,
    time::Timestamp,
};

/// The cookie of the language before anybody has signed in.
pub const LANGUAGE_COOKIE: &str = "banzhu_language";
/// How long the language is remembered, in seconds.
const LANGUAGE_MAX_AGE_S: i64 = 365 * 24 * 60 * 60;
/// For how long what is told once waits for its page, in seconds.
const TOLD_MAX_AGE_S: i64 = 60;

/// What every handler gets beside the request.
pub type State = Data<HttpState>;
/// What every handler returns.
pub type Answer = Result<HttpResponse, Problem>;

/// The id in a page's address. One that could be none belongs to nothing: a page has no other way to say so than 404.
pub fn id_of<T>(request: &HttpRequest, parse: impl Fn(&str) -> Option<T>) -> Result<T, Problem> {
    query::parsed_part(request, "id", parse).map_err(|_| Problem::new(Code::NotFound))
}

/// A request for a page.
pub struct Visit {
    /// What every handler gets.
    pub state: State,
    /// The request.
    pub request: HttpRequest,
    /// Who it is; none before signing in.
    pub identity: Option<Identity>,
    /// The language.
    pub language: Language,
    /// The time.
    pub now: Timestamp,
    /// The query, with the API's own names.
    pub query: Fields,
    /// Their own settings; none before signing in.
    pub settings: Option<SettingsView>,
}

impl Visit {
    /// Opens a page, if its visitor may.
    pub async fn open(
        state: &State,
        request: &HttpRequest,
        page: &'static Call,
    ) -> Result<Self, Problem> {
        let identity = state.visitor(request, page).await?;
        let settings = state.desk.personal.settings(&identity.caller).await?;
        let mut visit = Self::of(state, request, Some(identity));
        visit.language = language_of(request, settings.language);
        visit.settings = Some(settings);
        Ok(visit)
    }

    /// Reads a form, if its visitor may send it and a page of ours has.
    pub async fn posted(
        state: &State,
        request: &HttpRequest,
        payload: Payload,
        page: &'static Call,
    ) -> Result<(Self, Fields), Problem> {
        let visit = Self::open(state, request, page).await?;
        let mut fields = form::read(request, payload, page).await?;
        let sent = fields.take(form::TOKEN).unwrap_or_default();
        if form::is_token(&sent, &visit.token()) {
            return Ok((visit, fields));
        }
        if let Some(identity) = &visit.identity {
            let address = state.address_of(request);
            state.tell_refused(identity, page, address, "form token");
        }
        Err(Problem::new(Code::Forbidden).saying(
            "這份表單已過期。請回到原本的頁面，重新整理後再送出一次；未做任何變更。",
            "This form is out of date. Go back, reload the page and send it again; nothing was changed.",
        ))
    }

    /// A page that is open to all.
    pub fn of(state: &State, request: &HttpRequest, identity: Option<Identity>) -> Self {
        Self {
            state: state.clone(),
            request: request.clone(),
            identity,
            language: language_of(request, None),
            now: state.desk.operations.now(),
            query: Fields::parse(request.query_string().as_bytes()),
            settings: None,
        }
    }

    /// Whether this visitor meets a requirement: what they may not do is not offered.
    pub fn may(&self, requirement: Requirement) -> bool {
        let caller = self.identity.as_ref().map(|identity| &identity.caller);
        match caller {
            Some(caller) => caller.meets(requirement),
            None => requirement == Requirement::Open,
        }
    }

    /// The caller, for the desk; whoever has opened a page that is not open to all is somebody.
    pub fn caller(&self) -> Result<&Caller, Problem> {
        let identity = self.identity.as_ref();
        identity
            .map(|identity| &identity.caller)
            .ok_or_else(|| Problem::new(Code::NoCredentials))
    }

    /// The labels.
    pub const fn t(&self) -> &'static Texts {
        Texts::of(self.language)
    }

    /// The board's time zone.
    pub fn zone(&self) -> &jiff::tz::TimeZone {
        &self.state.desk.operations.settings().time_zone
    }

    /// The token of this sign-in's forms.
    pub fn token(&self) -> String {
        let name = self.state.cookie_name(&self.request);
        let cookie = self.request.cookie(name);
        cookie.map_or_else(String::new, |cookie| form::token_of(cookie.value()))
    }

    /// The frame of a page that belongs under this address of the menu.
    pub fn shell(&self, section: &str) -> Shell {
        let menu = self.request.app_data::<Data<Menu>>();
        Shell::new(Frame {
            caller: self.identity.as_ref().map(|identity| &identity.caller),
            language: self.language,
            menu: menu.map(|menu| menu.get_ref()),
            section,
            address: self.address(),
            token: self.token(),
            told: self.cookie(TOLD_COOKIE).as_deref().and_then(Told::parse),
            undoable: self.undoables().pop(),
            now: self.now,
            settings: self.settings.as_ref(),
        })
    }

    /// This page's address.
    pub fn address(&self) -> String {
        let uri = self.request.uri();
        uri.path_and_query()
            .map_or_else(|| uri.path().to_owned(), ToString::to_string)
    }

    /// The rulings that this browser can still undo, the newest last.
    pub fn undoables(&self) -> Vec<Undoable> {
        let cookie = self.cookie(UNDO_COOKIE).unwrap_or_default();
        flash::undoables(&cookie, self.now)
    }

    /// A redirect.
    pub fn see_other(&self, address: &str) -> HttpResponse {
        form::see_other(address)
    }

    /// A redirect, and what its page tells.
    pub fn done(&self, address: &str, told: Told) -> HttpResponse {
        let mut response = form::see_other(address);
        self.tell(&mut response, told);
        response
    }

    /// Has the next page tell something.
    pub fn tell(&self, response: &mut HttpResponse, told: Told) {
        let value = told.name().to_owned();
        let cookie = self
            .state
            .cookie(&self.request, TOLD_COOKIE, value, TOLD_MAX_AGE_S);
        add_cookie(response, &cookie);
    }

    /// Remembers these rulings as those that can be undone.
    pub fn remember_undoables(&self, response: &mut HttpResponse, undoables: &[Undoable]) {
        let last = undoables.iter().map(|undoable| undoable.until).max();
        let max_age_s = last.map_or(0, |until| until.ms_since(self.now) / 1_000);
        let value = flash::written(undoables);
        let cookie = self
            .state
            .cookie(&self.request, UNDO_COOKIE, value, max_age_s);
        add_cookie(response, &cookie);
    }

    /// What was told is told: the browser forgets it.
    pub fn forget_told(&self, response: &mut HttpResponse) {
        if self.cookie(TOLD_COOKIE).is_some() {
            let gone = self
                .state
                .cookie(&self.request, TOLD_COOKIE, String::new(), 0);
            add_cookie(response, &gone);
        }
    }

    /// The cookie that remembers a language.
    pub fn language_cookie(&self, language: Language) -> Cookie<'static> {
        let mut cookie = self.state.cookie(
            &self.request,
            LANGUAGE_COOKIE,
            language.tag().to_owned(),
            LANGUAGE_MAX_AGE_S,
        );
        cookie.set_same_site(SameSite::Lax);
        cookie
    }

    fn cookie(&self, name: &str) -> Option<String> {
        let cookie = self.request.cookie(name)?;
        Some(cookie.value().to_owned())
    }
}

/// The language that was chosen in this browser, else that of the visitor's settings, else the one that the browser prefers.
fn language_of(request: &HttpRequest, settings: Option<SpokenLanguage>) -> Language {
    let chosen = request.cookie(LANGUAGE_COOKIE);
    match chosen.as_ref().map(Cookie::value) {
        Some("zh-TW") => Language::ZhTw,
        Some("en") => Language::En,
        _ => match settings {
            Some(SpokenLanguage::Chinese) => Language::ZhTw,
            Some(SpokenLanguage::English) => Language::En,
            None => Language::of_headers(request.headers()),
        },
    }
}
