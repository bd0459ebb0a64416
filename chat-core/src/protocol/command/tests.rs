//! What is a command and what is none.

use super::*;
use crate::protocol::Code;

fn code(text: &str) -> Code {
    Request::parse(text.as_bytes()).expect_err(text).code
}

#[test]
fn a_message_is_read_as_the_documents_write_it() {
    let id = ConversationId::new();
    let text = format!(
        r#"{{"type":"message","conversation_id":"{id}","content":"Hello, World!","message_type":"text"}}"#
    );

    let request = Request::parse(text.as_bytes()).unwrap();

    let Command::Message(message) = request.command else {
        panic!("got {request:?}")
    };
    assert_eq!(
        (message.conversation_id, message.content.as_str()),
        (id, "Hello, World!")
    );
}

#[test]
fn what_a_client_writes_is_what_the_server_reads() {
    let request = Request {
        id: Some(RequestId::new("7").unwrap()),
        command: Command::Message(SendMessage::new(
            ConversationId::new(),
            MessageBody::text("hi"),
        )),
    };

    let text = serde_json::to_vec(&request).unwrap();

    assert_eq!(Request::parse(&text), Ok(request));
}

#[test]
fn frames_that_are_no_commands_say_why() {
    let id = ConversationId::new();
    for (text, expected) in [
        ("", Code::InvalidFrame),
        ("[]", Code::InvalidFrame),
        ("{}", Code::InvalidFrame),
        (r#"{"type":"message_created"}"#, Code::InvalidFrame),
        (r#"{"type":"ping"} x"#, Code::InvalidFrame),
        (r#"{"type":"ping","id":{}}"#, Code::InvalidFrame),
        (r#"{"type":"typing"}"#, Code::InvalidType),
        (
            r#"{"type":"typing","conversation_id":"1"}"#,
            Code::InvalidId,
        ),
        (
            &format!(
                r#"{{"type":"message","conversation_id":"{id}","content":"x","sender_id":"me"}}"#
            ),
            Code::UnknownField,
        ),
        (
            &format!(r#"{{"type":"read","conversation_id":"{id}","seq":-1}}"#),
            Code::InvalidType,
        ),
        (
            &format!(r#"{{"type":"read","conversation_id":"{id}","seq":"1"}}"#),
            Code::InvalidType,
        ),
    ] {
        assert_eq!(code(text), expected, "{text}");
    }
}

#[test]
fn a_refused_frame_keeps_its_id_and_echoes_nothing_else() {
    let long = "x".repeat(1000);
    let malformed =
        Request::parse(format!(r#"{{"type":"{long}","id":"7"}}"#).as_bytes()).unwrap_err();

    assert_eq!(malformed.id, Some(RequestId::new("7").unwrap()));
    assert_eq!(malformed.detail, "unknown type");
    assert!(Request::parse(format!(r#"{{"type":"ping","id":"{long}"}}"#).as_bytes()).is_err());
}
