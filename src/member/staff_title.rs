//! Titles of staff in nicknames that are a title and hardly anything else: 版主2號, 小編阿明, 林記者, 台電客服, 館理員 by its
//! sound, and 員理管 backwards.
//!
//! Ordinary nicknames hold the same words (非官方, 不是記者, 版主辛苦了), so what may stand beside a title is listed here.

use std::ops::Range;

use crate::text::{Disguise, FoldedText, fold::CharKind, sound::Sound};

/// Titles of this length are read by their sound, and backwards: shorter ones are too many words then.
const SOUNDED_MIN: usize = 3;
/// Surnames that may stand before a title, as may familiar names.
const SURNAMES: &str =
    "陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴徐周葉蘇莊江呂何羅高蕭潘簡朱鍾彭游詹胡施沈余趙盧";
/// Words that may stand before a title: what the board is called, and ranks.
const HEADS: [&str; 25] = [
    "我是",
    "內容",
    "版面",
    "後台",
    "網站",
    "系統",
    "論壇",
    "討論區",
    "留言板",
    "留言版",
    "社群",
    "本版",
    "本板",
    "本站",
    "全站",
    "官方",
    "總",
    "副",
    "代理",
    "超級",
    "首席",
    "資深",
    "見習",
    "值班",
    "執行",
];
/// Companies and offices that fraudsters pretend to be (own knowledge): before a title, they are no boast of a reader.
const SERVICES: [&str; 40] = [
    "銀行",
    "郵局",
    "中華郵政",
    "台電",
    "台灣電力",
    "台水",
    "自來水",
    "中油",
    "台鐵",
    "高鐵",
    "中華電信",
    "遠傳",
    "遠傳電信",
    "台灣大哥大",
    "台哥大",
    "台灣之星",
    "電信",
    "蝦皮",
    "蝦皮購物",
    "露天",
    "露天拍賣",
    "全聯",
    "全家",
    "超商",
    "街口",
    "悠遊卡",
    "一卡通",
    "樂天",
    "保險",
    "人壽",
    "證券",
    "貸款",
    "物流",
    "宅配",
    "黑貓宅急便",
    "電商",
    "網購",
    "賣場",
    "遊戲",
    "平台",
];
/// Banks, whose name need not hold the word.
const BANKS: [&str; 24] = [
    "台灣銀行",
    "土地銀行",
    "合作金庫",
    "合庫",
    "第一銀行",
    "華南銀行",
    "彰化銀行",
    "台北富邦",
    "富邦銀行",
    "國泰世華",
    "國泰銀行",
    "中國信託",
    "中信銀行",
    "玉山銀行",
    "台新銀行",
    "永豐銀行",
    "元大銀行",
    "兆豐銀行",
    "新光銀行",
    "凱基銀行",
    "星展銀行",
    "聯邦銀行",
    "遠東商銀",
    "上海商銀",
];
/// What may follow a title, besides a number or a familiar name.
const TAILS: [&str; 32] = [
    "本人",
    "本尊",
    "大大",
    "客服",
    "客服專員",
    "客服人員",
    "客服中心",
    "小編",
    "公告",
    "通知",
    "官方",
    "官方帳號",
    "專線",
    "團隊",
    "中心",
    "小組",
    "發言人",
    "偵查員",
    "檢察官",
    "書記官",
    "警官",
    "大人",
    "助理",
    "專員",
    "人員",
    "帳號",
    "分身",
    "代表",
    "小幫手",
    "一號",
    "二號",
    "三號",
];
/// What familiar names begin with (阿明, 小美), and end with (林姐).
const FAMILIAR: &str = "阿小";
const FAMILIAR_END: &str = "哥姐姊";
/// After 小 these make no name: 版主小心.
const NO_NAME: &str = "小心氣偷丑編時聲孩姐";
/// Characters that look like one of a title.
const LOOKS: [(char, &str); 9] = [
    ('管', "菅"),
    ('員', "負貟"),
    ('官', "宮"),
    ('版', "阪扳"),
    ('板', "扳"),
    ('網', "綱"),
    ('統', "銃"),
    ('客', "容"),
    ('服', "眼"),
];

/// The Chinese titles of a list.
#[derive(Debug, Default)]
pub(super) struct StaffTitles {
    /// Each with its index in the list.
    titles: Vec<(Vec<char>, usize)>,
}

/// A title in a nickname.
pub(super) struct TitleFound {
    pub nth: usize,
    /// The places of the folded nickname.
    pub places: Range<usize>,
    /// How it is spelled, if not as listed.
    pub how: Option<Disguise>,
}

