//! Flooding (洗版): the same text repeated by one member or by many, and too many posts at once.
//!
//! Recent posts are kept in memory for the length of the longest window; at start they are read from the newest stored
//! comments. Times are those at which comments were posted, so a board that sends its backlog causes no flood.
//!
//! The posts of other nodes are followed by the numbers of their comments, ten times a second (`desk/warm_up.rs`). So over several
//! nodes a limit may be passed by as many posts as the others store within a tenth of a second; edits at another node are not
//! counted. Batches do not carry them: a text in each batch would cost every node more than that is worth, as a flood only sends a
//! comment to review.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, PoisonError},
};

use super::Everyday;
use crate::{
    text::FoldedText,
    time::{MINUTE_MS, Timestamp},
};

/// A number of posts within a number of minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloodLimit {
    /// From this number on it is a flood; 0 for never.
    pub count: u32,
    /// The window, in minutes.
    pub minutes: u32,
}

/// The limits of a board: `[flood]` of `rules.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloodLimits {
    /// The same text from one member.
    pub repeats: FloodLimit,
    /// The same text from several members.
    pub copies: FloodLimit,
    /// Posts of one member, whatever their text.
    pub pace: FloodLimit,
    /// Texts of fewer letters and digits (推, 加油, 同意) may be repeated by anybody.
    pub short_chars: u32,
}

impl FloodLimits {
    /// The shipped limits: three times in ten minutes, five members in ten minutes, ten posts in a minute; eight
    /// characters.
    pub const fn shipped() -> Self {
        Self {
            repeats: FloodLimit {
                count: 3,
                minutes: 10,
            },
            copies: FloodLimit {
                count: 5,
                minutes: 10,
            },
            pace: FloodLimit {
                count: 10,
                minutes: 1,
            },
            short_chars: 8,
        }
    }

    /// The longest window, in milliseconds.
    pub fn longest_ms(&self) -> i64 {
        let minutes = [self.repeats, self.copies, self.pace].map(|limit| limit.minutes);
        minutes.into_iter().map(window_ms).max().unwrap_or(0)
    }
}

fn window_ms(minutes: u32) -> i64 {
    i64::from(minutes) * MINUTE_MS
}

/// The rules about floods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloodRules {
    /// From where on it is a flood.
    pub limits: FloodLimits,
    /// Phrases that may be repeated by anybody.
    pub everyday: Everyday,
}

/// A post, as given to the watch.
#[derive(Debug, Clone, Copy)]
pub struct PostEvent<'a> {
    /// The board's id of the comment; an edit is the same post.
    pub comment: &'a str,
    /// The board's id of the member.
    pub member: &'a str,
    /// The text of the comment.
    pub body: Option<&'a str>,
    /// When it was posted.
    pub at: Timestamp,
}

/// In which ways a post is part of a flood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FloodFound {
    /// The member posted the same text several times.
    pub repeats: bool,
    /// Several members posted the same text.
    pub copies: bool,
    /// The member posts too fast.
    pub pace: bool,
}

impl FloodFound {
    /// Whether anything was found.
    pub const fn any(self) -> bool {
        self.repeats || self.copies || self.pace
    }
}

/// A recent post, by hashes.
#[derive(Debug, Clone, Copy)]
struct RecentPost {
    comment: u64,
    member: u64,
    /// `None` if the text is too short to be a copy, or has nothing but everyday phrases.
    body: Option<u64>,
    at: Timestamp,
}

/// The posts of the last minutes; each node has one, and follows the posts of the others.
#[derive(Debug, Default)]
pub struct FloodWatch(Mutex<FloodWindow>);

#[derive(Debug, Default)]
struct FloodWindow {
    by_member: HashMap<u64, VecDeque<RecentPost>>,
    by_body: HashMap<u64, VecDeque<RecentPost>>,
    until_sweep: u32,
}

/// The most posts that are kept of one member or one text: beyond that the oldest change nothing.
const KEPT_MAX: usize = 256;
/// After this number of posts, those that are too old are dropped.
const SWEEP_EVERY: u32 = 4_096;

impl FloodWatch {
    /// Whether this post is part of a flood, by the posts so far.
    pub fn look(&self, post: &PostEvent<'_>, rules: &FloodRules) -> FloodFound {
        let recent = RecentPost::of(post, rules);
        let watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.look(&recent, &rules.limits)
    }

