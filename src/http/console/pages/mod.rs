//! The pages, a file for each; the list of them all.

mod account;
mod accounts;
mod appeals;
mod audit;
mod bulk;
mod case;
mod comment;
mod comments;
mod health;
mod home;
mod members;
mod model;
mod queue;
mod rejudge;
mod replies;
mod reports;
mod ruling;
mod sign_in;
mod statistics;
mod suggestions;
mod try_text;
mod webhooks;
mod word_health;
mod word_steps;
mod words;

use super::{
    assets,
    layout::{Entry, Menu},
};
use crate::http::call::Call;

/// The pages of a file, and its entries in the menu. A page that stands in none has no route.
type Section = (&'static [&'static Call], &'static [Entry]);

/// One line for each file, in the order of the menu.
const SECTIONS: &[Section] = &[
    (&[&assets::GET], &[]),
    (home::PAGES, &[]),
    (sign_in::PAGES, &[]),
    (queue::PAGES, queue::MENU),
    (comments::PAGES, comments::MENU),
    (comment::PAGES, &[]),
    (members::PAGES, members::MENU),
    (appeals::PAGES, appeals::MENU),
    (rejudge::PAGES, &[]),
    (reports::PAGES, reports::MENU),
    (replies::PAGES, replies::MENU),
    (words::PAGES, words::MENU),
    (word_steps::PAGES, &[]),
    (suggestions::PAGES, &[]),
    (word_health::PAGES, word_health::MENU),
    (statistics::PAGES, statistics::MENU),
    (model::PAGES, model::MENU),
    (try_text::PAGES, try_text::MENU),
    (audit::PAGES, audit::MENU),
    (case::PAGES, &[]),
    (ruling::PAGES, &[]),
    (bulk::PAGES, &[]),
    (health::PAGES, health::MENU),
    (webhooks::PAGES, webhooks::MENU),
    (accounts::PAGES, accounts::MENU),
    (account::PAGES, account::MENU),
];

/// Every page.
pub fn pages() -> impl Iterator<Item = &'static Call> {
    SECTIONS.iter().flat_map(|(pages, _)| *pages).copied()
}

/// The menu.
pub fn menu() -> Menu {
    Menu(
        SECTIONS
            .iter()
            .flat_map(|(_, entries)| *entries)
            .copied()
            .collect(),
    )
}
