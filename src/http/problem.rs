//! What went wrong, as RFC 9457 says it: one table of stable codes, one translation of the desk's words.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    access::Requirement,
    desk::{DeskError, views::ClaimView},
    intake::{FaultCode, FieldFault},
    record::Role,
};

/// The media type of every problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A code that clients may rely on.
#[derive(Debug, Clone, Copy)]
pub struct ProblemRow {
    /// The stable name.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// A short title in Traditional Chinese.
    pub zh_tw: &'static str,
    /// A short title in English.
    pub en: &'static str,
    /// What to do about it, in Traditional Chinese.
    pub help_zh_tw: &'static str,
    /// What to do about it, in English.
    pub help_en: &'static str,
}

macro_rules! problems {
    ($(($name:ident, $code:literal, $status:literal, $zh:literal, $en:literal, $help_zh:literal, $help_en:literal)),+ $(,)?) => {
        /// What can go wrong on top.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is described by its row of `PROBLEMS`")]
        pub enum Code { $($name),+ }

        /// Every code that an answer can have on top.
        pub const PROBLEMS: &[ProblemRow] = &[$(ProblemRow {
            code: $code, status: $status, zh_tw: $zh, en: $en, help_zh_tw: $help_zh, help_en: $help_en,
        }),+];
    };
}

