//! Users, keys and personal tokens. A secret is shown once, in the response that creates it.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    account_drafts::{ChangeUser, NewKey, NewToken, NewUser},
    base::Base,
    error::DeskError,
    idempotency::{Completion, IdempotencyRequest, Idempotent, Once},
    retried::retried,
    secret::hash_of,
    state::LastUses,
    views::{KeyView, NewKeyView, NewTokenView, NewUserView, TokenView, UserView},
};
use crate::{
    access::Caller,
    id::{KeyId, TokenId},
    record::{
        AccountWrite, AuditAction, AuditSubject, Key, KeyName, Role, Scope, Token, User, UserName,
    },
    time::Timestamp,
};

/// The name of the first admin.
const FIRST_ADMIN: &str = "admin";
/// The name of the first board key.
const FIRST_KEY: &str = "board";

/// The first credentials, made when the data folder had none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InitialAccess {
    /// The first admin's name and password.
    pub admin: Option<(String, String)>,
    /// The first board key.
    pub key: Option<String>,
}

/// Users, keys and personal tokens.
pub struct Accounts {
    pub(super) base: Arc<Base>,
    pub(super) last_uses: Arc<LastUses>,
}

impl Accounts {
    /// All users that are not deleted.
    pub async fn users(&self) -> Result<Vec<UserView>, DeskError> {
        let users = self.base.store.users().await?;
        Ok(users
            .iter()
            .filter(|user| user.deleted_at.is_none())
            .map(UserView::from)
            .collect())
    }

