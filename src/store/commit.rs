//! What can be written: a variant for each use case, each made by the core alone, and the plan it comes down to.

use crate::{
    id::{CommentId, MemberId, ReporterId, WebhookId},
    intake::{CaseChange, Erased, Filing, NicknameFiling, Purge, Rejudged, Withdrawal},
    record::{
        Appeal, Article, AuditDraft, AuditSubject, Case, Comment, Decision, Delivery, DueQaSample,
        Erasure, EventKind, FanOut, FanOutProgress, Key, MemberRecord, Note, Precondition,
        QaSample, Report, ReporterRecord, Revision, Ruling, Session, StoredAnswer, Subject,
        SubjectRecord, Tally, TallyOf, Token, User, WEBHOOKS_MAX, Webhook,
    },
    review::{RulingChange, SanctionChange, tallies_of_decision},
    time::Timestamp,
};

/// One use case's write.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one lives for the length of one request"
)]
pub enum Commit {
    /// A judged comment; what of it comes to a second look.
    File(Filing, Option<QaSample>, Option<StoredAnswer>),
    /// A report, an appeal, a case that was taken up or comes to a second look.
    Hear(Box<CaseChange>, Option<StoredAnswer>),
    /// A note for colleagues; the case with its holder's claim renewed, where they hold one.
    Note(Note, Option<Case>, AuditDraft, Option<StoredAnswer>),
    /// A reporter muted, heard again, or set aside; the cases that weigh otherwise for it.
    Reporter {
        /// The reporter.
        record: ReporterRecord,
        /// Their reports that change.
        reports: Vec<Report>,
        /// The cases with their new weights.
        cases: Vec<Case>,
        /// The story.
        audit: AuditDraft,
        /// The first answer, where the request asked to be remembered.
        answer: Option<StoredAnswer>,
    },
    /// A comment held, or held no longer.
    Hold(Comment, AuditDraft, Option<StoredAnswer>),
    /// What one ruling brings to many, some at a time.
    Spread {
        /// How far it has come, and what is told now.
        progress: FanOutProgress,
        /// What is told.
        news: Vec<EventKind>,
        /// A comment that was judged again.
        rejudged: Option<Box<Rejudged>>,
        /// Nothing is left of it.
        done: bool,
    },
    /// A second look that is due no more, and what it brings.
    Sampled(DueQaSample, Option<Box<CaseChange>>),
    /// Texts that go: comments with all that was written about them.
    Purge(Vec<Purge>, AuditDraft),
    /// What is kept of a member without what they wrote.
    Erase(Erased),
    /// How far an erasure has come; the story, where there is one.
    Erasure(Erasure, Option<AuditDraft>),
    /// An erasure that has come to its end; the story.
    ErasureDone(Erasure, AuditDraft),
    /// News whose time is over, from this number to that.
    DropNews {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// Where news goes; the story, where people changed it.
    Webhook(Webhook, Option<AuditDraft>, Option<StoredAnswer>),
    /// A delivery that people want tried again; the story.
    Replay(Delivery, AuditDraft, Option<StoredAnswer>),
    /// What came of deliveries: how far a webhook has come, what is to be tried again, what has arrived.
    Delivered {
        /// The webhook and its new cursor.
        webhook: (WebhookId, u64),
        /// Deliveries that failed.
        failed: Vec<Delivery>,
        /// News that arrived, or is dropped.
        done: Vec<u64>,
    },
    /// An article; the story of it.
    PutArticle(Article, AuditDraft),
    /// A comment taken back.
    Withdraw(Withdrawal),
    /// A claim taken, renewed or given back.
    Claim {
        /// The case with its new claim.
        case: Case,
        /// The story; empty where a claim was merely renewed.
        audit: Vec<AuditDraft>,
        /// The first answer, where the request asked to be remembered.
        answer: Option<StoredAnswer>,
    },
    /// A ruling, or its undo.
    Rule {
        /// What it changes.
        change: RulingChange,
        /// The comment that it is about, with the change's mark on it.
        comment: Option<Comment>,
        /// What of it comes to a second look.
        sample: Option<QaSample>,
        /// The first answer, where the request asked to be remembered.
        answer: Option<StoredAnswer>,
    },
    /// A nickname judged without a comment.
    Nickname(NicknameFiling),
    /// A sanction laid or lifted outside a case.
    Sanction(SanctionChange, Option<StoredAnswer>),
    /// Users, keys, tokens, sessions.
    Accounts {
        /// What is written.
        writes: Vec<AccountWrite>,
        /// The story.
        audit: Vec<AuditDraft>,
        /// The edition of all accounts that this was made from.
        edition: u64,
        /// The first answer, where the request asked to be remembered.
        answer: Option<StoredAnswer>,
    },
    /// Something that happened beside any record: a rulebook that was loaded.
    Tell(AuditDraft),
    /// The database was copied anew: nothing in it was purged since.
    Compacted(AuditDraft),
    /// Only the first answer to a request that changed nothing.
    Remember(StoredAnswer),
    /// Keys and sign-ins that were used, and when; it moves no edition.
    Used(Vec<Key>, Vec<Session>),
}

/// One account record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the records describe themselves")]
pub enum AccountWrite {
    User(User),
    Key(Key),
    Token(Token),
    Session(Session),
    /// A sign-in that ended long ago: its row goes.
    Forgotten(Session),
}

/// One record to write. Records carry their new edition already.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A comment, and the revision that is newest no longer.
    Comment {
        /// The comment.
        comment: Comment,
        /// What its newest revision was.
        archived: Option<Revision>,
        /// The newest revision is new in this commit: the audit covers its digest.
        judged: bool,
        /// Tags that were ever flagged or ruled under the article: the comment is found by them.
        tags: Vec<String>,
    },
    /// A report.
    Report(Report),
    /// A reporter.
    Reporter(ReporterRecord),
    /// An appeal.
    Appeal(Appeal),
    /// A note.
    Note(Note),
    /// A second look to come.
    Sample(QaSample),
    /// A second look that has come.
    SampleDone(DueQaSample),
    /// How far news is spread; nothing is left of it where it is done.
    Spreading(FanOutProgress, bool),
    /// A webhook.
    Webhook(Webhook),
    /// How far a webhook has come; it moves no edition.
    WebhookCursor(WebhookId, u64),
    /// A delivery to be tried again, or a dead letter.
    Delivery(Delivery),
    /// An older revision whose text goes.
    RevisionGone(CommentId, u32),
    /// The way to a report from its comment and reporter.
    ReportOfGone(CommentId, ReporterId),
    /// What people wrote in the audit about a subject goes; where a time is given, what they wrote until then.
    Unsaid(AuditSubject, Option<Timestamp>),
    /// What a member asked to be erased.
    Erasure(Erasure),
    /// Nothing is left of it.
    ErasureDone(MemberId),
    /// News whose time is over.
    NewsGone(u64),
    /// A delivery that arrived.
    DeliveryDone(WebhookId, u64),
    /// An article.
    Article(Article),
    /// A case.
    Case(Case),
    /// A nickname's or a tag's record.
    Subject(SubjectRecord),
    /// A member's record.
    Member(MemberRecord),
    /// A ruling.
    Ruling(Ruling),
    /// An account; it moves the edition of all accounts.
    Account(AccountWrite),
    /// A key's last use; it moves no edition.
    KeyUsed(Key),
    /// A sign-in's last use; it moves no edition.
    SessionUsed(Session),
    /// The first answer to a request.
    Answer(StoredAnswer),
}

