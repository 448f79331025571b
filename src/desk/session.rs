//! Who is calling: keys, personal tokens, sign-ins.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use super::{
    Desk, DeskError,
    access::account_audit,
    retried,
    secret::hash_of,
    views::{SessionView, UserView},
};
use crate::{
    access::{Caller, Key, Session, Token, User, UserName},
    id::KeyId,
    intake::FieldFault,
    review::AuditSubject,
    store::{AccountWrite, Commit, Credential},
    time::{MINUTE_MS, Timestamp},
};

/// By how much a clock may be set back without ending sign-ins.
const CORRECTION_MS: i64 = 5 * MINUTE_MS;

/// A sign-in that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The cookie's value.
    pub cookie: String,
    /// How long it holds, in seconds.
    pub max_age_s: i64,
    /// Who signed in.
    pub view: SessionView,
}

/// When keys were last used, kept here for a minute before it is written.
#[derive(Debug, Default)]
pub(super) struct UsedKeys(Mutex<HashMap<KeyId, Timestamp>>);

impl UsedKeys {
    fn note(&self, key: &Key, now: Timestamp) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.id, now);
    }

    /// The key with its last use, written or not.
    pub fn told(&self, key: Key) -> Key {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last_used_at = used.get(&key.id).copied().or(key.last_used_at);
        Key {
            last_used_at,
            ..key
        }
    }

    fn take(&self) -> HashMap<KeyId, Timestamp> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Desk {
    /// Whose secret this is: a board key or a personal token.
    pub async fn caller_of_secret(&self, secret: &str) -> Result<Caller, DeskError> {
        let now = self.clock.now();
        match self.store.credential(hash_of(secret)).await? {
            Some(Credential::Key(key)) if key.is_live(now) => {
                self.used_keys.note(&key, now);
                Ok(Caller::Program {
                    id: key.id,
                    name: key.name,
                    scopes: key.scopes,
                })
            }
            Some(Credential::Token(token, user)) if token_holds(&token, &user, now) => {
                Ok(person(user))
            }
            Some(Credential::Key(_) | Credential::Token(..) | Credential::Session(..)) | None => {
                Err(DeskError::BadCredentials)
            }
        }
    }

    /// Whose sign-in this cookie is.
    pub async fn caller_of_cookie(&self, cookie: &str) -> Result<Caller, DeskError> {
        match self.store.credential(hash_of(cookie)).await? {
            Some(Credential::Session(session, user)) if self.session_holds(&session, &user) => {
                Ok(person(user))
            }
            Some(Credential::Key(_) | Credential::Token(..) | Credential::Session(..)) | None => {
                Err(DeskError::BadCredentials)
            }
        }
    }

    /// Signs a person in.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        address: Option<IpAddr>,
    ) -> Result<SignedIn, DeskError> {
        let now = self.clock.now();
        self.throttle
            .check(name, address, now)
            .map_err(|retry_after_s| DeskError::RateLimited { retry_after_s })?;
        // Counted before it is checked: many guesses sent at once are each counted.
        self.throttle.failed(name, address, now);
        let user = match UserName::parse(name) {
            Ok(name) => self.store.user(&name).await?,
            Err(_) => None,
        };
        let user = user.filter(User::is_active);
        let holds = self
            .password_holds(password, user.as_ref().map(|user| user.password.as_str()))
            .await?;
        match user.filter(|_| holds) {
            None => {
                tracing::info!("a sign-in failed");
                Err(DeskError::BadCredentials)
            }
            Some(user) => {
                self.throttle.succeeded(name, address, now);
                self.begin_session(user).await
            }
        }
    }

    /// Ends the caller's sign-in, or all of them.
    pub async fn sign_out(
        &self,
        caller: &Caller,
        cookie: Option<&str>,
        everywhere: bool,
    ) -> Result<(), DeskError> {
        let Caller::Person { name, .. } = caller else {
            return Err(DeskError::Forbidden);
        };
        self.release_all(caller).await?;
        retried!({
            let edition = self.store.accounts_edition().await?;
            let now = self.clock.now();
            let mut writes = Vec::new();
            if everywhere {
                let user = self.store.user(name).await?.ok_or(DeskError::NotFound)?;
                writes.push(AccountWrite::User(User {
                    sessions_from: now.max(user.sessions_from).plus_ms(1),
                    ..user
                }));
            } else if let Some(cookie) = cookie
                && let Some(Credential::Session(session, _)) =
                    self.store.credential(hash_of(cookie)).await?
                && session.user == *name
            {
                writes.push(AccountWrite::Session(Session {
                    ended_at: Some(now),
                    ..session
                }));
            }
            if writes.is_empty() {
                // A personal token came without a sign-in to end.
                return Ok(());
            }
            let action = if everywhere {
                "session.ended-everywhere"
            } else {
                "session.ended"
            };
            let audit = vec![account_audit(
                caller,
                now,
                action,
                AuditSubject::User(name.to_string()),
                None,
            )];
            self.commit_accounts(writes, audit, edition).await
        })
    }

    /// A person changes their own password; every sign-in and token made before ends.
    pub async fn change_password(
        &self,
        caller: &Caller,
        current: &str,
        new: &str,
    ) -> Result<UserView, DeskError> {
        let Caller::Person { name, .. } = caller else {
            return Err(DeskError::Forbidden);
        };
        super::access::check_password(new, "/password").map_err(DeskError::field)?;
        let user = self.store.user(name).await?.ok_or(DeskError::NotFound)?;
        let now = self.clock.now();
        self.throttle
            .check(name.as_str(), None, now)
            .map_err(|retry_after_s| DeskError::RateLimited { retry_after_s })?;
        if !self.password_holds(current, Some(&user.password)).await? {
            self.throttle.failed(name.as_str(), None, now);
            return Err(DeskError::field(FieldFault::invalid(
                "/current",
                "目前的密碼不正確",
                "not the current password",
            )));
        }
        let password = self.hash_password(new).await?;
        retried!({
            let edition = self.store.accounts_edition().await?;
            let user = self.store.user(name).await?.ok_or(DeskError::NotFound)?;
            let now = self.clock.now();
            let user = User {
                password: password.clone(),
                sessions_from: now.max(user.sessions_from).plus_ms(1),
                tokens_from: now.max(user.tokens_from).plus_ms(1),
                ..user
            };
            let audit = account_audit(
                caller,
                now,
                "user.password-changed",
                AuditSubject::User(name.to_string()),
                None,
            );
            let view = UserView::from(&user);
            self.commit_accounts(vec![AccountWrite::User(user)], vec![audit], edition)
                .await
                .map(|()| view)
        })
    }

    /// Writes when keys were last used. Nothing is lost with it but a minute's precision.
    pub async fn flush_used_keys(&self) {
        let mut keys = Vec::new();
        for (id, at) in self.used_keys.take() {
            if let Ok(Some(key)) = self.store.key(id).await {
                keys.push(Key {
                    last_used_at: Some(at),
                    ..key
                });
            }
        }
        if !keys.is_empty()
            && let Err(error) = self.store.commit(Commit::Used(keys)).await
        {
            tracing::warn!(%error, "when keys were last used could not be written: {error}");
        }
    }

    /// None holds for longer than one that begins now: it began under a clock that was ahead.
    fn session_holds(&self, session: &Session, user: &User) -> bool {
        let now = self.clock.now();
        let longest_ms = self.settings.session_ms + CORRECTION_MS;
        session.is_live(now)
            && session.expires_at.ms_since(now) <= longest_ms
            && user.is_active()
            && session.created_at >= user.sessions_from
    }

    /// `checked` is the person as they were when their password was found to hold.
    async fn begin_session(&self, checked: User) -> Result<SignedIn, DeskError> {
        let cookie = self.new_cookie();
        let name = checked.name.clone();
        let view = retried!({
            let edition = self.store.accounts_edition().await?;
            let same = |user: &User| user.is_active() && user.password == checked.password;
            let user = self.store.user(&name).await?.filter(same);
            let user = user.ok_or(DeskError::BadCredentials)?;
            let now = self.clock.now();
            let expires_at = now.plus_ms(self.settings.session_ms);
            let created_at = now.max(user.sessions_from);
            let session = Session {
                user: name.clone(),
                secret: hash_of(&cookie),
                created_at,
                expires_at,
                ended_at: None,
            };
            let caller = person(user.clone());
            let audit = account_audit(
                &caller,
                now,
                "session.began",
                AuditSubject::User(name.to_string()),
                None,
            );
            let done = self
                .commit_accounts(vec![AccountWrite::Session(session)], vec![audit], edition)
                .await;
            done.map(|()| SessionView {
                name: name.clone(),
                role: user.role,
                expires_at,
            })
        })?;
        Ok(SignedIn {
            cookie,
            max_age_s: self.settings.session_ms / 1_000,
            view,
        })
    }
}

fn person(user: User) -> Caller {
    Caller::Person {
        name: user.name,
        role: user.role,
    }
}

fn token_holds(token: &Token, user: &User, now: Timestamp) -> bool {
    token.is_live(now) && user.is_active() && token.created_at >= user.tokens_from
}
