//! Encodes keys: the tree of a row or an index entry, and its bytes there.
//!
//! Integers are big-endian, so that rows are in the order of their values. A text that other values follow is replaced by its
//! digest, so that no text is a prefix of another's key: member `a` with comment 7 is `digest("a"), 00…07`, and all of the
//! member's comments share the first 16 bytes.

use sha2::{Digest as _, Sha256};

use super::rows::Tree;
use crate::{
    store::{
        Result, StoreError,
        tables::{Index, Key, Kind, Table, Value},
    },
    time::Timestamp,
};

/// The tree of a table's rows.
pub(super) const fn tree_of(table: Table) -> Tree {
    match table {
        Table::Comments => Tree::Comments,
        Table::CommentTags => Tree::CommentTags,
        Table::Revisions => Tree::Revisions,
        Table::Articles => Tree::Articles,
        Table::Cases => Tree::Cases,
        Table::Subjects => Tree::Subjects,
        Table::Members => Tree::Members,
        Table::Sanctions => Tree::Sanctions,
        Table::Rulings => Tree::Rulings,
        Table::Reports => Tree::Reports,
        Table::CurrentReports => Tree::CurrentReports,
        Table::Reporters => Tree::Reporters,
        Table::Appeals => Tree::Appeals,
        Table::Notes => Tree::Notes,
        Table::Erasures => Tree::Erasures,
        // the words are within the entries
        Table::Audit | Table::AuditWords => Tree::Audit,
        Table::Answers => Tree::Answers,
        Table::Accounts => Tree::Accounts,
        Table::Events => Tree::Events,
        Table::FanOuts => Tree::FanOuts,
        Table::QaSamples => Tree::QaSamples,
        Table::Webhooks => Tree::Webhooks,
        Table::Deliveries => Tree::Deliveries,
        Table::Leases => Tree::Leases,
        Table::Forms => Tree::Forms,
        Table::Models => Tree::Models,
        Table::ModelParts => Tree::ModelParts,
        Table::Words => Tree::Words,
        Table::Segments => Tree::Segments,
        Table::SegmentParts => Tree::SegmentParts,
        Table::Replies => Tree::Replies,
        Table::RejudgeJobs => Tree::RejudgeJobs,
    }
}

/// The table of a tree's rows; `None` if it has none.
pub(super) fn table_of(tree: Tree) -> Option<Table> {
    // The words of audit entries lie within them, and have no rows of their own.
    let mut tables = Table::ALL.into_iter();
    tables.find(|table| tree_of(*table) == tree && *table != Table::AuditWords)
}

/// The tree of an index's entries.
pub(super) const fn tree_of_index(index: Index) -> Tree {
    match index {
        Index::CommentById => Tree::CommentIds,
        // an entry's value distinguishes the two
        Index::CommentsOfMember | Index::PostsOfMember => Tree::MemberComments,
        Index::UnresolvedCases => Tree::UnresolvedCases,
        Index::ResolvedCases => Tree::ResolvedCases,
        Index::ReportsOfCase => Tree::CaseReports,
        Index::ReportsOfReporter => Tree::ReporterReports,
        Index::AuditOfSubject => Tree::AuditSubjects,
        Index::AnswersByExpiry => Tree::AnswerExpiry,
        Index::AccountBySecret => Tree::Secrets,
    }
}

/// The bytes of a row's key, or of its first values.
pub(super) fn of_row(table: Table, values: &[Value]) -> Vec<u8> {
    match (table, values) {
        (Table::CommentTags, [Value::Text(article), Value::Text(tag), rest @ ..]) => {
            let mut key = digest(&format!("{article}\n{tag}")).to_vec();
            push_all(&mut key, rest);
            key
        }
        (Table::CurrentReports, values) => {
            // Two digests of 16 bytes: neither text can run into the other.
            let mut key = Vec::with_capacity(32);
            values.iter().for_each(|value| push_digest(&mut key, value));
            key
        }
        // the length before the article keeps two pairs apart that read alike
        (Table::Subjects, [kind, Value::Text(article), text]) => {
            let mut key = Vec::new();
            push(&mut key, kind);
            if !article.is_empty() {
                let length = u16::try_from(article.len()).unwrap_or(u16::MAX);
                key.extend_from_slice(&length.to_be_bytes());
                key.extend_from_slice(article.as_bytes());
            }
            push(&mut key, text);
            key
        }
        (_, values) => {
            let mut key = Vec::new();
            push_all(&mut key, values);
            key
        }
    }
}

