//! Names of public figures in nicknames that are the name and what an impersonator adds to it: 某某本人, 某某市長, 我是某某.
//!
//! Who merely speaks of them (某某的粉絲, 某某加油) passes. With an addition, one character of a longer name may be another one
//! of the same sound; by itself the name must be the listed one, since ordinary names sound like it.

use std::collections::HashMap;

use super::staff_title::{TitleFound, sounds_alike};
use crate::text::{Disguise, FoldedText};

/// What is put before a name, and behind it (own knowledge); folded.
const BEFORE: [&str; 8] = ["", "我是", "我就是", "真", "真的", "正牌", "本尊", "官方"];
const BEHIND: [&str; 36] = [
    "",
    "本人",
    "本尊",
    "本身",
    "官方",
    "官方帳號",
    "官方粉專",
    "帳號",
    "粉專",
    "分身",
    "小帳",
    "辦公室",
    "服務處",
    "團隊",
    "競選總部",
    "後援會",
    "小編",
    "發言人",
    "助理",
    "幕僚",
    "總統",
    "副總統",
    "市長",
    "縣長",
    "院長",
    "部長",
    "主席",
    "黨主席",
    "立委",
    "委員",
    "議員",
    "董事長",
    "執行長",
    "總裁",
    "教授",
    "老師",
];
/// Names of this length are read by their sound, too.
const SOUNDED_MIN: usize = 3;

/// The names of a list.
#[derive(Debug, Default)]
pub(super) struct FigureNames {
    /// Each with its index in the list, by its folded characters.
    names: HashMap<Vec<char>, usize>,
}

impl FigureNames {
    pub(super) fn new<'n>(names: impl Iterator<Item = (usize, &'n str)>) -> Self {
        let folded = names.map(|(nth, name)| {
            let text = FoldedText::new(name);
            (text.dense().chars().collect(), nth)
        });
        Self {
            names: folded.collect(),
        }
    }

    /// The name that a nickname is, with what may stand beside one.
    pub(super) fn find(&self, text: &FoldedText) -> Option<TitleFound> {
        let chars: Vec<char> = text.dense().chars().collect();
        let places = || {
            BEFORE.iter().flat_map(|before| {
                let start = head_len(&chars, before);
                let rest = start
                    .and_then(|start| chars.get(start..))
                    .unwrap_or_default();
                let ends = BEHIND
                    .iter()
                    .filter_map(move |behind| tail_len(rest, behind));
                ends.map(move |tail| (start.unwrap_or_default(), tail))
            })
        };
        places().find_map(|(start, tail)| {
            let own = chars.get(start..chars.len() - tail)?;
            let (nth, how) = self.named(own, start + tail > 0)?;
            let end = start + own.len();
            Some(TitleFound {
                nth,
                places: text.place_of(start)..text.place_of(end - 1) + 1,
                how,
            })
        })
    }

    /// The name that these characters are, and how it is spelled, if not as listed.
    fn named(&self, own: &[char], claimed: bool) -> Option<(usize, Option<Disguise>)> {
        if let Some(nth) = self.names.get(own) {
            return Some((*nth, None));
        }
        let sounds = |name: &[char]| {
            let mut others = name.iter().zip(own).filter(|(listed, own)| listed != own);
            name.len() == own.len()
                && others
                    .next()
                    .is_some_and(|(listed, own)| sounds_alike(*own, *listed))
                && others.next().is_none()
        };
        if !claimed || own.len() < SOUNDED_MIN {
            return None;
        }
        let alike = self.names.iter().filter(|(name, _)| sounds(name));
        // the first of the list, whatever order the names are kept in
        let nth = alike.map(|(_, nth)| *nth).min()?;
        Some((nth, Some(Disguise::Homophone)))
    }
}

/// The number of characters of this beginning, if they begin with it.
fn head_len(chars: &[char], head: &str) -> Option<usize> {
    let len = head.chars().count();
    let own = chars.get(..len)?;
    head.chars().eq(own.iter().copied()).then_some(len)
}

/// The number of characters of this ending, if they end with it.
fn tail_len(chars: &[char], tail: &str) -> Option<usize> {
    let len = tail.chars().count();
    let own = chars.get(chars.len().checked_sub(len)?..)?;
    tail.chars().eq(own.iter().copied()).then_some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_have_a_claim_beside_it() {
        let names = FigureNames::new(["王大明", "伍百"].into_iter().enumerate());
        let found = |nickname: &str| {
            let found = names.find(&FoldedText::new(nickname));
            found.map(|found| (found.nth, found.how))
        };
        for nickname in [
            "王大明",
            "王 大 明",
            "王大明本人",
            "真．王大明",
            "我是王大明",
            "王大明市長",
        ] {
            assert_eq!(found(nickname), Some((0, None)), "{nickname}");
        }
        let sounded = Some((0, Some(Disguise::Homophone)));
        assert_eq!(found("王大名本尊"), sounded);
        assert_eq!(found("我是汪大明"), sounded);
        assert_eq!(found("伍百老師"), Some((1, None)));
        for nickname in [
            "王大名",
            "王大明的鄰居",
            "王大明加油",
            "討厭王大明",
            "小王大明",
            "五百老師",
            "王大",
            "本人",
            "",
        ] {
            assert_eq!(found(nickname), None, "{nickname}");
        }
    }
}
