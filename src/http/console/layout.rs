//! The frame of every page: the menu by role, the toast, the assets.

use super::{
    assets::{ICON, SCRIPT, STYLE},
    flash::{Told, Undoable},
    form, names,
    text::Texts,
};
use crate::{
    access::{Caller, Requirement},
    desk::views::SettingsView,
    http::problem::Language,
    record::Density,
    time::Timestamp,
};

/// Where an entry of the menu stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the bar, for what moderators open all day.
    Bar,
    /// Under “more”.
    More,
    /// Under the name of whoever is signed in.
    Own,
}

/// An entry of the menu.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The page.
    pub path: &'static str,
    /// Its name in Traditional Chinese.
    pub zh_tw: &'static str,
    /// Its name in English.
    pub en: &'static str,
    /// Where it stands.
    pub place: Place,
    /// Who sees it: those who may open the page.
    pub requirement: Requirement,
}

/// The whole menu, for the pages to show their part of.
pub struct Menu(pub Vec<Entry>);

/// What the frame is made from.
pub struct Frame<'a> {
    pub caller: Option<&'a Caller>,
    pub language: Language,
    pub menu: Option<&'a Menu>,
    /// The path of the entry that the page belongs to.
    pub section: &'a str,
    /// The page's own address.
    pub address: String,
    pub token: String,
    pub told: Option<Told>,
    pub undoable: Option<Undoable>,
    pub now: Timestamp,
    pub settings: Option<&'a SettingsView>,
}

/// An entry as a visitor sees it.
pub struct Link {
    pub path: &'static str,
    pub label: &'static str,
    pub is_here: bool,
    place: Place,
}

/// The newest ruling that can be undone.
pub struct UndoToast {
    pub ruling: String,
    pub case: String,
    pub decision: &'static str,
    pub until_ms: i64,
    /// How long it can still be undone: `14:59`.
    pub left: String,
}

/// What `base.html` shows around every page.
pub struct Shell {
    pub t: &'static Texts,
    pub language: Language,
    pub name: Option<String>,
    pub role: &'static str,
    pub links: Vec<Link>,
    pub token: String,
    pub address: String,
    pub told: Option<&'static str>,
    pub undo: Option<UndoToast>,
    pub now_ms: i64,
    /// How the visitor wants the page to look: classes of the whole.
    pub look: &'static str,
    pub has_keys: bool,
    pub break_minutes: Option<u32>,
    /// How many cases they ruled today.
    pub today: Option<u64>,
}

impl Shell {
    /// The frame of a page.
    pub fn new(frame: Frame<'_>) -> Self {
        let language = frame.language;
        let (name, role) = match frame.caller {
            Some(Caller::Person { name, role }) => {
                (Some(name.to_string()), names::role(*role, language))
            }
            _ => (None, ""),
        };
        let entries = frame.menu.iter().flat_map(|menu| &menu.0);
        let links = entries
            .filter(|entry| {
                frame
                    .caller
                    .is_some_and(|caller| caller.meets(entry.requirement))
            })
            .map(|entry| Link {
                path: entry.path,
                label: language.pick(entry.zh_tw, entry.en),
                is_here: entry.path == frame.section,
                place: entry.place,
            });
        Self {
            t: Texts::of(language),
            language,
            name,
            role,
            links: links.collect(),
            token: frame.token,
            address: frame.address,
            told: frame.told.map(|told| told_text(told, Texts::of(language))),
            undo: frame.undoable.map(|undoable| UndoToast {
                ruling: undoable.ruling.to_string(),
                case: undoable.case.to_string(),
                decision: names::done(undoable.decision, language),
                until_ms: undoable.until.as_ms(),
                left: minutes(undoable.until.ms_since(frame.now) / 1_000),
            }),
            now_ms: frame.now.as_ms(),
            look: frame.settings.map_or("", look),
            has_keys: frame.settings.is_none_or(|settings| settings.keys),
            break_minutes: frame.settings.and_then(|settings| settings.break_minutes),
            today: frame
                .settings
                .map(|settings| settings.today.ruled)
                .filter(|ruled| *ruled > 0),
        }
    }

    /// The language's tag.
    pub const fn lang(&self) -> &'static str {
        self.language.tag()
    }

    /// Where the other language is chosen, and back to this page.
    pub fn other_language(&self) -> String {
        let to = match self.language {
            Language::ZhTw => Language::En,
            Language::En => Language::ZhTw,
        };
        form::Fields::default().address(
            "/console/language",
            &[],
            &[("to", to.tag()), ("back", &self.address)],
        )
    }

    /// The links of the bar.
    pub fn bar(&self) -> impl Iterator<Item = &Link> {
        self.at(Place::Bar)
    }

    /// The links under “more”.
    pub fn more(&self) -> impl Iterator<Item = &Link> {
        self.at(Place::More)
    }

    /// The links under the visitor's name.
    pub fn own(&self) -> impl Iterator<Item = &Link> {
        self.at(Place::Own)
    }

    /// Whether there is anything under “more”.
    pub fn has_more(&self) -> bool {
        self.more().next().is_some()
    }

    /// The name of the open page under “more”, so that a closed menu says where one is.
    pub fn more_here(&self) -> Option<&'static str> {
        self.more().find(|link| link.is_here).map(|link| link.label)
    }

    fn at(&self, place: Place) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(move |link| link.place == place)
    }

    /// The keys, as they are explained.
    pub const fn keys(&self) -> [(&'static str, &'static str); 17] {
        let t = self.t;
        [
            ("J K", t.key_move),
            ("O", t.key_open),
            ("A", t.key_approve),
            ("R", t.key_remove),
            ("T", t.key_tags),
            ("E", t.key_escalate),
            ("S", t.key_sanction),
            ("N", t.key_note),
            ("Y", t.key_reply),
            ("G", t.key_group),
            ("U", t.key_undo),
            ("X", t.key_select),
            (".", t.key_news),
            ("B", t.key_reveal),
            ("/", t.key_search),
            ("?", t.keys_title),
            ("Esc", t.key_back),
        ]
    }

    /// The stylesheet.
    pub fn style(&self) -> &'static str {
        &STYLE.path
    }

    /// The script.
    pub fn script(&self) -> &'static str {
        &SCRIPT.path
    }

    /// The icon.
    pub fn icon(&self) -> &'static str {
        &ICON.path
    }
}

/// A time in seconds as `14:59`.
fn minutes(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

const fn look(settings: &SettingsView) -> &'static str {
    match (settings.blur, settings.density) {
        (true, Density::Comfortable) => "blur",
        (true, Density::Compact) => "blur compact",
        (false, Density::Comfortable) => "",
        (false, Density::Compact) => "compact",
    }
}

fn told_text(told: Told, t: &'static Texts) -> &'static str {
    match told {
        Told::Saved => t.told_saved,
        Told::Noted => t.told_noted,
        Told::Released => t.told_released,
        Told::Skipped => t.told_skipped,
        Told::Undone => t.told_undone,
        Told::NotUndone => t.told_not_undone,
        Told::TooManyClaims => t.told_too_many_claims,
        Told::SignedOut => t.told_signed_out,
        Told::NothingWaits => t.told_nothing_waits,
    }
}
