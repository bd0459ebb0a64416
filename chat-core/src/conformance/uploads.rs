//! Cases of [`UploadStore`](crate::store::UploadStore).

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, draft, upload, user};
use crate::id::{ConversationId, UploadId};
use crate::model::{ChangeKind, Draft, MessageKind, Purpose, Upload, UploadUsage};

async fn attach(ports: &Ports, id: ConversationId, sender: &str, upload: &Upload) {
    let attachments = vec![upload.attachment()];
    ports
        .try_send(Draft {
            kind: MessageKind::Image,
            attachments,
            ..draft(id, sender, "")
        })
        .await
        .unwrap();
}

async fn planted(ports: &Ports, purpose: Purpose, created: i64) -> Upload {
    let upload = upload("ada", purpose, created);
    ports.uploads.create(&upload).await.unwrap();
    upload
}

/// An upload is its owner's until it is sent.
pub async fn an_unsent_upload_is_its_owners_alone(ports: &Ports) {
    let image = planted(ports, Purpose::Attachment, 0).await;
    assert_eq!(
        ports.uploads.find(image.id, &user("ada")).await.unwrap(),
        Some(image.clone())
    );
    assert_eq!(
        ports.uploads.find(image.id, &user("bob")).await.unwrap(),
        None
    );
    assert_eq!(
        ports
            .uploads
            .find(UploadId::new(), &user("ada"))
            .await
            .unwrap(),
        None
    );
}

/// Sending it lets the members read it, and nobody else.
pub async fn members_read_what_was_sent_to_them(ports: &Ports) {
    let image = planted(ports, Purpose::Attachment, 0).await;
    let id = ports.group("ada", &["bob"]).await;
    attach(ports, id, "ada", &image).await;
    assert!(
        ports
            .uploads
            .find(image.id, &user("bob"))
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        ports.uploads.find(image.id, &user("eve")).await.unwrap(),
        None
    );
}

/// Former members and those who came later do not.
pub async fn uploads_follow_membership_and_visibility(ports: &Ports) {
    let image = planted(ports, Purpose::Attachment, 0).await;
    let id = ports.group("ada", &["bob"]).await;
    attach(ports, id, "ada", &image).await;
    ports.change(id, "bob", ChangeKind::Leave).await.unwrap();
    ports
        .change(id, "ada", ChangeKind::Add(vec![user("cyd")]))
        .await
        .unwrap();
    assert_eq!(
        ports.uploads.find(image.id, &user("bob")).await.unwrap(),
        None
    );
    assert_eq!(
        ports.uploads.find(image.id, &user("cyd")).await.unwrap(),
        None
    );
    assert!(
        ports
            .uploads
            .find(image.id, &user("ada"))
            .await
            .unwrap()
            .is_some()
    );
}

/// Everybody sees avatars.
pub async fn everybody_reads_avatars(ports: &Ports) {
    let avatar = planted(ports, Purpose::Avatar, 0).await;
    assert_eq!(
        ports.uploads.find(avatar.id, &user("eve")).await.unwrap(),
        Some(avatar)
    );
}

/// Owned ones come in the order asked.
pub async fn owned_uploads_come_in_the_order_asked(ports: &Ports) {
    let (one, two) = (
        planted(ports, Purpose::Attachment, 0).await,
        planted(ports, Purpose::Attachment, 0).await,
    );
    let foreign = upload("bob", Purpose::Attachment, 0);
    ports.uploads.create(&foreign).await.unwrap();
    let asked = [two.id, foreign.id, UploadId::new(), one.id];
    assert_eq!(
        ports.uploads.owned(&user("ada"), &asked).await.unwrap(),
        [two, one]
    );
    assert_eq!(ports.uploads.owned(&user("ada"), &[]).await.unwrap(), []);
}

/// Usage adds up bytes, and counts those since.
pub async fn usage_adds_up(ports: &Ports) {
    planted(ports, Purpose::Attachment, 1).await;
    planted(ports, Purpose::Avatar, 5).await;
    let usage =
        async |name: &str, since| ports.uploads.usage(&user(name), at(since)).await.unwrap();
    assert_eq!(
        usage("ada", 0).await,
        UploadUsage {
            bytes: 2_000,
            recent: 2
        }
    );
    assert_eq!(
        usage("ada", 5).await,
        UploadUsage {
            bytes: 2_000,
            recent: 1
        }
    );
    assert_eq!(
        usage("ada", 6).await,
        UploadUsage {
            bytes: 2_000,
            recent: 0
        }
    );
    assert_eq!(usage("bob", 0).await, UploadUsage::default());
}

/// Orphans are old attachments that no message holds.
pub async fn orphans_are_old_and_unsent(ports: &Ports) {
    let (late, early) = (
        planted(ports, Purpose::Attachment, 2).await,
        planted(ports, Purpose::Attachment, 1).await,
    );
    planted(ports, Purpose::Attachment, 10).await;
    planted(ports, Purpose::Avatar, 1).await;
    let sent = planted(ports, Purpose::Attachment, 1).await;
    let id = ports.group("ada", &[]).await;
    attach(ports, id, "ada", &sent).await;
    assert_eq!(
        ports.uploads.orphans(at(10), 10).await.unwrap(),
        [early.clone(), late]
    );
    assert_eq!(ports.uploads.orphans(at(10), 1).await.unwrap(), [early]);
}

/// What a message holds stays.
pub async fn only_uploads_that_no_message_holds_are_deleted(ports: &Ports) {
    let (sent, unsent) = (
        planted(ports, Purpose::Attachment, 0).await,
        planted(ports, Purpose::Attachment, 0).await,
    );
    let id = ports.group("ada", &[]).await;
    attach(ports, id, "ada", &sent).await;
    assert!(!ports.uploads.delete(sent.id).await.unwrap());
    assert!(ports.uploads.delete(unsent.id).await.unwrap());
    assert!(!ports.uploads.delete(unsent.id).await.unwrap(), "twice");
    assert_eq!(
        ports.uploads.find(unsent.id, &user("ada")).await.unwrap(),
        None
    );
    assert!(
        ports
            .uploads
            .find(sent.id, &user("ada"))
            .await
            .unwrap()
            .is_some()
    );
}
