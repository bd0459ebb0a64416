//! Cases of [`UploadStore`](crate::store::UploadStore).

use crate::conformance::Ports;
use crate::conformance::fixtures::{account, at, draft, named, upload, user};
use crate::id::{ConversationId, UploadId};
use crate::model::{
    Account, AccountPatch, ChangeKind, Draft, FileName, MediaKind, MediaType, MessageKind, Purpose,
    Role, Upload, UploadUsage,
};
use crate::store::Window;

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
        ports
            .uploads
            .orphans(Purpose::Attachment, at(10), None, 10)
            .await
            .unwrap(),
        [early.clone(), late]
    );
    assert_eq!(
        ports
            .uploads
            .orphans(Purpose::Attachment, at(10), None, 1)
            .await
            .unwrap(),
        [early]
    );
}

/// Pages go on behind the last one of the page before, also among those of one moment.
pub async fn orphans_come_page_by_page(ports: &Ports) {
    let mut all = Vec::new();
    for created in [1, 1, 1, 2, 3] {
        all.push(planted(ports, Purpose::Attachment, created).await);
    }
    all.sort_by_key(|upload| (upload.created_at, upload.id));
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let orphans = ports
            .uploads
            .orphans(Purpose::Attachment, at(10), after.as_ref(), 2);
        let page = orphans.await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        found.extend(page);
    }
    assert_eq!(found, all);
}

/// An account of Ada's that shows one picture, a group that shows another.
async fn shown(ports: &Ports) -> [Upload; 2] {
    let (own, of_group) = (
        planted(ports, Purpose::Avatar, 1).await,
        planted(ports, Purpose::Avatar, 1).await,
    );
    let ada = Account {
        id: user("ada"),
        ..account("ada")
    };
    ports.accounts.create(&ada).await.unwrap().unwrap();
    show(ports, Some(&own)).await;
    let id = ports.group("ada", &["bob"]).await;
    let avatar = ChangeKind::Avatar(Some(of_group.id));
    ports.change(id, "ada", avatar).await.unwrap();
    ports
        .change(id, "ada", ChangeKind::SetRole(user("bob"), Role::Owner))
        .await
        .unwrap();
    ports.change(id, "ada", ChangeKind::Leave).await.unwrap();
    [own, of_group]
}

/// Ada's account shows a picture, or none.
async fn show(ports: &Ports, picture: Option<&Upload>) {
    let patch = AccountPatch {
        avatar: Some(picture.map(|upload| upload.id)),
        ..AccountPatch::default()
    };
    ports.accounts.update(&user("ada"), &patch).await.unwrap();
}

/// A picture that was replaced or never used is an orphan; one that is shown is none, also when who uploaded it left
/// the group.
pub async fn pictures_that_nobody_shows_are_orphans(ports: &Ports) {
    let [own, _] = shown(ports).await;
    let unused = planted(ports, Purpose::Avatar, 2).await;
    planted(ports, Purpose::Avatar, 10).await;
    planted(ports, Purpose::Attachment, 1).await;
    let orphans = async || {
        let orphans = ports.uploads.orphans(Purpose::Avatar, at(10), None, 10);
        orphans.await.unwrap()
    };
    assert_eq!(orphans().await, std::slice::from_ref(&unused));

    show(ports, Some(&unused)).await;

    assert_eq!(orphans().await, std::slice::from_ref(&own));
    show(ports, None).await;
    assert_eq!(orphans().await, [own, unused]);
}

/// A picture that is shown stays.
pub async fn pictures_that_are_shown_are_not_deleted(ports: &Ports) {
    let [own, of_group] = shown(ports).await;
    assert!(!ports.uploads.delete(own.id).await.unwrap());
    assert!(!ports.uploads.delete(of_group.id).await.unwrap());
    show(ports, None).await;
    assert!(ports.uploads.delete(own.id).await.unwrap());
}

/// Where it is served is as was said last, and what is gone stays so.
pub async fn where_an_upload_is_served_is_noted(ports: &Ports) {
    let (kept, gone) = (
        planted(ports, Purpose::Attachment, 0).await,
        UploadId::new(),
    );
    for url in ["https://a.example/1", "https://a.example/2"] {
        ports.uploads.set_url(kept.id, url).await.unwrap();
        let found = ports.uploads.find(kept.id, &user("ada")).await.unwrap();
        assert_eq!(found.unwrap().url.as_deref(), Some(url));
    }
    ports
        .uploads
        .set_url(gone, "https://a.example")
        .await
        .unwrap();
    assert_eq!(ports.uploads.find(gone, &user("ada")).await.unwrap(), None);
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

/// An upload of a type, with a name; pictures have a size in pixels and others none.
fn of_type(content_type: MediaType) -> Upload {
    let is_picture = content_type.kind() == MediaKind::Image;
    let pixels = is_picture.then_some(640);
    Upload {
        content_type,
        width: pixels,
        height: pixels,
        name: FileName::clean("Ré\"sumé' 履歴; 😀.bin"),
        has_thumbnail: is_picture,
        url: (!is_picture).then(|| "https://media.example/x?y=%20".to_owned()),
        ..upload("ada", Purpose::Attachment, 0)
    }
}

/// Every type, with a name and without a size in pixels, is given back as it was.
pub async fn uploads_of_every_type_are_kept_as_they_are(ports: &Ports) {
    for content_type in MediaType::ALL {
        let kept = of_type(*content_type);
        ports.uploads.create(&kept).await.unwrap();
        let found = ports.uploads.find(kept.id, &user("ada")).await.unwrap();
        assert_eq!(found.as_ref(), Some(&kept));
        let owned = ports.uploads.owned(&user("ada"), &[kept.id]).await.unwrap();
        assert_eq!(owned, [kept]);
    }
    let all = ports
        .admin
        .uploads_of(&user("ada"), None, 100)
        .await
        .unwrap();
    assert_eq!(all.len(), MediaType::ALL.len());
    assert!(all.iter().all(|upload| upload.name.is_some()), "{all:?}");
}

/// Messages of every kind hold their files as they were, and a repeated send finds them.
pub async fn messages_of_every_kind_are_kept_with_their_files(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let mut sent = Vec::new();
    for content_type in MediaType::ALL {
        let file = of_type(*content_type);
        ports.uploads.create(&file).await.unwrap();
        let named = named(draft(id, "ada", "look"), content_type.as_str());
        let draft = Draft {
            kind: MessageKind::from(content_type.kind()),
            attachments: vec![file.attachment()],
            ..named
        };
        let first = ports.try_send(draft.clone()).await.unwrap();
        let again = ports.try_send(draft.clone()).await.unwrap();
        assert!(first.is_new && !again.is_new);
        assert_eq!(again.message, first.message);
        assert_eq!(first.message.attachments, draft.attachments);
        sent.push(first.message);
    }
    let bob = user("bob");
    let history = ports.messages.history(id, &bob, Window::Latest, 100);
    assert_eq!(history.await.unwrap(), Some(sent));
    assert_eq!(ports.admin.audit(10).await.unwrap(), []);
}
