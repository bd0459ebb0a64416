//! Commands that go to the servers of their names.

use std::collections::HashMap;

use futures_util::future::join_all;
use redis::{Cmd, Pipeline, Value};

use super::Servers;
use super::line::checked;
use super::slots::Redirection;
use crate::error::Fault;

/// Commands of any slots, each about one name.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// What every server is sent first.
    opening: Option<Cmd>,
    commands: Vec<(Vec<u8>, Cmd)>,
}

impl Batch {
    /// A batch that begins with this command on every server.
    pub(crate) fn opened_by(opening: Cmd) -> Self {
        Self {
            opening: Some(opening),
            commands: Vec::new(),
        }
    }

    /// Adds a command about `name`.
    pub(crate) fn push(&mut self, name: impl Into<Vec<u8>>, command: Cmd) {
        self.commands.push((name.into(), command));
    }
}

/// Some commands of a batch, by their places in it, for one server.
#[derive(Debug)]
struct Errand {
    target: Redirection,
    places: Vec<usize>,
}

/// How often a command is sent after its slot.
const REDIRECTIONS: usize = 3;

impl Servers {
    /// Runs a batch: a pipeline for each server, all at once. The answers come in the batch's order; commands
    /// about one name are run in it.
    ///
    /// Every server that can be reached has its part done, even if another cannot.
    pub(crate) async fn run(&self, batch: &Batch) -> Result<Vec<Value>, Fault> {
        let mut answers = vec![Value::Nil; batch.commands.len()];
        let mut errands = self.errands(batch)?;
        for _ in 0..=REDIRECTIONS {
            let mut elsewhere: HashMap<Redirection, Vec<usize>> = HashMap::new();
            for (errand, part) in self.send_all(batch, errands).await? {
                for (place, answer) in errand.places.into_iter().zip(part) {
                    match Redirection::read(&answer, &errand.target.address) {
                        Some(target) => elsewhere.entry(target).or_default().push(place),
                        None => answers[place] = answer,
                    }
                }
            }
            if elsewhere.is_empty() {
                return answers.into_iter().map(checked).collect();
            }
            self.suspect();
            errands = Errand::each(elsewhere);
        }
        Err(Fault::Unserved)
    }

    /// What goes where, by the map.
    fn errands(&self, batch: &Batch) -> Result<Vec<Errand>, Fault> {
        let map = self.map();
        let mut errands: HashMap<Redirection, Vec<usize>> = HashMap::new();
        for (place, (name, _)) in batch.commands.iter().enumerate() {
            let target = Redirection {
                address: map.owner(name).ok_or(Fault::Unserved)?.clone(),
                is_asking: false,
            };
            errands.entry(target).or_default().push(place);
        }
        Ok(Errand::each(errands))
    }

    /// Sends every errand, and gives the answers of each, or the first fault once all have ended.
    async fn send_all(
        &self,
        batch: &Batch,
        errands: Vec<Errand>,
    ) -> Result<Vec<(Errand, Vec<Value>)>, Fault> {
        let parts = errands.into_iter().map(async |errand| {
            let part = self.send(batch, &errand).await?;
            Ok((errand, part))
        });
        join_all(parts).await.into_iter().collect()
    }

    /// Sends an errand's commands in one pipeline; each has its own answer.
    async fn send(&self, batch: &Batch, errand: &Errand) -> Result<Vec<Value>, Fault> {
        let line = self.link(&errand.target.address).line().await?;
        let mut pipeline = Pipeline::new();
        let mut is_kept = Vec::new();
        let mut add = |command: Cmd, keep: bool| {
            pipeline.add_command(command);
            is_kept.push(keep);
        };
        if let Some(opening) = &batch.opening {
            add(opening.clone(), false);
        }
        for place in &errand.places {
            if errand.target.is_asking {
                add(redis::cmd("ASKING"), false);
            }
            add(batch.commands[*place].1.clone(), true);
        }
        let answers = line.ask_all(&pipeline).await?.into_iter().zip(is_kept);
        Ok(answers
            .filter(|(_, keep)| *keep)
            .map(|(answer, _)| answer)
            .collect())
    }
}

impl Errand {
    fn each(targets: HashMap<Redirection, Vec<usize>>) -> Vec<Self> {
        let errand = |(target, places)| Self { target, places };
        targets.into_iter().map(errand).collect()
    }
}
