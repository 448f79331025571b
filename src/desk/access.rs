//! Users, keys and personal tokens. Secrets are shown once, in the answer that made them.

use std::collections::BTreeMap;

use super::{
    Desk, DeskError, IdempotencyRequest, Idempotent,
    idempotency::{Completion, Once},
    password::check_password,
    retried,
    secret::hash_of,
    views::{KeyView, NewKeyView, NewTokenView, NewUserView, TokenView, UserView},
};
use crate::{
    access::Caller,
    id::{KeyId, TokenId},
    intake::FieldFault,
    record::{
        AuditDraft, AuditSubject, Key, KeyName, NAME_CHARS_MAX, Role, Scope, StoredAnswer, Token,
        User, UserName, folded_name,
    },
    store::{AccountWrite, Commit},
    time::Timestamp,
};

/// The name of the first admin.
const FIRST_ADMIN: &str = "admin";
/// The name of the first board key.
const FIRST_KEY: &str = "board";

/// The plain fields of a new user, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct NewUser {
    pub name: Option<String>,
    pub role: Option<String>,
    pub password: Option<String>,
}

/// What changes about a user; absent fields stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct ChangeUser {
    pub role: Option<String>,
    pub disabled: Option<bool>,
    pub password: Option<String>,
}

/// The plain fields of a new key, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct NewKey {
    pub name: Option<String>,
    pub scopes: Vec<String>,
    pub expires_at: Option<String>,
}

/// The plain fields of a new personal token, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct NewToken {
    pub name: Option<String>,
    pub expires_at: Option<String>,
}

/// The fields of a new key, checked.
type CheckedKey = (Option<KeyName>, Vec<Scope>, Option<Timestamp>);

/// What was made for a folder that had none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetUp {
    /// The first admin's name and password.
    pub admin: Option<(String, String)>,
    /// The first board key.
    pub key: Option<String>,
}

/// An audit entry about an account.
pub(super) fn account_audit(
    caller: &Caller,
    at: Timestamp,
    action: &str,
    subject: AuditSubject,
    to: Option<String>,
) -> AuditDraft {
    AuditDraft {
        at,
        actor: caller.actor(),
        action: action.to_owned(),
        subject,
        from: None,
        to,
        why: None,
        words: None,
    }
}

impl Desk {
    /// All users.
    pub async fn users(&self) -> Result<Vec<UserView>, DeskError> {
        let users = self.store.users().await?;
        Ok(users
            .iter()
            .filter(|user| user.deleted_at.is_none())
            .map(UserView::from)
            .collect())
    }

