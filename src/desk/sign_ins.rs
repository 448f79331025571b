//! Sign-ins: begun with a password, ended by their users, and limited where passwords are guessed.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use tokio::sync::OnceCell;

use super::{
    account_change::AccountChange,
    base::Base,
    credentials::{Identity, caller_of, check_session},
    error::DeskError,
    identities::Identities,
    password::check_password,
    retried::{ATTEMPTS_MAX, retried},
    secret::{cost_of, hash_of},
    settings::PasswordCost,
    state::{Attempt, RefusalEvent, RefusalKind, SignInLink, Throttle},
    views::{SessionView, SignInView, UserView},
};
use crate::{
    access::Caller,
    id::SessionId,
    intake::FieldFault,
    record::{AccountWrite, AuditAction, AuditSubject, Session, User, UserName},
    store::Credential,
    time::{DAY_MS, Timestamp},
};

/// How long an ended sign-in is kept, in milliseconds. For that long the throttle treats its address as known.
const ENDED_KEPT_MS: i64 = 90 * DAY_MS;
/// The most ended sign-ins deleted in one commit.
const DELETED_AT_ONCE_MAX: usize = 100;

/// A new sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The cookie's value.
    pub cookie: String,
    /// How long the cookie is valid, in seconds.
    pub max_age_s: i64,
    /// The person, their role and when the sign-in expires.
    pub view: SessionView,
}

/// Signing in and out, and the passwords of users.
pub struct SignIns {
    pub(super) base: Arc<Base>,
    pub(super) identities: Arc<Identities>,
    pub(super) throttle: Throttle,
    pub(super) link: SignInLink,
    pub(super) known_addresses: OnceCell<()>,
}

