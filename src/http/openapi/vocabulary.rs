//! The vocabulary of the contract: which values a field or parameter can have, by its name. A name has one meaning wherever
//! it is used; the few that have two are told apart by their schema.

use serde_json::{Map, Value, json};

use crate::{
    member::SanctionKind,
    record::{CODES, EventKind, Role, Rule, Source},
    text::Surface,
};

/// The pattern of a ULID; our own ids are ULIDs.
const ULID: &str = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$";
/// The longest id of the board. The limit is in bytes, and a text never has more characters than bytes.
const BOARD_ID_CHARS_MAX: u32 = 128;

/// The values of a text.
enum Meaning {
    /// One of these words.
    OneOf(Vec<&'static str>),
    /// Several of these words, separated by commas.
    SomeOf(Vec<&'static str>),
    /// A time in RFC 3339.
    Time,
    /// A day, `2026-11-30`, or a time.
    DayOrTime,
    /// An id that we make.
    Ulid,
    /// An id that the board makes.
    BoardId,
    /// An address on the web.
    Url,
}

/// Takes the place of the schema's name for parameters of a query.
const QUERY: &str = "?";

fn codes() -> Vec<&'static str> {
    CODES.iter().map(|row| row.name).collect()
}

fn meaning(schema: &str, name: &str) -> Option<Meaning> {
    use Meaning::{BoardId, DayOrTime, OneOf, SomeOf, Time, Ulid, Url};
    let surfaces = || Surface::ALL.map(Surface::name).to_vec();
    let sources = || Source::ALL.map(Source::name).to_vec();
    let rules = || Rule::ALL.map(Rule::name).to_vec();
    let states = || vec!["open", "claimed", "escalated", "resolved"];
    let decisions = || vec!["approve", "remove", "remove_tags", "escalate"];
    let is_filter = schema == QUERY || schema == "NextCase";
    Some(match (schema, name) {
        ("Problem", _) | ("RefusalView", "code") | ("PostRejudge" | "RejudgeSampleView", _) => {
            return None;
        }
        (_, "code") if is_filter => SomeOf(codes()),
        (_, "rule") if is_filter => SomeOf(rules()),
        (_, "surface") if is_filter => SomeOf(surfaces()),
        (_, "source") if is_filter => SomeOf(sources()),
        (_, "status") if is_filter => SomeOf(states()),
        (_, "sort") => OneOf(vec!["priority", "oldest", "newest"]),
        (QUERY, "from" | "to") => DayOrTime,
        (QUERY, "member" | "article") => BoardId,
        (_, "code") => OneOf(codes()),
        (_, "rule") => OneOf(rules()),
        (_, "surface") => OneOf(surfaces()),
        ("QueueItem", "source") => OneOf(sources()),
        ("QueueItem", "status") => OneOf(states()),
        ("ReportView", "status") => OneOf(vec!["open", "upheld", "dismissed"]),
        ("AppealView", "status") => OneOf(vec!["open", "upheld", "overturned"]),
        ("DeliveryView", "status") => OneOf(vec!["waiting", "dead"]),
        ("RejudgeView", "state") => OneOf(vec!["previewed", "running", "done", "stopped"]),
        ("SubjectView", "kind") => OneOf(vec!["comment", "member", "tag"]),
        ("ExpectedSanction" | "PostSanction" | "SanctionChoice" | "SanctionView", "kind") => {
            OneOf(SanctionKind::ALL.map(SanctionKind::name).to_vec())
        }
        ("SanctionBody", "kind") => {
            let kinds = SanctionKind::ALL.map(SanctionKind::name);
            OneOf(kinds.into_iter().chain(["proposed"]).collect())
        }
        ("PostSuggestion", "decision") => OneOf(vec!["take", "refuse"]),
        (_, "decision") => OneOf(decisions()),
        (_, "decided_by") => OneOf(vec!["filter", "moderator", "appeal"]),
        (_, "verdict" | "would_be") => OneOf(vec!["allow", "flag", "remove"]),
        (_, "standing" | "member_standing") => {
            OneOf(vec!["good", "watched", "suspended", "terminated"])
        }
        ("PutSettings" | "SettingsView", "language") => OneOf(vec!["zh-TW", "en"]),
        ("PutSettings" | "SettingsView", "density") => OneOf(vec!["comfortable", "compact"]),
        (_, "evidence") => OneOf(vec![
            "in-title",
            "in-body",
            "in-section",
            "in-board-tags",
            "same-topic",
            "narrower-topic",
            "overlap",
            "ruled",
            "none",
            "no-article",
        ]),
        (_, "role") => OneOf(Role::ALL.map(Role::name).to_vec()),
        ("EventView" | "DeliveryView", "type") => OneOf(EventKind::NAMES.to_vec()),
        (_, "case_id" | "ruling_id" | "sanction_id") => Ulid,
        (
            "AppealView" | "KeyView" | "ModerationView" | "NoteView" | "QueueItem" | "ReportView"
            | "RejudgeView" | "ReplyView" | "RulingView" | "SentReplyView" | "RulingAnswer"
            | "SanctionView" | "TokenView" | "WebhookView",
            "id",
        ) => Ulid,
        (_, "comment_id" | "article_id" | "member_id" | "parent_id" | "reporter_id") => BoardId,
        ("ArticleView" | "ArticleRef" | "MemberRef" | "PostMember" | "MemberView", "id") => BoardId,
        ("PostWebhook" | "WebhookView", "url") => Url,
        (_, "at" | "until" | "since" | "timestamp") => Time,
        (_, name) if name.ends_with("_at") || name.ends_with("_until") => Time,
        _ => return None,
    })
}

/// The values of `{id}` in a path, by the resource before it.
fn meaning_of_part(path: &str, name: &str) -> Option<Meaning> {
    let resource = path.strip_prefix("/v1/")?.split('/').next()?;
    match (resource, name) {
        ("articles" | "comments" | "members" | "reporters", "id") => Some(Meaning::BoardId),
        (_, "id") => Some(Meaning::Ulid),
        _ => None,
    }
}

/// Adds the values to the schema of a text. A nullable one stays nullable.
fn put(meaning: &Meaning, schema: &mut Map<String, Value>) {
    let nullable = schema.get("type").is_some_and(Value::is_array);
    match meaning {
        Meaning::OneOf(words) => {
            let mut words: Vec<Value> = words.iter().map(|word| json!(word)).collect();
            words.extend(nullable.then_some(Value::Null));
            schema.insert("enum".to_owned(), Value::Array(words));
        }
        Meaning::SomeOf(words) => {
            let several = format!("By comma: {}.", words.join(", "));
            schema.insert("description".to_owned(), json!(several));
        }
        Meaning::Time => {
            schema.insert("format".to_owned(), json!("date-time"));
        }
        Meaning::DayOrTime => {
            schema.insert(
                "description".to_owned(),
                json!("A day, as 2026-11-30, or a time in RFC 3339."),
            );
        }
        Meaning::Ulid => {
            schema.insert("pattern".to_owned(), json!(ULID));
        }
        Meaning::BoardId => {
            schema.insert("minLength".to_owned(), json!(1));
            schema.insert("maxLength".to_owned(), json!(BOARD_ID_CHARS_MAX));
        }
        Meaning::Url => {
            schema.insert("format".to_owned(), json!("uri"));
        }
    }
}

fn is_open_text(schema: &Value) -> bool {
    let named = |kind: &Value| kind == "string";
    let text = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(named),
        kind => named(kind),
    };
    text && schema.get("enum").is_none() && schema.get("format").is_none()
}

