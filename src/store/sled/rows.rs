//! Rows: named trees, values with checksums, long values in pieces.
//!
//! A value is `kind, payload, crc32c(tree, key, payload)`. A payload above [`PIECE_BYTES_MAX`] is kept in pieces in
//! the `overflow` tree, and its row holds their number and the checksum of the whole.

use super::checkpoint::Generation;
use crate::store::{Result, StoreError, record::Record};

/// How many bytes of a payload one row holds. sled keeps values below 4 KB inside its one file.
pub(super) const PIECE_BYTES_MAX: usize = 3_900;

/// How often a long value is read again where a writer was seen in the middle of it.
const READS_MAX: usize = 8;

const WHOLE: u8 = 0;
const IN_PIECES: u8 = 1;

/// The trees of the database. Their order is stored, so new ones are added at the end; so are their names, some of which are
/// older than ours (`spreads` holds fan-outs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tree {
    State,
    Comments,
    CommentIds,
    Revisions,
    Articles,
    Cases,
    UnresolvedCases,
    ResolvedCases,
    Subjects,
    Rulings,
    Audit,
    AuditSubjects,
    Answers,
    AnswerExpiry,
    Accounts,
    Secrets,
    Overflow,
    Members,
    MemberComments,
    Sanctions,
    Reports,
    CurrentReports,
    CaseReports,
    ReporterReports,
    Reporters,
    Appeals,
    Notes,
    Events,
    FanOuts,
    QaSamples,
    CommentTags,
    Tallies,
    Webhooks,
    Deliveries,
    Erasures,
    Leases,
    Forms,
    Models,
    ModelParts,
    Segments,
    SegmentParts,
    Replies,
    RejudgeJobs,
    Words,
}

impl Tree {
    pub const ALL: [Self; 44] = [
        Self::State,
        Self::Comments,
        Self::CommentIds,
        Self::Revisions,
        Self::Articles,
        Self::Cases,
        Self::UnresolvedCases,
        Self::ResolvedCases,
        Self::Subjects,
        Self::Rulings,
        Self::Audit,
        Self::AuditSubjects,
        Self::Answers,
        Self::AnswerExpiry,
        Self::Accounts,
        Self::Secrets,
        Self::Overflow,
        Self::Members,
        Self::MemberComments,
        Self::Sanctions,
        Self::Reports,
        Self::CurrentReports,
        Self::CaseReports,
        Self::ReporterReports,
        Self::Reporters,
        Self::Appeals,
        Self::Notes,
        Self::Events,
        Self::FanOuts,
        Self::QaSamples,
        Self::CommentTags,
        Self::Tallies,
        Self::Webhooks,
        Self::Deliveries,
        Self::Erasures,
        Self::Leases,
        Self::Forms,
        Self::Models,
        Self::ModelParts,
        Self::Segments,
        Self::SegmentParts,
        Self::Replies,
        Self::RejudgeJobs,
        Self::Words,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Comments => "comments",
            Self::CommentIds => "comment_ids",
            Self::Revisions => "revisions",
            Self::Articles => "articles",
            Self::Cases => "cases",
            Self::UnresolvedCases => "unresolved",
            Self::ResolvedCases => "closed",
            Self::Subjects => "subjects",
            Self::Rulings => "rulings",
            Self::Audit => "audit",
            Self::AuditSubjects => "audit_subjects",
            Self::Answers => "answers",
            Self::AnswerExpiry => "answer_expiry",
            Self::Accounts => "accounts",
            Self::Secrets => "secrets",
            Self::Overflow => "overflow",
            Self::Members => "members",
            Self::MemberComments => "member_comments",
            Self::Sanctions => "sanctions",
            Self::Reports => "reports",
            Self::CurrentReports => "report_of",
            Self::CaseReports => "case_reports",
            Self::ReporterReports => "reporter_reports",
            Self::Reporters => "reporters",
            Self::Appeals => "appeals",
            Self::Notes => "notes",
            Self::Events => "news",
            Self::FanOuts => "spreads",
            Self::QaSamples => "samples",
            Self::CommentTags => "tag_comments",
            Self::Tallies => "tallies",
            Self::Webhooks => "webhooks",
            Self::Deliveries => "deliveries",
            Self::Erasures => "erasures",
            Self::Leases => "leases",
            Self::Forms => "forms",
            Self::Models => "models",
            Self::ModelParts => "model_parts",
            Self::Words => "words",
            Self::Segments => "segments",
            Self::SegmentParts => "segment_parts",
            Self::RejudgeJobs => "rejudge_jobs",
            Self::Replies => "replies",
        }
    }
}

/// The open database.
pub(super) struct Trees {
    /// Which copy of the database this is.
    pub generation: Generation,
    pub db: sled::Db,
    pub trees: Vec<sled::Tree>,
}

