//! A node with many clients and conversations is told to stop, and started again as soon as it is gone; its clients come
//! back by themselves, as the server asked them to, and resume.

use std::time::{Duration, Instant};

use chat_core::conformance::Ports;
use sqlx::PgPool;
use tokio::runtime::{Builder, Runtime};

use super::Outcome;
use crate::fill::user;
use crate::layout::Layout;
use crate::load::fleet::Fleet;
use crate::measure::cpu::Cpu;
use crate::measure::machine::Cores;
use crate::serve::Kept;
use crate::subject::{Child, Subject, There};
use crate::{Failure, Opened, open_as, own_names, seed};

/// Messages of each conversation.
const EACH: i64 = 3;

/// What is said about a client that has not come back by then is that it has not.
const WITHIN: Duration = Duration::from_secs(120);

/// How long the clients listen before they look whose time has come.
const PASS: Duration = Duration::from_millis(5);

/// What to restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    /// Clients.
    pub(crate) connections: usize,
    /// Conversations, and users as many.
    pub(crate) conversations: i64,
}

/// Runs it, on a Postgres that fills itself.
pub(super) fn run(subject: &Subject, node: Node, cores: Cores) -> Result<Outcome, Failure> {
    let scratch = crate::subject::scratch()?;
    let url = subject.url(scratch.path()).ok_or("it keeps nothing")?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let name = own_names();
    let Opened { ports, postgres } = runtime.block_on(open_as(&url, &name))?;
    let (store, _) = postgres.ok_or("only a Postgres fills itself quickly enough")?;
    let there = There {
        url: &url,
        name: &name,
        users: usize::try_from(node.conversations)?,
    };
    let run = || {
        let filled = seed::fill_each(store.pool(), &name, node.conversations, EACH);
        runtime.block_on(filled)?;
        let kept = runtime.block_on(kept(&ports, node.connections))?;
        let transactions = || runtime.block_on(transactions(store.pool()));
        restart(subject, &there, kept, transactions, cores)
    };
    let measured = run();
    clear(&runtime, &ports)?;
    measured
}

fn clear(runtime: &Runtime, ports: &Ports) -> Result<(), Failure> {
    Ok(runtime.block_on(ports.schema.goto(0))?)
}

/// What the first users know of their conversations: everything.
async fn kept(ports: &Ports, users: usize) -> Result<Vec<Kept>, Failure> {
    let mut all = Vec::new();
    for n in 0..users {
        let user = user(i64::try_from(n)?)?;
        let revs = ports.conversations.memberships(&user).await?.into_iter();
        all.push(
            revs.map(|known| (known.conversation.to_string(), known.rev.get()))
                .collect(),
        );
    }
    Ok(all)
}

/// Transactions of the database until now, as far as sessions have told: one that ends tells of all of its own.
async fn transactions(pool: &PgPool) -> Result<i64, Failure> {
    let count = "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()";
    Ok(sqlx::query_scalar(count).fetch_one(pool).await?)
}

/// When what happened, from the signal on.
struct Course {
    gone: Duration,
    up: Duration,
    back: Duration,
    /// Microseconds of the new node's CPU.
    used: f64,
    /// Transactions of the new node.
    asked: i64,
}

fn restart(
    subject: &Subject,
    there: &There<'_>,
    kept: Vec<Kept>,
    transactions: impl Fn() -> Result<i64, Failure>,
    cores: Cores,
) -> Result<Outcome, Failure> {
    let clients = kept.len();
    let mut child = Child::start_on(subject, there, 0, cores)?;
    let adapter = child.adapter_for(kept);
    let mut fleet = Fleet::new(Layout::groups(clients, 1), adapter, child.port())?;
    fleet.open_all()?;
    let begun = Instant::now();
    fleet.come_back();
    child.terminate()?;
    // Whoever is early meets the old one that goes, or nobody.
    while !child.has_ended()? || fleet.ready() > 0 {
        pass(&mut fleet)?;
    }
    let gone = begun.elapsed();
    let before = transactions()?;
    let mut child = Child::start_on(subject, there, child.port(), cores)?;
    let up = begun.elapsed();
    let cpu = Cpu::of(child.id())?;
    while fleet.ready() < clients && begun.elapsed() < WITHIN {
        pass(&mut fleet)?;
    }
    let back = begun.elapsed();
    let used = Cpu::of(child.id())?.micros_since(&cpu);
    let missing = clients - fleet.ready();
    child.terminate()?;
    while !child.has_ended()? {
        fleet.turn(PASS, |_, _| ())?;
    }
    let asked = transactions()? - before;
    let course = Course {
        gone,
        up,
        back,
        used,
        asked,
    };
    let troubles = fleet.troubles() + missing as u64;
    Ok(course.outcome(clients, troubles))
}

impl Course {
    fn outcome(&self, clients: usize, troubles: u64) -> Outcome {
        let mut outcome = Outcome {
            troubles,
            ..Outcome::default()
        };
        let (clients, start) = (clients as f64, self.up - self.gone);
        outcome.figure("all_back_s", self.back.as_secs_f64());
        outcome.figure("gone_s", self.gone.as_secs_f64());
        outcome.figure("start_ms", start.as_secs_f64() * 1e3);
        outcome.figure("cpu_us_per_connection", self.used / clients);
        let asked = self.asked as f64 / clients;
        outcome.figure("transactions_per_connection", asked);
        outcome
    }
}

/// A moment of the clients' time.
fn pass(fleet: &mut Fleet) -> Result<(), Failure> {
    fleet.reopen()?;
    fleet.turn(PASS, |_, _| ())
}
