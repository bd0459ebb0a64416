//! A private Redis Cluster.

use std::thread;
use std::time::{Duration, Instant};

use crate::redis::{Redis, ask};
use crate::server::Failure;

/// How many slots a Cluster has.
const SLOTS: usize = 16_384;

/// How long the nodes may take to agree.
const AGREED: Duration = Duration::from_secs(60);

/// A Cluster of three masters without replicas: a third of the slots is away with each that is killed.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Redis>,
}

impl RedisCluster {
    /// Starts three nodes, deals the slots out and waits until the nodes agree: about two seconds.
    ///
    /// # Errors
    /// [`Failure`] if Redis is missing or does not start, or is older than 7.
    pub fn start() -> Result<Self, Failure> {
        let nodes = (0..3).map(|_| Redis::cluster_node());
        let this = Self {
            nodes: nodes.collect::<Result<_, _>>()?,
        };
        let share = SLOTS.div_ceil(this.nodes.len());
        for (number, node) in this.nodes.iter().enumerate() {
            let (first, after) = (number * share, SLOTS.min((number + 1) * share));
            let range = format!("ADDSLOTSRANGE {first} {}", after - 1);
            order(node.port(), &range)?;
            order(node.port(), &format!("SET-CONFIG-EPOCH {}", number + 1))?;
        }
        let [first, others @ ..] = &*this.nodes else {
            return Err(Failure::new("a Cluster has nodes"));
        };
        for other in others {
            let (port, bus) = (other.port(), other.cluster_port().unwrap_or_default());
            order(first.port(), &format!("MEET 127.0.0.1 {port} {bus}"))?;
        }
        this.wait_until_whole()?;
        Ok(this)
    }

    /// Waits until every node knows the others and that all slots are served.
    ///
    /// # Errors
    /// [`Failure`] if that takes more than a minute.
    pub fn wait_until_whole(&self) -> Result<(), Failure> {
        let knows_all = |node: &Redis| {
            let known = format!("cluster_known_nodes:{}\r", self.nodes.len());
            ask(node.port(), "CLUSTER INFO")
                .is_ok_and(|info| info.contains("cluster_state:ok\r") && info.contains(&known))
        };
        let begun = Instant::now();
        while !self.nodes.iter().all(knows_all) {
            if begun.elapsed() > AGREED {
                return Err(Failure::new("the Cluster's nodes do not agree"));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// One of its three nodes, to be killed and started again.
    ///
    /// # Panics
    /// If there is none of that number, from 0.
    pub fn node(&mut self, number: usize) -> &mut Redis {
        &mut self.nodes[number]
    }

    /// Where its nodes are, each by itself.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Redis::url).collect()
    }

    /// Where it is: all its nodes in one URL.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts = self.nodes.iter();
        let hosts: Vec<String> = hosts
            .map(|node| format!("127.0.0.1:{}", node.port()))
            .collect();
        format!("redis-cluster://{}", hosts.join(","))
    }
}

fn order(port: u16, what: &str) -> Result<(), Failure> {
    match &*ask(port, &format!("CLUSTER {what}"))? {
        "+OK" => Ok(()),
        refusal => Err(Failure::new(format!("CLUSTER {what}: {refusal}"))),
    }
}
