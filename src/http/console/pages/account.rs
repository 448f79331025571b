//! One's own account: how one likes to work, the password, personal tokens, and where one is signed in.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{
        NewToken, SettingsDraft,
        views::{SettingsView, SignInView, TokenView},
    },
    http::{
        call::Call,
        console::{
            ages::{self, Age},
            flash::Told,
            form::Fields,
            layout::{Entry, Place, Shell},
            render,
            text::texts,
            typed::{Typed, done},
            visit::{Answer, State, Visit},
        },
        problem::{Code, Language, Problem},
        signing_in::add_cookie,
    },
    id::{SessionId, TokenId},
    intake::FieldFault,
    record::{Density, SpokenLanguage},
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[
    &SHOW,
    &SETTINGS,
    &PASSWORD,
    &CREATE_TOKEN,
    &REVOKE_TOKEN,
    &END,
];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "我的帳號",
    en: "My account",
    place: Place::Own,
    requirement: Requirement::Person,
}];

const PATH: &str = "/console/account";
/// How many ended tokens are shown after those that hold.
const TOKENS_MAX: usize = 50;

texts! {
    /// The labels of the page.
    pub struct AccountTexts {
        title: "我的帳號", "My account";
        today: "今天裁決", "Ruled today";
        settings: "我的設定", "My settings";
        language: "介面語言", "Language";
        language_browser: "依瀏覽器", "As the browser asks";
        density: "列表密度", "Rows";
        comfortable: "寬鬆", "Comfortable";
        compact: "緊密", "Compact";
        blur: "不雅字句先模糊，游標移上或選取時再顯示", "Blur abusive texts until they are pointed at or focused";
        keys: "使用單鍵快速鍵", "Single keys act";
        break_minutes: "工作多久提醒休息（分鐘）", "Suggest a break after (minutes)";
        break_hint: "留空則不提醒", "Left empty: never";
        gravest: "最多連續審理幾件極嚴重的案件", "Most severe cases in a row";
        gravest_hint: "達到後「審下一件」會先給較輕的案件（自傷除外）；留空則不限", "After them “next” hands out milder ones first, self-harm apart; left empty: any number";
        save: "儲存設定", "Save the settings";
        password: "變更密碼", "Change the password";
        password_lead: "變更後，所有裝置都須重新登入，個人權杖也會失效。", "Every sign-in and personal token ends; you sign in again.";
        current: "目前的密碼", "Password until now";
        new: "新密碼", "New password";
        new_hint: "10 到 200 個字", "10 to 200 characters";
        again: "再輸入一次新密碼", "New password again";
        not_same: "兩次輸入的新密碼不同", "The two are not the same";
        wrong: "目前的密碼不正確", "This is not the password";
        change: "變更密碼", "Change the password";
        tokens: "個人權杖", "Personal tokens";
        tokens_lead: "供自己的程式使用，權限與您相同。", "For your own scripts; they may what you may.";
        no_tokens: "沒有權杖。", "No tokens.";
        token_name: "名稱", "Name";
        expires: "到期", "Expires";
        expires_hint: "留空則不會到期", "Left empty it never expires";
        never: "不會到期", "Never";
        ended: "已失效", "Ended";
        revoke: "撤銷", "Revoke";
        create: "建立權杖", "Create a token";
        made: "權杖（只顯示這一次）：", "The token (shown this once):";
        sign_ins: "登入中的裝置", "Where you are signed in";
        here: "這個瀏覽器", "This browser";
        used: "最近使用", "Last used";
        end: "登出", "Sign out";
        everywhere: "登出所有裝置", "Sign out everywhere";
    }
}

/// A token.
struct TokenLine {
    id: String,
    name: String,
    since: Age,
    expires: Option<String>,
    is_ended: bool,
}

/// A sign-in.
struct SignInLine {
    id: String,
    address: String,
    since: Age,
    used: Age,
    is_here: bool,
}

#[derive(Template)]
#[template(
    path = "account.html",
    config = "src/http/console/templates/askama.toml"
)]
struct AccountPage {
    shell: Shell,
    o: &'static AccountTexts,
    settings: SettingsView,
    tokens: Vec<TokenLine>,
    sign_ins: Vec<SignInLine>,
    secret: Option<String>,
    typed: Typed,
}