    /// The same, and keeps the post.
    pub fn see(&self, post: &PostEvent<'_>, rules: &FloodRules) -> FloodFound {
        let recent = RecentPost::of(post, rules);
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = watched.look(&recent, &rules.limits);
        watched.keep(recent, &rules.limits);
        found
    }

    /// Adds a post from before a restart. They come newest first; posts that are known already are newer.
    pub fn recall(&self, post: &PostEvent<'_>, rules: &FloodRules) {
        let recent = RecentPost::of(post, rules);
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.recall(recent);
    }
}

impl RecentPost {
    fn of(post: &PostEvent<'_>, rules: &FloodRules) -> Self {
        let body = post.body.and_then(|body| {
            let text = FoldedText::new(body);
            let left = rules.everyday.left_of(&text);
            let counts = left > 0 && left >= rules.limits.short_chars as usize;
            counts.then(|| hashed(text.dense()))
        });
        Self {
            comment: hashed(post.comment),
            member: hashed(post.member),
            body,
            at: post.at,
        }
    }

    /// Whether the other post came no more than this many minutes before it.
    fn follows(&self, other: &Self, minutes: u32) -> bool {
        let ms = self.at.ms_since(other.at);
        (0..window_ms(minutes)).contains(&ms) && other.comment != self.comment
    }
}

impl FloodWindow {
    fn look(&self, post: &RecentPost, limits: &FloodLimits) -> FloodFound {
        let of_member = self.by_member.get(&post.member);
        let posts = |minutes| {
            let posts = of_member.into_iter().flatten();
            posts.filter(move |other| post.follows(other, minutes))
        };
        let again = posts(limits.repeats.minutes)
            .filter(|other| post.body.is_some() && other.body == post.body);
        let copies = post.body.and_then(|body| self.by_body.get(&body));
        let mut members: HashSet<u64> = copies
            .into_iter()
            .flatten()
            .filter(|other| post.follows(other, limits.copies.minutes))
            .map(|other| other.member)
            .collect();
        members.insert(post.member);
        let others = members.len() > 1;
        FloodFound {
            repeats: reaches(again.count() + 1, limits.repeats) && post.body.is_some(),
            copies: others && reaches(members.len(), limits.copies),
            pace: reaches(posts(limits.pace.minutes).count() + 1, limits.pace),
        }
    }

    fn keep(&mut self, post: RecentPost, limits: &FloodLimits) {
        let put = |posts: &mut VecDeque<RecentPost>| {
            posts.retain(|other| other.comment != post.comment);
            posts.push_back(post);
            if posts.len() > KEPT_MAX {
                posts.pop_front();
            }
        };
        put(self.by_member.entry(post.member).or_default());
        if let Some(body) = post.body {
            put(self.by_body.entry(body).or_default());
        }
        self.until_sweep = self.until_sweep.saturating_sub(1);
        if self.until_sweep == 0 {
            self.until_sweep = SWEEP_EVERY;
            self.sweep(post.at, limits.longest_ms());
        }
    }

    fn recall(&mut self, post: RecentPost) {
        let put = |posts: &mut VecDeque<RecentPost>| {
            let known = posts.iter().any(|other| other.comment == post.comment);
            if !known && posts.len() < KEPT_MAX {
                posts.push_front(post);
            }
        };
        put(self.by_member.entry(post.member).or_default());
        if let Some(body) = post.body {
            put(self.by_body.entry(body).or_default());
        }
    }

    fn sweep(&mut self, now: Timestamp, longest_ms: i64) {
        for posts in [&mut self.by_member, &mut self.by_body] {
            posts.retain(|_, posts| {
                posts.retain(|post| now.ms_since(post.at) < longest_ms);
                !posts.is_empty()
            });
        }
    }
}

fn reaches(count: usize, limit: FloodLimit) -> bool {
    limit.count > 0 && count >= limit.count as usize
}

