//! One connection to one server.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, IntoConnectionInfo as _, Pipeline,
    PushInfo, PushKind, RedisConnectionInfo, Value,
};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::address::Address;
use crate::config::Limits;
use crate::error::Fault;

/// How often a connection is tried, so that one whose other end is gone without a word is noticed.
pub(crate) const PING_EVERY: Duration = Duration::from_secs(1);

/// How to connect: the same for every server.
#[derive(Clone)]
pub(crate) struct Dial {
    /// The login and the database.
    pub(crate) settings: RedisConnectionInfo,
    pub(crate) limits: Limits,
}

/// One connection. Clones share it; it ends with the last.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    connection: MultiplexedConnection,
    lost: Arc<Notify>,
}

impl Dial {
    /// Connects. What the server sends unasked goes to `hear`, which must not block; it breaks off a connection
    /// that is of no more use.
    pub(crate) async fn open(
        &self,
        address: &Address,
        hear: impl Fn(PushInfo) -> ControlFlow<()> + Send + Sync + 'static,
    ) -> Result<Line, Fault> {
        let lost = Arc::new(Notify::new());
        let told = Arc::clone(&lost);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.limits.connect))
            .set_response_timeout(Some(self.limits.call))
            .set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection || hear(push).is_break() {
                    told.notify_one();
                }
                Ok::<(), ()>(())
            });
        let place = ConnectionAddr::Tcp(address.host.to_string(), address.port);
        let info = place
            .into_connection_info()?
            .set_tcp_settings(TcpSettings::default().set_nodelay(true))
            .set_redis_settings(self.settings.clone());
        let connection = Client::open(info)?
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        Ok(Line { connection, lost })
    }
}

impl Line {
    /// One command's answer.
    pub(crate) async fn ask(&self, command: &Cmd) -> Result<Value, Fault> {
        let answer = self.connection.clone().send_packed_command(command).await?;
        checked(answer)
    }

    /// Every command's own answer, which may be a refusal.
    pub(crate) async fn ask_all(&self, pipeline: &Pipeline) -> Result<Vec<Value>, Fault> {
        let count = pipeline.len();
        let mut connection = self.connection.clone();
        let answers = connection.send_packed_commands(pipeline, 0, count).await?;
        if answers.len() == count {
            Ok(answers)
        } else {
            Err(Fault::Answer)
        }
    }

    /// Ends when it is known to be lost. Cancel-safe.
    pub(crate) async fn lost(&self) {
        self.lost.notified().await;
    }

    /// Tries it.
    pub(crate) async fn ping(&self) -> Result<(), Fault> {
        self.ask(&redis::cmd("PING")).await.map(drop)
    }

    /// Tries it now and then, until it is lost.
    pub(crate) async fn watch(&self) -> Fault {
        loop {
            if timeout(PING_EVERY, self.lost()).await.is_ok() {
                return Fault::Down(None);
            }
            if let Err(fault) = self.ping().await {
                return fault;
            }
        }
    }
}

/// The answer, unless it is a refusal.
pub(crate) fn checked(answer: Value) -> Result<Value, Fault> {
    match answer {
        Value::ServerError(error) => Err(Fault::Refused(error)),
        answer => Ok(answer),
    }
}
