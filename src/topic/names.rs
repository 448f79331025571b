//! The subjects of news: their names, and which belong under which.
//!
//! `topics.tsv` has a row for each subject: its usual name, its other names, and the wider subjects that it belongs
//! under: NBA, also called 美國職籃, belongs under 籃球, which belongs under 體育. A row whose `wider` is `*` is true of every
//! article of a newspaper (a publisher, a format). Words that belong under a row and have no row of their own (滷肉飯 under
//! 小吃) stand in its cell `words`; each is a subject by itself.
//!
//! What belongs under the same subject is *akin*: 全壘打 and 投手, both under 棒球. A row that has `-` among its wider names is
//! a mere class (國際, 企業): what belongs under it is not akin by that.
//!
//! A name of one character (犬) is a *head*: it stands for its subject at the end of a tag (導盲犬) and in a title, where few
//! characters say much, and nowhere else.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    ops::Range,
};

use crate::lexicon::is_cut;
use crate::text::{
    FoldedText, LineFault, ListFile, Table, TermMatch, TermMatcher, TermMatchers,
    fold::{CharKind, kind},
};

const FILE: &str = "topics.tsv";
const COLUMNS: [&str; 5] = ["name", "also", "wider", "note", "source"];
const OPTIONAL: [&str; 1] = ["words"];
/// The cell `wider` of a subject that fits every article.
const EVERYWHERE: &str = "*";
/// The mark in the cell `wider` of a mere class.
const CLASS: &str = "-";

/// A subject, by the index of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Topic(u32);

/// A subject, and how many steps it is above another.
pub(super) type Akin = (Topic, u8);

/// All subjects, compiled once.
#[derive(Debug, Default)]
pub(super) struct TopicNames {
    /// The number of rows.
    listed: usize,
    /// The subject of each needle.
    named: Vec<Topic>,
    needles: TermMatchers,
    /// By folded name without signs.
    by_name: HashMap<String, Topic>,
    /// The subjects that have a name of one character.
    heads: HashMap<char, Topic>,
    /// For each subject all that it belongs under, directly or not.
    above: Vec<BTreeSet<Topic>>,
    /// For each subject itself and all above it that make others akin to it; nothing for a mere class.
    kin: Vec<Vec<Akin>>,
    /// For each subject how many it makes akin to each other.
    breadth: Vec<usize>,
    everywhere: BTreeSet<Topic>,
}

/// A row as it was read.
struct TopicRow<'f> {
    line: u32,
    names: Vec<(&'f str, TermMatcher)>,
    wider: Vec<&'f str>,
}

impl TopicNames {
    /// Compiles `topics.tsv`; without it no subject is known.
    pub(super) fn compile(files: &[ListFile]) -> Result<Self, Vec<LineFault>> {
        let Some(file) = files.iter().find(|file| file.name == FILE) else {
            return Ok(Self::default());
        };
        let mut table = Table::read_with(file, &COLUMNS, &OPTIONAL);
        let listed = table.rows.len();
        let rows = read(&mut table);
        let by_name = by_name(&mut table, &rows);
        let (above, kin) = above(&mut table, &rows, &by_name);
        let mut breadth = vec![0; rows.len()];
        for (topic, _) in kin.iter().flatten() {
            if let Some(count) = breadth.get_mut(topic.0 as usize) {
                *count += 1;
            }
        }
        if !table.faults.is_empty() {
            return Err(table.faults);
        }
        let everywhere = (0..)
            .map(Topic)
            .zip(&rows)
            .filter(|(_, row)| row.wider == [EVERYWHERE])
            .map(|(topic, _)| topic)
            .collect();
        let names = (0..).map(Topic).zip(rows).flat_map(|(topic, row)| {
            let needles = row.names.into_iter();
            needles.map(move |(_, needle)| (topic, needle))
        });
        let (heads, names): (Vec<_>, Vec<_>) = names.partition(|(_, needle)| is_head(needle));
        let heads = heads
            .into_iter()
            .filter_map(|(topic, needle)| Some((needle.text().chars().next()?, topic)))
            .collect();
        let (named, needles): (Vec<_>, Vec<_>) = names
            .into_iter()
            .map(|(topic, needle)| (topic, (needle.clone(), needle.usual_match())))
            .unzip();
        let needles = TermMatchers::new(needles).map_err(|_| {
            vec![LineFault::new(
                FILE,
                0,
                "詞表太大，無法編譯",
                "the list is too large",
            )]
        })?;
        Ok(Self {
            listed,
            named,
            needles,
            by_name,
            heads,
            above,
            kin,
            breadth,
            everywhere,
        })
    }

