//! Who may do what: every route there is, asked by everyone.

use std::collections::BTreeSet;

use chat_transport_warp::TransportConfig;
use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, World, request};
use crate::uploads::{PNG, form, part, upload};

/// Those who ask, in the table's order; nobody has no name.
const ASKING: [&str; 5] = ["", "stranger", "member", "admin", "owner"];

/// The status of every route for nobody known, a stranger to the conversation, a member, an admin
/// and its owner. In a path `{id}` is the group, the picture in it or the owner's session, and
/// `{user_id}` another plain member, `{message_id}` the picture's message. A route that is not here fails the test.
#[rustfmt::skip]
const EXPECTED: &[(&str, [u16; 5])] = &[
    ("GET /openapi.json",                          [200, 200, 200, 200, 200]),
    ("GET /ws",                                    [401, 400, 400, 400, 400]),
    ("GET /users/me",                              [401, 200, 200, 200, 200]),
    ("PATCH /users/me",                            [401, 200, 200, 200, 200]),
    ("GET /users/me/blocks",                       [401, 200, 200, 200, 200]),
    ("PUT /users/me/blocks/{user_id}",             [401, 204, 204, 204, 204]),
    ("DELETE /users/me/blocks/{user_id}",          [401, 204, 204, 204, 204]),
    ("GET /users/me/privacy",                      [401, 200, 200, 200, 200]),
    ("PATCH /users/me/privacy",                    [401, 200, 200, 200, 200]),
    ("GET /users",                                 [401, 200, 200, 200, 200]),
    ("GET /users/{user_id}",                       [401, 200, 200, 200, 200]),
    ("POST /conversations",                        [401, 201, 201, 201, 201]),
    ("GET /conversations",                         [401, 200, 200, 200, 200]),
    ("GET /conversations/{id}",                    [401, 404, 200, 200, 200]),
    ("PATCH /conversations/{id}",                  [401, 404, 403, 200, 200]),
    ("GET /conversations/{id}/members",            [401, 404, 200, 200, 200]),
    ("POST /conversations/{id}/members",           [401, 404, 403, 200, 200]),
    ("PATCH /conversations/{id}/members/{user_id}", [401, 404, 403, 403, 200]),
    ("DELETE /conversations/{id}/members/{user_id}", [401, 404, 403, 204, 204]),
    ("POST /conversations/{id}/leave",             [401, 404, 204, 204, 409]),
    ("GET /conversations/{id}/messages",           [401, 404, 200, 200, 200]),
    ("POST /conversations/{id}/messages",          [401, 404, 201, 201, 201]),
    // Of the owner's message.
    ("GET /conversations/{id}/messages/{message_id}", [401, 404, 200, 200, 200]),
    ("PATCH /conversations/{id}/messages/{message_id}", [401, 404, 403, 403, 200]),
    ("DELETE /conversations/{id}/messages/{message_id}", [401, 404, 403, 200, 200]),
    ("GET /conversations/{id}/messages/{message_id}/reactions", [401, 404, 200, 200, 200]),
    ("PUT /conversations/{id}/messages/{message_id}/reactions/{reaction}", [401, 404, 200, 200, 200]),
    ("DELETE /conversations/{id}/messages/{message_id}/reactions/{reaction}", [401, 404, 200, 200, 200]),
    ("POST /conversations/{id}/delivered",         [401, 404, 200, 200, 200]),
    ("POST /conversations/{id}/read",              [401, 404, 200, 200, 200]),
    ("GET /calls/ice-servers",                     [401, 200, 200, 200, 200]),
    // Without a text; whoever may ask is told so.
    ("GET /messages",                              [401, 400, 400, 400, 400]),
    ("GET /push/key",                              [401, 200, 200, 200, 200]),
    ("GET /push/subscriptions",                    [401, 200, 200, 200, 200]),
    ("POST /push/subscriptions",                   [401, 201, 201, 201, 201]),
    ("DELETE /push/subscriptions",                 [401, 204, 204, 204, 204]),
    ("POST /uploads",                              [401, 201, 201, 201, 201]),
    ("GET /uploads/{id}",                          [401, 404, 200, 200, 200]),
    ("GET /uploads/{id}/thumbnail",                [401, 404, 200, 200, 200]),
    ("POST /auth/register",                        [201, 201, 201, 201, 201]),
    ("POST /auth/login",                           [200, 200, 200, 200, 200]),
    ("POST /auth/refresh",                         [401, 401, 401, 401, 401]),
    ("POST /auth/logout",                          [204, 204, 204, 204, 204]),
    ("POST /auth/password",                        [401, 200, 200, 200, 200]),
    ("GET /auth/sessions",                         [401, 200, 200, 200, 200]),
    ("DELETE /auth/sessions/{id}",                 [401, 404, 404, 404, 204]),
    ("POST /auth/ticket",                          [401, 201, 201, 201, 201]),
];

/// A group with a member of every role, and what a route may name.
struct Scene {
    world: World,
    /// By the order of [`ASKING`], and one plain member more.
    tokens: Vec<String>,
    ids: Vec<String>,
    /// The owner's session.
    session: String,
}

impl Scene {
    async fn new() -> Self {
        let world = World::with_accounts(|config: &mut TransportConfig| {
            config.registrations = 1_000;
        });
        let (mut tokens, mut ids) = (vec![String::new()], vec![String::new()]);
        for name in ASKING[1..].iter().chain(&["other"]) {
            let session = world.register(&format!("the-{name}")).await;
            tokens.push(session.text("token").to_owned());
            ids.push(session.json["user"]["id"].as_str().unwrap().to_owned());
        }
        let sessions = world.get(&tokens[4], "/auth/sessions").await;
        let session = sessions.json["items"][0]["id"].as_str().unwrap().to_owned();
        Self {
            world,
            tokens,
            ids,
            session,
        }
    }

