//! Commands that go to the servers of their names.

use std::collections::HashMap;

use futures_util::future::join_all;
use redis::{Cmd, Pipeline, Value};

use super::Servers;
use super::address::Address;
use super::line::checked;
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
    address: Address,
    places: Vec<usize>,
}

impl Servers {
    /// Runs a batch: a pipeline for each server, all at once. The answers come in the batch's order; commands
    /// about one name are run in it.
    ///
    /// Every server that can be reached has its part done, even if another cannot.
    pub(crate) async fn run(&self, batch: &Batch) -> Result<Vec<Value>, Fault> {
        let mut answers = vec![Value::Nil; batch.commands.len()];
        let mut first_fault = None;
        let errands = self.errands(batch)?;
        let parts = errands.iter().map(|errand| self.send(batch, errand));
        for (errand, part) in errands.iter().zip(join_all(parts).await) {
            match part {
                Ok(part) => {
                    for (place, answer) in errand.places.iter().zip(part) {
                        answers[*place] = answer;
                    }
                }
                Err(fault) => first_fault = first_fault.or(Some(fault)),
            }
        }
        match first_fault {
            None => answers.into_iter().map(checked).collect(),
            Some(fault) => Err(fault),
        }
    }

    /// What goes where.
    fn errands(&self, batch: &Batch) -> Result<Vec<Errand>, Fault> {
        let map = self.map();
        let mut errands: HashMap<&Address, Vec<usize>> = HashMap::new();
        for (place, (name, _)) in batch.commands.iter().enumerate() {
            let owner = map.owner(name).ok_or(Fault::Unserved)?;
            errands.entry(owner).or_default().push(place);
        }
        let errand = |(address, places): (&Address, _)| Errand {
            address: address.clone(),
            places,
        };
        Ok(errands.into_iter().map(errand).collect())
    }

    /// Sends an errand's commands in one pipeline; each has its own answer.
    async fn send(&self, batch: &Batch, errand: &Errand) -> Result<Vec<Value>, Fault> {
        let line = self.link(&errand.address).line().await?;
        let mut pipeline = Pipeline::with_capacity(errand.places.len() + 1);
        if let Some(opening) = &batch.opening {
            pipeline.add_command(opening.clone());
        }
        for place in &errand.places {
            pipeline.add_command(batch.commands[*place].1.clone());
        }
        let mut answers = line.ask_all(&pipeline).await?;
        if batch.opening.is_some() {
            checked(answers.remove(0))?;
        }
        Ok(answers)
    }
}