problems![
    (
        MalformedRequest,
        "malformed-request",
        400,
        "HTTP 格式錯誤",
        "Malformed request",
        "這不是正確的 HTTP/1.1 請求，連線已結束。",
        "This is no HTTP/1.1 request; the connection ends."
    ),
    (
        MalformedJson,
        "malformed-json",
        400,
        "JSON 格式錯誤",
        "Malformed JSON",
        "請求內容不符合 JSON 格式，位置詳見 line 與 column。",
        "The body is not JSON; detail names line and column."
    ),
    (
        NoCredentials,
        "no-credentials",
        401,
        "缺少憑證",
        "No credentials",
        "請附上 Authorization: Bearer 金鑰，或先登入。",
        "Send Authorization: Bearer with a key, or sign in."
    ),
    (
        BadCredentials,
        "bad-credentials",
        401,
        "憑證無效",
        "Bad credentials",
        "金鑰、權杖、登入狀態或密碼無效、已過期或已撤銷。",
        "The key, token, sign-in or password does not exist, is over or was revoked."
    ),
    (
        Forbidden,
        "forbidden",
        403,
        "沒有權限",
        "Forbidden",
        "此金鑰的權限範圍或使用者的角色不足；以 cookie 變更資料時，Origin 必須是本站。",
        "The key's scopes or the person's role do not reach; by cookie, changes need an Origin of our own."
    ),
    (
        SignInAgain,
        "sign-in-again",
        403,
        "請再次登入",
        "Sign in again",
        "建立權杖、金鑰或管理員，或代設密碼、重新啟用帳號，須在登入後 10 分鐘內；請再次登入（POST /v1/session）後重試，頁面不必重新載入。",
        "Tokens, keys, admins, others' passwords and re-enabled users need a sign-in of the last ten minutes: POST /v1/session again and repeat the call."
    ),
    (
        NotFound,
        "not-found",
        404,
        "找不到",
        "Not found",
        "找不到此資料。",
        "There is no such thing."
    ),
    (
        NoSuchRoute,
        "no-such-route",
        404,
        "沒有這個網址",
        "No such route",
        "找不到此網址；可用的呼叫請見 /docs。",
        "There is no such address; /docs lists the calls that there are."
    ),
    (
        MethodNotAllowed,
        "method-not-allowed",
        405,
        "不支援的方法",
        "Method not allowed",
        "可用的方法列於 Allow 標頭。",
        "The Allow header lists the methods that are."
    ),
    (
        RequestTimeout,
        "request-timeout",
        408,
        "請求逾時",
        "Request timeout",
        "請求未在期限內送完，連線已結束。",
        "The request did not come in time; the connection ends."
    ),
    (
        CommentConflict,
        "comment-conflict",
        409,
        "留言識別碼衝突",
        "Comment conflict",
        "此 comment_id 屬於另一位會員、另一篇文章或另一則上層留言。",
        "The comment_id belongs to another member, article or parent."
    ),
    (
        CommentWithdrawn,
        "comment-withdrawn",
        409,
        "留言已撤回",
        "Comment withdrawn",
        "會員已撤回這則留言，不再接受變更。",
        "The member took the comment back; it takes no changes."
    ),
    (
        CaseClaimed,
        "case-claimed",
        409,
        "案件已由他人認領",
        "Case claimed",
        "案件已由他人認領，詳見 claim。",
        "claim names who holds it and until when."
    ),
    (
        CaseChanged,
        "case-changed",
        409,
        "案件已更新",
        "Case changed",
        "案件已更新，請確認後再裁決；最新內容詳見 case。",
        "case is the newer state; look at it and rule with its version."
    ),
    (
        PreviewOutdated,
        "preview-outdated",
        409,
        "預覽已過時",
        "Preview outdated",
        "預覽之後已更換規則或模型，請重新試跑（dry_run=true）。",
        "Another rulebook or model decides since the preview: make a new dry run."
    ),
    (
        ProposalChanged,
        "proposal-changed",
        409,
        "建議處分已變更",
        "Proposal changed",
        "建議處分已變更，請確認後再裁決；最新建議詳見 proposed_sanction，若無建議，原因詳見 no_proposal。",
        "proposed_sanction is the newer proposal, no_proposal why there is none; look at it and rule again."
    ),
    (
        CaseEscalated,
        "case-escalated",
        409,
        "案件已呈報",
        "Case escalated",
        "已呈報的案件由管理員處理。",
        "Escalated cases are for admins."
    ),
    (
        OwnRuling,
        "own-ruling",
        409,
        "不得審理自己的裁決",
        "Own ruling",
        "申訴與複查須由另一位版主審理。",
        "An appeal or a second look is for another moderator."
    ),
    (
        TooManyClaims,
        "too-many-claims",
        409,
        "認領的案件過多",
        "Too many claims",
        "請先裁決或交還已認領的案件。",
        "Rule or give back what you hold first."
    ),
    (
        NothingToAppeal,
        "nothing-to-appeal",
        409,
        "沒有可申訴的決定",
        "Nothing to appeal",
        "目前沒有生效中的移除或處分。",
        "No removal is in force."
    ),
    (
        AlreadyAppealed,
        "already-appealed",
        409,
        "已提出申訴",
        "Already appealed",
        "同一決定只能申訴一次。",
        "A decision is appealed once."
    ),
    (
        AppealTooLate,
        "appeal-too-late",
        409,
        "申訴期限已過",
        "Appeal too late",
        "申訴期限已過，無法再提出申訴。",
        "The time to appeal is over."
    ),
    (
        UndoExpired,
        "undo-expired",
        409,
        "復原期限已過",
        "Undo expired",
        "復原期限已過，請重新裁決。",
        "Rule again instead."
    ),
    (
        IdempotencyKeyInUse,
        "idempotency-key-in-use",
        409,
        "相同的請求處理中",
        "Idempotency key in use",
        "使用此 Idempotency-Key 的第一個請求尚未完成，請稍後重試。",
        "The first request with this key is still at work; ask again."
    ),
    (
        NameTaken,
        "name-taken",
        409,
        "名稱已被使用",
        "Name taken",
        "請換一個名稱。",
        "Choose another name."
    ),
    (
        LastAdmin,
        "last-admin",
        409,
        "至少要有一位管理員",
        "Last admin",
        "請先指定另一位管理員。",
        "Make another admin first."
    ),
    (
        TooLarge,
        "too-large",
        413,
        "內容過大",
        "Too large",
        "請求內容超過上限。",
        "The body is above the limit."
    ),
    (
        UnsupportedMediaType,
        "unsupported-media-type",
        415,
        "不支援的內容類型",
        "Unsupported media type",
        "請使用 application/json；批次請使用 application/x-ndjson。",
        "Use application/json; for the batch application/x-ndjson."
    ),
    (
        InvalidFields,
        "invalid-fields",
        422,
        "欄位有誤",
        "Invalid fields",
        "各欄位錯誤詳見 errors。",
        "errors names each field, its code and why."
    ),
    (
        IdempotencyKeyReused,
        "idempotency-key-reused",
        422,
        "此 Idempotency-Key 已使用過",
        "Idempotency key reused",
        "同一個 Idempotency-Key 曾用於不同的請求內容。",
        "The Idempotency-Key was used with another body."
    ),
    (
        RateLimited,
        "rate-limited",
        429,
        "嘗試次數過多",
        "Rate limited",
        "請稍後重試。",
        "Try again later."
    ),
    (
        HeadTooLarge,
        "head-too-large",
        431,
        "標頭過大",
        "Head too large",
        "請求的網址與標頭合計超過上限，連線已結束。",
        "Address and headers of the request are above the limit together; the connection ends."
    ),
    (
        Overloaded,
        "overloaded",
        503,
        "系統忙碌",
        "Overloaded",
        "未做任何變更，請稍後重試。",
        "Nothing was changed; try again."
    ),
    (
        StorageFull,
        "storage-full",
        503,
        "儲存空間不足",
        "Storage full",
        "未做任何變更；管理員須先清出磁碟空間。",
        "Nothing was changed; the admin must make room on the disk."
    ),
    (
        OutcomeUnknown,
        "outcome-unknown",
        503,
        "結果不明",
        "Outcome unknown",
        "無法確定是否已完成，請以同一個 Idempotency-Key 或 comment_id 重試。",
        "Whether it was done is not known: ask again with the same key or comment_id."
    ),
];