impl StaffTitles {
    /// Those of the listed names that are Chinese.
    pub(super) fn new<'n>(names: impl Iterator<Item = (usize, &'n str)>) -> Self {
        let titles = names.filter_map(|(nth, name)| {
            let text = FoldedText::new(name);
            let chinese = text
                .places()
                .iter()
                .all(|place| place.kind == CharKind::Letter);
            let chars: Vec<char> = text.dense().chars().collect();
            (chinese && chars.len() > 1).then_some((chars, nth))
        });
        Self {
            titles: titles.collect(),
        }
    }

    /// The title that a nickname is, with what may stand beside one, or backwards.
    pub(super) fn find(&self, text: &FoldedText) -> Option<TitleFound> {
        let chars: Vec<char> = text.dense().chars().collect();
        self.in_order(text, &chars)
            .or_else(|| self.backwards(text, &chars))
    }

    /// 員理管.
    fn backwards(&self, text: &FoldedText, chars: &[char]) -> Option<TitleFound> {
        let is_it =
            |title: &[char]| title.len() >= SOUNDED_MIN && title.iter().eq(chars.iter().rev());
        let (_, nth) = self.titles.iter().find(|(title, _)| is_it(title))?;
        Some(TitleFound {
            nth: *nth,
            places: text.place_of(0)..text.place_of(chars.len() - 1) + 1,
            how: Some(Disguise::Reversed),
        })
    }

    fn in_order(&self, text: &FoldedText, chars: &[char]) -> Option<TitleFound> {
        let familiar = chars.get(..2).is_some_and(is_familiar);
        let surname = chars.first().is_some_and(|ch| SURNAMES.contains(*ch));
        let heads = HEADS.iter().chain(&SERVICES).chain(&BANKS);
        let heads = heads.filter_map(|head| {
            let len = head.chars().count();
            let own = chars.get(..len)?;
            head.chars().eq(own.iter().copied()).then_some(len)
        });
        let starts = [Some(0), surname.then_some(1), familiar.then_some(2)];
        let all = starts.into_iter().flatten().chain(heads);
        all.flat_map(|start| self.titles.iter().map(move |title| (start, title)))
            .find_map(|(start, (title, nth))| {
                let end = start + title.len();
                let how = spelled(chars.get(start..end)?, title)?;
                let alone = start == 0 && end == chars.len();
                // two characters that merely look like a title must be all there is
                let stands = alone || (title.len() >= SOUNDED_MIN || how.is_none());
                (stands && is_tail(&chars[end..])).then(|| TitleFound {
                    nth: *nth,
                    places: text.place_of(start)..text.place_of(end - 1) + 1,
                    how,
                })
            })
    }
}

/// Whether the characters are a title: as listed, or but for one that looks or, in longer titles, sounds alike.
#[expect(
    clippy::option_option,
    reason = "no title, a title as listed, and one in disguise are three answers"
)]
fn spelled(chars: &[char], title: &[char]) -> Option<Option<Disguise>> {
    let mut others = chars.iter().zip(title).filter(|(ch, listed)| ch != listed);
    let Some((ch, listed)) = others.next() else {
        return Some(None);
    };
    if others.next().is_some() {
        return None;
    }
    let looks = LOOKS
        .iter()
        .any(|(of, looks)| of == listed && looks.contains(*ch));
    let sounds = || title.len() >= SOUNDED_MIN && sounds_alike(*ch, *listed);
    match () {
        () if looks => Some(Some(Disguise::Variant)),
        () if sounds() => Some(Some(Disguise::Homophone)),
        () => None,
    }
}

pub(super) fn sounds_alike(left: char, right: char) -> bool {
    let sound = Sound::of(left);
    sound != Sound::NONE && sound == Sound::of(right)
}

/// Whether a nickname that begins with a title may go on like this.
fn is_tail(rest: &[char]) -> bool {
    let number = rest.strip_suffix(&['號']).unwrap_or(rest);
    let is_polite = |rest: &[char]| matches!(*rest, [_, end] if FAMILIAR_END.contains(end));
    number.iter().all(char::is_ascii_digit)
        || is_familiar(rest)
        || is_polite(rest)
        || TAILS
            .iter()
            .any(|tail| tail.chars().eq(rest.iter().copied()))
}

/// Whether it is a familiar name: 阿明, 小美.
fn is_familiar(chars: &[char]) -> bool {
    matches!(*chars, [first, second] if FAMILIAR.contains(first) && !NO_NAME.contains(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(nickname: &str) -> Option<usize> {
        let titles = StaffTitles::new(["版主", "管理員", "記者", "admin"].into_iter().enumerate());
        titles
            .find(&FoldedText::new(nickname))
            .map(|found| found.nth)
    }

    #[test]
    fn a_title_may_have_a_number_or_a_name_beside_it() {
        for (nickname, nth) in [
            ("版主", 0),
            ("版主2號", 0),
            ("版主007", 0),
            ("版主阿明", 0),
            ("版主大人", 0),
            ("林記者", 2),
            ("阿明版主", 0),
            ("平台管理員", 1),
            ("超級版主01", 0),
            ("記者小美", 2),
            ("陳管理員本人", 1),
        ] {
            assert_eq!(found(nickname), Some(nth), "{nickname}");
        }
        for nickname in [
            "版主小心",
            "版主辛苦了",
            "不是記者",
            "記者會",
            "前版主",
            "小記者",
            "小心版主",
            "管理",
            "",
        ] {
            assert_eq!(found(nickname), None, "{nickname}");
        }
    }

    #[test]
    fn one_character_may_look_or_sound_alike() {
        for nickname in ["管哩員", "館理員01", "菅理員", "管理負", "阪主"] {
            assert!(found(nickname).is_some(), "{nickname}");
        }
        for nickname in ["版豬", "管理學", "館裡圓", "阪主阿明", "計者"] {
            assert_eq!(found(nickname), None, "{nickname}");
        }
    }
}
