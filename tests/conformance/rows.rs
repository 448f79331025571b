//! Rows to write: records, and changes that put them.

use banzhu::{
    id::{CaseId, CommentId, KeyId, MemberId, ReceiptId, ReportId, ReporterId, WebhookId},
    record::{
        Actor, AuditAction, AuditDraft, AuditEntry, AuditRow, AuditSubject, Comment, Covered,
        Decision, DecisionPoint, Key, KeyName, ReasonCode, RedactableText, Report, Revision,
        RulebookVersion, Score, SecretHash, StoredAnswer, Verdict, Webhook, WebhookSecret,
    },
    store::{
        engine::RowChange,
        tables::{Columns, Keyed, Table, Tabled, Value},
    },
    time::Timestamp,
};
use ulid::Ulid;

pub const AT: Timestamp = Timestamp::from_ms(1_795_000_000_000);

/// A row of a table without columns, of these bytes.
pub fn plain(table: Table, key: Vec<Value>, record: &[u8]) -> RowChange {
    RowChange::Put {
        table,
        key,
        version: 0,
        columns: Columns::default(),
        before: None,
        record: record.to_vec(),
    }
}

/// A record under its own key.
pub fn put(record: &(impl Keyed + Clone)) -> RowChange {
    put_under(record.key(), record, None)
}

/// A record under a key, in the place of one that had these columns.
pub fn put_under<T: Tabled + Clone>(
    key: Vec<Value>,
    record: &T,
    before: Option<Columns>,
) -> RowChange {
    RowChange::Put {
        table: T::TABLE,
        key,
        version: record.version(),
        columns: record.columns(),
        before,
        record: record.clone().encode().unwrap(),
    }
}

pub fn comment(id: &str, member: Option<&str>, provisional: bool) -> Comment {
    let member = member.map(|id| MemberId::parse(id.to_owned()).unwrap());
    Comment {
        id: CommentId::parse(id.to_owned()).unwrap(),
        article: None,
        member,
        parent: None,
        url: None,
        newest: Covered::new(revision()),
        rejudged: Vec::new(),
        effect: None,
        case: None,
        appeals: Vec::new(),
        legal_hold: None,
        withdrawn_at: None,
        purged_at: None,
        purged_through: 0,
        row_version: 1,
        provisional,
    }
}

fn revision() -> Revision {
    Revision {
        number: 1,
        receipt: ReceiptId(Ulid(1)),
        at: AT,
        posted_at: None,
        verified: false,
        backfill: false,
        body: Some("一段話".to_owned()),
        nickname: None,
        tags: Vec::new(),
        decision: Decision {
            verdict: Verdict::Allow,
            would_be: None,
            body: Some(Verdict::Allow),
            nickname: None,
            unattached: Verdict::Allow,
            tags: Vec::new(),
            reasons: Vec::new(),
            shadow: Vec::new(),
            score: Score::default(),
            rulebook: RulebookVersion::default(),
            model: None,
            text_score: None,
        },
    }
}

pub fn report(id: u128, case: u128, reporter: &str) -> Report {
    Report {
        id: ReportId(Ulid(id)),
        comment: CommentId::parse("c".to_owned()).unwrap(),
        reporter: ReporterId::parse(reporter.to_owned()).unwrap(),
        code: ReasonCode::Insult,
        note: None,
        surface: None,
        tag: None,
        at: AT,
        decision_point: Some(DecisionPoint {
            case: CaseId(Ulid(case)),
            version: 1,
        }),
        dismissal: None,
        coordinated: false,
        weight: 100,
    }
}

pub fn answer(slot: u8, expires_at: Timestamp) -> StoredAnswer {
    StoredAnswer {
        slot: [slot; 16],
        request: [0; 32],
        expires_at,
        status: 200,
        body: Vec::new(),
    }
}

/// An entry of the audit about a member, with what somebody wrote.
pub fn entry(number: u64, member: &str, at: Timestamp, words: &str) -> AuditRow {
    let subject = AuditSubject::Member(MemberId::parse(member.to_owned()).unwrap());
    let entry = AuditEntry {
        number,
        what: AuditDraft::new(at, &Actor::System, AuditAction::CommentsAllowed, subject),
        words: Some(RedactableText::new(words.to_owned(), [7; 16])),
        revisions: Vec::new(),
    };
    AuditRow::new(entry, [0; 32])
}

pub fn key(id: u128, secret: u8, last_used_at: Option<Timestamp>) -> Key {
    Key {
        id: KeyId(Ulid(id)),
        name: KeyName::parse("board").unwrap(),
        scopes: Vec::new(),
        secret: SecretHash([secret; 32]),
        created_at: AT,
        expires_at: None,
        revoked_at: None,
        last_used_at,
    }
}

pub fn webhook(id: u128, cursor: u64, row_version: u64) -> Webhook {
    Webhook {
        id: WebhookId(Ulid(id)),
        url: "https://board.example/hook".to_owned(),
        events: Vec::new(),
        secrets: vec![WebhookSecret {
            text: "secret".to_owned(),
            until: None,
        }],
        active: true,
        created_at: AT,
        cursor,
        deleted_at: None,
        row_version,
    }
}

pub fn number(number: u64) -> Value {
    Value::Number(number)
}

pub fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
