//! Words of ordinary Chinese, and what they say of a few characters: where a word ends, and how likely the characters are
//! to be words at all.
//!
//! Chinese has no spaces, so this is a segmentation by the most likely words (a unigram model, solved by dynamic
//! programming) of the few characters around a hit. A word costs 26 bits less the binary logarithm of its count in a
//! corpus of 2^26 words, so the cheapest segmentation is the most probable one. Three questions are answered from it:
//!
//! *Word edges*: 大麻煩 is 大/麻煩, so 大麻 is no word in it. The term itself is one of the words, and taken to be fairly
//! common. If the cheapest segmentation has a word across an edge of the term, the term is dropped:
//! 大[麻煩]: a common single 大 and the common word 麻煩 cost less than the term 大麻 and the single 煩.
//!
//! *The ordinary reading*: what a few characters cost as words, abuse and rare words among them. [A guess](super::guess) is
//! held against it.
//!
//! *How common* a word is by itself.
//!
//! The words lie in the binary as a finite-state transducer (`tables/words.fst`: a dictionary and our own
//! `tables/own_words.txt`), read where they lie: nothing is built at start. What begins at a place of a text is looked up
//! once ([`WordNotes`]), however many hits are around it. Costs and levels are counted in half bits.

use std::{array, ops::Range, sync::LazyLock};

use fst::raw::{Fst, Output};

use crate::text::units::{Code, Unit};

const WORDS: &[u8] = include_bytes!("tables/words.fst");
/// A bit for every two characters that are side by side in a word that may lie across an edge.
const JOINS: &[u8; 1 << (JOIN_BITS - 3)] = include_bytes!("tables/joins.bin");
const JOIN_BITS: u32 = 20;

/// The longest word.
const WORD_CHARS: usize = 6;
/// How many characters on each side are used.
pub(super) const AROUND: usize = 4;
/// Longer terms are whole sentences, which no word across an edge changes.
const TERM_CHARS_MAX: usize = 6;
/// The longest text that is segmented.
const WINDOW: usize = AROUND + TERM_CHARS_MAX + AROUND;

/// The cost of a character that is in no table: the binary logarithm of the size of the corpus, in half bits.
const TOTAL: u8 = 2 * 26;
/// What such a character costs in the ordinary reading: somewhat less, since rare characters are not what makes a guess.
const UNKNOWN: u16 = 2 * 22;
/// How common a listed term is taken to be, by its length less one: less for short ones, since two characters are side
/// by side by chance more often than three.
const TERM_LEVELS: [u8; TERM_CHARS_MAX] = [20, 21, 28, 30, 30, 30];
/// Added in the table to the level of a word that never lies across an edge: abuse, what begins or ends within it, and
/// rare words.
const READ_ONLY: u8 = 64;

/// The most pieces that are read as ordinary words.
pub(super) const READ_PIECES: usize = AROUND + 12 + AROUND;

/// A piece of a text that is read as ordinary words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// A character, which may be part of a word: its place in the text.
    Char(usize),
    /// Something else that costs so many half bits by itself.
    Priced(u16),
    /// A separator: no word lies across it.
    Wall,
}

/// The words of ordinary Chinese, and how common they and single characters are.
pub(super) struct Words {
    /// `None` only if the table is not what its generator makes.
    fst: Option<Fst<&'static [u8]>>,
}

/// A word of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word {
    /// The number of its characters.
    len: usize,
    /// The binary logarithm of its count, in half bits.
    level: u8,
    /// Whether it may lie across an edge.
    may_cross: bool,
}

/// A side of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Before its first character.
    Left,
    /// After its last character.
    Right,
}

/// A word that lies across the edge of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BoundaryWord {
    /// The edge that it crosses; the right one if it crosses both.
    pub side: Side,
    codes: [Code; WORD_CHARS],
}

impl BoundaryWord {
    fn new(side: Side, word: &[Code]) -> Self {
        let mut codes = [0; WORD_CHARS];
        for (place, code) in codes.iter_mut().zip(word) {
            *place = *code;
        }
        Self { side, codes }
    }

