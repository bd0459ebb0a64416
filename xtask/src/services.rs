//! `cargo xtask services`: the servers that the tests talk to.
//!
//! A test finds each by an environment variable. One that is set is used as it is; the others are started, for one
//! run of the tests or, with `up`, until `down`.

use std::env;
use std::fs;
use std::path::PathBuf;

use chat_testkit::{Failure, Handover, Mongo, Postgres, Redis, programs};

use crate::command::Cmd;
use crate::error::Error;
use crate::step::Step;
use crate::tools::databases;
use crate::workspace::Workspace;

/// Where the tests find Postgres: a database in which they may make schemas.
const POSTGRES_URL: &str = "TEST_POSTGRES_URL";
/// Where they find MongoDB: a replica set in which they may make databases.
const MONGO_URL: &str = "TEST_MONGO_URL";
/// Where they find Redis.
const REDIS_URL: &str = "TEST_REDIS_URL";

/// The step that brings the servers' programs.
pub(crate) const BRING: Step = Step::new("database programs", bring);

/// `up`: starts what is not named in the environment, and leaves it running.
pub(crate) const UP: &[Step] = &[BRING, Step::new("services up", up)];

/// `down`: ends what `up` started.
pub(crate) const DOWN: &[Step] = &[Step::new("services down", down)];

/// Variables and their values.
pub(crate) type Environment = Vec<(&'static str, String)>;

/// Servers that live as long as this does, and how the tests find them.
pub(crate) struct Services {
    environment: Environment,
    own: Own,
}

struct Own {
    postgres: Option<Postgres>,
    mongo: Option<Mongo>,
    redis: Option<Redis>,
}

impl Services {
    /// Starts what the environment does not name.
    ///
    /// # Errors
    /// [`Error::Missing`] if a program cannot be brought or its server not be started.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self, Error> {
        let bin = databases::postgres()?;
        let mongod = databases::mongod(workspace)?;
        let redis = databases::redis_server()?;
        let mut environment = programs_of(workspace)?;
        let own = Own {
            postgres: unless_named(POSTGRES_URL, || Postgres::with(bin))?,
            mongo: unless_named(MONGO_URL, || Mongo::with(mongod))?,
            redis: unless_named(REDIS_URL, || Redis::with(redis))?,
        };
        environment.extend(
            own.postgres
                .as_ref()
                .map(|server| (POSTGRES_URL, server.url())),
        );
        environment.extend(own.mongo.as_ref().map(|server| (MONGO_URL, server.url())));
        environment.extend(own.redis.as_ref().map(|server| (REDIS_URL, server.url())));
        Ok(Self { environment, own })
    }

    /// Lets a command find them.
    #[must_use]
    pub(crate) fn tell(&self, command: Cmd) -> Cmd {
        let variables = self.environment.iter();
        variables.fold(command, |command, (name, value)| command.env(name, value))
    }

    /// Leaves them running.
    fn hand_over(self) -> Vec<Handover> {
        let Own {
            postgres,
            mongo,
            redis,
        } = self.own;
        let all = [
            postgres.and_then(Postgres::hand_over),
            mongo.and_then(Mongo::hand_over),
            redis.and_then(Redis::hand_over),
        ];
        all.into_iter().flatten().collect()
    }
}

/// Where the servers' programs are, for tests that start their own.
///
/// # Errors
/// [`Error::Missing`] if a program cannot be brought.
pub(crate) fn programs_of(workspace: &Workspace) -> Result<Environment, Error> {
    let found = [
        (programs::POSTGRES_BIN, databases::postgres()?),
        (programs::MONGOD, databases::mongod(workspace)?),
        (programs::REDIS_SERVER, databases::redis_server()?),
    ];
    let text = |(name, path): (_, PathBuf)| (name, path.to_string_lossy().into_owned());
    Ok(found.into_iter().map(text).collect())
}

fn unless_named<S>(
    variable: &str,
    start: impl FnOnce() -> Result<S, Failure>,
) -> Result<Option<S>, Error> {
    if env::var_os(variable).is_some() {
        return Ok(None);
    }
    let started = start().map_err(|failure| Error::Missing {
        what: format!("the server of {variable}"),
        remedy: failure.to_string(),
    });
    started.map(Some)
}

fn bring(workspace: &Workspace) -> Result<(), Error> {
    for path in [
        databases::postgres()?,
        databases::mongod(workspace)?,
        databases::redis_server()?,
    ] {
        println!("using {}", path.display());
    }
    Ok(())
}

/// Where it is noted what `up` started: a line each with process and folder.
fn notes(workspace: &Workspace) -> PathBuf {
    workspace.tools().join("services")
}

fn up(workspace: &Workspace) -> Result<(), Error> {
    down(workspace)?;
    let services = Services::start(workspace)?;
    for (name, value) in &services.environment {
        println!("export {name}='{value}'");
    }
    let lines = services.hand_over().into_iter();
    let lines: String = lines
        .map(|left| format!("{} {}\n", left.pid, left.folder.display()))
        .collect();
    let notes = notes(workspace);
    fs::write(&notes, lines).map_err(Error::file(&notes))
}

fn down(workspace: &Workspace) -> Result<(), Error> {
    let notes = notes(workspace);
    let Ok(lines) = fs::read_to_string(&notes) else {
        return Ok(());
    };
    for (pid, folder) in lines.lines().filter_map(|line| line.split_once(' ')) {
        if let Ok(pid) = pid.parse() {
            println!("ending {pid}");
            Handover {
                pid,
                folder: folder.into(),
            }
            .end();
        }
    }
    fs::remove_file(&notes).map_err(Error::file(&notes))
}
