//! The presence leases: for each user a sorted set of nodes, scored by when their leases end.
//!
//! The times are of Redis's own clock in milliseconds, so the nodes' clocks do not matter. The key itself expires with
//! the latest lease: what nobody renews goes by itself.

use std::collections::BTreeSet;

use chat_core::id::{NodeId, UserId};
use chat_core::presence::LEASE;
use redis::{Cmd, Script, Value};

use crate::error::Fault;
use crate::names::Names;
use crate::servers::{Batch, Servers};

/// How many users a pipeline asks about.
const CHUNK: usize = 500;

/// Takes the lease of the node ARGV[1] for ARGV[2] milliseconds, and forgets those that have ended.
const RENEW: &str = "
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
redis.call('zadd', KEYS[1], now + ARGV[2], ARGV[1])
return redis.call('pexpire', KEYS[1], ARGV[2])
";

/// How many leases have not ended.
const COUNT: &str = "
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('zcount', KEYS[1], '(' .. now, '+inf')
";

impl Servers {
    /// Takes or renews the node's leases of these users.
    pub(crate) async fn renew(
        &self,
        names: &Names,
        node: NodeId,
        users: &[UserId],
    ) -> Result<(), Fault> {
        let digest = digest(RENEW);
        let length = LEASE.as_millis().to_string();
        for users in users.chunks(CHUNK) {
            let mut batch = Batch::opened_by(load(RENEW));
            for user in users {
                let key = names.lease(user);
                let mut command = run(&digest, &key);
                command.arg(node.as_uuid().as_bytes()).arg(&length);
                batch.push(key, command);
            }
            self.run(&batch).await?;
        }
        Ok(())
    }

    /// Gives the node's leases of these users back.
    pub(crate) async fn release(
        &self,
        names: &Names,
        node: NodeId,
        users: &[UserId],
    ) -> Result<(), Fault> {
        for users in users.chunks(CHUNK) {
            let mut batch = Batch::default();
            for user in users {
                let key = names.lease(user);
                let mut command = redis::cmd("ZREM");
                command.arg(&key).arg(node.as_uuid().as_bytes());
                batch.push(key, command);
            }
            self.run(&batch).await?;
        }
        Ok(())
    }

    /// Those for whom any node holds a lease, each once.
    pub(crate) async fn online(
        &self,
        names: &Names,
        users: &[UserId],
    ) -> Result<Vec<UserId>, Fault> {
        let digest = digest(COUNT);
        let asked: BTreeSet<&UserId> = users.iter().collect();
        let asked: Vec<&UserId> = asked.into_iter().collect();
        let mut online = Vec::new();
        for users in asked.chunks(CHUNK) {
            let mut batch = Batch::opened_by(load(COUNT));
            for user in users {
                let key = names.lease(user);
                let command = run(&digest, &key);
                batch.push(key, command);
            }
            let counts = self.run(&batch).await?;
            let held = users.iter().zip(counts);
            let held = held.filter(|(_, count)| !matches!(count, Value::Int(0)));
            online.extend(held.map(|(user, _)| (*user).clone()));
        }
        Ok(online)
    }
}

/// Makes a script known. It goes before each pipeline: a server that was restarted knows none.
fn load(script: &str) -> Cmd {
    let mut command = redis::cmd("SCRIPT");
    command.arg("LOAD").arg(script);
    command
}

/// What Redis calls a script.
fn digest(script: &str) -> String {
    Script::new(script).get_hash().to_owned()
}

/// Runs a script by its digest, on one key.
fn run(digest: &str, key: &str) -> Cmd {
    let mut command = redis::cmd("EVALSHA");
    command.arg(digest).arg(1).arg(key);
    command
}
