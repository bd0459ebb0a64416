//! Driving a receiver over a socket: reading, timers, and the closing handshake.

use std::pin::pin;

use bytes::Bytes;
use chat_core::protocol::{CloseCode, Frame};
use chat_core::session::Receiver;
use tokio::time::{Instant, sleep_until, timeout};

use super::codec::{close_frame, ping_frame};
use super::reader::{End, Reader, hand_over};
use super::socket::SocketConfig;
use super::writer::Writer;

/// Runs until the socket or the receiver ends.
pub(super) async fn run(
    reader: &mut Reader,
    writer: &mut Writer,
    receiver: &mut impl Receiver,
    early: Bytes,
    config: &SocketConfig,
) -> End {
    let reading = async {
        if let Err(end) = reader.begin(&early, receiver).await {
            return end;
        }
        drop(early);
        read_on(reader, receiver, config).await
    };
    tokio::select! {
        end = reading => end,
        end = writer.write_on(config.write_within) => end,
    }
}

/// Reads until the connection or the client's patience with us ends.
async fn read_on(reader: &mut Reader, receiver: &mut impl Receiver, config: &SocketConfig) -> End {
    let mut pinged = false;
    let mut alarm = pin!(sleep_until(reader.heard + config.ping_after));
    loop {
        let silence = if pinged {
            config.ping_after + config.pong_within
        } else {
            config.ping_after
        };
        let heard = reader.heard;
        let partial = reader.partial.map(|since| since + config.message_within);
        let deadline = receiver.subscription().deadline();
        let due = [deadline, partial]
            .into_iter()
            .flatten()
            .fold(heard + silence, Instant::min);
        // Set again for something sooner, or once it has gone off: not for each frame, which only puts things off.
        if due < alarm.deadline() || alarm.is_elapsed() {
            alarm.as_mut().reset(due);
        }
        let received = tokio::select! {
            received = reader.receive() => received,
            () = alarm.as_mut() => {
                let now = Instant::now();
                receiver.subscription().expire();
                if partial.is_some_and(|at| at <= now) {
                    return End::Close(CloseCode::Expired);
                }
                if heard + silence <= now {
                    if pinged {
                        return End::Gone;
                    }
                    pinged = true;
                    let outbox = receiver.subscription().outbox();
                    outbox.send_frame(Frame::ready(ping_frame()));
                }
                continue;
            }
        };
        let handed = match received {
            Ok(received) => hand_over(received, receiver).await,
            Err(end) => return end,
        };
        if let Err(end) = handed {
            return end;
        }
        pinged = pinged && reader.heard == heard;
    }
}

/// Says why, if there is somebody to say it to, and waits shortly for the answer.
pub(super) async fn finish(
    reader: &mut Reader,
    writer: &mut Writer,
    mut receiver: impl Receiver,
    end: End,
    config: &SocketConfig,
) {
    let code = match end {
        End::Gone => return,
        End::Closed => CloseCode::Normal,
        End::Close(code) => {
            receiver.closing(code);
            code
        }
    };
    let outbox = receiver.subscription().outbox();
    outbox.close(code);
    let patience = match code {
        CloseCode::SlowConsumer => config.close_within,
        _ => config.write_within,
    };
    let said = timeout(patience, async {
        writer.drain().await?;
        writer
            .write_all(&close_frame(Some(outbox.closed().unwrap_or(code))))
            .await
    });
    if matches!(said.await, Ok(Ok(()))) && end != End::Closed {
        let answered = async { while reader.receive().await.is_ok() {} };
        // Whatever still comes is of no interest, nor is whether it comes.
        let _ = timeout(config.close_within, answered).await;
    }
}