    /// Creates a user, with a generated password if none is given.
    pub async fn create_user(
        &self,
        caller: &Caller,
        new: NewUser,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<NewUserView>, DeskError> {
        let (name, role, chosen) = new.checked()?;
        self.base
            .once(idempotency, |once| async {
                let generated = chosen.is_none().then(|| self.generate_password());
                let password = chosen.as_ref().or(generated.as_ref());
                let password = password.map_or("", String::as_str);
                let hash = self.base.hash_password(password).await?;
                self.try_create_user(caller, &name, role, &hash, generated, once)
                    .await
            })
            .await
    }

    /// Changes a user's role, password, or whether they may sign in.
    pub async fn change_user(
        &self,
        caller: &Caller,
        name: &str,
        change: ChangeUser,
    ) -> Result<UserView, DeskError> {
        let disabled = change.disabled;
        let (role, password) = change.checked(name)?;
        let password = match password {
            Some(password) => Some(self.base.hash_password(&password).await?),
            None => None,
        };
        retried(|| async {
            let accounts = self.base.change_accounts().await?;
            let old = self.existing_user(name).await?;
            let mut user = User {
                role: role.unwrap_or(old.role),
                disabled: disabled.unwrap_or(old.disabled),
                password: password.clone().unwrap_or_else(|| old.password.clone()),
                ..old.clone()
            };
            if password.is_some() || user.disabled != old.disabled {
                // A new password, disabling and enabling all end the sign-ins and tokens made before; an enabled user starts anew.
                user = accounts.signed_out(user);
            }
            self.check_admin_remains(&old, &user).await?;
            let subject = AuditSubject::User(old.name.to_string());
            let audit = accounts
                .audit(caller, AuditAction::UserChanged, subject)
                .changed(
                    user_summary(&old, false),
                    user_summary(&user, password.is_some()),
                );
            let view = UserView::from(&user);
            accounts
                .commit(vec![AccountWrite::User(user)], audit, None)
                .await?;
            Ok(view)
        })
        .await
    }

    /// Deletes a user. The name is never given to somebody else. Idempotent.
    pub async fn delete_user(&self, caller: &Caller, name: &str) -> Result<(), DeskError> {
        retried(|| async {
            let accounts = self.base.change_accounts().await?;
            let old = self
                .base
                .user_by_name(name)
                .await?
                .ok_or(DeskError::NotFound)?;
            if old.deleted_at.is_some() {
                return Ok(());
            }
            let user = User {
                deleted_at: Some(accounts.now),
                ..old.clone()
            };
            self.check_admin_remains(&old, &user).await?;
            let subject = AuditSubject::User(old.name.to_string());
            let audit = accounts.audit(caller, AuditAction::UserDeleted, subject);
            accounts
                .commit(vec![AccountWrite::User(user)], audit, None)
                .await
        })
        .await
    }

    /// All keys, oldest first, revoked ones included.
    pub async fn keys(&self) -> Result<Vec<KeyView>, DeskError> {
        let keys = self.base.store.keys().await?.into_iter();
        let views = keys.map(|key| KeyView::from(&self.last_uses.key_with_last_use(key)));
        Ok(views.collect())
    }

    /// Creates a board key.
    pub async fn create_key(
        &self,
        caller: &Caller,
        new: NewKey,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<NewKeyView>, DeskError> {
        let (name, scopes, expires_at) = new.checked(self.base.clock.now())?;
        self.base
            .once(idempotency, |once| {
                self.try_create_key(caller, name.clone(), scopes.clone(), expires_at, once)
            })
            .await
    }

    /// Revokes a key. Idempotent.
    pub async fn revoke_key(&self, caller: &Caller, id: KeyId) -> Result<(), DeskError> {
        retried(|| async {
            let accounts = self.base.change_accounts().await?;
            let key = self.base.store.key(id).await?.ok_or(DeskError::NotFound)?;
            if key.revoked_at.is_some() {
                return Ok(());
            }
            let subject = AuditSubject::Key(key.name.to_string());
            let audit = accounts.audit(caller, AuditAction::KeyRevoked, subject);
            let key = Key {
                revoked_at: Some(accounts.now),
                ..self.last_uses.key_with_last_use(key)
            };
            accounts
                .commit(vec![AccountWrite::Key(key)], audit, None)
                .await
        })
        .await
    }

    /// The caller's own tokens.
    pub async fn tokens(&self, caller: &Caller) -> Result<Vec<TokenView>, DeskError> {
        let Caller::Person { name, .. } = caller else {
            return Err(DeskError::Forbidden);
        };
        Ok(self
            .base
            .store
            .tokens(name)
            .await?
            .iter()
            .map(TokenView::from)
            .collect())
    }

    /// Creates a token for the caller's own scripts.
    pub async fn create_token(
        &self,
        caller: &Caller,
        new: NewToken,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<NewTokenView>, DeskError> {
        let Caller::Person { name, .. } = caller else {
            return Err(DeskError::Forbidden);
        };
        let (title, expires_at) = new.checked(self.base.clock.now())?;
        self.base
            .once(idempotency, |once| {
                self.try_create_token(caller, name, &title, expires_at, once)
            })
            .await
    }

    /// Creates a token for a user, from the command line.
    pub async fn create_token_for(
        &self,
        caller: &Caller,
        user: &str,
        new: NewToken,
    ) -> Result<NewTokenView, DeskError> {
        let user = self.existing_user(user).await?;
        let (title, expires_at) = new.checked(self.base.clock.now())?;
        retried(|| {
            self.try_create_token(caller, &user.name, &title, expires_at, self.base.unkeyed())
        })
        .await
    }

    /// Revokes one of the caller's tokens. Idempotent.
    pub async fn revoke_token(&self, caller: &Caller, id: TokenId) -> Result<(), DeskError> {
        let Caller::Person { name, .. } = caller else {
            return Err(DeskError::Forbidden);
        };
        retried(|| async {
            let accounts = self.base.change_accounts().await?;
            let stored = self.base.store.token(id).await?;
            let own = stored.filter(|token| token.user == *name);
            let token = own.ok_or(DeskError::NotFound)?;
            if token.revoked_at.is_some() {
                return Ok(());
            }
            let subject = AuditSubject::Token(id.to_string());
            let audit = accounts.audit(caller, AuditAction::TokenRevoked, subject);
            let token = Token {
                revoked_at: Some(accounts.now),
                ..token
            };
            accounts
                .commit(vec![AccountWrite::Token(token)], audit, None)
                .await
        })
        .await
    }

    /// Creates the first admin if no user exists, and the first board key if no key exists.
    pub async fn create_initial_access(&self) -> Result<InitialAccess, DeskError> {
        let mut initial = InitialAccess::default();
        if self.base.store.users().await?.is_empty() {
            let new = NewUser {
                name: Some(FIRST_ADMIN.to_owned()),
                role: Some(Role::Admin.name().to_owned()),
                password: None,
            };
            if let Idempotent::Fresh(view) = self.create_user(&Caller::Operator, new, None).await? {
                initial.admin = view
                    .password
                    .map(|password| (FIRST_ADMIN.to_owned(), password));
            }
        }
        if self.base.store.keys().await?.is_empty() {
            let scopes = [Scope::Moderate, Scope::Report]
                .map(|scope| scope.name().to_owned())
                .to_vec();
            let new = NewKey {
                name: Some(FIRST_KEY.to_owned()),
                scopes,
                expires_at: None,
            };
            if let Idempotent::Fresh(view) = self.create_key(&Caller::Operator, new, None).await? {
                initial.key = view.key;
            }
        }
        Ok(initial)
    }

    async fn try_create_user(
        &self,
        caller: &Caller,
        name: &UserName,
        role: Role,
        hash: &str,
        generated: Option<String>,
        once: Once<'_>,
    ) -> Result<NewUserView, DeskError> {
        let accounts = self.base.change_accounts().await?;
        let look = name.look();
        let users = self.base.store.users().await?;
        if users.iter().any(|user| user.name.look() == look) {
            return Err(DeskError::NameTaken);
        }
        let user = User {
            name: name.clone(),
            role,
            password: hash.to_owned(),
            disabled: false,
            deleted_at: None,
            created_at: accounts.now,
            sessions_from: accounts.now,
            tokens_from: accounts.now,
            settings: None,
        };
        let mut view = NewUserView {
            user: UserView::from(&user),
            password: None,
        };
        let answer = once.answer(Completion::Created, &view, accounts.now)?;
        let subject = AuditSubject::User(name.to_string());
        let audit = accounts.audit(caller, AuditAction::UserCreated, subject);
        let write = vec![AccountWrite::User(user)];
        accounts
            .commit(write, audit.to(role.name()), answer)
            .await?;
        view.password = generated;
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
        let accounts = self.base.change_accounts().await?;
        let keys = self.base.store.keys().await?;
        let name = match name {
            Some(name) => name,
            None => unused_key_name(&keys)?,
        };
        // A revoked key's name is not free either: `key:NAME` in the audit must always mean the same key.
        let look = name.look();
        if keys.iter().any(|key| key.name.look() == look) {
            return Err(DeskError::NameTaken);
        }
        let secret = self.base.new_key_secret();
        let key = Key {
            id: KeyId(self.base.id_source().id()),
            name,
            scopes,
            secret: hash_of(&secret),
            created_at: accounts.now,
            expires_at,
            revoked_at: None,
            last_used_at: None,
        };
        let mut view = NewKeyView {
            view: KeyView::from(&key),
            key: None,
        };
        let answer = once.answer(Completion::Created, &view, accounts.now)?;
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
        let subject = AuditSubject::Key(key.name.to_string());
        let audit = accounts
            .audit(caller, AuditAction::KeyCreated, subject)
            .to(scopes.join(","));
        accounts
            .commit(vec![AccountWrite::Key(key)], audit, answer)
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
        let accounts = self.base.change_accounts().await?;
        let owner = self.existing_user(user.as_str()).await?;
        let secret = self.base.new_token_secret();
        let token = Token {
            id: TokenId(self.base.id_source().id()),
            user: user.clone(),
            name: title.to_owned(),
            secret: hash_of(&secret),
            created_at: accounts.now.max(owner.tokens_from),
            expires_at,
            revoked_at: None,
        };
        let mut view = NewTokenView {
            view: TokenView::from(&token),
            token: None,
        };
        let answer = once.answer(Completion::Created, &view, accounts.now)?;
        let subject = AuditSubject::Token(token.id.to_string());
        let audit = accounts
            .audit(caller, AuditAction::TokenCreated, subject)
            .to(user);
        accounts
            .commit(vec![AccountWrite::Token(token)], audit, answer)
            .await?;
        view.token = Some(secret);
        Ok(view)
    }

    async fn existing_user(&self, name: &str) -> Result<User, DeskError> {
        self.base
            .user_by_name(name)
            .await?
            .filter(|user| user.deleted_at.is_none())
            .ok_or(DeskError::NotFound)
    }

    /// Groups of users whose names look alike. Such names are refused today; these are from before.
    pub async fn look_alike_users(&self) -> Result<Vec<Vec<String>>, DeskError> {
        let mut alike: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for user in self.base.store.users().await? {
            let names = alike.entry(user.name.look()).or_default();
            names.push(user.name.to_string());
        }
        Ok(alike
            .into_values()
            .filter(|names| names.len() > 1)
            .collect())
    }

    /// Refuses to change `old` into `new` if no active admin would be left.
    async fn check_admin_remains(&self, old: &User, new: &User) -> Result<(), DeskError> {
        let is_admin = |user: &User| user.is_active() && user.role == Role::Admin;
        if !is_admin(old) || is_admin(new) {
            return Ok(());
        }
        let others = self.base.store.users().await?;
        let admin_remains = others
            .iter()
            .any(|user| user.name != old.name && is_admin(user));
        if admin_remains {
            Ok(())
        } else {
            Err(DeskError::LastAdmin)
        }
    }

    /// A random password.
    pub fn generate_password(&self) -> String {
        self.base.generate_password()
    }
}

fn unused_key_name(keys: &[Key]) -> Result<KeyName, DeskError> {
    let name = (keys.len() + 1..)
        .filter_map(|n| KeyName::parse(&format!("key-{n}")).ok())
        .find(|name| !keys.iter().any(|key| key.name.look() == name.look()));
    name.ok_or_else(|| DeskError::Internal("no name is free".to_owned()))
}

fn user_summary(user: &User, has_new_password: bool) -> String {
    let disabled = if user.disabled { ", disabled" } else { "" };
    let password = if has_new_password {
        ", new password"
    } else {
        ""
    };
    format!("{}{disabled}{password}", user.role)
}
