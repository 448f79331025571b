//! Who is calling: board keys, personal tokens and sign-ins by cookie are authenticated here, and refusals are logged.

use std::{net::IpAddr, sync::Arc};

use super::{
    base::Base,
    credentials::{CredentialFault, Identity, RECENT_MS, owner_name, signed_in_at},
    error::DeskError,
    secret::hash_of,
    state::{LastUses, RefusalEvent, RefusalKind, SecurityLog},
    views::WhoView,
};
use crate::{
    access::{Caller, Requirement, last_uses},
    record::{Actor, AuditAction, AuditDraft, AuditSubject, Key, SecretHash, Session, UserName},
    review::audited,
    store::Credential,
};

/// Callers, their credentials, and when these were last used.
pub struct Identities {
    pub(super) base: Arc<Base>,
    pub(super) last_uses: Arc<LastUses>,
    pub(super) security: SecurityLog,
}

impl Identities {
    /// The caller who owns this board key or personal token.
    pub async fn caller_of_secret(&self, secret: &str) -> Result<Caller, DeskError> {
        let identity = self.identity_of_secret(secret, None).await?;
        Ok(identity.caller)
    }

    /// The caller who owns this sign-in cookie.
    pub async fn caller_of_cookie(&self, cookie: &str) -> Result<Caller, DeskError> {
        let identity = self.identity_of_cookie(cookie, None).await?;
        self.note_use(&identity);
        Ok(identity.caller)
    }

    /// Authenticates a board key or a personal token.
    pub async fn identity_of_secret(
        &self,
        secret: &str,
        address: Option<IpAddr>,
    ) -> Result<Identity, DeskError> {
        let identity = self
            .authenticate(hash_of(secret), address, |credential| {
                !matches!(credential, Credential::Session(..))
            })
            .await?;
        if let Credential::Key(key) = &identity.credential {
            self.last_uses.note_key(key, self.base.clock.now());
        }
        Ok(identity)
    }

    /// Authenticates a sign-in cookie. It does not count as a use of the sign-in until [`Identities::note_use`].
    pub async fn identity_of_cookie(
        &self,
        cookie: &str,
        address: Option<IpAddr>,
    ) -> Result<Identity, DeskError> {
        self.authenticate(hash_of(cookie), address, |credential| {
            matches!(credential, Credential::Session(..))
        })
        .await
    }

    /// Records a use of the sign-in, so that it does not become idle.
    pub fn note_use(&self, identity: &Identity) {
        if let Some(session) = identity.session() {
            self.last_uses.note_session(session, self.base.clock.now());
        }
    }

    /// Checks again that a caller has these rights, for streams that stay open: the key may have been revoked since, the user
    /// disabled or their role changed.
    pub async fn check_still_authorized(
        &self,
        identity: &Identity,
        requirement: Requirement,
    ) -> Result<(), DeskError> {
        let found = self.base.store.credential(identity.secret()).await?;
        let identity = self.verify(found).map_err(|_| DeskError::BadCredentials)?;
        if identity.caller.meets(requirement) {
            Ok(())
        } else {
            Err(DeskError::Forbidden)
        }
    }

    /// Refuses a sign-in that is not recent. Keys and tokens are not sign-ins and pass.
    pub fn check_recent(&self, identity: &Identity) -> Result<(), DeskError> {
        let now = self.base.clock.now();
        let settings = &self.base.settings;
        let is_old =
            |session: &Session| now.ms_since(signed_in_at(session, settings)).abs() > RECENT_MS;
        if identity.session().is_some_and(is_old) {
            Err(DeskError::SignInAgain)
        } else {
            Ok(())
        }
    }

    /// The caller; `may` names the calls that they may make.
    pub fn who_am_i(&self, identity: &Identity, may: Vec<String>) -> WhoView {
        identity.view(&self.base.settings, may)
    }

    async fn authenticate(
        &self,
        secret: SecretHash,
        address: Option<IpAddr>,
        is_wanted: impl Fn(&Credential) -> bool,
    ) -> Result<Identity, DeskError> {
        let found = self.base.store.credential(secret).await?.filter(is_wanted);
        let name = found.as_ref().map(owner_name);
        self.verify(found).map_err(|reason| {
            self.log_refusal(RefusalEvent {
                what: RefusalKind::Credential,
                name: name.as_deref(),
                address,
                reason,
            });
            DeskError::BadCredentials
        })
    }

    /// Checks that a credential is valid now.
    fn verify(&self, found: Option<Credential>) -> Result<Identity, CredentialFault> {
        let credential = match found.ok_or("unknown")? {
            Credential::Session(session, user) => {
                Credential::Session(self.last_uses.session_with_last_use(session), user)
            }
            credential => credential,
        };
        Identity::of(credential, &self.base.settings, self.base.clock.now())
    }

    /// Writes the last uses to the store. A crash before it loses at most a minute of them.
    pub async fn flush_last_uses(&self) {
        let uses = self.last_uses.unwritten();
        let (mut keys, mut sessions) = (Vec::new(), Vec::new());
        for (id, at) in &uses.keys {
            if let Ok(Some(key)) = self.base.store.key(*id).await {
                keys.push(Key {
                    last_used_at: Some(*at),
                    ..key
                });
            }
        }
        for (secret, at) in &uses.sessions {
            if let Ok(Some(Credential::Session(session, _))) =
                self.base.store.credential(*secret).await
            {
                sessions.push(Session {
                    used_at: *at,
                    ..session
                });
            }
        }
        if keys.is_empty() && sessions.is_empty() {
            return;
        }
        match self.base.store.commit(last_uses(keys, sessions)).await {
            Ok(_) => self.last_uses.drop_written(&uses),
            Err(error) => {
                tracing::warn!(%error, "last uses could not be written: {error}");
            }
        }
    }

    /// Logs a refusal.
    pub fn log_refusal(&self, refusal: RefusalEvent<'_>) {
        self.security.log(refusal, self.base.clock.now());
    }

    /// Counts a failed sign-in of an existing user for the audit.
    pub(super) fn count_failed_sign_in(&self, user: &UserName, address: Option<IpAddr>) {
        self.security.count_failed_sign_in(user, address);
    }

    /// Writes collected failures to the audit; to be called every minute.
    pub async fn flush_security(&self) {
        self.flush_security_at(false).await;
    }

    /// The same; `at_the_end` of the process nothing waits for its interval.
    pub(super) async fn flush_security_at(&self, at_the_end: bool) {
        let now = self.base.clock.now();
        self.security.report_suppressed(now);
        for (user, why) in self.security.due(now, at_the_end) {
            let entry = AuditDraft::new(
                now,
                &Actor::System,
                AuditAction::SignInRefused(why),
                AuditSubject::User(user.to_string()),
            );
            if let Err(error) = self.base.store.commit(audited(entry)).await {
                tracing::warn!(%error, "failed sign-ins could not be audited: {error}");
            }
        }
    }
}
