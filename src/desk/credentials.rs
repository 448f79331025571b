//! Credentials (board keys, personal tokens and sign-ins by cookie): which of them hold, and who shows them.

use super::{settings::DeskSettings, views::WhoView};
use crate::{
    access::Caller,
    record::{SecretHash, Session, Token, User},
    store::Credential,
    time::{MINUTE_MS, Timestamp},
};

/// How far a clock correction may set the clock back without ending sign-ins.
const CORRECTION_MS: i64 = 5 * MINUTE_MS;
/// How recent a sign-in must be for actions that need a recent one, in milliseconds.
pub(super) const RECENT_MS: i64 = 10 * MINUTE_MS;

/// Why a credential is refused: for the log, never for the client.
pub(super) type CredentialFault = &'static str;

/// An authenticated caller with the credential it showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What the caller is and may.
    pub caller: Caller,
    pub(super) credential: Credential,
}

impl Identity {
    /// The caller with this credential, if it holds now.
    pub(super) fn of(
        credential: Credential,
        settings: &DeskSettings,
        now: Timestamp,
    ) -> Result<Self, CredentialFault> {
        let caller = match &credential {
            Credential::Key(key) => {
                check_not_ended(key.revoked_at, key.expires_at, now)?;
                Caller::Program {
                    id: key.id,
                    name: key.name.clone(),
                    scopes: key.scopes.clone(),
                }
            }
            Credential::Token(token, user) => {
                check_token(token, user, now)?;
                caller_of(user)
            }
            Credential::Session(session, user) => {
                check_session(session, user, settings, now)?;
                caller_of(user)
            }
        };
        Ok(Self { caller, credential })
    }

    /// The hash of what was shown.
    pub(super) const fn secret(&self) -> SecretHash {
        match &self.credential {
            Credential::Key(key) => key.secret,
            Credential::Token(token, _) => token.secret,
            Credential::Session(session, _) => session.secret,
        }
    }

    /// The sign-in, if the credential is a cookie.
    pub(super) const fn session(&self) -> Option<&Session> {
        match &self.credential {
            Credential::Session(session, _) => Some(session),
            Credential::Key(_) | Credential::Token(..) => None,
        }
    }

    /// What a caller is told about themselves; `may` names the calls that they may make.
    pub(super) fn view(&self, settings: &DeskSettings, may: Vec<String>) -> WhoView {
        let blank = WhoView {
            may,
            ..WhoView::default()
        };
        match &self.credential {
            Credential::Key(key) => WhoView {
                by: "key",
                id: key.id.to_string(),
                name: key.name.to_string(),
                scopes: Some(key.scopes.clone()),
                created_at: key.created_at,
                expires_at: key.expires_at,
                ..blank
            },
            Credential::Token(token, user) => WhoView {
                by: "token",
                id: token.id.to_string(),
                name: user.name.to_string(),
                role: Some(user.role),
                created_at: token.created_at,
                expires_at: token.expires_at,
                ..blank
            },
            Credential::Session(session, user) => WhoView {
                by: "session",
                id: session.id.to_string(),
                name: user.name.to_string(),
                role: Some(user.role),
                created_at: session.created_at,
                expires_at: Some(session.expires_at),
                idle_at: Some(session.used_at.plus_ms(settings.session_idle_ms)),
                recent_until: Some(signed_in_at(session, settings).plus_ms(RECENT_MS)),
                ..blank
            },
        }
    }
}

/// Checks that a sign-in is still valid. One that expires later than a sign-in begun now would was begun while the clock was
/// ahead, and counts as expired.
pub(super) fn check_session(
    session: &Session,
    user: &User,
    settings: &DeskSettings,
    now: Timestamp,
) -> Result<(), CredentialFault> {
    if session.ended_at.is_some() || session.created_at < user.sessions_from {
        return Err("ended");
    }
    if !user.is_active() {
        return Err("disabled");
    }
    let longest_ms = settings.session_ms + CORRECTION_MS;
    if now >= session.expires_at || session.expires_at.ms_since(now) > longest_ms {
        return Err("expired");
    }
    if !session.is_live(now, settings.session_idle_ms) {
        return Err("idle");
    }
    Ok(())
}

/// When the user really signed in. `created_at` can be later than that: it is never before `sessions_from`, which is in
/// the future if sign-ins were ended while the clock was ahead.
pub(super) fn signed_in_at(session: &Session, settings: &DeskSettings) -> Timestamp {
    session.expires_at.plus_ms(-settings.session_ms)
}

/// The person as a caller.
pub(super) fn caller_of(user: &User) -> Caller {
    Caller::Person {
        name: user.name.clone(),
        role: user.role,
    }
}

/// The credential's owner in the form used for actors.
pub(super) fn owner_name(credential: &Credential) -> String {
    match credential {
        Credential::Key(key) => format!("key:{}", key.name),
        Credential::Token(_, user) | Credential::Session(_, user) => user.name.to_string(),
    }
}

fn check_not_ended(
    revoked_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), CredentialFault> {
    if revoked_at.is_some() {
        return Err("revoked");
    }
    if expires_at.is_some_and(|end| now >= end) {
        return Err("expired");
    }
    Ok(())
}

fn check_token(token: &Token, user: &User, now: Timestamp) -> Result<(), CredentialFault> {
    check_not_ended(token.revoked_at, token.expires_at, now)?;
    if !user.is_active() {
        return Err("disabled");
    }
    if token.created_at < user.tokens_from {
        return Err("ended");
    }
    Ok(())
}
