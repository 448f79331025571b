//! Authentication and rights, checked before anything of a body is read.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use actix_web::{HttpMessage as _, HttpRequest, http::Method, http::header, web::Data};

use super::{
    HttpState,
    call::Call,
    media, origin,
    problem::{Code, Problem},
};
use crate::{
    access::{Caller, Requirement},
    desk::{DeskError, Identity, RefusalEvent, RefusalKind},
};

/// The cookie of a sign-in; over https with the prefix that keeps other hosts of the domain from setting it.
pub(super) const COOKIE: &str = "banzhu_session";
const COOKIE_BY_HTTPS: &str = "__Host-banzhu_session";
/// How often the caller of a long answer is checked again.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);

impl HttpState {
    /// The caller, if they may make this call.
    pub(super) async fn caller(
        &self,
        request: &HttpRequest,
        call: &'static Call,
    ) -> Result<Caller, Problem> {
        let identity = self.identity(request, call).await?;
        Ok(identity.caller)
    }

    /// The caller and their credential, if they may make this call.
    pub(super) async fn identity(
        &self,
        request: &HttpRequest,
        call: &'static Call,
    ) -> Result<Identity, Problem> {
        call.check_place(request);
        let address = self.address_of(request);
        let identity = match bearer(request)? {
            Some(secret) => {
                self.desk
                    .identities
                    .identity_of_secret(secret, address)
                    .await?
            }
            None => self.identity_by_cookie(request, call, address).await?,
        };
        // Before the rights are checked, so that refused calls use up the rate as well.
        if let Caller::Program { id, .. } = &identity.caller {
            let rate = &self.settings.key_rate;
            rate.check(*id).map_err(Problem::key_rate)?;
        }
        self.admitted(request, call, identity)
    }

    /// The identity, if its rights reach.
    fn admitted(
        &self,
        request: &HttpRequest,
        call: &'static Call,
        identity: Identity,
    ) -> Result<Identity, Problem> {
        if !identity.caller.meets(call.requirement) {
            let address = self.address_of(request);
            self.tell_refused(&identity, call, address, "scope or role");
            return Err(Problem::needs(call.requirement));
        }
        // For `holds_still` and `tell_forbidden`, which see only the request.
        let known = (identity.clone(), call);
        request.extensions_mut().insert(known);
        Ok(identity)
    }

    /// Who opens a page of the console or posts a form of it: by cookie alone. Whether a page of ours has sent a form, its
    /// token tells; a foreign `Origin` is refused before anything is read.
    pub(super) async fn visitor(
        &self,
        request: &HttpRequest,
        page: &'static Call,
    ) -> Result<Identity, Problem> {
        page.check_place(request);
        let identity = self.identity_of_cookie(request).await?;
        if self.is_foreign(request) {
            let address = self.address_of(request);
            self.tell_refused(&identity, page, address, "foreign page");
            return Err(Problem::new(Code::Forbidden));
        }
        self.desk.identities.note_use(&identity);
        // For the page that tells of an error.
        request.extensions_mut().insert(identity.clone());
        self.admitted(request, page, identity)
    }

    async fn identity_of_cookie(&self, request: &HttpRequest) -> Result<Identity, Problem> {
        let cookie = request
            .cookie(self.cookie_name(request))
            .ok_or_else(|| Problem::new(Code::NoCredentials))?;
        let identities = &self.desk.identities;
        let address = self.address_of(request);
        Ok(identities
            .identity_of_cookie(cookie.value(), address)
            .await?)
    }

    /// Whether it says to have come from another site's page. Programs send no `Origin`; browsers do with every POST.
    fn is_foreign(&self, request: &HttpRequest) -> bool {
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        changes && request.headers().contains_key(header::ORIGIN) && !self.is_own_origin(request)
    }

    async fn identity_by_cookie(
        &self,
        request: &HttpRequest,
        call: &Call,
        address: Option<IpAddr>,
    ) -> Result<Identity, Problem> {
        let identity = self.identity_of_cookie(request).await?;
        // Prevents CSRF: a browser sends the cookie along for any page. A change therefore has to come from
        // a page of ours, and with a body that no HTML form can send.
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        if changes && !(self.is_own_origin(request) && is_json_or_bare(request)) {
            self.tell_refused(&identity, call, address, "foreign page");
            return Err(Problem::new(Code::Forbidden));
        }
        // A page that only listens does not keep a sign-in alive: perhaps nobody is there.
        if call.counts_as_use {
            self.desk.identities.note_use(&identity);
        }
        Ok(identity)
    }

