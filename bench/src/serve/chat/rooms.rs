//! Making the rooms, as a host does: by the chat's use cases.

use chat_core::chat::Chat;
use chat_core::id::UserId;

use super::users::name;
use crate::Failure;
use crate::layout::{Layout, RoomKind, Seat};
use crate::serve::Kept;

/// Makes every room of `layout`; their ids and what their members know of them.
pub(super) async fn create(
    chat: &Chat,
    layout: Layout,
) -> Result<(Vec<String>, Vec<Kept>), Failure> {
    let (mut ids, mut kept) = (Vec::new(), Vec::new());
    for room in 0..layout.rooms {
        let mut users = Vec::new();
        for seat in layout.of(room) {
            users.push(user(seat)?);
        }
        let (creator, others) = users.split_first().ok_or("a room without members")?;
        let made = match (layout.kind, others) {
            (RoomKind::Direct, [peer]) => chat.create_direct(creator, peer).await?,
            (RoomKind::Direct, _) => return Err("a pair is of two".into()),
            (RoomKind::Group, others) => {
                let name = format!("Room {room}");
                chat.create_group(creator, &name, others).await?
            }
        };
        let id = made.conversation.id.to_string();
        kept.push(Kept::from([(id.clone(), made.conversation.rev.get())]));
        ids.push(id);
    }
    Ok((ids, kept))
}

fn user(seat: Seat) -> Result<UserId, Failure> {
    Ok(UserId::new(name(seat))?)
}
