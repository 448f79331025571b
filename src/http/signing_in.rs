//! Signing in and out by cookie, for the API and the console alike.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
};

use super::{HttpState, origin, problem::Problem};
use crate::{
    access::Caller,
    desk::{SignedIn, views::SessionView},
};

impl HttpState {
    /// Signs in: who did, and the cookie of it.
    pub(super) async fn sign_in(
        &self,
        request: &HttpRequest,
        name: &str,
        password: &str,
    ) -> Result<(SessionView, Cookie<'static>), Problem> {
        let sign_ins = &self.desk.sign_ins;
        let address = self.address_of(request);
        let signed_in = sign_ins.sign_in(name, password, address).await?;
        self.signed_in(request, signed_in).await
    }

    /// Signs in by a link that was printed on this machine. A client whom a proxy vouches for is not on this machine.
    pub(super) async fn sign_in_by_link(
        &self,
        request: &HttpRequest,
        secret: &str,
    ) -> Result<(SessionView, Cookie<'static>), Problem> {
        let is_direct = !request.headers().contains_key("x-forwarded-for");
        let address = self.address_of(request).filter(|_| is_direct);
        let sign_ins = &self.desk.sign_ins;
        let signed_in = sign_ins.sign_in_by_link(secret, address).await?;
        self.signed_in(request, signed_in).await
    }

    async fn signed_in(
        &self,
        request: &HttpRequest,
        signed_in: SignedIn,
    ) -> Result<(SessionView, Cookie<'static>), Problem> {
        let sign_ins = &self.desk.sign_ins;
        // Signed in again in the same browser: the sign-in whose cookie came along is replaced.
        if let Some(old) = request.cookie(self.cookie_name(request)) {
            let name = signed_in.view.name.as_str();
            if let Err(error) = sign_ins.end_replaced_sign_in(name, old.value()).await {
                tracing::warn!(%error, "a replaced sign-in goes on: {error}");
            }
        }
        let name = self.cookie_name(request);
        let cookie = self.cookie(request, name, signed_in.cookie, signed_in.max_age_s);
        Ok((signed_in.view, cookie))
    }

    /// Signs out, everywhere or here; the cookie that deletes the browser's own.
    pub(super) async fn sign_out(
        &self,
        request: &HttpRequest,
        caller: &Caller,
        everywhere: bool,
    ) -> Result<Cookie<'static>, Problem> {
        let name = self.cookie_name(request);
        let cookie = request.cookie(name);
        let secret = cookie.as_ref().map(Cookie::value);
        let sign_ins = &self.desk.sign_ins;
        sign_ins.sign_out(caller, secret, everywhere).await?;
        // A cookie that is empty and has no time to live makes the browser delete the one it has.
        Ok(self.cookie(request, name, String::new(), 0))
    }

    /// A cookie that no script reads and no other site's form brings along.
    pub(super) fn cookie(
        &self,
        request: &HttpRequest,
        name: &'static str,
        value: String,
        max_age_s: i64,
    ) -> Cookie<'static> {
        let secure = origin::is_https(request, &self.settings);
        Cookie::build(name, value)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(secure)
            .max_age(Duration::seconds(max_age_s))
            .finish()
    }
}

/// Sets a cookie with an answer.
pub(super) fn add_cookie(response: &mut HttpResponse, cookie: &Cookie<'_>) {
    if let Err(error) = response.add_cookie(cookie) {
        tracing::error!(%error, "a cookie could not be set: {error}");
    }
}
