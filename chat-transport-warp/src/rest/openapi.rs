//! The OpenAPI document, made from the table of routes and the wire's types.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use chat_core::protocol as p;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};
use warp::reply::Response;

use super::problem::Problem;
use super::request::Request;
use super::table::{Access, Body, Route};
use super::{App, respond, users};

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
            "description": "Conversations, messages, markers and presence. What happens comes over the WebSocket.",
            "license": {"name": "MIT OR Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": schemas(),
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
    let problem = json!({"description": "A problem, told by its code",
        "content": {"application/problem+json": {"schema": reference("Problem")}}});
    let mut operation = json!({
        "summary": route.summary,
        "operationId": operation_id(route),
        "parameters": parameters(route.path),
        "responses": {route.status.to_string(): answer, "default": problem},
    });
    if route.access == Access::User {
        operation["security"] = json!([{"bearer": []}, {"cookie": []}]);
    }
    match route.body {
        Body::None => {}
        Body::Json(name) | Body::MaybeJson(name) => {
            let required = matches!(route.body, Body::Json(_));
            operation["requestBody"] = json!({"required": required, "content": {"application/json": {"schema": reference(name)}}});
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
    let text = json!({"type": "string"});
    let number = json!({"type": "integer", "format": "int64", "minimum": 0});
    let variables = path.split('/').filter(|word| word.starts_with('{'));
    let variables = variables.map(|word| {
        json!({"name": word.trim_matches(['{', '}']), "in": "path", "required": true, "schema": text})
    });
    let names: &[&str] = match path {
        "/users" => &["search", "ids", "cursor", "limit"],
        "/conversations" | "/conversations/{id}/members" => &["cursor", "limit"],
        "/conversations/{id}/messages" => &["before", "after", "around", "limit"],
        "/messages" => &["search", "conversation_id", "cursor", "limit"],
        "/uploads" => &["purpose"],
        "/ws" => &["ticket", "token"],
        _ => &[],
    };
    let queries = names.iter().map(|name| {
        let schema = if matches!(*name, "limit" | "before" | "after" | "around") {
            &number
        } else {
            &text
        };
        json!({"name": name, "in": "query", "required": false, "schema": schema})
    });
    variables.chain(queries).collect()
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
    add::<p::MessageView>(&mut schemas);
    add::<p::MarkBody>(&mut schemas);
    add::<p::MarkersView>(&mut schemas);
    add::<p::UploadView>(&mut schemas);
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