impl Trees {
    pub fn open(generation: Generation, db: sled::Db) -> std::result::Result<Self, sled::Error> {
        let trees = Tree::ALL
            .into_iter()
            .map(|tree| db.open_tree(tree.name()))
            .collect::<std::result::Result<_, _>>()?;
        Ok(Self {
            generation,
            db,
            trees,
        })
    }

    pub fn tree(&self, tree: Tree) -> &sled::Tree {
        &self.trees[tree as usize]
    }

    /// The payload under a key.
    pub fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let mut last = StoreError::Unavailable(String::new());
        for _ in 0..READS_MAX {
            let Some(value) = self.tree(tree).get(key).map_err(broken)? else {
                return Ok(None);
            };
            match self.payload(tree, key, &value) {
                Ok(payload) => return Ok(Some(payload)),
                // A writer may be half way through the pieces of a long value: look again.
                Err(damage) if value.first() == Some(&IN_PIECES) => last = damage,
                Err(damage) => return Err(damage),
            }
        }
        Err(last)
    }

    /// The record under a key.
    pub fn read<T: Record>(&self, tree: Tree, key: &[u8]) -> Result<Option<T>> {
        self.get(tree, key)?
            .map(|payload| T::decode(&payload))
            .transpose()
    }

    /// The payload of a value, put together from its pieces if it is long.
    pub fn payload(&self, tree: Tree, key: &[u8], value: &[u8]) -> Result<Vec<u8>> {
        let (kind, body) = verified(tree, key, value)?;
        if kind == WHOLE {
            return Ok(body.to_vec());
        }
        let (pieces, checksum) =
            head_of(body).ok_or_else(|| damaged(tree, key, "the head of a long value is cut"))?;
        let mut payload = Vec::new();
        for piece in 0..pieces {
            let piece_key = piece_key(tree, key, piece);
            let value = self.tree(Tree::Overflow).get(&piece_key).map_err(broken)?;
            let value =
                value.ok_or_else(|| damaged(tree, key, "a piece of a long value is missing"))?;
            payload.extend_from_slice(verified(Tree::Overflow, &piece_key, &value)?.1);
        }
        // Each piece may be sound and the whole still mixed from an old and a new value: only the
        // checksum over all pieces shows that.
        if crc32c::crc32c(&payload) == checksum {
            Ok(payload)
        } else {
            Err(damaged(tree, key, "the pieces of a long value do not fit"))
        }
    }
}

/// Whether a row's own checksum holds.
pub(super) fn check(tree: Tree, key: &[u8], value: &[u8]) -> Result<()> {
    verified(tree, key, value).map(|_| ())
}

/// What a row adds to the sum over all rows, by which a check of all rows notices one that is missing or foreign: a number derived from its
/// checksum, so from tree, key and payload. The state row is stored with the sum and not part of it; pieces are covered by the
/// head of their value.
pub(super) fn weight(tree: Tree, value: &[u8]) -> u64 {
    match (tree, value.last_chunk::<4>()) {
        (Tree::State | Tree::Overflow, _) | (_, None) => 0,
        (_, Some(crc)) => mixed(u64::from(u32::from_le_bytes(*crc))),
    }
}

/// The last step of splitmix64. Without it, errors could cancel out: checksums 5 and 9 have the same sum as 6 and 8.
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// How many pieces a stored value says it has.
pub(super) fn pieces_of(tree: Tree, key: &[u8], value: &[u8]) -> Result<u32> {
    let (kind, body) = verified(tree, key, value)?;
    Ok(if kind == IN_PIECES {
        head_of(body).map_or(0, |(pieces, _)| pieces)
    } else {
        0
    })
}

/// The rows for a payload: its own, then its pieces.
pub(super) fn checksummed(tree: Tree, key: &[u8], payload: &[u8]) -> Vec<(Tree, Vec<u8>, Vec<u8>)> {
    if payload.len() <= PIECE_BYTES_MAX {
        return vec![(tree, key.to_vec(), seal(tree, key, WHOLE, payload))];
    }
    let pieces: Vec<&[u8]> = payload.chunks(PIECE_BYTES_MAX).collect();
    let count = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
    let head: Vec<u8> = count
        .to_le_bytes()
        .into_iter()
        .chain(crc32c::crc32c(payload).to_le_bytes())
        .collect();
    let mut rows = vec![(tree, key.to_vec(), seal(tree, key, IN_PIECES, &head))];
    for (number, piece) in (0..count).zip(pieces) {
        let piece_key = piece_key(tree, key, number);
        let value = seal(Tree::Overflow, &piece_key, WHOLE, piece);
        rows.push((Tree::Overflow, piece_key, value));
    }
    rows
}

/// The key of a piece: tree, length of the key, key, number.
pub(super) fn piece_key(tree: Tree, key: &[u8], piece: u32) -> Vec<u8> {
    let length = u16::try_from(key.len()).unwrap_or(u16::MAX);
    [
        &[tree as u8],
        length.to_be_bytes().as_slice(),
        key,
        piece.to_be_bytes().as_slice(),
    ]
    .concat()
}

