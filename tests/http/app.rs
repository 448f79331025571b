//! One server for one test: its own folder, its own port, clients for every kind of caller.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
};

use actix_web::dev::ServerHandle;
use banzhu::{
    access::Caller,
    app::SystemClock,
    desk::{
        Desk, DeskSettings, Idempotent, LoadedRulebook, NewKey, NewToken, NewUser, PasswordCost,
    },
    http,
    http::{HttpSettings, HttpState},
    notify::Reach,
    policy::{Rulebook, RulebookFiles},
    record::Role,
    sources,
    store::{OpenOptions, SledStore, verify},
    time::{Clock, IdSource, Timestamp},
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

fn rulebook() -> Arc<Rulebook> {
    static RULEBOOK: OnceLock<Arc<Rulebook>> = OnceLock::new();
    let compiled = || {
        // Without weights: what they say of a text changes with each fit.
        let files = RulebookFiles {
            model: None,
            ..sources::shipped()
        };
        Arc::new(Rulebook::compile(&files, 1).unwrap_or_else(|faults| panic!("{faults:?}")))
    };
    Arc::clone(RULEBOOK.get_or_init(compiled))
}

/// The system's clock, which a test may move on.
#[derive(Default)]
pub struct MovedClock {
    system: SystemClock,
    by_ms: AtomicI64,
}

impl MovedClock {
    pub fn pass(&self, ms: i64) {
        self.by_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        let by_ms = self.by_ms.load(Ordering::SeqCst);
        self.system.now().plus_ms(by_ms)
    }

    fn random_bytes(&self, bytes: &mut [u8]) {
        self.system.random_bytes(bytes);
    }

    fn id_source(&self) -> IdSource {
        let ids = self.system.id_source();
        match self.by_ms.load(Ordering::SeqCst) {
            0 => ids,
            _ => {
                let mut dice = [0; 16];
                self.random_bytes(&mut dice);
                IdSource::new(self.now(), u128::from_le_bytes(dice) >> 49)
            }
        }
    }
}

/// A running server.
pub struct TestApp {
    pub address: SocketAddr,
    pub desk: Arc<Desk>,
    pub clock: Arc<MovedClock>,
    pub client: Client,
    handle: ServerHandle,
    dir: tempfile::TempDir,
}

/// Somebody who calls: where, and with which secret.
#[derive(Clone)]
pub struct Who {
    client: Client,
    url: String,
    secret: Option<String>,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_http(HttpSettings {
            workers: Some(2),
            ..HttpSettings::default()
        })
        .await
    }

    /// The same with a server that stands in its network in a way of its own.
    pub async fn start_http(settings: HttpSettings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let moved = Arc::new(MovedClock::default());
        let clock: Arc<dyn Clock> = moved.clone();
        let store = SledStore::open(
            OpenOptions {
                dir: dir.path().to_owned(),
                ..OpenOptions::default()
            },
            Arc::clone(&clock),
        )
        .unwrap();
        let loaded = LoadedRulebook {
            rulebook: rulebook(),
            loaded_at: Timestamp::from_ms(0),
            source: "test".to_owned(),
        };
        let password_cost = PasswordCost {
            memory_kib: 8,
            rounds: 1,
        };
        let desk = Arc::new(Desk::new(
            store,
            clock,
            loaded,
            DeskSettings {
                password_cost,
                sample_rulings_permille: 0,
                sample_removals_permille: 0,
                webhook_reach: Arc::new(Reach::new(vec!["127.0.0.1".to_owned()])),
                ..DeskSettings::default()
            },
        ));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = HttpState {
            desk: Arc::clone(&desk),
            metrics: Arc::new(|| "# metrics\n".to_owned()),
            settings,
        };
        let feeding = Arc::clone(&desk);
        tokio::spawn(async move { feeding.live.feed_events().await });
        let (ready, handle) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = http::bind(listener, state).unwrap();
                ready.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        banzhu::notify::choose_tls();
        let client = Client::builder().cookie_store(false).build().unwrap();
        Self {
            address,
            desk,
            clock: moved,
            client,
            handle: handle.recv().unwrap(),
            dir,
        }
    }

    /// Every test ends with it: a clean stop, and nothing wrong in the folder.
    pub async fn end(self) {
        self.desk.live.end_subscriptions();
        self.handle.stop(true).await;
        self.desk.close().await;
        drop(self.desk);
        sound(self.dir.path());
    }

    pub fn nobody(&self) -> Who {
        self.who(None)
    }

    pub fn who(&self, secret: Option<String>) -> Who {
        Who {
            client: self.client.clone(),
            url: format!("http://{}", self.address),
            secret,
        }
    }

    /// A key with these scopes, by comma.
    pub async fn key(&self, scopes: &str) -> Who {
        let scopes = scopes.split(',').map(str::to_owned).collect();
        let made = self
            .desk
            .accounts
            .create_key(
                &Caller::Operator,
                NewKey {
                    name: None,
                    scopes,
                    expires_at: None,
                },
                None,
            )
            .await
            .unwrap();
        match made {
            Idempotent::Fresh(made) => self.who(made.key),
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }

    pub async fn board(&self) -> Who {
        self.key("moderate,report").await
    }

    /// A person with a personal token.
    pub async fn person(&self, name: &str, role: Role) -> Who {
        self.user(name, role).await;
        let made = self
            .desk
            .accounts
            .create_token_for(&Caller::Operator, name, NewToken::default())
            .await
            .unwrap();
        self.who(made.token)
    }

    /// A person; their password.
    pub async fn user(&self, name: &str, role: Role) -> String {
        let new = NewUser {
            name: Some(name.to_owned()),
            role: Some(role.name().to_owned()),
            password: None,
        };
        match self
            .desk
            .accounts
            .create_user(&Caller::Operator, new, None)
            .await
            .unwrap()
        {
            Idempotent::Fresh(made) => made.password.unwrap(),
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }
}

fn sound(dir: &Path) {
    let report = verify(dir).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
}

impl Who {
    pub fn secret_text(&self) -> String {
        self.secret.clone().unwrap()
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let request = self.client.request(
            Method::from_bytes(method.as_bytes()).unwrap(),
            format!("{}{path}", self.url),
        );
        match &self.secret {
            Some(secret) => request.bearer_auth(secret),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Told {
        Told::of(self.request("GET", path).send().await.unwrap()).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> Told {
        Told::of(self.request(method, path).json(&body).send().await.unwrap()).await
    }

    pub async fn bare(&self, method: &str, path: &str) -> Told {
        Told::of(self.request(method, path).send().await.unwrap()).await
    }

    pub async fn post_comment(&self, id: &str, body: &str) -> Value {
        let told = self
            .send("POST", "/v1/moderations", comment(id, body))
            .await;
        assert_eq!(told.status, 200, "{}", told.json);
        told.json
    }
}

/// A comment by m-1.
pub fn comment(id: &str, body: &str) -> Value {
    json!({"comment_id": id, "member": {"id": "m-1", "nickname": "南港阿明"}, "body": body})
}

/// An answer.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub json: Value,
    pub text: String,
}

impl Told {
    pub async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let endless = headers
            .get("content-type")
            .is_some_and(|media| media == "text/event-stream");
        let text = if endless {
            String::new()
        } else {
            response.text().await.unwrap()
        };
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        if status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(
                headers["content-type"], "application/problem+json",
                "{text}"
            );
        }
        Self {
            status: status.as_u16(),
            headers,
            json,
            text,
        }
    }

    /// Status and code of a problem.
    pub fn problem(&self) -> (u16, &str) {
        (self.status, self.json["code"].as_str().unwrap_or("none"))
    }

    /// Pointer and code of each field at fault.
    pub fn faults(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        self.json["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|fault| (text(&fault["pointer"]), text(&fault["code"])))
            .collect()
    }
}

/// An answer without what differs from run to run.
pub fn steady(mut value: Value) -> Value {
    redact(&mut value);
    value
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let varies = matches!(
                    name.as_str(),
                    "id" | "case_id"
                        | "ruling_id"
                        | "rulebook"
                        | "at"
                        | "opened_at"
                        | "changed_at"
                        | "until"
                        | "undo_until"
                        | "appeal_until"
                        | "stored_at"
                        | "created_at"
                        | "hash"
                        | "previous"
                        | "withdrawn_at"
                        | "number"
                        | "last_used_at"
                        | "version_hash"
                );
                let is_text_of_ours = value.as_str().is_some_and(|text| text.len() > 12);
                if varies && is_text_of_ours {
                    *value = Value::String(format!("[{name}]"));
                } else {
                    redact(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::String(text) => *text = without_times(text),
        _ => {}
    }
}

/// A notice without the times in it: 2026年12月30日3時25分, and what stands from `until` to its zone.
fn without_times(text: &str) -> String {
    let is_of_time = |ch: char| ch.is_ascii_digit() || "年月日時分".contains(ch);
    let (mut told, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(is_of_time) {
        let end = rest[at..]
            .find(|ch| !is_of_time(ch))
            .map_or(rest.len(), |len| at + len);
        let is_time = rest[at..end].contains('年') && rest[at..end].contains('分');
        told.push_str(&rest[..at]);
        told.push_str(if is_time { "[time]" } else { &rest[at..end] });
        rest = &rest[end..];
    }
    told.push_str(rest);
    let parts = told
        .split("until ")
        .map(|part| match part.split_once("(UTC+00:00)") {
            Some((_, after)) => format!("[time]{after}"),
            None => part.to_owned(),
        });
    parts.collect::<Vec<_>>().join("until ")
}
