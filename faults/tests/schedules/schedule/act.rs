//! What may happen in a schedule.

use std::sync::atomic::Ordering;
use std::time::Duration;

use chat_core::auth::EndSessions as _;
use chat_core::chat::{Chat, Error};
use chat_core::id::{ClientId, ConversationId, Timestamp, UserId};
use chat_core::model::MarkKind;
use chat_core::protocol::{CloseCode, MessageBody};
use chat_core::store::ConversationStore as _;
use tokio::time::sleep;

use super::Seeded;
use super::world::{Notes, POISONER, World};
use chat_faults::check::Anomaly;
use chat_faults::history::{Kind, Op, Payload, Record};

/// How often a send is tried.
const TRIES: usize = 50;

/// How long an ended session's socket may stay.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);

/// Does something, as the dice decide.
pub(super) async fn any(world: &mut World) {
    match world.dice.u8(0..100) {
        0..50 => send(world),
        50..54 => send_in_the_hosts_transaction(world).await,
        54..64 => change_membership(world).await,
        64..74 => reconnect(world).await,
        74..80 => mark(world).await,
        80..84 => world.bus.go_away().await,
        84..85 => world.bus.fall_silent(),
        85..89 => world.bus.come_back().await,
        89..91 => end_a_session(world).await,
        91..92 => replace_a_node(world),
        92..93 => stop_reading(world).await,
        93..94 => poison(world).await,
        _ => {
            let millis = world.dice.u64(0..2_000);
            sleep(Duration::from_millis(millis)).await;
        }
    }
}

fn somebody(world: &mut World) -> (usize, UserId, Chat, ConversationId) {
    let who = world.dice.usize(0..world.people.len());
    let node = world.dice.usize(0..world.nodes.len());
    let group = world.dice.usize(0..world.groups.len());
    let chat = world.nodes[node].clone();
    (who, world.people[who].clone(), chat, world.groups[group])
}

/// People send beside their devices, each by a number of their own.
fn sender(who: usize) -> u32 {
    u32::try_from(who).unwrap_or(u32::MAX - 1_000) + 1_000
}

fn send(world: &mut World) {
    let (who, user, chat, group) = somebody(world);
    let payload = world.payload(sender(who));
    let other = world.nodes[world.dice.usize(0..world.nodes.len())].clone();
    let send = Send {
        user,
        group,
        payload,
        text: payload.content(),
        notes: world.notes.clone(),
    };
    // The same at once on two nodes, now and then.
    if world.dice.u8(0..10) == 0 {
        world.sends.spawn(send.clone().until_answered(other));
    }
    world.sends.spawn(send.until_answered(chat));
}

#[derive(Debug, Clone)]
struct Send {
    user: UserId,
    group: ConversationId,
    payload: Payload,
    text: String,
    notes: Notes,
}