/// The bytes under which an index leads to a row, or its first values: the index's columns, then, where it is not unique, the
/// row's key.
pub(super) fn of_entry(index: Index, values: &[Value]) -> Vec<u8> {
    let mut key = Vec::new();
    for value in values {
        match index {
            // A whole id, with nothing behind it, needs no digest.
            Index::CommentById => push(&mut key, value),
            _ => push_digest(&mut key, value),
        }
    }
    key
}

/// The values of a row's key that follow those that it was found under.
pub(super) fn values_after(table: Table, under: &[Value], mut bytes: &[u8]) -> Result<Key> {
    let mut values = under.to_vec();
    // The known part is skipped by its length: digests in it cannot be turned back into texts.
    bytes = bytes.get(of_row(table, under).len()..).unwrap_or_default();
    let kinds = table.key().iter().enumerate();
    for (place, kind) in kinds.skip(under.len()) {
        let value = match (table, kind) {
            // one digest of article and tag together
            (Table::CommentTags, Kind::Text) if place == 1 => Some(Value::Text(String::new())),
            (Table::CommentTags | Table::CurrentReports, Kind::Text) => {
                take::<16>(&mut bytes).map(|digest| Value::Bytes(digest.to_vec()))
            }
            (Table::Subjects, Kind::Text) if place == 1 => article_of(&values, &mut bytes),
            (_, Kind::Number) => {
                take(&mut bytes).map(|number| Value::Number(u64::from_be_bytes(number)))
            }
            (_, Kind::Small) => {
                take(&mut bytes).map(|number| Value::Small(u32::from_be_bytes(number)))
            }
            (_, Kind::Id) => take(&mut bytes).map(|id| Value::Id(u128::from_be_bytes(id))),
            (_, Kind::Time) => {
                take(&mut bytes).map(|ms| Value::Time(time_of(u64::from_be_bytes(ms))))
            }
            (_, Kind::Byte) => take(&mut bytes).map(|[byte]| Value::Byte(byte)),
            (_, Kind::Text) => {
                // A text takes all that is left, so it can only be the last part of a key.
                let text = String::from_utf8(std::mem::take(&mut bytes).to_vec());
                text.ok().map(Value::Text)
            }
            (_, Kind::Bytes) => Some(Value::Bytes(std::mem::take(&mut bytes).to_vec())),
        };
        let cut = || StoreError::Damaged(format!("a key of {} is cut", tree_of(table).name()));
        values.push(value.ok_or_else(cut)?);
    }
    Ok(values)
}

/// The article that a tag's key begins with; a nickname's has none.
fn article_of(kind: &[Value], bytes: &mut &[u8]) -> Option<Value> {
    if kind != [Value::Byte(b't')] {
        return Some(Value::Text(String::new()));
    }
    let length = usize::from(u16::from_be_bytes(take(bytes)?));
    let (article, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(Value::Text(String::from_utf8(article.to_vec()).ok()?))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

fn push_all(key: &mut Vec<u8>, values: &[Value]) {
    values.iter().for_each(|value| push(key, value));
}

fn push(key: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Number(number) => key.extend_from_slice(&number.to_be_bytes()),
        Value::Small(number) => key.extend_from_slice(&number.to_be_bytes()),
        Value::Id(id) => key.extend_from_slice(&id.to_be_bytes()),
        Value::Time(at) => key.extend_from_slice(&ms_of(*at).to_be_bytes()),
        Value::Byte(byte) => key.push(*byte),
        Value::Text(text) => key.extend_from_slice(text.as_bytes()),
        Value::Bytes(bytes) => key.extend_from_slice(bytes),
        // an entry is there where the flag is set
        Value::Flag => {}
    }
}

fn push_digest(key: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(text) => key.extend_from_slice(&digest(text)),
        other => push(key, other),
    }
}

/// The first half of its SHA-256.
pub(super) fn digest(text: &str) -> [u8; 16] {
    let mut digest = [0; 16];
    digest.copy_from_slice(&Sha256::digest(text)[..16]);
    digest
}

/// Milliseconds, so that earlier times come first; none is before 1970.
fn ms_of(at: Timestamp) -> u64 {
    u64::try_from(at.as_ms()).unwrap_or(0)
}

