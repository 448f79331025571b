//! Accounts and keys, for admins: made, changed, ended. A password or key that Banzhu made is shown once, in the answer itself:
//! it is kept nowhere, so no redirect could carry it.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{
        ChangeUser, NewKey, NewUser,
        views::{KeyView, UserView},
    },
    http::{
        call::Call,
        console::{
            ages::{self, Age},
            confirm::{self, Question},
            flash::Told,
            form::Fields,
            layout::{Entry, Place, Shell},
            links,
            list::{Choice, Ends, Tab, choices},
            names, render,
            text::texts,
            typed::{Typed, done},
            visit::{Answer, State, Visit},
        },
        problem::{Code, Language, Problem},
        query,
    },
    id::KeyId,
    record::{Role, Scope},
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[
    &USERS,
    &CREATE,
    &CHANGE,
    &DELETE,
    &KEYS,
    &CREATE_KEY,
    &REVOKE,
];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "帳號與金鑰",
    en: "Accounts and keys",
    place: Place::More,
    requirement: Requirement::ADMIN,
}];

const PATH: &str = "/console/accounts";
const KEYS_PATH: &str = "/console/keys";

texts! {
    /// The labels of the pages.
    pub struct AccountsTexts {
        title: "帳號與金鑰", "Accounts and keys";
        what: "看什麼", "What";
        users: "帳號", "Accounts";
        keys: "金鑰", "Keys";
        name: "帳號", "Name";
        name_hint: "1 到 64 個字母、數字或 . - _", "1 to 64 letters, digits or . - _";
        role: "角色", "Role";
        role_hint: "檢視者只能查看；版主可以裁決；管理員可以管理帳號與規則。", "Viewers read; moderators rule; admins manage accounts and rules.";
        since: "建立", "Since";
        state: "狀態", "State";
        enabled: "啟用", "Enabled";
        disabled: "停用", "Disabled";
        you: "您", "You";
        create: "建立帳號", "Create an account";
        password: "密碼", "Password";
        password_hint: "10 到 200 個字；留空則自動產生，只顯示一次", "10 to 200 characters; left empty one is made and shown once";
        change: "變更", "Change";
        save: "儲存變更", "Save";
        new_password: "新密碼（留空不變）", "New password (empty: as it is)";
        new_password_hint: "變更後，這個帳號的所有登入與權杖都會失效", "All sign-ins and tokens of the account end";
        is_disabled: "停用這個帳號", "Keep from signing in";
        delete: "刪除帳號", "Delete the account";
        ask_delete: "確定要刪除這個帳號？", "Delete this account?";
        ask_delete_1: "所有登入與權杖立即失效。", "All sign-ins and tokens end at once.";
        ask_delete_2: "過去的裁決與稽核紀錄會保留。帳號名稱不能再使用。", "Past rulings and the audit stay. The name is not used again.";
        made: "已建立帳號", "The account was made";
        made_password: "密碼（只顯示這一次，請立即交給本人）：", "The password (shown this once; hand it over now):";
        key_name: "名稱", "Name";
        scopes: "權限", "Scopes";
        expires: "到期", "Expires";
        expires_hint: "留空則不會到期", "Left empty it never expires";
        never: "不會到期", "Never";
        last_used: "最近使用", "Last used";
        unused: "尚未使用", "Not used yet";
        revoked: "已撤銷", "Revoked";
        expired: "已到期", "Expired";
        create_key: "建立金鑰", "Create a key";
        keys_lead: "金鑰供論壇的程式使用；請只給需要的權限。", "Keys are for the board’s programs; give each the scopes it needs.";
        made_key: "已建立金鑰", "The key was made";
        made_key_secret: "金鑰（只顯示這一次，請立即存放在安全的地方）：", "The key (shown this once; put it in a safe place now):";
        revoke: "撤銷", "Revoke";
        ask_revoke: "確定要撤銷這把金鑰？", "Revoke this key?";
        ask_revoke_1: "使用它的程式會立刻無法連線，且無法復原。", "Programs that use it are refused at once. This cannot be undone.";
        no_keys: "還沒有金鑰", "There is no key yet";
        no_keys_lead: "建立一把金鑰，論壇的程式才能送來留言。", "Create one so that the board’s program can send comments.";
        scope_moderate: "送審留言、文章與暱稱", "Hand in comments, articles and nicknames";
        scope_report: "送出檢舉與申訴", "Hand in reports and appeals";
        scope_read: "讀取", "Read";
        scope_review: "審核（含讀取）", "Work the queue (includes read)";
        scope_admin: "全部權限", "Everything";
    }
}