    /// Records a refusal in the security log.
    pub(super) fn tell_refused(
        &self,
        identity: &Identity,
        call: &Call,
        address: Option<IpAddr>,
        reason: &str,
    ) {
        self.desk.identities.log_refusal(RefusalEvent {
            what: RefusalKind::Call,
            name: Some(&identity.caller.actor().to_string()),
            address,
            reason: &format!("{}: {reason}", call.name),
        });
    }

    /// The client's address.
    pub(super) fn address_of(&self, request: &HttpRequest) -> Option<IpAddr> {
        origin::client(request, &self.settings.trusted_proxies)
    }

    /// The name of the cookie of a sign-in.
    pub(super) fn cookie_name(&self, request: &HttpRequest) -> &'static str {
        if origin::is_https(request, &self.settings) {
            COOKIE_BY_HTTPS
        } else {
            COOKIE
        }
    }

    /// Whether the request was sent by a page of this service.
    pub(super) fn is_own_origin(&self, request: &HttpRequest) -> bool {
        origin::is_own(request, &self.settings)
    }
}

/// A caller whose rights are checked again and again, for as long as an answer goes on.
pub(super) struct LongLivedAuth {
    state: Data<HttpState>,
    identity: Identity,
    call: &'static Call,
    looked: Instant,
}

impl LongLivedAuth {
    /// A caller whose rights have just been checked.
    pub fn new(state: Data<HttpState>, identity: Identity, call: &'static Call) -> Self {
        Self {
            state,
            identity,
            call,
            looked: Instant::now(),
        }
    }

    /// When the next check is due.
    pub fn next_look(&self) -> Instant {
        self.looked + LOOK_EVERY
    }

    /// Checks again, if the last check is not recent.
    pub async fn holds(&mut self) -> Result<(), DeskError> {
        if self.looked.elapsed() < LOOK_EVERY {
            return Ok(());
        }
        let requirement = self.call.requirement;
        self.state
            .desk
            .identities
            .check_still_authorized(&self.identity, requirement)
            .await?;
        self.looked = Instant::now();
        Ok(())
    }
}

/// Checks the caller again after a body that took long to come.
pub(super) async fn holds_still(request: &HttpRequest, begun: Instant) -> Result<(), Problem> {
    if begun.elapsed() < LOOK_EVERY {
        return Ok(());
    }
    let known = request
        .extensions()
        .get::<(Identity, &'static Call)>()
        .cloned();
    let (Some((identity, call)), Some(state)) = (known, request.app_data::<Data<HttpState>>())
    else {
        return Ok(());
    };
    Ok(state
        .desk
        .identities
        .check_still_authorized(&identity, call.requirement)
        .await?)
}

/// Whether no HTML form can have sent it: its body is JSON, or it has none.
fn is_json_or_bare(request: &HttpRequest) -> bool {
    !media::has_body(request) || media::check_media_type(request, media::JSON).is_ok()
}

/// Refuses other sites' pages where a call is open to all, so that none of them signs anybody in.
pub(super) fn open_to(
    state: &HttpState,
    request: &HttpRequest,
    call: &Call,
) -> Result<(), Problem> {
    debug_assert_eq!(call.requirement, Requirement::Open);
    if state.is_foreign(request) {
        state.desk.identities.log_refusal(RefusalEvent {
            what: RefusalKind::Call,
            name: None,
            address: state.address_of(request),
            reason: &format!("{}: foreign page", call.name),
        });
        Err(Problem::new(Code::Forbidden))
    } else {
        Ok(())
    }
}

/// Records in the security log what was refused to a caller with the right to make the call: for what it was about, or
/// because their sign-in is not recent. Earlier refusals are recorded where they happen.
pub(super) fn tell_forbidden(request: &HttpRequest, problem: &Problem) {
    let reason = match problem.code() {
        Code::Forbidden => "not of this",
        Code::SignInAgain => "sign-in not recent",
        _ => return,
    };
    let known = request
        .extensions()
        .get::<(Identity, &'static Call)>()
        .cloned();
    let (Some((identity, call)), Some(state)) = (known, request.app_data::<Data<HttpState>>())
    else {
        return;
    };
    state.tell_refused(&identity, call, state.address_of(request), reason);
}

fn bearer(request: &HttpRequest) -> Result<Option<&str>, Problem> {
    let Some(value) = request.headers().get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    // A broken header is refused; falling back to the cookie would act as somebody the client did not name.
    let bad = || Problem::from(DeskError::BadCredentials);
    let (scheme, secret) = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or_else(bad)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(Some(secret.trim()))
    } else {
        Err(bad())
    }
}
