//! The OpenAPI document, made from the table of routes and the wire's types.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use chat_core::protocol as p;
use http::Method;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};
use warp::reply::Response;

use super::problem::Problem;
use super::rate::Rate;
use super::request::Request;
use super::table::{Access, Body, Route};
use super::{App, examples, respond, users};

pub(super) async fn answer(app: Arc<App>, _request: Request) -> Result<Response, Problem> {
    std::future::ready(Ok(respond::of_json(app.document.clone()))).await
}

/// The document of these routes, as JSON.
pub(super) fn document(routes: &[Route], access_cookie: &str) -> Bytes {
    let document = describe(routes, access_cookie);
    serde_json::to_vec(&document).unwrap_or_default().into()
}

fn describe(routes: &[Route], access_cookie: &str) -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for route in routes {
        let method = route.method.as_str().to_lowercase();
        paths
            .entry(format!("/api/v1{}", route.path))
            .or_default()
            .insert(method, operation(route));
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Chat", "version": env!("CARGO_PKG_VERSION"),
            "description": "Conversations, messages, markers and presence. What happens comes over the WebSocket, whose frames are the schemas Command, Reply and Event.",
            "license": {"name": "MIT OR Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "responses": problems(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": access_cookie},
            },
        },
    })
}

fn operation(route: &Route) -> Value {
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let mut answer = json!({"description": route.summary});
    if let Some(name) = route.answer {
        answer["content"] = json!({"application/json": {"schema": reference(name)}});
    }
    let mut responses = Map::new();
    for (status, answer) in answers(route, answer) {
        responses.insert(status.to_string(), answer);
    }
    for status in refusals(route) {
        let place = format!("#/components/responses/Problem{status}");
        responses.insert(status.to_string(), json!({"$ref": place}));
    }
    let mut operation = json!({
        "summary": route.summary,
        "operationId": operation_id(route),
        "tags": [tag(route)],
        "parameters": parameters(route.path),
        "responses": responses,
    });
    if route.access == Access::User {
        operation["security"] = json!([{"bearer": []}, {"cookie": []}]);
    }
    match route.body {
        Body::None => {}
        Body::Json(name) | Body::MaybeJson(name) => {
            let required = matches!(route.body, Body::Json(_));
            let mut content = json!({"schema": reference(name)});
            if let Some(example) = examples::of(name) {
                content["example"] = example;
            }
            operation["requestBody"] =
                json!({"required": required, "content": {"application/json": content}});
        }
        Body::Multipart => {
            let schema = json!({"type": "object", "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}}});
            operation["requestBody"] =
                json!({"required": true, "content": {"multipart/form-data": {"schema": schema}}});
        }
    }
    operation
}

/// What a route may answer where it does not refuse.
fn answers(route: &Route, answer: Value) -> Vec<(u16, Value)> {
    match (&route.method, route.path) {
        // What was there already is answered alike.
        (&Method::POST, "/conversations" | "/conversations/{id}/messages") => {
            vec![(201, answer.clone()), (200, answer)]
        }
        (&Method::GET, "/uploads/{id}" | "/uploads/{id}/thumbnail") => {
            let bytes = json!({"*/*": {"schema": {"type": "string", "format": "binary"}}});
            vec![
                (200, json!({"description": "The bytes", "content": bytes})),
                (
                    206,
                    json!({"description": "The range of them that was asked for", "content": bytes}),
                ),
                (
                    307,
                    json!({"description": "Where they are served, for a short while"}),
                ),
            ]
        }
        _ => vec![(route.status, answer)],
    }
}

/// The statuses that a route may refuse with, whatever it does.
fn refusals(route: &Route) -> Vec<u16> {
    let takes_a_body = route.body != Body::None;
    let names_something = route.path.contains('{') || takes_a_body;
    let changes = route.method != Method::GET;
    let downloads = route.path.starts_with("/uploads/");
    [
        (true, [400, 404, 405, 413, 414, 500, 503].as_slice()),
        (route.access == Access::User, &[401, 403]),
        (takes_a_body, &[408, 415]),
        (names_something && changes, &[401, 403, 409]),
        (route.rate != Rate::None, &[429]),
        (downloads, &[416]),
        (route.body == Body::Multipart, &[422, 507]),
        (route.path == "/ws", &[426]),
    ]
    .into_iter()
    .filter(|(applies, _)| *applies)
    .flat_map(|(_, statuses)| statuses)
    .copied()
    .collect()
}

/// One answer for every status that a code has, with the codes.
fn problems() -> Map<String, Value> {
    let statuses: BTreeSet<u16> = p::Code::ALL.iter().map(|code| code.status()).collect();
    let of_status = |status: u16| {
        let codes = p::Code::ALL.iter().filter(|code| code.status() == status);
        let codes: Vec<String> = codes.map(|code| format!("`{code}`")).collect();
        json!({"description": format!("Refused or failed, by its code: {}", codes.join(", ")),
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}})
    };
    statuses
        .into_iter()
        .map(|status| (format!("Problem{status}"), of_status(status)))
        .collect()
}

/// What a route is about: the first word of its path.
fn tag(route: &Route) -> &str {
    route.path.split('/').nth(1).unwrap_or_default()
}

fn operation_id(route: &Route) -> String {
    let words = route.path.split(['/', '.']).filter(|word| !word.is_empty());
    let words = words.map(|word| word.trim_matches(['{', '}']));
    std::iter::once(route.method.as_str().to_lowercase().as_str())
        .chain(words)
        .collect::<Vec<_>>()
        .join("_")
}

/// The path's variables, and the query parameters that listings know.
fn parameters(path: &str) -> Vec<Value> {
    let variables = path.split('/').filter(|word| word.starts_with('{'));
    let variables = variables.map(|word| {
        json!({"name": word.trim_matches(['{', '}']), "in": "path", "required": true, "schema": {"type": "string"}})
    });
    let names: &[&str] = match path {
        "/users" => &["search", "ids", "cursor", "limit"],
        "/conversations" | "/conversations/{id}/members" | "/users/me/blocks" => {
            &["cursor", "limit"]
        }
        "/conversations/{id}/messages" => &["before", "after", "around", "limit"],
        "/conversations/{id}/messages/{message_id}/reactions" => &["reaction", "cursor", "limit"],
        "/messages" => &["search", "conversation_id", "cursor", "limit"],
        "/uploads" => &["purpose"],
        "/ws" => &["ticket", "token"],
        _ => &[],
    };
    let queries = names.iter().map(|name| {
        let (schema, description) = query_parameter(name);
        json!({"name": name, "in": "query", "required": false, "description": description, "schema": schema})
    });
    variables.chain(queries).collect()
}

/// A query parameter's schema, and what it says.
fn query_parameter(name: &str) -> (Value, &'static str) {
    let text = json!({"type": "string"});
    let id = json!({"type": "string", "format": "uuid"});
    let seq = json!({"type": "integer", "format": "int64", "minimum": 0});
    let limit = json!({"type": "integer", "minimum": 1, "maximum": 200});
    let purpose = json!({"$ref": "#/components/schemas/Purpose"});
    match name {
        "search" => (text, "Words to look for"),
        "ids" => (text, "Ids of up to 200 users, separated by commas"),
        "cursor" => (text, "The `next_cursor` of the page before"),
        "limit" => (limit, "How many at most; 50 if absent"),
        "before" => (
            seq,
            "Messages with a lower seq; one of before, after and around",
        ),
        "after" => (seq, "Messages with a higher seq"),
        "around" => (seq, "This message and those around it"),
        "conversation_id" => (id, "Only in this conversation"),
        "reaction" => (text, "Whose users are listed"),
        "purpose" => (purpose, "What it is for; an attachment if absent"),
        "ticket" => (text, "A one-use ticket in place of another credential"),
        "token" => (text, "An access token, where the server allows it here"),
        _ => (text, ""),
    }
}

type Schemas = Vec<(String, RefOr<Schema>)>;

fn add<T: ToSchema>(schemas: &mut Schemas) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// Every type that the routes name, and those that these name.
fn schemas() -> BTreeMap<String, RefOr<Schema>> {
    let mut schemas = Schemas::new();
    add::<p::Problem>(&mut schemas);
    add::<p::UserPage>(&mut schemas);
    add::<p::ProfileView>(&mut schemas);
    add::<p::BlockPage>(&mut schemas);
    add::<p::PrivacyView>(&mut schemas);
    add::<p::PrivacyUpdate>(&mut schemas);
    add::<p::NewConversationBody>(&mut schemas);
    add::<p::ConversationPage>(&mut schemas);
    add::<p::ConversationUpdate>(&mut schemas);
    add::<p::InboxPage>(&mut schemas);
    add::<p::MemberPage>(&mut schemas);
    add::<p::AddMembers>(&mut schemas);
    add::<p::RoleBody>(&mut schemas);
    add::<p::HistoryPage>(&mut schemas);
    add::<p::MessagePage>(&mut schemas);
    add::<p::MessageBody>(&mut schemas);
    add::<p::EditBody>(&mut schemas);
    add::<p::ReactorPage>(&mut schemas);
    add::<p::MessageView>(&mut schemas);
    add::<p::MarkBody>(&mut schemas);
    add::<p::MarkersView>(&mut schemas);
    add::<p::IceServers>(&mut schemas);
    add::<p::UploadView>(&mut schemas);
    add::<p::PushKeyView>(&mut schemas);
    add::<p::PushSubscriptionBody>(&mut schemas);
    add::<p::PushSubscriptionList>(&mut schemas);
    add::<p::PushEndpoint>(&mut schemas);
    add::<users::Me>(&mut schemas);
    // What goes over the WebSocket.
    add::<p::Request>(&mut schemas);
    add::<p::Reply>(&mut schemas);
    add::<p::Event>(&mut schemas);
    #[cfg(feature = "accounts")]
    add_accounts(&mut schemas);
    schemas.into_iter().collect()
}

#[cfg(feature = "accounts")]
fn add_accounts(schemas: &mut Schemas) {
    use super::auth;
    add::<auth::RegisterBody>(schemas);
    add::<auth::LoginBody>(schemas);
    add::<auth::RefreshBody>(schemas);
    add::<auth::PasswordBody>(schemas);
    add::<auth::SessionView>(schemas);
    add::<auth::SessionList>(schemas);
    add::<auth::TicketView>(schemas);
    add::<users::ProfileBody>(schemas);
}
