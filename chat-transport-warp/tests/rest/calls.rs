//! The servers that help devices to connect.

use chat_transport_warp::IceConfig;
use http::StatusCode;
use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn a_host_without_servers_gives_an_empty_list() {
    let world = World::new();
    let told = world.get("ada", "/calls/ice-servers").await;
    assert_eq!(told.expect(StatusCode::OK).json, json!({"ice_servers": []}));
}

#[tokio::test]
async fn everybody_gets_a_credential_of_their_own_that_nobody_caches() {
    let addresses = ["stun:stun.example", "turn:turn.example:3478"];
    let ice = IceConfig::new(addresses, Some("north")).unwrap();
    let world = World::with(|config| config.ice = ice);
    let mut credentials = Vec::new();
    for name in ["ada", "bob"] {
        let told = world.get(name, "/calls/ice-servers").await;
        assert_eq!(
            told.expect(StatusCode::OK).headers["cache-control"],
            "no-store"
        );
        let [stun, turn] = told.json["ice_servers"].as_array().unwrap().as_slice() else {
            panic!("{}", told.json)
        };
        assert_eq!(*stun, json!({"urls": ["stun:stun.example"]}));
        assert_eq!(turn["urls"], json!(["turn:turn.example:3478"]));
        let username = turn["username"].as_str().unwrap();
        assert_eq!(username.split_once(':').unwrap().1, name);
        credentials.push(turn["credential"].as_str().unwrap().to_owned());
    }
    credentials.dedup();
    assert_eq!(credentials.len(), 2);
}
