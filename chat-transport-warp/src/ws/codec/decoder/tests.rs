//! What is a message and what breaks the protocol.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Owned {
    Text(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
}

fn own(item: Item<'_>) -> Owned {
    match item {
        Item::Text(text) | Item::Binary(text) => Owned::Text(text.to_vec()),
        Item::Ping(payload) => Owned::Ping(payload.to_vec()),
        Item::Pong => Owned::Pong,
        Item::Close(code) => Owned::Close(code),
    }
}

fn client_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let key = [7, 11, 13, 17];
    let mut frame = vec![first];
    match payload.len() {
        0..=125 => frame.push(0x80 | u8::try_from(payload.len()).unwrap()),
        126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&key);
    let start = frame.len();
    frame.extend_from_slice(payload);
    mask(&mut frame[start..], key, 0);
    frame
}

fn decode(decoder: &mut Decoder, bytes: &[u8]) -> Result<Vec<Owned>, CodecError> {
    let mut items = Vec::new();
    decoder
        .decode(&mut bytes.to_vec(), |item| items.push(own(item)))
        .map(|()| items)
}

fn error(frames: &[Vec<u8>]) -> CodecError {
    decode(&mut Decoder::new(1000), &frames.concat()).unwrap_err()
}

#[test]
fn a_whole_frame_needs_no_memory_of_its_own() {
    let mut decoder = Decoder::new(1000);

    let items = decode(&mut decoder, &client_frame(0x81, b"hello")).unwrap();

    assert_eq!(items, [Owned::Text(b"hello".to_vec())]);
    assert_eq!(decoder.held(), 0);
}

#[test]
fn fragments_make_a_message_and_control_frames_may_come_between() {
    let frames = [
        client_frame(0x01, b"he"),
        client_frame(0x89, b"p"),
        client_frame(0x80, b"llo"),
    ];

    let items = decode(&mut Decoder::new(1000), &frames.concat()).unwrap();

    assert_eq!(
        items,
        [Owned::Ping(b"p".to_vec()), Owned::Text(b"hello".to_vec())]
    );
}

#[test]
fn what_the_protocol_forbids_is_told_by_its_code() {
    let protocol = |frames: &[Vec<u8>]| {
        assert!(
            matches!(error(frames), CodecError::Protocol(_)),
            "{frames:x?}"
        );
    };
    protocol(&[vec![0x81, 0x00]]);
    protocol(&[client_frame(0xc1, b"x")]);
    protocol(&[client_frame(0x83, b"x")]);
    protocol(&[client_frame(0x8b, b"x")]);
    protocol(&[client_frame(0x80, b"x")]);
    protocol(&[client_frame(0x01, b"x"), client_frame(0x81, b"y")]);
    protocol(&[client_frame(0x09, b"x")]);
    protocol(&[client_frame(0x89, &[0; 126])]);
    protocol(&[client_frame(0x88, b"x")]);
    protocol(&[vec![0x81, 0xfe, 0, 5, 0, 0, 0, 0]]);
    protocol(&[vec![0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]);
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
        protocol(&[client_frame(0x88, &code.to_be_bytes())]);
    }
    assert_eq!(error(&[client_frame(0x82, b"x")]), CodecError::Binary);
    assert_eq!(
        error(&[client_frame(0x81, b"\xff")]),
        CodecError::InvalidUtf8
    );
    assert_eq!(
        error(&[client_frame(0x88, b"\x03\xe8\xff")]),
        CodecError::InvalidUtf8
    );
    assert_eq!(
        error(&[client_frame(0x81, &[b'x'; 1001])]),
        CodecError::TooBig
    );
    assert_eq!(
        error(&[
            client_frame(0x01, &[b'x'; 600]),
            client_frame(0x80, &[b'x'; 401])
        ]),
        CodecError::TooBig
    );
}

#[test]
fn a_claimed_length_is_refused_before_its_bytes_come() {
    let claim = [0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4];

    assert_eq!(
        decode(&mut Decoder::new(1000), &claim),
        Err(CodecError::TooBig)
    );
}

#[test]
fn text_that_cannot_become_valid_is_refused_before_its_end() {
    let mut frame = client_frame(0x81, b"\xce\xba\xed\xa0\x80edited");
    frame.truncate(frame.len() - 3);

    assert_eq!(
        decode(&mut Decoder::new(1000), &frame),
        Err(CodecError::InvalidUtf8)
    );
}

#[test]
fn nothing_after_a_close_counts() {
    let frames = [client_frame(0x88, b"\x03\xe8bye"), vec![0xff; 30]];

    assert_eq!(
        decode(&mut Decoder::new(1000), &frames.concat()),
        Ok(vec![Owned::Close(Some(1000))])
    );
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same_items(
        texts in prop::collection::vec(("\\PC{0,200}", 0..3_u8), 1..6),
        cuts in prop::collection::vec(0..2000_usize, 0..12),
    ) {
        let mut stream = Vec::new();
        for (text, parts) in &texts {
            match parts {
                0 => stream.extend(client_frame(0x81, text.as_bytes())),
                1 => stream.extend(client_frame(0x89, &text.as_bytes()[..text.len().min(125)])),
                _ => {
                    let middle = text.len() / 2;
                    stream.extend(client_frame(0x01, &text.as_bytes()[..middle]));
                    stream.extend(client_frame(0x80, &text.as_bytes()[middle..]));
                }
            }
        }
        let whole = decode(&mut Decoder::new(10_000), &stream).unwrap();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let mut decoder = Decoder::new(10_000);
        let mut items = Vec::new();
        for pair in cuts.windows(2) {
            items.extend(decode(&mut decoder, &stream[pair[0]..pair[1]]).unwrap());
        }
        prop_assert_eq!(items, whole);
        prop_assert_eq!(decoder.held(), 0);
    }

    #[test]
    fn no_bytes_panic_or_take_more_memory_than_the_limit(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20),
    ) {
        let mut decoder = Decoder::new(500);
        for piece in pieces {
            if decode(&mut decoder, &piece).is_err() {
                break;
            }
            prop_assert!(decoder.held() < 4096);
        }
    }
}
