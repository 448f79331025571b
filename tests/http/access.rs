//! Part 2 of the contract: every call, by every kind of caller.

use banzhu::{
    access::{Caller, Requirement},
    http::calls,
    record::{Role, Scope},
};
use serde_json::json;

use crate::app::{TestApp, Who};

#[tokio::test]
async fn every_call_is_open_to_those_that_their_registrations_name_and_to_no_others() {
    let app = TestApp::start().await;
    let mut callers: Vec<(String, Who, Caller)> = Vec::new();
    for scope in Scope::ALL {
        let who = app.key(scope.name()).await;
        let caller = app
            .desk
            .identities
            .caller_of_secret(&who.secret_text())
            .await
            .unwrap();
        callers.push((format!("key {scope}"), who, caller));
    }
    for role in Role::ALL {
        let who = app.person(&format!("a-{role}"), role).await;
        let caller = app
            .desk
            .identities
            .caller_of_secret(&who.secret_text())
            .await
            .unwrap();
        callers.push((format!("role {role}"), who, caller));
    }
    for call in calls().filter(|call| !matches!(call.name, "Docs" | "SignOut")) {
        let path = call
            .path
            .replace("{id}", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
            .replace("{name}", "nobody")
            .replace("{code}", "not-found");
        for (name, who, caller) in &callers {
            // An empty object is refused for its fields, after the right was checked.
            let told = who.send(call.method, &path, json!({})).await;
            let refused = told.status == 403;
            assert_eq!(
                !refused,
                caller.meets(call.requirement),
                "{name}: {} {} {}",
                call.method,
                call.path,
                told.text
            );
        }
        let nobody = app.nobody().send(call.method, &path, json!({})).await;
        assert_eq!(
            nobody.status == 401,
            call.requirement != Requirement::Open && call.name != "SignIn",
            "{} {}",
            call.method,
            call.path
        );
    }
    app.end().await;
}
