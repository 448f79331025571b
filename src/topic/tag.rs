//! Tags: whether one says anything at all, and what ties it to its article.

use std::collections::HashMap;

use super::{
    article::PreparedArticle,
    relevance::{Evidence, look},
};
use crate::text::{
    Disguise, Disguises, FoldedText, LineFault, ListFile, Place, Span, Table, fold::Kind,
};

const FILE: &str = "meaningless_tags.tsv";

/// What was found about one tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFinding {
    /// What ties it to its article.
    pub evidence: Evidence,
    /// The words of the article that do.
    pub evidence_term: Option<String>,
    /// Whether it says nothing about any article.
    pub meaningless: Option<MeaninglessHit>,
}

/// A tag that says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeaninglessHit {
    /// The listed tag, or the tag itself where its form alone says nothing (42, 🙂).
    pub term: String,
    /// Its place in the tag.
    pub span: Span,
    /// What was undone to see it.
    pub how: Disguises,
}

/// What is known of tags, compiled once.
#[derive(Debug)]
pub struct Topics {
    /// By folded text.
    meaningless: HashMap<String, Meaningless>,
}

#[derive(Debug)]
struct Meaningless {
    listed: String,
    repeats: bool,
    undone: u8,
}

impl Topics {
    /// Compiles `meaningless_tags.tsv`; other lists are passed over, `topics.tsv` is not read yet.
    pub fn compile(files: &[ListFile]) -> Result<(Self, Vec<LineFault>), Vec<LineFault>> {
        let Some(file) = files.iter().find(|file| file.name == FILE) else {
            return Err(vec![LineFault::new(
                FILE,
                0,
                "缺少這個詞表",
                "this list is missing",
            )]);
        };
        let mut table = Table::read(file, &["tag", "match", "note", "source"]);
        table.check_twice(|row| FoldedText::new(row.cell(0)).full().to_owned());
        let mut meaningless = HashMap::new();
        for row in std::mem::take(&mut table.rows) {
            let (listed, text) = (row.cell(0).to_owned(), FoldedText::new(row.cell(0)));
            let repeats = match row.cell(1) {
                "repeat" => true,
                "whole" => false,
                other => {
                    let (zh, en) = (
                        format!("match 應為 whole 或 repeat，不是「{other}」"),
                        format!("match is whole or repeat, not \"{other}\""),
                    );
                    table.fault(row.line, zh, en);
                    false
                }
            };
            if text.full().is_empty() && !listed.is_empty() {
                table.fault(row.line, "折疊後是空的", "this folds to nothing");
            }
            let undone = undone(text.places());
            meaningless.insert(
                text.full().to_owned(),
                Meaningless {
                    listed,
                    repeats,
                    undone,
                },
            );
        }
        if table.faults.is_empty() {
            Ok((Self { meaningless }, Vec::new()))
        } else {
            Err(table.faults)
        }
    }

    /// What is to be said of a tag. Without an article its topic is not judged.
    pub fn judge(&self, tag: &str, article: Option<&PreparedArticle>) -> TagFinding {
        let text = FoldedText::new(tag);
        let (evidence, evidence_term) =
            article.map_or((Evidence::NoArticle, None), |article| look(&text, article));
        TagFinding {
            evidence,
            evidence_term,
            meaningless: self.meaningless(tag, &text),
        }
    }

    /// How many meaningless tags are listed.
    pub fn count(&self) -> usize {
        self.meaningless.len()
    }

    fn meaningless(&self, tag: &str, text: &FoldedText) -> Option<MeaninglessHit> {
        let all = 0..text.places().len();
        let kept = |test: fn(Kind) -> bool| {
            let first = text
                .places()
                .iter()
                .position(|place| test(place.kind))
                .unwrap_or(0);
            let end = text
                .places()
                .iter()
                .rposition(|place| test(place.kind))
                .map_or(0, |last| last + 1);
            first..end.max(first)
        };
        let trimmed = kept(Kind::is_dense);
        let full = text.full().trim();
        // C# and A+ are more than a letter
        let lone_letter = text.dense_len() == 1
            && text
                .places()
                .get(trimmed.start)
                .is_some_and(|place| place.kind == Kind::Word);
        let listed = self.listed(full).map(|listed| (listed, all.clone(), false));
        let listed = listed.or_else(|| {
            let listed = self
                .listed(text.full_slice(trimmed.clone()))
                .filter(|_| !lone_letter)?;
            Some((listed, trimmed.clone(), false))
        });
        let listed = listed.or_else(|| {
            let listed = self.listed(text.dense()).filter(|_| text.dense_len() > 1)?;
            Some((listed, trimmed.clone(), true))
        });
        match listed {
            Some((listed, places, parted)) => {
                let seen = text.places().get(places.clone()).unwrap_or_default();
                let how = Disguises::from_bits(u16::from(undone(seen) & !listed.undone));
                let how = if parted {
                    how.with(Disguise::Separators)
                } else {
                    how
                };
                Some(MeaninglessHit {
                    term: listed.listed.clone(),
                    span: text.span(places),
                    how,
                })
            }
            None if says_nothing(full, text) => Some(MeaninglessHit {
                term: tag.to_owned(),
                span: text.span(all),
                how: Disguises::default(),
            }),
            None => None,
        }
    }