    /// The word, folded.
    pub(super) fn word(self) -> String {
        let codes = self.codes.iter().filter(|code| **code != 0);
        codes
            .filter_map(|code| char::from_u32((*code).into()))
            .collect()
    }
}

/// The words, read where they lie.
pub(super) fn words() -> &'static Words {
    static READ: LazyLock<Words> = LazyLock::new(|| Words {
        fst: Fst::new(WORDS).ok(),
    });
    &READ
}

impl Words {
    /// How common an everyday word or a single character is: the binary logarithm of its count in half bits, 2 to 40;
    /// `None` if it is unknown, rare or abuse.
    pub(super) fn everyday_level(&self, chars: &[Code]) -> Option<u8> {
        self.beginning(chars).everyday_level(chars.len())
    }

    /// The words that these characters begin with.
    fn beginning(&self, chars: &[Code]) -> WordsHere {
        let mut here = WordsHere::default();
        let Some(fst) = &self.fst else { return here };
        let (mut node, mut out) = (fst.root(), Output::zero());
        for (len, code) in (1..=WORD_CHARS).zip(chars) {
            for byte in code.to_be_bytes() {
                let Some(found) = node.find_input(byte) else {
                    return here;
                };
                let step = node.transition(found);
                out = out.cat(step.out);
                node = fst.node(step.addr);
            }
            if node.is_final() {
                here.add(len, out.cat(node.final_output()).value());
            }
        }
        here
    }

    /// Whether any everyday word may have these two side by side. Most pairs across an edge are in no word, which ends
    /// the check at once.
    pub(super) fn may_join(&self, left: Code, right: Code) -> bool {
        let pair = (u32::from(left) << 16) | u32::from(right);
        let hash = pair.wrapping_mul(0x9e37_79b9) >> (32 - JOIN_BITS);
        let bits = JOINS.get((hash >> 3) as usize).copied().unwrap_or(0);
        bits & (1 << (hash & 7)) != 0
    }

    /// What these pieces cost as ordinary words, in half bits, by the words at each place of the text.
    pub(super) fn half_bits(pieces: &[Piece], mut words_at: impl FnMut(usize) -> WordsHere) -> u16 {
        let mut cost = [u16::MAX; READ_PIECES + 1];
        let len = pieces.len().min(READ_PIECES);
        cost[0] = 0;
        for (from, piece) in pieces.iter().enumerate().take(len) {
            let so_far = cost[from];
            let mut step = |chars: usize, own: u16| {
                let to = &mut cost[from + chars];
                *to = so_far.saturating_add(own).min(*to);
            };
            match piece {
                Piece::Wall => step(1, 0),
                Piece::Priced(own) => step(1, *own),
                Piece::Char(place) => {
                    step(1, UNKNOWN);
                    for word in words_at(*place).within(len - from) {
                        step(word.len, u16::from(TOTAL.saturating_sub(word.level)));
                    }
                }
            }
        }
        cost[len]
    }

    /// The word across an edge of a term between `before` and `after`, if the likeliest segmentation has one. All three
    /// are folded, without gaps; no more than four characters of `before` and `after` are used.
    pub(super) fn crossing_word(
        &self,
        before: &[Code],
        term: &[Code],
        after: &[Code],
    ) -> Option<BoundaryWord> {
        let level = term.len().checked_sub(1).and_then(|at| TERM_LEVELS.get(at));
        self.crossing_word_at_level(*level?, before, term, after)
    }

    /// As [`Self::crossing_word`], with how common the term is taken to be, in half bits: the more common, the less
    /// easily it is dropped.
    fn crossing_word_at_level(
        &self,
        level: u8,
        before: &[Code],
        term: &[Code],
        after: &[Code],
    ) -> Option<BoundaryWord> {
        let window = Window::new(before, term, after)?;
        let codes = window.codes();
        self.crossing_word_in(level, &window, |at| {
            self.beginning(codes.get(at..).unwrap_or_default())
        })
    }

