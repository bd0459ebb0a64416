//! What is a command and what is none.

use super::*;
use crate::protocol::Code;

fn code(text: &str) -> Code {
    Request::parse(text.as_bytes()).expect_err(text).code
}

fn call(id: ConversationId, signal: &str) -> String {
    format!(
        r#"{{"type":"call","conversation_id":"{id}","call_id":"c","to":"bob","from_device":"d","signal":{signal}}}"#
    )
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
        (r#"{"id":"7","content":"x"}"#, Code::InvalidFrame),
        (r#"{"type":7,"id":"7"}"#, Code::InvalidFrame),
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
        (&call(id, r#"{"type":"dance"}"#), Code::InvalidType),
        (&call(id, r#"{"type":"offer"}"#), Code::InvalidType),
        (
            &call(id, r#"{"type":"ringing","sdp":"v=0"}"#),
            Code::UnknownField,
        ),
        (
            &call(id, r#"{"type":"hangup","reason":"bored"}"#),
            Code::InvalidType,
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

#[test]
fn a_frame_says_its_parts_in_any_order_and_each_once() {
    let id = ConversationId::new();
    let typing = |parts: [&str; 3]| {
        let parts = parts.map(|part| part.replace("ID", &id.to_string()));
        Request::parse(format!("{{{}}}", parts.join(",")).as_bytes())
    };
    let parts = [
        r#""type":"typing""#,
        r#""id":"7""#,
        r#""conversation_id":"ID""#,
    ];
    let expected = typing(parts).unwrap();
    assert_eq!(expected.id, Some(RequestId::new("7").unwrap()));
    assert!(matches!(&expected.command, Command::Typing(typing) if typing.active));

    let [kind, request, place] = parts;
    for order in [
        [place, request, kind],
        [request, place, kind],
        [place, kind, request],
        [r#""\u0074ype":"typ\u0069ng""#, request, place],
    ] {
        assert_eq!(typing(order), Ok(expected.clone()), "{order:?}");
    }
    for twice in [
        [kind, place, kind],
        [r#""type":"ping""#, place, kind],
        [r#""type":"ping""#, request, request],
    ] {
        assert_eq!(typing(twice).unwrap_err().code, Code::InvalidFrame);
    }
}

#[test]
fn a_refused_frame_keeps_its_id_wherever_it_stands() {
    for text in [
        r#"{"id":"7","type":"typing","conversation_id":1}"#,
        r#"{"type":"typing","conversation_id":1,"id":"7"}"#,
    ] {
        let malformed = Request::parse(text.as_bytes()).unwrap_err();

        assert_eq!(malformed.code, Code::InvalidType);
        assert_eq!(malformed.id, Some(RequestId::new("7").unwrap()));
    }
}

#[cfg(feature = "openapi")]
#[test]
fn every_command_has_a_schema() {
    use serde_json::json;

    let (id, message) = (ConversationId::new(), MessageId::new());
    let nothing: Watch = serde_json::from_str(r#"{"user_ids":[]}"#).unwrap();
    let mark = MarkCommand {
        conversation_id: id,
        seq: Seq::ZERO,
    };
    // A command that is new does not compile here until it names the next one; then it needs its schema too.
    let next = |command: &Command| match command {
        Command::Message(_) => Some(Command::Edit(body(
            json!({"conversation_id": id, "message_id": message, "content": "x"}),
        ))),
        Command::Edit(_) => Some(Command::Delete(body(
            json!({"conversation_id": id, "message_id": message}),
        ))),
        Command::Delete(_) => Some(Command::React(body(
            json!({"conversation_id": id, "message_id": message, "reaction": "x"}),
        ))),
        Command::React(react) => Some(Command::Unreact(react.clone())),
        Command::Unreact(_) => Some(Command::Typing(body(json!({"conversation_id": id})))),
        Command::Typing(_) => Some(Command::Mark(MarkKind::Delivered, mark.clone())),
        Command::Mark(MarkKind::Delivered, _) => Some(Command::Mark(MarkKind::Read, mark.clone())),
        Command::Mark(MarkKind::Read, _) => Some(Command::Call(body(
            json!({"conversation_id": id, "call_id": "c", "to": "bob", "from_device": "d",
                "signal": {"type": "ringing"}}),
        ))),
        Command::Call(_) => Some(Command::Resume(serde_json::from_str("{}").unwrap())),
        Command::Resume(_) => Some(Command::Watch(nothing.clone())),
        Command::Watch(_) => Some(Command::Unwatch(nothing.clone())),
        Command::Unwatch(_) => Some(Command::Authenticate(serde_json::from_str("{}").unwrap())),
        Command::Authenticate(_) => Some(Command::Ping),
        Command::Ping => None,
    };
    let first = Command::Message(SendMessage::new(id, MessageBody::text("")));
    let all: Vec<_> = std::iter::successors(Some(first), next)
        .map(|command| command.kind())
        .collect();

    let with_schema: Vec<_> = schema::BODIES.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(with_schema, all);
}

#[cfg(feature = "openapi")]
fn body<T: serde::de::DeserializeOwned>(fields: serde_json::Value) -> T {
    serde_json::from_value(fields).unwrap()
}