/// A secret that is shown once.
struct Secret {
    title: &'static str,
    label: &'static str,
    name: String,
    secret: String,
}

/// An account.
struct UserLine {
    name: String,
    path: String,
    role: &'static str,
    roles: Vec<Choice>,
    is_disabled: bool,
    is_you: bool,
    since: Age,
    is_again: bool,
}

#[derive(Template)]
#[template(
    path = "accounts.html",
    config = "src/http/console/templates/askama.toml"
)]
struct UsersPage {
    shell: Shell,
    a: &'static AccountsTexts,
    tabs: Vec<Tab>,
    users: Vec<UserLine>,
    roles: Vec<Choice>,
    secret: Option<Secret>,
    ends: Ends,
    typed: Typed,
}

static USERS: Call = Call::get(PATH, Requirement::ADMIN)
    .named("console.accounts", "Accounts")
    .any_query()
    .to(|| web::route().to(users));

async fn users(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &USERS).await?;
    users_page(&visit, Typed::default(), None).await
}

async fn users_page(visit: &Visit, typed: Typed, secret: Option<Secret>) -> Answer {
    let all = visit.state.desk.accounts.users().await?;
    let list = visit.query.page();
    let list = list.paginate("users", all, |user| user.name.to_string())?;
    let items = list.items.iter();
    let page = UsersPage {
        shell: visit.shell(PATH),
        a: AccountsTexts::of(visit.language),
        tabs: tabs(PATH, visit.language),
        users: items.map(|user| user_line(user, visit, &typed)).collect(),
        roles: roles(visit.language, Some(typed.get("role"))),
        secret,
        ends: Ends::of(PATH, &visit.query, list.next_cursor),
        typed,
    };
    render::page_as(visit, page.typed.status(), &page)
}

fn tabs(on: &str, language: Language) -> Vec<Tab> {
    let a = AccountsTexts::of(language);
    [(PATH, a.users), (KEYS_PATH, a.keys)]
        .map(|(path, label)| Tab {
            label,
            href: path.to_owned(),
            is_on: path == on,
        })
        .into()
}

fn user_line(user: &UserView, visit: &Visit, typed: &Typed) -> UserLine {
    let me = visit.caller().ok().map(|caller| caller.actor());
    let actor = crate::record::Actor::User(user.name.clone());
    UserLine {
        name: user.name.to_string(),
        path: links::below(PATH, user.name.as_str()),
        role: names::role(user.role, visit.language),
        roles: roles(visit.language, Some(user.role.name())),
        is_disabled: user.disabled,
        is_you: me == Some(actor),
        since: Age::new(user.created_at, visit.now, visit.zone(), visit.language),
        is_again: typed.get("of") == user.name.as_str(),
    }
}

fn roles(language: Language, chosen: Option<&str>) -> Vec<Choice> {
    let all = [Role::Viewer, Role::Moderator, Role::Admin];
    let all = all.map(|role| (role.name(), names::role(role, language).to_owned()));
    choices(all, chosen)
}

static CREATE: Call = Call::post(PATH, Requirement::ADMIN)
    .named("console.accounts.create", "Creates an account")
    .any_query()
    .to(|| web::route().to(create));

async fn create(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &CREATE).await?;
    match try_create(&visit, &form).await {
        Ok(None) => Ok(visit.done(PATH, Told::Saved)),
        Ok(secret) => users_page(&visit, Typed::default(), secret).await,
        Err(problem) => {
            let typed = Typed::again(form, problem, visit.language)?;
            users_page(&visit, typed, None).await
        }
    }
}

