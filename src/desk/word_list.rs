//! The words as a list: those of the files and the board's own.

use super::{
    error::DeskError,
    page::{List, PageQuery},
    query::QueryCheck,
    views::WordView,
    words::Words,
};
use crate::{
    lexicon::ListCode,
    record::{WordKind, WordList},
    text::fold::folded,
};

/// The filters as the caller wrote them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct WordQuery {
    pub q: Option<String>,
    pub code: Option<String>,
    pub origin: Option<String>,
    pub author: Option<String>,
    pub retired: Option<String>,
    pub page: PageQuery,
}

/// Which words are wanted; different filters are "and".
struct WordFilter {
    text: Option<String>,
    lists: Vec<WordList>,
    origin: Option<String>,
    author: Option<String>,
    retired: Option<bool>,
}

/// Where a word comes from, as it is shown.
const ORIGINS: [&str; 3] = ["files", "changed", "added"];

impl WordQuery {
    fn parse(&self) -> Result<WordFilter, DeskError> {
        let mut check = QueryCheck::new();
        let filter = WordFilter {
            text: check.single("q", &self.q, |raw| Some(folded(raw))),
            lists: check.multiple("code", &self.code, |raw| {
                let code = ListCode::ALL.into_iter().find(|code| code.name() == raw);
                code.map(WordList::of_code)
            }),
            origin: check.single("origin", &self.origin, |raw| {
                ORIGINS.contains(&raw).then(|| raw.to_owned())
            }),
            author: check.single("author", &self.author, |raw| Some(raw.to_owned())),
            retired: check.single("retired", &self.retired, |raw| raw.parse().ok()),
        };
        check.finish()?;
        Ok(filter)
    }
}

impl WordFilter {
    /// Whether a row with these cells is wanted.
    fn wants(&self, list: WordList, cells: &[String]) -> bool {
        (self.lists.is_empty() || self.lists.contains(&list))
            && self.text.as_ref().is_none_or(|text| {
                // its text and its spellings
                let texts = [cells.first(), cells.get(6)].into_iter().flatten();
                texts.map(|of| folded(of)).any(|of| of.contains(text))
            })
    }

    fn wants_view(&self, view: &WordView) -> bool {
        let facts = view.facts();
        let author = facts.author.as_ref().map(ToString::to_string);
        self.retired.is_none_or(|retired| facts.retired == retired)
            && self.origin.as_ref().is_none_or(|of| facts.origin == of)
            && (self.author.is_none() || self.author == author)
    }
}

impl Words {
    /// The words of a kind, by their texts: of the files, with what the board made of them, and its own. The examples of the
    /// files are no part of the rulebook, so of examples only the board's own.
    pub fn list(&self, kind: WordKind, query: &WordQuery) -> Result<List<WordView>, DeskError> {
        let filter = query.parse()?;
        let rulebook = self.base.rules();
        let words = &rulebook.origin.words;
        let is_of = |list: WordList| list.kind() == kind;
        let rows = rulebook.file_rows().iter();
        let rows = rows.filter(|row| is_of(row.list) && !words.replaces(&row.id));
        let rows = rows.filter(|row| filter.wants(row.list, &row.cells));
        let own = words.iter().filter(|of| is_of(of.word.list));
        let own = own.filter(|of| filter.wants(of.word.list, &of.word.cells));
        let all = rows.map(WordView::from).chain(own.map(WordView::from));
        let mut all: Vec<WordView> = all.filter(|view| filter.wants_view(view)).collect();
        all.sort_by(|left, right| name_of(left).cmp(&name_of(right)));
        query.page.paginate(kind.name(), all, |view| {
            let (text, id) = name_of(view);
            format!("{text}\t{id}")
        })
    }

    /// One of them, by its id.
    pub fn word(&self, kind: WordKind, id: &str) -> Result<WordView, DeskError> {
        let rulebook = self.base.rules();
        let own = rulebook.origin.words.get(id);
        let own = own.filter(|of| of.word.list.kind() == kind);
        let of_files = || {
            let mut rows = rulebook.file_rows().iter();
            rows.find(|row| row.id == id && row.list.kind() == kind)
        };
        let found = own
            .map(WordView::from)
            .or_else(|| of_files().map(WordView::from));
        found.ok_or(DeskError::NotFound)
    }
}

fn name_of(view: &WordView) -> (&str, &str) {
    (view.text(), &view.facts().id)
}
