//! Transactions: each is repeated until it is through, or patience ends.

use std::time::{Duration, Instant};

use chat_core::store::StoreError;
use futures_util::future::BoxFuture;
use mongodb::ClientSession;
use mongodb::error::{TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::options::{ReadConcern, ReadPreference, SelectionCriteria, TransactionOptions};

use crate::error::{Result, failed, has_label, is_duplicate};
use crate::store::{MongoStore, durable};
use crate::turns::Places;

/// The first pause after a conflict is up to this long; each further one up to twice as long.
const PAUSE: Duration = Duration::from_millis(4);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_millis(16);

/// A duplicate key may be a write that was not visible yet when the transaction began; one that
/// stays is an error.
const DUPLICATES: u32 = 3;

impl MongoStore {
    /// Runs `work` in a transaction of its own, again and again while others are in its way. What
    /// it read, a majority has.
    ///
    /// Other calls of this process that write to the same `places` wait for it.
    ///
    /// It goes on to its end when the caller drops the call: a transaction left open would hold
    /// its documents for a minute.
    pub(crate) async fn transact<C, T, W>(&self, places: Places, asked: C, work: W) -> Result<T>
    where
        C: Send + Sync + 'static,
        T: Send + 'static,
        W: for<'s> Fn(&'s Self, &'s mut ClientSession, &'s C) -> BoxFuture<'s, Result<T>>
            + Send
            + Sync
            + 'static,
    {
        let store = self.clone();
        let task = tokio::spawn(async move {
            // The turn is given back too when a server takes a command and never answers.
            let call = Box::pin(store.in_turn(&places, &asked, &work));
            let done = tokio::time::timeout(store.patience(), call).await;
            done.map_err(StoreError::unavailable)?
        });
        task.await.map_err(StoreError::unavailable)?
    }

    async fn in_turn<C, T, W>(&self, places: &Places, asked: &C, work: &W) -> Result<T>
    where
        C: Send + Sync,
        T: Send,
        W: for<'s> Fn(&'s Self, &'s mut ClientSession, &'s C) -> BoxFuture<'s, Result<T>>
            + Send
            + Sync,
    {
        let _turn = self.turns().take(places).await;
        self.repeat(asked, work).await
    }

    async fn repeat<C, T, W>(&self, asked: &C, work: &W) -> Result<T>
    where
        C: Send + Sync,
        T: Send,
        W: for<'s> Fn(&'s Self, &'s mut ClientSession, &'s C) -> BoxFuture<'s, Result<T>>
            + Send
            + Sync,
    {
        let begun = Instant::now();
        let mut session = self.client().start_session().await.map_err(failed)?;
        let mut duplicates = 0;
        for attempt in 0.. {
            let error = match self.attempt(&mut session, asked, work, begun).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            duplicates += u32::from(is_duplicate(&error));
            let again = has_label(&error, TRANSIENT_TRANSACTION_ERROR)
                || (is_duplicate(&error) && duplicates < DUPLICATES);
            let pause = pause(attempt);
            if !again || begun.elapsed() + pause > self.conflicts() {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
        }
        Err(StoreError::unavailable("too many attempts"))
    }

    async fn attempt<C, T, W>(
        &self,
        session: &mut ClientSession,
        asked: &C,
        work: &W,
        begun: Instant,
    ) -> Result<T>
    where
        C: Send + Sync,
        T: Send,
        W: for<'s> Fn(&'s Self, &'s mut ClientSession, &'s C) -> BoxFuture<'s, Result<T>>
            + Send
            + Sync,
    {
        let options = TransactionOptions::builder()
            .read_concern(ReadConcern::snapshot())
            .write_concern(durable())
            .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary))
            .build();
        let begin = session.start_transaction().with_options(options);
        begin.await.map_err(failed)?;
        let done = match work(self, session, asked).await {
            Ok(done) => done,
            Err(error) => {
                session.abort_transaction().await.map_err(failed)?;
                return Err(error);
            }
        };
        loop {
            let Err(error) = session.commit_transaction().await.map_err(failed) else {
                return Ok(done);
            };
            let unknown = has_label(&error, UNKNOWN_TRANSACTION_COMMIT_RESULT);
            if !unknown || begun.elapsed() > self.patience() {
                return Err(error);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// A random part of a time that doubles, so that those in each other's way come apart.
fn pause(attempt: u32) -> Duration {
    let longest = PAUSE.saturating_mul(1 << attempt.min(8)).min(LONGEST_PAUSE);
    // Without randomness all would wait alike, which is worse and not wrong.
    let part = getrandom::u32().unwrap_or(u32::MAX);
    longest.mul_f64(f64::from(part) / f64::from(u32::MAX))
}
