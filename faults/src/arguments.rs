//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use chat_faults::cluster::{BusKind, Failure, StoreKind};
use chat_faults::scenarios::Options;

pub(crate) const USAGE: &str = "\
Breaks the chat server under load and checks what came of it.

Usage: chat-faults COMMAND [OPTION]...

  list               the scenarios
  run                run them; ends with 1 if one has an anomaly
  defects            run each planted defect where it must be found; ends with 1 if one is not
  report             a table of all runs so far, in Markdown

Options:
  --short            20000 acknowledged messages a scenario (the default)
  --full             1000000, and as many times more faults
  --acks N           so many
  --only NAME        this scenario alone; may be given again
  --seed N           where chance begins [1]
  --out DIR          where histories, logs and reports go [target/faults-runs]
  --server PATH      the server program [chat-server beside this one]
  --nodes N          so many nodes instead of the scenario's
  --store NAME       this store instead of the scenario's: sqlite, postgres, mongo
  --bus NAME         this bus instead of the scenario's: none, redis, postgres
  --defect NAME      run nodes with this planted defect; their server must be built with the feature `defects`
";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    List,
    Run(Vec<String>),
    Report,
    Defects,
}

const STORES: &[(&str, StoreKind)] = &[
    ("sqlite", StoreKind::Sqlite),
    ("postgres", StoreKind::Postgres),
    ("mongo", StoreKind::Mongo),
];

const BUSES: &[(&str, BusKind)] = &[
    ("none", BusKind::None),
    ("redis", BusKind::Redis),
    ("postgres", BusKind::Postgres),
];

/// The command line, read.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) command: Command,
    pub(crate) options: Options,
}

impl Arguments {
    pub(crate) fn parse(words: &[String]) -> Result<Self, Failure> {
        let mut only = Vec::new();
        let mut options = Options {
            acks: 20_000,
            seed: 1,
            out: PathBuf::from("target/faults-runs"),
            server: beside()?,
            defect: None,
            nodes: None,
            store: None,
            bus: None,
        };
        let mut words = words.iter();
        let command = words.next().map_or("--help", String::as_str);
        while let Some(word) = words.next() {
            let mut value = || {
                let value = words.next();
                value.ok_or_else(|| Failure::from(format!("{word} needs a value")))
            };
            match word.as_str() {
                "--short" => options.acks = 20_000,
                "--full" => options.acks = 1_000_000,
                "--acks" => options.acks = number(word, value()?)?,
                "--only" => only.push(value()?.clone()),
                "--seed" => options.seed = number(word, value()?)?,
                "--out" => options.out = value()?.into(),
                "--server" => options.server = std::path::absolute(value()?)?,
                "--nodes" => options.nodes = Some(number(word, value()?)?),
                "--store" => options.store = Some(one_of(word, value()?, STORES)?),
                "--bus" => options.bus = Some(one_of(word, value()?, BUSES)?),
                "--defect" => options.defect = Some(value()?.clone()),
                _ => return Err(format!("there is no option {word}; see --help").into()),
            }
        }
        let command = match command {
            "help" | "--help" | "-h" => Command::Help,
            "list" => Command::List,
            "run" => Command::Run(only),
            "report" => Command::Report,
            "defects" => Command::Defects,
            other => return Err(format!("there is no command {other}; see --help").into()),
        };
        Ok(Self { command, options })
    }
}

/// The server that was built with this program.
fn beside() -> Result<PathBuf, Failure> {
    Ok(std::env::current_exe()?.with_file_name("chat-server"))
}

fn number<T: FromStr>(option: &str, word: &str) -> Result<T, Failure> {
    let number = word.parse();
    number.map_err(|_| format!("{option}: {word} is not a number that fits").into())
}

fn one_of<T: Copy>(option: &str, word: &str, known: &[(&str, T)]) -> Result<T, Failure> {
    let found = known.iter().find(|(name, _)| *name == word);
    let found = found.map(|(_, value)| *value);
    found.ok_or_else(|| format!("{option}: there is no {word}; see --help").into())
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Command};

    fn parse(line: &str) -> Result<Arguments, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Arguments::parse(&words).map_err(|error| error.to_string())
    }

    #[test]
    fn options_say_what_runs_and_how() {
        let read = parse("run --acks 50 --only removal --only clock --seed 9 --bus none --nodes 1");
        let read = read.unwrap();

        let names = ["removal", "clock"].map(str::to_owned).to_vec();
        assert_eq!(read.command, Command::Run(names));
        assert_eq!((read.options.acks, read.options.seed), (50, 9));
        assert_eq!(read.options.nodes, Some(1));
    }

    #[test]
    fn what_is_not_known_is_named() {
        for line in [
            "rnu",
            "run --fast",
            "run --seed x",
            "run --seed",
            "run --bus tram",
        ] {
            let last = line.rsplit(' ').next().unwrap();
            let refusal = parse(line).unwrap_err();
            assert!(refusal.contains(last), "{line}: {refusal}");
        }
    }
}
