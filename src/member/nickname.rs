//! Nicknames that impersonate the board, its staff or a public figure.

use super::{
    figure_name::FigureNames,
    look_alike::{LookAlike, alike},
    staff_title::StaffTitles,
};
use crate::text::{
    BoundaryRule, Disguises, FoldedText, LineFault, ListFile, Span, Table, TermMatcher,
    TermMatchers,
};

const FILE: &str = "impersonation.tsv";
const FIGURES: &str = "public_figures.tsv";

/// A protected name found in a nickname.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameHit {
    /// The listed name.
    pub name: String,
    /// Where, in the nickname.
    pub span: Span,
    /// The disguises that were undone.
    pub how: Disguises,
}

/// Protected names, compiled once.
#[derive(Debug)]
pub struct Impersonation {
    listed: Vec<String>,
    needles: TermMatchers,
    /// The index of the name of each skeleton.
    alike: Vec<usize>,
    /// The names as skeletons, for those that have one.
    alike_needles: TermMatchers,
    /// The names of `impersonation.tsv` that are titles.
    titles: StaffTitles,
    /// Those of `public_figures.tsv`.
    figures: FigureNames,
}

impl Impersonation {
    /// Compiles `impersonation.tsv` and `public_figures.tsv`; other lists are passed over, and without them no name is
    /// protected.
    pub fn compile(files: &[ListFile]) -> Result<(Self, Vec<LineFault>), Vec<LineFault>> {
        let mut names = Vec::new();
        let (mut titles, mut figures) = (0..0, 0..0);
        let mut faults = Vec::new();
        for file in files
            .iter()
            .filter(|file| [FILE, FIGURES].contains(&file.name.as_str()))
        {
            let mut table = Table::read(file, &["name", "match", "note", "source"]);
            table.check_twice(|row| FoldedText::new(row.cell(0)).full().to_owned());
            let first = names.len();
            for row in std::mem::take(&mut table.rows) {
                names.extend(name(&mut table, row.line, row.cell(0), row.cell(1)));
            }
            faults.append(&mut table.faults);
            let range = if file.name == FILE {
                &mut titles
            } else {
                &mut figures
            };
            *range = first..names.len();
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let (listed, needles): (Vec<_>, Vec<_>) = names.into_iter().unzip();
        let alike = alike(&needles);
        let listed_titles = listed.get(titles.clone()).unwrap_or_default();
        let titles = StaffTitles::new(titles.zip(listed_titles.iter().map(String::as_str)));
        let listed_figures = listed.get(figures.clone()).unwrap_or_default();
        let figures = FigureNames::new(figures.zip(listed_figures.iter().map(String::as_str)));
        let compiled = TermMatchers::new(needles).and_then(|needles| {
            let alike_needles = TermMatchers::new(alike.iter().map(|(_, needle)| needle.clone()))?;
            Ok(Self {
                listed,
                needles,
                alike: alike.iter().map(|(nth, _)| *nth).collect(),
                alike_needles,
                titles,
                figures,
            })
        });
        let too_large = |_| {
            let (zh_tw, en) = ("詞表太大，無法編譯", "the list is too large");
            vec![LineFault::new(FILE, 0, zh_tw, en)]
        };
        compiled.map(|names| (names, Vec::new())).map_err(too_large)
    }

    /// Every protected name in a nickname, by start, then longer first.
    pub fn find(&self, nickname: &str) -> Vec<NameHit> {
        let text = FoldedText::new(nickname);
        let split = LookAlike::split(nickname);
        let skeleton = split.skeleton();
        let mut hits: Vec<NameHit> = self
            .needles
            .find_in(&text)
            .filter_map(|(nth, found)| {
                Some(NameHit {
                    name: self.listed.get(nth)?.clone(),
                    span: found.span,
                    how: found.how,
                })
            })
            .collect();
        let in_words = split.find(&self.needles);
        let look_alikes = skeleton
            .find(&self.alike_needles)
            .filter_map(|(nth, found)| Some((*self.alike.get(nth)?, found)));
        let others = in_words.chain(look_alikes);
        let others = others.map(|(nth, found)| (nth, found.span, found.how));
        for (nth, span, how) in others.chain(self.title_in(&split)) {
            let known = |hit: &NameHit| hit.span.start < span.end && span.start < hit.span.end;
            if let Some(name) = self.listed.get(nth).filter(|_| !hits.iter().any(known)) {
                let name = name.clone();
                hits.push(NameHit { name, span, how });
            }
        }
        hits.sort_by_key(|hit| (hit.span.start, std::cmp::Reverse(hit.span.end)));
        hits
    }

    /// The title or the public figure that the nickname is, with what may stand beside one.
    fn title_in(&self, split: &LookAlike) -> Option<(usize, Span, Disguises)> {
        let text = FoldedText::new(split.text());
        let found = self
            .titles
            .find(&text)
            .or_else(|| self.figures.find(&text))?;
        let how = found
            .how
            .into_iter()
            .fold(Disguises::default(), Disguises::with);
        Some((found.nth, split.span(text.span(found.places)), how))
    }

    /// How many names are protected.
    pub fn count(&self) -> usize {
        self.listed.len()
    }
}

fn name(
    table: &mut Table<'_>,
    line: u32,
    listed: &str,
    boundary: &str,
) -> Option<(String, (TermMatcher, BoundaryRule))> {
    let needle = TermMatcher::new(listed);
    if needle.is_none() && !listed.is_empty() {
        table.fault(
            line,
            format!("「{listed}」正規化後沒有內容"),
            format!("\"{listed}\" folds to nothing"),
        );
    }
    let rule = BoundaryRule::parse(boundary);
    if rule.is_none() {
        let zh = format!("match 應為 anywhere、word 或 whole，不是「{boundary}」");
        table.fault(
            line,
            zh,
            format!("match is anywhere, word or whole, not \"{boundary}\""),
        );
    }
    Some((listed.to_owned(), (needle?, rule?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn found(nickname: &str) -> String {
        let list = "name\tmatch\tnote\tsource\nudn\tword\t\tours\n官方\twhole\t\tours\n管理員\tanywhere\t\tours\n";
        let names = Impersonation::compile(&[ListFile::new(FILE, list)])
            .unwrap()
            .0;
        let hits = names.find(nickname);
        hits.iter()
            .map(|hit| format!("{}={}{:?}", hit.name, hit.span.slice(nickname), hit.how))
            .collect()
    }

    #[test]
    fn protected_names_are_found_in_disguise() {
        assert_eq!(found("討論區管理員"), "管理員=管理員{}");
        assert_eq!(found("管 理 員"), "管理員=管 理 員{\"separators\"}");
        assert_eq!(found("管理员"), "管理員=管理员{\"variant\"}");
        assert_eq!(found("U.D.N小編"), "udn=U.D.N{\"case\", \"separators\"}");
        assert_eq!(found("★官方★"), "官方=官方{}");
    }

    #[test]
    fn look_alikes_are_found() {
        assert_eq!(found("☆彡官方☆"), "官方=官方{}");
        assert_eq!(found("υdn"), "udn=υdn{\"variant\"}");
        assert_eq!(found("uԁn小編"), "udn=uԁn{\"variant\"}");
        assert_eq!(found("管理員阿明"), "管理員=管理員{}");
        assert_eq!(found("UdnFan"), "udn=Udn{\"case\"}");
        assert_eq!(found("udn2026"), "udn=udn{}");
        assert_eq!(found("☆彡u_d_n☆"), "udn=u_d_n{\"separators\"}");
        assert_eq!(found("\u{202e}員理管"), "管理員=員理管{\"reversed\"}");
        assert_eq!(
            found("\u{202e}u\u{200b}dn"),
            "udn=u\u{200b}dn{\"separators\"}"
        );
    }

    #[test]
    fn a_public_figure_is_the_whole_name_or_with_a_suffix() {
        let list = "name\tmatch\tnote\tsource\n王大明\twhole\t\tours\n";
        let names = Impersonation::compile(&[ListFile::new(FIGURES, list)])
            .unwrap()
            .0;
        let hit = |nickname: &str| !names.find(nickname).is_empty();
        assert!(hit("王大明") && hit("♡王大明♡") && hit("王大明本人") && hit("王大明粉專"));
        assert!(!hit("王大明的鄰居") && !hit("王大") && !hit("小王大明"));
    }

    #[test]
    fn ordinary_names_pass() {
        for nickname in [
            "udnfan",
            "sudnow2",
            "Sudn",
            "非官方",
            "sudnow",
            "南港阿明",
            "管理系學生",
            "",
        ] {
            assert_eq!(found(nickname), "", "{nickname}");
        }
    }

    #[test]
    fn all_faults_are_reported_at_once() {
        let list = "name\tmatch\tnote\tsource\n。\tword\t\tours\n官方\tmaybe\t\t\n";
        assert_eq!(
            Impersonation::compile(&[ListFile::new(FILE, list)])
                .unwrap_err()
                .len(),
            3
        );
    }
}
