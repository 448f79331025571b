//! `check` and `try`: what lists and rules are worth, and what they do to a text.

use clap::Args;

use super::{DONE, FAULTY, complain};
use crate::{
    app::{places, say},
    config::Config,
    control::Refusal,
    desk::{
        self, TryDraft,
        views::{CandidateView, ReasonView, TryView},
    },
    policy::Rulebook,
    reload::{self, Keep},
};

/// A text to judge.
#[derive(Debug, Args)]
pub(super) struct Try {
    /// 留言 / the comment
    text: String,
    /// 暱稱 / the nickname beside it
    #[arg(long, value_name = "NAME")]
    nickname: Option<String>,
    /// 標籤,可重複 / a tag; may repeat
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// 輸出 JSON,如 POST /v1/try / the JSON of POST /v1/try
    #[arg(long)]
    json: bool,
}

/// Every fault of lists and rules, a line each; counts where there is none.
pub(super) fn check(config: &Config) -> u8 {
    let files = places(config).read();
    let compiled = files.and_then(|files| Rulebook::compile(&files, 0));
    match compiled {
        Err(faults) => {
            for fault in &faults {
                say(&fault.to_string());
            }
            let found = faults.len();
            say(&format!("{found} 個錯誤 / {found} faults"));
            FAULTY
        }
        Ok(rulebook) => {
            for warning in &rulebook.warnings {
                say(&format!("警告 warning {warning}"));
            }
            for (what, count) in desk::counts(&rulebook) {
                say(&format!("{what} {count}"));
            }
            say(&format!(
                "詞表與規則無誤 / lists and rules are sound ({})",
                places(config).told()
            ));
            DONE
        }
    }
}

/// What would be decided about a text, and how that comes about.
pub(super) fn try_text(config: &Config, what: Try) -> u8 {
    let prepared = match reload::prepare(&places(config), &Keep::in_data(&config.data)) {
        Ok(prepared) => prepared,
        Err(faults) => {
            faults.iter().for_each(complain);
            return FAULTY;
        }
    };
    prepared.faults.iter().for_each(complain);
    let draft = TryDraft {
        body: Some(what.text),
        nickname: what.nickname,
        tags: what.tags,
        article: None,
    };
    match desk::try_by(&prepared.rulebook, draft) {
        Ok(view) => tell(&view, what.json),
        Err(error) => {
            complain(&Refusal::from(error));
            FAULTY
        }
    }
}

fn tell(view: &TryView, as_json: bool) -> u8 {
    if as_json {
        match serde_json::to_string_pretty(view) {
            Ok(json) => say(&json),
            Err(error) => {
                complain(&error);
                return FAULTY;
            }
        }
        return DONE;
    }
    let told = &view.moderation;
    say(&format!("判定 verdict   {}", told.verdict.name()));
    if let Some(would_be) = told.would_be {
        say(&format!("若採計 would be {}", would_be.name()));
    }
    for tag in told.surfaces.tags.iter().flatten() {
        say(&format!("標籤 tag       {} {}", tag.tag, tag.verdict.name()));
    }
    say(&format!("規則書 rulebook {}", told.rulebook));
    say("理由 reasons");
    for reason in &told.reasons {
        say(&format!("  {}", reason_line(reason)));
    }
    say("折疊後 folded");
    for folded in &view.folded {
        let place = place(folded.surface.name(), folded.tag.as_deref());
        say(&format!("  {place}: {}", folded.text));
    }
    say("候選 candidates");
    for candidate in &view.candidates {
        say(&format!("  {}", candidate_line(candidate)));
    }
    DONE
}

fn reason_line(reason: &ReasonView) -> String {
    let surface = reason.surface.map_or("-", |surface| surface.name());
    let found = match (&reason.term, &reason.matched, reason.start, reason.end) {
        (Some(term), Some(matched), Some(start), Some(end)) => {
            format!(" 「{term}」←「{matched}」 {start}-{end}")
        }
        _ => String::new(),
    };
    format!(
        "{} {} {}{found}{}",
        reason.code.name(),
        reason.severity,
        place(surface, reason.tag.as_deref()),
        undone(&serde_json::json!(reason.how)),
    )
}

fn candidate_line(candidate: &CandidateView) -> String {
    let fate = match &candidate.dropped {
        None => "成立 stands".to_owned(),
        Some(dropped) => {
            let by = serde_json::json!(dropped.by);
            format!(
                "剔除 dropped by {}:{}",
                by.as_str().unwrap_or_default(),
                dropped.what
            )
        }
    };
    format!(
        "{} {} {} 「{}」←「{}」 {}-{}{} → {fate}",
        candidate.code.name(),
        candidate.severity,
        place(candidate.surface.name(), candidate.tag.as_deref()),
        candidate.term,
        candidate.matched,
        candidate.start,
        candidate.end,
        undone(&serde_json::json!(candidate.how)),
    )
}

fn place(surface: &str, tag: Option<&str>) -> String {
    match tag {
        Some(tag) => format!("{surface}「{tag}」"),
        None => surface.to_owned(),
    }
}

/// The disguises undone, by their names.
fn undone(how: &serde_json::Value) -> String {
    let names: Vec<&str> = how
        .as_array()
        .map(|how| how.iter().filter_map(serde_json::Value::as_str).collect())
        .unwrap_or_default();
    if names.is_empty() {
        String::new()
    } else {
        format!(" [{}]", names.join(" "))
    }
}