    /// The same of a term of a text that is read in units.
    pub(super) fn crossing_word_around(
        &self,
        units: &[Unit],
        term: &Range<usize>,
        notes: &mut WordNotes,
    ) -> Option<BoundaryWord> {
        let level = term.len().checked_sub(1).and_then(|at| TERM_LEVELS.get(at));
        let (window, first) = Window::around(units, term)?;
        let code = |at: usize| units.get(at).map_or(0, |unit| unit.code());
        self.crossing_word_in(*level?, &window, |at| notes.at(first + at, code))
    }

    fn crossing_word_in(
        &self,
        level: u8,
        window: &Window,
        mut words_at: impl FnMut(usize) -> WordsHere,
    ) -> Option<BoundaryWord> {
        if !self.may_join_at(window, window.start) && !self.may_join_at(window, window.end) {
            return None;
        }
        let known = words_at(window.start).everyday_level(window.end - window.start);
        let known = known.unwrap_or(0);
        let step = SegmentStep {
            from: window.start,
            to: window.end,
            cost: u16::from(TOTAL - level.max(known).min(TOTAL)),
        };
        // 真是個大麻煩: with the term it is 真是個/大麻/煩; left free to choose, 大/麻煩 is cheaper
        let all = cheapest(window.len, 0, Some(&step), &mut words_at);
        let rest = cheapest(window.len, window.end, None, &mut words_at);
        let with_term = all.cost[window.start] + step.cost + rest.cost[window.len];
        (all.cost[window.len] < with_term)
            .then(|| all.crossing(window.codes(), &step))
            .flatten()
    }

    /// Whether any everyday word may lie across this place of the window.
    fn may_join_at(&self, window: &Window, at: usize) -> bool {
        let codes = window.codes();
        let before = at.checked_sub(1).and_then(|before| codes.get(before));
        let joined = before.zip(codes.get(at));
        joined.is_some_and(|(left, right)| self.may_join(*left, *right))
    }
}

/// The cheapest segmentation of a window of this length from `start` on, to each of its places.
fn cheapest(
    len: usize,
    start: usize,
    term: Option<&SegmentStep>,
    words_at: &mut impl FnMut(usize) -> WordsHere,
) -> SegmentPath {
    let mut path = SegmentPath {
        cost: [u16::MAX; WINDOW + 1],
        from: [0; WINDOW + 1],
    };
    path.cost[start] = 0;
    for from in start..len {
        // a character alone may be unknown, so that every window can be segmented
        path.step(&SegmentStep {
            from,
            to: from + 1,
            cost: u16::from(TOTAL),
        });
        for word in words_at(from).within(len - from) {
            if word.len > 1 && !word.may_cross {
                continue;
            }
            path.step(&SegmentStep {
                from,
                to: from + word.len,
                cost: u16::from(TOTAL.saturating_sub(word.level)),
            });
        }
        if let Some(term) = term.filter(|term| term.from == from) {
            path.step(term);
        }
    }
    path
}

/// The words that begin at one place, as the table has them.
#[derive(Debug, Clone, Copy)]
pub(super) struct WordsHere {
    /// The value of the word of each length, from one character on; `NO_WORD` where there is none.
    values: [u8; WORD_CHARS],
    /// The length of the longest.
    longest: u8,
}

const NO_WORD: u8 = u8::MAX;

impl Default for WordsHere {
    fn default() -> Self {
        Self {
            values: [NO_WORD; WORD_CHARS],
            longest: 0,
        }
    }
}

impl WordsHere {
    fn add(&mut self, len: usize, value: u64) {
        if let Some(place) = len.checked_sub(1).and_then(|at| self.values.get_mut(at)) {
            *place = u8::try_from(value).unwrap_or(NO_WORD);
            self.longest = len as u8;
        }
    }

    /// Those of so many characters at most, the shortest first.
    fn within(self, most: usize) -> impl Iterator<Item = Word> {
        let most = most.min(usize::from(self.longest));
        (1..=most).filter_map(move |len| self.word(len))
    }

