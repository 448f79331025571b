//! Nicknames that pretend to be the board, its staff or somebody else.

use crate::text::{
    Disguises, FoldedText, LineFault, ListFile, Match, Needle, Needles, Span, Table,
};

const FILE: &str = "impersonation.tsv";

/// A protected name found in a nickname.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameHit {
    /// The name as it is listed.
    pub name: String,
    /// Its place in the nickname.
    pub span: Span,
    /// What was undone to see it.
    pub how: Disguises,
}

/// Protected names, compiled once.
#[derive(Debug)]
pub struct Impersonation {
    listed: Vec<String>,
    needles: Needles,
}

impl Impersonation {
    /// Compiles `impersonation.tsv`; other lists are passed over, and without it no name is protected.
    pub fn compile(files: &[ListFile]) -> Result<(Self, Vec<LineFault>), Vec<LineFault>> {
        let mut names = Vec::new();
        let mut faults = Vec::new();
        for file in files.iter().filter(|file| file.name == FILE) {
            let mut table = Table::read(file, &["name", "match", "note", "source"]);
            table.check_twice(|row| FoldedText::new(row.cell(0)).full().to_owned());
            for row in std::mem::take(&mut table.rows) {
                names.extend(name(&mut table, row.line, row.cell(0), row.cell(1)));
            }
            faults.append(&mut table.faults);
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let (listed, needles): (Vec<_>, Vec<_>) = names.into_iter().unzip();
        let needles = Needles::new(needles).map_err(|_| {
            vec![LineFault::new(
                FILE,
                0,
                "詞表太大，無法編譯",
                "the list is too large",
            )]
        })?;
        Ok((Self { listed, needles }, Vec::new()))
    }

    /// Every protected name in a nickname, by start, then longer first.
    pub fn find(&self, nickname: &str) -> Vec<NameHit> {
        let text = FoldedText::new(nickname);
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
        hits.sort_by_key(|hit| (hit.span.start, std::cmp::Reverse(hit.span.end)));
        hits
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
    asks: &str,
) -> Option<(String, (Needle, Match))> {
    let needle = Needle::new(listed);
    if needle.is_none() && !listed.is_empty() {
        table.fault(
            line,
            format!("「{listed}」折疊後是空的"),
            format!("\"{listed}\" folds to nothing"),
        );
    }
    let asked = Match::parse(asks);
    if asked.is_none() {
        let zh = format!("match 應為 anywhere、word 或 whole，不是「{asks}」");
        table.fault(
            line,
            zh,
            format!("match is anywhere, word or whole, not \"{asks}\""),
        );
    }
    Some((listed.to_owned(), (needle?, asked?)))
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
    fn protected_names_are_seen_through_their_disguises() {
        assert_eq!(found("討論區管理員"), "管理員=管理員{}");
        assert_eq!(found("管 理 員"), "管理員=管 理 員{\"separators\"}");
        assert_eq!(found("管理员"), "管理員=管理员{\"variant\"}");
        assert_eq!(found("U.D.N小編"), "udn=U.D.N{\"case\", \"separators\"}");
        assert_eq!(found("★官方★"), "官方=官方{}");
    }

    #[test]
    fn ordinary_names_pass() {
        for nickname in ["非官方", "sudnow", "南港阿明", "管理系學生", ""] {
            assert_eq!(found(nickname), "", "{nickname}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let list = "name\tmatch\tnote\tsource\n。\tword\t\tours\n官方\tmaybe\t\t\n";
        assert_eq!(
            Impersonation::compile(&[ListFile::new(FILE, list)])
                .unwrap_err()
                .len(),
            3
        );
    }
}