fn hashed(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rules() -> FloodRules {
        let everyday = ["願逝者安息", "家屬節哀", "一路好走", "恭喜"].map(str::to_owned);
        FloodRules {
            limits: FloodLimits::shipped(),
            everyday: Everyday::new(&everyday).unwrap(),
        }
    }

    const TEXT: &str = "大家一起去連署，不要讓他們得逞";

    struct ArticleWindow(FloodWatch, u32);

    impl ArticleWindow {
        fn post(&mut self, member: &str, body: &str, second: i64) -> FloodFound {
            self.1 += 1;
            let comment = format!("c-{}", self.1);
            let at = Timestamp::from_ms(1_700_000_000_000 + second * 1_000);
            let post = PostEvent {
                comment: &comment,
                member,
                body: Some(body),
                at,
            };
            self.0.see(&post, &rules())
        }
    }

    fn world() -> ArticleWindow {
        ArticleWindow(FloodWatch::default(), 0)
    }

    #[test]
    fn the_same_text_from_one_member() {
        let mut world = world();
        assert!(!world.post("a", TEXT, 0).any());
        assert!(!world.post("a", TEXT, 60).any());
        let third = world.post("a", "大家一起去連署!!不要讓他們得逞", 120);
        assert_eq!(
            third,
            FloodFound {
                repeats: true,
                ..FloodFound::default()
            }
        );
        // ten minutes later it is wish afresh
        assert!(!world.post("a", TEXT, 800).any());
    }

    #[test]
    fn the_same_text_from_many_members() {
        let mut world = world();
        for member in ["a", "b", "c", "d"] {
            assert!(!world.post(member, TEXT, 0).any());
        }
        assert!(world.post("e", TEXT, 30).copies);
        assert!(!world.post("f", "別的話也可以說得很長", 30).any());
    }

    #[test]
    fn everyday_words_are_no_copies() {
        let mut world = world();
        for second in 0..9 {
            assert!(!world.post(&format!("m{second}"), "加油", second).any());
            assert!(!world.post("a", "推", second * 60).any());
        }
    }

    #[test]
    fn condolences_are_no_copies_but_a_name_for_many_is_one_member_too_fast() {
        let mut world = world();
        for second in 0..7 {
            let wish = "願逝者安息，一路好走，家屬節哀🙏";
            assert!(!world.post(&format!("m{second}"), wish, second).any());
            assert!(!world.post("a", wish, second * 60).any());
            let named = "願王大明先生一路好走";
            assert!(!world.post(&format!("n{second}"), named, second).any());
        }
        let fast: Vec<bool> = (0..30)
            .map(|second| world.post("b", "願逝者安息，一路好走", second).pace)
            .collect();
        assert_eq!(fast.iter().filter(|pace| **pace).count(), 21);
        // what comes along with good wishes is what is wish
        let sold = |nth: u32| {
            format!(
                "恭喜大家加入老師的飆股群組賺大錢{}",
                "！".repeat(nth as usize)
            )
        };
        let copies: Vec<bool> = (0..5)
            .map(|nth| world.post(&format!("s{nth}"), &sold(nth), 600).copies)
            .collect();
        assert_eq!(copies, [false, false, false, false, true]);
    }

    #[test]
    fn what_was_seen_before_a_restart_counts() {
        let (before, after) = (FloodWatch::default(), FloodWatch::default());
        let at = |second: i64| Timestamp::from_ms(1_700_000_000_000 + second * 1_000);
        let ids: Vec<String> = (0..300).map(|nth| format!("c-{nth}")).collect();
        let post = |nth: usize| PostEvent {
            comment: &ids[nth],
            member: ["a", "b"][nth % 2],
            body: Some(TEXT),
            at: at(nth as i64 / 10),
        };
        for nth in 0..299 {
            before.see(&post(nth), &rules());
        }
        // one arrives while those before it are still read
        after.see(&post(298), &rules());
        for nth in (0..299).rev() {
            after.recall(&post(nth), &rules());
        }
        let next = post(299);
        assert!(before.look(&next, &rules()).any());
        assert_eq!(before.look(&next, &rules()), after.look(&next, &rules()));
    }

    #[test]
    fn too_many_at_once_and_catching_up() {
        let mut fast = world();
        let paces: Vec<bool> = (0..10)
            .map(|second| fast.post("a", "推", second).pace)
            .collect();
        assert_eq!(paces.iter().filter(|pace| **pace).count(), 1);
        let mut slow = world();
        assert!((0..50).all(|post| !slow.post("a", "推", post * 60).any()));
    }

    #[test]
    fn an_edit_is_the_same_post_and_looking_leaves_no_trace() {
        let watch = FloodWatch::default();
        let at = Timestamp::from_ms(1_700_000_000_000);
        let post = PostEvent {
            comment: "c",
            member: "a",
            body: Some(TEXT),
            at,
        };
        for _ in 0..20 {
            assert!(!watch.see(&post, &rules()).any());
        }
        for comment in ["d", "e", "f", "g"] {
            let other = PostEvent { comment, ..post };
            assert!(!watch.look(&other, &rules()).any());
        }
    }
}
