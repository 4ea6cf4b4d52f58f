//! The URL table walked as everyone: who may come comes, everyone else is refused with the right code.

use hengping::flow::sign_in::{Account, Grant};
use hengping::http::{Access, Line, TABLE, openapi};
use hengping_domain::ids::{AccountId, Role, Side};
use serde_json::json;

use crate::harness::{Answer, Client};
use crate::on_both_backends;

/// A path of the table with something in place of its parameters.
fn concrete(line: &Line) -> String {
    line.path.split('/').map(|part| if part.starts_with('{') { "none" } else { part }).collect::<Vec<_>>().join("/")
}

fn ask(client: &Client, line: &Line) -> Answer {
    let body = if matches!(line.method, "GET" | "DELETE") { "" } else { "{}" };
    client.with("Content-Type", "application/json").send(line.method, &concrete(line), body)
}

/// The code when it is one that a guard gives, whatever the handler would have said.
fn refusal(answer: &Answer) -> Option<String> {
    let guards = ["sign-in-required", "token-refused", "forbidden", "foreign-origin", "box-with-session"];
    let is_problem = answer.header("content-type") == "application/problem+json";
    is_problem.then(|| answer.problem()).filter(|code| guards.contains(&code.as_str()))
}

on_both_backends! {
    fn every_line_lets_in_whom_it_names_and_nobody_else(trial) {
        let served = trial.serve();
        let visitor = served.client();
        let members: Vec<(Role, Client)> = Role::ALL
            .iter()
            .map(|role| {
                let side = (!matches!(role, Role::Operator | Role::Researcher | Role::Machine)).then_some(Side::Bench);
                trial.account(role.as_str(), &[(*role, side)]);
                (*role, served.signed_in(role.as_str()))
            })
            .collect();
        for line in TABLE {
            let what = format!("{} {}", line.method, line.path);
            let expected = match line.access {
                Access::Everyone | Access::Seldom | Access::Relay | Access::Collector => None,
                Access::Account | Access::Roles(_) => Some("sign-in-required"),
            };
            let answer = ask(&visitor, line);
            assert_eq!(refusal(&answer).as_deref(), expected, "{what} as a visitor");
            assert!(expected.is_none() || answer.status == 401, "{what} as a visitor");
            // Signing out ends the session the other lines need; it is the last thing done below.
            for (role, client) in members.iter().filter(|_| (line.method, line.path) != ("DELETE", "/api/session")) {
                let expected = match line.access {
                    Access::Relay => Some("box-with-session"),
                    Access::Roles(roles) if !roles.contains(role) => Some("forbidden"),
                    _ => None,
                };
                assert_eq!(refusal(&ask(client, line)).as_deref(), expected, "{what} as {role}");
            }
            let forged = visitor.with("Authorization", "Bearer x.y.z");
            let expected = match line.access {
                Access::Relay => Some("box-with-session"),
                Access::Collector => None,
                _ => Some("token-refused"),
            };
            assert_eq!(refusal(&ask(&forged, line)).as_deref(), expected, "{what} with a forged token");
        }
        for (role, client) in &members {
            assert_eq!(client.delete("/api/session").status, 204, "{role} signs out");
            assert_eq!(client.get("/api/session").json()["account"], json!(null), "{role} is out");
        }
    }
}

#[test]
fn ballots_have_no_door_here_and_batches_have_one() {
    let relays: Vec<_> = TABLE.iter().filter(|line| line.access == Access::Relay).collect();
    assert_eq!(
        relays.iter().map(|line| (line.method, line.path)).collect::<Vec<_>>(),
        [("POST", "/api/boxes/{box}/batches")]
    );
    assert!(TABLE.iter().all(|line| !line.path.starts_with("/box")), "what a device posts never reaches the platform");
}

#[test]
fn a_role_on_one_side_is_none_on_the_other() {
    let account = Account {
        id: AccountId("a".into()),
        login: "a".into(),
        name: "a".into(),
        person: None,
        grants: vec![Grant { role: Role::Negotiator, side: Some(Side::Bench) }],
    };
    assert!(account.has_for(Role::Negotiator, Side::Bench));
    assert!(!account.has_for(Role::Negotiator, Side::Bar));
    assert!(!account.has_for(Role::KeyHolder, Side::Bench));
    assert_eq!(account.side(), Some(Side::Bench));
}

#[test]
fn the_document_and_the_table_have_the_same_lines() {
    let mut documented = openapi::operations(&openapi::build());
    let mut routed: Vec<_> = TABLE.iter().map(|line| (line.method.to_owned(), line.path.to_owned())).collect();
    documented.sort();
    routed.sort();
    assert_eq!(documented, routed);
    let count = routed.len();
    routed.dedup();
    assert_eq!(routed.len(), count, "no line stands twice");
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let document = serde_json::to_value(openapi::build()).expect("JSON");
    let names: std::collections::BTreeSet<_> = TABLE
        .iter()
        .map(|line| {
            document["paths"][line.path][line.method.to_lowercase()]["operationId"]
                .as_str()
                .expect(line.path)
                .to_owned()
        })
        .collect();
    assert_eq!(names.len(), TABLE.len(), "{names:?}");
    assert!(names.contains("releases_find") && names.contains("boxes_find"), "{names:?}");
}

#[test]
fn the_document_says_who_may_come() {
    let document = serde_json::to_value(openapi::build()).expect("JSON");
    for line in TABLE {
        let operation = &document["paths"][line.path][line.method.to_lowercase()];
        let who = operation["x-hengping-access"].as_array().expect(line.path);
        assert!(!who.is_empty(), "{}", line.path);
        let guarded = matches!(line.access, Access::Account | Access::Roles(_));
        assert_eq!(operation["security"].is_array(), guarded, "{} {}", line.method, line.path);
        assert_eq!(
            operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"],
            "#/components/schemas/ProblemBody"
        );
    }
}