/// A commit, laid out: what must hold, what is written, what is told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Editions that must still be as they were read.
    pub expects: Vec<Precondition>,
    /// Records.
    pub writes: Vec<Write>,
    /// Audit entries, in order. A judged revision without any entry is told with all others of its batch.
    pub audit: Vec<AuditDraft>,
    /// What the board is told.
    pub events: Vec<EventKind>,
    /// What it is told one by one in the background.
    pub fan_outs: Vec<FanOut>,
    /// What is counted.
    pub tallies: Vec<(TallyOf, Tally)>,
    /// When what is counted was posted, where the board said so.
    pub posted_at: Option<Timestamp>,
    /// How many comments lose their text.
    pub purged: u64,
    /// The database was copied anew.
    pub compacted: bool,
}

impl Commit {
    /// Lays the commit out. Pure; every engine works on plans alone.
    pub fn plan(self) -> Plan {
        match self {
            Self::File(filing, sample, answer) => plan_filing(filing, sample, answer),
            Self::Hear(change, answer) => plan_case_change(*change, answer),
            Self::Note(note, case, audit, answer) => Plan {
                expects: case
                    .iter()
                    .map(|case| Precondition::Case(case.id, case.row_version - 1))
                    .collect(),
                writes: std::iter::once(Write::Note(note))
                    .chain(case.map(Write::Case))
                    .chain(answer.map(Write::Answer))
                    .collect(),
                audit: vec![audit],
                ..Plan::default()
            },
            Self::Reporter {
                record,
                reports,
                cases,
                audit,
                answer,
            } => plan_reporter(record, reports, cases, audit, answer),
            Self::Hold(comment, audit, answer) => Plan {
                expects: vec![Precondition::Comment(
                    comment.id.clone(),
                    comment.row_version - 1,
                )],
                writes: std::iter::once(written(comment))
                    .chain(answer.map(Write::Answer))
                    .collect(),
                audit: vec![audit],
                ..Plan::default()
            },
            Self::Spread {
                progress,
                news,
                rejudged,
                done,
            } => {
                let mut plan = rejudged.map_or_else(Plan::default, |one| plan_rejudged(*one));
                plan.writes.push(Write::Spreading(progress, done));
                plan.events.extend(news);
                plan
            }
            Self::Sampled(due, change) => {
                let mut plan =
                    change.map_or_else(Plan::default, |change| plan_case_change(*change, None));
                plan.writes.push(Write::SampleDone(due));
                plan
            }
            Self::Purge(purges, audit) => plan_purge(purges, audit),
            Self::Erase(erased) => plan_erased(erased),
            Self::Erasure(erasure, audit) => Plan {
                expects: vec![Precondition::Erasure(
                    erasure.member.clone(),
                    erasure.row_version - 1,
                )],
                writes: vec![Write::Erasure(erasure)],
                audit: audit.into_iter().collect(),
                ..Plan::default()
            },
            Self::ErasureDone(erasure, audit) => Plan {
                expects: vec![Precondition::Erasure(
                    erasure.member.clone(),
                    erasure.row_version,
                )],
                writes: vec![Write::ErasureDone(erasure.member)],
                audit: vec![audit],
                ..Plan::default()
            },
            Self::DropNews { first, last } => Plan {
                writes: (first..=last).map(Write::NewsGone).collect(),
                ..Plan::default()
            },
            Self::Webhook(webhook, audit, answer) => Plan {
                expects: std::iter::once(Precondition::Webhook(
                    webhook.id,
                    webhook.row_version - 1,
                ))
                .chain(
                    (webhook.row_version == 1).then_some(Precondition::WebhooksBelow(WEBHOOKS_MAX)),
                )
                .collect(),
                writes: std::iter::once(Write::Webhook(webhook))
                    .chain(answer.map(Write::Answer))
                    .collect(),
                audit: audit.into_iter().collect(),
                ..Plan::default()
            },
            Self::Replay(delivery, audit, answer) => Plan {
                writes: std::iter::once(Write::Delivery(delivery))
                    .chain(answer.map(Write::Answer))
                    .collect(),
                audit: vec![audit],
                ..Plan::default()
            },
            Self::Delivered {
                webhook: (id, cursor),
                failed,
                done,
            } => Plan {
                writes: std::iter::once(Write::WebhookCursor(id, cursor))
                    .chain(failed.into_iter().map(Write::Delivery))
                    .chain(done.into_iter().map(|news| Write::DeliveryDone(id, news)))
                    .collect(),
                ..Plan::default()
            },
            Self::PutArticle(article, audit) => Plan {
                writes: vec![Write::Article(article)],
                audit: vec![audit],
                ..Plan::default()
            },
            Self::Withdraw(withdrawal) => {
                let (comment, case, audit, expects) = withdrawal.into_parts();
                let comment = written(comment);
                let spreads = case
                    .iter()
                    .filter(|case| case.sources.contains(&crate::record::Source::Report))
                    .map(|case| FanOut::Reports(case.id))
                    .collect();
                Plan {
                    expects,
                    writes: std::iter::once(comment)
                        .chain(case.map(Write::Case))
                        .collect(),
                    audit,
                    fan_outs: spreads,
                    ..Plan::default()
                }
            }
            Self::Claim {
                case,
                audit,
                answer,
            } => Plan {
                expects: vec![Precondition::Case(case.id, case.row_version - 1)],
                writes: std::iter::once(Write::Case(case))
                    .chain(answer.map(Write::Answer))
                    .collect(),
                audit,
                ..Plan::default()
            },
            Self::Rule {
                change,
                comment,
                sample,
                answer,
            } => plan_ruling(change, comment, sample, answer),
            Self::Nickname(filing) => plan_nickname(filing),
            Self::Sanction(
                SanctionChange {
                    member,
                    audit,
                    sanction: _,
                    event: news,
                    fan_out: spread,
                },
                answer,
            ) => Plan {
                events: news.into_iter().collect(),
                fan_outs: spread.into_iter().collect(),
                expects: vec![Precondition::Member(
                    member.id.clone(),
                    member.row_version - 1,
                )],
                writes: std::iter::once(Write::Member(member))
                    .chain(answer.map(Write::Answer))
                    .collect(),
                audit: vec![audit],
                ..Plan::default()
            },
            Self::Accounts {
                writes,
                audit,
                edition,
                answer,
            } => Plan {
                expects: vec![Precondition::Accounts(edition)],
                writes: writes
                    .into_iter()
                    .map(Write::Account)
                    .chain(answer.map(Write::Answer))
                    .collect(),
                audit,
                ..Plan::default()
            },
            Self::Compacted(audit) => Plan {
                audit: vec![audit],
                compacted: true,
                ..Plan::default()
            },
            Self::Tell(audit) => Plan {
                audit: vec![audit],
                ..Plan::default()
            },
            Self::Remember(answer) => Plan {
                writes: vec![Write::Answer(answer)],
                ..Plan::default()
            },
            Self::Used(keys, sessions) => {
                let keys = keys.into_iter().map(Write::KeyUsed);
                let sessions = sessions.into_iter().map(Write::SessionUsed);
                Plan {
                    writes: keys.chain(sessions).collect(),
                    ..Plan::default()
                }
            }
        }
    }
}

