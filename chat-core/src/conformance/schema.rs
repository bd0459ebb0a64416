//! Cases of [`SchemaStore`](crate::store::SchemaStore). A backend without steps has little to show.

use std::sync::Arc;

use crate::conformance::Ports;
use crate::conformance::fixtures::{draft, upload, user};
use crate::id::UploadId;
use crate::model::{Draft, MediaType, MessageKind, Purpose, Upload};
use crate::store::{SearchQuery, Window};

fn latest(ports: &Ports) -> i64 {
    ports.schema.steps().last().map_or(0, |step| step.version)
}

/// Steps are numbered from 1 on, and a fresh backend has taken all.
pub async fn steps_are_numbered_and_taken(ports: &Ports) {
    let versions: Vec<i64> = ports
        .schema
        .steps()
        .iter()
        .map(|step| step.version)
        .collect();
    assert_eq!(versions, (1..=latest(ports)).collect::<Vec<_>>());
    assert_eq!(ports.schema.version().await.unwrap(), latest(ports));
    ports.schema.migrate().await.unwrap();
    assert_eq!(ports.schema.version().await.unwrap(), latest(ports));
}

/// Down to nothing and up again is an empty store with another epoch.
pub async fn down_and_up_again_is_a_new_store(ports: &Ports) {
    let epoch = ports.messages.epoch().await.unwrap();
    let id = ports.group("ada", &["bob"]).await;
    ports.send(id, "ada", "hello").await;
    ports.schema.goto(0).await.unwrap();
    assert_eq!(ports.schema.version().await.unwrap(), 0);
    ports.schema.migrate().await.unwrap();
    assert_eq!(ports.schema.version().await.unwrap(), latest(ports));
    if latest(ports) > 0 {
        assert_ne!(ports.messages.epoch().await.unwrap(), epoch);
        let found = ports.conversations.find(id, &user("ada")).await;
        assert_eq!(found.unwrap(), None);
    }
    let id = ports.group("ada", &[]).await;
    ports.send(id, "ada", "hello").await;
    let words = ["hello".to_owned()];
    let query = SearchQuery {
        conversations: &[id],
        words: &words,
        before: None,
        limit: 10,
    };
    let found = ports.messages.search(&user("ada"), &query).await.unwrap();
    assert_eq!(found.len(), 1);
}

/// Up one step at a time, and down again.
pub async fn every_step_goes_up_and_down(ports: &Ports) {
    for version in (0..latest(ports)).rev().chain(1..=latest(ports)) {
        ports.schema.goto(version).await.unwrap();
        assert_eq!(ports.schema.version().await.unwrap(), version);
    }
    ports.group("ada", &[]).await;
}

/// Going below the step that brought files takes away what earlier builds cannot read; pictures stay as they are.
pub async fn files_go_with_the_step_that_brought_them(ports: &Ports) {
    let steps = ports.schema.steps();
    let Some(step) = steps.iter().find(|step| step.name == "media") else {
        return;
    };
    let id = ports.group("ada", &[]).await;
    let picture = upload("ada", Purpose::Attachment, 0);
    let video = Upload {
        id: UploadId::new(),
        content_type: MediaType::Mp4,
        width: None,
        height: None,
        ..picture.clone()
    };
    for (kind, file) in [(MessageKind::Image, &picture), (MessageKind::Video, &video)] {
        ports.uploads.create(file).await.unwrap();
        let draft = Draft {
            kind,
            attachments: vec![file.attachment()],
            ..draft(id, "ada", "look")
        };
        ports.try_send(draft).await.unwrap();
    }

    ports.schema.goto(step.version - 1).await.unwrap();
    ports.schema.migrate().await.unwrap();

    let ada = user("ada");
    let left = ports.uploads.owned(&ada, &[picture.id, video.id]).await;
    assert_eq!(left.unwrap(), std::slice::from_ref(&picture));
    let history = ports.messages.history(id, &ada, Window::Latest, 10).await;
    let history = history.unwrap().unwrap();
    let held = history
        .iter()
        .map(|message| (message.kind, message.attachments.clone()));
    let expected = [
        (MessageKind::Image, vec![picture.attachment()]),
        (MessageKind::Text, Vec::new()),
    ];
    assert_eq!(held.collect::<Vec<_>>(), expected);
    assert_eq!(ports.admin.audit(10).await.unwrap(), []);
}

/// A version that nobody knows is refused, and nothing changes.
pub async fn an_unknown_version_is_refused(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    for version in [-1, latest(ports) + 1, i64::MAX] {
        assert!(ports.schema.goto(version).await.is_err(), "goto {version}");
        assert!(
            ports.schema.force(version).await.is_err(),
            "force {version}"
        );
    }
    assert_eq!(ports.schema.version().await.unwrap(), latest(ports));
    ports.send(id, "ada", "still here").await;
}

/// Forcing notes a version and touches nothing else.
pub async fn forcing_a_version_runs_nothing(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    ports.schema.force(0).await.unwrap();
    assert_eq!(ports.schema.version().await.unwrap(), 0);
    ports.send(id, "ada", "still here").await;
    ports.schema.force(latest(ports)).await.unwrap();
    assert_eq!(ports.schema.version().await.unwrap(), latest(ports));
    ports.schema.migrate().await.unwrap();
    assert_eq!(ports.texts(id, "ada").await, ["still here"]);
}

/// Nodes that start at once take each step once.
pub async fn nodes_that_start_at_once_take_each_step_once(ports: &Ports) {
    ports.schema.goto(0).await.unwrap();
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let schema = Arc::clone(&ports.schema);
        nodes.spawn(async move { schema.migrate().await });
    }
    while let Some(migrated) = nodes.join_next().await {
        migrated.unwrap().unwrap();
    }
    assert_eq!(ports.schema.version().await.unwrap(), latest(ports));
    ports.group("ada", &[]).await;
}