impl Send {
    async fn until_answered(self, chat: Chat) {
        let record = |kind| {
            let record = Record::new(self.payload.client, Op::Send, kind);
            record.within(self.group).of(Some(self.payload))
        };
        self.notes.add(record(Kind::Invoke));
        for _ in 0..TRIES {
            let mut body = MessageBody::text(&self.text);
            body.client_id = ClientId::new(self.payload.to_string()).ok();
            match chat.send(&self.user, self.group, body).await {
                Ok(sent) => {
                    let message = sent.message;
                    let acked = record(Kind::Ok).message(message.id);
                    return self.notes.add(acked.seq(message.seq).rev(message.rev));
                }
                Err(Error::Refused(refusal)) => {
                    return self.notes.add(record(Kind::Nack).code(refusal.to_string()));
                }
                Err(error) => self.notes.add(record(Kind::Info).code(error.to_string())),
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// A host appends by itself and tells afterwards, and its clock is wrong.
async fn send_in_the_hosts_transaction(world: &mut World) {
    use chat_core::store::MessageStore as _;

    let (who, user, chat, group) = somebody(world);
    let payload = world.payload(sender(who));
    let record = |kind| {
        let record = Record::new(payload.client, Op::Send, kind);
        record.within(group).of(Some(payload))
    };
    world.notes.add(record(Kind::Invoke));
    let body = MessageBody::text(payload.content());
    let Ok(mut draft) = chat.draft(&user, group, body).await else {
        return world.notes.add(record(Kind::Info));
    };
    draft.at = Timestamp::now().minus(Duration::from_secs(3_600));
    let appended = world.store.append(&[draft]).await;
    match appended.expect("memory does not fail").remove(0) {
        Ok(appended) => {
            let message = &appended.message;
            let acked = record(Kind::Ok).message(message.id);
            world.notes.add(acked.seq(message.seq).rev(message.rev));
            // Now and then it dies before it tells.
            if world.dice.bool() {
                chat.publish(&[appended]);
            }
        }
        Err(refusal) => world
            .notes
            .add(record(Kind::Nack).code(refusal.to_string())),
    }
}

/// The owner adds or removes somebody.
async fn change_membership(world: &mut World) {
    let (who, user, chat, group) = somebody(world);
    if who == 0 {
        return;
    }
    let owner = world.people[0].clone();
    let changed = match world.dice.bool() {
        true => chat.add_members(&owner, group, &[user]).await,
        false => chat.remove_member(&owner, group, &user).await,
    };
    if let Ok(changed) = changed {
        for member in &changed.members {
            world.note_member(group, &member.user, member.rev, member.active);
        }
    }
}

async fn reconnect(world: &mut World) {
    let device = world.dice.usize(0..world.devices.len());
    let node = world.dice.usize(0..world.nodes.len());
    world.connect(device, node).await;
}

async fn mark(world: &mut World) {
    let (who, user, chat, group) = somebody(world);
    let found = world.store.find(group, &user).await;
    let Some((conversation, _)) = found.expect("memory does not fail") else {
        return;
    };
    let head = conversation.last_seq.get();
    let Some(seq) = chat_core::id::Seq::new(world.dice.i64(0..=head)) else {
        return;
    };
    let record = |kind| {
        let record = Record::new(sender(who), Op::Mark, kind);
        record.within(group).user(user.clone())
    };
    world.notes.add(record(Kind::Invoke).seq(seq));
    match chat.mark(&user, group, MarkKind::Read, seq).await {
        Ok(marked) => world.notes.add(record(Kind::Ok).seq(marked.markers.read)),
        Err(error) => world.notes.add(record(Kind::Info).code(error.to_string())),
    }
}

/// Ends the session of a device on another node; if the bus is there, its socket is closed soon.
async fn end_a_session(world: &mut World) {
    world.bus.come_back().await;
    sleep(Duration::from_secs(2)).await;
    world.pump().await;
    let place = world.dice.usize(0..world.devices.len());
    let (device, chat) = (&world.devices[place], &world.nodes[0]);
    if device.is_lost() {
        return;
    }
    if world.bug != Some(Seeded::RevocationInRequestsOnly) {
        // The bus may lose one; that it does so three times in a row is not looked for here.
        for _ in 0..12 {
            chat.end_sessions(&device.user, &[device.login]);
        }
    }
    sleep(REVOKED_WITHIN).await;
    let device = &world.devices[place];
    let closed = device.session.as_ref().and_then(|s| s.outbox().closed());
    if closed.is_none() {
        let number = device.number;
        world.findings.add(Anomaly::Stuck, || {
            format!(
                "client {number} keeps its socket, node {} vitals {:?} {:?}",
                device.node,
                world.nodes[device.node].vitals(),
                world.nodes[0].vitals()
            )
        });
    }
}

/// Stops a node as a deploy does, and starts another in its place.
fn replace_a_node(world: &mut World) {
    let gone = world.dice.usize(0..world.nodes.len());
    if world.bug != Some(Seeded::DrainWithoutWaiting) {
        world.nodes[gone].drain(Duration::from_secs(1));
    }
    for device in world.devices.iter().filter(|device| device.node == gone) {
        let Some(session) = &device.session else {
            continue;
        };
        if session.outbox().closed().is_none() {
            world.findings.add(Anomaly::Disturbed, || {
                format!("client {} is cut off without a close", device.number)
            });
        }
    }
    world.start_node();
    let (Some(chat), Some(store)) = (world.nodes.pop(), world.stores.pop()) else {
        return;
    };
    world.nodes[gone] = chat;
    world.stores[gone] = store;
    for place in 0..world.devices.len() {
        if world.devices[place].node == gone {
            world.devices[place].session = None;
        }
    }
}

/// A device does not read for a while: what waits for it stays bounded, and it is closed to resume.
async fn stop_reading(world: &mut World) {
    let place = world.dice.usize(0..world.devices.len());
    let most = chat_core::protocol::Limits::default().outbox_frames;
    let wire = std::sync::Arc::clone(&world.devices[place].wire);
    wire.stalled.store(true, Ordering::Release);
    let (owner, group) = (world.people[0].clone(), world.groups[0]);
    for _ in 0..most + 10 {
        let payload = world.payload(sender(0));
        let send = Send {
            user: owner.clone(),
            group,
            payload,
            text: payload.content(),
            notes: world.notes.clone(),
        };
        send.until_answered(world.nodes[0].clone()).await;
    }
    sleep(Duration::from_secs(1)).await;
    let device = &world.devices[place];
    let outbox = device
        .session
        .as_ref()
        .map(chat_core::session::Session::outbox);
    if let Some(outbox) = outbox
        && outbox.queued() > most
        && outbox.closed() != Some(CloseCode::SlowConsumer)
    {
        let queued = outbox.queued();
        world
            .findings
            .add(Anomaly::Unbounded, || format!("{queued} frames wait"));
    }
    wire.stalled.store(false, Ordering::Release);
    world.connect(place, 0).await;
}

/// A message that the wire format panics at: whoever was to get it comes back and resumes.
async fn poison(world: &mut World) {
    let payload = world.payload(POISONER);
    let send = Send {
        user: world.people[0].clone(),
        group: world.groups[0],
        payload,
        text: payload.content(),
        notes: world.notes.clone(),
    };
    send.until_answered(world.nodes[0].clone()).await;
}