/// A comment of which something beside its text has changed.
fn written(comment: Comment) -> Write {
    Write::Comment {
        comment,
        archived: None,
        judged: false,
        tags: Vec::new(),
    }
}

fn plan_filing(filing: Filing, sample: Option<QaSample>, answer: Option<StoredAnswer>) -> Plan {
    let parts = filing.into_parts();
    let newest = &parts.comment.newest;
    // What came along with a report is counted once the board hands it in.
    let tallies = if newest.backfill || parts.comment.provisional {
        Vec::new()
    } else {
        tallies_of_decision(&newest.decision)
    };
    let posted_at = newest.posted_at;
    let comment = Write::Comment {
        tags: found_by(&newest.decision, &parts.preconditions),
        comment: parts.comment,
        archived: parts.archived,
        judged: true,
    };
    let writes = std::iter::once(comment)
        .chain(parts.article.map(Write::Article))
        .chain(parts.cases.into_iter().map(Write::Case))
        .chain(parts.subjects.into_iter().map(Write::Subject))
        .chain(parts.member.map(Write::Member))
        .chain(sample.map(Write::Sample))
        .chain(answer.map(Write::Answer))
        .collect();
    Plan {
        expects: parts.preconditions,
        writes,
        audit: parts.audit,
        tallies,
        posted_at,
        ..Plan::default()
    }
}

