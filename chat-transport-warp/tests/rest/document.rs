//! What the OpenAPI document says of answers, of pages and of bodies.

use serde_json::{Map, Value};

use crate::support::World;

/// The routes with more than one answer that is no refusal.
const SEVERAL: &[(&str, &[&str])] = &[
    ("POST /conversations", &["200", "201"]),
    ("POST /conversations/{id}/messages", &["200", "201"]),
    ("GET /uploads/{id}", &["200", "206", "307"]),
    ("GET /uploads/{id}/thumbnail", &["200", "206", "307"]),
];

/// The document, and its operations with their method and path.
async fn operations() -> (Value, Vec<(String, Map<String, Value>)>) {
    let world = World::with_accounts(|_| ());
    let document = world.get("", "/openapi.json").await.json;
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.trim_start_matches("/api/v1");
        for (method, operation) in methods.as_object().unwrap() {
            let name = format!("{} {path}", method.to_uppercase());
            operations.push((name, operation.as_object().unwrap().clone()));
        }
    }
    (document, operations)
}

#[tokio::test]
async fn each_route_says_the_statuses_that_it_answers_with_and_no_other() {
    let (_, operations) = operations().await;
    for (route, _) in SEVERAL {
        assert!(operations.iter().any(|(name, _)| name == route), "{route}");
    }
    for (route, operation) in operations {
        let statuses = operation["responses"].as_object().unwrap().keys();
        let answers: Vec<_> = statuses.filter(|status| status.as_str() < "400").collect();

        match SEVERAL.iter().find(|(name, _)| *name == route) {
            Some((_, expected)) => assert_eq!(answers, *expected, "{route}"),
            None => assert_eq!(answers.len(), 1, "{route}: {answers:?}"),
        }
    }
}

#[tokio::test]
async fn whoever_answers_in_pages_takes_a_cursor_and_a_limit() {
    let (document, operations) = operations().await;
    let mut pages = 0;
    for (route, operation) in operations {
        let content = &operation["responses"]["200"]["content"];
        let schema = content["application/json"]["schema"]["$ref"].as_str();
        let Some(name) = schema.and_then(|place| place.rsplit('/').next()) else {
            continue;
        };
        if document["components"]["schemas"][name]["properties"]["next_cursor"].is_null() {
            continue;
        }
        pages += 1;
        let parameters = operation["parameters"].as_array().unwrap();
        for wanted in ["cursor", "limit"] {
            let has = |parameter: &Value| parameter["name"] == wanted;
            assert!(parameters.iter().any(has), "{route} takes no {wanted}");
        }
    }
    assert!(pages >= 6, "{pages}");
}

#[tokio::test]
async fn each_body_of_json_has_an_example() {
    let (_, operations) = operations().await;
    for (route, operation) in operations {
        let body = operation.get("requestBody");
        let json = body.and_then(|body| body["content"].get("application/json"));
        let shown = json.is_none_or(|content| content["example"].is_object());
        assert!(shown, "{route} has no example");
    }
}
