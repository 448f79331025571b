//! Flooding (洗版): the same text again and again, from one member or from many, and too many posts at once.
//!
//! What was seen is kept in memory for as long as the longest window, and no longer; a start takes it up again from the
//! newest stored comments. Times are those at which comments were posted, so that catching up is no flood.

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

/// So many within so many minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloodLimit {
    /// From so many on it is a flood; 0 never.
    pub count: u32,
    /// The window, in minutes.
    pub minutes: u32,
}

/// What is a flood on this board: `[flood]` of `rules.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloodLimits {
    /// The same text from one member.
    pub repeats: FloodLimit,
    /// The same text from so many members.
    pub copies: FloodLimit,
    /// Posts of one member, whatever they say.
    pub pace: FloodLimit,
    /// Texts of fewer letters and digits (推, 加油, 同意) may be said by everybody, and again.
    pub short_chars: u32,
}

impl FloodLimits {
    /// Three times in ten minutes, five members in ten minutes, ten posts in a minute; eight characters.
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

    /// How long a post can make another one part of a flood, in milliseconds.
    pub fn longest_ms(&self) -> i64 {
        let minutes = [self.repeats, self.copies, self.pace].map(|limit| limit.minutes);
        minutes.into_iter().map(window_ms).max().unwrap_or(0)
    }
}

fn window_ms(minutes: u32) -> i64 {
    i64::from(minutes) * MINUTE_MS
}

/// All that says what is a flood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloodRules {
    /// How often is too often.
    pub limits: FloodLimits,
    /// What may be said by everybody, and again.
    pub everyday: Everyday,
}

/// One post, as the watch sees it.
#[derive(Debug, Clone, Copy)]
pub struct PostEvent<'a> {
    /// The board's id of the comment; an edit is the same post.
    pub comment: &'a str,
    /// The board's id of the member.
    pub member: &'a str,
    /// What the comment says.
    pub body: Option<&'a str>,
    /// When it was posted.
    pub at: Timestamp,
}

/// What makes a post part of a flood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FloodFound {
    /// The member said it before, several times.
    pub repeats: bool,
    /// Several members said it.
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

/// A post that was seen, by hashes.
#[derive(Debug, Clone, Copy)]
struct RecentPost {
    comment: u64,
    member: u64,
    /// None where the text is too short to be a copy, or says no more than everyday words.
    body: Option<u64>,
    at: Timestamp,
}

/// The posts of the last minutes. One for the whole process.
#[derive(Debug, Default)]
pub struct FloodWatch(Mutex<FloodWindow>);

#[derive(Debug, Default)]
struct FloodWindow {
    by_member: HashMap<u64, VecDeque<RecentPost>>,
    by_body: HashMap<u64, VecDeque<RecentPost>>,
    until_sweep: u32,
}

/// So many posts are kept of one member or one text: with more of them the oldest tell nothing new.
const KEPT_MAX: usize = 256;
/// After so many posts what is too old is swept out.
const SWEEP_EVERY: u32 = 4_096;

impl FloodWatch {
    /// What the posts seen so far make of this one.
    pub fn look(&self, sighting: &PostEvent<'_>, rules: &FloodRules) -> FloodFound {
        let seen = RecentPost::of(sighting, rules);
        let watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.look(&seen, &rules.limits)
    }

    /// Looks, and remembers the post.
    pub fn see(&self, sighting: &PostEvent<'_>, rules: &FloodRules) -> FloodFound {
        let seen = RecentPost::of(sighting, rules);
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = watched.look(&seen, &rules.limits);
        watched.keep(seen, &rules.limits);
        found
    }

    /// Takes up a post that was seen before a restart. They come newest first; what is known is newer still.
    pub fn recall(&self, sighting: &PostEvent<'_>, rules: &FloodRules) {
        let seen = RecentPost::of(sighting, rules);
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.recall(seen);
    }
}

impl RecentPost {
    fn of(sighting: &PostEvent<'_>, rules: &FloodRules) -> Self {
        let body = sighting.body.and_then(|body| {
            let text = FoldedText::new(body);
            let left = rules.everyday.left_of(&text);
            let says_more = left > 0 && left >= rules.limits.short_chars as usize;
            says_more.then(|| hashed(text.dense()))
        });
        Self {
            comment: hashed(sighting.comment),
            member: hashed(sighting.member),
            body,
            at: sighting.at,
        }
    }

    /// Whether this other post came within so many minutes before it.
    fn follows(&self, other: &Self, minutes: u32) -> bool {
        let ms = self.at.ms_since(other.at);
        (0..window_ms(minutes)).contains(&ms) && other.comment != self.comment
    }
}