impl AccountPage {
    fn speaks(&self, language: Option<SpokenLanguage>) -> bool {
        self.settings.language == language
    }

    fn number(&self, number: &Option<u32>) -> String {
        number.map_or_else(String::new, |number| number.to_string())
    }

    fn is_compact(&self) -> bool {
        self.settings.density == Density::Compact
    }
}

static SHOW: Call = Call::get(PATH, Requirement::Person)
    .named("console.account", "One's own account")
    .any_query()
    .to(|| web::route().to(show));

async fn show(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &SHOW).await?;
    answer(&visit, Typed::default(), None).await
}

async fn answer(visit: &Visit, typed: Typed, secret: Option<String>) -> Answer {
    let (desk, caller) = (&visit.state.desk, visit.caller()?);
    let identity = visit.identity.as_ref();
    let identity = identity.ok_or_else(|| Problem::new(Code::NoCredentials))?;
    let mut tokens = desk.accounts.tokens(caller).await?;
    // Those that hold come first, the newest of them at the top.
    tokens.sort_by_key(|token| (is_ended(token, visit), std::cmp::Reverse(token.id)));
    let sign_ins = desk.sign_ins.sign_ins(identity).await?;
    let page = AccountPage {
        shell: visit.shell(PATH),
        o: AccountTexts::of(visit.language),
        settings: desk.personal.settings(caller).await?,
        tokens: tokens
            .iter()
            .take(TOKENS_MAX)
            .map(|token| token_line(token, visit))
            .collect(),
        sign_ins: sign_ins
            .iter()
            .take(TOKENS_MAX)
            .map(|one| sign_in_line(one, visit))
            .collect(),
        secret,
        typed,
    };
    render::page_as(visit, page.typed.status(), &page)
}

fn is_ended(token: &TokenView, visit: &Visit) -> bool {
    token.revoked_at.is_some() || token.expires_at.is_some_and(|at| at <= visit.now)
}

fn token_line(token: &TokenView, visit: &Visit) -> TokenLine {
    TokenLine {
        id: token.id.to_string(),
        name: token.name.clone(),
        since: Age::new(token.created_at, visit.now, visit.zone(), visit.language),
        expires: token.expires_at.map(|at| ages::absolute(at, visit.zone())),
        is_ended: is_ended(token, visit),
    }
}

fn sign_in_line(sign_in: &SignInView, visit: &Visit) -> SignInLine {
    let age = |at| Age::new(at, visit.now, visit.zone(), visit.language);
    SignInLine {
        id: sign_in.id.to_string(),
        address: sign_in
            .address
            .map_or_else(|| "—".to_owned(), |address| address.to_string()),
        since: age(sign_in.created_at),
        used: age(sign_in.last_used_at),
        is_here: sign_in.current,
    }
}

/// The page once more with what was typed, apart from passwords.
async fn again(visit: &Visit, mut form: Fields, problem: Problem) -> Answer {
    for password in ["current", "password", "again"] {
        form.take(password);
    }
    let typed = Typed::again(form, problem, visit.language)?;
    answer(visit, typed, None).await
}

static SETTINGS: Call = Call::post("/console/account/settings", Requirement::Person)
    .named("console.account.settings", "Changes one's own settings")
    .any_query()
    .to(|| web::route().to(settings));

async fn settings(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &SETTINGS).await?;
    match change_settings(&visit, &form).await {
        Ok(saved) => {
            let mut response = visit.done(PATH, Told::Saved);
            // The browser remembers the language for the page before signing in.
            if let Some(language) = saved.language.map(language_of) {
                add_cookie(&mut response, &visit.language_cookie(language));
            }
            Ok(response)
        }
        Err(problem) => again(&visit, form, problem).await,
    }
}

const fn language_of(language: SpokenLanguage) -> Language {
    match language {
        SpokenLanguage::Chinese => Language::ZhTw,
        SpokenLanguage::English => Language::En,
    }
}

async fn change_settings(visit: &Visit, form: &Fields) -> Result<SettingsView, Problem> {
    let draft = SettingsDraft {
        language: form.get("language").map(str::to_owned),
        blur: Some(form.is_on("blur")),
        density: form.get("density").map(str::to_owned),
        keys: Some(form.is_on("keys")),
        break_minutes: number(form, "break_minutes")?,
        gravest_in_a_row: number(form, "gravest_in_a_row")?,
    };
    let personal = &visit.state.desk.personal;
    Ok(personal.change_settings(visit.caller()?, draft).await?)
}

