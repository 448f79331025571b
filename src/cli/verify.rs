//! `verify`: looks through a stopped data folder.

use super::{CANNOT, DONE, FAULTY, complain};
use crate::{app::say, config::Config, store};

/// 0: sound; 1: findings; 2: nobody could look.
pub(super) fn verify(config: &Config) -> u8 {
    let report = match store::verify(&config.data) {
        Ok(report) => report,
        Err(error) => {
            complain(&error);
            return CANNOT;
        }
    };
    for finding in &report.findings {
        say(&format!("{}: {}", finding.place, finding.what));
    }
    say(&format!(
        "留言 comments {}, 版本 revisions {}, 案件 cases {} (未結 open {}), 稽核 audit {}, 提交 commits {}, 列 rows {}",
        report.comments,
        report.revisions,
        report.cases,
        report.unresolved,
        report.audit_entries,
        report.commits,
        report.rows
    ));
    if report.findings.is_empty() {
        say("資料完好 / sound");
        DONE
    } else {
        let found = report.findings.len();
        say(&format!("{found} 項異常 / {found} findings"));
        FAULTY
    }
}