/// Adds to every text in the document the values that its name implies.
pub(super) fn apply(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas");
    for (name, schema) in schemas.and_then(Value::as_object_mut).into_iter().flatten() {
        in_schema(name, schema);
    }
    let paths = document.pointer_mut("/paths");
    for (path, operations) in paths.and_then(Value::as_object_mut).into_iter().flatten() {
        for (_, operation) in operations.as_object_mut().into_iter().flatten() {
            let parameters = operation.get_mut("parameters");
            let parameters = parameters.and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten() {
                in_parameter(path, parameter);
            }
        }
    }
}

fn in_parameter(path: &str, parameter: &mut Value) {
    let name = parameter["name"].as_str().unwrap_or_default().to_owned();
    let meaning = match parameter["in"].as_str() {
        Some("path") => meaning_of_part(path, &name),
        Some("query") => meaning(QUERY, &name),
        _ => None,
    };
    let schema = &mut parameter["schema"];
    if is_open_text(schema)
        && let (Some(meaning), Some(schema)) = (meaning, schema.as_object_mut())
    {
        put(&meaning, schema);
    }
}

/// The properties of a schema and of the schemas inside.
fn in_schema(name: &str, schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) {
                for (property, schema) in properties {
                    if is_open_text(schema)
                        && let (Some(meaning), Some(schema)) =
                            (meaning(name, property), schema.as_object_mut())
                    {
                        put(&meaning, schema);
                    }
                }
            }
            fields
                .iter_mut()
                .for_each(|(_, inner)| in_schema(name, inner));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| in_schema(name, inner)),
        _ => {}
    }
}