fn number(form: &Fields, name: &str) -> Result<Option<u32>, Problem> {
    let parsed = form.get(name).map(|raw| raw.trim().parse());
    parsed.transpose().map_err(|_| {
        Problem::field(FieldFault::invalid(
            format!("/{name}"),
            "須為數字",
            "not a number",
        ))
    })
}

static PASSWORD: Call = Call::post("/console/account/password", Requirement::Person)
    .named("console.account.password", "Changes one's own password")
    .any_query()
    .to(|| web::route().to(password));

async fn password(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &PASSWORD).await?;
    match change_password(&visit, &form).await {
        // Every sign-in has ended, this one too.
        Ok(()) => Ok(visit.done("/console/sign-in", Told::Saved)),
        Err(problem) => again(&visit, form, problem).await,
    }
}

async fn change_password(visit: &Visit, form: &Fields) -> Result<(), Problem> {
    let o = [Language::ZhTw, Language::En].map(AccountTexts::of);
    let missing = |name: &str| Problem::field(FieldFault::missing(format!("/{name}")));
    let current = form.get("current").ok_or_else(|| missing("current"))?;
    let new = form.get("password").ok_or_else(|| missing("password"))?;
    let [zh_tw, en] = o;
    if form.get("again") != Some(new) {
        let fault = FieldFault::invalid("/again", zh_tw.not_same, en.not_same);
        return Err(Problem::field(fault));
    }
    let address = visit.state.address_of(&visit.request);
    let sign_ins = &visit.state.desk.sign_ins;
    let changed = sign_ins.change_password(visit.caller()?, current, new, address);
    changed.await.map(|_| ()).map_err(|error| {
        let problem = Problem::from(error);
        match problem.code() {
            // Who is signed in and mistypes it is not sent to sign in again.
            Code::BadCredentials => {
                Problem::field(FieldFault::invalid("/current", zh_tw.wrong, en.wrong))
            }
            _ => problem,
        }
    })
}

static CREATE_TOKEN: Call = Call::post("/console/account/tokens", Requirement::Person)
    .named("console.account.token", "Creates a personal token")
    .any_query()
    .to(|| web::route().to(create_token));

async fn create_token(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &CREATE_TOKEN).await?;
    match try_create_token(&visit, &form).await {
        Ok(secret) => answer(&visit, Typed::default(), secret).await,
        Err(problem) => again(&visit, form, problem).await,
    }
}

async fn try_create_token(visit: &Visit, form: &Fields) -> Result<Option<String>, Problem> {
    let desk = &visit.state.desk;
    let identity = visit.identity.as_ref();
    let identity = identity.ok_or_else(|| Problem::new(Code::NoCredentials))?;
    desk.identities.check_recent(identity)?;
    let new = NewToken {
        name: form.get("name").map(str::to_owned),
        expires_at: form
            .get("expires_at")
            .map(|day| ages::bound(day, true, visit.zone())),
    };
    let made = desk.accounts.create_token(visit.caller()?, new, None);
    Ok(done(made.await?)?.token)
}

static REVOKE_TOKEN: Call = Call::post("/console/account/tokens/revoke", Requirement::Person)
    .named("console.account.token.revoke", "Revokes a personal token")
    .any_query()
    .to(|| web::route().to(revoke_token));

async fn revoke_token(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &REVOKE_TOKEN).await?;
    let id = form.get("id").and_then(TokenId::parse);
    let id = id.ok_or_else(|| Problem::new(Code::NotFound))?;
    let accounts = &state.desk.accounts;
    accounts.revoke_token(visit.caller()?, id).await?;
    Ok(visit.done(PATH, Told::Saved))
}

static END: Call = Call::post("/console/account/sessions/end", Requirement::Person)
    .named("console.account.session.end", "Ends a sign-in")
    .any_query()
    .to(|| web::route().to(end));

async fn end(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &END).await?;
    let id = form.get("id").and_then(SessionId::parse);
    let id = id.ok_or_else(|| Problem::new(Code::NotFound))?;
    let sign_ins = &state.desk.sign_ins;
    sign_ins.end_sign_in(visit.caller()?, id).await?;
    Ok(visit.done(PATH, Told::Saved))
}