/// The tags by which a comment is found: those that were ever flagged or ruled under its article.
fn found_by(decision: &Decision, expects: &[Precondition]) -> Vec<String> {
    let known = |tag: &str| {
        expects.iter().any(|expect| {
            matches!(expect, Precondition::Subject(Subject::Tag { tag: one, .. }, edition) if one == tag && *edition > 0)
        })
    };
    let tags = decision.tags.iter();
    let found_by = tags.filter(|tag| tag.off_topic || known(&tag.tag));
    found_by.map(|tag| tag.tag.clone()).collect()
}

fn plan_rejudged(rejudged: Rejudged) -> Plan {
    let comment = Write::Comment {
        tags: found_by(rejudged.comment.decision(), &rejudged.expects),
        comment: rejudged.comment,
        archived: None,
        judged: false,
    };
    Plan {
        expects: rejudged.expects,
        writes: std::iter::once(comment)
            .chain(rejudged.cases.into_iter().map(Write::Case))
            .chain(rejudged.subjects.into_iter().map(Write::Subject))
            .chain(rejudged.reports.into_iter().map(Write::Report))
            .collect(),
        audit: rejudged.audit,
        events: rejudged.event.into_iter().collect(),
        tallies: rejudged.tallies,
        ..Plan::default()
    }
}

