//! Every call of the contract to its handler, from the one table of calls.

use std::collections::BTreeMap;

use super::{
    api::{
        accounts, articles, audit, batch, cases, comments, docs, feeds, health, members, reports,
        rulebook, session, webhooks,
    },
    openapi,
    problem::{Code, Problem},
};
use crate::access::{CALLS, Call, CallRow};
use actix_web::{
    HttpResponse, Resource, Route,
    http::{Method, header},
    web::{self, ServiceConfig},
};

/// Puts every call in its place; what is got can be asked for by HEAD too. Another method on a known path is 405,
/// another path 404.
pub(super) fn configure(config: &mut ServiceConfig) {
    let mut paths: BTreeMap<&str, Vec<&CallRow>> = BTreeMap::new();
    for row in &CALLS {
        paths.entry(row.path).or_default().push(row);
    }
    // The page's own files lie beside it.
    paths.insert(
        docs::FILES,
        CALLS.iter().filter(|row| row.call == Call::Docs).collect(),
    );
    // What is written out stands before what a variable could swallow: `/v1/cases/next` before `/v1/cases/{id}`.
    let mut paths: Vec<_> = paths.into_iter().collect();
    paths.sort_by_key(|(path, _)| path.contains('{'));
    for (path, rows) in paths {
        let allowed = rows
            .iter()
            .flat_map(|row| methods_of(row))
            .collect::<Vec<_>>()
            .join(", ");
        let refused = move || {
            let problem =
                Problem::new(Code::MethodNotAllowed).with_header(header::ALLOW, allowed.clone());
            async move { Err::<HttpResponse, _>(problem) }
        };
        let routes = rows.iter().flat_map(|row| {
            methods_of(row).map(|name| {
                let method = Method::from_bytes(name.as_bytes()).unwrap_or(Method::GET);
                handler(row.call).method(method)
            })
        });
        let resource = routes.fold(web::resource(path), Resource::route);
        config.service(resource.default_service(web::to(refused)));
    }
    config.app_data(docs::config());
    config.default_service(web::to(|| async {
        Err::<HttpResponse, _>(Problem::new(Code::NoSuchRoute))
    }));
}

fn methods_of(row: &CallRow) -> impl Iterator<Item = &'static str> {
    let head = (row.method == "GET").then_some("HEAD");
    std::iter::once(row.method).chain(head)
}

fn handler(call: Call) -> Route {
    match call {
        Call::PutArticle => web::route().to(articles::put),
        Call::GetArticle => web::route().to(articles::get),
        Call::PostModeration => web::route().to(comments::post),
        Call::PostBatch => web::route().to(batch::post),
        Call::GetComment => web::route().to(comments::get),
        Call::DeleteComment => web::route().to(comments::delete),
        Call::PutMember => web::route().to(members::put),
        Call::GetMember => web::route().to(members::get),
        Call::GetHistory => web::route().to(members::history),
        Call::PostSanction => web::route().to(members::sanction),
        Call::LiftSanction => web::route().to(members::revoke_sanction),
        Call::PostReport => web::route().to(reports::post),
        Call::GetReport => web::route().to(reports::get),
        Call::ListReports => web::route().to(reports::list),
        Call::PostAppeal => web::route().to(reports::appeal),
        Call::PostSanctionAppeal => web::route().to(reports::appeal_sanction),
        Call::GetAppeal => web::route().to(reports::get_appeal),
        Call::GetChanges => web::route().to(feeds::changes),
        Call::OpenCase => web::route().to(cases::open),
        Call::SkipCase => web::route().to(cases::skip),
        Call::NoteCase => web::route().to(cases::note),
        Call::RuleMany => web::route().to(cases::rule_many),
        Call::MuteReporter => web::route().to(reports::mute),
        Call::UnmuteReporter => web::route().to(reports::unmute),
        Call::DismissReporter => web::route().to(reports::dismiss),
        Call::HoldComment => web::route().to(reports::place_hold),
        Call::LetGoComment => web::route().to(reports::release_hold),
        Call::GetEvents => web::route().to(feeds::events),
        Call::GetStats => web::route().to(feeds::stats),
        Call::ListWebhooks => web::route().to(webhooks::list),
        Call::CreateWebhook => web::route().to(webhooks::create),
        Call::UpdateWebhook => web::route().to(webhooks::update),
        Call::DeleteWebhook => web::route().to(webhooks::delete),
        Call::ListDeliveries => web::route().to(webhooks::deliveries),
        Call::ReplayDelivery => web::route().to(webhooks::replay),
        Call::GetMemberData => web::route().to(members::export),
        Call::DeleteMemberData => web::route().to(members::erase),
        Call::PostTry => web::route().to(comments::try_text),
        Call::GetCodes => web::route().to(rulebook::codes),
        Call::ListCases => web::route().to(cases::list),
        Call::GetCase => web::route().to(cases::get),
        Call::NextCase => web::route().to(cases::next),
        Call::ClaimCase => web::route().to(cases::claim),
        Call::ReleaseCase => web::route().to(cases::release),
        Call::RuleCase => web::route().to(cases::rule),
        Call::UndoRuling => web::route().to(cases::undo),
        Call::ListAudit => web::route().to(audit::list),
        Call::GetRulebook => web::route().to(rulebook::get),
        Call::ListUsers => web::route().to(accounts::list_users),
        Call::CreateUser => web::route().to(accounts::create_user),
        Call::UpdateUser => web::route().to(accounts::update_user),
        Call::DeleteUser => web::route().to(accounts::delete_user),
        Call::ListKeys => web::route().to(accounts::list_keys),
        Call::CreateKey => web::route().to(accounts::create_key),
        Call::RevokeKey => web::route().to(accounts::revoke_key),
        Call::SignIn => web::route().to(session::sign_in),
        Call::SignOut => web::route().to(session::sign_out),
        Call::ChangePassword => web::route().to(session::change_password),
        Call::ListTokens => web::route().to(session::list_tokens),
        Call::CreateToken => web::route().to(session::create_token),
        Call::RevokeToken => web::route().to(session::revoke_token),
        Call::Metrics => web::route().to(health::metrics),
        Call::Healthz => web::route().to(health::alive),
        Call::Readyz => web::route().to(health::ready),
        Call::OpenApi => web::route().to(openapi::get),
        Call::Docs => web::route().to(docs::get),
        Call::Problem => web::route().to(health::problem),
        Call::GetSession => web::route().to(session::who_am_i),
        Call::ListSessions => web::route().to(session::list_sessions),
        Call::EndSession => web::route().to(session::end_session),
    }
}