    /// The subject with this name.
    pub(super) fn called(&self, text: &FoldedText) -> Option<Topic> {
        self.by_name.get(key(text).as_str()).copied()
    }

    /// Every subject named in a text, and where.
    pub(super) fn named_in(&self, text: &FoldedText) -> impl Iterator<Item = (Topic, TermMatch)> {
        self.needles
            .find_in(text)
            .filter(|(_, found)| !cuts_words(text, &found.places))
            .filter_map(|(nth, found)| Some((*self.named.get(nth)?, found)))
    }

    /// Whether the first belongs under the second, directly or not.
    pub(super) fn is_under(&self, topic: Topic, wide: Topic) -> bool {
        self.above
            .get(topic.0 as usize)
            .is_some_and(|above| above.contains(&wide))
    }

    /// The subject itself and all above it that make others akin to it: none for a mere class.
    /// The nearest first, each with the steps to it.
    pub(super) fn kin_of(&self, topic: Topic) -> &[Akin] {
        self.kin.get(topic.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// How many subjects this one makes akin to each other.
    pub(super) fn breadth_of(&self, topic: Topic) -> usize {
        self.breadth.get(topic.0 as usize).copied().unwrap_or(0)
    }

    /// The subject of a name of one character.
    pub(super) fn head(&self, ch: char) -> Option<Topic> {
        self.heads.get(&ch).copied()
    }

    /// Whether every article is about it.
    pub(super) fn is_everywhere(&self, topic: Topic) -> bool {
        self.everywhere.contains(&topic)
    }

    /// The number of rows.
    pub(super) const fn count(&self) -> usize {
        self.listed
    }
}

/// Whether it is one Chinese character.
fn is_head(needle: &TermMatcher) -> bool {
    let mut chars = needle.text().chars();
    let first = chars.next().map(kind);
    first == Some(CharKind::Letter) && chars.next().is_none()
}

/// How many characters around a name are used to tell whether it is a word there.
const AROUND: usize = 4;

/// Whether the name is no word there, but the end of one and the beginning of the next (中油 in 其中油價).
fn cuts_words(text: &FoldedText, places: &Range<usize>) -> bool {
    let chinese = |range: Range<usize>| -> Vec<char> {
        let kinds = text.places().get(range.clone()).unwrap_or_default();
        let chars = text.full_slice(range).chars().collect::<Vec<_>>();
        chars
            .into_iter()
            .zip(kinds)
            .map_while(|(ch, place)| (place.kind == CharKind::Letter).then_some(ch))
            .collect()
    };
    let reach = places.start.saturating_sub(AROUND)..places.start;
    // only characters that touch the name: those before a sign or a blank do not count
    let touching = (reach.start..reach.end)
        .rev()
        .take_while(|at| {
            text.places()
                .get(*at)
                .is_some_and(|place| place.kind == CharKind::Letter)
        })
        .count();
    let before = chinese(places.start - touching..places.start);
    let after = chinese(places.end..(places.end + AROUND).min(text.places().len()));
    is_cut(&before, &chinese(places.clone()), &after)
}

/// The key of a name: its letters and digits, or its signs if it has none.
fn key(text: &FoldedText) -> String {
    if text.dense_len() == 0 {
        text.full().trim().to_owned()
    } else {
        text.dense().to_owned()
    }
}

fn read<'f>(table: &mut Table<'f>) -> Vec<TopicRow<'f>> {
    let rows = std::mem::take(&mut table.rows);
    let mut listed = Vec::new();
    for row in &rows {
        let names = std::iter::once(row.cell(0)).chain(cells(row.cell(1)));
        listed.push(TopicRow {
            line: row.line,
            names: needles(table, row.line, names),
            wider: cells(row.cell(2)).collect(),
        });
    }
    // a word may stand in several rows (蘋果 is fruit and a company): it is one subject, under all of them
    let mut nth_of = HashMap::new();
    for row in &rows {
        for word in cells(row.cell(COLUMNS.len())) {
            let nth = *nth_of.entry(word).or_insert(listed.len());
            match listed.get_mut(nth) {
                Some(TopicRow { wider, .. }) => wider.push(row.cell(0)),
                None => listed.push(TopicRow {
                    line: row.line,
                    names: needles(table, row.line, std::iter::once(word)),
                    wider: vec![row.cell(0)],
                }),
            }
        }
    }
    listed
}