    /// A group of all but the stranger, with a picture in its first message: their ids, and the message's.
    async fn group(&self) -> (String, String, String) {
        let owner = &self.tokens[4];
        let others = json!([self.ids[2], self.ids[3], self.ids[5]]);
        let body = json!({"type": "group", "name": "crew", "participant_ids": others});
        let made = self.world.post(owner, "/conversations", body).await;
        let group = made.text("id").to_owned();
        let path = format!("/conversations/{group}/members/{}", self.ids[3]);
        let raised = self.world.patch(owner, &path, json!({"role": "admin"}));
        raised.await.expect(http::StatusCode::OK);
        let upload = self.upload(owner).await.text("id").to_owned();
        let message = json!({"content": "look", "upload_ids": [upload]});
        let path = format!("/conversations/{group}/messages");
        let sent = self.world.post(owner, &path, message).await;
        sent.expect(http::StatusCode::CREATED);
        let message = sent.text("id").to_owned();
        (group, upload, message)
    }

    async fn upload(&self, token: &str) -> Answer {
        let body = form(&[part("file", "a.png", PNG)]);
        self.world.send(upload(token, "", &body)).await
    }

    /// What a route takes, if it takes anything.
    fn body(&self, route: &str, asking: usize) -> Option<Value> {
        let name = format!("new{asking}");
        Some(match route {
            "POST /conversations" => {
                json!({"type": "group", "name": "n", "participant_ids": [self.ids[5]]})
            }
            "PATCH /conversations/{id}" => json!({"name": "renamed"}),
            "POST /conversations/{id}/members" => json!({"participant_ids": [self.ids[1]]}),
            "PATCH /conversations/{id}/members/{user_id}" => json!({"role": "admin"}),
            "POST /conversations/{id}/messages"
            | "PATCH /conversations/{id}/messages/{message_id}" => json!({"content": "hello"}),
            "POST /conversations/{id}/delivered" | "POST /conversations/{id}/read" => {
                json!({"seq": 1})
            }
            "POST /push/subscriptions" => json!({
                "endpoint": format!("https://fcm.googleapis.com/fcm/send/{name}"),
                "p256dh": format!("BA{}", "A".repeat(85)), "auth": "A".repeat(22),
            }),
            "DELETE /push/subscriptions" => json!({"endpoint": "https://unknown.example/x"}),
            "PATCH /users/me/privacy" => json!({"last_seen": "nobody"}),
            "PATCH /users/me" => json!({"display_name": "Another"}),
            "POST /auth/register" => {
                json!({"username": name, "email": format!("{name}@chat.example"), "password": PASSWORD})
            }
            "POST /auth/login" => json!({"username": "the-other", "password": PASSWORD}),
            "POST /auth/password" => {
                json!({"current_password": PASSWORD, "new_password": "another-harbour-8"})
            }
            _ => return None,
        })
    }

    async fn status(&self, route: &str, asking: usize) -> u16 {
        let (group, upload, message) = self.group().await;
        let (method, pattern) = route.split_once(' ').unwrap();
        let id = match pattern {
            _ if pattern.starts_with("/uploads") => &upload,
            _ if pattern.starts_with("/auth") => &self.session,
            _ => &group,
        };
        let path = pattern.replace("{id}", id);
        let path = path.replace("{user_id}", &self.ids[5]);
        let path = path.replace("{message_id}", &message);
        let path = match route {
            "GET /conversations/{id}/messages/{message_id}/reactions" => path + "?reaction=ok",
            _ => path.replace("{reaction}", "%F0%9F%91%8D"),
        };
        let token = &self.tokens[asking];
        if route == "POST /uploads" {
            return self.upload(token).await.status.as_u16();
        }
        let asked = request(method.parse().unwrap(), token, &path);
        let asked = match self.body(route, asking) {
            Some(body) => asked.json(&body),
            None => asked,
        };
        self.world.send(asked).await.status.as_u16()
    }
}

#[tokio::test]
async fn every_route_asks_who_may() {
    let document = Scene::new().await.world.get("", "/openapi.json").await;
    let paths = document.json["paths"].as_object().unwrap();
    let there_are: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, methods)| {
            let path = path.trim_start_matches("/api/v1");
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let listed: BTreeSet<String> = EXPECTED
        .iter()
        .map(|(route, _)| (*route).to_owned())
        .collect();
    assert_eq!(listed, there_are);

    let mut wrong = Vec::new();
    for (route, expected) in EXPECTED {
        let (method, path) = route.split_once(' ').unwrap();
        let operation = &paths[&format!("/api/v1{path}")][method.to_lowercase()];
        for status in expected {
            if operation["responses"].get(status.to_string()).is_none() {
                wrong.push(format!("{route}: {status} is not in the document"));
            }
        }
        if operation["security"].is_array()
            != (expected[0] == 401 && *route != "POST /auth/refresh")
        {
            wrong.push(format!("{route}: the document is wrong about who may"));
        }
        let scene = Scene::new().await;
        let mut found = [0; 5];
        for (asking, status) in found.iter_mut().enumerate() {
            *status = scene.status(route, asking).await;
        }
        if found != *expected {
            wrong.push(format!("{route}: {found:?} and not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
