//! From a client's frame to a command, and from an event to a frame.

use std::hint::black_box;

use chat_core::id::{ClientId, ConversationId, MessageId, Rev, Seq, Timestamp, UserId};
use chat_core::model::MessageKind;
use chat_core::protocol::{Event, Frame, MessageView, Request};
use chat_transport_warp::ws::codec::{Decoder, Item};

use crate::{Failure, Operation};

/// A text of 100 bytes.
pub(crate) const TEXT: &str = "A text of a hundred bytes, as people write them to each other all day long, with an end at the hundred";

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Decodes a frame, which is put back as it came each time.
pub(crate) fn decode() -> Result<Operation, Failure> {
    let frame = masked(&command())?;
    let mut buffer = frame.clone();
    let mut decoder = Decoder::new(64 << 10);
    Ok(Box::new(move || {
        buffer.copy_from_slice(&frame);
        let mut length = 0;
        decoder.decode(&mut buffer, |item| {
            if let Item::Text(text) = item {
                length = black_box(text).len();
            }
        })?;
        match length {
            0 => Err("no message in the frame".into()),
            _ => Ok(()),
        }
    }))
}

/// Parses the payload of a frame.
pub(crate) fn parse() -> Result<Operation, Failure> {
    let payload = command();
    Ok(Box::new(move || {
        let request = Request::parse(black_box(&payload)).map_err(|malformed| malformed.detail)?;
        black_box(request);
        Ok(())
    }))
}

/// Encodes an event.
pub(crate) fn encode() -> Result<Operation, Failure> {
    let event = event()?;
    Ok(Box::new(move || {
        black_box(Frame::json(black_box(&event)));
        Ok(())
    }))
}

/// The command that sends a message.
fn command() -> Vec<u8> {
    let (conversation, client) = (ConversationId::new(), MessageId::new());
    let command = format!(
        r#"{{"type":"message","id":"17","conversation_id":"{conversation}","content":"{TEXT}","client_id":"{client}"}}"#
    );
    command.into_bytes()
}

/// A client's text frame: of a payload of 126 to 65,535 bytes.
fn masked(payload: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut frame = vec![0x81, 0x80 | 126];
    frame.extend(u16::try_from(payload.len())?.to_be_bytes());
    frame.extend(MASK);
    frame.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    Ok(frame)
}

fn event() -> Result<Event, Failure> {
    let number = 123_456;
    let message = MessageView {
        id: MessageId::new(),
        conversation_id: ConversationId::new(),
        seq: Seq::new(number).ok_or("a seq")?,
        rev: Rev::new(number).ok_or("a rev")?,
        sender_id: UserId::new("ada")?,
        client_id: Some(ClientId::new("01998ae4-0c5e-7bb3-b0c1-2f4f6b7d8e9f")?),
        message_type: MessageKind::Text,
        content: TEXT.to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        created_at: Timestamp::from_millis(1_760_000_000_123),
        edited_at: None,
        reactions: Vec::new(),
        status: None,
    };
    Ok(Event::MessageCreated { message })
}