impl Code {
    /// The code's row.
    pub fn row(self) -> &'static ProblemRow {
        &PROBLEMS[self as usize]
    }
}

/// The language of the `detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Traditional Chinese.
    ZhTw,
    /// English.
    En,
}

impl Language {
    /// As `Content-Language` tells it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::ZhTw => "zh-TW",
            Self::En => "en",
        }
    }

    /// The text in this language.
    pub const fn pick<'a>(self, zh_tw: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::ZhTw => zh_tw,
            Self::En => en,
        }
    }

    /// The language of an answer to a request with these headers.
    pub fn of_headers(headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE);
        Self::of(accepted.and_then(|value| value.to_str().ok()))
    }

    /// The one that `Accept-Language` prefers; Traditional Chinese if it names neither.
    pub fn of(accepted: Option<&str>) -> Self {
        let weighed = accepted.unwrap_or("").split(',').filter_map(|part| {
            let mut pieces = part.split(';');
            let tag = pieces.next()?.trim().to_ascii_lowercase();
            let weight = pieces
                .find_map(|piece| piece.trim().strip_prefix("q=")?.parse::<f32>().ok())
                .unwrap_or(1.0);
            let language = match tag.split('-').next()? {
                "en" => Self::En,
                "zh" | "*" => Self::ZhTw,
                _ => return None,
            };
            (weight > 0.0).then_some((language, weight))
        });
        weighed
            .fold(
                (Self::ZhTw, 0.0),
                // `>` rather than `>=`: of equal weights the one named first wins.
                |best, next| if next.1 > best.1 { next } else { best },
            )
            .0
    }
}

/// A problem on its way to the client; boxed, so that what goes well stays small.
#[derive(Debug, Clone)]
pub struct Problem(Box<ProblemDetail>);

#[derive(Debug, Clone)]
struct ProblemDetail {
    code: Code,
    zh_tw: String,
    en: String,
    errors: Vec<FieldFault>,
    extra: Map<String, Value>,
    headers: Vec<(header::HeaderName, String)>,
}

/// How long to wait before a 503 is asked again, in seconds.
const RETRY_AFTER_S: u64 = 2;

impl Problem {
    /// A problem that says what its code says.
    pub fn new(code: Code) -> Self {
        let row = code.row();
        let mut problem = Self(Box::new(ProblemDetail {
            code,
            zh_tw: row.help_zh_tw.to_owned(),
            en: row.help_en.to_owned(),
            errors: Vec::new(),
            extra: Map::new(),
            headers: Vec::new(),
        }));
        match code {
            Code::NoCredentials | Code::BadCredentials => {
                problem.0.headers.push((
                    header::WWW_AUTHENTICATE,
                    "Bearer realm=\"banzhu\"".to_owned(),
                ));
            }
            Code::Overloaded | Code::StorageFull | Code::OutcomeUnknown => {
                problem.retry_after(RETRY_AFTER_S)
            }
            _ => {}
        }
        problem
    }

    /// What it is.
    pub const fn code(&self) -> Code {
        self.0.code
    }

    /// What it says in a language.
    pub fn detail(&self, language: Language) -> &str {
        language.pick(&self.0.zh_tw, &self.0.en)
    }

    /// The fields at fault.
    pub fn faults(&self) -> &[FieldFault] {
        &self.0.errors
    }

    /// Its headers, such as how long to wait.
    pub fn headers(&self) -> &[(header::HeaderName, String)] {
        &self.0.headers
    }

