//! Private servers for tests: [`Postgres`], [`Mongo`], [`Redis`] and [`RedisCluster`], on free ports of 127.0.0.1
//! with throw-away data.
//!
//! A server lives as long as its handle, which ends it by its own process id and removes its data. It can be
//! killed and started again on the same data and port, to see what survives. Where the programs are is told by
//! `TEST_POSTGRES_BIN` (a folder), `TEST_MONGOD` and `TEST_REDIS_SERVER`, else the `PATH` and Debian's folders are
//! searched; `cargo xtask services` brings what is missing.
//!
//! Everything here blocks: it is for the beginning and the end of a test.

mod mongo;
mod postgres;
pub mod programs;
mod redis;
mod redis_cluster;
mod server;

pub use mongo::Mongo;
pub use postgres::Postgres;
pub use redis::Redis;
pub use redis_cluster::RedisCluster;
pub use server::{Failure, Handover, free_port};
