//! Who calls, and whether they may: before anything of a body is read.

use actix_web::{HttpRequest, http::Method, http::header};

use super::{
    HttpState, origin,
    problem::{Code, Problem},
};
use crate::{
    access::{Call, Caller, Need, need_of},
    desk::DeskError,
};

/// The cookie of a sign-in.
pub(super) const COOKIE: &str = "banzhu_session";

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
        if caller.may(call) {
            Ok(caller)
        } else {
            Err(Problem::new(Code::Forbidden))
        }
    }

    async fn caller_by_cookie(&self, request: &HttpRequest) -> Result<Caller, Problem> {
        let cookie = request
            .cookie(COOKIE)
            .ok_or_else(|| Problem::new(Code::NoCredentials))?;
        let caller = self.desk.caller_of_cookie(cookie.value()).await?;
        if !matches!(*request.method(), Method::GET | Method::HEAD) && !self.is_own_origin(request)
        {
            return Err(Problem::new(Code::Forbidden));
        }
        Ok(caller)
    }

    /// Whether the request was sent by a page of this service.
    pub(super) fn is_own_origin(&self, request: &HttpRequest) -> bool {
        origin::is_own(
            request,
            &self.settings.trusted_proxies,
            self.settings.public_url.as_deref(),
        )
    }
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