fn plan_case_change(change: CaseChange, answer: Option<StoredAnswer>) -> Plan {
    let one = |tally: Tally| vec![(TallyOf::Day, tally)];
    let tallies = match (&change.report, &change.appeal) {
        (Some(_), _) => one(Tally {
            reports: 1,
            ..Tally::default()
        }),
        (None, Some(_)) => one(Tally {
            appeals: 1,
            ..Tally::default()
        }),
        (None, None) => Vec::new(),
    };
    // A report on what was removed already has ended with its making.
    let by_ruling = change.ruling.is_some();
    let ended = change
        .report
        .iter()
        .filter(|report| report.decision_point.is_none() || by_ruling);
    let news = ended.map(|report| EventKind::Report(report.id)).collect();
    let writes = change
        .case
        .map(Write::Case)
        .into_iter()
        .chain(change.comment.map(written))
        .chain(change.subject.map(Write::Subject))
        .chain(change.member.map(Write::Member))
        .chain(change.report.map(Write::Report))
        .chain(change.appeal.map(Write::Appeal))
        .chain(change.note.map(Write::Note))
        .chain(change.ruling.map(Write::Ruling))
        .chain(answer.map(Write::Answer))
        .collect();
    Plan {
        expects: change.expects,
        writes,
        audit: change.audit,
        events: news,
        tallies,
        ..Plan::default()
    }
}

fn plan_erased(erased: Erased) -> Plan {
    let asked = erased.asked;
    let member = erased.member.iter();
    let subject = erased.subject.iter();
    let reporter = erased.reporter.iter();
    let cases = erased.cases.iter();
    let expects = member
        .map(|record| Precondition::Member(record.id.clone(), record.row_version - 1))
        .chain(subject.map(|one| Precondition::Subject(one.subject.clone(), one.row_version - 1)))
        .chain(reporter.map(|one| Precondition::Reporter(one.id.clone(), one.row_version - 1)))
        .chain(cases.map(|one| Precondition::Case(one.case.id, one.case.row_version - 1)))
        .chain(erased.expects)
        .collect();
    let unsaid = erased.redacted.into_iter();
    let mut writes: Vec<Write> = unsaid
        .map(|subject| Write::Unsaid(subject, Some(asked)))
        .chain(erased.member.map(Write::Member))
        .chain(erased.subject.map(Write::Subject))
        .chain(erased.reporter.map(Write::Reporter))
        .chain(erased.reports.into_iter().map(Write::Report))
        .chain(erased.appeals.into_iter().map(Write::Appeal))
        .collect();
    for one in erased.cases {
        writes.push(Write::Case(one.case));
        writes.extend(one.rulings.into_iter().map(Write::Ruling));
        writes.extend(one.notes.into_iter().map(Write::Note));
    }
    Plan {
        expects,
        writes,
        ..Plan::default()
    }
}