impl FloodWindow {
    fn look(&self, seen: &RecentPost, limits: &FloodLimits) -> FloodFound {
        let of_member = self.by_member.get(&seen.member);
        let posts = |minutes| {
            let posts = of_member.into_iter().flatten();
            posts.filter(move |other| seen.follows(other, minutes))
        };
        let again = posts(limits.repeats.minutes)
            .filter(|other| seen.body.is_some() && other.body == seen.body);
        let copies = seen.body.and_then(|body| self.by_body.get(&body));
        let mut members: HashSet<u64> = copies
            .into_iter()
            .flatten()
            .filter(|other| seen.follows(other, limits.copies.minutes))
            .map(|other| other.member)
            .collect();
        members.insert(seen.member);
        let others = members.len() > 1;
        FloodFound {
            repeats: reaches(again.count() + 1, limits.repeats) && seen.body.is_some(),
            copies: others && reaches(members.len(), limits.copies),
            pace: reaches(posts(limits.pace.minutes).count() + 1, limits.pace),
        }
    }

    fn keep(&mut self, seen: RecentPost, limits: &FloodLimits) {
        let put = |posts: &mut VecDeque<RecentPost>| {
            posts.retain(|other| other.comment != seen.comment);
            posts.push_back(seen);
            if posts.len() > KEPT_MAX {
                posts.pop_front();
            }
        };
        put(self.by_member.entry(seen.member).or_default());
        if let Some(body) = seen.body {
            put(self.by_body.entry(body).or_default());
        }
        self.until_sweep = self.until_sweep.saturating_sub(1);
        if self.until_sweep == 0 {
            self.until_sweep = SWEEP_EVERY;
            self.sweep(seen.at, limits.longest_ms());
        }
    }

    fn recall(&mut self, seen: RecentPost) {
        let put = |posts: &mut VecDeque<RecentPost>| {
            let known = posts.iter().any(|other| other.comment == seen.comment);
            if !known && posts.len() < KEPT_MAX {
                posts.push_front(seen);
            }
        };
        put(self.by_member.entry(seen.member).or_default());
        if let Some(body) = seen.body {
            put(self.by_body.entry(body).or_default());
        }
    }

    fn sweep(&mut self, now: Timestamp, longest_ms: i64) {
        for posts in [&mut self.by_member, &mut self.by_body] {
            posts.retain(|_, posts| {
                posts.retain(|seen| now.ms_since(seen.at) < longest_ms);
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

    const SAID: &str = "大家一起去連署，不要讓他們得逞";

    struct ArticleWindow(FloodWatch, u32);

    impl ArticleWindow {
        fn post(&mut self, member: &str, body: &str, second: i64) -> FloodFound {
            self.1 += 1;
            let comment = format!("c-{}", self.1);
            let at = Timestamp::from_ms(1_700_000_000_000 + second * 1_000);
            let sighting = PostEvent {
                comment: &comment,
                member,
                body: Some(body),
                at,
            };
            self.0.see(&sighting, &rules())
        }
    }

    fn world() -> ArticleWindow {
        ArticleWindow(FloodWatch::default(), 0)
    }

    #[test]
    fn the_same_text_from_one_member() {
        let mut world = world();
        assert!(!world.post("a", SAID, 0).any());
        assert!(!world.post("a", SAID, 60).any());
        let third = world.post("a", "大家一起去連署!!不要讓他們得逞", 120);
        assert_eq!(
            third,
            FloodFound {
                repeats: true,
                ..FloodFound::default()
            }
        );
        // ten minutes later it is said afresh
        assert!(!world.post("a", SAID, 800).any());
    }

    #[test]
    fn the_same_text_from_many_members() {
        let mut world = world();
        for member in ["a", "b", "c", "d"] {
            assert!(!world.post(member, SAID, 0).any());
        }
        assert!(world.post("e", SAID, 30).copies);
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
            let said = "願逝者安息，一路好走，家屬節哀🙏";
            assert!(!world.post(&format!("m{second}"), said, second).any());
            assert!(!world.post("a", said, second * 60).any());
            let named = "願王大明先生一路好走";
            assert!(!world.post(&format!("n{second}"), named, second).any());
        }
        let fast: Vec<bool> = (0..30)
            .map(|second| world.post("b", "願逝者安息，一路好走", second).pace)
            .collect();
        assert_eq!(fast.iter().filter(|pace| **pace).count(), 21);
        // what comes along with good wishes is what is said
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
            body: Some(SAID),
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
        let sighting = PostEvent {
            comment: "c",
            member: "a",
            body: Some(SAID),
            at,
        };
        for _ in 0..20 {
            assert!(!watch.see(&sighting, &rules()).any());
        }
        for comment in ["d", "e", "f", "g"] {
            let other = PostEvent {
                comment,
                ..sighting
            };
            assert!(!watch.look(&other, &rules()).any());
        }
    }
}