    /// Makes a user, and a password where none is given.
    pub async fn create_user(
        &self,
        caller: &Caller,
        new: NewUser,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<NewUserView>, DeskError> {
        let (name, role) = checked_user(&new)?;
        let given = new.password.filter(|password| !password.is_empty());
        self.once(idempotency, |once| async {
            let made = given.is_none().then(|| self.suggest_password());
            let hash = self
                .hash_password(given.as_ref().or(made.as_ref()).map_or("", String::as_str))
                .await?;
            self.try_create_user(caller, &name, role, &hash, made, once)
                .await
        })
        .await
    }

    /// Changes role, password, or whether a user may sign in.
    pub async fn change_user(
        &self,
        caller: &Caller,
        name: &str,
        change: ChangeUser,
    ) -> Result<UserView, DeskError> {
        let (role, password) = checked_change(name, change.role, change.password)?;
        let password = match password {
            Some(password) => Some(self.hash_password(&password).await?),
            None => None,
        };
        retried!({
            let edition = self.store.accounts_version().await?;
            let now = self.clock.now();
            let old = self.existing_user(name).await?;
            let mut user = User {
                role: role.unwrap_or(old.role),
                disabled: change.disabled.unwrap_or(old.disabled),
                ..old.clone()
            };
            if let Some(password) = &password {
                user.password.clone_from(password);
            }
            if password.is_some() || user.disabled != old.disabled {
                // Whoever is let in again begins anew: what was made before stays ended, and so does what was made meanwhile.
                user.sessions_from = now.max(user.sessions_from).plus_ms(1);
                user.tokens_from = now.max(user.tokens_from).plus_ms(1);
            }
            self.keep_an_admin(&old, &user).await?;
            let audit = AuditDraft {
                from: Some(user_summary(&old, false)),
                ..account_audit(
                    caller,
                    now,
                    "user.changed",
                    AuditSubject::User(old.name.to_string()),
                    Some(user_summary(&user, password.is_some())),
                )
            };
            let view = UserView::from(&user);
            self.commit_accounts(vec![AccountWrite::User(user)], vec![audit], edition)
                .await
                .map(|()| view)
        })
    }

    /// Removes a user; the name is never given to another. Again is nothing new.
    pub async fn delete_user(&self, caller: &Caller, name: &str) -> Result<(), DeskError> {
        retried!({
            let edition = self.store.accounts_version().await?;
            let now = self.clock.now();
            let old = self.user_called(name).await?.ok_or(DeskError::NotFound)?;
            if old.deleted_at.is_some() {
                return Ok(());
            }
            let user = User {
                deleted_at: Some(now),
                ..old.clone()
            };
            self.keep_an_admin(&old, &user).await?;
            let audit = account_audit(
                caller,
                now,
                "user.deleted",
                AuditSubject::User(old.name.to_string()),
                None,
            );
            self.commit_accounts(vec![AccountWrite::User(user)], vec![audit], edition)
                .await
        })
    }

    /// All keys, oldest first, revoked ones too.
    pub async fn keys(&self) -> Result<Vec<KeyView>, DeskError> {
        let keys = self.store.keys().await?.into_iter();
        let told = keys.map(|key| KeyView::from(&self.used.with_last_use(key)));
        Ok(told.collect())
    }

    /// Makes a key.
    pub async fn create_key(
        &self,
        caller: &Caller,
        new: NewKey,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<NewKeyView>, DeskError> {
        let (name, scopes, expires_at) = self.checked_key(new)?;
        self.once(idempotency, |once| {
            self.try_create_key(caller, name.clone(), scopes.clone(), expires_at, once)
        })
        .await
    }

    /// Ends a key. Again is nothing new.
    pub async fn revoke_key(&self, caller: &Caller, id: KeyId) -> Result<(), DeskError> {
        retried!({
            let edition = self.store.accounts_version().await?;
            let now = self.clock.now();
            let key = self.store.key(id).await?.ok_or(DeskError::NotFound)?;
            if key.revoked_at.is_some() {
                return Ok(());
            }
            let audit = account_audit(
                caller,
                now,
                "key.revoked",
                AuditSubject::Key(key.name.to_string()),
                None,
            );
            let key = Key {
                revoked_at: Some(now),
                ..self.used.with_last_use(key)
            };
            self.commit_accounts(vec![AccountWrite::Key(key)], vec![audit], edition)
                .await
        })
    }

    /// The caller's own tokens.
    pub async fn tokens(&self, caller: &Caller) -> Result<Vec<TokenView>, DeskError> {
        let Caller::Person { name, .. } = caller else {
            return Err(DeskError::Forbidden);
        };
        Ok(self
            .store
            .tokens(name)
            .await?
            .iter()
            .map(TokenView::from)
            .collect())
    }

    /// Makes a token for the caller's own scripts.
    pub async fn create_token(
        &self,
        caller: &Caller,
        new: NewToken,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<NewTokenView>, DeskError> {
        let Caller::Person { name, .. } = caller else {
            return Err(DeskError::Forbidden);
        };
        let (title, expires_at) = self.checked_token(new)?;
        self.once(idempotency, |once| {
            self.try_create_token(caller, name, &title, expires_at, once)
        })
        .await
    }

    /// Makes a token for somebody, on the command line.
    pub async fn create_token_for(
        &self,
        caller: &Caller,
        user: &str,
        new: NewToken,
    ) -> Result<NewTokenView, DeskError> {
        let user = self.existing_user(user).await?;
        let (title, expires_at) = self.checked_token(new)?;
        retried!(
            self.try_create_token(caller, &user.name, &title, expires_at, self.unkeyed())
                .await
        )
    }

    /// Ends one of the caller's tokens. Again is nothing new.
    pub async fn revoke_token(&self, caller: &Caller, id: TokenId) -> Result<(), DeskError> {
        let Caller::Person { name, .. } = caller else {
            return Err(DeskError::Forbidden);
        };
        retried!({
            let edition = self.store.accounts_version().await?;
            let now = self.clock.now();
            let token = self
                .store
                .token(id)
                .await?
                .filter(|token| token.user == *name)
                .ok_or(DeskError::NotFound)?;
            if token.revoked_at.is_some() {
                return Ok(());
            }
            let audit = account_audit(
                caller,
                now,
                "token.revoked",
                AuditSubject::Token(id.to_string()),
                None,
            );
            self.commit_accounts(
                vec![AccountWrite::Token(Token {
                    revoked_at: Some(now),
                    ..token
                })],
                vec![audit],
                edition,
            )
            .await
        })
    }

    /// Makes the first admin where no user exists and the first board key where no key exists.
    pub async fn set_up(&self) -> Result<SetUp, DeskError> {
        let mut made = SetUp::default();
        if self.store.users().await?.is_empty() {
            let new = NewUser {
                name: Some(FIRST_ADMIN.to_owned()),
                role: Some(Role::Admin.name().to_owned()),
                password: None,
            };
            if let Idempotent::Fresh(view) = self.create_user(&Caller::Operator, new, None).await? {
                made.admin = view
                    .password
                    .map(|password| (FIRST_ADMIN.to_owned(), password));
            }
        }
        if self.store.keys().await?.is_empty() {
            let scopes = [Scope::Moderate, Scope::Report]
                .map(|scope| scope.name().to_owned())
                .to_vec();
            let new = NewKey {
                name: Some(FIRST_KEY.to_owned()),
                scopes,
                expires_at: None,
            };
            if let Idempotent::Fresh(view) = self.create_key(&Caller::Operator, new, None).await? {
                made.key = view.key;
            }
        }
        Ok(made)
    }

    /// Writes accounts with their story.
    pub(super) async fn commit_accounts(
        &self,
        writes: Vec<AccountWrite>,
        audit: Vec<AuditDraft>,
        edition: u64,
    ) -> Result<(), DeskError> {
        self.commit_accounts_answering(writes, audit, edition, None)
            .await
    }

    async fn commit_accounts_answering(
        &self,
        writes: Vec<AccountWrite>,
        audit: Vec<AuditDraft>,
        edition: u64,
        answer: Option<StoredAnswer>,
    ) -> Result<(), DeskError> {
        self.store
            .commit(Commit::Accounts {
                writes,
                audit,
                edition,
                answer,
            })
            .await?;
        Ok(())
    }

    async fn try_create_user(
        &self,
        caller: &Caller,
        name: &UserName,
        role: Role,
        hash: &str,
        made: Option<String>,
        once: Once<'_>,
    ) -> Result<NewUserView, DeskError> {
        let edition = self.store.accounts_version().await?;
        let look = name.look();
        let users = self.store.users().await?;
        if users.iter().any(|user| user.name.look() == look) {
            return Err(DeskError::NameTaken);
        }
        let now = self.clock.now();
        let user = User {
            name: name.clone(),
            role,
            password: hash.to_owned(),
            disabled: false,
            deleted_at: None,
            created_at: now,
            sessions_from: now,
            tokens_from: now,
        };
        let mut view = NewUserView {
            user: UserView::from(&user),
            password: None,
        };
        let kept = once.answer(Completion::Created, &view, now)?;
        let audit = account_audit(
            caller,
            now,
            "user.created",
            AuditSubject::User(name.to_string()),
            Some(role.name().to_owned()),
        );
        self.commit_accounts_answering(vec![AccountWrite::User(user)], vec![audit], edition, kept)
            .await?;
        view.password = made;
        Ok(view)
    }

    async fn try_create_key(
        &self,
        caller: &Caller,
        name: Option<KeyName>,
        scopes: Vec<Scope>,
        expires_at: Option<Timestamp>,
        once: Once<'_>,
    ) -> Result<NewKeyView, DeskError> {
        let edition = self.store.accounts_version().await?;
        let now = self.clock.now();
        let keys = self.store.keys().await?;
        let name = match name {
            Some(name) => name,
            None => free_name(&keys)?,
        };
        // That of a revoked key neither: what the audit tells of `key:NAME` is one key's.
        let look = name.look();
        if keys.iter().any(|key| key.name.look() == look) {
            return Err(DeskError::NameTaken);
        }
        let secret = self.new_key_secret();
        let key = Key {
            id: KeyId(self.id_source().id()),
            name,
            scopes,
            secret: hash_of(&secret),
            created_at: now,
            expires_at,
            revoked_at: None,
            last_used_at: None,
        };
        let mut view = NewKeyView {
            view: KeyView::from(&key),
            key: None,
        };
        let kept = once.answer(Completion::Created, &view, now)?;
        let scopes = key
            .scopes
            .iter()
            .map(|scope| scope.name())
            .collect::<Vec<_>>()
            .join(",");
        let audit = account_audit(
            caller,
            now,
            "key.created",
            AuditSubject::Key(key.name.to_string()),
            Some(scopes),
        );
        self.commit_accounts_answering(vec![AccountWrite::Key(key)], vec![audit], edition, kept)
            .await?;
        view.key = Some(secret);
        Ok(view)
    }

    async fn try_create_token(
        &self,
        caller: &Caller,
        user: &UserName,
        title: &str,
        expires_at: Option<Timestamp>,
        once: Once<'_>,
    ) -> Result<NewTokenView, DeskError> {
        let edition = self.store.accounts_version().await?;
        let owner = self.existing_user(user.as_str()).await?;
        let now = self.clock.now();
        let secret = self.new_token_secret();
        let token = Token {
            id: TokenId(self.id_source().id()),
            user: user.clone(),
            name: title.to_owned(),
            secret: hash_of(&secret),
            created_at: now.max(owner.tokens_from),
            expires_at,
            revoked_at: None,
        };
        let mut view = NewTokenView {
            view: TokenView::from(&token),
            token: None,
        };
        let kept = once.answer(Completion::Created, &view, now)?;
        let audit = account_audit(
            caller,
            now,
            "token.created",
            AuditSubject::Token(token.id.to_string()),
            Some(user.to_string()),
        );
        self.commit_accounts_answering(
            vec![AccountWrite::Token(token)],
            vec![audit],
            edition,
            kept,
        )
        .await?;
        view.token = Some(secret);
        Ok(view)
    }

    async fn existing_user(&self, name: &str) -> Result<User, DeskError> {
        self.user_called(name)
            .await?
            .filter(|user| user.deleted_at.is_none())
            .ok_or(DeskError::NotFound)
    }

    /// Who has this name, active or not; else who has it folded: names made before were kept as they were written.
    pub(super) async fn user_called(&self, name: &str) -> Result<Option<User>, DeskError> {
        for name in [name, &folded_name(name)] {
            let Ok(name) = UserName::parse(name) else {
                continue;
            };
            if let Some(user) = self.store.user(&name).await? {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    /// The names of users that are taken for each other, from before such were refused.
    pub async fn users_alike(&self) -> Result<Vec<Vec<String>>, DeskError> {
        let mut alike: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for user in self.store.users().await? {
            let names = alike.entry(user.name.look()).or_default();
            names.push(user.name.to_string());
        }
        Ok(alike
            .into_values()
            .filter(|names| names.len() > 1)
            .collect())
    }

    /// Whether somebody is left who may keep users, once `old` is `new`.
    async fn keep_an_admin(&self, old: &User, new: &User) -> Result<(), DeskError> {
        let is_admin = |user: &User| user.is_active() && user.role == Role::Admin;
        if !is_admin(old) || is_admin(new) {
            return Ok(());
        }
        let others = self.store.users().await?;
        let left = others
            .iter()
            .any(|user| user.name != old.name && is_admin(user));
        if left {
            Ok(())
        } else {
            Err(DeskError::LastAdmin)
        }
    }

    fn checked_key(&self, new: NewKey) -> Result<CheckedKey, DeskError> {
        let mut faults = Vec::new();
        let name = new.name.filter(|name| !name.is_empty()).and_then(|name| {
            let parsed = KeyName::parse(&name);
            parsed.map_err(|_| faults.push(bad_name("/name"))).ok()
        });
        if new.scopes.is_empty() {
            faults.push(FieldFault::missing("/scopes"));
        }
        let mut scopes: Vec<Scope> = Vec::new();
        for (place, scope) in new.scopes.iter().enumerate() {
            match Scope::parse(scope) {
                Some(scope) if !scopes.contains(&scope) => scopes.push(scope),
                Some(_) => {}
                None => faults.push(FieldFault::invalid(
                    format!("/scopes/{place}"),
                    "須為 moderate、report、read、review 或 admin",
                    "one of moderate, report, read, review, admin",
                )),
            }
        }
        let expires_at = self.checked_expiry(new.expires_at, &mut faults);
        if faults.is_empty() {
            Ok((name, scopes, expires_at))
        } else {
            Err(DeskError::Fields(faults))
        }
    }

    fn checked_token(&self, new: NewToken) -> Result<(String, Option<Timestamp>), DeskError> {
        let mut faults = Vec::new();
        let name = new.name.unwrap_or_default();
        let chars = name.chars().count();
        if chars > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            faults.push(FieldFault::invalid(
                "/name",
                format!("最多 {NAME_CHARS_MAX} 個字元"),
                format!("at most {NAME_CHARS_MAX} characters"),
            ));
        }
        let expires_at = self.checked_expiry(new.expires_at, &mut faults);
        if faults.is_empty() {
            Ok((name, expires_at))
        } else {
            Err(DeskError::Fields(faults))
        }
    }

    fn checked_expiry(
        &self,
        raw: Option<String>,
        faults: &mut Vec<FieldFault>,
    ) -> Option<Timestamp> {
        let raw = raw.filter(|raw| !raw.is_empty())?;
        let read = Timestamp::parse(&raw)
            .ok()
            .filter(|end| *end > self.clock.now());
        if read.is_none() {
            faults.push(FieldFault::invalid(
                "/expires_at",
                "須為未來的 RFC 3339 時間",
                "an RFC 3339 time that is still to come",
            ));
        }
        read
    }
}

fn checked_user(new: &NewUser) -> Result<(UserName, Role), DeskError> {
    let mut faults = Vec::new();
    let given = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
    let name = match given(&new.name) {
        None => {
            faults.push(FieldFault::missing("/name"));
            None
        }
        Some(name) => UserName::new(&name)
            .map_err(|_| faults.push(bad_name("/name")))
            .ok(),
    };
    let role = match given(&new.role) {
        None => {
            faults.push(FieldFault::missing("/role"));
            None
        }
        Some(role) => {
            let parsed = Role::parse(&role);
            if parsed.is_none() {
                faults.push(bad_role());
            }
            parsed
        }
    };
    if let Some(password) = given(&new.password) {
        let owner = new.name.as_deref().unwrap_or_default();
        faults.extend(check_password(&password, owner, "/password").err());
    }
    match (name, role) {
        (Some(name), Some(role)) if faults.is_empty() => Ok((name, role)),
        _ => Err(DeskError::Fields(faults)),
    }
}

/// What changes about role and password; absent and empty stay.
fn checked_change(
    name: &str,
    role: Option<String>,
    password: Option<String>,
) -> Result<(Option<Role>, Option<String>), DeskError> {
    let given = |field: Option<String>| field.filter(|text| !text.is_empty());
    let (role, password) = (given(role), given(password));
    let parsed = role.as_deref().and_then(Role::parse);
    let mut faults = Vec::new();
    faults.extend((role.is_some() && parsed.is_none()).then(bad_role));
    let check = |password: &String| check_password(password, name, "/password").err();
    faults.extend(password.as_ref().and_then(check));
    if faults.is_empty() {
        Ok((parsed, password))
    } else {
        Err(DeskError::Fields(faults))
    }
}

fn bad_role() -> FieldFault {
    FieldFault::invalid(
        "/role",
        "須為 viewer、moderator 或 admin",
        "one of viewer, moderator, admin",
    )
}

fn bad_name(pointer: &str) -> FieldFault {
    let zh_tw = "名稱須為 1 到 64 個字母、數字、點、連字號或底線，且不得為保留字";
    FieldFault::invalid(
        pointer,
        zh_tw,
        "a name is 1 to 64 letters, digits, dots, dashes or underscores, and no reserved word",
    )
}

fn free_name(keys: &[Key]) -> Result<KeyName, DeskError> {
    let name = (keys.len() + 1..)
        .filter_map(|n| KeyName::parse(&format!("key-{n}")).ok())
        .find(|name| !keys.iter().any(|key| key.name.look() == name.look()));
    name.ok_or_else(|| DeskError::Internal("no name is free".to_owned()))
}

fn user_summary(user: &User, password: bool) -> String {
    let disabled = if user.disabled { ", disabled" } else { "" };
    let password = if password { ", new password" } else { "" };
    format!("{}{disabled}{password}", user.role)
}