fn plan_purge(purges: Vec<Purge>, audit: AuditDraft) -> Plan {
    let mut plan = Plan {
        audit: vec![audit],
        purged: purges.len() as u64,
        ..Plan::default()
    };
    for purge in purges {
        let comment = &purge.comment;
        let gone = (1..=comment.purged_through)
            .map(|number| Write::RevisionGone(comment.id.clone(), number));
        plan.writes.extend(gone);
        let subject = AuditSubject::Comment(comment.id.clone());
        plan.writes.push(Write::Unsaid(subject, None));
        plan.writes.extend(purge.notes.into_iter().map(Write::Note));
        plan.expects.extend(purge.expects);
        plan.writes.push(written(purge.comment));
        plan.writes.extend(purge.case.map(Write::Case));
        plan.writes
            .extend(purge.rulings.into_iter().map(Write::Ruling));
        // What comes under this id again is new, and can be reported anew.
        for report in purge.reports {
            let gone = Write::ReportOfGone(report.comment.clone(), report.reporter.clone());
            plan.writes.extend([Write::Report(report), gone]);
        }
        plan.writes
            .extend(purge.appeals.into_iter().map(Write::Appeal));
    }
    plan
}

fn plan_reporter(
    record: ReporterRecord,
    reports: Vec<Report>,
    cases: Vec<Case>,
    audit: AuditDraft,
    answer: Option<StoredAnswer>,
) -> Plan {
    let reporter = Precondition::Reporter(record.id.clone(), record.row_version - 1);
    let of_cases = cases
        .iter()
        .map(|case| Precondition::Case(case.id, case.row_version - 1));
    let set_aside = reports.iter().filter(|report| report.dismissal.is_some());
    Plan {
        expects: std::iter::once(reporter).chain(of_cases).collect(),
        events: set_aside
            .map(|report| EventKind::Report(report.id))
            .collect(),
        writes: std::iter::once(Write::Reporter(record))
            .chain(reports.into_iter().map(Write::Report))
            .chain(cases.into_iter().map(Write::Case))
            .chain(answer.map(Write::Answer))
            .collect(),
        audit: vec![audit],
        ..Plan::default()
    }
}

fn plan_nickname(filing: NicknameFiling) -> Plan {
    let NicknameFiling {
        member,
        cases,
        subjects,
        audit,
        expects,
        ..
    } = filing;
    let writes = member
        .map(Write::Member)
        .into_iter()
        .chain(cases.into_iter().map(Write::Case))
        .chain(subjects.into_iter().map(Write::Subject))
        .collect();
    Plan {
        expects,
        writes,
        audit,
        ..Plan::default()
    }
}

fn plan_ruling(
    change: RulingChange,
    comment: Option<Comment>,
    sample: Option<QaSample>,
    answer: Option<StoredAnswer>,
) -> Plan {
    let RulingChange {
        case,
        ruling,
        effect: _,
        shared,
        member,
        audit,
        events: news,
        fan_outs: spreads,
        tallies,
    } = change;
    let expects =
        std::iter::once(Precondition::Case(case.id, case.row_version - 1))
            .chain(
                comment.as_ref().map(|comment| {
                    Precondition::Comment(comment.id.clone(), comment.row_version - 1)
                }),
            )
            .chain(shared.as_ref().map(|record| {
                Precondition::Subject(record.subject.clone(), record.row_version - 1)
            }))
            .chain(
                member
                    .as_ref()
                    .map(|record| Precondition::Member(record.id.clone(), record.row_version - 1)),
            )
            .collect();
    let writes = [Write::Case(case), Write::Ruling(ruling)]
        .into_iter()
        .chain(comment.map(written))
        .chain(shared.map(Write::Subject))
        .chain(member.map(Write::Member))
        .chain(sample.map(Write::Sample))
        .chain(answer.map(Write::Answer))
        .collect();
    Plan {
        expects,
        writes,
        audit,
        events: news,
        fan_outs: spreads,
        tallies,
        ..Plan::default()
    }
}