fn needles<'f>(
    table: &mut Table<'f>,
    line: u32,
    names: impl Iterator<Item = &'f str>,
) -> Vec<(&'f str, TermMatcher)> {
    let mut needles = Vec::new();
    for name in names {
        match TermMatcher::new(name) {
            Some(needle) => needles.push((name, needle)),
            None => table.fault(
                line,
                format!("「{name}」正規化後沒有內容"),
                format!("\"{name}\" folds to nothing"),
            ),
        }
    }
    needles
}

fn cells(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('|')
        .map(str::trim)
        .filter(|name| !name.is_empty())
}

/// The subject of every name; a name that two rows have is a fault.
fn by_name(table: &mut Table<'_>, rows: &[TopicRow<'_>]) -> HashMap<String, Topic> {
    let mut by_name: HashMap<String, Topic> = HashMap::new();
    for (topic, row) in (0..).map(Topic).zip(rows) {
        for (name, _) in &row.names {
            let first = *by_name.entry(key(&FoldedText::new(name))).or_insert(topic);
            if first != topic {
                let line = rows.get(first.0 as usize).map_or(0, |row| row.line);
                table.fault(
                    row.line,
                    format!("「{name}」已是第 {line} 行的名稱"),
                    format!("\"{name}\" is a name of line {line} already"),
                );
            }
        }
    }
    by_name
}