impl SignIns {
    /// Signs a user in.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        address: Option<IpAddr>,
    ) -> Result<SignedIn, DeskError> {
        let attempt = Attempt::new(name, address);
        let begun_at = self
            .begin_attempt(RefusalKind::SignIn, name, address, attempt)
            .await?;
        for _ in 0..ATTEMPTS_MAX {
            let user = self.verify_password(name, password, address).await?;
            let rehashed = self.rehashed_password(&user, password).await?;
            // Somebody changed the password or rehashed it at another sign-in meanwhile: verify again.
            if let Some(signed_in) = self.begin_session(user, rehashed, address).await? {
                self.throttle.succeeded(attempt, begun_at);
                return Ok(signed_in);
            }
        }
        Err(DeskError::Overloaded)
    }

    /// The secret of a link that signs this user in once, from this machine. A new link replaces the one before it.
    pub fn offer_link(&self, name: UserName) -> String {
        let secret = self.base.new_cookie();
        self.link.offer(hash_of(&secret), name);
        secret
    }

    /// Signs in whoever opens the link on this machine, once. To anybody else it is as if there were none.
    pub async fn sign_in_by_link(
        &self,
        secret: &str,
        address: Option<IpAddr>,
    ) -> Result<SignedIn, DeskError> {
        let is_here = address.is_some_and(|address| address.to_canonical().is_loopback());
        let offered = is_here.then(|| self.link.take(hash_of(secret))).flatten();
        let name = offered.ok_or(DeskError::BadCredentials)?;
        for _ in 0..ATTEMPTS_MAX {
            let user = self.base.user(&name).await?;
            if let Some(signed_in) = self.begin_session(user, None, address).await? {
                return Ok(signed_in);
            }
        }
        Err(DeskError::Overloaded)
    }

    /// Registers an attempt with the throttle and returns when it began; an error if the caller has to wait.
    async fn begin_attempt(
        &self,
        what: RefusalKind,
        name: &str,
        address: Option<IpAddr>,
        attempt: Attempt,
    ) -> Result<Timestamp, DeskError> {
        // First, or a name known at this address would fall under the limit of the address after a restart.
        self.load_known_addresses().await?;
        let now = self.base.clock.now();
        let begun_at = self.throttle.begin(attempt, now).map(|()| now);
        begun_at.map_err(|retry_after_s| {
            self.identities.log_refusal(RefusalEvent {
                what,
                name: Some(name),
                address,
                reason: "too-many-failures",
            });
            DeskError::RateLimited { retry_after_s }
        })
    }

    /// Tells the throttle, once per process, the addresses that users signed in from before the start.
    async fn load_known_addresses(&self) -> Result<(), DeskError> {
        let load = || async {
            for session in self.base.store.sessions().await? {
                if session.address.is_some() {
                    let attempt = Attempt::new(session.user.as_str(), session.address);
                    self.throttle.remember_sign_in(attempt, session.created_at);
                }
            }
            Ok::<(), DeskError>(())
        };
        self.known_addresses.get_or_try_init(load).await?;
        Ok(())
    }

    /// The active user of this name and password. It takes as long for an unknown or disabled user, so that timing does not show
    /// which names exist.
    async fn verify_password(
        &self,
        name: &str,
        password: &str,
        address: Option<IpAddr>,
    ) -> Result<User, DeskError> {
        let found = self.base.user_by_name(name).await?;
        let active = found.as_ref().filter(|user| user.is_active());
        let hash = active.map(|user| user.password.as_str());
        let costs = self.password_costs().await?;
        let is_correct = self.base.password_matches(password, hash, costs).await?;
        match active.filter(|_| is_correct) {
            Some(user) => Ok(user.clone()),
            None => {
                self.identities.log_refusal(RefusalEvent {
                    what: RefusalKind::SignIn,
                    name: Some(name),
                    address,
                    // Told apart for the security log alone: the caller gets the same error for all three.
                    reason: match (&found, active) {
                        (_, Some(_)) => "wrong-password",
                        (Some(_), None) => "disabled",
                        (None, _) => "unknown",
                    },
                });
                if let Some(user) = &found {
                    self.identities.count_failed_sign_in(&user.name, address);
                }
                Err(DeskError::BadCredentials)
            }
        }
    }

    /// The argon2 costs of the active users' hashes, or today's cost if there are no users. A password is always checked at each
    /// of these costs, see `password_matches`.
    pub async fn password_costs(&self) -> Result<BTreeSet<PasswordCost>, DeskError> {
        let users = self.base.store.users().await?;
        let active = users.iter().filter(|user| user.is_active());
        let mut costs: BTreeSet<_> = active.filter_map(|user| cost_of(&user.password)).collect();
        if costs.is_empty() {
            costs.insert(self.base.settings.password_cost);
        }
        Ok(costs)
    }

    /// The password's hash at today's cost if the stored hash was made at another; `None` if it needs no change.
    async fn rehashed_password(
        &self,
        user: &User,
        password: &str,
    ) -> Result<Option<String>, DeskError> {
        // Only now is the password in hand: a hash alone cannot be moved to another cost.
        if cost_of(&user.password) == Some(self.base.settings.password_cost) {
            return Ok(None);
        }
        self.base.hash_password(password).await.map(Some)
    }

    /// Ends the caller's sign-in, or all of their sign-ins.
    pub async fn sign_out(
        &self,
        caller: &Caller,
        cookie: Option<&str>,
        everywhere: bool,
    ) -> Result<(), DeskError> {
        let Caller::Person { name, .. } = caller else {
            return Err(DeskError::Forbidden);
        };
        // While the caller is still signed in: a failure here can be retried.
        self.base.release_all(caller).await?;
        retried(|| async {
            let accounts = self.base.change_accounts().await?;
            let (write, action) = match cookie {
                _ if everywhere => {
                    let user = self.base.user(name).await?;
                    // One past every sign-in until now: only those before `sessions_from` count as ended.
                    let sessions_from = accounts.now.max(user.sessions_from).plus_ms(1);
                    let user = User {
                        sessions_from,
                        ..user
                    };
                    (AccountWrite::User(user), AuditAction::SessionsEnded)
                }
                Some(cookie) => match self.base.store.credential(hash_of(cookie)).await? {
                    Some(Credential::Session(session, _)) if session.user == *name => {
                        let ended_at = Some(accounts.now);
                        let session = Session {
                            ended_at,
                            ..session
                        };
                        (AccountWrite::Session(session), AuditAction::SessionEnded)
                    }
                    _ => return Ok(()),
                },
                // A personal token has no sign-in to end.
                None => return Ok(()),
            };
            let audit = accounts.audit(caller, action, AuditSubject::User(name.to_string()));
            accounts.commit(vec![write], audit, None).await
        })
        .await
    }

    /// The caller's own active sign-ins, newest first.
    pub async fn sign_ins(&self, identity: &Identity) -> Result<Vec<SignInView>, DeskError> {
        let Caller::Person { name, .. } = &identity.caller else {
            return Err(DeskError::Forbidden);
        };
        let user = self.base.user(name).await?;
        let now = self.base.clock.now();
        let all = self.base.store.sessions().await?.into_iter();
        let own = all.filter(|session| session.user == *name);
        let mut active: Vec<Session> = own
            .map(|session| self.identities.last_uses.session_with_last_use(session))
            .filter(|session| check_session(session, &user, &self.base.settings, now).is_ok())
            .collect();
        active.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
        let own = identity.secret();
        Ok(active
            .iter()
            .map(|session| SignInView::of(session, session.secret == own))
            .collect())
    }

    /// How many sign-ins are stored, ended ones included.
    pub async fn stored_sign_ins(&self) -> Result<usize, DeskError> {
        Ok(self.base.store.sessions().await?.len())
    }

    /// Ends one of the caller's sign-ins. Idempotent.
    pub async fn end_sign_in(&self, caller: &Caller, id: SessionId) -> Result<(), DeskError> {
        let Caller::Person { name, .. } = caller else {
            return Err(DeskError::Forbidden);
        };
        retried(|| async {
            let accounts = self.base.change_accounts().await?;
            let mut all = self.base.store.sessions().await?.into_iter();
            let session = all
                .find(|session| session.id == id && session.user == *name)
                .ok_or(DeskError::NotFound)?;
            if session.ended_at.is_some() {
                return Ok(());
            }
            end_session(accounts, caller, session).await
        })
        .await
    }

    /// Ends the sign-in of this cookie if it belongs to `name`, who has just signed in again.
    pub async fn end_replaced_sign_in(&self, name: &str, cookie: &str) -> Result<(), DeskError> {
        retried(|| async {
            let accounts = self.base.change_accounts().await?;
            match self.base.store.credential(hash_of(cookie)).await? {
                Some(Credential::Session(session, user))
                    if user.name.as_str() == name && session.ended_at.is_none() =>
                {
                    end_session(accounts, &caller_of(&user), session).await
                }
                _ => Ok(()),
            }
        })
        .await
    }

    /// Changes the caller's own password and ends all their sign-ins and tokens. Guesses at the current password are throttled
    /// like sign-ins.
    pub async fn change_password(
        &self,
        caller: &Caller,
        current: &str,
        new: &str,
        address: Option<IpAddr>,
    ) -> Result<UserView, DeskError> {
        let Caller::Person { name, .. } = caller else {
            return Err(DeskError::Forbidden);
        };
        check_password(new, name.as_str(), "/password").map_err(DeskError::field)?;
        let user = self.base.user(name).await?;
        let attempt = Attempt::new(name.as_str(), address);
        let begun_at = self
            .begin_attempt(RefusalKind::PasswordChange, name.as_str(), address, attempt)
            .await?;
        let stored = Some(user.password.as_str());
        if !self
            .base
            .password_matches(current, stored, BTreeSet::new())
            .await?
        {
            self.identities.log_refusal(RefusalEvent {
                what: RefusalKind::PasswordChange,
                name: Some(name.as_str()),
                address,
                reason: "wrong-password",
            });
            self.identities.count_failed_sign_in(name, address);
            return Err(DeskError::field(FieldFault::invalid(
                "/current",
                "目前的密碼不正確",
                "not the current password",
            )));
        }
        self.throttle.succeeded(attempt, begun_at);
        let password = self.base.hash_password(new).await?;
        retried(|| async {
            let accounts = self.base.change_accounts().await?;
            // Read again: the account may have changed while the passwords were hashed.
            let user = self.base.user(name).await?;
            let password = password.clone();
            let user = accounts.signed_out(User { password, ..user });
            let subject = AuditSubject::User(name.to_string());
            let audit = accounts.audit(caller, AuditAction::PasswordChanged, subject);
            let view = UserView::from(&user);
            accounts
                .commit(vec![AccountWrite::User(user)], audit, None)
                .await?;
            Ok(view)
        })
        .await
    }

    /// Creates the sign-in. `checked` is the user whose password was verified; `None` if their password has changed since.
    async fn begin_session(
        &self,
        checked: User,
        rehashed: Option<String>,
        address: Option<IpAddr>,
    ) -> Result<Option<SignedIn>, DeskError> {
        let cookie = self.base.new_cookie();
        let name = checked.name.clone();
        let view = retried(|| async {
            let accounts = self.base.change_accounts().await?;
            let user = self.base.store.user(&name).await?.filter(User::is_active);
            let user = user.ok_or(DeskError::BadCredentials)?;
            if user.password != checked.password {
                return Ok(None);
            }
            let now = accounts.now;
            let expires_at = now.plus_ms(self.base.settings.session_ms);
            let session = Session {
                id: SessionId(self.base.id_source().id()),
                user: name.clone(),
                secret: hash_of(&cookie),
                // Even if the clock has gone back: one from before `sessions_from` counts as ended.
                created_at: now.max(user.sessions_from),
                expires_at,
                ended_at: None,
                used_at: now,
                address: address.map(|address| address.to_canonical()),
            };
            let subject = AuditSubject::User(name.to_string());
            let audit = accounts.audit(&caller_of(&user), AuditAction::SessionBegan, subject);
            let mut writes = self.expired_sign_ins(now).await?;
            writes.push(AccountWrite::Session(session));
            let view = SessionView {
                name: name.clone(),
                role: user.role,
                expires_at,
            };
            if let Some(password) = rehashed.clone() {
                writes.push(AccountWrite::User(User { password, ..user }));
            }
            accounts.commit(writes, audit, None).await?;
            Ok(Some(view))
        })
        .await?;
        Ok(view.map(|view| SignedIn {
            cookie,
            max_age_s: self.base.settings.session_ms / 1_000,
            view,
        }))
    }

    /// Deletions of sign-ins that ended long ago; none while the clock is in doubt.
    async fn expired_sign_ins(&self, now: Timestamp) -> Result<Vec<AccountWrite>, DeskError> {
        if self.base.clock_jump().is_some() {
            return Ok(Vec::new());
        }
        let is_expired = |session: &Session| {
            let ended_at = session.ended_at.unwrap_or(session.expires_at);
            now.ms_since(ended_at.min(session.expires_at)) > ENDED_KEPT_MS
        };
        let all = self.base.store.sessions().await?.into_iter();
        let expired = all.filter(is_expired).take(DELETED_AT_ONCE_MAX);
        Ok(expired.map(AccountWrite::DeleteSession).collect())
    }
}

/// Ends a sign-in.
async fn end_session(
    accounts: AccountChange<'_>,
    by: &Caller,
    session: Session,
) -> Result<(), DeskError> {
    let subject = AuditSubject::User(session.user.to_string());
    let audit = accounts.audit(by, AuditAction::SessionEnded, subject);
    let ended_at = Some(accounts.now);
    let ended = AccountWrite::Session(Session {
        ended_at,
        ..session
    });
    accounts.commit(vec![ended], audit, None).await
}