    /// Fields at fault.
    pub fn fields(errors: Vec<FieldFault>) -> Self {
        let mut problem = Self::new(Code::InvalidFields);
        problem.0.errors = errors;
        problem
    }

    /// One field at fault.
    pub fn field(fault: FieldFault) -> Self {
        Self::fields(vec![fault])
    }

    /// A parameter of the query that there is not.
    pub fn unknown_parameter(name: &str) -> Self {
        Self::field(FieldFault::new(
            format!("?{name}"),
            FaultCode::UnknownField,
            "沒有這個參數",
            "there is no such parameter",
        ))
    }

    /// The same with other words.
    #[must_use]
    pub fn saying(mut self, zh_tw: impl Into<String>, en: impl Into<String>) -> Self {
        (self.0.zh_tw, self.0.en) = (zh_tw.into(), en.into());
        self
    }

    /// The same with a header.
    #[must_use]
    pub fn with_header(mut self, name: header::HeaderName, value: String) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The same with a member of its own.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.0.extra.insert(
            name.to_owned(),
            serde_json::to_value(value).unwrap_or(Value::Null),
        );
        self
    }

    /// Whether it is about fields.
    pub fn is_of_fields(&self) -> bool {
        self.0.code == Code::InvalidFields
    }

    /// The caller's scopes or role do not reach.
    pub fn needs(need: Requirement) -> Self {
        let problem = Self::new(Code::Forbidden);
        let Requirement::Either { scopes, role } = need else {
            return problem.saying(
                "此呼叫僅限登入的使用者，金鑰不能使用。",
                "This call is for people who signed in; a key cannot make it.",
            );
        };
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.name()).collect();
        let role = role.map(Role::name);
        let (zh_role, en_role) = match role {
            Some(role) => (
                format!("，使用者需有角色 {role}（或更高）"),
                format!("; a person needs the role {role} or a higher one"),
            ),
            None => (
                "，使用者不能使用此呼叫".to_owned(),
                "; people cannot make this call".to_owned(),
            ),
        };
        let zh_scopes = scopes.join(" 或 ");
        let en_scopes = scopes.join(" or ");
        problem
            .saying(
                format!("權限不足：金鑰需有範圍 {zh_scopes}{zh_role}。"),
                format!("A key needs the scope {en_scopes}{en_role}."),
            )
            .with("needs", json!({"scopes": scopes, "role": role}))
    }

    /// A key asks more often than it may.
    pub fn key_rate(wait: std::time::Duration) -> Self {
        // Rounded up: after the whole seconds alone, the key would be refused once more.
        let seconds = wait.as_secs() + 1;
        let mut problem = Self::new(Code::RateLimited).saying(
            format!("此金鑰的請求過於頻繁，請於 {seconds} 秒後重試。"),
            format!("This key asks too often; try again after {seconds} seconds."),
        );
        problem.retry_after(seconds);
        problem
    }

    fn retry_after(&mut self, seconds: u64) {
        self.0
            .headers
            .push((header::RETRY_AFTER, seconds.to_string()));
    }

    /// The JSON of it.
    pub fn json(&self, language: Language) -> Value {
        let row = self.0.code.row();
        let pick = |zh_tw: &str, en: &str| {
            if language == Language::ZhTw {
                zh_tw.to_owned()
            } else {
                en.to_owned()
            }
        };
        let mut object = Map::new();
        object.insert("type".to_owned(), json!(format!("/problems/{}", row.code)));
        object.insert("code".to_owned(), json!(row.code));
        object.insert("title".to_owned(), json!(pick(row.zh_tw, row.en)));
        object.insert("status".to_owned(), json!(row.status));
        object.insert("detail".to_owned(), json!(pick(&self.0.zh_tw, &self.0.en)));
        if !self.0.errors.is_empty() {
            let errors = self.0.errors.iter().map(|fault| {
                json!({"pointer": fault.pointer, "code": fault.code.name(), "detail": pick(&fault.zh_tw, &fault.en)})
            });
            object.insert("errors".to_owned(), errors.collect());
        }
        object.extend(self.0.extra.clone());
        Value::Object(object)
    }

    /// The whole answer as it goes over the wire, where there is no server to send it; the connection ends with it.
    pub fn raw(&self, language: Language) -> String {
        let status = self.status_code();
        let body = self.json(language).to_string();
        let mut head = format!(
            "HTTP/1.1 {} {}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {}\r\nconnection: close\r\nx-content-type-options: nosniff\r\ncontent-language: {}\r\n",
            status.as_u16(),
            status.canonical_reason().unwrap_or_default(),
            body.len(),
            language.tag(),
        );
        for (name, value) in &self.0.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head + "\r\n" + &body
    }

    /// The answer in a language.
    pub fn response(&self, language: Language) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        for (name, value) in &self.0.headers {
            response.insert_header((name.clone(), value.as_str()));
        }
        response
            .content_type(MEDIA_TYPE)
            .insert_header((header::CONTENT_LANGUAGE, language.tag()))
            .body(self.json(language).to_string())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.row().code, self.0.en)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The observer writes it in the client's language.
    fn error_response(&self) -> HttpResponse {
        let mut response = self.response(Language::ZhTw);
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Fields(faults) => Self::fields(faults),
            DeskError::NotFound => Self::new(Code::NotFound),
            DeskError::Forbidden => Self::new(Code::Forbidden),
            DeskError::ImposedByAdmin => Self::new(Code::Forbidden).saying(
                "此處分由管理員作出，只有管理員能解除或取代。",
                "An admin laid this sanction: only admins lift it or put another in its place.",
            ),
            DeskError::CommentConflict => Self::new(Code::CommentConflict),
            DeskError::CommentWithdrawn => Self::new(Code::CommentWithdrawn),
            DeskError::CaseClaimed(claim) => {
                Self::new(Code::CaseClaimed).with("claim", ClaimView::from(&claim))
            }
            DeskError::CaseChanged(case) => Self::new(Code::CaseChanged).with("case", case),
            DeskError::UndoneBefore { by, at, case } => Self::new(Code::CaseChanged)
                .saying(
                    format!("{by} 已於 {at} 撤銷這項裁決。"),
                    format!("{by} took this ruling back at {at}."),
                )
                .with("case", case),
            DeskError::ProposalChanged(proposed) => {
                let (proposal, why_not) = (proposed.as_ref().ok(), proposed.as_ref().err());
                Self::new(Code::ProposalChanged)
                    .with("proposed_sanction", proposal)
                    .with("no_proposal", why_not)
            }
            DeskError::PreviewOutdated => Self::new(Code::PreviewOutdated),
            DeskError::CaseEscalated => Self::new(Code::CaseEscalated),
            DeskError::TooManyClaims => Self::new(Code::TooManyClaims),
            DeskError::OwnRuling => Self::new(Code::OwnRuling),
            DeskError::NothingToAppeal => Self::new(Code::NothingToAppeal),
            DeskError::AlreadyAppealed => Self::new(Code::AlreadyAppealed),
            DeskError::AppealTooLate => Self::new(Code::AppealTooLate),
            DeskError::UndoExpired => Self::new(Code::UndoExpired),
            DeskError::IdempotencyKeyReused => Self::new(Code::IdempotencyKeyReused),
            DeskError::IdempotencyKeyInUse => Self::new(Code::IdempotencyKeyInUse),
            DeskError::NameTaken => Self::new(Code::NameTaken),
            DeskError::LastAdmin => Self::new(Code::LastAdmin),
            DeskError::SignInAgain => Self::new(Code::SignInAgain),
            DeskError::BadCredentials => Self::new(Code::BadCredentials),
            DeskError::RateLimited { retry_after_s } => {
                let mut problem = Self::new(Code::RateLimited).saying(
                    format!("請於 {retry_after_s} 秒後重試。"),
                    format!("Try again in {retry_after_s} seconds."),
                );
                problem.retry_after(retry_after_s);
                problem
            }
            DeskError::Overloaded | DeskError::Stale | DeskError::ClockJumped => {
                Self::new(Code::Overloaded)
            }
            DeskError::StorageFull => Self::new(Code::StorageFull),
            DeskError::OutcomeUnknown => Self::new(Code::OutcomeUnknown),
            DeskError::Internal(what) => {
                tracing::error!(error = %what, "a request failed inside: {what}");
                Self::new(Code::Overloaded)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_put_first_is_taken() {
        assert_eq!(Language::of(None), Language::ZhTw);
        assert_eq!(
            Language::of(Some("en-US,en;q=0.9,zh-TW;q=0.8")),
            Language::En
        );
        assert_eq!(
            Language::of(Some("zh-TW,zh;q=0.9,en;q=0.5")),
            Language::ZhTw
        );
        assert_eq!(Language::of(Some("de,en;q=0.3")), Language::En);
        assert_eq!(Language::of(Some("en;q=0, de")), Language::ZhTw);
    }
}
