//! A person's own settings, and their own count of the day. Nobody else is shown either.

use std::sync::Arc;

use super::{
    base::Base,
    error::DeskError,
    fields::Faults,
    retried::retried,
    state::GravestRuns,
    views::{SettingsView, TodayView},
};
use crate::{
    access::Caller,
    intake::FieldFault,
    record::{
        AccountWrite, Actor, AuditAction, AuditSubject, BREAK_MINUTES_MAX, Density,
        GRAVEST_IN_A_ROW_MAX, PersonalSettings, SpokenLanguage, Tally, TallyOf, User, UserName,
    },
    time::date_of_day,
};

/// Settings as a person sends them, unchecked; what is absent is as it was shipped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct SettingsDraft {
    pub language: Option<String>,
    pub blur: Option<bool>,
    pub density: Option<String>,
    pub keys: Option<bool>,
    pub break_minutes: Option<u32>,
    pub gravest_in_a_row: Option<u32>,
}

impl SettingsDraft {
    /// Checks every field and reports every fault.
    fn parse(self) -> Result<PersonalSettings, DeskError> {
        let (mut faults, shipped) = (Faults::default(), PersonalSettings::default());
        let language = faults.optional(self.language, |raw| {
            let (zh_tw, en) = ("須為 zh-TW 或 en", "one of zh-TW, en");
            let known = SpokenLanguage::parse(&raw);
            known.ok_or_else(|| FieldFault::invalid("/language", zh_tw, en))
        });
        let density = faults.optional(self.density, |raw| {
            let (zh_tw, en) = ("須為 comfortable 或 compact", "one of comfortable, compact");
            Density::parse(&raw).ok_or_else(|| FieldFault::invalid("/density", zh_tw, en))
        });
        let mut limited = |number: Option<u32>, pointer: &str, most: u32| {
            let number = number?;
            let (zh_tw, en) = (format!("須為 1 到 {most}"), format!("1 to {most}"));
            let fault = FieldFault::invalid(pointer, zh_tw, en);
            faults.checked((1..=most).contains(&number).then_some(number).ok_or(fault))
        };
        let break_minutes = limited(self.break_minutes, "/break_minutes", BREAK_MINUTES_MAX);
        let gravest_in_a_row = limited(
            self.gravest_in_a_row,
            "/gravest_in_a_row",
            GRAVEST_IN_A_ROW_MAX,
        );
        faults.finish(Some(PersonalSettings {
            language,
            blur: self.blur.unwrap_or(shipped.blur),
            density: density.unwrap_or(shipped.density),
            keys: self.keys.unwrap_or(shipped.keys),
            break_minutes,
            gravest_in_a_row,
        }))
    }
}

/// People's own settings.
pub struct Personal {
    pub(super) base: Arc<Base>,
    pub(super) runs: Arc<GravestRuns>,
}

impl Personal {
    /// The caller's settings.
    pub async fn settings(&self, caller: &Caller) -> Result<SettingsView, DeskError> {
        let user = self.base.user(name_of(caller)?).await?;
        self.view(caller, user.settings.unwrap_or_default()).await
    }

    /// Replaces the caller's settings. Equal ones write nothing. The audit says that they changed, not to what: how somebody
    /// bears their work is nobody else's business.
    pub async fn change_settings(
        &self,
        caller: &Caller,
        draft: SettingsDraft,
    ) -> Result<SettingsView, DeskError> {
        let (name, settings) = (name_of(caller)?, draft.parse()?);
        retried(|| async {
            let accounts = self.base.change_accounts().await?;
            let user = self.base.user(name).await?;
            if user.settings.unwrap_or_default() == settings {
                return Ok(());
            }
            let user = User {
                settings: Some(settings),
                ..user
            };
            let subject = AuditSubject::User(name.to_string());
            let audit = accounts.audit(caller, AuditAction::SettingsChanged, subject);
            let write = vec![AccountWrite::User(user)];
            accounts.commit(write, audit, None).await
        })
        .await?;
        self.view(caller, settings).await
    }

    async fn view(
        &self,
        caller: &Caller,
        settings: PersonalSettings,
    ) -> Result<SettingsView, DeskError> {
        let actor = caller.actor();
        let run = self.runs.count(&actor, self.base.clock.now());
        let today = self.today(&actor).await?;
        Ok(SettingsView::of(&settings, run, today))
    }

    async fn today(&self, actor: &Actor) -> Result<TodayView, DeskError> {
        let day = self.base.clock.now().day_in(&self.base.settings.time_zone);
        let own = TallyOf::Moderator(actor.to_string());
        let counted = self.base.store.tallies(day, day, &own).await?;
        let own = counted.iter().find(|row| row.of == own);
        Ok(TodayView {
            day: date_of_day(day),
            ruled: own.map_or(0, |row| ruled(&row.tally)),
        })
    }
}

/// How many rulings a tally counts. One of an earlier day that was undone today takes nothing away.
fn ruled(tally: &Tally) -> u64 {
    let ruled = tally.ruled_approve + tally.ruled_remove + tally.ruled_remove_tags;
    u64::try_from(ruled + tally.escalated).unwrap_or(0)
}

fn name_of(caller: &Caller) -> Result<&UserName, DeskError> {
    match caller {
        Caller::Person { name, .. } => Ok(name),
        Caller::Program { .. } | Caller::Operator => Err(DeskError::Forbidden),
    }
}