/// Whose piece this is: tree and key.
pub(super) fn owner_of(piece_key: &[u8]) -> Option<(Tree, &[u8], u32)> {
    let (tree, rest) = piece_key.split_first()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (key, piece) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let tree = Tree::ALL.into_iter().find(|known| *known as u8 == *tree)?;
    Some((tree, key, u32::from_be_bytes(piece.try_into().ok()?)))
}

/// A database error, in the store's words.
pub(super) fn broken(error: sled::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

fn damaged(tree: Tree, key: &[u8], what: &str) -> StoreError {
    StoreError::Damaged(format!(
        "{} {}: {what}",
        tree.name(),
        data_encoding::HEXLOWER.encode(key)
    ))
}

fn seal(tree: Tree, key: &[u8], kind: u8, body: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(body.len() + 5);
    value.push(kind);
    value.extend_from_slice(body);
    value.extend_from_slice(&checksum(tree, key, &value).to_le_bytes());
    value
}

fn verified<'v>(tree: Tree, key: &[u8], value: &'v [u8]) -> Result<(u8, &'v [u8])> {
    let (sealed, crc) = value
        .split_last_chunk::<4>()
        .ok_or_else(|| damaged(tree, key, "a value is cut"))?;
    if checksum(tree, key, sealed) != u32::from_le_bytes(*crc) {
        return Err(damaged(tree, key, "a checksum does not hold"));
    }
    match sealed.split_first() {
        Some((kind @ (&WHOLE | &IN_PIECES), body)) => Ok((*kind, body)),
        _ => Err(damaged(tree, key, "a value of an unknown kind")),
    }
}

fn checksum(tree: Tree, key: &[u8], sealed: &[u8]) -> u32 {
    // Tree and key are part of it: an intact value under a foreign key or in a foreign tree is damage, too.
    let crc = crc32c::crc32c(tree.name().as_bytes());
    let crc = crc32c::crc32c_append(crc, key);
    crc32c::crc32c_append(crc, sealed)
}

fn head_of(body: &[u8]) -> Option<(u32, u32)> {
    let (pieces, rest) = body.split_first_chunk::<4>()?;
    Some((
        u32::from_le_bytes(*pieces),
        u32::from_le_bytes(rest.try_into().ok()?),
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn memory() -> Trees {
        Trees::open(
            Generation::default(),
            sled::Config::new()
                .temporary(true)
                .flush_every_ms(None)
                .open()
                .unwrap(),
        )
        .unwrap()
    }

    fn put(trees: &Trees, payload: &[u8]) {
        for (tree, key, value) in checksummed(Tree::Articles, b"a", payload) {
            trees.tree(tree).insert(key, value).unwrap();
        }
    }

    #[test]
    fn a_long_value_comes_back_whole() {
        let trees = memory();
        for length in [
            0,
            1,
            PIECE_BYTES_MAX,
            PIECE_BYTES_MAX + 1,
            3 * PIECE_BYTES_MAX + 7,
        ] {
            let payload: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            put(&trees, &payload);
            assert_eq!(trees.get(Tree::Articles, b"a").unwrap().unwrap(), payload);
        }
        let head = trees.tree(Tree::Articles).get(b"a").unwrap().unwrap();
        assert_eq!(pieces_of(Tree::Articles, b"a", &head).unwrap(), 4);
    }

    #[test]
    fn a_flipped_bit_a_moved_value_and_a_missing_piece_are_seen() {
        let trees = memory();
        put(&trees, &[7; 9_000]);
        trees
            .tree(Tree::Overflow)
            .remove(piece_key(Tree::Articles, b"a", 1))
            .unwrap();
        assert!(matches!(
            trees.get(Tree::Articles, b"a"),
            Err(StoreError::Damaged(_))
        ));
        let value = seal(Tree::Articles, b"b", WHOLE, b"text");
        trees
            .tree(Tree::Articles)
            .insert(b"c", value.clone())
            .unwrap();
        assert!(matches!(
            trees.get(Tree::Articles, b"c"),
            Err(StoreError::Damaged(_))
        ));
        let mut flipped = value;
        flipped[2] ^= 1;
        trees.tree(Tree::Articles).insert(b"b", flipped).unwrap();
        assert!(matches!(
            trees.get(Tree::Articles, b"b"),
            Err(StoreError::Damaged(_))
        ));
    }

    #[test]
    fn a_piece_names_its_owner() {
        let key = piece_key(Tree::Comments, b"\x00\x01", 3);
        assert_eq!(
            owner_of(&key),
            Some((Tree::Comments, b"\x00\x01".as_slice(), 3))
        );
        assert_eq!(owner_of(b"\x01"), None);
    }
}
