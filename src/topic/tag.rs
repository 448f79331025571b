//! Tags: whether one means anything, and what ties it to its article.

use std::{collections::HashMap, sync::Arc};

use super::{
    article::PreparedArticle,
    form::{MeaninglessForm, meaningless_form},
    names::{Topic, TopicNames},
    rarity::Rarity,
    relevance::{self, Evidence},
};
use crate::text::{
    Disguise, Disguises, FoldedText, FoldedUnit, LineFault, ListFile, Span, Table, fold::CharKind,
};

const FILE: &str = "meaningless_tags.tsv";
const COLUMNS: [&str; 4] = ["tag", "match", "note", "source"];
/// The subject that all sports belong under: in their articles a short number is a jersey.
const SPORT: &str = "體育";

/// What was found about one tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFinding {
    /// What ties it to its article.
    pub evidence: Evidence,
    /// The words of the article that are the evidence.
    pub evidence_term: Option<String>,
    /// Set if it means nothing under any article.
    pub meaningless: Option<MeaninglessHit>,
}

/// A meaningless tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeaninglessHit {
    /// The listed tag, or the tag itself if it is meaningless by its form (42, 🙂).
    pub term: String,
    /// Its part of the tag.
    pub span: Span,
    /// The disguises that were undone.
    pub how: Disguises,
}

/// The lists about tags, compiled once.
#[derive(Debug)]
pub struct Topics {
    /// The listed meaningless tags, by folded text.
    meaningless: HashMap<String, Meaningless>,
    names: TopicNames,
    sport: Option<Topic>,
}

#[derive(Debug)]
struct Meaningless {
    listed: String,
    repeats: bool,
    undone: u8,
}

impl Topics {
    /// Compiles `meaningless_tags.tsv` and `topics.tsv`; other lists are passed over. Without the first no tag is
    /// listed as meaningless, without the second no subject has another name.
    pub fn compile(files: &[ListFile]) -> Result<(Self, Vec<LineFault>), Vec<LineFault>> {
        let nothing = ListFile::new(FILE, COLUMNS.join("\t"));
        let file = files.iter().find(|file| file.name == FILE);
        let mut table = Table::read(file.unwrap_or(&nothing), &COLUMNS);
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
                table.fault(row.line, "正規化後沒有內容", "this folds to nothing");
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
        match (TopicNames::compile(files), table.faults) {
            (Ok(names), faults) if faults.is_empty() => {
                let sport = names.called(&FoldedText::new(SPORT));
                let topics = Self {
                    meaningless,
                    names,
                    sport,
                };
                Ok((topics, Vec::new()))
            }
            (Ok(_), faults) => Err(faults),
            (Err(more), mut faults) => {
                faults.extend(more);
                Err(faults)
            }
        }
    }

    /// Prepares an article for looking up tags; `rarity` counts the board's articles.
    pub fn prepare(
        &self,
        title: &str,
        body: &str,
        section: Option<&str>,
        board_tags: &[String],
        rarity: &Arc<Rarity>,
    ) -> PreparedArticle {
        PreparedArticle::new((title, body), section, board_tags, &self.names, rarity)
    }

    /// Evaluates a tag. Without an article there is no opinion about its topic.
    pub fn evaluate(&self, tag: &str, article: Option<&PreparedArticle>) -> TagFinding {
        let text = FoldedText::new(tag);
        let (evidence, evidence_term) = article.map_or((Evidence::NoArticle, None), |article| {
            relevance::evidence(&text, article, &self.names)
        });
        let by_form = || {
            let form = meaningless_form(&text)?;
            self.is_meaningless(form, evidence, article)
                .then(|| MeaninglessHit {
                    term: tag.to_owned(),
                    span: text.span(0..text.places().len()),
                    how: Disguises::default(),
                })
        };
        TagFinding {
            evidence,
            evidence_term,
            meaningless: self.listed_in(&text).or_else(by_form),
        }
    }

    /// The numbers of listed meaningless tags and of subjects.
    pub fn counts(&self) -> (usize, usize) {
        (self.meaningless.len(), self.names.count())
    }

    /// Whether a tag of this form is meaningless under this article.
    fn is_meaningless(
        &self,
        form: MeaninglessForm,
        evidence: Evidence,
        article: Option<&PreparedArticle>,
    ) -> bool {
        match form {
            MeaninglessForm::Signs => true,
            MeaninglessForm::ShortNumber => !article.is_some_and(|article| self.is_sport(article)),
            MeaninglessForm::Noise | MeaninglessForm::Sentence => !evidence.is_verbatim(),
        }
    }

    fn is_sport(&self, article: &PreparedArticle) -> bool {
        let under = |topic, sport| topic == sport || self.names.is_under(topic, sport);
        let mut mentions = article.mentions.iter();
        self.sport
            .is_some_and(|sport| mentions.any(|mention| under(mention.topic, sport)))
    }