async fn try_create(visit: &Visit, form: &Fields) -> Result<Option<Secret>, Problem> {
    let text = |name| form.get(name).map(str::to_owned);
    if form.get("role").and_then(Role::parse) == Some(Role::Admin) {
        check_recent(visit)?;
    }
    let new = NewUser {
        name: text("name"),
        role: text("role"),
        password: text("password"),
    };
    let accounts = &visit.state.desk.accounts;
    let made = done(accounts.create_user(visit.caller()?, new, None).await?)?;
    let a = AccountsTexts::of(visit.language);
    Ok(made.password.map(|secret| Secret {
        title: a.made,
        label: a.made_password,
        name: made.user.name.to_string(),
        secret,
    }))
}

/// Whoever makes admins or keys, or sets a password, has signed in a short time ago.
fn check_recent(visit: &Visit) -> Result<(), Problem> {
    let identity = visit.identity.as_ref();
    let identity = identity.ok_or_else(|| Problem::new(Code::NoCredentials))?;
    Ok(visit.state.desk.identities.check_recent(identity)?)
}

static CHANGE: Call = Call::post("/console/accounts/{name}", Requirement::ADMIN)
    .named("console.accounts.change", "Changes an account")
    .any_query()
    .to(|| web::route().to(change));

async fn change(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &CHANGE).await?;
    let name = query::part(&request, "name")?;
    match try_change(&visit, &name, &form).await {
        Ok(()) => Ok(visit.done(PATH, Told::Saved)),
        Err(problem) => {
            let typed = Typed::again(form, problem, visit.language)?;
            users_page(&visit, typed, None).await
        }
    }
}

async fn try_change(visit: &Visit, name: &str, form: &Fields) -> Result<(), Problem> {
    let change = ChangeUser {
        role: form.get("role").map(str::to_owned),
        disabled: Some(form.is_on("disabled")),
        password: form.get("password").map(str::to_owned),
    };
    let makes_admin = form.get("role").and_then(Role::parse) == Some(Role::Admin);
    // As at the API: whoever sets another's password or enables an account gains a user of their own.
    if makes_admin || change.password.is_some() || change.disabled == Some(false) {
        check_recent(visit)?;
    }
    let accounts = &visit.state.desk.accounts;
    accounts.change_user(visit.caller()?, name, change).await?;
    Ok(())
}

static DELETE: Call = Call::post("/console/accounts/{name}/delete", Requirement::ADMIN)
    .named("console.accounts.delete", "Deletes an account")
    .any_query()
    .to(|| web::route().to(delete));

async fn delete(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, mut form) = Visit::posted(&state, &request, payload, &DELETE).await?;
    let name = query::part(&request, "name")?;
    let a = AccountsTexts::of(visit.language);
    let question = || Question {
        title: a.ask_delete.to_owned(),
        points: vec![
            name.clone(),
            a.ask_delete_1.to_owned(),
            a.ask_delete_2.to_owned(),
        ],
        action: a.delete,
        back: PATH.to_owned(),
        typed: None,
    };
    if let Some(asked) = confirm::asked(&visit, PATH, &mut form, question) {
        return asked;
    }
    let accounts = &state.desk.accounts;
    match accounts.delete_user(visit.caller()?, &name).await {
        Ok(()) => Ok(visit.done(PATH, Told::Saved)),
        Err(error) => {
            let typed = Typed::again(form, Problem::from(error), visit.language)?;
            users_page(&visit, typed, None).await
        }
    }
}

/// A key.
struct KeyLine {
    id: String,
    name: String,
    scopes: Vec<&'static str>,
    since: Age,
    expires: Option<String>,
    used: Option<Age>,
    /// Why it is no longer taken.
    ended: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "keys.html", config = "src/http/console/templates/askama.toml")]
struct KeysPage {
    shell: Shell,
    a: &'static AccountsTexts,
    tabs: Vec<Tab>,
    keys: Vec<KeyLine>,
    scopes: Vec<Choice>,
    secret: Option<Secret>,
    ends: Ends,
    typed: Typed,
}

static KEYS: Call = Call::get(KEYS_PATH, Requirement::ADMIN)
    .named("console.keys", "Keys")
    .any_query()
    .to(|| web::route().to(keys));

async fn keys(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &KEYS).await?;
    keys_page(&visit, Typed::default(), None).await
}

