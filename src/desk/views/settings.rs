//! A person's own settings.

use serde::Serialize;
use utoipa::ToSchema;

use crate::record::{Density, PersonalSettings, SpokenLanguage};

/// The caller's own settings, and what goes with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettingsView {
    /// `zh-TW` or `en`; null: as the browser asks.
    #[schema(value_type = Option<String>)]
    pub language: Option<SpokenLanguage>,
    /// Whether abusive texts are blurred until they are focused.
    pub blur: bool,
    /// `comfortable` or `compact`.
    #[schema(value_type = String)]
    pub density: Density,
    /// Whether single keys act.
    pub keys: bool,
    /// After how many minutes a break is suggested; null: never.
    pub break_minutes: Option<u32>,
    /// How many cases of severity 4 `POST /v1/cases/next` hands out in a row, self-harm apart; null: any number.
    pub gravest_in_a_row: Option<u32>,
    /// How many it has handed out in a row by now; a milder case or ten minutes without one end the run.
    pub gravest_run: u32,
    /// Whether the limit is reached, so that only milder cases and self-harm are handed out.
    pub spares_gravest: bool,
    /// What the caller did today.
    pub today: TodayView,
}

/// What the caller did on one day of the board's time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TodayView {
    /// The day, `2026-11-30`.
    pub day: String,
    /// How many cases they ruled or escalated, without what was undone.
    pub ruled: u64,
}

impl SettingsView {
    /// Settings with the length of the run.
    pub fn of(settings: &PersonalSettings, gravest_run: u32, today: TodayView) -> Self {
        let limit = settings.gravest_in_a_row;
        Self {
            language: settings.language,
            blur: settings.blur,
            density: settings.density,
            keys: settings.keys,
            break_minutes: settings.break_minutes,
            gravest_in_a_row: limit,
            gravest_run,
            spares_gravest: limit.is_some_and(|limit| gravest_run >= limit),
            today,
        }
    }
}