    fn word(self, len: usize) -> Option<Word> {
        let value = *self.values.get(len.checked_sub(1)?)?;
        (value != NO_WORD).then_some(Word {
            len,
            level: value % READ_ONLY,
            may_cross: value < READ_ONLY,
        })
    }

    /// How common the everyday word of this length is; see [`Words::everyday_level`].
    pub(super) fn everyday_level(self, len: usize) -> Option<u8> {
        let word = self.word(len).filter(|word| word.may_cross);
        word.map(|word| word.level)
    }
}

/// The words that begin at each place of a text, looked up at first use and then held for every hit around it.
#[derive(Debug, Default)]
pub(super) struct WordNotes {
    places: Vec<Option<WordsHere>>,
}

impl WordNotes {
    /// Forgets the last text.
    pub(super) fn forget(&mut self) {
        self.places.clear();
    }

    /// The words that begin at this place of a text, which has such a code at each place, and 0 beyond its end.
    pub(super) fn at(&mut self, place: usize, code: impl Fn(usize) -> Code) -> WordsHere {
        if self.places.len() <= place {
            self.places.resize(place + 1, None);
        }
        let look = || {
            // no word of the table has the code 0, so words end before it
            let codes: [Code; WORD_CHARS] = array::from_fn(|nth| code(place + nth));
            words().beginning(&codes)
        };
        match self.places.get_mut(place) {
            Some(known) => *known.get_or_insert_with(look),
            None => WordsHere::default(),
        }
    }
}

/// The characters of a term and those around it.
struct Window {
    codes: [Code; WINDOW],
    /// Where the term starts and ends, and how many there are.
    start: usize,
    end: usize,
    len: usize,
}

impl Window {
    /// `None` if the term is empty or too long.
    fn new(before: &[Code], term: &[Code], after: &[Code]) -> Option<Self> {
        if term.is_empty() || term.len() > TERM_CHARS_MAX {
            return None;
        }
        let before = &before[before.len().saturating_sub(AROUND)..];
        let after = &after[..after.len().min(AROUND)];
        let (start, end) = (before.len(), before.len() + term.len());
        let mut window = Self {
            codes: [0; WINDOW],
            start,
            end,
            len: end + after.len(),
        };
        window.codes[..start].copy_from_slice(before);
        window.codes[start..end].copy_from_slice(term);
        window.codes[end..window.len].copy_from_slice(after);
        Some(window)
    }

    /// The window around these units, and the first of them.
    fn around(units: &[Unit], term: &Range<usize>) -> Option<(Self, usize)> {
        if term.is_empty() || term.len() > TERM_CHARS_MAX {
            return None;
        }
        let first = term.start.saturating_sub(AROUND);
        let own = units.get(first..(term.end + AROUND).min(units.len()))?;
        let mut window = Self {
            codes: [0; WINDOW],
            start: term.start - first,
            end: term.end - first,
            len: own.len(),
        };
        for (code, unit) in window.codes.iter_mut().zip(own) {
            *code = unit.code();
        }
        Some((window, first))
    }

    fn codes(&self) -> &[Code] {
        &self.codes[..self.len]
    }
}

/// One word of a segmentation.
struct SegmentStep {
    from: usize,
    to: usize,
    cost: u16,
}

/// For each place the cost of the cheapest segmentation up to it, and where its last word starts.
struct SegmentPath {
    cost: [u16; WINDOW + 1],
    from: [usize; WINDOW + 1],
}

impl SegmentPath {
    fn step(&mut self, step: &SegmentStep) {
        let cost = self.cost[step.from].saturating_add(step.cost);
        if cost < self.cost[step.to] {
            self.cost[step.to] = cost;
            self.from[step.to] = step.from;
        }
    }

