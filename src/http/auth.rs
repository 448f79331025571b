//! Who calls, and whether they may: before anything of a body is read.

use actix_web::{HttpRequest, http::Method, http::header};

use super::{
    HttpState, checked, origin,
    problem::{Code, Problem},
};
use crate::{
    access::{Call, Caller, Need, need_of},
    desk::DeskError,
};

/// The cookie of a sign-in: by https with the prefix that keeps other hosts of the domain from setting it.
pub(super) const COOKIE: &str = "banzhu_session";
const COOKIE_BY_HTTPS: &str = "__Host-banzhu_session";

impl HttpState {
    /// The caller, if they may make this call.
    pub(super) async fn caller(
        &self,
        request: &HttpRequest,
        call: Call,
    ) -> Result<Caller, Problem> {
        let caller = match bearer(request)? {
            Some(secret) => self.desk.caller_of_secret(secret).await?,
            None => self.caller_by_cookie(request).await?,
        };
        if let Caller::Program { id, .. } = &caller {
            let rate = &self.settings.key_rate;
            rate.check(*id).map_err(Problem::key_rate)?;
        }
        if caller.may(call) {
            Ok(caller)
        } else {
            Err(Problem::needs(need_of(call)))
        }
    }

    async fn caller_by_cookie(&self, request: &HttpRequest) -> Result<Caller, Problem> {
        let cookie = request
            .cookie(self.cookie_name(request))
            .ok_or_else(|| Problem::new(Code::NoCredentials))?;
        let caller = self.desk.caller_of_cookie(cookie.value()).await?;
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        if changes && !(self.is_own_origin(request) && is_json_or_bare(request)) {
            return Err(Problem::new(Code::Forbidden));
        }
        Ok(caller)
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

/// Whether no plain form can have sent it: a body is JSON, or there is none.
fn is_json_or_bare(request: &HttpRequest) -> bool {
    !checked::has_body(request) || checked::check_media_type(request, checked::JSON).is_ok()
}

/// Refuses a foreign page where the call is open to all: nobody is signed in from elsewhere.
pub(super) fn open_to(state: &HttpState, request: &HttpRequest, call: Call) -> Result<(), Problem> {
    debug_assert_eq!(need_of(call), Need::Open);
    let foreign = request.headers().contains_key(header::ORIGIN) && !state.is_own_origin(request);
    if foreign {
        Err(Problem::new(Code::Forbidden))
    } else {
        Ok(())
    }
}

fn bearer(request: &HttpRequest) -> Result<Option<&str>, Problem> {
    let Some(value) = request.headers().get(header::AUTHORIZATION) else {
        return Ok(None);
    };
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
