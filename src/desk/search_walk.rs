//! The way of one search through the stored comments, from the newest on.
//!
//! Segment by segment: where the index has the segment, only the comments that have all tokens of the search are looked at;
//! elsewhere, and where no token says anything, all of them. It ends when the page is full, when there is nothing left, or when
//! its time is up: then the page is short, and its cursor leads on.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    base::Base,
    comments::Comments,
    error::DeskError,
    off_workers::run_off_workers,
    search::{CommentFilter, CommentQuery},
    views::{CommentList, CommentView},
};
use crate::{
    id::MemberId,
    record::{Comment, IndexToken, Segment, SegmentPart, Subject, SubjectRecord},
    review::{SubjectRulings, effective_verdict},
};

/// How many comments are read at a time, and at first.
const PAGE: usize = 256;
const FIRST_PAGE: usize = 32;
/// How many comments one request looks at.
const LOOKED_AT_MAX: usize = 100_000;
/// For how long one request searches.
const TIME_MAX: Duration = Duration::from_millis(200);
/// How many headers of segments are read at a time.
const HEADERS: u64 = 64;

impl Comments {
    /// Stored comments, the newest first. What cannot be looked through in time is left to the next page.
    pub async fn find(&self, query: CommentQuery) -> Result<CommentList, DeskError> {
        let filter = query.parse()?;
        let base = Arc::clone(&self.base);
        run_off_workers(async move { SearchWalk::new(&base, &filter).list().await }).await?
    }
}

impl Base {
    /// One page of stored comments, for work that goes on from page to page.
    pub(super) async fn search_comments(
        &self,
        query: &CommentQuery,
    ) -> Result<CommentList, DeskError> {
        let filter = query.parse()?;
        SearchWalk::new(self, &filter).list().await
    }
}

/// What is to be looked at in a segment.
enum Candidates {
    All,
    /// These numbers, the highest first.
    These(Vec<u64>),
}

/// A search on its way.
struct SearchWalk<'s> {
    base: &'s Base,
    filter: &'s CommentFilter,
    /// A wanted comment has one token of each list.
    tokens: Vec<Vec<IndexToken>>,
    /// The next comment to look at is below this number; `None` before the first.
    below: Option<u64>,
    items: Vec<CommentView>,
    looked_at: usize,
    /// It has come on from where it began: only then may its time be up.
    has_moved: bool,
    until: Instant,
    /// Headers that were read, and from which segment on.
    headers: HashMap<u64, Segment>,
    headers_from: Option<u64>,
    /// The rulings on the nicknames of members that were met.
    nicknames: HashMap<MemberId, SubjectRecord>,
}

impl<'s> SearchWalk<'s> {
    pub fn new(base: &'s Base, filter: &'s CommentFilter) -> Self {
        Self {
            base,
            filter,
            tokens: filter.tokens(),
            below: filter.before,
            items: Vec::new(),
            looked_at: 0,
            has_moved: false,
            until: Instant::now() + TIME_MAX,
            headers: HashMap::new(),
            headers_from: None,
            nicknames: HashMap::new(),
        }
    }

    /// The page.
    pub async fn list(mut self) -> Result<CommentList, DeskError> {
        let is_done = match &self.filter.member {
            Some(member) => self.walk_member(member).await?,
            None => self.walk_segments().await?,
        };
        let next = self.below.filter(|_| !is_done);
        Ok(CommentList {
            items: self.items,
            next_cursor: next.map(|below| format!("before-{below}")),
        })
    }

    fn is_over(&self) -> bool {
        self.items.len() >= self.filter.limit
            || self.looked_at >= LOOKED_AT_MAX
            || (self.has_moved && Instant::now() >= self.until)
    }

    /// Whether it has come to the end of the member's comments.
    async fn walk_member(&mut self, member: &MemberId) -> Result<bool, DeskError> {
        let mut limit = FIRST_PAGE;
        loop {
            let page = self
                .base
                .store
                .comments_of(member, self.below, limit)
                .await?;
            let is_last = page.len() < limit;
            if !self.look_at(page).await? {
                return Ok(false);
            }
            if is_last {
                return Ok(true);
            }
            limit = PAGE;
        }
    }

    /// Whether it has come to the end of all comments.
    async fn walk_segments(&mut self) -> Result<bool, DeskError> {
        let stored = self.base.store.stats().await?.comments;
        let mut below = self.below.map_or(stored, |below| below.min(stored));
        while below > 0 {
            self.below = Some(below);
            if self.is_over() {
                return Ok(false);
            }
            let segment = Segment::of(below - 1);
            let floor = Segment::first_of(segment);
            let is_through = match self.candidates(segment).await? {
                Candidates::All => self.scan(floor).await?,
                Candidates::These(numbers) => self.look_up(numbers, below).await?,
            };
            if !is_through {
                return Ok(false);
            }
            self.has_moved = true;
            below = floor;
        }
        Ok(true)
    }

    /// Which comments of a segment may be wanted.
    async fn candidates(&mut self, segment: u64) -> Result<Candidates, DeskError> {
        let Some(header) = self.header(segment).await? else {
            return Ok(Candidates::All);
        };
        if !self.filter.wants_time(&header) {
            return Ok(Candidates::These(Vec::new()));
        }
        if self.tokens.is_empty() {
            return Ok(Candidates::All);
        }
        let found = self.comments_with_tokens(&header).await?;
        if found.is_none() {
            // A change has dropped it since, or it is damaged.
            self.base.segments.doubt(segment);
        }
        Ok(found.map_or(Candidates::All, |numbers| {
            Candidates::These(numbers.into_iter().rev().collect())
        }))
    }