    /// The last word of the segmentation that lies across an edge of the term.
    fn crossing(&self, window: &[Code], term: &SegmentStep) -> Option<BoundaryWord> {
        let mut to = window.len();
        while to > 0 {
            let from = self.from[to];
            let crosses = |edge: usize| from < edge && edge < to;
            let side = match (crosses(term.from), crosses(term.to)) {
                (_, true) => Some(Side::Right),
                (true, false) => Some(Side::Left),
                (false, false) => None,
            };
            if let Some(side) = side {
                return Some(BoundaryWord::new(side, &window[from..to]));
            }
            to = from;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::text::fold::folded;

    /// Terms in brackets that are no words there.
    const DROPPED: &str = "
        真是個[大麻]煩 路[口交]通管制 出[口交]貨 把狗當[做愛]護的家人 [他媽]媽 理[性交]流 男[性交]友 國[小雞]排
        台灣[屌]打韓國 地方[幹]部 很能[幹]的人 [操]作簡單 體[操]選手 [三小]時車程 國[三小]孩 第[三小]組
        台[北七]號出口 [靠背]包太近 過[去死]亡率 [智障]礙者 心[智障]礙 [白吃]飯 [白吃]到飽 [垃圾]車來了
        [垃圾]桶滿了 新[娘的]禮服 老闆[娘的]店 爸[媽的]家 奶[媽的]薪水 [人渣]打銀行 [雞巴]士站 小[雞巴]士
        [機掰]掰 手[機掰]掰 相[機歪]斜 黑[狗官]方 電[腦殘]留檔 電[腦包]裝 電[腦抽]獎 紅[包養]分 麵[包夜]市
        節[約砲]兵 預[約砲]台參觀 社[群交]流 人[群交]談 [群交]換名片 [中出]來 台[中出]口 其[中出]現 國[中出]發
        [口爆]料 出[口爆]炸案 門[口爆]胎 皮膚[內射]線 國[內射]擊隊 室[內射]箭 地[下流]行 樓[下流]浪狗
        上半[場滾]出去 牛[肉棒]棒腿 牛[奶子]公司 羊[奶子]彈 [共狗]狗 [死忠]厚老實 笑[死了] 凍[死人]數
        [人妖]怪大戰 仙[人妖]精 收[支那]邊 干[支那]天 開[支那]些 學[生番]茄 新[手淫]穢 洗[手淫]雨 [白目]的地
        對[白目]標明確 黑[白共]識 藍[白共]推 藍[綠共]同 [老賊]船 家[畜生]態 變[變態]度 改[變態]度 轉[變態]勢
        海[龜兒]童館 兒[童片]段 卡[通片]頭 晶[片商] [色情]況 特[色情]境 景[色情]侶 角[色情]緒 [性愛]好者
        男[性愛]用品牌 彈[性行]程 男[性行]為準則 女[性服]裝 男[性服]務生 個[性奴]隸 急[性病]毒 水[精靈]芝
        高[潮吹]風 [深喉]嚨痛 水[深喉]嚨 [足交]通費 不[足交]由主管 火[腿交]給廚師 雞[腿交]換 砲[台蛙]鳴
        [台獨]家報導 電視[台獨]家 平[台獨]立運作 合[肥宅]院 防[腐爛]泥 東[北爛]泥 台[北爛]尾樓 傳[說破]嘴
        [破麻]袋 衝[破麻]將 突[破麻]煩 破[爛貨]架 發[瘋子]女 [混蛋]白質 繁[雜種]種 複[雜碎]片 嘈[雜音]
        荒[野種]植 視[野種]族 失[敗類]型 [腦癱]瘓 [殘廢]棄物 摧[殘廢]除 凶[殘障]眼法 [弱智]慧 文[弱智]者
        微[弱智]力 藝[妓女]子 歌[妓者] 匈[奴才]剛 [走狗]狗公園 牽[走狗]狗 帶[走狗]糧 [米蟲]害 玉[米蟲]子
        稻[草包]裝 牧[草包]裹 甘[草包]括 早[操你]們 體[操他]們 樹[幹他]處 骨[幹他]們 軀[幹你]們 主[幹你]們
        堅[強姦]情 [放屁]股 解[放屁]屁 [閉嘴]唇 關[閉嘴]巴 [無腦]部 有[無腦]瘤 毫[無碼]頭 [無套]房 [有病]毒
        沒[有病]人 [下賤]價 當[下賤]賣 [吃屎]尿 [狗屎]尿 [車震]央 火[車震]動 [雙飛]機 無[雙飛]躍 [爆乳]酪
        全[裸體]育課 交[換妻]子 風[騷貨]物 [賣淫]穢 叫[賣台]灣鯛 專[賣台]北 買[賣台]股 熱[賣台]東米
    ";

    /// Terms in brackets that are words there.
    const KEPT: &str = "
        你這[白痴]啊 [幹你娘]咧 [去死]吧你 他是[智障]嗎 一群[廢物]們 這個[垃圾]政府 你就是[垃圾]啦
        你們全是[垃圾]人渣 真是個[白痴]總統 一堆[白痴]在投票 你[白痴]到底會不會 [白痴]才會相信 根本[智障]才投他
        [智障]人才會信 這群[腦殘]又來了 [腦殘]粉絲出動 你是不是[腦殘]啊 [弱智]政客滾開 [低能]記者亂寫 [人渣]一個
        [人渣]敗類 [賤人]就是矯情 你這[賤人]不得好死 這種[賤貨]也有人要 [王八蛋]政府 你這個[王八蛋]給我記住
        你[他媽的]智障 [他媽]的閉嘴 真[他媽的]爛 [媽的]氣死我了 [媽的]又漲價 操[你媽]的 [操你媽]個頭 [操你]全家
        [幹你]老師 [幹你]什麼東西 [幹他]的 [幹你老母]啦 [靠北]喔吵死了 [靠北]什麼啦 在那邊[靠北] [靠腰]啦
        [機掰]人 真的很[機掰]耶 [雞掰]啦 有夠[雞掰]的 [北七]喔 你是[北七]嗎 [北七]政客 [三小]啦 是在講[三小]
        供[三小] 看[三小]啦看 [去死]啦死白痴 叫他[去死]好了 你怎麼不[去死]一死 [去吃屎]啦 [吃屎]吧你 [滾蛋]吧民進黨
        [混蛋]東西 這個[混蛋]總統 [笨蛋]才信 [蠢豬]一隻 你這頭[蠢豬]去死 [肥豬]滾回家 [死胖子]吃什麼吃
        [死肥宅]去工作 [婊子]一個 臭[婊子]養的 這[婊子]也敢講 [畜生]不如 這些[畜生]應該判死 [禽獸]不如的東西
        [人妖]滾啦 [娘砲]一個 [破麻]去死 你這[破麻]也配 [蕩婦]一個 [妓女]記者 [走狗]記者滾 共產黨的[走狗]們
        [狗官]下台 [狗官]去死 [敗類]去死 國家[敗類]不要臉 [漢奸]賣台 [腦包]喔 [瘋子]才這樣開車 [變態]滾遠一點
        [死變態]偷拍狂 [番仔]滾 [支那]人滾回去 [支那豬]滾 [台巴子]們 [屌你]老母 [操他]媽的 [約砲]加我賴
        [口交]多少錢 [做愛]影片 [無碼]影片 [殺了你]全家 [打死你]這畜生 [白吃]一個 你真是[白吃]耶 [淦您娘]啦
        [草泥馬]的 [大麻]出售 有人要[大麻]嗎
    ";

    fn codes_of(text: &str) -> Vec<u16> {
        folded(text).encode_utf16().collect()
    }

    /// Splits "路[口交]通": the codes before, in and after the brackets.
    fn crossing(text: &str) -> Option<BoundaryWord> {
        let (before, rest) = text.split_once('[').unwrap();
        let (term, after) = rest.split_once(']').unwrap();
        words().crossing_word(&codes_of(before), &codes_of(term), &codes_of(after))
    }

    #[test]
    fn halves_of_other_words_are_dropped() {
        let kept = DROPPED
            .split_whitespace()
            .filter(|text| crossing(text).is_none());
        assert_eq!(kept.collect::<Vec<_>>(), [""; 0]);
        assert!(DROPPED.split_whitespace().count() >= 150);
    }

    #[test]
    fn what_is_meant_is_kept() {
        for text in KEPT.split_whitespace() {
            let edge = crossing(text).map(BoundaryWord::word);
            assert_eq!(edge, None, "{text} is dropped");
        }
        assert!(KEPT.split_whitespace().count() >= 100);
    }

    #[test]
    fn the_word_across_is_told_with_its_side() {
        for (text, side, word) in [
            ("真是個[大麻]煩", Side::Right, "麻煩"),
            ("體[操]選手", Side::Left, "體操"),
            ("凶[殘障]眼法", Side::Right, "障眼法"),
        ] {
            let edge = crossing(text).unwrap();
            assert_eq!((edge.side, edge.word().as_str()), (side, word), "{text}");
        }
    }

    #[test]
    fn nothing_around_and_what_is_no_chinese_let_a_term_stand() {
        for text in [
            "[大麻]",
            "abc[口交]xyz",
            "😀[大麻]😀煩",
            "[]麻煩",
            "ㄍ[白痴]ㄚ",
        ] {
            assert_eq!(crossing(text), None, "{text}");
        }
    }

    #[test]
    fn a_surer_term_is_harder_to_fell() {
        let ask = |level| {
            let (before, term, after) = (codes_of(""), codes_of("去死"), codes_of("刑場"));
            words().crossing_word_at_level(level, &before, &term, &after)
        };
        assert!(ask(10).is_some());
        assert!(ask(40).is_none());
        assert!(ask(u8::MAX).is_none());
    }

    #[test]
    fn all_listed_abuse_stands_in_its_usual_company() {
        let lists = [
            include_str!("../../wordlists/profanity.tsv"),
            include_str!("../../wordlists/insult.tsv"),
            include_str!("../../wordlists/slur.tsv"),
            include_str!("../../wordlists/sexual.tsv"),
            include_str!("../../wordlists/threat.tsv"),
        ];
        let mut checked = 0;
        let rows = lists.iter().flat_map(|list| list.lines());
        for row in rows.filter(|row| !row.starts_with('#')) {
            let mut columns = row.split('\t');
            let (term, severity) = (columns.next().unwrap(), columns.next().unwrap());
            let term = codes_of(term);
            let is_han = |code: &u16| (0x3400..=0x9fff).contains(code);
            let is_word = term.len() > 1 && term.iter().all(is_han);
            if !("2"..="4").contains(&severity) || !is_word {
                continue;
            }
            for before in ["", "你這", "你是", "真是", "一群", "有夠", "我看你"] {
                for after in [
                    "",
                    "啊",
                    "吧你",
                    "嗎",
                    "啦",
                    "一個",
                    "政府",
                    "就是你",
                    "們真噁",
                ] {
                    let edge = words().crossing_word(&codes_of(before), &term, &codes_of(after));
                    let text = String::from_utf16_lossy(&term);
                    assert_eq!(
                        edge.map(BoundaryWord::word),
                        None,
                        "{before}[{text}]{after}"
                    );
                    checked += 1;
                }
            }
        }
        assert!(checked > 40_000, "{checked}");
    }

    #[test]
    fn words_are_known_and_parts_of_them_are_not() {
        for word in ["麻煩", "捷運", "雞排", "路口", "交通", "計程車", "心智障礙"]
        {
            assert!(words().everyday_level(&codes_of(word)).is_some(), "{word}");
        }
        for other in [
            "",
            "煩大",
            "幹你",
            "你媽",
            "白痴",
            "娘的",
            "死你",
            "五個字的詞",
        ] {
            assert!(
                words().everyday_level(&codes_of(other)).is_none(),
                "{other}"
            );
        }
    }
}