    /// The listed tag that this is, once or, where the list says so, several times.
    fn listed(&self, folded: &str) -> Option<&Meaningless> {
        let ends = folded
            .char_indices()
            .map(|(at, _)| at)
            .skip(1)
            .chain([folded.len()]);
        let units = ends
            .filter_map(|end| folded.get(..end))
            .filter(|unit| !unit.is_empty());
        let units = units.filter(|unit| {
            folded.len().is_multiple_of(unit.len()) && folded.replace(unit, "").is_empty()
        });
        units
            .filter_map(|unit| Some((unit, self.meaningless.get(unit)?)))
            .find_map(|(unit, listed)| {
                (listed.repeats || unit.len() == folded.len()).then_some(listed)
            })
    }
}

/// Signs alone, one or two digits, or one digit held down.
fn says_nothing(full: &str, text: &FoldedText) -> bool {
    let digits = !full.is_empty() && full.chars().all(|ch| ch.is_ascii_digit());
    let held_down = full.chars().skip(1).all(|ch| full.starts_with(ch));
    text.dense_len() == 0 || (digits && (full.len() <= 2 || held_down))
}

fn undone(places: &[Place]) -> u8 {
    places.iter().fold(0, |bits, place| bits | place.undone)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const LIST: &str = "tag\tmatch\tnote\tsource\n+1\trepeat\t\tours\na\trepeat\t\tours\nlol\twhole\t\tours\n哈\trepeat\t\tours\n無言\twhole\t\tours\n頭香\twhole\t\tours\n";

    fn topics() -> Topics {
        Topics::compile(&[ListFile::new(FILE, LIST)]).unwrap().0
    }

    fn meaningless(tag: &str) -> Option<(String, String)> {
        let hit = topics().judge(tag, None).meaningless?;
        let how: Vec<&str> = hit.how.iter().map(Disguise::name).collect();
        Some((
            hit.term,
            format!("{}/{}", hit.span.slice(tag), how.join(",")),
        ))
    }

    #[test]
    fn tags_that_say_nothing() {
        let check = |tag: &str, term: &str, seen: &str| {
            assert_eq!(
                meaningless(tag),
                Some((term.to_owned(), seen.to_owned())),
                "{tag}"
            );
        };
        check("頭香", "頭香", "頭香/");
        check("頭.香", "頭香", "頭.香/separators");
        check("#頭香!", "頭香", "頭香/");
        check("哈哈哈哈", "哈", "哈哈哈哈/");
        check("+1+1", "+1", "+1+1/");
        check("＋１", "+1", "＋１/width");
        check("LOL", "lol", "LOL/case");
        check("无言", "無言", "无言/variant");
        check("🙂🙂", "🙂🙂", "🙂🙂/");
        check("...", "...", ".../");
        check("42", "42", "42/");
        check("8888", "8888", "8888/");
        check("Ａ", "a", "Ａ/width,case");
    }

    #[test]
    fn tags_that_say_something() {
        for tag in [
            "2026",
            "228",
            "921大地震",
            "頭香錢",
            "C#",
            "A+",
            "北約",
            "lolita",
            "0050",
            "哈佛",
            "110",
        ] {
            assert_eq!(meaningless(tag), None, "{tag}");
        }
    }

    fn evidence(tag: &str) -> (Evidence, Option<String>) {
        let body = "他SAID要向北，約三公里。Open AI 與 Ｎ.Ａ.Ｔ.Ｏ 談到鷄排，也用 C++ 寫程式。";
        let article = PreparedArticle::new(
            "俄烏戰爭：北約出兵",
            body,
            Some("國際"),
            &["歐洲 安全".to_owned()],
        );
        let found = topics().judge(tag, Some(&article));
        (found.evidence, found.evidence_term)
    }

    #[test]
    fn a_tag_is_looked_for_in_all_parts_of_its_article() {
        let check = |tag: &str, evidence_is: Evidence, term: &str| {
            assert_eq!(evidence(tag), (evidence_is, Some(term.to_owned())), "{tag}");
        };
        check("北約", Evidence::InTitle, "北約");
        check("#俄烏", Evidence::InTitle, "俄烏");
        check("NATO", Evidence::InBody, "Ｎ.Ａ.Ｔ.Ｏ");
        check("ai", Evidence::InBody, "AI");
        check("雞排", Evidence::InBody, "鷄排");
        check("C++", Evidence::InBody, "C++");
        check("國際", Evidence::InSection, "國際");
        check("歐洲安全", Evidence::InBoardTags, "歐洲 安全");
        assert_eq!(evidence("SAI"), (Evidence::None, None));
        assert_eq!(evidence("北約三"), (Evidence::None, None));
        assert_eq!(evidence("C#"), (Evidence::None, None));
        assert_eq!(topics().judge("北約", None).evidence, Evidence::NoArticle);
    }

    #[test]
    fn the_list_must_be_there_and_sound() {
        let faults = |files: &[ListFile]| Topics::compile(files).unwrap_err().len();
        assert_eq!(faults(&[]), 1);
        assert_eq!(
            faults(&[ListFile::new(
                FILE,
                "tag\tmatch\tnote\tsource\nb\tsometimes\t\tours\na\twhole\t\t\n"
            )]),
            3
        );
    }
}