    /// The listed tag that this is: as it is, without signs around it, or without any signs.
    fn listed_in(&self, text: &FoldedText) -> Option<MeaninglessHit> {
        let all = 0..text.places().len();
        let kept = |test: fn(CharKind) -> bool| {
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
        let trimmed = kept(CharKind::is_dense);
        let full = text.full().trim();
        // C# and A+ are more than a letter
        let lone_letter = text.dense_len() == 1
            && text
                .places()
                .get(trimmed.start)
                .is_some_and(|place| place.kind == CharKind::Word);
        // the strictest first: as written (+1), without signs around it (#頭香!), without any signs (頭.香)
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
        let (listed, places, parted) = listed?;
        let seen = text.places().get(places.clone()).unwrap_or_default();
        let how = Disguises::from_bits(u16::from(undone(seen) & !listed.undone));
        Some(MeaninglessHit {
            term: listed.listed.clone(),
            span: text.span(places),
            how: if parted {
                how.with(Disguise::Separators)
            } else {
                how
            },
        })
    }

    /// The listed tag that this folded text is, once or, if its row allows it, repeated: 哈哈哈 for 哈.
    fn listed(&self, folded: &str) -> Option<&Meaningless> {
        let ends = folded
            .char_indices()
            .map(|(at, _)| at)
            .skip(1)
            .chain([folded.len()]);
        let units = ends
            .filter_map(|end| folded.get(..end))
            .filter(|unit| !unit.is_empty());
        // 哈哈哈哈 is made of 哈, of 哈哈 and of itself: the first of these that is listed is taken
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

fn undone(places: &[FoldedUnit]) -> u8 {
    places.iter().fold(0, |bits, place| bits | place.undone)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const LIST: &str = "tag\tmatch\tnote\tsource\n+1\trepeat\t\tours\na\trepeat\t\tours\nlol\twhole\t\tours\n哈\trepeat\t\tours\n無言\twhole\t\tours\n頭香\twhole\t\tours\n";

    fn topics() -> Topics {
        let names = "name\talso\twider\tnote\tsource\n中央社\t\t*\t\tours\n政治\t\t\t\tours\n棒球\t\t體育\t\tours\n歐盟\tEU\t政治\t\tours\n砲彈\t\t軍事\t\tours\n軍事\t\t\t\tours\n體育\t運動\t\t\tours\n";
        let files = [
            ListFile::new(FILE, LIST),
            ListFile::new("topics.tsv", names),
        ];
        Topics::compile(&files).unwrap().0
    }

    fn meaningless(tag: &str) -> Option<(String, String)> {
        let hit = topics().evaluate(tag, None).meaningless?;
        let how: Vec<&str> = hit.how.iter().map(Disguise::name).collect();
        Some((
            hit.term,
            format!("{}/{}", hit.span.slice(tag), how.join(",")),
        ))
    }

    #[test]
    fn meaningless_tags() {
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
    fn tags_that_mean_something() {
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
        let topics = topics();
        let article = topics.prepare(
            "俄烏戰爭：北約出兵",
            body,
            Some("國際"),
            &["歐洲 安全".to_owned()],
            &Arc::default(),
        );
        let found = topics.evaluate(tag, Some(&article));
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
        assert_eq!(evidence("C#"), (Evidence::None, None));
        assert_eq!(
            topics().evaluate("北約", None).evidence,
            Evidence::NoArticle
        );
    }

    fn under(title: &str, tag: &str) -> TagFinding {
        let topics = topics();
        let article = topics.prepare(title, "", None, &[], &Arc::default());
        topics.evaluate(tag, Some(&article))
    }

    #[test]
    fn a_tag_can_belong_without_being_written_there() {
        let check = |title: &str, tag: &str, evidence: Evidence, term: Option<&str>| {
            let found = under(title, tag);
            let tie = (found.evidence, found.evidence_term.as_deref());
            assert_eq!(tie, (evidence, term), "{tag}");
        };
        check("ＥＵ增稅", "歐盟", Evidence::SameTopic, Some("ＥＵ"));
        check("砲彈告急", "軍事", Evidence::NarrowerTopic, Some("砲彈"));
        check("火災現場", "中央社", Evidence::SameTopic, None);
        check("果膠的用途", "果膠酶", Evidence::Overlap, Some("果膠"));
        check("ＥＵ增稅", "歐盟關稅", Evidence::Overlap, Some("歐盟"));
        check("軍事演習", "砲彈", Evidence::Overlap, Some("軍事"));
        check("軍事演習", "棒球", Evidence::None, None);
        check("軍事演習", "🇹🇼", Evidence::Overlap, None);
        check(
            "中央選舉委員會說明",
            "中選會",
            Evidence::Overlap,
            Some("中央選舉委員會"),
        );
        check(
            "中選會說明",
            "中央選舉委員會",
            Evidence::Overlap,
            Some("中選會"),
        );
        check("今天很熱", "今天我最美", Evidence::None, None);
    }

    #[test]
    fn a_number_is_a_jersey_in_a_sports_story_alone() {
        assert!(under("棒球開打", "51").meaningless.is_none());
        assert!(under("歐盟增稅", "51").meaningless.is_some());
        assert!(under("密碼是 1234", "1234").meaningless.is_none());
        assert!(under("密碼", "1234").meaningless.is_some());
    }

    #[test]
    fn the_list_may_be_switched_off_and_must_be_sound() {
        let (none, _) = Topics::compile(&[]).unwrap();
        assert_eq!(none.counts(), (0, 0));
        let faults = |files: &[ListFile]| Topics::compile(files).unwrap_err().len();
        assert_eq!(
            faults(&[ListFile::new(
                FILE,
                "tag\tmatch\tnote\tsource\nb\tsometimes\t\tours\na\twhole\t\t\n"
            )]),
            3
        );
    }
}