    /// The header of a segment that can be used.
    async fn header(&mut self, segment: u64) -> Result<Option<Segment>, DeskError> {
        if self.headers_from.is_none_or(|from| segment < from) {
            let from = (segment + 1).saturating_sub(HEADERS);
            let headers = self.base.store.segments(from, segment).await?;
            let usable = headers.into_iter().filter(Segment::is_usable);
            self.headers = usable.map(|header| (header.number, header)).collect();
            self.headers_from = Some(from);
        }
        Ok(self.headers.remove(&segment))
    }

    /// The comments that have one token of each list; `None` if the segment cannot be relied on.
    async fn comments_with_tokens(
        &self,
        header: &Segment,
    ) -> Result<Option<BTreeSet<u64>>, DeskError> {
        let all = self.tokens.iter().flatten();
        let parts: BTreeSet<u32> = all.filter_map(|token| header.part_of(*token)).collect();
        let parts: Vec<u32> = parts.into_iter().collect();
        let stored = self.base.store.segment_parts(header.number, &parts).await?;
        let stored: HashMap<u32, SegmentPart> = parts
            .into_iter()
            .zip(stored)
            .filter_map(|(nth, part)| Some((nth, part?)))
            .collect();
        let with = |token: &IndexToken| match header.part_of(*token) {
            None => Some(Vec::new()),
            Some(nth) => header.comments_with(*token, stored.get(&nth)?).ok(),
        };
        let mut found: Option<BTreeSet<u64>> = None;
        for list in &self.tokens {
            let mut of_list = BTreeSet::new();
            for token in list {
                let Some(numbers) = with(token) else {
                    return Ok(None);
                };
                of_list.extend(numbers);
            }
            found = Some(match found {
                Some(found) => &found & &of_list,
                None => of_list,
            });
        }
        Ok(found)
    }

    /// Looks at these comments, the highest number first. Whether it came to the last of them.
    async fn look_up(&mut self, numbers: Vec<u64>, below: u64) -> Result<bool, DeskError> {
        let left: Vec<u64> = numbers.into_iter().filter(|of| *of < below).collect();
        let mut left = left.as_slice();
        let mut limit = FIRST_PAGE;
        while !left.is_empty() {
            let (next, rest) = left.split_at(limit.min(left.len()));
            let page = self.base.store.comments_numbered(next).await?;
            if !self.look_at(page).await? {
                return Ok(false);
            }
            (left, limit) = (rest, PAGE);
        }
        Ok(true)
    }

    /// Looks at all comments down to a number. Whether it came to the last of them.
    async fn scan(&mut self, floor: u64) -> Result<bool, DeskError> {
        let mut limit = FIRST_PAGE;
        loop {
            let left = self.below.unwrap_or(0).saturating_sub(floor);
            let limit_left = usize::try_from(left).unwrap_or(limit).min(limit);
            if limit_left == 0 {
                return Ok(true);
            }
            let page = self.base.store.comments_before(self.below, limit_left);
            let page = page.await?;
            if page.is_empty() {
                return Ok(true);
            }
            if !self.look_at(page).await? {
                return Ok(false);
            }
            limit = PAGE;
        }
    }

    /// Looks at comments in their order. Whether it came to the last of them, and may go on.
    async fn look_at(&mut self, page: Vec<(u64, Comment)>) -> Result<bool, DeskError> {
        for (number, comment) in page {
            if self.is_over() {
                return Ok(false);
            }
            self.below = Some(number);
            self.has_moved = true;
            self.looked_at += 1;
            if self.filter.wants(&comment) && self.is_wanted_in_force(&comment).await? {
                let background = self.base.background_of(&comment).await?;
                let view = self.base.comment_view(&comment, &background).await?;
                self.items.push(view);
            }
        }
        Ok(true)
    }

    /// Whether a comment is wanted with the rulings on it; they are read only where that is asked.
    async fn is_wanted_in_force(&mut self, comment: &Comment) -> Result<bool, DeskError> {
        if !self.filter.asks_what_is_in_force() {
            return Ok(true);
        }
        let nickname = comment.newest.nickname.as_deref();
        let record = match (&comment.member, nickname) {
            (Some(member), Some(_)) => Some(self.nickname_record(member).await?),
            _ => None,
        };
        // The rulings on tags decide nothing about the verdict of the comment.
        let rulings = SubjectRulings {
            effect: comment.effect_in_force(),
            nickname: record
                .zip(nickname)
                .and_then(|(record, name)| record.ruling(name)),
            tags: Vec::new(),
        };
        let in_force = effective_verdict(comment.decision(), &rulings);
        let (verdict, decided_by) = (in_force.verdict, in_force.decided_by);
        Ok(self.filter.wants_in_force(verdict, decided_by))
    }

    async fn nickname_record(&mut self, member: &MemberId) -> Result<&SubjectRecord, DeskError> {
        if !self.nicknames.contains_key(member) {
            let subject = Subject::Nickname(member.clone());
            let record = self.base.store.subject(&subject).await?;
            self.nicknames.insert(member.clone(), record);
        }
        let record = self.nicknames.get(member);
        record.ok_or_else(|| DeskError::Internal("a nickname was just read".to_owned()))
    }
}