/// For each row all that it belongs under, and what makes others akin to it. A wider name without a row is a fault, and
/// so is a row that belongs under itself.
fn above(
    table: &mut Table<'_>,
    rows: &[TopicRow<'_>],
    by_name: &HashMap<String, Topic>,
) -> (Vec<BTreeSet<Topic>>, Vec<Vec<Akin>>) {
    let mut next: Vec<Vec<Topic>> = Vec::new();
    for row in rows {
        let mut wider = Vec::new();
        let marks = [EVERYWHERE, CLASS];
        for name in row.wider.iter().filter(|name| !marks.contains(name)) {
            match by_name.get(&key(&FoldedText::new(name))) {
                Some(topic) => wider.push(*topic),
                None => table.fault(
                    row.line,
                    format!("wider 的「{name}」沒有自己的一列"),
                    format!("the wider name \"{name}\" has no row"),
                ),
            }
        }
        if row.wider.contains(&EVERYWHERE) && row.wider.len() > 1 {
            table.fault(
                row.line,
                "wider 寫了 *，就不能再寫別的",
                "a wider name of * stands alone",
            );
        }
        next.push(wider);
    }
    let is_class = |topic: Topic| {
        let row = rows.get(topic.0 as usize);
        row.is_some_and(|row| {
            row.wider
                .iter()
                .any(|name| [CLASS, EVERYWHERE].contains(name))
        })
    };
    let mut all = Vec::new();
    let mut kin = Vec::new();
    for (topic, row) in (0..).map(Topic).zip(rows) {
        let above: BTreeSet<Topic> = reached(&next, topic, |_| true)
            .into_iter()
            .map(|(wide, _)| wide)
            .collect();
        if above.contains(&topic) {
            table.fault(
                row.line,
                "這一列繞一圈又屬於自己",
                "this row belongs under itself",
            );
        }
        all.push(above);
        kin.push(if is_class(topic) {
            Vec::new()
        } else {
            let akin = reached(&next, topic, |wide| !is_class(wide));
            std::iter::once((topic, 0)).chain(akin).collect()
        });
    }
    (all, kin)
}

/// All that a subject belongs under by way of subjects that pass the test, the nearest first.
fn reached(next: &[Vec<Topic>], topic: Topic, passes: impl Fn(Topic) -> bool) -> Vec<Akin> {
    let wider = |topic: Topic| next.get(topic.0 as usize).into_iter().flatten().copied();
    let mut above: Vec<Akin> = Vec::new();
    let mut ahead: VecDeque<Akin> = VecDeque::from([(topic, 0)]);
    while let Some((topic, steps)) = ahead.pop_front() {
        for wide in wider(topic).filter(|wide| passes(*wide)) {
            if above.iter().all(|(known, _)| *known != wide) {
                above.push((wide, steps + 1));
                ahead.push_back((wide, steps + 1));
            }
        }
    }
    above
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const LIST: &str = "name\talso\twider\tnote\tsource\n\
        NBA\t美國職籃\t籃球\t\tours\n\
        北約\tNATO | 北大西洋公約組織\t國際組織 | 軍事\t\tours\n\
        國際組織\t\t\t\tours\n\
        砲彈\t\t軍事\t\tours\n\
        籃球\t\t體育\t\tours\n\
        聯合報\t\t*\t\tours\n\
        軍事\t\t\t\tours\n\
        體育\t運動\t\t\tours\n";

    fn names() -> TopicNames {
        TopicNames::compile(&[ListFile::new(FILE, LIST)]).unwrap()
    }

    fn called(name: &str) -> Option<Topic> {
        names().called(&FoldedText::new(name))
    }

    #[test]
    fn one_thing_has_many_names() {
        assert_eq!(called("N.A.T.O"), called("北約"));
        assert!(called("北約").is_some() && called("北").is_none());
        let text = FoldedText::new("nato 說砲彈不夠，Sinato 不是");
        let found: BTreeSet<_> = names().named_in(&text).map(|(topic, _)| topic).collect();
        assert_eq!(
            found,
            BTreeSet::from([called("北約").unwrap(), called("砲彈").unwrap()])
        );
    }

    #[test]
    fn a_name_cut_from_two_words_is_none() {
        let list = "name\talso\twider\tnote\tsource\n中油\t\t\t\tours\n";
        let names = TopicNames::compile(&[ListFile::new(FILE, list)]).unwrap();
        let count = |text: &str| names.named_in(&FoldedText::new(text)).count();
        assert_eq!(count("其中油價最高"), 0);
        assert_eq!((count("中油漲價"), count("台灣中油今天宣布")), (1, 1));
    }

    #[test]
    fn things_belong_under_wider_ones_at_any_remove() {
        let under = |name, wide| names().is_under(called(name).unwrap(), called(wide).unwrap());
        assert!(under("NBA", "運動") && under("NATO", "軍事"));
        assert!(!under("運動", "NBA") && !under("砲彈", "國際組織"));
        assert!(names().is_everywhere(called("聯合報").unwrap()));
    }

    #[test]
    fn words_belong_under_their_rows_and_heads_stand_for_them() {
        let list = "name\talso\twider\twords\tnote\tsource\n\
            企業\t\t-\t蘋果\t\tours\n\
            動物\t\t\t犬 | 貓熊\t\tours\n\
            水果\t\t\t蘋果\t\tours\n";
        let names = TopicNames::compile(&[ListFile::new(FILE, list)]).unwrap();
        let called = |name: &str| names.called(&FoldedText::new(name)).unwrap();
        assert_eq!(names.count(), 3);
        assert!(names.is_under(called("蘋果"), called("水果")));
        assert!(names.is_under(called("蘋果"), called("企業")));
        assert_eq!(names.head('犬'), Some(called("犬")));
        assert_eq!(names.named_in(&FoldedText::new("導盲犬")).count(), 0);
        let kin = |name| -> Vec<Topic> {
            let kin = names.kin_of(called(name)).iter();
            kin.map(|(topic, _)| *topic).collect()
        };
        assert_eq!(kin("貓熊"), [called("貓熊"), called("動物")]);
        // nobody is akin by a mere class
        assert_eq!(kin("蘋果"), [called("蘋果"), called("水果")]);
        assert!(kin("企業").is_empty());
    }

    #[test]
    fn all_faults_are_reported_at_once() {
        let list = "name\talso\twider\tnote\tsource\n一\t二\t三\t\tours\n丁\t。\t丁\t\tours\n七\t二\t* | 一\t\tours\n";
        let faults = TopicNames::compile(&[ListFile::new(FILE, list)]).unwrap_err();
        let lines: Vec<u32> = faults.iter().map(|fault| fault.line).collect();
        // folds to nothing, named twice, no such row, not alone, under itself
        assert_eq!(lines.len(), 5, "{faults:?}");
    }
}