async fn keys_page(visit: &Visit, typed: Typed, secret: Option<Secret>) -> Answer {
    let all = visit.state.desk.accounts.keys().await?;
    let list = visit.query.page();
    let list = list.paginate("keys", all, |key| key.id.to_string())?;
    let a = AccountsTexts::of(visit.language);
    let chosen: Vec<&str> = Scope::ALL
        .into_iter()
        .map(Scope::name)
        .filter(|scope| typed.chose("scopes", scope))
        .collect();
    let items = list.items.iter();
    let page = KeysPage {
        shell: visit.shell(PATH),
        a,
        tabs: tabs(KEYS_PATH, visit.language),
        keys: items.map(|key| key_line(key, visit)).collect(),
        scopes: choices(scopes(a), Some(&chosen.join(","))),
        secret,
        ends: Ends::of(KEYS_PATH, &visit.query, list.next_cursor),
        typed,
    };
    render::page_as(visit, page.typed.status(), &page)
}

fn scopes(a: &AccountsTexts) -> Vec<(&'static str, String)> {
    let label = |scope: Scope| match scope {
        Scope::Moderate => a.scope_moderate,
        Scope::Report => a.scope_report,
        Scope::Read => a.scope_read,
        Scope::Review => a.scope_review,
        Scope::Admin => a.scope_admin,
    };
    Scope::ALL
        .map(|scope| (scope.name(), label(scope).to_owned()))
        .into()
}

fn key_line(key: &KeyView, visit: &Visit) -> KeyLine {
    let a = AccountsTexts::of(visit.language);
    let age = |at| Age::new(at, visit.now, visit.zone(), visit.language);
    let is_expired = key.expires_at.is_some_and(|at| at <= visit.now);
    KeyLine {
        id: key.id.to_string(),
        name: key.name.to_string(),
        scopes: key.scopes.iter().map(|scope| scope.name()).collect(),
        since: age(key.created_at),
        expires: key.expires_at.map(|at| ages::absolute(at, visit.zone())),
        used: key.last_used_at.map(age),
        ended: match key.revoked_at {
            Some(_) => Some(a.revoked),
            None => is_expired.then_some(a.expired),
        },
    }
}

static CREATE_KEY: Call = Call::post(KEYS_PATH, Requirement::ADMIN)
    .named("console.keys.create", "Creates a key")
    .any_query()
    .to(|| web::route().to(create_key));

async fn create_key(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &CREATE_KEY).await?;
    match try_create_key(&visit, &form).await {
        Ok(secret) => keys_page(&visit, Typed::default(), Some(secret)).await,
        Err(problem) => {
            let typed = Typed::again(form, problem, visit.language)?;
            keys_page(&visit, typed, None).await
        }
    }
}

async fn try_create_key(visit: &Visit, form: &Fields) -> Result<Secret, Problem> {
    check_recent(visit)?;
    let new = NewKey {
        name: form.get("name").map(str::to_owned),
        scopes: form.all("scopes"),
        expires_at: form
            .get("expires_at")
            .map(|day| ages::bound(day, true, visit.zone())),
    };
    let accounts = &visit.state.desk.accounts;
    let made = done(accounts.create_key(visit.caller()?, new, None).await?)?;
    let a = AccountsTexts::of(visit.language);
    Ok(Secret {
        title: a.made_key,
        label: a.made_key_secret,
        name: made.view.name.to_string(),
        secret: made.key.unwrap_or_default(),
    })
}

static REVOKE: Call = Call::post("/console/keys/{id}/revoke", Requirement::ADMIN)
    .named("console.keys.revoke", "Revokes a key")
    .any_query()
    .to(|| web::route().to(revoke));

async fn revoke(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, mut form) = Visit::posted(&state, &request, payload, &REVOKE).await?;
    let id = query::part(&request, "id")?;
    let id = KeyId::parse(&id).ok_or_else(|| Problem::new(Code::NotFound))?;
    let a = AccountsTexts::of(visit.language);
    let name = form.typed("name").to_owned();
    let question = || Question {
        title: a.ask_revoke.to_owned(),
        points: vec![name, a.ask_revoke_1.to_owned()],
        action: a.revoke,
        back: KEYS_PATH.to_owned(),
        typed: None,
    };
    if let Some(asked) = confirm::asked(&visit, PATH, &mut form, question) {
        return asked;
    }
    state.desk.accounts.revoke_key(visit.caller()?, id).await?;
    Ok(visit.done(KEYS_PATH, Told::Saved))
}
