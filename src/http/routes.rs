//! Every registered call to its handler.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse, Resource,
    http::{Method, header},
    web::{self, ServiceConfig},
};

use super::{
    api::docs,
    call::{AllCalls, Call},
    calls::calls,
    console,
    problem::{Code, Problem},
};

/// Gives every call its route; a GET can be made by HEAD too. Another method on a known path is 405, another path 404.
pub(super) fn configure(config: &mut ServiceConfig) {
    let mut paths: BTreeMap<&str, Vec<&'static Call>> = BTreeMap::new();
    for call in calls().chain(console::pages()) {
        paths.entry(call.path).or_default().push(call);
    }
    // The page's own files are beside it.
    paths.insert(docs::FILES, vec![&docs::PAGE]);
    // A fixed path goes before one whose variable would match it: `/v1/cases/next` before `/v1/cases/{id}`.
    let mut paths: Vec<_> = paths.into_iter().collect();
    paths.sort_by_key(|(path, _)| path.contains('{'));
    for (path, calls) in paths {
        let allowed = calls
            .iter()
            .flat_map(|call| methods_of(call))
            .collect::<Vec<_>>()
            .join(", ");
        let refused = move || {
            let problem =
                Problem::new(Code::MethodNotAllowed).with_header(header::ALLOW, allowed.clone());
            async move { Err::<HttpResponse, _>(problem) }
        };
        let routes = calls.iter().flat_map(|call| {
            methods_of(call).map(|name| {
                let method = Method::from_bytes(name.as_bytes()).unwrap_or(Method::GET);
                (call.route)().method(method)
            })
        });
        let resource = routes.fold(web::resource(path), Resource::route);
        config.service(resource.default_service(web::to(refused)));
    }
    config.app_data(docs::config());
    config.app_data(web::Data::new(AllCalls(calls().collect())));
    config.app_data(web::Data::new(console::menu()));
    config.default_service(web::to(|| async {
        Err::<HttpResponse, _>(Problem::new(Code::NoSuchRoute))
    }));
}

fn methods_of(call: &Call) -> impl Iterator<Item = &'static str> {
    let head = (call.method == "GET").then_some("HEAD");
    std::iter::once(call.method).chain(head)
}