fn time_of(ms: u64) -> Timestamp {
    Timestamp::from_ms(i64::try_from(ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{
        id::{ArticleId, CommentId, MemberId, ReporterId},
        record::Subject,
        store::tables::subject_key,
    };

    const AT: Timestamp = Timestamp::from_ms(1_795_000_000_123);

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    /// Keys written by earlier versions are unchanged.
    #[test]
    fn keys_are_the_bytes_that_folders_hold() {
        let id = ulid::Ulid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        let article = ArticleId::parse("a:1".to_owned()).unwrap();
        let comment = CommentId::parse("留言".to_owned()).unwrap();
        let member = MemberId::parse("m".to_owned()).unwrap();
        let reporter = ReporterId::parse("r".to_owned()).unwrap();
        let tag = Subject::Tag {
            article: article.clone(),
            tag: "政治".to_owned(),
        };
        let nickname = Subject::Nickname(member.clone());
        let (of_id, number) = (Value::Id(id.0), Value::Number(70_000));
        for (table, key, bytes) in [
            (Table::Comments, vec![number.clone()], "0000000000011170"),
            (
                Table::Revisions,
                vec![number.clone(), Value::Small(3)],
                "000000000001117000000003",
            ),
            (
                Table::Cases,
                vec![of_id.clone()],
                "0123456789abcdef0123456789abcdef",
            ),
            (
                Table::Subjects,
                subject_key(&tag),
                "740003613a31e694bfe6b2bb",
            ),
            (Table::Subjects, subject_key(&nickname), "6d6d"),
            (
                Table::Notes,
                vec![of_id.clone(), of_id.clone()],
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            ),
            (
                Table::QaSamples,
                vec![Value::Time(AT), number.clone()],
                "000001a1ee565e7b0000000000011170",
            ),
            (
                Table::Deliveries,
                vec![of_id.clone(), Value::Byte(1), number.clone()],
                "0123456789abcdef0123456789abcdef010000000000011170",
            ),
            (
                Table::CommentTags,
                vec![text("a:1"), text("政治"), number.clone()],
                "5327a4485a958aace303b904f9fffb700000000000011170",
            ),
            (
                Table::CurrentReports,
                vec![Value::from(&comment), Value::from(&reporter)],
                "2335399f1fa89b9c1cc7ae5c5169822d454349e422f05297191ead13e21d3db5",
            ),
        ] {
            let row = of_row(table, &key);
            assert_eq!(hex(&row), bytes, "{table:?}");
            let under = match table {
                Table::CommentTags | Table::CurrentReports => 2,
                _ => 0,
            };
            assert_eq!(
                values_after(table, &key[..under], &row),
                Ok(key),
                "{table:?}"
            );
        }
        for (index, values, bytes) in [
            (
                Index::CommentById,
                vec![Value::from(&comment)],
                "e79599e8a880",
            ),
            (
                Index::PostsOfMember,
                vec![Value::Flag, Value::from(&member), number.clone()],
                "62c66a7a5dd70c3146618063c344e5310000000000011170",
            ),
            (
                Index::UnresolvedCases,
                vec![Value::Flag, of_id.clone()],
                "0123456789abcdef0123456789abcdef",
            ),
            (
                Index::ResolvedCases,
                vec![Value::Time(AT), of_id.clone()],
                "000001a1ee565e7b0123456789abcdef0123456789abcdef",
            ),
            (
                Index::ReportsOfCase,
                vec![of_id.clone(), of_id.clone()],
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            ),
            (
                Index::ReportsOfReporter,
                vec![Value::from(&reporter), of_id],
                "454349e422f05297191ead13e21d3db50123456789abcdef0123456789abcdef",
            ),
            (
                Index::AuditOfSubject,
                vec![text("comment:留言"), number],
                "da9605b1abd18dbc04376bb85d2c93d60000000000011170",
            ),
            (
                Index::AnswersByExpiry,
                vec![Value::Time(AT), Value::Bytes(vec![7; 16])],
                "000001a1ee565e7b07070707070707070707070707070707",
            ),
        ] {
            assert_eq!(hex(&of_entry(index, &values)), bytes, "{index:?}");
        }
    }

    #[test]
    fn a_key_that_is_cut_is_damage() {
        assert!(matches!(
            values_after(Table::Comments, &[], &[0; 7]),
            Err(StoreError::Damaged(_))
        ));
    }
}
